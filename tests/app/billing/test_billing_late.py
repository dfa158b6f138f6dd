"""Usage that comes after its invoice: rate(all) - booked, on the next invoice, as a credit note, or by a person."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import actions
from billing import late as late_reads
from billing.late import late_usage
from billing.models import Invoice, InvoiceLine, Issuer
from billing.replay import replay_file, replay_hash
from billing.replay_file import replay_document
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import accept, allocate_again, handle, sign, version_in_force
from tests.app.factories import make_account, make_operator

Serve = Callable[..., Interaction]
JUNE = datetime(2026, 6, 10, 9, tzinfo=UTC)
TARIFF: dict[str, Any] = {
    "name": "Plan",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [
        {
            "code": "phone",
            "kind": "per_minute",
            "name": {"en": "Phone"},
            "match": {"channel": "voice"},
            "rounding": "60s",
            "rate_per_minute": "1.00",
            "included_minutes": "2",
        },
        {"code": "rest", "kind": "per_contact", "rate_per_contact": "1.90"},
        {"code": "least", "kind": "minimum", "amount": "3.00"},
    ],
}


@pytest.fixture
def signed(account: Account) -> Account:
    sign(account, version_in_force(TARIFF))
    return account


def month_after(label: str) -> datetime:
    year, month = map(int, label.split("-"))
    return datetime(year + month // 12, month % 12 + 1, 2, tzinfo=UTC)


def issue(account: Account, period: str) -> Invoice:
    at = month_after(period)
    actions.collect_pending(at=at)
    draft = actions.build_draft(account_id=account.pk, period=period, at=at, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def corrections(invoice: Invoice) -> list[tuple[str, Decimal]]:
    return list(invoice.lines.filter(kind="correction").order_by("position").values_list("name", "amount"))


def test_late_contact_is_charged_as_the_difference_on_the_next_invoice(signed: Account, serve: Serve) -> None:
    # June: 5 minutes, 2 included: 3.00, the minimum is reached. A late call of 90 s is 2 more minutes: 2.00
    serve(talk=300, started_at=JUNE)
    june = issue(signed, "2026-06")
    assert june.net == Decimal("3.00")
    serve(talk=90, started_at=JUNE + timedelta(days=1))
    july = issue(signed, "2026-07")
    # July itself is nothing but the minimum
    assert corrections(july) == [("Phone · 2026-06", Decimal("2.00"))]
    assert july.net == Decimal("5.00")
    told = july.lines.get(kind="correction").explanation
    assert (told["corrects"], told["before"], told["after"], told["late_contacts"]) == (june.number, "3", "5", 1)
    assert replay_hash(invoice=july) == july.content_hash
    assert replay_document(text=replay_file(invoice=july)).is_equal
    assert corrections(issue(signed, "2026-08")) == []


def test_late_contact_within_what_is_included_costs_nothing_and_stays_off_the_list(
    signed: Account, serve: Serve
) -> None:
    issue(signed, "2026-06")
    serve(talk=60, started_at=JUNE)
    actions.collect_pending(at=month_after("2026-06"))
    [late] = late_usage(account_id=signed.pk)
    assert (late.contacts, late.corrections) == (1, ())
    assert corrections(issue(signed, "2026-07")) == []


def test_minimum_gives_way_to_late_usage(signed: Account, serve: Serve) -> None:
    # June without usage: 3.00 of minimum. 4 late minutes, 2 included: phone 2.00, the minimum shrinks to 1.00
    june = issue(signed, "2026-06")
    serve(talk=240, started_at=JUNE)
    july = issue(signed, "2026-07")
    assert sorted(amount for _, amount in corrections(july)) == [Decimal("-2.00"), Decimal("2.00")]
    assert (june.net, july.net) == (Decimal("3.00"), Decimal("3.00"))


def test_time_that_shrank_is_given_back(signed: Account, serve: Serve) -> None:
    call = serve(talk=600, started_at=JUNE)
    assert issue(signed, "2026-06").net == Decimal("8.00")
    allocate_again(call, talk=360)
    july = issue(signed, "2026-07")
    assert corrections(july) == [("Phone · 2026-06", Decimal("-4.00"))]


def test_shrunken_time_can_be_given_back_at_once_by_a_credit_note(signed: Account, serve: Serve) -> None:
    call = serve(talk=600, started_at=JUNE)
    june = issue(signed, "2026-06")
    allocate_again(call, talk=360)
    at = month_after("2026-06")
    actions.collect_pending(at=at)
    note = actions.credit_late_usage(invoice_id=june.pk, reason="Wrong client", at=at, actor_id=None)
    assert (note.net, note.reason_code) == (Decimal("-4.00"), "late_usage")
    assert corrections(issue(signed, "2026-07")) == []
    with pytest.raises(Conflict, match="no late usage"):
        actions.credit_late_usage(invoice_id=june.pk, reason="Again", at=at, actor_id=None)


def test_goodwill_is_no_answer_to_late_usage(signed: Account, serve: Serve) -> None:
    serve(talk=600, started_at=JUNE)
    june = issue(signed, "2026-06")
    at = month_after("2026-06")
    actions.issue_credit_note(
        invoice_id=june.pk,
        amounts={1: Decimal("5.00")},
        reason_code="goodwill",
        reason="Sorry",
        at=at,
        actor_id=None,
    )
    assert corrections(issue(signed, "2026-07")) == []


def test_cancelled_invoice_has_no_late_usage(signed: Account, serve: Serve) -> None:
    june = issue(signed, "2026-06")
    serve(talk=600, started_at=JUNE)
    at = month_after("2026-06")
    actions.collect_pending(at=at)
    actions.issue_credit_note(
        invoice_id=june.pk, amounts=None, reason_code="cancellation", reason="Wrong name", at=at, actor_id=None
    )
    assert corrections(issue(signed, "2026-07")) == []
    again = actions.build_draft(account_id=signed.pk, period="2026-06", at=at, actor_id=None, again=True).invoice
    assert again.net == Decimal("8.00")


def test_usage_later_than_the_periods_allow_waits_for_a_person(signed: Account, serve: Serve) -> None:
    Issuer.objects.create(legal_name="House", late_periods=1)
    june = issue(signed, "2026-06")
    issue(signed, "2026-07")
    serve(talk=600, started_at=JUNE)
    assert corrections(issue(signed, "2026-08")) == []
    actions.decide_late_usage(
        invoice_id=june.pk, choice="bill", reason="The client agreed", at=month_after("2026-08"), actor_id=None
    )
    assert sum(amount for _, amount in corrections(issue(signed, "2026-09"))) == Decimal("5.00")


def test_waived_usage_is_never_billed_and_later_usage_is_a_question_of_its_own(signed: Account, serve: Serve) -> None:
    june = issue(signed, "2026-06")
    serve(talk=600, started_at=JUNE)
    at = month_after("2026-06")
    actions.collect_pending(at=at)
    known = {"invoice_id": june.pk, "at": at, "actor_id": None}
    with pytest.raises(Invalid, match="Say why"):
        actions.decide_late_usage(choice="waive", reason="", **known)
    actions.decide_late_usage(choice="waive", reason="Our fault", **known)
    assert corrections(issue(signed, "2026-07")) == []
    serve(talk=60, started_at=JUNE + timedelta(days=1))
    assert [amount for _, amount in corrections(issue(signed, "2026-08"))] == [Decimal("1.00")]


def test_correction_keeps_the_tax_that_held_in_its_period(signed: Account, serve: Serve) -> None:
    june = issue(signed, "2026-06")
    version = version_of(signed)
    later = actions.add_draft_version(
        tariff_id=version, document=TARIFF | {"taxes": [{"code": "vat", "percent": "25"}]}, at=JUNE, actor_id=None
    )
    accept(signed, actions.put_in_force(version_id=later.pk, effective_from=date(2026, 7, 1), at=JUNE, actor_id=None))
    serve(talk=600, started_at=JUNE)
    july = issue(signed, "2026-07")
    assert {(tax["percent"], tax["base"]) for tax in july.taxes} == {("25", "3.00"), ("21", "5.00")}
    assert len({tax["code"] for tax in july.taxes}) == 2
    assert june.taxes[0]["percent"] == "21"
    assert replay_hash(invoice=july) == july.content_hash


def version_of(account: Account) -> int:
    from billing.models import Contract

    return Contract.objects.get(account=account).tariff_id


@settings(max_examples=5, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    early=st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["voice", "chat"])), max_size=4),
    late=st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["voice", "chat"])), max_size=4),
    lates=st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["voice", "chat"])), max_size=3),
)
def test_billing_in_parts_comes_to_the_same_as_billing_all_at_once(
    db: None, early: list[tuple[int, str]], late: list[tuple[int, str]], lates: list[tuple[int, str]]
) -> None:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a billing test"):
        in_parts, at_once = make_account(time_zone="UTC"), make_account(time_zone="UTC")
        version = version_in_force(TARIFF)
        for account in (in_parts, at_once):
            sign(account, version)
        operator, other = make_operator(in_parts), make_operator(at_once)
        hour = 0
        months = []
        for part, period in ((early, "2026-06"), (late, "2026-07"), (lates, "2026-08")):
            for seconds, channel in part:
                for account, who in ((in_parts, operator), (at_once, other)):
                    handle(
                        account=account, operator=who, started_at=JUNE + timedelta(hours=hour), channel=channel,
                        **{"talk" if channel == "voice" else "focus": seconds},
                    )  # fmt: skip
                hour += 1
            months.append(issue(in_parts, period))
        whole = issue(at_once, "2026-06")
        fixed = sum(month.net for month in months[1:]) - sum(
            amount for month in months[1:] for _, amount in corrections(month)
        )
        assert sum(month.net for month in months) - fixed == whole.net
        assert InvoiceLine.objects.filter(invoice=whole, kind="correction").count() == 0


def test_only_periods_touched_since_all_was_booked_are_priced_again(
    signed: Account, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced: list[str] = []
    price, at = late_reads.price_late, month_after("2026-08")

    def counted(*, invoice: Invoice, **more: Any) -> Any:
        priced.append(invoice.period)
        return price(invoice=invoice, **more)

    monkeypatch.setattr(late_reads, "price_late", counted)
    serve(talk=300)
    issue(signed, "2026-06")

    def draft() -> list[str]:
        priced.clear()
        actions.collect_pending(at=at)
        actions.build_draft(account_id=signed.pk, period="2026-08", at=at, actor_id=None)
        return list(priced)

    # looked at once, then everything is known to be booked
    assert draft() == ["2026-06"]
    assert draft() == []
    assert not late_reads.unsettled_invoices(account_id=signed.pk).exists()
    serve(talk=60, started_at=datetime(2026, 6, 11, 9, tzinfo=UTC))
    assert draft() == ["2026-06"]
    # not booked yet: priced with each draft, until an invoice holds it
    assert draft() == ["2026-06"]
    july = issue(signed, "2026-07")
    assert july.corrections
    assert draft() == ["2026-06"]
    assert draft() == []
    # taken back with the invoice that held it
    actions.issue_credit_note(
        invoice_id=july.pk, amounts=None, reason_code="cancellation", reason="Wrong", at=at, actor_id=None
    )
    assert draft() == ["2026-06"]
