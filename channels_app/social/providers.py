"""The providers of social networks, by the name that endpoints give them."""

from channels_app.social import messenger_api, telegram_api, viber, vk_api, whatsapp_api
from channels_app.social.messenger import MessengerAdapter
from channels_app.social.messenger import split_entry as split_messenger
from channels_app.social.meta_door import MetaDoor
from channels_app.social.telegram import TelegramAdapter, TelegramDoor
from channels_app.social.viber import ViberAdapter, ViberDoor
from channels_app.social.vk import VkAdapter, VkDoor
from channels_app.social.whatsapp import PRODUCT, WhatsAppAdapter
from channels_app.social.whatsapp import split_entry as split_whatsapp
from channels_app.social.window import WINDOW
from channels_app.webhook import Provider, ProviderField, by_name

_META = (
    ProviderField(name="access_token", secret=True),
    ProviderField(name="app_secret", secret=True),
    ProviderField(name="verify_token", secret=True),
)

PROVIDERS: dict[str, Provider] = by_name(
    (
        Provider(
            name="telegram",
            max_files=telegram_api.MAX_ALBUM,
            text_with_files=True,
            max_text=telegram_api.MAX_TEXT,
            adapter=TelegramAdapter(),
            door=TelegramDoor(),
            fields=(ProviderField(name="bot_token", secret=True), ProviderField(name="webhook_secret", secret=True)),
        ),
        Provider(
            name="viber",
            max_files=1,
            max_text=viber.MAX_TEXT,
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
            max_files=vk_api.MAX_FILES,
            text_with_files=True,
            max_text=vk_api.MAX_TEXT,
            adapter=VkAdapter(),
            door=VkDoor(),
            fields=(
                ProviderField(name="access_token", secret=True),
                ProviderField(name="secret_key", secret=True),
                ProviderField(name="confirmation"),
            ),
        ),
        Provider(
            name="whatsapp",
            max_files=1,
            text_with_files=True,
            max_text=whatsapp_api.MAX_TEXT,
            window=WINDOW,
            adapter=WhatsAppAdapter(),
            door=MetaDoor(product=PRODUCT, split_entry=split_whatsapp),
            fields=(*_META, ProviderField(name="business_account_id", required=False)),
        ),
        Provider(
            name="messenger",
            max_files=1,
            max_text=messenger_api.MAX_TEXT["messenger"],
            window=WINDOW,
            adapter=MessengerAdapter(network="messenger"),
            door=MetaDoor(product="page", split_entry=split_messenger),
            fields=(*_META, ProviderField(name="human_agent", required=False)),
        ),
        Provider(
            name="instagram",
            max_files=1,
            max_text=messenger_api.MAX_TEXT["instagram"],
            window=WINDOW,
            adapter=MessengerAdapter(network="instagram"),
            door=MetaDoor(product="instagram", split_entry=split_messenger),
            fields=(*_META, ProviderField(name="human_agent", required=False)),
        ),
    )
)
