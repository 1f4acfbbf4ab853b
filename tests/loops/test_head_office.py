"""One call to the head office covers its branches: planned once, about everything, told and judged under the debtor whose item it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectord.core.exports.intake import Receipt
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import families, promises, tasks
from collectord.edge.store.ledger import open_items
from collectord.loops import call_sheet, debtor_list, planning, quality
from collectord.loops.intake import IntakeEdges, import_file
from collectord.loops.outbox import write_outcomes
from collectord.loops.promises import judge_promises
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.master import master
from tests.loops.shift import ended, keyed, place, rows_of, talk, tell

MONDAY = local("2026-11-23T10:00")
HEAD, NORTH, SOUTH = DebtorKey("", "10"), DebtorKey("", "B1"), DebtorKey("", "B2")
LINKS = ({"debtor_no": "B1", "head_office": "10"}, {"debtor_no": "B2", "head_office": "10"})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A head office with an item, two branches with one of the same number each."""
    async with open_desk(tmp_path) as opened:
        await take(opened)
        await master(opened, *LINKS)
        yield opened


def branch(number: str, **more: str) -> str:
    return row(debtor_no=number, debtor_name=f"Filiale {number}", phone="+4930123456" + number[-1] + "9", open_amount="100.00", **more)


async def take(desk: Desk, *rows: str, as_of: str = "2026-11-23", name: str = "op.csv") -> Receipt:
    return await desk.take(*(rows or (row(), branch("B1"), branch("B2"))), as_of=as_of, name=name)


def folders(desk: Desk) -> ExchangeFolders:
    return ExchangeFolders(desk.folder / "exchange")


async def plan(desk: Desk, at: Any = MONDAY) -> dict[str, Any]:
    return await planning.plan(desk.db, desk.rules, desk.house, at, dry_run=False, new_id=desk.new_id)


def shown(tasks_listed: list[dict[str, Any]]) -> list[tuple[str, list[str], dict[str, str]]]:
    return [(one["debtor_no"], one["items"], one["open_amount"]) for one in tasks_listed]


async def test_one_task_covers_everything_and_planning_again_changes_nothing(desk: Desk) -> None:
    first = await plan(desk)
    assert shown(first["created"]) == [("10", ["A1", "B1/A1", "B2/A1"], {"EUR": "610.00"})]
    again = await plan(desk)
    assert (again["created"], again["changed"], again["cancelled"], again["unchanged"]) == ([], [], [], 1)


async def test_a_task_that_a_branch_had_before_is_cancelled_and_the_head_offices_grows(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await take(desk)
        assert [one[0] for one in shown((await plan(desk))["created"])] == ["10", "B1", "B2"]
        await master(desk, *LINKS)
        done = await plan(desk)
        assert [one[0] for one in shown(done["cancelled"])] == ["B1", "B2"]
        assert done["cancelled"][0]["why"] == "The call to the head office 10 covers this branch."
        assert shown(done["changed"]) == [("10", ["A1", "B1/A1", "B2/A1"], {"EUR": "610.00"})]


async def test_a_branch_that_is_one_no_longer_is_called_itself_again(desk: Desk) -> None:
    await plan(desk)
    await master(desk, {"debtor_no": "B1", "head_office": ""}, mode="snapshot", batch="m2")
    done = await plan(desk)
    assert [one[0] for one in shown(done["created"])] == ["B1"]
    assert shown(done["changed"]) == [("10", ["A1", "B2/A1"], {"EUR": "510.00"})]


async def test_an_export_may_name_the_head_office_itself(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = desk.folder / "heads.csv"
        path.write_text(
            "debtor_no;debtor_name;item_no;due_on;open_amount;phone;country;region;head_office\n"
            "10;Muster;A1;2026-11-11;410.00;+493012345601;DE;BE;\nB1;Filiale;A1;2026-11-11;100.00;;DE;BE;10\n",
            encoding="utf-8",
        )
        edges = IntakeEdges(db=desk.db, folders=folders(desk), house=desk.house, new_id=desk.new_id)
        await import_file(edges, path, source=None, mode=None, as_of=date(2026, 11, 23), now=local("2026-11-23T08:00"))
        assert shown((await plan(desk))["created"]) == [("10", ["A1", "B1/A1"], {"EUR": "510.00"})]


async def test_a_head_office_known_from_master_data_alone_is_called_for_its_branches(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await take(desk, branch("B1"), branch("B2"))
        head = {"debtor_no": "10", "debtor_name": "Zentrale", "phone": "030 12345601", "country": "DE", "region": "BE"}
        await master(desk, head, *LINKS)
        assert shown((await plan(desk))["created"]) == [("10", ["B1/A1", "B2/A1"], {"EUR": "200.00"})]
        told = await desk.ask(MONDAY, "10")
        assert (told["may_call"], told["number"], told["debtor_name"]) == (True, "+493012345601", "Zentrale")
        listed = await call_sheet.call_list(desk.db, desk.rules, desk.house, MONDAY, days=1, agents=())
        assert [(one["debtor_no"], one["debtor_name"], one["items"]) for one in listed] == [("10", "Zentrale", ["B1/A1", "B2/A1"])]


@pytest.mark.parametrize(
    "links",
    [
        ({"debtor_no": "B1", "head_office": "99"},),
        ({"debtor_no": "B1", "head_office": "B2"}, {"debtor_no": "B2", "head_office": "B1"}),
        ({"debtor_no": "B1", "head_office": "B1"},),
    ],
    ids=["unknown", "circle", "itself"],
)
async def test_a_link_that_leads_nowhere_leaves_nobody_without_a_call(tmp_path: Path, links: tuple[dict[str, str], ...]) -> None:
    async with open_desk(tmp_path) as desk:
        await take(desk)
        await master(desk, *links)
        assert [one[0] for one in shown((await plan(desk))["created"])] == ["10", "B1", "B2"]
        assert (await desk.ask(MONDAY, "B1"))["may_call"] is True


async def test_links_that_lead_nowhere_are_holes_in_the_data(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await take(desk, row(), branch("B1"), branch("B2"), branch("B3"), branch("B4"))
        named = {"B1": "99", "B2": "B3", "B3": "B2", "B4": "98", "10": "10"}
        await master(desk, *({"debtor_no": number, "head_office": head} for number, head in named.items()), {"debtor_no": "98"})
        holes = {hole["hole"]: hole["examples"] for hole in (await quality.quality(desk.db, desk.house, MONDAY))["holes"]}
        assert holes["unknown_head_office"] == ["B1: 99"]
        assert holes["head_office_circle"] == ["B2: goes round to itself", "B3: goes round to itself"]


async def test_explain_says_by_whom_a_branch_is_covered_and_whom_a_head_office_covers(desk: Desk) -> None:
    await plan(desk)
    of_branch = await desk.ask(MONDAY, "B1")
    assert [refusal["rule"] for refusal in of_branch["refusals"]] == ["guard/head-office"]
    assert of_branch["head_office"] == {"debtor_no": "10", "debtor_name": "Muster"}
    assert of_branch["task"] is None
    of_head = await desk.ask(MONDAY, "10")
    assert of_head["may_call"] is True
    assert of_head["open"] == {"EUR": "610.00"}
    assert [(one["debtor_no"], one["open"], one["left_out"]) for one in of_head["branches"]] == [
        ("B1", {"EUR": "100.00"}, None),
        ("B2", {"EUR": "100.00"}, None),
    ]
    listed = {one["debtor_no"]: one for one in await debtor_list.debtors(desk.db, desk.house, MONDAY, key=None, limit=9)}
    assert (listed["10"]["branches"], listed["10"]["open"], listed["B1"]["head_office"]) == (["B1", "B2"], {"EUR": "410.00"}, "10")


async def test_a_dispute_of_a_branch_keeps_its_item_out_whoever_recorded_it(desk: Desk) -> None:
    await desk.record(MONDAY, "B1", dispute="A1:wrong goods")
    assert shown((await plan(desk))["created"]) == [("10", ["A1", "B2/A1"], {"EUR": "510.00"})]
    await desk.record(MONDAY, "10", dispute="B2/A1:wrong price")
    assert shown((await plan(desk))["changed"]) == [("10", ["A1"], {"EUR": "410.00"})]
    assert (await desk.ask(MONDAY, item="B2/A1"))["refusals"][0]["rule"] == "guard/dispute"
    lines = await rows_of(desk, "select debtor_no, item_no, dispute_reason from outcome order by debtor_no")
    assert [tuple(one.values()) for one in lines] == [("B1", "A1", "wrong goods"), ("B2", "A1", "wrong price")]


async def test_a_branchs_block_or_direct_debit_keeps_its_items_out(desk: Desk) -> None:
    await master(desk, {"debtor_no": "B1", "dunning_block": "yes"}, {"debtor_no": "B2", "payment_method": "direct_debit"}, batch="m2")
    assert shown((await plan(desk))["created"]) == [("10", ["A1"], {"EUR": "410.00"})]
    assert (await desk.ask(MONDAY))["may_call"] is True


async def test_a_call_to_one_counts_for_all_of_the_family(desk: Desk) -> None:
    await desk.record(MONDAY, "B1", contact="call", result="no_answer", at="2026-11-23T09:00:00+01:00")
    for debtor_no in ("10", "B1", "B2"):
        assert "house/1-per-day" in {refusal["rule"] for refusal in (await desk.ask(MONDAY, debtor_no))["refusals"]}


async def test_a_promise_of_the_head_office_is_told_and_kept_under_the_debtors_whose_items_they_are(desk: Desk) -> None:
    await plan(desk)
    [task] = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, HEAD, MONDAY))
    placed = await place(desk, task, MONDAY)
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", date(2026, 11, 25)), ended(placed))
    path = await write_outcomes(desk.db, desk.house, folders(desk), MONDAY + timedelta(hours=1))
    assert path is not None
    lines = await rows_of(desk, "select debtor_no, item_no, promise_amount from outcome order by debtor_no")
    assert [tuple(one.values()) for one in lines] == [("10", "A1", 4_100_000), ("B1", "A1", 1_000_000), ("B2", "A1", 1_000_000)]
    levels = await rows_of(desk, "select debtor_no, contact_level from item order by debtor_no")
    assert {one["contact_level"] for one in levels} == {2}
    await take(desk, row(open_amount="0.00"), branch("B1", item_no="A9"), as_of="2026-11-24", name="paid.csv")
    evening = local("2026-11-24T18:00")
    assert [judged.state.value for judged in await judge_promises(desk.db, desk.rules, desk.house, evening)] == ["kept"]
    kept = await desk.db.read(lambda conn: promises.listed_promises(conn, now=evening, key=HEAD))
    assert (kept[0]["amount"], kept[0]["items"]) == ("610.00", ["A1", "B1/A1", "B2/A1"])


async def test_an_item_whose_number_holds_the_separator_is_found_again(desk: Desk) -> None:
    await take(desk, row(item_no="B1/A1"), branch("B1"), branch("B2", item_no="X/7"), name="slash.csv")
    for reference, owner in (("B1/A1", (HEAD, "B1/A1")), ("B2/X/7", (SOUTH, "X/7")), ("nobody/7", (HEAD, "nobody/7"))):
        assert await desk.db.read(partial(families.owner_of, key=HEAD, item_no=reference)) == owner
    own = await desk.db.read(lambda conn: open_items(conn, NORTH, date(2026, 11, 23)))
    assert [item.item_no for item in own] == ["A1"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(heads=st.lists(st.sampled_from(["", "10", "B1", "B2", "99"]), min_size=3, max_size=3), order=st.permutations([0, 1, 2]))
async def test_whatever_the_links_become_planning_is_idempotent_blind_to_their_order_and_leaves_no_item_out(
    desk: Desk, heads: list[str], order: list[int]
) -> None:
    links = [{"debtor_no": number, "head_office": head} for number, head in zip(("10", "B1", "B2"), heads, strict=True)]
    await master(desk, *links, mode="snapshot", batch=desk.new_id())
    await plan(desk)
    planned = await rows_of(desk, "select debtor_no, items from task where state = 'ready' order by debtor_no")
    assert sum(len(one["items"].split("|")) for one in planned) == 3
    await master(desk, *(links[position] for position in order), mode="snapshot", batch=desk.new_id())
    again = await plan(desk)
    assert (again["created"], again["changed"], again["cancelled"]) == ([], [], [])
