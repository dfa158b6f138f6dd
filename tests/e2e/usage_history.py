"""Two months of calls for a demo client, so that its usage page has something to forecast from."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from billing import actions
from contactcenter.operators.models import Operator
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from tests.app.billing.rows import handle

DAYS_BEFORE = 62


def fill(slug: str) -> None:
    """Let an operator take a call of 95 seconds each morning from two months before this one until yesterday."""
    with open_every_account(reason="a test's own history"):
        account = Account.objects.get(slug=slug)
        zone, now = ZoneInfo(account.time_zone), timezone.now()
        operator = Operator.objects.order_by("pk").last()
        assert operator is not None
        today = now.astimezone(zone).date()
        day = today.replace(day=1) - timedelta(days=DAYS_BEFORE)
        while day < today:
            at = datetime(day.year, day.month, day.day, 9, tzinfo=zone)
            handle(account=account, operator=operator, started_at=at, talk=95)
            day += timedelta(days=1)
        actions.collect_pending(at=now)
