"""VAT identifiers and bank accounts by their check digits, by python-stdnum. Pure."""

import re

from stdnum import get_cc_module, iban
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

LOOKS_LIKE_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]", re.IGNORECASE)
# letters of a VAT identifier that are not the country's own code
COUNTRY_BY_LETTERS = {"EL": "GR", "XI": "GB"}


def tax_id_problem(*, number: str, country: str) -> str:
    """Say what is wrong with a tax number, "" where nothing is known to be: one that begins with the letters of an EU
    country is its VAT identifier and must have that country's form and check digits; any other is checked by the
    country's rules where there are some.
    """
    plain = re.sub(r"[\s.-]", "", number).upper()
    if not plain:
        return ""
    letters = plain[:2]
    if letters.isalpha() and letters.lower() in {*vat.MEMBER_STATES, "el", "xi"}:
        if country and COUNTRY_BY_LETTERS.get(letters, letters) != country:
            return f"{plain} is a VAT identifier of {COUNTRY_BY_LETTERS.get(letters, letters)}, not of {country}."
        try:
            vat.validate(plain)
        except ValidationError as error:
            return f"{plain} is no VAT identifier of {COUNTRY_BY_LETTERS.get(letters, letters)}: {error}"
        return ""
    module = get_cc_module(country.lower(), "vat") if country else None
    if module is None:
        return ""
    try:
        module.validate(plain)
    except ValidationError as error:
        return f"{plain} is no tax number of {country}: {error}"
    return ""


def iban_problem(*, number: str) -> str:
    """Say what is wrong with a bank account that is written as an IBAN; "" where nothing is, or where it is none."""
    plain = re.sub(r"\s", "", number)
    if not LOOKS_LIKE_IBAN.match(plain):
        return ""
    try:
        iban.validate(plain)
    except ValidationError as error:
        return f"This is no IBAN: {error}"
    return ""
