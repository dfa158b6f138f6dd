"""Usage from Parquet files of any size, as a lazy table for billing.set_rating. Pure."""

from datetime import datetime
from pathlib import Path

import polars as pl

from billing.usage import Usage
from billing.usage_files import UsageFileError

TEXTS = frozenset({"id", "channel", "direction", "language", "queue", "campaign", "label"})


def scan_usage(*, path: Path, since: datetime | None, until: datetime | None) -> pl.LazyFrame:
    """Return the contacts of a file that start in [since, until), None meaning without a bound.

    UsageFileError naming every column at fault: one that is unknown, of another type, without values, or with negative
    ones.
    """
    try:
        table = pl.scan_parquet(path)
        schema = table.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageFileError(problems=[f"is not Parquet: {error}"]) from error
    known = set(Usage._fields) - {"spans"}
    problems = [f"{name}: is not a field of usage" for name in schema if name not in known]
    for name, dtype in schema.items():
        if name == "started_at":
            if not (isinstance(dtype, pl.Datetime) and dtype.time_zone):
                problems.append(f"started_at: must be an instant with a zone, not {dtype}")
        elif name in TEXTS:
            if not isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
                problems.append(f"{name}: must be text, not {dtype}")
        elif name in known and not dtype.is_integer():
            problems.append(f"{name}: must be whole numbers, not {dtype}")
    if "started_at" not in schema:
        problems.append("started_at: is missing")
    if "channel" not in schema:
        problems.append("channel: is missing")
    if problems:
        raise UsageFileError(problems=problems)
    _check_values(table, schema)
    if since is not None:
        table = table.filter(pl.col("started_at") >= since)
    if until is not None:
        table = table.filter(pl.col("started_at") < until)
    return table


def _check_values(table: pl.LazyFrame, schema: pl.Schema) -> None:
    counted = [name for name, dtype in schema.items() if dtype.is_integer()]
    (row,) = (
        table.select(
            *(pl.col(name).null_count().alias(f"{name} is empty in") for name in schema),
            *((pl.col(name) < 0).sum().alias(f"{name} is negative in") for name in counted),
        )
        .collect(engine="streaming")
        .iter_rows(named=True)
    )
    problems = [f"{cause} {count} rows" for cause, count in row.items() if count]
    if "id" in schema:
        repeated = table.select(pl.len() - pl.col("id").n_unique()).collect(engine="streaming").item()
        if repeated:
            problems.append(f"id is repeated in {repeated} rows")
    if problems:
        raise UsageFileError(problems=problems)
