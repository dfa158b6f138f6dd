"""The versions of whose a session's time is, and what each changed."""

from collections import Counter, defaultdict
from typing import Any

from django.db.models import Sum

from contactcenter.worktime.models import Allocation, AllocationRun

PAGE = 20


def session_versions(*, session_id: int, before: int | None = None) -> dict[str, Any]:
    """Return {"results", "next"}: a page of a session's allocations, newest first, those below version `before`.

    Each has its `differences` [{"account", "kind", "before_ms", "after_ms"}] from the version before it, only lines
    that differ: of the first all of its time. `cause` is first, facts (a late event or a correction) or reallocation.
    """
    runs = AllocationRun.objects.filter(session_id=session_id).select_related("reallocation__author")
    if before is not None:
        runs = runs.filter(version__lt=before)
    found = list(runs.order_by("-version")[: PAGE + 1])
    sums: dict[int, Counter[tuple[int | None, str]]] = defaultdict(Counter)
    given = Allocation.objects.filter(run__session_id=session_id).values_list(
        "run__version", "until_version", "account_id", "kind"
    )
    for since, until, account_id, kind, ms in given.annotate(total=Sum("ms")):
        for run in found:
            if since <= run.version and (until is None or run.version < until):
                sums[run.pk][account_id, kind] += ms
    shown = found[:PAGE]
    former = dict(zip((run.pk for run in shown), [*found[1:], None], strict=False))
    results = []
    for run in shown:
        earlier = former[run.pk]
        results.append(_version(run, sums[run.pk], Counter() if earlier is None else sums[earlier.pk]))
    return {"results": results, "next": shown[-1].version if len(found) > PAGE else None}


def _version(
    run: AllocationRun, now: Counter[tuple[int | None, str]], then: Counter[tuple[int | None, str]]
) -> dict[str, Any]:
    keys = sorted(now.keys() | then.keys(), key=lambda key: (key[0] or 0, key[1]))
    made_again = run.reallocation
    return {
        "version": run.version,
        "made_at": run.made_at,
        "is_current": run.is_current,
        "cause": "first" if run.version == 1 else "facts" if made_again is None else "reallocation",
        "reason": "" if made_again is None else made_again.reason,
        "author_name": made_again.author.full_name if made_again is not None and made_again.author else None,
        "policy": {"kind": run.policy["idle"], "open_kind": run.policy["open"]},
        "ms": sum(now.values()),
        "differences": [
            {"account": account, "kind": kind, "before_ms": then[account, kind], "after_ms": now[account, kind]}
            for account, kind in keys
            if then[account, kind] != now[account, kind]
        ],
    }
