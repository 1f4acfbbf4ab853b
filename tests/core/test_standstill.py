"""Standstill: the most lasting reason is told first, and what keeps a single item out of the ladder has its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from collectord.core.receivables.frame import NO_FRAME, Frame, Pause
from collectord.core.receivables.holds import EVERY_ITEM, NO_HOLD, Grace, Holds, Objection
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import FOREVER
from collectord.core.receivables.policy import PLAIN
from collectord.core.receivables.standstill import handed_over, obstacle, standstill
from tests.core.test_dunning import DAY, FIRM, STANDARD, TODAY, ZONE, item

ALL = Holds(
    covered_by="9", legal_state="lawyer", grace=Grace(TODAY, "lead", "why"), promise_until=TODAY,
    appointment=datetime(2026, 11, 24, tzinfo=UTC),
)  # fmt: skip
PAUSED = Frame(pause=Pause(until=TODAY, who="lead", why="talks"))


def test_the_most_lasting_reason_is_told_first() -> None:
    told, holds, frame = [], ALL, PAUSED
    for reason in ("covered_by", "legal_state", "pause", "grace", "promise_until", "appointment"):
        found = standstill(FIRM, holds, frame, PLAIN, TODAY)
        assert found is not None
        assert found.why("de", ZONE).endswith(".")
        told.append((found.rule, found.until))
        if reason == "pause":
            frame = NO_FRAME
        else:
            holds = replace(holds, **{reason: getattr(NO_HOLD, reason)})
    after = TODAY + DAY
    assert told == [
        ("head-office", None), ("legal-state", None), ("pause", after), ("grace", after), ("promise", after), ("appointment", None),
    ]  # fmt: skip
    assert standstill(FIRM, holds, frame, PLAIN, TODAY) is None


@pytest.mark.parametrize(
    ("days", "pending", "rule"), [(0, False, "promise"), (0, True, "promise-pending"), (-1, False, "promise-unjudged")]
)
def test_a_promise_waits_for_its_day_for_a_lead_or_for_the_next_export(days: int, pending: bool, rule: str) -> None:
    found = standstill(FIRM, Holds(promise_until=TODAY + days * DAY, promise_pending=pending), NO_FRAME, PLAIN, TODAY)
    assert found is not None
    assert (found.rule, found.until) == (rule, TODAY + DAY)


def test_what_keeps_an_item_out_of_the_ladder_has_its_day() -> None:
    objected = Holds(objections=(Objection(EVERY_ITEM, TODAY, "in approval"),))
    told: list[tuple[str, date | None]] = []
    for one, holds in [
        (item(dispute=True), Holds()),
        (item(), Holds(disputed_items=frozenset({"A"}))),
        (item(), objected),
        (item(payment_method="direct_debit"), Holds()),
        (item(contact_level=6), Holds()),
        (item(dunning_block_until=FOREVER), Holds()),
        (item(dunning_block_until=TODAY), Holds()),
        (item(dunning_deadline=TODAY + DAY), Holds()),
    ]:
        found = obstacle(one, STANDARD, holds, "business", TODAY)
        assert found is not None
        assert "A" in found.why("en", ZONE)
        told.append((found.rule, found.until))
    after = TODAY + timedelta(days=1)
    assert told == [
        ("disputed", None), ("disputed", None), ("objection", after), ("direct-debit", None), ("handed-over", None),
        ("blocked-for-good", None), ("blocked", after), ("deadline", after),
    ]  # fmt: skip
    assert obstacle(item(dunning_block_until=TODAY - DAY, dunning_deadline=TODAY), STANDARD, Holds(), "business", TODAY) is None


@pytest.mark.parametrize(
    ("handover", "reached", "handed"),
    [
        ({}, 2, True),
        ({}, 1, True),
        ({"enabled": False}, 2, False),  # it was passed over: nobody has the item
        ({"enabled": False}, 1, True),  # it was the last thing that was done
        ({"person_type": "private"}, 2, False),
        ({"person_type": "business"}, 2, True),
    ],
)
def test_a_step_behind_a_handover_that_was_passed_over_leaves_the_item_here(handover: dict[str, Any], reached: int, handed: bool) -> None:
    levels = (
        Level(number=1, name="to the partner", medium="handover", **handover),
        Level(number=2, name="a last letter", medium="letter", after_due=10),
    )
    assert handed_over(item(days=30, contact_level=reached), Ladder(name="own", levels=levels), "business") is handed
