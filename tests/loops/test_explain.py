"""explain: a true sentence and the right next instant, over a real store and real imports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.money import Money
from collectord.core.receivables.promises import Promise, PromiseState
from collectord.edge.store import promises
from collectord.loops.explain import NotKnown
from tests.loops.desk import HOUSE, Desk, local, open_desk, row

MONDAY = local("2026-11-23T10:00")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


def only(doc: dict[str, Any], rule: str, not_before: str | None, *, never: bool = False) -> None:
    assert [refusal["rule"] for refusal in doc["refusals"]] == [rule]
    assert (doc["may_call"], doc["never"], doc["not_before"]) == (False, never, not_before)
    assert doc["refusals"][0]["reason"] in doc["why"]


async def test_a_callable_debtor_is_told_with_amounts_step_and_number(desk: Desk) -> None:
    receipt = await desk.take(row(), row(item_no="A2", due_on="2026-12-20", open_amount="500.00"), as_of="2026-11-23")
    assert receipt.as_json()["status"] == "accepted"
    doc = await desk.ask(MONDAY)
    assert doc["may_call"] is True
    assert (doc["never"], doc["not_before"], doc["refusals"], doc["warnings"]) == (False, None, [], [])
    assert (doc["open"], doc["overdue"], doc["days_past_due"]) == ({"EUR": "910.00"}, {"EUR": "410.00"}, 12)
    assert (doc["ladder"], doc["medium"], doc["task"]) == ("standard", "call", None)
    assert isinstance(doc["level"], int)
    assert doc["at"] == "2026-11-23T10:00:00+01:00"
    assert "+493012345601" in doc["why"]


async def test_outside_hours(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-20")
    only(await desk.ask(local("2026-11-22T10:00")), "de/hours", "2026-11-23T08:00:00+01:00")


async def test_an_open_promise(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    promise = Promise(
        id="p", company="", debtor_no="10", amount=Money(Decimal(100), "EUR"), promised_on=local("2026-11-25T00:00").date(),
        grace_until=local("2026-11-27T00:00").date(), made_at=local("2026-11-23T09:00"), state=PromiseState.OPEN, level=0, items=("A1",),
    )  # fmt: skip
    await desk.db.write(lambda conn: promises.add_promise(conn, promise))
    only(await desk.ask(MONDAY), "guard/open-promise", "2026-11-28T09:00:00+01:00")


async def test_a_stale_source(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-19")
    only(await desk.ask(MONDAY), "guard/stale-source", None)


async def test_a_source_with_a_held_batch(desk: Desk) -> None:
    many = [row(debtor_no=str(number), item_no=f"B{number}") for number in range(10, 40)]
    await desk.take(*many, as_of="2026-11-22", name="one.csv")
    receipt = await desk.take(*many[:3], as_of="2026-11-23", name="two.csv")
    assert receipt.as_json()["status"] == "held"
    only(await desk.ask(MONDAY), "guard/held-source", None)


async def test_a_rejected_row(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-20", name="one.csv")
    receipt = await desk.take(row(due_on="31.02.2026"), row(debtor_no="11"), as_of="2026-11-23", name="two.csv")
    assert receipt.as_json()["status"] == "accepted"
    only(await desk.ask(MONDAY), "guard/rejected-row", None)
    assert (await desk.ask(MONDAY, "11"))["may_call"] is True


async def test_the_attempt_cap(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    await desk.record(MONDAY, contact="call", result="no_answer", at="2026-11-23T09:00:00+01:00", number="030 12345601")
    doc = await desk.ask(MONDAY)
    assert {refusal["rule"] for refusal in doc["refusals"]} == {"house/1-per-day", "house/1-per-day-and-number", "house/other-part-of-day"}
    assert doc["not_before"] is not None
    assert local("2026-11-24T12:00") <= datetime.fromisoformat(doc["not_before"]) <= local("2026-11-24T12:46")
    assert "refuse as well: house/" in doc["why"]


async def test_do_not_call(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    await desk.record(local("2026-11-23T09:00"), do_not_call=True)
    only(await desk.ask(MONDAY), "guard/do-not-call", None, never=True)


async def test_what_is_recorded_later_is_invisible_to_an_earlier_now(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    await desk.record(local("2026-11-23T11:00"), do_not_call=True)
    assert (await desk.ask(MONDAY))["may_call"] is True


async def test_credits_above_the_debt(desk: Desk) -> None:
    await desk.take(row(), row(item_no="G1", open_amount="-500.00"), as_of="2026-11-23")
    doc = await desk.ask(MONDAY)
    only(doc, "guard/nothing-owed", None)
    assert doc["overdue"] == {"EUR": "0.00"}


async def test_a_direct_debit(desk: Desk) -> None:
    await desk.take(row(payment_method="direct_debit"), as_of="2026-11-23")
    only(await desk.ask(MONDAY), "guard/direct-debit", None)


async def test_a_dunning_deadline(desk: Desk) -> None:
    await desk.take(row(dunning_deadline="2026-11-27"), as_of="2026-11-23")
    only(await desk.ask(MONDAY), "guard/dunning-deadline", "2026-11-27T08:00:00+01:00")


async def test_a_question_about_one_item(desk: Desk) -> None:
    await desk.take(row(dispute="yes"), row(item_no="A2"), as_of="2026-11-23")
    only(await desk.ask(MONDAY, item="A1"), "guard/dispute", None)
    assert (await desk.ask(MONDAY, item="A2"))["may_call"] is True
    assert (await desk.ask(MONDAY))["may_call"] is True


async def test_an_unknown_debtor_or_item_is_said(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    with pytest.raises(NotKnown, match="there is no debtor 99"):
        await desk.ask(MONDAY, "99")
    with pytest.raises(NotKnown, match="has no open item A9"):
        await desk.ask(MONDAY, item="A9")


async def test_a_debtor_whom_nothing_asks_to_call_is_told_so(desk: Desk) -> None:
    await desk.take(row(due_on="2027-03-01", open_amount="10.00"), as_of="2026-11-23")
    doc = await desk.ask(MONDAY)
    assert doc["may_call"] is True
    assert (doc["level"], doc["medium"]) == (None, None)
    assert doc["why"] == f"No call is due: {doc['planned']['why']} A call would be allowed now."
    assert doc["planned"]["why"].endswith(
        " As things stand it will not come then: €10.00 is below the €25.00 that step 2 (friendly call) asks for."
    )


async def test_the_sentence_is_german_in_a_german_house(tmp_path: Path) -> None:
    async with open_desk(tmp_path, replace(HOUSE, language="de")) as desk:
        await desk.take(row(dunning_deadline="2026-11-27"), as_of="2026-11-23")
        doc = await desk.ask(MONDAY)
        assert doc["why"] == (
            "Wird nicht vor Fr., 27. Nov. 2026 08:00 angerufen: "
            "Zahlungsfrist der Buchhaltung für A1 am Fr., 27. Nov. 2026; kein Anruf vor diesem Tag."
        )


async def test_items_that_a_later_export_cleared_were_still_owed_before(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="B1"), as_of="2026-11-20", name="one.csv")
    await desk.take(row(open_amount="100.00"), as_of="2026-11-23", name="two.csv")
    earlier = local("2026-11-20T10:00")
    assert (await desk.ask(earlier, "11"))["open"] == {"EUR": "410.00"}
    assert (await desk.ask(earlier))["open"] == {"EUR": "410.00"}
    assert (await desk.ask(MONDAY))["open"] == {"EUR": "100.00"}
    only(await desk.ask(MONDAY, "11"), "guard/nothing-owed", None)
