"""Interpreting: what a profile makes of a file's columns."""

from __future__ import annotations

import pytest

from collectord.core.exports.columns import not_read
from collectord.core.exports.csv_records import Broken, Certain, ExportRefused, Record
from tests.core.profile_cases import PLAIN, heard, heard_records, profile_of

GERMAN = """
dates = ["dd.mm.yyyy"]
[numbers]
decimal = ","
thousands = "."
minus = ["before", "after"]
"""
ROW = {"debtor_no": "007", "debtor_name": "Anna", "item_no": "A1", "due_on": "2026-11-03", "open_amount": "5.00"}


def columns(**more: str) -> str:
    """[columns] with the plain ones, some of them described otherwise or added."""
    lines = dict(line.split(" = ", 1) for line in PLAIN.strip().splitlines()[1:]) | more
    return "\n[columns]\n" + "\n".join(f"{name} = {text}" for name, text in lines.items() if text) + "\n"


def test_columns_are_found_by_name_in_any_order_case_and_blanks_ignored() -> None:
    found = heard(profile_of(PLAIN), " OPEN ;due;Extra; Doc;nAme;No\n5.00;2026-11-03;x;A1;Anna;007\n")
    assert found.items == [ROW]
    assert found.bad == []
    assert found.reader.columns == {"debtor_no", "debtor_name", "item_no", "due_on", "open_amount"}
    assert found.reader.ignored == ("Extra",)
    assert (found.reader.as_of, found.reader.booked_until, found.reader.notes, found.reader.unmet) == (None, None, (), ())


def test_of_hundreds_of_unread_columns_only_the_first_names_are_told() -> None:
    many = ";".join(f"x{number}" for number in range(50))
    found = heard(profile_of(PLAIN), f"No;Name;Doc;Due;Open;{many}\n")
    (said,) = not_read(found.reader.ignored, "en")
    assert said.startswith("not read: columns x0, x1,")
    assert "x19 and 30 more; right if nobody needs them" in said
    assert "x20" not in said
    assert not_read(("Segment",), "de")[0].startswith("Nicht gelesen: Spalte Segment; in Ordnung, wenn")
    assert not_read((), "en") == ()


def test_a_profile_without_columns_reads_canonical_names() -> None:
    text = "debtor_no;debtor_name;item_no;due_on;open_amount;phone\n007;Anna;A1;2026-11-03;5.00;030 1\n"
    assert heard(profile_of(""), text).items == [ROW | {"phone": "030 1"}]


def test_the_first_alias_that_the_header_has_is_taken_and_an_empty_cell_asks_the_next_column() -> None:
    profile = profile_of(columns(phone='["Mobile", "Phone"]', email='{ column = "Mail", or = ["Mail 2", "Mail 3"] }'))
    found = heard(profile, "No;Name;Doc;Due;Open;Phone;Mail;Mail 3\n007;Anna;A1;2026-11-03;5.00;030;;a@b\n")
    assert found.items == [ROW | {"phone": "030", "email": "a@b"}]
    assert found.reader.ignored == ()


def test_german_amounts_and_days_become_canonical() -> None:
    profile = profile_of(GERMAN + columns(amount='"Sum"'))
    found = heard(profile, "No;Name;Doc;Due;Open;Sum\n007;Anna;A1;03.11.2026;5,00;1.234,56-\n")
    assert found.items == [ROW | {"amount": "-1234.56"}]


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ("31.02.2026;5,00", "due_on", "Due is no date as the profile declares it: dd.mm.yyyy"),
        ("2026-11-03;5,00", "due_on", "dd.mm.yyyy"),
        ("03.11.2026;5.0.0", "open_amount", "Open is no amount as the profile declares it: 1.234,56 -1.234,56"),
        ("03.11.2026;1_000", "open_amount", "Open is no amount"),
    ],
)
def test_what_is_written_otherwise_is_a_bad_row_that_keeps_its_key(cells: str, column: str, words: str) -> None:
    found = heard(profile_of(GERMAN + PLAIN), f"No;Name;Doc;Due;Open\n007;Anna;A1;{cells}\n")
    assert found.items == []
    (bad,) = found.bad
    assert (bad.line, bad.column, bad.debtor_no, bad.item_no, bad.debtor_name) == (2, column, "007", "A1", "Anna")
    assert words in bad.reason
    assert bad.original == f"007;Anna;A1;{cells}"


def test_a_column_may_have_forms_of_its_own() -> None:
    profile = profile_of(
        columns(due_on='{ column = "Due", dates = ["mm/dd/yyyy"] }', amount='{ column = "Sum", numbers = { decimal = "," } }')
    )
    found = heard(profile, "No;Name;Doc;Due;Open;Sum\n007;Anna;A1;11/03/2026;5.00;7,5\n")
    assert found.items == [ROW | {"amount": "7.5"}]


def test_an_item_number_is_composed_of_several_columns() -> None:
    item = '{ join = ["Doc", ["Year", "Jahr"]], join_also = ["Line", "Nowhere"], with = "-" }'
    found = heard(profile_of(columns(item_no=item)), "No;Name;Doc;Due;Open;Jahr;Line\n007;Anna;A1;2026-11-03;5.00;2026;\n")
    assert found.items == [ROW | {"item_no": "A1-2026-"}]
    with pytest.raises(ExportRefused, match="Year"):
        heard(profile_of(columns(item_no=item)), "No;Name;Doc;Due;Open\n")


def test_a_composed_number_fills_in_where_the_column_is_empty_and_without_its_first_part_there_is_none() -> None:
    item = '{ column = "Ref", join = ["Doc", "Year"], or = "Old", always = "" }'
    rows = "R9;A1;26;O;\n;A1;26;O;\n;;26;O;\n;;26;;\n"
    found = heard(
        profile_of(columns(item_no=item)), "Ref;Doc;Year;Old;x;No;Name;Due;Open\n" + rows.replace(";\n", ";;007;Anna;2026-11-03;5.00\n")
    )
    assert [row.get("item_no", "") for row in found.items] == ["R9", "A1/26", "O", ""]
    without = '{ column = "Ref", join = ["Doc", "Year"] }'
    found = heard(
        profile_of(columns(item_no=without)),
        "Ref;Doc;Year;No;Name;Due;Open\nR9;A1;26;007;Anna;2026-11-03;5.00\n;A1;26;007;Anna;2026-11-03;5.00\n",
    )
    assert [row["item_no"] for row in found.items] == ["R9", "A1/26"]


def test_constants_stand_alone_or_fill_in() -> None:
    profile = profile_of(
        columns(company='{ always = "1000" }', currency='{ column = "Curr", always = "USD" }', country='{ column = "Land", always = "US" }')
    )
    found = heard(profile, "No;Name;Doc;Due;Open;Curr\n007;Anna;A1;2026-11-03;5.00;CAD\n007;Anna;A2;2026-11-03;5.00;\n")
    assert [(row["company"], row["currency"], row["country"]) for row in found.items] == [("1000", "CAD", "US"), ("1000", "USD", "US")]
    assert found.reader.company_scope == ("1000",)
    assert "company" in found.reader.columns


def test_words_are_translated_and_others_stay_or_mean_what_the_star_says() -> None:
    profile = profile_of(
        columns(kind='"Type"', payment_method='"Pay"', dunning_block='"Block"')
        + """
[words.kind]
"RV " = "invoice"
[words.payment_method]
"SEPA  direct" = "direct_debit"
"*" = ""
[words.dunning_block]
"" = "no"
X = "yes"
"""
    )
    rows = ["A1;2026-11-03;5.00;rv;sepa Direct;x", "A2;2026-11-03;5.00;ZZ;cash;", "A3;2026-11-03;5.00;;;2026-12-01"]
    found = heard(profile, "No;Name;Doc;Due;Open;Type;Pay;Block\n" + "".join(f"007;Anna;{row}\n" for row in rows))
    assert [(row.get("kind"), row.get("payment_method"), row.get("dunning_block")) for row in found.items] == [
        ("invoice", "direct_debit", "yes"), ("ZZ", None, "no"), (None, None, "2026-12-01"),
    ]  # fmt: skip


def test_only_a_part_of_a_cell_is_taken_where_the_profile_says_so() -> None:
    profile = profile_of(
        columns(debtor_no='{ column = "Name", behind = "[", before = "]" }', debtor_name='{ column = "Name", behind = "]" }')
    )
    found = heard(profile, "Name;Doc;Due;Open\n[007] Anna;A1;2026-11-03;5.00\nPlain;A2;2026-11-03;5.00\n")
    assert [(row["debtor_no"], row["debtor_name"]) for row in found.items] == [("007", "Anna"), ("Plain", "Plain")]


def test_numbers_that_a_spreadsheet_ruined_are_repaired_only_where_declared() -> None:
    profile = profile_of(columns(item_no='{ column = "Doc", without_point_zero = true }', debtor_no='{ column = "No", pad_to = 5 }'))
    rows = "".join(
        f"{no};Anna;{doc};2026-11-03;5.00\n" for no, doc in (("7", "1930571429.0"), ("0007", "007.00"), ("A7", "12.5"), ("123456", "R.0"))
    )
    found = heard(profile, "No;Name;Doc;Due;Open\n" + rows)
    assert [(row["debtor_no"], row["item_no"]) for row in found.items] == [
        ("00007", "1930571429"),
        ("00007", "007"),
        ("A7", "12.5"),
        ("123456", "R.0"),
    ]
    assert heard(profile_of(PLAIN), "No;Name;Doc;Due;Open\n7;Anna;19.0;2026-11-03;5.00\n").items[0]["item_no"] == "19.0"
    joined = profile_of(columns(item_no='{ join = ["Doc", "Year"], without_point_zero = true }'))
    assert heard(joined, "No;Name;Doc;Due;Open;Year\n7;Anna;19.0;2026-11-03;5.00;2020.0\n").items[0]["item_no"] == "19/2020"


def test_debit_minus_credit_and_total_minus_paid() -> None:
    profile = profile_of(GERMAN + columns(open_amount='{ column = "Soll", less = "Haben" }'))
    rows = [("1.000,00", "400,00"), ("", "50,00"), ("7,00", ""), ("", "")]
    found = heard(profile, "No;Name;Doc;Due;Soll;Haben\n" + "".join(f"7;Anna;A1;03.11.2026;{debit};{credit}\n" for debit, credit in rows))
    assert [row.get("open_amount") for row in found.items] == ["600.00", "-50.00", "7.00", None]


def test_a_sign_column_turns_the_amount_and_an_unknown_sign_is_a_bad_row() -> None:
    profile = profile_of(columns(open_amount='{ column = "Open", sign = "S/H", plus = ["S"], minus = ["H"] }'))
    found = heard(
        profile,
        "No;Name;Doc;Due;Open;S/H\n"
        + "".join(
            f"7;Anna;A1;2026-11-03;{amount};{side}\n" for amount, side in (("5", "s"), ("5", "H"), ("-5", "H"), ("5", "X"), ("", "X"))
        ),
    )
    assert [row.get("open_amount") for row in found.items] == ["5", "-5.00", "5.00", None]
    assert [(bad.column, bad.value) for bad in found.bad] == [("open_amount", "X")]
    assert "S/H says neither plus nor minus; expected s, h" in found.bad[0].reason


def test_a_sign_that_wins_does_not_care_how_the_amount_is_printed() -> None:
    profile = profile_of(columns(open_amount='{ column = "Open", sign = "Type", minus = ["Credit Note"], sign_wins = true }'))
    found = heard(
        profile,
        "No;Name;Doc;Due;Open;Type\n"
        + "".join(
            f"7;Anna;A1;2026-11-03;{amount};{kind}\n" for amount, kind in (("5", "credit note"), ("-5", "Credit Note"), ("5", "Invoice"))
        ),
    )
    assert [row["open_amount"] for row in found.items] == ["-5.00", "-5.00", "5"]


def test_a_due_day_comes_from_a_second_column_from_the_document_of_a_credit_or_from_terms() -> None:
    profile = profile_of(columns(
        due_on='{ column = "Due", or = "Net due", or_for_credits = "Date", days_after = "invoiced_on", days = 14 }', invoiced_on='"Date"',
    ))  # fmt: skip
    rows = [
        ("2026-11-03", "", "2026-10-01", "5"),
        ("", "2026-11-04", "2026-10-01", "5"),
        ("", "", "2026-10-01", "5"),
        ("", "", "2026-10-01", "-5"),
        ("", "", "", "5"),
    ]
    found = heard(
        profile,
        "No;Name;Doc;Due;Net due;Date;Open\n" + "".join(f"7;Anna;A1;{due};{net};{day};{amount}\n" for due, net, day, amount in rows),
    )
    assert [row.get("due_on") for row in found.items] == ["2026-11-03", "2026-11-04", "2026-10-15", "2026-10-01", None]


def test_terms_alone_make_a_due_day_where_the_file_has_no_such_column() -> None:
    profile = profile_of(columns(due_on='{ column = "Due", days_after = "invoiced_on", days = 14 }', invoiced_on='"Date"'))
    found = heard(profile, "No;Name;Doc;Date;Open\n7;Anna;A1;2026-10-01;5\n")
    assert found.items[0]["due_on"] == "2026-10-15"
    assert "due_on" in found.reader.columns


def test_a_day_that_cannot_be_read_may_count_as_none_where_the_profile_says_so() -> None:
    profile = profile_of(columns(discount_until='{ column = "Disc", unreadable = "empty" }'))
    found = heard(profile, "No;Name;Doc;Due;Open;Disc\n007;Anna;A1;2026-11-03;5.00;soon\n")
    assert found.items == [ROW]


def test_an_unreadable_credit_day_is_a_bad_row() -> None:
    profile = profile_of(columns(due_on='{ column = "Due", or_for_credits = "Date" }'))
    found = heard(profile, "No;Name;Doc;Due;Open;Date\n007;Anna;A1;;-5.00;soon\n")
    assert [bad.column for bad in found.bad] == ["due_on"]


def test_a_phone_of_a_credit_may_stand_elsewhere_too() -> None:
    profile = profile_of(columns(phone='{ column = "Tel", or_for_credits = "Tel 2" }'))
    found = heard(profile, "No;Name;Doc;Due;Open;Tel;Tel 2\n007;Anna;A1;2026-11-03;-5.00;;0301\n007;Anna;A2;2026-11-03;5.00;;0301\n")
    assert [row.get("phone") for row in found.items] == ["0301", None]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("No;Name;Doc;Due", "line 1: columns are missing that the profile test needs: Open"),
        ("a;b;c", "No, Name, Doc, Due, Open"),
        ("No;Name;Doc;Due;Open;open", "line 1: column Open occurs twice"),
    ],
)
def test_a_header_that_lacks_or_repeats_a_needed_column_refuses_the_file(header: str, words: str) -> None:
    with pytest.raises(ExportRefused, match=words):
        heard(profile_of(PLAIN), header + "\n7;Anna;A1;2026-11-03;5\n")


def test_a_column_may_be_needed_though_collectord_could_do_without() -> None:
    text = "No;Name;Doc;Due;Open\n7;Anna;A1;2026-11-03;5\n"
    assert heard(profile_of(columns(company='"Co"')), text).items
    with pytest.raises(ExportRefused, match="Co"):
        heard(profile_of(columns(company='{ column = "Co", needed = true }')), text)
    with pytest.raises(ExportRefused, match="Paid"):
        heard(profile_of(columns(amount='{ column = "Sum", less = "Paid" }')), text)


def test_a_column_repeated_but_never_read_does_no_harm() -> None:
    assert heard(profile_of(PLAIN), "No;Name;Doc;Due;Open;x;x\n007;Anna;A1;2026-11-03;5.00;1;2\n").items == [ROW]


def test_a_file_without_a_header_is_read_by_position() -> None:
    profile = profile_of(
        "[rows]\nheader_within = 0\n"
        + columns(debtor_no="2", debtor_name="1", item_no="3", due_on="5", open_amount="4", country='{ always = "DE" }')
    )
    found = heard(profile, "Anna;007;A1;5.00;2026-11-03\nAnna;007;A2;6.00;2026-11-03;more\nAnna;007;A3;6.00\n")
    assert found.items == [ROW | {"country": "DE"}]
    assert [bad.reason for bad in found.bad] == ["the row has 6 columns, the header 5", "the row has 4 columns, the header 5"]
    assert found.reader.ignored == ()


def test_a_position_counts_beside_a_header_and_a_nameless_column_can_be_named() -> None:
    profile = profile_of(columns(debtor_name="1", phone='""'))
    assert heard(profile, "?;;No;Doc;Due;Open\nAnna;030;007;A1;2026-11-03;5.00\n").items == [ROW | {"phone": "030"}]


def test_cells_of_a_sheet_are_certain_broken_or_text_in_the_declared_form() -> None:
    profile = profile_of('format = "sheet"' + GERMAN + PLAIN)
    header = Record(1, ["No", "Name", "Doc", "Due", "Open", "Note"], "")
    good = Record(2, ["007", " Anna ", "A1", Certain("2026-11-03"), Certain("5.00")], "short")
    text = Record(3, ["007", "Anna", "A2", "03.11.2026", "5,00", Broken("#REF!")], "text")
    broken = Record(4, ["007", "Anna", "A3", Certain("2026-11-03"), Broken("0")], "broken")
    number = Record(5, ["007", "Anna", "A4", Certain("46329"), Certain("5")], "number")
    found = heard_records(profile, [header, good, text, broken, number])
    assert found.items == [ROW, ROW | {"item_no": "A2"}]
    assert [(bad.line, bad.column) for bad in found.bad] == [(4, ""), (5, "due_on")]
    assert found.bad[0].reason == "Open is an error in the sheet itself"


def test_a_key_that_cannot_be_trusted_is_not_given() -> None:
    profile = profile_of(columns(item_no='"Doc"', invoiced_on='"Day"'))
    rows = [("", "A1"), ("x" * 200, "A1"), ("007", "x" * 200), ("007", "A\u200b1")]
    found = heard(profile, "No;Name;Doc;Due;Open;Day\n" + "".join(f"{no};Anna;{doc};2026-11-03;5;soon\n" for no, doc in rows))
    assert [(bad.debtor_no, bad.item_no, bad.debtor_name) for bad in found.bad] == [
        ("", "", ""),
        ("", "", ""),
        ("007", "", "Anna"),
        ("007", "", "Anna"),
    ]
    assert heard(profile, "No;Name;Doc;Due;Open;Day\n007;Anna\n").bad[0].debtor_no == ""
