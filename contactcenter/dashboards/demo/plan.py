"""A working day, planned: who works when, who writes and calls, what they say. Pure; the seed decides everything."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from contactcenter.dashboards.demo.house import DemoAccount, DemoOperator
from contactcenter.dashboards.demo.texts import Topic, load_texts

# Contacts per hour of the account's local day, as a reception desk knows it: a morning peak, a dip, a smaller peak.
HOURS: Final = {8: 6, 9: 11, 10: 13, 11: 12, 12: 9, 13: 7, 14: 8, 15: 9, 16: 9, 17: 7, 18: 4}
CALLS, MAILS, CHATS = 50, 31, 19
"""Shares of a hundred contacts."""
BREAKS: Final = ((0.27, 15, "coffee"), (0.5, 35, "lunch"), (0.78, 12, "short break"))
"""Share of the shift after which a break comes, its minutes and its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A break [starts_at, ends_at)."""

    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One operator's day."""

    operator: DemoOperator
    starts_at: datetime
    ends_at: datetime
    rests: tuple[Rest, ...]

    def is_working(self, *, at: datetime) -> bool:
        """Return whether the operator is signed in and not on a break."""
        on_break = any(rest.starts_at <= at < rest.ends_at for rest in self.rests)
        return self.starts_at <= at < self.ends_at and not on_break


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A made-up contact: reached at this address and number."""

    name: str
    email: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One contact who turns up. `channel` is voice, email or chat; `slots` fill the topic's texts."""

    at: datetime
    index: int
    channel: str
    account: DemoAccount
    language: str
    person: Person
    topic: Topic
    slots: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Return the text with its slots filled."""
        return text.format(**self.slots).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Everything that will happen by itself; what operators do with it is decided as it happens."""

    day: date
    shifts: tuple[Shift, ...]
    arrivals: tuple[Arrival, ...]


def plan_day(
    *,
    day: date,
    seed: int,
    accounts: Sequence[DemoAccount],
    operators: Sequence[DemoOperator],
    contacts: int,
    quiet: bool = False,
) -> DayPlan:
    """Return the plan of a day with so many contacts, the same for the same arguments.

    On a quiet day every second operator works, in turns, with one break.
    """
    chance = random.Random(f"{seed} {day.isoformat()}")
    shifts = tuple(
        _shift(chance, day, index, operator, breaks=BREAKS[1:2] if quiet else BREAKS)
        for index, operator in enumerate(operators)
        if not quiet or index % 2 == day.toordinal() % 2
    )
    moments = sorted(
        ((_moment(chance, day, account), account) for account in _pick_accounts(chance, accounts, contacts)),
        key=lambda pair: pair[0],
    )
    arrivals = tuple(_arrival(chance, at, index, account, day) for index, (at, account) in enumerate(moments))
    return DayPlan(day=day, shifts=shifts, arrivals=arrivals)


def _pick_accounts(chance: random.Random, accounts: Sequence[DemoAccount], contacts: int) -> list[DemoAccount]:
    weights = [3 if index % 3 == 0 else 2 for index in range(len(accounts))]
    return chance.choices(accounts, weights=weights, k=contacts)


def _moment(chance: random.Random, day: date, account: DemoAccount) -> datetime:
    hour = chance.choices(list(HOURS), weights=list(HOURS.values()))[0]
    local = datetime.combine(day, time(hour), tzinfo=ZoneInfo(account.facts["time_zone"]))
    return (local + timedelta(seconds=chance.randrange(3600))).astimezone(UTC)


def _shift(
    chance: random.Random, day: date, index: int, operator: DemoOperator, *, breaks: Sequence[tuple[float, int, str]]
) -> Shift:
    """Eight hours and a half, early for Moscow's mornings or late for London's evenings, with two or three breaks."""
    base = datetime.combine(day, time(0), tzinfo=UTC)
    # clinic operators follow Moscow (three hours ahead), the others begin in turns
    first_hour = 4.75 if operator.home == "medtech" else (7.25 if index % 2 == 0 else 9.75)
    starts_at = base + timedelta(hours=first_hour, seconds=chance.randrange(420))
    ends_at = starts_at + timedelta(hours=8, minutes=30, seconds=chance.randrange(600))
    rests = []
    for share, minutes, reason in breaks:
        begin = starts_at + (ends_at - starts_at) * share + timedelta(seconds=chance.randrange(-900, 900))
        length = timedelta(minutes=minutes, seconds=chance.randrange(-120, 240))
        rests.append(Rest(starts_at=begin, ends_at=begin + length, reason=reason))
    return Shift(operator=operator, starts_at=starts_at, ends_at=ends_at, rests=tuple(rests))


def _arrival(chance: random.Random, at: datetime, index: int, account: DemoAccount, day: date) -> Arrival:
    languages = account.facts["languages"]
    language = chance.choices(list(languages), weights=list(languages.values()))[0]
    texts = load_texts(language)
    channel = chance.choices(("voice", "email", "chat"), weights=(CALLS, MAILS, CHATS))[0]
    person = _person(chance, account, texts.people)
    slots = {name: chance.choice(values) for name, values in texts.slots.items()}
    slots["order"] = f"{account.facts['ticket_prefix']}-{chance.randrange(10_000, 99_999)}"
    return Arrival(
        at=at,
        index=index,
        channel=channel,
        account=account,
        language=language,
        person=person,
        topic=chance.choice(texts.topics[account.family]),
        slots=slots,
    )


def _person(chance: random.Random, account: DemoAccount, people: Sequence[str]) -> Person:
    """People come back: each account has its own share of the names, with one address and number each."""
    position = min(int(len(people) * chance.betavariate(1.1, 1.3)), len(people) - 1)
    name = people[position]
    key = sum(ord(letter) * 31**place for place, letter in enumerate(name)) % 10_000
    local = ascii_name(name)
    return Person(
        name=name,
        email=f"{local}@{account.family}-customer.example",
        number=account.facts["caller"].format(key),
    )


_SPELLING: Final = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya"
_CYRILLIC: Final = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _SPELLING.split(), strict=True))
_LATIN: Final = str.maketrans("áéíóúñü", "aeiounu")


def ascii_name(name: str) -> str:
    """Return the name as the local part of an address: dmitry.orlov."""
    letters = (_CYRILLIC.get(letter, letter) for letter in name.lower().translate(_LATIN))
    return "".join(letters).replace("_", "").replace(" ", ".").replace("'", "")


def talk_seconds(chance: random.Random) -> int:
    """Return a call's length: log-normal around two and a half minutes, 15 s to 20 min."""
    return max(15, min(1200, round(math.exp(chance.gauss(5.0, 0.65)))))
