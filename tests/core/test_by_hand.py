"""Numbers that agents dial by hand: whose call it is, and that a recorded one asks no gate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony import go_ahead
from collectord.core.telephony.by_hand import BY_HAND, Unasked, whose
from collectord.core.telephony.call_seen import Barred, GoAhead
from tests.core import gate_cases as gate
from tests.core.call_cases import attempt

ONE, OTHER, FORMER = DebtorKey("", "10"), DebtorKey("", "11"), DebtorKey("", "12")


@pytest.mark.parametrize("gated", [True, False])
def test_a_number_that_is_nobodys_goes_through_also_when_a_former_debtor_was_called_there(gated: bool) -> None:
    assert whose([], FORMER, gated=gated) is Unasked.THROUGH


@pytest.mark.parametrize("gated", [True, False])
def test_of_several_debtors_the_one_who_was_called_last_is_meant(gated: bool) -> None:
    assert whose([ONE], FORMER, gated=gated) == ONE
    assert whose([ONE, OTHER], OTHER, gated=gated) == OTHER


@pytest.mark.parametrize("last", [None, FORMER])
def test_nobody_is_guessed_and_under_the_gate_a_doubt_means_no_call(last: DebtorKey | None) -> None:
    assert whose([ONE, OTHER], last, gated=True) is Unasked.REFUSED
    assert whose([ONE, OTHER], last, gated=False) is Unasked.THROUGH


def test_a_call_by_hand_asks_the_gate_like_any_other_unless_the_house_only_records_it() -> None:
    by_hand = attempt(number=gate.FIRST, mode=BY_HAND)
    recording = replace(gate.HOUSE, gates_hand_calls=False)
    now = gate.local("2026-11-24T12:00")
    assert isinstance(go_ahead.ask(by_hand, "1.2", "", None, {}, gate.HOUSE, now), Barred)
    assert go_ahead.ask(by_hand, "1.2", "", None, {}, recording, now) == GoAhead("1.2")
    assert isinstance(go_ahead.ask(replace(by_hand, mode="preview"), "1.2", "", None, {}, recording, now), Barred)
