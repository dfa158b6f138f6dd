"""The running product for the browser: the same supervisor as `make run`, on ports and data of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import migrated
from tests.e2e.desks import CHIEF, DMITRY, JAMES, Seat
from tests.e2e.standins import TranslationService

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 600
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """One run of the product: where it answers, and how to run commands against its database."""

    url: str
    port: int
    smtp_port: int
    var: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)

    def manage(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a management command against this site's servers."""
        environment = {**self.environment, **self.servers()}
        return subprocess.run(
            [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), *arguments],
            env=environment, input=stdin, capture_output=True, check=False, cwd=ROOT,
        )  # fmt: skip

    def set_back(self, statement: str, *values: object) -> None:
        """Change instants in the database, one statement: what was to happen later is due now, nobody waits for it."""
        with psycopg.connect(self.servers()["DATABASE_URL"], autocommit=True) as connection:
            assert connection.execute(statement, values).rowcount > 0, f"nothing was set back: {statement}"

    def wait_until(self, statement: str, *values: object, seconds: float = 60) -> None:
        """Wait until a statement finds a row: what the server does by itself, and no page shows for certain."""
        deadline = time.monotonic() + seconds
        with psycopg.connect(self.servers()["DATABASE_URL"], autocommit=True) as connection:
            while connection.execute(statement, values).fetchone() is None:
                assert time.monotonic() < deadline, f"nothing was found: {statement} {values}"
                time.sleep(0.1)

    def servers(self) -> dict[str, str]:
        """Return the settings by which a command reaches this site's servers."""
        valkey = (self.var / "valkey" / "valkey.conf").read_text()
        sockets = self.var.resolve() / "postgresql" / "sockets"
        port = re.search(r"^port (\d+)", valkey, re.M)
        password = re.search(r'^requirepass "(.+)"', valkey, re.M)
        assert port
        assert password
        return {
            "DATABASE_URL": f"postgresql://postgres@/contactcenter?host={quote(str(sockets), safe='')}",
            "REDIS_URL": f"redis://:{password[1]}@127.0.0.1:{port[1]}/0",
            "SECRET_KEY": (self.var / "secret_key").read_text().strip(),
        }

    def pids(self, name: str) -> list[int]:
        """Return the process ids of one supervised program, its own children included."""
        patterns = {
            "web": "uvicorn",
            "worker": "--queues default",
            "postgresql": str(self.var / "postgresql" / "pgdata"),
            # it calls itself by its address once it runs
            "valkey": f"127.0.0.1:{urlsplit(self.servers()['REDIS_URL']).port}",
        }
        # servers are known by their own directory, our programs by the environment they were given
        server = name in {"postgresql", "valkey"}
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes() if not server else b""
            except OSError:
                continue
            if patterns[name] in command and (server or f"VAR_DIR={self.var}".encode() in environment):
                found.append(int(entry.name))
        return found


def start_site(var: Path, **extra: str) -> Site:
    """Start the product, on the migrated database of this test run if there is one; wait until it says where it is."""
    # not before the servers are there: the package reads its settings
    from contactcenter.runner.servers import free_port, start_postgres

    if migrated.available():
        server = start_postgres(var / "postgresql", options=migrated.OPTIONS)
        migrated.restore(server.url)
        server.stop()
    port, smtp_port = free_port(), free_port()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "TEST_SERVERS_STARTED", "LIVE_CHANNEL", "DJANGO_SETTINGS_MODULE"}
        # measured by coverage, it would run at half its speed
        and not name.startswith("COVERAGE")
    }
    environment |= {
        "VAR_DIR": str(var),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SMTP_LISTEN_PORT": str(smtp_port),
        "DEMO": "yes",
        "DEMO_DAY": "no",
        **extra,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "contactcenter.runner"],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    site = Site(f"http://127.0.0.1:{port}", port, smtp_port, var, environment, process)
    assert process.stdout is not None
    stream = process.stdout

    def read() -> None:
        for line in stream:
            site.output.append(line)

    threading.Thread(target=read, daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    while not any(line.startswith("Ready:") for line in site.output):
        if process.poll() is not None or time.monotonic() > deadline:
            stop_site(site)
            pytest.fail("the product did not start:\n" + "".join(site.output))
        time.sleep(0.1)
    return site


def stop_site(site: Site) -> int:
    """Stop it as Ctrl-C does; return its exit code."""
    if site.process.poll() is None:
        site.process.send_signal(signal.SIGINT)
        try:
            site.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(site.process.pid, signal.SIGKILL)
            site.process.wait()
    return site.process.returncode


@pytest.fixture(scope="session")
def translator() -> Iterator[TranslationService]:
    """A translation service of the house's own."""
    with TranslationService() as service:
        yield service


@pytest.fixture(scope="session")
def site(translator: TranslationService) -> Iterator[Site]:
    """The product with its demo accounts, one for all browser tests."""
    var = Path(tempfile.mkdtemp(prefix="cc-e2e-"))
    running = start_site(
        var,
        TRANSLATION_PROVIDER="libretranslate",
        TRANSLATION_URL=f"http://{translator.host}",
        OUTBOUND_ALLOWED_HOSTS=translator.host,
    )
    yield running
    code = stop_site(running)
    shutil.rmtree(var, ignore_errors=True)
    assert code == 0, "".join(running.output[-20:])


def chromium_path() -> str:
    """Return the Chromium to drive; without one the browser tests fail, they do not skip."""
    for candidate in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(candidate) if candidate else None
        if path:
            return path
    pytest.fail("Chromium was not found. Install it (Debian: apt install chromium) or set CHROMIUM to its path.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium without a screen."""
    path = chromium_path()
    # a bound for a busy machine, not a wait: what is there is seen at once
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, site: Site) -> Iterator[Any]:
    """Open pages with sessions of their own; console errors fail the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(*, locale: str = "en-GB", storage: Any = None) -> Page:
        context = browser.new_context(
            base_url=site.url,
            storage_state=storage,
            locale=locale,
            color_scheme="light",
            # nothing is drawn sixty times a second that no test looks at
            reduced_motion="reduce",
            viewport={"width": 1440, "height": 900},
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def passwords(site: Site) -> dict[str, str]:
    """Return {e-mail address: password} of the demo people."""
    result = site.manage("load_demo")
    assert result.returncode == 0, result.stderr.decode()
    return {login["email"]: login["password"] for login in json.loads(result.stdout)["logins"]}


def log_in(page: Page, email: str, password: str) -> None:
    """Log in by the form and wait until the page has left it."""
    page.goto("/login")
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=password]").fill(password)
    page.locator("button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """What a browser keeps of people who have logged in once, by e-mail address: they log in once for all tests."""
    return {}


@pytest.fixture
def seats(new_page: Any, passwords: dict[str, str], sessions: dict[str, Any]) -> Iterator[dict[str, Seat]]:
    """Two operators and a supervisor at their consoles, in English; nobody is available, and nothing waits."""
    made = {}
    for email, name in ((DMITRY, "Dmitry Belov"), (JAMES, "James Okafor"), (CHIEF, "Olga Petrova")):
        page = new_page(storage=sessions.get(email))
        page.add_init_script("if (location.protocol !== 'about:') localStorage.setItem('locale', 'en')")
        if email not in sessions:
            # all demo people share a password
            log_in(page, email, passwords["anna@demo.example"])
            sessions[email] = page.context.storage_state()
        page.goto("/console")
        page.wait_for_url("**/console**")
        made[email] = Seat(page, name=name)
        # what an earlier test left on the page's account
        made[email].be("offline")
    # what earlier walks left waiting would be offered to the very people who are asked here
    for left in made[CHIEF].get("tickets/?view=queue")["results"]:
        made[CHIEF].solve(left["id"])
    yield made
    for seat in made.values():
        if not seat.page.is_closed():
            seat.be("offline")
