"""Outlook: a day that is named is the day on which the step comes, or what keeps it is said; the later of gate and plan comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from collectord.core.contact.ahead import Ahead, call_ahead, may_contact_at
from collectord.core.contact.contact_rules import Allowed
from collectord.core.contact.facts import DebtorFacts, FactKind, SourceState
from collectord.core.contact.verdict import explained
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import NO_HOLD, Grace, Holds, Objection
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.outlook import Case, Outlook, call_due, outlook, with_callback
from collectord.core.receivables.peers import EVERYBODY, FIRST_GUESS, Peers
from collectord.core.receivables.policy import PLAIN, Policy
from collectord.core.receivables.risk_rules import RiskRules, Risks
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import Language
from tests.core import gate_cases
from tests.core.early_cases import FIRM, habit, owed
from tests.core.gate_cases import PACKS, house, local
from tests.core.test_dunning import DAY, DEBTORS, HOLDS, ITEMS, LADDERS, TODAY, ZONE
from tests.core.test_dunning import made as planned_task

EARLY = Level(number=1, name="hint", name_de="Hinweis", after_due=-3, medium="call", min_risk=50)
CALL = Level(number=2, name="call", name_de="Anruf", after_due=3, medium="call")
LATE = Level(number=3, name="from 250", name_de="ab 250", after_due=14, medium="call", min_open=Decimal(250))
LADDER = Ladder(name="standard", levels=(EARLY, CALL, LATE))
JUDGED = Policy(risks=Risks(rules=RiskRules(enabled=True), peers=Peers({EVERYBODY: FIRST_GUESS})))


def case(
    *items: OpenItem, ladder: Ladder | None = LADDER, policy: Policy = JUDGED, history: History = NO_HISTORY, holds: Holds = NO_HOLD
) -> Case:
    return Case(debtor=FIRM, items=items, ladder=ladder, today=TODAY, holds=holds, history=history, policy=policy)


def look(one: Case, language: Language = "en") -> Outlook:
    return outlook(one, one.asked_on(one.today), language, ZONE)


def test_a_step_that_asks_for_more_risk_than_there_is_says_so_before_its_day() -> None:
    found = look(case(owed(days=-10), history=History(paid=habit(0, 0, 0, 0, 0, 0))))
    assert found.says.startswith(
        "The day of the next step, 1 (hint), is Mon 30 Nov 2026: A is due on Thu 3 Dec 2026. It comes only from 50 % risk"
    )
    assert "as things stand: " in found.says
    assert "% risk of being paid late: paid 0 of 6 items late" in found.says
    assert found.says.endswith(" What comes first is step 2 (call), on Sun 6 Dec 2026.")
    german = look(case(owed(days=-10), policy=PLAIN), "de").says
    assert german.endswith(
        " Sie kommt erst ab 50 % Risiko, und für diesen Debitor wird keines geschätzt."
        " Als Erstes kommt am So., 6. Dez. 2026 Stufe 2 (Anruf)."
    )


def test_a_step_left_out_for_want_of_risk_is_named_on_its_day() -> None:
    one = case(owed(days=-2), history=History(paid=habit(0, 0, 0, 0, 0, 0)))
    said = look(one).says
    assert said.startswith(
        "The next step, 2 (call), comes on Sat 28 Nov 2026: A is due on Wed 25 Nov 2026. Step 1 (hint) is left out: it comes"
    )
    assert "only from 50 % risk on; today: " in said
    german = look(replace(one, policy=PLAIN), "de").says
    assert german.endswith(" Stufe 1 (Hinweis) entfällt: sie kommt erst ab 50 % Risiko, und für diesen Debitor wird keines geschätzt.")
    alone = replace(LADDER, levels=(EARLY,))
    finished = look(case(owed(days=-2), ladder=alone, policy=PLAIN))
    assert (finished.first, "Step 1 (hint) is left out" in finished.says) == (None, True)


def test_a_step_that_is_likely_enough_is_named_without_a_doubt() -> None:
    late = History(paid=habit(40, 40, 40, 40, 40, 40))
    before = look(case(owed(days=-10), history=late))
    assert before.says == "The next step, 1 (hint), comes on Mon 30 Nov 2026: A is due on Thu 3 Dec 2026."
    assert before.first is not None
    assert (before.first.level, before.first.since) == (EARLY, date(2026, 11, 30))
    then = look(case(owed(days=-2), history=late))
    assert isinstance(then.answer, Wanted)
    assert then.says == then.answer.why("en", ZONE)


def test_a_step_that_asks_for_more_money_than_is_open_says_so_before_its_day() -> None:
    small = case(owed(days=12, amount="199.00", contact_level=2, contacted_on=TODAY - 5 * DAY))
    assert look(small).says.endswith(
        "(from 250), is Wed 25 Nov 2026: A is due on Wed 11 Nov 2026. As things stand it will not come then: €199.00 is below"
        " the €250.00 that step 3 (from 250) asks for."
    )
    german = look(small, "de").says.replace("\xa0", " ")
    assert german.endswith("Nach heutigem Stand kommt sie dann nicht: 199,00 € liegen unter den 250,00 €, die Stufe 3 (ab 250) verlangt.")
    enough = look(replace(small, items=(replace(small.items[0], open_amount=Decimal(251)),)))
    assert "As things stand" not in enough.says


def test_a_sum_that_grows_is_foreseen_on_the_day_on_which_it_is_enough() -> None:
    small = owed(days=20, amount="199.00", contact_level=2, contacted_on=TODAY - 15 * DAY)
    found = look(case(small, owed("B", days=-2, amount="60.00"), policy=PLAIN))
    assert isinstance(found.answer, NotWanted)
    assert found.first is not None
    assert (found.answer.rule, found.first.level, found.first.since) == ("below-minimum", LATE, TODAY + 3 * DAY)


def test_nothing_is_said_of_steps_where_there_is_no_ladder_or_no_item_waits_for_one() -> None:
    assert look(case(owed(), ladder=None)).says == "No ladder fits this debtor."
    assert case(owed(), ladder=None).left_out_on(TODAY, ["A"]) == {}
    assert look(case()).says == "Nothing is open."


def test_what_a_person_or_the_debtor_put_off_is_looked_beyond() -> None:
    until = TODAY + 4 * DAY
    for holds in (Holds(grace=Grace(until, "Ms Lead", "known")), Holds(objections=(Objection("A", until, "boss away"),))):
        found = look(case(owed(), holds=holds, policy=PLAIN))
        assert isinstance(found.answer, NotWanted)
        assert found.first is not None
        assert (found.answer.until, found.first.since) == (until + DAY, until + DAY)


@given(DEBTORS, ITEMS, LADDERS, HOLDS)
def test_for_all_debtors_a_day_named_without_a_doubt_is_the_steps_own(
    debtor: Debtor, items: list[OpenItem], ladder: Ladder, holds: Holds
) -> None:
    one = Case(debtor=debtor, items=items, ladder=ladder, today=TODAY, holds=holds, history=NO_HISTORY, policy=PLAIN)
    answer = one.asked_on(TODAY)
    found = outlook(one, answer, "en", ZONE)
    if isinstance(answer, NotWanted) and answer.rule in ("not-yet", "gap") and found.says == answer.why("en", ZONE):
        day = answer.values["day"]
        assert isinstance(day, date)
        then = one.asked_on(day)
        assert (isinstance(then, Wanted) and then.level == answer.level) or found.first is None


# ---------------------------------------------------------------- when somebody calls

NOW = local("2026-11-23T10:00")
TASK = planned_task(  # a call of the ladder, as planning made it
        Wanted(
            key=FIRM.key, ladder="standard", level=CALL, medium="call", items=("A",), open_amount={"EUR": Decimal(410)}, driver="A",
            driver_due_on=date(2026, 11, 11), oldest_due_on=date(2026, 11, 11), since=date(2026, 11, 14), expires_on=None, priority=0,
            rungs=LADDER.rungs,
        )
)  # fmt: skip


def callback(agent: str = "202") -> Task:
    return replace(TASK, id="c", origin=Origin.CALLBACK, not_before=local("2026-11-26T14:30"), agent=agent)


def test_a_callback_is_told_with_who_makes_it() -> None:
    waits = NotWanted(rule="appointment", until=None, values={"at": NOW})
    names = {"202": "Bernd Vertreter"}
    told = with_callback(waits, [TASK, callback()], names)
    assert told.why("en", ZONE) == "A callback is agreed for Thu 26 Nov 2026 14:30, and Bernd Vertreter makes it; the ladder waits for it."
    assert with_callback(waits, [callback("")], names).why("de", ZONE) == (
        "Ein Rückruf ist für Do., 26. Nov. 2026 14:30 vereinbart; die Mahnleiter wartet darauf."
    )
    assert "and 209 makes it" in with_callback(waits, [callback("209")], names).why("en", ZONE), "no agent of this house any more"
    other = NotWanted(rule="nothing-open", until=None, values={})
    assert with_callback(other, [callback()], names) is other
    assert with_callback(waits, [TASK], names) is waits


def test_a_call_is_wanted_from_its_tasks_time_on_or_from_the_day_of_the_first_step() -> None:
    soon, today = look(case(owed(days=1), policy=PLAIN)), look(case(owed(), policy=PLAIN))
    assert call_due([], soon, ZONE) == day_begins(date(2026, 11, 25), ZONE)
    assert call_due([TASK], today, ZONE) == TASK.not_before
    assert call_due([callback()], soon, ZONE) == local("2026-11-26T14:30")
    assert call_due([replace(callback(), medium="letter")], soon, ZONE) is None
    assert call_due([TASK], soon, ZONE) == day_begins(date(2026, 11, 25), ZONE), "the task is cancelled, the step comes again"
    later = local("2026-11-24T15:00")
    dearer = look(case(owed(amount="500.00"), policy=PLAIN))
    assert call_due([replace(TASK, not_before=later)], dearer, ZONE) == later, "the same step keeps its postponement"
    assert call_due([replace(TASK, level=1, not_before=later)], dearer, ZONE) == day_begins(date(2026, 11, 14), ZONE)
    letters = replace(LADDER, levels=(replace(CALL, number=1, medium="letter"),))
    assert call_due([], look(case(owed(), ladder=letters)), ZONE) is None
    assert call_due([], look(case()), ZONE) is None


def test_a_later_instant_is_asked_about_with_exports_that_arrive_as_they_did() -> None:
    known = gate_cases.facts()
    later = local("2026-12-04T10:00")
    assert isinstance(may_contact_at(known, PACKS, house(), NOW, later), Allowed)
    assert call_ahead(known, PACKS, house(), NOW, None, "x") == Ahead(asked_at=NOW, says="x")
    assert call_ahead(known, PACKS, house(), NOW, later, "x").call_at == later
    assert call_ahead(known, PACKS, house(), NOW, NOW - timedelta(days=3), "").call_at == NOW
    midnight = local("2026-12-04T00:00")
    assert call_ahead(known, PACKS, gate_cases.HOUSE, NOW, midnight, "").call_at == local("2026-12-04T08:00")
    never_told = replace(known, sources=(SourceState(source="canonical", fresh_as_of=None),))
    assert call_ahead(never_told, PACKS, house(), NOW, later, "").call_at is None


CALM = NotWanted(
    rule="not-yet", until=date(2026, 12, 4), values={"day": date(2026, 12, 4), "item": "A", "due": date(2026, 12, 1)}, level=CALL
)
EVENING = local("2026-11-23T21:00")


def why(
    wanted: Wanted | NotWanted, at: datetime = NOW, due: datetime | None = None, language: Language = "en", known: DebtorFacts | None = None
) -> str:
    own = replace(gate_cases.HOUSE, language=language)
    known = known or gate_cases.facts()
    answer = may_contact_at(known, PACKS, own, at, at)
    ahead = call_ahead(known, PACKS, own, at, due, "")
    return str(explained(known, answer, wanted, [], "standard", own, at, ahead=ahead)["why"])


LATER, SPAETER = "Is not called before Fri 4 Dec 2026 08:00: The next step", "Wird nicht vor Fr., 4. Dez. 2026 08:00 angerufen: Die"


@pytest.mark.parametrize(
    ("at", "due", "english", "german"),
    [
        (NOW, None, "No call is due: The next step, 2 (call), comes on Fri 4 Dec", "Es steht kein Anruf an: Die nächste Stufe"),
        (NOW, local("2026-12-04T00:00"), LATER, SPAETER),
        (EVENING, None, "No call is due: The next step, 2 (call), comes on", "Es steht kein Anruf an: Die nächste Stufe"),
        (EVENING, local("2026-12-04T00:00"), LATER, SPAETER),
    ],
)  # fmt: skip
def test_the_later_of_gate_and_plan_comes_first(at: datetime, due: datetime | None, english: str, german: str) -> None:
    said, gesagt = why(CALM, at, due), why(CALM, at, due, "de")
    assert said.startswith(english)
    assert gesagt.startswith(german)
    if at == NOW:
        assert said.endswith(" A call would be allowed now.")
        assert gesagt.endswith(" Erlaubt wäre ein Anruf jetzt.")
    else:
        assert " Before Tue 24 Nov 2026 08:00 no call is allowed either: It is Mon 23 Nov " in said
        assert " Vor Di., 24. Nov. 2026 08:00 ist auch kein Anruf erlaubt: " in gesagt


def test_where_the_gate_opens_last_or_the_plan_waits_for_the_same_it_is_the_gates_day() -> None:
    assert why(CALM, EVENING, local("2026-11-24T00:00")).startswith("Is not called before Tue 24 Nov 2026 08:00: It is Mon 23 Nov ")
    promised = NotWanted(rule="promise", until=date(2026, 11, 24), values={"day": TODAY})
    assert why(promised, EVENING).startswith("Is not called before Tue 24 Nov 2026 08:00: It is Mon 23 Nov "), (
        "nobody knows what comes after it"
    )
    finished = NotWanted(rule="finished", until=None, values={})
    assert why(finished, EVENING).startswith("No call is due: No step of the ladder is left")


def test_another_medium_is_named_in_the_readers_language() -> None:
    letter = look(case(owed(), ladder=replace(LADDER, levels=(replace(CALL, number=1, medium="letter"),)))).answer
    assert why(letter).startswith("No call is intended but a letter: Step 1 (call): A was due")
    assert why(letter, language="de").startswith("Kein Anruf vorgesehen, sondern ein Brief: Stufe 1 (Anruf): A war am")
    assert " Before Tue 24 Nov 2026 08:00 no call is allowed either: " in why(letter, EVENING)


def test_a_call_that_is_wanted_now_is_the_gates_question_alone() -> None:
    asked = look(case(owed(), policy=PLAIN)).answer
    assert why(asked).startswith("May be called now on +493012345601. Step 2 (call)")
    assert why(asked, EVENING).startswith("Is not called before Tue 24 Nov 2026 08:00: It is Mon 23 Nov ")
    assert why(asked, due=day_begins(date(2026, 11, 14), ZONE)).startswith("May be called now on ")
    unknown = gate_cases.facts(sources=(SourceState(source="canonical", fresh_as_of=None),))
    assert why(CALM, known=unknown).startswith("Is not called, and nobody can say how long: ")


def test_who_is_never_called_is_told_what_the_next_plan_makes_of_the_task_that_stands() -> None:
    known = gate_cases.facts(facts=(gate_cases.fact(FactKind.DO_NOT_CALL),))
    answer = may_contact_at(known, PACKS, gate_cases.HOUSE, NOW, NOW)
    asked = look(case(owed(), policy=PLAIN)).answer
    assert isinstance(asked, Wanted)
    other = replace(planned_task(asked), level=3)
    said = str(explained(known, answer, asked, [other], "standard", gate_cases.HOUSE, NOW)["why"])
    assert said.startswith("Is never called")
    assert " Planned now: Step 2 (call): A was due" in said
