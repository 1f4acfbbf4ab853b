"""A running daemon and files: what clients hand over, what it says of its inbox, whom it tells."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectord.edge import control
from tests.edge.post_office import Web, web
from tests.shell.place import COLUMNS, Place, row
from tests.shell.test_running_daemon import SANDBOX, daemon, eventually


@pytest.fixture(scope="module")
def hook() -> Iterator[Web]:
    with web() as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, hook: Web) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("files") / "house")
    place.config.write_text(SANDBOX.replace("live = true", "live = false") + f'[notices]\nwebhook_url = "{hook.url}"\n', encoding="utf-8")
    with daemon(place):
        yield place


def ask(place: Place, files: tuple[int, ...], **message: Any) -> dict[str, Any]:
    return asyncio.run(control.ask(place.folder / "state", message, 30, files))


def imported(place: Place) -> list[str]:
    return [batch["file"] for batch in place.ask("batches", now=None)]


def test_nobody_has_the_daemon_read_a_file_by_naming_it(running: Place) -> None:
    path = running.export("secret.csv", [row(77)])
    for command, args in (("import", {"files": [str(path)]}), ("import-history", {"file": str(path)})):
        answer = ask(running, (), command=command, args=args)
        assert answer["exit"] == 1
        assert "hands them over" in answer["error"]
    assert "secret.csv" not in imported(running)


def test_what_is_handed_over_is_read_wherever_it_lies(running: Place) -> None:
    path = running.export("gone.csv", [row(78)])
    opened = os.open(path, os.O_RDONLY)
    path.unlink()
    answer = ask(running, (opened,), command="import", args={"files": ["/nowhere/at/all/op_2026-11-01.csv"], "mode": "delta"})
    os.close(opened)
    assert (answer["exit"], answer["doc"][0]["status"], answer["doc"][0]["opened"]) == (0, "accepted", 1)


def test_a_handed_over_pipe_or_folder_is_refused(running: Place) -> None:
    reading, writing = os.pipe()
    folder = os.open(running.folder, os.O_RDONLY)
    for fd in (reading, folder):
        answer = ask(running, (fd,), command="import", args={"files": ["op.csv"]})
        assert answer["exit"] == 1
        assert "nothing was read" in answer["error"]
    for fd in (reading, writing, folder):
        os.close(fd)


def test_import_beside_a_daemon_takes_good_files_and_says_which_are_not_there(running: Place) -> None:
    first, second = running.export("a.delta.csv", [row(79)]), running.export("b.delta.csv", [row(80)])
    answer = running.run("import", first, running.folder / "missing.csv", second, "--json", now=None)
    assert answer.status == 1
    assert [receipt["status"] for receipt in answer.doc] == ["accepted", "accepted"]
    assert answer.sentences == [f"{running.folder}/missing.csv: No such file or directory; nothing was read"]
    only_missing = running.run("import", running.folder / "missing.csv", now=None)
    assert only_missing.status == 1


def test_more_files_than_fit_one_request_are_all_taken(running: Place) -> None:
    count = control.FILES_AT_ONCE + 3
    paths = [running.export(f"many{number}.delta.csv", [row(1000 + number)]) for number in range(count)]
    receipts = running.ask("import", *paths, now=None)
    assert [receipt["status"] for receipt in receipts] == ["accepted"] * count


def test_history_is_handed_over_too(running: Place) -> None:
    path = running.folder / "history.csv"
    path.write_text("at;debtor_no;medium;result\n2026-11-01T10:00:00+01:00;79;call;answered\n", encoding="utf-8")
    assert running.ask("import-history", path, now=None)["counted"] == 1
    missing = running.run("import-history", running.folder / "none.csv", now=None)
    assert missing.status == 1
    assert "none.csv" in missing.err


def test_status_says_what_waits_in_the_inbox_and_that_nothing_is_unsent(running: Place) -> None:
    os.mkfifo(running.folder / "exchange" / "inbox" / "pipe.csv")
    status = eventually(lambda: (doc := running.ask("status", now=None))["inbox"]["waiting"] and doc)
    assert status["inbox"]["reachable"]
    assert status["inbox"]["waiting"][0].startswith("pipe.csv is no regular file")
    assert status["notices"]["unsent"] == 0
    assert "pipe.csv" in running.run("status", now=None).out


def test_a_held_export_is_told_within_seconds_and_listed(running: Place, hook: Web) -> None:
    path = running.folder / "exchange" / "inbox" / "empty.csv"
    path.write_text(";".join(COLUMNS) + "\n", encoding="utf-8")
    Path(f"{path}.done").touch()
    told = eventually(lambda: [notice for post in hook.posts for notice in post["notices"] if "empty.csv" in notice["sentence"]])
    assert told[0]["kind"] == "held"
    [listed] = [one for one in running.ask("notices", now=None) if "empty.csv" in one["sentence"]]
    assert listed["id"] == told[0]["id"]
    eventually(lambda: running.ask("status", now=None)["notices"]["unsent"] == 0)
    assert "held" in running.run("notices", now=None).out
    running.ask("reject", listed["subject"], now=None)
    eventually(lambda: [one for one in running.ask("notices", "--state", "over", now=None) if one["id"] == listed["id"]])


def test_an_inbox_that_goes_away_is_said_and_stops_nothing_else(running: Place) -> None:
    inbox = running.folder / "exchange" / "inbox"
    kept = inbox.with_name("unmounted")
    inbox.rename(kept)
    status = eventually(lambda: not (doc := running.ask("status", now=None))["inbox"]["reachable"] and doc)
    assert status["inbox"]["why"] == "No such file or directory"
    assert status["state"] == "shadow"
    assert "internal fault" not in status["why"]
    assert "cannot be reached" in running.run("status", now=None).out
    findings = {line["check"]: line["outcome"] for line in running.run("doctor", "--json", now=None).doc}
    assert (findings["inbox"], findings["notices by hook"]) == ("fail", "ok")
    assert running.take(row(81), name="c.delta.csv", now="", options=())["status"] == "accepted"
    kept.rename(inbox)
    eventually(lambda: running.ask("status", now=None)["inbox"]["reachable"], within=90)
    running.export("exchange/inbox/d.delta.csv", [row(82)])
    eventually(lambda: "d.delta.csv" in imported(running), within=90)
