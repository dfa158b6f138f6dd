"""manage.py rate: what a usage file costs under a tariff file. Pure: reads two files, touches no database."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.document_fields import TermsError, load_document
from billing.explanation import bill_document, explain_contact
from billing.periods import Period, PeriodError, month_period
from billing.pricing import Bill, Segment, price_period
from billing.rating import Usage, UsageConflict
from billing.terms_document import parse_terms
from billing.usage_files import UsageFileError, read_usage

BAD_INPUT = 2


class Command(BaseCommand):
    """Prints one JSON object per line: each bill line followed by its contacts, then contacts outside or unpriced,
    taxes, and the total.
    """

    help = "Rate a usage file (CSV or JSON lines) under a tariff file (JSON or YAML); prints JSON lines, all explained."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--tariff", required=True, type=Path, help="tariff document, JSON or YAML")
        parser.add_argument("--usage", required=True, type=Path, help="contacts, CSV with a header or JSON lines")
        parser.add_argument("--period", help="YYYY-MM; only contacts that start in this month (in --zone) are billed")
        parser.add_argument("--zone", default="UTC", help="the account's time zone, such as Europe/Paris")
        parser.add_argument(
            "--starts-on",
            type=date.fromisoformat,
            help="first day of the contract within --period: prorates, and charges the set-up fee",
        )
        parser.add_argument("--first", action="store_true", help="the contract's first period: charges the set-up fee")
        parser.add_argument("--language", default="en", help="language of the line names")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, price, print; CommandError with exit code 2 naming file, field and cause of every fault."""
        terms_path, usage_path = options["tariff"], options["usage"]
        try:
            terms = parse_terms(document=load_document(text=_read(terms_path)))
            usage = read_usage(text=_read(usage_path))
            period = month_period(label=options["period"], zone=options["zone"]) if options["period"] else None
            share, is_first, billed, outside = _scope(
                usage=usage, period=period, starts_on=options["starts_on"], first=options["first"]
            )
            bill = price_period(
                segments=[
                    Segment(terms=terms, usage=billed, share=share, is_first=is_first, key=options["period"] or "")
                ]
            )
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
    *, usage: list[Usage], period: Period | None, starts_on: date | None, first: bool
) -> tuple[Fraction, bool, list[Usage], list[Usage]]:
    if period is None:
        if starts_on is not None:
            raise PeriodError("--starts-on needs --period")
        return Fraction(1), first, usage, []
    since, share, is_first = period.starts_at, Fraction(1), first
    if starts_on is not None and starts_on >= period.starts_on:
        if starts_on >= period.ends_on:
            raise PeriodError(f"--starts-on {starts_on} lies after the period {period.label}")
        begun = Period(label=period.label, zone=period.zone, starts_on=starts_on, ends_on=period.ends_on)
        since, share, is_first = begun.starts_at, period.share(starts_on=starts_on, ends_on=period.ends_on), True
    inside = [contact for contact in usage if since <= contact.started_at < period.ends_at]
    outside = [contact for contact in usage if not since <= contact.started_at < period.ends_at]
    return share, is_first, inside, outside


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
