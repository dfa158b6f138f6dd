"""What a quote shows, computed from its inputs: the expected cost, and the comparison with own staff."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from billing.account_periods import terms_on
from billing.comparison import StaffRules, comparison_document
from billing.models import Quote, TariffVersion
from billing.money import currency_digits, exact_text
from billing.quoting import estimate, estimate_document
from billing.terms_document import parse_terms
from billing.volumes import VolumesError, parse_volumes, volumes_document
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.models import Account

STAFF_BOUNDS = {
    "wage_per_hour": (Fraction(0), Fraction(10_000)),
    "productive_share": (Fraction(1, 20), Fraction(1)),
    "load": (Fraction(1), Fraction(10)),
    "target_percent": (Fraction(0), Fraction(99)),
    "within_s": (Fraction(0), Fraction(3600)),
    "least_staff": (Fraction(0), Fraction(100)),
}
_WHOLE = ("target_percent", "within_s", "least_staff")


@dataclass(frozen=True, slots=True)
class Figures:
    """The inputs in canonical form, and what came of them; no wage: no comparison."""

    volumes: dict[str, Any]
    staff: dict[str, Any]
    estimate: dict[str, Any]
    comparison: dict[str, Any] | None


def quote_figures(
    *,
    account: Account,
    version: TariffVersion,
    starts_on: date,
    volumes: object,
    staff: Mapping[str, Any],
    seed: int,
) -> Figures:
    """Compute a quote's figures in the account's language and time zone; Invalid names the input at fault."""
    try:
        expected = parse_volumes(document=volumes)
    except VolumesError as error:
        raise Invalid(str(error), field=f"volumes.{error.field}") from error
    terms = parse_terms(document=version.document)
    rules = _rules(staff)
    found = estimate(terms=terms, volumes=expected, zone=account.time_zone, starts_on=starts_on, seed=seed)
    comparison = None
    if rules is not None:
        try:
            comparison = comparison_document(
                volumes=expected,
                cycle=terms.cycle,
                rules=rules,
                quoted_units=found.usual.net_units,
                digits=currency_digits(currency=terms.currency),
            )
        except ValueError as error:
            raise Invalid(f"The staff cannot be planned: {error}.", field="staff") from error
    return Figures(
        volumes=volumes_document(volumes=expected),
        staff={} if rules is None else _staff_document(rules),
        estimate=estimate_document(found=found, language=account.language),
        comparison=comparison,
    )


def quote_hash(*, quote: Quote) -> str:
    """Return the SHA-256 (hex) of all that the client reads on a quote."""
    content = {
        "number": quote.number,
        "version": quote.version,
        "seller": quote.seller,
        "buyer": quote.buyer,
        "tariff_version": quote.tariff_version_id,
        "starts_on": quote.starts_on.isoformat(),
        "valid_until": quote.valid_until.isoformat(),
        "note": quote.note,
        "volumes": quote.volumes,
        "staff": quote.staff,
        "estimate": quote.estimate,
        "comparison": quote.comparison,
        "sheet": quote.sheet_hash,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def names_of(*, quote: Quote, language: str) -> dict[str, str]:
    """Return the names of a quote's components in a language, by code: of the sheet as it was sent, or of the draft."""
    document = quote.sheet.get("terms") or quote.tariff_version.document
    return {
        component.code: component.names.text(language=language)
        for component in parse_terms(document=document).components
    }


def estimate_in(*, quote: Quote, language: str) -> dict[str, Any]:
    """Return a quote's estimate with its lines named in a reader's language; the figures are as they were sent."""
    names = names_of(quote=quote, language=language)

    def named(bill: dict[str, Any]) -> dict[str, Any]:
        return {**bill, "lines": [line | {"name": names.get(line["code"], line["name"])} for line in bill["lines"]]}

    estimate: dict[str, Any] = quote.estimate
    return {**estimate, "usual": named(estimate["usual"]), "first": named(estimate["first"])}


def other_currency(*, quote: Quote) -> str | None:
    """Return the currency of the account's tariff on the quote's first day where it is not the quote's."""
    running = terms_on(account=quote.account, day=quote.starts_on)
    return running.currency if running is not None and running.currency != quote.estimate["currency"] else None


def _rules(staff: Mapping[str, Any]) -> StaffRules | None:
    """The comparison's inputs; None where no wage is given."""
    for name in staff:
        if name not in STAFF_BOUNDS:
            raise Invalid(f"{name} is not known.", field=f"staff.{name}")
    values: dict[str, Fraction] = {}
    for name, (least, most) in STAFF_BOUNDS.items():
        if staff.get(name) in (None, ""):
            continue
        try:
            value = Fraction(str(staff[name]))
        except (ValueError, ZeroDivisionError):
            value = least - 1
        if not least <= value <= most or (name in _WHOLE and value.denominator != 1):
            raise Invalid(f"{name} must be from {exact_text(value=least)} to {most}.", field=f"staff.{name}")
        values[name] = value
    if "wage_per_hour" not in values:
        return None
    usual = StaffRules(wage_per_hour=values["wage_per_hour"])
    return StaffRules(
        wage_per_hour=values["wage_per_hour"],
        productive_share=values.get("productive_share", usual.productive_share),
        load=values.get("load", usual.load),
        target_percent=int(values.get("target_percent", usual.target_percent)),
        within_s=int(values.get("within_s", usual.within_s)),
        least_staff=int(values.get("least_staff", usual.least_staff)),
    )


def _staff_document(rules: StaffRules) -> dict[str, Any]:
    return {
        "wage_per_hour": exact_text(value=rules.wage_per_hour),
        "productive_share": exact_text(value=rules.productive_share),
        "load": exact_text(value=rules.load),
        "target_percent": rules.target_percent,
        "within_s": rules.within_s,
        "least_staff": rules.least_staff,
    }
