"""import_calls against the database: calls, tickets, interactions and operators' time, once and only once."""

import json
import random
from collections import defaultdict
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from channels_app.models import Endpoint, PhoneLogEntry
from channels_app.phone.files import LogFormat
from channels_app.phone.tasks import reduce_phone_logs
from contactcenter.contacts.models import ContactPoint
from contactcenter.dashboards.models import ContactQuarter
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account, Role, User
from contactcenter.tickets.models import Call, CallSegment, Interaction, Ticket, TicketStatus
from contactcenter.worktime.actions import derive_operator
from contactcenter.worktime.models import OperatorEvent, Slice
from tests.app.dashboards.rollup_facts import fold
from tests.unit.phone.test_phone_reducer import HELD_CALL

pytestmark = pytest.mark.django_db

ANSWERED = """\
1700000000|1700000000.21|sales|NONE|ENTERQUEUE||+442079460009|1
1700000003|1700000000.21|sales|Anna|CONNECT|3|1700000000.22|3
1700000021|1700000000.21|sales|Anna|COMPLETECALLER|3|18|1
"""
MISSED = """\
1700000500|1700000500.31|sales|NONE|ENTERQUEUE||020 7946 0009|1
1700000509|1700000500.31|sales|NONE|ABANDON|1|1|9
"""
RUSSIAN = """\
1700000600|1700000600.41|ru|NONE|ENTERQUEUE||+74950000102|1
1700000607|1700000600.41|ru|NONE|ABANDON|1|1|7
"""


@pytest.fixture(autouse=True)
def _scope():
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def endpoint():
    shop = Account.objects.create(name="Shop", slug="shop", ticket_prefix="SH")
    Account.objects.create(name="Clinic", slug="clinic", ticket_prefix="CL")
    user = User.objects.create_user("anna@example.com", full_name="Anna Kovacs", role=Role.OPERATOR)
    anna = Operator.objects.create(user=user, display_name="Anna")
    OperatorAlias.objects.create(operator=anna, name="Anna")
    OperatorAlias.objects.create(operator=anna, name="PJSIP/101")
    return Endpoint.objects.create(
        account=shop,
        kind="voice",
        address="pbx-1",
        name="Main telephone system",
        language="en",
        settings={"region": "GB", "accounts": {"queue:ru": "clinic"}, "languages": {"queue:ru": "ru"}},
    )


def _import(tmp_path, text, *, log_format=LogFormat.QUEUE_LOG, **options):
    path = tmp_path / "log"
    path.write_bytes(text.encode())
    out = StringIO()
    call_command("import_calls", str(path), log_format=str(log_format), endpoint="pbx-1", stdout=out, **options)
    return json.loads(out.getvalue())


def _counts():
    models = (Call, CallSegment, Ticket, Interaction, ContactPoint, OperatorEvent, PhoneLogEntry)
    return {model.__name__: model.objects.count() for model in models}


def _live_events():
    """The operators' events that no correction took back."""
    voided = set(OperatorEvent.objects.filter(kind="correction").values_list("data__voids", flat=True))
    events = OperatorEvent.objects.exclude(kind="correction").order_by("at", "kind")
    return [event for event in events if event.source_key not in voided]


def test_answered_call_becomes_ticket_interaction_and_operator_time(endpoint, tmp_path):
    report = _import(tmp_path, ANSWERED)
    assert (report["calls_created"], report["stored_lines"], report["rejected_lines"]) == (1, 3, [])
    call = Call.objects.get()
    assert (call.direction, call.from_number) == ("in", "+442079460009")
    assert (call.outcome, call.hung_up_by) == ("answered", "customer")
    assert (call.wait_ms, call.ring_ms, call.talk_ms, call.hold_ms) == (3000, 3000, 18000, None)
    assert call.operator is not None
    assert call.operator.display_name == "Anna"
    assert ContactPoint.objects.get().value == "+442079460009"
    ticket = call.ticket
    assert ticket is not None
    assert (ticket.status, ticket.assignee_id, ticket.language) == (TicketStatus.OPEN, call.operator_id, "en")
    interaction = Interaction.objects.get()
    assert interaction.started_at == datetime(2023, 11, 14, 22, 13, 23, tzinfo=UTC)
    assert interaction.ended_at == datetime(2023, 11, 14, 22, 13, 41, tzinfo=UTC)
    assert interaction.waited_ms == 3000
    assert [(event.kind, event.at.second, event.interaction_id) for event in _live_events()] == [
        ("offer.made", 20, None),
        ("call.talk_started", 23, interaction.pk),
        ("offer.ended", 23, None),
        ("call.ended", 41, interaction.pk),
    ]
    assert {event.account_id for event in _live_events()} == {endpoint.account_id}


def test_same_file_again_and_shuffled_changes_nothing(endpoint, tmp_path):
    text = ANSWERED + MISSED + RUSSIAN
    first = _import(tmp_path, text)
    before = _counts()
    rows = list(Call.objects.order_by("pk").values())
    lines = text.splitlines(keepends=True) * 2
    random.Random(7).shuffle(lines)
    second = _import(tmp_path, "".join(lines))
    assert (first["calls_created"], second["calls_created"], second["calls_updated"]) == (3, 0, 0)
    assert (second["calls_unchanged"], second["stored_lines"], second["duplicate_lines"]) == (3, 0, 14)
    assert _counts() == before
    assert list(Call.objects.order_by("pk").values()) == rows
    strip = [{**call, "status": ""} for call in first["calls"]]
    assert [{**call, "status": ""} for call in second["calls"]] == strip


@pytest.mark.parametrize("seed", range(6))
def test_line_by_line_in_any_order_ends_in_the_same_calls(endpoint, tmp_path, seed):
    lines = (ANSWERED + MISSED).splitlines(keepends=True)
    random.Random(seed).shuffle(lines)
    for line in lines:
        _import(tmp_path, line)
    call, missed = Call.objects.order_by("started_at")
    assert (call.wait_ms, call.talk_ms, call.outcome, call.flags) == (3000, 18000, "answered", [])
    assert (missed.wait_ms, missed.outcome) == (9000, "abandoned")
    told = [(event.kind, event.at.second) for event in _live_events()]
    assert told == [("offer.made", 20), ("call.talk_started", 23), ("offer.ended", 23), ("call.ended", 41)]


def test_ring_that_was_missed_is_told_even_if_it_comes_after_the_call(endpoint, tmp_path):
    _import(tmp_path, MISSED)
    report = _import(tmp_path, "1700000507|1700000500.31|sales|Anna|RINGNOANSWER|6000\n")
    assert [ring["operator"] for ring in report["calls"][0]["segments"][0]["rings"]] == ["Anna"]
    assert [(event.kind, event.at.second) for event in _live_events()] == [("offer.made", 41), ("offer.ended", 47)]


def test_caller_who_hangs_up_while_a_telephone_rings_frees_the_operator_once_and_has_abandoned(endpoint, tmp_path):
    rang = "1700000509|1700000500.31|sales|Anna|RINGCANCELED|4000\n"
    for text in (MISSED + rang, rang + MISSED, MISSED):
        _import(tmp_path, text)
    # the reservation ends when the caller goes, and nobody talks or wraps up
    assert [(event.kind, event.at.second) for event in _live_events()] == [("offer.made", 45), ("offer.ended", 49)]
    call = Call.objects.get()
    assert (call.outcome, call.wait_ms, call.answered_at) == ("abandoned", 9000, None)
    assert not Interaction.objects.exists()
    fold()
    row = ContactQuarter.objects.get()
    assert (row.contacts, row.answered, row.abandoned) == (1, 0, 1)


def test_second_call_of_a_contact_joins_the_open_ticket_and_a_closed_one_is_left_alone(endpoint, tmp_path):
    _import(tmp_path, ANSWERED)
    _import(tmp_path, MISSED)  # the same caller, in the national form
    ticket = Ticket.objects.get()
    assert (ticket.calls.count(), ticket.unread) == (2, 1)
    Ticket.objects.update(status=TicketStatus.SOLVED)
    _import(tmp_path, MISSED.replace("17000005", "17000009"))
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize("restart_first", [False, True])
def test_restart_that_swallowed_a_call_ends_it_in_whatever_order_it_is_told(endpoint, tmp_path, restart_first):
    talking = "".join(ANSWERED.splitlines(keepends=True)[:2])
    restart = "1700000030|NONE|NONE|NONE|QUEUESTART|\n"
    for text in (restart, talking) if restart_first else (talking, restart):
        _import(tmp_path, text)
    call = Call.objects.get()
    assert call.ended_at == datetime(2023, 11, 14, 22, 13, 50, tzinfo=UTC)
    assert (call.talk_ms, call.hung_up_by) == (27000, "pbx")
    assert set(call.flags) == {"end_estimated", "pbx_restarted"}
    assert Interaction.objects.get().ended_at == call.ended_at


def test_call_counts_as_unread_only_once_it_ended_unanswered(endpoint, tmp_path):
    unread = []
    for line in (ANSWERED + MISSED).splitlines(keepends=True):
        _import(tmp_path, line)
        unread.append(Ticket.objects.get().unread)
    assert unread == [0, 0, 0, 0, 1]


def test_queue_maps_a_call_to_the_account_and_language_it_belongs_to(endpoint, tmp_path):
    report = _import(tmp_path, RUSSIAN)
    assert report["calls"][0]["account"] == "clinic"
    ticket = Ticket.objects.get()
    assert (ticket.account.slug, ticket.language, ticket.number) == ("clinic", "ru", report["calls"][0]["ticket"])


def test_withheld_numbers_are_never_taken_for_one_person(endpoint, tmp_path):
    text = MISSED.replace("020 7946 0009", "anonymous")
    _import(tmp_path, text + text.replace("17000005", "17000007"))
    assert (Ticket.objects.count(), ContactPoint.objects.count()) == (2, 0)
    assert len(set(Ticket.objects.values_list("contact_id", flat=True))) == 2


def test_finer_source_refines_the_call_and_corrects_the_time_by_events(endpoint, tmp_path):
    _import(tmp_path, ANSWERED)
    report = _import(tmp_path, HELD_CALL, log_format=LogFormat.AMI)
    assert (report["calls_created"], report["calls_updated"]) == (0, 1)
    call = Call.objects.get()
    assert (call.wait_ms, call.talk_ms, call.hold_ms, call.to_number) == (2750, 18250, 5750, "+13125550101")
    assert Interaction.objects.count() == 1
    corrections = OperatorEvent.objects.filter(kind="correction")
    assert set(corrections.values_list("author__email", flat=True)) == {"telephone-log@system.invalid"}
    assert [(event.kind, event.at.second, event.at.microsecond) for event in _live_events()] == [
        ("offer.made", 20, 500000),
        ("call.talk_started", 23, 0),
        ("offer.ended", 23, 0),
        ("call.hold_started", 30, 0),
        ("call.hold_ended", 34, 500000),
        ("call.hold_started", 40, 0),
        # the open hold ends with the conversation
        ("call.ended", 41, 250000),
        ("call.hold_ended", 41, 250000),
    ]
    before = _counts()
    _import(tmp_path, HELD_CALL, log_format=LogFormat.AMI)
    _import(tmp_path, ANSWERED)
    assert _counts() == before


def test_garbage_is_rejected_with_reason_kept_raw_and_blocks_nothing(endpoint, tmp_path):
    garbage = "170000|what\n\x00\x01\x02|||\n1700000001|1.1|sales|Anna|CONNECT|soon|1.2|2\n"
    report = _import(tmp_path, garbage + ANSWERED)
    assert report["calls_created"] == 1
    assert [(bad["line"], bad["reason"]) for bad in report["rejected_lines"]] == [
        (1, "2 fields, a queue_log entry has at least 5 (epoch|callid|queue|agent|event)"),
        (2, "4 fields, a queue_log entry has at least 5 (epoch|callid|queue|agent|event)"),
        (3, "CONNECT parameter 1: 'soon' is not a whole number"),
    ]
    kept = PhoneLogEntry.objects.exclude(rejected="").order_by("id")
    assert [bytes(entry.raw) for entry in kept] == [line.encode() for line in garbage.splitlines()]
    assert _import(tmp_path, garbage)["duplicate_lines"] == 3


def test_dry_run_reports_the_same_and_stores_nothing(endpoint, tmp_path):
    dry = _import(tmp_path, ANSWERED + "garbage\n", dry_run=True)
    assert set(_counts().values()) == {0}
    assert User.objects.count() == 1
    wet = _import(tmp_path, ANSWERED + "garbage\n")
    dropped = {"dry_run": None}
    assert dry | dropped == wet | dropped


def test_entries_left_by_a_process_that_died_are_reduced_later(endpoint, tmp_path, monkeypatch):
    monkeypatch.setattr("channels_app.phone.ingest._reduce", lambda *args, **kwargs: iter(()))
    _import(tmp_path, ANSWERED)
    monkeypatch.undo()
    assert (Call.objects.count(), PhoneLogEntry.objects.filter(reduced_at=None).count()) == (0, 3)
    assert (reduce_phone_logs(), reduce_phone_logs()) == (1, 0)
    assert (Call.objects.get().outcome, PhoneLogEntry.objects.filter(reduced_at=None).count()) == ("answered", 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"log_format": "asterisk-morse"}, "--format: 'asterisk-morse' is not known; one of asterisk-queue-log"),
        ({"endpoint": "pbx-9"}, "--endpoint: no voice endpoint 'pbx-9'; there is pbx-1"),
        ({"path": "missing.log"}, "missing.log: No such file or directory"),
        ({"path": "."}, "Is a directory"),
    ],
)
def test_bad_arguments_end_with_a_sentence_and_code_2(endpoint, tmp_path, options, message):
    (tmp_path / "log").write_text(ANSWERED)
    options = {"log_format": "asterisk-queue-log", "endpoint": "pbx-1", "path": "log", **options}
    path = tmp_path / options.pop("path")
    with pytest.raises(CommandError) as refused:
        call_command("import_calls", str(path), **options)
    assert message in str(refused.value)
    assert refused.value.returncode == 2
    assert set(_counts().values()) == {0}


def test_settings_naming_an_unknown_account_are_refused_before_anything_is_stored(endpoint, tmp_path):
    Endpoint.objects.update(settings={"accounts": {"queue:ru": "nobody"}})
    with pytest.raises(CommandError, match="settings of endpoint pbx-1: accounts: no account 'nobody'"):
        _import(tmp_path, ANSWERED)
    assert set(_counts().values()) == {0}


def test_every_second_on_the_telephone_reaches_the_ledger_once(endpoint, tmp_path):
    _import(tmp_path, HELD_CALL, log_format=LogFormat.AMI)
    operator = Operator.objects.get()
    derive_operator(operator_id=operator.pk, at=datetime(2023, 11, 14, 23, tzinfo=UTC))
    current = Slice.objects.filter(operator=operator).order_by("started_at")
    ms: dict[str, int] = defaultdict(int)
    for part in current:
        assert part.account_id == endpoint.account_id
        ms[part.kind] += part.ms
    # talked 18.25 s, 5.75 s of it on hold; the ring before came without a log-in and is nobody's working time
    assert {kind: ms[kind] for kind in ("talk", "hold")} == {"talk": 12500, "hold": 5750}
    _import(tmp_path, HELD_CALL, log_format=LogFormat.AMI)
    before = list(current.values_list("pk", flat=True))
    derive_operator(operator_id=operator.pk, at=datetime(2023, 11, 14, 23, tzinfo=UTC))
    assert list(current.values_list("pk", flat=True)) == before
