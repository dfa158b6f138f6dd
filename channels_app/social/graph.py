"""Meta's Graph API: one way to call it and to understand its refusals. https://developers.facebook.com/docs/graph-api"""

from collections.abc import Mapping
from typing import Any

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.outbound import Answer, error_of, send_request
from channels_app.social.payload import Payload
from channels_app.webhook import settings_text

API_URL = "https://graph.facebook.com/v23.0"
# service unavailable, the various rate limits, too many messages to one person, upload failed, being set up
_PASSING = frozenset({2, 4, 17, 32, 341, 613, 80007, 130429, 131000, 131016, 131053, 131056, 133004, 133016})
_SENTENCES = {
    10: "The page may not write to this person now.",
    190: "The access token is no longer valid: make a new one and set it as access_token.",
    551: "This person cannot be written to now.",
    131026: "This number takes no WhatsApp messages.",
    131047: "More than 24 hours have passed since the contact wrote: only an approved template can be sent now.",
}


def graph(
    endpoint: EndpointInfo,
    path: str,
    *,
    method: str = "POST",
    json: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    params: Mapping[str, str] | None = None,
) -> Payload:
    """Call the Graph API with the endpoint's access token and return its object, or raise AdapterError."""
    answer = send_request(
        method=method,
        url=f"{base_url(endpoint)}/{path}",
        headers=bearer(endpoint),
        json=json,
        form=form,
        files=files,
        params=params,
        refuse_errors=False,
    )
    if answer.status >= 500 or answer.status == 429:
        raise error_of(answer, host="Meta")
    said = answer.json()
    body = Payload(said if isinstance(said, dict) else {})
    if refused := body.child("error"):
        raise _refusal(refused, answer)
    return body


def bearer(endpoint: EndpointInfo) -> dict[str, str]:
    """Return the header that carries the access token: addresses are logged in too many places."""
    token = endpoint.secrets.get("access_token", "")
    if not token:
        raise AdapterError("access_token: not set.", permanent=True)
    return {"Authorization": f"Bearer {token}"}


def base_url(endpoint: EndpointInfo) -> str:
    """Return where the Graph API is."""
    return settings_text(endpoint, "api_url", API_URL).rstrip("/")


def _refusal(refused: Payload, answer: Answer) -> AdapterError:
    code = refused.number("code")
    passing = code in _PASSING or refused.data.get("is_transient") is True
    known = _SENTENCES.get(code or 0)
    said = refused.child("error_data").text("details") or refused.text("message") or "no reason"
    text = f"Meta answered {code}: {known or said}"
    return AdapterError(text[:400], permanent=not passing, retry_after=error_of(answer, host="Meta").retry_after)
