"""Approved templates: kept as the network lists them, filled in, sent."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from channels_app.abilities import HasTemplates
from channels_app.contract import AdapterError
from channels_app.endpoints import endpoint_info, note_error
from channels_app.models import Endpoint, EndpointKind, MessageTemplate
from channels_app.queries import social_place
from channels_app.registry import adapter_for
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Channel, Message

_PARAMETER = re.compile(r"\{\{\s*(\d{1,2})\s*\}\}")
MAX_PARAMETER = 1024


def parameter_count(body: str) -> int:
    """Return how many parameters a template's text takes: the highest number in it."""
    return max((int(number) for number in _PARAMETER.findall(body)), default=0)


def filled_in(body: str, *, parameters: Sequence[str]) -> str:
    """Return the text with its parameters in place; Invalid where their number is another or one is empty or too long.

    WhatsApp takes neither line breaks nor tabs in a parameter.
    """
    wanted = parameter_count(body)
    if len(parameters) != wanted:
        raise Invalid(f"This template takes {wanted} parameters, {len(parameters)} were given.", field="parameters")
    for index, text in enumerate(parameters, start=1):
        if not text.strip() or len(text) > MAX_PARAMETER or re.search(r"[\r\n\t]", text):
            raise Invalid(
                f"Parameter {index}: 1 to {MAX_PARAMETER} characters on one line, please.", field="parameters"
            )
    return _PARAMETER.sub(lambda match: parameters[int(match[1]) - 1] if int(match[1]) else match[0], body)


@transaction.atomic
def send_template(
    *,
    ticket_id: int,
    template_id: int,
    parameters: Sequence[str],
    operator_id: int | None,
    at: datetime,
    client_uuid: UUID,
) -> Message:
    """Queue an approved text as a reply on the ticket's social network; the same client_uuid again is the same message.

    NotFound where the ticket's endpoint has no such template, Invalid where the parameters do not fit.
    """
    place = social_place(ticket_id=ticket_id)
    template = (
        None if place is None else MessageTemplate.objects.filter(pk=template_id, endpoint_id=place.endpoint_id).first()
    )
    if place is None or template is None:
        raise NotFound("The ticket's network has no such template.", field="template_id")
    return send_reply(
        ticket=place.ticket,
        operator_id=operator_id,
        channel=Channel.SOCIAL,
        text=filled_in(template.body, parameters=parameters),
        at=at,
        client_uuid=client_uuid,
        template={"name": template.name, "language": template.language, "parameters": list(parameters)},
    )


def refresh_templates(*, endpoint_id: int, at: datetime) -> int:
    """Keep what the network lists as approved now, and return how many; needs the account's scope.

    Raises AdapterError, noted on the endpoint, and then changes nothing.
    """
    endpoint = Endpoint.objects.select_related("account").get(pk=endpoint_id)
    adapter = adapter_for(kind=endpoint.kind, provider=endpoint.provider)
    if not isinstance(adapter, HasTemplates):
        return 0
    try:
        listed = adapter.templates(endpoint=endpoint_info(endpoint))
    except AdapterError as error:
        note_error(endpoint_id=endpoint_id, error=f"Templates could not be listed: {error}", at=at)
        raise
    rows = {(item.name, item.language): item for item in listed if item.body}
    with transaction.atomic():
        Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint_id)
        known = MessageTemplate.objects.filter(endpoint_id=endpoint_id).values_list("pk", "name", "language")
        MessageTemplate.objects.filter(pk__in=[pk for pk, *key in known if tuple(key) not in rows]).delete()
        MessageTemplate.objects.bulk_create(
            [
                MessageTemplate(
                    account_id=endpoint.account_id,
                    endpoint_id=endpoint_id,
                    name=item.name,
                    language=item.language,
                    body=item.body,
                )
                for item in rows.values()
            ],
            update_conflicts=True,
            unique_fields=["endpoint", "name", "language"],
            update_fields=["body"],
        )
    return len(rows)


def with_templates() -> list[tuple[int, int]]:
    """Return (account id, endpoint id) of active endpoints whose network has templates."""
    endpoints = Endpoint.objects.filter(kind=EndpointKind.SOCIAL, is_active=True).order_by("pk")
    return [
        (endpoint.account_id, endpoint.pk)
        for endpoint in endpoints
        if isinstance(adapter_for(kind=endpoint.kind, provider=endpoint.provider), HasTemplates)
    ]
