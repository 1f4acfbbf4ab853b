"""Items that invoices opened and a list is complete for: cleared, fresh, held and confirmed as that list says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import Receipt
from collectord.core.exports.source_profiles import CANONICAL, Finding, Profile
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import ledger, payments
from collectord.edge.store.connection import Connection
from collectord.edge.store.snapshots import cover, known_sources
from collectord.loops import explain, quality
from collectord.loops.intake import IntakeEdges, accept_batch, import_file
from collectord.loops.payments import settle
from tests.loops.bank import line, statement
from tests.loops.desk import Desk, local, open_desk
from tests.loops.near_reader import NearReader, near

HEADER = "company;debtor_no;debtor_name;item_no;due_on;open_amount;phone"
EINVOICE = Profile(name="einvoice", mode="delta", only_new=True)
SHOP = Profile(name="shop", mode="delta", only_new=True)
PLAIN = Profile(name="plain", mode="snapshot")
SAP = Profile(name="sap", mode="snapshot", covers=("einvoice",))
OTHER = replace(SAP, name="other")
STATES = replace(SAP, name="states", absent="kept")
BOOKED = replace(SAP, name="booked", booked_until=Finding(column=("phone",), dates=SAP.dates))
LOW = replace(SAP, name="low", accounts=(("10", "19"),))
SOURCES = {each.name: each for each in (CANONICAL, EINVOICE, SHOP, PLAIN, SAP, OTHER, STATES, BOOKED, LOW)}
THURSDAY, FRIDAY, MONDAY, TUESDAY = "2026-11-19", "2026-11-20", "2026-11-23", "2026-11-24"
AT = local("2026-11-23T13:00")


def item(item_no: str, amount: str = "100.00", debtor: str = "10", due: str = "2026-10-30", company: str = "") -> str:
    return f"{company};{debtor};Muster {debtor};{item_no};{due};{amount};030 123456{debtor}"


BEFORE = tuple(item(f"X{n}", debtor=str(n)) for n in range(30, 60))  # always in the list, so that the shrink guard has nothing to say


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


def edges_of(desk: Desk) -> IntakeEdges:
    return IntakeEdges(db=desk.db, folders=ExchangeFolders(desk.folder / "exchange"), house=desk.house, new_id=desk.new_id, sources=SOURCES)


async def take(desk: Desk, source: str, day: str, *rows: str, name: str = "") -> Receipt:
    path = desk.folder / (name or f"{source}-{next(desk.numbers)}.csv")
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return await import_file(edges_of(desk), path, source=source, mode=None, as_of=date.fromisoformat(day), now=local(f"{day}T12:00"))


async def rows_of(desk: Desk, *item_nos: str) -> list[tuple[str, str, int]]:
    """(source, state, doubtful) of these items."""

    async def job(conn: Connection) -> dict[str, tuple[str, str, int]]:
        found = await conn.execute_fetchall("select item_no, source, state, doubtful > 0 from item")
        return {row[0]: (row[1], row[2], row[3]) for row in found}

    known = await desk.db.read(job)
    return [known[item_no] for item_no in item_nos]


def rules(doc: dict[str, Any]) -> list[str]:
    return sorted(refusal["rule"] for refusal in doc["refusals"])


async def asked(desk: Desk, debtor: str = "10", at: datetime = AT, company: str = "") -> dict[str, Any]:
    return await explain.explain(desk.db, desk.rules, desk.house, DebtorKey(company, debtor), at)


# ---------------------------------------------------------------- what the list says of them


async def test_an_invoice_that_the_list_does_not_name_is_cleared_and_one_that_it_names_becomes_the_lists(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, item("E1"), item("E2", "50.00"))
    receipt = await take(desk, "sap", FRIDAY, item("E2", "50.00"), *BEFORE)
    assert (receipt.status, receipt.cleared, receipt.unchanged, receipt.opened) == ("accepted", 1, 1, 30)
    assert await rows_of(desk, "E1", "E2") == [("einvoice", "cleared", 0), ("sap", "open", 0)]
    fallen = await desk.db.read(lambda conn: ledger.clearings(conn, DebtorKey("", "10"), date(2026, 11, 1), date(2026, 11, 30)))
    assert [(one.item_no, int(one.amount), one.batch_id) for one in fallen] == [("E1", 100, receipt.batch)]
    await take(desk, "einvoice", MONDAY, item("E1"))
    assert await rows_of(desk, "E1") == [("einvoice", "cleared", 0)]  # an invoice that comes again opens nothing


async def test_an_invoice_younger_than_the_list_stays(desk: Desk) -> None:
    await take(desk, "einvoice", FRIDAY, item("E1"))
    assert (await take(desk, "sap", THURSDAY, *BEFORE)).cleared == 0
    assert await rows_of(desk, "E1") == [("einvoice", "open", 0)]
    assert (await take(desk, "sap", FRIDAY, *BEFORE, item("N1"))).cleared == 1


async def test_an_invoice_younger_than_what_is_booked_stays(desk: Desk) -> None:
    await take(desk, "einvoice", FRIDAY, item("E1"))
    lines = [row.rpartition(";")[0] for row in BEFORE]
    assert (await take(desk, "booked", MONDAY, *(f"{row};{THURSDAY}" for row in lines))).cleared == 0
    assert (await take(desk, "booked", MONDAY, *(f"{row};{FRIDAY}" for row in lines))).cleared == 1


async def test_what_another_source_opened_stays(desk: Desk) -> None:
    await take(desk, "shop", THURSDAY, item("E1"))
    await take(desk, "plain", FRIDAY, *BEFORE)
    await take(desk, "sap", FRIDAY, *BEFORE)
    assert await rows_of(desk, "E1") == [("shop", "open", 0)]
    assert "guard/no-snapshot" in rules(await asked(desk))


async def test_a_list_of_one_company_leaves_the_invoices_of_another_alone(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, item("E1", company="N"), item("E2", company="S"))
    receipt = await take(desk, "sap", FRIDAY, *(item(f"X{n}", company="N", debtor=str(n)) for n in range(30, 40)))
    assert receipt.cleared == 1
    assert await rows_of(desk, "E1", "E2") == [("einvoice", "cleared", 0), ("einvoice", "open", 0)]
    assert "guard/no-snapshot" not in rules(await asked(desk, company="N"))
    assert "guard/no-snapshot" in rules(await asked(desk, company="S"))


async def test_a_part_of_a_list_is_complete_for_its_accounts_only(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, item("E1"), item("E2", debtor="20"), item("E3", debtor="1"))
    assert (await take(desk, "low", FRIDAY, item("N1", debtor="11"))).cleared == 1
    assert await rows_of(desk, "E1", "E2", "E3") == [("einvoice", "cleared", 0), ("einvoice", "open", 0), ("einvoice", "open", 0)]
    assert "guard/no-snapshot" not in rules(await asked(desk, "10"))
    assert "guard/no-snapshot" in rules(await asked(desk, "20"))


async def test_a_list_of_states_leaves_what_it_does_not_show_in_doubt(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, item("E1"))
    await take(desk, "states", FRIDAY, *BEFORE)
    assert await rows_of(desk, "E1") == [("einvoice", "open", 1)]
    assert "guard/doubtful-item" in rules(await asked(desk))


async def test_a_bad_row_keeps_its_invoice_and_one_that_names_nobody_leaves_all_in_doubt(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, item("E1"), item("E2", debtor="11"))
    await take(desk, "sap", FRIDAY, *BEFORE, item("E1", "1OO"), item("E2", debtor="11"))
    assert await rows_of(desk, "E1") == [("einvoice", "open", 0)]
    await take(desk, "sap", MONDAY, *BEFORE, item("", "1.00", debtor=""), item("E2", debtor="11"))
    assert await rows_of(desk, "E1") == [("einvoice", "open", 1)]


async def test_the_shrink_guard_counts_what_would_vanish_of_the_invoices(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, *(item(f"E{n}", debtor=str(n)) for n in range(10, 30)))
    receipt = await take(desk, "sap", FRIDAY, *BEFORE)
    assert receipt.status == "held"
    assert receipt.reason is not None
    assert "20 of 20 open items would vanish" in receipt.reason
    difference = receipt.extra["difference"]
    assert (difference["before"]["items"], difference["after"]["items"]) == (20, 30)
    accepted = await accept_batch(edges_of(desk), receipt.batch, AT)
    assert (accepted.status, accepted.cleared) == ("accepted", 20)


async def test_a_file_like_the_one_before_clears_an_invoice_all_the_same(desk: Desk) -> None:
    reader: NearReader = near(edges_of(desk))
    many = [item(f"X{n}", debtor=str(n)) for n in range(100, 400)]
    await take(desk, "canonical", THURSDAY, *many)
    assert (await take(desk, "canonical", FRIDAY, *many, item("N1"))).opened == 1
    assert reader.answers[-1].parsed < 10
    await take(desk, "einvoice", FRIDAY, item("E1"), item("E2"))
    receipt = await take(desk, "canonical", MONDAY, *many, item("N1"), item("E2"))
    assert (receipt.cleared, receipt.unchanged) == (1, 302)
    assert await rows_of(desk, "E1", "E2") == [("einvoice", "cleared", 0), ("canonical", "open", 0)]
    await take(desk, "canonical", TUESDAY, *many, item("N1"), item("E2"), item("N2"))
    assert reader.answers[-1].parsed < 10  # nothing is left that is not its own


# ---------------------------------------------------------------- how fresh, held and booked they are


async def test_an_invoice_is_as_fresh_as_the_list_that_covers_it(desk: Desk) -> None:
    await take(desk, "einvoice", MONDAY, item("E1"))
    assert "guard/no-snapshot" in rules(await asked(desk))
    await take(desk, "sap", FRIDAY, *BEFORE)
    assert rules(await asked(desk)) == []
    late = await asked(desk, at=local("2026-11-26T13:00"))
    assert rules(late) == ["guard/stale-source"]
    assert "source sap" in late["refusals"][0]["reason"]
    (invoices, sap) = await desk.db.read(lambda conn: known_sources(conn, date(2026, 11, 26)))
    assert (invoices.name, invoices.standing().fresh_as_of) == ("einvoice", date(2026, 11, 20))
    assert sap.standing().fresh_as_of == date(2026, 11, 20)
    stale = next(hole for hole in (await quality.quality(desk.db, desk.house, local("2026-11-26T13:00")))["holes"]
                 if hole["hole"] == "stale_export")  # fmt: skip
    assert stale["debtors"] == 31


async def test_a_covered_source_with_nothing_open_is_as_fresh_as_its_lists(desk: Desk) -> None:
    await take(desk, "einvoice", THURSDAY, item("E1"))
    await take(desk, "sap", FRIDAY, *BEFORE)
    (invoices, _) = await desk.db.read(lambda conn: known_sources(conn, date(2026, 11, 23)))
    assert (invoices.name, invoices.standing().fresh_as_of) == ("einvoice", date(2026, 11, 20))


async def test_a_held_list_holds_the_invoices_and_held_invoices_hold_their_debtors(desk: Desk) -> None:
    await take(desk, "sap", FRIDAY, *BEFORE)
    await take(desk, "einvoice", MONDAY, item("E1"))
    assert rules(await asked(desk)) == []
    held = await take(desk, "sap", MONDAY, BEFORE[0], name="half.csv")
    assert held.status == "held"
    assert rules(await asked(desk)) == ["guard/held-source"]
    (invoices, _) = await desk.db.read(lambda conn: known_sources(conn, date(2026, 11, 23)))
    assert invoices.held_batch_id == held.batch
    await take(desk, "sap", MONDAY, *BEFORE, item("E1"))
    assert rules(await asked(desk)) == []
    await take(desk, "einvoice", MONDAY, item("E2"))
    assert (await take(desk, "einvoice", MONDAY, item("E3", "1OO"), name="bad.csv")).status == "held"
    doc = await asked(desk)
    assert rules(doc) == ["guard/held-source"]
    assert "bad.csv" in doc["refusals"][0]["reason"]


async def test_overdue_is_judged_up_to_the_day_that_the_list_has_booked(desk: Desk) -> None:
    lines = [row.rpartition(";")[0] for row in BEFORE]
    await take(desk, "booked", MONDAY, *(f"{row};{THURSDAY}" for row in lines))
    await take(desk, "einvoice", MONDAY, item("E1", due="2026-11-21"))
    assert (await asked(desk))["days_past_due"] == 0
    assert (await desk.db.read(lambda conn: cover(conn, "einvoice", "", date(2026, 11, 23)))).booking_lag(date(2026, 11, 23)) == 4


async def test_a_bad_invoice_holds_its_debtor_until_the_list_speaks(desk: Desk) -> None:
    await take(desk, "sap", FRIDAY, *BEFORE)
    rows = [item(f"E{n}", debtor="12") for n in range(3)]
    assert (await take(desk, "einvoice", MONDAY, *rows, item("E9", "1OO", debtor="12"))).status == "accepted"
    assert rules(await asked(desk, "12")) == ["guard/rejected-row"]
    await take(desk, "sap", FRIDAY, *BEFORE, item("N1"))
    assert rules(await asked(desk, "12")) == ["guard/rejected-row"]  # that list is older
    await take(desk, "sap", MONDAY, *BEFORE, *rows)
    assert rules(await asked(desk, "12")) == []


async def test_a_payment_of_an_invoice_is_confirmed_by_the_list(desk: Desk) -> None:
    await take(desk, "sap", FRIDAY, *BEFORE)
    await take(desk, "einvoice", MONDAY, item("E1"), item("E2", "7.00"))
    await statement(desk, local("2026-11-23T12:30"), line(reference="E1", amount="100.00", booked_on=MONDAY))
    assert rules(await asked(desk)) == ["guard/payment-seen"]
    await take(desk, "shop", MONDAY, item("Z1", debtor="50"))
    assert await settle(desk.db, desk.house, AT) == 0
    await take(desk, "sap", TUESDAY, *BEFORE, item("E2", "7.00"))
    assert await settle(desk.db, desk.house, local("2026-11-24T13:00")) == 1
    (paid,) = await desk.db.read(partial(payments.listed, now=local("2026-11-24T13:00")))
    assert paid["state"] == "confirmed"
    assert rules(await asked(desk, at=local("2026-11-24T13:00"))) == []


async def test_a_promise_about_an_invoice_is_judged_by_what_the_list_has_told(desk: Desk) -> None:
    from collectord.edge.store import promises

    await take(desk, "sap", FRIDAY, *BEFORE)
    await take(desk, "einvoice", MONDAY, item("E1"))
    told = await desk.db.read(lambda conn: promises.told_by_sources(conn, DebtorKey("", "10"), date(2026, 11, 1), date(2026, 11, 23)))
    assert [(one.source, one.items, one.days) for one in told] == [("sap", frozenset({"E1"}), (date(2026, 11, 20),))]


# ---------------------------------------------------------------- several lists


async def test_of_two_lists_of_one_company_both_must_have_spoken(desk: Desk) -> None:
    others = [item(f"Y{n}", debtor=str(n)) for n in range(60, 70)]
    await take(desk, "sap", THURSDAY, *BEFORE)
    await take(desk, "other", THURSDAY, *others)
    await take(desk, "einvoice", FRIDAY, item("E1"), item("E2"))
    assert (await take(desk, "sap", FRIDAY, *BEFORE, item("N1"))).cleared == 0
    assert rules(await asked(desk, at=local("2026-11-20T13:00"))) == []
    assert rules(await asked(desk, at=AT)) == ["guard/stale-source"]  # as old as the older of the two
    assert (await take(desk, "other", FRIDAY, *others, item("E2"))).cleared == 1
    assert await rows_of(desk, "E1", "E2") == [("einvoice", "cleared", 0), ("other", "open", 0)]


async def test_a_payment_is_answered_when_both_lists_have_told_of_its_day(desk: Desk) -> None:
    others = [item(f"Y{n}", debtor=str(n)) for n in range(60, 70)]
    await take(desk, "sap", FRIDAY, *BEFORE)
    await take(desk, "other", FRIDAY, *others)
    await take(desk, "einvoice", MONDAY, item("E1"))
    await statement(desk, local("2026-11-23T12:30"), line(reference="E1", amount="100.00", booked_on=THURSDAY))
    await take(desk, "sap", FRIDAY, *BEFORE, item("N1", debtor="51"))
    assert await settle(desk.db, desk.house, AT) == 0
    assert rules(await asked(desk)) == ["guard/payment-seen"]
    await take(desk, "other", FRIDAY, *others, item("N2", debtor="52"))
    assert await settle(desk.db, desk.house, AT) == 1
    assert rules(await asked(desk)) == []


async def test_a_list_that_another_has_taken_over_from_is_not_waited_for(desk: Desk) -> None:
    await take(desk, "sap", THURSDAY, *BEFORE)
    await take(desk, "other", FRIDAY, *BEFORE)
    await take(desk, "einvoice", FRIDAY, item("E1"))
    await take(desk, "other", MONDAY, *BEFORE, item("N1"))
    assert await rows_of(desk, "E1") == [("einvoice", "cleared", 0)]
    assert rules(await asked(desk, "30")) == []


async def test_a_list_that_covers_no_longer_leaves_the_invoices_without_one(desk: Desk) -> None:
    await take(desk, "sap", FRIDAY, *BEFORE)
    await take(desk, "einvoice", MONDAY, item("E1"))
    assert rules(await asked(desk)) == []
    edges = replace(edges_of(desk), sources={**SOURCES, "sap": replace(SAP, covers=())})
    path = desk.folder / "again.csv"
    path.write_text("\n".join([HEADER, *BEFORE, item("N1"), ""]), encoding="utf-8")
    await import_file(edges, path, source="sap", mode=None, as_of=date(2026, 11, 23), now=AT)
    assert rules(await asked(desk)) == ["guard/no-snapshot"]


# ---------------------------------------------------------------- invoices in any order


async def test_an_invoice_of_an_earlier_day_is_not_stale(desk: Desk) -> None:
    await take(desk, "einvoice", FRIDAY, item("E2"))
    assert (await take(desk, "einvoice", THURSDAY, item("E1"))).status == "accepted"
    first = await take(desk, "einvoice", MONDAY, item("E2"), item("E3"))
    assert (first.status, first.opened, first.unchanged) == ("accepted", 1, 1)


async def test_a_held_invoice_is_not_replaced_by_a_newer_one_and_may_be_accepted_later(desk: Desk) -> None:
    held = await take(desk, "einvoice", FRIDAY, item("E1", "1OO"), item("E2", "1OO"), item("E3"))
    assert held.status == "held"
    await take(desk, "einvoice", MONDAY, item("E4"))
    accepted = await accept_batch(edges_of(desk), held.batch, AT)
    assert (accepted.status, accepted.opened) == ("accepted", 1)
