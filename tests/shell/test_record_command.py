"""`record` and `import-history` by hand: the contract's syntax, refusals in one sentence, nothing half taken."""

from __future__ import annotations

import csv

import pytest

from tests.shell.place import Place, row


@pytest.fixture
def house(place: Place) -> Place:
    place.take(*[row(no) for no in range(1, 25)])
    return place


def outcomes(place: Place) -> list[dict[str, str]]:
    """The rows of the file that `export` writes."""
    path = place.ask("export")["file"]
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--wish", "mon-fri 11:00-15:00,17:00-21:00"], "house/wishes"),
        (["--not-on", "mon"], "house/wishes"),
        (["--do-not-call"], "guard/do-not-call"),
        (["--number-blocked", "030 12340001"], "guard/number-blocked"),
        (["--number-wrong", "+493012340001"], "guard/number-wrong"),
        (["--legal-state", "insolvency"], "guard/legal-state"),
        (["--dispute", "R1:goods damaged"], "guard/dispute"),
        (["--ask-first", "sales"], "house/ask-first"),
        (["--contact", "call", "--result", "answered", "--at", "2026-11-23T09:00:00+01:00"], "house/after-conversation"),
        (["--disposition", "promise", "--promise", "full:2026-11-30"], "guard/open-promise"),
        (["--promise", "full:2026-11-30"], "guard/open-promise"),
    ],
)
def test_what_a_human_learnt_holds_at_once(house: Place, options: list[str], rule: str) -> None:
    assert house.rules(1) == set()
    doc = house.ask("record", 1, *options)
    assert doc["debtor_no"] == "1"
    assert doc["recorded"]
    assert rule in house.rules(1)


def test_several_things_are_recorded_at_once_or_not_at_all(house: Place) -> None:
    refused = house.run("record", 1, "--do-not-call", "--wish", "whenever")
    assert refused.status == 1
    assert refused.sentences == ["--wish whenever: 'whenever' is no weekday; use mon tue wed thu fri sat sun"]
    assert house.rules(1) == set()
    done = house.ask("record", 1, "--disposition", "promise", "--promise", "50:2026-11-30", "--wish", "tue 10:00-11:00")
    assert [one["kind"] for one in done["recorded"]] == ["contact", "wish", "disposition"]
    assert [one.split(" ", 1)[0] for one in done["says"]] == ["Recorded:", "Promise", "Calls"]


def test_a_recording_that_nobody_agreed_to_cannot_be_withdrawn_and_a_withdrawal_says_how_it_came(house: Place) -> None:
    unsaid = house.run("record", 1, "--recording-withdrawn", "some-call")
    assert (unsaid.status, len(unsaid.sentences)) == (1, 1)
    assert "--reason" in unsaid.sentences[0]
    unknown = house.run("record", 1, "--recording-withdrawn", "some-call", "--reason", "letter of 23 Nov")
    assert (unknown.status, len(unknown.sentences)) == (1, 1)
    assert "some-call" in unknown.sentences[0]


def test_a_wrong_number_uncounts_the_calls_to_it(house: Place) -> None:
    house.take(row(1, phone="+493012340001"), *[row(no) for no in range(2, 25)], name="op_2026-11-23.csv")
    house.ask("record", 1, "--contact", "call", "--result", "no_answer", "--number", "+493012349999", "--at", "2026-11-23T08:00:00+01:00")
    assert "house/1-per-day" in house.rules(1)
    house.ask("record", 1, "--number-wrong", "+493012349999")
    assert "house/1-per-day" not in house.rules(1)


def test_an_override_names_rule_and_reason_and_never_lifts_the_guard(house: Place) -> None:
    house.ask("record", 1, "--contact", "call", "--result", "answered", "--at", "2026-11-23T09:00:00+01:00")
    for rule in house.rules(1):
        house.ask("record", 1, "--override", rule, "--reason", "dropped settlement call")
    assert house.explain(1)["may_call"]
    for options, sentence in (
        (["--override", "house/3-in-7"], "--override needs --reason"),
        (["--override", "house/nix", "--reason", "x"], "there is no such rule"),
        (["--override", "guard/do-not-call", "--reason", "x"], "nobody may set aside a rule of the guard"),
    ):
        answer = house.run("record", 1, *options)
        assert answer.status == 1
        assert sentence in answer.err


def test_what_was_recorded_is_taken_back_with_none(house: Place) -> None:
    for option, value in (("--wish", "tue 10:00-11:00"), ("--not-on", "mon"), ("--legal-state", "lawyer"), ("--ask-first", "sales")):
        house.ask("record", 1, option, value)
        assert house.rules(1)
        house.ask("record", 1, option, "none")
        assert house.rules(1) == set()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "say what you learnt"),
        (["--wish", "mon 08:00-25:00"], "25:00 is no time of day"),
        (["--not-on", "someday"], "'someday' is no weekday"),
        (["--number-blocked", "abc"], "holds characters that no telephone number has"),
        (["--dispute", "R1"], "write ITEM:REASON with one of the debtor's open items (R1)"),
        (["--dispute", "R99:x"], "write ITEM:REASON"),
        (["--contact", "call"], "--contact call needs --result"),
        (["--contact", "fax"], "--contact fax is unknown; use one of call, email, sms, letter"),
        (["--contact", "call", "--result", "great"], "--result great is unknown"),
        (["--contact", "call", "--result", "busy", "--at", "2026-11-23T10:00:01+01:00"], "lies in the future"),
        (["--result", "busy"], "add --contact"),
        (["--disposition", "maybe"], "maybe is no disposition; use one of promise,"),
        (["--disposition", "promise"], "A promise needs amount and day"),
        (["--disposition", "promise", "--promise", "50"], "A promise needs amount and day"),
        (["--promise", "50"], "A promise needs amount and day"),
        (["--disposition", "promise", "--promise", "1.000,00:2026-11-30"], "A promise needs amount and day"),
        (["--disposition", "promise", "--promise", "-5:2026-11-30"], "the amount must be above zero"),
        (["--disposition", "promise", "--promise", "50:2026-11-22"], "does not lie between today and a year from now"),
        (["--disposition", "promise", "--promise", "50:2026-02-30"], "A promise needs amount and day"),
        (["--disposition", "refuses", "--promise", "50:2026-11-30"], "--promise belongs to --disposition promise"),
        (["--disposition", "callback"], "A callback needs its instant"),
        (["--disposition", "callback", "--callback", "2026-11-23T09:00:00+01:00"], "does not lie ahead"),
        (["--attempt", "nix", "--disposition", "refuses"], "There is no attempt nix"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence_and_nothing_is_written(house: Place, options: list[str], sentence: str) -> None:
    answer = house.run("record", 1, *options)
    assert answer.status == 1
    assert len(answer.sentences) == 1
    assert sentence in answer.err
    assert house.explain(1)["may_call"]
    assert outcomes_file(house) is None


def outcomes_file(place: Place) -> str | None:
    return place.ask("export")["file"]  # type: ignore[no-any-return]


def test_outcomes_for_accounting_have_the_contracts_columns_and_each_row_once(house: Place) -> None:
    house.ask("record", 1, "--disposition", "promise", "--promise", "50:2026-11-30", "--note", "will pay half")
    house.ask("record", 2, "--dispute", "R2:goods damaged")
    promise, dispute = sorted(outcomes(house), key=lambda line: line["debtor_no"])
    assert list(promise) == [
        "outcome_id", "at", "company", "debtor_no", "debtor_name", "item_no", "disposition", "promise_amount", "currency", "promise_on",
        "dunning_block_until", "dispute_reason", "note", "agent", "attempt_id",
    ]  # fmt: skip
    assert promise | {
        "at": "2026-11-23T10:00:00+01:00", "debtor_no": "1", "item_no": "R1", "disposition": "promise", "promise_amount": "50.00",
        "currency": "EUR", "promise_on": "2026-11-30", "dunning_block_until": "2026-12-02", "note": "will pay half",
    } == promise  # fmt: skip
    assert dispute | {"disposition": "dispute", "dispute_reason": "goods damaged", "dunning_block_until": "2026-12-21"} == dispute
    assert house.files("outbox") == ["outcomes-20261123-100000.csv"]
    assert outcomes_file(house) is None


@pytest.mark.parametrize(
    "disposition", ["paid_already", "dispute", "refuses", "wrong_number", "third_party", "left_message", "do_not_call"]
)
def test_a_talk_held_elsewhere_has_the_consequences_of_one_of_ours(house: Place, disposition: str) -> None:
    house.ask("plan")
    house.ask("record", 1, "--disposition", disposition)
    assert not house.explain(1)["may_call"]
    (task,) = house.ask("tasks", "--debtor", 1)
    waits = {"paid_already", "wrong_number", "third_party", "left_message"}
    assert task["state"] == ("planned" if disposition in waits else "done")


def test_a_callback_agreed_elsewhere_is_a_task_at_its_time(house: Place) -> None:
    house.ask("plan")
    house.ask("record", 1, "--disposition", "callback", "--callback", "2026-11-23T15:00")
    callback = next(task for task in house.ask("tasks", "--debtor", 1) if task["origin"] == "callback")
    assert callback["not_before"].startswith("2026-11-23T14:00:00")
    assert house.explain(1)["not_before"] == "2026-11-23T15:00:00+01:00"


def test_a_promise_is_judged_by_the_next_export(house: Place) -> None:
    house.ask("record", 1, "--disposition", "promise", "--promise", "full:2026-11-24")
    house.ask("record", 2, "--disposition", "promise", "--promise", "full:2026-11-24")
    friday = "2026-11-27T10:00:00+01:00"
    house.take(*[row(no) for no in range(2, 25)], name="op_2026-11-27.csv", now=friday)
    house.ask("plan", now=friday)
    assert {promise["debtor_no"]: promise["state"] for promise in house.ask("promises", now=friday)} == {"1": "kept", "2": "broken"}


HISTORY = (
    "at;company;debtor_no;medium;items;number;direction;result;conversation_about;consent_until;consent_on;third_party;disposition;"
    "wish;note"
)


def history(place: Place, *lines: str, header: str = HISTORY) -> object:
    path = place.folder / "history.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_an_old_systems_contacts_count_from_the_first_day_and_identical_rows_once(house: Place) -> None:
    call = "2026-11-23T09:00:00+01:00;;1;call;R1;+493012340001;outbound;no_answer;;;;no;;;"
    wish = "2026-11-20T09:00:00+01:00;;2;;;;inbound;;;;;;;tue 10:00-11:00;"
    first = house.ask("import-history", history(house, call, call, wish))
    assert (first["rows"], first["counted"], first["duplicate"], first["rejected"]) == (3, 2, 1, [])
    again = house.ask("import-history", history(house, call, call, wish))
    assert (again["counted"], again["duplicate"]) == (0, 3)
    assert "house/1-per-day" in house.rules(1)
    assert house.rules(2) == {"de/wishes", "house/wishes"}


def test_history_needs_only_time_debtor_and_result(house: Place) -> None:
    house.ask("import-history", history(house, "2026-11-23T09:00:00+01:00;3;no_answer", header="at;debtor_no;result"))
    assert "house/1-per-day" in house.rules(3)
    house.ask("import-history", history(house, "2026-11-22T09:00:00+01:00;4;R4", header="at;debtor_no;conversation_about"))
    assert "house/after-conversation" in house.rules(4), "who talked has answered"


@pytest.mark.parametrize(
    ("header", "line", "column"),
    [
        ("at;debtor_no;result", "2026-11-23T09:00:00;1;busy", "at"),
        ("at;debtor_no;result", "2026-11-24T09:00:00+01:00;1;busy", "at"),
        ("at;debtor_no;result", "2026-11-23T09:00:00+01:00;1;great", "result"),
        ("at;debtor_no;result", "2026-11-23T09:00:00+01:00;;busy", "debtor_no"),
        ("at;debtor_no;medium", "2026-11-23T09:00:00+01:00;1;fax", "medium"),
        ("at;debtor_no;result;wish", "2026-11-23T09:00:00+01:00;1;busy;whenever", "wish"),
        ("at;debtor_no;result;consent_until", "2026-11-23T09:00:00+01:00;1;busy;31.12.2026", "consent_until"),
    ],
)
def test_a_row_of_history_that_is_wrong_counts_for_nothing_and_is_told(house: Place, header: str, line: str, column: str) -> None:
    answer = house.run("import-history", history(house, line, header=header), "--json")
    assert answer.status == 1
    (bad,) = answer.doc["rejected"]
    assert (bad["line"], bad["column"]) == (2, column)
    assert answer.doc["counted"] == 0


def test_a_history_that_is_no_file_is_one_sentence(house: Place) -> None:
    binary = house.folder / "binary"
    binary.write_bytes(b"\x7fELF\xff")
    for path in (house.folder / "nix.csv", house.folder, binary, history(house, "1", header="debtor_no")):
        answer = house.run("import-history", path)
        assert answer.status == 1
        assert len(answer.sentences) == 1


def test_what_is_written_can_be_read_back_as_csv(house: Place) -> None:
    house.ask("record", 1, "--dispute", 'R1:said "no; never"\nand hung up')
    (line,) = outcomes(house)
    assert line["dispute_reason"] == 'said "no; never" and hung up'
