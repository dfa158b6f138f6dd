"""Why an invoice differs from its quote, in English, Russian and Spanish. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing.documents.wording import Wording
from billing.money import decimal_from_units
from billing.variance import KindVariance, LineVariance

_TEXTS = {
    "equal": (
        "The invoice comes to what the quote expected: {expected}.",
        "Счёт равен ожидаемому по предложению: {expected}.",
        "La factura coincide con lo previsto en la oferta: {expected}.",
    ),
    "above": (
        "The invoice is {difference} above the {expected} that the quote expected.",
        "Счёт на {difference} больше ожидаемых по предложению {expected}.",
        "La factura supera en {difference} los {expected} previstos en la oferta.",
    ),
    "below": (
        "The invoice is {difference} below the {expected} that the quote expected.",
        "Счёт на {difference} меньше ожидаемых по предложению {expected}.",
        "La factura queda {difference} por debajo de los {expected} previstos en la oferta.",
    ),
    "within": (
        "It lies within the range that the quote named: {low} to {high}.",
        "Он в пределах, названных в предложении: от {low} до {high}.",
        "Está dentro del margen que indicaba la oferta: de {low} a {high}.",
    ),
    "outside": (
        "It lies outside the range that the quote named: {low} to {high}.",
        "Он за пределами, названными в предложении: от {low} до {high}.",
        "Está fuera del margen que indicaba la oferta: de {low} a {high}.",
    ),
    "part": (
        "The quoted prices hold for a part of this period only.",
        "Цены предложения действуют только в части этого периода.",
        "Los precios de la oferta rigen solo en parte de este período.",
    ),
    "volume": (
        "Volume: {amount}, most of it by {name} ({actual} instead of {expected}).",
        "Объём: {amount}, больше всего — {name} ({actual} вместо {expected}).",
        "Volumen: {amount}, sobre todo por {name} ({actual} en lugar de {expected}).",
    ),
    "price": (
        "Average price: {amount}, most of it by {name} (included units, steps, tiers, time of day, or new prices).",
        "Средняя цена: {amount}, больше всего — {name} (включённый объём, округление, ступени, время суток, цены).",
        "Precio medio: {amount}, sobre todo por {name} (unidades incluidas, redondeo, tramos, horario, precios).",
    ),
    "other": (
        "Fees, discounts, minimums, add-ons and corrections: {amount}, most of it by {name}.",
        "Платежи, скидки, минимумы, доп. услуги и исправления: {amount}, больше всего — {name}.",
        "Cuotas, descuentos, mínimos, extras y correcciones: {amount}, sobre todo por {name}.",
    ),
}


@dataclass(frozen=True, slots=True)
class VarianceWording(Wording):
    """The sentences on top of the texts of documents."""

    def sentences(
        self,
        *,
        kinds: Sequence[KindVariance],
        names: Mapping[str, str],
        digits: int,
        currency: str,
        bounds: tuple[int, int] | None,
        is_part: bool,
    ) -> list[str]:
        """Say how far the invoice is from the quote, and which line moved it most by volume, price and the rest.

        bounds: the quote's range in smallest units, None where it names none; names by code.
        """

        def money(units: int) -> str:
            return self.money(amount=str(decimal_from_units(units=units, digits=digits)), currency=currency)

        def signed(units: int) -> str:
            return ("+" if units > 0 else "\u2212") + money(abs(units))

        expected, actual = (sum(getattr(kind, name) for kind in kinds) for name in ("expected", "actual"))
        key = "equal" if actual == expected else "above" if actual > expected else "below"
        found = [self._say(key, expected=money(expected), difference=money(abs(actual - expected)))]
        if bounds is not None:
            low, high = bounds
            key = "within" if low <= actual <= high else "outside"
            found.append(self._say(key, low=money(low), high=money(high)))
        if is_part:
            found.append(self._say("part"))
        lines = [line for kind in kinds for line in kind.lines]
        for part in ("volume", "price", "other"):
            amount = sum(getattr(line, part) for line in lines)
            most = max(lines, key=lambda line: abs(getattr(line, part)), default=None)
            if most is not None and getattr(most, part):
                found.append(
                    self._say(
                        part,
                        amount=signed(amount) if amount else money(0),
                        name=("\u201c{}\u201d", "\u00ab{}\u00bb", "\u00ab{}\u00bb")[self.column].format(
                            names.get(most.code, most.code)
                        ),
                        **self._quantities(most),
                    )
                )
        return found

    def _quantities(self, line: LineVariance) -> dict[str, str]:
        unit = line.actual.unit or line.expected.unit
        return {
            name: self._quantity(figures.quantity or 0, unit)
            for name, figures in (("expected", line.expected), ("actual", line.actual))
        }

    def _quantity(self, quantity: int, unit: str) -> str:
        if unit == "ms":
            return f"{self.minutes(milliseconds=quantity)} {('min', 'мин', 'min')[self.column]}"
        return self.number(text=str(quantity))

    def _say(self, key: str, **values: str) -> str:
        return _TEXTS[key][self.column].format(**values)
