"""Rating of many contacts at once, for bills without an appendix: millions of rows of a table in one pass of Polars.

The rules are those of the single call: billed_time is the same definition applied to a column, lanes and matchers mean
the same, and pricing is the one engine. What only contact by contact can say (time bands, stages and caps of one
contact, counted graces, surcharges, prepaid units) is not rated here: is_set_rateable says so, and the caller takes
price_period instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from types import MappingProxyType
from typing import Any

import polars as pl

from billing.bill import Bill, Segment
from billing.matching import Matcher
from billing.pricing import price_totals
from billing.rating import UsageTotals
from billing.rounding import DurationRule, billed_time
from billing.terms import HANDLING, ComponentKind, Rate, TariffTerms, TimeClass, Wrap

# Polars sums narrow whole numbers with a silent wrap: every column is widened before anything is computed with it.
WHOLE = pl.Int64()
COUNT_COLUMNS = {
    ComponentKind.PER_MESSAGE: "messages",
    ComponentKind.PER_SEGMENT: "segments",
    ComponentKind.PER_ORDER: "orders",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a rate a row needs to know: accounts whose tariffs differ in prices alone are rated together."""

    kind: ComponentKind
    lane: str
    match: Matcher
    basis: frozenset[TimeClass]
    rounding: DurationRule
    wrap: Wrap | None


def is_set_rateable(*, terms: TariffTerms) -> bool:
    """Say whether a bill under these terms needs no look at a contact by itself."""
    return not terms.surcharges and not any(
        rate.match.is_timed or rate.stages or rate.cap_per_contact is not None or rate.grace_contacts is not None
        for rate in terms.rates
    )


def price_sets(
    *,
    usage: pl.LazyFrame,
    segments: Mapping[Any, Segment],
    following: Mapping[Any, Sequence[Segment]] = MappingProxyType({}),
    account: str = "account",
) -> dict[Any, Bill]:
    """Return each account's bill, its lines without contacts; segments and those of the following period by the value
    of the account's column.

    usage has a column for each field of Usage that a rate asks for; a missing one is 0 or "". Each row is a contact:
    the caller has made sure that none is in it twice. ValueError where terms are not set-rateable.
    """
    by_shape: dict[tuple[_Shape, ...], list[Any]] = {}
    for key, segment in segments.items():
        if not is_set_rateable(terms=segment.terms):
            raise ValueError(f"the tariff of {key!r} must be rated contact by contact")
        by_shape.setdefault(tuple(map(_shape, segment.terms.rates)), []).append(key)
    reader = _Reader(usage=usage, account=account)
    bills: dict[Any, Bill] = {}
    for shapes, keys in by_shape.items():
        totals = reader.totals(shapes=shapes, keys=keys)
        for key in keys:
            bills[key] = price_totals(
                segments=[segments[key]],
                totals=[[found.get(key, UsageTotals()) for found in totals]],
                following=following.get(key, ()),
            )
    return bills


def count_unpriced(*, usage: pl.LazyFrame, terms: TariffTerms) -> int:
    """Return how many rows no rate of the terms prices."""
    reader = _Reader(usage=usage, account="")
    shapes = tuple(map(_shape, terms.rates))
    priced = [
        condition if shape.lane == HANDLING else condition & (reader.raw(shape) > 0)
        for shape, condition in zip(shapes, reader.conditions(shapes), strict=True)
    ]
    left = usage.filter(~reduce(or_, priced, pl.lit(False)) & (reader.text("channel") != ""))
    return int(left.select(pl.len()).collect(engine="streaming").item())


def _shape(rate: Rate) -> _Shape:
    return _Shape(rate.kind, rate.lane, rate.match, rate.basis, rate.rounding, rate.wrap)


class _Reader:
    """The columns of a table of usage, and the sums that rates ask of them."""

    def __init__(self, *, usage: pl.LazyFrame, account: str) -> None:
        self.usage = usage
        self.account = account
        self.columns = set(usage.collect_schema().names())

    def totals(self, *, shapes: Sequence[_Shape], keys: Sequence[Any]) -> list[dict[Any, UsageTotals]]:
        """Return, for each rate, the totals of each account that has any."""
        taken = self.usage.filter(pl.col(self.account).is_in(keys))
        queries = []
        for shape, condition in zip(shapes, self.conditions(shapes), strict=True):
            raw = self.raw(shape)
            counted = taken.filter(condition).select(self.account, raw=raw)
            if shape.lane != HANDLING:
                counted = counted.filter(pl.col("raw") > 0)
            is_time = shape.kind in (ComponentKind.PER_MINUTE, ComponentKind.PER_HOUR)
            billed = billed_time(duration=pl.col("raw"), rule=shape.rounding) if is_time else pl.col("raw")
            more = billed - pl.col("raw")
            queries.append(
                counted.with_columns(billed=billed, more=more)
                .group_by(self.account)
                .agg(
                    pl.len().alias("contacts"),
                    pl.col("raw").sum(),
                    (pl.col("more") * (pl.col("more") < 0)).sum().alias("waived"),
                    (pl.col("more") * (pl.col("more") > 0)).sum().alias("rounding"),
                    pl.col("billed").sum(),
                    (pl.col("billed") > 0).sum().alias("connects"),
                )
            )
        return [
            {
                row[self.account]: UsageTotals(
                    contacts=row["contacts"],
                    raw=row["raw"],
                    waived=-row["waived"],
                    rounding=row["rounding"],
                    billed=row["billed"],
                    connects=row["connects"],
                )
                for row in frame.iter_rows(named=True)
            }
            for frame in pl.collect_all(queries, engine="streaming")
        ]

    def conditions(self, shapes: Sequence[_Shape]) -> list[pl.Expr]:
        """Return, for each rate, which rows it takes: those it fits that no rate tried before it in its lane does."""
        before: dict[str, list[pl.Expr]] = {}
        found: dict[int, pl.Expr] = {}
        for index in sorted(range(len(shapes)), key=lambda index: -shapes[index].match.weight):
            shape = shapes[index]
            fits = self._fits(shape)
            earlier = before.setdefault(shape.lane, [])
            found[index] = fits & ~reduce(or_, earlier) if earlier else fits
            earlier.append(fits)
        return [found[index] for index in range(len(shapes))]

    def _fits(self, shape: _Shape) -> pl.Expr:
        conditions = [
            # time of no contact came by no channel: what a matcher says of channels is not asked of it
            self.text(column).is_in([*sorted(map(str, wanted)), *([""] if column == "channel" else [])])
            for column, wanted in (
                ("channel", shape.match.channels),
                ("direction", shape.match.directions),
                ("language", shape.match.languages),
                ("queue", shape.match.queues),
                ("campaign", shape.match.campaigns),
            )
            if wanted
        ]
        if shape.lane == HANDLING:
            conditions.append(self.text("channel") != "")
        return reduce(and_, conditions, pl.lit(True))

    def raw(self, shape: _Shape) -> pl.Expr:
        """Return what a rate counts of each row."""
        if shape.kind is ComponentKind.PER_CONTACT:
            return (self.text("channel") != "").cast(WHOLE)
        if shape.kind in COUNT_COLUMNS:
            return self._whole(COUNT_COLUMNS[shape.kind])
        every = [self._whole(f"{time_class}_ms") for time_class in TimeClass if time_class in shape.basis]
        recorded: pl.Expr = reduce(lambda left, right: left + right, every)
        if shape.wrap is None:
            return recorded
        wrap = self._whole("wrap_ms")
        counted = pl.lit(shape.wrap.fixed_ms, WHOLE)
        if shape.wrap.fixed_ms is None:
            counted = pl.min_horizontal(wrap, pl.lit(shape.wrap.most_ms, WHOLE))
        return (recorded - wrap + counted) * (recorded > 0)

    def text(self, column: str) -> pl.Expr:
        """Return a column of texts, "" where the table has none."""
        return pl.col(column) if column in self.columns else pl.lit("")

    def _whole(self, column: str) -> pl.Expr:
        return pl.col(column).cast(WHOLE) if column in self.columns else pl.lit(0, WHOLE)
