"""The client's list of contacts: what a figure counts is what its list holds, page by page and as a file."""

import pytest

from contactcenter.routing.models import Abandonment, Queue
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import CallSegment
from tests.app.dashboards.portal.rows import at, handle, miss, usage
from tests.app.factories import make_ticket

pytestmark = pytest.mark.django_db


def test_visitor_who_left_a_waiting_chat_is_in_the_list_of_the_abandoned(account, client):
    with open_account(account.pk):
        ticket = make_ticket(account, channel="chat")
        left = Abandonment.objects.create(
            account=account,
            ticket=ticket,
            queue=Queue.objects.create(name="Any"),
            channel="chat",
            enqueued_at=at("2026-06-02T09:00:00"),
            abandoned_at=at("2026-06-02T09:00:25"),
        )
    miss(account, at("2026-06-02T08:00:00"))
    handle(account, at("2026-06-02T08:30:00"))
    query = {"account": account.pk, "month": "2026-06"}

    june = usage(client, **query)

    assert (june["contacts"]["value"], june["answering"]["abandoned"]) == (2, 2)
    abandoned = client.get("/api/v1/portal/interactions/", {**query, "answer": "abandoned"}).json()["results"]
    assert [(row["channel"], row["wait_ms"], row["outcome"]) for row in abandoned] == [
        ("chat", 25_000, "abandoned"),
        ("voice", 30_000, "abandoned"),
    ]
    assert abandoned[0]["id"] == f"a{left.pk}"
    assert len(client.get("/api/v1/portal/interactions/", query).json()["results"]) == 2


def test_every_figure_is_the_length_of_its_list(account, client):
    handle(account, at("2026-06-02T09:00:00"), waited_ms=10_000)
    handle(account, at("2026-06-02T09:10:00"), waited_ms=40_000)
    miss(account, at("2026-06-03T09:30:00"))
    june = usage(client, account=account.pk, month="2026-06")

    def listed(**query: str) -> int:
        answer = client.get("/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06", **query})
        assert answer.status_code == 200, answer.content
        return len(answer.json()["results"])

    assert listed() == june["contacts"]["value"] == 3
    assert listed(day="2026-06-02") == june["days"][1]["counts"]["voice"] == 2
    assert listed(weekday="2", hour="11") == june["heat"][2][11] == 1
    assert [listed(answer=name) for name in ("in_time", "late", "abandoned")] == [1, 1, 1]


def test_contact_tells_operator_ticket_and_wait(account, client):
    row = handle(account, at("2026-06-02T09:00:00"), channel="chat", waited_ms=12_345)

    listed = client.get("/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06"}).json()["results"]

    assert listed[0] | {"contact": None} == {
        "id": f"i{row.pk}",
        "started_at": "2026-06-02T09:00:00Z",
        "ended_at": "2026-06-02T09:03:00Z",
        "channel": "chat",
        "direction": "in",
        "contact": None,
        "operator": row.operator.display_name,
        "outcome": "handled",
        "disposition": None,
        "ticket": {"id": row.ticket_id, "number": f"AZ-{row.ticket.number}", "subject": "Where is my order?"},
        "wait_ms": 12345,
        "times": {"talk_ms": 0, "hold_ms": 0, "wrap_ms": 0, "focus_ms": 0, "open_ms": 0},
        "cost": None,
    }


def test_answered_call_is_listed_once_as_its_interaction(account, client):
    row = handle(account, at("2026-06-02T09:00:00"))
    call = miss(account, at("2026-06-02T08:59:50"), external_id="y")
    with open_account(account.pk):
        CallSegment.objects.create(account=account, call=call, position=1, kind="operator", interaction=row)

    listed = client.get("/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06"}).json()["results"]

    assert [entry["id"] for entry in listed] == [f"i{row.pk}"]
    assert listed[0]["contact"]["point"] == "+34600000001"


def test_pages_follow_on_without_gap_or_repetition(account, client, monkeypatch):
    monkeypatch.setattr("contactcenter.dashboards.portal_api.PAGE_SIZE", 2)
    same = at("2026-06-02T09:00:00")
    expected = set()
    for number in range(3):
        expected.add(f"i{handle(account, same).pk}")
        expected.add(f"c{miss(account, same, external_id=str(number)).pk}")
    expected.add(f"i{handle(account, at('2026-06-01T09:00:00')).pk}")

    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = client.get(
            "/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06", "cursor": cursor}
        ).json()
        seen += [entry["id"] for entry in page["results"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert len(seen) == 7
    assert set(seen) == expected


@pytest.mark.parametrize("cursor", ["x", "2026-06-02T09:00:00~i1", "2026-06-02T09:00:00+00:00~z1", "~", "i"])
def test_foreign_cursor_is_refused_by_name(account, client, cursor):
    response = client.get("/api/v1/portal/interactions/", {"account": account.pk, "cursor": cursor})

    assert (response.status_code, response.json()["error"]["field"]) == (400, "cursor")


def test_contacts_of_one_ticket_come_whatever_the_month(account, client):
    row = handle(account, at("2025-01-02T09:00:00"))
    handle(account, at("2026-06-02T09:00:00"))

    listed = client.get("/api/v1/portal/interactions/", {"ticket": row.ticket_id}).json()["results"]

    assert [entry["id"] for entry in listed] == [f"i{row.pk}"]


def test_export_holds_every_contact_and_no_formula(account, client):
    row = handle(account, at("2026-06-02T09:00:00"))
    with open_account(account.pk):
        row.ticket.contact.name = '=HYPERLINK("http://x")'
        row.ticket.contact.save(update_fields=["name"])
    miss(account, at("2026-06-03T09:00:00"))

    response = client.get("/api/v1/portal/interactions/export/", {"account": account.pk, "month": "2026-06"})
    lines = b"".join(response.streaming_content).decode().splitlines()

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert len(lines) == 3
    assert lines[1].startswith("2026-06-03T09:00:00+00:00,")
    assert "+34600000001" in lines[1]
    assert "'=HYPERLINK" in lines[2]
