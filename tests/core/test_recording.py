"""A talk is recorded after a yes alone, and a yes that was taken back is not given again by a key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectord.core.telephony.attempts import AttemptState
from collectord.core.telephony.recording import Recording, document, may_record
from tests.core.call_cases import attempt

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # 12:00 in Berlin
YES = Recording(attempt_id="call-0001", agreed_at=NOON, agent="201", began=True)
TALK = attempt(state=AttemptState.TALKING)


def test_a_talk_may_be_recorded_and_asked_for_twice() -> None:
    assert may_record(TALK, None)
    assert may_record(TALK, YES)


@pytest.mark.parametrize("state", [state for state in AttemptState if state is not AttemptState.TALKING])
def test_nothing_but_a_talk_is_recorded(state: AttemptState) -> None:
    assert not may_record(replace(TALK, state=state), None)
    assert not may_record(None, None)


@pytest.mark.parametrize("gone", [replace(YES, withdrawn_at=NOON), replace(YES, erased_at=NOON)], ids=["withdrawn", "erased"])
def test_what_was_withdrawn_stays_so(gone: Recording) -> None:
    assert not may_record(TALK, gone)


def test_who_asked_and_when_and_what_became_of_it_is_told() -> None:
    later = NOON + timedelta(minutes=2)
    told = document(replace(YES, withdrawn_at=later, erased_at=later + timedelta(hours=1)), "de", "Europe/Berlin")
    assert told["says"] == (
        "Mo., 23. Nov. 2026 12:00: 201 gab das Ja des Debitors ein, aufgenommen, widerrufen Mo., 23. Nov. 2026 12:02,"
        " gelöscht Mo., 23. Nov. 2026 13:02"
    )
    assert (told["call"], told["agent"], told["recorded"], told["withdrawn_at"]) == ("call-0001", "201", True, later.isoformat())
    assert document(replace(YES, began=False), "en", "UTC")["says"].endswith("201 keyed the debtor's yes, nothing was recorded")
