"""Which adapter serves which endpoint. Widgets have one; SMS and social networks one per provider.

Mailboxes have one of their own ('': IMAP, SMTP, pipe) and one per provider that posts mails. Telephone systems report
calls; '' is an Asterisk.
"""

from channels_app.contract import Adapter, AdapterError
from channels_app.email.adapter import EmailAdapter
from channels_app.email.providers import PROVIDERS as EMAIL_PROVIDERS
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
    EndpointKind.EMAIL: EMAIL_PROVIDERS,
    EndpointKind.SMS: SMS_PROVIDERS,
    EndpointKind.SOCIAL: SOCIAL_PROVIDERS,
    EndpointKind.VOICE: VOICE_PROVIDERS,
}


def adapter_for(*, kind: str, provider: str = "") -> Adapter:
    """Return the adapter; a kind or provider without one is a permanent AdapterError."""
    adapter = None if provider else _ADAPTERS.get(kind)
    if adapter is None and kind in PROVIDERS:
        return provider_of(kind=kind, provider=provider).adapter
    if adapter is None:
        raise AdapterError(f"Endpoints of the kind {kind!r} take no messages.", permanent=True)
    return adapter


def provider_of(*, kind: str, provider: str) -> Provider:
    """Return the provider of an endpoint; an unknown one is a permanent AdapterError."""
    found = PROVIDERS.get(kind, {}).get(provider)
    if found is None:
        raise AdapterError(f"There is no provider {provider!r} of the kind {kind!r}.", permanent=True)
    return found


def needs_provider(*, kind: str) -> bool:
    """Tell whether an endpoint of the kind must name one of PROVIDERS."""
    return kind in PROVIDERS and kind not in _ADAPTERS
