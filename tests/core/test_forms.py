"""Forms: what is written in a declared form is read back; nothing else passes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.csv_records import Certain
from collectord.core.exports.forms import INSTANT, DateForms, NotInForm, NumberForm, Period, wrong_date_forms

AMOUNTS = st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
NUMBER_FORMS = [
    NumberForm(decimal, thousands, minus)
    for decimal in (".", ",")
    for thousands in ("", ".", ",", " ", "'")
    for minus in (("before",), ("after",), ("brackets",), ("before", "after", "brackets"))
    if decimal != thousands
]
DATE_FORMS = [
    "yyyy-mm-dd", "dd.mm.yyyy", "d.m.yyyy", "dd.mm.yy", "d.m.yy", "mm/dd/yyyy", "m/d/yyyy", "dd/mm/yyyy", "d/m/yy", "yyyymmdd", "ddmmyyyy",
    "ddmmyy", "yymmdd", "d month yyyy", "month d, yyyy", "dd-month-yyyy", INSTANT,
]  # fmt: skip


@given(st.sampled_from(NUMBER_FORMS), AMOUNTS)
def test_for_all_forms_and_amounts_what_is_written_is_read_back(form: NumberForm, amount: Decimal) -> None:
    assert Decimal(form.read(form.write(amount))) == amount


@given(st.sampled_from(DATE_FORMS), DAYS)
def test_for_all_date_forms_and_days_what_is_written_is_read_back(form: str, day: date) -> None:
    forms = DateForms((form,))
    assert forms.read(forms.write(day)) == day.isoformat()


@given(st.sampled_from(NUMBER_FORMS), st.text(alphabet="0123456789.,-+()' _eENa１٣\u00a0\u2212%", max_size=14))
def test_for_all_texts_only_the_declared_form_is_a_number(form: NumberForm, text: str) -> None:
    try:
        read = form.read(text)
    except NotInForm:
        return
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]{1,4})?", read, re.ASCII)
    digits = re.sub(r"[^0-9]", "", text, flags=re.ASCII)
    assert digits == read.replace(".", "").replace("-", "")  # no digit is lost or invented
    assert not set(text) & set("+_eENa１٣%\u2212")
    assert text.count(form.decimal) <= 1
    if form.thousands != " ":
        assert " " not in text
        assert "\u00a0" not in text
    assert read.startswith("-") == any(mark in text for mark in "-(")


@given(st.sampled_from(DATE_FORMS), st.text(alphabet="0123456789./- ,Tjunmai１٣", max_size=12))
def test_for_all_texts_only_a_real_day_in_the_form_is_a_day(form: str, text: str) -> None:
    try:
        read = DateForms((form,)).read(text)
    except NotInForm:
        return
    assert date.fromisoformat(read).isoformat() == read
    assert not set(text) & set("１٣")


@pytest.mark.parametrize(
    "text", ["1_000", "NaN", "1e9", "１２", "1.000.00", "", "-", "1,2,3", "+5", "0x1F", "1.23456", "12345678901234", " 5", "5-"]
)
def test_what_only_looks_like_a_number_is_refused(text: str) -> None:
    with pytest.raises(NotInForm):
        NumberForm().read(text)


@pytest.mark.parametrize(
    ("form", "text", "read"),
    [
        (NumberForm(",", "."), "1.234,56", "1234.56"),
        (NumberForm(",", "."), "1234,56", "1234.56"),
        (NumberForm(",", ".", ("after",)), "1.234,56-", "-1234.56"),
        (NumberForm(".", ",", ("brackets",)), "(1,234.56)", "-1234.56"),
        (NumberForm(",", " "), "1\u00a0234\u202f567,5", "1234567.5"),
        (NumberForm(".", "'"), "1’234.50", "1234.50"),
        (NumberForm(",", ".", ("before",), ("€", "EUR")), "1.234,56 €", "1234.56"),
        (NumberForm(",", ".", ("before",), ("€", "EUR")), "-€ 5", "-5"),
        (NumberForm(",", ".", ("before",), ("€", "EUR")), "€ -5", "-5"),
        (NumberForm(".", ",", ("brackets",), ("$",)), "($1,234.56)", "-1234.56"),
        (NumberForm(".", ",", ("brackets",), ("$",)), "$(5)", "-5"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_its_form_says(form: NumberForm, text: str, read: str) -> None:
    assert form.read(text) == read


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (NumberForm(",", "."), "1.23,4"),
        (NumberForm(",", "."), "1.000.00"),
        (NumberForm(",", "."), "1,234.56"),
        (NumberForm(",", ".", ("before", "after")), "-5-"),
        (NumberForm(".", ",", ("brackets",)), "(5"),
        (NumberForm(".", ",", ("brackets",)), "-5"),
        (NumberForm(".", ","), "$5"),
    ],
)
def test_another_form_than_the_declared_is_refused(form: NumberForm, text: str) -> None:
    with pytest.raises(NotInForm):
        form.read(text)


def test_a_certain_number_is_canonical_whatever_form_is_declared() -> None:
    form = NumberForm(",", ".")
    assert form.read("1.234") == "1234"
    assert form.read(Certain("1.234")) == "1.234"
    assert form.read("1.234") == "1234"
    for text in ("2026-11-21", "1.000,00"):
        with pytest.raises(NotInForm):
            form.read(Certain(text))


@pytest.mark.parametrize(
    "text", ["31.02.2026", "86400", "1.1.2026", "21.11.26", "2026-11-21", "21/11/2026", "٢١.11.2026", "00.11.2026", ""]
)
def test_what_is_no_day_of_the_form_is_refused(text: str) -> None:
    with pytest.raises(NotInForm):
        DateForms(("dd.mm.yyyy",)).read(text)


@pytest.mark.parametrize(
    ("form", "text", "read"),
    [
        ("d month yyyy", "31 July 2026", "2026-07-31"),
        ("d. month yyyy", "1. März 2026", "2026-03-01"),
        ("dd-month-yy", "05-Mrz-26", "2026-03-05"),
        ("month d, yyyy", "Sept. 3, 2026", "2026-09-03"),
        (INSTANT, "2026-10-21T00:00:00.000+02:00", "2026-10-21"),
        (INSTANT, "2026-10-21T23:15", "2026-10-21"),
        (INSTANT, "2026-10-21T00:00:00Z", "2026-10-21"),
    ],
)
def test_a_day_is_read_as_its_form_says(form: str, text: str, read: str) -> None:
    assert DateForms((form,)).read(text) == read


@pytest.mark.parametrize(
    ("form", "text"), [("d month yyyy", "31 Juli4 2026"), ("d month yyyy", "3 Brumaire 2026"), (INSTANT, "2026-10-21T22:00:00Z")]
)
def test_unknown_months_and_an_hour_that_belongs_to_another_day_are_refused(form: str, text: str) -> None:
    with pytest.raises(NotInForm):
        DateForms((form,)).read(text)


def test_a_certain_day_is_canonical_and_a_certain_number_is_no_day() -> None:
    forms = DateForms(("dd.mm.yyyy",))
    assert forms.read(Certain("2026-11-21")) == "2026-11-21"
    with pytest.raises(NotInForm):
        forms.read(Certain("46347"))


def test_the_first_declared_form_that_fits_reads_the_day() -> None:
    forms = DateForms(("dd.mm.yyyy", "yyyy-mm-dd"))
    assert forms.read("2026-11-21") == forms.read("21.11.2026") == "2026-11-21"
    assert forms.shown() == "dd.mm.yyyy, yyyy-mm-dd"


def test_a_day_without_a_year_is_that_of_the_period_and_lost_zeros_do_not_matter() -> None:
    november = DateForms(("dmm",), Period(date(2026, 11, 1), date(2026, 11, 30)))
    assert november.read("311") == "2026-11-03"
    assert november.read("2111") == "2026-11-21"
    turn = DateForms(("dmm",), Period(date(2026, 12, 1), date(2027, 1, 31)))
    assert turn.read("3112") == "2026-12-31"
    assert turn.read("101") == "2027-01-01"


@pytest.mark.parametrize(
    ("period", "text"),
    [
        (Period(date(2026, 11, 1), date(2026, 11, 30)), "112"),  # outside
        (Period(date(2026, 1, 1), date(2027, 12, 31)), "311"),  # in two years
        (Period(date(2026, 2, 1), date(2026, 2, 28)), "3102"),  # never
        (None, "311"),
    ],
)
def test_a_day_without_a_year_that_is_in_doubt_is_refused(period: Period | None, text: str) -> None:
    with pytest.raises(NotInForm):
        DateForms(("dmm",), period).read(text)


def test_a_day_at_the_start_of_a_longer_text_is_found() -> None:
    forms = DateForms(("dd.mm.yyyy", "month d, yyyy"))
    assert forms.at_start("20.11.2026   Währung: EUR") == "2026-11-20"
    assert forms.at_start("July 31, 2026") == "2026-07-31"
    for text in ("20.11.20261", "99.99.2026", "Seite 3"):
        assert forms.at_start(text) is None


@pytest.mark.parametrize(
    ("forms", "words"),
    [
        (["dd/mm/yyyy", "mm/dd/yyyy"], "different days"),
        (["dd.mm.yy", "yy.mm.dd"], "different days"),
        (["ddmmyy", "yymmdd"], "different days"),
        (["dd.mm"], ""),
        (["dd.mm.yyyy hh"], "no date form"),
        (["yyyy"], "no date form"),
        (["TT.MM.JJJJ"], "no date form"),
        (["mmd"], "cannot be split"),
        (["dd.mm.yyyy", "d.m.yy", "yyyy-mm-dd", "yyyymmdd", "d month yyyy", INSTANT], ""),
    ],
)
def test_forms_that_cannot_be_told_apart_are_named(forms: list[str], words: str) -> None:
    found = wrong_date_forms(forms)
    assert words in found if found else words == ""
