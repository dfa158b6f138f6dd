"""Accounts, operators at work, and tickets that can be made to wait: the floor of the routing benches."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import Final

import psycopg

ACCOUNTS: Final = 50
LANGUAGES: Final = ("en", "ru", "es", "de", "fr")
CHANNELS: Final = ("chat", "email", "sms")
CHATS, MAILS = 4, 6


class Floor:
    """Every operator serves 20 of 50 accounts in three of five languages."""

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
            Operator(user=person, display_name=person.full_name, max_chat=CHATS, max_mail=MAILS) for person in people
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

    def take_offers_away(self) -> None:
        """Take every offer and its ticket away, by plain statements: answering is not what is measured."""
        from contactcenter.kernel.statements import rows_from

        rows_from("DELETE FROM routing_waiting w USING routing_offer o WHERE o.ticket_id = w.ticket_id "
                  "AND o.state = 'pending' RETURNING w.id", [])  # fmt: skip
        rows_from("UPDATE routing_offer SET state = 'canceled', resolved_at = now() WHERE state = 'pending' "
                  "RETURNING id", [])  # fmt: skip

    def clear(self) -> None:
        """Nobody waits, nobody has anything."""
        from contactcenter.kernel.statements import rows_from

        self.take_offers_away()
        for table in ("routing_waiting", "routing_matchmark", "routing_assignment"):
            rows_from(f"DELETE FROM {table} RETURNING id", [])  # noqa: S608 -- names of tables only
        for table in ("routing_waiting", "routing_offer", "routing_operatorstate", "routing_assignment"):
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
                link.execute(f"VACUUM ANALYZE {table}")

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
        places = [(one, channel) for one in self.operators for channel in ["chat"] * CHATS + ["email"] * MAILS]
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
