"""Normal forms of contact points: two spellings of one address are one point."""

import unicodedata

import phonenumbers


def normal_phone(*, number: str, region: str | None) -> str:
    """Return E.164 (+...) where the number can be understood in the region, else its digits as given.

    `region` is an ISO 3166 code for national forms. A withheld number gives ''.
    """
    text = unicodedata.normalize("NFKC", number).strip()
    if not any(character.isdigit() for character in text):
        return ""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is not None and phonenumbers.is_possible_number(parsed):
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return "".join(character for character in text if character.isdigit())[:32]


def normal_email(address: str) -> str:
    """Return the address trimmed and in lower case (no provider distinguishes case in practice)."""
    return unicodedata.normalize("NFKC", address).strip().strip("<>").lower()[:320]


def normal_value(*, kind: str, value: str, region: str | None = None) -> str:
    """Return the normal form for this kind of point."""
    if kind in {"phone", "sms"}:
        return normal_phone(number=value, region=region)
    if kind == "email":
        return normal_email(value)
    return value.strip()[:320]
