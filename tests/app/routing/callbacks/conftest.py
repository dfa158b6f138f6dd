"""An account with a queue that calls back, and a chat that waits in it. Imports wait until Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def account(db: None) -> Any:
    from tests.app.factories import make_account

    return make_account(ticket_prefix="CB")


@pytest.fixture
def queue(account: Any) -> Any:
    from contactcenter.routing.models import Queue

    return Queue.objects.create(
        account=account, name="Callers", offer_seconds=30, callback_attempts=2, callback_retry_s=600,
        callback_expires_s=86_400,
    )  # fmt: skip


@pytest.fixture
def ticket(account: Any, queue: Any) -> Any:
    from tests.app.routing.scenes import waiting

    return waiting(account)
