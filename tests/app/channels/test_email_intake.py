"""From a raw mail to a ticket, and all that must not happen on the way."""

from datetime import timedelta

import pytest
from django.conf import settings

from channels_app.contract import EndpointInfo
from channels_app.email.addresses import reply_address, reply_token
from channels_app.email.door import EmptyMessage, MessageTooLarge, take_email
from channels_app.endpoints import UnknownEndpoint, find_mailbox
from channels_app.models import Receipt, ReceiptState
from contactcenter.contacts.models import Contact
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tickets import queries
from contactcenter.tickets.actions import change_status
from contactcenter.tickets.models import Attachment, Message, Ticket
from contactcenter.tickets.queries import ticket_detail
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import mail_with_parts, raw_mail
from tests.app.factories import AT, make_account

pytestmark = pytest.mark.django_db


def test_mail_becomes_a_ticket_with_its_contact_and_language(mailbox: EndpointInfo) -> None:
    taken = take_email(endpoint=mailbox, raw=raw_mail(), at=AT)

    assert (taken.status, taken.ticket, taken.kind, taken.language) == ("created", "SH-1001", "message", "en")
    with open_account(mailbox.account_id):
        message = Message.objects.get()
        assert message.pk == taken.entry
        assert message.text == "I ordered a lamp two weeks ago and nothing has arrived. Where is it?"
        assert message.ticket.subject == "Where is my order?"
        assert message.ticket.contact.name == "Olga Petrova"
        assert message.ticket.contact.language == "en"
        receipt = Receipt.objects.get()
        assert receipt.state == ReceiptState.PROCESSED
        assert receipt.message_id == message.pk
        assert bytes(receipt.raw) == bytes(receipt.raw).strip(b"\0")


def test_same_mail_twice_is_one_entry(mailbox: EndpointInfo) -> None:
    raw = raw_mail()
    first = take_email(endpoint=mailbox, raw=raw, at=AT)
    second = take_email(endpoint=mailbox, raw=raw, at=AT + timedelta(minutes=1))

    assert (second.status, second.ticket, second.entry) == ("duplicate", first.ticket, first.entry)
    with open_account(mailbox.account_id):
        assert (Message.objects.count(), Ticket.objects.count(), Receipt.objects.count()) == (1, 1, 1)


def test_another_mail_with_the_same_message_id_is_not_lost(mailbox: EndpointInfo) -> None:
    first = take_email(endpoint=mailbox, raw=raw_mail(message_id="form@example.org"), at=AT)
    other = raw_mail(message_id="form@example.org", text="Quite another matter.", sender="ivan@example.org")
    second = take_email(endpoint=mailbox, raw=other, at=AT)
    again = take_email(endpoint=mailbox, raw=other, at=AT)

    assert (first.status, second.status, again.status) == ("created", "created", "duplicate")
    assert (second.ticket, again.ticket, again.entry) == ("SH-1002", "SH-1002", second.entry)
    with open_account(mailbox.account_id):
        assert (Message.objects.count(), Receipt.objects.count()) == (2, 2)


def test_same_mail_with_other_line_ends_and_traces_is_a_duplicate(mailbox: EndpointInfo) -> None:
    raw = raw_mail()
    take_email(endpoint=mailbox, raw=raw, at=AT)
    again = b"Received: from relay.example by mx.example\n" + raw.replace(b"\r\n", b"\n")
    assert take_email(endpoint=mailbox, raw=again, at=AT).status == "duplicate"


def test_mail_without_message_id_twice_is_one_entry(mailbox: EndpointInfo) -> None:
    raw = raw_mail(message_id="")
    # the second came over another server, which left its trace
    again = b"Received: from relay.example by mx.example; Mon, 15 Jun 2026 09:01:00 +0000\r\n" + raw
    assert take_email(endpoint=mailbox, raw=raw, at=AT).status == "created"
    assert take_email(endpoint=mailbox, raw=again, at=AT).status == "duplicate"


def test_answer_to_an_own_mail_of_the_same_contact_is_appended(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    more = raw_mail(text="One more thing: it was the red one.", headers={"In-Reply-To": "<first@example.org>"})
    taken = take_email(endpoint=mailbox, raw=more, at=AT + timedelta(hours=1))

    assert (taken.status, taken.ticket) == ("appended", "SH-1001")
    with open_account(mailbox.account_id):
        ticket = Ticket.objects.get()
        assert ticket.unread == 2
        assert ticket.last_activity_at == AT + timedelta(hours=1)


def test_stranger_who_refers_to_somebodys_mail_does_not_join_the_ticket(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    taken = take_email(
        endpoint=mailbox,
        raw=raw_mail(sender="mallory@example.net", headers={"References": "<first@example.org>"}),
        at=AT,
    )
    assert (taken.status, taken.ticket) == ("created", "SH-1002")


def test_ticket_number_in_the_subject_joins_nothing(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    taken = take_email(endpoint=mailbox, raw=raw_mail(subject="Re: Where is my order? [SH-1001]"), at=AT)
    assert (taken.status, taken.ticket) == ("created", "SH-1002")


def test_signed_reply_address_joins_the_ticket_from_any_sender(mailbox: EndpointInfo) -> None:
    first = take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    token = _token(mailbox, first.ticket)
    answer = raw_mail(sender="olga@work.example", to=reply_address(address=mailbox.address, token=token))
    assert take_email(endpoint=mailbox, raw=answer, at=AT).ticket == "SH-1001"


def test_forged_reply_address_opens_a_ticket_of_its_own(mailbox: EndpointInfo) -> None:
    first = take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    token = _token(mailbox, first.ticket)
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    answer = raw_mail(sender="mallory@example.net", to=reply_address(address=mailbox.address, token=forged))
    assert take_email(endpoint=mailbox, raw=answer, at=AT).ticket == "SH-1002"


def test_mail_to_a_tagged_address_reaches_the_mailbox(mailbox: EndpointInfo) -> None:
    assert find_mailbox(address="Support+newsletter@SHOP.example").id == mailbox.id


def test_unknown_address_is_refused_by_name(mailbox: EndpointInfo) -> None:
    with pytest.raises(UnknownEndpoint, match=r"nobody@shop\.example"):
        find_mailbox(address="nobody@shop.example")


def test_inactive_mailbox_is_unknown(shop) -> None:
    with pytest.raises(UnknownEndpoint):
        make_mailbox(shop, "old@shop.example", is_active=False)


def test_late_reply_reopens_a_solved_ticket(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    with open_account(mailbox.account_id):
        change_status(ticket_id=Ticket.objects.get().pk, status="solved", at=AT, actor_id=None)
    take_email(endpoint=mailbox, raw=raw_mail(headers={"In-Reply-To": "<first@example.org>"}), at=AT)
    with open_account(mailbox.account_id):
        assert Ticket.objects.get().status == "open"


def test_reply_to_a_closed_ticket_opens_another_that_names_it(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    with open_account(mailbox.account_id):
        change_status(ticket_id=Ticket.objects.get().pk, status="closed", at=AT, actor_id=None)
    taken = take_email(endpoint=mailbox, raw=raw_mail(headers={"In-Reply-To": "<first@example.org>"}), at=AT)
    assert (taken.status, taken.ticket) == ("created", "SH-1002")
    with open_account(mailbox.account_id):
        assert Message.objects.get(pk=taken.entry).headers["follows_ticket"] == 1001


def test_one_mail_to_two_accounts_makes_two_tickets_that_know_of_each_other(mailbox: EndpointInfo) -> None:
    clinic = make_mailbox(make_account("Clinic", ticket_prefix="CL"), "info@clinic.example")
    raw = raw_mail(to="support@shop.example, info@clinic.example")
    first = take_email(endpoint=mailbox, raw=raw, at=AT)
    second = take_email(endpoint=clinic, raw=raw, at=AT)

    assert (first.status, second.status) == ("created", "created")
    assert (first.ticket, second.ticket) == ("SH-1001", "CL-1001")
    with open_account(mailbox.account_id):
        ticket = Ticket.objects.get()
        assert ticket_detail(ticket_id=ticket.pk, user_id=None, with_team=True)["linked_tickets"] == 1
        assert Contact.objects.count() == 1
    with open_every_account(reason="the test looks at both"):
        assert Contact.objects.count() == 2


def test_mails_of_different_origin_are_not_linked(mailbox: EndpointInfo) -> None:
    clinic = make_mailbox(make_account("Clinic"), "info@clinic.example")
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    take_email(endpoint=clinic, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        told = ticket_detail(ticket_id=Ticket.objects.get().pk, user_id=None, with_team=True)
        assert told["linked_tickets"] == 0


def test_references_of_another_mailbox_join_nothing(mailbox: EndpointInfo, shop) -> None:
    sales = make_mailbox(shop, "sales@shop.example")
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    taken = take_email(endpoint=sales, raw=raw_mail(headers={"In-Reply-To": "<first@example.org>"}), at=AT)
    assert (taken.status, taken.ticket) == ("created", "SH-1002")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto-Submitted": "auto-replied"}, "auto_reply"),
        ({"X-Failed-Recipients": "x@example.org"}, "bounce"),
        ({"Auto-Submitted": "no"}, "message"),
    ],
)
def test_only_a_persons_message_asks_for_an_operator(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], kind: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("channels_app.ingest.enqueue_on_commit", lambda name, **ids: asked.append(name))
    taken = take_email(endpoint=mailbox, raw=raw_mail(headers=headers), at=AT)
    assert taken.kind == kind
    assert asked == (["routing.ticket_waiting"] if kind == "message" else [])


def test_mail_from_our_own_address_is_a_loop_and_not_answered(mailbox: EndpointInfo) -> None:
    taken = take_email(endpoint=mailbox, raw=raw_mail(sender="support@shop.example"), at=AT)
    assert taken.kind == "auto_reply"


def test_encrypted_and_signed_mails_say_so_on_the_timeline(mailbox: EndpointInfo) -> None:
    encrypted = "-----BEGIN PGP MESSAGE-----\r\n\r\nwcBMA\r\n-----END PGP MESSAGE-----"
    signed = (
        "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n"
        "-----BEGIN PGP SIGNATURE-----\r\n\r\nwsB\r\n-----END PGP SIGNATURE-----"
    )
    take_email(endpoint=mailbox, raw=raw_mail(text=encrypted), at=AT)
    take_email(endpoint=mailbox, raw=raw_mail(text=signed, sender="bo@example.org"), at=AT)
    with open_account(mailbox.account_id):
        first, second = (
            queries.entry(ticket_id=message.ticket_id, entry_type="message", entry_id=message.pk)
            for message in Message.objects.order_by("pk")
        )
    assert (first["incomplete"], first["protection"]) == ("the text is encrypted (PGP)", [])
    assert (second["incomplete"], second["protection"]) == ("", ["signed (PGP), signature not verified"])


def test_attachments_are_typed_by_their_bytes_and_stored_once(mailbox: EndpointInfo, files) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    raw = mail_with_parts(
        ("text/plain", "", b"see the files"),
        ("application/pdf", "photo.pdf", png),
        ("image/png", "../../etc/passwd", png),
        ("text/html", "page.html", b"<html><script>alert(1)</script></html>"),
    )
    take_email(endpoint=mailbox, raw=raw, at=AT)
    with open_account(mailbox.account_id):
        rows = list(Attachment.objects.order_by("pk").values_list("filename", "content_type", "declared_type", "size"))
        assert rows == [
            ("photo.pdf", "image/png", "application/pdf", 72),
            (".._.._etc_passwd".strip(" ."), "image/png", "image/png", 72),
            ("page.html", "text/plain", "text/html", 38),
        ]
    stored = [path for path in (files / "attachments").rglob("*") if path.is_file()]
    assert sorted(path.stat().st_size for path in stored) == [38, 72]


def test_hostile_html_is_harmless_and_its_text_readable(mailbox: EndpointInfo) -> None:
    html = (
        b"<p onclick=evil()>Hello <b>there</b></p><script>alert(1)</script><iframe src=//x></iframe>"
        b"<img src=https://spy.example/1.gif><a href='javascript:alert(1)'>link</a><style>p{}</style>"
    )
    raw = (
        b"From: olga@example.org\r\nTo: support@shop.example\r\nMessage-ID: <h@example.org>\r\n"
        b"Content-Type: text/html\r\n\r\n" + html
    )
    take_email(endpoint=mailbox, raw=raw, at=AT)
    with open_account(mailbox.account_id):
        message = Message.objects.get()
        assert message.text == "Hello there\n\nlink"
        assert message.html == '<p>Hello <b>there</b></p><img><a rel="noopener noreferrer nofollow">link</a>'


def test_mail_of_only_files_says_why_it_has_no_text(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=mail_with_parts(("application/pdf", "a.pdf", b"%PDF-1.7")), at=AT)
    with open_account(mailbox.account_id):
        message = Message.objects.get()
        assert message.text == ""
        assert message.headers["problem"] == "the mail has attachments but no text"


def test_mail_larger_than_allowed_is_refused_and_nothing_stored(mailbox: EndpointInfo, settings) -> None:
    settings.MAX_MESSAGE_BYTES = 1_000
    with pytest.raises(MessageTooLarge, match="at most 1000"):
        take_email(endpoint=mailbox, raw=raw_mail(text="x" * 2_000), at=AT)
    with open_account(mailbox.account_id):
        assert Receipt.objects.count() == 0


def test_empty_input_is_refused(mailbox: EndpointInfo) -> None:
    with pytest.raises(EmptyMessage):
        take_email(endpoint=mailbox, raw=b"\r\n", at=AT)


def test_garbage_bytes_still_become_an_entry(mailbox: EndpointInfo) -> None:
    taken = take_email(endpoint=mailbox, raw=bytes(range(256)) * 4, at=AT)
    assert taken.status == "created"


def _token(mailbox: EndpointInfo, number: str) -> str:
    with open_account(mailbox.account_id):
        ticket = Ticket.objects.get(number=int(number.partition("-")[2]))
    return reply_token(key=settings.SECRET_KEY, endpoint_id=mailbox.id, ticket_id=ticket.pk)
