"""The providers of SMS, by the name that endpoints give them."""

from channels_app.webhook import Provider, by_name

PROVIDERS: dict[str, Provider] = by_name(())
