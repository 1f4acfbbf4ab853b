"""What debtors did so far, from real imports, calls and promises: paid when, touched when, which promise was not kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collectord.core.money import Money
from collectord.core.receivables.history import NO_HISTORY, Fall, History, PaidItem, Touch
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.peers import Sums, peers_from, told_days
from collectord.core.receivables.promises import Promise, PromiseState
from collectord.core.receivables.tasks import Origin, TaskState
from collectord.core.telephony.attempts import AttemptState, Disposition, Result
from collectord.edge.store import calls, histories, ledger, peers, promises, tasks
from collectord.edge.store.connection import Connection
from collectord.loops.moved_items import follow_moves
from tests.core.call_cases import attempt, task
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import rows_of

TEN = DebtorKey("", "10")
ZONE = "Europe/Berlin"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def seen(desk: Desk, day: str, key: DebtorKey = TEN) -> History:
    now = local(f"{day}T13:00")
    return await desk.db.read(lambda conn: histories.history_of(conn, key, now, now.date(), ZONE))


async def everybody(desk: Desk, day: str) -> dict[DebtorKey, History]:
    now = local(f"{day}T13:00")
    return await desk.db.read(lambda conn: _everybody(conn, now))


async def _everybody(conn: Connection, now: datetime) -> dict[DebtorKey, History]:
    return await histories.histories_of(conn, await ledger.debtor_keys(conn), now, now.date(), ZONE)


def paid(number: str, due: str, on: str, amount: str) -> PaidItem:
    day = date.fromisoformat
    return PaidItem(item_no=number, due_on=day(due), cleared_on=day(on), amount=Decimal(amount), currency="EUR")


# ---------------------------------------------------------------- paid


async def test_an_item_is_paid_when_it_is_gone_and_its_amount_is_all_that_it_fell_by(desk: Desk) -> None:
    await desk.take(row(), row(item_no="B", due_on="2026-11-20", open_amount="50.00"), as_of="2026-11-12")
    await desk.take(row(open_amount="300.00"), row(item_no="B", due_on="2026-11-20", open_amount="50.00"), as_of="2026-11-14")
    in_part = await seen(desk, "2026-11-14")
    assert in_part == History(
        falls=(Fall(due_on=date(2026, 11, 11), on=date(2026, 11, 14), amount=Decimal("110.00"), currency="EUR"),)
    )  # a part is not the whole
    await desk.take(row(item_no="B", due_on="2026-11-20", open_amount="50.00"), as_of="2026-11-18")
    found = await seen(desk, "2026-11-19")
    assert found.paid == (paid("A1", "2026-11-11", "2026-11-18", "410.00"),)
    assert found.paid[0].days_late == 7
    assert [fall.amount for fall in found.falls] == [Decimal("110.00"), Decimal("300.00")]


async def test_nothing_after_the_day_of_asking_is_seen(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="C"), as_of="2026-11-12")
    await desk.take(row(debtor_no="11", item_no="C"), as_of="2026-11-18")
    assert await seen(desk, "2026-11-17") == NO_HISTORY
    assert (await seen(desk, "2026-11-18")).paid


async def test_what_was_paid_long_ago_is_forgotten(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="C"), as_of="2026-11-12")
    await desk.take(row(debtor_no="11", item_no="C"), as_of="2026-11-18")
    assert (await seen(desk, "2028-11-16")).paid
    late = await seen(desk, "2028-11-17")
    assert late == NO_HISTORY
    assert (await seen(desk, "2027-03-17")).falls
    assert not (await seen(desk, "2027-03-18")).falls


async def test_an_item_that_came_back_was_not_paid_and_counts_by_its_last_end(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="C"), as_of="2026-11-12")
    await desk.take(row(debtor_no="11", item_no="C"), as_of="2026-11-14")
    await desk.take(row(), row(debtor_no="11", item_no="C"), as_of="2026-11-16")
    assert await seen(desk, "2026-11-17") == NO_HISTORY
    await desk.take(row(debtor_no="11", item_no="C"), as_of="2026-11-20")
    assert (await seen(desk, "2026-11-20")).paid == (paid("A1", "2026-11-11", "2026-11-20", "410.00"),)


async def test_an_item_that_went_to_another_debtor_was_not_paid(desk: Desk) -> None:
    await desk.take(row(), row(item_no="B"), row(debtor_no="11", item_no="C"), as_of="2026-11-12")
    made = Promise(
        id="p1", company="", debtor_no="10", amount=Money(Decimal("410.00"), "EUR"), promised_on=date(2026, 11, 30), items=("A1",),
        made_at=local("2026-11-12T13:00"), grace_until=date(2026, 12, 2),
    )  # fmt: skip
    await desk.db.write(lambda conn: promises.add_promise(conn, made))
    await desk.take(row(debtor_no="12"), row(debtor_no="11", item_no="C"), as_of="2026-11-18")
    before = await told(desk)
    assert [item.item_no for item in (await seen(desk, "2026-11-18")).paid] == ["A1", "B"]
    await desk.db.write(_all_looked_at)
    await follow_moves(desk.db, desk.house, local("2026-11-18T13:00"))
    assert [item.item_no for item in (await seen(desk, "2026-11-18")).paid] == ["B"]
    assert (before, await told(desk)) == (2, 1)
    assert {"debtor_no": "10"} in await rows_of(desk, "select debtor_no from touched")
    await desk.take(row(), row(debtor_no="11", item_no="C"), as_of="2026-11-20")
    await desk.take(row(debtor_no="11", item_no="C"), as_of="2026-11-24")
    assert [item.item_no for item in (await seen(desk, "2026-11-24")).paid] == ["B", "A1"]  # it came back, and was paid then


async def told(desk: Desk) -> float:
    """Items of debtors without a class."""
    added = await desk.db.read(lambda conn: peers.added_up(conn, date(2026, 11, 18), 3))
    return float(added["sums"][""][Sums.__slots__.index("items")])


async def _all_looked_at(conn: Connection) -> None:
    await conn.execute("delete from touched")


async def test_credits_disputed_items_and_direct_debits_tell_nothing_about_a_habit(desk: Desk) -> None:
    rows = [
        row(item_no="G", open_amount="-20.00"), row(item_no="D", dispute="yes"), row(item_no="L", payment_method="direct_debit"),
        row(item_no="S", open_amount="30.00"),
    ]  # fmt: skip
    await desk.take(*rows, row(debtor_no="11", item_no="C"), as_of="2026-11-12")
    await desk.take(row(debtor_no="11", item_no="C"), as_of="2026-11-18")
    found = await seen(desk, "2026-11-18")
    assert [item.item_no for item in found.paid] == ["S"]
    assert sorted(fall.amount for fall in found.falls) == [Decimal("-20.00"), Decimal("30.00"), Decimal("410.00"), Decimal("410.00")]


async def test_many_debtors_are_read_as_each_of_them(desk: Desk) -> None:
    await desk.take(*(row(debtor_no=str(number), item_no=f"A{number}") for number in range(10, 16)), as_of="2026-11-12")
    await desk.take(row(debtor_no="15", item_no="A15"), as_of="2026-11-18")
    together = await everybody(desk, "2026-11-19")
    assert sorted(key.debtor_no for key in together) == ["10", "11", "12", "13", "14"]
    for key, found in together.items():
        assert found == await seen(desk, "2026-11-19", key)
    now = local("2026-11-19T13:00")
    part = await desk.db.read(
        lambda conn: histories.histories_of(conn, [DebtorKey("", "11"), DebtorKey("", "13"), DebtorKey("", "15")], now, now.date(), ZONE)
    )
    assert sorted(key.debtor_no for key in part) == ["11", "13"]


# ---------------------------------------------------------------- touches


async def rung(
    desk: Desk, at: datetime, result: Result, number: int, disposition: Disposition | None = None, to: str = "+493012345601"
) -> None:
    made = replace(task(), id=f"t{number}", company="", debtor_no="10", origin=Origin.MANUAL)
    call = replace(
        attempt(), id=f"a{number:019}", task_id=made.id, company="", debtor_no="10", number=to, placed_at=at, deadline_at=at,
        ended_at=at + timedelta(minutes=1), state=AttemptState.CLOSED, result=result, disposition=disposition,
    )  # fmt: skip

    async def write(conn: Connection) -> None:
        await tasks.create_task(conn, replace(made, state=TaskState.READY), at)
        await calls.commit_attempt(conn, replace(call, state=AttemptState.PLACED, result=None, disposition=None, ended_at=None), at)
        await calls.save_attempt(conn, call)

    await desk.db.write(write)


async def test_touches_are_what_the_debtor_noticed_by_whatever_way(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-12")
    await rung(desk, local("2026-11-13T10:00"), Result.NO_ANSWER, 1)
    await rung(desk, local("2026-11-16T10:00"), Result.BUSY, 2)
    await rung(desk, local("2026-11-17T10:00"), Result.ANSWERED, 3, Disposition.REFUSES)
    await desk.history(
        local("2026-11-18T12:00"),
        {"at": "2026-11-18T09:00:00+01:00", "debtor_no": "10", "medium": "email", "result": ""},
        {"at": "2026-11-18T10:00:00+01:00", "debtor_no": "10", "direction": "inbound", "result": "answered"},
    )
    await desk.db.write(
        lambda conn: conn.execute(
            "insert into message (id, task_id, company, debtor_no, medium, template, language, recipient, state, made_at, not_before,"
            " sent_at)"
            " values ('m1', 't9', '', '10', 'letter', 'x', 'de', 'a.pdf', 'sent', '2026-11-15T09:00:00.000000Z',"
            " '2026-11-15T09:00:00.000000Z', '2026-11-15T09:01:00.000000Z'),"
            " ('m2', 't8', '', '10', 'letter', 'x', 'de', 'a.pdf', 'failed', '2026-11-15T09:00:00.000000Z',"
            " '2026-11-15T09:00:00.000000Z', null)"
        )
    )
    day = [date(2026, 11, number) for number in range(31) if number]
    assert (await seen(desk, "2026-11-18")).touches == (
        Touch(on=day[12], medium="call"),
        Touch(on=day[14], medium="letter"),
        Touch(on=day[16], medium="call", conversation=True),
        Touch(on=day[17], medium="email"),
        Touch(on=day[17], medium="call", inbound=True, conversation=True),
    )
    assert [touch.on for touch in (await seen(desk, "2026-11-16")).touches] == [day[12], day[14]]
    assert (await seen(desk, "2027-02-20")).touches == ()


async def test_calls_to_a_number_that_was_somebody_elses_are_no_touches(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-12")
    await rung(desk, local("2026-11-13T10:00"), Result.NO_ANSWER, 1)
    await rung(desk, local("2026-11-14T10:00"), Result.NO_ANSWER, 2, to="+493012345699")
    await desk.record(local("2026-11-16T10:00"), number_wrong="+493012345601")
    assert [touch.on.day for touch in (await seen(desk, "2026-11-15")).touches] == [13, 14]
    assert [touch.on.day for touch in (await seen(desk, "2026-11-17")).touches] == [14]


# ---------------------------------------------------------------- promises


async def test_broken_promises_are_counted_since_the_last_that_was_kept(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-12")
    for day, state in ((1, PromiseState.BROKEN), (3, PromiseState.KEPT), (5, PromiseState.PARTIALLY_KEPT), (7, PromiseState.BROKEN)):
        made = Promise(
            id=f"p{day}", company="", debtor_no="10", amount=Money(Decimal(1), "EUR"), promised_on=date(2026, 11, day),
            grace_until=date(2026, 11, day), made_at=local(f"2026-10-{day:02}T10:00"), items=(),
        )  # fmt: skip
        await desk.db.write(lambda conn, one=made: promises.add_promise(conn, one))  # type: ignore[misc]
        judged = local(f"2026-11-{day + 1:02}T23:30")
        await desk.db.write(
            lambda conn, one=made, at=judged, what=state: promises.close_promise(conn, one.id, what, Decimal(0), at)  # type: ignore[misc]
        )
    assert (await seen(desk, "2026-11-03")).broken_on == (date(2026, 11, 2),)
    assert (await seen(desk, "2026-11-05")).broken_on == ()
    assert (await seen(desk, "2026-11-12")).broken_on == (date(2026, 11, 6), date(2026, 11, 8))


# ---------------------------------------------------------------- peers


async def test_the_sums_of_a_class_are_those_of_its_debtors(desk: Desk) -> None:
    """What the store adds up is what one gets by adding up every history."""
    numbers = [str(number) for number in range(10, 40)]
    rows = {
        f"{number}-{item}": row(debtor_no=number, item_no=f"{number}-{item}", due_on=f"2026-11-{5 + item:02}")
        for number in numbers
        for item in range(3)
    }
    await desk.take(*rows.values(), row(debtor_no="9", item_no="X"), as_of="2026-11-06")
    for day in range(7, 20):
        rows = {name: line for position, (name, line) in enumerate(rows.items()) if (position * 7 + day) % 5}
        receipt = await desk.take(*rows.values(), row(debtor_no="9", item_no="X"), as_of=f"2026-11-{day:02}", name=f"op{day}.csv")
        assert receipt.as_json()["status"] == "accepted"
    today = date(2026, 11, 20)
    added = await desk.db.read(lambda conn: peers.added_up(conn, today, 3))
    by_hand = Sums()
    for found in (await everybody(desk, "2026-11-20")).values():
        by_hand.add(sum(item.days_late > 3 for item in found.paid), [told_days(item.days_late) for item in found.paid])
    assert by_hand.items > 60
    assert [pytest.approx(getattr(by_hand, name)) for name in Sums.__slots__] == added["sums"][""]
    part = (await desk.db.read(lambda conn: peers.added_up(conn, today, 3, most=30)))["sums"][""]
    assert 5 <= part[0] < by_hand.debtors  # a large ledger is known by a part of its debtors
    known, expected = (await desk.db.read(lambda conn: peers.known(conn, today, 3))).of(""), peers_from([("", by_hand)]).of("")
    assert (known.share, known.mean, known.within) == pytest.approx((expected.share, expected.mean, expected.within))


async def test_what_was_added_up_is_kept_for_its_day_and_its_bound(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", item_no="C"), as_of="2026-11-12")
    today = date(2026, 11, 18)
    assert await desk.db.read(lambda conn: peers.kept(conn, today, 3)) is None
    found = await desk.db.read(lambda conn: peers.added_up(conn, today, 3))
    await desk.db.write(lambda conn: peers.keep(conn, found))
    assert await desk.db.read(lambda conn: peers.kept(conn, today + timedelta(days=9), 3)) == found
    assert await desk.db.read(lambda conn: peers.kept(conn, today - timedelta(days=1), 3)) is None  # that day did not know it
    assert await desk.db.read(lambda conn: peers.kept(conn, today, 5)) is None
