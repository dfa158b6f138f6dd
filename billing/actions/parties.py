"""The two parties of a document, as they are copied into it."""

from billing.models import BillingProfile, Issuer
from contactcenter.tenancy.models import Account


def current_issuer() -> Issuer:
    """Return the house that issues; the first time one with a plain name is made, to be completed by its people."""
    return Issuer.objects.order_by("pk").first() or Issuer.objects.create(legal_name="Contact centre")


def seller_particulars(*, issuer: Issuer) -> dict[str, str]:
    """Return what a document says of its issuer."""
    return {
        "legal_name": issuer.legal_name,
        "legal_address": issuer.legal_address,
        "tax_id": issuer.tax_id,
        "email": issuer.email,
        "bank_account": issuer.bank_account,
    } | _given(country=issuer.country, city=issuer.city, postcode=issuer.postcode)


def buyer_particulars(*, account: Account) -> dict[str, str]:
    """Return what a document says of the account it is for."""
    profile = BillingProfile.objects.filter(account=account).first()
    return {
        "legal_name": account.legal_name or account.name,
        "legal_address": account.legal_address,
        "tax_id": account.tax_id,
        "email": account.billing_email,
    } | (_profile_particulars(profile) if profile is not None else {})


def profile_of(*, account: Account) -> BillingProfile:
    """Return the account's profile, one of defaults where nobody wrote it yet."""
    return BillingProfile.objects.filter(account=account).first() or BillingProfile(account=account)


def document_language(*, account: Account) -> str:
    """Return the language of the account's documents and of the mails that bring them."""
    return profile_of(account=account).language or account.language


def recipients_of(*, account: Account) -> list[str]:
    """Return the addresses that documents and reminders go to, the billing address first, each once."""
    every = [account.billing_email, *profile_of(account=account).emails]
    spelled: dict[str, str] = {}
    for address in filter(None, every):
        spelled.setdefault(address.lower(), address)
    return list(spelled.values())


def _profile_particulars(profile: BillingProfile) -> dict[str, str]:
    names = ("country", "city", "postcode", "registration", "reference")
    return _given(**{name: getattr(profile, name) for name in names})


def _given(**values: str) -> dict[str, str]:
    """Leave out what is not known: a document then stays as it was before there was a field for it."""
    return {name: value for name, value in values.items() if value}
