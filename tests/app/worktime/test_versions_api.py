"""The versions of a session's allocation over HTTP: why each was made and what it changed."""

import pytest

from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.models import Session
from contactcenter.worktime.reallocation_actions import ask_reallocation, run_reallocation
from contactcenter.worktime.version_queries import PAGE
from tests.app.factories import make_account, make_operator, make_user, signed_in
from tests.app.worktime.golden import E, at, event

pytestmark = pytest.mark.django_db
VERSIONS = "/api/v1/worktime/versions/"


def test_each_version_tells_why_it_was_made_and_what_it_changed(accounts, operator):
    a, b, c = accounts
    record_events(
        operator_id=operator.pk,
        events=[event(2000, E.CALL_TALK_STARTED, 9, c), event(2060, E.CALL_ENDED, 9, c)],
    )
    derive_operator(operator_id=operator.pk, at=at(9000))
    chief = make_user("admin")
    row = ask_reallocation(
        starts_at=at(0),
        ends_at=at(7200),
        policy={"kind": "percent", "settings": {"percent": {str(a.pk): 50, str(b.pk): 50}}},
        is_dry_run=False,
        author_id=chief.pk,
        at=at(9000),
        reason="The new contract",
        in_background=False,
    )
    run_reallocation(reallocation_id=row.pk, at=at(9000))
    session = Session.objects.get()

    told = signed_in(chief).get(VERSIONS, {"session": session.pk}).json()

    assert told["next"] is None
    third, second, first = told["results"]
    assert [(v["version"], v["cause"], v["is_current"], v["ms"]) for v in told["results"]] == [
        (3, "reallocation", True, 3_600_000),
        (2, "facts", False, 3_600_000),
        (1, "first", False, 3_600_000),
    ]
    # the golden session has 1850 s of idle time; the call took a minute of it, the rest is halved
    assert third["differences"] == [
        {"account": None, "kind": "idle", "before_ms": 1_790_000, "after_ms": 0},
        {"account": a.pk, "kind": "idle", "before_ms": 0, "after_ms": 895_000},
        {"account": b.pk, "kind": "idle", "before_ms": 0, "after_ms": 895_000},
    ]
    assert (third["reason"], third["author_name"], third["policy"]["kind"]) == (
        "The new contract",
        chief.full_name,
        "percent",
    )
    assert second["differences"] == [
        {"account": None, "kind": "idle", "before_ms": 1_850_000, "after_ms": 1_790_000},
        {"account": c.pk, "kind": "talk", "before_ms": 120_000, "after_ms": 180_000},
    ]
    assert sum(line["after_ms"] for line in first["differences"]) == 3_600_000
    day = signed_in(chief).get("/api/v1/worktime/day/", {"operator": operator.pk, "date": "2026-06-15"}).json()
    assert [s["versions"] for s in day["sessions"]] == [3]


def test_versions_come_in_pages_and_the_last_of_a_page_tells_its_change(operator):
    for number in range(PAGE + 1):
        events = [event(2000 + 2 * number, E.PRESENCE_BREAK), event(2001 + 2 * number, E.PRESENCE_AVAILABLE)]
        record_events(operator_id=operator.pk, events=events)
        derive_operator(operator_id=operator.pk, at=at(9000))
    client, session = signed_in(make_user("supervisor")), Session.objects.get()
    first = client.get(VERSIONS, {"session": session.pk}).json()
    rest = client.get(VERSIONS, {"session": session.pk, "cursor": first["next"]}).json()
    assert [v["version"] for v in first["results"] + rest["results"]] == list(range(PAGE + 2, 0, -1))
    assert rest["next"] is None
    # every late break took a second of the idle time
    for version in [*first["results"], *rest["results"]][:-1]:
        assert sorted(line["after_ms"] - line["before_ms"] for line in version["differences"]) == [-1000, 1000]


def test_session_of_somebody_else_or_of_nobody_is_not_found(operator):
    session = Session.objects.get()
    assert signed_in(operator.user).get(VERSIONS, {"session": session.pk}).status_code == 200
    stranger = signed_in(make_operator(make_account()).user)
    for client, asked in ((stranger, session.pk), (signed_in(make_user("admin")), session.pk + 1)):
        answer = client.get(VERSIONS, {"session": asked})
        assert (answer.status_code, answer.json()["error"]["field"]) == (404, "session")
    refused = stranger.get(VERSIONS, {"session": "x"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "session")
