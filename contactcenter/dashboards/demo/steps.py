"""The clock of a simulated day: steps in order of time, and the jobs that actions ask for on the way."""

import heapq
import itertools
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection

from channels_app import delivery
from channels_app.webchat import actions as webchat
from contactcenter.dashboards.demo.doors import NotTaken
from contactcenter.routing import actions as routing
from contactcenter.routing.models import Waiting

OUTAGE_PAUSE_S: Final = 0.1
OUTAGE_TRIES: Final = 1200
"""Two minutes, then the database is not coming back."""
FIND_FORGOTTEN: Final = "find forgotten tickets"

logger = logging.getLogger(__name__)

Step = Callable[[datetime], None]


class Steps:
    """A queue of steps in order of time. After each its jobs are done, at its instant, instead of by the worker."""

    def __init__(self, *, reconnected: Callable[[], None], counts: Counter[str]) -> None:
        self._reconnected = reconnected
        self._counts = counts
        self._steps: list[tuple[datetime, int, Step]] = []
        self._order = itertools.count()
        self._jobs: deque[tuple[str, dict[str, Any]]] = deque()

    def at(self, at: datetime, step: Step) -> None:
        """Have the step done at this instant."""
        heapq.heappush(self._steps, (at, next(self._order), step))

    def take_job(self, name: str, ids: dict[str, Any]) -> None:
        """Note a job that an action asked for; it is done when the step is over."""
        self._jobs.append((name, ids))

    def ask_for_match(self) -> None:
        """Have the waiting tickets offered when the step is over."""
        if ("routing.match", {}) not in self._jobs:
            self._jobs.append(("routing.match", {}))

    def run(self, *, settled: Step) -> None:
        """Do all steps; `settled` is called after each one and its jobs."""
        while self._steps:
            at, _, step = heapq.heappop(self._steps)
            self.through_outages(lambda at=at, step=step: step(at))  # type: ignore[misc]
            self.through_outages(lambda at=at: self._settle(at, settled))  # type: ignore[misc]

    def through_outages(self, work: Callable[[], object]) -> None:
        """Do the work again when the database went away in the middle of it; every part of it is safe to repeat."""
        for attempt in itertools.count():
            try:
                if attempt:
                    self._reconnected()
                    # a job asked for by a commit whose answer was lost is asked for again
                    self._jobs.append((FIND_FORGOTTEN, {}))
                work()
            except (OperationalError, InterfaceError, NotTaken) as error:
                if attempt == OUTAGE_TRIES:
                    raise
                self._counts["outages"] += attempt == 0
                logger.warning("the database is away, trying again: %s", error)
                connection.close()
                time.sleep(OUTAGE_PAUSE_S)
            else:
                return

    def _settle(self, at: datetime, settled: Step) -> None:
        routing.close_overdue_wraps(at=at)
        while self._jobs:
            self._do_job(*self._jobs[0], at=at)
            self._jobs.popleft()
        settled(at)

    def _do_job(self, name: str, ids: dict[str, Any], *, at: datetime) -> None:
        """Do what the worker would; the ledger and the usage are derived once, when the day is over."""
        if name == "routing.ticket_waiting":
            routing.place_ticket(ticket_id=ids["ticket_id"], at=at)
            self.ask_for_match()
        elif name == "routing.match":
            if Waiting.objects.exists():
                routing.match_waiting(at=at)
        elif name == "routing.chat_closed":
            routing.conversation_ended(ticket_id=ids["ticket_id"], at=at)
        elif name == "channels.deliver_message":
            delivery.deliver_message(message_id=ids["message_id"], at=at)
        elif name == "channels.close_chat":
            webchat.close_chat(ticket_id=ids["ticket_id"], at=at)
        elif name == FIND_FORGOTTEN:
            routing.place_forgotten_tickets(at=at + timedelta(minutes=1))
            self.ask_for_match()
