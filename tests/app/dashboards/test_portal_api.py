"""The client's usage and list of contacts: local days, exact counts, and nothing of another account."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from billing.actions import build_draft, issue_invoice
from billing.models import Contract, Issuer, Tariff, TariffVersion, UsageLine
from contactcenter.dashboards.rollups.actions import fold_changes
from contactcenter.operators.models import Operator
from contactcenter.routing.models import Abandonment, Queue
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account, FormerServiceLevel, Role, User
from contactcenter.tickets.models import Call, CallSegment, Interaction, Rating
from tests.app.billing.rows import accept
from tests.app.factories import AT, make_account, make_ticket, make_user

pytestmark = pytest.mark.django_db
JULY = datetime(2026, 7, 20, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def account() -> Account:
    return make_account("Azul Pay", time_zone="Europe/Madrid", currency="EUR", ticket_prefix="AZ")


@pytest.fixture
def client(account: Account) -> Client:
    browser = Client()
    browser.force_login(make_user(Role.CLIENT_VIEWER, account))
    return browser


def served_by() -> Operator:
    # hashing a password costs more than the request; nobody logs in as this operator
    user, _ = User.objects.get_or_create(
        email="anna@example.org", defaults={"full_name": "Anna Kovacs", "role": Role.OPERATOR, "password": "!"}
    )
    return Operator.objects.get_or_create(user=user, defaults={"display_name": "Anna Kovacs"})[0]


def handle(
    account: Account, started: datetime, *, channel: str = "voice", waited_ms: int | None = 5_000
) -> Interaction:
    with open_account(account.pk):
        return Interaction.objects.create(
            account=account,
            ticket=make_ticket(account, channel=channel),
            operator=served_by(),
            channel=channel,
            direction="in",
            started_at=started,
            ended_at=started + timedelta(minutes=3),
            waited_ms=waited_ms,
        )


def miss(account: Account, started: datetime, *, wait_ms: int = 30_000, external_id: str = "x") -> Call:
    with open_account(account.pk):
        return Call.objects.create(
            account=account,
            endpoint_id=1,
            external_id=external_id,
            direction="in",
            from_number="+34600000001",
            started_at=started,
            enqueued_at=started,
            ended_at=started + timedelta(milliseconds=wait_ms),
            wait_ms=wait_ms,
            outcome="abandoned",
        )


def fold() -> None:
    with open_every_account(reason="roll-ups add up all accounts"):
        while fold_changes():
            pass


def usage(client: Client, **query: str) -> dict:
    fold()
    with time_machine.travel(JULY, tick=False):
        response = client.get("/api/v1/portal/usage/", query)
    assert response.status_code == 200, response.content
    return response.json()


def test_days_are_those_of_the_account_not_of_utc(account, client):
    handle(account, at("2026-05-31T22:30:00"))  # 1 June, 00:30 in Madrid
    handle(account, at("2026-06-30T22:30:00"))  # 1 July, 00:30 in Madrid

    june = usage(client, account=account.pk, month="2026-06")

    assert june["contacts"]["value"] == 1
    assert june["days"][0] == {
        "on": "2026-06-01",
        "counts": {"voice": 1},
        "in_time_permille": 1000,
        "average_wait_ms": 5000,
    }
    assert june["starts_at"] == "2026-05-31T22:00:00Z"
    assert len(june["days"]) == 30


def test_hour_that_comes_twice_in_autumn_counts_once_each(account, client):
    handle(account, at("2026-10-25T00:30:00"))  # 02:30 summer time
    handle(account, at("2026-10-25T01:30:00"))  # 02:30 winter time

    october = usage(client, account=account.pk, month="2026-10")

    assert october["heat"][6][2] == 2
    assert october["busiest"] == {"weekday": 6, "hour": 2, "contacts": 2}


def test_service_level_and_wait_count_what_was_answered_and_given_up(account, client):
    handle(account, at("2026-06-02T09:00:00"), waited_ms=10_000)
    handle(account, at("2026-06-02T09:10:00"), waited_ms=20_000)
    handle(account, at("2026-06-02T09:20:00"), waited_ms=60_000, channel="chat")
    miss(account, at("2026-06-02T09:30:00"))
    handle(account, at("2026-06-02T09:40:00"), channel="email", waited_ms=3_600_000)

    june = usage(client, account=account.pk, month="2026-06")

    assert june["contacts"]["value"] == 5
    assert june["answering"] == {
        "threshold_s": 20,
        "formula": "abandons_within_met",
        "target_percent": 80,
        "answered": 3,
        "abandoned": 1,
        "in_time_permille": 500,
        "before_permille": None,
        "average_wait_ms": 30_000,
        "before_wait_ms": None,
    }


def test_service_level_follows_the_accounts_own_formula_and_threshold(account, client):
    Account.objects.filter(pk=account.pk).update(
        service_level_formula="strict", service_level_seconds=60, service_level_percent=90
    )
    handle(account, at("2026-06-02T09:00:00"), waited_ms=45_000)
    handle(account, at("2026-06-02T09:10:00"), waited_ms=61_000)
    miss(account, at("2026-06-02T09:30:00"), wait_ms=5_000)

    answering = usage(client, account=account.pk, month="2026-06")["answering"]

    assert (answering["formula"], answering["threshold_s"], answering["target_percent"]) == ("strict", 60, 90)
    assert answering["in_time_permille"] == 333  # 1 of 3; early abandons count as missed
    listed = client.get(
        "/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06", "answer": "in_time"}
    ).json()["results"]
    assert [row["wait_ms"] for row in listed] == [45_000]


def test_each_day_is_measured_by_the_agreement_that_held_on_it(account, client):
    FormerServiceLevel.objects.create(
        account=account, until_on=date(2026, 6, 10), formula="abandons_within_met", seconds=20, percent=80
    )
    Account.objects.filter(pk=account.pk).update(
        service_level_formula="strict", service_level_seconds=60, service_level_percent=90
    )
    handle(account, at("2026-06-02T09:00:00"), waited_ms=45_000)
    handle(account, at("2026-06-02T09:10:00"), waited_ms=5_000)
    handle(account, at("2026-06-12T09:00:00"), waited_ms=45_000)
    miss(account, at("2026-06-12T09:30:00"), wait_ms=5_000)

    june = usage(client, account=account.pk, month="2026-06")

    # on the 2nd one of two within 20 s, on the 12th one within 60 s of two: who gave up early counts as missed
    assert [day["in_time_permille"] for day in june["days"] if day["counts"]] == [500, 500]
    assert june["answering"]["in_time_permille"] == 500
    assert (june["answering"]["formula"], june["answering"]["threshold_s"]) == ("strict", 60)
    FormerServiceLevel.objects.update(seconds=60)
    june = usage(client, account=account.pk, month="2026-06")
    assert [day["in_time_permille"] for day in june["days"] if day["counts"]] == [1000, 500]
    assert june["answering"]["in_time_permille"] == 750


def test_handling_is_told_beside_the_month_before_and_a_dash_where_nothing_is(account, client):
    with open_account(account.pk):
        early = handle(account, at("2026-05-04T09:00:00"))
        row = handle(account, at("2026-06-02T09:00:00"))
        handle(account, at("2026-07-14T09:00:00"))  # its seven days are not over on the 20th
        Interaction.objects.filter(pk=row.pk).update(wrapped_at=row.ended_at + timedelta(seconds=30))
        for interaction, score in ((early, 5), (row, 3)):
            Rating.objects.create(
                account=account, ticket=interaction.ticket, interaction=interaction, score=score, at=AT
            )
    miss(account, at("2026-06-02T09:30:00"))

    june = usage(client, account=account.pk, month="2026-06")
    july = usage(client, account=account.pk, month="2026-07")

    assert june["figures"] == {
        "abandonment": {"value": 500, "before": 0},
        "aht": {"value": 210_000, "before": 180_000},
        "transfers": {"value": 0, "before": 0},
        "fcr": {"value": 1000, "before": 1000},
        "csat": {"value": 0, "before": 1000},
    }
    assert (july["figures"]["fcr"], july["figures"]["csat"]["value"]) == ({"value": None, "before": 1000}, None)


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


def test_months_figures_are_exported_day_by_day(account, client):
    handle(account, at("2026-06-02T09:00:00"), waited_ms=10_000)
    handle(account, at("2026-06-02T09:10:00"), waited_ms=31_000, channel="chat")
    miss(account, at("2026-06-03T09:30:00"))
    fold()

    answer = client.get("/api/v1/portal/usage/export/", {"account": account.pk, "month": "2026-06"})

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [row["on"] for row in rows] == [f"2026-06-{day:02}" for day in range(1, 31)] + ["month"]
    # nothing to divide is empty, never 0
    assert (rows[0]["contacts"], rows[0]["service_level_permille"], rows[0]["average_handle_ms"]) == ("0", "", "")
    second = {
        "contacts": "2",
        "voice": "1",
        "chat": "1",
        "answered": "2",
        "answered_in_time": "1",
        "service_level_permille": "500",
        "average_wait_ms": "20500",
        "average_handle_ms": "180000",
    }
    assert {name: rows[1][name] for name in second} == second
    assert (rows[-1]["contacts"], rows[-1]["abandoned"], rows[-1]["service_level_permille"]) == ("3", "1", "333")
    stranger = make_account("Other")
    assert client.get("/api/v1/portal/usage/export/", {"account": stranger.pk}).status_code == 404


def test_trend_compares_with_the_whole_month_before(account, client):
    for day in (3, 4, 5, 6):
        handle(account, at(f"2026-05-0{day}T09:00:00"))
    for day in (3, 4, 5, 6, 7):
        handle(account, at(f"2026-06-0{day}T09:00:00"))

    assert usage(client, account=account.pk, month="2026-06")["contacts"] == {
        "value": 5,
        "before": 4,
        "change_permille": 250,
    }


def test_running_month_is_compared_with_the_same_stretch(account, client):
    handle(account, at("2026-06-05T09:00:00"))
    handle(account, at("2026-06-25T09:00:00"))  # after the 20th: not part of the stretch
    handle(account, at("2026-07-05T09:00:00"))

    july = usage(client, account=account.pk, month="2026-07")

    assert july["contacts"] == {"value": 1, "before": 1, "change_permille": 0}
    assert july["complete"] is False
    assert july["as_of"] == "2026-07-20T12:00:00Z"


def test_channel_narrows_every_figure(account, client):
    handle(account, at("2026-06-02T09:00:00"))
    handle(account, at("2026-06-02T09:20:00"), channel="chat")

    june = usage(client, account=account.pk, month="2026-06", channel="chat")

    assert june["contacts"]["value"] == 1
    assert june["days"][1]["counts"] == {"chat": 1}


@pytest.mark.parametrize(
    ("query", "field"),
    [({"month": "June"}, "month"), ({"month": "2026-13"}, "month"), ({"channel": "pigeon"}, "channel")],
)
def test_a_wrong_parameter_is_named(account, client, query, field):
    response = client.get("/api/v1/portal/usage/", {"account": account.pk, **query})

    assert response.status_code == 400
    assert response.json()["error"]["field"] == field


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


def test_another_account_and_its_ticket_are_not_found(account, client):
    other = make_account("Other")
    row = handle(other, at("2026-06-02T09:00:00"))

    for url, query in (
        ("/api/v1/portal/usage/", {"account": other.pk}),
        ("/api/v1/portal/interactions/", {"account": other.pk}),
        ("/api/v1/portal/interactions/export/", {"account": other.pk}),
        ("/api/v1/portal/interactions/", {"ticket": row.ticket_id}),
    ):
        assert client.get(url, query).status_code == 404, (url, query)
    assert usage(client, month="2026-06")["contacts"]["value"] == 0


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


@pytest.fixture
def priced(account):
    """A contact of 61 s under a contract of 0.60 a minute, rounded up to whole minutes, and a fee of 10."""
    row = handle(account, at("2026-06-02T09:00:00"))
    tariff = Tariff.objects.create(name="Care")
    version = TariffVersion.objects.create(
        tariff=tariff,
        number=1,
        state="in_force",
        effective_from=date(2026, 1, 1),
        put_in_force_at=AT,
        document={
            "name": "Care",
            "currency": "EUR",
            "taxes": [{"code": "vat", "percent": "21"}],
            "components": [
                {"code": "voice", "kind": "per_minute", "name": "Phone", "rate_per_minute": "0.60", "rounding": "60s"},
                {"code": "plan", "kind": "recurring", "name": "Plan", "amount": "10"},
            ],
        },
    )
    with open_account(account.pk):
        Contract.objects.create(account=account, tariff=tariff, starts_on=date(2026, 1, 1))
        accept(account, version)
        UsageLine.objects.create(
            account=account,
            interaction=row,
            channel="voice",
            direction="in",
            started_at=row.started_at,
            talk_ms=61_000,
            ticket_id=row.ticket_id,
            ticket_number="AZ-1001",
            contact_name="=cmd",
        )
    return row


def test_cost_of_a_contact_and_of_the_month_are_what_billing_says(account, client, priced):
    listed = client.get("/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06"}).json()["results"]

    # 61 s are two minutes at 0.60; with the fee 11.20, and 21 % of that is 2.352, which prints as 2.35
    assert listed[0]["cost"] == {"amount": "1.20", "currency": "EUR"}
    assert usage(client, account=account.pk, month="2026-06")["cost"] == {
        "net": "11.20",
        "gross": "13.55",
        "currency": "EUR",
        "before_net": "10.00",
    }


def test_supervisor_sees_the_usage_and_no_money(account, priced):
    browser = Client()
    browser.force_login(make_user(Role.SUPERVISOR))

    assert usage(browser, account=account.pk, month="2026-06")["cost"] is None
    wanted = {"account": account.pk, "month": "2026-06"}
    assert browser.get("/api/v1/portal/interactions/", wanted).json()["results"][0]["cost"] is None
    export = b"".join(browser.get("/api/v1/portal/interactions/export/", wanted).streaming_content)
    assert b"1.20" not in export


def test_invoice_as_csv_has_a_row_for_every_contact_and_sums_to_the_net(account, client, priced):
    with open_account(account.pk):
        draft = build_draft(account_id=account.pk, period="2026-06", at=JULY, actor_id=None).invoice
        Issuer.objects.get_or_create(legal_name="House")
        issued = issue_invoice(invoice_id=draft.pk, at=JULY, actor_id=None, approve=True)

    response = client.get(f"/api/v1/portal/invoices/{issued.pk}/export/")
    rows = list(csv.DictReader(b"".join(response.streaming_content).decode().splitlines()))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["service"], row["amount"], row["charged"]) for row in rows] == [
        ("Plan", "10.00", ""),
        ("Phone", "1.20", "120000"),
    ]
    assert sum(Decimal(row["amount"]) for row in rows) == issued.net == Decimal("11.20")
    assert (rows[1]["ticket"], rows[1]["contact"]) == ("AZ-1001", "'=cmd")


def test_invoice_export_is_not_found_for_drafts_and_other_clients(account, client, priced):
    with open_account(account.pk):
        draft = build_draft(account_id=account.pk, period="2026-06", at=JULY, actor_id=None).invoice
    stranger = Client()
    stranger.force_login(make_user(Role.CLIENT_ADMIN, make_account()))

    assert client.get(f"/api/v1/portal/invoices/{draft.pk}/export/").status_code == 404
    with open_account(account.pk):
        issue_invoice(invoice_id=draft.pk, at=JULY, actor_id=None, approve=True)
    assert client.get(f"/api/v1/portal/invoices/{draft.pk}/export/").status_code == 200
    assert stranger.get(f"/api/v1/portal/invoices/{draft.pk}/export/").status_code == 404
