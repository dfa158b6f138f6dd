"""The providers of SMS, by the name that endpoints give them."""

from channels_app.sms.http import HTTP
from channels_app.sms.jasmin import JASMIN
from channels_app.sms.kannel import KANNEL
from channels_app.sms.twilio import TWILIO
from channels_app.sms.vonage import VONAGE
from channels_app.webhook import Provider, by_name

PROVIDERS: dict[str, Provider] = by_name((TWILIO, VONAGE, KANNEL, JASMIN, HTTP))
