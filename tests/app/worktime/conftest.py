"""Three accounts, and an operator whose ledger holds the golden session. Imports wait until Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def accounts(db: None) -> list[Any]:
    from tests.app.factories import make_account

    return [make_account(name) for name in "ABC"]


@pytest.fixture
def operator(accounts: list[Any]) -> Any:
    from contactcenter.worktime.actions import derive_operator, record_events
    from tests.app.factories import make_operator
    from tests.app.worktime.golden import at, golden

    operator = make_operator(*accounts)
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    return operator
