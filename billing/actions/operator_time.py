"""Writes of usage of no contact: an account's share of waiting, and its operator hours, by session and day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum

from billing.actions.usage_lines import Collected, LineWriter, Source
from billing.models import UsageLine
from billing.periods import local_day
from billing.terms import TimeClass
from billing.usage import told_spans
from billing.usage_spans import Stretch, spans_of
from contactcenter.tenancy.models import Account
from contactcenter.worktime.models import Allocation, Session, SliceKind


@transaction.atomic
def collect_session_time(*, session_id: int, at: datetime) -> Collected:
    """Bring the usage of an ended session's time up to what the current allocation gives each account.

    Afterwards each account has one current line for each of its local days on which a slice of its began, and none for
    any other: idle_ms is its share of waiting, operator_ms everything else it was given. A running session is left
    until it ends: what its waiting is may still change. What stands as it was is not told.
    """
    session = Session.objects.select_for_update(of=("self",)).select_related("operator").filter(pk=session_id).first()
    if session is None or session.ended_at is None:
        return Collected()
    sources = _sources(session_id)
    known = {
        (line.account_id, line.day): line
        for line in UsageLine.objects.filter(session_id=session_id).order_by("version")
    }
    accounts = Account.objects.in_bulk({*sources, *(account_id for account_id, _ in known)})
    by_day: dict[tuple[int, date | None], list[Source]] = {key: [] for key in known}
    for account_id, own in sources.items():
        for source in own:
            place = (account_id, local_day(at=source.started_at, zone=accounts[account_id].time_zone))
            by_day.setdefault(place, []).append(source)
    writer = LineWriter(at=at)
    for (account_id, day), own in sorted(by_day.items(), key=lambda item: (item[0][0], str(item[0][1]))):
        line = known.get((account_id, day))
        if not own:
            writer.drop(known=line, account=accounts[account_id])
            continue
        started_at = own[0].started_at
        writer.put(
            known=line,
            account=accounts[account_id],
            facts={
                "started_at": started_at,
                "idle_ms": _sum(own, idle=True),
                "operator_ms": _sum(own, idle=False),
                "spans": told_spans(spans=spans_of(started_at=started_at, stretches=map(_stretch, own))),
            },
            more={"session_id": session_id, "day": day, "contact_name": session.operator.display_name},
            sources=own,
        )
    return replace(writer.finish(), unchanged=0)


def _sources(session_id: int) -> dict[int, list[Source]]:
    """The slices of a session by the account they are given to, in order of time."""
    rows = (
        Allocation.objects.filter(until_version=None, run__session_id=session_id, account__isnull=False, ms__gt=0)
        .values_list(
            "account_id",
            "run__session_id",
            "run_id",
            "run__version",
            "slice_id",
            "kind",
            "slice__started_at",
            "slice__ended_at",
        )
        .annotate(total=Sum("ms"))
        .order_by("account_id", "slice__started_at", "slice_id")
    )
    found: dict[int, list[Source]] = defaultdict(list)
    for account_id, *facts in rows:
        found[account_id].append(Source(*facts))
    return found


def _class_of(source: Source) -> TimeClass:
    return TimeClass.IDLE if source.kind == SliceKind.IDLE else TimeClass.OPERATOR


def _stretch(source: Source) -> Stretch:
    return Stretch(_class_of(source), source.started_at, source.ended_at, source.ms)


def _sum(sources: Iterable[Source], *, idle: bool) -> int:
    return sum(source.ms for source in sources if (source.kind == SliceKind.IDLE) is idle)
