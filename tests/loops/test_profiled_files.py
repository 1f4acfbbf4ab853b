"""Files of other products through the whole intake: what their profiles mean for the ledger."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from collectord.core.exports.profile_text import parse_profile
from collectord.core.exports.source_profiles import CANONICAL, Completeness, Profile
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import Frames
from collectord.core.rule_text import Problem, Table
from collectord.edge.store import facts
from collectord.edge.store.connection import Connection
from collectord.loops import asking
from tests.loops.test_intake import MONDAY, InHouse, export
from tests.loops.test_intake import house as house

COLUMNS = """
title.en = "x"
title.de = "x"
delimiter = ","
[columns]
company = "code"
debtor_no = "cust"
debtor_name = "name"
item_no = { column = "doc", without_point_zero = true }
due_on = "due"
open_amount = "open"
"""
HEADER = "code,cust,name,doc,due,open\n"


def profile(name: str, text: str = COLUMNS) -> Profile:
    problems: list[Problem] = []
    found = parse_profile(name, Table(tomllib.loads(text), "", problems))
    assert problems == []
    return found


def with_profiles(house: InHouse, *profiles: Profile) -> InHouse:
    return InHouse(replace(house.edges, sources={each.name: each for each in profiles}), house.drop, house.db)


async def doubtful(house: InHouse) -> dict[str, bool]:
    """The open items of debtor 1 of U1, and whether their clearing is in doubt."""

    async def job(conn: Connection) -> dict[str, bool]:
        found = await conn.execute_fetchall(
            "select item_no, doubtful from item where company = 'U1' and debtor_no = '1' and state = 'open'"
        )
        return {row[0]: bool(row[1]) for row in found}

    return await house.db.read(job)


@pytest.fixture
def warehouse(house: InHouse) -> InHouse:
    return with_profiles(house, profile("warehouse"))


async def test_ids_lose_their_point_zero_and_keep_their_leading_zeros(warehouse: InHouse) -> None:
    receipt = await warehouse.take(
        HEADER + "U1,007,WINC co,1930571429.0,2026-10-13,8.50\nU1,007,WINC llc,0012.0,2026-10-13,1\n", source="warehouse"
    )
    assert (receipt.status, receipt.opened) == ("accepted", 2)
    assert await warehouse.open("007", "U1") == {"1930571429": "8.50", "0012": "1.00"}


async def test_a_file_that_takes_for_ever_is_refused_and_the_next_one_is_read(house: InHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    invoices = with_profiles(house, replace(CANONICAL, name="einvoice", format="einvoice"))
    with monkeypatch.context() as patched:
        patched.setattr(asking, "LONGEST", 2.0)
        patched.setattr(asking, "SLOWEST", 10**9)
        endless = await invoices.take(b"%PDF-1.7\n" + b"a\n" * 10_000_000, "rechnung.pdf", source="einvoice")
    assert (endless.status, "within 2 seconds" in str(endless.reason)) == ("rejected", True)
    receipt = await invoices.take(export("1;Muster;R1;2026-11-01;410.00;"))
    assert (receipt.status, receipt.opened) == ("accepted", 1)


async def test_a_snapshot_of_one_company_leaves_the_others_items_alone(warehouse: InHouse) -> None:
    await warehouse.take(
        HEADER + "U1,1,A,1.0,2026-10-13,8\nU1,1,A,2.0,2026-10-13,8\nC2,1,A,3.0,2026-10-13,9\n", "a.csv", source="warehouse"
    )
    receipt = await warehouse.take(HEADER + "U1,1,A,2.0,2026-10-13,8\n", "b.csv", source="warehouse")
    assert (receipt.cleared, receipt.unchanged) == (1, 1)
    assert await warehouse.open("1", "U1") == {"2": "8.00"}
    assert await warehouse.open("1", "C2") == {"3": "9.00"}


async def test_a_constant_company_bounds_a_snapshot_even_when_it_has_no_row_of_it(house: InHouse) -> None:
    first = profile("all")
    second = profile("all", COLUMNS.replace('company = "code"', 'company = { always = "C2" }'))
    await with_profiles(house, first).take(
        HEADER + "U1,1,A,1.0,2026-10-13,8\nC2,1,A,3.0,2026-10-13,9\nC2,2,B,4.0,2026-10-13,9\n", "a.csv", source="all"
    )
    receipt = await with_profiles(house, second).take(HEADER + ",1,A,3.0,2026-10-13,9\n", "b.csv", source="all")
    assert receipt.cleared == 1
    assert await house.open("1", "U1") == {"1": "8.00"}


async def test_items_that_a_batch_of_new_ones_names_again_stay_as_they_are(house: InHouse) -> None:
    lists = with_profiles(
        house, profile("warehouse"), profile("new", COLUMNS.replace("[columns]", 'mode = "delta"\nonly_new = true\n[columns]'))
    )
    await lists.take(HEADER + "U1,1,A,1.0,2026-10-13,8\nU1,1,A,2.0,2026-10-13,8\n", "a.csv", source="warehouse")
    await lists.take(HEADER + "U1,1,A,1.0,2026-10-13,5\n", "b.csv", source="warehouse")
    receipt = await lists.take(
        HEADER + "U1,1,A,1.0,2026-10-13,8\nU1,1,A,2.0,2026-10-13,8\nU1,1,A,3.0,2026-10-13,7\n", "c.csv", source="new"
    )
    assert (receipt.status, receipt.opened, receipt.reopened, receipt.changed, receipt.unchanged) == ("accepted", 1, 0, 0, 2)
    assert await lists.open("1", "U1") == {"1": "5.00", "3": "7.00"}


async def test_what_a_list_of_states_no_longer_shows_is_kept_in_doubt_and_certain_again_when_it_comes_back(house: InHouse) -> None:
    text = COLUMNS.replace("[columns]", 'absent = "kept"\n[columns]') + '[[cleared]]\nwhy = "paid"\ncolumn = "open"\namount = "zero"\n'
    lists = with_profiles(house, profile("states", text))
    rows = "U1,1,A,1.0,2026-10-13,8\nU1,1,A,2.0,2026-10-13,8\n"
    await lists.take(HEADER + rows, "a.csv", source="states")
    receipt = await lists.take(HEADER + "U1,1,A,1.0,2026-10-13,0\n", "b.csv", source="states")
    assert (receipt.status, receipt.cleared) == ("accepted", 1)
    assert await lists.open("1", "U1") == {"2": "8.00"}
    assert await doubtful(lists) == {"2": True}
    await lists.take(HEADER + rows.replace(",8\nU1,1,A,2", ",0\nU1,1,A,2"), "c.csv", source="states")
    assert await doubtful(lists) == {"2": False}


async def test_a_list_that_was_filtered_wrongly_is_held_with_the_reason(house: InHouse) -> None:
    text = COLUMNS + '[[expect]]\nwhy = "a paid row"\ncolumn = "open"\namount = "zero"\n'
    receipt = await with_profiles(house, profile("states", text)).take(HEADER + "U1,1,A,1.0,2026-10-13,8\n", source="states")
    assert receipt.status == "held"
    assert receipt.reason is not None
    assert "a paid row" in receipt.reason


async def test_a_file_that_contradicts_its_own_total_changes_nothing(house: InHouse) -> None:
    text = COLUMNS + '[[total]]\ncolumn = "*"\nbegins = ["Total"]\nsum = "open"\n'
    lists = with_profiles(house, profile("totals", text))
    receipt = await lists.take(HEADER + "U1,1,A,1.0,2026-10-13,8\nTotal,,,,,9\n", source="totals")
    assert (receipt.status, receipt.opened) == ("rejected", 0)
    assert await lists.open("1", "U1") == {}


async def test_a_canonical_file_with_a_declared_last_line_is_whole_or_refused(house: InHouse) -> None:
    trailed = with_profiles(house, replace(CANONICAL, complete=Completeness(trailer="END")))
    text = "debtor_no;debtor_name;item_no;due_on;open_amount\n1;A;R1;2026-10-13;5\n"
    cut = await trailed.take(text, "cut.csv")
    assert (cut.status, cut.reason) == ("rejected", "the last line END is missing; the file was cut off")
    assert (await trailed.take(text + "END;1\n", "whole.csv")).status == "accepted"
    assert (await trailed.take(text + "END;2\n", "wrong.csv")).status == "rejected"
    assert await trailed.open() == {"R1": "5.00"}


async def test_a_doubt_is_as_old_as_the_list_that_brought_it_and_unknown_before(house: InHouse) -> None:
    lists = with_profiles(house, profile("states", COLUMNS.replace("[columns]", 'absent = "kept"\n[columns]')))
    rows = "U1,1,A,1.0,2026-10-13,8\nU1,1,A,2.0,2026-10-13,8\n"
    await lists.take(HEADER + rows, "a.csv", source="states", as_of=date(2026, 11, 20))
    await lists.take(HEADER + rows[: len(rows) // 2], "b.csv", source="states", as_of=date(2026, 11, 23))
    assert await in_doubt(lists, MONDAY) == {"2"}
    assert await in_doubt(lists, MONDAY - timedelta(days=1)) == frozenset()
    tuesday = MONDAY + timedelta(days=1)
    await lists.take(HEADER + rows[: len(rows) // 2] + "U1,3,C,3.0,2026-10-13,8\n", "c.csv", source="states", now=tuesday)
    assert await in_doubt(lists, MONDAY) == {"2"}  # still the same doubt


async def in_doubt(house: InHouse, now: datetime) -> frozenset[str]:
    found = await house.db.read(partial(facts.debtor_facts, key=DebtorKey("U1", "1"), now=now, house=house.edges.house, frames=Frames()))
    assert found is not None
    return found.doubtful


# ---------------------------------------------------------------- postings that are added up

POSTINGS = COLUMNS.replace("[columns]", '[columns]\ncurrency = "cur"') + '[rows]\nsame_item = "sum"\n'
POSTED = "code,cust,name,doc,due,open,cur\n"


async def test_a_posting_of_which_not_even_the_account_is_readable_holds_the_list(house: InHouse) -> None:
    lists = with_profiles(house, profile("postings", POSTINGS))
    rows = [f"U1,{n},A,{n}.0,2026-10-13,100,EUR\n" for n in range(1, 2001)]
    receipt = await lists.take(POSTED + "".join(rows) + "U1,5,A,5.0,2026-10-13,-100,EUR,too many\n", source="postings")
    assert (receipt.status, receipt.opened, len(receipt.rejected)) == ("held", 2000, 1)
    assert receipt.reason is not None
    assert "line 2002" in receipt.reason
    assert await lists.open("5", "U1") == {}


async def test_an_unreadable_payment_without_an_item_number_makes_its_debtor_uncallable_and_the_receipt_says_so(house: InHouse) -> None:
    lists = with_profiles(house, profile("postings", POSTINGS))
    rows = "U1,1,A,1.0,2026-10-13,100,EUR\nU1,2,B,2.0,2026-10-13,100,EUR\n"
    receipt = await lists.take(POSTED + rows + "U1,1,A,,2026-10-13,-100,EUR\n", source="postings")
    assert (receipt.status, len(receipt.rejected)) == ("accepted", 1)
    assert [warning for warning in receipt.warnings if "unreadable postings" in warning and ": 1, the first in line 4" in warning]
    assert await rejected_rows(lists, "1") == 1
    assert await rejected_rows(lists, "2") == 0


async def rejected_rows(house: InHouse, debtor_no: str) -> int:
    """Because of which the gate refuses."""
    found = await house.db.read(
        partial(facts.debtor_facts, key=DebtorKey("U1", debtor_no), now=MONDAY, house=house.edges.house, frames=Frames())
    )
    assert found is not None
    return len(found.rejected_rows)


# ---------------------------------------------------------------- sources that have no profile


async def test_a_misspelt_source_is_told_of_with_the_name_that_was_probably_meant(warehouse: InHouse) -> None:
    canonical = "debtor_no;debtor_name;item_no;due_on;open_amount\n1;A;R1;2026-10-13;5\n"
    receipt = await warehouse.take(canonical, source="warehuose")
    assert (receipt.status, receipt.source) == ("accepted", "warehuose")
    assert [warning for warning in receipt.warnings if "no source profile warehuose" in warning and "was warehouse meant?" in warning]
    own = await warehouse.take(canonical.replace("R1", "R2"), "b.csv", source="branch-9")
    assert (own.status, own.warnings) == ("accepted", ())


async def test_a_file_of_another_form_under_an_unknown_source_is_refused_with_the_missing_profile(warehouse: InHouse) -> None:
    receipt = await warehouse.take(HEADER + "U1,1,A,1.0,2026-10-13,8\n", source="warehuose")
    assert receipt.status == "rejected"
    assert str(receipt.reason).endswith(
        "there is no source profile warehuose, so the file was read in the canonical form; was warehouse meant?"
    )
