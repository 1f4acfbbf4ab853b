"""A caller whom nobody reached keys two numbers and a wish: what is booked, what is not said, how often it may be tried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from collectord.core.telephony.attempts import Result
from collectord.core.telephony.pbx_events import CallerMissed, DialResult, EndState, PairKeyed, WishKeyed
from collectord.edge import log
from collectord.edge.store import inbound as noted
from collectord.edge.store import tasks
from collectord.loops import callers, doctor_pbx, duty, inbound, keyed_wishes, self_service, standing, unreached
from collectord.loops.doctor_words import Words
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import InboundSection, Settings
from tests.edge.fake_ami import FakeAmi
from tests.edge.test_ami_asterisk import linked
from tests.loops.desk import Desk, open_desk, row
from tests.loops.master import master
from tests.loops.shift import LIVE, MONDAY, Remembering, ended, place, planned, tell
from tests.loops.test_inbound import CALLED, CALLER, IDLE, LATER, agent, call_in, missed, settings, the_call, waiting

STRANGER = "+493055990001"
CLOSED: Any = "mon-fri 06:00-06:30"
INBOUND = InboundSection(self_service=True, hours=CLOSED, wrong_pairs_per_number=4, wrong_pairs_per_day=6)
SETTINGS = settings(agent("201")).model_copy(update={"inbound": INBOUND})
SOON = date(2026, 12, 4)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        await planned(opened)
        yield opened


def reception(desk: Desk, config: Settings = SETTINGS) -> callers.Reception:
    return callers.Reception(db=desk.db, settings=config, house=desk.house, pbx="main", started="start-1", devices=IDLE)


async def arrive(desk: Desk, number: str = CALLER, id: str = "in-17-1", config: Settings = SETTINGS, now: datetime = LATER) -> Any:
    return await inbound.arrived(reception(desk, config), call_in(number, id=id), now)


async def pair(
    desk: Desk, debtor: str = "10", invoice: str = "1", *, turn: int = 1, id: str = "in-17-1", number: str = CALLER,
    now: datetime = LATER, config: Settings = SETTINGS, to: str = CALLED,
) -> str:  # fmt: skip
    keyed = PairKeyed(seen_at=now, attempt_id=id, called=to, caller=number, turn=turn, debtor=debtor, invoice=invoice, uniqueid="17.1")
    return (await self_service.pair_keyed(reception(desk, config), keyed, now)).answer


Wanted = Literal["promise", "morning", "afternoon", "soon"]


async def wish(desk: Desk, wanted: Wanted = "promise", on: date | None = SOON, *, id: str = "in-17-1", now: datetime = LATER) -> str:
    keyed = WishKeyed(seen_at=now, attempt_id=id, wish=wanted, on=on, uniqueid="17.1")
    return await keyed_wishes.wish_keyed(reception(desk), desk.rules, keyed, now)


async def rows(desk: Desk, query: str) -> list[tuple[Any, ...]]:
    async def job(conn: Any) -> list[tuple[Any, ...]]:
        async with conn.execute(query) as cursor:
            return [tuple(found) for found in await cursor.fetchall()]

    return await desk.db.read(job)


async def made(desk: Desk) -> list[tuple[Any, ...]]:
    return await rows(desk, "select promised_on, items, agent, approval from promise")


async def test_whoever_reaches_nobody_may_key_numbers_where_it_is_allowed(desk: Desk) -> None:
    off = SETTINGS.model_copy(update={"inbound": InboundSection(hours=CLOSED)})
    assert await arrive(desk, config=off) == "closed"
    assert await arrive(desk) == "none-k"  # asked again in the same call
    assert await arrive(desk, STRANGER, "in-18-1") == "closed-0-k"
    assert await arrive(desk, "", "in-19-1") == "closed-0"  # shows no number


async def test_a_pair_that_fits_is_answered_with_the_houses_day_and_keeps_nothing_that_was_keyed(desk: Desk) -> None:
    await arrive(desk)
    assert await pair(desk, "10", "1") == "1|20261123"
    kept = await rows(desk, "select id, turn, called, caller, matched, company, debtor_no, item_no, served from self_service")
    assert kept == [("in-17-1", 1, CALLED, CALLER, 1, "", "10", "R1", "")]


@pytest.mark.parametrize(("debtor", "invoice"), [("11", "1"), ("10", "3"), ("99", "99"), ("1", "1")])
async def test_whichever_half_is_wrong_the_answer_is_the_same(desk: Desk, debtor: str, invoice: str) -> None:
    assert await pair(desk, debtor, invoice) == "0"
    [kept] = await rows(desk, "select matched, company, debtor_no, item_no from self_service")
    assert kept == (0, "", "", "")


async def test_numbers_of_another_companys_debtors_fit_nobody(desk: Desk) -> None:
    assert await pair(desk, to="+493012349999") == "0"


async def test_a_promise_is_booked_and_todays_task_is_over_in_the_same_moment(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk)
    assert await wish(desk) == "1"
    assert await made(desk) == [("2026-12-04", "R1", "", "")]
    assert await waiting(desk) == []
    told = await rows(desk, "select item_no, disposition, promise_on, agent, note from outcome")
    assert told == [("R1", "promise", "2026-12-04", "self-service", f"Keyed on the telephone by a caller from {CALLER}.")]
    refusals = (await desk.ask(LATER + timedelta(minutes=5)))["refusals"]
    [reason] = [one["reason"] for one in refusals if one["rule"] == "guard/open-promise"]
    assert reason.endswith(f"runs until Tue 8 Dec 2026. Keyed on the telephone by a caller from {CALLER}.")
    assert ("self-service", "talk_recorded") in await rows(desk, "select actor, kind from happening")


async def test_after_that_the_missed_call_asks_for_no_callback(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk)
    await wish(desk)
    await tell(desk, LATER, missed())
    assert (await the_call(desk)).result is Result.NOT_DIALLED
    assert await waiting(desk) == []


async def test_a_wish_told_twice_is_carried_out_once(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk)
    assert [await wish(desk), await wish(desk, "soon", None)] == ["1", "1"]
    assert len(await made(desk)) == 1


async def test_a_wish_that_comes_to_us_after_its_caller_was_told_no_is_not_booked(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk)
    late = WishKeyed(seen_at=LATER, attempt_id="in-17-1", wish="promise", on=SOON, uniqueid="17.1")
    assert await keyed_wishes.wish_keyed(reception(desk), desk.rules, late, LATER + timedelta(seconds=6)) == "0"
    assert await made(desk) == []
    await tell(desk, LATER + timedelta(seconds=7), missed())
    assert await waiting(desk) == [("callback", "planned")]  # a call in vain


async def test_a_pair_told_twice_is_counted_once(desk: Desk) -> None:
    assert [await pair(desk, "11"), await pair(desk, "11")] == ["0", "0"]
    assert await rows(desk, "select count(*) from self_service") == [(1,)]


async def test_without_a_pair_that_fitted_nothing_is_taken(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk, "11")
    assert await wish(desk) == "0"
    await tell(desk, LATER, missed())
    assert await made(desk) == []
    assert await waiting(desk) == [("callback", "planned")]


async def test_who_is_known_by_the_numbers_alone_has_the_task_taken_over_and_no_note_waits(desk: Desk) -> None:
    assert await arrive(desk, STRANGER) == "closed-0-k"
    await pair(desk, number=STRANGER)
    assert await wish(desk) == "1"
    assert await waiting(desk) == []
    gone = CallerMissed(seen_at=LATER, attempt_id="in-17-1", called=CALLED, caller=STRANGER)
    assert await unreached.note(reception(desk), [gone], LATER) == [STRANGER]  # noted, so that the PBX may forget it
    assert await desk.db.read(noted.unreached_count) == 0


async def test_a_call_from_anothers_telephone_leaves_that_ones_callback(desk: Desk) -> None:
    usual = (row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00", due_on="2026-11-12"))
    await desk.take(*usual, row(debtor_no="20", item_no="S9", phone="+493012345602"), as_of="2026-11-23", name="op2.csv")
    await arrive(desk)
    await pair(desk, "20", "9")
    assert await wish(desk) == "1"
    await tell(desk, LATER, missed())
    assert await waiting(desk) == [("callback", "planned")]
    assert await rows(desk, "select debtor_no from promise") == [("20",)]


@pytest.mark.parametrize(
    ("wanted", "on", "at"),
    [
        ("morning", None, "2026-11-24T08:00"),
        ("afternoon", None, "2026-11-23T12:00"),
        ("soon", None, "2026-11-23T11:"),
        ("promise", date(2027, 3, 1), "2026-11-23T11:"),  # beyond what may be agreed
        ("promise", None, "2026-11-23T11:"),
    ],
)
async def test_a_callback_is_a_task_for_the_wanted_time(desk: Desk, wanted: Wanted, on: date | None, at: str) -> None:
    await arrive(desk, now=LATER + timedelta(hours=1))
    await pair(desk)
    assert await wish(desk, wanted, on, now=LATER + timedelta(hours=1)) == "3"
    await tell(desk, LATER + timedelta(hours=1), missed())
    found = await rows(desk, "select origin, not_before, why, agent from task where state in ('planned', 'ready')")
    assert [one[0] for one in found] == ["callback"]
    assert await made(desk) == []
    assert found[0][1].startswith(at)
    assert "self-service" not in found[0][2]
    assert found[0][3] == ""


async def test_a_promise_beyond_an_agents_limits_waits_for_a_lead(desk: Desk) -> None:
    await desk.take(row(item_no="R1", open_amount="30000.00"), as_of="2026-11-24")
    await arrive(desk)
    await pair(desk)
    assert await wish(desk) == "2"
    assert [one[3] for one in await made(desk)] == ["pending"]


async def test_a_small_part_of_all_that_is_overdue_waits_for_a_lead(desk: Desk) -> None:
    await desk.take(row(item_no="R1", open_amount="10.00"), row(item_no="R2", open_amount="900.00"), as_of="2026-11-23", name="op2.csv")
    await arrive(desk)
    await pair(desk)
    assert await wish(desk) == "2"


async def test_who_has_promised_already_talks_to_a_person(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk)
    await wish(desk)
    await tell(desk, LATER, missed())
    await arrive(desk, id="in-18-1", now=LATER + timedelta(hours=1))
    await pair(desk, id="in-18-1", now=LATER + timedelta(hours=1))
    assert await wish(desk, id="in-18-1", now=LATER + timedelta(hours=1)) == "3"
    assert len(await made(desk)) == 1


async def test_the_keys_have_a_debtor_called_once_in_seven_days(desk: Desk) -> None:
    """Whoever holds an invoice of theirs, and forges a number, could else have them called for ever, past every limit."""
    await pair(desk, number=STRANGER)
    assert await wish(desk, "soon", None) == "3"
    later = LATER + timedelta(minutes=10)
    await pair(desk, id="in-18-1", number=STRANGER, now=later)
    assert await wish(desk, "morning", None, id="in-18-1", now=later) == "3"  # another hour: no call was made yet
    [(back,)] = await rows(desk, "select id from task where origin = 'callback' and state in ('planned', 'ready')")
    dialled = later + timedelta(hours=20)
    task = await desk.db.read(lambda conn: tasks.task(conn, back))
    assert task is not None
    placed = await place(desk, task, dialled)
    rang = DialResult(seen_at=dialled, attempt_id=placed.id, status="NOANSWER", cause=0, tech="SIP 180 Ringing", rang_ms=30000, talk_ms=0)
    await tell(desk, dialled, rang, ended(placed, EndState.WRAP, "NOANSWER", 0, "SIP 180 Ringing"))
    planned_then = await rows(desk, "select id, state, not_before from task order by id")
    for id, wanted, on in (("in-19-1", "soon", None), ("in-20-1", "promise", date(2027, 3, 1))):
        await pair(desk, id=id, number=STRANGER, now=dialled)
        assert await wish(desk, wanted, on, id=id, now=dialled + timedelta(hours=1)) == "0"  # type: ignore[arg-type]
    assert await rows(desk, "select id, state, not_before from task order by id") == planned_then
    assert await rows(desk, "select id from self_service where served <> ''") == [("in-17-1",), ("in-18-1",)]
    await pair(desk, id="in-21-1", number=STRANGER, now=dialled)
    assert await wish(desk, id="in-21-1", now=dialled + timedelta(hours=1)) == "1"  # a day of payment calls nobody
    week = LATER + timedelta(days=7, hours=1)
    await pair(desk, id="in-22-1", number=STRANGER, now=week)
    assert await wish(desk, "soon", None, id="in-22-1", now=week) == "3"


async def test_an_invoice_that_is_paid_meanwhile_is_not_promised(desk: Desk) -> None:
    await arrive(desk)
    await pair(desk)
    await desk.take(row(item_no="R2", open_amount="110.00", due_on="2026-11-12"), as_of="2026-11-23", name="later.csv")
    assert await wish(desk, now=LATER + timedelta(hours=4)) == "3"
    assert await made(desk) == []


async def test_after_too_many_wrong_pairs_a_number_may_try_no_more_and_status_says_so(desk: Desk) -> None:
    for turn in (1, 2, 3):
        assert await pair(desk, "11", turn=turn) == "0"
    assert await pair(desk, turn=4) == "end"  # of one call
    assert await pair(desk, "11", id="in-18-1") == "0"
    assert await pair(desk, id="in-18-1", turn=2) == "end"  # right, and too late
    assert await arrive(desk) == "closed"
    assert await arrive(desk, STRANGER, "in-19-1") == "closed-0-k"
    told = await standing.status(desk.db, SETTINGS, desk.house, LATER, pbx=None, devices={}, doubts=())
    assert told["self_service"] == [
        f"{CALLER} keyed 4 pairs of numbers that did not fit within 24 hours: no self-service for this number until then."
    ]
    assert await desk.db.read(lambda conn: self_service.told(conn, SETTINGS, desk.house, LATER + timedelta(days=1))) == []
    assert await arrive(desk, "+493055990002", "in-20-1", now=LATER + timedelta(days=1)) == "closed-0-k"


async def test_after_too_many_of_all_callers_nobody_may_try(desk: Desk) -> None:
    for number in range(6):
        assert await pair(desk, "11", id=f"in-2{number}-1", number=f"+49305599000{number}") == "0"
    assert await arrive(desk, STRANGER) == "closed-0"
    assert "for anybody" in (await desk.db.read(lambda conn: self_service.told(conn, SETTINGS, desk.house, LATER)))[0]


async def test_where_it_is_off_nothing_is_answered_and_nothing_told(desk: Desk) -> None:
    off = settings(agent("201"))
    assert await pair(desk, config=off) == "end"
    assert await desk.db.read(lambda conn: self_service.told(conn, off, desk.house, LATER)) == []


async def test_old_pairs_are_forgotten(desk: Desk) -> None:
    await pair(desk, "11")
    await unreached.forget(desk.db, LATER + timedelta(days=89))
    assert await rows(desk, "select count(*) from self_service") == [(1,)]
    await unreached.forget(desk.db, LATER + timedelta(days=91))
    assert await rows(desk, "select count(*) from self_service") == [(0,)]


@dataclass
class Answered(Remembering):
    """A PBX that keeps what it was told of pairs and wishes."""

    told: list[tuple[str, str]] = field(default_factory=list)

    async def say_self(self, uniqueid: str, answer: str) -> None:
        self.told.append((uniqueid, answer))


async def test_the_pbx_is_answered_after_it_is_on_disk(desk: Desk) -> None:
    await arrive(desk)
    there = Answered()
    deeds: list[asyncio.Task[None]] = []
    pbx: Any = there
    at = PbxDesk(
        name="main", pbx=pbx, db=desk.db, settings=SETTINGS, rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deeds.append(asyncio.ensure_future(deed)),
    )  # fmt: skip
    first = PairKeyed(seen_at=LATER, attempt_id="in-17-1", called=CALLED, caller=CALLER, turn=1, debtor="11", invoice="1", uniqueid="17.1")
    wanted = WishKeyed(seen_at=LATER, attempt_id="in-17-1", wish="promise", on=SOON, uniqueid="17.1")
    await at.take_all([first, replace(first, turn=2, debtor="10"), wanted], LATER)
    await asyncio.gather(*deeds)
    assert there.told == [("17.1", "0"), ("17.1", "1|20261123"), ("17.1", "1")]
    assert len(await made(desk)) == 1


@pytest.mark.parametrize(("value", "outcome"), [("1", "ok"), ("0", "warn"), ("", "warn")])
async def test_doctor_says_where_the_dialplan_has_no_self_service(value: str, outcome: str) -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.variables["DIALPLAN_EXISTS(coll-self,s,1)"] = value
        line = await doctor_pbx._self_service("pbx main", pbx, Words("en", "UTC"))
        assert (line["check"], line["outcome"]) == ("pbx main self-service", outcome)


async def test_who_keys_a_branchs_invoice_has_it_with_the_head_office(desk: Desk) -> None:
    branch = row(debtor_no="B1", debtor_name="Filiale", item_no="F77", open_amount="90.00", phone="+493012345609")
    usual = (row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00", due_on="2026-11-12"))
    await desk.take(*usual, branch, as_of="2026-11-23", name="op2.csv")
    await master(desk, {"debtor_no": "B1", "head_office": "10"})
    await arrive(desk, STRANGER)
    assert await pair(desk, "1", "77", number=STRANGER) == "1|20261123"
    assert await wish(desk) == "1"
    assert await rows(desk, "select debtor_no, items from promise") == [("10", "B1/F77")]
