"""Who is at work in a simulated day, and with what: an operator's desk, a chat under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_app.webchat.visitors import Visit
from contactcenter.dashboards.demo.pbx import Engaged, free_at
from contactcenter.dashboards.demo.plan import Arrival, Shift
from contactcenter.operators.models import Operator


@dataclass(slots=True)
class Desk:
    """One operator at work: when the telephone has them, and until when what they write takes them."""

    operator: Operator
    shift: Shift
    calls: Sequence[Engaged]
    busy_until: datetime

    def take_time(self, *, wanted: datetime, seconds: float) -> tuple[datetime, datetime]:
        """Reserve so many seconds of writing, from `wanted` or as soon as possible; a call interrupts and prolongs."""
        start = free_at(spans=self.calls, at=max(wanted, self.busy_until))
        end = start + timedelta(seconds=seconds)
        for call in self.calls:
            if start < call.starts_at < end:
                end += call.ends_at - call.starts_at
        self.busy_until = end
        return start, end


@dataclass(slots=True)
class Talk:
    """One chat under way: how many lines the visitor and the operator have written."""

    arrival: Arrival
    visit: Visit
    lines: int = 0
    answers: int = 0
    desk: Desk | None = None
    left: bool = False
