"""The words, dates, numbers and amounts of documents in English, Russian and Spanish. Pure; numbers are never rounded
here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.money import currency_digits

LANGUAGES = ("en", "ru", "es")
NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "RUB": "₽", "UAH": "₴", "JPY": "¥", "PLN": "zł"}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_ROWS: Mapping[str, tuple[str, str, str]] = {
    "point": (".", ",", ","),
    "minute": ("min", "мин", "min"),
    "invoice": ("Invoice", "Счёт", "Factura"),
    "credit_note": ("Credit note", "Кредит-нота", "Factura rectificativa"),
    "corrects": ("Corrects invoice", "К счёту", "Rectifica la factura"),
    "reason": ("Reason", "Основание", "Motivo"),
    "credited_to": (
        "Credited against invoice {number}.",
        "Засчитывается по счёту {number}.",
        "Se abona a cuenta de la factura {number}.",
    ),
    "total_credit": ("Total credited", "Всего к зачёту", "Total abonado"),
    "exempt": ("Exempt from tax", "Освобождено от налога", "Exento de impuesto"),
    "reverse_charge": (
        "Reverse charge: the recipient owes the tax",
        "Обратное начисление: налог уплачивает получатель",
        "Inversión del sujeto pasivo",
    ),
    "intra_community": ("Intra-community supply", "Поставка внутри ЕС", "Entrega intracomunitaria"),
    "export": ("Export, free of tax", "Экспорт, без налога", "Exportación, sin impuesto"),
    "not_subject": ("Not subject to tax", "Не облагается налогом", "No sujeto a impuesto"),
    "zero_rate": ("Zero rate", "Ставка ноль", "Tipo cero"),
    "draft": ("Draft", "Черновик", "Borrador"),
    "not_issued": ("not issued", "не выставлен", "sin emitir"),
    "issued": ("Issued", "Дата счёта", "Fecha de emisión"),
    "due": ("Due", "Оплатить до", "Vencimiento"),
    "period": ("Period", "Период", "Período"),
    "from": ("From", "Исполнитель", "Emisor"),
    "to": ("To", "Заказчик", "Cliente"),
    "tax_id": ("Tax ID", "ИНН / рег. номер", "NIF"),
    "service": ("Service", "Услуга", "Servicio"),
    "used": ("Used", "Использовано", "Consumo"),
    "included": ("Included", "Включено", "Incluido"),
    "above": ("Above it", "Сверх пакета", "Adicional"),
    "rate": ("Rate", "Тариф", "Tarifa"),
    "amount": ("Amount", "Сумма", "Importe"),
    "per_minute": ("/ min", "/ мин", "/ min"),
    "per_hour": ("/ h", "/ ч", "/ h"),
    "by_tiers": ("by tiers", "по ступеням", "por tramos"),
    "each": ("each", "за шт.", "por contacto"),
    "net": ("Total before tax", "Итого без налога", "Total sin impuestos"),
    "tax": ("Tax", "Налог", "Impuesto"),
    "tax_of": ("{percent} % of {base}", "{percent} % от {base}", "{percent} % de {base}"),
    "total": ("Total to pay", "К оплате", "Total a pagar"),
    "pay_to": ("Pay to", "Счёт для оплаты", "Cuenta de pago"),
    "reference": ("Reference", "Назначение платежа", "Concepto"),
    "appendix": (
        "Every contact, to the second",
        "Каждое обращение с точностью до секунды",
        "Cada contacto, al segundo",
    ),
    "appendix_note": (
        "Times of day are in {zone}. The amounts of a service sum exactly to its line.",
        "Время указано по поясу {zone}. Суммы по обращениям в точности дают сумму строки.",
        "Las horas son de {zone}. Los importes de un servicio suman exactamente su línea.",
    ),
    "appendix_cut": (
        "The first {shown} of {all} contacts; the portal lists all of them.",
        "Первые {shown} из {all} обращений; полный список в кабинете.",
        "Los primeros {shown} de {all} contactos; el portal los muestra todos.",
    ),
    "when": ("Start", "Начало", "Inicio"),
    "channel": ("Channel", "Канал", "Canal"),
    "of_operator": ("Operator", "Оператор", "Operador"),
    "in_menu": ("Voice menu", "Голосовое меню", "Menú de voz"),
    "contact": ("Contact", "Собеседник", "Contacto"),
    "ticket": ("Ticket", "Заявка", "Ticket"),
    "recorded": ("Recorded, s", "Записано, с", "Registrado, s"),
    "billed": ("Billed, s", "К оплате, с", "Facturado, s"),
    "included_s": ("Included, s", "Включено, с", "Incluido, s"),
    "charged_s": ("Charged, s", "Начислено, с", "Cobrado, s"),
    "counted": ("Counted", "Учтено", "Contado"),
    "sum": ("Sum", "Итого", "Suma"),
    "page": ("Page {page} of {pages}", "Страница {page} из {pages}", "Página {page} de {pages}"),
    "hash": ("Content hash", "Хеш содержания", "Huella del contenido"),
    "voice": ("Phone", "Телефон", "Teléfono"),
    "email": ("E-mail", "Эл. почта", "Correo"),
    "chat": ("Chat", "Чат", "Chat"),
    "sms": ("SMS", "SMS", "SMS"),
    "social": ("Social", "Соцсеть", "Red social"),
    "out": ("outbound", "исходящий", "saliente"),
    "basis_talk": ("talk", "разговор", "conversación"),
    "basis_hold": ("hold", "удержание", "espera"),
    "basis_wrap": ("wrap-up", "постобработка", "cierre"),
    "basis_focus": ("writing", "переписка", "escritura"),
    "basis_open": ("open chat", "открытый чат", "chat abierto"),
    "basis_patched": ("patched call", "соединение с абонентом", "llamada transferida"),
    "basis_ivr": ("voice menu", "голосовое меню", "menú de voz"),
    "basis_idle": ("share of waiting", "доля ожидания", "parte de la espera"),
    "basis_operator": ("operator time", "время оператора", "tiempo de operador"),
    "basis_interpreter": ("interpreter", "переводчик", "intérprete"),
    "basis_talk_only": ("Talk", "Разговор", "Conversación"),
    "basis_talk_hold": ("Talk and hold", "Разговор и удержание", "Conversación y espera"),
    "basis_all_work": ("All work on the contact", "Вся работа по обращению", "Todo el trabajo del contacto"),
    "rounding_none": ("to the second, not rounded up", "посекундно, без округления", "al segundo, sin redondeo"),
    "rounding_rule": (
        "each contact rounded up {rule} s, which added {added}",
        "округление {rule} с на обращение, добавлено {added}",
        "cada contacto redondeado {rule} s, que añade {added}",
    ),
    "contacts": ("Contacts: {count}", "Обращений: {count}", "Contactos: {count}"),
    "true_up": (
        "Commitment {commitment}, used {counted}",
        "Минимум {commitment}, использовано {counted}",
        "Mínimo {commitment}, consumido {counted}",
    ),
    "missing_volume": ("Not used: {count}", "Не использовано: {count}", "No consumido: {count}"),
    "percent_of": ("{percent} % of {counted}", "{percent} % от {counted}", "{percent} % de {counted}"),
    "percent": ("{percent} %", "{percent} %", "{percent} %"),
    "cap_of": (
        "At most {cap}, used {counted}",
        "Не более {cap}, использовано {counted}",
        "Máximo {cap}, consumido {counted}",
    ),
    "times": ("{count} × {price}", "{count} × {price}", "{count} × {price}"),
    "prepaid": (
        "of what is included, prepaid ({reference}): {units}",
        "из включённого предоплачено ({reference}): {units}",
        "de lo incluido, prepagado ({reference}): {units}",
    ),
    "in_advance": ("in advance", "авансом", "por adelantado"),
    "share": ("{days} of {all} days", "{days} из {all} дней", "{days} de {all} días"),
    "unpriced": (
        "Contacts that this tariff does not price, not charged: {count}.",
        "Обращений вне тарифа: {count}; они не оплачиваются.",
        "Contactos sin precio en esta tarifa, no cobrados: {count}.",
    ),
}

BASIS_TEXTS = {
    **{name: f"basis_{name}" for name in ("patched", "ivr", "idle", "operator")},
    "talk": "basis_talk_only",
    "talk_hold": "basis_talk_hold",
    "all_work": "basis_all_work",
}
"""The text of each basis of time that has a name."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language of documents; an unknown language is written in English."""

    language: str

    @property
    def column(self) -> int:
        """The language's place in the table of words."""
        return LANGUAGES.index(self.language) if self.language in LANGUAGES else 0

    def text(self, key: str, **values: object) -> str:
        """Return a text with its values filled in; KeyError for an unknown key."""
        return _ROWS[key][self.column].format(**values)

    def texts(self) -> dict[str, str]:
        """Return every text, unfilled."""
        return {key: row[self.column] for key, row in _ROWS.items()}

    def day(self, *, on: date) -> str:
        """Write a date in full: 1 June 2026, 1 июня 2026 г., 1 de junio de 2026."""
        month = _MONTHS[LANGUAGES[self.column]].split()[on.month - 1]
        if self.column == 1:
            return f"{on.day}{NO_BREAK_SPACE}{month} {on.year}{NO_BREAK_SPACE}г."
        return f"{on.day} de {month} de {on.year}" if self.column == 2 else f"{on.day} {month} {on.year}"

    def number(self, *, text: str) -> str:
        """Write a decimal string with the language's separators: 1234.5 gives 1,234.5 or 1 234,5 or 1.234,5."""
        thousands, point = ((",", "."), (NARROW_SPACE, ","), (".", ","))[self.column]
        sign, digits = ("\u2212", text[1:]) if text.startswith("-") else ("", text)
        whole, _, fraction = digits.partition(".")
        groups: list[str] = []
        while len(whole) > 3:
            whole, last = whole[:-3], whole[-3:]
            groups.insert(0, last)
        grouped = thousands.join([whole, *groups])
        return f"{sign}{grouped}{point}{fraction}" if fraction else f"{sign}{grouped}"

    def money(self, *, amount: Decimal | str, currency: str) -> str:
        """Write an amount with its currency as the language does: €1,234.50, 1 234,50 €."""
        number = self.number(text=str(amount))
        symbol = SYMBOLS.get(currency)
        if self.column == 0 and symbol is not None:
            return f"\u2212{symbol}{number[1:]}" if number.startswith("\u2212") else f"{symbol}{number}"
        return f"{number}{NO_BREAK_SPACE}{symbol or currency}"

    def price(self, *, text: str, currency: str) -> str:
        """Write an exact price with at least the currency's digits: €0.74, €0.0085, €2.00; "n/d" stays a fraction."""
        if "/" in text:
            return f"{text}{NO_BREAK_SPACE}{SYMBOLS.get(currency, currency)}"
        whole, _, fraction = text.partition(".")
        padded = fraction.ljust(currency_digits(currency=currency), "0")
        return self.money(amount=f"{whole}.{padded}" if padded else whole, currency=currency)

    def minutes(self, *, milliseconds: int) -> str:
        """Write time as minutes and seconds, losing nothing: 117:30, and 0:01.5 where there are parts of a second."""
        minutes, rest = divmod(milliseconds, 60_000)
        seconds, parts = divmod(rest, 1000)
        fraction = f".{parts:03d}".rstrip("0") if parts else ""
        point = self.text("point")
        return f"{self.number(text=str(minutes))}:{seconds:02d}{fraction.replace('.', point)}"

    def seconds(self, *, milliseconds: int) -> str:
        """Write time as seconds, losing nothing: 85, 1.5."""
        whole, parts = divmod(milliseconds, 1000)
        return self.number(text=f"{whole}.{parts:03d}".rstrip("0") if parts else str(whole))
