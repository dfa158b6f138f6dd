"""Writes of accounts, people and their memberships. Each is one transaction with its audit row."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.models import Account, Membership, User
from contactcenter.tenancy.service_levels import agreement_of, keep_former

ACCOUNT_FIELDS = (
    "name",
    "slug",
    "brand_color",
    "time_zone",
    "language",
    "currency",
    "ticket_prefix",
    "legal_name",
    "legal_address",
    "tax_id",
    "billing_email",
    "allows_machine_translation",
    "allows_interpreter",
    "service_level_formula",
    "service_level_seconds",
    "service_level_percent",
    "is_active",
)


_SERVICE_LEVEL = frozenset({"service_level_formula", "service_level_seconds", "service_level_percent"})


def save_account(*, actor_id: int, values: Mapping[str, Any], at: datetime, account_id: int | None = None) -> Account:
    """Create an account (account_id None) or change the given fields of one; the caller has checked their form.

    Another service level holds from the local day `service_level_from` on, by default that of `at`; earlier days keep
    the one they had. Afterwards the row is saved and the audit row holds {field: [before, after]}. Conflict where the
    slug is taken, Invalid for a day to come.
    """
    with transaction.atomic():
        account = Account() if account_id is None else Account.objects.select_for_update().get(pk=account_id)
        slug = values.get("slug", account.slug)
        if Account.objects.filter(slug=slug).exclude(pk=account.pk).exists():
            raise Conflict("Another account has this address name.", field="slug")
        before = None if account_id is None else agreement_of(account=account)
        changed = change_fields(row=account, values=values, fields=ACCOUNT_FIELDS)
        account.save()
        if before is not None and changed.keys() & _SERVICE_LEVEL:
            today = at.astimezone(ZoneInfo(account.time_zone)).date()
            starts_on = values.get("service_level_from") or today
            keep_former(account=account, before=before, starts_on=starts_on, today=today)
            changed["service_level_from"] = [None, starts_on.isoformat()]
        audit.record(
            action="account.create" if account_id is None else "account.change",
            target=account,
            actor_id=actor_id,
            account_id=account.pk,
            data=changed,
        )
    return account


def change_fields(*, row: Any, values: Mapping[str, Any], fields: Collection[str]) -> dict[str, list[Any]]:
    """Set those of `fields` that `values` names and that differ; return {field: [before, after]}."""
    changed: dict[str, list[Any]] = {}
    for name in fields:
        if name in values and getattr(row, name) != values[name]:
            changed[name] = [getattr(row, name), values[name]]
            setattr(row, name, values[name])
    return changed


def save_user(
    *, values: Mapping[str, Any], password: str | None = None, user_id: int | None = None
) -> tuple[User, dict[str, Any]]:
    """Create or change a person within the caller's transaction; return them and what changed, the password unnamed.

    Without a password a new person cannot log in until one is set. Conflict where the address is taken; Invalid where
    the password is too weak.
    """
    user = User() if user_id is None else User.objects.select_for_update().get(pk=user_id)
    wanted = dict(values)
    if "email" in wanted:
        wanted["email"] = wanted["email"].strip().lower()
        if User.objects.filter(email__iexact=wanted["email"]).exclude(pk=user.pk).exists():
            raise Conflict("Somebody has this e-mail address already.", field="email")
    changed: dict[str, Any] = change_fields(
        row=user, values=wanted, fields=("email", "full_name", "role", "language", "is_active")
    )
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise Invalid(" ".join(error.messages), field="password") from None
        user.set_password(password)
        changed["password"] = "set"  # noqa: S105
    elif user_id is None:
        user.set_unusable_password()
    user.save()
    return user, changed


def set_memberships(*, user: User, account_ids: Collection[int]) -> dict[str, list[list[int]]]:
    """Make these the accounts the person may reach, within the caller's transaction; return [before, after] if changed.

    Invalid where an account does not exist.
    """
    wanted = set(account_ids)
    known = set(Account.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - known:
        raise Invalid(f"There is no account {min(wanted - known)}.", field="accounts")
    before = set(Membership.objects.filter(user=user).values_list("account_id", flat=True))
    if before == wanted:
        return {}
    Membership.objects.filter(user=user, account_id__in=before - wanted).delete()
    Membership.objects.bulk_create(Membership(user=user, account_id=pk) for pk in sorted(wanted - before))
    return {"accounts": [sorted(before), sorted(wanted)]}
