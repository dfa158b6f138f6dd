"""The rows the API bench reads, and the bare SQL it is held against."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from django.db import connection

TICKETS: Final = 50_000
CONTACTS: Final = 10_000
FIRST: Final = 10_000_000
"""Ids begin above whatever other benches left."""

WORDS: Final = (
    "ARRAY['order','delivery','refund','invoice','appointment','password','parcel','courier','заказ','доставка','возврат',"
    "'запись','оплата','посылка','pedido','entrega','reembolso','factura','cita','contraseña','paquete','tarjeta']"
)

CARD: Final = """
    SELECT t.id, t.number, a.ticket_prefix, c.name, t.channel, t.subject, t.status, t.unread, t.last_activity_at,
           o.display_name, t.preview, w.enqueued_at
    FROM tickets_ticket t JOIN tenancy_account a ON a.id = t.account_id JOIN contacts_contact c ON c.id = t.contact_id
    LEFT JOIN operators_operator o ON o.id = t.assignee_id LEFT JOIN routing_waiting w ON w.ticket_id = t.id
"""
LIST: Final = CARD + " WHERE t.account_id = %s ORDER BY t.last_activity_at DESC, t.id DESC LIMIT 51"
DETAIL: Final = CARD + " WHERE t.id = %s"
TIMELINE: Final = "SELECT id, direction, text, at, status FROM tickets_message WHERE ticket_id = %s ORDER BY at"
SEARCH: Final = (
    CARD
    + " WHERE upper(t.subject) LIKE upper(%s) OR upper(t.preview) LIKE upper(%s)"
    + " ORDER BY t.last_activity_at DESC, t.id DESC LIMIT 51"
)
NEW_CONTACT: Final = """
    INSERT INTO contacts_contact (account_id, name, language, created_at) VALUES (%s, 'New', '', now()) RETURNING id
"""
NEW_POINT: Final = """
    INSERT INTO contacts_contactpoint (account_id, contact_id, kind, value) VALUES (%s, %s, 'email', %s) RETURNING id
"""
NEXT_NUMBER: Final = """
    UPDATE tickets_ticketcounter SET last_number = last_number + 1 WHERE account_id = %s RETURNING last_number
"""
NEW_TICKET: Final = """
    INSERT INTO tickets_ticket (account_id, number, contact_id, channel, language, subject, preview, status, priority,
                                unread, opened_at, last_activity_at, due_for, is_breached)
    VALUES (%s, %s, %s, 'email', '', 'New order', 'Hello', 'new', 0, 1, now(), now(), '', false) RETURNING id
"""
NEW_MESSAGE: Final = """
    INSERT INTO tickets_message (account_id, ticket_id, direction, channel, kind, contact_id, subject, text, reply_text,
                                 html, language, at, external_id, status, error, attempts, headers)
    VALUES (%s, %s, 'in', 'email', 'message', %s, '', 'Hello', '', '', '', now(), '', 'received', '', 0, '{}')
    RETURNING id
"""


def create_ticket(cursor: Any, *, account_id: int) -> None:
    """Insert what one creation through the API must at least insert, in one transaction."""

    def one(statement: str, *values: Any) -> int:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])

    cursor.execute("BEGIN")
    contact_id = one(NEW_CONTACT, account_id)
    one(NEW_POINT, account_id, contact_id, f"{uuid4().hex}@example.org")
    ticket_id = one(NEW_TICKET, account_id, one(NEXT_NUMBER, account_id), contact_id)
    one(NEW_MESSAGE, account_id, ticket_id, contact_id)
    cursor.execute("COMMIT")


def _word(factor: int) -> str:
    return f"({WORDS})[1 + (n * {factor}) %% 22]"


FILL: Final = (
    f"""
    INSERT INTO contacts_contact (id, account_id, name, language, created_at)
    SELECT {FIRST} + n, %(account)s, 'Person ' || n || ' ' || {_word(7)}, '', now()
    FROM generate_series(1, {CONTACTS}) n
    """,  # noqa: S608
    f"""
    INSERT INTO contacts_contactpoint (account_id, contact_id, kind, value)
    SELECT %(account)s, {FIRST} + n, 'email', 'person' || n || '@example.org' FROM generate_series(1, {CONTACTS}) n
    """,  # noqa: S608
    f"""
    INSERT INTO tickets_ticket (id, account_id, number, contact_id, channel, language, subject, preview, status,
                                priority, unread, opened_at, last_activity_at, due_for, is_breached)
    SELECT {FIRST} + n, %(account)s, 1000 + n, {FIRST} + 1 + n %% {CONTACTS}, 'email', 'en',
           {_word(3)} || ' 55-' || (n * 7919) %% 50000, {_word(5)} || ' ' || {_word(11)} || ' ' || {_word(13)},
           (ARRAY['new','open','pending','solved','closed','closed','closed'])[1 + n %% 7], 0, 0,
           now() - n * interval '1 minute', now() - n * interval '1 minute', '', false
    FROM generate_series(1, {TICKETS}) n
    """,  # noqa: S608
    """
    INSERT INTO tickets_message (account_id, ticket_id, direction, channel, kind, contact_id, subject, text, reply_text,
                                 html, language, at, external_id, status, error, attempts, headers)
    SELECT t.account_id, t.id, CASE m WHEN 1 THEN 'in' ELSE 'out' END, 'email', 'message', t.contact_id, t.subject,
           repeat(t.preview || ' ', 20), t.preview, '', 'en', t.opened_at, '',
           CASE m WHEN 1 THEN 'received' ELSE 'sent' END, '', 0, '{}'
    FROM tickets_ticket t CROSS JOIN generate_series(1, 2) m WHERE t.account_id = %(account)s
    """,
    f"INSERT INTO tickets_ticketcounter (account_id, last_number) VALUES (%(account)s, {1000 + TICKETS})",  # noqa: S608
)


def fill() -> int:
    """Make one account with contacts, tickets and two messages a ticket, in plain SQL; return the account."""
    from contactcenter.tenancy.models import Account

    account, created = Account.objects.get_or_create(slug="bench-api", defaults={"name": "Bench", "ticket_prefix": "B"})
    if created:
        with connection.cursor() as cursor:
            for statement in FILL:
                cursor.execute(statement, {"account": account.pk})
            cursor.execute("VACUUM ANALYZE")
    return account.pk
