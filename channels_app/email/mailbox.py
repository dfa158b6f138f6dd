"""What an endpoint says of the mailbox that is read by IMAP, and whether it can be read."""

from dataclasses import dataclass
from datetime import date

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.email.authorization import authorization_of
from channels_app.email.imap_client import ImapClient, MailboxProblem
from channels_app.email.servers import IMAP_PORTS, MailServer, mail_server

DEFAULT_FOLDERS = ("INBOX",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """What is read of an endpoint: the server, the folders, and from which day on (None: everything)."""

    server: MailServer
    folders: tuple[str, ...]
    since: date | None


def mailbox_of(endpoint: EndpointInfo) -> Mailbox | None:
    """Return what is to be read of an endpoint, None where no `imap_url` is set.

    `imap_folders` is a list of names (INBOX unless told), `imap_since` the day (YYYY-MM-DD) of the oldest mails to
    take. Raises a permanent AdapterError naming the setting that is wrong.
    """
    url = endpoint.secrets.get("imap_url", "")
    if not url:
        return None
    folders = endpoint.settings.get("imap_folders") or list(DEFAULT_FOLDERS)
    if not isinstance(folders, list) or not all(isinstance(item, str) and item.strip() for item in folders):
        raise AdapterError("imap_folders: expected a list of names of folders.", permanent=True)
    since = endpoint.settings.get("imap_since") or None
    try:
        day = None if since is None else date.fromisoformat(str(since))
    except ValueError:
        raise AdapterError("imap_since: expected a day as YYYY-MM-DD.", permanent=True) from None
    return Mailbox(
        server=mail_server(
            url,
            name="imap_url",
            scheme="imap",
            ports=IMAP_PORTS,
            address=endpoint.address,
            tokens=authorization_of(endpoint),
        ),
        folders=tuple(dict.fromkeys(item.strip() for item in folders)),
        since=day,
    )


def check_mailbox(endpoint: EndpointInfo) -> str:
    """Log in, open every folder, and say how many mails there are; what is wrong is an AdapterError's sentence."""
    mailbox = mailbox_of(endpoint)
    if mailbox is None:
        raise AdapterError("imap_url: not set.", permanent=True)
    try:
        with ImapClient(mailbox.server) as client:
            counts = []
            for name in mailbox.folders:
                client.select(name)
                counts.append(f"{name} {len(client.uids(since=mailbox.since))}")
            how = "announces new mail" if client.announces else "does not announce new mail: it is asked every 15 s"
    except MailboxProblem as error:
        raise AdapterError(str(error), permanent=False) from error
    return f"{mailbox.server.place} lets {mailbox.server.user} read ({', '.join(counts)}) and {how}."
