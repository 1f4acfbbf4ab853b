"""Days at the edge of the calendar: leap day, year end, the first and the last year (FAULTS D6)."""

from __future__ import annotations

import pytest

from tests.shell.place import COLUMNS, MONDAY, Place, row

DAYS = ("due_on", "dunning_deadline", "dunning_block", "invoiced_on", "discount_until", "last_dunned_on")
ALL = (*COLUMNS, "invoiced_on", "discount_until", "last_dunned_on")
GOOD = [row(no) for no in range(100, 140)]


def take(place: Place, *rows: dict[str, str], name: str = "op_2026-11-22.csv", now: str = MONDAY) -> dict[str, object]:
    receipt: dict[str, object] = place.run("import", place.export(name, [*rows, *GOOD], ALL), "--json", now=now).doc[0]
    return receipt


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "0000-00-00", "10000-01-01", "2026-02-29", "2100-02-29", "2026-13-01", "86400"]
)
@pytest.mark.parametrize("column", DAYS)
def test_an_impossible_day_rejects_its_row_and_nothing_else(place: Place, column: str, day: str) -> None:
    receipt = take(place, row(1, **{column: day}))
    assert (receipt["status"], receipt["accepted"]) == ("accepted", 40)
    assert [(bad["line"], bad["column"], bad["value"]) for bad in receipt["rejected"]] == [(2, column, day)]  # type: ignore[attr-defined]
    assert "guard/rejected-row" in place.rules(1)


def test_a_leap_day_is_a_day_like_any_other(place: Place) -> None:
    leap = "2028-02-29T10:00:00+01:00"
    receipt = take(place, row(1, due_on="2028-02-26"), row(2, due_on="2028-02-29"), name="op_2028-02-29.csv", now=leap)
    assert (receipt["status"], receipt["as_of"], receipt["rejected"]) == ("accepted", "2028-02-29", [])
    assert place.explain(1, at=leap)["days_past_due"] == 3
    assert place.explain(2, at=leap)["days_past_due"] == 0
    assert place.explain(2, at="2028-03-01T10:00:00+01:00")["days_past_due"] == 1
    assert place.explain(1, at=leap)["may_call"]


def test_over_the_turn_of_the_year_days_and_freshness_go_on(place: Place) -> None:
    eve, january = "2026-12-31T09:00:00+01:00", "2027-01-04T09:00:00+01:00"  # New Year's Day is a Friday
    take(place, row(1, due_on="2026-12-28"), row(2, due_on="2026-12-31"), name="op_2026-12-31.csv", now=eve)
    assert place.explain(1, at=eve)["days_past_due"] == 3
    later = place.explain(2, at=january)
    assert later["days_past_due"] == 4
    assert "guard/stale-source" not in {refusal["rule"] for refusal in later["refusals"]}  # Thursday's export still holds on Monday
    assert "guard/stale-source" in place.rules(2, at="2027-01-05T09:00:00+01:00")
    assert (
        place.rules(1, at="2027-01-01T10:00:00+01:00") >= {"guard/holidays-unknown"}
        or not place.explain(1, at="2027-01-01T10:00:00+01:00")["may_call"]
    )


def test_a_block_until_the_last_day_of_all_is_one_without_an_end(place: Place) -> None:
    take(place, row(1, dunning_block="yes"), row(2, dunning_block="2027-01-15"), row(3, dunning_block="2100-12-31"))
    assert place.explain(1)["not_before"] is None
    assert place.explain(2)["not_before"] == "2027-01-16T09:00:00+01:00"  # a Saturday
    assert place.explain(3)["not_before"] is None  # nobody knows the holidays of 2101


@pytest.mark.parametrize("name", ["op_2026-11-24.csv", "op_20261124.csv", "op_2026-12-31.csv"])
def test_a_file_that_says_it_is_of_the_future_is_rejected(place: Place, name: str) -> None:
    assert take(place, name=name)["status"] == "rejected"


@pytest.mark.parametrize("name", ["op_0001-01-01.csv", "op_9999-12-31.csv", "op_2026-02-30.csv", "op_20261301.csv", "op_0000-00-00.csv"])
def test_what_is_no_day_in_a_name_is_no_as_of(place: Place, name: str) -> None:
    receipt = take(place, name=name)
    assert (receipt["status"], receipt["as_of"]) == ("accepted", "2026-11-23")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-29"])
def test_an_as_of_at_the_edge_is_refused_or_rejected(place: Place, day: str) -> None:
    answer = place.run("import", place.export("op.csv", GOOD), "--as-of", day, "--json")
    assert answer.status in (1, 2)
    assert len(answer.sentences) == 1
    assert place.run("explain", 100).status == 1  # nothing was taken over


@pytest.mark.parametrize("now", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "1989-12-31T23:00:00-12:00", "1990-01-01"])
def test_a_question_about_the_edge_of_time_is_answered_or_refused_in_one_sentence(place: Place, now: str) -> None:
    take(place, row(1))
    for command in (["explain", "1"], ["debtors"], ["quality"], ["status"], ["call-list"], ["plan", "--dry-run"], ["batches"]):
        answer = place.run(*command, now=now)
        assert answer.status in (0, 1, 2)
        assert "Traceback" not in answer.err
        assert answer.status == 0 or len(answer.sentences) == 1


@pytest.mark.parametrize("day", ["0001-01-01", "1989-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_that_is_asked_for_lies_within_the_years_of_exports(place: Place, day: str) -> None:
    take(place, row(1))
    for command in (["claim", "1", "--on", day], ["absence", "201", "2026-11-23", day]):
        answer = place.run(*command)
        assert answer.status == 2
        assert answer.sentences[0].endswith(f"{day!r} lies outside 1990 to 2100"), answer.err
    for last in ("1990-01-01", "2100-12-31"):
        answer = place.run("claim", "1", "--on", last)
        assert answer.status in (0, 1)
        assert "Traceback" not in answer.err


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-29"])
def test_a_promise_for_a_day_at_the_edge_is_refused(place: Place, day: str) -> None:
    take(place, row(1))
    answer = place.run("record", 1, "--disposition", "promise", "--promise", f"full:{day}")
    assert answer.status in (1, 2)
    assert len(answer.sentences) == 1


def test_a_plan_for_an_instant_before_the_last_one_says_only_what_it_stored(place: Place) -> None:
    take(place, row(1))
    evening, morning = "2026-11-23T20:00:00+01:00", "2026-11-23T10:00:00+01:00"
    assert place.run("plan", "--json", "--dry-run", now=morning).doc["created"]
    assert place.run("plan", "--json", now=evening).doc["created"]
    for _ in range(2):
        assert place.run("plan", "--json", now=morning).doc["created"] == []
