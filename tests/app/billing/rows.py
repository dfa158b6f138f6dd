"""Rows that billing's tests need: allocated time on interactions, tariffs in force, contracts."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from billing import actions
from billing.actions.acceptance import keep_acceptance
from billing.documents.price_sheet import price_sheet
from billing.models import AcceptanceSource, Contract, PriceAcceptance, TariffVersion
from billing.terms_document import parse_terms
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction, Ticket
from contactcenter.worktime.models import Allocation, AllocationRun, Session, Slice
from tests.app.factories import make_contact, make_ticket

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
_sequence = count(1)

CARE: dict[str, Any] = {
    "name": "Care",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "name": {"en": "Phone", "ru": "Телефон", "es": "Teléfono"},
            "match": {"channel": ["voice"]},
            "basis": "talk_hold",
            "rounding": "60s",
            "rate_per_minute": "1.00",
            "included_minutes": "1",
        },
        {"code": "rest", "kind": "per_contact", "name": "Written contacts", "rate_per_contact": "1.90"},
    ],
}


def version_in_force(
    document: dict[str, Any] = CARE, *, since: date = date(2026, 1, 1), name: str = ""
) -> TariffVersion:
    version = actions.add_tariff(name=name or f"Tariff {next(_sequence)}", document=document, at=AT, actor_id=None)
    return actions.put_in_force(version_id=version.pk, effective_from=since, at=AT, actor_id=None)


def sign(
    account: Account, version: TariffVersion, *, since: date = date(2026, 1, 1), until: date | None = None
) -> Contract:
    """A contract whose prices the account has accepted, as they are in force now."""
    for known in TariffVersion.objects.filter(tariff_id=version.tariff_id, state="in_force"):
        accept(account, known, since=since)
    return actions.sign_contract(
        account_id=account.pk, tariff_id=version.tariff_id, starts_on=since, ends_on=until, at=AT, actor_id=None
    )


def accept(account: Account, version: TariffVersion, *, since: date = date(2026, 1, 1)) -> PriceAcceptance:
    """The account accepts a version's prices from its first day on, or from a later one."""
    return keep_acceptance(
        account_id=account.pk,
        version=version,
        source=AcceptanceSource.RECORDED,
        effective_from=max(since, version.effective_from or since),
        name="Ana",
        evidence="paper",
        sheet=price_sheet(terms=parse_terms(document=version.document)),
        at=AT,
        actor_id=None,
    )


def handle(
    *,
    account: Account,
    operator: Operator,
    started_at: datetime = datetime(2026, 6, 10, 9, tzinfo=UTC),
    channel: str = "voice",
    direction: str = "in",
    is_ended: bool = True,
    ticket: Ticket | None = None,
    **seconds: int,
) -> Interaction:
    """Let an operator handle one contact: an interaction whose seconds by class are allocated back to back.

    On a ticket of its own, unless one is given.
    """
    ticket = ticket or make_ticket(account, make_contact(account), channel=channel, at=started_at)
    end = started_at + timedelta(seconds=sum(seconds.values()))
    interaction = Interaction.objects.create(
        account=account,
        ticket=ticket,
        operator=operator,
        channel=channel,
        direction=direction,
        started_at=started_at,
        ended_at=end if is_ended else None,
    )
    allocate(interaction, **seconds)
    return interaction


@transaction.atomic
def allocate(interaction: Interaction, **seconds: int) -> AllocationRun:
    """A session that holds nothing but the interaction's seconds by class, allocated to its account."""
    start = interaction.started_at
    end = start + timedelta(seconds=sum(seconds.values()))
    session = Session.objects.create(
        operator=interaction.operator, started_at=start, ended_at=end, derived_until=end, close_rule="logout"
    )
    run = AllocationRun.objects.create(session=session, version=1)
    add_slices(run, interaction, start, seconds)
    return run


@transaction.atomic
def allocate_again(interaction: Interaction, **seconds: int) -> AllocationRun:
    """What a late event does: the session's slices are superseded, a further run allocates the new ones."""
    session = session_of(interaction)
    run = next_run(session)
    session.ended_at = session.derived_until = session.started_at + timedelta(seconds=sum(seconds.values()))
    session.save()
    add_slices(run, interaction, session.started_at, seconds)
    return run


def session_of(interaction: Interaction) -> Session:
    """The session that gave, now or before, its time to an interaction."""
    runs = Allocation.objects.filter(interaction_id=interaction.pk).values("run__session")
    return Session.objects.get(pk__in=runs)


def next_run(session: Session) -> AllocationRun:
    """A further allocation run of a session, whose slices and allocations so far no longer stand."""
    old = AllocationRun.objects.get(session=session, is_current=True)
    Slice.objects.filter(session=session).update(is_current=False)
    AllocationRun.objects.filter(pk=old.pk).update(is_current=False)
    Allocation.objects.filter(run__session=session, until_version=None).update(until_version=old.version + 1)
    return AllocationRun.objects.create(session=session, version=old.version + 1)


def add_slices(run: AllocationRun, interaction: Interaction, start: datetime, seconds: dict[str, int]) -> None:
    for kind, length in seconds.items():
        end = start + timedelta(seconds=length)
        piece = Slice.objects.create(
            session=run.session,
            operator=interaction.operator,
            started_at=start,
            ended_at=end,
            ms=length * 1000,
            kind=kind,
            account=interaction.account,
            interaction_id=interaction.pk,
            channel=interaction.channel,
        )
        Allocation.objects.create(
            run=run,
            slice=piece,
            account=interaction.account,
            interaction_id=interaction.pk,
            kind=kind,
            ms=length * 1000,
        )
        start = end
