"""The audit rows of sessions that a rule has ended, because their log-out never came."""

from datetime import datetime

from contactcenter.kernel import audit
from contactcenter.worktime.models import Session

GIVEN_UP = frozenset({"lapse", "silence"})
"""The close rules of a session whose log-out never came (segments.LAPSE, segments.SILENCE)."""


def audit_rule(*, session: Session, former_end: datetime | None, former_rule: str) -> None:
    """Note that a rule, not the operator, has ended the session and when, or that what was told late lifts that.

    Runs in the transaction that has just written the session; nothing is noted where neither rule nor end changed.
    """
    if (session.close_rule, session.ended_at) == (former_rule, former_end):
        return
    for action, rule, ended_at in (
        ("worktime.session.rule_lifted", former_rule, former_end),
        ("worktime.session.closed_by_rule", session.close_rule, session.ended_at),
    ):
        if rule in GIVEN_UP:
            data = {
                "operator_id": session.operator_id,
                "rule": rule,
                "ended_at": None if ended_at is None else ended_at.isoformat(),
            }
            audit.record(action=action, target=session, actor_id=None, data=data)
