"""The scan with real files: what may be whole, what is never looked at, and that a heap is worked off in bounded steps."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from collectord.core.exports.arrivals import export_order
from collectord.core.exports.intake import is_source
from collectord.edge.inbox import ExchangeFolders, NotAFile, Patience, Scan, Sightings, look_into, scan, seal_fits

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
QUIET = timedelta(seconds=5)
YOUNG = timedelta(seconds=60)
DIGEST = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"


@pytest.fixture
def folders(tmp_path: Path) -> ExchangeFolders:
    made = ExchangeFolders(tmp_path / "exchange", QUIET)
    made.create()
    return made


def walk(folders: ExchangeFolders, sightings: Sightings, at: float = 0) -> list[str]:
    """One whole walk `at` seconds after the beginning; the paths that may be whole, in export order."""
    order = partial(export_order, today=NOW.date().toordinal())
    steps = Scan(folders, sightings, is_source, order, NOW + timedelta(seconds=at), YOUNG)
    while not steps.step():
        pass
    return [path for _, path in sorted(sightings.queue)]


def found(folders: ExchangeFolders) -> list[str]:
    sightings = Sightings()
    walk(folders, sightings)
    return sorted(walk(folders, sightings, 5))


def test_a_file_may_be_whole_when_it_was_quiet_for_a_while(folders: ExchangeFolders) -> None:
    (folders.inbox / "op.csv").write_text("x")
    sightings = Sightings()
    assert walk(folders, sightings) == []
    assert walk(folders, sightings, 4.9) == []
    assert walk(folders, sightings, 5) == ["op.csv"]
    assert walk(folders, sightings, 9) == ["op.csv"]  # queued once


def test_a_file_that_still_grows_is_not_quiet(folders: ExchangeFolders) -> None:
    sightings, path = Sightings(), folders.inbox / "op.csv"
    path.write_text("x")
    walk(folders, sightings)
    path.write_text("xy")
    assert walk(folders, sightings, 5) == []
    assert walk(folders, sightings, 10) == ["op.csv"]


def test_a_file_that_keeps_changing_is_remembered_as_restless(folders: ExchangeFolders) -> None:
    sightings, path = Sightings(), folders.inbox / "op.csv"
    for second in range(0, 70, 4):
        path.write_text("x" * (second + 1))
        assert walk(folders, sightings, second) == []
    assert sightings.restless == {"op.csv": NOW}
    assert sightings.young == {}


@pytest.mark.parametrize("ending", [".done", ".sha256"])
def test_a_marker_or_checksum_lets_a_file_be_looked_at_at_once(folders: ExchangeFolders, ending: str) -> None:
    (folders.inbox / "op.csv").write_text("x")
    (folders.inbox / f"op.csv{ending}").write_text(DIGEST)
    assert walk(folders, Sightings()) == ["op.csv"]


def test_a_marker_older_than_the_file_is_yesterdays(folders: ExchangeFolders) -> None:
    marker = folders.inbox / "op.csv.done"
    marker.touch()
    os.utime(marker, (1, 1))
    (folders.inbox / "op.csv").write_text("x")
    sightings = Sightings()
    assert walk(folders, sightings) == []
    assert not sightings.entries["op.csv"].marked
    marker.touch()
    assert walk(folders, sightings, 1) == ["op.csv"]


def test_a_sub_folder_is_a_source_and_deeper_ones_are_not(folders: ExchangeFolders) -> None:
    for place in ("sap", "bad name", "sap/deeper"):
        (folders.inbox / place).mkdir()
        (folders.inbox / place / "op.csv").write_text("x")
    assert found(folders) == ["sap/op.csv"]


@pytest.mark.parametrize(
    "name",
    ["~lock.op.csv#", ".hidden.csv", "op.csv.tmp", "op.csv.part", "op.CSV.TMP", "op.csv~", "op.csv.filepart", "x.done", "x.sha256"],
)
def test_names_of_unfinished_files_are_left_alone(folders: ExchangeFolders, name: str) -> None:
    (folders.inbox / name).write_text("x")
    assert found(folders) == []


@pytest.mark.parametrize(
    "name", ["-rf.csv", "a\nb.csv", os.fsdecode(b"M\xfcller.csv"), "x" * 251 + ".csv", "=cmd.csv", "no-ending", "a.b.csv", "\u202ex.csv"]
)
def test_every_possible_name_is_found(folders: ExchangeFolders, name: str) -> None:
    (folders.inbox / name).write_text("x")
    assert found(folders) == [name]
    assert look_into(folders.inbox / name).head == b"x"


def test_links_pipes_devices_and_sockets_are_told_and_never_opened(folders: ExchangeFolders) -> None:
    (folders.inbox / "link.csv").symlink_to("/etc/passwd")
    (folders.inbox / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(folders.inbox / "pipe.csv")
    (folders.inbox / "folder.csv").mkdir()
    here = os.getcwd()
    os.chdir(folders.inbox)
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind("socket.csv")
            sightings = Sightings()
            walk(folders, sightings)
            assert walk(folders, sightings, 5) == []
    finally:
        os.chdir(here)
    assert sorted(sightings.irregular) == ["link.csv", "loop.csv", "pipe.csv", "socket.csv"]
    for name in ("link.csv", "pipe.csv", "folder.csv"):
        with pytest.raises(NotAFile):
            look_into(folders.inbox / name)


def test_files_come_by_the_day_in_their_name_and_then_by_age(folders: ExchangeFolders) -> None:
    for age, name in enumerate(("op_2026-11-22.csv", "b.csv", "op_20261120.csv", "a.csv")):
        path = folders.inbox / name
        path.write_text("x")
        os.utime(path, (1000 - age, 1000 - age))
    sightings = Sightings()
    walk(folders, sightings)
    assert walk(folders, sightings, 5) == ["op_20261120.csv", "op_2026-11-22.csv", "a.csv", "b.csv"]


def test_the_oldest_export_that_only_just_came_is_known_for_a_minute(folders: ExchangeFolders) -> None:
    path = folders.inbox / "op_2026-11-20.csv"
    sightings = Sightings()
    path.write_text("x")
    walk(folders, sightings)
    assert sightings.young[""][2] == path.name
    path.write_text("xy")
    walk(folders, sightings, 59)
    assert sightings.young[""][2] == path.name
    path.write_text("xyz")
    walk(folders, sightings, 60)
    assert sightings.young == {}


def test_files_that_are_gone_are_forgotten(folders: ExchangeFolders) -> None:
    sightings, path = Sightings(), folders.inbox / "op.csv"
    path.write_text("x")
    walk(folders, sightings)
    path.unlink()
    walk(folders, sightings, 1)
    assert sightings.entries == {}


def test_an_inbox_that_is_not_there_is_an_error_for_the_caller(folders: ExchangeFolders) -> None:
    folders.inbox.rmdir()
    with pytest.raises(FileNotFoundError, match="inbox"):
        walk(folders, Sightings())


def test_a_source_that_cannot_be_read_is_told_and_the_others_go_on(folders: ExchangeFolders) -> None:
    (folders.inbox / "op.csv").write_text("x")
    (folders.inbox / "sap").mkdir()

    def goes_away(name: str) -> bool:
        (folders.inbox / name).rmdir()
        return True

    sightings = Sightings()
    steps = Scan(folders, sightings, goes_away, partial(export_order, today=1), NOW, YOUNG)
    while not steps.step():
        pass
    assert sightings.closed == {"sap": "No such file or directory"}
    assert list(sightings.entries) == ["op.csv"]


def test_a_walk_looks_at_no_more_than_a_slice_a_step(folders: ExchangeFolders) -> None:
    for number in range(2 * scan.SLICE + 10):
        (folders.inbox / f"{number}.csv").touch()
    sightings = Sightings()
    order = partial(export_order, today=1)
    steps = Scan(folders, sightings, is_source, order, NOW, YOUNG)
    taken = [len(sightings.entries)]
    while not steps.step():
        taken.append(len(sightings.entries))
    taken.append(len(sightings.entries))
    assert max(after - before for before, after in pairwise(taken)) <= scan.SLICE
    assert taken[-1] == 2 * scan.SLICE + 10


def test_a_queued_file_is_not_asked_for_its_state_again(folders: ExchangeFolders) -> None:
    sightings, path = Sightings(), folders.inbox / "op.csv"
    path.write_text("x")
    walk(folders, sightings)
    walk(folders, sightings, 5)
    path.write_text("changed")
    before = sightings.entries["op.csv"].signature
    walk(folders, sightings, 6)
    assert sightings.entries["op.csv"].signature == before  # looked at from near when its turn comes


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        (DIGEST, True),
        (DIGEST.upper() + "\n", True),
        (f"{DIGEST}  op.csv\n", True),
        (f"\ufeff{DIGEST} *op.csv\r\n", True),
        (DIGEST[:-1] + "2", False),
        (DIGEST + "0", False),
        ("", False),
        ("no digest", False),
    ],
)
def test_a_checksum_is_read_as_sha256sum_writes_it(folders: ExchangeFolders, said: str, fits: bool) -> None:
    (folders.inbox / "op.csv").write_text("x")
    (folders.inbox / "op.csv.sha256").write_text(said, encoding="utf-8")
    assert seal_fits(folders.inbox / "op.csv") is fits


def test_a_checksum_that_is_a_link_is_not_followed(folders: ExchangeFolders) -> None:
    (folders.inbox / "op.csv").write_text("x")
    (folders.inbox / "op.csv.sha256").symlink_to("/etc/passwd")
    with pytest.raises(NotAFile):
        seal_fits(folders.inbox / "op.csv")


def test_a_file_that_some_process_writes_is_seen_from_near(folders: ExchangeFolders) -> None:
    path = folders.inbox / "op.csv"
    with path.open("w") as writer:
        writer.write("half")
        writer.flush()
        assert look_into(path).being_written
    assert not look_into(path).being_written


async def test_a_share_that_hangs_keeps_nobody_waiting_and_is_asked_again_when_it_answers() -> None:
    patience, answers = Patience(waits=0.05), threading.Event()
    with pytest.raises(TimeoutError):
        await patience.do(answers.wait)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await patience.do(lambda: 1)  # nobody else is sent after it
    assert asyncio.get_running_loop().time() - began < 0.05
    answers.set()
    assert patience._pending is not None
    assert await asyncio.wait_for(patience._pending, 5)
    assert await patience.do(lambda: 1) == 1


async def test_a_thread_that_had_nothing_to_do_for_a_while_ends_and_the_next_job_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectord.edge.inbox.patience.IDLE", 0.01)
    patience = Patience()
    first = await patience.do(threading.current_thread)
    assert await patience.do(threading.current_thread) in (first, *threading.enumerate())
    await asyncio.to_thread(first.join, 5)
    assert not first.is_alive()
    assert await patience.do(threading.current_thread) is not first


async def test_a_job_that_fails_after_it_was_given_up_disturbs_nobody() -> None:
    patience, answers = Patience(waits=0.01), threading.Event()

    def fails() -> None:
        answers.wait()
        raise OSError(116, "Stale file handle")

    with pytest.raises(TimeoutError):
        await patience.do(fails)
    answers.set()
    assert patience._pending is not None
    await asyncio.wait([patience._pending])
    assert await patience.do(lambda: 2) == 2


async def test_what_a_job_raises_reaches_the_caller() -> None:
    with pytest.raises(FileNotFoundError):
        await Patience().do(lambda: os.stat("/nonexistent"))
