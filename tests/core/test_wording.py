"""How values read, and that hostile text stays on its line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import Money
from collectord.core.wording import Language, header_text, phrase, safe, shown

TEXTS = {"due": ("{who} owes {sum} since {day}.", "{who} schuldet {sum} seit {day}.")}


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (Money(Decimal("1234.5"), "EUR"), "€1,234.50", "1.234,50\xa0€"),
        (date(2026, 11, 24), "Tue 24 Nov 2026", "Di., 24. Nov. 2026"),
        (datetime(2026, 11, 24, 7, 5, tzinfo=UTC), "Tue 24 Nov 2026 08:05", "Di., 24. Nov. 2026 08:05"),
        (timedelta(days=7), "7 days", "7 Tage"),
        (timedelta(days=1), "1 day", "1 Tag"),
        (timedelta(hours=36), "36 hours", "36 Stunden"),
        (timedelta(minutes=15), "15 minutes", "15 Minuten"),
        (timedelta(seconds=90), "90 s", "90 s"),
        (Decimal("0.25"), "0.25", "0.25"),
        (["R1", "R2"], "R1, R2", "R1, R2"),
        (3, "3", "3"),
    ],
)
def test_values_read_as_people_write_them(value: object, english: str, german: str) -> None:
    assert shown(value, "en", "Europe/Berlin") == english
    assert shown(value, "de", "Europe/Berlin") == german


@pytest.mark.parametrize(
    ("language", "text"), [("en", "A owes €1.00 since Tue 24 Nov 2026."), ("de", "A schuldet 1,00\xa0€ seit Di., 24. Nov. 2026.")]
)
def test_a_sentence_has_its_values(language: Language, text: str) -> None:
    assert phrase(TEXTS, "due", language, who="A", sum=Money(Decimal(1), "EUR"), day=date(2026, 11, 24)) == text


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [(0, "0 items are bad", "0 Zeilen sind"), (1, "1 item is bad", "1 Zeile ist"), (21, "21 items are bad", "21 Zeilen sind")],
)
def test_a_word_follows_the_count_it_stands_with(count: int, english: str, german: str) -> None:
    counted = {"bad": ("{items} {items:item is|items are} bad", "{items} {items:Zeile ist|Zeilen sind}")}
    assert phrase(counted, "bad", "en", items=count) == english
    assert phrase(counted, "bad", "de", items=count) == german


@pytest.mark.parametrize(("why", "told"), [("ill", "ill."), ("She is ill.", "She is ill."), ("Ill!", "Ill!"), ("wait…", "wait….")])
def test_what_somebody_wrote_ends_the_sentence_once(why: str, told: str) -> None:
    assert phrase({"grace": ("Time: {why}.", "Zeit: {why}.")}, "grace", "en", why=why) == f"Time: {told}"


def test_nothing_in_a_mails_header_hides_as_an_encoded_word() -> None:
    assert header_text("=?utf-8?b?DQpCY2M6IHhAeS56?=\r\n==?", 40) == "= ?utf-8?b?DQpCY2M6IHhAeS56?=  == ?"


def test_a_value_keeps_an_ordinary_width() -> None:
    assert phrase({"no": ("[{no:>4}]", "[{no:<4}]")}, "no", "en", no=7) == "[   7]"


def test_hostile_text_stays_on_one_line_and_bounded() -> None:
    assert safe("a\r\n{'event': 'paid'}\x1b[2J\u202eb") == "a  {'event': 'paid'} [2J b"
    assert safe("x" * 500, 10) == "x" * 9 + "…"


@given(st.decimals(-(10**12), 10**12, places=4), st.sampled_from(["EUR", "CHF", "USD", "JPY", "KWD", "XXQ"]), st.sampled_from(["en", "de"]))
def test_for_all_amounts_money_reads_as_the_locale_has_it(amount: Decimal, currency: str, language: Language) -> None:
    locale = "de_DE" if language == "de" else "en_GB"
    assert shown(Money(amount, currency), language, "UTC") == format_currency(amount, currency, locale=locale)
