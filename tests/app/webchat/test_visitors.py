"""Who comes: named visitors, forged names, sessions that widgets choose themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from channels_app.models import ChatSession, Endpoint
from channels_app.webchat import actions
from channels_app.webchat.protocol import ChatText, Hello
from channels_app.webchat.queries import ChatEndpoint, find_endpoint
from channels_app.webchat.visitors import Visit, WrongToken, begin_visit, history_of, standing_of
from contactcenter.contacts.models import ContactPoint
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Message, Ticket
from tests.app.factories import make_contact
from tests.app.webchat.conftest import IDENTITY_SECRET
from tests.unit.webchat.test_identity import token

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def endpoint(chat: Endpoint) -> Any:
    found = find_endpoint(address="shop-chat")
    assert found is not None
    with open_account(chat.account_id), hand_jobs_to(lambda name, ids: None):
        yield found


def hello(**fields: Any) -> Hello:
    return Hello(**{"session": None, "token": "", "language": "en", "name": "", **fields})


def proof(**claims: Any) -> str:
    values = {"sub": "42", "name": "Nell", "email": "nell@mail.example", "exp": int(AT.timestamp()) + 600}
    return token({**values, **claims}, secret=IDENTITY_SECRET)


def write(visit: Visit, text: str = "Where is my parcel?", *, at: datetime = AT) -> Ticket:
    stored = actions.store_message(visit=visit, text=ChatText(uuid=uuid4(), text=text), at=at)
    ticket_id = actions.take_in_message(visit=visit, receipt_id=stored.receipt_id)
    return Ticket.objects.get(pk=ticket_id)


def test_a_named_visitor_has_one_chat_on_every_device(endpoint: ChatEndpoint) -> None:
    phone, refused = begin_visit(endpoint=endpoint, hello=hello(identity=proof()), at=AT)
    assert (refused, phone.user, phone.name, phone.email) == ("", "42", "Nell", "nell@mail.example")
    ticket = write(phone)
    laptop, _ = begin_visit(endpoint=endpoint, hello=hello(identity=proof()), at=AT)
    assert laptop.session == phone.session
    assert [entry["text"] for entry in history_of(visit=laptop)] == ["Where is my parcel?"]
    assert write(laptop, "It is me again") == ticket
    chat = ChatSession.objects.get()
    assert (chat.external_user, chat.email, chat.contact) == ("42", "nell@mail.example", ticket.contact)
    assert standing_of(visit=laptop, at=AT).mail


def test_a_named_visitor_is_the_contact_who_has_the_address(endpoint: ChatEndpoint, chat: Endpoint) -> None:
    known = make_contact(chat.account, "nell@mail.example")
    visit, _ = begin_visit(endpoint=endpoint, hello=hello(identity=proof()), at=AT)
    assert write(visit).contact == known
    assert sorted(ContactPoint.objects.filter(contact=known).values_list("kind", "value")) == [
        ("chat", "user:42"), ("email", "nell@mail.example"),
    ]  # fmt: skip


def test_an_address_that_has_changed_leads_to_the_same_contact(endpoint: ChatEndpoint) -> None:
    visit, _ = begin_visit(endpoint=endpoint, hello=hello(identity=proof()), at=AT)
    contact = write(visit).contact
    moved, _ = begin_visit(endpoint=endpoint, hello=hello(identity=proof(email="new@mail.example")), at=AT)
    assert write(moved).contact == contact
    assert ChatSession.objects.get().email == "new@mail.example"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (token(secret="somebody else's"), "signature"),
        (proof(exp=int(AT.timestamp()) - 60), "expired"),
    ],
)
def test_a_forged_or_expired_name_is_refused_and_the_chat_goes_on_unnamed(
    endpoint: ChatEndpoint, text: str, words: str
) -> None:
    visit, refused = begin_visit(endpoint=endpoint, hello=hello(identity=text), at=AT)
    assert words in refused
    assert (visit.user, visit.email) == ("", "")
    write(visit)
    assert ChatSession.objects.get().external_user == ""
    assert not ContactPoint.objects.filter(value="user:42").exists()


def test_a_page_open_for_longer_than_its_proof_goes_on_and_a_stolen_session_id_does_not(
    endpoint: ChatEndpoint,
) -> None:
    visit, _ = begin_visit(endpoint=endpoint, hello=hello(identity=proof()), at=AT)
    write(visit)
    later = AT + timedelta(hours=1)
    back = hello(session=visit.session, token=visit.token, identity=proof())
    again, refused = begin_visit(endpoint=endpoint, hello=back, at=later)
    assert (again.session, again.user, refused) == (visit.session, "42", "")
    with pytest.raises(WrongToken):
        begin_visit(endpoint=endpoint, hello=hello(session=visit.session, token="x" * 40), at=later)
    with pytest.raises(WrongToken):
        begin_visit(endpoint=endpoint, hello=back, at=AT + timedelta(hours=12))


def test_two_tabs_begin_the_session_the_widget_chose(endpoint: ChatEndpoint) -> None:
    chosen = hello(session=uuid4(), token="t" * 36)
    first, _ = begin_visit(endpoint=endpoint, hello=chosen, at=AT)
    second, _ = begin_visit(endpoint=endpoint, hello=chosen, at=AT)
    assert first == second
    assert write(first) == write(second, "and more")


def test_whoever_writes_first_owns_a_session_that_two_have_chosen(endpoint: ChatEndpoint) -> None:
    session = uuid4()
    mine, _ = begin_visit(endpoint=endpoint, hello=hello(session=session, token="m" * 36), at=AT)
    theirs, _ = begin_visit(endpoint=endpoint, hello=hello(session=session, token="t" * 36), at=AT)
    write(mine)
    with pytest.raises(WrongToken):
        write(theirs, "let me in")
    assert Message.objects.count() == 1


def test_a_short_token_is_not_taken_as_a_secret(endpoint: ChatEndpoint) -> None:
    session = uuid4()
    visit, _ = begin_visit(endpoint=endpoint, hello=hello(session=session, token="guess"), at=AT)
    assert visit.session != session
    assert len(visit.token) >= 32


def test_a_session_of_another_endpoint_is_not_found_here(endpoint: ChatEndpoint, chat: Endpoint) -> None:
    visit, _ = begin_visit(endpoint=endpoint, hello=hello(session=uuid4(), token="t" * 36), at=AT)
    write(visit)
    Endpoint.objects.create(account=chat.account, kind="webchat", address="other-chat", name="Other")
    other = find_endpoint(address="other-chat")
    assert other is not None
    there, _ = begin_visit(endpoint=other, hello=hello(session=visit.session, token=visit.token), at=AT)
    assert history_of(visit=there) == []
    with pytest.raises(WrongToken):
        write(there)
