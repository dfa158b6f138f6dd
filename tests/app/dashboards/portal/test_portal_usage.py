"""The client's usage: local days, exact counts, and nothing of another account."""

import csv
from datetime import date, timedelta

import pytest

from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account, FormerServiceLevel
from contactcenter.tickets.models import Interaction, Rating
from tests.app.dashboards.portal.rows import at, fold, handle, miss, usage
from tests.app.factories import AT, make_account

pytestmark = pytest.mark.django_db


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
