"""Routing works across accounts: its tests run where its tasks do."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def every_account() -> Iterator[None]:
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a routing test"):
        yield


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Any]]:
    """What was told to the ledger: (operator_id, event), in order."""
    from contactcenter.routing import ledger_events
    from contactcenter.worktime.actions import record_events

    told: list[tuple[int, Any]] = []
    record = record_events

    def note(*, operator_id: int, events: list[Any]) -> int:
        told.extend((operator_id, event) for event in events)
        return record(operator_id=operator_id, events=events)

    monkeypatch.setattr(ledger_events, "record_events", note)
    return told
