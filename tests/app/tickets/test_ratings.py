"""A contact's verdict on a handled unit."""

from datetime import timedelta
from typing import Any

import pytest

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import LiveEvent
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.interaction_actions import end_interaction, start_interaction
from contactcenter.tickets.models import Rating, Ticket
from contactcenter.tickets.queries import timeline
from contactcenter.tickets.rating_actions import RatingFinal, rate_ticket
from contactcenter.tickets.rating_queries import asked_rating
from tests.app.factories import AT, make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket() -> Any:
    account = make_account()
    with open_every_account(reason="test"):
        yield make_ticket(account, channel="chat")


def serve(ticket: Ticket, *, at: Any = AT, ended: bool = True) -> int:
    operator = make_operator(ticket.account)
    interaction = start_interaction(ticket=ticket, operator_id=operator.pk, channel="chat", at=at)
    if ended:
        end_interaction(interaction_id=interaction.pk, at=at + timedelta(minutes=5))
    return interaction.pk


def rate(ticket: Ticket, score: int, comment: str = "", *, minutes: float = 6) -> Rating:
    at = AT + timedelta(minutes=minutes)
    return rate_ticket(ticket_id=ticket.pk, channel="chat", score=score, comment=comment, at=at)


def test_a_rating_stands_once_on_its_interaction_and_on_the_timeline(ticket: Ticket) -> None:
    interaction_id = serve(ticket)
    assert asked_rating(ticket_id=ticket.pk, channel="chat", at=AT) == 0
    rate(ticket, 4, " Quick ")
    rate(ticket, 4, "Quick", minutes=40)  # the same again, however late
    rating = Rating.objects.get()
    assert (rating.interaction_id, rating.score, rating.comment, rating.changed_at) == (
        interaction_id,
        4,
        "Quick",
        None,
    )
    for with_team in (True, False):
        [entry] = timeline(ticket_id=ticket.pk, with_team=with_team)
        assert (entry["type"], entry["score"], entry["text"], entry["author"]["kind"]) == (
            "rating", 4, "Quick", "contact",
        )  # fmt: skip
    told = LiveEvent.objects.filter(payload__entry__type="rating")
    assert [event.kind for event in told] == ["entry.added"]


def test_a_contact_may_change_their_mind_for_ten_minutes(ticket: Ticket) -> None:
    serve(ticket)
    rate(ticket, 1, minutes=6)
    changed = rate(ticket, 5, "Sorry, all well", minutes=16)
    assert (changed.score, changed.changed_at) == (5, AT + timedelta(minutes=16))
    assert asked_rating(ticket_id=ticket.pk, channel="chat", at=AT + timedelta(minutes=16)) == 5
    with pytest.raises(RatingFinal):
        rate(ticket, 2, minutes=16.1)
    assert asked_rating(ticket_id=ticket.pk, channel="chat", at=AT + timedelta(minutes=16.1)) is None
    assert (Rating.objects.get().score, Rating.objects.get().comment) == (5, "Sorry, all well")


def test_every_served_chat_of_a_ticket_is_asked_about_anew(ticket: Ticket) -> None:
    serve(ticket)
    rate(ticket, 2)
    serve(ticket, at=AT + timedelta(hours=1))
    assert asked_rating(ticket_id=ticket.pk, channel="chat", at=AT + timedelta(hours=2)) == 0
    rate(ticket, 5, minutes=120)
    assert list(Rating.objects.order_by("pk").values_list("score", flat=True)) == [2, 5]


def test_nobody_rates_what_was_not_served_or_goes_on(ticket: Ticket) -> None:
    serve(ticket, ended=False)
    assert asked_rating(ticket_id=ticket.pk, channel="chat", at=AT) is None
    with pytest.raises(Conflict, match="nothing to rate"):
        rate(ticket, 5)
    assert not Rating.objects.exists()


@pytest.mark.parametrize(("score", "comment"), [(0, ""), (6, ""), (3, "x" * 1001)])
def test_a_rating_outside_the_limits_is_refused(ticket: Ticket, score: int, comment: str) -> None:
    serve(ticket)
    with pytest.raises(Invalid):
        rate(ticket, score, comment)
    assert not Rating.objects.exists()
