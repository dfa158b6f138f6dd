"""Delivery failures told in prose, from before RFC 3464 or beside it: one small recogniser per mail server.

The first recogniser whose sign stands in the text reads it. Each knows how its server names the recipient and where the
reason stands; the codes within a reason are read alike for all.
"""

# ruff: noqa: E501  (tables of phrases read better unbroken)

import re
from dataclasses import dataclass

MAX_CHARACTERS = 20_000
MAX_SAID = 1_000
_ADDRESS = r"[^\s<>()\[\],;:\"']{1,64}@[^\s<>()\[\],;:\"']{1,255}"

# where the copy of the mail that came back begins: none of its words are the report's
_COPY = re.compile(
    r"""(?imx) ^ [ \t]* (?:
      -{2,}\ (?: this\ is\ a\ copy | below\ this\ line\ is\ a\ copy | the\ header\ of\ the\ original | original\ message | unsent\ message | message\ header | returned\ (?:mail|message) | the\ body\ of\ the\ message | enclosed\ is\ a\ copy )
    | below\ is\ a\ copy\ of\ the\ original | message\ headers\ follow | original\ message\ (?: follows | headers ) | original\ message: | copy\ of\ the\ original\ message
    ) [^\n]* $"""
)


@dataclass(frozen=True, slots=True)
class ProseReport:
    """What a report in prose says, '' where it does not; `final` is False while the server still tries."""

    dialect: str
    recipient: str
    said: str
    final: bool


@dataclass(frozen=True, slots=True)
class _Dialect:
    """`sign` tells the server, `recipient` finds the address, `said` the reason; without `said`, it is the paragraph
    that follows the recipient."""

    name: str
    sign: re.Pattern[str]
    recipient: re.Pattern[str]
    said: re.Pattern[str] | None = None


def _dialect(name: str, sign: str, recipient: str, said: str = "") -> _Dialect:
    compiled = re.compile(said.replace("ADDR", _ADDRESS), re.IGNORECASE | re.MULTILINE | re.DOTALL) if said else None
    return _Dialect(
        name,
        re.compile(sign, re.IGNORECASE | re.MULTILINE),
        re.compile(recipient.replace("ADDR", _ADDRESS), re.IGNORECASE | re.MULTILINE),
        compiled,
    )


_DIALECTS = (
    _dialect(
        "exim",
        r"created automatically by mail delivery software",
        r"(?:failed|delivered (?:is|are)):\s+<?(ADDR)",
        r"(?:failed|delivered (?:is|are)):\s+(?:<?ADDR>?:?\s+)?(.{1,1000}?)(?:\n\s*\n|\Z)",
    ),
    _dialect("qmail", r"this is the qmail-send program|unable to deliver your message to the following", r"^<(ADDR)>:"),
    _dialect("postfix", r"this is the (?:\w+ )?mail system at host|sorry to have to inform you that", r"^<(ADDR)>"),
    _dialect(
        "dragonfly",
        r"dragonfly mail agent",
        r"delivering your mail to <(ADDR)>",
        r"delivering your mail to <ADDR>\.?\s*(.{1,1000}?)(?:\n\s*\n|\Z)",
    ),
    _dialect("opensmtpd", r"attempting to deliver a message for\s+the following list of recip", r"^(ADDR):"),
    _dialect("lotus notes", r"was not delivered to:\s", r"was not delivered to:\s+<?(ADDR)", r"because:?\s+(.{1,300})"),
    _dialect(
        "exchange",
        r"(?:has failed|delivery to) to these recipients or (?:groups|distribution lists)|remote server returned",
        r"(ADDR)",
        r"(?:remote server returned|diagnostic information for administrators:)\s*:?\s*(.{1,600})",
    ),
    _dialect(
        "exchange of old", r"did not reach the following recipient", r"(?:^|following recipient\S*\s+)<?(ADDR)>?\b"
    ),
    _dialect(
        "gmail",
        r"technical details of (?:permanent|temporary) failure|the response (?:from the remote server )?was:|wasn't deliver",
        r"(?:recipients? failed permanently:|delivered to|delivering your message to)\s+<?(ADDR)",
        r"(?:server returned was:|response (?:from the remote server )?was:|failure:)\s*(.{1,600})",
    ),
    _dialect(
        "sendmail",
        r"transcript of session follows|the following addresses had",
        r"(?:^<?|<<< \d{3} <|rcpt to:\s*<?)(ADDR)>?",
        r"(?:^[ \t]*\(reason:\s*|<<<\s*|^[ \t]*out: )([45]\d\d[ -][^\n]{1,600})",
    ),
    _dialect(
        "vtext",
        r"^error message below:\s*$",
        r"^[ \t]*rcpt to:\s*<?(ADDR)",
        r"^error message below:\s*(.{1,200}?)\n",
    ),
    _dialect("au", r"^[ \t]*recipient: <|次のあて先への", r"recipient:\s*<(ADDR)>", r"^[ \t]*<<<\s*(.{1,300})"),
    _dialect(
        "in a sentence",
        r"could not be delivered to:|undeliverable to:|delivery failed \d+ attempts:|unknown user:|mailbox is full:"
        r"|user mailbox exceeds",
        r"(?:could not be delivered to|undeliverable to|attempts|unknown user|mailbox is full|size)[^\n<]{0,20}:\s*<?(ADDR)",
        r"(.{1,400})",
    ),
)
_STILL_TRYING = re.compile(
    r"(?i)has not yet been delivered|delivery attempts will continue|will (?:continue|keep) (?:to )?try"
    r"|you do not need to resend|still trying|(?:delivery|message)[^\n]{0,30} delayed|temporary failure"
)

# `550 5.1.1`, `550-'5.2.2`, `550-5.7.26`: the reply and the enhanced code that belongs to it
_PAIR = re.compile(r"(?<![\d.])([45][0-5]\d)[ \-#('\"]{1,4}([245]\.\d{1,3}\.\d{1,4})(?![\d.])")
_REPLY = re.compile(
    r"(?:^|[:;>\"'(]\s?|(?:said|error|code|returned)\s|\n[ \t]*+)([45][0-5]\d)(?=[ \-:]\s?\D)", re.IGNORECASE
)
_ENHANCED = re.compile(r"(?<![\d.:\[])([45]\.\d{1,2}\.\d{1,4})(?![\d.\]])")


def read_prose(report: str) -> ProseReport | None:
    """Return what a delivery failure written for people says, or None where the text (without the copy) is none."""
    report = report[:MAX_CHARACTERS]
    for dialect in _DIALECTS:
        if dialect.sign.search(report):
            recipient = dialect.recipient.search(report)
            said = _said(dialect, report, recipient)
            return ProseReport(
                dialect=dialect.name,
                recipient=recipient.group(1).rstrip(".") if recipient else "",
                said=said.strip()[:MAX_SAID],
                final=not _STILL_TRYING.search(report),
            )
    return None


def codes_within(said: str) -> tuple[str, str]:
    """Return the enhanced status code and the SMTP reply code in the words of a server, '' where there is none."""
    said = said[:MAX_CHARACTERS]
    pair = _PAIR.search(said)
    if pair:
        return pair.group(2), pair.group(1)
    reply = _REPLY.search(said)
    enhanced = _ENHANCED.search(said)
    return enhanced.group(1) if enhanced else "", reply.group(1) if reply else ""


def split_copy(text: str) -> tuple[str, str]:
    """Return the words of a report, and the text of the mail that came back below them ('' where none is)."""
    text = text[:MAX_CHARACTERS]
    copy = _COPY.search(text)
    return (text[: copy.start()], text[copy.end() :]) if copy and text[: copy.start()].strip() else (text, "")


def _said(dialect: _Dialect, report: str, recipient: re.Match[str] | None) -> str:
    if dialect.said is not None:
        found = dialect.said.search(report)
        if found:
            return found.group(1)
    if recipient is None:
        return ""
    following = report[recipient.end(1) :].lstrip(">:. \n").partition("\n\n")
    return following[0] or following[2]
