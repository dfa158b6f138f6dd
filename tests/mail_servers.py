"""A real Dovecot and a real Postfix as processes of the tests: own configuration, own directories, loopback only.

`deploy/install_mail_servers.sh` installs their programs; nothing of the system's own configuration is read.
"""

import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 20
PASSWORD = "let me in"
# Dovecot looks at its list of users once a second at most: all are there from the start
USERS = ("support", "olga", *(f"user{number}" for number in range(1, 100)))
MISSING = (
    "{} is not installed. Run deploy/install_mail_servers.sh (Debian: apt install dovecot-imapd dovecot-lmtpd postfix)."
)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, check: Callable[[], object], *, seconds: float = START_SECONDS) -> None:
    """Ask until the answer is true; a real server gives no signal to wait for."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class _Server:
    directory: Path
    port: int
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a group of its own; it listens when this returns."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=(self.directory / "output").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_until(f"{self.command[0]} listens", self._answers)

    def kill(self) -> None:
        """SIGKILL to the server and its own children."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, then make sure."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGKILL)

    def said(self) -> str:
        """What it wrote to its logs."""
        return "".join(path.read_text(errors="replace") for path in self.directory.glob("*.log")) + (
            self.directory / "output"
        ).read_text(errors="replace")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.command[0]} ended at once:\n{self.said()}"
        return _listens(self.port)

    def _signal(self, number: int) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)


@dataclass
class Dovecot(_Server):
    """IMAP and LMTP over maildirs; USERS log in with PASSWORD, everybody else is unknown."""

    lmtp_port: int = 0
    # where it asks whether an access token is good, and whose it is
    token_port: int = 0
    given_out: int = 0

    def new_user(self) -> str:
        """A user whom nobody else has."""
        self.given_out += 1
        return f"user{self.given_out}"

    def url(self, name: str) -> str:
        """The `imap_url` of the user's mailbox."""
        return f"imap://{name}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}"

    def deliver(self, name: str, *mails: bytes) -> None:
        """Hand mails over by LMTP, as a mail server does."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as client:
            for mail in mails:
                client.sendmail("sender@example.org", [name], mail)

    def drop_index(self, name: str) -> None:
        """Lose what Dovecot knows of the user's folder: it comes back with another UIDVALIDITY."""
        for path in (self.directory / "mail" / name).glob("dovecot*"):
            path.unlink()


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Dovecot on free ports until the end of the block."""
    program = shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert program and Path("/usr/lib/dovecot/lmtp").exists(), MISSING.format("Dovecot")  # noqa: PT018
    directory = _public_directory("dovecot")
    me = pwd.getpwuid(os.getuid()).pw_name
    root = me == "root"
    server = Dovecot(directory=directory, port=free_port(), command=[program, "-F", "-c", str(directory / "conf")])
    server.lmtp_port, server.token_port = free_port(), free_port()
    mail = directory / "mail"
    mail.mkdir()
    if root:
        shutil.chown(mail, "nobody", "nogroup")
    (directory / "conf").write_text(
        f"""
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = {"dovecot" if root else me}
default_login_user = {"dovenull" if root else me}
first_valid_uid = 1
mail_location = maildir:{mail}/%n
recipient_delimiter = +
mailbox_list_index = no
auth_username_format = %n
namespace inbox {{
  inbox = yes
}}
auth_mechanisms = plain login xoauth2
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = username_format=%n {directory}/passwd
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {directory}/oauth2
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {directory}/passwd
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {server.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {server.lmtp_port}
  }}
}}
"""
    )
    (directory / "oauth2").write_text(
        f"tokeninfo_url = http://127.0.0.1:{server.token_port}/tokeninfo?access_token=\nusername_attribute = email\n"
    )
    owner = mail.stat()
    (directory / "passwd").write_text(
        "".join(f"{user}:{{PLAIN}}{PASSWORD}:{owner.st_uid}:{owner.st_gid}::{mail}/{user}\n" for user in USERS)
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@dataclass
class Postfix(_Server):
    """Takes mail by SMTP from loopback and passes it on by domain; bounces what is refused there."""

    @property
    def url(self) -> str:
        """The `smtp_url` of a mailbox that sends by it."""
        return f"smtp://127.0.0.1:{self.port}"


_POSTFIX_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def running_postfix(*, routes: dict[str, str]) -> Iterator[Postfix]:
    """Postfix on a free port until the end of the block; `routes` maps a domain to a transport of Postfix."""
    program = shutil.which("postfix", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert program, MISSING.format("Postfix")
    assert os.getuid() == 0, "Postfix needs root: its master gives each service a user of its own."
    directory = _public_directory("postfix")
    server = Postfix(directory=directory, port=free_port(), command=[program, "-c", str(directory), "start-fg"])
    for name in ("spool", "data"):
        (directory / name).mkdir()
    shutil.chown(directory / "data", "postfix")
    (directory / "master.cf").write_text(_POSTFIX_SERVICES.format(port=server.port))
    (directory / "transport").write_text("".join(f"{domain} {route}\n" for domain, route in routes.items()))
    (directory / "main.cf").write_text(
        f"""
compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
local_recipient_maps =
local_transport = error:no local mail here
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relay_domains = {", ".join(routes)}
transport_maps = texthash:{directory}/transport
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
smtp_host_lookup = native
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
"""
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _public_directory(name: str) -> Path:
    """A directory that the servers' own users may enter."""
    directory = Path(tempfile.mkdtemp(prefix=f"cc-{name}-"))
    directory.chmod(0o755)
    return directory
