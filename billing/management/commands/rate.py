"""manage.py rate: what a usage file costs under a tariff file. Pure: reads two files, touches no database."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars
from django.core.management.base import BaseCommand, CommandError

from billing.document_fields import TermsError, load_document
from billing.explanation import bill_document, explain_contact
from billing.periods import Period, PeriodError, cycle_period, following_period, local_midnight
from billing.pricing import Bill, Booking, Segment, price_period
from billing.rating import Usage, UsageConflict
from billing.replay_file import ReplayFileError, replay_document
from billing.set_rating import count_unpriced, is_set_rateable, price_sets
from billing.terms import BOOKED_KINDS, TariffTerms
from billing.terms_document import parse_terms
from billing.usage_files import UsageFileError, read_usage
from billing.usage_tables import scan_usage

DIFFERS, BAD_INPUT = 1, 2


class Command(BaseCommand):
    """Prints one JSON object per line: each bill line followed by its contacts, then contacts outside or unpriced,
    taxes, and the total.
    """

    help = "Rate a usage file (CSV or JSON lines) under a tariff file (JSON or YAML); prints JSON lines, all explained."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--tariff", type=Path, help="tariff document, JSON or YAML")
        parser.add_argument("--usage", type=Path, help="contacts: CSV with a header, JSON lines, or Parquet (totals)")
        parser.add_argument(
            "--replay", type=Path, help="a document's replay file: computes it again, compares its hash"
        )
        parser.add_argument(
            "--period",
            help="YYYY-MM, or the first day of a 28-day cycle; only contacts that start in it (in --zone) are billed",
        )
        parser.add_argument("--zone", default="UTC", help="the account's time zone, such as Europe/Paris")
        parser.add_argument(
            "--starts-on",
            type=date.fromisoformat,
            help="first day of the contract within --period: prorates, and charges the set-up fee",
        )
        parser.add_argument(
            "--quantity",
            action="append",
            default=[],
            metavar="CODE=NUMBER",
            help="how many seats, trees or bookings of a fee; may be given several times",
        )
        parser.add_argument("--reverse-charge", action="store_true", help="the buyer owes the tax (category AE)")
        parser.add_argument("--first", action="store_true", help="the contract's first period: charges the set-up fee")
        parser.add_argument("--language", default="en", help="language of the line names")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, price, print; CommandError with exit code 2 naming file, field and cause of every fault."""
        if options["replay"] is not None:
            self._replay(options["replay"])
            return
        if options["tariff"] is None or options["usage"] is None:
            raise CommandError("give --tariff and --usage, or --replay", returncode=BAD_INPUT)
        terms_path, usage_path = options["tariff"], options["usage"]
        try:
            terms = parse_terms(document=load_document(text=_read(terms_path)))
            is_table = usage_path.suffix == ".parquet"
            usage = [] if is_table else read_usage(text=_read(usage_path))
            period = (
                cycle_period(cycle=terms.cycle, label=options["period"], zone=options["zone"])
                if options["period"]
                else None
            )
            segment, outside = _scope(terms=terms, usage=usage, period=period, options=options)
            if is_table:
                self._rate_table(usage_path, segment=segment, period=period, language=options["language"])
                return
            bill = price_period(segments=[segment], following=_following(segment=segment, period=period))
        except TermsError as error:
            raise _refusal(terms_path, [str(problem) for problem in error.problems]) from error
        except UsageFileError as error:
            raise _refusal(usage_path, error.problems) from error
        except (UsageConflict, UnicodeDecodeError) as error:
            raise _refusal(usage_path, [str(error)]) from error
        except PeriodError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        for record in _records(bill=bill, outside=outside, language=options["language"]):
            self.stdout.write(json.dumps(record, ensure_ascii=False))

    def _rate_table(self, path: Path, *, segment: Segment, period: Period | None, language: str) -> None:
        """Price a table of contacts set by set: lines without contacts, taxes and totals."""
        if not is_set_rateable(terms=segment.terms):
            cause = (
                "a tariff with time bands, stages, caps of a contact, counted graces or surcharges needs CSV or JSON"
            )
            raise _refusal(path, [cause])
        table = scan_usage(
            path=path,
            since=_since(segment) if period is not None else None,
            until=period.ends_at if period is not None else None,
        )
        everything = "everything"
        (bill,) = price_sets(
            usage=table.with_columns(account=polars.lit(everything)),
            segments={everything: segment},
            following={everything: _following(segment=segment, period=period)},
        ).values()
        for record in _records(bill=bill, outside=[], language=language):
            if record["record"] == "total":
                record["unpriced"] = count_unpriced(usage=table, terms=segment.terms)
            self.stdout.write(json.dumps(record, ensure_ascii=False))

    def _replay(self, path: Path) -> None:
        try:
            replayed = replay_document(text=_read(path))
        except ReplayFileError as error:
            raise _refusal(path, [str(error)]) from error
        if replayed.bill is not None:
            for record in _records(bill=replayed.bill, outside=[], language=replayed.language):
                self.stdout.write(json.dumps(record, ensure_ascii=False))
        compared = {"stated": replayed.stated_hash, "computed": replayed.computed_hash, "equal": replayed.is_equal}
        self.stdout.write(json.dumps({"record": "hash", **compared}))
        if not replayed.is_equal:
            raise SystemExit(DIFFERS)


def _since(segment: Segment) -> datetime:
    return local_midnight(day=segment.starts_on or date.min, zone=segment.zone)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})", returncode=BAD_INPUT
        ) from error
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}", returncode=BAD_INPUT) from error


def _refusal(path: Path, problems: list[str]) -> CommandError:
    return CommandError("\n".join(f"{path}: {problem}" for problem in problems), returncode=BAD_INPUT)


def _scope(
    *, terms: TariffTerms, usage: list[Usage], period: Period | None, options: dict[str, Any]
) -> tuple[Segment, list[Usage]]:
    """The segment to price, and the contacts outside of it."""
    quantities = _quantities(options["quantity"])
    segment = Segment(
        terms=terms,
        usage=usage,
        is_first=options["first"],
        key=options["period"] or "",
        zone=options["zone"],
        quantities=quantities,
        bookings=tuple(
            Booking(code=fee.code, quantity=quantities[fee.code])
            for fee in terms.fees
            if fee.kind in BOOKED_KINDS and fee.code in quantities
        ),
        is_reverse_charge=options["reverse_charge"],
    )
    starts_on: date | None = options["starts_on"]
    local_midnight(day=date(2026, 1, 1), zone=options["zone"])
    if period is None:
        if starts_on is not None:
            raise PeriodError("--starts-on needs --period")
        return segment, []
    since, share, is_first = period.starts_at, Fraction(1), segment.is_first
    if starts_on is not None and starts_on >= period.starts_on:
        if starts_on >= period.ends_on:
            raise PeriodError(f"--starts-on {starts_on} lies after the period {period.label}")
        begun = replace(period, starts_on=starts_on)
        since, share, is_first = begun.starts_at, period.share(starts_on=starts_on, ends_on=period.ends_on), True
    inside = [contact for contact in usage if since <= contact.started_at < period.ends_at]
    outside = [contact for contact in usage if not since <= contact.started_at < period.ends_at]
    return (
        replace(
            segment,
            usage=inside,
            share=share,
            is_first=is_first,
            starts_on=max(period.starts_on, starts_on or period.starts_on),
            ends_on=period.ends_on,
        ),
        outside,
    )


def _following(*, segment: Segment, period: Period | None) -> list[Segment]:
    """The whole next period, for fees charged in advance."""
    if period is None:
        return []
    after = following_period(period=period)
    return [
        replace(segment, usage=(), share=Fraction(1), key=after.label, starts_on=after.starts_on, ends_on=after.ends_on)
    ]


def _quantities(given: list[str]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for text in given:
        code, _, number = text.partition("=")
        try:
            found[code] = Fraction(number)
        except (ValueError, ZeroDivisionError) as error:
            raise CommandError(f"--quantity {text}: must be CODE=NUMBER", returncode=BAD_INPUT) from error
        if found[code] < 0:
            raise CommandError(f"--quantity {text}: must not be negative", returncode=BAD_INPUT)
    return found


def _records(*, bill: Bill, outside: list[Usage], language: str) -> Iterator[dict[str, Any]]:
    document = bill_document(bill=bill, language=language)
    for line, written in zip(bill.lines, document["lines"], strict=True):
        yield {"record": "line", **written}
        for contact in line.contacts:
            usage = contact.rated.usage
            yield {
                "record": "contact",
                "line": written["position"],
                "id": usage.id,
                "started_at": usage.started_at.isoformat().replace("+00:00", "Z"),
                "channel": usage.channel,
                "direction": usage.direction,
                **explain_contact(line=line, contact=contact),
            }
    for kind, contacts in (("unpriced", bill.unpriced), ("outside", outside)):
        for usage in contacts:
            yield {
                "record": kind,
                "id": usage.id,
                "started_at": usage.started_at.isoformat().replace("+00:00", "Z"),
                "channel": usage.channel,
            }
    for tax in document["taxes"]:
        yield {"record": "tax", **tax}
    yield {"record": "total", **{key: document[key] for key in ("currency", "net", "tax", "total", "unpriced")}}
