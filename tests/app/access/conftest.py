"""The house whose addresses are asked for. Imports wait until Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def house(db: None) -> Any:
    from tests.app.access.house import make_house

    return make_house()
