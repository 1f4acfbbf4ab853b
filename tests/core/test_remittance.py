"""Remittance texts: numbers as payers write them, and names as banks cut them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.remittance import MOST_READ, MOST_TOKENS, Found, NameIndex, alike, full_key, name_words, number_key, tokens


def keys(text: str) -> set[str]:
    return {token.key for token in tokens(text)}


@pytest.mark.parametrize(
    "text",
    [
        "2026-00123", "RE-2026-00123", "RE 2026 00123", "Rg.Nr.2026-00123", "RECHNUNG: 2026/00123", "Rechnung Nr. RE2026-00123 vom 01.11.",
        "EREF+NOTPROVIDED SVWZ+RE202600123", "inv#2026-00123", "re-2026-\n00123", "R2026.00123,R2026.00124", "(2026-00123)",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert number_key("RE-2026-00123") == "202600123"
    assert "202600123" in keys(text)


@pytest.mark.parametrize("text", ["92026001237", "2026001234", "12026-00123", "20260012"])
def test_a_number_inside_a_longer_one_is_not_found(text: str) -> None:
    assert "202600123" not in keys(text)


def test_leading_zeros_and_letters_do_not_matter_but_are_known() -> None:
    (token,) = tokens("RG0001001")
    assert (token.key, token.full, token.found, token.labelled) == ("1001", "RG0001001", Found.WHOLE, True)


def test_several_invoices_between_slashes_are_parts_and_the_whole_is_tried_first() -> None:
    found = {token.key: token.found for token in tokens("R4711/R4712")}
    assert found == {"4711R4712": Found.WHOLE, "4711": Found.PART, "4712": Found.PART}


def test_a_word_without_digits_ends_a_number_and_empty_texts_have_none() -> None:
    assert keys("4711 vom Muster") == {"4711"}
    assert keys("") == keys("Danke schön / RE") == set()


def test_the_clearest_reading_of_a_number_counts() -> None:
    assert next(token for token in tokens("R1/R4711 R4711") if token.full == "R4711").found is Found.WHOLE
    assert next(token for token in tokens("R4711 R1/R4711") if token.full == "R4711").found is Found.WHOLE


def test_a_creditor_reference_is_read_when_its_check_digits_fit() -> None:
    (token,) = tokens("RF18539007547034")
    assert (token.full, token.labelled) == ("539007547034", True)
    assert "539007547034" in keys("RF18 5390 0754 7034")
    assert "539007547034" not in keys("RF19539007547034")


@pytest.mark.parametrize(
    ("text", "key", "tells"),
    [
        ("4711", "4711", False), ("47110", "47110", True), ("RE 4711", "4711", True), ("Nr: 4711", "4711", True),
        ("x 20261123", "20261123", False), ("x 23112026", "23112026", False), ("x 01.11.2026", "1112026", False),
        ("RE 20261123", "20261123", True), ("x 20269923", "20269923", True), ("x 1234567", "1234567", True),
        ("K12A45678", "12A45678", True),
    ],
)  # fmt: skip
def test_short_numbers_and_days_say_nothing_unless_something_says_invoice(text: str, key: str, tells: bool) -> None:
    assert next(token for token in tokens(text) if token.key == key).tells is tells


def test_a_flood_of_numbers_is_bounded() -> None:
    assert len(tokens(" ".join(str(number) for number in range(10_000, 20_000)))) == MOST_TOKENS


def test_a_flood_of_the_same_number_is_read_only_to_its_bound() -> None:
    assert "4711" in keys("1 " * (MOST_READ - 1) + "4711")
    assert "4711" not in keys("1 " * MOST_READ + "4711")


@pytest.mark.parametrize(
    ("one", "other", "grade"),
    [
        ("Müller Bau GmbH", "MUELLER BAU GMBH", 2),
        ("Mustermann, Max", "Herr Max Mustermann", 2),
        ("Max und Erika Mustermann", "Max Mustermann", 1),
        ("Stadtwerke Neuwied Vertriebsgesellsch", "Stadtwerke Neuwied Vertriebsgesellschaft mbH", 1),
        ("Café Zoë", "Cafe Zoe", 2),
        ("Muster", "Muster Bau", 0),
        ("Max Meier", "Max Mustermann", 0),
        ("", "Max", 0),
        ("GmbH & Co. KG", "AG", 0),
    ],
)
def test_names_are_alike_whatever_the_order_the_umlauts_and_the_legal_form(one: str, other: str, grade: int) -> None:
    assert alike(name_words(one), name_words(other)) == grade
    assert alike(name_words(other), name_words(one)) == grade


@given(st.text(alphabet="AZaz09 -/._,:#", max_size=30))
def test_for_all_numbers_blanks_and_punctuation_change_nothing(text: str) -> None:
    spread = "-".join(text)
    assert number_key(spread) == number_key(text)
    assert full_key(text).endswith(number_key(text))


@given(st.text(max_size=200))
def test_for_all_texts_every_token_stands_in_the_text(text: str) -> None:
    whole = full_key("".join(text.split()))
    for token in tokens(text):
        assert token.key
        assert any(character in whole for character in token.key)


def test_names_are_looked_up_among_many_by_two_of_their_words() -> None:
    index = NameIndex()
    for known_as, name in {
        "a": "Müller Bau GmbH",
        "b": "Stadtwerke Neuwied Vertriebsgesellsch",
        "c": "Muster",
        "d": "",
        "e": "Bau Meier",
    }.items():
        index.add(known_as, name)
    assert index.alike("Mueller Bau") == {"a"}
    assert index.alike("Stadtwerke Neuwied Vertriebsgesellschaft mbH") == {"b"}
    assert index.alike("Muster AG") == {"c"}
    assert index.alike("GmbH") == set()
    assert index.alike("Muster Bau") == set()


@given(
    st.lists(st.sampled_from(["Muster", "Bau", "Nord", "Meier", "Anlagenbau", "Anlagenb"]), max_size=4),
    st.permutations(["Muster", "Bau", "Nord"]),
)
def test_for_all_names_the_look_up_finds_nothing_that_is_not_alike(words: list[str], other: list[str]) -> None:
    index = NameIndex()
    index.add("x", " ".join(words))
    grade = alike(name_words(" ".join(words)), name_words(" ".join(other)))
    assert bool(index.alike(" ".join(other))) == bool(grade)
