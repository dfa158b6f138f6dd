"""What providers and contacts say later about messages that exist: how far ours came, what theirs says now.

Each runs within the transaction of its receipt and needs the account's scope.
"""

from datetime import UTC
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from channels_app.actions import push_message_changed
from channels_app.attachments import store_remote_files
from channels_app.bounces import REPORTED, note_arrival, note_bounces, note_complaint
from channels_app.contract import AdapterError, InboundMessage, MessageEdit, StatusReport
from channels_app.models import ChannelThread, Endpoint
from channels_app.states import advanced
from contactcenter.contacts.consent import record_consent
from contactcenter.contacts.points import normal_value
from contactcenter.tickets.models import Direction, Message, MessageStatus

MAX_EDITS = 50


def apply_report(*, endpoint: Endpoint, report: StatusReport) -> dict[str, Any]:
    """Move the messages that the report is about forward, never back (`states.advanced`); returns what was done.

    A report that names a message which is not known (the provider was faster than our own record of its answer), or
    the failure of one that is still leaving, is a temporary AdapterError.
    """
    messages = list(_reported(endpoint, report).select_for_update(of=("self",)).order_by("pk"))
    if not messages and report.recipient is None:
        raise AdapterError(f"No message is known as {report.external_id or report.reference!r} yet.", permanent=False)
    changed = 0
    for message in messages:
        if message.status == MessageStatus.SENDING and report.status == "failed":
            raise AdapterError("The message is still being sent.", permanent=False)
        if report.complaint is not None:
            note_complaint(message=message, complaint=report.complaint, at=report.at)
        if report.bounce is not None:
            changed += note_bounces(message=message, bounces=[report.bounce], at=report.at, fails=REPORTED)
            continue
        new = advanced(old=message.status, new=report.status)
        if new == message.status:
            continue
        failed = new == MessageStatus.FAILED
        changes: dict[str, Any] = {"status": new, "next_attempt_at": None}
        if failed:
            changes["error"] = (report.reason or "The provider could not deliver it.")[:500]
        else:
            changes |= note_arrival(message=message, mailbox=report.mailbox)
        if report.external_id and not message.external_id:
            changes["external_id"] = report.external_id[:500]
        Message.objects.filter(pk=message.pk).update(**changes)
        push_message_changed(message)
        changed += 1
    if report.opted_out and messages:
        _record_opt_out(endpoint, messages[0].ticket_id, report)
    return {"messages": [message.pk for message in messages][:100], "report": str(report.status), "changed": changed}


def apply_edit(*, endpoint: Endpoint, edit: MessageEdit) -> dict[str, Any]:
    """Show the new text; the ones before stay in the message's headers under `edits`, with the instant of the change.

    An edit that is older than the newest one known changes nothing; one of an unknown message is a temporary
    AdapterError.
    """
    message = (
        Message.objects.select_for_update(of=("self",))
        .filter(external_id=edit.external_id[:500], direction=Direction.INBOUND, receipt__endpoint_id=endpoint.pk)
        .order_by("pk")
        .first()
    )
    if message is None:
        raise AdapterError(f"No message is known as {edit.external_id!r} yet.", permanent=False)
    edits = list(message.headers.get("edits", []))
    at = edit.at.astimezone(UTC).isoformat()
    if (edits and at <= edits[-1]["at"]) or edit.text == message.text:
        return {"message": message.pk, "changed": 0}
    edits.append({"at": at, "before": message.text})
    message.headers = {**message.headers, "edits": edits[:1] + edits[1:][-MAX_EDITS:]}
    message.text = message.reply_text = edit.text
    message.html = ""
    message.save(update_fields=["headers", "text", "reply_text", "html"])
    push_message_changed(message)
    return {"message": message.pk, "changed": 1}


def join_album(*, endpoint: Endpoint, part: InboundMessage) -> dict[str, Any] | None:
    """Add a further file of an album, and its text, to the entry that its first file made; None if this is the first.

    The caller has made the parts wait for each other.
    """
    message = (
        Message.objects.select_for_update(of=("self",))
        .filter(external_id=part.external_id[:500], direction=Direction.INBOUND, receipt__endpoint_id=endpoint.pk)
        .order_by("pk")
        .first()
    )
    if message is None:
        return None
    if part.text:
        message.text = message.reply_text = "\n".join(filter(None, (message.text, part.text)))
        message.save(update_fields=["text", "reply_text"])
    store_remote_files(message=message, files=part.remote_files, at=part.at)
    push_message_changed(message)
    return {"message": message.pk}


def _record_opt_out(endpoint: Endpoint, ticket_id: int, report: StatusReport) -> None:
    place = (
        ChannelThread.objects.select_related("contact_point")
        .filter(endpoint_id=endpoint.pk, ticket_id=ticket_id, contact_point__isnull=False)
        .first()
    )
    if place is not None and place.contact_point is not None:
        record_consent(
            account_id=endpoint.account_id,
            kind=place.contact_point.kind,
            value=place.contact_point.value,
            opted_out=True,
            at=report.at,
            source="provider",
            word=report.reason,
        )


def _reported(endpoint: Endpoint, report: StatusReport) -> QuerySet[Message]:
    """The messages of ours that the report names, on tickets which have a place on this endpoint."""
    places = ChannelThread.objects.filter(endpoint_id=endpoint.pk)
    ours = Message.objects.filter(account_id=endpoint.account_id, direction=Direction.OUTBOUND)
    if report.reference or report.external_id:
        named = Q(client_uuid=UUID(report.reference)) if report.reference else Q()
        if report.external_id:
            named |= Q(external_id=report.external_id[:500])
        return ours.filter(named, ticket_id__in=places.values("ticket_id"))
    if report.recipient is None:
        raise AdapterError("The report names no message.", permanent=True)
    value = normal_value(kind=report.recipient.kind, value=report.recipient.value) or report.recipient.value
    spoken = places.filter(contact_point__kind=report.recipient.kind, contact_point__value=value)
    return ours.filter(
        ticket_id__in=spoken.values("ticket_id"),
        status__in=[MessageStatus.SENT, MessageStatus.DELIVERED],
        at__lte=report.at,
    )
