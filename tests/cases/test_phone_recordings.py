"""The reducer against recordings of a real Asterisk: what the phones' own clocks say, within one second.

PLAIN scenarios must agree in everything. In OTHERS what is listed in KNOWN_GAPS is asserted to be missing, so that a
gap that closes fails the test until the list says so.
"""

import functools
import json
import os
import random
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from channels_app.models import Endpoint
from channels_app.phone.calls import Call, Direction, HungUpBy, Outcome, Segment
from channels_app.phone.files import LogFormat, read_log
from channels_app.phone.reducer import reduce_events
from channels_app.phone.report import call_as_json
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account, Role, User
from contactcenter.tickets.models import Call as CallRow
from contactcenter.tickets.models import CallSegment, Interaction

RECORDINGS = Path(os.environ.get("CASES_DIR") or Path(__file__).parents[2].parent / "shared" / "cases") / (
    "phone/asterisk_recordings"
)
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"recordings are not at {RECORDINGS}")

Truth = dict[str, Any]

PLAIN_NUMBERS = {"01", "03", "04", "05", "06", "07", "08", "08b", "17", "17b", "18", "19", "19b", "26"}
OUTCOMES = {
    "answered": Outcome.ANSWERED,
    "answered, cut off by PBX restart": Outcome.ANSWERED,
    "waiting, cut off by PBX restart": Outcome.CUT_OFF,
    "consultation, became the customer's call at the transfer": Outcome.ANSWERED,
    "abandoned": Outcome.ABANDONED,
    "abandoned-in-menu": Outcome.ABANDONED_IN_MENU,
    "queue-timeout": Outcome.TIMED_OUT,
    "left-empty-queue": Outcome.LEFT_EMPTY,
    "queue-without-agents": Outcome.NOT_JOINED,
    "never-queued": Outcome.NOT_JOINED,
    "busy": Outcome.BUSY,
    "cancelled": Outcome.CANCELED,
    "no-answer": Outcome.CANCELED,
    "transferred": Outcome.TRANSFERRED,
}
HUNG_UP_BY = {
    "customer": HungUpBy.CUSTOMER,
    "agent": HungUpBy.OPERATOR,
    "agent-cancelled": HungUpBy.OPERATOR,
    "callee": HungUpBy.CALLEE,
    "pbx": HungUpBy.PBX,
    "pbx-restart": HungUpBy.PBX,
    "transfer": HungUpBy.TRANSFER,
}
# (format, folder number): facts the source itself does not hold, with the reason
KNOWN_GAPS = {
    (LogFormat.AMI, "35"): {"hold": "a whole hold lies in the gap of the connection: reported as unknown"},
    (LogFormat.CEL, "15"): {
        "segments": "a queue that takes nobody (joinempty) leaves no row",
        "outcome": "so the call looks like one that ended in the dialplan",
    },
    (LogFormat.CEL, "15b"): {"outcome": "a queue's time-out and its emptying look alike"},
    (LogFormat.CEL, "18"): {"to": "the number without its prefix stands in the dial string of answered calls only"},
    (LogFormat.CEL, "19b"): {"to": "as 18"},
    (LogFormat.QUEUE_LOG, "10"): {
        "segments": "queue_log ends at the attended transfer; the talk with the second operator is in no row",
        "hung_up_by": "nor who ended it",
    },
    (LogFormat.QUEUE_LOG, "27"): {
        "segments": "as 10",
        "hung_up_by": "as 10; the consultation ends with COMPLETECALLER although nobody hung up",
        "outcome": "the consultation's row does not say that it became the customer's call",
    },
    (LogFormat.QUEUE_LOG, "04"): {"hung_up_by": "what follows the queue's time-out is not in queue_log"},
    (LogFormat.QUEUE_LOG, "15b"): {"hung_up_by": "as 04"},
}


def _folders():
    return sorted(path.parent.name for path in RECORDINGS.glob("*/truth.json")) if RECORDINGS.is_dir() else []


def _number(folder: str) -> str:
    return folder.partition("-")[0]


@functools.cache
def _read(folder: str, log_format: LogFormat):
    zone = ZoneInfo("America/Chicago") if folder.endswith("-variant") else None
    paths = _files(folder, log_format)
    entries = [entry for path in paths for entry in read_log(log_format=log_format, path=path, time_zone=zone)]
    assert [entry.rejected for entry in entries if entry.rejected] == []
    return [event for entry in entries for event in entry.events]


def _files(folder: str, log_format: LogFormat) -> list[Path]:
    names = {LogFormat.AMI: "ami*.txt", LogFormat.QUEUE_LOG: "queue_log*", LogFormat.CEL: "cel.csv"}
    return sorted((RECORDINGS / folder).glob(names[log_format]))


def _phones() -> dict[str, str]:
    """The operators' telephones, as an installation's aliases give them (README, Who is who)."""
    names = {"101": "Anna Kovacs", "102": "Ben Ortiz", "103": "Вера Орлова", "104": "Gleb Zaitsev"}
    return {f"PJSIP/{extension}": name for extension, name in names.items()}


def _expected_calls(folder: str, log_format: LogFormat) -> list[Truth]:
    truth = json.loads((RECORDINGS / folder / "truth.json").read_text())
    calls = truth["calls"]
    if log_format is LogFormat.QUEUE_LOG:
        # queue_log knows only callers that entered a queue
        calls = [call for call in calls if any(_in_queue_log(part) for part in call["segments"])]
    return sorted(calls, key=_start)


def _in_queue_log(part: Truth) -> bool:
    return part["kind"] == "queue" and part.get("outcome") != "never-queued"


def _start(call: Truth) -> float:
    phone = call.get("customer_phone") or {}
    operators = call.get("agent_phone") or {}
    return float(phone.get("dialled_or_rang_at") or operators.get("dialled_at") or operators["ring_start"])


def _near(actual_ms: int | None, expected_s: float | None, what: str) -> None:
    if expected_s is None:
        return
    assert actual_ms is not None, what
    # truth is rounded to tenths and queue_log to seconds: at most one second apart
    assert abs(actual_ms - round(expected_s * 1000)) <= 1000, (what, actual_ms, expected_s)


WATCHING = (LogFormat.QUEUE_LOG, LogFormat.AMI, LogFormat.CEL)
CASES = [(folder, log_format) for folder in _folders() for log_format in WATCHING]


@pytest.mark.parametrize(("folder", "log_format"), CASES, ids=lambda value: str(value))
def test_recording_agrees_with_the_phones(folder, log_format):
    gaps = KNOWN_GAPS.get((log_format, _number(folder)), {})
    if _number(folder) in PLAIN_NUMBERS:
        assert gaps.keys() <= (set() if log_format is LogFormat.AMI else {"hung_up_by", "to"})
    expected = _expected_calls(folder, log_format)
    calls = reduce_events(_read(folder, log_format), phones=_phones())
    assert len(calls) == len(expected)
    for call, truth in zip(calls, expected, strict=True):
        _check_call(call, truth, gaps=gaps, log_format=log_format)


def _check_call(call: Call, truth: Truth, *, gaps: dict[str, str], log_format: LogFormat) -> None:
    assert call.direction == truth["direction"].partition(" ")[0]
    if call.direction is Direction.OUTBOUND:
        assert call.from_number == truth["shown_number"]
        assert (call.to_number == truth["callee_number"]) is ("to" not in gaps)
        assert call.operator_name == truth["agent_name"]
        _near(call.ring_ms, truth.get("ring_s"), "ring")
        _near(call.talk_ms, truth["talk_s"], "talk")
    else:
        assert call.from_number == truth["caller_number"]
    if log_format is not LogFormat.QUEUE_LOG:
        assert call.account_hint == (truth["account"] or "")
        if truth.get("did"):
            assert call.to_number == truth["did"]
    missing = "outcome" in gaps and (log_format is LogFormat.CEL or call.direction is Direction.INTERNAL)
    assert (call.outcome == OUTCOMES[truth["outcome"]]) is not missing
    if "hung_up_by" in gaps:
        assert call.hung_up_by != HUNG_UP_BY[truth["hung_up_by"]]
    else:
        assert call.hung_up_by == HUNG_UP_BY[truth["hung_up_by"]]
    told = [part for part in truth["segments"] if log_format is not LogFormat.QUEUE_LOG or _in_queue_log(part)]
    if "segments" in gaps and call.direction is not Direction.INTERNAL:
        assert len(call.segments) == len(truth["segments"]) - 1
    elif truth["segments"]:
        assert len(call.segments) == len(truth["segments"])
    for segment, part in zip(call.segments, told, strict=False):
        _check_segment(segment, part, gaps=gaps, log_format=log_format)


def _check_segment(segment, part: Truth, *, gaps: dict[str, str], log_format: LogFormat) -> None:
    assert segment.kind == part["kind"]
    names = {interface.rpartition("/")[2]: name for interface, name in _phones().items()}
    assert segment.operator_name == (names[part["agent"]] if part["agent"] else "")
    if part["kind"] == "direct":
        _near(segment.talk_ms, part["talk_with_customer_s"], "talk")
        return
    assert segment.queue == part["queue"]
    outcome = Outcome.TRANSFERRED if "-transfer-to-" in part["outcome"] else OUTCOMES[part["outcome"]]
    assert (segment.outcome is outcome) is (log_format is not LogFormat.CEL or "outcome" not in gaps)
    for what, key in (("wait", "wait_s"), ("ring", "ring_s"), ("talk", "talk_s")):
        _near(getattr(segment, f"{what}_ms"), part.get(key), what)
    if log_format is not LogFormat.QUEUE_LOG and "hold" not in gaps:
        _near(segment.hold_ms, part.get("hold_s"), "hold")
        assert len(segment.holds) == len(part.get("holds", []))
    else:
        assert segment.hold_ms is None if part["answered_at"] else segment.hold_ms == 0


@pytest.mark.parametrize(("folder", "log_format"), CASES, ids=lambda value: str(value))
def test_recording_shuffled_and_doubled_gives_the_same_calls(folder, log_format):
    events = _read(folder, log_format)
    once = reduce_events(events, phones=_phones())
    for seed in range(5):
        mixed = events + events[:: seed + 1]
        random.Random(seed).shuffle(mixed)
        assert reduce_events(mixed, phones=_phones()) == once


_ZONE = {"time_zone": "America/Chicago"}


@pytest.fixture
def endpoint():
    with open_every_account(reason="the test looks at everything"):
        acme = Account.objects.create(name="Acme", slug="acme", ticket_prefix="AC")
        Account.objects.create(name="Borealis", slug="borealis", ticket_prefix="BO")
        for interface, name in _phones().items():
            user = User.objects.create_user(f"{interface[-3:]}@example.com", full_name=name, role=Role.OPERATOR)
            operator = Operator.objects.create(user=user, display_name=name)
            OperatorAlias.objects.create(operator=operator, name=interface)
            OperatorAlias.objects.create(operator=operator, name=name)
        accounts = {f"code:{slug}": slug for slug in ("acme", "borealis")}
        accounts |= {"queue:acme-en": "acme", "queue:acme-es": "acme", "queue:borealis-ru": "borealis"}
        yield Endpoint.objects.create(
            account=acme, kind="voice", address="pbx", name="Asterisk", settings={"accounts": accounts, **_ZONE}
        )


def _import(log_format: LogFormat, *paths: Path) -> Truth:
    out = StringIO()
    call_command("import_calls", *map(str, paths), log_format=str(log_format), endpoint="pbx", stdout=out)
    report: Truth = json.loads(out.getvalue())
    return report


@pytest.mark.django_db
@pytest.mark.parametrize("log_format", list(WATCHING), ids=str)
def test_import_of_every_recording_reports_and_stores_what_the_reducer_finds(endpoint, log_format, tmp_path):
    for folder in _folders():
        paths = _files(folder, log_format)
        report = _import(log_format, *paths)
        expected = [call_as_json(call) for call in reduce_events(_read(folder, log_format), phones=_phones())]
        told = [
            {key: value for key, value in call.items() if key not in {"status", "account", "ticket"}}
            for call in report["calls"]
        ]
        assert told == json.loads(json.dumps(expected))
        assert report["rejected_lines"] == []
        for call, truth in zip(report["calls"], _expected_calls(folder, log_format), strict=True):
            if truth["account"] and call["direction"] != "internal":
                assert call["account"] == truth["account"]
        again = _import(log_format, *_shuffled(paths, log_format, tmp_path))
        assert (again["calls_created"], again["calls_updated"], again["stored_lines"]) == (0, 0, 0)
    stored = CallRow.objects.count()
    voice = Interaction.objects.filter(channel="voice").count()
    answered = CallSegment.objects.filter(answered_at__isnull=False).count()
    assert stored > 0
    assert voice == answered


def _shuffled(paths: list[Path], log_format: LogFormat, tmp_path: Path) -> list[Path]:
    """The same log with its lines mixed; a connection without Timestamp has only its order, so it stays."""
    mixed = []
    for path in paths:
        data = path.read_bytes()
        separator = b"\r\n\r\n" if log_format is LogFormat.AMI else b"\n"
        if log_format is LogFormat.AMI and b"\r\nTimestamp: " not in data:
            mixed.append(path)
            continue
        parts = data.split(separator)[:-1]
        random.Random(1).shuffle(parts)
        target = tmp_path / path.name
        target.write_bytes(separator.join(parts) + separator if parts else b"")
        mixed.append(target)
    return mixed


@pytest.mark.parametrize("folder", _folders())
def test_queue_log_beside_the_connection_adds_nothing_and_coarsens_nothing(folder):
    watched = _read(folder, LogFormat.AMI)
    both = [*_read(folder, LogFormat.QUEUE_LOG), *watched]
    assert reduce_events(both, phones=_phones()) == reduce_events(watched, phones=_phones())


@pytest.mark.parametrize("folder", _folders())
def test_all_sources_together_leave_no_gap(folder):
    events = [event for log_format in WATCHING for event in _read(folder, log_format)]
    calls = reduce_events(events, phones=_phones())
    for call, truth in zip(calls, _expected_calls(folder, LogFormat.AMI), strict=True):
        _check_call(call, truth, gaps={}, log_format=LogFormat.AMI)


@pytest.mark.parametrize("seed", range(20))
def test_any_loss_of_events_gives_calls_without_negative_times(seed):
    chance = random.Random(seed)
    share = chance.random()
    events = [event for folder in _folders() for log_format in WATCHING for event in _read(folder, log_format)]
    kept = [event for event in events if chance.random() < share]
    for call in reduce_events(kept):
        parts: list[Call | Segment] = [call, *call.segments]
        for part in parts:
            times = (part.wait_ms, part.ring_ms, part.talk_ms, part.hold_ms)
            assert all(value is None or value >= 0 for value in times)
