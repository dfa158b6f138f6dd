"""Names of contacts that only their network knows."""

import logging

from channels_app.abilities import KnowsNames
from channels_app.contract import AdapterError
from channels_app.email.charsets import clean
from channels_app.endpoints import endpoint_info
from channels_app.models import Endpoint
from channels_app.registry import adapter_for
from contactcenter.contacts.actions import fill_in_name
from contactcenter.contacts.models import ContactPoint

logger = logging.getLogger(__name__)


def name_contact(*, endpoint_id: int, point_id: int) -> None:
    """Give the contact behind the point the name that the network says, if they have none; needs the account's scope.

    A provider that does not tell is only logged: the contact's next message asks again.
    """
    endpoint = Endpoint.objects.select_related("account").get(pk=endpoint_id)
    point = ContactPoint.objects.select_related("contact").filter(pk=point_id).first()
    adapter = adapter_for(kind=endpoint.kind, provider=endpoint.provider)
    if point is None or point.contact.name or not isinstance(adapter, KnowsNames):
        return
    try:
        name = clean(adapter.contact_name(endpoint=endpoint_info(endpoint), value=point.value)).strip()
    except AdapterError as error:
        logger.warning("endpoint %s: the name of a contact is not known: %s", endpoint_id, error)
        return
    if name:
        fill_in_name(contact_id=point.contact_id, name=name)
