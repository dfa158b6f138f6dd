"""What each source of a recorded telephone system knows, against the phones' own clocks: agreed, unknown or wrong.

Recordings without Timestamp (the AMI of -variant) are ordered by the arrival of their bytes, which lies beside them.

Every field of every call and segment of truth.json is looked up in the calls that one source, or several together,
give. A value that is missing where the phones have one counts as "cannot know"; CANNOT_KNOW says why, per source and
field. A value that differs is wrong, and only what WRONG lists with its reason may be.
"""

import functools
import json
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_app.phone.calls import Call, Outcome, Segment
from channels_app.phone.files import LogFormat, read_log
from channels_app.phone.reducer import reduce_events
from tests.cases.test_phone_recordings import HUNG_UP_BY, OUTCOMES, RECORDINGS, _folders, _phones, _start

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"recordings are not at {RECORDINGS}")

Q, A, E, D = LogFormat.QUEUE_LOG, LogFormat.AMI, LogFormat.CEL, LogFormat.CDR
NAMES = {Q: "queue_log*", A: "ami*.txt", E: "cel.csv", D: "Master.csv"}

CANNOT_KNOW = {
    Q: {
        "call": "only callers who entered a queue are written: no outbound, internal or menu calls",
        "to": "the number dialled is not written",
        "account": "the account code is not written",
        "hold": "holds are not written",
        "segments": "what follows an attended transfer is not written",
        "hung_up_by": "nor who ended it, nor what followed a queue's time-out",
    },
    A: {"hold": "35: a whole hold lies in the gap of the connection"},
    E: {"segments": "15: a queue that takes nobody writes no row"},
    D: {
        "wait": "after Answer() the row of a queue does not say when the operator answered",
        "ring": "as wait; rows of missed rings begin with the channel, not with the ring",
        "talk": "as wait; Local members have a row of their own, which does say it",
        "hold": "holds are not written",
        "hung_up_by": "who hung up is not written, except a caller who left a queue",
        "segments": "15: as for CEL",
    },
}
# (source, folder number, field): why what the source says differs from what happened
WRONG = {
    (E, "15", "outcome"): "looks like a call that ended in the dialplan",
    (E, "15b", "outcome"): "a queue's time-out and its emptying look alike",
    (E, "18", "to"): "the number without its prefix stands in the dial string of answered calls only",
    (E, "19b", "to"): "as 18",
    (Q, "27", "outcome"): "the consultation's row does not say that it became the customer's call",
    (Q, "27", "hung_up_by"): "COMPLETECALLER although nobody hung up",
    (D, "09", "outcome"): "a transfer ends the row like a hang-up",
    (D, "10", "outcome"): "as 09",
    (D, "27", "outcome"): "as 09",
    (D, "15", "outcome"): "as for CEL",
    (D, "15b", "outcome"): "as for CEL",
    (D, "10b", "outcome"): "a caller who gives up and one whom nobody answers are both NO ANSWER",
    (D, "19b", "outcome"): "as 10b",
    (D, "21c", "outcome"): "who hung up in the menu is not written",
    (D, "22", "talk"): "click to dial: the row counts from the operator's answer, the callee's is not written",
    (D, "23", "outcome"): "a caller cut off by a restart looks like one who gave up",
    (D, "23", "hung_up_by"): "as the outcome",
}


@functools.cache
def _events(folder, source):
    zone = ZoneInfo("America/Chicago" if folder.endswith("-variant") else "UTC")
    entries = [
        entry
        for path in sorted((RECORDINGS / folder).glob(NAMES[source]))
        for entry in read_log(log_format=source, path=path, time_zone=zone)
    ]
    assert [entry.rejected for entry in entries if entry.rejected] == []
    return [event for entry in entries for event in entry.events]


def _calls(folder, sources):
    events = [event for source in sources for event in _events(folder, source)]
    return reduce_events(events, phones=_phones())


def _truth(folder):
    return sorted(json.loads((RECORDINGS / folder / "truth.json").read_text())["calls"], key=_start)


def _find(truth, calls: list[Call]) -> Call | None:
    number = truth.get("shown_number") or truth.get("caller_number")
    started = _start(truth)
    near = [
        (abs(call.started_at.timestamp() - started), call)
        for call in calls
        if call.from_number == number and call.direction == truth["direction"].partition(" ")[0]
    ]
    found = min(near, key=lambda each: each[0], default=None)
    return found[1] if found and found[0] < 12 else None


def _pairs(truth, call: Call | None):
    """(field, what happened, what the source says); None and '' mean that it says nothing."""
    names = {interface.rpartition("/")[2]: name for interface, name in _phones().items()}
    if call is None:
        yield "call", True, None
        return
    yield "call", True, True
    yield "to", truth.get("did") or truth.get("callee_number"), call.to_number
    if call.direction != "internal":
        yield "account", truth["account"], call.account_hint
    yield "outcome", OUTCOMES[truth["outcome"]], call.outcome
    yield "hung_up_by", HUNG_UP_BY[truth["hung_up_by"]], call.hung_up_by
    if call.direction == "outbound":
        yield "operator", truth["agent_name"], call.operator_name
        yield "ring", truth.get("ring_s"), call.ring_ms
        yield "talk", truth["talk_s"], call.talk_ms
        return
    parts: list[Segment | None] = [*call.segments, *[None] * 3]
    if call.direction == "internal" and not truth["segments"]:
        return
    for part, segment in zip(truth["segments"], parts, strict=False):
        yield "segments", True, segment is not None or None
        if segment is None:
            continue
        yield "queue", part.get("queue"), segment.queue
        yield "operator", names[part["agent"]] if part["agent"] else None, segment.operator_name
        direct = part["kind"] == "direct"
        if not direct:
            moved = "-transfer-to-" in part["outcome"]
            yield "outcome", Outcome.TRANSFERRED if moved else OUTCOMES[part["outcome"]], segment.outcome
        yield "wait", None if direct else part.get("wait_s"), segment.wait_ms
        yield "ring", part.get("ring_s"), segment.ring_ms
        yield "talk", part["talk_with_customer_s"] if direct else part.get("talk_s"), segment.talk_ms
        yield "hold", part.get("hold_s"), segment.hold_ms


def _verdict(expected, said) -> str | None:
    if expected is None or expected == "":
        return None
    if said is None or said == "":
        return "unknown"
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        return "agreed" if abs(said - round(expected * 1000)) <= 1000 else "wrong"
    return "agreed" if said == expected else "wrong"


@functools.cache
def _scores(sources):
    """Verdicts by (folder number, field)."""
    found = Counter()
    for folder in _folders():
        calls = _calls(folder, sources)
        for truth in _truth(folder):
            for field, expected, said in _pairs(truth, _find(truth, calls)):
                verdict = _verdict(expected, said)
                if verdict is not None:
                    found[folder.partition("-")[0], field, verdict] += 1
    return found


def _sums(sources):
    total = Counter()
    for (_, _, verdict), count in _scores(sources).items():
        total[verdict] += count
    return total["agreed"], total["unknown"], total["wrong"]


@pytest.mark.parametrize("source", [Q, A, E, D], ids=str)
def test_source_is_silent_and_wrong_only_where_the_table_says_why(source):
    scores = _scores((source,))
    assert {field for _, field, verdict in scores if verdict == "unknown"} == CANNOT_KNOW[source].keys()
    wrong = {(source, number, field) for number, field, verdict in scores if verdict == "wrong"}
    assert wrong == {key for key in WRONG if key[0] is source}


# agreed, cannot know, wrong: over all 31 recordings
FIGURES = {
    (Q,): (287, 97, 2),
    (A,): (439, 1, 0),
    (E,): (430, 1, 5),
    (D,): (288, 133, 15),
    (Q, D): (390, 38, 8),
    (E, D): (432, 1, 3),
    (A, D): (439, 1, 0),
    (Q, A, E, D): (440, 0, 0),
}


@pytest.mark.parametrize("sources", FIGURES, ids=" + ".join)
def test_figures_of_the_sources_are_the_published_ones(sources):
    assert _sums(sources) == FIGURES[sources]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_permutation_and_repetition_of_any_sources_gives_the_same_calls(data):
    folder = data.draw(st.sampled_from(_folders()))
    sources = data.draw(st.lists(st.sampled_from([Q, A, E, D]), min_size=1, unique=True))
    events = [event for source in sources for event in _events(folder, source)]
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=30)) if events else []
    mixed = [*events, *repeated]
    data.draw(st.randoms(use_true_random=False)).shuffle(mixed)
    assert reduce_events(mixed, phones=_phones()) == reduce_events(events, phones=_phones())
