"""Match in the process whose commit asked for it, without the way through broker and worker (docs/adr/0024).

A web process has one thread for this, which takes what is small; the rest it leaves to the workers. Matching is safe in
any number of processes: marks tell what is to be looked at, and whoever comes while another one is at it goes home. A
process that dies with its marks unread costs a second: the beat looks for marks (routing.expire).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from django.db import close_old_connections, connection
from django.utils import timezone

from contactcenter.kernel.clock import clock_is_held
from contactcenter.kernel.jobs import do_here, send_job
from contactcenter.kernel.statements import rows_from
from contactcenter.routing import actions
from contactcenter.routing.actions.looking import FEW
from contactcenter.tenancy.doors import open_every_account

logger = logging.getLogger(__name__)

JOB: Final = "routing.match"
MARKS: Final = 100
"""More of them, or more operators than matching looks at one by one, are left to a worker: requests come first here."""


def match_here() -> None:
    """Let a thread of this process do the matching that its commits ask for, for as long as the process lives."""
    asked = Event()
    Thread(target=_keep_matching, args=(asked,), name="match", daemon=True).start()
    do_here(JOB, wake=asked.set)


def _keep_matching(asked: Event) -> None:
    while True:
        asked.wait()
        # before the look: who asks during it is looked at after it
        asked.clear()
        look()


def look() -> None:
    """Make the offers that can be made now, or leave them to a worker: if there is much to do, or something fails."""
    try:
        close_old_connections()
        with open_every_account(reason="routing brings tickets of all accounts to one pool of operators"):
            marks = _marks()
            if marks.are_many:
                send_job(JOB)
            elif not clock_is_held():
                actions.match_until_settled(clock=timezone.now, is_asked=marks.are_there)
    except Exception:
        # a door: the database may be restarting
        logger.exception("matching failed in this process and is left to a worker")
        connection.close()
        send_job(JOB)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What is marked. `are_many`: so much, or a profile or rule, that everything would be read."""

    are_there: bool
    are_many: bool


def _marks() -> _Marks:
    count, operators, everything = rows_from(
        "SELECT count(*), count(DISTINCT operator_id), bool_or(operator_id IS NULL AND ticket_id IS NULL) "
        "FROM (SELECT operator_id, ticket_id FROM routing_matchmark LIMIT %s) marks",
        [MARKS + 1],
    )[0]
    return _Marks(count > 0, bool(everything) or count > MARKS or operators > FEW)
