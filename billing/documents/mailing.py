"""An issued document as the mail that brings it: text, PDF and e-invoice. Reads only."""

from datetime import timedelta

from django.conf import settings

from billing.documents.einvoice import NoEInvoice, invoice_ubl
from billing.documents.invoice import invoice_filename, invoice_pdf
from billing.documents.mail_wording import DocumentMail, document_mail
from billing.documents.wording import Wording
from billing.models import Invoice
from billing.money import money_text

File = tuple[str, bytes, str]


def document_files(*, invoice: Invoice) -> tuple[list[File], str]:
    """Return the files of a mail (name, content, type): PDF and UBL; and why there is no UBL, "" if there is."""
    files: list[File] = [(invoice_filename(invoice=invoice), invoice_pdf(invoice=invoice), "application/pdf")]
    try:
        xml = invoice_ubl(invoice=invoice)
    except NoEInvoice as missing:
        return files, missing.message
    return [*files, (invoice_filename(invoice=invoice, ending="ubl.xml"), xml, "application/xml")], ""


def document_text(*, invoice: Invoice, has_xml: bool) -> DocumentMail:
    """Return the mail's subject and body in the document's language, with a link to it in the portal."""
    words = Wording(invoice.language)
    last_day = invoice.period_end - timedelta(days=1)
    total = money_text(amount=abs(invoice.total), digits=invoice.digits)
    return document_mail(
        kind=str(invoice.kind),
        language=invoice.language,
        number=str(invoice.number),
        period=f"{words.day(on=invoice.period_start)} – {words.day(on=last_day)}",
        total=words.money(amount=total, currency=invoice.currency),
        due=words.day(on=invoice.due_on) if invoice.due_on else "",
        bank_account=invoice.seller["bank_account"],
        has_xml=has_xml,
        link=f"{settings.PUBLIC_URL}/client/invoices/{invoice.pk}?account={invoice.account_id}",
        seller=invoice.seller["legal_name"],
    )
