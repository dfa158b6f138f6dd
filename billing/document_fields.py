"""Reading a document written by people: every problem is named by its field and gathered, numbers become exact, nothing
is guessed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeVar

import yaml

LARGEST_EXPONENT = 12
LONGEST_FRACTION = 12
LONGEST_TEXT = 200

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: where (components[2].rate_per_minute) and why."""

    field: str
    cause: str

    def __str__(self) -> str:
        return f"{self.field}: {self.cause}"


class TermsError(ValueError):
    """The document is not a tariff; problems lists every field at fault."""

    def __init__(self, *, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class _ExactLoader(yaml.SafeLoader):
    """YAML in which 0.74 is the decimal 0.74."""


def _construct_decimal(loader: _ExactLoader, node: yaml.ScalarNode) -> Decimal | str:
    text = str(loader.construct_scalar(node))
    try:
        return Decimal(text.replace("_", ""))
    except InvalidOperation:
        return text


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _construct_decimal)


def load_document(*, text: str) -> object:
    """Read JSON or YAML text (JSON is tried first) into plain values with decimals for numbers; TermsError where it is
    neither.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except (json.JSONDecodeError, RecursionError):
        pass
    try:
        return yaml.load(text, Loader=_ExactLoader)  # noqa: S506 a SafeLoader that differs only in how it reads numbers
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "document"
        cause = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise TermsError(problems=[Problem(where, f"neither JSON nor YAML: {cause}")]) from error


class FieldReader:
    """Reads one document and gathers every problem on the way; a field at fault reads as a harmless stand-in."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, field: str, cause: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(field, cause))

    def mapping(self, value: object, field: str) -> Mapping[str, Any]:
        """Read an object with named fields."""
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return value
        self.refuse(field, "must be an object with named fields")
        return {}

    def sequence(self, value: object, field: str) -> Sequence[Any]:
        """Read a list."""
        if isinstance(value, list | tuple):
            return value
        self.refuse(field, "must be a list")
        return ()

    def only(self, value: Mapping[str, Any], field: str, allowed: set[str]) -> None:
        """Refuse every key that is not known, so that a misspelt field is not silently ignored."""
        for key in value:
            if key not in allowed:
                self.refuse(
                    f"{field}.{key}" if field else key, f"is not a field here; known are {', '.join(sorted(allowed))}"
                )

    def text(self, value: object, field: str) -> str:
        """Read a text that is not empty."""
        if not isinstance(value, str) or not value.strip():
            self.refuse(field, "is missing" if value is None else "must be a text that is not empty")
            return ""
        if len(value) > LONGEST_TEXT:
            self.refuse(field, f"is longer than {LONGEST_TEXT} characters")
        return value.strip()

    def amount(self, value: object, field: str, *, default: str | None = None) -> Fraction:
        """Read a decimal that is not negative; a missing one is the default, where there is one."""
        if value is None and default is not None:
            return Fraction(default)
        if value is None:
            self.refuse(field, "is missing")
            return Fraction(0)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            self.refuse(field, 'must be a decimal number such as "0.74"')
            return Fraction(0)
        try:
            number = Decimal(value)
        except (InvalidOperation, ValueError):
            self.refuse(field, f'must be a decimal number such as "0.74", not {value!r}')
            return Fraction(0)
        if not number.is_finite():
            self.refuse(field, f"must be a finite number, not {value}")
        elif number < 0:
            self.refuse(field, f"must not be negative, but is {value}")
        elif number.adjusted() > LARGEST_EXPONENT or int(number.as_tuple().exponent) < -LONGEST_FRACTION:
            self.refuse(
                field,
                f"has more digits than can be priced ({LARGEST_EXPONENT} before, {LONGEST_FRACTION} after the point)",
            )
        else:
            return Fraction(number)
        return Fraction(0)

    def whole(self, value: object, field: str) -> int:
        """Read a whole number that is not negative; a missing one is 0."""
        number = self.amount(value, field, default="0")
        if number.denominator != 1:
            self.refuse(field, f"must be a whole number, not {value}")
        return int(number)

    def flag(self, value: object, field: str) -> bool:
        """Read true or false."""
        if not isinstance(value, bool):
            self.refuse(field, "must be true or false")
        return bool(value)

    def choice(self, value: object, field: str, choices: Sequence[Choice]) -> Choice:
        """Read one of the named choices."""
        for known in choices:
            if value == str(known):
                return known
        self.refuse(
            field,
            f"must be one of {', '.join(str(known) for known in choices)}, not {value!r}"
            if value is not None
            else "is missing",
        )
        return choices[0]

    def choices(self, value: object, field: str, choices: Sequence[Choice]) -> frozenset[Choice]:
        """Read one choice or a list of them; a missing one is no choice."""
        if value is None:
            return frozenset()
        items = [value] if isinstance(value, str) else self.sequence(value, field)
        return frozenset(self.choice(item, f"{field}[{index}]", choices) for index, item in enumerate(items))
