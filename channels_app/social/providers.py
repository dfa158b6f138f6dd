"""The providers of social networks, by the name that endpoints give them."""

from channels_app.social.telegram import TelegramAdapter, TelegramDoor
from channels_app.social.viber import ViberAdapter, ViberDoor
from channels_app.social.vk import VkAdapter, VkDoor
from channels_app.webhook import Provider, ProviderField, by_name

PROVIDERS: dict[str, Provider] = by_name(
    (
        Provider(
            name="telegram",
            adapter=TelegramAdapter(),
            door=TelegramDoor(),
            fields=(ProviderField(name="bot_token", secret=True), ProviderField(name="webhook_secret", secret=True)),
        ),
        Provider(
            name="viber",
            adapter=ViberAdapter(),
            door=ViberDoor(),
            fields=(
                ProviderField(name="bot_token", secret=True),
                ProviderField(name="from_name", required=False),
                ProviderField(name="welcome", required=False),
            ),
        ),
        Provider(
            name="vk",
            adapter=VkAdapter(),
            door=VkDoor(),
            fields=(
                ProviderField(name="access_token", secret=True),
                ProviderField(name="secret_key", secret=True),
                ProviderField(name="confirmation"),
            ),
        ),
    )
)
