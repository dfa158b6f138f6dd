"""An e-invoice as UN/CEFACT Cross Industry Invoice, the syntax inside a Factur-X file, as EN 16931 binds it. Pure."""

from datetime import date
from decimal import Decimal

from lxml import etree
from lxml.builder import ElementMaker

from billing.documents.facts import GUIDELINE, Facts, ItemLine, Party, TaxLine

_UNECE = "urn:un:unece:uncefact:data:standard:"
_SPACES = {
    "rsm": f"{_UNECE}CrossIndustryInvoice:100",
    "ram": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_UNECE}UnqualifiedDataType:100",
}
_r = ElementMaker(namespace=_SPACES["rsm"], nsmap=_SPACES)
_m = ElementMaker(namespace=_SPACES["ram"])
_u = ElementMaker(namespace=_SPACES["udt"])


def cii_document(*, facts: Facts) -> bytes:
    """Return the document as UTF-8 XML; elements stand in the order of the schema."""
    head = _r.ExchangedDocument(
        _m.ID(facts.number), _m.TypeCode(facts.type_code), _m.IssueDateTime(_day(facts.issued_on))
    )
    if facts.note:
        head.append(_m.IncludedNote(_m.Content(facts.note)))
    delivery = _m.ApplicableHeaderTradeDelivery()
    if facts.delivered_abroad:
        delivery.append(_m.ShipToTradeParty(_m.PostalTradeAddress(_m.CountryID(facts.buyer.country))))
    delivery.append(_m.ActualDeliverySupplyChainEvent(_m.OccurrenceDateTime(_day(facts.period_last_on))))
    root = _r.CrossIndustryInvoice(
        _r.ExchangedDocumentContext(_m.GuidelineSpecifiedDocumentContextParameter(_m.ID(GUIDELINE))),
        head,
        _r.SupplyChainTradeTransaction(
            *(_line(line) for line in facts.lines), _agreement(facts), delivery, _settlement(facts)
        ),
    )
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _day(on: date) -> etree._Element:
    # UNTDID 2379: 102 is CCYYMMDD
    return _u.DateTimeString(f"{on:%Y%m%d}", format="102")


def _agreement(facts: Facts) -> etree._Element:
    made = _m.ApplicableHeaderTradeAgreement()
    if facts.buyer_reference:
        made.append(_m.BuyerReference(facts.buyer_reference))
    made.append(_party(_m.SellerTradeParty, facts.seller))
    made.append(_party(_m.BuyerTradeParty, facts.buyer))
    return made


def _party(tag: object, party: Party) -> etree._Element:
    made: etree._Element = tag(_m.Name(party.name))  # type: ignore[operator]
    if party.registration:
        made.append(_m.SpecifiedLegalOrganization(_m.ID(party.registration)))
    address = _m.PostalTradeAddress()
    for value, part in ((party.postcode, _m.PostcodeCode), (party.address, _m.LineOne), (party.city, _m.CityName)):
        if value:
            address.append(part(value))
    address.append(_m.CountryID(party.country))
    made.append(address)
    if party.email:
        made.append(_m.URIUniversalCommunication(_m.URIID(party.email, schemeID="EM")))
    for number, scheme in ((party.vat_id, "VA"), (party.tax_registration, "FC")):
        if number:
            made.append(_m.SpecifiedTaxRegistration(_m.ID(number, schemeID=scheme)))
    return made


def _settlement(facts: Facts) -> etree._Element:
    made = _m.ApplicableHeaderTradeSettlement()
    if facts.bank_account:
        made.append(_m.PaymentReference(facts.number))
    made.append(_m.InvoiceCurrencyCode(facts.currency))
    if facts.bank_account:
        made.append(
            _m.SpecifiedTradeSettlementPaymentMeans(
                _m.TypeCode("30"), _m.PayeePartyCreditorFinancialAccount(_account(facts.bank_account))
            )
        )
    made.extend(_tax(tax) for tax in facts.taxes)
    made.append(
        _m.BillingSpecifiedPeriod(
            _m.StartDateTime(_day(facts.period_starts_on)), _m.EndDateTime(_day(facts.period_last_on))
        )
    )
    terms = _m.SpecifiedTradePaymentTerms()
    if facts.terms:
        terms.append(_m.Description(facts.terms))
    terms.append(_m.DueDateDateTime(_day(facts.due_on)))
    made.append(terms)
    made.append(_summation(facts))
    if facts.corrects_number:
        made.append(_m.InvoiceReferencedDocument(_m.IssuerAssignedID(facts.corrects_number)))
    return made


def _account(number: str) -> etree._Element:
    is_iban = number[:2].isalpha() and number[2:4].isdigit()
    return (_m.IBANID if is_iban else _m.ProprietaryID)(number)


def _tax(tax: TaxLine) -> etree._Element:
    made = _m.ApplicableTradeTax(_m.CalculatedAmount(str(tax.amount)), _m.TypeCode("VAT"))
    if tax.reason:
        made.append(_m.ExemptionReason(tax.reason))
    made.append(_m.BasisAmount(str(tax.base)))
    made.append(_m.CategoryCode(tax.letter))
    if tax.reason_code:
        made.append(_m.ExemptionReasonCode(tax.reason_code))
    if tax.letter != "O":
        made.append(_m.RateApplicablePercent(f"{tax.percent:f}"))
    return made


def _summation(facts: Facts) -> etree._Element:
    return _m.SpecifiedTradeSettlementHeaderMonetarySummation(
        _m.LineTotalAmount(str(facts.net)),
        _m.TaxBasisTotalAmount(str(facts.net)),
        _m.TaxTotalAmount(str(facts.tax), currencyID=facts.currency),
        _m.GrandTotalAmount(str(facts.total)),
        _m.DuePayableAmount(str(facts.total)),
    )


def _line(line: ItemLine) -> etree._Element:
    document = _m.AssociatedDocumentLineDocument(_m.LineID(str(line.position)))
    if line.note:
        document.append(_m.IncludedNote(_m.Content(line.note)))
    tax = _m.ApplicableTradeTax(_m.TypeCode("VAT"), _m.CategoryCode(line.letter))
    if line.letter != "O":
        tax.append(_m.RateApplicablePercent(f"{line.percent:f}"))
    price = _m.NetPriceProductTradePrice(
        _m.ChargeAmount(f"{line.price:f}"), _m.BasisQuantity(_number(line.base_quantity), unitCode=line.unit)
    )
    return _m.IncludedSupplyChainTradeLineItem(
        document,
        _m.SpecifiedTradeProduct(_m.Name(line.name)),
        _m.SpecifiedLineTradeAgreement(price),
        _m.SpecifiedLineTradeDelivery(_m.BilledQuantity(_number(line.quantity), unitCode=line.unit)),
        _m.SpecifiedLineTradeSettlement(
            tax, _m.SpecifiedTradeSettlementLineMonetarySummation(_m.LineTotalAmount(str(line.amount)))
        ),
    )


def _number(value: Decimal) -> str:
    return f"{value:f}"
