"""What machines report of a mail of ours: not delivered (RFC 3464, or in prose), or complained of (RFC 5965)."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from channels_app.contract import BounceReport, ComplaintReport
from channels_app.email.bounce_causes import is_hard
from channels_app.email.bounce_dialects import ProseReport, codes_within, read_prose, split_copy
from channels_app.email.headers import header_text, message_ids
from channels_app.email.structure import Part, split_headers

_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_GROUPS = re.compile(rb"\n[ \t]*\r?\n(?:[ \t]*\r?\n)*")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,4})(?![\d.])")
_FIELD_IN_TEXT = re.compile(r"(?im)^final-recipient:")
MAX_REASON = 300
MAX_RECIPIENTS = 50
MAX_NOTIFICATION_CHARACTERS = 200_000


def bounce_reports(*, root: Part, text: str) -> tuple[BounceReport, ...]:
    """Return what the bounce `root` says of each recipient that it did not reach, at least one; failures before delays.

    `text` is its readable text. The fields of RFC 3464 count first, then a notification of Amazon SES, then prose; a
    report of a delay is not final. Recipients that only a header names (exim) come without a reason.
    """
    words, copy = split_copy(text)
    groups = _undelivered(root) or _fields_in_text(text)
    notification = None if groups else ses_notification(text)
    if groups:
        reports = [_report_of_fields(fields, words=words) for fields in groups]
    else:
        reports = _reports_of_ses(notification) if notification else [_report_of_prose(words)]
    failed = [item.strip()[:320] for item in header_text(root.header("x-failed-recipients")).split(",") if item.strip()]
    if failed and not reports[0].recipient:
        reports[0] = replace(reports[0], recipient=failed[0])
    known = {report.recipient.lower() for report in reports}
    reports += [BounceReport(recipient=item) for item in dict.fromkeys(failed) if item.lower() not in known]
    ids = returned_message_ids(root) or _message_ids_of_copy(copy)
    return tuple(
        replace(report, message_id=ids[0] if ids else report.message_id) for report in reports[:MAX_RECIPIENTS]
    )


def described(report: BounceReport) -> str:
    """Return a report in words: hard or soft or a delay, the code, the server's reason or whom it concerns."""
    kind = {True: "hard bounce", False: "soft bounce", None: "bounce"}[report.hard] if report.final else "delay"
    code = report.status or report.reply_code
    whom = f"no delivery to {report.recipient}" if report.recipient else "not delivered"
    return f"{' '.join(filter(None, (kind, code)))}: {report.reason or whom}"[:MAX_REASON]


def undelivered_reason(report: BounceReport) -> str:
    """Return in words why a mail was finally not delivered, with its code and whether hard or soft; '' on a delay."""
    return described(report) if report.final else ""


def returned_message_ids(root: Part) -> tuple[str, ...]:
    """Return the Message-IDs of the mails that a report encloses, whole or by their headers only."""
    found: list[str] = []
    for part in root.walk():
        if part is not root and part.content_type.value in {"text/rfc822-headers", "message/rfc822-headers"}:
            headers, _ = split_headers(part.content.lstrip(b"\r\n"))
            found += [item for name, value in headers if name == "message-id" for item in message_ids(value)]
        if part.content_type.value in {"message/rfc822", "message/global"}:
            for child in part.children:
                found += message_ids(child.header("message-id"))
    return tuple(dict.fromkeys(found[:20]))


def complaint_report(*, root: Part, text: str) -> ComplaintReport:
    """Return who complains, and of what (RFC 5965 7.3: abuse, fraud, virus, not-spam, ...), as far as it is said."""
    for part in root.walk():
        if part.content_type.value == "message/feedback-report":
            fields = _fields(part.content.lstrip(b"\r\n"))
            whom = fields.get("original-rcpt-to") or fields.get("removal-recipient") or ""
            return ComplaintReport(
                recipient=whom.rpartition(";")[2].strip().strip("<>")[:320],
                nature=fields.get("feedback-type", "").lower()[:40],
            )
    complaint = (ses_notification(text) or {}).get("complaint")
    if not isinstance(complaint, dict):
        return ComplaintReport()
    first = next(iter(_objects(complaint.get("complainedRecipients"))), {})
    return ComplaintReport(
        recipient=str(first.get("emailAddress") or "")[:320],
        nature=str(complaint.get("complaintFeedbackType") or "")[:40],
    )


def ses_notification(text: str) -> dict[str, Any] | None:
    """Return the notification that Amazon SES sends by way of SNS as JSON in a mail, None where the text is none."""
    text = text.lstrip()[:MAX_NOTIFICATION_CHARACTERS]
    if not text.startswith("{") or "otificationType" not in text[:4_000]:
        return None
    # sendmail breaks lines of more than 990 characters by these three
    text = text.replace("!\n ", "")
    try:
        # SNS adds a paragraph on how to unsubscribe
        document, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _undelivered(root: Part) -> list[dict[str, str]]:
    """Return the fields of each recipient whose delivery failed, then of those that are still tried."""
    failures: list[dict[str, str]] = []
    delays: list[dict[str, str]] = []
    for part in root.walk():
        if part.content_type.value in _REPORTS:
            for group in _groups(part.content):
                fields = _fields(group)
                action = fields.get("action", "").lower().partition(" ")[0]
                failed = action == "failed" or (not action and fields.get("status", "").startswith("5"))
                if failed:
                    failures.append(fields)
                elif action == "delayed":
                    delays.append(fields)
    return failures + delays


def _fields_in_text(text: str) -> list[dict[str, str]]:
    """Return the same fields where a server writes them into the text, or a gateway has flattened the report."""
    found = _FIELD_IN_TEXT.search(text, 0, MAX_NOTIFICATION_CHARACTERS)
    if found is None:
        return []
    start = text.rfind("\n\n", 0, found.start()) + 2 if "\n\n" in text[: found.start()] else 0
    groups = (
        _fields(group) for group in _groups(text[start:][:MAX_NOTIFICATION_CHARACTERS].encode("utf-8", "replace"))
    )
    recipients = [fields for fields in groups if "final-recipient" in fields]
    failures = [fields for fields in recipients if fields.get("action", "failed").lower().startswith("failed")]
    return failures + [fields for fields in recipients if fields.get("action", "").lower().startswith("delayed")]


def _groups(content: bytes) -> Iterable[bytes]:
    return _GROUPS.split(content.strip(), MAX_RECIPIENTS)[:MAX_RECIPIENTS]


def _fields(group: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in split_headers(group)[0]:
        fields.setdefault(name, header_text(value))
    return fields


def _message_ids_of_copy(copy: str) -> tuple[str, ...]:
    headers, _ = split_headers(copy.lstrip("\n").encode("utf-8", "replace"))
    return tuple(item for name, value in headers if name == "message-id" for item in message_ids(value))


def _report_of_fields(fields: dict[str, str], *, words: str) -> BounceReport:
    diagnosis = fields.get("diagnostic-code", "")
    kind, semicolon, diagnosed = diagnosis.partition(";")
    said = diagnosed.strip() if semicolon and " " not in kind.strip() else diagnosis.strip()
    status, reply_code = codes_within(said)
    stated = _STATUS.search(fields.get("status", ""))
    # X.0.0 is "undefined": the answer of the recipient's server says more
    if stated and not (stated.group(1).endswith(".0.0") and status):
        status = stated.group(1)
    recipient = fields.get("original-recipient", "") or fields.get("final-recipient", "")
    return BounceReport(
        recipient=recipient.rpartition(";")[2].strip().strip("<>")[:320],
        status=status,
        reply_code=reply_code,
        hard=is_hard(status=status, reply_code=reply_code, said=said or words),
        reason=said[:MAX_REASON],
        final=fields.get("action", "failed").lower().startswith("failed"),
    )


def _report_of_prose(words: str) -> BounceReport:
    prose = read_prose(words) or ProseReport(dialect="", recipient="", said="", final=True)
    said = prose.said or words
    status, reply_code = codes_within(said)
    return BounceReport(
        recipient=prose.recipient,
        status=status,
        reply_code=reply_code,
        hard=is_hard(status=status, reply_code=reply_code, said=said),
        reason=" ".join(prose.said.split())[:MAX_REASON],
        final=prose.final,
    )


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _reports_of_ses(notification: dict[str, Any]) -> list[BounceReport]:
    bounce = notification.get("bounce")
    bounce = bounce if isinstance(bounce, dict) else {}
    mail = notification.get("mail")
    common = mail.get("commonHeaders") if isinstance(mail, dict) else None
    declared = str(common.get("messageId") or "") if isinstance(common, dict) else ""
    recipients = _objects(bounce.get("bouncedRecipients"))[:MAX_RECIPIENTS] or [{}]
    return [_report_of_ses_recipient(item, bounce=bounce, message_id=declared) for item in recipients]


def _report_of_ses_recipient(recipient: dict[str, Any], *, bounce: dict[str, Any], message_id: str) -> BounceReport:
    said = str(recipient.get("diagnosticCode") or "").removeprefix("smtp; ")
    status, reply_code = codes_within(said)
    status = status or str(recipient.get("status") or "")[:20]
    hard = is_hard(status=status, reply_code=reply_code, said=said)
    if hard is None:
        hard = {"Permanent": True, "Transient": False}.get(str(bounce.get("bounceType")))
    return BounceReport(
        recipient=str(recipient.get("emailAddress") or "")[:320],
        status=status,
        reply_code=reply_code,
        hard=hard,
        reason=said[:MAX_REASON],
        message_id=message_id.strip("<> ")[:500],
    )
