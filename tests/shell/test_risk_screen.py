"""The report on the risk estimate reads like a report: the verdict first, shares in per cent."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from collectord import screens
from collectord.core.receivables.risk_track import Foretold, sentences, track_record


def shown(found: list[Foretold]) -> str:
    record = track_record(found, [60])
    out = StringIO()
    screens.show("report", {"says": sentences(record, "en"), "enabled": True, **record}, Console(file=out, width=120))
    return out.getvalue()


def test_the_verdict_comes_first_and_shares_are_per_cent() -> None:
    text = shown([Foretold(0.91, 3.0, True), Foretold(0.12, 3.0, False)] * 10)
    assert text.startswith("The estimate is better than the debtor's mean days late so far")
    assert "From 60 % on: 10 items, of which 100 % came late" in text
    assert "91%" in text
    assert "0.011" in text  # the squared error


def test_a_ledger_without_a_past_says_so() -> None:
    assert shown([]).startswith("No item that was due in these days is cleared")
