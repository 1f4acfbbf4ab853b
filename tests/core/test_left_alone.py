"""An absence tells what nobody can do meanwhile, and nothing that a colleague can."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from collectord.core.contact.week import parse_week
from collectord.core.receivables.shortfall import Case
from collectord.core.telephony.callbacks import Absence, Agreed, Colleague
from collectord.core.telephony.left_alone import LeftAlone, left_alone

MONDAY, FRIDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 27), date(2026, 11, 29)
USUAL = parse_week("mon-fri 08:00-16:00")
ANNA = Colleague(id="201", skills=("senior",))
BEN = Colleague(id="202", hours=parse_week("mon-wed 08:00-12:00"))
AWAY = Absence(agent="201", from_on=MONDAY, until_on=SUNDAY)


def case(no: int, *, skill: str = "", agent: str = "", agreed: bool = False) -> Case:
    return Case(f"t{no}", 0, {"EUR": Decimal("10.00")}, reachable=True, skill=skill, agent=agent, agreed=agreed)


CALLS = (case(1), case(2, skill="senior"), case(3, agent="201", agreed=True))


def left(
    *team: Colleague, absences: Sequence[Absence] = (AWAY,), calls: Sequence[Case] = CALLS, on: date = FRIDAY
) -> tuple[LeftAlone, ...]:
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    agreed = (Agreed(task_id="t3", at=at, by="201", keeper="201"),)
    return left_alone(AWAY, {one.id: one for one in team}, absences, calls, agreed, usual=USUAL, today=MONDAY, zone="Europe/Berlin")


def test_without_the_only_agent_nobody_calls_and_the_sentence_counts_what_waits() -> None:
    (alone,) = left(ANNA)
    assert alone.says("en") == (
        "From Mon 23 Nov 2026 on nobody is left to call on 5 days: 2 tasks wait, and 1 agreed callback falls on these days."
    )
    assert alone.says("de") == (
        "Ab Mo., 23. Nov. 2026 ist an 5 Tagen niemand da, der anruft: 2 Aufgaben warten, und 1 vereinbarter Rückruf fällt auf diese Tage."
    )
    assert alone.document("en") == {
        "skill": None, "days": [f"2026-11-{day}" for day in range(23, 28)], "tasks": 2, "callbacks": 1, "says": alone.says("en"),
    }  # fmt: skip


def test_only_days_without_any_colleague_are_told_of_everybody_and_of_a_skill_those_without_it() -> None:
    nobody, senior = left(ANNA, BEN, on=MONDAY)
    assert (nobody.code, nobody.days, nobody.callbacks) == ("nobody", (date(2026, 11, 26), FRIDAY), 0)
    assert (senior.skill, len(senior.days), senior.tasks, senior.callbacks) == ("senior", 5, 1, 0)
    assert senior.says("en").startswith("From Mon 23 Nov 2026 on nobody with the skill senior is left on 5 days: 1 task waits, and 0")
    both_away = (AWAY, Absence(agent="202", from_on=MONDAY, until_on=MONDAY))
    assert left(ANNA, BEN, absences=both_away)[0].days == (MONDAY, date(2026, 11, 26), FRIDAY)


def test_where_a_colleague_can_do_everything_nothing_is_told_but_what_is_for_this_agent_alone() -> None:
    twin = Colleague(id="203", skills=("senior",))
    assert left(ANNA, twin) == ()
    (bound,) = left(ANNA, twin, calls=(*CALLS, case(4, agent="201")))
    assert bound.says("en") == "1 task is for 201 alone; nobody else gets it meanwhile."
    assert bound.says("de") == "1 Aufgabe ist nur für 201; bis dahin bekommt sie niemand sonst."


def test_an_absence_on_free_days_leaves_nobody_alone() -> None:
    weekend = Absence(agent="201", from_on=date(2026, 11, 28), until_on=SUNDAY)
    assert left_alone(weekend, {"201": ANNA}, (weekend,), CALLS, (), usual=USUAL, today=MONDAY, zone="Europe/Berlin") == ()
