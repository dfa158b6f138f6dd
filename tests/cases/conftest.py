"""What the cases share."""

import decimal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cases.billing_source import run_rate


@pytest.fixture(params=[28, 60], ids=["28 digits", "60 digits"])
def rate(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """manage.py rate on a tariff of some components and a list of contacts, at either precision of decimals."""
    with decimal.localcontext(decimal.Context(prec=request.param)):
        yield partial(run_rate, tmp_path)
