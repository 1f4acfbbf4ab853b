"""A pause has a reason; a ring that was not taken pauses only where nobody was at the phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.pauses import (
    LONGEST_REST,
    MISSED_RINGS,
    OTHER,
    SPOKEN,
    Limits,
    Ring,
    Untaken,
    after_untaken_ring,
    keyed_reason,
    reason_text,
    spoken,
)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMITS = Limits(missed=3, rest=MINUTE, pause_for=15 * MINUTE)


def rings(count: int, limits: Limits = LIMITS, ring: Ring = Ring.RANG_OUT) -> list[Untaken]:
    """So many in a row, all alike."""
    kept = [Untaken()]
    for _ in range(count):
        kept.append(after_untaken_ring(kept[-1], ring, limits=limits, now=NOW))
    return kept[1:]


def test_the_third_ring_in_a_row_that_rings_out_pauses_and_each_rests_longer() -> None:
    after = rings(3)
    assert [one.pause for one in after] == [False, False, True]
    assert [one.rest_until for one in after] == [NOW + n * MINUTE for n in (1, 2, 3)]


def test_the_pause_ends_by_itself_once_and_the_next_ring_decides() -> None:
    after = rings(5)
    assert [one.pause_until for one in after] == [None, None, NOW + 15 * MINUTE, None, None]
    assert [one.pause for one in after[2:]] == [True, True, True]


def test_a_house_that_wants_it_so_leaves_every_such_pause_to_the_agent() -> None:
    assert rings(3, Limits(missed=3, rest=MINUTE, pause_for=timedelta(0)))[2] == Untaken(missed=3, rest_until=NOW + 3 * MINUTE, pause=True)


def test_a_private_call_delays_and_never_penalises() -> None:
    missed_before = Untaken(missed=2, turned_away=1, rest_until=NOW)
    assert after_untaken_ring(missed_before, Ring.ON_A_CALL, limits=LIMITS, now=NOW) == Untaken(missed=2, turned_away=1)


@given(count=st.integers(1, 40))
def test_a_phone_that_turns_rings_away_is_never_paused_for_it_and_left_alone_longer_each_time(count: int) -> None:
    after = rings(count, ring=Ring.TURNED_AWAY)
    assert not any(one.pause or one.missed for one in after)
    assert after[-1].rest_until == NOW + min(count, LONGEST_REST) * MINUTE


def test_rings_turned_away_in_between_do_not_forget_what_was_missed() -> None:
    twice = rings(2)[-1]
    away = after_untaken_ring(twice, Ring.TURNED_AWAY, limits=LIMITS, now=NOW)
    assert (away.missed, away.turned_away) == (2, 1)
    assert after_untaken_ring(away, Ring.RANG_OUT, limits=LIMITS, now=NOW).pause


@pytest.mark.parametrize(("key", "reason"), [("1", "lunch"), ("2", "Warenausgang"), ("3", ""), ("0", ""), ("", ""), ("²", ""), ("12", "")])
def test_a_key_names_its_reason_and_no_other(key: str, reason: str) -> None:
    assert keyed_reason(key, ["lunch", "Warenausgang"]) == reason


def test_a_reason_is_read_in_the_house_s_language_and_its_own_words_stay() -> None:
    assert [reason_text("lunch", "de"), reason_text("lunch", "en"), reason_text("Waren\x1bausgang", "de")] == [
        "Mittag",
        "lunch",
        "Waren ausgang",
    ]
    assert reason_text(MISSED_RINGS, "de") == "Klingeln nicht angenommen"
    assert [spoken("lunch"), spoken("Warenausgang"), spoken(MISSED_RINGS)] == ["lunch", OTHER, OTHER]
    assert len(SPOKEN) == 5
