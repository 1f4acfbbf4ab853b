"""Commands beside a running daemon: they reach it through its socket, and nobody writes past it."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shell.place import MONDAY, Place, process, row

SANDBOX = """
language = "en"
live = true
sandbox = true
[[pbx]]
name = "main"
kind = "simulated"
speed = 20
[[trunk]]
name = "trunk"
pbx = "main"
calls_per_second = 10
[[company]]
code = ""
name = "Muster GmbH"
caller_id = "+493012345600"
region = "BE"
[[agent]]
id = "201"
name = "Anna"
pin = "4711"
endpoint = "PJSIP/201"
languages = ["en"]
logged_in = true
[dialling]
ring_debtor_for = "15s"
wrap_up_for = "20s"
[intake]
poll_every = "1s"
quiet_for = "1s"
[outbox]
outcomes_every = "1s"
"""
PROMISED, DISPUTED, BUSY, SKIPPED, NEVER = 11001, 11003, 12000, 11012, 11009  # the last four digits say how it goes: docs/INTERNALS 2
ATTEMPT = {
    "id", "task", "company", "debtor_no", "number", "agent", "mode", "placed_at", "agent_answered_at", "debtor_answered_at", "ended_at",
    "agent_result", "result", "hangup_cause", "disposition", "promise", "state", "pbx", "channel",
}  # fmt: skip


def eventually(found: Callable[[], Any], within: float = 40.0) -> Any:
    """What `found` returns once it is true; the deadline is the assertion."""
    deadline = time.monotonic() + within
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return result


@contextlib.contextmanager
def daemon(place: Place) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-m", "collectord", "--config", str(place.config), "run", "--now", MONDAY]
    with open(place.folder / "log", "a", encoding="utf-8") as log:
        running = subprocess.Popen(line, stderr=log, text=True)
    try:
        socket = place.folder / "state" / "control.sock"
        eventually(lambda: socket.exists() or running.poll() is not None)
        assert running.poll() is None, (place.folder / "log").read_text(encoding="utf-8")
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A daemon on a simulated PBX that has called everybody of one dropped export."""
    place = Place(tmp_path_factory.mktemp("shift") / "house")
    place.config.write_text(SANDBOX, encoding="utf-8")
    debtors = [row(no, phone=f"030 555{no}") for no in (PROMISED, DISPUTED, BUSY, SKIPPED, NEVER)]
    with daemon(place):
        inbox = place.folder / "exchange" / "inbox"
        shutil.copy(place.export("op_2026-11-22.csv", debtors), inbox / ".op.part")
        (inbox / ".op.part").rename(inbox / "op_2026-11-22.csv")
        eventually(lambda: len(closed := place.ask("attempts", "--state", "closed", now=None)) >= 5 and closed)
        yield place


def attempt_of(place: Place, debtor: int) -> dict[str, Any]:
    attempt: dict[str, Any] = place.ask("attempts", "--debtor", debtor, now=None)[0]
    return attempt


def test_the_file_dropped_into_the_inbox_has_a_receipt_and_lies_in_the_archive(shift: Place) -> None:
    assert shift.files("inbox") == shift.files("processing") == []
    (stored,) = shift.files("archive")
    receipt = json.loads((shift.folder / "exchange" / "receipts" / stored.replace(".csv", ".json")).read_text(encoding="utf-8"))
    assert (receipt["status"], receipt["opened"]) == ("accepted", 5)


def test_attempts_have_the_contracts_keys_and_null_for_what_did_not_happen(shift: Place) -> None:
    promised, busy, skipped = attempt_of(shift, PROMISED), attempt_of(shift, BUSY), attempt_of(shift, SKIPPED)
    assert all(set(attempt) >= ATTEMPT for attempt in (promised, busy, skipped))
    assert (promised["agent_result"], promised["result"], promised["disposition"]) == ("accepted", "answered", "promise")
    assert promised["promise"] | {"amount": "100.00", "promised_on": "2026-11-28"} == promised["promise"]
    assert promised["channel"] == f"coll-{promised['id']}"
    assert (busy["result"], busy["hangup_cause"], busy["debtor_answered_at"], busy["disposition"]) == ("busy", 17, None, None)
    assert (skipped["agent_result"], skipped["result"], skipped["hangup_cause"]) == ("skipped", "not_dialled", None)
    assert attempt_of(shift, DISPUTED)["disposition"] == "dispute"


def test_what_was_keyed_holds_at_once(shift: Place) -> None:
    answers = {debtor: shift.ask("explain", debtor, now=None) for debtor in (PROMISED, DISPUTED, NEVER)}
    rules = {debtor: {refusal["rule"] for refusal in answer["refusals"]} for debtor, answer in answers.items()}
    assert "guard/open-promise" in rules[PROMISED]
    assert "guard/dispute" in rules[DISPUTED]
    assert answers[NEVER]["never"]
    assert [promise["attempt"] for promise in shift.ask("promises", now=None)] == [attempt_of(shift, PROMISED)["id"]]


def test_outcomes_are_written_for_accounting_each_once(shift: Place) -> None:
    def told() -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for path in sorted((shift.folder / "exchange" / "outbox").glob("outcomes-*.csv")):
            with open(path, encoding="utf-8-sig", newline="") as file:
                found += csv.DictReader(file, delimiter=";")
        return found

    eventually(lambda: len(told()) >= 3)
    assert sorted(line["disposition"] for line in told()) == ["dispute", "do_not_call", "promise"]
    assert len({line["outcome_id"] for line in told()}) == 3
    assert {line["attempt_id"] for line in told()} == {attempt_of(shift, no)["id"] for no in (PROMISED, DISPUTED, NEVER)}


def test_what_an_agent_puts_right_goes_out_by_itself_and_ends_with_the_master_data_that_say_the_same(shift: Place) -> None:
    shift.ask("record", SKIPPED, "--phone2", "030 5559999", now=None)
    outbox = shift.folder / "exchange" / "outbox"
    eventually(lambda: list(outbox.glob("corrections-*.csv")))
    inbox = shift.folder / "exchange" / "inbox" / "master-data"
    inbox.mkdir(exist_ok=True)
    (inbox / ".part").write_text(f"debtor_no;phone2\n{SKIPPED};030/5559999\n", encoding="utf-8")
    (inbox / ".part").rename(inbox / "debtors.csv")
    found = eventually(lambda: [one for one in corrections(shift) if one["state"] == "adopted"])
    assert [(one["field"], one["value"], one["accounting"]) for one in found] == [("phone2", "+49305559999", "030/5559999")]
    assert len(list(outbox.glob("corrections-*.csv"))) == 1
    log = (shift.folder / "log").read_text(encoding="utf-8")
    assert "corrections_written" in log
    assert "5559999" not in log


def corrections(shift: Place) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shift.ask("debtors", "--debtor", SKIPPED, now=None)[0]["corrections"]
    return found


def test_the_days_call_list_follows_the_export_that_came_during_the_day(shift: Place) -> None:
    path = shift.folder / "exchange" / "outbox" / "call-list-20261123.csv"
    eventually(path.exists)
    with open(path, encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file, delimiter=";"))) >= 1


def test_status_comes_from_the_daemon(shift: Place) -> None:
    doc = shift.ask("status", now=None)
    assert doc["state"] in ("idle", "dialling")
    assert doc["pbx"][0] | {"name": "main", "state": "up"} == doc["pbx"][0]
    assert doc["pbx"][0]["response_ms"] > 0
    health = {key: doc["pbx"][0][key] for key in ("dialplan", "reconnects", "waiting", "dropped", "broken", "repaired", "orphans", "signs")}
    assert health == {"dialplan": "2", "reconnects": 0, "waiting": 0, "dropped": 0, "broken": 0, "repaired": 0, "orphans": [], "signs": []}
    assert "main link up" in shift.run("status", now=None).out


def test_doctor_tries_what_the_login_may_send_and_what_it_gets_to_read(shift: Place) -> None:
    findings = {line["check"]: line for line in shift.run("doctor", "--json", now=None).doc}
    found = {check: findings[f"pbx main {check}"]["outcome"] for check in ("rights", "reports", "dialplan", "lamps", "calls")}
    assert found == {"rights": "ok", "reports": "ok", "dialplan": "ok", "lamps": "ok", "calls": "ok"}
    assert shift.ask("agents", now=None)[0]["device"] == "NOT_INUSE"


def test_the_socket_is_for_owner_and_group_only(shift: Place) -> None:
    socket = shift.folder / "state" / "control.sock"
    assert socket.stat().st_mode & 0o007 == 0
    assert socket.parent.stat().st_mode & 0o077 == 0


def test_a_second_daemon_is_refused_with_one_sentence(shift: Place) -> None:
    answer = process("--config", shift.config, "run")
    assert answer.status == 1
    assert answer.sentences == [f"another collectord is working on {shift.folder}/state; stop it first"]
    assert process("--config", shift.config, "run", "--now", MONDAY).status == 1


@pytest.mark.parametrize("command", [["plan"], ["pause"], ["record", str(BUSY), "--do-not-call"], ["export"], ["shadow"]])
def test_a_command_that_writes_takes_no_now_beside_a_daemon(shift: Place, command: list[str]) -> None:
    answer = shift.run(*command)
    assert answer.status == 1
    assert answer.sentences == ["a daemon runs on this state, so a command that writes takes no --now; stop the daemon first"]


def test_a_command_that_reads_takes_now_beside_a_daemon(shift: Place) -> None:
    assert shift.ask("attempts", now=MONDAY) == []
    assert shift.ask("plan", "--dry-run", now=MONDAY)["created"]
    assert shift.ask("explain", BUSY, now="2026-11-23T21:00:00+01:00")["not_before"] == "2026-11-24T08:00:00+01:00"


def test_pause_and_resume_reach_the_daemon(shift: Place) -> None:
    shift.ask("pause", now=None)
    assert shift.ask("status", now=None)["state"] == "paused"
    shift.ask("resume", now=None)
    assert shift.ask("status", now=None)["state"] != "paused"
    shift.ask("pause", "--agent", "201", "--reason", "lunch", now=None)
    agent = shift.ask("agents", now=None)[0]
    assert (agent["state"], agent["pause_reason"]) == ("paused", "lunch")
    assert agent["why"].startswith("has been paused since ")
    assert agent["why"].endswith(": lunch")
    shift.ask("resume", "--agent", "201", now=None)


def test_a_manual_call_passes_the_same_gate(shift: Place) -> None:
    answer = shift.run("call", NEVER, "--agent", "201", "--json", now=None)
    assert answer.status == 1
    assert answer.doc["attempt"] is None
    assert answer.doc["refusals"][0]["rule"] == "guard/do-not-call"
    assert len(answer.sentences) == 1
    assert shift.run("call", "nix", "--agent", "201", now=None).status == 1
    assert shift.run("call", BUSY, "--agent", "999", now=None).sentences == ["agent '999' is not in the configuration"]


def test_an_outcome_is_corrected_by_a_person_with_the_attempts_id(shift: Place) -> None:
    attempt = attempt_of(shift, DISPUTED)
    doc = shift.ask("record", DISPUTED, "--attempt", attempt["id"], "--disposition", "refuses", "--note", "misheard", now=None)
    assert (doc["recorded"], doc["disposition"]) == ("corrected", "refuses")
    assert attempt_of(shift, DISPUTED)["disposition"] == "refuses"
    assert "guard/dispute" not in {refusal["rule"] for refusal in shift.ask("explain", DISPUTED, now=None)["refusals"]}
    wrong = shift.run("record", BUSY, "--attempt", attempt["id"], "--disposition", "refuses", now=None)
    assert wrong.sentences == [f"Attempt {attempt['id']} was a call to {DISPUTED}."]


def test_shadow_mode_dials_nothing_and_live_is_refused_until_the_caller_id_was_tested(shift: Place) -> None:
    shift.ask("shadow", now=None)
    assert shift.ask("status", now=None)["state"] == "shadow"
    assert "shadow mode" in shift.run("call", BUSY, "--agent", "201", now=None).err
    refused = shift.run("live", "--json", now=None)
    assert refused.doc["missing"] == [
        "caller ID +493012345600 had no answered test call yet; make one with `collectord test-call --agent ID --to NUMBER`"
    ]
    debtors = shift.run("test-call", "--agent", "201", "--to", f"030 555{BUSY}", now=None)
    assert debtors.sentences == ["that number belongs to a debtor; a test call goes to a number of your own"]
    assert shift.run("test-call", "--agent", "201", "--to", "+49305551000", now=None).status == 0
    assert shift.ask("live", now=None)["state"] == "live"
    assert shift.ask("status", now=None)["state"] in ("idle", "dialling")


def test_a_backup_is_taken_while_the_daemon_works_and_restored_only_without_it(shift: Place) -> None:
    backup = shift.folder / "backup.db"
    assert shift.run("backup", backup, now=None).status == 0
    answer = shift.run("restore", backup, now=None)
    assert answer.status == 1
    assert "stop it first" in answer.err


def test_the_log_names_no_debtor_and_no_number(shift: Place) -> None:
    log = (shift.folder / "log").read_text(encoding="utf-8")
    assert "attempt_placed" in log
    assert "Debtor 1" not in log
    assert "+4930555" not in log
    assert "030 555" not in log
    assert "Traceback" not in log


def test_sigterm_ends_the_daemon_at_once_with_status_0_and_leaves_no_socket_behind_that_answers(tmp_path: Path) -> None:
    place = Place(tmp_path / "house")
    place.config.write_text(SANDBOX, encoding="utf-8")
    with daemon(place) as running:
        place.ask("status", now=None)
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert time.monotonic() - began < 15
    assert place.ask("status", now=None)["pbx"][0]["state"] == "not_running"
    assert place.run("plan").status == 0, "commands write by themselves again"
