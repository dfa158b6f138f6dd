"""One connection to an IMAP server: what is in a folder, its mails without marking them, and waiting for the next.

Every failure is a MailboxProblem whose text is a sentence for the admin page.
"""

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from imaplib import IMAP4
from types import TracebackType
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from channels_app.email.servers import MailServer
from channels_app.email.xoauth2 import MECHANISM, initial_response, refusal

TIMEOUT_S = 20
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxProblem(Exception):
    """The mailbox cannot be read just now; the text says why, and what to mend where somebody must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMail:
    """A mail as the server gave it."""

    uid: int
    raw: bytes = field(repr=False)


class ImapClient:
    """A context: logged in within, logged out afterwards."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._box: Any = None
        self._can: frozenset[str] = frozenset()

    def __enter__(self) -> "ImapClient":
        token = self._server.by_token.access_token() if self._server.by_token is not None else ""
        with self._as_sentences():
            self._box = self._connect()
            if token:
                self._authenticate(token)
            else:
                login = self._box.login if _is_ascii(self._server) else self._box.login_utf8
                login(self._server.user, self._server.password, initial_folder=None)
            # many servers name all they can only to those who have logged in
            self._can = frozenset(
                b" ".join(self._box.client.capability()[1]).decode("ascii", "replace").upper().split()
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(IMAP4.error, ImapToolsError, OSError):
            if kind is None:
                self._box.logout()
            else:
                # a server that is gone would let us wait for its goodbye
                self._box.client.shutdown()

    @property
    def announces(self) -> bool:
        """Tell whether the server announces new mail by itself (RFC 2177)."""
        return "IDLE" in self._can

    def select(self, folder: str) -> int:
        """Open the folder for reading only and return its UIDVALIDITY."""
        with self._as_sentences(folder):
            self._box.folder.set(folder, readonly=True)
            answer = self._box.client.response("UIDVALIDITY")[1]
            self._box.client.response("EXISTS")
        if not answer or not answer[0]:
            raise MailboxProblem(f"The mail server gives the folder {folder} no UIDVALIDITY: it cannot be followed.")
        return int(answer[0])

    def uids(self, *, above: int = 0, since: date | None = None) -> list[int]:
        """Return the UIDs in the folder above `above`, of mails that arrived on `since` or later, ascending."""
        criteria = f"UID {above + 1}:*"
        if since is not None:
            criteria += f" SINCE {since.day:02d}-{_MONTHS[since.month - 1]}-{since.year}"
        with self._as_sentences():
            # n:* always names the last mail too, whatever its UID
            return sorted(uid for uid in map(int, self._box.uids(criteria, charset=None)) if uid > above)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Return the size in bytes per UID; a mail that is gone has none."""
        with self._as_sentences():
            found = {}
            for item in self._fetch(uids, "(UID RFC822.SIZE)"):
                line = item if isinstance(item, bytes) else item[0]
                uid, size = _UID.search(line), _SIZE.search(line)
                if uid and size:
                    found[int(uid[1])] = int(size[1])
            return found

    def fetch(self, uids: Sequence[int]) -> list[FetchedMail]:
        """Return the mails as they are, without marking them as read; those that are gone are left out."""
        with self._as_sentences():
            items = self._fetch(uids, "(UID BODY.PEEK[])")
            mails = []
            for index, item in enumerate(items):
                if isinstance(item, tuple):
                    # the UID may stand before the content or after it
                    after = items[index + 1] if index + 1 < len(items) and isinstance(items[index + 1], bytes) else b""
                    uid = _UID.search(item[0]) or _UID.search(after)
                    if uid:
                        mails.append(FetchedMail(uid=int(uid[1]), raw=item[1]))
            return sorted(mails, key=lambda mail: mail.uid)

    def wait(self, *, seconds: float, stop: threading.Event) -> None:
        """Return when the server announces something, after `seconds`, or soon after `stop` is set."""
        with self._as_sentences():
            if self._box.client.response("EXISTS")[1] != [None]:
                # announced with the answer to another command, and the server will not say it again
                return
            if not self.announces:
                stop.wait(seconds)
                self._box.client.noop()
                return
            self._box.idle.start()
            try:
                for _ in range(max(int(seconds), 1)):
                    if stop.is_set() or self._has_read_ahead() or self._box.idle.poll(timeout=1):
                        break
            finally:
                self._box.idle.stop()

    def _has_read_ahead(self) -> bool:
        """Tell whether an announcement came in one packet with the answer before it: no poll of the socket sees it."""
        sock = self._box.client.sock
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            return bool(self._box.client.file.peek(1))
        except ssl.SSLWantReadError:
            return False
        finally:
            sock.settimeout(before)

    def _authenticate(self, token: str) -> None:
        """Log in by XOAUTH2. A refused token is asked for anew at the next attempt: it may have been withdrawn."""
        challenges: list[bytes] = []

        def answer(challenge: bytes) -> bytes:
            if not challenge and not challenges:
                return initial_response(user=self._server.user, access_token=token).encode()
            challenges.append(challenge)
            return b""

        try:
            self._box.client.authenticate(MECHANISM, answer)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            self._box.client.shutdown()
            if self._server.tokens is not None:
                self._server.tokens.forget()
            said = " ".join(filter(None, (refusal(b" ".join(challenges)), _one_line(str(error)))))
            raise MailboxProblem(
                f"{self._server.place} refuses the access token of {self._server.user}: {said}. Check that IMAP is "
                "switched on and that the app was authorised for this mailbox."
            ) from error

    def _connect(self) -> BaseMailBox:
        where = {"host": self._server.host, "port": self._server.port, "timeout": TIMEOUT_S}
        if self._server.security == "none":
            return MailBoxUnencrypted(**where)
        kind = MailBox if self._server.security == "tls" else MailBoxStartTls
        return kind(**where, ssl_context=ssl.create_default_context())

    def _fetch(self, uids: Sequence[int], parts: str) -> list[Any]:
        status, items = self._box.client.uid("FETCH", ",".join(map(str, uids)), parts)
        if status != "OK":
            raise IMAP4.error(f"FETCH: {items!r}")
        return [item for item in items if item is not None]

    @contextmanager
    def _as_sentences(self, folder: str = "") -> Iterator[None]:
        place = self._server.place
        try:
            yield
        except MailboxLoginError as error:
            raise MailboxProblem(
                f"{place} refuses the login of {self._server.user}: {_said(error)}. Check the user and the password."
            ) from error
        except MailboxFolderSelectError as error:
            raise MailboxProblem(f"{place} does not open the folder {folder}: {_said(error)}") from error
        except ssl.SSLCertVerificationError as error:
            raise MailboxProblem(f"The certificate of {place} is not trusted: {error.verify_message}.") from error
        except ssl.SSLError as error:
            raise MailboxProblem(
                f"{place} does not speak TLS as configured ({error.reason or error}). imaps:// is TLS from the start, "
                "imap://...?tls=starttls begins plainly."
            ) from error
        except socket.gaierror as error:
            raise MailboxProblem(f"There is no mail server of the name {self._server.host}.") from error
        except TimeoutError as error:
            raise MailboxProblem(f"{place} does not answer within {TIMEOUT_S} s.") from error
        except ConnectionRefusedError as error:
            raise MailboxProblem(f"Nothing listens at {place}.") from error
        except (IMAP4.abort, OSError, EOFError) as error:
            raise MailboxProblem(f"The connection to {place} was lost: {_one_line(str(error))}") from error
        except (IMAP4.error, ImapToolsError) as error:
            raise MailboxProblem(f"{place} did not do as asked: {_one_line(str(error))}") from error


def _is_ascii(server: MailServer) -> bool:
    return server.user.isascii() and server.password.isascii()


def _said(error: Any) -> str:
    """Return the server's own words."""
    answers = error.command_result[1]
    first = answers[0] if isinstance(answers, list) and answers else answers
    return _one_line(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)).rstrip(".")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
