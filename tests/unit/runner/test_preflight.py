"""What can go wrong before anything starts is said in a sentence that names the way out."""

import shutil
import socket
from collections import namedtuple

import pytest

from contactcenter.runner.preflight import check_disk, check_port, only_one_run
from contactcenter.runner.servers import ServerProblem


def test_a_taken_port_names_another():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerProblem, match=f"Port {port} is taken.*PORT={port + 1} make run"):
            check_port(host="127.0.0.1", port=port, variable="PORT")


def test_a_second_run_is_refused_and_a_stale_lock_is_not(tmp_path):
    with only_one_run(tmp_path), pytest.raises(ServerProblem, match="already running"), only_one_run(tmp_path):
        pass
    with only_one_run(tmp_path):  # the file is still there, nobody holds it
        assert (tmp_path / "run.lock").exists()


def test_a_nearly_full_disk_is_said(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(ServerProblem, match="1 MB left; 500 MB are needed"):
        check_disk(tmp_path)
