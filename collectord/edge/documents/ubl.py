"""Where the terms of EN 16931 stand in UBL 2.1: Invoice and CreditNote.

Owns the paths. Judges no value.
Invariant: a term is read from its own place only.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from collectord.edge.documents.invoice_terms import Terms
from collectord.edge.documents.xml_parts import one_of, text_of

ROOTS = frozenset({"Invoice", "CreditNote"})
ROOT_TAGS = frozenset(f"{{urn:oasis:names:specification:ubl:schema:xsd:{root}-2}}{root}" for root in ROOTS)
LINES = frozenset({"InvoiceLine", "CreditNoteLine", "AdditionalDocumentReference"})


def terms(root: Element) -> Terms:
    buyer = one_of(root, "AccountingCustomerParty/Party")
    buyer = Element("Party") if buyer is None else buyer
    payable = one_of(root, "LegalMonetaryTotal/PayableAmount")
    return Terms(
        number=text_of(root, "ID"),
        issued_on=text_of(root, "IssueDate"),
        type_code=text_of(root, "InvoiceTypeCode", "CreditNoteTypeCode"),
        currency=text_of(root, "DocumentCurrencyCode"),
        due_on=text_of(root, "DueDate", "PaymentMeans/PaymentDueDate", "PaymentTerms/PaymentDueDate"),
        buyer_reference=text_of(root, "BuyerReference"),
        contract_no=text_of(root, "ContractDocumentReference/ID"),
        order_no=text_of(root, "OrderReference/ID"),
        payment_terms=text_of(root, "PaymentTerms/Note"),
        preceding=text_of(root, "BillingReference/InvoiceDocumentReference/ID"),
        seller_vat_id=text_of(root, "AccountingSupplierParty/Party/PartyTaxScheme/CompanyID"),
        buyer_name=text_of(buyer, "PartyLegalEntity/RegistrationName", "PartyName/Name"),
        buyer_no=text_of(buyer, "PartyIdentification/ID"),
        buyer_register_no=text_of(buyer, "PartyLegalEntity/CompanyID"),
        buyer_vat_id=text_of(buyer, "PartyTaxScheme/CompanyID"),
        buyer_endpoint=text_of(buyer, "EndpointID"),
        postcode=text_of(buyer, "PostalAddress/PostalZone"),
        country=text_of(buyer, "PostalAddress/Country/IdentificationCode"),
        contact=text_of(buyer, "Contact/Name"),
        phone=text_of(buyer, "Contact/Telephone"),
        email=text_of(buyer, "Contact/ElectronicMail"),
        payment_means=text_of(root, "PaymentMeans/PaymentMeansCode"),
        total=text_of(root, "LegalMonetaryTotal/TaxInclusiveAmount"),
        payable=text_of(root, "LegalMonetaryTotal/PayableAmount"),
        payable_currency="" if payable is None else payable.get("currencyID", ""),
    )
