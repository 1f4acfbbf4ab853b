"""The company's own calendar: closed days refuse like holidays, and say when it goes on."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest

from collectord.core.contact.closed_days import ClosedDays, parse_closed
from collectord.core.contact.contact_rules import Allowed, Refused
from collectord.core.contact.pack_text import parse_pack
from collectord.core.rule_text import Problem, Table
from tests.core.gate_cases import PACKS, ask, debtor, facts, local, number


def closed(text: str) -> tuple[ClosedDays, list[Problem]]:
    problems: list[Problem] = []
    return parse_closed(Table(tomllib.loads(text), "", problems)), problems


def no_holiday(day: date) -> None:
    return None


def test_christmas_eve_is_closed_in_every_year_and_the_next_calling_hour_is_after_the_holidays() -> None:
    answer = ask(facts(), local("2026-12-24T10:00"))
    assert isinstance(answer, Refused)
    found = {refusal.rule: refusal.not_before for refusal in answer.refusals}
    assert found["house/company-calendar"] == local("2026-12-25T00:00")
    assert answer.not_before == local("2026-12-28T08:00")
    assert isinstance(ask(facts(), local("2026-12-23T10:00")), Allowed)


def test_company_holidays_are_a_stretch_with_both_days_in_it() -> None:
    calendar, problems = closed('days = ["2026-12-24 to 2027-01-03", "2027-05-14"]')
    assert problems == []
    days = [date(2026, 12, 23), date(2026, 12, 24), date(2027, 1, 3), date(2027, 1, 4), date(2027, 5, 14), date(2028, 5, 14)]
    assert [calendar.holds(day, no_holiday) for day in days] == [False, True, True, False, True, False]


def test_a_bridge_day_lies_between_a_public_holiday_and_the_weekend() -> None:
    calendar, _ = closed("bridge_days = true")
    feasts = {date(2027, 5, 6), date(2026, 5, 26)}  # a Thursday, a Tuesday

    def holiday(day: date) -> str | None:
        return "feast" if day in feasts else None

    bridges = [date(2027, 5, 7), date(2026, 5, 25)]
    others = [date(2027, 5, 5), date(2026, 5, 27), date(2027, 5, 14)]
    assert [calendar.holds(day, holiday) for day in (*bridges, *others)] == [True, True, False, False, False]


def test_bridge_days_are_those_of_the_debtor_s_place() -> None:
    table = Table(tomllib.loads('title.de = "a"\ntitle.en = "b"\n[closed]\nid = "bridges"\nbridge_days = true\n'), "", [])
    packs = {**PACKS, "house": parse_pack("house", table)}
    corpus_christi = local("2027-05-28T10:00")  # the Friday after it; a holiday in Bavaria, none in Berlin
    bavarian = facts(debtor=debtor(region="BY"))
    answer = ask(bavarian, corpus_christi, packs=packs)
    assert isinstance(answer, Refused)
    assert [refusal.rule for refusal in answer.refusals] == ["house/bridges"]
    assert answer.not_before == local("2027-05-29T09:00")
    assert isinstance(ask(facts(), corpus_christi, packs=packs), Allowed)


def test_where_no_holidays_are_known_the_holiday_rule_speaks_and_not_the_calendar() -> None:
    table = Table(tomllib.loads('title.de = "a"\ntitle.en = "b"\n[closed]\nbridge_days = true\n'), "", [])
    packs = {**PACKS, "house": parse_pack("house", table)}
    abroad = debtor(number("+8501921234567", zones=()), country="ZZ", region="")
    answer = ask(facts(debtor=abroad), local("2027-05-28T10:00"), packs=packs)
    assert isinstance(answer, Refused)
    rules = [refusal.rule for refusal in answer.refusals]
    assert "guard/holidays-unknown" in rules
    assert "house/company-calendar" not in rules


@pytest.mark.parametrize("text", ["24.12.", "12-32", "2026-02-30", "2026-12-24 - 2027-01-03", "2027-01-03 to 2026-12-24", "١٢-٢٤"])
def test_a_day_that_cannot_be_read_is_a_problem_with_its_place(text: str) -> None:
    given: dict[str, Any] = {"days": ["12-31", text]}
    problems: list[Problem] = []
    parse_closed(Table(given, "closed", problems))
    assert [problem.path for problem in problems] == ["closed.days.1"]
    assert text in problems[0].sentence


def test_the_last_day_of_february_may_be_closed_in_leap_years() -> None:
    calendar, problems = closed('days = ["02-29"]')
    assert problems == []
    assert calendar.holds(date(2028, 2, 29), no_holiday)
