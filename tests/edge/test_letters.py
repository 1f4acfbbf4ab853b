"""Letters as PDF, read back by another library."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pypdf
import pytest

from collectord.edge.letters import Letter, LetterUnwritable, write_letter

LETTER = Letter(
    sender=("Muster GmbH", "Musterstraße 1", "10115 Berlin"),
    address=("Żółć & Söhne GmbH", "Frau Çelik", "DE 10115"),
    place_and_day="Mo., 23. Nov. 2026",
    subject="Zweite Nachricht von Muster GmbH",
    body="Guten Tag,\n\n410,00\xa0€ – „offen“\n- R-1: **nicht** fett, __nicht__ kursiv\n\nGrüße",
    at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    language="de",
)


def read(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def test_a_letter_says_what_it_was_given_in_every_european_sign() -> None:
    (page,) = read(write_letter(LETTER))
    assert page.replace("\xa0", " ").splitlines() == [
        "Muster GmbH · Musterstraße 1 · 10115 Berlin", "Żółć & Söhne GmbH", "Frau Çelik", "DE 10115", "Mo., 23. Nov. 2026",
        "Zweite Nachricht von Muster GmbH", "Guten Tag,", "410,00 € – „offen“", "- R-1: **nicht** fett, __nicht__ kursiv", "Grüße",
    ]  # fmt: skip


def test_a_long_letter_goes_on_on_the_next_page() -> None:
    body = "\n".join(f"- R-{number:03}, fällig" for number in range(80))
    pages = read(write_letter(replace(LETTER, body=body)))
    assert len(pages) == 2
    lines = [line for page in pages for line in page.splitlines() if line.startswith("- R-")]
    assert lines == body.splitlines()


def test_the_same_letter_has_the_same_bytes() -> None:
    assert write_letter(LETTER) == write_letter(LETTER)


def test_a_sign_that_the_font_lacks_is_refused_not_left_out() -> None:
    with pytest.raises(LetterUnwritable) as refused:
        write_letter(replace(LETTER, address=("株 \x07 GmbH",)))
    assert refused.value.why("en") == "The letter's font has no sign for U+0007, 株; send it by hand."
    assert refused.value.why("de") == "Die Schrift des Briefs hat kein Zeichen für U+0007, 株; bitte von Hand versenden."


def test_an_address_stays_inside_the_window_of_the_envelope() -> None:
    long = "Gesellschaft für Beteiligungen und Verwaltung von Grundbesitz in den neuen Ländern mbH & Co. KG"
    (page,) = read(write_letter(replace(LETTER, address=(long, "Frau Çelik", "DE 10115"))))
    lines = page.splitlines()
    address = lines[1 : lines.index("Frau Çelik")]
    assert " ".join(address) == long
    assert len(address) >= 2, "85 mm hold half of it"
    with pytest.raises(LetterUnwritable) as refused:
        write_letter(replace(LETTER, address=(long * 2, long * 2, "DE 10115")))
    assert refused.value.why("en").startswith("The address is too long for the window")


def test_a_letter_holds_nothing_that_runs() -> None:
    data = write_letter(replace(LETTER, body="javascript:alert(1) https://example.com (\\) /JS %PDF"))
    reader = pypdf.PdfReader(io.BytesIO(data))
    root = reader.root_object
    assert "/Annots" not in reader.pages[0]
    assert set(root) <= {"/Type", "/Pages", "/Lang", "/PageLayout", "/OpenAction"}
    assert isinstance(root["/OpenAction"], list)  # a place on a page, no action
