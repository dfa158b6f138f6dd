"""What is asked of WhatsApp: sending within its window, templates, files."""

from collections.abc import Mapping
from typing import Any

from channels_app.contract import (
    AdapterError,
    ApprovedTemplate,
    Delivered,
    EndpointInfo,
    OutboundAttachment,
    OutboundMessage,
)
from channels_app.outbound import send_request
from channels_app.social.graph import bearer, graph
from channels_app.social.payload import Payload
from channels_app.social.window import refuse_closed
from channels_app.webhook import settings_text

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_TEMPLATES = 500
_KINDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "audio/ogg": "audio",
    "audio/mpeg": "audio",
}


class WhatsAppSender:
    """Calls of the phone number's interface."""

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send a template, a text, or one file with a caption; the latter two while the window is open only."""
        if message.template is None:
            refuse_closed(message=message, network="WhatsApp", way_out="only an approved template can be sent now.")
            content = _content(endpoint, message)
        else:
            content = {"type": "template", "template": _template(message.template)}
        person = message.thread_key or message.recipient.value.removeprefix("whatsapp:")
        answer = graph(
            endpoint,
            f"{endpoint.address}/messages",
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                # who hides their number is written to by the id that the business knows them by
                ("to" if person.isdecimal() else "recipient"): person,
                **content,
            },
        )
        named = next((item.text("id") for item in answer.children("messages")), "")
        if not named:
            raise AdapterError("WhatsApp took the message and named none.", permanent=True)
        return Delivered(external_id=named)

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Ask where the file is, then for its bytes; both need the token."""
        url = graph(endpoint, reference, method="GET").text("url")
        if not url:
            raise AdapterError("WhatsApp does not give this file out any more.", permanent=True)
        return send_request(method="GET", url=url, headers=bearer(endpoint), limit=limit).body

    def templates(self, *, endpoint: EndpointInfo) -> list[ApprovedTemplate]:
        """Return the approved templates of the business account (setting `business_account_id`)."""
        business = settings_text(endpoint, "business_account_id")
        if not business:
            raise AdapterError("business_account_id: not set; templates are listed by it.", permanent=True)
        params = {"fields": "name,language,status,category,components", "limit": str(MAX_TEMPLATES)}
        answer = graph(endpoint, f"{business}/message_templates", method="GET", params=params)
        return [_listed(item) for item in answer.children("data") if item.text("status") == "APPROVED"]

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask WhatsApp which number the endpoint is."""
        for name in ("app_secret", "verify_token"):
            if not endpoint.secrets.get(name):
                raise AdapterError(f"{name}: not set.", permanent=True)
        fields = {"fields": "display_phone_number,verified_name,quality_rating"}
        number = graph(endpoint, endpoint.address, method="GET", params=fields)
        return f"WhatsApp knows {number.text('display_phone_number')} as {number.text('verified_name')}."


def _content(endpoint: EndpointInfo, message: OutboundMessage) -> dict[str, Any]:
    if not message.attachments:
        if len(message.text) > MAX_TEXT:
            raise AdapterError(f"text: WhatsApp takes at most {MAX_TEXT} characters.", permanent=True)
        link = "https://" in message.text or "http://" in message.text
        return {"type": "text", "text": {"body": message.text, "preview_url": link}}
    if len(message.attachments) > 1:
        raise AdapterError("files: WhatsApp takes one a message.", permanent=True)
    file = message.attachments[0]
    kind = _KINDS.get(file.content_type, "document")
    if kind == "audio" and message.text:
        raise AdapterError("text: WhatsApp takes none with a recording.", permanent=True)
    if len(message.text) > MAX_CAPTION:
        raise AdapterError(f"text: WhatsApp takes at most {MAX_CAPTION} characters with a file.", permanent=True)
    described: dict[str, str] = {"id": _upload(endpoint, file)}
    if message.text:
        described["caption"] = message.text
    if kind == "document":
        described["filename"] = file.filename
    return {"type": kind, kind: described}


def _upload(endpoint: EndpointInfo, file: OutboundAttachment) -> str:
    answer = graph(
        endpoint,
        f"{endpoint.address}/media",
        form={"messaging_product": "whatsapp", "type": file.content_type},
        files={"file": (file.filename, file.content, file.content_type)},
    )
    if not answer.text("id"):
        raise AdapterError("WhatsApp did not keep the file.", permanent=False)
    return answer.text("id")


def _template(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """`chosen` is {"name", "language", "parameters": [text, ...]}: the parameters of the body, in order."""
    template: dict[str, Any] = {"name": chosen["name"], "language": {"code": chosen["language"]}}
    parameters = [{"type": "text", "text": text} for text in chosen.get("parameters", [])]
    if parameters:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return template


def _listed(item: Payload) -> ApprovedTemplate:
    body = next((part.text("text") for part in item.children("components") if part.text("type") == "BODY"), "")
    return ApprovedTemplate(name=item.text("name"), language=item.text("language"), body=body)
