"""The texts of reminders in English, Russian and Spanish: friendly, firm, last. Pure."""

from dataclasses import dataclass

from billing.documents.wording import LANGUAGES

LEVELS = (1, 2, 3)
_SUBJECTS = {
    1: ("Reminder: invoice {number}", "Напоминание: счёт {number}", "Recordatorio: factura {number}"),
    2: (
        "Second reminder: invoice {number} is overdue",
        "Повторное напоминание: счёт {number} просрочен",
        "Segundo recordatorio: la factura {number} está vencida",
    ),
    3: (
        "Last reminder: invoice {number}",
        "Последнее напоминание: счёт {number}",
        "Último aviso: factura {number}",
    ),
}
_OPENINGS = {
    1: (
        "it may have escaped you: invoice {number} of {issued} was due on {due}, and {open} of it is open.",
        "возможно, вы не заметили: счёт {number} от {issued} следовало оплатить до {due}; не оплачено {open}.",
        "quizá se le haya pasado: la factura {number} del {issued} venció el {due} y quedan {open} pendientes.",
    ),
    2: (
        "we have reminded you before: invoice {number} of {issued} was due on {due}, and {open} is still open.",
        "мы уже напоминали: счёт {number} от {issued} следовало оплатить до {due}; до сих пор не оплачено {open}.",
        "ya se lo recordamos: la factura {number} del {issued} venció el {due} y siguen pendientes {open}.",
    ),
    3: (
        "in spite of two reminders {open} of invoice {number} of {issued}, due on {due}, is open. Please pay within "
        "seven days, or tell us what keeps you from it.",
        "несмотря на два напоминания, по счёту {number} от {issued} со сроком {due} не оплачено {open}. Оплатите его "
        "в течение семи дней или сообщите, что вам мешает.",
        "pese a dos recordatorios, quedan {open} pendientes de la factura {number} del {issued}, vencida el {due}. "
        "Páguela en siete días o díganos qué se lo impide.",
    ),
}
_BODY = (
    "Dear Sir or Madam,\n\n{opening}\n\nPlease pay to {account}, with the reference {number}. The invoice is attached "
    "and in your portal; if you doubt a line, say so there. If your payment has crossed this letter, please disregard "
    "it.\n\nKind regards\n{seller}\n",
    "Здравствуйте!\n\nУважаемый клиент, {opening}\n\nРеквизиты: {account}, назначение платежа {number}. Счёт приложен "
    "и доступен в вашем кабинете; если строка вызывает сомнения, напишите об этом там. Если вы уже заплатили, оставьте "
    "это письмо без внимания.\n\nС уважением,\n{seller}\n",
    "Estimado cliente:\n\n{opening}\n\nPague por favor a {account}, con el concepto {number}. La factura va adjunta y "
    "está en su portal; si duda de alguna línea, dígalo allí. Si su pago se ha cruzado con esta carta, no la tenga en "
    "cuenta.\n\nAtentamente,\n{seller}\n",
)
_PORTAL = ("our account", "наш счёт", "nuestra cuenta")


@dataclass(frozen=True, slots=True)
class ReminderText:
    """A reminder as it is sent."""

    subject: str
    body: str


def reminder_text(
    *, level: int, language: str, number: str, issued: str, due: str, open_amount: str, bank_account: str, seller: str
) -> ReminderText:
    """Return the text of a level (1 friendly, 2 firm, 3 last) in a language, English where it is unknown."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    opening = _OPENINGS[level][column].format(number=number, issued=issued, due=due, open=open_amount)
    return ReminderText(
        subject=_SUBJECTS[level][column].format(number=number),
        body=_BODY[column].format(
            opening=opening[:1].upper() + opening[1:] if column == 2 else opening,
            account=bank_account or _PORTAL[column],
            number=number,
            seller=seller,
        ),
    )
