"""An issued document as Factur-X: the PDF/A-3 that people read with the CII file that programs read. Reads only."""

from facturx import generate_from_binary

from billing.documents.cii import cii_document
from billing.documents.einvoice import invoice_facts
from billing.documents.invoice import invoice_pdf
from billing.models import Invoice


def invoice_facturx(*, invoice: Invoice) -> bytes:
    """Return the document as Factur-X in the profile EN 16931; NoEInvoice where it lacks what the norm asks for."""
    facts = invoice_facts(invoice=invoice)
    title = f"{facts.seller.name}: {facts.number}"
    made: bytes = generate_from_binary(
        invoice_pdf(invoice=invoice),
        cii_document(facts=facts),
        flavor="factur-x",
        level="en16931",
        # the tests hold what is written against schema and rules; the library would ask a server for the latter
        check_xsd=False,
        check_schematron=False,
        lang=facts.language,
        pdf_metadata={"author": facts.seller.name, "title": title, "subject": title, "keywords": facts.number},
        # the PDF is the source beside which the XML says the same (Factur-X 1.0, 6.2.2)
        afrelationship="alternative",
    )
    return made
