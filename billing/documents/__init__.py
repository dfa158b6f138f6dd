"""Documents made from invoices: the PDF in the client's language."""
