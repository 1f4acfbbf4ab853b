"""CONTRACT 6 by hand: the document, a true sentence, and the first instant at which the refusal ends."""

from __future__ import annotations

import pytest

from tests.shell.place import MONDAY, Place, row

KEYS = {
    "company", "debtor_no", "at", "open", "overdue", "days_past_due", "potential_class", "ladder", "level", "medium", "may_call", "never",
    "refusals", "not_before", "why", "task", "warnings",
}  # fmt: skip


@pytest.fixture
def house(place: Place) -> Place:
    """One debtor for each answer; the export is Sunday's, today is Monday."""
    place.take(
        row(1),
        row(2),
        row(3),
        row(4),
        row(5),
        row(5, item_no="C", open_amount="-150.00"),
        row(6, payment_method="direct_debit"),
        row(7, dunning_deadline="2026-11-27"),
        row(8, dunning_block="2026-12-01"),
        row(9, dunning_block="yes"),
        row(10, dispute="yes"),
        row(11, phone=""),
        row(12, phone="0900 1234567"),
        row(13, legal_state="insolvency"),
        row(14, due_on="2026-12-10"),
        row(15, due_on="2026-02-30"),
        row(16, potential_class="II"),
    )
    return place


def test_the_document_has_the_contracts_keys(house: Place) -> None:
    house.run("plan")
    doc = house.explain(16)
    assert set(doc) >= KEYS
    assert doc["at"] == MONDAY
    assert (doc["open"], doc["overdue"], doc["days_past_due"]) == ({"EUR": "100.00"}, {"EUR": "100.00"}, 14)
    assert (doc["potential_class"], doc["ladder"], doc["level"], doc["medium"]) == ("II", "standard", 2, "call")
    assert doc["task"] == house.ask("tasks", "--debtor", 16)[0]["id"]
    refusal = house.explain(7)["refusals"][0]
    assert set(refusal) == {"rule", "reason", "not_before"}


def test_a_debtor_who_is_callable(house: Place) -> None:
    doc = house.explain(1)
    assert (doc["may_call"], doc["never"], doc["refusals"], doc["not_before"]) == (True, False, [], None)
    assert doc["why"].startswith("May be called now on +49301234")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-23T07:59:00+01:00", "2026-11-23T08:00:00+01:00"),
        ("2026-11-23T20:00:00+01:00", "2026-11-24T08:00:00+01:00"),
        ("2026-11-22T12:00:00+01:00", "2026-11-23T08:00:00+01:00"),
    ],
)
def test_a_debtor_outside_hours(house: Place, at: str, until: str) -> None:
    doc = house.explain(1, at=at)
    assert [refusal["rule"] for refusal in doc["refusals"]] == ["de/hours"]
    assert doc["not_before"] == until
    assert "Mon-Fri 08:00-20:00, Sat 09:00-18:00" in doc["why"]


def test_a_debtor_with_an_open_promise(house: Place) -> None:
    assert house.run("record", 2, "--disposition", "promise", "--promise", "50.00:2026-11-30").status == 0
    doc = house.explain(2)
    assert doc["refusals"][0]["rule"] == "guard/open-promise"
    assert doc["not_before"] == "2026-12-03T08:00:00+01:00", "the promised Monday and two banking days of grace have passed"
    assert "€50.00 is promised for Mon 30 Nov 2026" in doc["why"]


def test_a_debtor_with_a_stale_source(house: Place) -> None:
    doc = house.explain(1, at="2026-11-24T10:00:00+01:00")
    assert [refusal["rule"] for refusal in doc["refusals"]] == ["guard/stale-source"]
    assert (doc["may_call"], doc["never"], doc["not_before"]) == (False, False, None)
    assert "2 accounting days old, 1 is allowed" in doc["why"]


def test_a_debtor_with_a_held_source(house: Place) -> None:
    house.take(row(1, due_on="x"), row(2, due_on="x"), row(3), name="op_2026-11-23.csv")
    doc = house.explain(4)
    assert [refusal["rule"] for refusal in doc["refusals"]] == ["guard/held-source"]
    assert doc["not_before"] is None
    assert "op_2026-11-23.csv" in doc["why"]


def test_a_debtor_with_a_rejected_row(house: Place) -> None:
    doc = house.explain(15)
    assert doc["refusals"][0]["rule"] == "guard/rejected-row"
    assert doc["not_before"] is None
    assert "line 17, due_on" in doc["why"]


def test_a_debtor_at_the_attempt_cap(house: Place) -> None:
    house.ask("record", 3, "--contact", "call", "--result", "no_answer", "--at", "2026-11-23T09:00:00+01:00")
    doc = house.explain(3)
    ends = {refusal["rule"]: refusal["not_before"] for refusal in doc["refusals"]}
    assert ends["house/1-per-day"] == "2026-11-24T00:00:00+01:00"
    assert doc["not_before"].startswith("2026-11-24T")
    assert house.explain(3, at="2026-11-23T08:30:00+01:00")["may_call"], "what came later is invisible"


def test_a_debtor_who_wants_no_calls(house: Place) -> None:
    house.ask("record", 4, "--do-not-call")
    doc = house.explain(4)
    assert (doc["may_call"], doc["never"], doc["not_before"]) == (False, True, None)
    assert doc["why"].startswith("Is never called: The debtor does not want to be called")


def test_a_debtor_with_credits_above_the_debt(house: Place) -> None:
    doc = house.explain(5)
    assert [refusal["rule"] for refusal in doc["refusals"]] == ["guard/nothing-owed"]
    assert (doc["open"], doc["overdue"], doc["not_before"]) == ({"EUR": "-50.00"}, {"EUR": "0.00"}, None)
    assert "credits cover everything that is open" in doc["why"]


def test_a_debtor_with_a_direct_debit(house: Place) -> None:
    doc = house.explain(6)
    assert [refusal["rule"] for refusal in doc["refusals"]] == ["guard/direct-debit"]
    assert (doc["level"], doc["medium"], doc["not_before"]) == (None, None, None)


def test_a_debtor_under_a_dunning_deadline(house: Place) -> None:
    doc = house.explain(7)
    assert [refusal["rule"] for refusal in doc["refusals"]] == ["guard/dunning-deadline"]
    assert doc["not_before"] == "2026-11-27T08:00:00+01:00"


@pytest.mark.parametrize(
    ("debtor", "rule", "until"),
    [
        (8, "guard/dunning-block", "2026-12-02T08:00:00+01:00"),
        (9, "guard/dunning-block", None),
        (10, "guard/dispute", None),
        (11, "guard/no-number", None),
        (12, "guard/no-number", None),
        (13, "guard/legal-state", None),
    ],
)
def test_what_else_accounting_says_against_a_call(house: Place, debtor: int, rule: str, until: str | None) -> None:
    doc = house.explain(debtor)
    assert [refusal["rule"] for refusal in doc["refusals"]] == [rule]
    assert doc["not_before"] == until
    assert not doc["never"]


def test_the_gate_answers_whether_or_not_a_ladder_wants_a_call(house: Place) -> None:
    doc = house.explain(14)
    assert (doc["may_call"], doc["level"], doc["medium"], doc["task"], doc["overdue"]) == (True, None, None, None, {"EUR": "0.00"})


def test_the_named_instant_is_allowed_and_the_second_before_it_is_not(house: Place) -> None:
    house.ask("record", 3, "--contact", "call", "--result", "no_answer", "--at", "2026-11-23T09:00:00+01:00")
    house.ask("record", 2, "--wish", "mon-fri 15:00-16:00")
    for debtor, before in ((2, "2026-11-23T14:59:59+01:00"), (3, None)):
        until = house.explain(debtor)["not_before"]
        env = {"COLLECTORD_MAX_EXPORT_AGE": "10"}
        assert house.ask("explain", debtor, now=until, env=env)["may_call"]
        if before:
            assert not house.ask("explain", debtor, now=before, env=env)["may_call"]


def test_fridays_export_allows_calls_all_monday_and_not_on_tuesday(place: Place) -> None:
    place.take(row(1), name="op_2026-11-20.csv", now="2026-11-20T18:00:00+01:00")
    days = ("2026-11-21T10:00", "2026-11-23T08:00", "2026-11-23T19:59", "2026-11-24T08:00")
    assert [place.explain(1, at=day)["may_call"] for day in days] == [True, True, True, False]
    sources = place.ask("status", now="2026-11-23T10:00")["sources"]
    assert sources[0] | {"source": "canonical", "as_of": "2026-11-20", "age": 1, "fresh": True} == sources[0]


def test_public_holidays_do_not_age_an_export(place: Place) -> None:
    place.take(row(1), name="op_2026-12-23.csv", now="2026-12-23T18:00:00+01:00")
    days = {"2026-12-24T10:00": False, "2026-12-28T10:00": True}
    assert {day: "guard/stale-source" in place.rules(1, at=day) for day in days} == days
    assert place.rules(1, at="2026-12-25T10:00") == {"de/hours"}, "a holiday, with an export that is one accounting day old"
    assert place.explain(1, at="2026-12-25T10:00")["not_before"] == "2026-12-28T08:00:00+01:00"


def test_max_export_age_may_be_raised(place: Place) -> None:
    place.take(row(1), name="op_2026-11-20.csv")
    assert place.ask("explain", 1, now="2026-11-25T10:00", env={"COLLECTORD_MAX_EXPORT_AGE": "3"})["may_call"]


def test_a_debtor_number_that_several_companies_share_needs_its_company(place: Place) -> None:
    place.take(row(1, company="A"), row(1, company="B", open_amount="300.00"), row(2, company="A"))
    answer = place.run("explain", 1)
    assert answer.status == 1
    assert answer.sentences == ["debtor '1' exists in several companies; write one of: A/1, B/1"]
    assert place.explain("B/1")["open"] == {"EUR": "300.00"}
    assert place.explain(2)["company"] == "A"


@pytest.mark.parametrize("nonsense", ["nix", "", "C/1", "'; drop table debtor; --", "\x1b[31m", "1/", "/", "%", "../../etc/passwd"])
def test_a_debtor_who_is_none_is_one_sentence(place: Place, nonsense: str) -> None:
    place.take(row(1))
    answer = place.run("explain", nonsense)
    assert answer.status == 1
    assert len(answer.sentences) == 1
    assert answer.err.startswith("there is no debtor ")
    assert answer.err.isprintable() or answer.err.rstrip("\n").isprintable()


def test_an_item_is_asked_for_by_its_number(house: Place) -> None:
    assert house.ask("explain", 1, "--item", "R1")["may_call"]
    answer = house.run("explain", 1, "--item", "R99")
    assert answer.status == 1
    assert answer.sentences == ["debtor 1 has no open item R99"]


def test_the_sentence_speaks_the_houses_language(house: Place) -> None:
    german = house.ask("explain", 7, env={"COLLECTORD_LANGUAGE": "de"})
    assert german["why"].startswith("Wird nicht vor Fr., 27. Nov. 2026 08:00 angerufen: ")
    assert german["not_before"] == house.explain(7)["not_before"]


def edit(house: Place, old: str, new: str) -> None:
    path = house.folder / "rules" / "ladders.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_task_that_the_rules_do_not_want_any_more_is_not_told_as_if_they_did(house: Place) -> None:
    house.run("plan")
    assert house.explain(1)["outdated"] is None
    edit(house, 'min_open = "25.00"', 'min_open = "500.00"')
    doc = house.explain(1)
    assert (doc["outdated"], doc["planned"]["rule"], doc["choice"]) == ("cancelled", "below-minimum", None)
    assert doc["why"] == (
        f"No call is due any more: {doc['planned']['why']} A call would be allowed now."
        " The task is from the last plan, the next plan cancels it."
    )
    german = house.ask("explain", 1, env={"COLLECTORD_LANGUAGE": "de"})["why"]
    assert german.startswith("Es steht kein Anruf mehr an: ")
    assert german.endswith(" Die Aufgabe ist vom letzten Plan, der nächste streicht sie.")
    closed = house.explain(1, at="2026-11-23T20:00:00+01:00")["why"]
    assert closed.startswith(f"No call is due any more: {doc['planned']['why']} Before Tue 24 Nov 2026 08:00 no call is allowed either: ")
    assert closed.endswith(" The task is from the last plan, the next plan cancels it.")
    house.run("plan")
    assert (house.explain(1)["outdated"], house.explain(1)["task"]) == (None, None)


def test_a_task_that_would_be_another_says_both_what_is_planned_and_what_stands_in_it(place: Place) -> None:
    place.take(row(1), name="op_2026-11-22.csv")
    place.run("plan")
    place.take(row(1, open_amount="80.00"), name="op_2026-11-23.csv")
    doc = place.explain(1)
    assert doc["outdated"] == "changed"
    assert doc["why"].startswith("May be called now on +49301234")
    assert "€80.00 is open" in doc["planned"]["why"]
    assert (
        f". {doc['planned']['why']} The task is from the last plan, the next plan changes it. It says: "
        in f". {doc['why'].split('. ', 1)[1]}"
    )
    assert "€100.00 is open" in doc["why"].split("It says: ")[1]


def test_how_many_calls_go_before_it_is_said_only_of_a_call_that_may_be_made(house: Place) -> None:
    house.run("plan")
    now, later = house.explain(1)["choice"], house.explain(1, at="2026-11-23T20:00:00+01:00")["choice"]
    assert isinstance(now["before"], int)
    assert now["why"].endswith(" before it.")
    assert later["before"] is None
    assert "before it" not in later["why"]
