"""What staff see of the configuration and its audit trail. Runs in a scope that reaches every account."""

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from channels_app.endpoint_actions import secrets_set
from channels_app.endpoints import webhook_url
from channels_app.health import backlogs, health_document
from channels_app.models import Endpoint
from channels_app.registry import PROVIDERS
from contactcenter.kernel.models import AuditEntry
from contactcenter.operators.models import Operator
from contactcenter.routing.models import OperatorState, Presence, Queue, Waiting

AUDIT_PAGE = 50


def endpoint_documents(*, account_id: int | None = None, endpoint_id: int | None = None) -> list[dict[str, Any]]:
    """Return endpoints as AdminEndpointSerializer shows them, by account, kind and address."""
    found = Endpoint.objects.order_by("account__name", "kind", "address")
    if account_id is not None:
        found = found.filter(account_id=account_id)
    if endpoint_id is not None:
        found = found.filter(pk=endpoint_id)
    waiting = backlogs(at=timezone.now(), endpoint_id=endpoint_id)
    return [
        {
            "id": row.pk,
            "account_id": row.account_id,
            "kind": row.kind,
            "provider": row.provider,
            "address": row.address,
            "name": row.name,
            "language": row.language,
            "campaign": row.campaign,
            "settings": row.settings,
            "secrets_set": secrets_set(endpoint=row),
            "webhook_url": (
                webhook_url(public_token=row.public_token) if row.provider in PROVIDERS.get(row.kind, {}) else ""
            ),
            "is_active": row.is_active,
            "last_received_at": row.last_received_at,
            "last_error_at": row.last_error_at,
            "last_error": row.last_error,
            "failed_receipts": waiting[row.pk].failed if row.pk in waiting else 0,
            "health": health_document(endpoint=row, backlog=waiting.get(row.pk)),
        }
        for row in found
    ]


def operator_documents(*, operator_id: int | None = None) -> list[dict[str, Any]]:
    """Return operators as AdminOperatorSerializer shows them, by name."""
    found = Operator.objects.select_related("user").prefetch_related(
        "languages", "skills", "aliases", "user__memberships"
    )
    if operator_id is not None:
        found = found.filter(pk=operator_id)
    states = {state.pk: state for state in OperatorState.objects.all()}
    documents = []
    for row in found.order_by("display_name", "id"):
        state = states.get(row.pk)
        documents.append(
            {
                "id": row.pk,
                "email": row.user.email,
                "full_name": row.user.full_name,
                "display_name": row.display_name,
                "role": row.user.role,
                "language": row.user.language,
                "is_active": row.is_active and row.user.is_active,
                "home_account_id": row.home_account_id,
                "max_voice": row.max_voice,
                "max_chat": row.max_chat,
                "max_mail": row.max_mail,
                "mail_is_interruptible": row.mail_is_interruptible,
                "chat_is_interruptible": row.chat_is_interruptible,
                "skills": sorted(row.skills.all(), key=lambda line: line.pk),
                "languages": [
                    {"language": spoken.language, "level": spoken.level}
                    for spoken in sorted(row.languages.all(), key=lambda spoken: (-spoken.level, spoken.language))
                ],
                "accounts": sorted(membership.account_id for membership in row.user.memberships.all()),
                "aliases": sorted(alias.name for alias in row.aliases.all()),
                "presence": state.presence if state else Presence.OFFLINE,
                "since": state.since if state else None,
            }
        )
    return documents


def queue_documents(*, queue_id: int | None = None) -> list[dict[str, Any]]:
    """Return queues as AdminQueueSerializer shows them, by name."""
    found = Queue.objects.order_by("name", "id").prefetch_related("skills", "members", "relaxation")
    if queue_id is not None:
        found = found.filter(pk=queue_id)
    waiting = dict(Waiting.objects.values_list("queue_id").annotate(count=Count("id")).values_list("queue_id", "count"))
    return [
        {
            "id": row.pk,
            "name": row.name,
            "account_id": row.account_id,
            "language": row.language,
            "channel": row.channel,
            "priority": row.priority,
            "minimum_level": row.minimum_level,
            "offer_seconds": row.offer_seconds,
            "wrap_up_seconds": row.wrap_up_seconds,
            "wrap_up_mode": row.wrap_up_mode,
            "sticky_seconds": row.sticky_seconds,
            "callback_attempts": row.callback_attempts,
            "callback_retry_s": row.callback_retry_s,
            "callback_expires_s": row.callback_expires_s,
            "calendar_id": row.calendar_id,
            "sla_policy_id": row.sla_policy_id,
            "skills": sorted(row.skills.all(), key=lambda line: line.pk),
            "members": sorted(line.operator_id for line in row.members.all()),
            "relaxation": sorted(row.relaxation.all(), key=lambda line: (line.after_s, line.pk)),
            "is_active": row.is_active,
            "waiting": waiting.get(row.pk, 0),
        }
        for row in found
    ]


def audit_page(
    *, action: str, account_id: int | None, before_id: int | None
) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of the audit trail, newest first, and the id to go on before (None at the end)."""
    wanted = Q()
    if action:
        wanted &= Q(action__startswith=action)
    if account_id is not None:
        wanted &= Q(account_id=account_id)
    if before_id is not None:
        wanted &= Q(pk__lt=before_id)
    rows = list(AuditEntry.objects.filter(wanted).select_related("actor").order_by("-id")[: AUDIT_PAGE + 1])
    shown = rows[:AUDIT_PAGE]
    return [
        {
            "id": row.pk,
            "at": row.at,
            "actor": str(row.actor) if row.actor else None,
            "account_id": row.account_id,
            "action": row.action,
            "target_type": row.target_type,
            "target_id": row.target_id,
            "data": row.data,
        }
        for row in shown
    ], (shown[-1].pk if len(rows) > AUDIT_PAGE else None)
