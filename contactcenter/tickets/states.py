"""Which status may follow which."""

from contactcenter.kernel.errors import Conflict

TRANSITIONS: dict[str, frozenset[str]] = {
    "new": frozenset({"open", "pending", "solved", "closed"}),
    "open": frozenset({"pending", "solved", "closed"}),
    "pending": frozenset({"open", "solved", "closed"}),
    "solved": frozenset({"open", "closed"}),
    "closed": frozenset(),
}


def check_status_change(*, old: str, new: str) -> None:
    """Raise Conflict unless `new` may follow `old`; a closed ticket stays closed."""
    if new not in TRANSITIONS[old]:
        raise Conflict(f"A ticket that is {old} cannot become {new}.", field="status", data={"from": old, "to": new})
