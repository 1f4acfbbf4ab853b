"""The exchange folders with real files: claims, copies, names, and where each file ends up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collectord.edge.inbox import (
    Changed,
    ExchangeFolders,
    ExportFile,
    NotAFile,
    claim,
    copy_in,
    open_regular,
    receipt_names,
    rejects_csv,
    shown_name,
    stored_name,
    write_atomically,
)
from collectord.edge.inbox.files import signature

ID = "1m83t4cm0sts890h24"


@pytest.fixture
def folders(tmp_path: Path) -> ExchangeFolders:
    made = ExchangeFolders(tmp_path / "exchange")
    made.create()
    return made


def processing(folders: ExchangeFolders) -> list[str]:
    return sorted(path.name for path in folders.of("processing").iterdir())


def test_a_claimed_file_takes_its_marker_and_checksum_with_it(folders: ExchangeFolders) -> None:
    for name in ("op.csv", "op.csv.done", "op.csv.sha256"):
        (folders.inbox / name).write_text("x")
    claim(folders, folders.inbox / "op.csv", stored_name("op.csv", ID))
    assert list(folders.inbox.iterdir()) == []
    assert processing(folders) == [f"op~{ID}.csv"]


def test_links_pipes_and_folders_are_never_claimed_and_never_block(folders: ExchangeFolders) -> None:
    (folders.inbox / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folders.inbox / "pipe.csv")
    (folders.inbox / "folder.csv").mkdir()
    for name in ("link.csv", "pipe.csv", "folder.csv"):
        with pytest.raises(NotAFile):
            claim(folders, folders.inbox / name, "x~y.csv")
    assert processing(folders) == []


def test_a_file_that_is_not_the_one_that_was_judged_stays_where_it_is(folders: ExchangeFolders) -> None:
    path = folders.inbox / "op.csv"
    path.write_text("judged")
    judged = signature(path.stat())
    (folders.inbox / "new").write_text("another")
    os.rename(folders.inbox / "new", path)
    with pytest.raises(Changed):
        claim(folders, path, "op~x.csv", judged)
    assert path.read_text() == "another"
    claim(folders, path, "op~x.csv", signature(path.stat()))
    assert processing(folders) == ["op~x.csv"]


def test_an_inbox_that_is_a_share_of_its_own_gives_its_files_as_copies(tmp_path: Path) -> None:
    folders = ExchangeFolders(tmp_path / "exchange")
    share = Path("/dev/shm") / f"collectord-{tmp_path.name}-{os.getpid()}"
    other = share.parent.stat().st_dev != tmp_path.stat().st_dev
    share = share if other else tmp_path / "share"
    share.mkdir()
    try:
        folders.root.mkdir()
        folders.inbox.symlink_to(share)
        folders.create()
        path = folders.inbox / "op.csv"
        path.write_text("content")
        claim(folders, path, "op~x.csv", signature(path.stat()))
        assert list(share.iterdir()) == []
        assert (folders.of("processing") / "op~x.csv").read_text() == "content"
        assert processing(folders) == ["op~x.csv"]
    finally:
        share.rmdir()


def test_an_opened_file_is_copied_whole_wherever_its_position_stands(folders: ExchangeFolders, tmp_path: Path) -> None:
    original = tmp_path / "op.csv"
    original.write_text("content")
    fd = open_regular(original)
    os.lseek(fd, 5, os.SEEK_SET)
    copy_in(folders, fd, "op~copy.csv")
    assert os.lseek(fd, 0, os.SEEK_CUR) == 5
    os.close(fd)
    assert (folders.of("processing") / "op~copy.csv").read_text() == "content"


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


def test_cells_that_a_spreadsheet_would_run_are_prefixed() -> None:
    text = rejects_csv([("7", "debtor_name", "=1+1", "is bad", "-rf;@x"), ("8", "", "a\x00b", "", "plain;\ud800")]).decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0] == "line;column;value;reason;original"
    assert lines[1] == "7;debtor_name;'=1+1;is bad;\"'-rf;@x\""
    assert "\x00" not in text
