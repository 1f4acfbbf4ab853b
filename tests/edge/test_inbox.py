"""The exchange folders with real files: what is taken, when, and where it ends up."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectord.core.exports.intake import is_source
from collectord.edge.inbox import (
    ExchangeFolders,
    ExportFile,
    NotAFile,
    Sightings,
    claim,
    copy_in,
    ready,
    receipt_names,
    rejects_csv,
    shown_name,
    stored_name,
    write_atomically,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = NOW + timedelta(seconds=10)
ID = "1m83t4cm0sts890h24"


@pytest.fixture
def folders(tmp_path: Path) -> ExchangeFolders:
    made = ExchangeFolders(tmp_path / "exchange")
    made.create()
    return made


def taken(folders: ExchangeFolders, *, sightings: Sightings | None = None, twice: bool = True) -> list[str]:
    sightings = sightings or Sightings()
    found = ready(folders, sightings, is_source, NOW)
    if twice:
        found = ready(folders, sightings, is_source, LATER)
    return sorted(f"{file.folder}/{file.path.name}" if file.folder else file.path.name for file in found)


def test_a_file_is_taken_when_it_was_quiet_for_a_while(folders: ExchangeFolders) -> None:
    (folders.inbox / "op.csv").write_text("x")
    assert taken(folders, twice=False) == []
    assert taken(folders) == ["op.csv"]


def test_a_file_that_still_grows_is_not_taken(folders: ExchangeFolders) -> None:
    sightings, path = Sightings(), folders.inbox / "op.csv"
    path.write_text("x")
    ready(folders, sightings, is_source, NOW)
    path.write_text("xy")
    assert ready(folders, sightings, is_source, LATER) == []
    assert len(ready(folders, sightings, is_source, LATER + timedelta(seconds=5))) == 1


def test_a_file_that_somebody_has_open_for_writing_is_not_taken_however_quiet(folders: ExchangeFolders) -> None:
    path = folders.inbox / "op.csv"
    with path.open("w") as writer:
        writer.write("half")
        writer.flush()
        assert taken(folders) == []
    assert taken(folders) == ["op.csv"]


def test_a_done_marker_lets_a_file_in_at_once_and_goes_with_it(folders: ExchangeFolders) -> None:
    (folders.inbox / "op.csv").write_text("x")
    (folders.inbox / "op.csv.done").touch()
    assert taken(folders, twice=False) == ["op.csv"]
    claim(folders, folders.inbox / "op.csv", stored_name("op.csv", ID))
    assert list(folders.inbox.iterdir()) == []


def test_a_marker_older_than_the_file_is_yesterdays(folders: ExchangeFolders) -> None:
    marker = folders.inbox / "op.csv.done"
    marker.touch()
    os.utime(marker, (1, 1))
    (folders.inbox / "op.csv").write_text("x")
    assert taken(folders, twice=False) == []


def test_a_sub_folder_is_a_source(folders: ExchangeFolders) -> None:
    for name in ("sap", "bad name"):
        (folders.inbox / name).mkdir()
        (folders.inbox / name / "op.csv").write_text("x")
    assert taken(folders) == ["sap/op.csv"]


@pytest.mark.parametrize(
    "name", ["~lock.op.csv#", ".hidden.csv", "op.csv.tmp", "op.csv.part", "op.CSV.TMP", "op.csv~", "op.csv.filepart", "x.done"]
)
def test_names_of_unfinished_files_are_left_alone(folders: ExchangeFolders, name: str) -> None:
    (folders.inbox / name).write_text("x")
    assert taken(folders) == []


def test_links_pipes_and_sockets_are_never_taken_and_never_block(folders: ExchangeFolders) -> None:
    (folders.inbox / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folders.inbox / "pipe.csv")
    (folders.inbox / "folder.csv").mkdir()
    here = os.getcwd()
    os.chdir(folders.inbox)
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind("socket.csv")
            sightings = Sightings()
            assert taken(folders, sightings=sightings) == []
    finally:
        os.chdir(here)
    assert sorted(path.name for path in sightings.complaints) == ["link.csv", "pipe.csv", "socket.csv"]
    for name in ("link.csv", "pipe.csv", "folder.csv"):
        with pytest.raises(NotAFile):
            claim(folders, folders.inbox / name, "x~y.csv")
    assert list(folders.of("processing").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["-rf.csv", "a\nb.csv", os.fsdecode(b"M\xfcller.csv"), "x" * 251 + ".csv", "=cmd.csv", "no-ending", "a.b.csv"]
)
def test_every_possible_name_can_be_stored_and_shown(folders: ExchangeFolders, name: str) -> None:
    (folders.inbox / name).write_text("x")
    stored = stored_name(name, ID)
    claim(folders, folders.inbox / name, stored)
    receipt, rejects = receipt_names(stored)
    write_atomically(folders.of("receipts") / receipt, shown_name(name).encode())
    write_atomically(folders.of("receipts") / rejects, b"")
    assert stored.isprintable()
    assert folders.stored("processing") == [(ID, stored)]


def test_an_ordinary_name_keeps_stem_and_ending() -> None:
    assert stored_name("op.delta.csv", ID) == f"op.delta~{ID}.csv"
    assert receipt_names(f"op.delta~{ID}.csv") == (f"op.delta~{ID}.json", f"op.delta~{ID}.rejects.csv")


def test_a_file_moves_by_one_rename_and_moving_again_changes_nothing(folders: ExchangeFolders) -> None:
    name = stored_name("op.csv", ID)
    (folders.of("processing") / name).write_text("x")
    assert folders.move(name, "processing", "archive")
    assert folders.move(name, "processing", "archive")
    assert folders.has(name, "archive")
    assert not folders.has(name, "processing")
    assert not folders.move("gone~x.csv", "processing", "archive")


def test_a_copy_is_complete_or_not_there_and_the_original_stays(folders: ExchangeFolders, tmp_path: Path) -> None:
    original = tmp_path / "op.csv"
    original.write_text("content")
    copy_in(folders, original, "op~copy.csv")
    assert (folders.of("processing") / "op~copy.csv").read_text() == "content"
    assert original.exists()


def test_leftovers_of_a_killed_process_are_cleared(folders: ExchangeFolders) -> None:
    for place in ("processing", "receipts"):
        (folders.root / place / ".half.csv.tmp").write_text("x")
    (folders.of("processing") / f"op~{ID}.csv").write_text("x")
    folders.clear_leftovers()
    assert [path.name for path in folders.of("processing").iterdir()] == [f"op~{ID}.csv"]
    assert list(folders.of("receipts").iterdir()) == []


def test_an_export_is_read_from_what_was_opened_and_tells_when_it_changes(folders: ExchangeFolders) -> None:
    path = folders.inbox / "op.csv"
    path.write_text("one")
    with ExportFile(path) as export:
        assert export.digest() == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
        path.unlink()
        path.write_text("two")
        assert export.read() == b"one"
        assert not export.changed()
    with ExportFile(path) as export, path.open("a") as writer:
        writer.write("more")
        writer.flush()
        assert export.changed()
        assert export.size == 3


def test_an_unreadable_inbox_is_an_error_for_the_caller(folders: ExchangeFolders) -> None:
    folders.inbox.rmdir()
    with pytest.raises(OSError, match="inbox"):
        ready(folders, Sightings(), is_source, NOW)


def test_cells_that_a_spreadsheet_would_run_are_prefixed() -> None:
    text = rejects_csv([("7", "debtor_name", "=1+1", "is bad", "-rf;@x"), ("8", "", "a\x00b", "", "plain;\ud800")]).decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0] == "line;column;value;reason;original"
    assert lines[1] == "7;debtor_name;'=1+1;is bad;\"'-rf;@x\""
    assert "\x00" not in text
