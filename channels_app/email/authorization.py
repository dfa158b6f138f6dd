"""Access tokens of mailboxes at Google and Microsoft, from a refresh token that an admin has put in (RFC 6749, 6).

A token is renewed by one process at a time and kept, sealed, for all of them; so is a refresh token that the provider
replaces. A provider that refuses is not asked again at once: the mailbox says why until somebody mends it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from django.db.models import Q
from django.utils import timezone

from channels_app.contract import AdapterError, EndpointInfo
from channels_app.models import MailAuthorization
from channels_app.outbound import Answer, error_of, send_request
from contactcenter.kernel.sealing import seal, unseal
from contactcenter.tenancy.doors import open_account

GOOGLE = "google"
MICROSOFT = "microsoft"
OTHER = "other"
_GOOGLE_URL = "https://oauth2.googleapis.com/token"
_MICROSOFT_URL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_NAMES = {GOOGLE: "Google", MICROSOFT: "Microsoft", OTHER: "The token server"}
# answers that another attempt cannot change: somebody has to authorise anew, or mend the client
_FINAL = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope"})
# a token is renewed this long before it ends, and used no more this shortly before
EARLY = timedelta(minutes=5)
SPARE = timedelta(minutes=1)
# a process that was killed while it asked is waited for no longer
LEASE = timedelta(seconds=60)
REFUSED_FOR = timedelta(minutes=15)
WAIT_S = 15.0
DEFAULT_LIFE_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """What an endpoint says of its authorisation."""

    provider: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Tell one configuration from the next, without telling what is in it."""
        parts = (self.token_url, self.client_id, self.client_secret, self.refresh_token)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def authorization_of(endpoint: EndpointInfo) -> "Authorization | None":
    """Return the authorisation of a mailbox that logs in by tokens, None for one that does by a password.

    Secrets `oauth_refresh_token` and `oauth_client_secret` (apps of Microsoft may have none); settings `oauth_provider`
    (google, microsoft, other), `oauth_client_id`, `oauth_tenant` (microsoft; "common" unless told), `oauth_url`
    (other). Raises a permanent AdapterError that names what is missing.
    """
    refresh_token = endpoint.secrets.get("oauth_refresh_token", "")
    if not refresh_token:
        return None
    provider = str(endpoint.settings.get("oauth_provider") or "")
    if provider not in _NAMES:
        raise AdapterError("oauth_provider: expected google, microsoft or other.", permanent=True)
    url = {
        GOOGLE: _GOOGLE_URL,
        MICROSOFT: _MICROSOFT_URL.format(tenant=endpoint.settings.get("oauth_tenant") or "common"),
        OTHER: str(endpoint.settings.get("oauth_url") or ""),
    }[provider]
    client_id = str(endpoint.settings.get("oauth_client_id") or "")
    missing = next((name for name, value in {"oauth_client_id": client_id, "oauth_url": url}.items() if not value), "")
    if missing:
        raise AdapterError(f"{missing}: not set.", permanent=True)
    client = OAuthClient(
        provider=provider,
        token_url=url,
        client_id=client_id,
        client_secret=endpoint.secrets.get("oauth_client_secret", ""),
        refresh_token=refresh_token,
    )
    return Authorization(endpoint=endpoint, client=client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Satisfies servers.TokenSource. No transaction may be open: renewing asks the provider."""

    endpoint: EndpointInfo
    client: OAuthClient
    now: Callable[[], datetime] = timezone.now

    def access_token(self) -> str:
        """Return a token that is good for a minute at least; an AdapterError's sentence says what to mend."""
        give_up_at = monotonic() + WAIT_S
        with open_account(self.endpoint.account_id):
            while True:
                row = self._row()
                at = self.now()
                if row.refused_at is not None and at < row.refused_at + REFUSED_FOR:
                    raise AdapterError(row.error, permanent=False)
                kept = self._kept(row, until=at + SPARE)
                if kept and self._kept(row, until=at + EARLY):
                    return kept
                if self._claim(row, at=at):
                    return self._renew(row, at=at)
                # somebody else is renewing it
                if kept:
                    return kept
                if monotonic() > give_up_at:
                    raise AdapterError("The access token is being renewed; it takes unusually long.", permanent=False)
                sleep(0.2)

    def forget(self) -> None:
        """Renew the token at the next use: the mail server did not take it."""
        with open_account(self.endpoint.account_id):
            MailAuthorization.objects.filter(endpoint_id=self.endpoint.id).update(expires_at=None)

    def _row(self) -> MailAuthorization:
        """Return what is kept for this configuration; what was kept for another is dropped."""
        fingerprint = self.client.fingerprint
        MailAuthorization.objects.bulk_create(
            [
                MailAuthorization(
                    account_id=self.endpoint.account_id, endpoint_id=self.endpoint.id, fingerprint=fingerprint
                )
            ],
            ignore_conflicts=True,
        )
        rows = MailAuthorization.objects.filter(endpoint_id=self.endpoint.id)
        rows.exclude(fingerprint=fingerprint).update(
            fingerprint=fingerprint, sealed="", expires_at=None, refreshing_until=None, refused_at=None, error=""
        )
        return rows.get()

    def _kept(self, row: MailAuthorization, *, until: datetime) -> str:
        if row.expires_at is None or row.expires_at <= until:
            return ""
        return str(unseal(row.sealed).get("access_token", ""))

    def _claim(self, row: MailAuthorization, *, at: datetime) -> bool:
        """Take the right to renew: nobody else has it, and nobody has renewed since we looked."""
        free = Q(refreshing_until__isnull=True) | Q(refreshing_until__lt=at)
        rows = MailAuthorization.objects.filter(
            free, pk=row.pk, fingerprint=row.fingerprint, sealed=row.sealed, expires_at=row.expires_at
        )
        return rows.update(refreshing_until=at + LEASE) == 1

    def _renew(self, row: MailAuthorization, *, at: datetime) -> str:
        refresh_token = str(unseal(row.sealed).get("refresh_token") or self.client.refresh_token)
        changes: dict[str, Any] = {"refreshing_until": None}
        try:
            answer = self._ask(refresh_token)
            access_token = str(answer["access_token"])
            changes |= {
                "sealed": seal(
                    {"access_token": access_token, "refresh_token": str(answer.get("refresh_token") or refresh_token)}
                ),
                "expires_at": at + timedelta(seconds=_seconds(answer.get("expires_in"))),
                "refused_at": None,
                "error": "",
            }
            return access_token
        except AdapterError as error:
            if error.permanent:
                changes |= {"refused_at": at, "error": str(error)[:500], "expires_at": None}
            # a mail waits for the admin as it waits for a server that is away
            raise AdapterError(str(error), permanent=False, retry_after=error.retry_after) from error
        finally:
            MailAuthorization.objects.filter(pk=row.pk, fingerprint=row.fingerprint).update(**changes)

    def _ask(self, refresh_token: str) -> dict[str, Any]:
        form: dict[str, str | list[str]] = {
            "grant_type": "refresh_token",
            "client_id": self.client.client_id,
            "refresh_token": refresh_token,
        }
        if self.client.client_secret:
            form["client_secret"] = self.client.client_secret
        answer = send_request(method="POST", url=self.client.token_url, form=form, refuse_errors=False)
        said = _object(answer)
        if 200 <= answer.status < 300 and said.get("access_token"):
            return said
        code = str(said.get("error") or "")
        words = ": ".join(filter(None, (code, " ".join(str(said.get("error_description") or "").split())[:200])))
        who = _NAMES[self.client.provider]
        if code == "invalid_grant":
            raise AdapterError(
                f"{who} no longer accepts the authorisation of {self.endpoint.address} ({words}). "
                "Authorise the mailbox anew and put the new oauth_refresh_token in.",
                permanent=True,
            )
        if code in _FINAL:
            raise AdapterError(
                f"{who} refuses the app of {self.endpoint.address} ({words}). Check oauth_client_id and "
                "oauth_client_secret.",
                permanent=True,
            )
        refused = error_of(answer, host=who, reason=words or "no access token in the answer")
        raise AdapterError(str(refused), permanent=False, retry_after=refused.retry_after)


def _object(answer: Answer) -> dict[str, Any]:
    try:
        said = answer.json()
    except AdapterError:
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(value: object) -> int:
    """Return how long a token lasts; providers that do not say give an hour."""
    try:
        return max(int(str(value)), 0)
    except ValueError:
        return DEFAULT_LIFE_S
