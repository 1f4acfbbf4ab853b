"""CONTRACT 2 and 7 by hand: plan, call list, and the keys of every list."""

from __future__ import annotations

import csv
import io

import pytest

from collectord.commands import STATES
from tests.shell.place import Place, row

TASK = {
    "id", "company", "debtor_no", "medium", "ladder", "level", "items", "open_amount", "not_before", "expires_at", "state", "agent",
    "priority", "why",
}  # fmt: skip
DEBTOR = {
    "company", "debtor_no", "debtor_name", "open", "overdue", "days_past_due", "potential_class", "level", "numbers", "promise", "blocks",
    "quality",
}  # fmt: skip


@pytest.fixture
def house(place: Place) -> Place:
    place.take(row(1, potential_class="I"), row(1, item_no="R1b"), row(2), row(3, phone=""), row(4, due_on="2026-12-24"))
    return place


def test_plan_tells_what_it_made_and_a_second_run_changes_nothing(house: Place) -> None:
    first = house.ask("plan")
    assert set(first) == {"created", "changed", "cancelled", "unchanged", "shortfall", "workload"}
    assert {task["debtor_no"] for task in first["created"]} == {"1", "2", "3"}
    assert all(set(task) >= TASK for task in first["created"])
    assert first["shortfall"] == {"EUR": "100.00"}, "the money of debtors whom nobody can call"
    told = house.ask("status")["workload"]
    assert (told["shortfall"], told["unreachable"], told["says"]) == (first["shortfall"], 1, first["workload"]["says"])
    second = house.ask("plan")
    assert (second["created"], second["changed"], second["cancelled"], second["unchanged"]) == ([], [], [], 3)


def test_one_task_covers_all_of_a_debtors_items_of_a_company(house: Place) -> None:
    house.ask("plan")
    (task,) = house.ask("tasks", "--debtor", 1)
    assert task["items"] == ["R1", "R1b"]
    assert task["open_amount"] == {"EUR": "200.00"}
    assert (task["medium"], task["ladder"], task["level"], task["state"], task["agent"]) == ("call", "standard", 2, "ready", None)


def test_a_dry_run_says_the_same_and_changes_nothing(house: Place) -> None:
    dry = house.ask("plan", "--dry-run")
    assert house.ask("tasks") == []
    real = house.ask("plan")
    assert [task["why"] for task in dry["created"]] == [task["why"] for task in real["created"]]
    assert "diff" in house.ask("plan", "--diff")


def test_what_was_paid_cancels_its_task(house: Place) -> None:
    house.ask("plan")
    house.take(row(1), row(3, phone=""), row(4, due_on="2026-12-24"), name="op_2026-11-23.csv")
    plan = house.ask("plan")
    assert [task["debtor_no"] for task in plan["cancelled"]] == ["2"]
    assert [task["debtor_no"] for task in plan["changed"]] == ["1"]


def test_lists_are_filtered_by_debtor_state_and_number_of_rows(house: Place) -> None:
    house.ask("plan")
    assert len(house.ask("tasks", "--limit", 2)) == 2
    assert house.ask("tasks", "--state", "done") == []
    assert [debtor["debtor_no"] for debtor in house.ask("debtors", "--debtor", 2)] == ["2"]
    assert house.run("tasks", "--debtor", "nix").status == 1
    assert house.ask("tasks", now="2026-11-22T10:00:00+01:00") == [], "made after --now"


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_state_that_a_list_does_not_know_is_refused_and_those_it_knows_are_named(house: Place, name: str) -> None:
    answer = house.run(name, "--state", "doen")
    assert answer.status == 2
    (sentence,) = answer.sentences
    assert sentence.endswith(f"--state doen: `{name}` knows {', '.join(STATES[name])}")
    assert all(house.ask(name, "--state", state) == [] for state in STATES[name])


def test_debtors_have_the_contracts_keys(house: Place) -> None:
    house.ask("record", 1, "--disposition", "promise", "--promise", "full:2026-11-30")
    house.ask("record", 2, "--do-not-call")
    one, two, three, four = house.ask("debtors")
    assert all(set(debtor) >= DEBTOR for debtor in (one, two, three, four))
    assert (one["open"], one["overdue"], one["days_past_due"], one["potential_class"]) == ({"EUR": "200.00"}, {"EUR": "200.00"}, 14, "I")
    assert one["numbers"] == ["+49301234" + "0001"]
    assert one["promise"] | {"amount": "200.00", "promised_on": "2026-11-30", "state": "open"} == one["promise"]
    assert two["blocks"] == ["do_not_call"]
    assert two["promise"] is None
    assert two["potential_class"] is None
    assert three["quality"] == ["no dialable number"]
    assert (four["overdue"], four["days_past_due"]) == ({"EUR": "0.00"}, 0)


def test_promises_have_the_contracts_keys(house: Place) -> None:
    house.ask("record", 1, "--disposition", "promise", "--promise", "50:2026-11-30")
    (promise,) = house.ask("promises")
    assert promise | {"debtor_no": "1", "amount": "50.00", "promised_on": "2026-11-30", "state": "open", "level": 0} == promise
    assert house.ask("promises", now="2026-11-23T09:00:00+01:00") == []


def test_disputes_tell_who_says_so(house: Place) -> None:
    house.ask("record", 1, "--dispute", "R1:goods damaged")
    (dispute,) = house.ask("disputes")
    assert dispute | {"debtor_no": "1", "item_no": "R1", "reason": "goods damaged", "state": "open"} == dispute


def test_empty_lists_are_empty_lists(house: Place) -> None:
    assert [house.ask(name) for name in ("attempts", "promises", "disputes", "unknown")] == [[], [], [], []]


def test_agents_are_those_of_the_configuration(house: Place) -> None:
    (agent,) = house.ask("agents")
    assert agent | {"id": "201", "name": "Anna Beispiel", "endpoint": "PJSIP/201", "state": "logged_out"} == agent
    assert "4711" not in house.run("agents", "--json").out


def test_quality_counts_holes_and_names_the_money(house: Place) -> None:
    text = house.run("quality", "--json").out
    assert '"count": 1' in text
    assert '"EUR": "100.00"' in text


def test_the_call_list_says_who_when_by_whom_and_why(house: Place) -> None:
    calls = {call["debtor_no"]: call for call in house.ask("call-list")}
    assert calls["1"]["when"].startswith("2026-11-23T10:00")
    assert (calls["1"]["number"], calls["1"]["agent"]) == ("+493012340001", "201")
    assert calls["1"]["why"].startswith("Step 2 (friendly call)")
    assert calls["3"]["when"] is None
    assert calls["3"]["not_called_because"] == "The debtor has no telephone number."
    assert "4" not in calls
    assert house.ask("attempts") == house.ask("tasks") == [], "nothing is dialled, nothing is written"


def test_the_call_list_looks_ahead_for_days(house: Place) -> None:
    evening = "2026-11-23T20:30:00+01:00"
    assert [call["debtor_no"] for call in house.ask("call-list", now=evening) if call["when"]] == []
    assert {call["debtor_no"] for call in house.ask("call-list", "--days", 2, now=evening) if call["when"]} == {"1", "2"}
    assert house.run("call-list", "--days", 0).status == 2


def test_the_call_list_is_csv_too(house: Place) -> None:
    answer = house.run("call-list", "--csv")
    rows = list(csv.DictReader(io.StringIO(answer.out), delimiter=";"))
    assert [line["debtor_no"] for line in rows] == ["1", "2", "3"]
    assert set(rows[0]) >= {"when", "debtor_no", "debtor_name", "number", "agent", "overdue", "why"}


def test_status_has_the_contracts_keys(house: Place) -> None:
    house.ask("plan")
    doc = house.ask("status")
    assert set(doc) >= {"state", "why", "sources", "tasks", "agents", "calls", "pbx", "unknown", "held"}
    assert (doc["state"], doc["tasks"], doc["agents"]) == ("shadow", {"ready": 3}, {"logged_out": 1})
    assert (doc["calls"], doc["unknown"], doc["held"]) == (0, 0, 0)
    assert set(doc["sources"][0]) >= {"source", "as_of", "age", "fresh"}
    assert set(doc["pbx"][0]) >= {"name", "state", "response_ms"}


@pytest.mark.parametrize("name", ["tasks", "debtors", "batches", "call-list", "status", "quality", "agents", "plan", "explain"])
def test_every_answer_has_a_screen_for_people(house: Place, name: str) -> None:
    house.ask("plan")
    for columns in ("60", "80", "200"):
        answer = house.run(name, *(["1"] if name == "explain" else []), env={"COLUMNS": columns})
        assert answer.status == 0
        assert answer.out.strip()
        assert max(map(len, answer.out.splitlines())) <= int(columns)
