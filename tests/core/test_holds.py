"""Holds: which of the recorded facts still stop a ladder on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from collectord.core.contact.facts import Fact, FactKind
from collectord.core.receivables.holds import NO_HOLD, Holds, gather

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def fact(kind: str, value: str = "", until: date | None = None) -> Fact:
    return Fact(id="f", at=NOW, company="", debtor_no="1", kind=kind, value=value, until_on=until)


def test_without_anything_recorded_nothing_holds() -> None:
    assert gather([], [], [], TODAY) == NO_HOLD


def test_the_latest_promise_and_the_earliest_appointment_count() -> None:
    found = gather([], [TODAY, TODAY + 3 * DAY], [NOW + 2 * DAY, NOW + DAY], TODAY)
    assert found == Holds(promise_until=TODAY + 3 * DAY, appointment=NOW + DAY)


def test_a_fact_counts_until_its_last_day() -> None:
    kinds = [fact(FactKind.DO_NOT_CALL, until=TODAY), fact(FactKind.DISPUTE, "A", TODAY), fact(FactKind.DISPUTE, "B", TODAY - DAY)]
    found = gather(kinds, [], [], TODAY)
    assert (found.do_not_call, found.disputed_items) == (True, frozenset({"A"}))
    assert not gather(kinds, [], [], TODAY + DAY).do_not_call


def test_the_newest_legal_state_is_named_and_other_kinds_hold_nothing() -> None:
    states = [fact(FactKind.LEGAL_STATE, state) for state in ("lawyer", "insolvency", "none")]
    assert gather([*states, fact(FactKind.WISH, "mon-fri 8-9")], [], [], TODAY) == Holds(legal_state="insolvency")
