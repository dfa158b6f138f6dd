"""Which state of billing's records may follow which."""

from collections.abc import Mapping

from billing.models import AddOnState

ADD_ON_TRANSITIONS: Mapping[str, frozenset[str]] = {
    AddOnState.PROPOSED: frozenset({AddOnState.APPROVED, AddOnState.DECLINED, AddOnState.WITHDRAWN}),
    AddOnState.APPROVED: frozenset({AddOnState.CANCELLED}),
    AddOnState.DECLINED: frozenset(),
    AddOnState.WITHDRAWN: frozenset(),
    AddOnState.CANCELLED: frozenset(),
}
