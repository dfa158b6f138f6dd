"""The clock of a telephone system that is ahead is measured, corrected from then on, and recorded."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from channels_app.models import Endpoint
from contactcenter.kernel.models import AuditEntry
from contactcenter.operators.models import OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.clock_actions import read_clock
from contactcenter.worktime.models import ClockCorrection, ClockReading, OperatorEvent
from tests.app.factories import make_account, make_operator
from tests.app.worktime.golden import at

pytestmark = pytest.mark.django_db


def test_clock_ahead_is_corrected_once_and_let_alone_when_it_is_right_again():
    assert read_clock(source="pbx", stamped=[at(0.5), at(1)], received_at=at(1.2)) is None
    correction = read_clock(source="pbx", stamped=[at(70)], received_at=at(62))
    assert correction is not None
    assert (correction.offset_ms, correction.valid_from, correction.readings) == (8000, at(70), 3)
    assert read_clock(source="pbx", stamped=[at(71)], received_at=at(63.5)) is None
    assert AuditEntry.objects.filter(action="worktime.clock.correct").count() == 1
    # a quarter of an hour later the clock has been set right
    later = read_clock(source="pbx", stamped=[at(1200)], received_at=at(1200.3))
    assert later is not None
    assert (later.offset_ms, later.valid_from) == (0, at(1200))
    assert list(ClockReading.objects.order_by("minute").values_list("at_least_ms", "readings")) == [
        (-200, 2),
        (8000, 2),
        (-300, 1),
    ]


def test_calls_are_told_by_our_clock_from_the_correction_on(tmp_path):
    with open_every_account(reason="the test sets up"):
        account = make_account()
        operator = make_operator(account)
        OperatorAlias.objects.create(operator=operator, name="Anna")
        endpoint = Endpoint.objects.create(account=account, kind="voice", address="pbx", name="PBX")
        begun = timezone.now().replace(microsecond=0) + timedelta(seconds=60)
        ClockCorrection.objects.create(
            source=f"endpoint {endpoint.pk}", valid_from=begun - timedelta(hours=2), offset_ms=90_000, readings=1
        )
        begin = int(begun.timestamp()) - 600
        log = tmp_path / "queue_log"
        log.write_text(
            f"{begin}|{begin}.1|sales|NONE|ENTERQUEUE||+442079460009|1\n"
            f"{begin + 3}|{begin}.1|sales|Anna|CONNECT|3|{begin}.2|3\n"
            f"{begin + 100}|{begin}.1|sales|Anna|COMPLETECALLER|3|97|1\n"
        )
        for _ in range(2):
            call_command(
                "import_calls", str(log), "--format", "asterisk-queue-log", "--endpoint", "pbx", stdout=StringIO()
            )
        told = dict(OperatorEvent.objects.filter(kind__startswith="call.").values_list("kind", "at"))
        assert told == {
            "call.talk_started": begun - timedelta(seconds=597 + 90),
            "call.ended": begun - timedelta(seconds=500 + 90),
        }
        assert OperatorEvent.objects.filter(kind="correction").count() == 0
