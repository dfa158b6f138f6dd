"""import_calls with CDR, Twilio, FreeSWITCH and tables; following a log; calls whose end was lost."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from channels_app.models import PhoneLogEntry
from channels_app.phone.files import LogFormat
from channels_app.phone.following import follow_log
from channels_app.phone.tasks import close_lost_calls
from contactcenter.kernel.models import AuditEntry
from contactcenter.tickets.models import Call, Interaction
from contactcenter.worktime.models import OperatorEvent
from tests.app.phone.test_phone_import import ANSWERED, _live_events, _scope, endpoint
from tests.unit.phone.test_phone_cdr import _row

__all__ = ["_scope", "endpoint"]
pytestmark = pytest.mark.django_db

TABLE = "id,at,from,to,talk,total,who\n7,2026-11-23 15:00:00,+442079460009,100,60,70,Anna\n8,noon,1,2,3,4,\n"
MAPPING = "columns: {id: id, started: at, from: from, to: to, talk: talk, duration: total, operator: who}\n"


def _import(tmp_path, text, log_format, **options):
    path = tmp_path / "log"
    path.write_text(text)
    out = StringIO()
    call_command("import_calls", str(path), log_format=str(log_format), endpoint="pbx-1", stdout=out, **options)
    return json.loads(out.getvalue())


def _mapping(tmp_path, text=MAPPING):
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    return path


def test_cdr_with_local_times_is_read_in_the_given_zone_and_feeds_the_operators_time(endpoint, tmp_path):
    report = _import(tmp_path, _row(), LogFormat.CDR, timezone="America/Chicago")
    assert (report["calls_created"], report["rejected_lines"]) == (1, [])
    call = Call.objects.get()
    assert call.started_at == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert (call.from_number, call.talk_ms, call.outcome) == ("+442079460101", 30_000, "answered")
    interaction = Interaction.objects.get()
    assert (interaction.ended_at - interaction.started_at).total_seconds() == 30
    again = _import(tmp_path, _row(), LogFormat.CDR, timezone="America/Chicago")
    assert (again["stored_lines"], again["calls_updated"], again["calls_created"]) == (0, 0, 0)


def test_cdr_completes_what_queue_log_told_of_the_same_call(endpoint, tmp_path):
    _import(tmp_path, ANSWERED, LogFormat.QUEUE_LOG)
    before = Call.objects.get()
    assert (before.to_number, before.talk_ms) == ("", 18_000)
    row = _row(
        start="2023-11-14 22:13:20", answer="2023-11-14 22:13:20", end="2023-11-14 22:13:41", duration=21, billsec=21,
        app="Queue", data="sales,t", unique="1700000000.21", tail='"did:+13125550101","","1700000000.21",1',
    )  # fmt: skip
    _import(tmp_path, row, LogFormat.CDR, timezone="UTC")
    after = Call.objects.get()
    assert (after.to_number, after.talk_ms, after.wait_ms, after.flags) == ("+13125550101", 18_000, 3_000, [])


def test_table_reports_and_keeps_its_rejected_rows_in_a_file_to_mend(endpoint, tmp_path):
    rejected = tmp_path / "rejected.csv"
    options = {"mapping": _mapping(tmp_path), "timezone": "UTC", "reject_file": rejected}
    dry = _import(tmp_path, TABLE, LogFormat.CSV, dry_run=True, **options)
    assert (dry["calls_created"], Call.objects.count(), PhoneLogEntry.objects.count()) == (1, 0, 0)
    assert [(row["line"], row["reason"]) for row in dry["rejected_lines"]] == [
        (3, "started: 'noon' is no time (ISO 8601 or epoch seconds)")
    ]
    assert rejected.read_text() == "id,at,from,to,talk,total,who\n8,noon,1,2,3,4,\n"
    report = _import(tmp_path, TABLE, LogFormat.CSV, **options)
    assert (report["calls_created"], report["stored_lines"]) == (1, 2)
    again = _import(tmp_path, TABLE, LogFormat.CSV, **options)
    assert (again["calls_created"], again["calls_updated"], again["stored_lines"]) == (0, 0, 0)
    call = Call.objects.get()
    assert (call.talk_ms, call.ring_ms) == (60_000, 10_000)
    assert call.operator is not None
    assert call.operator.display_name == "Anna"


def test_followed_log_is_imported_as_it_grows_and_a_new_start_adds_nothing(endpoint, tmp_path):
    path = tmp_path / "queue_log"
    lines = ANSWERED.splitlines(keepends=True)
    path.write_text(lines[0])
    left = lines[1:]

    def wait() -> bool:
        if not left:
            return False
        with path.open("a") as log:
            log.write(left.pop(0))
        return True

    def follow():
        reports = follow_log(
            endpoint=endpoint,
            log_format=LogFormat.QUEUE_LOG,
            path=path,
            time_zone=None,
            reached={endpoint.account_id},
            wait=wait,
        )
        return [report for report, _ in reports]

    reports = follow()
    assert [(each.stored, each.count("created"), each.count("updated")) for each in reports] == [
        (1, 1, 0),
        (1, 0, 1),
        (1, 0, 1),
    ]
    assert Call.objects.get().talk_ms == 18_000
    assert [(each.stored, each.duplicates) for each in follow()] == [(0, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"log_format": "csv"}, "--mapping belongs to format csv"),
        ({"log_format": "asterisk-cdr", "timezone": "Mars/Base"}, "--timezone: 'Mars/Base' is not a known zone"),
        ({"log_format": "asterisk-ami", "follow": True}, "--follow: asterisk-ami is not written line by line"),
        ({"log_format": "asterisk-cdr", "follow": True, "dry_run": True}, "--follow: not with --dry-run"),
    ],
)
def test_wrong_options_are_refused_and_store_nothing(endpoint, tmp_path, options, message):
    path = tmp_path / "log"
    path.write_text(ANSWERED)
    with pytest.raises(CommandError, match=message) as caught:
        call_command("import_calls", str(path), endpoint="pbx-1", **options)
    assert caught.value.returncode == 2
    assert PhoneLogEntry.objects.count() == 0


def test_call_nothing_is_heard_of_is_closed_by_the_rule_and_reopened_by_its_real_end(endpoint, tmp_path):
    begun, ended = ANSWERED.splitlines(keepends=True)[:2], ANSWERED.splitlines(keepends=True)[2]
    _import(tmp_path, "".join(begun), LogFormat.QUEUE_LOG)
    answered_at = datetime(2023, 11, 14, 22, 13, 23, tzinfo=UTC)
    with time_machine.travel(datetime(2023, 11, 15, 2, 13, 22, tzinfo=UTC), tick=False):
        assert close_lost_calls() == 0
    assert Call.objects.get().ended_at is None
    with time_machine.travel(datetime(2023, 11, 15, 2, 13, 24, tzinfo=UTC), tick=False):
        assert close_lost_calls() == 1
        assert close_lost_calls() == 0
    call = Call.objects.get()
    assert (call.ended_at, call.flags, call.hung_up_by) == (answered_at, ["end_unknown"], "")
    (entry,) = AuditEntry.objects.filter(action="call.closed_by_rule")
    assert (entry.target_id, entry.actor_id) == (call.pk, None)
    assert entry.data == {"rule": "nothing was heard of it for 4 hours", "ended_at": "2023-11-14T22:13:23+00:00"}
    _import(tmp_path, ended, LogFormat.QUEUE_LOG)
    call.refresh_from_db()
    assert (call.ended_at, call.flags) == (datetime(2023, 11, 14, 22, 13, 41, tzinfo=UTC), [])
    assert (call.talk_ms, call.hung_up_by) == (18_000, "customer")
    assert [event.at.second for event in _live_events() if event.kind == "call.ended"] == [41]
    assert OperatorEvent.objects.filter(kind="correction").count() == 1


def test_call_that_the_systems_restart_outlived_is_closed_at_once(endpoint, tmp_path):
    frames = (
        "Event: Newchannel\r\nTimestamp: 1700000000.0\r\nChannel: PJSIP/trunk-1\r\nChannelStateDesc: Ring\r\n"
        "CallerIDNum: +442079460009\r\nExten: 100\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\n"
        "Event: QueueCallerJoin\r\nTimestamp: 1700000001.0\r\nQueue: sales\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\n"
        "Event: Shutdown\r\nTimestamp: 1700000060.0\r\nShutdown: Uncleanly\r\n\r\n"
    )
    _import(tmp_path, frames, LogFormat.AMI)
    assert Call.objects.get().ended_at is None
    with time_machine.travel(datetime(2023, 11, 14, 22, 15, tzinfo=UTC), tick=False):
        assert close_lost_calls() == 1
    call = Call.objects.get()
    assert (call.ended_at, call.flags) == (datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC), ["end_unknown"])
    rule = AuditEntry.objects.get(action="call.closed_by_rule").data["rule"]
    assert rule == "the telephone system stopped or started at 2023-11-14 22:14:20 UTC"
