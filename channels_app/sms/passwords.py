"""Doors of gateways that sign nothing: what proves them is the unguessable address, and a password if one is set."""

import hmac
from urllib.parse import quote

from channels_app.contract import EndpointInfo
from channels_app.webhook import BadSignature, WebhookAnswer, WebhookRequest

# the name of the secret, not the secret
SECRET = "hook_password"  # noqa: S105


class PasswordDoor:
    """The part of webhook.WebhookDoor that gateways on own or hired machines share."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """There is no handshake."""
        return None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Compare the `hook_password` of the query where the endpoint has one."""
        wanted = endpoint.secrets.get(SECRET, "")
        given = next((value for name, value in request.query_pairs() if name == SECRET), "")
        if wanted and not hmac.compare_digest(wanted.encode(), given.encode()):
            raise BadSignature(f"{SECRET}: missing or wrong in the query of the webhook's address.")


def password_pair(endpoint: EndpointInfo) -> tuple[str, ...]:
    """Return the pair of the query that proves reports which come by an address of ours; none without a password."""
    secret = endpoint.secrets.get(SECRET, "")
    return (f"{SECRET}={quote(secret, safe='')}",) if secret else ()
