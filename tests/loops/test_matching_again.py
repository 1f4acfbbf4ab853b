"""The statement comes before the list: what it paid is known as soon as the items are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectord.loops.matching_again import match_again
from collectord.loops.promises import judge_promises
from tests.loops.bank import line, listed, statement
from tests.loops.desk import Desk, local, open_desk, row

MORNING = local("2026-11-24T09:00")
LATER = local("2026-11-24T10:00")
NEXT_DAY = local("2026-11-25T13:00")
OTHERS = tuple(row(debtor_no=str(n), debtor_name=f"Other {n}", item_no=f"X{n}", phone="", open_amount=f"{n}.50") for n in range(100, 130))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await opened.take(row(item_no="A1", open_amount="7.00"), *OTHERS, as_of="2026-11-23", name="op-2026-11-23.csv")
        yield opened


def refused(doc: dict[str, Any]) -> list[str]:
    return [refusal["rule"] for refusal in doc["refusals"]]


async def states(desk: Desk, now: datetime) -> list[tuple[str, list[str]]]:
    return [(one["state"], one["items"]) for one in await listed(desk, now)]


async def test_a_payment_of_an_item_that_comes_later_blocks_its_debtor(desk: Desk) -> None:
    await statement(desk, MORNING, line(reference="Rechnung A9", booked_on="2026-11-24", payer="Somebody else"))
    assert await states(desk, LATER) == [("unmatched", [])]
    await desk.take(row(item_no="A9"), as_of="2026-11-24", name="new.delta.csv")
    assert refused(await desk.ask(LATER)) == []
    await judge_promises(desk.db, desk.rules, desk.house, LATER)
    assert await states(desk, LATER) == [("matched", ["A9"])]
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]


async def test_a_list_of_the_day_before_the_booking_does_not_know_of_it(desk: Desk) -> None:
    await statement(desk, MORNING, line(reference="A9", booked_on="2026-11-24"))
    await desk.take(row(item_no="A1", open_amount="7.00"), row(item_no="A9"), *OTHERS, as_of="2026-11-23", name="op-again.csv")
    await judge_promises(desk.db, desk.rules, desk.house, LATER)
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]


async def test_a_list_that_knows_of_the_booking_and_still_shows_the_item_ends_the_wait_at_once(desk: Desk) -> None:
    await statement(desk, MORNING, line(reference="A9", booked_on="2026-11-24"))
    await desk.take(row(item_no="A1", open_amount="7.00"), row(item_no="A9"), *OTHERS, as_of="2026-11-25", name="op-2026-11-25.csv")
    await judge_promises(desk.db, desk.rules, desk.house, NEXT_DAY)
    assert [one["state"] for one in await listed(desk, NEXT_DAY)] == ["still_open"]
    assert refused(await desk.ask(NEXT_DAY)) == []


async def test_what_the_statement_says_of_debtor_and_item_is_remembered(desk: Desk) -> None:
    await statement(desk, MORNING, line(reference="", payer="", debtor_no="55", item_no="A9", booked_on="2026-11-24"))
    await desk.take(row(item_no="A9", debtor_no="55"), as_of="2026-11-24", name="new.delta.csv")
    assert await match_again(desk.db, desk.house, LATER) == 1
    assert await states(desk, LATER) == [("matched", ["A9"])]


async def test_a_likely_payment_becomes_a_sure_one(desk: Desk) -> None:
    twins = [row(item_no=f"B{n}", debtor_no=str(n), debtor_name="Anna Beispiel", phone="") for n in (11, 12)]
    await desk.take(*twins, as_of="2026-11-23", name="first.delta.csv")
    await statement(desk, MORNING, line(reference="A9", booked_on="2026-11-24", payer="Anna Beispiel"))
    assert [state for state, _ in await states(desk, LATER)] == ["ambiguous"]
    await desk.take(row(item_no="A9", debtor_no="12", debtor_name="Anna Beispiel", phone=""), as_of="2026-11-24", name="new.delta.csv")
    assert await match_again(desk.db, desk.house, LATER) == 1
    assert await states(desk, LATER) == [("matched", ["A9"])]


async def test_an_old_payment_and_one_that_fits_nobody_still_stay_as_they_are(desk: Desk) -> None:
    await statement(
        desk, MORNING, line(reference="A9", booked_on="2026-11-09", payer="Alt"), line(reference="Z1", amount="1.23", payer="Niemand")
    )
    await desk.take(row(item_no="A9"), as_of="2026-11-24", name="new.delta.csv")
    assert await match_again(desk.db, desk.house, LATER) == 0
    assert {state for state, _ in await states(desk, LATER)} == {"unmatched"}


async def test_each_state_of_the_ledger_is_looked_at_once(desk: Desk) -> None:
    await statement(desk, MORNING, line(reference="A9", booked_on="2026-11-24", payer="Somebody else"))
    await desk.take(row(item_no="A9"), as_of="2026-11-24", name="new.delta.csv")
    assert await match_again(desk.db, desk.house, LATER) == 1
    await desk.db.write(lambda conn: conn.execute("update payment set state = 'unmatched'"))
    assert await match_again(desk.db, desk.house, LATER) == 0
    await desk.take(row(item_no="A10"), as_of="2026-11-24", name="newer.delta.csv")
    assert await match_again(desk.db, desk.house, LATER) == 1
