"""Bank statements: every booking once, with its sign, its payer and what it is; a statement that does not add up is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectord.core.exports.columns import PAYMENT_COLUMNS
from collectord.core.exports.decoding import ExportRefused
from collectord.edge.documents import statements
from tests.edge.document_files import balance, camt, columns, detail, details, dropped, entry, named, read, statement


def rows(folder: Path, *entries: str, **profile: Any) -> list[dict[str, str]]:
    return named(dropped(folder, camt(statement(*entries))), format="camt", **profile)


def said(row: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def test_a_payment_has_its_payer_its_days_and_its_reference(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, entry(inside=details(detail(end_to_end="E2E-1", text="RE-2026-0001 vom  20.10."))))
    assert row == {
        "payment_no": "B1", "company": "", "booked_on": "2026-11-20", "value_on": "2026-11-21", "amount": "119.00", "currency": "EUR",
        "kind": "payment", "payer": "Beispiel KG", "payer_account": "DE89370400440532013000", "reference": "RE-2026-0001 vom 20.10.",
        "end_to_end": "E2E-1", "debtor_no": "", "item_no": "",
    }  # fmt: skip


def test_the_columns_are_those_of_every_payment_file() -> None:
    assert statements.COLUMNS == PAYMENT_COLUMNS


@pytest.mark.parametrize("version", ["camt.053.001.02", "camt.053.001.08", "camt.052.001.08", "camt.054.001.04"])
def test_statements_reports_and_notifications_of_all_versions_are_read(tmp_path: Path, version: str) -> None:
    content = camt(statement(entry(inside=details(detail()))), version=version)
    for old, new in (("camt.052", b"Rpt"), ("camt.054", b"Ntfctn")):
        if version.startswith(old):
            content = content.replace(b"<Stmt>", b"<" + new + b">").replace(b"</Stmt>", b"</" + new + b">")
    if version == "camt.053.001.02":  # the status as text, the parties without Pty
        content = content.replace(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts>BOOK</Sts>").replace(b"<Pty>", b"").replace(b"</Pty>", b"")
    (row,) = named(dropped(tmp_path, content), format="camt")
    assert said(row, "amount", "payer") == ("119.00", "Beispiel KG")


def test_what_went_out_is_below_zero_and_names_who_got_it(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, entry("84.30", "DBIT", code="PMNT-ICDT-ESCT", inside=details(detail(debtor="Cdtr", who="Stadtwerke"))))
    assert said(row, "amount", "kind", "payer") == ("-84.30", "other", "Stadtwerke")


RETURN = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"


@pytest.mark.parametrize(
    ("code", "more", "inside"),
    [
        ("PMNT-IDDT-UPDD", "", ""), ("PMNT-IDDT-PRDD", "", ""), ("PMNT-MDOP-OTHR", RETURN, ""),
        ("PMNT-MDOP-OTHR", "", "<RvslInd>true</RvslInd>"),
    ],
)  # fmt: skip
def test_a_direct_debit_that_came_back_is_a_return(tmp_path: Path, code: str, more: str, inside: str) -> None:
    (row,) = rows(tmp_path, entry("119.00", "DBIT", code=code, inside=inside + details(detail(more=more))))
    assert said(row, "amount", "kind", "payer") == ("-119.00", "return", "Beispiel KG")


@pytest.mark.parametrize("gvc", ["NTRF+109+00931", "NDDT+108", "109"])
def test_german_transaction_codes_tell_returns_too(tmp_path: Path, gvc: str) -> None:
    content = camt(statement(entry("5.00", "DBIT", inside=details(detail()))))
    start, end = content.index(b"<BkTxCd>"), content.index(b"</BkTxCd>")
    content = content[:start] + f"<BkTxCd><Prtry><Cd>{gvc}</Cd></Prtry>".encode() + content[end:]
    (row,) = named(dropped(tmp_path, content), format="camt")
    assert row["kind"] == "return"


def test_a_return_is_named_after_the_debtor_even_where_the_bank_names_us_as_one(tmp_path: Path) -> None:
    ours = detail(more=RETURN, who="Muster GmbH").replace("DE89370400440532013000", "DE02120300000000202051")
    theirs = "<Cdtr><Pty><Nm>Beispiel KG</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>"
    (row,) = rows(tmp_path, entry("119.00", "DBIT", inside=details(ours.replace("</RltdPties>", theirs + "</RltdPties>"))))
    assert said(row, "kind", "payer", "payer_account") == ("return", "Beispiel KG", "DE89370400440532013000")


def test_the_charges_of_a_return_stand_apart(tmp_path: Path) -> None:
    charges = '<Chrgs><Rcrd><Amt Ccy="EUR">3.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'
    instructed = '<AmtDtls><InstdAmt><Amt Ccy="EUR">119.00</Amt></InstdAmt></AmtDtls>'
    returned, charge = rows(tmp_path, entry("122.50", "DBIT", inside=details(detail(more=instructed + charges + RETURN))))
    assert said(returned, "payment_no", "amount", "kind") == ("B1", "-119.00", "return")
    assert said(charge, "payment_no", "amount", "kind", "payer") == ("B1/0", "-3.50", "other", "")


def test_charges_that_the_debtors_bank_kept_do_not_make_the_payment_smaller(tmp_path: Path) -> None:
    charges = (
        '<Chrgs><Amt Ccy="EUR">1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>'
        '<AmtDtls><InstdAmt><Amt Ccy="EUR">100</Amt></InstdAmt></AmtDtls>'
    )
    payment, charge = rows(tmp_path, entry("98.50", inside=details(detail(more=charges))))
    assert said(payment, "amount", "kind") == ("100.00", "payment")
    assert said(charge, "amount", "kind") == ("-1.50", "other")


def test_charges_that_are_not_part_of_the_amount_change_nothing(tmp_path: Path) -> None:
    charges = '<Chrgs><Rcrd><Amt Ccy="EUR">3.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>false</ChrgInclInd></Rcrd></Chrgs>'
    assert [row["amount"] for row in rows(tmp_path, entry(inside=details(detail(more=charges))))] == ["119.00"]


def test_a_batch_is_split_into_its_payments(tmp_path: Path) -> None:
    found = rows(tmp_path, entry("30.00", inside=details(detail(amount="10.00", who="A"), detail(amount="20.00", who="B", text="RE-2"))))
    assert [said(row, "payment_no", "amount", "payer", "reference") for row in found] == [
        ("B1/1", "10.00", "A", "RE-2026-0001"), ("B1/2", "20.00", "B", "RE-2"),
    ]  # fmt: skip


def test_a_batch_that_cannot_be_split_stays_one_line_and_is_told(tmp_path: Path) -> None:
    path = dropped(tmp_path, camt(statement(entry("30.00", inside=details(detail(), detail(amount="10.00", text="RE-2"))))))
    assert [said(row, "amount", "reference", "payer") for row in named(path, format="camt")] == [("30.00", "RE-2026-0001 RE-2", "")]
    assert read(path, format="camt")[1] == ["statement 17: 1 batch entry could not be split and stands as one line"]


def test_a_batch_of_returns_is_returns_even_when_it_cannot_be_split(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, entry("30.00", "DBIT", inside=details(detail(more=RETURN), detail())))
    assert row["kind"] == "return"


def test_the_charges_of_a_batch_stand_apart(tmp_path: Path) -> None:
    charges = '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'
    found = rows(tmp_path, entry("28.00", inside=details(detail(amount="10", more=charges), detail(amount="20", more=charges))))
    assert [said(row, "amount", "kind") for row in found] == [("10.00", "payment"), ("20.00", "payment"), ("-2.00", "other")]


def test_an_entry_without_details_has_the_banks_text(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, entry())
    assert said(row, "amount", "reference", "payer", "kind") == ("119.00", "Buchungstext", "", "payment")


def test_interest_and_fees_are_no_payments(tmp_path: Path) -> None:
    assert [row["kind"] for row in rows(tmp_path, entry(code="ACMT-MCOP-INTR"), entry(code="ACMT-MDOP-CHRG", sign="DBIT"))] == [
        "other",
        "other",
    ]


def test_our_own_money_that_comes_back_is_no_payment(tmp_path: Path) -> None:
    assert [row["kind"] for row in rows(tmp_path, entry(inside=details(detail(more=RETURN))))] == ["other"]


def test_structured_references_are_part_of_the_reference(tmp_path: Path) -> None:
    structured = "<Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>"
    (row,) = rows(tmp_path, entry(inside=details(detail().replace("</Ustrd>", f"</Ustrd><Ustrd>zweite Zeile</Ustrd>{structured}"))))
    assert row["reference"] == "RE-2026-0001 zweite Zeile RF18539007547034"


def test_entries_that_are_not_booked_yet_are_left_out_and_told(tmp_path: Path) -> None:
    path = dropped(tmp_path, camt(statement(entry(status="PDNG"), entry("7.00"))))
    assert [row["amount"] for row in named(path, format="camt")] == ["7.00"]
    assert read(path, format="camt")[1] == ["statement 17: 1 entry is not booked yet and was left out"]


def test_a_statement_that_adds_up_is_read_and_one_that_does_not_is_refused(tmp_path: Path) -> None:
    good = balance("OPBD", "-100.00") + balance("CLBD", "19.00")
    assert len(named(dropped(tmp_path, camt(statement(entry(), balances=good))), format="camt")) == 1
    with pytest.raises(ExportRefused, match=r"statement 17 does not add up: -100.00 and the entries make 19.00, the bank says 18.99"):
        named(dropped(tmp_path, camt(statement(entry(), balances=good.replace("19.00", "18.99")))), format="camt")
    with pytest.raises(ExportRefused, match="geht nicht auf"):
        read(dropped(tmp_path, camt(statement(balances=good))), format="camt", language="de")


def test_each_statement_of_a_file_adds_up_by_itself(tmp_path: Path) -> None:
    first = statement(entry("10.00"), balances=balance("OPBD", "0.00") + balance("CLBD", "10.00"))
    second = statement(entry("5.00"), balances=balance("PRCD", "10.00") + balance("CLBD", "15.00", "2026-11-21"), number="18")
    found = named(
        dropped(tmp_path, camt(first, second)),
        format="camt",
        columns=columns(amount="amount", booked="statement_on", number="statement_no"),
    )
    assert [said(row, "amount", "statement_no", "statement_on") for row in found] == [
        ("10.00", "17", "2026-11-20"),
        ("5.00", "18", "2026-11-21"),
    ]


def test_a_missing_statement_between_two_is_told(tmp_path: Path) -> None:
    _, notes = read(dropped(tmp_path, camt(statement(number="17"), statement(number="19"))), format="camt")
    assert notes == ["account …2051: statement 19 follows 17; one in between is missing"]


def test_a_duplicate_of_the_bank_is_told(tmp_path: Path) -> None:
    _, notes = read(dropped(tmp_path, camt(statement(head="<CpyDplctInd>DUPL</CpyDplctInd>"))), format="camt")
    assert notes == ["statement 17 is marked as a duplicate by the bank"]


def test_a_profile_may_tell_companies_by_the_account(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, entry(inside=details(detail(more=RETURN))), columns=columns(company="account", reason="return_reason"))
    assert said(row, "account", "return_reason") == ("DE02120300000000202051", "AM04")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("119.00", "1,19", r"entry 2 of statement 17: Amt/CdtDbtInd 1,19 CRDT cannot be read"), ("119.00", "-5", "Amt/CdtDbtInd -5 CRDT"),
        ("<CdtDbtInd>CRDT</CdtDbtInd>", "", "Amt/CdtDbtInd 119.00"), ("2026-11-20", "20.11.2026", "BookgDt 20.11.2026"),
        ("2026-11-21", "morgen", "ValDt morgen"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_refuses_the_statement(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(ExportRefused, match=sentence):
        rows(tmp_path, entry("5.00"), entry().replace(old, new, 1))


def test_other_xml_is_no_statement(tmp_path: Path) -> None:
    for content in (
        b"<?xml version='1.0'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.008.001.02'/>",
        b"<?xml version='1.0'?><Invoice/>",
    ):
        with pytest.raises(ExportRefused, match="no bank statement"):
            read(dropped(tmp_path, content), format="camt")


def test_a_statement_without_entries_is_a_header_alone(tmp_path: Path) -> None:
    assert rows(tmp_path) == []


amounts = st.decimals(min_value="0.01", max_value=10**6, places=2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(amounts, st.booleans(), st.lists(amounts, max_size=3)), max_size=6))
def test_for_all_statements_the_bookings_add_up_to_the_balances(tmp_path_factory: pytest.TempPathFactory, given_entries: Any) -> None:
    total, written = Decimal(0), []
    for amount, is_out, parts in given_entries:
        whole = sum(parts, Decimal(0)) or amount
        total += -whole if is_out else whole
        written.append(entry(str(whole), "DBIT" if is_out else "CRDT", inside=details(*(detail(amount=str(part)) for part in parts))))
    balances = balance("OPBD", "0.00") + balance("CLBD", str(total))
    path = dropped(tmp_path_factory.mktemp("camt"), camt(statement(*written, balances=balances)))
    found = named(path, format="camt")
    assert sum((Decimal(row["amount"]) for row in found), Decimal(0)) == total
    assert len(found) == sum(max(1, len(parts)) for _, _, parts in given_entries)
