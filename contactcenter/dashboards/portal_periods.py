"""By which periods an account is shown its usage: those it is billed by."""

from datetime import datetime

from billing.account_periods import current_period
from contactcenter.dashboards.portal_months import Month, parse_month
from contactcenter.tenancy.models import Account


def running_month(*, account: Account, at: datetime) -> Month:
    """Return the month, or the 28-day cycle of its contract, in which an instant falls for an account."""
    return parse_month(text=current_period(account=account, at=at).label)
