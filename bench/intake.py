"""Intake: raw mails per second from the door to the ticket, beside the same rows written by plain SQL.

Every mail is of a new sender, one in ten carries 50 KB. Product and baseline take turns in blocks, so that both meet
the same disk; the baseline is one transaction a message. First one process, then two side by side, each with a mailbox
of its own; PostgreSQL and Valkey share the cores with them.
"""

import base64
import json
import os
import time
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection

from django.db import connection, transaction
from django.utils import timezone

from bench.cpu import cpu_seconds
from bench.figures import summary

BLOCK = 50
WARM_UP = 10
TEXTS = {
    "ru": "Здравствуйте! Заказ должен был прийти во вторник, но курьер так и не позвонил. Подскажите, где он сейчас?",
    "en": "Hello, my parcel was due on Tuesday and the courier never rang. Could you tell me where it is right now?",
    "es": "Buenos días: el pedido debía llegar el martes y nadie me ha llamado. ¿Pueden decirme dónde está ahora?",
}


def _mail(number: int) -> bytes:
    language = ("ru", "en", "es")[number % 3]
    text = base64.encodebytes(f"{TEXTS[language]}\n\nNo. {number}\n".encode()).decode()
    head = (
        f"From: Customer {number} <customer{number}@example.org>\r\nTo: help@bench.example\r\n"
        f"Subject: Order {number}\r\nMessage-ID: <{uuid.uuid4()}@example.org>\r\n"
        f"Date: {format_datetime(datetime.now(UTC))}\r\nMIME-Version: 1.0\r\n"
    )
    body = f'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}\r\n'
    if number % 10:
        return (head + body).encode()
    file = base64.encodebytes(uuid.uuid4().bytes * 3200).decode()
    return (
        f'{head}Content-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\n{body}\r\n--b1\r\n'
        'Content-Type: application/octet-stream; name="scan.bin"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="scan.bin"\r\n\r\n{file}\r\n--b1--\r\n'
    ).encode()


def _by_plain_sql(*, account_id: int, endpoint_id: int, number: int, raw: bytes) -> None:
    at, sender = timezone.now(), f"plain{number}@example.org"
    text = TEXTS["en"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_app_receipt (account_id, endpoint_id, external_id, raw, received_at, state, attempts,"
            " processed_at, error, outcome) VALUES (%s, %s, %s, %s, %s, 'processed', 1, %s, '', '{}') RETURNING id",
            [account_id, endpoint_id, f"plain-{number}-{uuid.uuid4()}", raw, at, at],
        )
        (receipt,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO contacts_contact (account_id, name, language, created_at) VALUES (%s, %s, 'en', %s)"
            " RETURNING id",
            [account_id, f"Plain {number}", at],
        )
        (contact,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO contacts_contactpoint (account_id, contact_id, kind, value) VALUES (%s, %s, 'email', %s)"
            " RETURNING id",
            [account_id, contact, sender],
        )
        (point,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO tickets_ticketcounter (account_id, last_number) VALUES (%s, 1001) ON CONFLICT (account_id)"
            " DO UPDATE SET last_number = tickets_ticketcounter.last_number + 1 RETURNING last_number",
            [account_id],
        )
        (ticket_number,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO tickets_ticket (account_id, number, contact_id, channel, language, subject, preview, status,"
            " priority, unread, opened_at, last_activity_at, due_for, is_breached)"
            " VALUES (%s, %s, %s, 'email', 'en', 'Order', %s, 'new', 0, 1, %s, %s, '', false) RETURNING id",
            [account_id, ticket_number, contact, text[:160], at, at],
        )
        (ticket,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO channels_app_channelthread (account_id, endpoint_id, ticket_id, contact_point_id, key)"
            " VALUES (%s, %s, %s, %s, %s)",
            [account_id, endpoint_id, ticket, point, str(uuid.uuid4())],
        )
        cursor.execute(
            "INSERT INTO tickets_message (account_id, ticket_id, direction, channel, kind, contact_id, subject, text,"
            " reply_text, html, language, at, external_id, status, error, attempts, headers)"
            " VALUES (%s, %s, 'in', 'email', 'message', %s, 'Order', %s, %s, '', 'en', %s, %s, 'received', '', 0, '{}')"
            " RETURNING id",
            [account_id, ticket, contact, text, text, at, str(uuid.uuid4())],
        )
        (message,) = cursor.fetchone()
        for kind in ("ticket.changed", "entry.added"):
            cursor.execute(
                "INSERT INTO kernel_liveevent (audience, account_id, kind, payload) VALUES (%s, %s, %s, %s)",
                [f"account:{account_id}", account_id, kind, json.dumps({"ticket_id": ticket})],
            )
        cursor.execute("UPDATE channels_app_receipt SET message_id = %s WHERE id = %s", [message, receipt])


def _process(pipe: Connection) -> None:
    """One process at work: own account and mailbox; does a block when told "product" or "baseline", until "end"."""
    import django

    django.setup()
    _serve(pipe)


def _serve(pipe: Connection) -> None:
    # these read the settings
    from channels_app.email.door import take_email
    from channels_app.endpoints import endpoint_info
    from channels_app.models import Endpoint
    from contactcenter.tenancy.doors import open_account
    from contactcenter.tenancy.models import Account

    name = uuid.uuid4().hex[:8]
    account = Account.objects.create(name="Bench intake", slug=f"bench-{name}")
    with open_account(account.pk):
        mailbox = Endpoint.objects.create(account=account, kind="email", address=f"{name}@bench.example", name="Help")
        endpoint = endpoint_info(mailbox)
    number = 10**6

    def product(raw: bytes) -> None:
        taken = take_email(endpoint=endpoint, raw=raw, at=timezone.now())
        if taken.status != "created":
            raise RuntimeError(f"mail was not taken: {taken}")

    def baseline(raw: bytes) -> None:
        _by_plain_sql(account_id=account.pk, endpoint_id=mailbox.pk, number=number, raw=raw)

    work = {"product": product, "baseline": baseline}
    for do in work.values():  # the first ones load the language models and prepare the statements
        for _ in range(WARM_UP):
            do(_mail(number))
            number += 1
    while True:
        mails = [_mail(number + index) for index in range(BLOCK)]
        pipe.send(None)
        if (name := pipe.recv()) == "end":
            return
        durations: list[float] = []
        spent = time.process_time()
        for raw in mails:
            started = time.perf_counter()
            work[name](raw)
            durations.append(time.perf_counter() - started)
            number += 1
        pipe.send((durations, time.process_time() - spent))


def _side_by_side(*, processes: int, blocks: int) -> dict[str, object]:
    """Let so many processes take mails at the same time, and write plain rows at the same time, by turns."""
    context = get_context("spawn")
    pipes = []
    running = []
    for _ in range(processes):
        ours, theirs = context.Pipe()
        process = context.Process(target=_process, args=(theirs,), daemon=True)
        process.start()
        theirs.close()  # an end of that process is then an EOFError here, not a wait for ever
        pipes.append(ours)
        running.append(process)
    durations: dict[str, list[float]] = {"product": [], "baseline": []}
    elapsed = dict.fromkeys(durations, 0.0)
    python = dict.fromkeys(durations, 0.0)
    postgres = dict.fromkeys(durations, 0.0)
    postgres_pid = int(os.environ["BENCH_POSTGRES_PID"])
    for name in ["product", "baseline"] * blocks:
        for pipe in pipes:
            pipe.recv()
        before, started = cpu_seconds(postgres_pid), time.perf_counter()
        for pipe in pipes:
            pipe.send(name)
        done = [pipe.recv() for pipe in pipes]
        elapsed[name] += time.perf_counter() - started
        postgres[name] += cpu_seconds(postgres_pid) - before
        for taken, spent in done:
            durations[name] += taken
            python[name] += spent
    for pipe, process in zip(pipes, running, strict=True):
        pipe.recv()
        pipe.send("end")
        process.join(30)
    figures = {
        name: {
            **summary(durations[name], elapsed_s=elapsed[name]),
            "cpu_ms_per_mail": {
                "python": round(python[name] * 1000 / len(durations[name]), 2),
                "postgresql": round(postgres[name] * 1000 / len(durations[name]), 2),
            },
        }
        for name in durations
    }
    rates = {name: len(durations[name]) / elapsed[name] for name in durations}
    return {
        "mails": len(durations["product"]),
        "product": figures["product"],
        "baseline": figures["baseline"],
        "ratio": round(rates["product"] / rates["baseline"], 3),
    }


def run(*, quick: bool) -> dict[str, object]:
    """Return for one process, and for two side by side: product and baseline with p50, p95, rate and CPU; their ratio.

    The goal: 150 mails a second on two cores.
    """
    blocks = 2 if quick else 10
    return {
        "what": "raw mails, door to ticket; one in ten with 50 KB. Baseline: the same rows by plain SQL",
        "one_process": _side_by_side(processes=1, blocks=blocks),
        "two_processes": _side_by_side(processes=2, blocks=blocks),
    }
