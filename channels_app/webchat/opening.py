"""Whether somebody is there to chat: the one place that decides between the chat and the offline form."""

import logging
from datetime import datetime

from channels_app.webchat.hours import is_open
from channels_app.webchat.queries import ChatEndpoint
from contactcenter.operators.models import Operator

logger = logging.getLogger(__name__)


def chat_is_open(*, endpoint: ChatEndpoint, at: datetime) -> bool:
    """Return whether it is within the endpoint's hours and an operator entitled to its account is available.

    Hours that cannot be understood are logged and count as none: a typing error must not send visitors away.
    """
    try:
        if not is_open(hours=endpoint.hours, at=at):
            return False
    except ValueError as error:
        logger.warning("endpoint %s: %s", endpoint.id, error)
    # the state belongs to routing, beside this app; it is read by the name of its relation
    return Operator.objects.filter(
        is_active=True,
        user__is_active=True,
        user__memberships__account_id=endpoint.account_id,
        state__presence="available",
    ).exists()
