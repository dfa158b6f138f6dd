"""Random tariffs, drawn from the published JSON Schema, and random usage for them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from billing.pricing import Booking, Segment
from billing.rating import Usage
from billing.terms import BOOKED_KINDS, ComponentKind, TariffTerms
from billing.terms_document import parse_terms
from billing.terms_schema import CLOCK, DECIMAL, SECONDS, TEXT, WHOLE, tariff_schema
from billing.usage import Span

START = datetime(2026, 6, 1, 9, tzinfo=UTC)
SCHEMA = tariff_schema()
COMPONENTS = {entry["title"]: entry for entry in SCHEMA["properties"]["components"]["items"]["oneOf"]}
USAGE_KINDS = [kind for kind, entry in COMPONENTS.items() if "match" in entry["properties"] and kind != "surcharge"]

prices = st.integers(0, 10**6).map(lambda units: f"{units // 10**4}.{units % 10**4:04d}")
WORDS = {
    "language": ["en", "ru"],
    "queue": ["sales", "support"],
    "campaign": ["spring"],
}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The shared part that a reference names, its own references left in place."""
    part: dict[str, Any] = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    return part


def from_schema(schema: dict[str, Any], *, field: str = "") -> st.SearchStrategy[Any]:
    """Values that a part of the schema allows, kept small enough to be worth pricing."""
    known: list[tuple[dict[str, Any], Callable[[], st.SearchStrategy[Any]]]] = [
        (DECIMAL, lambda: st.integers(0, 100).map(str) if field == "percent" else prices),
        (SECONDS, lambda: st.integers(0, 120)),
        (WHOLE, lambda: st.integers(0, 5)),
        (CLOCK, lambda: st.sampled_from(["00:00", "08:00", "12:30", "18:00", "24:00"])),
        (TEXT, lambda: st.sampled_from(WORDS.get(field, ["name"]))),
    ]
    if "$ref" in schema:
        schema = resolved(schema)
    for part, strategy in known:
        if schema == part:
            return strategy()
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("type") == "object" and "properties" in schema:
        return _object(schema)
    if "oneOf" in schema:
        return st.one_of([from_schema(part, field=field) for part in schema["oneOf"]])
    match schema["type"]:
        case "array":
            most = 2 if field in ("time", "taxes") else 3
            items = from_schema(schema["items"], field=field)
            return st.lists(
                items, min_size=schema.get("minItems", 0), max_size=most, unique=schema.get("uniqueItems", False)
            )
        case "integer":
            return st.integers(schema["minimum"], min(schema["maximum"], 20))
        case "boolean":
            return st.booleans()
        case "object":
            return st.dictionaries(st.sampled_from(["en", "ru"]), st.just("name"), min_size=1)
    raise AssertionError(f"the schema of {field} is unknown to the tests: {schema}")


@st.composite
def _object(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    alternatives = [entry["required"][0] for entry in schema.get("oneOf", [])]
    chosen = draw(st.sampled_from(alternatives)) if alternatives else None
    written: dict[str, Any] = {}
    for name, part in schema["properties"].items():
        if name in alternatives:
            is_written = name == chosen
        else:
            is_written = name in schema.get("required", ()) or draw(st.booleans())
        if is_written:
            written[name] = draw(from_schema(part, field=name))
    return written


def _widened(match: dict[str, Any]) -> dict[str, Any]:
    """At most one of the narrow conditions: with all of them hardly any contact would fit."""
    narrow = [name for name in ("channel", "direction", "language", "queue", "campaign") if name in match]
    return {name: value for name, value in match.items() if name not in narrow[1:]}


def _made_whole(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the schema cannot say: codes of their own, names of rates that exist, bounds in order."""
    rates = [f"c{index}" for index, entry in enumerate(components) if entry["kind"] in USAGE_KINDS]
    whole: list[dict[str, Any]] = []
    for index, entry in enumerate(components):
        written = {**entry, "code": f"c{index}"}
        written.pop("tax", None)
        if "match" in written:
            written["match"] = _widened(written["match"])
        if "of" in written or (entry["kind"] == "discount" and "units" in written):
            if not rates:
                continue
            written["of"] = rates[0] if entry["kind"] == "minimum_volume" else rates[:1]
        if "tiers" in written:
            steps = [
                {
                    **{key: value for key, value in step.items() if key != "up_to"},
                    **({"block": "3"} if "block" in step else {}),
                    **({"up_to": str(place * 4)} if place < len(written["tiers"]["steps"]) else {}),
                }
                for place, step in enumerate(written["tiers"]["steps"], start=1)
            ]
            written["tiers"] = {**written["tiers"], "steps": steps}
        if "stages" in written:
            written["stages"] = [{**stage, "from_s": place * 30} for place, stage in enumerate(written["stages"])]
            for name in ("included_minutes", "included_hours", "rounding", "grace_contacts"):
                written.pop(name, None)
        if isinstance(written.get("rounding"), dict):
            if "first_s" in written["rounding"]:
                written["rounding"] = {**written["rounding"], "step_s": written["rounding"].get("step_s") or 6}
            if "grace_contacts" in written:
                written["rounding"] = {**written["rounding"], "grace_s": 20}
        else:
            written.pop("grace_contacts", None)
        if "wrap" in written:
            written["wrap"] = {"most_s": 10} if "most_s" in written["wrap"] else {"fixed_s": 30}
            written["basis"] = "all_work"
        if entry["kind"] in ("per_minute", "per_hour"):
            for name in ("included_minutes", "included_hours"):
                if name in written:
                    written[name] = "2"
        whole.append(written)
    staged = {entry["code"] for entry in whole if "stages" in entry}
    return [entry for entry in whole if not (entry["kind"] == "minimum_volume" and entry["of"] in staged)]


def _day_and_night(draw: st.DrawFn, leave_out: frozenset[str]) -> list[dict[str, Any]]:
    """Two rates that part at hours of the day, and a surcharge on all: what chance alone seldom puts together."""
    bands = {
        "from": draw(st.sampled_from(["00:00", "08:00", "22:00"])),
        "to": draw(st.sampled_from(["12:30", "18:00"])),
    }
    rounding = draw(
        st.sampled_from(["none", "6s", "60s", {"step_s": 6, "grace_s": 20}, {"step_s": 60, "rule": "down"}])
    )
    shared = {"kind": "per_minute", "basis": draw(st.sampled_from(["talk", "all_work"])), "rounding": rounding}
    day = {
        **shared,
        "rate_per_minute": draw(prices),
        "connect_fee": draw(prices),
        "match": {"time": bands, "weight": 20},
    }
    night = {**shared, "rate_per_minute": draw(prices), "included_minutes": "2", "match": {"weight": 10}}
    surcharge = {"kind": "surcharge", "percent": draw(st.sampled_from(["50", "12.5"]))}
    return [day, night, *([] if "surcharge" in leave_out else [surcharge])]


@st.composite
def documents(draw: st.DrawFn, *, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Tariff documents; leave_out: kinds of components and names of fields that must not be in them."""
    kinds = [kind for kind in COMPONENTS if kind not in leave_out]
    usage_kinds = [kind for kind in USAGE_KINDS if kind not in leave_out]
    chosen = draw(st.lists(st.sampled_from(usage_kinds), min_size=1, max_size=4))
    chosen += [kind for kind in draw(st.lists(st.sampled_from(kinds), max_size=5, unique=True)) if kind not in chosen]
    components = []
    for kind in chosen:
        entry = COMPONENTS[kind]
        properties = {name: part for name, part in entry["properties"].items() if name not in leave_out}
        alternatives = [part for part in entry.get("oneOf", []) if part["required"][0] not in leave_out]
        components.append(draw(_object({**entry, "properties": properties, "oneOf": alternatives})))
    if draw(st.booleans()):
        components = [*_day_and_night(draw, leave_out), *components]
    return {
        "name": "Random",
        "currency": draw(st.sampled_from(["EUR", "JPY", "KWD"])),
        "cycle": draw(st.sampled_from(["month", "28_days"])),
        "holidays": draw(st.lists(st.sampled_from(["2026-06-02", "06-03"]), unique=True)),
        "taxes": [{"code": "vat", "percent": draw(st.sampled_from(["21", "9.5", "0"]))}],
        "components": _made_whole(components),
    }


def tariffs(*, leave_out: frozenset[str] = frozenset()) -> st.SearchStrategy[TariffTerms]:
    """Tariffs read from random documents."""
    return documents(leave_out=leave_out).map(lambda document: parse_terms(document=document))


milliseconds = st.one_of(st.integers(0, 30_000), st.integers(0, 900_000), st.integers(3_600_000, 40_000_000))
usages = st.lists(
    st.builds(
        Usage,
        id=st.uuids().map(str),
        started_at=st.integers(0, 4 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds)),
        channel=st.sampled_from(["voice", "voice", "chat", "email", "sms", "social", ""]),
        direction=st.sampled_from(["in", "out"]),
        talk_ms=milliseconds,
        hold_ms=st.integers(0, 90_000),
        wrap_ms=st.integers(0, 90_000),
        focus_ms=st.integers(0, 90_000),
        open_ms=st.integers(0, 90_000),
        patched_ms=st.sampled_from([0, 0, 61_000]),
        ivr_ms=st.sampled_from([0, 0, 20_500]),
        idle_ms=st.sampled_from([0, 0, 3_600_000]),
        operator_ms=st.sampled_from([0, 0, 7_200_000]),
        interpreter_ms=st.sampled_from([0, 0, 240_000]),
        messages=st.integers(0, 4),
        segments=st.integers(0, 3),
        orders=st.integers(0, 2),
        language=st.sampled_from(["", "en", "ru", "de"]),
        queue=st.sampled_from(["", "sales"]),
        campaign=st.sampled_from(["", "spring"]),
    ),
    max_size=8,
    unique_by=lambda usage: usage.id,
)


@st.composite
def _laid(draw: st.DrawFn, usage: Usage) -> Usage:
    """The contact with its time laid out: in pieces, with gaps, and shared stretches longer than what is its own."""
    spans: list[Span] = []
    place = draw(st.integers(-60_000, 60_000))
    for time_class, ms in usage.ms_by_class().items():
        parts = draw(st.integers(1, 3))
        for part in range(parts):
            own = ms // parts + (ms % parts if part == 0 else 0)
            if own:
                length = own * draw(st.sampled_from([1, 1, 2, 3]))
                spans.append(Span(time_class, place, length, own))
                place += length + draw(st.sampled_from([0, 0, 1, 25_000]))
    return usage._replace(spans=tuple(spans))


laid_usages = usages.flatmap(lambda found: st.tuples(*map(_laid, found)).map(list))
shares = st.fractions(0, 1, max_denominator=31)
zones = st.sampled_from(["UTC", "Europe/Madrid", "America/Los_Angeles", "Asia/Kolkata"])


def segment(
    terms: TariffTerms,
    usage: list[Usage],
    *,
    share: Fraction = Fraction(1),
    is_first: bool = False,
    key: str = "",
    zone: str = "UTC",
) -> Segment:
    """A segment in which every add-on and one-off is booked twice."""
    return Segment(
        terms=terms,
        usage=usage,
        share=share,
        is_first=is_first,
        key=key,
        zone=zone,
        starts_on=START.date(),
        ends_on=START.date() + timedelta(days=28),
        bookings=tuple(Booking(fee.code, Fraction(2)) for fee in terms.fees if fee.kind in BOOKED_KINDS),
    )


def is_kind(terms: TariffTerms, kind: ComponentKind) -> bool:
    """Whether the tariff has a component of this kind."""
    return any(getattr(component, "kind", None) is kind for component in terms.components)
