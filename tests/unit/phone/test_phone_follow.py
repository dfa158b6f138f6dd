"""Following a log: complete lines, past rotation and truncation, driven by what happens between two looks."""

import os

from channels_app.phone.follow import follow_lines


def _followed(path, *steps):
    """Each step happens when everything there was has been read; then following ends."""
    left = list(steps)

    def wait() -> bool:
        if not left:
            return False
        left.pop(0)()
        return True

    return b"".join(follow_lines(path, wait=wait)).decode()


def _add(path, text):
    def step():
        with path.open("a") as log:
            log.write(text)

    return step


def test_lines_are_returned_once_they_are_complete(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\ntw")
    assert _followed(log, _add(log, "o\nthree\n"), _add(log, "four\n")) == "one\ntwo\nthree\nfour\n"


def test_rotated_file_is_read_to_its_end_and_the_new_one_from_its_beginning(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\n")

    def rotate():
        with log.open("a") as old:
            old.write("two\n")
        os.rename(log, tmp_path / "log.1")  # noqa: PTH104  what logrotate does
        log.write_text("three\n")

    assert _followed(log, rotate, _add(log, "four\n")) == "one\ntwo\nthree\nfour\n"


def test_line_written_to_the_moved_file_after_the_move_is_not_lost(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\n")
    moved = tmp_path / "log.1"
    steps = [lambda: os.rename(log, moved), _add(moved, "two\n"), _add(log, "three\n")]  # noqa: PTH104
    assert _followed(log, *steps) == "one\ntwo\nthree\n"


def test_truncated_file_is_read_from_its_beginning(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\ntwo\n")
    assert _followed(log, lambda: log.write_text("3\n")) == "one\ntwo\n3\n"


def test_missing_file_is_waited_for_and_the_last_open_line_counts_at_the_end(tmp_path):
    log = tmp_path / "log"
    assert _followed(log, lambda: None, lambda: log.write_text("one\ntwo")) == "one\ntwo"
