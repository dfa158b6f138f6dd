"""Routing: decisions a second beside a bare claim, and the time from a free operator to the offer on their socket.

Decisions: 500 operators and a backlog, everything offered with every rule applied, stored, put into the ledger and
pushed, by WORKERS processes that call the real action. The baseline is a claim without any rule by as many processes in
the same run: SELECT ... FOR UPDATE SKIP LOCKED LIMIT 1, then UPDATE, then COMMIT, over a plain connection.

Latency: 5,000 tickets wait, 500 operators are at work and full. One becomes free; measured is the time from the commit
that frees them (with the offer made by a matching process that is told by Valkey) to the frame on their own websocket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import time
from datetime import timedelta
from typing import Any, Final

import psycopg
import redis
from websockets.asyncio.client import connect

from bench.figures import percentile
from bench.web import session_cookies, web_process

WORKERS: Final = 4
ACCOUNTS: Final = 50
LANGUAGES: Final = ("en", "ru", "es", "de", "fr")
CHANNELS: Final = ("chat", "email", "sms")
FREED: Final = "bench-freed"
STOP: Final = b"stop"


def run(*, quick: bool) -> dict[str, object]:
    """Return the rates, their ratio, and p50, p95 and p99 of the latency."""
    operators, waiting = (60, 400) if quick else (500, 5_000)
    floor = _Floor(operators=operators)
    rounds = 1 if quick else 3
    decisions = [floor.decide() for _ in range(rounds)]
    claims = [_claim(count=operators * 4) for _ in range(rounds)]
    best, bare = max(decisions), max(claims)
    latency = floor.latency(waiting=waiting, samples=20 if quick else 200, sockets=10 if quick else 50)
    return {
        "operators": operators,
        "workers": WORKERS,
        "decisions_per_second": round(best, 1),
        "bare_claims_per_second": round(bare, 1),
        "ratio": round(best / bare, 3),
        "all_rounds": {"decisions": [round(one, 1) for one in decisions], "claims": [round(one, 1) for one in claims]},
        "waiting": waiting,
        "free_to_offer_frame": latency,
    }


class _Floor:
    """Accounts, operators at work, and tickets that can be made to wait."""

    def __init__(self, *, operators: int) -> None:
        from django.utils import timezone

        from contactcenter.contacts.actions import create_contact
        from contactcenter.kernel.jobs import hand_jobs_to
        from contactcenter.operators.models import Operator, OperatorLanguage
        from contactcenter.routing import actions
        from contactcenter.routing.models import Queue
        from contactcenter.tenancy.doors import open_every_account
        from contactcenter.tenancy.models import Account, Membership, Role, User

        dice = random.Random(5)
        accounts = Account.objects.bulk_create(
            Account(name=f"Routing {number}", slug=f"routing-{number}") for number in range(ACCOUNTS)
        )
        people = User.objects.bulk_create(
            User(email=f"routing{number}@example.org", full_name=f"R {number}", role=Role.OPERATOR)
            for number in range(operators)
        )
        Membership.objects.bulk_create(
            Membership(user=person, account=account) for person in people for account in dice.sample(accounts, 20)
        )
        self.operators = Operator.objects.bulk_create(
            Operator(user=person, display_name=person.full_name, max_chat=4, max_mail=6) for person in people
        )
        OperatorLanguage.objects.bulk_create(
            OperatorLanguage(operator=one, language=language, level=dice.randint(2, 5))
            for one in self.operators
            for language in dice.sample(LANGUAGES, 3)
        )
        with open_every_account(reason="a bench"), hand_jobs_to(lambda name, ids: None):
            self.queue = Queue.objects.create(name="Routing", offer_seconds=600)
            self.contacts = [
                create_contact(account_id=account.pk, name=f"Contact {account.pk}", language="en")
                for account in accounts
            ]
            for one in self.operators:
                actions.set_presence(operator_id=one.pk, state="available", at=timezone.now())
        self._number = 0

    def wait(self, *, count: int) -> list[int]:
        """Make so many tickets wait, within a minute of each other, and return them."""
        from django.utils import timezone

        from contactcenter.routing.models import Waiting
        from contactcenter.tenancy.doors import open_every_account
        from contactcenter.tickets.models import Ticket

        dice = random.Random(self._number)
        now = timezone.now()
        tickets = []
        for _ in range(count):
            self._number += 1
            contact = dice.choice(self.contacts)
            tickets.append(
                Ticket(
                    account_id=contact.account_id,
                    number=self._number,
                    contact=contact,
                    channel=dice.choice(CHANNELS),
                    language=dice.choice(LANGUAGES),
                    unread=1,
                    opened_at=now,
                    last_activity_at=now,
                )
            )
        with open_every_account(reason="a bench"):
            Ticket.objects.bulk_create(tickets, batch_size=1000)
            Waiting.objects.bulk_create(
                [
                    Waiting(
                        account_id=ticket.account_id,
                        ticket=ticket,
                        queue=self.queue,
                        channel=ticket.channel,
                        language=ticket.language,
                        enqueued_at=now - timedelta(seconds=dice.uniform(0, 60)),
                        due_at=now + timedelta(seconds=dice.uniform(0, 3600)),
                    )
                    for ticket in tickets
                ],
                batch_size=1000,
            )
        return [ticket.pk for ticket in tickets]

    def decide(self) -> float:
        """Offer something to every operator as often as they have room for a chat; return the decisions a second."""
        self.clear()
        rounds = 4
        made = 0
        elapsed_s = 0.0
        self.wait(count=len(self.operators) * rounds * 2)
        for _ in range(rounds):
            with multiprocessing.get_context("fork").Pool(WORKERS, initializer=_ready) as pool:
                pool.map(_nothing, range(WORKERS))
                began = time.perf_counter()
                made += sum(pool.map(_match, range(WORKERS)))
                elapsed_s += time.perf_counter() - began
            self.accept_all()
        return made / elapsed_s

    def accept_all(self) -> None:
        """Turn every offer into a served ticket, by plain statements: accepting is not what is measured."""
        from contactcenter.kernel.statements import rows_from

        rows_from("DELETE FROM routing_waiting w USING routing_offer o WHERE o.ticket_id = w.ticket_id "
                  "AND o.state = 'pending' RETURNING w.id", [])  # fmt: skip
        rows_from("UPDATE routing_offer SET state = 'canceled', resolved_at = now() WHERE state = 'pending' "
                  "RETURNING id", [])  # fmt: skip

    def clear(self) -> None:
        """Nobody waits, nobody has anything."""
        from contactcenter.kernel.statements import rows_from

        self.accept_all()
        for table in ("routing_waiting", "routing_matchmark", "routing_assignment"):
            rows_from(f"DELETE FROM {table} RETURNING id", [])  # noqa: S608 -- names of tables only
        for table in ("routing_waiting", "routing_offer", "routing_operatorstate", "routing_assignment"):
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
                link.execute(f"VACUUM ANALYZE {table}")

    def latency(self, *, waiting: int, samples: int, sockets: int) -> dict[str, object]:
        """Free one operator after the other; return the percentiles in ms."""
        self.clear()
        self.fill_up()
        self.wait(count=waiting)
        self.settle()
        watched = self.operators[:sockets]
        context = multiprocessing.get_context("fork")
        matcher = context.Process(target=_matcher, daemon=True)
        matcher.start()
        try:
            with web_process() as web:
                cookies = {one.pk: session_cookies(one.user_id) for one in watched}
                times, inside = asyncio.run(_measure(port=web.port, cookies=cookies, floor=self, samples=samples))
        finally:
            redis.Redis.from_url(os.environ["REDIS_URL"]).publish(FREED, STOP)
            matcher.join(10)
        return {
            "samples": len(times),
            "p50_ms": percentile(times, 0.50),
            "p95_ms": percentile(times, 0.95),
            "p99_ms": percentile(times, 0.99),
            "of_which_matching": {"p50_ms": percentile(inside, 0.50), "p95_ms": percentile(inside, 0.95)},
            "sockets": sockets,
        }

    def settle(self) -> None:
        """Take the marks of the setting up away, and note when each ticket is to be looked at again."""
        from django.utils import timezone

        from contactcenter.kernel.jobs import hand_jobs_to
        from contactcenter.routing import actions
        from contactcenter.tenancy.doors import open_every_account

        with open_every_account(reason="a bench"), hand_jobs_to(lambda name, ids: None):
            actions.match_waiting(at=timezone.now(), everything=True)

    def fill_up(self) -> None:
        """Give everybody as much as they can hold."""
        from django.utils import timezone

        from contactcenter.routing.models import Assignment
        from contactcenter.tenancy.doors import open_every_account
        from contactcenter.tickets.models import Interaction, Ticket

        now = timezone.now()
        places = [(one, channel) for one in self.operators for channel in ["chat"] * 4 + ["email"] * 6]
        with open_every_account(reason="a bench"):
            tickets = []
            for _ in places:
                self._number += 1
                contact = self.contacts[self._number % len(self.contacts)]
                tickets.append(
                    Ticket(
                        account_id=contact.account_id,
                        number=self._number,
                        contact=contact,
                        channel="chat",
                        status="open",
                        opened_at=now,
                        last_activity_at=now,
                    )
                )
            Ticket.objects.bulk_create(tickets, batch_size=1000)
            interactions = Interaction.objects.bulk_create(
                [
                    Interaction(
                        account_id=ticket.account_id, ticket=ticket, operator=one, channel=channel, started_at=now
                    )
                    for ticket, (one, channel) in zip(tickets, places, strict=True)
                ],
                batch_size=1000,
            )
            Assignment.objects.bulk_create(
                [
                    Assignment(
                        account_id=unit.account_id,
                        ticket_id=unit.ticket_id,
                        operator_id=unit.operator_id,
                        interaction=unit,
                        channel=unit.channel,
                        started_at=now,
                    )
                    for unit in interactions
                ],
                batch_size=1000,
            )

    def free(self, operator_id: int) -> None:
        """One chat of the operator ends: one statement, committed; the trigger leaves the mark."""
        from contactcenter.kernel.statements import rows_from

        rows_from(
            "UPDATE routing_assignment SET state = 'done', done_at = now() WHERE id = (SELECT id FROM "
            "routing_assignment WHERE operator_id = %s AND state = 'active' AND channel = 'chat' LIMIT 1) RETURNING id",
            [operator_id],
        )


def _ready() -> None:
    """A forked process opens connections of its own."""
    from django.db import connections

    for link in connections.all(initialized_only=True):
        # the socket is the parent's: it is let go of, not closed
        link.connection = None


def _nothing(_: int) -> None:
    """Open the connection and read the profiles before the clock runs."""
    from django.utils import timezone

    from contactcenter.routing.profiles import read_book
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a bench"):
        read_book(on=timezone.now().date())


def _match(_: int) -> int:
    from django.utils import timezone

    from contactcenter.kernel.jobs import hand_jobs_to
    from contactcenter.routing import actions
    from contactcenter.tenancy.doors import open_every_account

    with open_every_account(reason="a bench"), hand_jobs_to(lambda name, ids: None):
        return actions.match_waiting(at=timezone.now())


def _matcher() -> None:
    """What the worker does on "routing.match": match, as often as somebody is freed."""
    _ready()
    valkey = redis.Redis.from_url(os.environ["REDIS_URL"])
    pubsub = valkey.pubsub()  # type: ignore[no-untyped-call]
    pubsub.subscribe(FREED)
    _nothing(0)
    for message in pubsub.listen():
        if message["type"] != "message":
            continue
        if message["data"] == STOP:
            return
        began = time.perf_counter()
        _match(0)
        valkey.set("bench-matching", str(time.perf_counter() - began))


async def _measure(
    *, port: int, cookies: dict[int, dict[str, str]], floor: _Floor, samples: int
) -> tuple[list[float], list[float]]:
    origin = f"http://127.0.0.1:{port}"
    arrived: dict[int, asyncio.Queue[float]] = {pk: asyncio.Queue() for pk in cookies}
    valkey = redis.Redis.from_url(os.environ["REDIS_URL"])
    times: list[float] = []
    inside: list[float] = []

    async def listen(pk: int, socket: Any) -> None:
        async for text in socket:
            now = time.perf_counter()
            frame = json.loads(text)
            if frame["type"] == "event" and frame["event"]["kind"] == "offer.made":
                arrived[pk].put_nowait(now)

    async with contextlib.AsyncExitStack() as stack:
        listening = []
        for pk, jar in cookies.items():
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
            socket = await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{port}/ws/console/", additional_headers=headers, origin=origin)  # type: ignore[arg-type]
            )
            listening.append(asyncio.create_task(listen(pk, socket)))
        await asyncio.sleep(3)
        people = list(cookies)
        for number in range(samples):
            pk = people[number % len(people)]
            if number >= len(people):
                # the last offer is answered, or its place taken, before the next is freed
                await asyncio.to_thread(floor.accept_all)
                valkey.publish(FREED, b"go")
                await asyncio.sleep(0.05)
            while not arrived[pk].empty():
                arrived[pk].get_nowait()
            began = time.perf_counter()
            await asyncio.to_thread(floor.free, pk)
            valkey.publish(FREED, b"go")
            async with asyncio.timeout(30):
                times.append(await arrived[pk].get() - began)
            await asyncio.sleep(0.02)
            inside.append(float(valkey.get("bench-matching") or 0))  # type: ignore[arg-type]
        for task in listening:
            task.cancel()
    return times, inside


def _claim(*, count: int) -> float:
    """So many rows claimed by WORKERS processes, one a transaction; return the claims a second."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute("DROP TABLE IF EXISTS bench_claim")
        link.execute("CREATE TABLE bench_claim (id bigserial PRIMARY KEY, operator_id bigint)")
        link.execute("CREATE INDEX ON bench_claim (id) WHERE operator_id IS NULL")
        link.execute("INSERT INTO bench_claim (operator_id) SELECT NULL FROM generate_series(1, %s)", [count])
        link.execute("VACUUM ANALYZE bench_claim")
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        pool.map(time.sleep, [0.1] * WORKERS)
        began = time.perf_counter()
        claimed = sum(pool.map(_claim_all, [os.environ["DATABASE_URL"]] * WORKERS, chunksize=1))
        return claimed / (time.perf_counter() - began)


def _claim_all(url: str) -> int:
    claimed = 0
    with psycopg.connect(url) as link:
        while True:
            row = link.execute(
                "SELECT id FROM bench_claim WHERE operator_id IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
            ).fetchone()
            if row is None:
                return claimed
            link.execute("UPDATE bench_claim SET operator_id = %s WHERE id = %s", [os.getpid(), row[0]])
            link.commit()
            claimed += 1
