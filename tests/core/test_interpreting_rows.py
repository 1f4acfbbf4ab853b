"""Interpreting: rows that are no items, and rows that hang together."""

from __future__ import annotations

from datetime import date

import pytest

from collectord.core.exports import same_items
from collectord.core.exports.csv_records import ExportRefused, Record
from tests.core.profile_cases import PLAIN, Heard, heard, heard_records, profile_of
from tests.core.test_interpreting import columns

HEADER = "No;Name;Doc;Due;Open"
ROW = "007;Anna;A1;2026-11-03;5.00"


def numbers(found: Heard) -> list[str]:
    return [row.get("item_no", "") for row in found.items]


def amounts(found: Heard) -> list[tuple[str, str]]:
    return [(row.get("item_no", ""), row["open_amount"]) for row in found.items]


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows, ""))


def test_empty_rows_and_repeated_headers_are_no_rows() -> None:
    found = heard(profile_of(PLAIN), lines(ROW, ";;;;", HEADER.upper().replace("NO", "No"), HEADER, "  ;;", ROW.replace("A1", "A2")))
    assert numbers(found) == ["A1", "A2"]
    assert [bad.line for bad in found.bad] == [4]  # another header is a row that cannot be read


def test_rows_are_left_out_by_a_columns_word_and_counted_by_reason() -> None:
    profile = profile_of(
        PLAIN
        + """
[[leave_out]]
why = "draft"
column = "Status"
is = ["Draft", "not sent"]
[[leave_out]]
why = "total"
column = "*"
begins = ["Total"]
and = [{ column = "Doc", filled = false }]
[[leave_out]]
why = { en = "nothing open", de = "nichts offen" }
column = "Open"
amount = "zero"
and = [{ column = "Status", is_not = ["open"] }]
[[leave_out]]
why = "if there is such a column"
column = "Nowhere"
filled = true
optional = true
"""
    )
    rows = [
        f"{ROW};open", f"{ROW};DRAFT ", f"{ROW}; Not  sent", "Total Anna;;;;5.00;", "8;Total Energies;T1;2026-11-03;1.00;open",
        "Total Energies;X;T2;2026-11-03;1.00;open", "7;Anna;A8;2026-11-03;0.00;open", "7;Anna;A9;2026-11-03;0.00;paid",
        "7;Anna;A10;2026-11-03;soon;paid",
    ]  # fmt: skip
    found = heard(profile, lines(*rows, header=HEADER + ";Status"))
    assert numbers(found) == ["A1", "T1", "T2", "A8"]
    assert [bad.item_no for bad in found.bad] == ["A10"]
    assert found.reader.notes == ("rows left out: draft (2)", "rows left out: total (1)", "rows left out: nothing open (1)")
    german = heard(profile, lines(rows[7], header=HEADER + ";Status"), "de")
    assert german.reader.notes == ("ausgelassene Zeilen: nichts offen (1)",)
    with pytest.raises(ExportRefused, match="Status"):
        heard(profile, lines(ROW))


@pytest.mark.parametrize(("condition", "kept"), [
    ('amount = "positive"', ["B"]), ('amount = "negative"', ["A"]), ('filled = false', ["A", "B"]),
    ('begins = ["-"]\nfilled = true', ["A"]), ('begins = ["-"]\nfilled = false', []),
])  # fmt: skip
def test_a_condition_may_look_at_the_sign_or_at_emptiness(condition: str, kept: list[str]) -> None:
    profile = profile_of(PLAIN + f'[[cleared]]\nwhy = "w"\ncolumn = "Open"\n{condition}')
    found = heard(profile, lines("7;Anna;A;2026-11-03;-5", "7;Anna;B;2026-11-03;5"))
    cleared = [number for number, amount in amounts(found) if amount == "0.00"]
    assert cleared == (
        {"positive": ["B"], "negative": ["A"]}.get(condition.split('"')[1] if '"' in condition else "", [])
        or ([] if "false" in condition else ["A"])
    )
    assert len(found.items) == 2


def test_a_cleared_row_owes_nothing_whatever_it_prints() -> None:
    profile = profile_of(
        columns(invoiced_on='"Day"')
        + """
[[cleared]]
why = "paid"
column = "Status"
is = ["paid", "voided"]
"""
    )
    rows = [f"{ROW};2026-10-01;open", "7;Anna;A2;;gone;2026-10-02;Paid", "7;Anna;A3;;;;voided"]
    found = heard(profile, lines(*rows, header=HEADER + ";Day;Status"))
    assert [(row["item_no"], row["open_amount"], row["due_on"]) for row in found.items] == [
        ("A1", "5.00", "2026-11-03"), ("A2", "0.00", "2026-10-02"), ("A3", "0.00", "2026-11-21"),
    ]  # fmt: skip


def test_rows_that_the_profile_rejects_are_bad_rows_with_its_reason() -> None:
    profile = profile_of(PLAIN + '[[reject]]\nwhy = "unknown status"\ncolumn = "Status"\nis_not = ["open", ""]')
    found = heard(profile, lines(f"{ROW};open", f"{ROW.replace('A1', 'A2')};lost", header=HEADER + ";Status"))
    assert numbers(found) == ["A1"]
    assert [(bad.item_no, bad.reason) for bad in found.bad] == [("A2", "unknown status")]


def test_a_list_without_a_row_that_must_be_there_was_filtered() -> None:
    profile = profile_of(
        PLAIN
        + """
[[expect]]
why = "an overdue or paid row"
column = "Status"
is = ["overdue", "paid"]
[[leave_out]]
why = "paid"
column = "Status"
is = ["paid"]
"""
    )
    header = HEADER + ";Status"
    assert heard(profile, lines(f"{ROW};paid", f"{ROW};paid", f"{ROW};open", header=header)).reader.unmet == ()
    assert "was the export filtered" in heard(profile, lines(f"{ROW};open", header=header)).reader.unmet[0]
    assert "gefiltert" in heard(profile, lines(f"{ROW};open", header=header), "de").reader.unmet[0]


TITLED = """
[rows]
header_within = 6
[file]
as_of = { above = ["As of", "Stichtag"], dates = ["month d, yyyy", "dd.mm.yyyy"] }
booked_until = { above = "Booked until", dates = ["dd.mm.yyyy"] }
"""


def test_titles_above_the_header_tell_the_day_the_company_and_until_when_payments_are_booked() -> None:
    profile = profile_of(TITLED + columns(company='{ above = "Company code" }', currency='{ above = ["Currency"], always = "EUR" }'))
    text = lines(
        "Muster GmbH",
        "As of;;nothing",
        "As of July 31, 2026",
        "Company Code:  1000;Booked until; ;30.07.2026",
        HEADER,
        ROW,
        header="Open items",
    )
    found = heard(profile, text.replace(";", ";"))
    assert (found.reader.as_of, found.reader.booked_until) == (date(2026, 7, 31), date(2026, 7, 30))
    assert found.items[0] | {"company": "1000", "currency": "EUR"} == found.items[0]
    assert found.reader.company_scope == ("1000",)
    with pytest.raises(ExportRefused, match="above the header nothing says Company code"):
        heard(profile, lines(ROW))


def test_a_day_split_at_its_comma_is_put_together_and_a_title_without_a_day_says_none() -> None:
    profile = profile_of('delimiter = ","' + TITLED + PLAIN)
    assert heard(profile, lines("As of July 31, 2026", HEADER, ROW, header="x").replace(";", ",")).reader.as_of == date(2026, 7, 31)
    assert heard(profile, lines("Stichtag", HEADER, ROW, header="As of today").replace(";", ",")).reader.as_of is None


def test_a_company_column_wins_over_the_title() -> None:
    profile = profile_of(TITLED + columns(company='{ column = "Co", above = "Company code" }'))
    found = heard(profile, lines(HEADER + ";Co", f"{ROW};2000", header="Company code 1000"))
    assert [row["company"] for row in found.items] == ["2000"]
    assert found.reader.company_scope == ()


def test_a_header_is_looked_for_only_as_far_as_declared() -> None:
    profile = profile_of("[rows]\nheader_within = 3\n" + PLAIN)
    assert numbers(heard(profile, lines("b", HEADER, ROW, header="a"))) == ["A1"]
    for text in (lines("b", "c", HEADER, ROW, header="No;Name;Doc;Due"), lines("b", header="No;Name;Doc;Due")):
        with pytest.raises(ExportRefused, match=r"no row within the first 3 names.*lacks: Open"):
            heard(profile, text)
    with pytest.raises(ExportRefused, match=r"lacks: No, Name, Doc, Due, Open"):
        heard(profile, "\n")


def test_a_scope_of_companies_is_told_with_that_of_the_rows() -> None:
    profile = profile_of('[scope]\ncompanies = ["1000", "2000"]\n' + columns(company='{ always = "1000" }'))
    assert heard(profile, lines(ROW)).reader.company_scope == ("1000", "2000")


def test_a_part_of_a_list_refuses_rows_of_other_accounts() -> None:
    profile = profile_of('[scope]\naccounts = ["10000-19999", "3000-3999"]\n' + PLAIN)
    rows = [f"{account};Anna;A{account};2026-11-03;5" for account in ("10000", "19999", "20000", "1500", "3500", "100000")]
    found = heard(profile, lines(*rows))
    assert numbers(found) == ["A10000", "A19999", "A3500"]
    assert [(bad.debtor_no, bad.item_no) for bad in found.bad] == [("20000", "A20000"), ("1500", "A1500"), ("100000", "A100000")]
    assert found.bad[0].reason == "account 20000 does not belong to this part of the list"


DATED = '[file]\nas_of = { column = "Key day" }\n' + PLAIN


def test_a_column_may_tell_the_day_and_must_not_tell_two() -> None:
    header = HEADER + ";Key day"
    found = heard(profile_of(DATED), lines(f"{ROW};2026-11-20", f"{ROW};", f"{ROW};2026-11-20", f"{ROW};soon", header=header))
    assert found.reader.as_of == date(2026, 11, 20)
    assert [(bad.line, bad.column, bad.value) for bad in found.bad] == [(5, "as_of", "soon")]
    with pytest.raises(ExportRefused, match="line 3: the rows name different days"):
        heard(profile_of(DATED), lines(f"{ROW};2026-11-20", f"{ROW};2026-11-19", header=header))


SAP = """
delimiter = "|"
quotes = false
dates = ["dd.mm.yyyy"]
[numbers]
decimal = ","
thousands = "."
minus = ["after"]
[rows]
frame = true
header_within = 9
[file]
as_of = { above = "key date" }
"""


def test_a_framed_list_is_read_between_its_bars() -> None:
    text = """\
Customer line items      Open at key date: 20.11.2026

-----------------------------------------------
| No | Name  | Doc | Due        |     Open    |
-----------------------------------------------
| 07 | Anna" | A1  | 03.11.2026 |    1.000,00 |
| 07 | Anna" | A2  | 03.11.2026 |       20,00-|
-----------------------------------------------
                     page 2
| No | Name  | Doc | Due        |     Open    |
| 07 | A|na  | A3  | 03.11.2026 |        1,00 |
"""
    found = heard(profile_of(SAP + PLAIN), text)
    assert amounts(found) == [("A1", "1000.00"), ("A2", "-20.00")]
    assert found.reader.as_of == date(2026, 11, 20)
    assert [(bad.line, bad.reason) for bad in found.bad] == [(11, "the row has 6 columns, the header 5")]


GROUPED = """
[rows]
group_heading = "Customer"
[columns]
debtor_no = "Customer"
debtor_name = "Customer"
item_no = "Doc"
due_on = "Due"
open_amount = "Open"
[[leave_out]]
why = "total"
column = "Customer"
begins = ["Total"]
[[leave_out]]
why = "no customer"
column = "Customer"
is = ["- No Customer -"]
"""


def test_a_heading_names_the_debtor_of_the_rows_below_until_its_total() -> None:
    rows = [
        "Anna;;;", ";A1;2026-11-03;5", ";A2;2026-11-03;6", "Total - Anna;;;11", ";A3;2026-11-03;7", "- No Customer -;;;",
        ";J1;2026-11-03;9", "Bert;;;", ";B1;2026-11-03;8", "Carl;C1;2026-11-03;3",
    ]  # fmt: skip
    found = heard(profile_of(GROUPED), lines(*rows, header="Customer;Doc;Due;Open"))
    assert [(row.get("debtor_no"), row["item_no"]) for row in found.items] == [
        ("Anna", "A1"), ("Anna", "A2"), (None, "A3"), ("Bert", "B1"), ("Carl", "C1"),
    ]  # fmt: skip
    assert found.reader.notes == ("rows left out: total (1)", "rows left out: no customer (2)")


def test_a_row_whose_parent_columns_are_all_blank_goes_on_with_the_row_above() -> None:
    profile = profile_of('[rows]\nblank_means_above = ["No", "Name"]\n' + PLAIN)
    found = heard(profile, lines(";;A0;2026-11-03;1", ROW, ";;A2;2026-11-04;6", ";;A3;2026-11-05;7", ";Bert;A4;2026-11-05;7"))
    assert [(row.get("debtor_no"), row.get("debtor_name"), row["item_no"]) for row in found.items] == [
        (None, None, "A0"), ("007", "Anna", "A1"), ("007", "Anna", "A2"), ("007", "Anna", "A3"), (None, "Bert", "A4"),
    ]  # fmt: skip


def test_short_rows_are_bad_unless_declared_and_empty_cells_too_many_do_no_harm() -> None:
    text = lines(
        "007;Anna;A1;2026-11-03;5;",
        "007;Anna;A2;2026-11-03;6;;;",
        "007;Anna;A3;2026-11-03;7",
        "007;Anna;A4;2026-11-03;7;x;y",
        header=HEADER + ";Phone",
    )
    assert numbers(heard(profile_of(columns(phone='"Phone"')), text)) == ["A1", "A2"]
    assert numbers(heard(profile_of("[rows]\nshort_rows = true\n" + columns(phone='"Phone"')), text)) == ["A1", "A2", "A3"]


def test_a_broken_record_is_a_bad_row_and_a_last_one_that_was_cut_refuses_the_file() -> None:
    header = Record(1, HEADER.split(";"), HEADER)
    found = heard_records(profile_of(PLAIN), [Record(0, [], "x", "bare_quote"), header, Record(2, [], 'a"b', "bare_quote")])
    assert [(bad.line, bad.original, bad.debtor_no) for bad in found.bad] == [(2, 'a"b', "")]
    with pytest.raises(ExportRefused, match="line 3: the file ends in the middle of a row"):
        heard_records(profile_of(PLAIN), [header, Record(2, ROW.split(";"), ROW), Record(3, ["007", "An"], "007;An", "", False)])


ONCE = '[rows]\nsame_item = "once"\n' + PLAIN


def test_rows_that_repeat_an_item_are_said_once_and_a_contradiction_is_bad() -> None:
    profile, header = profile_of(ONCE), HEADER + ";Line"
    found = heard(profile, lines(f"{ROW};pen", f"{ROW};ink", "007;Anna;A2;2026-11-03;6;x", header=header))
    assert amounts(found) == [("A1", "5.00"), ("A2", "6")]
    assert found.reader.notes == ("rows that belong to an item named before: 1",)
    rows = [f"{ROW};a", f"{ROW};b", "007;Anna;A1;2026-11-03;9;c", f"{ROW};d", "007;Anna;A2;2026-11-03;6;x"]
    found = heard(profile, lines(*rows, header=header))
    assert numbers(found) == ["A2"]
    assert [(bad.line, bad.column, bad.value) for bad in found.bad] == [
        (2, "open_amount", "5.00"),
        (4, "open_amount", "9"),
        (5, "open_amount", "5.00"),
    ]
    assert "say different things about it (open_amount" in found.bad[0].reason


def test_a_row_of_a_repeated_item_that_cannot_be_read_spoils_the_others() -> None:
    found = heard(profile_of(ONCE), lines(ROW, "007;Anna;A1;soon;5.00", "007;Anna;A1;sooner;5.00", "007;Anna;A2;soon;5.00"))
    assert found.items == []
    assert [(bad.line, bad.item_no) for bad in found.bad] == [(3, "A1"), (2, "A1"), (4, "A1"), (5, "A2")]
    found = heard(profile_of(ONCE), lines("007;Anna;A1;soon;5.00"))
    assert [bad.line for bad in found.bad] == [2]


SUM = '[rows]\nsame_item = "sum"\n' + columns(currency='"Cur"', kind='"Kind"')
SUM_HEADER = HEADER + ";Cur;Kind"


def test_postings_of_one_item_are_added_wherever_they_stand() -> None:
    rows = [
        "1;A;R1;;-400.00;EUR;payment", "1;A;R1;2026-11-03;1000.00;EUR;invoice", "1;A;R2;2026-11-04;7.00;EUR;", "2;B;R1;2026-11-05;1;EUR;",
        "1;A;R1;;-0.50;EUR;", "3;C;G;2026-11-05;-2;EUR;invoice", "3;C;G;;-1;EUR;invoice",
    ]  # fmt: skip
    found = heard(profile_of(SUM), lines(*rows, header=SUM_HEADER))
    assert [(row["debtor_no"], row["item_no"], row["open_amount"], row.get("due_on"), row.get("kind")) for row in found.items] == [
        ("1", "R1", "599.50", "2026-11-03", "invoice"), ("1", "R2", "7.00", "2026-11-04", None), ("2", "R1", "1", "2026-11-05", None),
        ("3", "G", "-3.00", "2026-11-05", "credit_note"),
    ]  # fmt: skip
    assert found.reader.notes == ("rows that belong to an item named before: 3",)


def test_claims_of_one_number_that_fall_due_on_different_days_are_due_on_the_latest() -> None:
    rows = ["1;A;R1;2026-11-03;10;EUR;", "1;A;R1;2026-12-03;10;EUR;", "1;A;R1;;5;EUR;"]
    found = heard(profile_of(SUM), lines(*rows, header=SUM_HEADER))
    assert [(row["due_on"], row["open_amount"]) for row in found.items] == [("2026-12-03", "25.00")]
    assert "fall due on different days" in found.reader.notes[1]


def test_no_sum_is_made_of_different_currencies_or_of_a_part_of_the_rows() -> None:
    rows = ["1;A;R1;2026-11-03;10;EUR;", "1;A;R1;;-5;USD;", "1;A;R2;2026-11-03;10;EUR;", "1;A;R2;;minus;EUR;", "1;A;R3;2026-11-03;1;EUR;"]
    found = heard(profile_of(SUM), lines(*rows, header=SUM_HEADER))
    assert numbers(found) == ["R3"]
    assert sorted((bad.line, bad.item_no, bad.column) for bad in found.bad) == [
        (2, "R1", "currency"),
        (3, "R1", "currency"),
        (4, "R2", ""),
        (5, "R2", "open_amount"),
    ]


def test_no_sum_is_made_where_a_row_has_no_amount() -> None:
    rows = ["1;A;R1;2026-11-03;10;EUR;", "1;A;R1;;;EUR;", "1;A;R3;2026-11-03;1;EUR;"]
    found = heard(profile_of(SUM), lines(*rows, header=SUM_HEADER))
    assert numbers(found) == ["R3"]
    assert [(bad.line, bad.item_no, bad.column) for bad in found.bad] == [(2, "R1", "open_amount"), (3, "R1", "open_amount")]


def test_in_a_long_file_the_rows_of_an_account_must_stand_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_items, "HELD", 2)
    rows = ["1;A;R1;2026-11-03;10;EUR;", "1;A;R1;;-5;EUR;", "2;B;R2;2026-11-03;10;EUR;", "2;B;R2;;-1;EUR;", "3;C;R3;2026-11-03;1;EUR;"]
    assert amounts(heard(profile_of(SUM), lines(*rows, header=SUM_HEADER))) == [("R1", "5.00"), ("R2", "9.00"), ("R3", "1")]
    for late in ("1;A;R1;;-5;EUR;", "1;A;R1;;soon;EUR;"):
        with pytest.raises(ExportRefused, match="line 7: the rows of account 1 stand in several places"):
            heard(profile_of(SUM), lines(*rows, late, header=SUM_HEADER))


ACCOUNT = PLAIN + '[on_account]\njoin = ["Due"]\njoin_also = ["Text"]\nwith = " "\n'


def test_a_payment_without_a_document_is_netted_under_a_key_of_its_own() -> None:
    rows = [
        "7;A;;2026-11-03;-5;rent",
        "7;A;;2026-11-03;-6;rent",
        "8;B;;2026-11-03;-5;rent",
        "7;A;R1;2026-11-03;5;x",
        "7;A;;2026-11-03;5;x",
        "7;A;;;-5;",
    ]
    found = heard(profile_of(ACCOUNT), lines(*rows, header=HEADER + ";Text"))
    assert [(row["debtor_no"], row.get("item_no"), row.get("kind", "")) for row in found.items] == [
        ("7", "2026-11-03 rent", "payment"), ("7", "2026-11-03 rent (2)", "payment"), ("8", "2026-11-03 rent", "payment"), ("7", "R1", ""),
        ("7", None, "payment"),
    ]  # fmt: skip
    assert [(bad.line, bad.column) for bad in found.bad] == [(6, "item_no")]
    assert "no document number" in found.bad[0].reason


def test_where_the_columns_of_such_a_key_are_missing_there_is_none() -> None:
    profile = profile_of(PLAIN + '[on_account]\njoin = ["Day"]')
    assert numbers(heard(profile, lines("7;A;;2026-11-03;-5"))) == [""]
    constant = profile_of(PLAIN + '[on_account]\ncolumn = "Due"')
    assert numbers(heard(constant, lines("7;A;;2026-11-03;-5"))) == ["2026-11-03"]


TOTAL = (
    PLAIN
    + """
[[total]]
column = "No"
begins = ["Total"]
sum = "Open"
count = "Due"
"""
)


@pytest.mark.parametrize(("row", "words"), [
    ("Total;;;2;12.00", "line 4: the total says 12.00, the rows come to 11.00"),
    ("Total;;;3;11.00", "the total says 3.00, the rows come to 2.00"),
    ("Total;;;2;11,00", "the total 11,00 cannot be read"), ("Total;;;;11.00", "the total  cannot be read"),
])  # fmt: skip
def test_a_total_that_does_not_fit_refuses_the_file(row: str, words: str) -> None:
    with pytest.raises(ExportRefused, match=words):
        heard(profile_of(TOTAL), lines(ROW, "8;B;B1;2026-11-03;6", row))


def test_a_total_that_fits_is_no_row_and_one_over_bad_rows_or_two_currencies_is_not_judged() -> None:
    assert numbers(heard(profile_of(TOTAL), lines(ROW, "8;B;B1;2026-11-03;6", "Total;;;2;11.00"))) == ["A1", "B1"]
    found = heard(profile_of(TOTAL), lines(ROW, "8;B;B1;soon;6", "Total;;;2;11.00"))
    assert (numbers(found), len(found.bad)) == (["A1"], 1)
    mixed = profile_of(TOTAL.replace('open_amount = "Open"', 'open_amount = "Open"\ncurrency = "Cur"').replace('count = "Due"', ""))
    assert len(heard(mixed, lines(f"{ROW};EUR", f"{ROW};USD", "Total;;;;999;", header=HEADER + ";Cur")).items) == 2


def test_totals_of_groups_are_judged_group_by_group_with_what_is_printed() -> None:
    profile = profile_of(TOTAL.replace('count = "Due"', 'of = "group"') + '[[cleared]]\nwhy = "paid"\ncolumn = "St"\nis = ["paid"]')
    header = HEADER + ";St"
    rows = [
        f"{ROW};",
        "7;A;A2;2026-11-03;6;paid",
        "Total A;;;;11;",
        "Total A, other currency;;;;99;",
        "8;B;B1;2026-11-03;1;",
        "Total B;;;;1;",
    ]
    assert amounts(heard(profile, lines(*rows, header=header))) == [("A1", "5.00"), ("A2", "0.00"), ("B1", "1")]
    with pytest.raises(ExportRefused, match="line 3"):
        heard(profile, lines(f"{ROW};", "Total;;;;6;", header=header))
    unread = [f"{ROW};", "7;A;A2;2026-11-03;gone;paid", "Total A;;;;5;"]
    assert len(heard(profile, lines(*unread, header=header)).items) == 2


def test_a_total_whose_columns_the_file_lacks_refuses_it() -> None:
    with pytest.raises(ExportRefused, match="Sum"):
        heard(profile_of(TOTAL.replace('sum = "Open"', 'sum = "Sum"')), lines(ROW))


TRAILER = '[complete]\ntrailer = "END"\n' + PLAIN


@pytest.mark.parametrize("end", ["END;1", '"END, 1 rows"', "END 1;;;;"])
def test_a_trailer_that_counts_the_rows_is_no_row(end: str) -> None:
    assert numbers(heard(profile_of(TRAILER), lines(ROW, "", HEADER, ";;;;", end))) == ["A1"]


@pytest.mark.parametrize(("rows", "words"), [
    ((ROW,), "the last line END is missing; the file was cut off"), ((ROW, "END;2"), "line 3: the total says 2, the rows come to 1"),
    ((ROW, "END;"), "the total END; cannot be read"), ((ROW, "END;1", ROW), "line 4: rows follow the last line END"),
])  # fmt: skip
def test_a_trailer_that_is_missing_or_wrong_refuses_the_file(rows: tuple[str, ...], words: str) -> None:
    with pytest.raises(ExportRefused, match=words):
        heard(profile_of(TRAILER), lines(*rows))


def test_payments_and_master_data_go_the_same_way() -> None:
    payments = profile_of('kind = "payments"\ndates = ["dd.mm.yyyy"]\n[columns]\nbooked_on = "Day"\namount = "Sum"\nreference = "Text"')
    found = heard(payments, "Day;Sum;Text\n20.11.2026;5.00;R 1\n20.11.2026;five;R 2\n")
    assert found.items == [{"booked_on": "2026-11-20", "amount": "5.00", "reference": "R 1"}]
    assert [(bad.column, bad.debtor_no) for bad in found.bad] == [("amount", "")]
    master = profile_of('kind = "master_data"\n[columns]\ndebtor_no = "No"\nphone = "Tel"\ndunning_block = "Block"')
    found = heard(master, "No;Tel;Block\n7;030;soon\n7;030;no\n")
    assert found.items == [{"debtor_no": "7", "phone": "030", "dunning_block": "no"}]
    assert [(bad.debtor_no, bad.item_no) for bad in found.bad] == [("7", "")]
