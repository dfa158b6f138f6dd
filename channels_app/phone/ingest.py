"""From log entries to calls on timelines: store raw, reduce what hangs together, record, tell the ledger.

Raw entries are committed before anything is derived, and calls are always derived from the stored entries: a process
that dies in between leaves entries that the next import (or the sweeper) reduces.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from channels_app.models import Endpoint, PhoneLogEntry
from channels_app.phone.clusters import clusters_of
from channels_app.phone.directory import BadSettings, Directory
from channels_app.phone.events import RawEntry, Source
from channels_app.phone.files import LogFormat
from channels_app.phone.ledger_events import clock_of
from channels_app.phone.recording import ImportedCall, record_rows
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call as CallRow
from contactcenter.worktime.clock_actions import read_clock

_STORE_BATCH = 1000
_REDUCE_BATCH = 200
# stops and starts after a call began; the first ones explain it
_SYSTEM_ENTRIES = 1000
# a call may have ended this long before the system's stop that explains its end (segments.restarted_after)
_EXPLAINS_BEFORE = timedelta(seconds=15)


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import did. `passed_over` counts entries that tell nothing of calls; they are not stored."""

    entries: int = 0
    stored: int = 0
    duplicates: int = 0
    passed_over: int = 0
    rejected: list[tuple[int, RawEntry]] = field(default_factory=list)
    calls: list[ImportedCall] = field(default_factory=list)

    def count(self, status: str) -> int:
        """Return how many calls have this status."""
        return sum(1 for call in self.calls if call.status == status)


T = TypeVar("T")


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def directory_of(endpoint: Endpoint) -> tuple[Directory, dict[str, Account]]:
    """Return the endpoint's checked settings and the accounts they name, by slug; BadSettings if one is unknown."""
    directory = Directory.from_settings(endpoint.settings)
    slugs = set(directory.accounts.values())
    accounts = {account.slug: account for account in Account.objects.filter(slug__in=slugs)}
    missing = sorted(slugs - accounts.keys())
    if missing:
        raise BadSettings(f"accounts: no account {missing[0]!r}")
    return directory, accounts


def import_entries(
    *, endpoint: Endpoint, source: LogFormat | Source, entries: Sequence[RawEntry], at: datetime
) -> ImportReport:
    """Store the entries and record every call they speak of; the same entries again, in any order, change nothing.

    Entries that tell of calls, and rejected ones, are stored raw. Needs an open scope that reaches the endpoint's
    account and all accounts its settings name. `at` is when the entries were received. Raises BadSettings.
    """
    directory, accounts = directory_of(endpoint)
    report = ImportReport(entries=len(entries))
    keys: set[str] = set()
    learned: dict[str, str] = {}
    for position, entry in enumerate(entries):
        if entry.rejected:
            report.rejected.append((position, entry))
        elif not entry.events:
            report.passed_over += 1
        for phone in entry.phones:
            learned[phone.interface] = phone.operator_name or learned.get(phone.interface, "")
        for event in entry.events:
            keys |= event.call_keys
    _learn_phones(endpoint, learned)
    for batch in _batches([entry for entry in entries if entry.rejected or entry.events], _STORE_BATCH):
        stored = store_entries(endpoint, source=source, entries=batch, at=at)
        report.stored += stored
        report.duplicates += len(batch) - stored
    calls = _reduce(endpoint, directory=directory, accounts=accounts, keys=keys, at=at)
    # a stop of the system makes older calls be looked at again: they are told of only if that changed them
    news = {"created", "updated"}
    told = [call for call in calls if call.status in news or not keys.isdisjoint(call.call.external_ids)]
    report.calls = sorted(told, key=lambda each: (each.call.started_at, each.call.external_id))
    return report


def reduce_pending(*, endpoint: Endpoint, at: datetime) -> list[ImportedCall]:
    """Record the calls of stored entries that were never reduced (a process died in between)."""
    directory, accounts = directory_of(endpoint)
    return list(_reduce(endpoint, directory=directory, accounts=accounts, keys=set(), at=at))


def _learn_phones(endpoint: Endpoint, learned: dict[str, str]) -> None:
    """Keep the operators' telephones that logs name: later entries of the same calls need them too."""
    known = endpoint.settings.get("phones", {})
    new = {interface: name for interface, name in learned.items() if name and interface not in known}
    if not new:
        return
    with transaction.atomic():
        locked = Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
        locked.settings = {**locked.settings, "phones": {**new, **locked.settings.get("phones", {})}}
        locked.save(update_fields=["settings"])
    endpoint.settings = locked.settings


def _dedupe_key(*, source: str, entry: RawEntry) -> str:
    """Identical bytes of one instant are one entry; frames without Timestamp differ by when they arrived.

    An entry with an identity of its own (a numbered callback) is known by that.
    """
    if entry.identity:
        return hashlib.sha256(f"{source}\n{entry.identity}".encode()).hexdigest()
    digest = hashlib.sha256(f"{source}\n{entry.at.isoformat() if entry.at else ''}\n".encode())
    digest.update(entry.raw)
    return digest.hexdigest()


def store_entries(endpoint: Endpoint, *, source: str, entries: Iterable[RawEntry], at: datetime) -> int:
    """Commit the entries not yet known; returns how many are new."""
    rows: dict[str, PhoneLogEntry] = {}
    for entry in entries:
        call_keys = sorted({key for event in entry.events for key in event.call_keys})
        row = PhoneLogEntry(
            account_id=endpoint.account_id,
            endpoint=endpoint,
            source=source,
            dedupe_key=_dedupe_key(source=source, entry=entry),
            raw=entry.raw,
            at=entry.at,
            call_keys=call_keys,
            rejected=entry.rejected[:300],
            received_at=at,
        )
        rows.setdefault(row.dedupe_key, row)
    with transaction.atomic():
        known = set(
            PhoneLogEntry.objects.filter(endpoint=endpoint, dedupe_key__in=rows).values_list("dedupe_key", flat=True)
        )
        new = [row for key, row in rows.items() if key not in known]
        # another import of the same file may run beside this one
        PhoneLogEntry.objects.bulk_create(new, ignore_conflicts=True)
        if new:
            Endpoint.objects.filter(pk=endpoint.pk).update(last_received_at=at)
            stamped = [row.at for row in new if row.at is not None]
            read_clock(source=clock_of(endpoint_id=endpoint.pk), stamped=stamped, received_at=at)
    return len(new)


def _reduce(
    endpoint: Endpoint, *, directory: Directory, accounts: dict[str, Account], keys: set[str], at: datetime
) -> Iterator[ImportedCall]:
    pending = PhoneLogEntry.objects.filter(endpoint=endpoint, reduced_at__isnull=True, rejected="")
    groups = [frozenset(row) for row in pending.exclude(call_keys=[]).values_list("call_keys", flat=True)]
    for instant in pending.filter(call_keys=[]).values_list("at", flat=True):
        if instant is not None:
            groups.extend(frozenset(ids) for ids in _calls_touched_by_system(endpoint, instant))
    groups.extend(frozenset({key}) for key in keys)
    seen: set[str] = set()
    for batch in _batches(clusters_of(groups), _REDUCE_BATCH):
        with transaction.atomic():
            # two imports of one endpoint must not record one call at once
            Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
            wanted = frozenset().union(*batch) - seen
            rows, closure = entries_about(endpoint, wanted)
            seen |= closure
            yield from record_rows(endpoint=endpoint, rows=rows, directory=directory, accounts=accounts, at=at)
            PhoneLogEntry.objects.filter(pk__in=[row.pk for row in rows], reduced_at__isnull=True).update(reduced_at=at)
    pending.filter(call_keys=[]).update(reduced_at=at)


def _calls_touched_by_system(endpoint: Endpoint, instant: datetime) -> list[list[str]]:
    """Calls that a stop, start or reconnect at this instant may explain: running then, or ended just before."""
    near = CallRow.objects.filter(endpoint_id=endpoint.pk, started_at__lte=instant)
    near = near.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=instant - _EXPLAINS_BEFORE))
    return list(near.values_list("external_ids", flat=True))


def entries_about(endpoint: Endpoint, wanted: frozenset[str]) -> tuple[list[PhoneLogEntry], frozenset[str]]:
    """Return all stored entries that share an id with the wanted ones, directly or through others, and all ids."""
    keys, frontier = set(wanted), set(wanted)
    rows: dict[int, PhoneLogEntry] = {}
    while frontier:
        found = PhoneLogEntry.objects.filter(endpoint=endpoint, rejected="", call_keys__overlap=sorted(frontier))
        frontier = set()
        for row in found.exclude(pk__in=rows.keys()):
            rows[row.pk] = row
            frontier.update(set(row.call_keys) - keys)
        keys |= frontier
    if rows:
        first = min(row.at for row in rows.values() if row.at is not None)
        system = PhoneLogEntry.objects.filter(endpoint=endpoint, rejected="", call_keys=[], at__gte=first)
        rows.update({row.pk: row for row in system.order_by("at", "dedupe_key")[:_SYSTEM_ENTRIES]})
    return list(rows.values()), frozenset(keys)
