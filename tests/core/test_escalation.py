"""Escalation with every option: whatever a team lead writes, the answer knows its first other day, and planning twice changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.dunning import Cancel, Keep, Nothing, Wait, changed_task, plan_tasks
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.foresight import foresee_task
from collectord.core.receivables.frame import Frame, Pause
from collectord.core.receivables.handover import Handover
from collectord.core.receivables.history import NO_HISTORY, Fall, History, PaidItem, Touch
from collectord.core.receivables.holds import NO_HOLD, Grace, Holds
from collectord.core.receivables.ladders import Instalments, Ladder, Level, OldestCleared, OldItem, Options, SeveralItems, day_by_age
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.legal_states import LegalState, LegalStates
from collectord.core.receivables.peers import EVERYBODY, FIRST_GUESS, Peers
from collectord.core.receivables.policy import PLAIN, Policy
from collectord.core.receivables.risk_rules import RiskRules, Risks
from collectord.core.receivables.steps import carried_out
from collectord.core.receivables.strategies import Frames, Strategies, Strategy
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.triggers import Trigger
from collectord.core.receivables.wanted import NotWanted, Wanted
from tests.core.test_dunning import DAY, DEBTORS, FIRM, HOLDS, ITEMS, NOW, TODAY, ZONE, item, made

CALLS = tuple(Level(number=number, name=name, after_due=day, medium="call") for number, (name, day) in enumerate(
    [("one", 3), ("two", 10), ("three", 20)], start=1))  # fmt: skip
CLASS_II = replace(FIRM, potential_class="II")


def ladder(*levels: Level, handovers: tuple[Handover, ...] = (), **options: Any) -> Ladder:
    return Ladder(name="any", levels=levels or CALLS, options=Options(**options), handovers=handovers)


def framed(**fields: Any) -> Frames:
    """Class II has this frame."""
    frame = Frame(strategy="s", strength={"call": 3, "letter": 2}, **fields)
    return Frames(Strategies((Strategy(name="s", potential_classes=("II",), frame=frame),), {"firm": "firm-script"}))


def ask(
    *items: OpenItem,
    of: Ladder,
    on: date = TODAY,
    debtor: Debtor = CLASS_II,
    holds: Holds = NO_HOLD,
    history: History = NO_HISTORY,
    policy: Policy = PLAIN,
) -> Wanted | NotWanted:
    return wanted(debtor, items, of, on, holds=holds, history=history, policy=policy)


def yes(*items: OpenItem, **more: Any) -> Wanted:
    answer = ask(*items, **more)
    assert isinstance(answer, Wanted), answer
    return answer


def no(*items: OpenItem, **more: Any) -> NotWanted:
    answer = ask(*items, **more)
    assert isinstance(answer, NotWanted), answer
    return answer


# ---------------------------------------------------------------- clocks


def test_a_step_at_the_end_of_the_month_comes_after_the_month_of_the_due_date_and_after_the_due_date_itself() -> None:
    one = Level(number=1, name="one", after_month_end=0, medium="call")
    of = ladder(one)
    assert day_by_age(of, one, replace(item(), due_on=date(2026, 2, 10))) == date(2026, 2, 28)
    assert day_by_age(of, one, replace(item(), due_on=date(2026, 10, 31))) == date(2026, 11, 1)
    assert not one.is_courtesy


def test_a_step_after_the_previous_contact_comes_by_age_as_long_after_the_step_before_it() -> None:
    first, second = Level(number=1, name="one", after_due=-3, medium="call"), Level(number=2, name="two", after_contact=7, medium="call")
    third = Level(number=3, name="three", after_contact=5, medium="call")
    of = ladder(first, second, third)
    assert [day_by_age(of, level, item(days=0)) for level in (second, third)] == [TODAY + DAY, TODAY + 6 * DAY]
    assert (no(item(days=9, contacted_on=TODAY - 2 * DAY), of=of).rule, yes(item(days=9), of=of).level.number) == ("gap", 2)
    assert no(item(days=9, contacted_on=TODAY - 2 * DAY), of=of).until == TODAY + 5 * DAY


# ---------------------------------------------------------------- options


def test_an_item_that_was_old_when_it_came_starts_by_age_but_never_with_the_handover() -> None:
    handover = Level(number=4, name="handover", after_due=30, medium="handover")
    of = ladder(*CALLS, handover, old_item_starts=OldItem.BY_AGE)
    assert yes(item(days=12, opened_as_of=TODAY - DAY), of=of).level.number == 2
    assert yes(item(days=90, opened_as_of=TODAY - DAY), of=of).level.number == 3
    assert yes(item(days=12, opened_as_of=TODAY - 11 * DAY), of=of).level.number == 1  # one day late then: the first step had not come
    assert yes(item(days=12, opened_as_of=TODAY - 30 * DAY), of=of).level.number == 1  # not due yet then
    assert yes(item(days=12), of=of).level.number == 1  # nobody knows when it came
    assert yes(item(days=30, opened_as_of=TODAY, contact_level=1, contacted_on=TODAY - DAY), of=of).level.number == 2
    assert yes(item(days=12, opened_as_of=TODAY - DAY), of=ladder(old_item_starts=OldItem.FIRST)).level.number == 1


def test_a_call_that_does_not_raise_the_level_comes_again_until_the_next_step_has_come() -> None:
    spaced = tuple(replace(level, needs_gap=4) for level in CALLS)
    of = ladder(*spaced, call_raises=False)
    called = item(days=5, contact_level=1, contacted_on=TODAY)
    assert (no(called, of=of).rule, no(called, of=of).until) == ("gap", TODAY + 4 * DAY)
    again = yes(called, of=of, on=TODAY + 4 * DAY)
    assert (again.level.number, again.expires_on) == (1, TODAY + 5 * DAY)
    assert yes(called, of=of, on=TODAY + 5 * DAY).level.number == 2
    last = item(days=40, contact_level=3, contacted_on=TODAY - 4 * DAY)
    assert yes(last, of=of).level.number == 3  # behind the last step it goes on and on
    assert yes(last, of=of).expires_on is None
    silent = ladder(*spaced, Level(number=4, name="letter", after_due=50, medium="letter"), call_raises=False)
    assert no(last, of=silent, holds=Holds(do_not_call=True)).until == TODAY + 10 * DAY  # who is not called any more is not called again
    assert no(item(days=40, contact_level=9), of=of).rule == "finished"


def test_instalments_that_count_as_one_share_what_was_done_about_them() -> None:
    of = ladder(instalments=Instalments.AS_ONE)
    first, second = item("R/1", 5), item("R/2", -20)
    credit, other = item("R/3", -20, "-5.00"), item("S", -20)
    assert carried_out(of, 1, [first], TODAY, [first, second, credit, other]) == {"R/1": 1, "R/2": 1}
    told = replace(second, contact_level=1, contacted_on=TODAY)
    assert no(told, of=of, on=TODAY + 23 * DAY).level == CALLS[1]
    assert yes(told, of=of, on=TODAY + 30 * DAY).level.number == 2
    assert yes(told, of=ladder(), on=TODAY + 30 * DAY).level.number == 1  # one by one, it was spoken about before it was due
    assert carried_out(of, 1, [item("R", 5)], TODAY, [item("R", 5)]) == {"R": 1}
    referred = [replace(item(number), debtor_no="20") for number in ("20/R", "20/S", "20/T/1")]  # a branch's, as its head office sees them
    assert [of.invoice_of(one) for one in referred] == ["", "", "20/T"]


def test_when_the_oldest_is_cleared_the_others_go_on_by_their_own_age_or_keep_the_level() -> None:
    items = [item("A", 20, contact_level=2), item("B", 4)]
    assert carried_out(ladder(), 3, items, TODAY) == {"A": 3, "B": 1}
    assert carried_out(ladder(oldest_cleared=OldestCleared.KEEP_LEVEL), 3, items, TODAY) == {"A": 3, "B": 3}


def test_a_step_that_came_before_its_day_does_not_come_again() -> None:
    assert carried_out(ladder(), 1, [item("A", 2), item("B", 1)], TODAY) == {"A": 1, "B": 0}
    disabled = (replace(CALLS[0], enabled=False), *CALLS[1:])
    assert carried_out(ladder(*disabled), 2, [item("A", 1)], TODAY) == {"A": 2}
    assert carried_out(ladder(), 2, [item("A", 2), item("B", 1)], TODAY) == {"A": 2, "B": 0}


def test_the_highest_step_that_has_come_may_decide_and_each_item_may_have_its_own() -> None:
    old, young = item("A", 15, contact_level=0), item("B", 12, contact_level=1, contacted_on=TODAY - 5 * DAY)
    highest = yes(old, young, of=ladder(several_items=SeveralItems.HIGHEST))
    assert (highest.level.number, highest.items, highest.driver) == (2, ("A", "B"), "B")
    own = yes(old, young, of=ladder(several_items=SeveralItems.EACH_ITS_OWN))
    assert (own.level.number, own.items) == (2, ("B",))
    costly = (CALLS[0], replace(CALLS[1], min_open=Decimal(1000)), CALLS[2])
    assert yes(old, young, of=ladder(*costly, several_items=SeveralItems.EACH_ITS_OWN)).items == ("A",)
    too_small = tuple(replace(level, min_open=Decimal(1000)) for level in CALLS)
    small = no(old, young, item("C", 0), of=ladder(*too_small, several_items=SeveralItems.EACH_ITS_OWN))
    assert (small.rule, small.until) == ("below-minimum", TODAY + DAY)
    waits = no(item("A", 1), item("B", 2), of=ladder(several_items=SeveralItems.HIGHEST))
    assert (waits.rule, waits.until) == ("not-yet", TODAY + DAY)
    letter = item("A", 15, contact_level=1, last_dunned_on=TODAY - 2 * DAY)
    spaced = tuple(replace(level, needs_gap=5) for level in CALLS)
    assert no(letter, of=ladder(*spaced, several_items=SeveralItems.EACH_ITS_OWN)).until == TODAY + 3 * DAY
    assert no(item("A", 90, contact_level=3), of=ladder(several_items=SeveralItems.HIGHEST)).rule == "finished"


# ---------------------------------------------------------------- frame, pause, grace, legal state


def test_a_step_waits_until_the_debtor_may_receive_it_again() -> None:
    policy = Policy(frames=framed(saturation=5, per=7))
    called = History(touches=(Touch(on=TODAY - 2 * DAY, medium="call"),))
    full = no(item(), of=ladder(), policy=policy, history=called)
    assert (full.rule, full.until) == ("saturated", TODAY + 5 * DAY)
    assert "strength 3; at most 5 is allowed" in full.why("en", ZONE)
    assert yes(item(), of=ladder(), policy=policy, history=called, on=TODAY + 5 * DAY).level.number == 1
    heavy = no(item(), of=ladder(), policy=Policy(frames=framed(saturation=2, per=7)))
    assert (heavy.rule, heavy.until) == ("too-heavy", None)
    assert yes(item(), of=ladder(), policy=Policy(frames=framed(saturation=2, per=7)), debtor=FIRM).level.number == 1


def test_a_step_that_costs_more_than_it_brings_is_not_made() -> None:
    policy = Policy(frames=framed(cost={"call": Decimal("4.50")}, margin=10))
    little = no(item(amount="44.00"), item("B", 0, "5.00"), of=ladder(), policy=policy)
    assert (little.rule, little.until) == ("not-worth", TODAY + DAY)
    assert little.why("en", ZONE) == "Step 1 (one) costs €4.50, but 10 % of €44.00 brings only €4.40."
    assert yes(item(amount="45.00"), of=ladder(), policy=policy).tone == "friendly"


def test_the_frame_says_medium_tone_script_skill_agent_and_priority() -> None:
    frames = framed(instead={"call": "letter"}, tones=("friendly", "firm"), skill="senior", agent="201", priority=60)
    answer = yes(item(days=12, contact_level=1), of=ladder(*(replace(level, priority=50) for level in CALLS)), policy=Policy(frames=frames))
    assert (answer.medium, answer.tone, answer.script, answer.skill, answer.agent, answer.priority) == (
        "letter", "firm", "firm-script", "senior", "201", 100,
    )  # fmt: skip
    assert no(item(), of=ladder(), policy=Policy(frames=framed(media=("email",)))).rule == "finished"


def test_a_step_that_has_begun_comes_back_when_there_is_room_again() -> None:
    policy, of = Policy(frames=framed(saturation=5, per=7)), ladder()
    task = replace(made(yes(item(), of=of, policy=policy)), attempts_made=1)
    called = History(touches=(Touch(on=TODAY, medium="call"),))

    def plan(before: Task, history: History = called, items: tuple[OpenItem, ...] = (item(),)) -> Any:
        return plan_tasks(CLASS_II, items, before, of, TODAY, history=history, policy=policy, zone=ZONE)

    decision = plan(task)
    assert isinstance(decision, Wait)
    assert decision.not_before.date() == TODAY + 6 * DAY  # midnight in Berlin of the seventh day
    assert isinstance(plan(replace(task, not_before=decision.not_before, state=TaskState.PLANNED)), Keep)
    assert isinstance(plan(replace(task, attempts_made=0)), Cancel)
    assert isinstance(plan(task, items=(replace(item(), dispute=True),)), Cancel)
    spaced = ladder(*(replace(level, needs_gap=5) for level in CALLS))
    talked = History(touches=(Touch(on=TODAY, medium="call", conversation=True),))  # "paid already": the same step again in some days
    held = replace(task, not_before=NOW + 7 * DAY, state=TaskState.PLANNED)
    assert isinstance(plan_tasks(CLASS_II, [item()], held, spaced, TODAY, history=talked, zone=ZONE), Keep)
    foreseen = foresee_task(
        CLASS_II, [item()], task, of, NO_HOLD, history=called, policy=policy, today=TODAY, last=TODAY + 9 * DAY, now=NOW,
        language="en", zone=ZONE,
    )  # fmt: skip
    assert foreseen is not None
    assert (foreseen.id, foreseen.not_before) == (task.id, decision.not_before)


def test_the_whole_ladder_stands_still_for_a_pause_for_grace_and_for_a_legal_state() -> None:
    paused = Policy(frames=framed(pause=Pause(until=TODAY, who="M. Lead", why="talks")))
    assert no(item(), of=ladder(), policy=paused).why("en", ZONE).endswith("says M. Lead: talks.")
    assert isinstance(ask(item(), of=ladder(), policy=paused, on=TODAY + DAY), Wanted)
    grace = Holds(grace=Grace(TODAY + DAY, "M. Lead", "moved"))
    assert (no(item(), of=ladder(), holds=grace).rule, no(item(), of=ladder(), holds=grace).until) == ("grace", TODAY + 2 * DAY)
    state = LegalState(name="x", title={"en": "insolvency", "de": "Insolvenz"}, addressee={"en": "E", "de": "D"}, words=("insolv",))
    told = no(item(), of=ladder(), holds=Holds(legal_state="Insolvenz"), policy=Policy(legal_states=LegalStates((state,))))
    assert told.rule == "legal-state"
    assert told.why("de", ZONE).endswith("anzusprechen ist stattdessen D.")
    assert no(item(), of=ladder(), holds=Holds(legal_state="odd")).why("en", ZONE) == "The legal state odd stops the ladder."


def test_the_ladder_is_the_one_that_the_strategy_names() -> None:
    named, usual = replace(ladder(), name="named"), ladder()
    policy = Policy(frames=framed(ladder="named"))
    assert policy.ladder_for(CLASS_II, (usual, named)) is named
    assert policy.ladder_for(FIRM, (usual, named)) is usual
    assert policy.ladder_for(CLASS_II, (usual,)) is None


# ---------------------------------------------------------------- triggers and risk

TWO = Trigger(name="two", overdue_items=2, needs_gap=2, priority=55, script="both")


def test_a_trigger_brings_the_ladders_next_step_forward_and_says_so() -> None:
    items, policy = (item("A", 5, contact_level=1, contacted_on=TODAY - 4 * DAY), item("B", 1)), Policy(triggers=(TWO,))
    assert no(*items, of=ladder()).rule == "not-yet"
    answer = yes(*items, of=ladder(), policy=policy)
    assert (answer.level.number, answer.items, answer.prompted_by, answer.script, answer.priority) == (2, ("A", "B"), "two", "both", 55)
    assert answer.why("en", ZONE).startswith("Step 2 (two), brought forward by two: 2 items are overdue at once")
    assert made(answer).prompted_by == "two"
    soon = no(item("A", 5, contact_level=1, contacted_on=TODAY - 4 * DAY), item("B", 0), of=ladder(), policy=policy)
    assert soon.until == TODAY + DAY


def test_a_trigger_keeps_the_gap_of_the_frame_and_skips_no_step() -> None:
    items = (item("A", 5, contact_level=1, contacted_on=TODAY - 4 * DAY), item("B", 1))
    answer = no(*items, of=ladder(), policy=Policy(triggers=(TWO,), frames=framed(gap=6)))
    assert answer.until == TODAY + 2 * DAY
    letters = tuple(replace(level, medium="letter") for level in CALLS)
    assert no(*items, of=ladder(*letters), policy=Policy(triggers=(TWO,))).rule == "not-yet"
    assert yes(item("A", 5), item("B", 4), of=ladder(), policy=Policy(triggers=(TWO,))).prompted_by == ""  # the ladder wants it anyway


def test_a_courtesy_may_ask_for_a_risk_and_says_what_it_was_made_for() -> None:
    early = Level(number=1, name="early", after_due=-3, medium="call", min_risk=30)
    risks = Risks(rules=RiskRules(enabled=True), peers=Peers({EVERYBODY: FIRST_GUESS}))
    of, policy = ladder(early, *(replace(level, number=level.number + 1) for level in CALLS)), Policy(risks=risks)
    answer = yes(item(days=-2), of=of, policy=policy)
    assert answer.level is early
    assert "risk of being paid late" in answer.why("en", ZONE)
    unlikely = no(item(days=-2), of=ladder(replace(early, min_risk=99), *of.levels[1:]), policy=policy)
    assert (unlikely.rule, unlikely.until) == ("not-yet", TODAY + 3 * DAY)  # overdue; until then nothing makes the risk another
    finished = item("B", 10, contact_level=3, contacted_on=TODAY - 5 * DAY)  # the longer it is late, the higher the risk
    behind = no(finished, item(days=-2), of=ladder(replace(early, min_risk=99), *of.levels[1:3]), policy=policy)
    assert (behind.rule, behind.until) == ("not-yet", TODAY + DAY)
    assert no(item(days=-2), of=of).level == of.levels[1]  # nobody estimates
    assert no(item(days=-8), of=of).until == TODAY + 5 * DAY


def test_a_handover_names_the_first_that_fits() -> None:
    last = Level(number=1, name="handover", after_due=3, medium="handover")
    of = ladder(last, handovers=(Handover(to="A", max_open=Decimal(100)), Handover(to="B", kind="in_house", potential_classes=("II",))))
    assert yes(item(), of=of).handover == of.handovers[1]
    assert yes(item(), of=of).why("de", ZONE).startswith("Stufe 1 (handover) an B (im Haus)")
    nobody = yes(item(), of=of, debtor=FIRM)
    assert nobody.handover is None
    assert nobody.why("en", ZONE).startswith("Step 1 (handover), meant for nobody (A: only below €100.00; ")


# ---------------------------------------------------------------- for all

CLOCKS = st.one_of(
    st.integers(-10, 50).map(lambda day: {"after_due": day}),
    st.integers(1, 12).map(lambda day: {"after_contact": day}),
    st.integers(0, 20).map(lambda day: {"after_month_end": day}),
)
LEVELS = st.builds(
    lambda clock, medium, least, kind, expires, gap, risk: {
        **clock, "medium": medium, "min_open": Decimal(least), "person_type": kind, "expires_after": expires, "needs_gap": gap,
        "min_risk": risk if clock.get("after_due", 1) <= 0 else 0,
    },
    CLOCKS, st.sampled_from(["call", "call", "letter", "handover"]), st.sampled_from(["0", "25.00", "1000.00"]),
    st.sampled_from(["", "", "business"]), st.none() | st.integers(1, 20), st.integers(0, 9), st.sampled_from([0, 35, 60]),
)  # fmt: skip
OPTIONS = st.builds(
    Options, old_item_starts=st.sampled_from(OldItem), several_items=st.sampled_from(SeveralItems),
    oldest_cleared=st.sampled_from(OldestCleared), instalments=st.sampled_from(Instalments), instalment_mark=st.just("0"),
    call_raises=st.booleans(),
)  # fmt: skip
LADDERS = st.builds(
    lambda rows, options: Ladder(
        name="any",
        levels=tuple(Level(number=number, name=f"L{number}", **row) for number, row in enumerate(rows, start=1)),
        options=options,
    ),
    st.lists(LEVELS, min_size=1, max_size=5), OPTIONS,
)  # fmt: skip
TOUCHES = st.lists(
    st.builds(
        lambda ago, medium, talk, inbound: Touch(on=TODAY - ago * DAY, medium=medium, conversation=talk, inbound=inbound),
        st.integers(0, 20), st.sampled_from(["call", "letter"]), st.booleans(), st.sampled_from([False, False, True]),
    ),
    max_size=4,
).map(lambda touches: tuple(sorted(touches, key=lambda touch: touch.on)))  # fmt: skip
PAID = st.lists(st.tuples(st.integers(30, 300), st.integers(-3, 25)), max_size=9).map(
    lambda rows: tuple(
        sorted(
            (PaidItem(item_no=f"P{at}", due_on=TODAY - due * DAY, cleared_on=TODAY - (due - late) * DAY, amount=Decimal(9), currency="EUR")
             for at, (due, late) in enumerate(rows)),
            key=lambda paid: (paid.cleared_on, paid.due_on, paid.item_no),
        )
    )
)  # fmt: skip
FALLS = st.lists(st.tuples(st.integers(5, 60), st.integers(0, 30)), max_size=3).map(
    lambda rows: tuple(
        Fall(due_on=TODAY - (due + on) * DAY, on=TODAY - on * DAY, amount=Decimal(300), currency="EUR")
        for due, on in sorted(rows, key=lambda row: -row[1])
    )
)
HISTORIES = st.builds(
    History, paid=PAID, falls=FALLS, touches=TOUCHES,
    broken_on=st.lists(st.integers(0, 9), max_size=2).map(lambda days: tuple(sorted(TODAY - day * DAY for day in days))),
)  # fmt: skip
FRAMES = st.builds(
    lambda saturation, per, gap, margin, instead, pause: framed(
        saturation=saturation, per=per, gap=gap, margin=margin, cost={"call": Decimal("4.50"), "letter": Decimal("1.90")}, instead=instead,
        pause=None if pause is None else Pause(until=TODAY + pause * DAY, who="lead", why="why"),
    ),
    st.none() | st.integers(2, 9), st.integers(1, 14), st.integers(0, 9), st.none() | st.sampled_from([1, 30]),
    st.sampled_from([{}, {"call": "letter"}]), st.sampled_from([None, None, -1, 2]),
)  # fmt: skip
TRIGGERS = st.lists(
    st.sampled_from(
        [
            TWO, Trigger(name="sum", overdue=Decimal(1500), needs_gap=3, priority=60),
            Trigger(name="broken", promises_broken=1, medium="letter"),
            Trigger(name="grown", growth_percent=50, min_open=Decimal(100)), Trigger(name="worse", later_than_usual=5, priority=70),
        ]
    ),
    max_size=3, unique_by=lambda trigger: trigger.name,
).map(tuple)  # fmt: skip
POLICIES = st.builds(
    lambda frames, triggers, enabled: Policy(frames=frames, triggers=triggers, risks=Risks(rules=RiskRules(enabled=enabled))),
    FRAMES, TRIGGERS, st.booleans(),
)  # fmt: skip
ANY = (DEBTORS.map(lambda debtor: replace(debtor, potential_class="II")), ITEMS, LADDERS, HOLDS, HISTORIES, POLICIES)


@given(*ANY)
def test_for_all_rules_nothing_is_wanted_before_the_day_that_a_refusal_names(debtor, items, ladder, holds, history, policy) -> None:  # type: ignore[no-untyped-def]
    days = [TODAY + offset * DAY for offset in range(12)]
    answers = [wanted(debtor, items, ladder, day, holds=holds, history=history, policy=policy) for day in days]
    for day, answer in zip(days, answers, strict=True):
        assert answer.why("de", ZONE)
        if isinstance(answer, NotWanted):
            assert answer.until is None or answer.until > day
            later = [other for other, found in zip(days, answers, strict=True) if other > day and isinstance(found, Wanted)]
            assert not later or (answer.until is not None and answer.until <= later[0]), (day, answer, later[0])


@given(*ANY)
def test_for_all_rules_planning_twice_changes_nothing(debtor, items, ladder, holds, history, policy) -> None:  # type: ignore[no-untyped-def]
    more: dict[str, Any] = {"holds": holds, "history": history, "policy": policy}
    answer = wanted(debtor, items, ladder, TODAY, **more)
    if isinstance(answer, NotWanted):
        assert isinstance(plan_tasks(debtor, items, None, ladder, TODAY, **more), Nothing)
        return
    assert isinstance(plan_tasks(debtor, items, made(answer), ladder, TODAY, **more), Keep)
    assert set(answer.items) <= {one.item_no for one in items if one.open_amount > 0}
    assert answer.since <= TODAY


@given(*ANY)
def test_for_all_rules_a_step_that_was_carried_out_does_not_come_again_at_once(debtor, items, ladder, holds, history, policy) -> None:  # type: ignore[no-untyped-def]
    answer = wanted(debtor, items, ladder, TODAY, holds=holds, history=history, policy=policy)
    if not isinstance(answer, Wanted):
        return
    levels = carried_out(ladder, answer.level.number, [one for one in items if one.item_no in answer.items], TODAY, items)
    after = [replace(one, contact_level=levels[one.item_no], contacted_on=TODAY) if one.item_no in levels else one for one in items]
    assert max(levels[number] for number in answer.items) >= answer.level.number
    again = wanted(debtor, after, ladder, TODAY, holds=holds, history=history, policy=policy)
    if isinstance(again, Wanted) and ladder.options.several_items is not SeveralItems.EACH_ITS_OWN:
        assert (again.level.number, again.items) != (answer.level.number, answer.items)


@pytest.mark.parametrize("days", [0, 400])
def test_a_change_of_the_agent_reaches_the_task(days: int) -> None:
    of, policy = ladder(), Policy(frames=framed(agent="202"))
    task = made(yes(item(days=12 + days), of=of))
    decision = plan_tasks(CLASS_II, [item(days=12 + days)], task, of, TODAY, policy=policy)
    changed = changed_task(decision, NOW, language="en", zone=ZONE)  # type: ignore[arg-type]
    assert (task.agent, changed.agent) == ("", "202")
    assert timedelta(0) <= changed.not_before - task.not_before
