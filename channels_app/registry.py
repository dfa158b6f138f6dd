"""Which adapter serves which endpoint. Mailboxes and widgets have one; SMS and social networks one per provider.

Telephone systems report calls; '' is an Asterisk.
"""

from channels_app.contract import Adapter, AdapterError
from channels_app.email.adapter import EmailAdapter
from channels_app.models import EndpointKind
from channels_app.phone.providers import PROVIDERS as VOICE_PROVIDERS
from channels_app.sms.providers import PROVIDERS as SMS_PROVIDERS
from channels_app.social.providers import PROVIDERS as SOCIAL_PROVIDERS
from channels_app.webchat.adapter import WebchatAdapter
from channels_app.webhook import Provider

_ADAPTERS: dict[str, Adapter] = {
    EndpointKind.EMAIL: EmailAdapter(),
    EndpointKind.WEBCHAT: WebchatAdapter(),
}
PROVIDERS: dict[str, dict[str, Provider]] = {
    EndpointKind.SMS: SMS_PROVIDERS,
    EndpointKind.SOCIAL: SOCIAL_PROVIDERS,
    EndpointKind.VOICE: VOICE_PROVIDERS,
}


def adapter_for(*, kind: str, provider: str = "") -> Adapter:
    """Return the adapter; a kind or provider without one is a permanent AdapterError."""
    if kind in PROVIDERS:
        return provider_of(kind=kind, provider=provider).adapter
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        raise AdapterError(f"Endpoints of the kind {kind!r} take no messages.", permanent=True)
    return adapter


def provider_of(*, kind: str, provider: str) -> Provider:
    """Return the provider of an SMS or social endpoint; an unknown one is a permanent AdapterError."""
    found = PROVIDERS.get(kind, {}).get(provider)
    if found is None:
        raise AdapterError(f"There is no provider {provider!r} of the kind {kind!r}.", permanent=True)
    return found
