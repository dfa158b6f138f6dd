"""The SASL mechanism XOAUTH2, as Google and Microsoft describe it: a user and an access token. Pure."""

import json

MECHANISM = "XOAUTH2"
MAX_SHOWN = 200


def initial_response(*, user: str, access_token: str) -> str:
    """Return what is sent in Base64 to log in."""
    return f"user={user}\x01auth=Bearer {access_token}\x01\x01"


def refusal(challenge: bytes) -> str:
    """Return in words why the server refuses a token: it says so in JSON ({"status": "401"}) before it gives up."""
    text = challenge.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        return " ".join(text.split())[:MAX_SHOWN]
    if not isinstance(said, dict):
        return ""
    return " ".join(str(said[name]) for name in ("status", "error_description", "scope") if said.get(name))[:MAX_SHOWN]
