"""The demo's accounts and operators, as many as asked for: the made-up ones first, then copies of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contactcenter.dashboards.demo.texts import load_house


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One client of the demo. `family` names the texts and tariff it shares with its copies."""

    family: str
    slug: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOperator:
    """One operator of the demo and the families of accounts they serve."""

    email: str
    name: str
    screen: str
    languages: Mapping[str, int]
    families: tuple[str, ...]
    home: str
    aliases: tuple[str, ...]

    @property
    def extension(self) -> str:
        """Return the name by which the telephone system knows the operator."""
        return self.aliases[0]


def demo_accounts(*, count: int) -> list[DemoAccount]:
    """Return so many accounts. A copy carries its number in every name that must be unique."""
    originals = load_house()["accounts"]
    made = []
    for index in range(count):
        facts = dict(originals[index % len(originals)])
        family = facts["slug"]
        copy = index // len(originals) + 1
        if copy > 1:
            facts["name"] += f" {copy}"
            facts["ticket_prefix"] += str(copy)
            facts["number"] = f"{facts['number'][:-4]}{copy:04d}"
            facts["mailbox"] = facts["mailbox"].replace("@", f"{copy}@")
            for field in ("slug", "chat", "line"):
                facts[field] += f"-{copy}"
        made.append(DemoAccount(family=family, slug=facts["slug"], facts=facts))
    return made


def demo_operators(*, count: int) -> list[DemoOperator]:
    """Return so many operators. A copy has the languages and families of its original."""
    originals = load_house()["operators"]
    made = []
    for index in range(count):
        facts = originals[index % len(originals)]
        copy = index // len(originals) + 1
        suffix = f" {copy}" if copy > 1 else ""
        made.append(
            DemoOperator(
                email=facts["email"].replace("@", f"{copy}@") if suffix else facts["email"],
                name=facts["name"] + suffix,
                screen=facts["screen"],
                languages=facts["languages"],
                families=tuple(facts["accounts"]),
                home=facts["home"],
                aliases=(f"PJSIP/{101 + index}", facts["name"] + suffix),
            )
        )
    return made
