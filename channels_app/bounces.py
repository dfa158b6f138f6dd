"""Mails of ours that came back, are late, or were called spam: by a mail of a server, or by a provider's report.

Runs within the transaction of the receipt; needs the account's scope.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from channels_app.actions import push_message_changed
from channels_app.contract import BounceReport, ComplaintReport
from channels_app.email.reports import undelivered_reason
from contactcenter.contacts.consent import record_consent
from contactcenter.contacts.models import PointKind
from contactcenter.contacts.points import normal_value
from contactcenter.tickets.models import Direction, Message, MessageStatus
from contactcenter.tickets.recipients import LISTS

MAX_BOUNCES = 50
MAX_COMPLAINTS = 50
# a server that returns a mail knows better than one which said that it had delivered it
RETURNED: Final = frozenset({MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED})
# reports of one provider come in any order: its failure may be older than its delivery
REPORTED: Final = frozenset({MessageStatus.SENT})
COMPLAINT: Final = "complaint"


def record_bounces(*, ticket_id: int, answers: Sequence[str], bounces: Sequence[BounceReport], at: datetime) -> int:
    """Show on our message what a server's mail says of it; returns how many messages (0 or 1) it was about.

    Whoever knows the id of a message of ours has received it, or its bounce: it cannot be guessed.
    """
    wanted = next((bounce.message_id for bounce in bounces if bounce.message_id), "")
    message = _ours(ticket_id, wanted or next(iter(answers), ""))
    if message is None:
        return 0
    note_bounces(message=message, bounces=bounces, at=at, fails=RETURNED)
    return 1


def note_bounces(
    *, message: Message, bounces: Sequence[BounceReport], at: datetime, fails: Collection[MessageStatus]
) -> bool:
    """Show on the message, which is locked, each recipient's result; returns whether anything is new.

    The message is marked as not sent if it is lost for good to everybody whom it was sent to, and its status is among
    `fails`; a copy that did not arrive, and a server that still tries, are shown on a message that counts as sent.
    The same result by another way (a provider's report, and the server's own mail) is shown once.
    """
    known = list(message.headers.get("bounces", []))
    seen = {_identity(item) for item in known}
    changes: dict[str, Any] = {}
    for bounce in bounces:
        entry = _entry(bounce, at=at)
        if _identity(entry) in seen:
            continue
        seen.add(_identity(entry))
        known.append(entry)
        if message.status in fails or (message.status in RETURNED and len(_sent_to(message)) > 1):
            # a failure comes before a delay
            changes.setdefault("error", _said(message, bounce, entry))
    if len(known) == len(message.headers.get("bounces", [])):
        return False
    if message.status in fails and bounces[0].final and _all_came_back(message, known):
        changes |= {"status": MessageStatus.FAILED, "next_attempt_at": None}
    changes["headers"] = {**message.headers, "bounces": known[-MAX_BOUNCES:]}
    _change(message, changes)
    return True


def note_arrival(*, message: Message, mailbox: str) -> dict[str, Any]:
    """Return what changes on the message when a provider says that it reached `mailbox`.

    What came back from there before was no last word. An error about another recipient stays.
    """
    bounces = [
        {**item, "final": False} if item["final"] and _is_about(item, mailbox, message) else item
        for item in message.headers.get("bounces", [])
    ]
    changes: dict[str, Any] = {"error": message.error if any(item["final"] for item in bounces) else ""}
    if bounces:
        changes["headers"] = {**message.headers, "bounces": bounces}
    return changes


def record_complaint(*, ticket_id: int, answers: Sequence[str], complaint: ComplaintReport, at: datetime) -> int:
    """Show on our message that its recipient complains of it; returns how many messages (0 or 1) it was about."""
    message = _ours(ticket_id, next(iter(answers), ""))
    if message is None:
        return 0
    note_complaint(message=message, complaint=complaint, at=at)
    return 1


def note_complaint(*, message: Message, complaint: ComplaintReport, at: datetime) -> None:
    """Show the complaint on the message, which is locked, and send no automatic mail to that address any more.

    Many reports leave out who complains: then it is whom the mail went to in the first place.
    """
    first = next((item["email"] for name in LISTS for item in message.headers.get(name, [])), "")
    sent_to = _sent_to(message)
    recipient = complaint.recipient if complaint.recipient.lower() in sent_to else first
    entry = {"at": at.astimezone(UTC).isoformat(), "recipient": recipient, "nature": complaint.nature}
    known = list(message.headers.get("complaints", []))
    if any((item["recipient"], item["nature"]) == (recipient, complaint.nature) for item in known):
        return
    value = normal_value(kind=PointKind.EMAIL, value=recipient)
    if value:
        record_consent(
            account_id=message.account_id,
            kind=PointKind.EMAIL,
            value=value,
            opted_out=True,
            at=at,
            source=COMPLAINT,
            word=complaint.nature,
        )
    _change(message, {"headers": {**message.headers, "complaints": [*known, entry][-MAX_COMPLAINTS:]}})


def _ours(ticket_id: int, external_id: str) -> Message | None:
    return (
        Message.objects.select_for_update(of=("self",))
        .filter(ticket_id=ticket_id, external_id=external_id[:500], direction=Direction.OUTBOUND, external_id__gt="")
        .order_by("pk")
        .first()
    )


def _change(message: Message, changes: dict[str, Any]) -> None:
    Message.objects.filter(pk=message.pk).update(**changes)
    for name, value in changes.items():
        setattr(message, name, value)
    push_message_changed(message)


def _entry(bounce: BounceReport, *, at: datetime) -> dict[str, Any]:
    return {
        "at": at.astimezone(UTC).isoformat(),
        "recipient": bounce.recipient,
        "code": bounce.status or bounce.reply_code,
        "hard": bounce.hard,
        "final": bounce.final,
        "reason": bounce.reason,
    }


def _identity(entry: dict[str, Any]) -> tuple[object, ...]:
    return entry["recipient"].lower(), entry["code"], entry["final"]


def _said(message: Message, bounce: BounceReport, entry: dict[str, Any]) -> str:
    if not bounce.final:
        said = " ".join(filter(None, (entry["code"], bounce.reason))) or "the server still tries"
        return f"Not delivered yet: {said}"[:500]
    whom = f" from {bounce.recipient}" if bounce.recipient and len(_sent_to(message)) > 1 else ""
    return f"Came back{whom}: {undelivered_reason(bounce)}"[:500]


def _sent_to(message: Message) -> set[str]:
    return {item["email"].lower() for name in LISTS for item in message.headers.get(name, [])}


def _is_about(entry: dict[str, Any], mailbox: str, message: Message) -> bool:
    return len(_sent_to(message)) <= 1 or entry["recipient"].lower() == mailbox.lower()


def _all_came_back(message: Message, bounces: Sequence[dict[str, Any]]) -> bool:
    """One that names none of several recipients counts for none of them: it may be a forwarding address's."""
    final = [item for item in bounces if item["final"]]
    sent_to = _sent_to(message)
    if len(sent_to) <= 1:
        return bool(final)
    return sent_to <= {item["recipient"].lower() for item in final}
