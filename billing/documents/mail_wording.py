"""The texts of the mails that bring documents, in English, Russian and Spanish. Pure."""

from typing import NamedTuple

from billing.documents.wording import LANGUAGES

_SUBJECTS = {
    "invoice": ("Invoice {number} for {period}", "Счёт {number} за {period}", "Factura {number} de {period}"),
    "credit_note": ("Credit note {number}", "Кредит-нота {number}", "Factura rectificativa {number}"),
}
_OPENINGS = {
    "invoice": (
        "attached is invoice {number} for {period} over {total}, payable by {due}.",
        "во вложении счёт {number} за {period} на сумму {total}, срок оплаты {due}.",
        "adjuntamos la factura {number} de {period} por {total}, pagadera hasta el {due}.",
    ),
    "credit_note": (
        "attached is credit note {number} over {total}.",
        "во вложении кредит-нота {number} на сумму {total}.",
        "adjuntamos la factura rectificativa {number} por {total}.",
    ),
}
_BODY = (
    "Dear Sir or Madam,\n\n{opening}{pay}{xml}\n\nEvery line down to each contact is in your portal, where you can "
    "also doubt a line:\n{link}\n\nKind regards\n{seller}\n",
    "Здравствуйте!\n\nУважаемый клиент, {opening}{pay}{xml}\n\nКаждая строка вплоть до отдельного обращения — в вашем "
    "кабинете; там же строку можно оспорить:\n{link}\n\nС уважением,\n{seller}\n",
    "Estimado cliente:\n\n{opening}{pay}{xml}\n\nCada línea, hasta cada contacto, está en su portal, donde también "
    "puede reclamar una línea:\n{link}\n\nAtentamente,\n{seller}\n",
)
_PAY = (
    "\nPlease pay to {account}, with the reference {number}.",
    "\nРеквизиты: {account}, назначение платежа {number}.",
    "\nPague por favor a {account}, con el concepto {number}.",
)
_XML = (
    "\nThe XML file is the same document as an e-invoice (EN 16931) for your accounting program.",
    "\nФайл XML — тот же документ в виде электронного счёта (EN 16931) для бухгалтерской программы.",
    "\nEl archivo XML es el mismo documento como factura electrónica (EN 16931) para su programa de contabilidad.",
)


class DocumentMail(NamedTuple):
    """The mail that brings a document."""

    subject: str
    body: str


def document_mail(
    *,
    kind: str,
    language: str,
    number: str,
    period: str,
    total: str,
    due: str,
    bank_account: str,
    has_xml: bool,
    link: str,
    seller: str,
) -> DocumentMail:
    """Return the text for a kind of document ("invoice", "credit_note"), English where the language is unknown."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    opening = _OPENINGS[kind][column].format(number=number, period=period, total=total, due=due)
    pay = _PAY[column].format(account=bank_account, number=number) if kind == "invoice" and bank_account else ""
    return DocumentMail(
        subject=_SUBJECTS[kind][column].format(number=number, period=period),
        body=_BODY[column].format(
            opening=opening[:1].upper() + opening[1:] if column == 2 else opening,
            pay=pay,
            xml=_XML[column] if has_xml else "",
            link=link,
            seller=seller,
        ),
    )
