"""Sessions and slices over HTTP: for staff, read only, paged; an operator sees their own."""

from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import Session
from tests.app.factories import make_account, make_operator, make_user, signed_in

pytestmark = pytest.mark.django_db
START = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def work(operator, account, *, day: int = 0, calls: int = 1) -> Session:
    """An hour's session with so many calls of a minute."""
    start = START + timedelta(days=day)

    def event(seconds: int, kind: EventKind, interaction: int | None = None) -> EventInput:
        return EventInput(
            kind=kind,
            at=start + timedelta(seconds=seconds),
            source="test",
            source_key=f"{operator.pk} {day} {seconds} {kind}",
            account_id=account.pk if interaction else None,
            interaction_id=interaction,
        )

    events = [event(0, EventKind.SESSION_STARTED), event(36_000, EventKind.SESSION_ENDED)]
    for call in range(calls):
        events += [
            event(120 * call + 60, EventKind.CALL_TALK_STARTED, call + 1),
            event(120 * call + 120, EventKind.CALL_ENDED, call + 1),
        ]
    record_events(operator_id=operator.pk, events=events)
    derive_operator(operator_id=operator.pk, at=start + timedelta(days=1))
    return Session.objects.get(operator=operator, started_at=start)


def test_supervisor_reads_sessions_by_operator_and_day():
    account = make_account()
    anna, boris = make_operator(account), make_operator(account)
    work(anna, account)
    wanted = work(anna, account, day=1)
    work(boris, account, day=1)
    answer = signed_in(make_user("supervisor")).get(
        "/api/v1/worktime/sessions/", {"operator": str(anna.pk), "date": "2026-06-16"}
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [
            {
                "id": wanted.pk,
                "operator_id": anna.pk,
                "operator_name": anna.display_name,
                "started_at": "2026-06-16T09:00:00Z",
                "ended_at": "2026-06-16T19:00:00Z",
                "derived_until": "2026-06-16T19:00:00Z",
                "close_rule": "ended",
            }
        ],
        "next": None,
    }


def test_slices_show_their_allocations_and_sum_to_the_session():
    account = make_account()
    operator = make_operator(account)
    session = work(operator, account)
    answer = signed_in(operator.user).get("/api/v1/worktime/slices/", {"session": session.pk}).json()
    assert [(s["kind"], s["ms"], s["account_id"], s["interaction_id"]) for s in answer["results"]] == [
        ("idle", 60_000, None, None),
        ("talk", 60_000, account.pk, 1),
        ("idle", 35_880_000, None, None),
    ]
    assert [s["allocations"] for s in answer["results"]][1] == [
        {"account_id": account.pk, "interaction_id": 1, "ms": 60_000}
    ]


def test_pages_follow_each_other_without_gap_or_repetition():
    account = make_account()
    operator = make_operator(account)
    session = work(operator, account, calls=80)
    client = signed_in(make_user("admin"))
    first = client.get("/api/v1/worktime/slices/", {"session": session.pk}).json()
    second = client.get("/api/v1/worktime/slices/", {"session": session.pk, "cursor": first["next"]}).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (100, 61, None)
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == list(session.slices.order_by("started_at").values_list("pk", flat=True))


def test_operator_sees_no_one_elses_time():
    account = make_account()
    anna, boris = make_operator(account), make_operator(account)
    session = work(anna, account)
    client = signed_in(boris.user)
    assert client.get("/api/v1/worktime/sessions/").json() == {"results": [], "next": None}
    assert client.get("/api/v1/worktime/slices/", {"session": session.pk}).status_code == 404


@pytest.mark.parametrize("role", ["client_viewer", "client_admin"])
def test_clients_are_refused(role):
    account = make_account()
    client = signed_in(make_user(role, account))
    assert client.get("/api/v1/worktime/sessions/").status_code == 403
    assert client.get("/api/v1/worktime/slices/", {"session": 1}).status_code == 403


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("sessions", {"operator": "x"}, "operator"),
        ("sessions", {"date": "yesterday"}, "date"),
        ("sessions", {"cursor": "rubbish"}, "cursor"),
        ("sessions", {"cursor": "2026-06-15T09:00:00_1"}, "cursor"),
        ("slices", {}, "session"),
    ],
)
def test_bad_parameter_is_named(path, parameters, field):
    answer = signed_in(make_user("admin")).get(f"/api/v1/worktime/{path}/", parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


def test_nothing_can_be_written():
    client = signed_in(make_user("admin"))
    assert client.post("/api/v1/worktime/sessions/", {}).status_code == 405
