"""Source profiles: what a file may say, what is wrong with it, and which profile a file belongs to."""

from __future__ import annotations

import codecs
from dataclasses import replace
from decimal import Decimal

import pytest

from collectord.core.exports.profile_text import extended
from collectord.core.exports.source_profiles import (
    CANONICAL,
    Ambiguous,
    Profile,
    choose,
    misnamed,
    overlaps,
    reads_both,
    uncovered,
)
from tests.core.profile_cases import PLAIN, parsed, profile_of

PAYMENTS = 'kind = "payments"\n[columns]\nbooked_on = "D"\namount = "A"\n'


def test_a_profile_says_where_each_column_stands() -> None:
    profile = profile_of("""
kind = "open_items"
mode = "snapshot"
delimiter = "tab"
names = ["OP*.csv"]
[complete]
trailer = "END"
[guards]
shrink_items = "0.10"
shrink_from = 5
smallest = 100
[columns]
debtor_no = ["No", "Number"]
debtor_name = 2
item_no = { join = ["Doc", ["Year", "Jahr"]], with = "-" }
due_on = "Due"
open_amount = { column = "Debit", less = "Credit" }
currency = { always = "EUR" }
""")
    assert profile.delimiter == "\t"
    assert profile.complete.trailer == "END"
    assert (profile.guards.shrink_items, profile.guards.shrink_amount, profile.guards.shrink_from) == (Decimal("0.10"), None, 5)
    assert profile.columns["debtor_no"].names == ("No", "Number")
    assert profile.columns["debtor_name"].position == 2
    assert profile.columns["item_no"].join == (("Doc",), ("Year", "Jahr"))
    assert profile.columns["currency"].always == "EUR"
    assert not profile.is_canonical


def test_payments_and_master_data_change_only_what_they_name() -> None:
    assert profile_of('kind = "payments"\n[columns]\nbooked_on = "Day"\namount = "Amount"').mode == "delta"
    assert profile_of('kind = "master_data"\n[columns]\ndebtor_no = "No"').mode == "delta"
    assert profile_of(PLAIN).mode == ""


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ('kind = "invoices"' + PLAIN, "kind", "unknown; use one of open_items"),
        ('format = "pdf"' + PLAIN, "format", "unknown"),
        ('special = "magic"', "special", "unknown"),
        ('special = "extf-bookings"' + PLAIN, "special", "leave [columns] out"),
        ('delimiter = "tabulator"' + PLAIN, "delimiter", "unknown"),
        ('encodings = ["cp1252", "utf-8"]' + PLAIN, "encodings", "cannot be told apart"),
        ('encodings = ["ansi7"]' + PLAIN, "encodings", "no encoding"),
        ("encodings = []" + PLAIN, "encodings", "at least one"),
        ('absent = "paid"' + PLAIN, "absent", "unknown"),
        ("terms = 30" + PLAIN, "terms", "days_after"),
        ('colour = "red"' + PLAIN, "colour", "not known here"),
        ("dates = []" + PLAIN, "dates", "at least one form"),
        ('dates = ["dd/mm/yyyy", "mm/dd/yyyy"]' + PLAIN, "dates", "different days"),
        ('[numbers]\ndecimal = ","\nthousands = ","' + PLAIN, "numbers.thousands", "different characters"),
        ("[numbers]\nminus = []" + PLAIN, "numbers.minus", "at least one"),
        ('[numbers]\nminus = ["left"]' + PLAIN, "numbers.minus", "use only"),
        ('[guards]\nshrink_items = "2.00"' + PLAIN, "guards.shrink_items", "share"),
        ('[complete]\nchecksum = "md5"' + PLAIN, "complete.checksum", "unknown"),
        ("[rows]\nheader_within = 999" + PLAIN, "rows.header_within", "above 200"),
        ('[rows]\nblank_means_above = "Customer"' + PLAIN, "rows.blank_means_above", "list of column names"),
        ('[rows]\nblank_means_above = [["A", 7]]' + PLAIN, "rows.blank_means_above", "list of column names"),
        ("[rows]\nheader_within = 0" + PLAIN.replace('= "', "= 1 # ", 4), "columns.open_amount", "position"),
        ("[columns]\ndebtor_no = 1", "columns", "debtor_name is missing"),
        (PLAIN + 'colour = "Colour"', "columns.colour", "no column of collectord"),
        (PLAIN + "phone = true", "columns.phone", "name in quotes"),
        (PLAIN + "phone = 1.5", "columns.phone", "name in quotes"),
        (PLAIN + "phone = 0", "columns.phone", "count from 1"),
        (PLAIN + 'phone = { with = "/" }', "columns.phone", "say where it stands"),
        (PLAIN + 'phone = { column = "Tel", colour = "red" }', "columns.phone.colour", "not known here"),
        (PLAIN + 'phone = { column = "Tel", less = "Paid" }', "columns.phone", "is no amount"),
        (PLAIN + 'phone = { column = "Tel", dates = ["dd.mm.yyyy"] }', "columns.phone", "is no day"),
        (PLAIN + 'phone = { column = "Tel", join_also = ["Ext"] }', "columns.phone.join_also", "adds parts to join"),
        (PLAIN + 'amount = { column = "Sum", sign = "S/H" }', "columns.amount.sign", "needs its words"),
        (PLAIN + 'amount = { column = "Sum", minus = ["H"] }', "columns.amount.sign", "needs its words"),
        (PLAIN + 'invoiced_on = { column = "Day", days_after = "due_on" }', "columns.invoiced_on.days", "belong together"),
        (PLAIN + 'discount_until = { column = "Day", days_after = "invoiced_on", days = 5 }', "columns.discount_until", "does not say"),
        (PLAIN + '[words.kind]\nRE = "invoice"', "words.kind", "no kind whose words"),
        (PLAIN + '[[leave_out]]\ncolumn = "A"\nis = ["x"]', "leave_out.0.why", "missing"),
        (PLAIN + '[[leave_out]]\nwhy.en = "a"\ncolumn = "A"\nis = ["x"]', "leave_out.0.why.de", "missing"),
        (PLAIN + '[[leave_out]]\nwhy = "w"\nis = ["x"]', "leave_out.0.column", "name the column"),
        (PLAIN + '[[leave_out]]\nwhy = "w"\ncolumn = "A"', "leave_out.0", "needs one of"),
        (PLAIN + '[[leave_out]]\nwhy = "w"\ncolumn = "A"\nis = ["x"]\nand = [{ column = "B" }]', "leave_out.0.and.0", "needs one of"),
        (PLAIN + '[[total]]\ncolumn = "*"\nbegins = ["Total"]', "total.0", "needs sum or count"),
        (PLAIN + '[on_account]\nwith = "/"', "on_account", "say where it stands"),
        (PLAIN + '[scope]\naccounts = ["10000-9"]', "scope.accounts", "of one length"),
        ('mode = "delta"' + PLAIN + '[scope]\ncovers = ["einvoice"]', "scope.covers", "only a list"),
        ("only_new = true" + PLAIN + '[scope]\ncovers = ["einvoice"]', "scope.covers", "only a list"),
        (PAYMENTS + '[scope]\ncovers = ["einvoice"]', "scope.covers", "only a list"),
        ('also = "test"' + PLAIN, "also", "names another profile"),
        (PLAIN + '[file]\nas_of = { dates = ["dd.mm.yyyy"] }', "file.as_of", "either above"),
        (PLAIN + '[file]\nas_of = { above = "A", column = "B" }', "file.as_of", "either above"),
        (PAYMENTS + '[[cleared]]\nwhy = "w"\ncolumn = "S"\nis = ["x"]', "cleared", "only open items"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_profile_names_its_key(text: str, path: str, words: str) -> None:
    _, problems = parsed(text)
    assert [problem.path for problem in problems if words in problem.sentence] == [path], problems


def test_the_canonical_form_cannot_be_changed() -> None:
    for text in (PLAIN, 'names = ["*.csv"]', 'format = "sheet"'):
        _, problems = parsed(text, name="canonical")
        assert ["canonical form is fixed" in problem.sentence for problem in problems] == [True]
    assert parsed("[complete]\nmarker = true", name="canonical")[1] == []


def test_a_house_profile_inherits_overrides_and_empties() -> None:
    base = {
        "title": {"en": "base", "de": "Basis"}, "names": ["A*"], "begins": "X", "mode": "snapshot", "dates": ["dd.mm.yyyy"],
        "columns": {"phone": {"column": "Tel", "behind": ":"}, "due_on": "Due"}, "leave_out": [{"why": "w"}], "rows": {"frame": True},
    }  # fmt: skip
    house = {
        "extends": "base", "title": {"en": "house"}, "columns": {"phone": {"column": "Phone"}, "email": "Mail"}, "leave_out": [],
        "rows": {"header_within": 3},
    }  # fmt: skip
    assert extended(house, base) == {
        "extends": "base", "title": {"en": "house", "de": "Basis"}, "mode": "snapshot", "dates": ["dd.mm.yyyy"], "leave_out": [],
        "columns": {"phone": {"column": "Phone"}, "due_on": "Due", "email": "Mail"}, "rows": {"frame": True, "header_within": 3},
    }  # fmt: skip


SAP = Profile(name="sap", names=("FBL5N*.txt",))
BOOKINGS = Profile(name="bookings", names=("*EXTF*.csv",), begins='"EXTF";700;21', encodings=("cp1252", "utf-8-sig"))
MASTER = Profile(name="master", names=("*EXTF*.csv",), begins='"EXTF";700;16', encodings=("cp1252", "utf-8-sig"))
LIST = Profile(name="list", names=("EXTF*.csv",))
WIDE = Profile(name="wide", begins="Ünit", names=("w.csv",), encodings=("utf-16", "utf-8-sig"))
ALL = {profile.name: profile for profile in (CANONICAL, SAP, BOOKINGS, MASTER, WIDE)}


def test_the_option_wins_over_the_folder_and_the_folder_over_the_name() -> None:
    assert choose(ALL, "FBL5N.txt", "bookings", "master", b"") is MASTER
    assert choose(ALL, "FBL5N.txt", "bookings", None, b"") is BOOKINGS
    assert choose(ALL, "fbl5n_2026.TXT", "", None, b"") is SAP


def test_a_source_or_folder_without_a_profile_is_canonical_whatever_the_file_is_called() -> None:
    assert choose(ALL, "FBL5N.txt", "cologne", None, b"") is None
    assert choose(ALL, "FBL5N.txt", "", "cologne", b"") is None
    assert choose(ALL, "op.csv", "", None, b"") is None


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_the_first_line_tells_products_apart_that_use_one_name(mark: bytes) -> None:
    assert choose(ALL, "EXTF_1.csv", "", None, mark + b'"EXTF";700;21;"Buchungsstapel"') is BOOKINGS
    assert choose(ALL, "EXTF_1.csv", "", None, mark + b'"EXTF";700;16;"Debitoren"') is MASTER
    assert choose(ALL, "EXTF_1.csv", "", None, mark + b"EXTF;700;16;Debitoren") is MASTER
    assert choose(ALL, "EXTF_1.csv", "", None, mark + b'"EXTF";700;20;') is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_the_first_line_is_read_in_the_files_encoding(encoding: str) -> None:
    assert choose(ALL, "w.csv", "", None, "Ünit;1".encode(encoding)) is WIDE
    assert choose(ALL, "w.csv", "", None, codecs.BOM_UTF16_BE + "Ünit".encode("utf-16-be")) is WIDE


def test_two_profiles_that_fit_are_never_guessed_between() -> None:
    profiles = ALL | {"list": LIST}
    found = choose(profiles, "EXTF_1.csv", "", None, b'"EXTF";700;21;')
    assert found == Ambiguous("EXTF_1.csv", ("bookings", "list"))
    for language, words in (("en", "put it into inbox/bookings/"), ("de", "in inbox/bookings/ ablegen")):
        assert words in found.sentence(language)  # type: ignore[arg-type]
        assert "bookings + list" in found.sentence(language)  # type: ignore[arg-type]


def test_profiles_that_one_file_fits_are_found_beforehand() -> None:
    assert list(overlaps(ALL.values())) == []
    assert list(overlaps([*ALL.values(), LIST])) == [("bookings", "list", "EXTF1.csv"), ("list", "master", "EXTF1.csv")]


def test_the_canonical_list_covers_e_invoices_unless_it_says_otherwise() -> None:
    assert CANONICAL.covers == parsed("", name="canonical")[0].covers == ("einvoice",)
    assert parsed("[scope]\ncovers = []", name="canonical") == (replace(CANONICAL, title={"en": "test", "de": "Test"}, covers=()), [])


EINVOICE = Profile(name="einvoice", mode="delta", only_new=True, also="bank")
BANK = Profile(name="bank", kind="payments", mode="delta")


def test_a_source_that_only_opens_items_needs_a_list_that_covers_it() -> None:
    assert list(uncovered([SAP, EINVOICE, BANK])) == ["einvoice"]
    assert list(uncovered([CANONICAL, SAP, EINVOICE, BANK])) == []


def test_other_profiles_are_named_rightly() -> None:
    profiles = {profile.name: profile for profile in (SAP, EINVOICE, BANK)}
    assert list(misnamed(profiles, replace(CANONICAL, covers=("einvoice", "bank", "unheard-of")))) == []
    ((key, why),) = misnamed(profiles, replace(CANONICAL, covers=("einvoice", "sap")))
    assert (key, "sap sends lists of its own" in why) == ("scope.covers", True)
    assert list(misnamed(profiles, EINVOICE)) == []
    assert list(misnamed({}, EINVOICE)) == [("also", "there is no profile 'bank' in sources/")]


def test_the_same_file_may_be_of_another_source_too() -> None:
    profiles = {profile.name: profile for profile in (SAP, EINVOICE, BANK)}
    assert reads_both(profiles, EINVOICE) is BANK
    for once in (SAP, None, Ambiguous("x", ("a", "b"))):
        assert reads_both(profiles, once) is None
