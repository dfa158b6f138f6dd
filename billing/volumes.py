"""What a client expects: streams of contacts with their hours, as a JSON document and as values. Pure.

A volume document, whole numbers unless said otherwise:

    {"periods": 12, "spread_percent": 10, "languages": {"es": 70, "en": 30}, "streams": [
      {"name": "Reception", "channel": "voice", "direction": "in", "queue": "", "campaign": "", "contacts": 800,
       "talk_s": 150, "hold_s": 10, "wrap_s": 30, "variation_percent": 100, "messages": "0.5",
       "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": 9, "to": 18, "weight": 1}]}]}

contacts: in one billing period; *_s: means of one contact in seconds; messages, segments, orders: means of one contact,
decimals; hours: local hours of the day [from, to) in which contacts come, `weight` times as many as in one of weight 1;
variation_percent: the standard deviation of a contact's length in percent of its mean; spread_percent: that of the
period's number of contacts beyond chance. channel "none" is time of no contact: booked operators, shares of waiting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from billing.matching import WEEKDAYS, Channel, Direction, Weekday
from billing.terms import TimeClass

MOST_CONTACTS = 20_000
MOST_PERIODS = 60
MOST_STREAMS = 20
NO_CHANNEL = "none"
COUNTED = ("messages", "segments", "orders")
EVERY_DAY = tuple(WEEKDAYS)


class VolumesError(ValueError):
    """The document says nothing that can be quoted; `field` names the value at fault."""

    def __init__(self, *, field: str, cause: str) -> None:
        super().__init__(f"{field}: {cause}")
        self.field = field
        self.cause = cause


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Local hours [since, until) of some days, with the weight of each hour."""

    days: frozenset[Weekday]
    since: int
    until: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Stream:
    """Contacts of one kind: how many in a period, how long the mean one is by class of time, what is counted of it."""

    name: str
    channel: str
    direction: str
    contacts: int
    mean_ms: Mapping[TimeClass, int]
    counts: Mapping[str, Fraction]
    hours: tuple[OpenHours, ...]
    queue: str = ""
    campaign: str = ""
    variation_percent: int = 0

    def weight(self, *, weekday: int, hour: int) -> int:
        """Return how much of the stream comes in an hour of a day of the week (Monday is 0)."""
        day = WEEKDAYS[weekday]
        return sum(open.weight for open in self.hours if day in open.days and open.since <= hour < open.until)


@dataclass(frozen=True, slots=True)
class Volumes:
    """All that is expected of a period, and for how many periods."""

    periods: int
    streams: tuple[Stream, ...]
    languages: Mapping[str, int] = field(default_factory=dict)
    spread_percent: int = 0

    @property
    def contacts(self) -> int:
        """How many contacts a period has."""
        return sum(stream.contacts for stream in self.streams)


def parse_volumes(*, document: object) -> Volumes:
    """Return the volumes that a document states; VolumesError naming the first field at fault."""
    given = _mapping(document, "volumes")
    _known(given, {"periods", "spread_percent", "languages", "streams"}, "volumes")
    streams = given.get("streams")
    if not isinstance(streams, list) or not 0 < len(streams) <= MOST_STREAMS:
        raise VolumesError(field="streams", cause=f"must be a list of 1 to {MOST_STREAMS}")
    volumes = Volumes(
        periods=_whole(given.get("periods", 12), "periods", least=1, most=MOST_PERIODS),
        streams=tuple(_stream(stream, f"streams[{index}]") for index, stream in enumerate(streams)),
        languages={
            _text(code, "languages", most=8): _whole(share, f"languages.{code}", least=0, most=1000)
            for code, share in sorted(_mapping(given.get("languages", {}), "languages").items())
        },
        spread_percent=_whole(given.get("spread_percent", 10), "spread_percent", least=0, most=100),
    )
    if volumes.languages and not sum(volumes.languages.values()):
        raise VolumesError(field="languages", cause="at least one share must be above 0")
    if volumes.contacts > MOST_CONTACTS:
        raise VolumesError(field="streams", cause=f"at most {MOST_CONTACTS} contacts a period can be estimated")
    return volumes


def volumes_document(*, volumes: Volumes) -> dict[str, Any]:
    """Write volumes in full: parse_volumes reads them back to equal values."""
    return {
        "periods": volumes.periods,
        "spread_percent": volumes.spread_percent,
        "languages": dict(volumes.languages),
        "streams": [
            {
                "name": stream.name,
                "channel": stream.channel or NO_CHANNEL,
                "direction": stream.direction,
                "queue": stream.queue,
                "campaign": stream.campaign,
                "contacts": stream.contacts,
                **{f"{name}_s": stream.mean_ms.get(name, 0) // 1000 for name in TimeClass},
                **{name: _decimal_text(stream.counts.get(name, Fraction(0))) for name in COUNTED},
                "variation_percent": stream.variation_percent,
                "hours": [
                    {
                        "days": [day.value for day in WEEKDAYS if day in open.days],
                        "from": open.since,
                        "to": open.until,
                        "weight": open.weight,
                    }
                    for open in stream.hours
                ],
            }
            for stream in volumes.streams
        ],
    }


_TIMES = {f"{name}_s": name for name in TimeClass}
_STREAM_FIELDS = {
    "name", "channel", "direction", "queue", "campaign", "contacts", "variation_percent", "hours", *_TIMES, *COUNTED,
}  # fmt: skip


def _stream(value: object, at: str) -> Stream:
    given = _mapping(value, at)
    _known(given, _STREAM_FIELDS, at)
    hours = given.get("hours")
    if not isinstance(hours, list) or not hours:
        raise VolumesError(field=f"{at}.hours", cause="must name at least one stretch of hours")
    channel = _choice(given.get("channel"), [*(item.value for item in Channel), NO_CHANNEL], f"{at}.channel")
    stream = Stream(
        name=_text(given.get("name", ""), f"{at}.name", most=120),
        channel="" if channel == NO_CHANNEL else channel,
        direction=_choice(given.get("direction", "in"), [item.value for item in Direction], f"{at}.direction"),
        contacts=_whole(given.get("contacts"), f"{at}.contacts", least=0, most=MOST_CONTACTS),
        mean_ms={
            time_class: 1000 * _whole(given.get(key, 0), f"{at}.{key}", least=0, most=86_400)
            for key, time_class in _TIMES.items()
        },
        counts={name: _decimal(given.get(name, "0"), f"{at}.{name}") for name in COUNTED},
        hours=tuple(_hours(item, f"{at}.hours[{index}]") for index, item in enumerate(hours)),
        queue=_text(given.get("queue", ""), f"{at}.queue", most=80),
        campaign=_text(given.get("campaign", ""), f"{at}.campaign", most=120),
        variation_percent=_whole(given.get("variation_percent", 100), f"{at}.variation_percent", least=0, most=300),
    )
    if not any(open.weight for open in stream.hours):
        raise VolumesError(field=f"{at}.hours", cause="at least one weight must be above 0")
    return stream


def _hours(value: object, at: str) -> OpenHours:
    given = _mapping(value, at)
    _known(given, {"days", "from", "to", "weight"}, at)
    days = given.get("days", [day.value for day in EVERY_DAY])
    if not isinstance(days, list) or not days:
        raise VolumesError(field=f"{at}.days", cause="must be a list of days, such as mon")
    since = _whole(given.get("from", 0), f"{at}.from", least=0, most=23)
    return OpenHours(
        days=frozenset(Weekday(_choice(day, [item.value for item in Weekday], f"{at}.days")) for day in days),
        since=since,
        until=_whole(given.get("to", 24), f"{at}.to", least=since + 1, most=24),
        weight=_whole(given.get("weight", 1), f"{at}.weight", least=0, most=1000),
    )


def _mapping(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise VolumesError(field=at, cause="must be an object")
    return value


def _known(given: Mapping[str, Any], fields: set[str], at: str) -> None:
    for name in given:
        if name not in fields:
            raise VolumesError(field=f"{at}.{name}", cause="is not known")


def _whole(value: object, at: str, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise VolumesError(field=at, cause=f"must be a whole number from {least} to {most}")
    return value


def _text(value: object, at: str, *, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise VolumesError(field=at, cause=f"must be a text of at most {most} characters")
    return value


def _choice(value: object, choices: list[str], at: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise VolumesError(field=at, cause=f"must be one of {', '.join(choices)}")
    return value


def _decimal(value: object, at: str) -> Fraction:
    try:
        number = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        number = Fraction(-1)
    if not 0 <= number <= 1000 or (number * 10**6).denominator != 1:
        raise VolumesError(field=at, cause="must be a decimal from 0 to 1000")
    return number


def _decimal_text(value: Fraction) -> str:
    millionths = int(value * 10**6)
    whole, rest = divmod(millionths, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)
