"""FreeSWITCH and Twilio report calls by webhook."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from channels_app.contract import AdapterError
from channels_app.endpoints import endpoint_info
from channels_app.hooks import take_webhook
from channels_app.models import Endpoint, PhoneLogEntry, Receipt
from channels_app.phone.providers import PROVIDERS
from channels_app.phone.tasks import reduce_phone_logs
from channels_app.sms.twilio import signature_of
from channels_app.webhook import WebhookRequest
from contactcenter.kernel.sealing import seal
from contactcenter.operators.models import OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Call, Interaction
from contactcenter.worktime.models import OperatorEvent
from tests.app.factories import make_account, make_operator
from tests.unit.phone.test_phone_twilio import ANSWERED

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
HOOK = "https://desk.example.org/hooks/abc/"


@pytest.fixture(autouse=True)
def _scope():
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def anna():
    operator = make_operator(make_account("Shop"))
    for name in ("client:anna", "sofia/internal/101"):
        OperatorAlias.objects.create(operator=operator, name=name)
    return operator


def _endpoint(operator, provider, **secrets):
    account = operator.user.memberships.get().account
    return Endpoint.objects.create(
        account=account, kind="voice", provider=provider, address="pbx", name="Telephones", secrets_sealed=seal(secrets)
    )


def _post(endpoint, body, **headers):
    request = WebhookRequest(
        method="POST",
        url=HOOK,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        query="",
        body=body,
    )
    return take_webhook(public_token=endpoint.public_token, request=request, at=AT)


def _twilio(endpoint, fields, token="t0ken"):  # noqa: S107  a stand-in's
    signature = signature_of(url=HOOK, fields=fields.items(), auth_token=token)
    body = urlencode(fields).encode()
    return _post(endpoint, body, x_twilio_signature=signature, content_type="application/x-www-form-urlencoded")


def test_twilio_callbacks_in_any_order_and_twice_are_one_call_of_the_operator(anna):
    endpoint = _endpoint(anna, "twilio", auth_token="t0ken")
    for callback in [*reversed(ANSWERED), *ANSWERED]:
        assert _twilio(endpoint, callback).status == 200
    assert (PhoneLogEntry.objects.count(), Receipt.objects.count(), Call.objects.count()) == (len(ANSWERED), 0, 0)
    assert reduce_phone_logs() == 1
    call = Call.objects.get()
    assert (call.talk_ms, call.ring_ms, call.operator_id, call.outcome) == (31_000, 6_000, anna.pk, "answered")
    assert Interaction.objects.get().ended_at == datetime(2026, 11, 24, 15, 0, 40, tzinfo=UTC)
    told = list(OperatorEvent.objects.filter(operator=anna).order_by("at", "kind").values_list("kind", flat=True))
    assert told == ["offer.made", "call.talk_started", "offer.ended", "call.ended"]
    assert reduce_phone_logs() == 0


def test_callback_with_a_wrong_signature_is_refused_and_noted(anna):
    endpoint = _endpoint(anna, "twilio", auth_token="t0ken")
    assert _twilio(endpoint, ANSWERED[0], token="other").status == 403
    assert PhoneLogEntry.objects.count() == 0
    assert "X-Twilio-Signature" in Endpoint.objects.get(pk=endpoint.pk).last_error


def _leg(uuid, *, start, answer, end, **variables):
    stamps = {"start_uepoch": start, "answer_uepoch": answer, "end_uepoch": end}
    values = {name: str(1795532400_000000 + second * 1_000_000) if second else "0" for name, second in stamps.items()}
    number = {"caller_id_number": "+442079460101", "caller_id_name": "Olga", "destination_number": "+13125550101"}
    return {"variables": {"uuid": uuid, **values, **variables}, "callflow": [{"caller_profile": number}]}


A_LEG = _leg(
    "aaaa", start=1, answer=2, end=61, call_uuid="aaaa", direction="inbound", bridge_uuid="bbbb",
    channel_name="sofia/external/+442079460101@carrier", bridge_channel="sofia/internal/101@10.0.0.5",
    bridge_uepoch=str(1795532411_000000), hold_events="", sip_hangup_disposition="recv_bye",
)  # fmt: skip
B_LEG = _leg(
    "bbbb", start=3, answer=11, end=61, call_uuid="aaaa", direction="outbound", originating_leg_uuid="aaaa",
    channel_name="sofia/internal/101@10.0.0.5", sip_hangup_disposition="send_bye",
    hold_events="{{1795532420000000,1795532425500000}}",
)  # fmt: skip


@pytest.mark.parametrize("encoded", [False, True])
def test_freeswitch_posts_both_legs_and_they_are_one_call(anna, encoded):
    endpoint = _endpoint(anna, "freeswitch", hook_password="s3cret")
    proof = "Basic " + base64.b64encode(b"freeswitch:s3cret").decode()
    for leg in (B_LEG, A_LEG, A_LEG):
        body = urlencode({"cdr": json.dumps(leg)}).encode() if encoded else json.dumps(leg).encode()
        kind = "application/x-www-form-urlencoded" if encoded else "application/json"
        assert _post(endpoint, body, authorization=proof, content_type=kind).status == 200
    assert reduce_phone_logs() == 1
    call = Call.objects.get()
    assert (call.direction, call.from_number, call.to_number) == ("in", "+442079460101", "+13125550101")
    # answered at 11 s, ended at 61 s, held from 20 to 25.5 s; rung since 3 s
    assert (call.talk_ms, call.hold_ms, call.ring_ms, call.hung_up_by) == (50_000, 5_500, 8_000, "customer")
    assert call.operator_id == anna.pk


@pytest.mark.parametrize("proof", ["", "Basic !!", "Basic " + base64.b64encode(b"freeswitch:wrong").decode()])
def test_freeswitch_without_the_password_is_refused(anna, proof):
    endpoint = _endpoint(anna, "freeswitch", hook_password="s3cret")
    assert _post(endpoint, json.dumps(A_LEG).encode(), authorization=proof).status == 403
    assert PhoneLogEntry.objects.count() == 0


def test_endpoint_without_a_password_lets_nobody_in(anna):
    endpoint = _endpoint(anna, "freeswitch")
    proof = "Basic " + base64.b64encode(b"freeswitch:").decode()
    assert _post(endpoint, json.dumps(A_LEG).encode(), authorization=proof).status == 403


def test_report_that_is_no_call_is_kept_raw_and_named(anna):
    endpoint = _endpoint(anna, "freeswitch", hook_password="s3cret")
    proof = "Basic " + base64.b64encode(b"freeswitch:s3cret").decode()
    assert _post(endpoint, b'{"variables": {}}', authorization=proof).status == 200
    assert PhoneLogEntry.objects.get().rejected == "uuid: '' is no id"
    assert _post(endpoint, b"{broken", authorization=proof).status == 400


def test_connection_test_of_an_asterisk_names_what_is_missing_or_wrong(anna):
    adapter = PROVIDERS[""].adapter
    endpoint = _endpoint(anna, "")
    assert "log files are imported" in adapter.check(endpoint=endpoint_info(endpoint))
    endpoint.settings = {"ami_host": "127.0.0.1", "ami_username": "x"}
    with pytest.raises(AdapterError, match="ami_secret: the secret of the manager account is needed"):
        adapter.check(endpoint=endpoint_info(endpoint))
    endpoint.settings |= {"ami_port": 9}
    endpoint.secrets_sealed = seal({"ami_secret": "x"})
    with pytest.raises(AdapterError, match=r"127\.0\.0\.1:9 cannot be reached") as caught:
        adapter.check(endpoint=endpoint_info(endpoint))
    assert caught.value.permanent is False
