"""Keeps a handful of child processes alive and ends them together."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUICK_DEATH_SECONDS = 10.0
MAX_QUICK_DEATHS = 20


@dataclass(slots=True)
class Child:
    """One program that must run: how it starts, where it logs, how often it died at once."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    run_as: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches it only through us."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
                **self.run_as,
            )
        self.started_at = time.monotonic()
        self.restart_at = 0.0

    def end_orphans(self) -> None:
        """Kill what a killed program left behind in its group: its own workers would keep the port."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class GaveUp(Exception):
    """A child dies again and again; the message names it and its log."""


class Supervisor:
    """Starts children in order, restarts those that die, ends them together."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], None]) -> None:
        self.children = list(children)
        self.say = say

    def start(self, *, only: Collection[str] | None = None) -> None:
        """Start every child that was not started yet, or these of them."""
        for child in self.children:
            if child.process is None and (only is None or child.name in only):
                child.start()

    def tend(self) -> None:
        """Restart what has died, with growing pauses; raise GaveUp where that does not help."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            if child.restart_at == 0.0:
                quick = now - child.started_at < QUICK_DEATH_SECONDS
                child.quick_deaths = child.quick_deaths + 1 if quick else 0
                if child.quick_deaths > MAX_QUICK_DEATHS:
                    raise GaveUp(f"{child.name} ends as soon as it starts. Its log says why: {child.log}")
                child.end_orphans()
                child.restart_at = now + min(0.2 * 2**child.quick_deaths, 5.0)
                self.say(f"{child.name} ended (code {child.process.returncode}); starting it again.")
            elif now >= child.restart_at:
                child.start()

    def stop(self, *, but: Collection[str] = (), seconds: float = 15.0) -> None:
        """Ask every child except these to end, all at once; kill the group of whoever does not within the seconds."""
        running = [
            child.process
            for child in self.children
            if child.name not in but and child.process is not None and child.process.poll() is None
        ]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
