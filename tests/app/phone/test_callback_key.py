"""A caller who leaves the telephone's queue by the key for a callback asks for one, where the endpoint says so."""

from datetime import UTC, datetime, timedelta

import pytest

from channels_app.models import Endpoint
from channels_app.phone.asterisk_queue_log import read_queue_log
from channels_app.phone.directory import BadSettings, Directory
from channels_app.phone.events import Source
from channels_app.phone.ingest import import_entries
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.routing.actions import callback_of_call
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Call
from tests.app.factories import make_account

pytestmark = pytest.mark.django_db

LOG = """\
1700000500|1700000500.31|sales|NONE|ENTERQUEUE||+442079460009|1
1700000509|1700000500.31|sales|NONE|EXITWITHKEY|1|1|1|9
"""
NOW = datetime.fromtimestamp(1_700_000_520, UTC)


@pytest.fixture(autouse=True)
def _scope():
    with open_every_account(reason="the test looks at everything"):
        yield


def imported(settings, *, at, django_capture_on_commit_callbacks):
    endpoint = Endpoint.objects.create(
        account=make_account(), kind="voice", address=f"pbx-{at.timestamp()}", name="PBX", settings=settings
    )
    jobs = []
    with hand_jobs_to(lambda name, ids: jobs.append((name, ids))), django_capture_on_commit_callbacks(execute=True):
        entries = list(read_queue_log(LOG.encode()))
        import_entries(endpoint=endpoint, source=Source.QUEUE_LOG, entries=entries, at=at)
    return [ids for name, ids in jobs if name == "routing.call_wants_callback"]


@pytest.mark.parametrize(("queues", "asked"), [(["sales"], True), (["*"], True), (["support"], False), ([], False)])
def test_the_endpoint_says_of_which_queues_the_key_asks_for_a_callback(
    queues, asked, django_capture_on_commit_callbacks
):
    jobs = imported(
        {"callback_queues": queues}, at=NOW, django_capture_on_commit_callbacks=django_capture_on_commit_callbacks
    )
    call = Call.objects.get()
    assert jobs == ([{"call_id": call.pk}] if asked else [])
    if asked:
        callback = callback_of_call(call_id=call.pk, at=NOW)
        assert callback is not None
        assert (callback.number, callback.enqueued_at) == ("+442079460009", call.enqueued_at)


def test_a_log_of_long_ago_asks_for_nothing(django_capture_on_commit_callbacks):
    jobs = imported(
        {"callback_queues": ["*"]},
        at=NOW + timedelta(hours=13),
        django_capture_on_commit_callbacks=django_capture_on_commit_callbacks,
    )
    assert jobs == []


def test_settings_that_are_no_list_of_names_are_refused():
    with pytest.raises(BadSettings, match="callback_queues"):
        Directory.from_settings({"callback_queues": "sales"})
