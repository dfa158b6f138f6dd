"""An administrator. Imports wait until Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def admin(db: None) -> Any:
    from tests.app.dashboards.admin.asking import browser

    return browser("admin")
