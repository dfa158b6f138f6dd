"""Whatever happens, in whatever order, roll-ups say what a full rebuild says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactcenter.contacts.models import Contact
from contactcenter.dashboards.models import ContactDay, ContactQuarter, OperatorDay, OperatorQuarter
from contactcenter.dashboards.rollups.actions import fold_changes, rebuild
from contactcenter.dashboards.verification.rollup_checks import rollups_equal_facts
from contactcenter.operators.models import Operator
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call, CallSegment, Interaction, Rating, Ticket
from contactcenter.worktime.models import Session, Slice
from tests.app.dashboards.rollup_facts import everything, fold, miss, serve
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="roll-ups add up all accounts"):
        yield


SECONDS = st.integers(-8 * 86_400, 8 * 86_400).map(lambda seconds: seconds - seconds % 300)
PICK = st.integers(0, 3)
CHANGE = st.one_of(
    st.tuples(st.just("serve"), PICK, PICK, SECONDS, st.integers(0, 90_000)),
    st.tuples(st.just("end"), PICK, SECONDS),
    st.tuples(st.just("move"), PICK, SECONDS),
    st.tuples(st.just("wait"), PICK, st.integers(0, 900_000)),
    st.tuples(st.just("take over"), PICK, PICK),
    st.tuples(st.just("miss"), PICK, SECONDS),
    st.tuples(st.just("answer"), PICK, PICK),
    st.tuples(st.just("rate"), PICK, st.integers(1, 5)),
    st.tuples(st.just("subject"), PICK, st.sampled_from(["Order", "Re: order", "Bill"])),
    st.tuples(st.just("contact"), PICK, PICK),
    st.tuples(st.just("language"), PICK, st.sampled_from(["en", "es"])),
    st.tuples(st.just("zone"), st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima"])),
    st.tuples(st.just("clock"), PICK, SECONDS, st.integers(1, 200)),
    st.tuples(st.just("void"), PICK),
    st.tuples(st.just("fold")),
)


class House:
    """Two accounts' tickets and two operators, changed at random."""

    def __init__(self) -> None:
        self.operators = [make_operator(), make_operator()]
        account, other = make_account(), make_account()
        self.account = account
        self.contacts = [make_contact(account), make_contact(account)]
        self.tickets = [
            make_ticket(account, self.contacts[0], subject="Order"),
            make_ticket(account, self.contacts[0], subject="RE: order"),
            make_ticket(account, self.contacts[1], subject="Order"),
            make_ticket(other, subject="Order"),
        ]
        # something to change: a repeat, a transfer, ratings, calls nobody took, clocks
        day = 86_400
        serve(self.tickets[0], self.operators[0])
        serve(self.tickets[0], self.operators[1], after_s=100, waited_ms=0)
        serve(self.tickets[1], self.operators[0], after_s=day)
        serve(self.tickets[2], self.operators[1], after_s=2 * day)
        for which in (0, 2):
            self.change("rate", which, 5)
            self.change("miss", which, 3 * day)
        self.change("clock", 0, 0, 50)
        fold()

    def change(self, what: str, *with_: Any) -> None:
        interactions = list(Interaction.objects.order_by("pk"))
        calls = list(Call.objects.order_by("pk"))
        match what, *with_:
            case "serve", ticket, operator, after, waited:
                serve(self.tickets[ticket], self.operators[operator % 2], after_s=after, waited_ms=waited)
            case "miss", ticket, after:
                miss(self.tickets[ticket].account, after_s=after, ticket=self.tickets[ticket])
            case "subject", ticket, subject:
                Ticket.objects.filter(pk=self.tickets[ticket].pk).update(subject=subject)
            case "contact", ticket, contact:
                own = self.tickets[ticket % 3]
                Ticket.objects.filter(pk=own.pk).update(contact=self.contacts[contact % 2])
            case "language", ticket, language:
                Ticket.objects.filter(pk=self.tickets[ticket].pk).update(language=language)
            case "zone", zone:
                Account.objects.filter(pk=self.account.pk).update(time_zone=zone)
            case "clock", operator, after, minutes:
                self._clock(self.operators[operator % 2], after, minutes)
            case "void", operator:
                Slice.objects.filter(operator=self.operators[operator % 2]).update(is_current=False)
            case "fold", *_:
                fold_changes(limit=3)
            case _ if not interactions:
                pass
            case "end", which, after:
                one = interactions[which % len(interactions)]
                one.ended_at = max(one.started_at, AT + timedelta(seconds=after))
                one.save()
            case "move", which, after:
                one = interactions[which % len(interactions)]
                one.started_at = AT + timedelta(seconds=after)
                one.ended_at = one.started_at + timedelta(seconds=60)
                one.save()
            case "wait", which, waited:
                Interaction.objects.filter(pk=interactions[which % len(interactions)].pk).update(waited_ms=waited)
            case "take over", which, operator:
                one = interactions[which % len(interactions)]
                serve(one.ticket, self.operators[operator % 2], after_s=(one.started_at - AT).total_seconds() + 100)
            case "rate", which, score:
                one = interactions[which % len(interactions)]
                Rating.objects.update_or_create(
                    interaction=one,
                    defaults={"account_id": one.account_id, "ticket_id": one.ticket_id, "score": score, "at": AT},
                )
            case "answer", which, call if calls:
                one, taken = interactions[which % len(interactions)], calls[call % len(calls)]
                if one.account_id == taken.account_id:
                    CallSegment.objects.update_or_create(
                        call=taken,
                        position=which,
                        defaults={"account_id": one.account_id, "kind": "operator", "interaction": one},
                    )

    def _clock(self, operator: Operator, after: int, minutes: int) -> None:
        start, end = AT + timedelta(seconds=after), AT + timedelta(seconds=after, minutes=minutes)
        if Slice.objects.filter(operator=operator, is_current=True, started_at__lt=end, ended_at__gt=start).exists():
            return
        session = Session.objects.create(operator=operator, started_at=start, ended_at=end)
        Slice.objects.create(
            session=session, operator=operator, started_at=start, ended_at=end, ms=minutes * 60_000, kind="talk"
        )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGE, min_size=1, max_size=14))
def test_folding_changes_in_any_order_gives_what_a_full_rebuild_gives(changes):
    with transaction.atomic():
        house = House()
        for change in changes:
            house.change(*change)
        fold()
        folded = everything()
        assert rollups_equal_facts().examples == []

        rebuild(start=AT - timedelta(days=12), end=AT + timedelta(days=12))

        assert everything() == folded
        for model in (ContactQuarter, ContactDay, OperatorQuarter, OperatorDay):
            model.objects.all().delete()
        rebuild(start=datetime(2026, 6, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC))
        assert everything() == folded
        assert Contact.objects.count() == 3
        transaction.set_rollback(True)
