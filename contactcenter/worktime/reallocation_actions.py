"""Allocate the sessions of a period again: a new version of the decision, never another fact."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.operators.models import Operator
from contactcenter.worktime.allocation import Policy, allocate, totals
from contactcenter.worktime.models import AllocationRun, OpenPolicyKind, Reallocation, Session
from contactcenter.worktime.models import Slice as SliceRow
from contactcenter.worktime.policies import policy_from, policy_of, policy_under, to_document
from contactcenter.worktime.queries import allocations_of
from contactcenter.worktime.records import SLICE_COLUMNS, slice_of
from contactcenter.worktime.rewriting import VOID, reallocate

CLAIM_LASTS = timedelta(minutes=10)
"""A process that has not gone on for so long has died; another one takes over."""
_BATCH = 200
Sums = Counter[tuple[int | None, str]]


@transaction.atomic
def ask_reallocation(
    *,
    starts_at: datetime,
    ends_at: datetime,
    policy: Mapping[str, Any],
    is_dry_run: bool,
    author_id: int | None,
    at: datetime,
    operator_id: int | None = None,
    reason: str = "",
    in_background: bool = True,
) -> Reallocation:
    """Ask for the sessions begun in [starts_at, ends_at) to be allocated again.

    In the background the task worktime.reallocate does it, else the caller, by run_reallocation.
    `policy` is {"kind", "open_kind", "settings"}, or {}: each operator's own as set now. A dry run only calculates the
    differences. Raises Invalid, naming the field, and NotFound for an unknown operator.
    """
    if starts_at >= ends_at:
        raise Invalid("The period must end after it starts.", field="ends_at")
    if not is_dry_run and not reason.strip():
        raise Invalid("To allocate again needs a reason.", field="reason")
    if operator_id is not None and not Operator.objects.filter(pk=operator_id).exists():
        raise NotFound("There is no such operator.", field="operator_id")
    if policy:
        try:
            policy_from(**_kinds(policy), home_account_id=1, account_ids=[1])
        except ValueError as error:
            raise Invalid(str(error), field="policy") from error
    row = Reallocation.objects.create(
        starts_at=starts_at,
        ends_at=ends_at,
        operator_id=operator_id,
        policy=dict(policy),
        is_dry_run=is_dry_run,
        reason=reason.strip()[:200],
        author_id=author_id,
        asked_at=at,
    )
    data = {"policy": row.policy, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    if not is_dry_run:
        audit.record(action="worktime.reallocate", target=row, actor_id=author_id, data=data | {"reason": row.reason})
    if in_background:
        enqueue_on_commit("worktime.reallocate", reallocation_id=row.pk)
    return row


def run_reallocation(*, reallocation_id: int, at: datetime) -> bool:
    """Go through the sessions one by one, each in its own transaction; afterwards the differences are complete.

    Safe to run twice and after a crash: a session gets one version from it. Only one process is at it; returns false
    if another is, or if it is finished.
    """
    free = Q(claimed_at=None) | Q(claimed_at__lt=Now() - CLAIM_LASTS)
    if Reallocation.objects.filter(free, pk=reallocation_id, finished_at=None).update(claimed_at=Now()) != 1:
        return False
    _run(Reallocation.objects.get(pk=reallocation_id), at)
    return True


def _run(row: Reallocation, at: datetime) -> None:
    before: Sums = Counter()
    after: Sums = Counter()
    sessions = changed = 0
    policies: dict[int, Policy] = {}
    for session in _sessions(row):
        if session.operator_id not in policies:
            policies[session.operator_id] = _policy(row, session.operator_id)
        sessions += 1
        changed += _allocate_again(row, session, policies[session.operator_id], before, after)
    keys = sorted(before.keys() | after.keys(), key=lambda key: (key[0] or 0, key[1]))
    row.sessions, row.changed_sessions, row.finished_at = sessions, changed, at
    row.differences = [
        {"account": key[0], "kind": key[1], "before_ms": before[key], "after_ms": after[key]} for key in keys
    ]
    row.save(update_fields=["sessions", "changed_sessions", "finished_at", "differences"])


def _sessions(row: Reallocation) -> Iterator[Session]:
    """The sessions of the period by id, a batch at a time: memory holds no more."""
    wanted = Session.objects.filter(started_at__gte=row.starts_at, started_at__lt=row.ends_at).exclude(close_rule=VOID)
    if row.operator_id is not None:
        wanted = wanted.filter(operator_id=row.operator_id)
    latest = 0
    while batch := list(wanted.filter(pk__gt=latest).order_by("pk")[:_BATCH]):
        yield from batch
        Reallocation.objects.filter(pk=row.pk).update(claimed_at=Now())
        latest = batch[-1].pk


@transaction.atomic
def _allocate_again(row: Reallocation, session: Session, policy: Policy, before: Sums, after: Sums) -> bool:
    """Add what the session was and is allocated to the sums; returns whether that differs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('worktime.derive'), %s)", [session.operator_id])
    rows = SliceRow.objects.filter(session_id=session.pk, is_current=True).order_by("started_at")
    slices = [slice_of(columns)[1] for columns in rows.values_list(*SLICE_COLUMNS)]
    wanted: Sums = Counter()
    for (account, kind), ms in totals(shares=allocate(slices=slices, policy=policy)).items():
        wanted[account, str(kind)] += ms
    runs = AllocationRun.objects.filter(session_id=session.pk)
    former = runs.exclude(reallocation_id=row.pk).order_by("-version").first()
    stored: Sums = Counter()
    if former is not None:
        given = allocations_of(run=former).values_list("account_id", "kind").annotate(ms=Sum("ms"))
        for account_id, kind_name, ms in given:
            stored[account_id, kind_name] += ms
    before.update(stored)
    after.update(wanted)
    differs = former is None or former.policy != to_document(policy=policy) or stored != wanted
    if differs and slices and not row.is_dry_run and not runs.filter(reallocation_id=row.pk).exists():
        reallocate(session=session, policy=policy, reallocation_id=row.pk)
    return stored != wanted


def _policy(row: Reallocation, operator_id: int) -> Policy:
    operator = Operator.objects.get(pk=operator_id)
    return policy_under(operator=operator, **_kinds(row.policy)) if row.policy else policy_of(operator=operator)


def _kinds(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": str(policy.get("kind", "")),
        "open_kind": str(policy.get("open_kind") or OpenPolicyKind.EQUAL),
        "settings": policy.get("settings") or {},
    }
