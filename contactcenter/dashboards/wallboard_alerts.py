"""What on the wallboard asks for somebody: broken promises, doors that fail or fall silent, work that stands still."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from channels_app.models import Endpoint
from contactcenter.dashboards.proof_queries import OVERDUE_AFTER, last_proof
from contactcenter.dashboards.rollups.queries import behind_since
from contactcenter.kernel.health import WORKER_SILENT_AFTER
from contactcenter.kernel.models import Heartbeat

ALERTS: Final = (
    "sla_breached",
    "service_level",
    "receipts_failed",
    "endpoint_failing",
    "endpoint_silent",
    "worker_silent",
    "rollups_behind",
    "proof_failed",
    "proof_missing",
)
SILENT_AFTER: Final = dt.timedelta(hours=24)
"""An endpoint that brought something within the week before is silent after a day without anything."""
USED_WITHIN: Final = dt.timedelta(days=8)
FAILING_FOR: Final = dt.timedelta(hours=24)
BEHIND_AFTER: Final = dt.timedelta(seconds=60)
ENOUGH: Final = 10
"""A service level of fewer contacts is chance, and no alert."""


def alerts(
    *,
    at: dt.datetime,
    queues: Iterable[dict[str, Any]],
    accounts: Iterable[dict[str, Any]],
    failed_receipts: int,
    account_id: int | None,
) -> list[dict[str, Any]]:
    """Return the alerts of this moment as WallboardAlertSerializer shows them, the gravest first."""
    found = [*_promises(queues, accounts)]
    if failed_receipts:
        found.append(_alert("receipts_failed", grave=False, count=failed_receipts))
    found += _endpoints(at=at, account_id=account_id)
    found += _house(at=at)
    return sorted(found, key=lambda alert: (not alert["is_grave"], ALERTS.index(alert["kind"]), alert["name"]))


def _alert(
    kind: str,
    *,
    grave: bool,
    name: str = "",
    count: int | None = None,
    since: dt.datetime | None = None,
    detail: str = "",
    target_percent: int | None = None,
    value_permille: int | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "is_grave": grave,
        "name": name,
        "count": count,
        "since": since,
        "detail": detail,
        "target_percent": target_percent,
        "value_permille": value_permille,
    }


def _promises(queues: Iterable[dict[str, Any]], accounts: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for queue in queues:
        if queue["breached"]:
            yield _alert(
                "sla_breached", grave=True, name=queue["name"], count=queue["breached"], since=queue["longest_since"]
            )
    for account in accounts:
        told = account["today"]
        level = told["service_level_permille"]
        if (
            level is not None
            and told["answered"] + told["abandoned"] >= ENOUGH
            and level < account["target_percent"] * 10
        ):
            yield _alert(
                "service_level",
                grave=False,
                name=account["name"],
                value_permille=level,
                target_percent=account["target_percent"],
            )


def _endpoints(*, at: dt.datetime, account_id: int | None) -> Iterable[dict[str, Any]]:
    active = Endpoint.objects.filter(is_active=True, account__is_active=True).order_by("address")
    if account_id is not None:
        active = active.filter(account_id=account_id)
    for endpoint in active:
        received, failed = endpoint.last_received_at, endpoint.last_error_at
        name = endpoint.name or endpoint.address
        if failed is not None and failed > at - FAILING_FOR and (received is None or received < failed):
            yield _alert("endpoint_failing", grave=True, name=name, since=failed, detail=endpoint.last_error[:200])
        elif received is not None and at - USED_WITHIN < received < at - SILENT_AFTER:
            yield _alert("endpoint_silent", grave=False, name=name, since=received)


def _house(*, at: dt.datetime) -> Iterable[dict[str, Any]]:
    beat = Heartbeat.objects.filter(name="worker").first()
    if beat is None or at - beat.at > WORKER_SILENT_AFTER:
        yield _alert("worker_silent", grave=True, since=beat.at if beat else None)
    behind = behind_since()
    if behind is not None and at - behind > BEHIND_AFTER:
        yield _alert("rollups_behind", grave=False, since=behind)
    proof = last_proof()
    if proof is None:
        return
    if proof.error or proof.at < at - OVERDUE_AFTER:
        yield _alert("proof_missing", grave=True, since=proof.at, detail=proof.error)
    elif not proof.is_ok:
        failed = ", ".join(check["name"] for check in proof.checks if check["differences"])
        yield _alert("proof_failed", grave=True, count=proof.differences, since=proof.at, detail=failed)
