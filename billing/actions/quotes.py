"""Writes of quotes: drafted, sent, decided on by the client, withdrawn, expired, followed by a further version."""

import secrets
from datetime import date, datetime
from typing import Any

from django.db import transaction

from billing.account_periods import account_in_scope, current_period, terms_on
from billing.actions.acceptance import keep_acceptance
from billing.actions.parties import buyer_particulars, current_issuer, seller_particulars
from billing.actions.tariffs import end_contract, sign_contract
from billing.documents.price_sheet import price_sheet, sheet_hash
from billing.models import AcceptanceSource, Contract, NumberSeries, Quote, QuoteStatus, TariffVersion, VersionState
from billing.periods import local_day, local_midnight
from billing.quote_figures import quote_figures, quote_hash
from billing.terms_document import parse_terms
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.models import Account


@transaction.atomic
def add_quote(*, account_id: int, values: dict[str, Any], at: datetime, actor_id: int | None) -> Quote:
    """Draft a quote with the next number of the issuer's; its figures are computed at once.

    values: tariff_version (id), starts_on, valid_until, note, volumes, staff. Invalid names the field at fault.
    """
    account = account_in_scope(account_id=account_id)
    quote = Quote(
        account=account,
        issuer=current_issuer(),
        seed=secrets.randbelow(2**31),
        created_at=at,
        created_by_id=actor_id,
    )
    _fill(quote, values=values, at=at)
    code = f"Q-{local_day(at=at, zone=account.time_zone):%Y}"
    NumberSeries.objects.bulk_create([NumberSeries(issuer=quote.issuer, code=code)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update(of=("self",)).get(issuer=quote.issuer, code=code)
    quote.number = f"{code}-{series.next_number:05d}"
    series.next_number += 1
    series.save(update_fields=["next_number"])
    quote.save()
    _tell("quote.added", quote, actor_id=actor_id)
    return quote


@transaction.atomic
def change_quote(*, quote_id: int, values: dict[str, Any], at: datetime, actor_id: int | None) -> Quote:
    """Change a draft and compute its figures anew, by the same seed; Conflict where it was sent."""
    quote = _locked(quote_id)
    _check_draft(quote)
    _fill(quote, values=values, at=at)
    quote.save()
    _tell("quote.changed", quote, actor_id=actor_id)
    return quote


@transaction.atomic
def discard_quote(*, quote_id: int, actor_id: int | None) -> None:
    """Delete a draft; Conflict where it was sent. Its number is not given again."""
    quote = _locked(quote_id)
    _check_draft(quote)
    _tell("quote.discarded", quote, actor_id=actor_id)
    quote.delete()


@transaction.atomic
def send_quote(*, quote_id: int, at: datetime, actor_id: int | None) -> Quote:
    """Put a draft before the client: sheet, parties and figures stay as they are from now on.

    A version of it that was sent before is withdrawn. Conflict where its last day has passed, where the tariff version
    is not in force by its start, it was sent already, or its currency would begin within a period billed in another.
    """
    quote = _locked(quote_id)
    _check_draft(quote)
    if _today(quote.account, at) > quote.valid_until:
        raise Conflict(f"The quote was valid until {quote.valid_until}; choose a later day.")
    version = quote.tariff_version
    if version.state != VersionState.IN_FORCE or (version.effective_from or quote.starts_on) > quote.starts_on:
        raise Conflict(f"Version {version.number} of {version.tariff.name} is not in force by {quote.starts_on}.")
    _check_currency(quote, starts_on=quote.starts_on)
    for former in Quote.objects.filter(issuer=quote.issuer_id, number=quote.number, status=QuoteStatus.SENT):
        _end(former, QuoteStatus.WITHDRAWN, at=at, actor_id=actor_id, reason=f"followed by version {quote.version}")
    figures = quote_figures(
        account=quote.account, version=version, starts_on=quote.starts_on, volumes=quote.volumes, staff=quote.staff,
        seed=quote.seed,
    )  # fmt: skip
    quote.estimate, quote.comparison = figures.estimate, figures.comparison
    quote.sheet = price_sheet(terms=parse_terms(document=version.document))
    quote.sheet_hash = sheet_hash(sheet=quote.sheet)
    quote.seller = seller_particulars(issuer=quote.issuer)
    quote.buyer = buyer_particulars(account=quote.account)
    quote.status, quote.sent_at, quote.changed_at = QuoteStatus.SENT, at, at
    quote.content_hash = quote_hash(quote=quote)
    quote.save()
    _tell("quote.sent", quote, actor_id=actor_id)
    return quote


@transaction.atomic
def revise_quote(*, quote_id: int, at: datetime, actor_id: int | None) -> Quote:
    """Open the next version of a quote as a draft copy; Conflict where there is one, or it is accepted."""
    quote = _locked(quote_id)
    if quote.status == QuoteStatus.ACCEPTED:
        raise Conflict(f"{quote.number} is accepted; make another quote.")
    same = Quote.objects.filter(issuer=quote.issuer_id, number=quote.number)
    if same.filter(status=QuoteStatus.DRAFT).exists():
        raise Conflict(f"{quote.number} has a draft already.")
    copy = Quote.objects.create(
        account=quote.account,
        issuer=quote.issuer,
        number=quote.number,
        version=max(same.values_list("version", flat=True)) + 1,
        tariff_version=quote.tariff_version,
        starts_on=quote.starts_on,
        valid_until=quote.valid_until,
        note=quote.note,
        seed=quote.seed,
        volumes=quote.volumes,
        staff=quote.staff,
        estimate=quote.estimate,
        comparison=quote.comparison,
        created_at=at,
        changed_at=at,
        created_by_id=actor_id,
    )
    _tell("quote.revised", copy, actor_id=actor_id)
    return copy


@transaction.atomic
def withdraw_quote(*, quote_id: int, reason: str, at: datetime, actor_id: int | None) -> Quote:
    """Take back what was sent; Conflict where it is decided or no longer stands."""
    quote = _locked(quote_id)
    _check_sent(quote, at=at)
    _end(quote, QuoteStatus.WITHDRAWN, at=at, actor_id=actor_id, reason=reason)
    return quote


@transaction.atomic
def decline_quote(*, quote_id: int, reason: str, at: datetime, actor_id: int) -> Quote:
    """The client says no; Conflict where the quote is decided or no longer stands."""
    quote = _locked(quote_id)
    _check_sent(quote, at=at)
    _end(quote, QuoteStatus.DECLINED, at=at, actor_id=actor_id, reason=reason)
    return quote


@transaction.atomic
def accept_quote(*, quote_id: int, name: str, content_hash: str, ip: str, at: datetime, actor_id: int) -> Quote:
    """The client accepts the quote as it was read: its prices bind from its start, or today where that is later.

    A contract for its tariff begins on that day; one for another tariff that runs on that day ends there. Conflict
    where the content is another than the one read, the quote no longer stands, or those days are bound otherwise: so
    also where its currency would begin within a period that is billed in another.
    """
    quote = _locked(quote_id)
    _check_sent(quote, at=at)
    if content_hash != quote.content_hash:
        raise Conflict("The quote is not the one you read. Read it again.", field="content_hash")
    effective_from = max(quote.starts_on, _today(quote.account, at))
    _check_currency(quote, starts_on=effective_from)
    keep_acceptance(
        account_id=quote.account_id,
        version=quote.tariff_version,
        source=AcceptanceSource.QUOTE,
        effective_from=effective_from,
        name=name,
        sheet=quote.sheet,
        at=at,
        actor_id=actor_id,
        quote_id=quote.pk,
        facts={"ip": ip, "quote": quote.number, "quote_version": quote.version, "quote_hash": quote.content_hash},
    )
    _contract(quote, starts_on=effective_from, at=at, actor_id=actor_id)
    _end(quote, QuoteStatus.ACCEPTED, at=at, actor_id=actor_id, name=name.strip(), facts={"ip": ip})
    return quote


@transaction.atomic
def expire_quotes(*, at: datetime) -> int:
    """End the quotes whose last day has passed in their account's time zone; returns how many."""
    count = 0
    found = Quote.objects.select_for_update(of=("self",)).filter(status=QuoteStatus.SENT, valid_until__lte=at.date())
    for quote in found.select_related("account").order_by("pk"):
        if _today(quote.account, at) > quote.valid_until:
            _end(quote, QuoteStatus.EXPIRED, at=at, actor_id=None)
            count += 1
    return count


def _contract(quote: Quote, *, starts_on: date, at: datetime, actor_id: int) -> None:
    running = (
        Contract.objects.filter(account_id=quote.account_id, starts_on__lte=starts_on)
        .exclude(ends_on__lte=starts_on)
        .first()
    )
    tariff_id = quote.tariff_version.tariff_id
    if running is not None and running.tariff_id == tariff_id:
        return
    ends_on = None
    if running is not None:
        if running.starts_on == starts_on:
            raise Conflict("A contract for another tariff begins on that very day.")
        ends_on = running.ends_on
        end_contract(contract_id=running.pk, ends_on=starts_on, actor_id=actor_id)
    sign_contract(
        account_id=quote.account_id, tariff_id=tariff_id, starts_on=starts_on, ends_on=ends_on, at=at, actor_id=actor_id
    )


def _fill(quote: Quote, *, values: dict[str, Any], at: datetime) -> None:
    version = TariffVersion.objects.filter(pk=values["tariff_version"]).select_related("tariff").first()
    if version is None:
        raise Invalid("There is no such tariff version.", field="tariff_version")
    figures = quote_figures(
        account=quote.account, version=version, starts_on=values["starts_on"], volumes=values["volumes"],
        staff=values["staff"], seed=quote.seed,
    )  # fmt: skip
    quote.tariff_version = version
    quote.starts_on, quote.valid_until, quote.note = values["starts_on"], values["valid_until"], values["note"]
    quote.volumes, quote.staff = figures.volumes, figures.staff
    quote.estimate, quote.comparison = figures.estimate, figures.comparison
    quote.changed_at = at


def _locked(quote_id: int) -> Quote:
    quote = (
        Quote.objects.select_for_update(of=("self",))
        .select_related("account", "issuer", "tariff_version__tariff")
        .filter(pk=quote_id)
        .first()
    )
    if quote is None:
        raise NotFound("There is no such quote.")
    return quote


def _check_draft(quote: Quote) -> None:
    if quote.status != QuoteStatus.DRAFT:
        raise Conflict(f"{quote.number} was sent and never changes; open a new version.")


def _check_sent(quote: Quote, *, at: datetime) -> None:
    if quote.status != QuoteStatus.SENT:
        raise Conflict(f"{quote.number} is {quote.get_status_display().lower()}.")
    if _today(quote.account, at) > quote.valid_until:
        raise Conflict(f"{quote.number} was valid until {quote.valid_until}.")


def _end(
    quote: Quote,
    status: QuoteStatus,
    *,
    at: datetime,
    actor_id: int | None,
    reason: str = "",
    name: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    quote.status, quote.decided_at, quote.decided_by_id = status, at, actor_id
    quote.decided_name, quote.reason = name, reason
    quote.save(update_fields=["status", "decided_at", "decided_by", "decided_name", "reason"])
    _tell(f"quote.{status}", quote, actor_id=actor_id, facts={"reason": reason, **(facts or {})})


def _check_currency(quote: Quote, *, starts_on: date) -> None:
    """Refuse another currency than the account's tariff has within a billing period: one bill has one currency."""
    account = quote.account
    running = terms_on(account=account, day=starts_on)
    if running is None or running.currency == quote.estimate["currency"]:
        return
    period = current_period(account=account, at=local_midnight(day=starts_on, zone=account.time_zone))
    if period.starts_on < starts_on:
        raise Conflict(
            f"The quote is in {quote.estimate['currency']}, the account's tariff on {starts_on} in {running.currency}. "
            f"A bill has one currency: let the quote begin with a period, such as {period.ends_on}.",
            field="starts_on",
        )


def _tell(action: str, quote: Quote, *, actor_id: int | None, facts: dict[str, Any] | None = None) -> None:
    audit.record(
        action=action,
        target=quote,
        actor_id=actor_id,
        account_id=quote.account_id,
        data={"number": quote.number, "version": quote.version, "hash": quote.content_hash, **(facts or {})},
    )


def _today(account: Account, at: datetime) -> date:
    return local_day(at=at, zone=account.time_zone)
