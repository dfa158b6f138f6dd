"""The JSON Schema (draft 2020-12) of a tariff document: the fields of each kind of component, and what they may hold.

The reader takes its list of known fields from here; what only several fields together can break (tiers in order, a code
used twice) is the reader's to refuse. Pure.
"""

from typing import Any

from billing.matching import Channel, Direction, Weekday
from billing.rounding import TimeRule
from billing.terms import (
    BASIS_BY_NAME,
    QUANTITY_BY_KIND,
    Bucket,
    ComponentKind,
    Counts,
    Cycle,
    TimeClass,
    Timing,
)
from billing.tiers import TierMode

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
TAX_LETTERS = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M")
ROUNDING_NAMES = ("none", "6s", "60s")
MOST_COMPONENTS = 200
MOST_HOLIDAYS = 400
MOST_TIERS = 50

DECIMAL: dict[str, Any] = {
    "oneOf": [
        {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,12})?$"},
        {"type": "number", "minimum": 0, "maximum": 999_999_999_999},
    ]
}
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
FLAG: dict[str, Any] = {"type": "boolean"}
TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S"}
CODES: dict[str, Any] = {"type": "array", "items": TEXT, "maxItems": MOST_COMPONENTS}
CLOCK: dict[str, Any] = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"}


def _one_of(values: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [str(value) for value in values]}


def _some_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [item, {"type": "array", "items": item, "minItems": 1, "maxItems": 100}]}


def _object(properties: dict[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


NAME = {"oneOf": [TEXT, {"type": "object", "additionalProperties": TEXT, "minProperties": 1}]}
BAND = _object({"days": _some_of(_one_of(Weekday)), "from": CLOCK, "to": CLOCK})
MATCH = _object(
    {
        "channel": _some_of(_one_of(Channel)),
        "direction": _some_of(_one_of(Direction)),
        "language": _some_of(TEXT),
        "queue": _some_of(TEXT),
        "campaign": _some_of(TEXT),
        "time": _some_of(BAND),
        "holiday": FLAG,
        "weight": {"type": "integer", "minimum": 0, "maximum": 1000},
    }
)
BASIS = {
    "oneOf": [
        _one_of(BASIS_BY_NAME),
        {"type": "array", "items": _one_of(TimeClass), "minItems": 1, "uniqueItems": True},
    ]
}
SECONDS = {
    "oneOf": [
        {"type": "string", "pattern": r"^[0-9]{1,5}(\.[0-9]{1,3})?$"},
        {"type": "number", "minimum": 0, "maximum": 86_400},
    ]
}
ROUNDING = {
    "oneOf": [
        _one_of(ROUNDING_NAMES),
        _object(
            {
                "first_s": SECONDS,
                "step_s": SECONDS,
                "grace_s": SECONDS,
                "least_s": SECONDS,
                "rule": _one_of(TimeRule),
            }
        ),
    ]
}
TIERS = _object(
    {
        "mode": _one_of(TierMode),
        "steps": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_TIERS,
            "items": _object({"up_to": DECIMAL, "price": DECIMAL, "flat": DECIMAL, "block": DECIMAL}),
        },
    },
    required=("mode", "steps"),
)
WRAP = _object({"most_s": SECONDS, "fixed_s": SECONDS})


def _rate_fields(kind: ComponentKind) -> dict[str, Any]:
    quantity = QUANTITY_BY_KIND[kind]
    price, included = f"rate_per_{quantity.word}", f"included_{quantity.word}s"
    fields: dict[str, Any] = {
        "match": MATCH,
        price: DECIMAL,
        included: DECIMAL if quantity.is_time else WHOLE,
        "included_for": _one_of(Bucket),
        "tiers": TIERS,
        "beside": FLAG,
        "prorate": FLAG,
    }
    if quantity.is_time:
        stage = _object({"from_s": SECONDS, price: DECIMAL, "step_s": SECONDS}, required=("from_s", price))
        fields |= {
            "basis": BASIS,
            "rounding": ROUNDING,
            "connect_fee": DECIMAL,
            "cap_per_contact": DECIMAL,
            "stages": {"type": "array", "items": stage, "minItems": 1, "maxItems": MOST_TIERS},
            "wrap": WRAP,
            "grace_contacts": WHOLE,
        }
    return fields


_FEE = {"amount": DECIMAL}
_PART = {**_FEE, "prorate": FLAG}
_REPEATED = {**_PART, "quantity": DECIMAL, "timing": _one_of(Timing)}
FIELDS_BY_KIND: dict[ComponentKind, dict[str, Any]] = {
    **{kind: _rate_fields(kind) for kind in QUANTITY_BY_KIND},
    ComponentKind.SURCHARGE: {"percent": DECIMAL, "amount_per_contact": DECIMAL, "match": MATCH, "of": CODES},
    ComponentKind.DISCOUNT: {"percent": DECIMAL, "units": DECIMAL, "of": CODES, "prorate": FLAG},
    ComponentKind.CAP: _PART,
    ComponentKind.MINIMUM_VOLUME: {"of": TEXT, "units": DECIMAL, "prorate": FLAG},
    ComponentKind.MINIMUM: {**_PART, "counts": _one_of(Counts)},
    ComponentKind.SET_UP: _FEE,
    ComponentKind.RECURRING: _REPEATED,
    ComponentKind.PER_SEAT: _REPEATED,
    ComponentKind.IVR_TREE: _REPEATED,
    ComponentKind.ADD_ON: {**_PART, "timing": _one_of(Timing)},
    ComponentKind.HOLIDAY: _FEE,
    ComponentKind.ONE_OFF: _FEE,
    ComponentKind.CREDIT: _PART,
}
"""The fields of each kind beside code, kind, name and tax."""

_ONE_OF_THESE = {
    **{kind: (f"rate_per_{quantity.word}", "tiers") for kind, quantity in QUANTITY_BY_KIND.items()},
    ComponentKind.PER_MINUTE: ("rate_per_minute", "tiers", "stages"),
    ComponentKind.PER_HOUR: ("rate_per_hour", "tiers", "stages"),
    ComponentKind.SURCHARGE: ("percent", "amount_per_contact"),
    ComponentKind.DISCOUNT: ("percent", "units"),
}
_REQUIRED = {ComponentKind.MINIMUM_VOLUME: ("of", "units")}


_SHARED = {
    "decimal": DECIMAL,
    "whole": WHOLE,
    "text": TEXT,
    "codes": CODES,
    "seconds": SECONDS,
    "clock": CLOCK,
    "name": NAME,
    "band": BAND,
    "match": MATCH,
    "basis": BASIS,
    "rounding": ROUNDING,
    "tiers": TIERS,
    "wrap": WRAP,
}


def tariff_schema() -> dict[str, Any]:
    """Return the schema of a tariff document, its shared parts under $defs."""
    schema: dict[str, Any] = _referring(_whole_schema())
    shared = {name: {key: _referring(value) for key, value in part.items()} for name, part in _SHARED.items()}
    return {**schema, "$defs": shared}


def _referring(value: Any) -> Any:
    """The value with each shared part replaced by a reference to it."""
    if isinstance(value, list):
        return [_referring(item) for item in value]
    if not isinstance(value, dict):
        return value
    for name, part in _SHARED.items():
        if value == part:
            return {"$ref": f"#/$defs/{name}"}
    return {key: _referring(item) for key, item in value.items()}


def _whole_schema() -> dict[str, Any]:
    tax = _object({"code": TEXT, "percent": DECIMAL, "category": _one_of(TAX_LETTERS)}, required=("code", "percent"))
    holiday = {"type": "string", "pattern": r"^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}
    return {
        "$schema": SCHEMA_ID,
        "title": "Tariff",
        "description": "One version of a tariff: what its components charge. Amounts are decimals, best as text.",
        **_object(
            {
                "name": TEXT,
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                "cycle": _one_of(Cycle),
                "holidays": {"type": "array", "items": holiday, "maxItems": MOST_HOLIDAYS},
                "taxes": {"type": "array", "items": tax},
                "components": {
                    "type": "array",
                    "maxItems": MOST_COMPONENTS,
                    "items": {"oneOf": [_component(kind) for kind in ComponentKind]},
                },
            },
            required=("name", "currency"),
        ),
    }


def _component(kind: ComponentKind) -> dict[str, Any]:
    fields = FIELDS_BY_KIND[kind]
    required = _REQUIRED.get(kind, ("amount",) if "amount" in fields else ())
    written = {
        "title": kind.value,
        **_object(
            {"code": TEXT, "kind": {"const": kind.value}, "name": NAME, "tax": TEXT, **fields},
            required=("code", "kind", *required),
        ),
    }
    if kind in _ONE_OF_THESE:
        written["oneOf"] = [{"required": [field]} for field in _ONE_OF_THESE[kind]]
    return written
