"""A rule file shows every mistake at once, each with its key and what was expected."""

from __future__ import annotations

import tomllib
from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from collectord.core.rule_text import Problem, Table, parse_duration, shown


def table(text: str) -> Table:
    return Table(tomllib.loads(text), "", [])


def sentences(found: Table) -> list[str]:
    return [problem.sentence for problem in found.problems]


@pytest.mark.parametrize(
    ("text", "span"),
    [("90s", timedelta(seconds=90)), ("15m", timedelta(minutes=15)), ("36h", timedelta(hours=36)), ("-2d", timedelta(days=-2))],
)
def test_durations_have_units(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["90", "1w", "", "d", "1.5h", "1234567d"])
def test_a_duration_without_a_known_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


def test_everything_right_is_read_without_a_word() -> None:
    found = table(
        'name = "a"\nn = 3\non = true\nsum = "25.00"\nafter = "3d"\nday = 2026-12-24\nat = "08:00"\nend = "24:00"\nwords = ["x", "y"]\n'
    )
    assert found.text("name", one_of=("a", "b")) == "a"
    assert found.whole("n", at_least=1, at_most=5) == 3
    assert found.flag("on") is True
    assert found.money("sum") == Decimal("25.00")
    assert found.days("after") == 3
    assert found.day("day") == date(2026, 12, 24)
    assert (found.clock("at"), found.clock("end")) == (time(8), time.max)
    assert found.texts("words", one_of=("x", "y")) == ("x", "y")
    found.done()
    assert found.problems == []


def test_defaults_stand_in_for_what_is_left_out() -> None:
    found = table("")
    assert found.text("a", "b") == "b"
    assert found.whole("a", 7) == 7
    assert found.flag("a", False) is False
    assert found.money("a", Decimal(5)) == Decimal(5)
    assert found.duration("a", timedelta(1)) == timedelta(1)
    assert found.day("a", None) is None
    assert found.clock("a", time(9)) == time(9)
    assert found.texts("a", []) == ()
    assert (list(found.tables("b")), list(found.named("c"))) == ([], [])
    assert found.problems == []


def test_every_mistake_is_named_and_none_stops_the_reading() -> None:
    found = table(  # one mistake a line
        "word = 5\n"
        'odd = "z"\n'
        "many = 9\n"
        "few = 0\n"
        "truth = 1\n"
        "float = 25.0\n"
        'sum = "1,00"\n'
        'span = "3"\n'
        'part = "36h"\n'
        'clock = "8 Uhr"\n'
        'list = [1, "q"]\n'
    )
    found.text("gone")
    assert found.text("word") == ""
    found.text("odd", one_of=("a", "b"))
    found.whole("many", at_most=5)
    found.whole("few", at_least=1)
    found.flag("truth")
    assert found.money("float") == Decimal(0)
    found.money("sum")
    assert found.duration("span") == timedelta(0)
    found.days("part")
    found.clock("clock")
    assert found.texts("list", one_of=("a",)) == ("q",)
    assert found.whole("also-gone") == 0
    assert found.texts("gone-too") == ()
    assert sentences(found) == [
        "gone is missing; expected text in quotes",
        "word = 5 is not text in quotes",
        "odd = 'z' is unknown; use one of a, b",
        "many = 9 is above 5",
        "few = 0 is below 1",
        "truth = 1 is not true or false",
        'float = 25.0 is not money in quotes, like "25.00"',
        "sum: '1,00' is no amount; write it in quotes with a point, like \"25.00\"",
        "span: '3' is no duration; write it like 90s, 15m, 36h or 7d",
        "part must be whole days, like 3d",
        "clock = '8 Uhr' is no time of day; write \"08:00\"",
        'list holds 1, which is no text in quotes; write "1"',
        "list holds 'q'; use only a",
        "also-gone is missing; expected a whole number",
        'gone-too is missing; expected a list of texts, like ["a", "b"]',
    ]


def test_true_is_no_number() -> None:
    found = table("n = true")
    found.whole("n")
    assert sentences(found) == ["n = true is not a whole number"]


def test_paths_lead_through_tables_and_lists() -> None:
    found = table('[[a.b]]\nx = 1\n[[a.b]]\nx = "one"\n[c.d]\ny = 2\n')
    for inner in found.table("a").tables("b"):
        inner.whole("x")
    for name, inner in found.named("c"):
        assert name == "d"
        inner.text("y")
    assert [problem.path for problem in found.problems] == ["a.b.1.x", "c.d.y"]


def test_a_list_of_tables_holds_tables() -> None:
    found = table("level = [1]")
    assert list(found.tables("level")) == []
    assert found.problems == [Problem("level.0", "level must be a table, not 1")]
    below = Table({"level": [2]}, "ladder", found.problems)
    assert list(below.tables("level")) == []
    assert found.problems[-1].path == "ladder.level.0"


def test_a_misspelt_key_is_not_ignored() -> None:
    found = table('after_deu = "3d"\n')
    found.days("after_due", timedelta(0))
    found.done()
    assert sentences(found) == ["after_deu is not known here; did you mean after_due? Known keys: after_due"]


def test_a_problem_of_the_whole_table_stands_at_its_path() -> None:
    found = Table({}, "ladder.standard", [])
    found.complain("", "it has no level")
    Table({}, "", found.problems).complain("top", "unknown")
    assert found.problems == [Problem("ladder.standard", "it has no level"), Problem("top", "unknown")]


def test_a_day_with_a_time_of_day_is_no_date() -> None:
    found = table("until = 2026-12-24T10:00:00\n")
    assert found.day("until") is None
    assert sentences(found) == ["until = 2026-12-24 10:00:00 has a time of day; write the date alone, like 2026-12-24"]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("true", "true"),
        ("2026-12-28", "2026-12-28"),
        ("2026-12-28T10:00:00", "2026-12-28 10:00:00"),
        ("08:00:00", "08:00:00"),
        ("{ a = 1 }", "{ … }"),
        ('["a", false]', "['a', false]"),
        ("[1, 2, 3, 4]", "[1, 2, 3, …]"),
        ('"a"', "'a'"),
    ],
)
def test_a_value_is_shown_as_it_stands_in_the_file(written: str, seen: str) -> None:
    assert shown(tomllib.loads(f"x = {written}")["x"]) == seen


def test_a_day_that_lacks_its_quotes_is_shown_with_them() -> None:
    found = table("days = [2026-12-28, true, { a = 1 }]\n")
    found.texts("days")
    assert sentences(found) == [
        'days holds 2026-12-28, which is no text in quotes; write "2026-12-28"',
        "days holds true, which is no text in quotes",
        "days holds { … }, which is no text in quotes",
    ]


def test_one_bracket_too_few_is_told_and_the_entry_is_read_for_its_other_mistakes() -> None:
    found = table("[debtor]\ngap = 3\n[ladder.standard.level]\n")
    for entry in found.tables("debtor"):
        entry.days("gap")
    assert list(found.table("ladder").table("standard").tables("level")) == []
    assert [(one.path, one.sentence) for one in found.problems] == [
        ("debtor", "write [[debtor]] with two brackets, at every entry: there may be several"),
        ("debtor.gap", "gap = 3 is not a duration like 90s, 15m, 36h or 7d"),
        ("ladder.standard.level", "write [[ladder.standard.level]] with two brackets, at every entry: there may be several"),
    ]


@pytest.mark.parametrize(
    ("written", "shown_as", "like"),
    [
        ("0.35", "0.35", ': write "0.35"'),
        ("1", "1", ': write "1"'),
        ('"10%"', "'10%'", ': write "0.1"'),
        ('"12,5 %"', "'12,5 %'", ': write "0.125"'),
        ('"0,5"', "'0,5'", ': write "0.5"'),
        ('"110%"', "'110%'", ', like "0.35"'),
        ('"2"', "'2'", ', like "0.35"'),
        ('"0.001"', "'0.001'", ', like "0.35"'),
        ('"a third"', "'a third'", ', like "0.35"'),
        ("true", "true", ', like "0.35"'),
    ],
)
def test_a_share_has_its_own_sentence_and_shows_what_was_meant(written: str, shown_as: str, like: str) -> None:
    found = table(f"reached = {written}\n")
    assert found.share("reached", Decimal("0.7"), least=Decimal("0.01")) == Decimal("0.7")
    assert sentences(found) == [f'reached = {shown_as} is not a share from "0.01" to "1" in quotes{like}']


def test_a_share_and_a_percentage_are_read_or_left_out() -> None:
    found = table('reached = "0.35"\nmargin = "30 %"\n')
    assert (found.share("reached", Decimal(0)), found.share("talk", Decimal(1))) == (Decimal("0.35"), Decimal(1))
    assert (found.percent("margin"), found.percent("cost")) == (30, None)
    assert found.problems == []


@pytest.mark.parametrize("written", ["30", '""', '"101%"', '"0.3"', "true"])
def test_a_percentage_stands_in_quotes_with_its_sign(written: str) -> None:
    found = table(f"margin = {written}\n")
    assert found.percent("margin") is None
    assert sentences(found) == [
        f'margin = {shown(tomllib.loads(f"x = {written}")["x"])} is no share of a hundred; write it in quotes, like "30%"'
    ]


def test_a_rate_is_not_called_money() -> None:
    found = table('rate = 2.27\nwait = "1,5"\nfees = "9999999999999.00"\n')
    assert {found.number("rate"), found.number("wait"), found.money("fees")} == {Decimal(0)}
    assert sentences(found) == [
        'rate = 2.27 is not a number in quotes, like "1.25"',
        "wait: '1,5' is no amount; write it in quotes with a point, like \"1.25\"",
        "fees: 9999999999999.00 is beyond 1000000000000; no open item is that large",
    ]


def test_a_key_that_is_like_none_has_only_the_list_and_one_that_is_written_already_is_not_meant() -> None:
    found = table('colour = 1\nafter_due = "3d"\nafter_deu = "4d"\n')
    found.days("after_due")
    found.done()
    assert sentences(found) == [
        "colour is not known here; known keys: after_due",
        "after_deu is not known here; known keys: after_due",
    ]


def test_a_value_of_any_length_makes_a_sentence_that_can_be_read() -> None:
    problems: list[Problem] = []
    table = Table({"a": "x" * 5000, "b": ["y" * 5000]}, "", problems)
    table.text("a", one_of=("one",))
    table.texts("b", one_of=("one",))
    assert all(len(problem.sentence) < 200 for problem in problems)
    assert len(problems) == 2


def test_a_day_or_span_that_nothing_can_be_reckoned_with_is_named() -> None:
    problems: list[Problem] = []
    table = Table(
        {"a": date(9999, 12, 31), "b": date(1, 1, 1), "c": "999999d", "d": "-3661d", "e": "3660d", "f": date(2100, 12, 31)}, "", problems
    )
    assert (table.day("a"), table.day("b"), table.duration("c"), table.days("d")) == (None, None, timedelta(0), 0)
    assert (table.days("e"), table.day("f")) == (3660, date(2100, 12, 31))
    assert [problem.sentence for problem in problems] == [
        "a = 9999-12-31 lies outside 1990 to 2100", "b = 0001-01-01 lies outside 1990 to 2100", "c = '999999d' is more than ten years",
        "d = '-3661d' is more than ten years",
    ]  # fmt: skip
