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
    from contactcenter.worktime import focus_actions
    from contactcenter.worktime.actions import ask_to_record

    told: list[tuple[int, Any]] = []

    def note_of(*, events: dict[int, list[Any]]) -> Any:
        told.extend((operator_id, event) for operator_id, happened in events.items() for event in happened)
        return ask_to_record(events=events)

    def note(*, operator_id: int, events: list[Any]) -> Any:
        return note_of(events={operator_id: events})()

    monkeypatch.setattr(ledger_events, "record_events", note)
    monkeypatch.setattr(focus_actions, "record_events", note)
    monkeypatch.setattr(ledger_events, "ask_to_record", note_of)
    return told


@pytest.fixture
def account(db: None) -> Any:
    from tests.app.factories import make_account

    return make_account()


@pytest.fixture
def anna(account: Any) -> Any:
    """An operator at work."""
    from tests.app.routing.scenes import at_work

    return at_work(account)


@pytest.fixture
def chat(account: Any, anna: Any) -> Any:
    """A chat that Anna serves."""
    from tests.app.routing.scenes import served

    return served(account, anna)


@pytest.fixture
def boris(account: Any, chat: Any) -> Any:
    """A second operator, who came after the chat was taken."""
    from tests.app.routing.scenes import at_work

    return at_work(account)
