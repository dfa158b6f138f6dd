"""Writes of the ledger: record events, derive slices and allocations from them."""

from collections.abc import Sequence

from contactcenter.worktime.events import EventInput


def record_events(*, operator_id: int, events: Sequence[EventInput]) -> int:
    """Store what happened to an operator; returns how many events were new.

    Recording the same source_key again changes nothing, whatever the order of arrival. After the commit the sessions
    touched are derived anew by the task worktime.derive_session.
    """
    raise NotImplementedError
