"""Money as exact numbers: a currency's digits, and the ways from text to a fraction and back.

Amounts are fractions inside the engine and Decimal at its edges. Decimals are only ever built from digits, never
computed with, so that no result depends on the precision of the decimal context.
"""

from decimal import Decimal
from fractions import Fraction

# ISO 4217 amendment 176, column "minor unit"; everything else in circulation has two digits.
CURRENCIES_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DIGITS_BY_CURRENCY = {code: digits for digits, codes in CURRENCIES_BY_DIGITS.items() for code in codes.split()}
DEFAULT_DIGITS = 2


def currency_digits(*, currency: str) -> int:
    """Return how many digits after the point an amount of this ISO 4217 currency has."""
    return DIGITS_BY_CURRENCY.get(currency, DEFAULT_DIGITS)


def decimal_from_units(*, units: int, digits: int) -> Decimal:
    """Return units x 10^-digits as a Decimal with exactly that many digits: 142, 2 gives 1.42."""
    return Decimal((0 if units >= 0 else 1, tuple(int(figure) for figure in str(abs(units))), -digits))


def money_text(*, amount: Decimal, digits: int) -> str:
    """Write an amount with its currency's digits, whatever scale it was stored with: 1.5000 gives 1.50."""
    return str(decimal_from_units(units=units_from_decimal(amount=amount, digits=digits), digits=digits))


def units_from_decimal(*, amount: Decimal, digits: int) -> int:
    """Return the whole units of 10^-digits in an amount; ValueError if the amount is not a whole number of them."""
    scaled = Fraction(amount) * Fraction(10) ** digits
    if scaled.denominator != 1:
        raise ValueError(f"{amount} has more than {digits} digits after the point")
    return scaled.numerator


def exact_text(*, value: Fraction) -> str:
    """Write a fraction without losing anything: as a decimal where one ends, as "n/d" where none does (17/12)."""
    remaining, twos, fives = value.denominator, 0, 0
    while remaining % 2 == 0:
        remaining, twos = remaining // 2, twos + 1
    while remaining % 5 == 0:
        remaining, fives = remaining // 5, fives + 1
    if remaining != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = max(twos, fives)
    return format(decimal_from_units(units=value.numerator * 10**digits // value.denominator, digits=digits), "f")


def exact_value(*, text: str) -> Fraction:
    """Read back what exact_text wrote."""
    return Fraction(text)
