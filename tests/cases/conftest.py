"""What the cases share."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cases.billing_source import run_rate


@pytest.fixture
def rate(tmp_path: Path) -> Any:
    """manage.py rate on a tariff of some components and a list of contacts."""
    return partial(run_rate, tmp_path)
