"""Units bought ahead, whatever is bought, used and billed in whatever order: bought - left is what invoices drew."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing import actions
from billing.account_periods import account_period
from billing.actions import Prepaid
from billing.models import AddOnKind, Invoice, Side
from billing.prepaid import drawn_units, purchases
from contactcenter.dashboards.verification.usage_checks import invoices_equal_usage, prepaid_is_covered
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, handle, sign, version_in_force
from tests.app.billing.test_billing_prepaid import TARIFF
from tests.app.factories import make_account, make_operator, make_user

# a fee keeps every invoice above zero, so that each can be cancelled
PLAN = {**TARIFF, "components": [*TARIFF["components"], {"code": "fee", "kind": "recurring", "amount": "1.00"}]}
MONTHS = ("2026-06", "2026-07", "2026-08")
FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)


def buy(account: Account, *, minutes: int, day: int, lasts: int | None, priority: int) -> None:
    starts_on = date(2026, 6, 1) + timedelta(days=day)
    house, client = make_user(Role.BILLING_ADMIN), make_user(Role.CLIENT_ADMIN, account)
    add_on = actions.propose_add_on(
        account_id=account.pk, side=Side.HOUSE, kind=AddOnKind.ONE_OFF, code="", name="Minutes", description="",
        quantity=Decimal(1), amount=Decimal(5), tax_code="vat", prorate=True, starts_on=starts_on,
        ends_on=starts_on + timedelta(days=lasts) if lasts else None, at=AT, actor_id=house.pk,
        prepaid=Prepaid(units=Decimal(minutes), unit="minute", priority=priority),
    )  # fmt: skip
    actions.decide_add_on(add_on_id=add_on.pk, side=Side.CLIENT, is_approved=True, reason="", at=AT, actor_id=client.pk)


def issue(account: Account, period: str) -> Invoice:
    at = account_period(account=account, label=period).ends_at + timedelta(days=2)
    actions.collect_pending(at=at)
    draft = actions.build_draft(account_id=account.pk, period=period, at=at, actor_id=None, again=True).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def amounts(account: Account) -> list[tuple[str, Decimal]]:
    standing = Invoice.objects.filter(account=account, kind="invoice", credit_notes__isnull=True)
    return list(standing.order_by("period").values_list("period", "net"))


def assert_kept(account: Account) -> None:
    for row in purchases(account_id=account.pk):
        assert 0 <= row.left <= row.bought
        assert row.bought - row.left == sum(drawn.units for drawn in row.drawn)
    assert {drawn.grant for drawn in drawn_units(account_id=account.pk)} <= {
        row.add_on.reference for row in purchases(account_id=account.pk)
    }
    assert not prepaid_is_covered().differences


calls = st.lists(st.tuples(st.integers(0, 91), st.integers(1, 900)), max_size=5)


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(
    bought=st.lists(
        st.tuples(st.integers(0, 15), st.integers(0, 70), st.one_of(st.none(), st.integers(1, 60)), st.integers(0, 1)),
        min_size=1,
        max_size=3,
    ),
    early=calls,
    late=calls,
    order=st.permutations(MONTHS),
    cancelled=st.sampled_from(MONTHS),
)
def test_bought_less_left_is_what_invoices_drew_in_any_order_of_bills(
    db: None,
    bought: list[tuple[int, int, int | None, int]],
    early: list[tuple[int, int]],
    late: list[tuple[int, int]],
    order: list[str],
    cancelled: str,
) -> None:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a billing test"):
        shuffled, in_turn = make_account(time_zone="UTC"), make_account(time_zone="UTC")
        version = version_in_force(PLAN)
        for account, months in ((shuffled, order), (in_turn, MONTHS)):
            sign(account, version)
            operator = make_operator(account)
            for minutes, day, lasts, priority in bought:
                buy(account, minutes=minutes + 1, day=day, lasts=lasts, priority=priority)
            for number, (day, seconds) in enumerate(early):
                started_at = FIRST + timedelta(days=day, minutes=20 * number)
                handle(account=account, operator=operator, started_at=started_at, talk=seconds)
            for month in months:
                issue(account, month)
            assert_kept(account)
        assert amounts(shuffled) == amounts(in_turn)
        # late usage, and a bill that is cancelled and made again
        for number, (day, seconds) in enumerate(late):
            started_at = FIRST + timedelta(days=day, hours=5, minutes=20 * number)
            handle(account=in_turn, operator=operator, started_at=started_at, talk=seconds)
        gone = Invoice.objects.get(account=in_turn, period=cancelled, kind="invoice")
        actions.issue_credit_note(
            invoice_id=gone.pk, amounts=None, reason_code="cancellation", reason="Again", at=AT, actor_id=None
        )
        assert_kept(in_turn)
        issue(in_turn, cancelled)
        assert_kept(in_turn)
        issue(in_turn, "2026-09")
        assert_kept(in_turn)
        assert not invoices_equal_usage().differences
