"""What a mail says and what it carries: the readable parts of its tree as text and HTML, all else as files."""

import re
from dataclasses import dataclass, field

from channels_app.email.calendars import read_invitation
from channels_app.email.charsets import decode_text
from channels_app.email.files import ParsedAttachment, attachment, attachment_of
from channels_app.email.headers import addresses, header_text
from channels_app.email.html import html_to_text, sanitise_html, unmarked
from channels_app.email.smime import Wrapper, open_wrapper
from channels_app.email.structure import ENCLOSED_MESSAGES, SMIME_WRAPPERS, Part
from channels_app.email.tnef import TnefContents, read_tnef
from channels_app.email.transfer import split_uuencoded

MAX_ATTACHMENTS = 100
MAX_NOTES = 10
UNREADABLE = "the text is"  # so begins a problem that explains an empty text
_READABLE = frozenset(
    {"text/plain", "application/plain", "text/html", "text/enriched", "text/richtext", "application/xhtml+xml"}
)
_MARKUP = frozenset({"text/html", "text/enriched", "text/richtext", "application/xhtml+xml"})
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_BLANK_LINES = re.compile(r"\n(?:[ \t\xa0\u200b]*+\n){3,}")
_CHARSET_OF_HTML = re.compile(rb"(?i)charset\s?=\s?[\"']?\s?([\w.:-]{1,40})")


@dataclass(slots=True)
class Body:
    """Text and HTML of a part and what is below it."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)

    def is_blank(self) -> bool:
        """Tell whether there is nothing to read."""
        return not any(item.strip() for item in (*self.texts, *self.htmls))

    def join(self, further: "Body") -> None:
        """Add the body of the next part: if either has only HTML or only text, each gets the other's rendering."""
        if not (further.texts or further.htmls):
            return
        if self.htmls and not self.texts and further.texts:
            self.texts = [html_to_text(item) for item in self.htmls]
        if further.htmls and not further.texts and self.texts:
            further.texts = [html_to_text(item) for item in further.htmls]
        self.texts += further.texts
        self.htmls += further.htmls

    def rendered(self) -> tuple[str, str]:
        """Return the whole as text, with its quotations marked, and as harmless HTML."""
        html = sanitise_html("<hr>".join(self.htmls)) if self.htmls else ""
        text = "\n\n".join(item.strip("\n") for item in self.texts if item.strip())
        if not text.strip() and self.htmls:
            text = "\n\n".join(filter(None, map(html_to_text, self.htmls)))
        return text, html


@dataclass(slots=True)
class BodyReader:
    """Reads a tree once; afterwards `attachments` are its files, `notes` what was made readable of invitations and
    enclosed mails, `protection` how it is signed, `problems` what could not be read.

    `_packed` is the text that Outlook has packed, `_named` that of parts which are files and meant to be shown.
    """

    attachments: list[ParsedAttachment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    protection: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _packed: Body = field(default_factory=Body)
    _named: Body = field(default_factory=Body)

    def read(self, root: Part) -> Body:
        """Return the readable body of the mail `root`; packed and named texts count where there is nothing else."""
        body = self._read(root)
        armour = next((item.lstrip()[:40] for item in body.texts if item.strip()), "")
        if armour.startswith("-----BEGIN PGP MESSAGE-----"):
            self.problems.append(f"{UNREADABLE} encrypted (PGP)")
        elif armour.startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
            self.protection.append("signed (PGP), signature not verified")
        return next((item for item in (body, self._packed, self._named) if not item.is_blank()), body)

    def _read(self, part: Part) -> Body:
        kind = part.content_type.value
        body = Body()
        if kind == "multipart/alternative":
            for child in part.children:
                alternative = self._read(child)
                body.texts = body.texts if any(item.strip() for item in body.texts) else alternative.texts
                body.htmls = alternative.htmls if any(item.strip() for item in alternative.htmls) else body.htmls
        elif kind.startswith("multipart/"):
            self._note_protection(part)
            for child in part.children:
                body.join(self._read(child))
        elif kind in SMIME_WRAPPERS and part.children:
            self.protection.append("signed (S/MIME), signature not verified")
            body = self._read(part.children[0])
        elif kind in _READABLE and part.disposition.value != "attachment" and not part.filename:
            _add_text(part, body)
            self._take_uuencoded(body)
        else:
            self._add_file(part)
            if kind == "text/plain" and part.disposition.value in {"", "inline"}:
                _add_text(part, self._named)
        return body

    def _take_uuencoded(self, body: Body) -> None:
        for index, text in enumerate(body.texts):
            if "\nend" in text and "begin " in text:
                body.texts[index], files = split_uuencoded(text)
                for filename, content in files[: MAX_ATTACHMENTS - len(self.attachments)]:
                    self.attachments.append(
                        attachment(filename=filename, content_type="application/octet-stream", content=content)
                    )

    def _note_protection(self, part: Part) -> None:
        protocol = part.content_type.parameters.get("protocol", "").lower()
        system = "PGP" if "pgp" in protocol else "S/MIME" if "pkcs7" in protocol else "unknown method"
        if part.content_type.value == "multipart/signed":
            self.protection.append(f"signed ({system}), signature not verified")
        elif part.content_type.value == "multipart/encrypted":
            self.problems.append(f"{UNREADABLE} encrypted ({system})")

    def _add_file(self, part: Part) -> None:
        if len(self.attachments) >= MAX_ATTACHMENTS:
            self.problems.append(f"more than {MAX_ATTACHMENTS} attachments; the rest is kept in the raw mail only")
            return
        kind = part.content_type.value
        file = attachment_of(part)
        packed = read_tnef(file.content) if kind in _TNEF or file.filename.lower() == "winmail.dat" else None
        if packed is not None:
            self._unpack(packed)
            return
        self.attachments.append(file)
        if kind == "message/partial":
            self.problems.append("a piece of a mail that was sent in several; the pieces are not put together")
        if kind in _CALENDARS:
            self._note(read_invitation(file.content))
        elif kind in ENCLOSED_MESSAGES and part.children:
            self._note(_head_of(part.children[0], filename=file.filename))
        elif kind in SMIME_WRAPPERS:
            wrapper, _ = open_wrapper(file.content)
            if wrapper in {Wrapper.ENCRYPTED, Wrapper.COMPRESSED}:
                self.problems.append(f"{UNREADABLE} {wrapper} (S/MIME)")

    def _unpack(self, packed: TnefContents) -> None:
        self._packed.join(
            Body([packed.text] if packed.text.strip() else [], [packed.html] if packed.html.strip() else [])
        )
        for item in packed.files[: MAX_ATTACHMENTS - len(self.attachments)]:
            self.attachments.append(
                attachment(
                    filename=item.filename,
                    content_type=item.content_type or "application/octet-stream",
                    content=item.content,
                    content_id=item.content_id,
                )
            )

    def _note(self, note: str) -> None:
        if note and note not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(note)


def _add_text(part: Part, body: Body) -> None:
    charset = part.content_type.parameters.get("charset", "")
    content = part.content
    if part.content_type.value in _MARKUP:
        body.htmls.append(decode_text(content, charset=charset or _charset_of_html(content)))
    else:
        text = decode_text(content, charset=charset).replace("\r\n", "\n").replace("\r", "\n")
        body.texts.append(_BLANK_LINES.sub("\n\n\n", unmarked(text)))


def _charset_of_html(content: bytes) -> str:
    match = _CHARSET_OF_HTML.search(content, 0, 2048)
    return match.group(1).decode("latin-1") if match else ""


def _head_of(mail: Part, *, filename: str) -> str:
    """Return who wrote an enclosed mail, to whom, when and about what."""
    charset = mail.content_type.parameters.get("charset", "")
    lines = [f"[{filename}]"]
    for name in ("from", "to", "date", "subject"):
        value = mail.header(name)
        if name in {"from", "to"}:
            found = addresses(value, charset=charset)[:5]
            words = ", ".join(f"{item.name} <{item.email}>" if item.name else item.email for item in found)
        else:
            words = header_text(value, charset=charset)
        if words:
            lines.append(f"{name.capitalize()}: {words[:300]}")
    return "\n".join(lines) if len(lines) > 1 else ""
