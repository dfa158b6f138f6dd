"""What the demo's made-up people write, and what is answered: read from texts/*.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
LANGUAGES = ("en", "ru", "es")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One reason of contact: a mail with its reply, and a chat whose lines and answers alternate."""

    subject: str
    disposition: str
    mail: str
    reply: str
    chat: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Everything written in one language. Texts hold {slots}; `slots` lists what may fill them."""

    people: tuple[str, ...]
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    openers: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]
    topics: Mapping[str, tuple[Topic, ...]]
    playbook: Mapping[str, Any]


@cache
def load_texts(language: str) -> Texts:
    """Return the texts of this language."""
    document = yaml.safe_load((HERE / "texts" / f"{language}.yaml").read_text(encoding="utf-8"))
    return Texts(
        people=tuple(document["people"]),
        greetings=tuple(document["greetings"]),
        closings=tuple(document["closings"]),
        openers=tuple(document["openers"]),
        slots={
            "day": tuple(document["days"]),
            "item": tuple(document["items"]),
            "doctor": tuple(document["doctors"]),
            "amount": tuple(document["amounts"]),
        },
        topics={
            account: tuple(
                Topic(**{**entry, "chat": tuple(entry["chat"]), "answers": tuple(entry["answers"])}) for entry in topics
            )
            for account, topics in document["topics"].items()
        },
        playbook=document["playbook"],
    )


@cache
def load_house() -> Mapping[str, Any]:
    """Return the demo's accounts, operators, people, queues and tariffs."""
    house: Mapping[str, Any] = yaml.safe_load((HERE / "house.yaml").read_text(encoding="utf-8"))
    return house
