"""Allocation: what was agreed comes first, then priority, money, age; nobody gets what they cannot take."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.exceptions import DebtorException, Exceptions
from collectord.core.receivables.frame import Frame
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import Frames, Strategies, Strategy
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.allocation import (
    BOUND_FOR,
    Candidate,
    FreeAgent,
    Nothing,
    Placement,
    barred_languages,
    choose,
    foresee,
    in_modes,
    may_go_ahead,
    under_frames,
)
from collectord.core.telephony.modes import Mode

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANNA = FreeAgent(id="201", languages=("de", "en"))
BEN = FreeAgent(id="202", languages=("en",), skills=("senior",))
ANY = FreeAgent(id="203")


def case(task_id: str = "t", amount: str = "100.00", *, language: str = "", owner: str = "", **fields: Any) -> Candidate:
    values: dict[str, Any] = {"not_before": NOW, "expires_at": None, "open_amount": {"EUR": Decimal(amount)}, **fields}
    task = Task(
        id=task_id, company="", debtor_no=task_id, medium="call", ladder="standard", items=("A",), state=TaskState.READY,
        why="", **{"level": 2, **values},
    )  # fmt: skip
    return Candidate(task=task, language=language, owner=owner)


def placed(*candidates: Candidate, desk: tuple[FreeAgent, ...] = (ANNA, BEN), **more: Any) -> tuple[str, str]:
    answer = choose(candidates, desk, NOW, **more)
    assert isinstance(answer, Placement), answer
    return answer.task.id, answer.agent.id


def nothing(*candidates: Candidate, desk: tuple[FreeAgent, ...] = (ANNA, BEN), **more: Any) -> Nothing:
    answer = choose(candidates, desk, NOW, **more)
    assert isinstance(answer, Nothing), answer
    return answer


def test_priority_goes_before_money_and_money_before_age() -> None:
    old, young = date(2026, 1, 1), date(2026, 11, 1)
    assert placed(case("a", "9000.00"), case("b", "10.00", priority=5))[0] == "b"
    assert placed(case("a", "100.00", oldest_due_on=old), case("b", "200.00", oldest_due_on=young))[0] == "b"
    assert placed(case("a", oldest_due_on=young), case("b", oldest_due_on=old), case("c"))[0] == "b"
    assert placed(case("b", not_before=NOW - MINUTE), case("a"))[0] == "b"
    assert placed(case("b"), case("a"))[0] == "a"


def test_the_expected_value_at_this_hour_goes_before_priority_and_money() -> None:
    assert placed(case("a", "9000.00", priority=9), case("b", "10.00", value=Decimal(5)))[0] == "b"
    best = replace(case("a", value=Decimal(5)), factor=Decimal("0.5"))
    assert placed(best, case("b", value=Decimal(4)))[0] == "b", "a poor hour"
    assert placed(case("a", value=Decimal(5)), case("b", origin=Origin.CALLBACK))[0] == "b", "what was agreed comes first"


def test_whoever_spoke_with_the_debtor_last_goes_on_unless_the_debtor_has_an_owner() -> None:
    assert placed(replace(case(), spoke_last="202"))[1] == "202"
    assert placed(replace(case(owner="201"), spoke_last="202"))[1] == "201"
    assert placed(replace(case(), spoke_last="209"))[1] == "201", "not at the desk"


def test_money_is_compared_by_the_largest_sum_in_one_currency() -> None:
    both = case("a", open_amount={"EUR": Decimal(90), "CHF": Decimal(90)})
    assert placed(both, case("b", "100.00"))[0] == "b"


def test_a_callback_that_is_due_goes_before_everything_and_to_the_agent_who_agreed_it() -> None:
    callback = case("c", "1.00", origin=Origin.CALLBACK, agent="202")
    assert placed(case("a", "9000.00", priority=100), callback) == ("c", "202")


def test_a_callback_whose_agent_is_not_free_waits_a_quarter_of_an_hour_and_then_passes_on() -> None:
    waiting = case("c", origin=Origin.CALLBACK, agent="209", not_before=NOW - 5 * MINUTE)
    assert nothing(waiting).until == NOW - 5 * MINUTE + BOUND_FOR
    assert placed(waiting, case("a"))[0] == "a"
    assert placed(case("a"), case("c", origin=Origin.CALLBACK, agent="209", not_before=NOW - BOUND_FOR))[0] == "c"


def test_a_manual_call_is_for_the_named_agent_for_ever() -> None:
    manual = case("m", origin=Origin.MANUAL, agent="209", not_before=NOW - 60 * MINUTE)
    assert nothing(manual).until is None
    assert placed(replace(manual, task=replace(manual.task, agent="201"))) == ("m", "201")


def test_a_skill_is_never_done_without() -> None:
    assert placed(case("s", skill="senior")) == ("s", "202")
    answer = nothing(case("s", skill="lawyer"))
    assert answer.why == "1 task waits for an agent, a skill or a language that nobody free has."


def test_a_language_binds_unless_nobody_in_the_house_speaks_it() -> None:
    assert placed(case("g", language="de")) == ("g", "201")
    assert placed(case("g", language="DE-at")) == ("g", "201")
    assert placed(case("e", language="en")) == ("e", "202"), "the first language suits better"
    assert nothing(case("f", language="fr")).until is None
    assert placed(case("f", language="fr"), spoken=frozenset({"de", "en"})) == ("f", "201")
    assert nothing(case("f", language="fr"), spoken=frozenset({"de", "fr"})).until is None
    assert placed(case("f", language="fr"), desk=(ANNA, ANY)) == ("f", "203"), "no languages configured: speaks whatever comes"


def test_the_owner_gets_the_case_and_rare_skills_are_kept_free() -> None:
    assert placed(case("a", owner="202")) == ("a", "202")
    assert placed(case("a")) == ("a", "201")
    assert placed(case("a", owner="209")) == ("a", "201")


def test_what_is_not_due_or_expired_is_not_placed() -> None:
    assert nothing(case("a", not_before=NOW + 5 * MINUTE), case("b", not_before=NOW + 3 * MINUTE)).until == NOW + 3 * MINUTE
    assert nothing(case("a", not_before=NOW + MINUTE)).why == "The next task is due later."
    assert nothing(case("a", expires_at=NOW)).why == "No task is waiting."
    assert placed(case("a", expires_at=NOW + MINUTE))[0] == "a"


def test_an_empty_desk_gets_nothing_and_hears_why_in_its_language() -> None:
    assert nothing(case("a"), desk=()) == Nothing("Nobody is free.", None)
    assert nothing(desk=(ANNA,), language="de").why == "Es wartet keine Aufgabe."


def test_the_list_for_people_shares_the_load_and_leaves_owners_and_callbacks_with_their_agents() -> None:
    cases = [case("a"), case("b"), case("c", owner="202"), case("d", agent="202"), case("e"), case("f", skill="lawyer")]
    cases.append(case("g", agent="299"))
    who = {task: agent.id if agent else None for task, agent in foresee(cases, (ANNA, BEN)).items()}
    assert who == {"a": "201", "b": "202", "c": "202", "d": "202", "e": "201", "f": None, "g": "201"}
    assert foresee([case("f", language="fr")], (ANNA,), spoken=frozenset({"de"})) == {"f": ANNA}


CASES = st.lists(
    st.builds(
        lambda amount, priority, language, skill, agent, origin, owner, offset, expires, value: case(
            amount=str(amount), priority=priority, language=language, skill=skill, agent=agent, origin=origin, owner=owner,
            not_before=NOW + offset * MINUTE, expires_at=None if expires is None else NOW + expires * MINUTE, value=Decimal(value),
        ),
        st.integers(1, 5), st.integers(0, 2), st.sampled_from(["", "de", "en", "fr"]), st.sampled_from(["", "", "senior"]),
        st.sampled_from(["", "", "201", "209"]), st.sampled_from(list(Origin)), st.sampled_from(["", "202"]), st.integers(-30, 5),
        st.none() | st.integers(-5, 5), st.integers(0, 2),
    ),
    max_size=12,
).map(lambda cases: [replace(one, task=replace(one.task, id=f"{n:02}")) for n, one in enumerate(cases)])  # fmt: skip
DESKS = st.lists(st.sampled_from([ANNA, BEN, ANY]), unique=True).map(tuple)


@given(CASES, DESKS)
def test_for_all_desks_there_are_never_more_placements_than_free_agents(cases: list[Candidate], desk: tuple[FreeAgent, ...]) -> None:
    left, free, placements = list(cases), desk, []
    while isinstance(answer := choose(left, free, NOW), Placement):
        placements.append(answer)
        left = [one for one in left if one.task.id != answer.task.id]
        free = tuple(agent for agent in free if agent.id != answer.agent.id)
        assert len(placements) <= len(desk)
    assert len({one.agent.id for one in placements}) == len(placements)
    assert len({one.task.id for one in placements}) == len(placements)


@given(CASES, DESKS, st.randoms(use_true_random=False))
def test_for_all_orders_the_placement_is_the_same(cases: list[Candidate], desk: tuple[FreeAgent, ...], chance: random.Random) -> None:
    shuffled, seats = list(cases), list(desk)
    chance.shuffle(shuffled)
    chance.shuffle(seats)
    assert choose(cases, desk, NOW) == choose(shuffled, tuple(seats), NOW)


@given(CASES, DESKS)
def test_for_all_placements_the_agent_can_take_the_case_and_the_case_is_due(cases: list[Candidate], desk: tuple[FreeAgent, ...]) -> None:
    answer = choose(cases, desk, NOW)
    if isinstance(answer, Nothing):
        assert answer.why
        return
    task, agent = answer.task, answer.agent
    language = next(one.language for one in cases if one.task.id == task.id)
    assert agent in desk
    assert task.not_before <= NOW
    assert task.expires_at is None or task.expires_at > NOW
    if task.agent != agent.id:
        assert not task.agent or task.not_before + BOUND_FOR <= NOW
        assert task.origin is not Origin.MANUAL or not task.agent
        assert not task.skill or task.skill in agent.skills
        assert not language or not agent.languages or language in agent.languages


def test_an_agent_whose_pbx_has_no_trunk_for_the_company_does_not_get_its_case() -> None:
    here, there = replace(ANNA, pbx="main"), replace(BEN, pbx="second")
    reach = {"": frozenset({"second"})}
    assert placed(case(), desk=(here, there), reach=reach) == ("t", "202")
    nothing(case(), desk=(here,), reach=reach)
    assert placed(case(), desk=(here,), reach={"other": frozenset({"second"})}) == ("t", "201")


def test_languages_of_absent_colleagues_are_barred_and_no_others() -> None:
    spoken = frozenset({"de", "en", "fr-CH"})
    assert barred_languages((ANNA, BEN), spoken) == {"fr"}
    assert barred_languages((ANNA, ANY), spoken) == frozenset()  # whoever speaks whatever comes


# ------------------------------------------------------------------------------------------------------------------- strategies, exceptions


def test_an_agent_whom_an_exception_names_is_the_only_one_however_long_the_case_waits() -> None:
    mine = replace(case("m", skill="senior", not_before=NOW - 10 * BOUND_FOR), only="201")
    assert placed(mine) == ("m", "201")
    assert nothing(mine, desk=(BEN, ANY)).until is None
    assert foresee([mine], (ANNA, BEN)) == {"m": ANNA}
    assert foresee([mine], (BEN,)) == {"m": None}


def test_with_owner_first_a_case_waits_for_its_owner_who_is_in_a_call() -> None:
    owned = replace(case("o", owner="202"), owner_first=True)
    assert placed(owned, at_work=(ANNA, BEN)) == ("o", "202")
    assert "1 task waits" in nothing(owned, desk=(ANNA,), at_work=(ANNA, BEN)).why
    assert placed(owned, desk=(ANNA,), at_work=(ANNA,)) == ("o", "201"), "an owner who is away holds nothing up"
    assert placed(replace(owned, owner=""), desk=(ANNA,), at_work=(ANNA, BEN)) == ("o", "201")


def test_a_case_does_not_wait_for_an_owner_who_could_not_take_it() -> None:
    owned = replace(case("o", owner="201", skill="senior"), owner_first=True)
    assert placed(owned, desk=(BEN,), at_work=(ANNA, BEN)) == ("o", "202")


def test_a_case_that_waits_for_its_owner_holds_up_no_other() -> None:
    owned = replace(case("o", owner="202", priority=90), owner_first=True)
    assert placed(owned, case("x"), desk=(ANNA,), at_work=(ANNA, BEN)) == ("x", "201")


def test_strategy_and_exception_say_who_calls_but_not_where_a_person_or_the_debtor_has_said_so() -> None:
    frames = Frames(
        Strategies((Strategy(name="a", potential_classes=("I",), frame=Frame(owner_first=True)),)),
        Exceptions({DebtorKey("", "x"): DebtorException(key=DebtorKey("", "x"), agent="203")}),
    )
    cases = [replace(case("o"), potential_class="I"), case("x"), case("y")]
    cases += [case("x", origin=Origin.MANUAL), case("x", origin=Origin.CALLBACK)]
    assert [(one.only, one.owner_first) for one in under_frames(cases, frames)] == [("", True), ("203", False), *[("", False)] * 3]


def begun(mode: Mode, task_id: str = "t", **fields: Any) -> Candidate:
    return replace(case(task_id, **fields), mode=mode)


def test_a_case_that_is_pulled_goes_to_whoever_asked_for_the_next_one() -> None:
    asking = replace(BEN, asked=True)
    assert placed(begun(Mode.PULL), desk=(ANNA, asking)) == ("t", "202")
    answer = nothing(begun(Mode.PULL))
    assert (answer.why, answer.until) == ("1 task waits until somebody asks for the next case.", None)


def test_who_did_not_ask_gets_the_next_case_that_need_not_be_asked_for() -> None:
    assert placed(begun(Mode.PULL, "dear", amount="900.00"), begun(Mode.PREVIEW, "cheap", amount="30.00"))[0] == "cheap"


def test_after_a_talk_an_agent_gets_a_breath_before_somebody_is_dialled_at_once() -> None:
    resting = replace(ANY, breath_until=NOW + MINUTE)
    answer = nothing(begun(Mode.PROGRESSIVE), desk=(resting,))
    assert (answer.why, answer.until, answer.passing) == ("1 task waits for the end of a breath after a talk.", NOW + MINUTE, True)
    assert placed(begun(Mode.PROGRESSIVE), desk=(resting, BEN)) == ("t", "202")
    assert placed(begun(Mode.PROGRESSIVE), desk=(replace(ANY, breath_until=NOW),)) == ("t", "203")


def test_a_case_that_is_heard_first_is_a_breath_itself() -> None:
    assert placed(begun(Mode.PREVIEW), desk=(replace(ANY, breath_until=NOW + MINUTE),)) == ("t", "203")


def test_where_tasks_wait_for_several_reasons_none_of_them_is_named_for_all() -> None:
    answer = nothing(begun(Mode.PULL), replace(case("other", skill="harpist")))
    assert answer.why.startswith("2 tasks wait for an agent")
    assert not answer.passing


def test_how_a_call_begins_is_what_its_step_says() -> None:
    levels = tuple(
        Level(number=number, name=f"{number}", after_due=3 * number, medium="call", mode=mode) for number, mode in ((1, ""), (2, "pull"))
    )
    ladder = Ladder(name="standard", levels=levels)
    found = in_modes([case("a"), case("b", level=1)], (ladder,), Mode.PROGRESSIVE)
    assert [one.mode for one in found] == [Mode.PULL, Mode.PROGRESSIVE]


def test_only_what_any_agent_may_take_of_a_business_is_dialled_before_an_agent_is_there() -> None:
    one = replace(case(), mode=Mode.PREDICTIVE, person_type="business")
    assert may_go_ahead(one, private=False)
    for other in (
        replace(one, mode=Mode.PROGRESSIVE),
        replace(one, only="201"),
        replace(one, owner="201", owner_first=True),
        replace(one, task=replace(one.task, agent="201")),
    ):
        assert not may_go_ahead(other, private=True)
    for person_type in ("private", ""):
        assert not may_go_ahead(replace(one, person_type=person_type), private=False)
        assert may_go_ahead(replace(one, person_type=person_type), private=True)
