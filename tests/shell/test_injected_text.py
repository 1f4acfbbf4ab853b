"""What an export says is text: it forges no line of the log, changes no SQL, runs in no spreadsheet (FAULTS F1, F5, A28)."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import subprocess
import sys

import pytest

from tests.shell.place import Place, row
from tests.shell.test_running_daemon import SANDBOX, eventually

FORGED = '{"event":"paid","level":"info"}'
FORGERS = [f"x\n{FORGED}", f"x\r\n{FORGED}\r\n", f"x\x85{FORGED}", f"x\u2028{FORGED}", f'","event":"paid","x":"{FORGED}']
EVIL = ["'; drop table item_version; --", "' or '1'='1", '"; delete from batch; --', "%' union select * from fact --", "1) or (1=1"]
FORMULAS = ["=cmd|'/c calc'!A1", "@SUM(A1)", "+1+1", "-2+3", "\t=1", "|calc", "＝1"]


def test_no_name_and_no_file_name_forges_a_line_of_the_log(place: Place) -> None:
    """A real daemon as a service runs it: JSON lines, one event each, none of them theirs to invent."""
    place.config.write_text(SANDBOX.replace("sandbox = true", "sandbox = false").replace("live = true", "live = false"), encoding="utf-8")
    inbox, log = place.folder / "exchange" / "inbox", place.folder / "log"
    for number, forger in enumerate(FORGERS):
        hostile = [row(1, debtor_name=quoted(forger)), row(2, due_on=quoted(forger)), row(3, item_no=quoted(forger), phone=quoted(forger))]
        path = place.export("op.csv", [*hostile, *[row(no) for no in range(4, 40 + number)]])
        (inbox / f"{number}{forger.replace('/', '-')[:100]}.csv").write_bytes(path.read_bytes())
    with open(log, "w", encoding="utf-8") as told:
        running = subprocess.Popen([sys.executable, "-m", "collectord", "--config", str(place.config), "run"], stderr=told, text=True)
    try:
        eventually(lambda: log.read_text(encoding="utf-8").count('"batch_') >= len(FORGERS) or running.poll() is not None)
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    written = log.read_text(encoding="utf-8")
    events = [json.loads(one) for one in written.split("\n")[:-1]]
    assert "paid" not in {event["event"] for event in events}
    assert {"started", "stopped"} <= {event["event"] for event in events}
    assert all(one.isprintable() for one in written.split("\n"))


def quoted(text: str) -> str:
    """As a product writes it that knows CSV."""
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize("evil", EVIL)
def test_sql_in_any_column_of_an_export_is_stored_as_it_is(place: Place, evil: str) -> None:
    columns = ("company", "debtor_no", "debtor_name", "item_no", "contact_person", "email", "postcode", "agent", "head_office", "phone")
    one = {**row(1), **dict.fromkeys(columns, quoted(evil))}
    path = place.export("op.csv", [one, *[row(no) for no in range(2, 40)]], (*columns, "due_on", "open_amount"))
    assert place.run("import", path, "--json").doc[0]["status"] == "accepted"
    (debtor,) = place.ask("debtors", "--debtor", f"{evil}/{evil}")
    assert (debtor["company"], debtor["debtor_no"], debtor["debtor_name"]) == (evil, evil, evil)
    with sqlite3.connect(f"file:{place.folder}/state/collectord.db?mode=ro", uri=True) as db:
        stored = db.execute(
            "select i.item_no, d.contact_person, d.email, d.postcode, d.agent, d.head_office from debtor d"
            " join item i on i.company = d.company and i.debtor_no = d.debtor_no where d.company <> ''"
        )
        assert list(stored) == [(evil,) * 6]
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    assert len(place.ask("debtors")) == 39


@pytest.mark.parametrize("evil", EVIL)
def test_sql_in_any_argument_is_text(place: Place, evil: str) -> None:
    place.take(*[row(no) for no in range(1, 4)])
    before = place.ask("debtors")
    for command in (
        ["explain", evil], ["explain", "1", "--item", evil], ["tasks", "--debtor", evil], ["tasks", "--state", evil],
        ["batches", "--state", evil],
        ["attempts", "--state", evil], ["promises", "--state", evil], ["disputes", "--state", evil], ["accept", evil], ["reject", evil],
        ["record", evil, "--note", evil], ["record", "1", "--dispute", f"R1:{evil}"],
        ["record", "1", "--legal-state", "none", "--reason", evil],
        ["record", "2", "--number-blocked", evil], ["record", "2", "--ask-first", evil], ["pause", "--agent", evil],
        ["import", place.folder / "nix.csv", "--source", evil],
    ):  # fmt: skip
        answer = place.run(*command)
        assert answer.status in (0, 1, 2), command
        assert "Traceback" not in answer.err
        assert "sqlite" not in answer.err.lower()
    assert [(one["debtor_no"], one["open"]) for one in place.ask("debtors")] == [(one["debtor_no"], one["open"]) for one in before]
    assert [one["reason"] for one in place.ask("disputes")] == [evil]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_file_for_people_holds_a_cell_that_a_spreadsheet_would_run(place: Place, formula: str) -> None:
    number = formula.replace("|", "/").strip()  # an item's number with a bar is refused
    hostile = row(1, debtor_name=formula, item_no=number, phone="0900 1234567")
    unreadable = row(2, debtor_name=formula, due_on=formula, item_no=formula)
    place.take(hostile, unreadable, *[row(no) for no in range(3, 40)])
    place.ask("record", 1, "--dispute", f"{number}:{formula}")
    place.ask("export")
    listed = place.run("call-list", "--csv").out
    files = [path for folder in ("outbox", "receipts") for path in (place.folder / "exchange" / folder).glob("*.csv")]
    assert {path.name.split("-")[0].split("_")[0] for path in files} >= {"outcomes", "op"}
    for text in (listed, *(path.read_text(encoding="utf-8-sig") for path in files)):
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
            for cell in line:
                assert not cell.lstrip(" \t").startswith(("=", "+", "@", "|", "＝")), cell
                assert not cell.startswith("-") or (cell[1:2].isdigit() and cell.replace(".", "").replace("-", "").isdigit()), cell
