"""Alerts: fired once for a threshold and period, told by mail, event and list, caught up after an outage."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing import actions, tasks
from billing.actions import alerts as alert_actions
from billing.models import Alert, AlertMail, AlertRule, UsageCount
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import LiveEvent
from contactcenter.tenancy.models import Account, Membership, Role
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import CARE, sign, version_in_force
from tests.app.factories import make_account, make_user

Serve = Callable[..., Interaction]
JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)
MIDDLE = datetime(2026, 6, 15, 22, tzinfo=UTC)
PLAN: dict[str, Any] = {
    **CARE,
    "components": [
        {**CARE["components"][0], "included_minutes": "80"},
        {"code": "monthly", "kind": "recurring", "amount": "10"},
    ],
}


@pytest.fixture
def mails(settings: Any) -> list[Any]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


def rule(account: Account, **given: Any) -> AlertRule:
    values = {"measure": "amount", "moment": "reached", "percent": 100, "amount": None, "by_mail": True, **given}
    return actions.add_alert_rule(account_id=account.pk, at=JUNE, actor_id=None, **values)


def calls(serve: Serve, *, first: datetime, days: int, seconds: int = 90) -> None:
    for number in range(days):
        serve(talk=seconds, started_at=first + timedelta(days=number))
    actions.collect_pending(at=MIDDLE)


def test_a_budget_fires_once_for_a_period_and_again_in_the_next(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    rule(account, amount=Decimal(25), percent=80)
    # 50 minutes are billed, within the plan: 10.00
    calls(serve, first=JUNE, days=1, seconds=3000)
    assert actions.watch_account(account=account, at=MIDDLE) == []
    # 100 minutes, 20 above the plan: 30.00, beyond 20.00
    calls(serve, first=JUNE + timedelta(days=1), days=1, seconds=3000)
    (alert,) = actions.watch_account(account=account, at=MIDDLE)
    assert alert.figures == {"now": "30.00", "expected": None, "currency": "EUR", "of": "25"}
    assert actions.watch_account(account=account, at=MIDDLE + timedelta(hours=1)) == []
    calls(serve, first=JUNE + timedelta(days=31), days=1, seconds=9000)
    (later,) = actions.watch_account(account=account, at=MIDDLE + timedelta(days=30))
    assert (alert.period, later.period) == ("2026-06", "2026-07")


def test_an_account_that_cannot_be_watched_keeps_no_other_from_its_alerts(
    account: Account, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make_account("Broken")
    rule(broken, amount=Decimal(1))
    sign(account, version_in_force(PLAN))
    rule(account, amount=Decimal(1))
    calls(serve, first=JUNE, days=1)
    UsageCount.objects.filter(account=broken).update(watched_at=None)
    UsageCount.objects.filter(account=account).update(watched_at=JUNE)
    forecast = alert_actions.current_forecast

    def failing(**given: Any) -> Any:
        if given["account"] == broken:
            raise ZeroDivisionError
        return forecast(**given)

    monkeypatch.setattr(alert_actions, "current_forecast", failing)
    # the broken one comes first, and goes to the end of the line
    assert actions.watch_accounts(at=MIDDLE, most=1) == 1
    assert actions.watch_accounts(at=MIDDLE, most=1) == 1
    assert [alert.account_id for alert in Alert.objects.all()] == [account.pk]


def test_the_same_alert_cannot_be_written_twice(account: Account) -> None:
    one = rule(account, amount=Decimal(1))
    fields = {"account": account, "rule": one, "period": "2026-06", "figures": {}, "at": MIDDLE}
    Alert.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(**fields)


def test_before_included_minutes_run_out_the_client_is_told_the_day(
    account: Account, serve: Serve, mails: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sign(account, version_in_force(PLAN))
    client = make_user(Role.CLIENT_ADMIN, language="es")
    Membership.objects.create(user=client, account=account)
    rule(account, measure="included", moment="expected")
    # 4 minutes a day since 29 April: 60 by 15 June, and 80 are passed on 21 June
    calls(serve, first=datetime(2026, 4, 29, 9, tzinfo=UTC), days=48, seconds=200)
    with django_capture_on_commit_callbacks(execute=True):
        (alert,) = actions.watch_account(account=account, at=MIDDLE)
    assert (alert.code, alert.figures["on"]) == ("phone", "2026-06-21")
    tasks.send_alerts()
    tasks.send_alerts()
    (sent,) = [one for one in mails if one.to == [client.email]]
    assert sent.subject == "Green Clinic: se espera pasar del 100 % de lo incluido en el plan (Teléfono)"
    assert "21 de junio de 2026" in sent.body
    assert len({one.to[0] for one in mails}) == len(mails)
    (event,) = LiveEvent.objects.filter(kind="usage.alert")
    assert event.audience == f"books:{account.pk}"
    assert event.payload["on"] == "2026-06-21"


def test_a_mail_that_did_not_leave_is_tried_again_and_a_sent_one_never(
    account: Account, serve: Serve, mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(account, version_in_force(PLAN))
    Account.objects.filter(pk=account.pk).update(billing_email="bills@green.example")
    account.refresh_from_db()
    rule(account, amount=Decimal(5))
    calls(serve, first=JUNE, days=1)
    actions.watch_account(account=account, at=MIDDLE)

    def fail(**given: Any) -> None:
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr("billing.tasks.send_house_mail", fail)
        tasks.send_alerts()
    assert AlertMail.objects.get().error == "SMTPServerDisconnected: gone"
    tasks.send_alerts()
    tasks.send_alerts()
    assert [one.to for one in mails] == [["bills@green.example"]]
    assert AlertMail.objects.get().attempts == 2


def test_a_mail_that_another_worker_has_claimed_is_left_to_it(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    account.billing_email = "bills@green.example"
    rule(account, amount=Decimal(5))
    calls(serve, first=JUNE, days=1)
    actions.watch_account(account=account, at=MIDDLE)
    sent = AlertMail.objects.get()
    assert actions.take_mail(model=AlertMail, mail_id=sent.pk, at=MIDDLE) is not None
    assert actions.take_mail(model=AlertMail, mail_id=sent.pk, at=MIDDLE + timedelta(minutes=9)) is None
    # whoever claimed it has died
    assert actions.take_mail(model=AlertMail, mail_id=sent.pk, at=MIDDLE + timedelta(minutes=11)) is not None


def test_what_an_outage_kept_from_firing_fires_after_the_period(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    rule(account, amount=Decimal(15))
    calls(serve, first=JUNE, days=1, seconds=6000)
    july = datetime(2026, 7, 2, tzinfo=UTC)
    (alert,) = actions.watch_account(account=account, at=july)
    assert (alert.period, alert.figures["now"]) == ("2026-06", "30.00")
    assert actions.watch_account(account=account, at=july) == []
    # a rule set in July says nothing about June
    actions.add_alert_rule(
        account_id=account.pk, measure="amount", moment="reached", percent=100, amount=Decimal(20), by_mail=False,
        at=july, actor_id=None,
    )  # fmt: skip
    assert actions.watch_account(account=account, at=july) == []


def test_only_accounts_whose_usage_changed_are_looked_at(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    calls(serve, first=JUNE, days=2)
    assert actions.watch_accounts(at=MIDDLE, most=10) == 1
    assert actions.watch_accounts(at=MIDDLE + timedelta(minutes=1), most=10) == 0
    calls(serve, first=JUNE + timedelta(days=5), days=1)
    with CaptureQueriesContext(connection) as queries:
        assert actions.watch_accounts(at=MIDDLE + timedelta(minutes=2), most=10) == 1
    assert not any("billing_usageline" in query["sql"] for query in queries)
    # the forecast goes on with the clock
    assert actions.watch_accounts(at=MIDDLE + timedelta(hours=1), most=10) == 1


def test_a_removed_rule_is_silent_and_its_past_stays(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(PLAN))
    one = rule(account, amount=Decimal(5))
    calls(serve, first=JUNE, days=1)
    actions.watch_account(account=account, at=MIDDLE)
    actions.remove_alert_rule(rule_id=one.pk, at=MIDDLE, actor_id=None)
    assert actions.watch_account(account=account, at=MIDDLE + timedelta(days=30)) == []
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    "given", [{"amount": None}, {"amount": Decimal(0)}, {"measure": "minimum", "amount": Decimal(5)}]
)
def test_a_rule_without_sense_is_refused(account: Account, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        rule(account, **given)
    assert refused.value.field == "amount"
    assert not AlertRule.objects.exists()


def test_the_same_rule_twice_is_refused(account: Account) -> None:
    rule(account, measure="included", percent=80)
    with pytest.raises(Conflict):
        rule(account, measure="included", percent=80)
    assert AlertRule.objects.count() == 1
