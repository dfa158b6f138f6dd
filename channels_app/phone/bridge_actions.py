"""What a bridge does in the database; each opens the accounts it reaches."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from channels_app.endpoints import note_error
from channels_app.models import CallOrder, CallOrderState, CallRequest, CallRequestState, Endpoint, EndpointKind
from channels_app.phone.ami_client import AmiLogin
from channels_app.phone.asterisk_ami import ArrivalClock, ami_headers, read_ami
from channels_app.phone.asterisk_ami_events import Unreadable
from channels_app.phone.call_control import SPIES_AS
from channels_app.phone.call_orders import move_order, take_order
from channels_app.phone.call_orders import waiting_orders as orders_of
from channels_app.phone.call_requests import move_request, take_request
from channels_app.phone.events import RawEntry
from channels_app.phone.files import LogFormat
from channels_app.phone.frames import Frame
from channels_app.phone.ingest import ImportReport, import_entries
from contactcenter.kernel.sealing import unseal
from contactcenter.operators.models import OperatorAlias
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account

DEFAULT_PORT = 5038
RING_MS = 25_000
WHY = "one telephone system may serve several accounts"

_FAILURES = {
    "0": "The telephone could not be reached.",
    "1": "The telephone could not be reached.",
    "3": "Nobody answered the telephone.",
    "5": "The telephone is busy.",
    "8": "The telephone system is overloaded.",
}


class BadConnection(ValueError):
    """An endpoint cannot be connected as it is set up; the message names the setting."""


def login_of(*, settings: Mapping[str, object], secrets: Mapping[str, str]) -> AmiLogin:
    """Return how an endpoint's telephone system is logged in to. Raises BadConnection."""
    host, username = settings.get("ami_host"), settings.get("ami_username")
    port = settings.get("ami_port", DEFAULT_PORT)
    if not isinstance(host, str) or not host:
        raise BadConnection("ami_host: the address of the telephone system is needed")
    if not isinstance(username, str) or not username:
        raise BadConnection("ami_username: needed")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise BadConnection(f"ami_port: {port!r} is no port")
    if not secrets.get("ami_secret"):
        raise BadConnection("ami_secret: the secret of the manager account is needed")
    return AmiLogin(
        host=host,
        port=port,
        username=username,
        secret=secrets["ami_secret"],
        tls=settings.get("ami_tls") is True,
        challenge=settings.get("ami_plain_login") is not True,
    )


def login_of_endpoint(*, endpoint: Endpoint) -> AmiLogin:
    """Return how the endpoint is logged in to. Raises BadConnection."""
    return login_of(settings=endpoint.settings, secrets=unseal(endpoint.secrets_sealed))


def take_frames(*, endpoint_id: int, frames: Sequence[Frame], at: datetime) -> ImportReport:
    """Store frames and record what they tell; taking them again changes nothing. Answers to our calls are noted."""
    entries: list[RawEntry] = []
    for frame in frames:
        clock = ArrivalClock(offsets=(0,), instants=(frame.arrived,))
        entries.extend(read_ami(frame.raw + b"\r\n\r\n", arrival=clock))
    with open_every_account(reason=WHY):
        endpoint = Endpoint.objects.select_related("account").get(pk=endpoint_id)
        report = import_entries(endpoint=endpoint, source=LogFormat.AMI, entries=entries, at=at)
        for frame in frames:
            if b"Event: OriginateResponse" in frame.raw:
                _note_answer(frame, at=at)
    return report


def _note_answer(frame: Frame, *, at: datetime) -> None:
    """Success means that the operator answered; the called party's answer is the call's own."""
    try:
        headers = ami_headers(frame.raw)
    except Unreadable:
        return
    asked = headers.get("ActionID", "")
    if asked.startswith(SPIES_AS):
        _note_spy(asked, headers=headers, at=at)
        return
    request = CallRequest.objects.filter(channel_id=asked).first()
    if request is None:
        return
    if headers.get("Response") == "Success":
        move_request(request_id=request.pk, state=CallRequestState.ANSWERED, at=at)
        return
    reason = _FAILURES.get(headers.get("Reason", ""), "The call could not be placed.")
    move_request(request_id=request.pk, state=CallRequestState.FAILED, at=at, reason=reason)


def _note_spy(name: str, *, headers: Mapping[str, str], at: datetime) -> None:
    """The telephone of who wanted to listen was answered, or not."""
    number = name.removeprefix(SPIES_AS)
    order = CallOrder.objects.filter(pk=int(number)).first() if number.isascii() and number.isdigit() else None
    if order is None or headers.get("Response") == "Success":
        return
    reason = _FAILURES.get(headers.get("Reason", ""), "The call could not be placed.")
    move_order(order_id=order.pk, state=CallOrderState.FAILED, at=at, reason=reason)


def endpoints_to_connect(*, setting: str, address: str | None) -> list[Endpoint]:
    """Return the active voice endpoints that have `setting` (ami_host, esl_host); with `address`, those of it."""
    with open_every_account(reason="one process connects the telephone systems of every account"):
        voice = Endpoint.objects.filter(kind=EndpointKind.VOICE, is_active=True)
        if address is None:
            return list(voice.filter(settings__has_key=setting).order_by("address"))
        return list(voice.filter(address=address).order_by("provider"))


def waiting_requests(*, endpoint_id: int) -> list[int]:
    """Return the wishes that nobody has placed yet, the oldest first."""
    with open_every_account(reason=WHY):
        waiting = CallRequest.objects.filter(endpoint_id=endpoint_id, state=CallRequestState.REQUESTED)
        return list(waiting.order_by("requested_at", "pk").values_list("pk", flat=True)[:100])


def originate_action(*, request_id: int, at: datetime) -> dict[str, str] | None:
    """Take a wish and return the headers of the Originate that grants it; None if there is nothing to place."""
    with open_every_account(reason=WHY):
        request = take_request(request_id=request_id, at=at)
        if request is None:
            return None
        endpoint = Endpoint.objects.get(pk=request.endpoint_id)
        account = Account.objects.get(pk=request.account_id)
    settings = endpoint.settings
    # the account code by which the system's own records tell whose call it is
    codes = [key.removeprefix("code:") for key, slug in settings.get("accounts", {}).items() if slug == account.slug]
    code = next((code for code in codes if ":" not in code), "")
    headers = {
        "Channel": request.interface,
        "Context": str(settings.get("call_context", "from-internal")),
        "Exten": f"{settings.get('call_prefix', '')}{request.number}",
        "Priority": "1",
        "Timeout": str(RING_MS),
        "CallerID": request.number,
        "Async": "true",
        "ChannelId": request.channel_id,
        "ActionID": request.channel_id,
    }
    return {**headers, "Account": code} if code else headers


def refuse_request(*, request_id: int, at: datetime, reason: str) -> None:
    """The telephone system did not take the call at all."""
    with open_every_account(reason=WHY):
        move_request(
            request_id=request_id, state=CallRequestState.FAILED, at=at, reason=reason or "The call was refused."
        )


def waiting_orders(*, endpoint_id: int) -> list[int]:
    """Return the orders for calls under way that nobody has carried out yet, the oldest first."""
    with open_every_account(reason=WHY):
        return orders_of(endpoint_id=endpoint_id)


def order_action(*, order_id: int, at: datetime) -> tuple[str, dict[str, str]] | None:
    """Take an order and return the manager action that carries it out; None if there is nothing to do."""
    with open_every_account(reason=WHY):
        return take_order(order_id=order_id, at=at)


def note_order(*, order_id: int, answer: Mapping[str, str], at: datetime) -> None:
    """Note what the telephone system said to an order."""
    taken = answer.get("Response") == "Success"
    state = CallOrderState.DONE if taken else CallOrderState.FAILED
    reason = "" if taken else answer.get("Message", "") or "The telephone system refused it."
    with open_every_account(reason=WHY):
        move_order(order_id=order_id, state=state, at=at, reason=reason)


def interfaces_of(*, operator_id: int) -> list[str]:
    """Return the names by which telephone systems know an operator."""
    return list(OperatorAlias.objects.filter(operator_id=operator_id).order_by("pk").values_list("name", flat=True))


def operator_called(*, names: Sequence[str]) -> int | None:
    """Return the operator known by one of these names, None if there is none."""
    found = OperatorAlias.objects.filter(name__in=[name for name in names if name]).order_by("pk")
    return found.values_list("operator_id", flat=True).first()


def note_connection(*, endpoint_id: int, problem: str, at: datetime) -> None:
    """Show on the endpoint that the connection stands ('') or what is wrong with it."""
    with open_every_account(reason=WHY):
        if problem:
            note_error(endpoint_id=endpoint_id, error=problem, at=at)
        else:
            Endpoint.objects.filter(pk=endpoint_id).exclude(last_error="").update(last_error="")
