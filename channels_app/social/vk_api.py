"""What is asked of VK: sending, uploading files, names."""

from channels_app.contract import AdapterError, Delivered, EndpointInfo, OutboundAttachment, OutboundMessage
from channels_app.outbound import send_request
from channels_app.social.payload import Payload
from channels_app.webhook import settings_text

API_URL = "https://api.vk.com/method"
VERSION = "5.199"
MAX_TEXT = 4096
MAX_FILES = 10
# unknown error, too many requests, flood control, internal error, rate limit
_PASSING = frozenset({1, 6, 9, 10, 29})
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})


class VkSender:
    """Calls of the community's interface; a failure is an AdapterError in VK's own words."""

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send text and files; `random_id` is our message's number, so that VK takes a repeated attempt as the same."""
        if len(message.text) > MAX_TEXT:
            raise AdapterError(f"text: VK takes at most {MAX_TEXT} characters.", permanent=True)
        if len(message.attachments) > MAX_FILES:
            raise AdapterError(f"files: VK takes at most {MAX_FILES} at once.", permanent=True)
        peer = message.thread_key or message.recipient.value.removeprefix("vk:")
        answer = _call(
            endpoint,
            "messages.send",
            peer_id=peer,
            message=message.text,
            random_id=str(message.message_id % 2**31),
            attachment=",".join(_upload(endpoint, peer, file) for file in message.attachments),
        )
        number = answer.number("response")
        if not number:
            raise AdapterError("VK took the message and named none.", permanent=True)
        return Delivered(external_id=str(number))

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Return the bytes at VK's address of the file."""
        return send_request(method="GET", url=reference, limit=limit).body

    def contact_name(self, *, endpoint: EndpointInfo, value: str) -> str:
        """Return the name of a person ("vk:123"), '' where VK does not tell."""
        people = _call(endpoint, "users.get", user_ids=value.removeprefix("vk:")).children("response")
        if not people:
            return ""
        return " ".join(part for part in (people[0].text("first_name"), people[0].text("last_name")) if part)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask VK which community the token is of."""
        answer = _call(endpoint, "groups.getById", group_id=endpoint.address)
        found = answer.child("response").children("groups") or answer.children("response")
        if not found:
            raise AdapterError("access_token: it is of no community.", permanent=True)
        if not settings_text(endpoint, "confirmation") or not endpoint.secrets.get("secret_key"):
            raise AdapterError("confirmation, secret_key: set what VK shows for the callback server.", permanent=True)
        return f"VK knows the token as that of {found[0].text('name')}."


def _upload(endpoint: EndpointInfo, peer: str, file: OutboundAttachment) -> str:
    """Put the file on VK's server and return its name there: photo1_2 or doc1_2."""
    photo = file.content_type in _PICTURES
    method = "photos.getMessagesUploadServer" if photo else "docs.getMessagesUploadServer"
    place = _call(endpoint, method, peer_id=peer).child("response").text("upload_url")
    if not place:
        raise AdapterError("VK names no place to upload to.", permanent=False)
    field = "photo" if photo else "file"
    said = send_request(
        method="POST", url=place, form={}, files={field: (file.filename, file.content, file.content_type)}
    ).json()
    uploaded = Payload(said if isinstance(said, dict) else {})
    if photo:
        kept = {name: uploaded.text(name) for name in ("server", "photo", "hash")}
        saved = _call(endpoint, "photos.saveMessagesPhoto", **kept).children("response")
    else:
        answer = _call(endpoint, "docs.save", file=uploaded.text("file"), title=file.filename[:200])
        saved = [found for found in (answer.child("response").child("doc"),) if found]
    if not saved:
        raise AdapterError("VK did not keep the file.", permanent=False)
    return f"{'photo' if photo else 'doc'}{saved[0].text('owner_id')}_{saved[0].text('id')}"


def _call(endpoint: EndpointInfo, method: str, **fields: str) -> Payload:
    token = endpoint.secrets.get("access_token", "")
    if not token:
        raise AdapterError("access_token: not set.", permanent=True)
    url = f"{settings_text(endpoint, 'api_url', API_URL).rstrip('/')}/{method}"
    said = send_request(method="POST", url=url, form={"access_token": token, "v": VERSION, **fields}).json()
    answer = Payload(said if isinstance(said, dict) else {})
    if failed := answer.child("error"):
        code = failed.number("error_code")
        raise AdapterError(f"VK answered {code}: {failed.text('error_msg')}"[:400], permanent=code not in _PASSING)
    return answer
