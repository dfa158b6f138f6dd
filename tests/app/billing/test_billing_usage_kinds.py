"""Every kind of usage that a tariff can price, from rows of the product to the bill: worked by hand, proven by verify,
followed by the running sums, and computed again from the replay file.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import actions
from billing.account_periods import account_period
from billing.accrued import accrued_document, summed_segment
from billing.explanation import bill_document
from billing.models import InvoiceLineUsage, UsageLine, UsageMark, UsageSource
from billing.queries import account_bill
from billing.replay import replay_file
from billing.replay_file import replay_document
from billing.runs import run_invoices
from contactcenter.dashboards.verification.fact_checks import usage_equals_facts
from contactcenter.dashboards.verification.usage_checks import usage_equals_allocations
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call, CallSegment, Interaction, InterpreterUse, Message, Ticket
from contactcenter.worktime.models import Allocation, AllocationRun, Session, Slice
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.factories import make_account

Serve = Callable[..., Interaction]
NINE = datetime(2026, 6, 10, 9, tzinfo=UTC)
ISSUED_AT = datetime(2026, 7, 20, 12, tzinfo=UTC)


def tariff(*components: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"name": "Everything", "currency": "EUR", **top, "components": list(components)}


def timed(code: str, rate: str, basis: Any, **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "per_minute", "rate_per_minute": rate, "basis": basis, **more}


def bill(account: Account) -> dict[str, str]:
    """The bill of June by component; the same from running sums, from the issued invoice and from its replay file."""
    actions.collect_pending(at=AT)
    period = account_period(account=account, label="2026-06")
    priced = account_bill(account=account, period=period).bill
    assert accrued_document(account=account, period=period, language="en") == bill_document(bill=priced, language="en")
    assert [*usage_equals_allocations(at=timezone.now()).examples, *usage_equals_facts().examples] == []
    return {line.component.code: str(line.amount) for line in priced.lines}


def issue(account: Account) -> None:
    """Issue the invoice of June; its replay file gives the same hash."""
    outcomes = list(run_invoices(period="2026-06", accounts=[account], at=ISSUED_AT, issue=True, dry_run=False))
    assert [outcome.outcome for outcome in outcomes] == ["issued"]
    invoice = actions.drafts.Invoice.objects.get(account=account)
    assert replay_document(text=replay_file(invoice=invoice)).is_equal


def shift(operator: Operator, *pieces: tuple[str, int, dict[Account, int]], start: datetime = NINE) -> Session:
    """An ended session of slices (class, seconds, seconds by account), allocated as told."""
    end = start + timedelta(seconds=sum(length for _, length, _ in pieces))
    session = Session.objects.create(
        operator=operator, started_at=start, ended_at=end, derived_until=end, close_rule="logout"
    )
    run = AllocationRun.objects.create(session=session, version=1)
    allot(run, start, pieces)
    return session


def allot(run: AllocationRun, start: datetime, pieces: Any) -> None:
    for kind, length, shares in pieces:
        piece = Slice.objects.create(
            session=run.session,
            operator=run.session.operator,
            started_at=start,
            ended_at=start + timedelta(seconds=length),
            ms=length * 1000,
            kind=kind,
        )
        for account, seconds in shares.items():
            Allocation.objects.create(run=run, slice=piece, account=account, kind=kind, ms=seconds * 1000)
        rest = length - sum(shares.values())
        if rest:
            Allocation.objects.create(run=run, slice=piece, account=None, kind=kind, ms=rest * 1000)
        start += timedelta(seconds=length)


def call_of(account: Account, interaction: Interaction | None, *, began: datetime, **facts: Any) -> Call:
    values = {"endpoint_id": 1, "external_id": f"c{Call.objects.count()}", "direction": "in", **facts}
    call = Call.objects.create(account=account, from_number="+34600000001", started_at=began, **values)
    if interaction is not None:
        CallSegment.objects.create(
            account=account, call=call, position=0, kind="queue", interaction=interaction, talk_ms=0
        )
    return call


def test_waiting_and_operator_hours_come_from_the_allocation(account: Account, operator: Operator) -> None:
    other = make_account("Shop", time_zone="Europe/Madrid")
    sign(
        account,
        version_in_force(
            tariff(
                timed("waiting", "0.10", "idle"),
                {"code": "hours", "kind": "per_hour", "basis": "operator", "rate_per_hour": "30"},
            )
        ),
    )
    session = shift(
        operator,
        ("idle", 1200, {account: 600, other: 600}),
        ("talk", 540, {account: 540}),
        ("wrap", 60, {account: 60}),
        ("talk", 300, {other: 300}),
        ("break", 180, {}),
        ("break", 120, {account: 120}),
    )
    # waiting 600 s at 0.10 a minute; work 600 s and a training of 120 s that the account ordered at 30 an hour
    assert bill(account) == {"waiting": "1.00", "hours": "6.00"}
    line = UsageLine.objects.get(account=account)
    assert (line.channel, line.interaction_id, line.session_id, line.idle_ms, line.operator_ms) == (
        "",
        None,
        session.pk,
        600_000,
        720_000,
    )
    assert line.contact_name == operator.display_name
    # each second has its slice and the version of the allocation that gave it
    assert sorted(UsageSource.objects.filter(usage_line=line).values_list("kind", "ms", "allocation_version")) == [
        ("break", 120_000, 1),
        ("idle", 600_000, 1),
        ("talk", 540_000, 1),
        ("wrap", 60_000, 1),
    ]
    issue(account)
    assert InvoiceLineUsage.objects.filter(usage_line=line).count() == 2


def test_another_allocation_of_the_waiting_is_a_further_version(account: Account, operator: Operator) -> None:
    sign(account, version_in_force(tariff(timed("waiting", "0.10", "idle"))))
    session = shift(operator, ("idle", 1200, {account: 600}))
    assert bill(account) == {"waiting": "1.00"}
    AllocationRun.objects.update(is_current=False)
    Allocation.objects.update(until_version=2)
    run = AllocationRun.objects.create(session=session, version=2)
    for piece in Slice.objects.all():
        Allocation.objects.create(run=run, slice=piece, account=account, kind="idle", ms=1_200_000)
    assert bill(account) == {"waiting": "2.00"}
    assert list(UsageLine.objects.order_by("version").values_list("version", "is_current", "idle_ms")) == [
        (1, False, 600_000),
        (2, True, 1_200_000),
    ]


def test_a_running_session_is_charged_when_it_has_ended(account: Account, operator: Operator) -> None:
    sign(account, version_in_force(tariff(timed("waiting", "0.10", "idle"))))
    shift(operator, ("idle", 600, {account: 600}))
    Session.objects.update(ended_at=None)
    assert bill(account) == {"waiting": "0.00"}
    Session.objects.update(ended_at=NINE + timedelta(seconds=600))
    AllocationRun.objects.update(revision=2)
    assert bill(account) == {"waiting": "1.00"}


def test_a_night_shift_belongs_to_the_days_on_which_its_slices_began(account: Account, operator: Operator) -> None:
    hours = {"kind": "per_hour", "basis": ["operator", "idle"]}
    night = {"time": {"from": "22:00", "to": "00:00"}, "weight": 1}
    sign(
        account,
        version_in_force(
            tariff(
                {"code": "night", "rate_per_hour": "60", "match": night, **hours},
                {"code": "day", "rate_per_hour": "30", **hours},
            )
        ),
    )
    # Madrid: 21:30 to 22:30 waiting, to 23:30 work, to 00:30 waiting (began on the 10th), then work until 01:00
    start = datetime(2026, 6, 10, 19, 30, tzinfo=UTC)
    shift(
        operator,
        ("idle", 3600, {account: 3600}),
        ("talk", 3600, {account: 3600}),
        ("idle", 3600, {account: 3600}),
        ("talk", 1800, {account: 1800}),
        start=start,
    )
    # night 22:00 to 00:00: 2 h at 60; day: 30 min before, 30 min and 30 min after midnight at 30
    assert bill(account) == {"night": "120.00", "day": "45.00"}
    assert sorted(str(day) for day in UsageLine.objects.values_list("day", flat=True)) == ["2026-06-10", "2026-06-11"]


def test_time_of_no_contact_is_not_unpriced_where_the_tariff_does_not_charge_it(
    account: Account, operator: Operator
) -> None:
    sign(account, version_in_force(tariff(timed("phone", "1", "talk", match={"channel": "voice"}))))
    shift(operator, ("idle", 600, {account: 600}))
    actions.collect_pending(at=AT)
    priced = account_bill(account=account, period=account_period(account=account, label="2026-06")).bill
    assert UsageLine.objects.count() == 1
    assert (priced.unpriced, priced.total_units) == ((), 0)


def test_minutes_in_the_menu_before_the_queue(account: Account, serve: Serve) -> None:
    sign(
        account,
        version_in_force(
            tariff(
                timed("menu", "0.06", "ivr", rounding="60s", match={"channel": "voice"}),
                timed("phone", "1", "talk", match={"channel": "voice"}),
                {"code": "contact", "kind": "per_contact", "rate_per_contact": "5", "beside": True},
            )
        ),
    )
    served = serve(talk=60)
    call_of(account, served, began=NINE - timedelta(seconds=75), enqueued_at=NINE - timedelta(seconds=5), ended_at=AT)
    # never left the menu: 130 s; put into the queue at once: no menu; gave up in the queue after 10 s of menu
    lost = {"outcome": "abandoned_in_menu", "ended_at": NINE + timedelta(seconds=130)}
    call_of(account, None, began=NINE, **lost)
    call_of(account, None, began=NINE, enqueued_at=NINE + timedelta(milliseconds=900), ended_at=AT)
    call_of(account, None, began=NINE, enqueued_at=NINE + timedelta(seconds=10), ended_at=AT, outcome="abandoned")
    # 70 s, 130 s and 10 s in begun minutes: 2 + 3 + 1 at 0.06; one contact alone was handled
    assert bill(account) == {"menu": "0.36", "phone": "1.00", "contact": "5.00"}
    issue(account)


def test_a_call_that_turns_out_to_have_reached_an_operator_counts_its_menu_once(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(tariff(timed("menu", "0.06", "ivr"), timed("phone", "1", "talk"))))
    call = call_of(account, None, began=NINE, enqueued_at=NINE + timedelta(seconds=60), ended_at=AT)
    assert bill(account) == {"menu": "0.06", "phone": "0.00"}
    served = serve(talk=60)
    CallSegment.objects.create(account=account, call=call, position=0, kind="queue", interaction=served, talk_ms=0)
    Call.objects.filter(pk=call.pk).update(answered_at=NINE)
    assert bill(account) == {"menu": "0.06", "phone": "1.00"}
    assert not UsageLine.objects.filter(call=call, is_current=True).exists()


def test_minutes_put_through_that_end_after_the_operator_has_left(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(tariff(timed("patched", "0.12", "patched"), timed("phone", "1", "talk"))))
    served = serve(talk=60)
    assert bill(account) == {"patched": "0.00", "phone": "1.00"}
    begun = NINE + timedelta(seconds=60)
    Interaction.objects.filter(pk=served.pk).update(
        patched_to="+34911111111", patched_at=begun, patch_ended_at=begun + timedelta(seconds=605)
    )
    # 605 s at 0.12 a minute, noticed though the usage had been collected
    assert bill(account) == {"patched": "1.21", "phone": "1.00"}
    assert not UsageMark.objects.exists()
    issue(account)


def test_orders_that_operators_took(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(tariff({"code": "orders", "kind": "per_order", "rate_per_order": "2.50"})))
    first, second = serve(talk=60), serve(talk=60, started_at=NINE + timedelta(hours=1))
    Interaction.objects.filter(pk=first.pk).update(orders=3, order_amount="120.00")
    assert bill(account) == {"orders": "7.50"}
    Interaction.objects.filter(pk=second.pk).update(orders=1)
    assert bill(account) == {"orders": "10.00"}
    issue(account)


def test_contacts_of_a_campaign_have_a_price_of_their_own(account: Account, serve: Serve) -> None:
    spring = {"campaign": "spring", "weight": 5}
    sign(
        account,
        version_in_force(
            tariff(timed("spring", "3", "talk", match=spring), timed("phone", "1", "talk", match={"channel": "voice"}))
        ),
    )
    written, called, plain = (serve(talk=60, started_at=NINE + timedelta(hours=hour)) for hour in range(3))
    Ticket.objects.filter(pk=written.ticket_id).update(campaign="spring")
    call_of(account, called, began=NINE + timedelta(hours=1), campaign="spring", direction="out", ended_at=AT)
    assert bill(account) == {"spring": "6.00", "phone": "1.00"}
    Ticket.objects.filter(pk=plain.ticket_id).update(campaign="spring")
    assert bill(account) == {"spring": "9.00", "phone": "0.00"}
    issue(account)


def test_sms_segments_that_went_out(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(tariff({"code": "texts", "kind": "per_segment", "rate_per_segment": "0.09"})))
    served = serve(channel="sms", focus=60)
    sent = Message.objects.create(
        account=account,
        ticket_id=served.ticket_id,
        direction="out",
        channel="sms",
        operator=served.operator,
        at=NINE + timedelta(seconds=5),
        status="sent",
        parts=2,
    )
    assert bill(account) == {"texts": "0.18"}
    # the provider counted three
    Message.objects.filter(pk=sent.pk).update(parts=3)
    assert bill(account) == {"texts": "0.27"}
    issue(account)


def test_minutes_with_an_interpreter(account: Account, serve: Serve) -> None:
    sign(account, version_in_force(tariff(timed("interpreter", "1.50", "interpreter", rounding="60s"))))
    served = serve(talk=300)
    use = InterpreterUse.objects.create(
        account=account, interaction=served, provider="LinguaLine", language="uk", started_at=NINE, seconds=200
    )
    # 200 s are 4 begun minutes
    assert bill(account) == {"interpreter": "6.00"}
    InterpreterUse.objects.filter(pk=use.pk).update(seconds=250)
    assert bill(account) == {"interpreter": "7.50"}
    issue(account)


def test_hourly_outbound_is_the_work_on_outbound_contacts(account: Account, serve: Serve) -> None:
    outbound = {"direction": "out", "weight": 1}
    hourly = {"code": "outbound", "kind": "per_hour", "basis": "all_work", "rate_per_hour": "36", "match": outbound}
    sign(account, version_in_force(tariff(hourly, timed("phone", "1", "talk"))))
    serve(direction="out", talk=250, wrap=50)
    serve(direction="in", talk=60, wrap=20, started_at=NINE + timedelta(hours=1))
    # 300 s at 36 an hour; the inbound call by the minute
    assert bill(account) == {"outbound": "3.00", "phone": "1.00"}
    issue(account)


def test_a_call_over_the_border_of_a_band_is_split_at_its_slices(account: Account, serve: Serve) -> None:
    night = {"time": {"from": "22:00", "to": "08:00"}, "weight": 1}
    sign(account, version_in_force(tariff(timed("night", "1", "talk", match=night), timed("day", "2", "talk"))))
    # Madrid, 21:58: talk 1 min, hold 2 min, talk 3 min: 1 min by day, 3 by night
    served = serve(started_at=datetime(2026, 6, 10, 19, 58, tzinfo=UTC), talk=60, hold=120)
    more = Slice.objects.create(
        session=Session.objects.get(),
        operator=served.operator,
        started_at=served.started_at + timedelta(seconds=180),
        ended_at=served.started_at + timedelta(seconds=360),
        ms=180_000,
        kind="talk",
    )
    Allocation.objects.create(
        run=AllocationRun.objects.get(), slice=more, account=account, interaction_id=served.pk, kind="talk", ms=180_000
    )
    Session.objects.update(ended_at=more.ended_at, derived_until=more.ended_at)
    assert bill(account) == {"night": "3.00", "day": "2.00"}
    issue(account)


def test_running_sums_follow_every_kind_without_reading_the_contacts(account: Account, operator: Operator) -> None:
    sign(account, version_in_force(tariff(timed("waiting", "0.10", "idle"), timed("menu", "0.06", "ivr"))))
    period = account_period(account=account, label="2026-06")
    assert summed_segment(account=account, period=period) is not None
    assert bill(account) == {"waiting": "0.00", "menu": "0.00"}
    shift(operator, ("idle", 600, {account: 600}))
    call_of(account, None, began=NINE, enqueued_at=NINE + timedelta(seconds=60), ended_at=AT)
    assert bill(account) == {"waiting": "1.00", "menu": "0.06"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"patched_ms": 1}, "patched_ms 1, on record 0"),
        ({"orders": 2}, "orders 2, on record 0"),
        ({"interpreter_ms": 1000}, "interpreter_ms 1000, on record 0"),
        ({"ivr_ms": 5}, "ivr_ms 5, on record 0"),
    ],
)
def test_verify_names_usage_that_nothing_on_record_gives(
    account: Account, serve: Serve, change: dict[str, int], told: str
) -> None:
    serve(talk=60)
    actions.collect_pending(at=AT)
    UsageLine.objects.filter(interaction__isnull=False).update(**change)
    [example] = usage_equals_facts().examples
    assert told in example


def test_verify_names_waiting_and_hours_that_were_not_allocated(account: Account, operator: Operator) -> None:
    shift(operator, ("idle", 600, {account: 600}))
    actions.collect_pending(at=AT)
    UsageLine.objects.update(idle_ms=500_000)
    examples = usage_equals_allocations(at=timezone.now()).examples
    assert any("are not those of its sources" in example for example in examples)
    assert any("usage has 500000 ms of waiting" in example for example in examples)
