"""Exceptions of single debtors: the file reads as a team lead means it, every mistake is one sentence, and three files agree or say so."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collectord.core.receivables.exceptions import DebtorException, Exceptions, parse_exceptions
from collectord.core.receivables.frame import MEDIA, Pause
from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import Frames, parse_strategies
from collectord.core.receivables.strategy_doubts import doubts, doubts_about_agents, doubts_about_debtors
from collectord.core.rule_text import Problem, Table

RULES = Path(__file__).parents[2] / "rules"
OR_SIGN = " write approved_by and reason beside it, or be stricter"
SIGNED = 'approved_by = "M. Muster"\nreason = "asked for it"\n'


def read(text: str) -> tuple[Exceptions, list[str]]:
    problems: list[Problem] = []
    found = parse_exceptions(Table(tomllib.loads(text), "", problems))
    return found, [f"{one.path}: {one.sentence}" for one in problems]


def own(*lines: str, no: str = "10") -> str:
    return "\n".join(["[[debtor]]", f'debtor_no = "{no}"', *lines]) + "\n"


def test_the_shipped_file_names_nobody() -> None:
    assert read((RULES / "debtors.toml").read_text(encoding="utf-8")) == (Exceptions({}), [])


def test_every_example_in_the_shipped_comments_is_right_once_its_hash_is_taken_away() -> None:
    text = (RULES / "debtors.toml").read_text(encoding="utf-8")
    examples = "\n".join(line[2:] for line in text.splitlines() if re.match(r"# (\[\[|[a-z_.]+ +=|[a-z_.]+ = )", line))
    found, problems = read(examples)
    # The last block shows every key, and says itself that of these two only one may stand.
    assert problems == ["debtor.3.potential_class: potential_class only chooses a strategy, and strategy names one; keep one of the two"]
    assert [str(key) for key in found.debtors] == ["10023", "10024", "10025", "1000/0010026"]
    assert found.debtors[DebtorKey("", "10023")].not_on == "fri"


def test_every_key_of_an_exception_is_read_and_zeros_in_front_stay() -> None:
    text = own(
        'company = "1000"', 'hours = "mon 09:00-12:00"', 'not_on = "fri"', "pause_until = 2026-12-31", 'strategy = "lean"',
        'media = ["letter"]', 'instead.call = "letter"', 'gap = "21d"', "saturation = 3", 'per = "30d"', 'agent = "201"',
        'ask_first = "sales"', SIGNED, no="0010",
    )  # fmt: skip
    key = DebtorKey("1000", "0010")
    expected = DebtorException(
        key=key, hours="mon 09:00-12:00", not_on="fri", pause=Pause(until=date(2026, 12, 31), who="M. Muster", why="asked for it"),
        strategy="lean", media=("letter",), instead={"call": "letter"}, gap=21, saturation=3, per=30, agent="201", ask_first="sales",
        approved_by="M. Muster", reason="asked for it", path="debtor.0",
    )  # fmt: skip
    assert read(text) == (Exceptions({key: expected}), [])


def test_debtors_of_one_number_in_two_companies_are_two() -> None:
    found, problems = read(own('company = "1"', 'not_on = "mon"') + own('company = "2"', 'not_on = "fri"'))
    assert problems == []
    assert [found.debtors[DebtorKey(company, "10")].not_on for company in ("1", "2")] == ["mon", "fri"]
    assert found.of(DebtorKey("3", "10")) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (own('not_on = "fri"') + own('agent = "201"'),
         "debtor.1.debtor_no: debtor 10 stands twice in this file; put everything about it under one [[debtor]]"),
        ('[[debtor]]\ndebtor_no = 10\nagent = "1"\n', "debtor.0.debtor_no: debtor_no = 10 is not text in quotes"),
        ('[[debtor]]\nagent = "1"\n', "debtor.0.debtor_no: debtor_no is missing; expected text in quotes"),
        (own('agent = "1"', no=" "),
         'debtor.0.debtor_no: debtor_no is empty; write the number as in the export, in quotes, like "0010023"'),
        (own(SIGNED),
         'debtor.0: nothing is different for debtor 10; write a key such as not_on = "fri", or take the entry away'),
        (own('not_on = "friday?"'), "debtor.0.not_on: not_on: 'friday?' is no weekday; use mon tue wed thu fri sat sun"),
        (own('hours = "mon 9-8"'), "debtor.0.hours: hours: 9-8: the end must be later than the start on the same day"),
        (own('hours = "fri 09:00-12:00"', 'not_on = "fri"'),
         "debtor.0.not_on: no hour of the week is left; to stop calls write media, to stop everything pause_until"),
        (own('not_on = "mon-sun"'),
         "debtor.0.not_on: no hour of the week is left; to stop calls write media, to stop everything pause_until"),
        (own("pause_until = 2026-12-31"),
         "debtor.0.pause_until: pause_until needs approved_by and reason: who stopped all contacts, and why"),
        (own("pause_until = 2026-12-31", 'approved_by = "M. Muster"', 'reason = " "'),
         "debtor.0.approved_by: approved_by needs a reason beside it: everybody who asks why will read both"),
        (own('pause_until = "2026-12-31"'),
         "debtor.0.pause_until: pause_until = '2026-12-31' is not a date without quotes, like 2026-12-24"),
        (own('strategy = "lean"', 'potential_class = "I"'),
         "debtor.0.potential_class: potential_class only chooses a strategy, and strategy names one; keep one of the two"),
        (own('potential_class = "1"'), "debtor.0.potential_class: potential_class = '1' is unknown; use one of I, II, III, IV, none"),
        (own('per = "7d"'), "debtor.0.per: per belongs to a saturation; write saturation = … beside it, or take per away"),
        (own("saturation = 3", 'per = "91d"'), "debtor.0.per: per must be 1d to 90d"),
        (own('gap = "91d"'), "debtor.0.gap: gap must be 0d to 90d"),
        (own('gap = "3w"'), "debtor.0.gap: gap: '3w' is no duration; write it like 90s, 15m, 36h or 7d"),
        (own("media = []"),
         "debtor.0.media: media is empty and changes nothing; to stop every contact write pause_until;"
         " say what holds, or take the line away"),
        (own('not_on = ""'), "debtor.0.not_on: not_on is empty and changes nothing; say what holds, or take the line away"),
        (own('media = ["fax"]'), "debtor.0.media: media holds 'fax'; use only call, email, letter, visit, handover"),
        (own('instead.call = "call"'), "debtor.0.instead.call: call in place of call changes nothing; take the line away"),
        (own('instead.call = "fax"'),
         "debtor.0.instead.call: call = 'fax' is unknown; use one of call, email, letter, visit, handover"),
        (own("instead.call = false"), "debtor.0.instead.call: call = false is not text in quotes"),
        (own('instead.fax = "call"'),
         "debtor.0.instead.fax: fax is not known here; known keys: call, email, handover, letter, visit"),
        ("[debtor]\n", "debtor: write [[debtor]] with two brackets, at every entry: there may be several"),
        ('[[debtors]]\ndebtor_no = "1"\n', "debtors: debtors is not known here; did you mean debtor? Known keys: debtor"),
        (own('not_onn = "fri"'),
         "debtor.0.not_onn: not_onn is not known here; did you mean not_on? Known keys: agent, approved_by, ask_first, company, debtor_no,"
         " gap, hours, instead, media, not_on, pause_until, per, potential_class, reason, saturation, strategy"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_at_its_key(text: str, problem: str) -> None:
    assert problem in read(text)[1]


# ------------------------------------------------------------------------------------------------------------------- three files together

LADDERS = """
[[ladder.standard.level]]
name = "call"
after_due = "3d"
medium = "call"
[[ladder.standard.level]]
name = "visit"
after_due = "9d"
medium = "visit"
[[ladder.standard.level]]
name = "letter"
after_due = "12d"
medium = "letter"
enabled = false
"""
STRATEGIES = """
[strength]
call = 3
[strategy.gentle]
potential_classes = ["I", "II"]
media = ["call", "visit"]
saturation = 6
per = "14d"
[strategy.standard]
potential_classes = ["III", "IV", "none"]
saturation = 12
per = "7d"
"""


def ladders(text: str = LADDERS) -> tuple[Ladder, ...]:
    return parse_ladders(Table(tomllib.loads(text), "", []))


def doubted(strategies: str = STRATEGIES, exceptions: str = "", steps: str = LADDERS) -> list[tuple[str, str, str, bool]]:
    frames = Frames(parse_strategies(Table(tomllib.loads(strategies), "", [])), read(exceptions)[0])
    return [(one.file, one.path, one.sentence, one.is_error) for one in doubts(frames, ladders(steps))]


def test_three_files_that_agree_raise_no_doubt() -> None:
    assert doubted() == []
    assert doubted("", own('not_on = "fri"')) == []


def test_the_shipped_files_agree() -> None:
    texts = [(RULES / name).read_text(encoding="utf-8") for name in ("strategies.toml", "debtors.toml", "ladders.toml")]
    assert doubted(*texts) == []


def test_a_class_without_a_strategy_is_a_gap() -> None:
    assert doubted('[strategy.one]\npotential_classes = ["I", "II", "III"]\n') == [
        ("strategies.toml", "strategy",
         "no strategy is for class IV and debtors without a class (none): nothing bounds how much contact they receive", False)
    ]  # fmt: skip


def test_a_level_whose_medium_no_strategy_of_its_debtors_allows_can_never_fire() -> None:
    narrow = STRATEGIES.replace('media = ["call", "visit"]', 'media = ["call"]').replace(
        "saturation = 12", 'media = ["call"]\nsaturation = 12'
    )
    assert doubted(narrow) == [
        ("ladders.toml", "ladder.standard.level.1.medium",
         "the level can never fire: medium visit stands in the media of no strategy for its debtors (gentle, standard)", False)
    ]  # fmt: skip


def test_only_the_strategies_that_lead_over_a_ladder_are_asked_about_its_media() -> None:
    of_class_iv = LADDERS.replace("[[ladder.standard.level]]\nname = \"call\"", '[ladder.standard]\npotential_classes = ["I"]\n'
                                  "[[ladder.standard.level]]\nname = \"call\"")  # fmt: skip
    no_visits = STRATEGIES.replace('media = ["call", "visit"]', 'media = ["call"]')
    assert [found[2] for found in doubted(no_visits, steps=of_class_iv)] == [
        "the level can never fire: medium visit stands in the media of no strategy for its debtors (gentle)"
    ]
    named = no_visits.replace("saturation = 12", 'ladder = "standard"\nsaturation = 12')
    assert doubted(named, steps=of_class_iv) == []


def test_a_ladder_that_is_not_there_is_an_error() -> None:
    assert doubted(STRATEGIES.replace("saturation = 12", 'ladder = "short"\nsaturation = 12'))[:1] == [
        (
            "strategies.toml",
            "strategy.standard.ladder",
            "ladder = 'short': there is no such ladder in ladders.toml; known are standard",
            True,
        )
    ]


def test_a_saturation_below_the_strength_of_a_single_contact_of_the_ladder_lets_it_never_through() -> None:
    weak = STRATEGIES.replace("call = 3", "call = 3\nvisit = 7\nletter = 9").replace("saturation = 12", "saturation = 2")
    assert doubted(weak) == [
        ("strategies.toml", "strategy.gentle.saturation",
         "saturation = 6 is below the strength 7 of one visit: a visit could never be allowed", False),
        ("strategies.toml", "strategy.standard.saturation",
         "saturation = 2 is below the strength 3 of one call: a call could never be allowed", False),
        ("strategies.toml", "strategy.standard.saturation",
         "saturation = 2 is below the strength 7 of one visit: a visit could never be allowed", False),
    ]  # fmt: skip


def test_a_margin_of_nothing_makes_every_medium_that_costs_pointless() -> None:
    text = '[cost]\ncall = "4.50"\nemail = "0.00"\nvisit = "80.00"\n' + STRATEGIES.replace(
        "saturation = 6", 'margin = "0%"\nsaturation = 6'
    )
    assert [found[1:3] for found in doubted(text)] == [
        ("strategy.gentle.margin", 'margin = "0%" and a call costs something: a call could never be worth it'),
        ("strategy.gentle.margin", 'margin = "0%" and a visit costs something: a visit could never be worth it'),
    ]


@pytest.mark.parametrize(
    ("lines", "path", "sentence", "is_error"),
    [
        (['strategy = "soft"'], "strategy",
         "strategy = 'soft': there is no such strategy in strategies.toml; known are gentle, standard", True),
        (["saturation = 13"], "saturation",
         "saturation gives the debtor more contact than its strategy, whatever its class, does;" + OR_SIGN,
         True),
        (['strategy = "standard"'], "strategy",
         "strategy standard may give more contact than strategy gentle does; for a debtor of such a class the stricter bounds hold until"
         " approved_by and reason stand beside it", False),
        (['potential_class = "none"'], "potential_class",
         "strategy standard may give more contact than strategy gentle does; for a debtor of such a class the stricter bounds hold until"
         " approved_by and reason stand beside it", False),
        (['instead.letter = "call"'], "instead",
         "instead gives the debtor more contact than its strategy, whatever its class, does;" + OR_SIGN, True),
        (["saturation = 2"], "saturation", "saturation = 2 is below the strength 3 of one call: it could never be allowed", False),
    ],
)  # fmt: skip
def test_an_exception_that_cannot_be_meant_is_doubted(lines: list[str], path: str, sentence: str, is_error: bool) -> None:
    assert doubted(exceptions=own(*lines)) == [("debtors.toml", f"debtor.0.{path}", sentence, is_error)]


@pytest.mark.parametrize(
    "lines",
    [
        ["saturation = 7"],  # for some strategies it is looser: which one the debtor has, only its export knows
        ["saturation = 13", SIGNED],
        ['strategy = "standard"', SIGNED],
    ],
)
def test_an_exception_that_may_be_meant_is_not_doubted(lines: list[str]) -> None:
    assert doubted(exceptions=own(*lines)) == []


@pytest.mark.parametrize(
    ("lines", "key"),
    [(['strategy = "gentle"', "saturation = 7"], "saturation"), (['potential_class = "I"', 'media = ["letter"]'], "media")],
)
def test_an_exception_is_held_against_the_strategy_that_it_chose(lines: list[str], key: str) -> None:
    sentence = f"{key} gives the debtor more contact than strategy gentle does;" + OR_SIGN
    assert doubted(exceptions=own(*lines)) == [("debtors.toml", f"debtor.0.{key}", sentence, True)]
    assert doubted(exceptions=own('strategy = "gentle"', "saturation = 3")) == []


def test_where_classes_have_no_strategy_an_exception_may_be_the_only_bound() -> None:
    only = '[strength]\ncall = 3\n[strategy.one]\npotential_classes = ["I"]\nsaturation = 6\nper = "7d"\n'
    assert [found[0] for found in doubted(only, own("saturation = 30"))] == ["strategies.toml"]
    assert [found[0] for found in doubted(only, own('potential_class = "II"', "saturation = 30"))] == ["strategies.toml"]


def test_without_strategies_the_known_ones_are_none() -> None:
    assert doubted("", own('strategy = "lean"')) == [
        ("debtors.toml", "debtor.0.strategy", "strategy = 'lean': there is no such strategy in strategies.toml; known are none", True)
    ]


# ------------------------------------------------------------------------------------------------------------------- whatever is written

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.booleans(), st.integers(-5, 2000), st.floats(allow_nan=False), st.dates(), st.datetimes(), st.text(max_size=5),
    st.sampled_from(["3d", "0d", "-1d", "fri", "mon-fri 09:00-12:00", "4.50", "30%", "I", "none", "call", "letter", "lean", "x"]),
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["call", "de", "x", "level"]), inner, max_size=3)
)
KEYS = [
    "debtor_no", "company", "hours", "not_on", "pause_until", "strategy", "potential_class", "potential_classes", "media", "instead", "gap",
    "saturation", "per", "agent", "ask_first", "approved_by", "reason", "title", "strength", "cost", "tones", "skill", "owner_first",
    "ladder", "priority", "margin", "strange",
]  # fmt: skip
TABLES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)


@example(own={"debtor": [{"debtor_no": "10", "instead": {"call": False}}]}, general={"strength": False})  # found by chance
@given(
    st.fixed_dictionaries({"debtor": VALUES | st.lists(TABLES, max_size=4)}),
    st.fixed_dictionaries({"strength": VALUES, "cost": VALUES, "strategy": VALUES | st.dictionaries(st.sampled_from(["a", "b"]), TABLES)}),
)
def test_for_all_files_what_is_wrong_is_a_problem_and_never_an_exception(own: dict[str, Any], general: dict[str, Any]) -> None:
    problems: list[Problem] = []
    frames = Frames(parse_strategies(Table(general, "", problems)), parse_exceptions(Table(own, "", problems)))
    told = [(one.path, one.sentence) for one in problems] + [(one.path, one.sentence) for one in doubts(frames, ladders())]
    assert all(sentence and "\n" not in path for path, sentence in told)
    for key in (*frames.exceptions.debtors, DebtorKey("", "other")):
        frame = frames.at(key, "I")
        assert set(frame.media) <= set(MEDIA) or problems


def test_a_skill_or_an_agent_that_nobody_is_is_doubted() -> None:
    general = parse_strategies(Table(tomllib.loads(STRATEGIES.replace("saturation = 6", 'skill = "senior"\nsaturation = 6')), "", []))
    frames = Frames(general, read(own('agent = "201"') + own('agent = "999"', no="11") + own('not_on = "fri"', no="12"))[0])
    nobody = [(one.file, one.path, one.sentence) for one in doubts_about_agents(frames, {"201": frozenset(), "202": frozenset({"junior"})})]
    assert nobody == [
        ("strategies.toml", "strategy.gentle.skill",
         "skill = 'senior': no [[agent]] of collectord.toml has it, so nobody could take these cases"),
        ("debtors.toml", "debtor.1.agent",
         "agent = '999': there is no such [[agent]] in collectord.toml, so nobody calls this debtor"),
    ]  # fmt: skip
    assert list(doubts_about_agents(frames, {"201": frozenset({"senior"}), "999": frozenset()})) == []


def test_an_exception_for_a_debtor_whom_no_export_has_named_is_doubted() -> None:
    found = read(own('not_on = "fri"') + own('not_on = "fri"', 'company = "1000"', no="0011"))[0]
    (doubt,) = doubts_about_debtors(found, [DebtorKey("1000", "0011")])
    assert (doubt.path, doubt.is_error) == ("debtor.1.debtor_no", False)
    assert doubt.sentence.startswith("no export has named debtor 1000/0011 so far;")
