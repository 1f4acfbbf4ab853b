"""The holes of a real store: each found where it is, none where it is not; the day's counts and the day's file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.contact.facts import Fact
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import facts
from collectord.edge.store import quality as store
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection
from collectord.loops import quality, standing
from collectord.loops.doctor import examine
from collectord.loops.habits import late_exports
from tests.loops.desk import Desk, local, open_desk, row

MONDAY = local("2026-11-23T13:00")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def holes(desk: Desk, at: datetime = MONDAY) -> dict[str, dict[str, Any]]:
    return {line["hole"]: line for line in (await quality.quality(desk.db, desk.house, at))["holes"]}


async def execute(desk: Desk, text: str, *rows: tuple[Any, ...]) -> None:
    async def job(conn: Connection) -> None:
        await conn.executemany(text, rows)

    await desk.db.write(job)


def only(found: Mapping[str, Mapping[str, Any]], *codes: str) -> None:
    assert set(found) == set(codes)


async def test_clean_data_have_no_hole(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="B1", phone="+493012345699", open_amount="5.00"), as_of="2026-11-23")
    only(await holes(desk))


async def test_numbers_that_are_missing_bad_or_shared(desk: Desk) -> None:
    shared = "+493012345699"
    await desk.take(
        row(debtor_no="1", item_no="A", phone=""),
        row(debtor_no="2", item_no="B", phone="0900 1234567"),
        row(debtor_no="3", item_no="C", phone=shared),
        row(debtor_no="4", item_no="D", phone=shared),
        row(debtor_no="5", item_no="E", phone=shared, debtor_name="Andere"),
        as_of="2026-11-23",
    )
    found = await holes(desk)
    only(found, "no_dialable_number", "invalid_number", "shared_number", "several_names")
    assert (found["no_dialable_number"]["debtors"], found["no_dialable_number"]["money"]) == (2, {"EUR": "820.00"})
    assert found["invalid_number"]["examples"][0].startswith("2: 0900 1234567 ")
    assert found["shared_number"]["examples"] == [f"{n}: {shared}" for n in (3, 4, 5)]
    assert found["several_names"]["examples"] == [f"3: {shared} Muster", f"4: {shared} Muster", f"5: {shared} Andere"]
    await desk.take(
        row(debtor_no="2", item_no="B", phone="0900 1234567"), row(debtor_no="6", item_no="F"), as_of="2026-11-23", name="op2.csv"
    )
    only(await holes(desk), "no_dialable_number", "invalid_number")  # who owes nothing is no hole


async def test_the_money_behind_a_hole_counts_each_debtor_once(desk: Desk) -> None:
    await desk.take(
        row(phone="0900 1", phone2="0900 2"), row(item_no="A2", open_amount="5.00", phone="0900 1", phone2="0900 2"), as_of="2026-11-23"
    )
    found = (await holes(desk))["invalid_number"]
    assert (found["count"], found["debtors"], found["money"]) == (2, 1, {"EUR": "415.00"})


async def test_a_number_that_turned_out_wrong(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    wrong = Fact(id="f1", at=MONDAY, company="", debtor_no="10", kind="number_wrong", value="+493012345601")
    await desk.db.write(lambda conn: facts.add_fact(conn, wrong))
    assert (await holes(desk))["failed_number"]["examples"] == ["10: +493012345601"]
    only(await holes(desk, MONDAY - timedelta(minutes=1)))  # what happened later is invisible


async def test_due_dates_that_are_missing_or_implausible(desk: Desk) -> None:
    good = [row(debtor_no=str(n), item_no=f"X{n}", phone=f"03012345{n}", open_amount=f"{n}.00") for n in range(100, 140)]
    bad = [row(debtor_no="1", item_no="A", due_on="2016-01-01"), row(debtor_no="2", item_no="B", due_on="", phone="030123452")]
    await desk.take(*good, *bad, as_of="2026-11-23")
    found = await holes(desk)
    only(found, "implausible_due_date", "missing_due_date", "rejected_row")
    assert found["implausible_due_date"]["examples"] == ["1: A 2016-01-01"]
    assert found["missing_due_date"]["examples"] == ["2: canonical, 43: B"]


async def test_items_that_look_entered_twice_and_debtors_to_whom_we_owe(desk: Desk) -> None:
    await desk.take(
        row(item_no="A1"), row(item_no="A1-2"), row(item_no="A2", open_amount="7.00"),
        row(debtor_no="11", item_no="Z", phone="03012345611"), row(debtor_no="12", item_no="Z", phone="03012345612"),
        row(debtor_no="13", item_no="G", open_amount="-30.00", phone="03012345613"),
        as_of="2026-11-23",
    )  # fmt: skip
    found = await holes(desk)
    only(found, "duplicate_item", "item_of_two_debtors", "credit_balance")
    assert (found["duplicate_item"]["examples"], found["duplicate_item"]["money"]) == (["10: A1 = A1-2"], {"EUR": "410.00"})
    assert found["item_of_two_debtors"]["examples"] == ["11: Z = 12"]
    assert found["credit_balance"]["money"] == {"EUR": "-30.00"}


async def test_payments_that_fit_nobody_and_payments_whose_item_stays_open(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    await execute(
        desk,
        "insert into payment (id, batch_id, source, seen_at, booked_on, amount, currency, kind, state)"
        " values (?, 'b', 'bank', ?, ?, ?, 'EUR', ?, ?)",
        ("p1", instant(MONDAY), "2026-11-23", 50_0000, "payment", "unmatched"),
        ("p2", instant(MONDAY), "2026-11-23", 60_0000, "payment", "ambiguous"),
        ("p3", instant(MONDAY), "2026-11-10", 410_0000, "payment", "matched"),
        ("p4", instant(MONDAY), "2026-11-20", 410_0000, "payment", "matched"),  # only just
        ("p5", instant(MONDAY), "2026-11-10", -9_0000, "return", "unmatched"),
    )
    await execute(
        desk,
        "insert into payment_match (payment_id, company, debtor_no, item_no, amount, how) values (?, '', '10', 'A1', 4100000, 'number')",
        ("p3",), ("p4",),
    )  # fmt: skip
    found = await holes(desk)
    only(found, "unmatched_payment", "payment_not_cleared")
    assert (found["unmatched_payment"]["count"], found["unmatched_payment"]["money"]) == (2, {"EUR": "110.00"})
    assert found["payment_not_cleared"]["examples"] == ["10: A1 2026-11-10"]


async def test_a_payment_that_fits_nobody_is_shown_so_that_the_bank_line_is_found(desk: Desk) -> None:
    await execute(
        desk,
        "insert into payment (id, batch_id, source, seen_at, booked_on, amount, currency, kind, state, company, payer, reference)"
        " values (?, 'b', 'bank', ?, '2026-11-20', ?, 'EUR', 'payment', ?, ?, ?, ?)",
        ("p1", instant(MONDAY), 119_5000, "unmatched", "", "Harald Kunze", "invoice from the summer, the one that was late"),
        ("p2", instant(MONDAY), 1_234_567_0900, "ambiguous", "1000", "", ""),
    )
    assert (await holes(desk))["unmatched_payment"]["examples"] == [
        "Harald Kunze 119.50 EUR, 2026-11-20, invoice from the summer, the one that wa",
        "1000: - 1234567.09 EUR, 2026-11-20 ?",
    ]


async def test_sums_larger_than_a_stored_integer_are_exact(desk: Desk) -> None:
    rows = [row(debtor_no=str(no), item_no=f"A{no}", phone="", due_on=f"2026-11-{no + 9:02d}") for no in range(1, 4)]
    await desk.take(*rows, row(debtor_no="9", item_no="C"), row(debtor_no="9", item_no="D"), as_of="2026-11-23")
    largest = 9_000_000_000_000_000_001
    await execute(desk, "update item_version set open_amount = ? where debtor_no <> '9'", (largest,))
    await execute(desk, "update item_version set open_amount = ? where debtor_no = '9'", (-largest,))
    found = await holes(desk)
    assert found["no_dialable_number"]["money"] == {"EUR": "2700000000000000.0003"}
    assert found["credit_balance"]["count"] == 1


async def test_an_unknown_head_office_and_a_correction_that_nobody_adopts(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="B", phone="03012345611"), as_of="2026-11-23")
    await execute(desk, "update debtor_version set head_office = ? where debtor_no = ?", ("99", "10"), ("10", "11"))
    old, young = instant(MONDAY - timedelta(days=15)), instant(MONDAY - timedelta(days=3))
    await execute(
        desk,
        "insert into correction (id, at, company, debtor_no, kind, field, value, exported_in)"
        " values (?, ?, '', '10', 'put_right', ?, 'x', ?)",
        ("c1", old, "phone", "corrections.csv"), ("c2", young, "email", "corrections.csv"), ("c3", old, "phone2", ""),
    )  # fmt: skip
    found = await holes(desk)
    only(found, "unknown_head_office", "correction_not_adopted")
    assert found["unknown_head_office"]["examples"] == ["10: 99"]
    assert found["correction_not_adopted"]["examples"] == [f"10: phone {old[:10]}"]


async def test_an_export_that_is_late_by_its_habit(desk: Desk) -> None:
    for day in ("2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"):
        await desk.take(row(open_amount=f"{int(day[-2:])}.00"), as_of=day, name=f"op-{day}.csv")  # at noon
    monday = local("2026-11-16T14:16")
    only(await holes(desk, monday - timedelta(minutes=2)))
    found = await holes(desk, monday)
    only(found, "late_export")
    assert found["late_export"]["examples"] == ["10: canonical"]
    [late] = await desk.db.read(lambda conn: late_exports(conn, desk.house, monday))
    assert late.sentence("en", "Europe/Berlin") == (
        "The export of canonical usually has come by Mon 16 Nov 2026 12:15 and has not; the last one came on Fri 13 Nov 2026 12:00."
    )


async def test_stale_and_held_sources_are_holes_of_their_debtors(desk: Desk) -> None:
    many = [row(debtor_no=str(n), item_no=f"X{n}", phone=f"03012345{n}", open_amount=f"{n}.00") for n in range(100, 140)]
    await desk.take(*many, as_of="2026-11-12")
    await desk.take(many[0], as_of="2026-11-13", name="cut.csv")
    found = await holes(desk)
    only(found, "stale_export", "held_batch")
    assert found["stale_export"]["debtors"] == found["held_batch"]["debtors"] == 40
    assert found["stale_export"]["money"] == {"EUR": "4780.00"}


async def test_once_a_day_the_counts_are_kept_and_told_without_whole_numbers_and_formulas(desk: Desk) -> None:
    folders = ExchangeFolders(desk.folder / "exchange")
    await desk.take(
        row(debtor_no="=1+1", item_no="A", phone="0900 123456789"), row(debtor_no="3", item_no="C", phone="+493012345699"),
        row(debtor_no="4", item_no="D", phone="+493012345699"), as_of="2026-11-22",
    )  # fmt: skip
    assert await quality.keep_day(desk.db, desk.house, folders, local("2026-11-23T11:59")) is None  # today's export may still come
    path = await quality.keep_day(desk.db, desk.house, folders, local("2026-11-23T12:00"))
    assert path == folders.outbox / "quality-2026-11-23.csv"
    text = path.read_text(encoding="utf-8-sig")
    rows = {line["hole"]: line for line in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert set(rows) == {"no_dialable_number", "invalid_number", "shared_number"}
    assert rows["invalid_number"]["examples"].startswith("'=1+1: 0900")
    assert "12345699" not in text
    assert "…5699" in rows["shared_number"]["examples"]
    assert await quality.keep_day(desk.db, desk.house, folders, local("2026-11-23T18:00")) is None


async def test_after_the_days_first_export_nobody_waits_for_noon_and_the_trend_is_told(desk: Desk) -> None:
    folders = ExchangeFolders(desk.folder / "exchange")
    for day, without in (("2026-11-16", 3), ("2026-11-23", 1)):
        rows = [
            row(debtor_no=str(n), item_no=f"X{n}", phone="" if n < without else f"0301234560{n}", open_amount=f"{n + 1}.00")
            for n in range(5)
        ]
        await desk.take(*rows, as_of=day, name=f"op-{day}.csv")  # at noon
        assert await quality.keep_day(desk.db, desk.house, folders, local(f"{day}T12:00")) is not None
    [line] = (await quality.quality(desk.db, desk.house, MONDAY))["holes"]
    assert (line["hole"], line["count"], line["change"]) == ("no_dialable_number", 1, -2)
    assert line["trend"] == "█▁"
    kept = await desk.db.read(lambda conn: store.days_since(conn, date(2026, 11, 1), date(2026, 11, 23)))
    assert kept["shared_number"] == {date(2026, 11, 16): 0, date(2026, 11, 23): 0}  # measured, and none


async def test_status_and_doctor_say_what_is_late(desk: Desk) -> None:
    from collectord.settings import Settings

    for day in ("2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"):
        await desk.take(row(open_amount=f"{int(day[-2:])}.00"), as_of=day, name=f"op-{day}.csv")
    monday = local("2026-11-16T15:00")
    settings = Settings(state_dir=desk.folder / "state", exchange_dir=desk.folder / "exchange", rules_dir=desk.folder / "rules")
    told = await standing.status(desk.db, settings, desk.house, monday, pbx=None, devices={}, doubts=())
    assert [(one["source"], one["expected_by"]) for one in told["late"]] == [("canonical", "2026-11-16T12:15:00+01:00")]
    lines = await examine(desk.db, settings, desk.house, ExchangeFolders(desk.folder / "exchange"), monday, None)
    assert [(line["check"], line["outcome"]) for line in lines if "habit" in line["check"]] == [("export canonical by habit", "warn")]
