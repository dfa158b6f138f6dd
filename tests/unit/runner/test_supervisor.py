"""The supervisor starts again what died, and nothing of the dead keeps the port."""

import os
import signal
import sys
from pathlib import Path

import pytest

from contactcenter.runner import supervisor as module
from contactcenter.runner.supervisor import Child, GaveUp, Supervisor

PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "open(sys.argv[1], 'w').write(str(child.pid))\n"
    "time.sleep(60)\n"
)


def _child(tmp_path: Path, *command: str) -> Child:
    return Child(name="web", command=[sys.executable, *command], environment={}, log=tmp_path / "web.log")


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_workers_of_a_killed_program_are_ended_before_it_starts_again(tmp_path):
    pid_file = tmp_path / "pid"
    child = _child(tmp_path, "-c", PARENT, str(pid_file))
    supervisor = Supervisor([child], say=lambda text: None)
    supervisor.start()
    try:
        while not (pid_file.exists() and pid_file.read_text()):
            assert child.process.poll() is None
        orphan = int(pid_file.read_text())
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        assert _is_running(orphan)
        supervisor.tend()
        while _is_running(orphan):
            os.sched_yield()
        assert child.restart_at > 0
    finally:
        supervisor.stop()
        child.end_orphans()


def test_a_program_that_ends_at_once_again_and_again_is_given_up_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_QUICK_DEATHS", 0)
    child = _child(tmp_path, "-c", "raise SystemExit(3)")
    supervisor = Supervisor([child], say=lambda text: None)
    supervisor.start()
    child.process.wait()
    with pytest.raises(GaveUp, match=r"web ends as soon as it starts.*web\.log"):
        supervisor.tend()


STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, file=open(sys.argv[1], "w"))
while True: time.sleep(1)
"""


def test_all_are_asked_to_end_but_the_named_and_whoever_does_not_is_killed(tmp_path):
    said = tmp_path / "deaf"
    stubborn, willing, kept = (
        Child(name=name, command=[sys.executable, "-c", *rest], environment={}, log=tmp_path / f"{name}.log")
        for name, rest in {
            "stubborn": [STUBBORN, str(said)],
            "willing": ["import time; time.sleep(600)"],
            "kept": ["import time; time.sleep(600)"],
        }.items()
    )
    supervisor = Supervisor([stubborn, willing, kept], say=lambda text: None)
    supervisor.start(only={"stubborn"})
    assert (willing.process, kept.process) == (None, None)
    supervisor.start()
    while not (said.exists() and said.read_text()):
        assert stubborn.process.poll() is None
    supervisor.stop(but={"kept"}, seconds=0.5)
    assert (stubborn.process.returncode, willing.process.returncode) == (-signal.SIGKILL, -signal.SIGTERM)
    assert kept.process.poll() is None
    supervisor.stop()
    assert kept.process.returncode == -signal.SIGTERM
