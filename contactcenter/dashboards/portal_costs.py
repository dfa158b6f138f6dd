"""What contacts and months cost, as billing says: the issued invoice where there is one, else the bill so far."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from billing.account_periods import account_period, current_period
from billing.accrued import accrued_bill
from billing.booked import standing_invoice
from billing.document_fields import TermsError
from billing.models import Invoice, InvoiceLineUsage, UsageLine
from billing.pricing import Bill, MixedCurrencies
from billing.queries import account_bill
from contactcenter.dashboards.portal_months import Month
from contactcenter.dashboards.portal_queries import ContactRow, Place
from contactcenter.kernel.errors import DomainError
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class Cost:
    """Money of one period: before tax, and with it."""

    net: Decimal
    gross: Decimal
    currency: str


def month_cost(*, account: Account, month: Month) -> Cost | None:
    """Return what the month costs; None where nothing is agreed or the period cannot be billed."""
    issued = _issued(account=account, label=str(month))
    if issued is not None:
        return Cost(net=issued.net, gross=issued.total, currency=issued.currency)
    bill = _bill_so_far(account=account, label=str(month))
    if bill is None:
        return None
    return Cost(net=bill.money(units=bill.net_units), gross=bill.money(units=bill.total_units), currency=bill.currency)


def contact_costs(*, account: Account, rows: Iterable[ContactRow]) -> dict[Place, tuple[Decimal, str]]:
    """Return amount and currency by place in the list, for the listed interactions that a line prices.

    An amount is the contact's part of its lines: the parts of a line sum to it.
    """
    by_month: dict[str, dict[int, Place]] = {}
    for row in rows:
        if row.place.kind == "i":
            label = current_period(account=account, at=row.started_at).label
            by_month.setdefault(label, {})[row.place.id] = row.place
    costs: dict[Place, tuple[Decimal, str]] = {}
    for label, places in by_month.items():
        issued = _issued(account=account, label=label)
        if issued is not None:
            found = InvoiceLineUsage.objects.filter(line__invoice=issued, usage_line__interaction_id__in=places.keys())
            sums = found.values_list("usage_line__interaction_id").annotate(total=Sum("amount"))
            for interaction_id, amount in sums:
                costs[places[interaction_id]] = (amount.quantize(Decimal(1).scaleb(-issued.digits)), issued.currency)
            continue
        bill = _bill(account=account, label=label)
        if bill is None:
            continue
        lines = UsageLine.objects.filter(interaction_id__in=places.keys(), is_current=True)
        wanted = {str(pk): interaction_id for pk, interaction_id in lines.values_list("pk", "interaction_id")}
        for line in bill.lines:
            for contact in line.contacts:
                if contact.rated.usage.id in wanted:
                    place = places[wanted[contact.rated.usage.id]]
                    before = costs[place][0] if place in costs else Decimal(0)
                    costs[place] = (before + line.money(units=contact.units), bill.currency)
    return costs


def _issued(*, account: Account, label: str) -> Invoice | None:
    return standing_invoice(account_id=account.pk, period=label)


def _bill_so_far(*, account: Account, label: str) -> Bill | None:
    """The totals from the running sums: they are read at once however many contacts there are."""
    try:
        return accrued_bill(account=account, period=account_period(account=account, label=label))
    except (DomainError, MixedCurrencies, TermsError):
        return None


def _bill(*, account: Account, label: str) -> Bill | None:
    try:
        return account_bill(account=account, period=account_period(account=account, label=label)).bill
    except (DomainError, MixedCurrencies, TermsError):
        # billing parks such a period and says why to its own people; here it has no cost yet
        return None
