"""Promises, approvals, cards, absences, reports and the claim on the command line."""

from __future__ import annotations

import csv
import sqlite3

import pytest

from tests.shell.place import Place, row


@pytest.fixture
def house(place: Place) -> Place:
    place.take(*[row(no) for no in range(1, 25)])
    return place


def outcomes(place: Place) -> list[dict[str, str]]:
    with open(place.ask("export")["file"], encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


PLAN = ["--disposition", "promise", "--promise", "40.00:2026-12-01", "--promise", "30.00:2027-01-04", "--promise", "rest:2027-03-01"]


def test_a_plan_beyond_the_limits_waits_until_a_lead_has_approved_it(house: Place) -> None:
    recorded = house.ask("record", 1, *PLAN)
    assert recorded["approval"] == "pending"
    waiting = house.ask("promises", "--pending")
    assert [(one["amount"], one["instalment"], one["decide_until"]) for one in waiting] == [
        ("40.00", 1, "2026-11-26"), ("30.00", 2, "2026-11-26"), ("30.00", 3, "2026-11-26"),
    ]  # fmt: skip
    assert house.rules(1) >= {"guard/open-promise"}
    assert "98 days from now" in house.run("promises", "--pending").out
    assert len(house.ask("approve", waiting[2]["id"], "--note", "known customer", "--by", "M. Muster")["promises"]) == 3
    assert "approved by M. Muster (" in house.ask("promises")[0]["approval_note"]
    assert house.ask("promises", "--pending") == []
    again = house.run("approve", waiting[0]["id"])
    assert (again.status, again.sentences) == (1, [f"Promise {waiting[0]['id']} is not to be decided: it is approved already."])
    german = house.run("approve", waiting[0]["id"], env={"COLLECTORD_LANGUAGE": "de"})
    assert german.sentences == [f"Über die Zusage {waiting[0]['id']} ist nicht zu entscheiden: sie ist schon genehmigt."]
    lines = outcomes(house)
    assert [(line["promise_amount"], line["promise_on"], line["dunning_block_until"]) for line in lines] == [
        ("40.00", "2026-12-01", "2027-03-03"), ("30.00", "2027-01-04", "2027-03-03"), ("30.00", "2027-03-01", "2027-03-03"),
    ]  # fmt: skip


def test_a_refused_promise_lets_the_debtor_be_called_and_needs_a_reason(house: Place) -> None:
    promise = house.ask("record", 1, "--disposition", "promise", "--promise", "5.00:2026-12-01")["promise"]
    assert house.run("refuse", promise).status == 2
    assert house.ask("refuse", promise, "--reason", "too little", "--by", "M. Muster")["approval"] == "refused"
    assert "by M. Muster (" in house.ask("promises")[0]["approval_note"]
    assert house.run("approve", promise).sentences == [f"Promise {promise} is not to be decided: it is refused already."]
    assert [task["origin"] for task in house.ask("tasks", "--debtor", 1)] == ["promise"]
    assert house.run("refuse", "nobody", "--reason", "x").sentences == [
        "There is no promise nobody; `collectord promises --pending` lists them."
    ]


def test_a_single_promise_is_written_as_before(house: Place) -> None:
    assert house.ask("record", 1, "--disposition", "promise", "--promise", "full:2026-11-30")["approval"] is None
    (one,) = house.ask("promises")
    assert (one["amount"], one["plan"], one["instalment"], one["approval"]) == ("100.00", None, None, None)


def test_cards_are_shown_recorded_and_taken_back(house: Place) -> None:
    cards = house.ask("objections")
    assert cards[0]["code"] == "invoice-missing"
    assert "invoice not received" in house.run("objections").out
    house.ask("record", 1, "--objection", "invoice-missing", "--item", "R1", "--contact", "email", "--note", "new address")
    assert house.explain(1)["planned"]["rule"] == "objection"
    (line,) = outcomes(house)
    assert (line["item_no"], line["disposition"], line["dunning_block_until"]) == ("R1", "objection", "2026-11-30")
    assert line["note"] == "invoice not received: new address (please send a copy of the invoice)"
    house.ask("record", 1, "--objection", "none")
    assert house.explain(1)["planned"]["rule"] != "objection"


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["record", 1, "--objection", "moon"], 1, "There is no objection card moon; use one of"),
        (["record", 1, "--objection", "in-approval", "--until", "soon"], 2, "--until 'soon' is no date"),
        (["record", 1, "--objection", "in-approval"], 1, "asks for the day that the debtor named"),
        (["record", 1, "--until", "2026-12-01"], 1, "belong to an objection"),
        (["absence", "201", "2026-12-01", "never"], 2, "UNTIL 'never' is no date"),
        (["absence", "999", "2026-12-01", "2026-12-02"], 1, "Agent 999 is not in the configuration"),
        (["report", "weather"], 1, "there is no report 'weather'; known are callbacks"),
        (["claim", 1, "--on", "2027-01-04"], 1, "no base rate of DE covers"),
        (["claim", 1, "--paid", "much"], 1, "--paid: 'much' is no amount"),
        (["claim", 1, "--paid", "-1.00"], 1, "a payment is not negative"),
        (["claim", 999], 1, "999"),
        (["callers", "--done", "+493099999999"], 1, "No call of +493099999999 waits for anybody"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(house: Place, words: list[object], status: int, sentence: str) -> None:
    answer = house.run(*words)
    assert answer.status == status
    assert len(answer.sentences) == 1
    assert sentence in answer.err


def test_an_absence_is_listed_until_it_is_taken_back(house: Place) -> None:
    agent = house.ask("agents")[0]["id"]
    told = house.ask("absence", agent, "2026-12-01", "2026-12-02")
    assert {name: value for name, value in told.items() if name not in ("nobody_left", "warnings")} == {
        "agent": agent, "from": "2026-12-01", "until": "2026-12-02", "deputy": None, "revoked": False, "callbacks_moved": 0,
    }  # fmt: skip
    assert told["warnings"] == [left["says"] for left in told["nobody_left"]]
    assert agent in house.run("absences").out
    assert house.ask("absence", agent, "2026-12-01", "2026-12-02", "--revoke")["revoked"]
    assert house.ask("absences") == []


def test_a_caller_whom_nobody_reached_is_listed_until_somebody_looked_after_the_number(house: Place) -> None:
    assert house.ask("callers") == []
    with sqlite3.connect(house.folder / "state" / "collectord.db") as store:
        store.executemany(
            "insert into unreached_caller (id, at, called, caller) values (?, ?, '+493012345600', ?)",
            [(f"in-{n}", f"2026-11-23T0{n}:00:00.000000Z", number) for n, number in enumerate(["+493012340001", "+493099999999"] * 2)],
        )
    store.close()
    known, stranger = sorted(house.ask("callers"), key=lambda line: line["number"])
    assert (stranger["number"], stranger["calls"], stranger["debtors"]) == ("+493099999999", 2, [])
    assert (known["last_at"], known["debtors"]) == ("2026-11-23T02:00:00+00:00", ["1"])
    assert "+493099999999" in house.run("callers").out
    assert house.ask("status")["callers"] == 2
    done = house.ask("callers", "--done", "+493099999999", "--by", "M. Muster")
    assert (done["calls"], done["note"]) == (2, "2 calls of +493099999999: looked after.")
    assert [line["number"] for line in house.ask("callers")] == ["+493012340001"]


def test_the_report_of_callbacks_and_the_claim_have_screens(house: Place) -> None:
    house.ask("record", 1, "--disposition", "callback", "--callback", "2026-11-24T10:00:00+01:00")
    report = house.ask("report", "callbacks")
    assert [(one["debtor_no"], one["state"]) for one in report["callbacks"]] == [("1", "waiting")]
    assert "waiting" in house.run("report", "callbacks").out
    shown = house.run("claim", 1, "--on", "2026-11-09", "--paid", "50.00").out  # not in default yet: no rate is needed
    assert "Not charged" in shown
    assert "not in default yet" in shown
    assert "leaves principal" in shown


def test_an_email_of_which_nobody_knows_is_listed_and_resolved_by_a_person_with_a_reason(house: Place) -> None:
    conn = sqlite3.connect(house.folder / "state" / "collectord.db")
    conn.execute(
        "insert into message (id, task_id, company, debtor_no, medium, template, language, recipient, state, made_at, not_before, sent_at)"
        " values ('m1', 't1', '', '1', 'email', 'friendly-reminder 1', 'de', 'a@example.com', 'unknown', '2026-11-23T08:00:00.000000Z',"
        " '2026-11-23T08:00:00.000000Z', '2026-11-23T08:00:00.000000Z')"
    )
    conn.commit()
    conn.close()
    assert [one["id"] for one in house.ask("messages", "--state", "unknown")] == ["m1"]
    assert house.run("resolve", "m1", "--reason", "x").status == 2
    assert house.run("resolve", "m1", "--delivered").status == 2
    answer = house.ask("resolve", "m1", "--not-delivered", "--reason", "not in the server's log", "--by", "M. Muster")
    assert (answer["state"], answer["debtor_no"]) == ("failed", "1")
    assert "was not delivered, says M. Muster (" in answer["why"]
    assert house.ask("messages", "--state", "unknown") == []
    again = house.run("resolve", "m1", "--delivered", "--reason", "x", env={"COLLECTORD_LANGUAGE": "de"})
    assert (again.status, again.sentences) == (1, ["Bei Nachricht m1 ist nichts zu klären: sie ist nicht zugestellt."])
    assert "m1" in house.run("messages").out
