"""Which adapter serves which kind of endpoint. Telephone systems import calls and have none."""

from channels_app.contract import Adapter, AdapterError
from channels_app.email.adapter import EmailAdapter
from channels_app.models import EndpointKind
from channels_app.webchat.adapter import WebchatAdapter

_ADAPTERS: dict[str, Adapter] = {
    EndpointKind.EMAIL: EmailAdapter(),
    EndpointKind.WEBCHAT: WebchatAdapter(),
}


def adapter_for(kind: str) -> Adapter:
    """Return the adapter; a kind without one is a permanent AdapterError."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        raise AdapterError(f"Endpoints of the kind {kind!r} take no messages.", permanent=True)
    return adapter
