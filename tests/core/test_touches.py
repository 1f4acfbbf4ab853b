"""A touch is what the debtor noticed: a busy line is none, a call to somebody else neither."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectord.core.contact.facts import Contact
from collectord.core.receivables.history import NO_HISTORY, History, Touch, joined
from collectord.core.receivables.touches import touch
from tests.core.early_cases import ago, fall, paid

BERLIN = ZoneInfo("Europe/Berlin")
LATE = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # half past midnight there


def of(*, agreed: bool = False, **fields: Any) -> Touch | None:
    return touch(Contact(at=LATE, company="", debtor_no="10", **fields), BERLIN, agreed=agreed)


def test_the_day_is_the_houses_own() -> None:
    assert of(result="no_answer") == Touch(on=date(2026, 11, 23), medium="call")


@pytest.mark.parametrize("result", ["busy", "failed", "congestion", "unallocated", "not_dialled", ""])
def test_what_did_not_ring_is_no_touch(result: str) -> None:
    assert of(result=result) is None


def test_a_call_at_somebody_elses_is_no_touch() -> None:
    assert of(result="answered", disposition="wrong_number") is None


def test_a_talk_is_a_conversation_and_a_third_party_is_none() -> None:
    assert of(result="answered", disposition="promise", agreed=True) == Touch(
        on=date(2026, 11, 23), medium="call", conversation=True, agreed=True
    )
    told = of(result="answered", disposition="third_party")
    assert told is not None
    assert not told.conversation


def test_whatever_the_debtor_sent_or_got_in_writing_is_a_touch() -> None:
    assert of(medium="letter", result="sent") == Touch(on=date(2026, 11, 23), medium="letter")
    inbound = of(direction="inbound", conversation_about=("1",))
    assert inbound == Touch(on=date(2026, 11, 23), medium="call", inbound=True, conversation=True)
    assert of(direction="inbound") == Touch(on=date(2026, 11, 23), medium="call", inbound=True)


def test_a_head_office_and_its_branches_have_one_history() -> None:
    one = History(paid=(paid("A", 30, 0),), falls=(fall(30, 30, "1.00"),), touches=(Touch(on=ago(9), medium="call"),), broken_on=(ago(2),))
    other = History(
        paid=(paid("B", 40, 0),), falls=(fall(40, 40, "1.00"),), touches=(Touch(on=ago(12), medium="call"),), broken_on=(ago(5),)
    )
    both = joined([one, other])
    assert [item.item_no for item in both.paid] == ["B", "A"]
    assert [item.on for item in both.falls] == [ago(40), ago(30)]
    assert [item.on for item in both.touches] == [ago(12), ago(9)]
    assert both.broken_on == (ago(5), ago(2))
    assert joined([]) == NO_HISTORY
