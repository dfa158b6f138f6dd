"""Days, corrections, contradictions and allocations made again over HTTP."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput
from contactcenter.worktime.models import Contradiction, Reallocation, Session
from tests.app.factories import make_account, make_operator, make_user, signed_in
from tests.app.worktime.golden import GOLDEN, START, E, at, buckets, event, golden

pytestmark = pytest.mark.django_db
DAY, CORRECTIONS = "/api/v1/worktime/day/", "/api/v1/worktime/corrections/"


def test_day_adds_up(operator):
    day = signed_in(make_user("supervisor")).get(DAY, {"operator": operator.pk, "date": "2026-06-15"}).json()
    assert day["logged_in_ms"] == 3_600_000
    assert sum(line["ms"] for line in day["totals"]) == 3_600_000
    assert sum(piece["ms"] for piece in day["slices"]) == 3_600_000
    assert all(sum(share["ms"] for share in piece["allocations"]) == piece["ms"] for piece in day["slices"])


def test_days_are_cut_at_local_midnight_and_keep_the_totals(operator):
    # the session runs 9:00 to 10:00 UTC; in Kiritimati (UTC+14) midnight is at 10:00, in Apia (UTC+13) at 11:00,
    # in Marquesas (UTC-9:30) at 9:30: half of it on either day
    client = signed_in(make_user("supervisor"))

    def total(zone: str, date: str) -> int:
        day = client.get(DAY, {"operator": operator.pk, "date": date, "zone": zone}).json()
        assert sum(line["ms"] for line in day["totals"]) == day["logged_in_ms"]
        return day["logged_in_ms"]

    assert total("Pacific/Kiritimati", "2026-06-15") == 3_600_000
    assert (total("Pacific/Marquesas", "2026-06-14"), total("Pacific/Marquesas", "2026-06-15")) == (1_800_000,) * 2


@pytest.mark.parametrize(
    ("on", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)],
)
def test_day_on_which_clocks_change_is_an_hour_shorter_or_longer(accounts, on, hours):
    # Madrid, 2026: forward on 29 March, back on 25 October
    operator = make_operator(*accounts)
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(hours=3)
    for number in range(10):
        moment = midnight + timedelta(hours=4 * number)
        kind = E.PRESENCE_BREAK if number % 2 else E.PRESENCE_AVAILABLE
        events = [EventInput(kind=kind, at=moment, source="test", source_key=f"{operator.pk} {number}")]
        if number == 0:
            events.append(
                EventInput(kind=E.SESSION_STARTED, at=moment, source="test", source_key=f"{operator.pk} started")
            )
        record_events(operator_id=operator.pk, events=events)
    derive_operator(operator_id=operator.pk, at=midnight + timedelta(hours=36))

    asked = {"operator": operator.pk, "date": on.isoformat(), "zone": "Europe/Madrid"}
    day = signed_in(make_user("supervisor")).get(DAY, asked).json()

    assert day["logged_in_ms"] == hours * 3_600_000
    assert sum(line["ms"] for line in day["totals"]) == hours * 3_600_000


def test_running_session_counts_as_far_as_it_has_been_derived(accounts):
    operator = make_operator(*accounts)
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED)])
    derive_operator(operator_id=operator.pk, at=at(60))
    day = signed_in(operator.user).get(DAY, {"operator": operator.pk, "date": "2026-06-15"}).json()
    assert (day["logged_in_ms"], day["totals"]) == (60_000, [{"account": None, "kind": "idle", "ms": 60_000}])


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"date": "2026-06-31"}, "date"), ({"date": "2026-06-15", "zone": "Mars/Olympus"}, "zone"), ({}, "date")],
)
def test_day_that_is_none_is_refused_by_name(operator, asked, field):
    answer = signed_in(make_user("supervisor")).get(DAY, {"operator": operator.pk} | asked)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_operator_reaches_only_their_own_time(accounts, operator):
    other = signed_in(make_operator(*accounts).user)
    assert other.get(DAY, {"operator": operator.pk, "date": "2026-06-15"}).status_code == 404
    bounds = {"starts_at": at(0).isoformat(), "ends_at": at(10).isoformat()}
    assert other.get("/api/v1/worktime/events/", {"operator": operator.pk} | bounds).status_code == 404
    body = {"operator_id": operator.pk, "changes": [{"do": "end", "at": at(10).isoformat()}], "reason": "x"}
    assert other.post(CORRECTIONS, body, format="json").status_code == 404


def test_correction_goes_from_preview_to_approval(accounts, operator):
    author, approver = signed_in(operator.user), signed_in(make_user("supervisor"))
    change = {
        "do": "assign",
        "start": at(3000).isoformat(),
        "end": at(3600).isoformat(),
        "kind": "wrap",
        "account_id": accounts[2].pk,
    }
    body = {"operator_id": operator.pk, "changes": [change]}
    preview = author.post(f"{CORRECTIONS}preview/", body, format="json").json()
    wrap = {"account": accounts[2].pk, "kind": "wrap"}
    assert wrap | {"ms": 15_000} in preview["before"]
    assert wrap | {"ms": 615_000} in preview["after"]
    proposed = author.post(CORRECTIONS, body | {"reason": "notes after the call"}, format="json")
    assert proposed.status_code == 201
    id = proposed.json()["id"]
    assert author.post(f"{CORRECTIONS}{id}/approve/").status_code == 403
    assert [row["id"] for row in approver.get(CORRECTIONS, {"state": "pending"}).json()["results"]] == [id]
    answer = approver.post(f"{CORRECTIONS}{id}/approve/").json()
    assert (answer["state"], answer["author_name"]) == ("approved", operator.user.full_name)
    assert buckets(Session.objects.get())["C", "wrap"] == 615_000
    assert approver.post(f"{CORRECTIONS}{id}/reject/", {"note": "no"}, format="json").status_code == 409


def test_events_of_a_span_tell_which_were_taken_back(operator):
    chief, admin = signed_in(make_user("supervisor")), signed_in(make_user("admin"))
    key = next(told.source_key for told in golden(*[make_account() for _ in "ABC"]) if told.kind == E.PRESENCE_BREAK)
    body = {"operator_id": operator.pk, "changes": [{"do": "void", "source_key": key}], "reason": "never left"}
    id = chief.post(CORRECTIONS, body, format="json").json()["id"]
    admin.post(f"{CORRECTIONS}{id}/approve/")
    bounds = {"starts_at": at(2000).isoformat(), "ends_at": at(3100).isoformat()}
    events = chief.get("/api/v1/worktime/events/", {"operator": operator.pk} | bounds).json()["results"]
    assert [(row["kind"], row["is_void"]) for row in events] == [
        ("presence.break", True),
        ("correction", False),
        ("presence.available", False),
    ]
    assert buckets(Session.objects.get()) == {
        key: ms for key, ms in GOLDEN.items() if key[1] not in ("break", "idle")
    } | {("unallocated", "idle"): 2_450_000}


def test_contradictions_are_listed_newest_first_and_marked_once(accounts):
    operator = make_operator(*accounts)
    for day in range(3):
        moment = START + timedelta(days=day)
        told = [event(0, E.CALL_TALK_STARTED, day + 1, accounts[0]), event(60, E.CALL_ENDED, day + 1, accounts[0])]
        moved = [
            type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"at": one.at + (moment - START)})
            for one in told
        ]
        record_events(operator_id=operator.pk, events=moved)
    derive_operator(operator_id=operator.pk, at=START + timedelta(days=5))
    chief = signed_in(make_user("supervisor"))
    rows = chief.get("/api/v1/worktime/contradictions/").json()["results"]
    assert [(row["kind"], row["starts_at"]) for row in rows] == [
        ("no_log_in", "2026-06-17T09:00:00Z"),
        ("no_log_in", "2026-06-16T09:00:00Z"),
        ("no_log_in", "2026-06-15T09:00:00Z"),
    ]
    seen = chief.post(f"/api/v1/worktime/contradictions/{rows[0]['id']}/seen/").json()
    assert seen["seen_by"] is not None
    assert len(chief.get("/api/v1/worktime/contradictions/", {"unseen": "true"}).json()["results"]) == 2
    # deriving again keeps who saw it
    record_events(operator_id=operator.pk, events=[event(30, E.PRESENCE_BREAK)])
    derive_operator(operator_id=operator.pk, at=START + timedelta(days=5))
    assert Contradiction.objects.filter(seen_at__isnull=False).count() == 1


def test_allocating_again_is_asked_for_and_listed(operator):
    chief = signed_in(make_user("admin"))
    body = {"starts_at": at(0).isoformat(), "ends_at": at(7200).isoformat(), "kind": "leads_to"}
    answer = chief.post("/api/v1/worktime/reallocations/", body, format="json")
    assert (answer.status_code, answer.json()["is_dry_run"], answer.json()["finished_at"]) == (201, True, None)
    assert answer.json()["policy"] == {"kind": "leads_to", "open_kind": "equal", "settings": {}}
    rows = chief.get("/api/v1/worktime/reallocations/").json()["results"]
    assert [row["id"] for row in rows] == [Reallocation.objects.get().pk]
    refused = chief.post("/api/v1/worktime/reallocations/", body | {"is_dry_run": False}, format="json")
    assert refused.json()["error"]["field"] == "reason"
