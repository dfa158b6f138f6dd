"""What an endpoint's settings say about its telephone system: accounts, languages, region, telephones. Pure.

Settings of a voice endpoint, all optional:
    time_zone  name of the telephone system's zone, for logs in local time ("America/Chicago")
    region     ISO 3166 code in which national numbers are read ("GB")
    accounts   {"queue:acme-es": "acme", "did:+13125550101": "acme", "code:acme": "acme"}: whose a call is; slugs of
               accounts; did before queue before code (the system's account code), else the endpoint's own account
    languages  {"queue:acme-es": "es", "did:+74950000201": "ru"}: language of the caller's line
    phones     {"PJSIP/101": "Anna Kovacs"}: operators' telephones, added to the operators' aliases
    callback_queues  ["sales"]: whoever leaves one of these queues by a key asks to be called back ("*": any queue)
    lost_after_hours  after so many hours without a word a call whose end was lost is closed (default 4)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels_app.phone.calls import Call, Direction, Outcome


class BadSettings(ValueError):
    """An endpoint's settings make no sense; the message names the setting and the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The settings, checked."""

    time_zone: ZoneInfo | None = None
    region: str | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    callback_queues: frozenset[str] = frozenset()
    lost_after: timedelta = timedelta(hours=4)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Directory":
        """Return the checked settings; BadSettings names what is wrong."""
        region = settings.get("region")
        if region is not None and not (isinstance(region, str) and len(region) == 2):
            raise BadSettings(f"region: {region!r} is not a two-letter country code")
        zone = settings.get("time_zone")
        try:
            time_zone = ZoneInfo(zone) if zone else None
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise BadSettings(f"time_zone: {zone!r} is not a known zone") from None
        hours = settings.get("lost_after_hours", 4)
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= 168:
            raise BadSettings(f"lost_after_hours: {hours!r} is no number of hours up to 168")
        queues = settings.get("callback_queues", [])
        if not isinstance(queues, list) or not all(isinstance(name, str) for name in queues):
            raise BadSettings("callback_queues: not a list of names of queues")
        tables: dict[str, Mapping[str, str]] = {}
        for name in ("accounts", "languages", "phones"):
            table = settings.get(name, {})
            if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
                raise BadSettings(f"{name}: not an object of texts")
            if name != "phones":
                for key in table:
                    if key.partition(":")[0] not in {"queue", "did", "code"}:
                        raise BadSettings(f"{name}: {key!r} begins with none of queue:, did:, code:")
            tables[name] = table
        return cls(
            time_zone=time_zone,
            region=region.upper() if region else None,
            callback_queues=frozenset(queues),
            lost_after=timedelta(hours=hours),
            **tables,
        )

    def account_slug(self, call: Call) -> str | None:
        """Return the slug of the account a call belongs to; None: the endpoint's own."""
        return _first(self.accounts, call)

    def asks_callback(self, call: Call) -> bool:
        """Return whether the caller left a queue by the key that asks for a callback, and was not answered."""
        return call.answered_at is None and any(
            segment.outcome is Outcome.PRESSED_KEY and not self.callback_queues.isdisjoint({segment.queue, "*"})
            for segment in call.segments
        )

    def language(self, call: Call) -> str:
        """Return the language of the line the caller chose, '' if nothing says."""
        return _first(self.languages, call) or ""


def _first(table: Mapping[str, str], call: Call) -> str | None:
    line = call.from_number if call.direction is Direction.OUTBOUND else call.to_number
    for key in (f"did:{line}", f"queue:{call.queue}", f"code:{call.account_hint}"):
        if key in table:
            return table[key]
    return None
