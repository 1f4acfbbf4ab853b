"""Who keeps a callback, how late it was, and that it is never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.contact_rules import Allowed, Refused, may_contact
from collectord.core.contact.facts import Callback, OpenPromise
from collectord.core.contact.week import parse_week
from collectord.core.receivables.ledger import Debtor
from collectord.core.telephony.callbacks import Absence, Agreed, Colleague, Keeper, assign, keeper, standing
from tests.core import gate_cases

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
TEN = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)  # ten o'clock on a Thursday in Berlin
DAY = date(2026, 11, 26)
EARLY, LATE = parse_week("mon-fri 08:00-12:00"), parse_week("mon-fri 12:00-18:00")
TEAM = {
    "201": Colleague(id="201", hours=EARLY, languages=("de",)),
    "202": Colleague(id="202", languages=("de", "en"), skills=("senior",)),
    "203": Colleague(id="203", hours=LATE, languages=("de",)),
    "204": Colleague(id="204", languages=("fr",)),
}


def agreed(**changes: Any) -> Agreed:
    return Agreed(**{"task_id": "t1", "at": TEN, "by": "201", "keeper": "201", **changes})


def away(agent: str, deputy: str = "", first: date = DAY, last: date = DAY) -> Absence:
    return Absence(agent=agent, from_on=first, until_on=last, deputy=deputy)


def kept_by(one: Agreed, *absences: Absence, load: dict[str, int] | None = None) -> Keeper:
    return keeper(one, TEAM, absences, load or {}, BERLIN)


def test_a_callback_belongs_to_whoever_agreed_it() -> None:
    assert kept_by(agreed()) == Keeper("201", "agreed", "201")


def test_an_absence_moves_it_to_the_deputy_and_over_a_deputy_who_is_away() -> None:
    assert kept_by(agreed(), away("201", "202")).agent == "202"
    chain = kept_by(agreed(), away("201", "203"), away("203", "204"))
    assert (chain.agent, chain.why("en")) == ("204", "deputy of 201, who is away")
    assert kept_by(agreed(), away("201", "202", date(2026, 11, 20), date(2026, 11, 25))).agent == "201", "it is over"
    assert kept_by(agreed(), away("201", "202"), away("201", "204")).agent == "204", "what was recorded last counts"


def test_without_a_deputy_the_colleague_who_suits_best_and_has_least_to_do_keeps_it() -> None:
    found = kept_by(agreed(), away("201"))
    assert (found.agent, found.code) == ("202", "away")
    assert kept_by(agreed(), away("201"), load={"202": 3}).agent == "202", "no French for a German case, however much there is to do"
    assert kept_by(agreed(by="204", skill="senior"), away("204")).agent == "202"
    afternoon = agreed(at=TEN + timedelta(hours=4), by="202")
    assert kept_by(afternoon, away("202"), load={"203": 1}).agent == "203"
    assert kept_by(agreed(), away("201", "203")).agent == "202", "the deputy does not work in the morning"


def test_outside_the_working_hours_of_whoever_agreed_it_somebody_else_does() -> None:
    found = kept_by(agreed(at=TEN + timedelta(hours=4)))
    assert (found.agent, found.why("de")) == ("202", "201 arbeitet dann nicht")
    assert kept_by(agreed(by="299")).why("en") == "299 is no agent any more"
    assert kept_by(agreed(by="")).why("en") == "nobody in particular agreed it"


def test_when_nobody_works_then_it_stays_where_it_is() -> None:
    everybody = [away(one) for one in TEAM]
    assert kept_by(agreed(), *everybody).agent == ""
    assert assign([agreed()], TEAM, everybody, BERLIN) == {}


def test_a_circle_of_deputies_ends() -> None:
    absences = [away("201", "203"), away("203", "201")]
    assert kept_by(agreed(at=TEN), *absences).agent == "202"


def test_callbacks_of_somebody_who_is_away_spread_over_the_team() -> None:
    team = {name: Colleague(id=name) for name in ("201", "202", "203")}
    callbacks = [agreed(task_id=f"t{n}", at=TEN + timedelta(hours=n)) for n in range(4)]
    moves = assign(callbacks, team, [away("201")], BERLIN)
    assert [moves[f"t{n}"].agent for n in range(4)] == ["202", "203", "202", "203"]


def test_who_keeps_it_already_goes_on_keeping_it() -> None:
    team = {name: Colleague(id=name) for name in ("201", "202", "203")}
    assert assign([agreed(keeper="203")], team, [away("201")], BERLIN) == {}
    back = assign([agreed(keeper="203")], team, [], BERLIN)
    assert back == {"t1": Keeper("201", "agreed", "201")}, "the absence is over"


AGENTS = st.sampled_from(["201", "202", "203", "204", "299", ""])
CALLBACKS = st.lists(
    st.builds(agreed, task_id=st.uuids().map(str), by=AGENTS, keeper=AGENTS, at=st.integers(-72, 72).map(lambda n: TEN + n * HOUR)),
    max_size=8,
)


@given(CALLBACKS, st.lists(st.builds(away, AGENTS.filter(bool), AGENTS), max_size=5))
def test_for_all_absences_only_people_at_work_get_one_and_giving_out_twice_moves_nothing(
    callbacks: list[Agreed], absences: list[Absence]
) -> None:
    moves = assign(callbacks, TEAM, absences, BERLIN)
    for one in callbacks:
        if one.task_id in moves:
            agent, day = moves[one.task_id].agent, one.at.astimezone(ZoneInfo(BERLIN)).date()
            assert TEAM[agent].works(one.at, BERLIN)
            assert not any(absence.agent == agent and absence.covers(day) for absence in absences)
    after = [replace(one, keeper=moves[one.task_id].agent) if one.task_id in moves else one for one in callbacks]
    assert assign(after, TEAM, absences, BERLIN) == {}


@pytest.mark.parametrize(
    ("called", "live", "minutes", "expected"),
    [
        (10, False, 60, ("kept", 10)),
        (40, False, 60, ("late", 40)),
        (-5, False, 60, ("kept", 0)),
        (None, True, -30, ("waiting", 0)),
        (None, True, 60, ("overdue", 60)),
        (None, False, 60, ("over", 0)),
    ],
)
def test_lateness_is_from_the_agreed_time_to_the_first_call(
    called: int | None, live: bool, minutes: int, expected: tuple[str, int]
) -> None:
    called_at = None if called is None else TEN + timedelta(minutes=called)
    state, late = standing(TEN, called_at, live, TEN + timedelta(minutes=minutes))
    assert (state, late) == (expected[0], timedelta(minutes=expected[1]))


# ---------------------------------------------------------------- before the gate

AT = gate_cases.local("2026-11-23T10:00")
HEAD = Debtor(company="", debtor_no="90", debtor_name="Zentrale")


def branch(callback_at: datetime) -> Any:
    callback = Callback(task_id="t1", at=callback_at, agreed_at=AT - timedelta(days=2), agent="201")
    return gate_cases.facts(covered_by=HEAD, callbacks=(callback,))


def ask(facts: Any, medium: str = "call") -> Any:
    return may_contact(facts, gate_cases.PACKS, gate_cases.HOUSE, AT, medium=medium)


def test_a_branch_is_called_when_that_was_agreed_with_it_and_the_answer_says_so() -> None:
    answer = ask(branch(AT))
    assert isinstance(answer, Allowed)
    assert [notice.rule for notice in answer.warnings] == ["guard/head-office"]
    assert "the callback agreed with this branch is kept" in answer.warnings[0].reason


def test_before_the_agreed_time_the_head_office_is_called_and_never_by_letter() -> None:
    early = ask(branch(AT + timedelta(hours=2)))
    assert isinstance(early, Refused)
    assert [(refusal.rule, refusal.not_before) for refusal in early.refusals] == [("guard/head-office", AT + timedelta(hours=2))]
    assert early.not_before == AT + timedelta(hours=2)
    letter = ask(branch(AT), medium="letter")
    assert isinstance(letter, Refused)
    assert letter.not_before is None


@pytest.mark.parametrize(("followed", "allowed"), [(False, True), (True, False)])
def test_a_branch_whose_call_reached_nobody_is_called_back_unless_anybody_of_the_family_was_called_since(
    followed: bool, allowed: bool
) -> None:
    rang = gate_cases.call(AT - timedelta(hours=3), "not_dialled", direction="inbound", attempt_id="in-1")
    ours = gate_cases.call(AT - timedelta(hours=2), debtor_no="90", attempt_id="a-1")
    callback = Callback(task_id="t1", at=AT - timedelta(hours=1), agreed_at=rang.at, missed=True)
    facts = gate_cases.facts(covered_by=HEAD, callbacks=(callback,), contacts=(rang, ours) if followed else (rang,))
    answer = ask(facts)
    rules = [] if isinstance(answer, Allowed) else [refusal.rule for refusal in answer.refusals]
    assert ("guard/head-office" not in rules) == allowed
    if not allowed:
        assert isinstance(answer, Refused)
        assert next(one for one in answer.refusals if one.rule == "guard/head-office").not_before is None


def test_nobody_is_called_while_a_lead_decides_and_no_longer() -> None:
    waiting = OpenPromise(
        id="p1", amount=gate_cases.item().open_amount, currency="EUR", promised_on=date(2027, 1, 15), grace_until=date(2027, 1, 19),
        made_at=AT - timedelta(days=1), decide_until=date(2026, 11, 25),
    )  # fmt: skip
    answer = ask(gate_cases.facts(promises=(waiting,)))
    assert isinstance(answer, Refused)
    (refusal,) = answer.refusals
    assert (refusal.rule, refusal.not_before) == ("guard/open-promise", gate_cases.local("2026-11-26T00:00"))
    assert "a lead has to approve it" in refusal.reason
