"""A mail to the client's admins when their webhook is disabled: nobody looks at a page that has always worked."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings

from channels_app.subscriptions.models import WebhookSubscription
from contactcenter.kernel.house_mail import MailNotConfigured, send_house_mail
from contactcenter.tenancy.models import Language, Role, User

logger = logging.getLogger(__name__)

# what no mail server took by then is no news any more; the page says it
TOLD_WITHIN = timedelta(days=3)
TEXTS = {
    Language.ENGLISH: (
        "Your webhook is switched off: {host}",
        "Hello {name},\n\nthe webhook of {account} to {url} has been switched off.\n\nReason: {reason}\n"
        "Last error: {error}\n\nNo events are sent there any more. They are kept for 30 days: mend the address, then "
        "switch the webhook on again at {page}, and everything that waited is sent.\n",
    ),
    Language.RUSSIAN: (
        "Ваш вебхук отключён: {host}",
        "Здравствуйте, {name}!\n\nВебхук клиента «{account}» на адрес {url} отключён.\n\nПричина: {reason}\n"
        "Последняя ошибка: {error}\n\nСобытия туда больше не отправляются. Они хранятся 30 дней: исправьте адрес и "
        "включите вебхук на странице {page} — всё, что ждало, будет отправлено.\n",
    ),
    Language.SPANISH: (
        "Su webhook está desactivado: {host}",
        "Hola, {name}:\n\nel webhook de {account} hacia {url} se ha desactivado.\n\nMotivo: {reason}\n"
        "Último error: {error}\n\nYa no se envían eventos a esa dirección. Se guardan 30 días: corrija la dirección, "
        "vuelva a activar el webhook en {page} y se enviará todo lo que esperaba.\n",
    ),
}
Send = Callable[..., None]


def tell_disabled(*, subscription_id: int, at: datetime, send: Send = send_house_mail) -> int:
    """Tell the client's admins, or who made the webhook where there are none; returns how many mails left.

    Claimed by a conditional update, so that each disabling is told once; if no mail leaves it is tried again.
    """
    claimed = WebhookSubscription.objects.filter(
        pk=subscription_id, is_active=False, disabled_at__isnull=False, told_at__isnull=True
    ).update(told_at=at)
    if claimed != 1:
        return 0
    subscription = WebhookSubscription.objects.select_related("account", "created_by").get(pk=subscription_id)
    people = list(
        User.objects.filter(
            role=Role.CLIENT_ADMIN, is_active=True, memberships__account_id=subscription.account_id
        ).order_by("pk")
    ) or [person for person in [subscription.created_by] if person.is_active]
    left = sum(_told(subscription, person, send) for person in people)
    if people and not left:
        WebhookSubscription.objects.filter(pk=subscription_id).update(told_at=None)
    return left


def untold(*, at: datetime) -> list[int]:
    """Return the subscriptions whose disabling nobody has been told of yet."""
    rows = WebhookSubscription.objects.filter(is_active=False, disabled_at__gt=at - TOLD_WITHIN, told_at__isnull=True)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:100])


def _told(subscription: WebhookSubscription, person: User, send: Send) -> bool:
    subject, body = TEXTS[Language(person.language)]
    values = {
        "host": urlsplit(subscription.url).hostname or "",
        "name": person.full_name,
        "account": subscription.account.name,
        "url": subscription.url,
        "reason": subscription.disabled_reason,
        "error": subscription.last_error,
        "page": f"{settings.PUBLIC_URL}/client/api",
    }
    try:
        send(
            sender=f"no-reply@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}",
            recipient=person.email,
            subject=subject.format(**values),
            body=body.format(**values),
        )
    except (SMTPException, OSError, MailNotConfigured):
        logger.exception("webhook %s: its admins could not be told that it is disabled", subscription.pk)
        return False
    return True
