"""An e-invoice as UBL 2.1 Invoice or CreditNote, as EN 16931 binds it (CEN/TS 16931-3-2). Pure."""

from decimal import Decimal

from lxml import etree
from lxml.builder import ElementMaker

from billing.documents.facts import GUIDELINE, Facts, ItemLine, Party, TaxLine

_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{_OASIS}CommonAggregateComponents-2", f"{_OASIS}CommonBasicComponents-2"
_a = ElementMaker(namespace=_CAC)
_b = ElementMaker(namespace=_CBC)


def ubl_document(*, facts: Facts) -> bytes:
    """Return the document as UTF-8 XML; elements stand in the order of the schema."""
    root_name = "CreditNote" if facts.is_credit_note else "Invoice"
    space = f"{_OASIS}{root_name}-2"
    root = etree.Element(f"{{{space}}}{root_name}", nsmap={None: space, "cac": _CAC, "cbc": _CBC})
    root.extend(_head(facts))
    root.append(_a.AccountingSupplierParty(_party(facts.seller)))
    root.append(_a.AccountingCustomerParty(_party(facts.buyer)))
    delivery = _a.Delivery(_b.ActualDeliveryDate(facts.period_last_on.isoformat()))
    if facts.delivered_abroad:
        country = _a.Country(_b.IdentificationCode(facts.buyer.country))
        delivery.append(_a.DeliveryLocation(_a.Address(country)))
    root.append(delivery)
    if facts.bank_account:
        root.append(_payment(facts))
    if facts.terms:
        root.append(_a.PaymentTerms(_b.Note(facts.terms)))
    root.append(_tax_total(facts))
    root.append(_totals(facts))
    root.extend(_line(line, facts) for line in facts.lines)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _head(facts: Facts) -> list[etree._Element]:
    is_credit = facts.is_credit_note
    head = [_b.CustomizationID(GUIDELINE), _b.ID(facts.number), _b.IssueDate(facts.issued_on.isoformat())]
    if not is_credit:
        head.append(_b.DueDate(facts.due_on.isoformat()))
    head.append(_b.CreditNoteTypeCode(facts.type_code) if is_credit else _b.InvoiceTypeCode(facts.type_code))
    if facts.note:
        head.append(_b.Note(facts.note))
    head.append(_b.DocumentCurrencyCode(facts.currency))
    if facts.buyer_reference:
        head.append(_b.BuyerReference(facts.buyer_reference))
    head.append(
        _a.InvoicePeriod(_b.StartDate(facts.period_starts_on.isoformat()), _b.EndDate(facts.period_last_on.isoformat()))
    )
    if facts.corrects_number:
        reference = _a.InvoiceDocumentReference(_b.ID(facts.corrects_number))
        if facts.corrects_issued_on is not None:
            reference.append(_b.IssueDate(facts.corrects_issued_on.isoformat()))
        head.append(_a.BillingReference(reference))
    return head


def _party(party: Party) -> etree._Element:
    made = _a.Party()
    if party.email:
        made.append(_b.EndpointID(party.email, schemeID="EM"))
    address = _a.PostalAddress()
    for value, tag in ((party.address, _b.StreetName), (party.city, _b.CityName), (party.postcode, _b.PostalZone)):
        if value:
            address.append(tag(value))
    address.append(_a.Country(_b.IdentificationCode(party.country)))
    made.append(address)
    for number, scheme in ((party.vat_id, "VAT"), (party.tax_registration, "TAX")):
        if number:
            made.append(_a.PartyTaxScheme(_b.CompanyID(number), _a.TaxScheme(_b.ID(scheme))))
    entity = _a.PartyLegalEntity(_b.RegistrationName(party.name))
    if party.registration:
        entity.append(_b.CompanyID(party.registration))
    made.append(entity)
    return made


def _payment(facts: Facts) -> etree._Element:
    # UNTDID 4461: 30 is a credit transfer
    return _a.PaymentMeans(
        _b.PaymentMeansCode("30"),
        _b.PaymentID(facts.number),
        _a.PayeeFinancialAccount(_b.ID(facts.bank_account)),
    )


def _money(tag: object, amount: Decimal, facts: Facts) -> etree._Element:
    return tag(str(amount), currencyID=facts.currency)  # type: ignore[operator]


def _tax_total(facts: Facts) -> etree._Element:
    total = _a.TaxTotal(_money(_b.TaxAmount, facts.tax, facts))
    for tax in facts.taxes:
        total.append(
            _a.TaxSubtotal(
                _money(_b.TaxableAmount, tax.base, facts), _money(_b.TaxAmount, tax.amount, facts), _category(tax)
            )
        )
    return total


def _category(tax: TaxLine) -> etree._Element:
    made = _a.TaxCategory(_b.ID(tax.letter))
    if tax.letter != "O":
        made.append(_b.Percent(f"{tax.percent:f}"))
    if tax.reason_code:
        made.append(_b.TaxExemptionReasonCode(tax.reason_code))
    if tax.reason:
        made.append(_b.TaxExemptionReason(tax.reason))
    made.append(_a.TaxScheme(_b.ID("VAT")))
    return made


def _totals(facts: Facts) -> etree._Element:
    return _a.LegalMonetaryTotal(
        _money(_b.LineExtensionAmount, facts.net, facts),
        _money(_b.TaxExclusiveAmount, facts.net, facts),
        _money(_b.TaxInclusiveAmount, facts.total, facts),
        _money(_b.PayableAmount, facts.total, facts),
    )


def _line(line: ItemLine, facts: Facts) -> etree._Element:
    quantity = _b.CreditedQuantity if facts.is_credit_note else _b.InvoicedQuantity
    made = (_a.CreditNoteLine if facts.is_credit_note else _a.InvoiceLine)(_b.ID(str(line.position)))
    if line.note:
        made.append(_b.Note(line.note))
    made.append(quantity(f"{line.quantity:f}", unitCode=line.unit))
    made.append(_money(_b.LineExtensionAmount, line.amount, facts))
    category = _a.ClassifiedTaxCategory(_b.ID(line.letter))
    if line.letter != "O":
        category.append(_b.Percent(f"{line.percent:f}"))
    category.append(_a.TaxScheme(_b.ID("VAT")))
    made.append(_a.Item(_b.Name(line.name), category))
    made.append(
        _a.Price(
            _b.PriceAmount(f"{line.price:f}", currencyID=facts.currency),
            _b.BaseQuantity(f"{line.base_quantity:f}", unitCode=line.unit),
        )
    )
    return made
