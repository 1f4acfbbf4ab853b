"""E-invoices of EN 16931: one document, one open item, or the term that stands against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.csv_records import Certain
from collectord.core.exports.decoding import ExportRefused
from collectord.core.exports.source_profiles import Column
from collectord.edge.documents.einvoices import CREDITS, INVOICES, NO_CLAIM, SELF_BILLED, SOLD, _money, _plain
from tests.edge.document_files import cii, columns, dropped, named, pdf, read, ubl


def invoice(folder: Path, content: bytes, **profile: Any) -> dict[str, str]:
    (row,) = named(dropped(folder, content), format="einvoice", **profile)
    return row


def test_a_ubl_invoice_is_one_item_with_its_debtor(tmp_path: Path) -> None:
    assert invoice(tmp_path, ubl(payable="100.5")) == {
        "debtor_no": "0010023", "debtor_name": "Beispiel & Söhne KG", "item_no": "RE-2026-0001", "due_on": "2026-11-03",
        "open_amount": "100.50", "currency": "EUR", "amount": "119.00", "invoiced_on": "2026-10-20", "kind": "invoice",
        "payment_method": "transfer", "discount_until": "", "contact_person": "Frau Beispiel", "email": "buchhaltung@beispiel.example",
        "phone": "0221/1234567", "country": "DE", "postcode": "50667",
    }  # fmt: skip


def test_a_cii_invoice_is_one_item_with_what_is_still_to_pay(tmp_path: Path) -> None:
    assert invoice(tmp_path, cii()) == {
        "debtor_no": "0010024", "debtor_name": "Gärtnerei Grün", "item_no": "RE-2026-0002", "due_on": "2026-11-03", "open_amount": "200.00",
        "currency": "EUR", "amount": "238.00", "invoiced_on": "2026-10-20", "kind": "invoice", "payment_method": "direct_debit",
        "discount_until": "", "contact_person": "Herr Grün", "email": "gruen@beispiel.example", "phone": "+49 89 123456", "country": "DE",
        "postcode": "80331",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "zugferd-invoice.xml", "xrechnung.xml"])
def test_the_invoice_inside_a_pdf_is_read_the_same_way(tmp_path: Path, name: str) -> None:
    content = pdf(("terms.txt", b"see overleaf"), (name, cii()))
    assert invoice(tmp_path, content)["item_no"] == "RE-2026-0002"


def test_the_cells_of_an_invoice_are_canonical(tmp_path: Path) -> None:
    records, notes = read(dropped(tmp_path, ubl()), format="einvoice")
    assert [record.line for record in records] == [1, 2]
    assert {type(field) for field in records[1].fields} == {Certain}
    assert "item_no=RE-2026-0001" in records[1].raw
    assert notes == []


@pytest.mark.parametrize("code", sorted(CREDITS))
def test_a_credit_note_is_a_credit_from_its_own_day(tmp_path: Path, code: str) -> None:
    row = invoice(tmp_path, ubl(root="CreditNote", type=code, due="", terms="#SKONTO#TAGE=14#PROZENT=2.00#"))
    assert (row["open_amount"], row["amount"], row["kind"]) == ("-119.00", "-119.00", "credit_note")
    assert (row["due_on"], row["discount_until"]) == ("2026-10-20", "")


def test_the_due_day_of_the_payment_means_counts_where_there_is_no_other(tmp_path: Path) -> None:
    assert invoice(tmp_path, ubl(due="", means_due="<cbc:PaymentDueDate>2026-11-09</cbc:PaymentDueDate>"))["due_on"] == "2026-11-09"


@pytest.mark.parametrize("code", ["380", "326", "384", "877"])
def test_invoices_of_other_types_are_claims(tmp_path: Path, code: str) -> None:
    assert invoice(tmp_path, cii(type=code))["kind"] == "invoice"


def test_a_corrected_invoice_names_the_one_it_corrects(tmp_path: Path) -> None:
    _, notes = read(dropped(tmp_path, ubl(type="384")), format="einvoice")
    assert notes == ["RE-2026-0001 corrects RE-2026-0000: both are open now until accounting settles the older one"]


def test_a_correction_below_zero_is_a_credit(tmp_path: Path) -> None:
    row = invoice(tmp_path, ubl(type="384", payable="-19.00", due=""))
    assert (row["open_amount"], row["kind"], row["due_on"]) == ("-19.00", "credit_note", "2026-10-20")


@pytest.mark.parametrize(
    ("code", "method"), [("49", "direct_debit"), ("59", "direct_debit"), ("30", "transfer"), ("48", "card"), ("ZZZ", "")]
)
def test_the_payment_means_say_whether_it_is_collected(tmp_path: Path, code: str, method: str) -> None:
    assert invoice(tmp_path, ubl(means=code))["payment_method"] == method


def test_discount_days_are_read_as_xrechnung_writes_them(tmp_path: Path) -> None:
    assert invoice(tmp_path, ubl(terms="#SKONTO#TAGE=14#PROZENT=2.00#"))["discount_until"] == "2026-11-03"
    assert invoice(tmp_path, ubl(terms="14 Tage 2 % Skonto"))["discount_until"] == ""


def test_a_profile_may_take_the_debtor_number_from_elsewhere(tmp_path: Path) -> None:
    row = invoice(tmp_path, ubl(buyer=""), columns=columns(debtor_no="buyer_reference", company="seller_vat_id"))
    assert row == {"buyer_reference": "04011000-12345-34", "seller_vat_id": "DE123456789"}
    assert invoice(tmp_path, cii(), columns=columns(company="SELLER_VAT_ID"))["seller_vat_id"] == "DE123456789"
    fallback = {"debtor_no": Column(names=("debtor_no",), instead=("buyer_vat_id",))}
    assert invoice(tmp_path, ubl(buyer=""), columns=fallback)["buyer_vat_id"] == "DE987654321"


def test_an_invoice_without_the_debtors_number_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match=r"BT-46.* take debtor_no from buyer_reference, buyer_vat_id"):
        invoice(tmp_path, ubl(buyer=""))
    with pytest.raises(ExportRefused, match="BT-46"):
        invoice(tmp_path, ubl(buyer=""), columns=columns(debtor_no="contract_no"))


def test_an_invoice_without_a_due_day_is_refused_unless_the_profile_counts_days(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match=r"RE-2026-0001 has no due date \(BT-9\)"):
        invoice(tmp_path, ubl(due=""))
    counted = {"debtor_no": Column(names=("debtor_no",)), "due_on": Column(names=("due_on",), days_after="invoiced_on", days=14)}
    assert invoice(tmp_path, ubl(due=""), columns=counted)["due_on"] == ""


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"type": "389"}, "self-billed"), ({"type": "393"}, "factor"), ({"type": "325"}, "no claim"),
        ({"type": "999"}, "999 .* is unknown"),
        ({"root": "CreditNote", "type": "381", "payable": "-5.00"}, "negative amount -5.00"),
        ({"payable": "1,234.56"}, r"BT-115 1,234.56"),
        ({"payable": "NaN"}, "BT-115 NaN"), ({"payable": "1e5"}, "BT-115 1e5"), ({"payable": "1_000"}, "BT-115 1_000"),
        ({"payable": "１００"}, "BT-115"), ({"payable": ""}, "BT-115 is missing"),
        ({"currency": "USD"}, r"due is in USD, the invoice in EUR"),
        ({"due": "<cbc:DueDate>31.02.2026</cbc:DueDate>"}, "BT-9 31.02.2026"), ({"due": "<cbc:DueDate>2026-02-31</cbc:DueDate>"}, "BT-9"),
        ({"type": ""}, "BT-3 is missing"),
    ],
)  # fmt: skip
def test_what_stands_against_an_invoice_is_named(tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(ExportRefused, match=sentence):
        invoice(tmp_path, ubl(**changed))


def test_days_in_another_form_than_the_standards_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match=r"BT-9 202611 \(format 610\)"):
        invoice(tmp_path, cii(format="610", due="202611"))
    assert invoice(tmp_path, ubl(due="<cbc:DueDate>2026-11-03+01:00</cbc:DueDate>"))["due_on"] == "2026-11-03"


def test_other_xml_and_older_forms_are_refused_by_name(tmp_path: Path) -> None:
    for content, sentence in (
        (b"<?xml version='1.0'?><Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2'/>", "but Order"),
        (b"<?xml version='1.0'?><Invoice xmlns='urn:of:somebody:else'/>", "but Invoice"),
        (b"<?xml version='1.0'?><CrossIndustryDocument xmlns='urn:ferd:CrossIndustryDocument:invoice:1p0'/>", "ZUGFeRD 1.0"),
        (ubl()[:-40], "line 2[0-9], column"),
        (ubl().replace(b"cbc:ID>RE", b"cbc:IDD>RE"), "line 6, column"),
    ):
        with pytest.raises(ExportRefused, match=sentence):
            invoice(tmp_path, content)


def test_pdfs_without_exactly_one_open_invoice_are_refused(tmp_path: Path) -> None:
    for content, sentence in (
        (pdf(), "no invoice data"),
        (pdf(("photo.xml", cii())), "no invoice data"),
        (pdf(("factur-x.xml", cii()), ("xrechnung.xml", ubl())), "2 invoices"),
        (pdf(("factur-x.xml", cii()), password="secret"), "encrypted"),
        (pdf(("factur-x.xml", cii()))[:300], "damaged"),
        (pdf(("factur-x.xml", b"no xml")), "line 1, column 1"),
    ):
        with pytest.raises(ExportRefused, match=sentence):
            invoice(tmp_path, content)


def test_the_same_invoice_listed_twice_in_a_pdf_is_one(tmp_path: Path) -> None:
    assert invoice(tmp_path, pdf(("factur-x.xml", cii()), ("zugferd-invoice.xml", cii())))["item_no"] == "RE-2026-0002"


def test_an_invoice_with_many_lines_and_an_attachment_is_read(tmp_path: Path) -> None:
    line = b"<cac:InvoiceLine><cbc:ID>1</cbc:ID><cac:Item><cbc:Name>Ware</cbc:Name></cac:Item></cac:InvoiceLine>"
    attachment = (
        b"<cac:AdditionalDocumentReference><cbc:ID>A</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>" + b"QUJD" * 500_000
        + b"</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )  # fmt: skip
    content = (
        ubl()
        .replace(b"<cac:AccountingSupplierParty>", attachment + b"<cac:AccountingSupplierParty>")
        .replace(b"</Invoice>", line * 40_000 + b"</Invoice>")
    )
    assert invoice(tmp_path, content)["open_amount"] == "119.00"


def test_no_document_type_is_two_things() -> None:
    kinds = [CREDITS, SELF_BILLED, SOLD, NO_CLAIM, INVOICES]
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_for_all_amounts_the_written_form_is_the_same_amount(amount: Any) -> None:
    assert _money(_plain(amount)) == amount
