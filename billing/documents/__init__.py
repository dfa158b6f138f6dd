"""Documents made from issued and draft invoices: the PDF in the client's language."""

from billing.documents.invoice import invoice_filename, invoice_pdf

__all__ = ["invoice_filename", "invoice_pdf"]
