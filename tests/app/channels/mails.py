"""Raw mails that the tests write themselves."""

import base64
from itertools import count

_numbers = count(1)


def raw_mail(
    *,
    text: str = "I ordered a lamp two weeks ago and nothing has arrived. Where is it?",
    sender: str = "Olga Petrova <olga@example.org>",
    to: str = "support@shop.example",
    subject: str = "Where is my order?",
    message_id: str | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """A plain mail in wire form; each has a Message-ID of its own unless one is given ('' leaves it out)."""
    identity = f"mail-{next(_numbers)}@example.org" if message_id is None else message_id
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Date: Mon, 15 Jun 2026 09:00:00 +0000"]
    if identity:
        lines.append(f"Message-ID: <{identity}>")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return "\r\n".join([*lines, "", text, ""]).encode()


def mail_with_parts(
    *parts: tuple[str, str, bytes], subject: str = "Files", message_id: str = "parts@example.org"
) -> bytes:
    """A multipart/mixed mail; each part is (content type, file name or '', content)."""
    head = (
        f"From: olga@example.org\r\nTo: support@shop.example\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n"
    ).encode()
    body = b""
    for content_type, filename, content in parts:
        disposition = f'Content-Disposition: attachment; filename="{filename}"\r\n' if filename else ""
        body += (
            f"--edge\r\nContent-Type: {content_type}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n".encode()
            + base64.encodebytes(content)
            + b"\r\n"
        )
    return head + body + b"--edge--\r\n"
