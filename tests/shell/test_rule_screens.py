"""What the commands about rules say on a terminal: in the reader's language, whole at any width, and what to do next."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from collectord.screen_words import GERMAN
from collectord.screens import COLUMNS, HEADINGS
from tests.shell.place import MONDAY, Place, collectord, row

LATER = "2026-11-23T11:00:00+01:00"


def unfolded(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def switch_on(place: Place) -> None:
    file = place.folder / "rules" / "claims.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count("enabled = false") == 1
    file.write_text(text.replace("enabled = false", "enabled = true"), encoding="utf-8")


def test_check_warns_of_a_base_rate_that_is_missing_today_while_the_calculator_is_on(place: Place) -> None:
    late = "2027-01-04T10:00:00+01:00"
    assert place.ask("check", now=late)["warnings"] == []
    switch_on(place)
    assert place.ask("check")["warnings"] == []
    (warning,) = place.ask("check", now=late)["warnings"]
    assert warning.startswith(f"{place.folder}/rules/claims.toml:")
    assert "no base rate of DE covers today, Mon 4 Jan 2027, so no claim can be computed" in warning
    (warning,) = place.ask("check", now="2027-01-04T10:00:00")["warnings"]
    assert "Mon 4 Jan 2027" in warning


def german(place: Place, *words: object, width: int = 80, now: str | None = MONDAY) -> str:
    """A screen for a German reader, none of whose lines is wider than the terminal."""
    text = place.run(*words, now=now, env={"COLLECTORD_LANGUAGE": "de", "COLUMNS": str(width)}).out
    assert all(len(line) <= width for line in text.splitlines())
    return text


def test_every_heading_of_a_table_has_a_german_word() -> None:
    headings = {HEADINGS.get(column, column.replace("_", " ")) for columns in COLUMNS.values() for column in columns}
    assert headings <= GERMAN.keys()


def test_a_german_reader_reads_german_headings_owners_and_legal_states(place: Place) -> None:
    cards = unfolded(german(place, "objections"))
    assert cards.startswith("Einwandkarten: 11 Kürzel Titel")
    assert "zuständig: Kundendienst" in cards
    assert "Jeder Kontakt endet (Insolvenz)" in cards
    assert not re.search(r"customer service|sales|insolvency|\.;", cards)
    assert ". Die Buchhaltung sucht die Zahlung" in cards, "a sentence begins with a capital letter"


@pytest.mark.parametrize("width", [80, 120, 140])
def test_a_simulated_day_is_whole_at_any_width(place: Place, width: int) -> None:
    place.take(*(row(no) for no in range(1, 6)))
    text = german(place, "simulate", "--days", 2, width=width)
    assert "Mo., 23. Nov. 2026" in text
    assert "Di., 24. Nov. 2026" in text
    assert "█ Anrufe  █ ohne Anruf  █ verschoben" in text
    assert ("Geld ohne Anruf  geht ein" in text) == (width >= 120)


def test_a_report_of_an_empty_store_is_one_sentence_that_says_what_to_do(place: Place) -> None:
    for kind, begins, remedy in (
        ("callbacks", "Für die letzten 30 Tage und die kommende Zeit ist kein Rückruf vereinbart.", "collectord record"),
        ("risk", "Kein Posten, der in diesen Tagen fällig war, ist ausgeglichen", "collectord import"),
    ):
        told = unfolded(german(place, "report", kind))
        assert told.startswith(begins)
        assert remedy in told
        assert "╭" not in told
    assert len(place.ask("report", "callbacks")["says"]) == 1


def test_init_numbers_what_to_do_next(place: Place, tmp_path: Path) -> None:
    steps = [line for line in collectord("init", tmp_path / "new").out.splitlines() if line[:2] in ("1.", "2.", "3.", "4.")]
    assert len(steps) == 4
    assert steps[0].startswith("1. edit")


def test_the_workload_is_dated_and_read_in_the_language_of_today(place: Place) -> None:
    place.take(row(1))
    place.ask("plan")
    assert "workload as of 2026-11-23 10:00: On Mon 23 Nov 2026" in unfolded(place.run("status", now=LATER).out)
    assert "Arbeit Stand 23.11.2026 10:00: Am Mo., 23. Nov. 2026" in unfolded(german(place, "status", now=LATER))


def test_explain_tells_the_planned_step_in_the_readers_language(place: Place) -> None:
    place.take(row(1))
    place.ask("plan")
    told = unfolded(german(place, "explain", 1))
    assert "Stufe 2" in told
    assert "was due on" not in told


def test_the_call_list_says_what_a_call_is_worth_where_there_is_room(place: Place) -> None:
    place.take(row(1))
    place.ask("plan")
    assert Decimal(place.ask("call-list")[0]["value"]) > 0
    assert "Wert je Minute" in german(place, "call-list", width=120)
    assert "Wert je Minute" not in german(place, "call-list", width=80)


def test_an_absence_of_the_only_agent_says_how_much_nobody_can_do(place: Place) -> None:
    place.take(row(1), row(2))
    place.ask("plan")
    told = unfolded(german(place, "absence", 201, "2026-11-24", "2026-11-25", now=LATER))
    assert "Ab Di., 24. Nov. 2026 ist an 2 Tagen niemand da, der anruft: 2 Aufgaben warten" in told
    assert "nobody_left" not in place.ask("absence", 201, "2026-11-24", "2026-11-25", "--revoke", now=LATER)


def test_check_tells_sources_a_line_each_and_texts_together(place: Place) -> None:
    text = german(place, "check", now=None)
    assert "Quellen, offene Posten (" in text
    assert "sap-fbl5n " in text
    assert re.search(r"Texte +\d+ Texte: Fassung 1, freigegeben am", text)
    assert len(text.splitlines()) < 100
