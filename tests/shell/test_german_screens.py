"""A reader of German sees days, sums and codes as they are written in German; answers, files and English screens stay as they are."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from collectord import screens
from collectord.core.wording import Language

ATTEMPT = {
    "id": "a1", "debtor_no": "2026-11-23", "number": "+493012340001", "agent": "201", "mode": "preview",
    "placed_at": "2026-11-23T09:00:00+00:00", "agent_result": "accepted", "result": "no_answer", "disposition": "paid_already",
    "hangup_cause": 16, "state": "closed",
}  # fmt: skip


def drawn(command: str, doc: Any, language: Language = "de", width: int = 200) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    screens.show(command, doc, console, zone="Europe/Berlin", language=language)
    return " ".join(console.export_text().replace("│", " ").split())


def test_days_and_instants_are_written_day_first() -> None:
    promise = {"id": "p1", "debtor_no": "1", "amount": "1234.56", "currency": "EUR", "promised_on": "2026-11-30", "state": "open"}
    assert "1.234,56 EUR 30.11.2026" in drawn("promises", [promise])
    assert "1234.56 EUR 2026-11-30" in drawn("promises", [promise], "en")
    assert "23.11.2026 10:00" in drawn("attempts", [ATTEMPT])
    assert "2026-11-23 10:00" in drawn("attempts", [ATTEMPT], "en")


def test_sums_of_a_currency_have_a_comma_before_the_cents() -> None:
    debtor = {"debtor_no": "1", "open": {"EUR": "-1234567.80", "USD": "0.50"}, "overdue": {"EUR": "5"}}
    assert "-1.234.567,80 EUR, 0,50 USD 5 EUR" in drawn("debtors", [debtor])
    assert "-1234567.80 EUR, 0.50 USD 5 EUR" in drawn("debtors", [debtor], "en")
    assert "16 ready" in drawn("status", {"state": "idle", "tasks": {"ready": 16}})


def test_what_only_looks_like_a_day_or_a_sum_stays_as_it_is() -> None:
    text = drawn("attempts", [ATTEMPT])
    assert "a1 2026-11-23 +493012340001" in text
    claim = {"debtor_no": "1", "items": [{"item_no": "2026.50", "open": "10.00", "due_on": "2026-11-23", "rates": ["10.52", "11.52"]}]}
    assert "2026.50 10,00 23.11.2026" in drawn("claim", claim["items"])
    assert "10,52; 11,52" in drawn("claim", claim["items"])


@pytest.mark.parametrize("width", [80, 200])
def test_codes_of_an_attempt_have_words(width: int) -> None:
    text = drawn("attempts", [ATTEMPT], width=width)
    for told in ("angenommen", "schon bezahlt", "beendet", *(("mit Vorschau", "keine Antwort") if width == 200 else ())):
        assert told in text
    english = drawn("attempts", [ATTEMPT], "en", width=width)
    for code in ("accepted", "no_answer", "paid_already", "closed"):
        assert code in english


def test_a_code_without_a_word_is_shown_as_it_is() -> None:
    assert "brand_new" in drawn("attempts", [{**ATTEMPT, "result": "brand_new"}])


def test_two_plans_beside_each_other_have_german_headings() -> None:
    row = {"wanted": False, "ladder": "", "level": 0, "rule": "credits-cover", "strategy": "", "prompted_by": "", "before": 1, "after": 2,
           "appear": 1, "vanish": 0, "changed": 0, "before_open": {"EUR": "1000.00"}, "after_open": {}, "examples": []}  # fmt: skip
    difference = {"before": "rules", "after": "edited", "compared": "Verglichen: before = die geltenden Regeln (rules), after = edited.",
                  "sentences": [], "more": ""}  # fmt: skip
    text = drawn("plan", {"diff": [row], "difference": difference})
    assert "Verglichen: vorher = die geltenden Regeln (rules), nachher = edited." in text
    assert "Gutschriften decken alles 1 2 +1 1.000,00 EUR" in text
    assert "offen vorher" in text
    assert not {"before", "after", "credits-cover"} & set(text.split())
