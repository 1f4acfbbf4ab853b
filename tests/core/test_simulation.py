"""The play: debtors after figures from practice, real decisions, and nothing that happens twice or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectord.core.contact.facts import Contact, DebtorFacts, Fact, FactKind, SourceState
from collectord.core.contact.week import parse_week
from collectord.core.house import Company, House
from collectord.core.money import Money
from collectord.core.receivables.history import NO_HISTORY, Touch
from collectord.core.receivables.holds import NO_HOLD
from collectord.core.receivables.ledger import Debtor, DialNumber, OpenItem
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.rules import Rules
from collectord.core.simulation import behaviour
from collectord.core.simulation.account import Account
from collectord.core.simulation.behaviour import FINISHED, SETTLED, answered, day_of, finishes, settled_by, settles_on
from collectord.core.simulation.chance import Chance
from collectord.core.simulation.picture import picture
from collectord.core.simulation.play import Day, Play, days_of
from collectord.core.simulation.told import document
from collectord.core.telephony.attempts import Disposition, Result
from collectord.core.telephony.callbacks import Absence, Colleague
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN)  # Monday
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
HOUSE = House(language="en", companies={"": Company(code="", name="Muster", caller_id="+493012345600", region="BE")})
ANNA = Colleague(id="201")


@lru_cache(maxsize=1)
def rules() -> Rules:
    return load_rules(shipped_directory("rules"))


def owed(no: int, days: int = 12, amount: str = "400.00", **more: Any) -> OpenItem:
    """An item that is so many days late today."""
    return OpenItem(
        company="", debtor_no=str(no), item_no=f"R{no}", source="canonical", due_on=TODAY - days * DAY, open_amount=Decimal(amount), **more
    )


def account(no: int, *items: OpenItem, of: Rules | None = None, phone: str = "") -> Account:
    used = of or rules()
    number = phone or f"+4930{2_000_000 + no}"
    dial = DialNumber(position=1, raw=number, e164=number, kind="fixed_line", zones=("Europe/Berlin",))
    debtor = Debtor(
        company="", debtor_no=str(no), debtor_name=f"D{no}", person_type="business", country="DE", region="BE", numbers=(dial,),
        potential_class="II",
    )  # fmt: skip
    found = Account(
        debtor=debtor, ladder=used.policy.ladder_for(debtor, used.ladders), policy=used.policy, held=NO_HOLD, history=NO_HISTORY,
        items={item.item_no: item for item in items}, task=None,
    )  # fmt: skip
    sources = (SourceState(source="canonical", fresh_as_of=TODAY),)
    found.known = DebtorFacts(debtor=debtor, items=items, sources=sources, frame=used.frames.of(debtor))
    return found


def closed(day: date) -> bool:
    return day.weekday() > 4


def play_of(
    *accounts: Account, team: tuple[Colleague, ...] = (ANNA,), seed: int = 1, of: Rules | None = None, absences: tuple[Absence, ...] = ()
) -> Play:
    play = Play(
        rules=of or rules(), house=HOUSE, team={one.id: one for one in team}, now=NOW, chance=Chance(seed), closed=closed, absences=absences
    )  # fmt: skip
    for one in accounts:
        play.add(one)
    return play


def played(play: Play, days: int) -> list[Day]:
    return [play.shift(day, list(play.mornings(day))) for day in days_of(play.start, days)]


# ---------------------------------------------------------------- chance and behaviour


def test_a_draw_is_named_and_the_same_whatever_else_is_drawn() -> None:
    chance = Chance(3)
    first = chance.share("late", "10")
    for other in range(100):
        chance.share("late", other)
    assert chance.share("late", "10") == first
    assert Chance(4).share("late", "10") != first
    shares = [chance.share("x", number) for number in range(4_000)]
    assert 0 < min(shares) < 0.01
    assert 0.99 < max(shares) < 1
    picked = [chance.pick({"a": 3, "b": 1}, number) for number in range(4_000)]
    assert 0.72 < picked.count("a") / 4_000 < 0.78


def test_late_invoices_settle_by_themselves_as_often_as_in_practice() -> None:
    for days, share in SETTLED:
        assert settled_by(days) == pytest.approx(share)
        assert day_of(share) == pytest.approx(days)
    assert settled_by(44) == pytest.approx(1 - 0.25 / 2), "ASSUMED: half of the rest in thirty days"
    assert day_of(settled_by(90)) == pytest.approx(90)
    chance, due = Chance(1), [owed(number, days=-5) for number in range(4_000)]
    paid = [(settles_on(item, chance, TODAY) - item.due_on).days for item in due]
    late = [days for days in paid if days > 0]
    assert 0.34 < len(late) / len(paid) < 0.38
    assert 0.43 < sum(days <= 7 for days in late) / len(late) < 0.49
    disputed = [settles_on(replace(item, dispute=True), chance, TODAY) > item.due_on for item in due]
    assert 0.64 < sum(disputed) / len(disputed) < 0.70


def test_what_is_open_beyond_its_day_settles_later_than_today() -> None:
    days = [settles_on(owed(number, days=10), Chance(1), TODAY) for number in range(2_000)]
    assert min(days) >= TODAY
    within = sum(day <= TODAY + 4 * DAY for day in days) / len(days)
    assert 0.33 < within < 0.42, "60 % were paid by day 10, 75 % by day 14: 15 of the 40 left"


def test_calls_finish_cases_as_often_as_in_practice() -> None:
    left = 1.0
    for number in range(1, 11):
        left *= 1 - finishes(number)
        if number in FINISHED:
            assert 1 - left == pytest.approx(FINISHED[number])
    assert finishes(30) == finishes(10)
    calls = [answered(Chance(1), 1, number) for number in range(4_000)]
    talks = [call for call in calls if call.said in behaviour.REACHED]
    assert 0.41 < len(talks) / len(calls) < 0.45
    around = behaviour.BEFORE_DIALLING + behaviour.RINGING + behaviour.AFTER_TALK
    assert 165 < median(call.seconds - around for call in talks) < 195
    assert {call.result for call in calls} >= {Result.NO_ANSWER, Result.BUSY, Result.ANSWERED}


# ---------------------------------------------------------------- the days


def test_the_same_ledger_rules_and_seed_play_the_same_days() -> None:
    def ledger() -> list[Account]:
        return [account(number, owed(number, days=number % 30)) for number in range(40)]

    first, again = played(play_of(*ledger()), 5), played(play_of(*ledger()), 5)
    assert first == again
    assert played(play_of(*ledger(), seed=2), 5) != first
    assert sum(day.calls for day in first) > 0


def test_more_agents_leave_less_uncalled_and_no_agent_works_beyond_the_minutes() -> None:
    def ledger() -> list[Account]:
        return [account(number, owed(number)) for number in range(250)]

    one = played(play_of(*ledger()), 1)[0]
    three = played(play_of(*ledger(), team=(ANNA, Colleague(id="202"), Colleague(id="203"))), 1)[0]
    assert one.waiting > three.waiting
    assert one.calls + one.waiting + one.refused >= 250
    assert one.capacity == 351, "nine hours, 65 of a hundred for calls"
    assert one.minutes <= one.capacity + 60, "one talk may run over"
    assert sum(one.waiting_open.values()) == 400 * one.waiting


def test_without_agents_and_on_days_off_nobody_is_called() -> None:
    nobody = played(play_of(account(1, owed(1)), team=()), 6)
    assert [day.calls for day in nobody] == [0] * 6
    assert [day.works for day in nobody] == [True] * 5 + [False]
    away = Absence(id="a", agent="201", from_on=TODAY, until_on=TODAY, deputy="")
    days = played(play_of(account(1, owed(1)), absences=(away,)), 2)
    assert (days[0].calls, days[0].capacity) == (0, 0)
    assert days[1].capacity > 0
    part_time = Colleague(id="201", hours=parse_week("tue 10:00-12:00"), minutes_a_day=60)
    days = played(play_of(account(1, owed(1)), team=(part_time,)), 2)
    assert [day.capacity for day in days] == [0, 60]


def test_a_skill_that_nobody_of_the_team_has_leaves_the_call_waiting() -> None:
    found = account(1, owed(1))
    found.task = _task("t1", 1, skill="senior")
    found.look, found.moved = None, False
    play = play_of(found)
    play.accounts[found.debtor.key].ladder = None
    day = play.shift(TODAY, [])
    assert (day.calls, day.waiting) == (0, 1)


def _task(task_id: str, no: int, origin: Origin = Origin.LADDER, at: datetime = NOW, **more: Any) -> Task:
    return Task(
        id=task_id,
        company="",
        debtor_no=str(no),
        medium="call",
        ladder="standard",
        level=2,
        items=(f"R{no}",),
        open_amount={"EUR": Decimal("400.00")},
        not_before=at,
        expires_at=None,
        state=TaskState.READY,
        why="w",
        origin=origin,
        created_at=NOW - DAY,
        **more,
    )


def test_the_gate_puts_calls_off_and_the_day_says_by_which_rule() -> None:
    found = account(1, owed(1))
    talked = Contact(at=NOW - DAY, company="", debtor_no="1", number="+49302000001", result="answered", disposition="refuses")
    assert found.known is not None
    found.known = replace(found.known, contacts=(talked,))
    day = played(play_of(found), 1)[0]
    assert (day.calls, day.refused, day.waiting) == (0, 1, 0)
    assert day.refused_by == {"house/after-conversation": 1}
    assert day.refused_open == {"EUR": Decimal("400.00")}


def test_a_shared_number_is_not_rung_for_two_debtors_on_one_day() -> None:
    both = [account(number, owed(number), phone="+49302000077") for number in (1, 2)]
    play = play_of(*both)
    day = played(play, 1)[0]
    rang = [contact for contact in play.on_numbers["+49302000077"] if contact.result in ("answered", "no_answer", "rejected")]
    assert len({contact.debtor_no for contact in rang}) <= 1 or day.calls == len(rang)
    assert len(rang) <= 1


def test_an_unknown_debtor_is_not_called_and_one_who_asked_for_it_never() -> None:
    unknown = account(1, owed(1))
    unknown.known = None
    play = play_of(unknown)
    list(play.mornings(TODAY))
    assert play.unread(TODAY) == [unknown.debtor.key]
    play.know(unknown.debtor.key, None)
    assert (unknown.task, unknown.agreed, play.unread(TODAY)) == (None, [], [])


def test_what_talks_bring_is_told_apart_from_what_comes_by_itself() -> None:
    play = play_of(*(account(number, owed(number, days=8)) for number in range(60)))
    days = played(play, 20)
    paid = sum((day.paid.get("EUR", Decimal(0)) for day in days), Decimal(0))
    talks = sum((day.by_talks.get("EUR", Decimal(0)) for day in days), Decimal(0))
    still = sum((item.open_amount for one in play.accounts.values() for item in one.items.values()), Decimal(0))
    assert 0 < talks < paid
    assert paid + still <= Decimal(400 * 60)
    assert paid + still >= Decimal(400 * 60) - Decimal(400), "nothing is paid twice"
    assert sum(day.kept for day in days) > 0
    assert sum(day.broken for day in days) > 0


def test_a_branch_is_told_with_its_head_office() -> None:
    branch = account(1, owed(1, days=20))
    branch.held = replace(branch.held, covered_by="9")
    branch.settles = {}
    play = play_of(branch)
    branch.settles["R1"] = TODAY - DAY
    assert list(play.mornings(TODAY)) == []
    assert branch.items == {}


def test_letters_and_emails_go_out_without_an_agent_and_handovers_wait_for_a_person() -> None:
    shipped = rules()
    levels = shipped.ladders[0].levels
    by_letter = replace(shipped.ladders[0], levels=(*levels[:1], replace(levels[1], medium="letter"), *levels[2:]))
    changed = replace(shipped, ladders=(by_letter,))
    old = replace(owed(2, days=60), contact_level=5, contacted_on=TODAY - 20 * DAY)
    play = play_of(account(1, owed(1), of=changed), account(2, old, of=changed), of=changed)
    day = played(play, 1)[0]
    assert (day.letters, day.emails, day.handovers) == (1, 0, 1)
    item = play.accounts[next(iter(play.accounts))].items["R1"]
    assert (item.contact_level, item.contacted_on) == (2, TODAY)


def test_a_callback_is_made_at_its_time_before_other_calls() -> None:
    found = account(1, owed(1))
    found.agreed = [_task("cb", 1, Origin.CALLBACK, NOW.replace(hour=14))]
    play = play_of(found, *(account(number, owed(number)) for number in range(2, 5)))
    played(play, 1)
    made = play.accounts[found.debtor.key].contacts
    assert made
    assert made[0].at >= NOW.replace(hour=14)


def test_every_end_of_a_call_leaves_the_account_as_the_follow_up_says() -> None:
    seen: set[Disposition] = set()
    for number in range(400):
        found = account(number, owed(number))
        play = play_of(found, seed=number % 5)
        done = played(play, 1)[0]
        last = found.contacts[-1] if found.contacts else None
        if last is None or not last.disposition:
            continue
        seen.add(Disposition(last.disposition))
        match Disposition(last.disposition):
            case Disposition.PROMISE:
                assert found.promises
                assert done.promised
                assert found.holds(TODAY).promise_until is not None
            case Disposition.CALLBACK:
                assert [task.origin for task in found.agreed] == [Origin.CALLBACK]
            case Disposition.DISPUTE:
                assert found.holds(TODAY).disputed_items
            case Disposition.DO_NOT_CALL:
                assert found.holds(TODAY).do_not_call
            case Disposition.REFUSES:
                assert found.items[f"R{number}"].contact_level == 2
            case _:
                pass
    assert seen >= {Disposition.PROMISE, Disposition.CALLBACK, Disposition.DISPUTE, Disposition.REFUSES, Disposition.PAID_ALREADY}


def promise(no: int, on: date, **more: Any) -> Promise:
    return Promise(
        id=f"p{on}",
        company="",
        debtor_no=str(no),
        amount=Money(Decimal("200.00"), "EUR"),
        promised_on=on,
        grace_until=on + 2 * DAY,
        made_at=NOW - 9 * DAY,
        items=(f"R{no}",),
        **more,
    )


def test_a_plan_whose_first_payment_is_not_kept_falls_as_a_whole() -> None:
    found = account(1, owed(1))
    play = play_of(found)
    found.settles = {}
    found.promises = [
        promise(1, TODAY - 5 * DAY, plan_id="plan", position=1), promise(1, TODAY + 20 * DAY, plan_id="plan", position=2)
    ]  # fmt: skip
    assert found.facts_at(NOW, 0, {}).promises[0].id == f"p{TODAY - 5 * DAY}"
    (one,) = play.mornings(TODAY)
    assert (one.kept, one.broken) == (0, 1)
    assert found.promises == []
    assert found.history.broken_on == (TODAY,)
    assert [task.origin for task in found.agreed] == [Origin.PROMISE]


def test_a_step_that_has_begun_waits_while_the_debtor_has_had_enough() -> None:
    found = account(1, owed(1))
    play = play_of(found)
    found.settles = {}
    found.task = _task("t1", 1, attempts_made=1)
    calls = tuple(Touch(on=TODAY - number * DAY, medium="call", conversation=True) for number in (1, 1, 2, 3))
    found.history = replace(found.history, touches=calls)
    list(play.mornings(TODAY))
    assert found.task is not None
    assert found.task.not_before > NOW
    assert found.task.state is TaskState.PLANNED


def test_a_task_about_nothing_that_may_be_spoken_about_is_over() -> None:
    found = account(1, owed(1))
    play = play_of(found)
    found.task = replace(_task("t1", 1), items=("gone",))
    assert play.shift(TODAY, []).calls == 0
    assert found.task is None


def test_a_debtor_who_does_not_want_calls_is_off_the_list_for_good() -> None:
    found = account(1, owed(1))
    play = play_of(found)
    assert found.known is not None
    said = Fact(id="f", at=NOW - DAY, company="", debtor_no="1", kind=FactKind.DO_NOT_CALL)
    play.know(found.debtor.key, replace(found.known, facts=(said,)))
    found.task = _task("t1", 1)
    found.agreed = [_task("cb", 1, Origin.CALLBACK), _task("cb2", 1, Origin.CALLBACK, NOW + 3 * DAY)]
    assert play.shift(TODAY, []).calls == 0
    assert found.task is None
    assert [task.id for task in found.agreed] == ["cb2"]


def test_whoever_is_away_has_no_desk_that_day() -> None:
    away = Absence(id="a", agent="202", from_on=TODAY, until_on=TODAY, deputy="")
    day = played(play_of(account(1, owed(1)), team=(ANNA, Colleague(id="202")), absences=(away,)), 1)[0]
    assert day.capacity == 351


# ---------------------------------------------------------------- what is told


def test_the_answer_says_whether_the_agents_are_enough_and_how_many_would_be() -> None:
    many = [account(number, owed(number)) for number in range(300)]
    short = document(played(play_of(*many), 1), 1, 1, "en", "Europe/Berlin")
    assert "1 agent is not enough" in short["sentences"][0]
    assert short["total"]["agents_needed"] >= 2
    assert short["total"]["uncalled"] == short["days"][0]["uncalled"] > 0
    few = document(played(play_of(account(1, owed(1))), 1), 1, 1, "de", "Europe/Berlin")
    assert "1 Person reicht:" in few["sentences"][0]
    assert len(few["assumptions"]) == 3
    nobody = document(played(play_of(account(1, owed(1)), team=()), 1), 0, 1, "en", "Europe/Berlin")
    assert nobody["sentences"][0] == "Without agents nobody is called: 1 debtor over €400.00 waits on the last working day."
    assert nobody["days"][0]["uncalled_open"] == {"EUR": "400.00"}
    empty = document(played(play_of(team=()), 1), 0, 1, "en", "Europe/Berlin")
    assert empty["sentences"] == ["Without agents nobody is called; on the last working day no call waits."]
    assert nobody["total"]["agents_needed"] is None


def test_days_without_work_say_so() -> None:
    saturday = replace(played(play_of(account(1, owed(1)), team=()), 6)[-1])
    assert document([saturday], 0, 1, "en", "UTC")["sentences"] == ["No working day lies in this time."]
    assert document([], 0, 1, "en", "UTC")["total"]["handovers"] == 0


def test_put_off_calls_are_told_with_the_rule() -> None:
    found = account(1, owed(1))
    assert found.known is not None
    talked = Contact(at=NOW - DAY, company="", debtor_no="1", number="+49302000001", result="answered", disposition="refuses")
    found.known = replace(found.known, contacts=(talked,))
    doc = document(played(play_of(found), 1), 1, 1, "en", "Europe/Berlin")
    assert "put off by the contact limits" in doc["sentences"][1]
    assert "house/after-conversation" in doc["sentences"][1]


def test_the_picture_draws_what_the_document_says() -> None:
    doc = document(played(play_of(*(account(number, owed(number)) for number in range(60))), 20), 1, 1, "en", "Europe/Berlin")
    svg = picture(doc, "en")
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>\n")
    assert "20 days with 1 agent" in svg
    assert "1 agents" not in svg
    assert svg.count("calls made") == 1
    assert "23.11." in svg
    empty = picture({"days": [], "agents": 0}, "de")
    assert "0 Tage mit 0 Personen" in empty
