"""Ends of chats, and what the adapter makes of receipts."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from channels_app.contract import AdapterError
from channels_app.endpoints import endpoint_info
from channels_app.models import ChatSession, Endpoint, EndpointKind
from channels_app.webchat import actions
from channels_app.webchat.adapter import WebchatAdapter
from channels_app.webchat.protocol import ChatText, KeptText, encode_receipt
from channels_app.webchat.queries import find_endpoint
from channels_app.webchat.visitors import Visit
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.kernel.models import LiveEvent
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def visit() -> Visit:
    account = Account.objects.create(name="Shop", slug="shop", language="en", ticket_prefix="NW")
    with open_every_account(reason="test"):
        Endpoint.objects.create(
            account=account, kind=EndpointKind.WEBCHAT, address="shop-chat", name="Chat", language="en"
        )
    endpoint = find_endpoint(address="shop-chat")
    assert endpoint is not None
    return Visit(endpoint=endpoint, session=uuid4(), token="secret", language="en", name="Nell")


def write(visit: Visit, *, at: datetime) -> int:
    text = ChatText(uuid=uuid4(), text="Where is my parcel? It should have come yesterday.")
    stored = actions.store_message(visit=visit, text=text, at=at)
    ticket_id = actions.take_in_message(visit=visit, receipt_id=stored.receipt_id)
    assert ticket_id is not None
    return ticket_id


def test_a_visitor_silent_for_ten_minutes_has_left_and_the_routing_is_told_once(visit: Visit) -> None:
    jobs: list[tuple[str, dict[str, object]]] = []
    with open_every_account(reason="test"), hand_jobs_to(lambda name, ids: jobs.append((name, ids))):
        ticket_id = write(visit, at=AT)
        jobs.clear()
        assert actions.idle_sessions(at=AT + timedelta(minutes=10)) == []
        late = AT + timedelta(minutes=10, seconds=1)
        assert actions.idle_sessions(at=late) == [(visit.endpoint.account_id, visit.session)]
        assert actions.leave_chat(session=visit.session, at=late)
        assert not actions.leave_chat(session=visit.session, at=late)
        assert jobs == [("routing.chat_closed", {"ticket_id": ticket_id})]
        assert ChatSession.objects.get().ended_at == late
        assert actions.idle_sessions(at=late + timedelta(hours=1)) == []
    told = LiveEvent.objects.filter(kind="chat.closed").values_list("audience", flat=True)
    assert sorted(told) == sorted([f"account:{visit.endpoint.account_id}", f"chat:{visit.session}"])


def test_a_widget_that_is_alive_keeps_the_chat_open(visit: Visit) -> None:
    with open_every_account(reason="test"):
        write(visit, at=AT)
        actions.touch_session(session=visit.session, at=AT + timedelta(minutes=9))
        assert actions.idle_sessions(at=AT + timedelta(minutes=11)) == []


def test_typing_is_told_to_the_account_on_the_newest_ticket_and_to_nobody_before_there_is_one(
    visit: Visit,
) -> None:
    with open_every_account(reason="test"):
        actions.tell_typing(visit=visit)
        assert not LiveEvent.objects.filter(kind="chat.typing").exists()
        ticket_id = write(visit, at=AT)
        actions.tell_typing(visit=visit)
    event = LiveEvent.objects.get(kind="chat.typing")
    assert event.audience == f"account:{visit.endpoint.account_id}"
    assert event.payload == {"ticket_id": ticket_id, "from": "contact", "name": "Nell"}


def test_only_the_sha256_of_the_token_is_stored(visit: Visit) -> None:
    with open_every_account(reason="test"):
        write(visit, at=AT)
        # sha256("secret"), computed with sha256sum
        digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
        assert ChatSession.objects.get().secret_sha256 == digest


def test_the_adapter_translates_a_receipt_into_a_message_of_the_chats_thread(visit: Visit) -> None:
    with open_every_account(reason="test"):
        info = endpoint_info(Endpoint.objects.select_related("account").get())
    text = KeptText(session=visit.session, uuid=uuid4(), text="Hi", name="Nell", language="es", at=AT)
    raw = encode_receipt(text)
    message = WebchatAdapter().translate(raw=raw, endpoint=info, received_at=AT)
    assert (message.text, message.sender.value, message.thread_keys) == (
        "Hi",
        str(visit.session),
        (str(visit.session),),
    )
    assert message.external_id == f"{visit.session}:{text.uuid}"
    assert message.language_hints == ("es", "en")


def test_a_spoilt_receipt_fails_for_good_with_a_reason(visit: Visit) -> None:
    with open_every_account(reason="test"):
        info = endpoint_info(Endpoint.objects.select_related("account").get())
    with pytest.raises(AdapterError, match="cannot be read") as caught:
        WebchatAdapter().translate(raw=b"{}", endpoint=info, received_at=AT)
    assert caught.value.permanent
