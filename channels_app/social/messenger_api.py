"""What is asked of Messenger and Instagram: sending within their windows, names."""

import json as json_codec
from typing import Any

from channels_app.contract import AdapterError, Delivered, EndpointInfo, OutboundAttachment, OutboundMessage
from channels_app.outbound import send_request
from channels_app.social.graph import graph
from channels_app.social.window import HUMAN_AGENT_WINDOW, WINDOW, open_until, refuse_closed

MAX_TEXT = {"messenger": 2000, "instagram": 1000}
_NAMES = {"messenger": "Messenger", "instagram": "Instagram"}
_PROFILE = {"messenger": "first_name,last_name", "instagram": "name,username"}


class MessengerSender:
    """Calls of the page's interface; `network` is messenger or instagram."""

    def __init__(self, *, network: str) -> None:
        self.network = network

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send a text or one file; a person who wrote more than 24 hours ago only as a human agent, if allowed."""
        name = _NAMES[self.network]
        frame = {**_kind_of_answer(endpoint, message, name), "recipient": {"id": self._person(message)}}
        path = "me/messages"
        if not message.attachments:
            if len(message.text.encode()) > MAX_TEXT[self.network]:
                raise AdapterError(f"text: {name} takes at most {MAX_TEXT[self.network]} bytes.", permanent=True)
            answer = graph(endpoint, path, json={**frame, "message": {"text": message.text}})
        else:
            if len(message.attachments) > 1 or message.text:
                raise AdapterError(f"files: {name} takes a text or one file a message, not both.", permanent=True)
            answer = self._send_file(endpoint, path, frame, message.attachments[0])
        if not answer.text("message_id"):
            raise AdapterError(f"{name} took the message and named none.", permanent=True)
        return Delivered(external_id=answer.text("message_id"))

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Return the bytes at the file's address, which lets in whoever has it."""
        return send_request(method="GET", url=reference, limit=limit).body

    def contact_name(self, *, endpoint: EndpointInfo, value: str) -> str:
        """Return the name of a person who wrote to the page."""
        person = value.partition(":")[2]
        found = graph(endpoint, person, method="GET", params={"fields": _PROFILE[self.network]})
        full = " ".join(part for part in (found.text("first_name"), found.text("last_name")) if part)
        return full or found.text("name") or found.text("username")

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask Meta whose token it is."""
        for name in ("app_secret", "verify_token"):
            if not endpoint.secrets.get(name):
                raise AdapterError(f"{name}: not set.", permanent=True)
        page = graph(endpoint, "me", method="GET", params={"fields": "id,name"})
        if page.text("id") != endpoint.address:
            raise AdapterError(
                f"address: the token is of {page.text('id')}, this endpoint of {endpoint.address}.", permanent=True
            )
        return f"{_NAMES[self.network]} knows the token as that of {page.text('name')}."

    def _person(self, message: OutboundMessage) -> str:
        return message.thread_key or message.recipient.value.partition(":")[2]

    def _send_file(self, endpoint: EndpointInfo, path: str, frame: dict[str, Any], file: OutboundAttachment) -> Any:
        kind = file.content_type.partition("/")[0]
        kind = kind if kind in {"image", "video", "audio"} else "file"
        if self.network == "messenger":
            attachment = {"attachment": {"type": kind, "payload": {"is_reusable": False}}}
            form = {name: value if isinstance(value, str) else json_codec.dumps(value) for name, value in frame.items()}
            return graph(
                endpoint,
                path,
                form={**form, "message": json_codec.dumps(attachment)},
                files={"filedata": (file.filename, file.content, file.content_type)},
            )
        if not file.url:
            raise AdapterError("files: this installation has no public address to fetch files from.", permanent=True)
        return graph(
            endpoint, path, json={**frame, "message": {"attachment": {"type": kind, "payload": {"url": file.url}}}}
        )


def _kind_of_answer(endpoint: EndpointInfo, message: OutboundMessage, name: str) -> dict[str, str]:
    until = open_until(last_inbound_at=message.last_inbound_at, window=WINDOW)
    if until is not None and (message.sent_at or message.at) < until:
        return {"messaging_type": "RESPONSE"}
    if endpoint.settings.get("human_agent") is not True:
        refuse_closed(message=message, network=name, way_out="the contact must write first.")
    refuse_closed(message=message, network=name, way_out="the contact must write first.", window=HUMAN_AGENT_WINDOW)
    return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
