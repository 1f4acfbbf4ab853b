"""Where the terms of EN 16931 stand in UN/CEFACT CII: CrossIndustryInvoice, also inside Factur-X and ZUGFeRD 2.

Owns the paths. Judges no value.
Invariant: a term is read from its own place only; a day in another form than 102 (YYYYMMDD) stays visible as unreadable.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from collectord.edge.documents.invoice_terms import Terms
from collectord.edge.documents.xml_parts import all_of, one_of, text_of

ROOT_TAGS = frozenset({"{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"})
LINES = frozenset({"IncludedSupplyChainTradeLineItem", "AdditionalReferencedDocument"})

_TRADE = "SupplyChainTradeTransaction/"
_AGREEMENT = _TRADE + "ApplicableHeaderTradeAgreement/"
_SETTLEMENT = _TRADE + "ApplicableHeaderTradeSettlement/"
_SUM = _SETTLEMENT + "SpecifiedTradeSettlementHeaderMonetarySummation/"


def terms(root: Element) -> Terms:
    buyer = one_of(root, _AGREEMENT + "BuyerTradeParty")
    buyer = Element("BuyerTradeParty") if buyer is None else buyer
    payable = one_of(root, _SUM + "DuePayableAmount")
    return Terms(
        number=text_of(root, "ExchangedDocument/ID"),
        issued_on=_day(root, "ExchangedDocument/IssueDateTime"),
        type_code=text_of(root, "ExchangedDocument/TypeCode"),
        currency=text_of(root, _SETTLEMENT + "InvoiceCurrencyCode"),
        due_on=_day(root, _SETTLEMENT + "SpecifiedTradePaymentTerms/DueDateDateTime"),
        buyer_reference=text_of(root, _AGREEMENT + "BuyerReference"),
        contract_no=text_of(root, _AGREEMENT + "ContractReferencedDocument/IssuerAssignedID"),
        order_no=text_of(root, _AGREEMENT + "BuyerOrderReferencedDocument/IssuerAssignedID"),
        payment_terms=text_of(root, _SETTLEMENT + "SpecifiedTradePaymentTerms/Description"),
        preceding=text_of(root, _SETTLEMENT + "InvoiceReferencedDocument/IssuerAssignedID"),
        seller_vat_id=_vat_id(one_of(root, _AGREEMENT + "SellerTradeParty")),
        buyer_name=text_of(buyer, "Name"),
        buyer_no=text_of(buyer, "ID", "GlobalID"),
        buyer_register_no=text_of(buyer, "SpecifiedLegalOrganization/ID"),
        buyer_vat_id=_vat_id(buyer),
        buyer_endpoint=text_of(buyer, "URIUniversalCommunication/URIID"),
        postcode=text_of(buyer, "PostalTradeAddress/PostcodeCode"),
        country=text_of(buyer, "PostalTradeAddress/CountryID"),
        contact=text_of(buyer, "DefinedTradeContact/PersonName", "DefinedTradeContact/DepartmentName"),
        phone=text_of(buyer, "DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber"),
        email=text_of(buyer, "DefinedTradeContact/EmailURIUniversalCommunication/URIID"),
        payment_means=text_of(root, _SETTLEMENT + "SpecifiedTradeSettlementPaymentMeans/TypeCode"),
        total=text_of(root, _SUM + "GrandTotalAmount"),
        payable=text_of(root, _SUM + "DuePayableAmount"),
        payable_currency="" if payable is None else payable.get("currencyID", ""),
    )


def _day(root: Element, path: str) -> str:
    found = one_of(root, path + "/DateTimeString", path + "/DateString")
    if found is None:
        return ""
    form, text = found.get("format", "102"), " ".join((found.text or "").split())
    return text if form == "102" or not text else f"{text} (format {form})"


def _vat_id(party: Element | None) -> str:
    numbers = [] if party is None else list(all_of(party, "SpecifiedTaxRegistration/ID"))
    return next(((number.text or "").strip() for number in numbers if number.get("schemeID") == "VA"), "")
