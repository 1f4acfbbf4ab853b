"""What is taken from the inbox and when: markers, checksums, slow writers, order, profiles, an inbox that cannot be reached."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from collectord.core.exports.intake import Receipt
from collectord.core.exports.source_profiles import Completeness, Profile
from collectord.core.house import House
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import open_store
from collectord.loops import inbox_state
from collectord.loops.intake import FILES_PER_TURN, IntakeEdges, import_file, take_inbox
from collectord.loops.intake_edges import turn_of

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUIET = timedelta(seconds=10)
FILE_FOLDERS = ("inbox", "processing", "archive", "held", "rejected")


def second(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def export(*items: str) -> str:
    rows = [f"{no};Debtor {no};R{no};2026-11-01;10.00" for no in items or ("1",)]
    return "\n".join(["debtor_no;debtor_name;item_no;due_on;open_amount", *rows, ""])


@dataclass
class Place:
    """An inbox with its store."""

    edges: IntakeEdges
    inbox: Path

    def drop(self, name: str, text: str | None = None, *, folder: str = "") -> Path:
        path = self.inbox / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(export() if text is None else text)
        return path

    async def turn(self, at: float) -> list[Receipt]:
        return await take_inbox(self.edges, second(at))

    async def until(self, *seconds: float) -> list[str]:
        """The files taken in turns at these seconds, in order."""
        return [receipt.file for at in seconds for receipt in await self.turn(at)]

    def waits(self, at: float) -> list[tuple[str, str]]:
        return sorted((found.name, found.lack) for found in inbox_state.waiting(self.edges, second(at)))

    def everywhere(self) -> list[str]:
        root = self.edges.folders.root
        return sorted(
            f"{folder}/{path.name.partition('~')[0]}" for folder in FILE_FOLDERS for path in (root / folder).rglob("*") if path.is_file()
        )

    def with_profiles(self, *profiles: Profile) -> None:
        self.edges = replace(self.edges, sources={profile.name: profile for profile in profiles})


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folders = ExchangeFolders(tmp_path / "exchange", quiet_for=QUIET)
    folders.create()
    ticks = count()
    async with open_store(tmp_path / "state") as db:
        edges = IntakeEdges(
            db=db, folders=folders, house=House(language="en"), new_id=lambda: new_id(MONDAY + timedelta(milliseconds=next(ticks)))
        )
        yield Place(edges, folders.inbox)


MARKED = Profile(name="sap", complete=Completeness(marker=True))
SEALED = Profile(name="sap", complete=Completeness(checksum="sha256"))


async def test_a_slow_writer_that_stalls_is_not_taken_before_its_marker_comes(place: Place) -> None:
    place.with_profiles(MARKED)
    path = place.drop("op.csv", "debtor_no;debtor_", folder="sap")
    assert await place.until(0, 3, 30, 300, 600) == []
    assert place.waits(600) == [("op.csv", "marker")]
    path.write_text(export())
    assert await place.until(601, 620) == []
    path.with_name("op.csv.done").touch()
    assert await place.until(621) == ["op.csv"]
    assert place.waits(621) == []
    assert place.everywhere() == ["archive/op"]


async def test_without_a_declared_sign_a_file_that_grows_or_is_open_waits(place: Place) -> None:
    path = place.inbox / "op.csv"
    with path.open("w") as writer:
        writer.write("debtor_no;deb")
        writer.flush()
        assert await place.until(0, 10, 20, 30, 300) == []
        assert place.waits(300) == [("op.csv", "writer")]
        writer.seek(0)
        writer.write(export())
        writer.flush()
    assert await place.until(301, 311) == ["op.csv"]


async def test_a_declared_checksum_must_be_there_and_fit(place: Place) -> None:
    place.with_profiles(SEALED)
    path = place.drop("op.csv", folder="sap")
    seal = path.with_name("op.csv.sha256")
    assert await place.until(0, 10) == []
    assert place.waits(10) == [("op.csv", "checksum")]
    seal.write_text("0" * 64)
    assert await place.until(11, 60) == []
    assert place.waits(60) == [("op.csv", "checksum_fits")]
    os.utime(seal, (5e9, 5e9))
    seal.write_text(hashlib.sha256(export().encode()).hexdigest() + "  op.csv\n")
    assert await place.until(61) == ["op.csv"]
    assert place.everywhere() == ["archive/op"]


async def test_a_half_file_beside_its_checksum_waits_and_is_taken_when_the_rest_came(place: Place) -> None:
    whole = export("1", "2", "3")
    path = place.drop("op.csv", whole[:60])
    path.with_name("op.csv.sha256").write_text(hashlib.sha256(whole.encode()).hexdigest())
    assert await place.until(0, 20, 40) == []
    path.write_text(whole)
    [receipt] = await place.turn(41) or await place.turn(51)
    assert (receipt.status, receipt.rows) == ("accepted", 3)


async def test_a_marker_is_enough_where_nothing_is_declared(place: Place) -> None:
    path = place.drop("op.csv")
    path.with_name("op.csv.done").touch()
    assert await place.until(0) == ["op.csv"]


async def test_several_files_at_once_are_taken_in_export_order(place: Place) -> None:
    names = ("op_2026-11-22.csv", "op_2026-11-20.csv", "op_2026-11-21.csv")
    for number, name in enumerate(names):
        place.drop(name, export(str(number)))
    receipts = [*await place.turn(0), *await place.turn(10)]
    assert [(receipt.file, receipt.status) for receipt in receipts] == [(name, "accepted") for name in sorted(names)]


async def test_a_newer_export_lets_an_older_one_that_is_still_coming_go_first_for_a_minute(place: Place) -> None:
    place.drop("op_2026-11-22.csv")
    assert await place.until(0) == []
    older = place.drop("op_2026-11-21.csv", export("2"))
    assert await place.until(9, 11) == []  # the newer one is quiet, the older one not yet
    assert await place.until(19, 20) == ["op_2026-11-21.csv", "op_2026-11-22.csv"]
    place.drop("op_2026-11-23.csv")
    older.write_text("still")
    for at in range(21, 81, 5):
        older.write_text("x" * at)
        assert await place.until(at) == []
    older.write_text("y")
    assert await place.until(85) == ["op_2026-11-23.csv"]


async def test_the_same_bytes_again_under_any_name_change_nothing(place: Place) -> None:
    place.drop("op.csv")
    [first] = [*await place.turn(0), *await place.turn(10)]
    statuses = []
    for number, name in enumerate(("op.csv", "other.csv")):
        place.drop(name)
        statuses += [receipt.status for at in (20, 30) for receipt in await place.turn(at + 20 * number)]
    assert (first.status, statuses) == ("accepted", ["duplicate", "duplicate"])
    assert place.everywhere() == ["archive/op", "archive/op", "archive/other"]


async def test_a_file_that_is_replaced_or_removed_before_its_turn_is_looked_at_anew(place: Place) -> None:
    place.drop("a_2026-11-20.csv")
    gone = place.drop("b_2026-11-21.csv", export("2"))
    await place.turn(0)
    place.drop("new", export("3"))
    os.rename(place.inbox / "new", place.inbox / "a_2026-11-20.csv")
    gone.unlink()
    assert await place.until(10) == []
    [receipt] = [*await place.turn(11), *await place.turn(21)]
    assert (receipt.file, receipt.rows, receipt.status) == ("a_2026-11-20.csv", 1, "accepted")
    assert turn_of(place.edges).sightings.entries == {}


async def test_a_file_that_two_profiles_claim_is_rejected_with_a_receipt_that_names_both(place: Place, tmp_path: Path) -> None:
    place.with_profiles(Profile(name="lexware", names=("op*.csv",)), Profile(name="sap", names=("op*.csv", "fbl*.txt")))
    place.drop("op.csv")
    [receipt] = [*await place.turn(0), *await place.turn(10)]
    assert (receipt.status, receipt.rows) == ("rejected", 0)
    assert "lexware" in (receipt.reason or "")
    assert "sap" in (receipt.reason or "")
    assert place.everywhere() == ["rejected/op"]
    by_hand = tmp_path / "op.csv"
    by_hand.write_text(export())
    receipt = await import_file(place.edges, by_hand, source=None, mode=None, as_of=None, now=second(20))
    assert receipt.status == "rejected"
    receipt = await import_file(place.edges, by_hand, source="sap", mode=None, as_of=None, now=second(30))
    assert (receipt.status, receipt.source) == ("accepted", "sap")


async def test_the_profile_whose_pattern_fits_is_the_source_and_says_the_mode(place: Place) -> None:
    place.with_profiles(Profile(name="sap", names=("op*.csv",), mode="delta"), Profile(name="other", names=("op*.csv",), begins="<"))
    place.drop("op.csv")
    place.drop("else.csv", export("7"))
    place.drop("sub.csv", export("8"), folder="sub")
    receipts = [*await place.turn(0), *await place.turn(10)]
    found = {receipt.file: (receipt.source, receipt.mode) for receipt in receipts}
    assert found == {"op.csv": ("sap", "delta"), "else.csv": ("canonical", "snapshot"), "sub.csv": ("sub", "snapshot")}


async def test_only_some_files_are_taken_a_turn_and_the_next_turn_comes_at_once(place: Place) -> None:
    for number in range(FILES_PER_TURN + 3):
        place.drop(f"{number:03d}.csv", "")
    await place.turn(0)
    first = await place.turn(10)
    assert len(first) == FILES_PER_TURN
    assert inbox_state.rest(place.edges, 5.0) == (0.0, 0.0)
    assert len(await place.turn(10)) == 3
    assert inbox_state.rest(place.edges, 5.0)[0] >= 5.0


async def test_an_inbox_that_is_gone_is_said_once_asked_ever_less_and_comes_back(place: Place) -> None:
    place.drop("op.csv")
    kept = place.inbox.with_name("unmounted")
    os.rename(place.inbox, kept)
    rests = []
    log = CapturingLogger()
    place.edges = replace(place.edges, log=log)
    for at in (0, 5, 15):
        assert await place.turn(at) == []
        rests.append(inbox_state.rest(place.edges, 5.0)[0])
    assert rests == [10.0, 20.0, 40.0]
    state = inbox_state.described(place.edges, second(15))
    assert (state["reachable"], state["why"], state["since"]) == (False, "No such file or directory", MONDAY.isoformat())
    assert [call.args[0] for call in log.calls].count("inbox_unreachable") == 1
    os.rename(kept, place.inbox)
    assert await place.until(20, 30) == ["op.csv"]
    assert inbox_state.described(place.edges, second(30))["reachable"]
    assert "inbox_reachable_again" in [call.args[0] for call in log.calls]


async def test_a_share_that_stops_answering_during_a_claim_loses_nothing(place: Place) -> None:
    place.drop("op.csv")
    await place.turn(0)
    turn = turn_of(place.edges)
    ask = turn.patience.do
    hung: list[str] = []

    async def hangs(job):  # type: ignore[no-untyped-def]
        """The rename reaches the server; its answer does not reach us."""
        result = await ask(job)
        if (place.edges.folders.of("processing")).joinpath(".").exists() and any(place.edges.folders.of("processing").iterdir()):
            hung.append("claim")
            raise TimeoutError(110, "does not answer")
        return result

    turn.patience.do = hangs  # type: ignore[method-assign]
    assert await place.turn(10) == []
    assert hung == ["claim"]
    turn.patience.do = ask  # type: ignore[method-assign]
    await place.turn(20)
    assert place.everywhere() == ["archive/op"]


async def test_a_file_nobody_may_read_is_told_and_tried_again(place: Place) -> None:
    path = place.drop("op.csv")
    place.drop("other.csv", export("2"))
    await place.turn(0)
    looked = turn_of(place.edges).patience
    ask = looked.do

    async def refuses(job):  # type: ignore[no-untyped-def]
        """As the system answers a user without the right; the tests may run as root."""
        if getattr(job, "args", None) and job.args[0] == path:
            raise PermissionError(13, "Permission denied", str(path))
        return await ask(job)

    looked.do = refuses  # type: ignore[method-assign]
    assert await place.until(10, 20) == ["other.csv"]
    assert place.waits(20) == [("op.csv", "unreadable")]
    looked.do = ask  # type: ignore[method-assign]
    assert await place.until(69) == []
    assert await place.until(70) == ["op.csv"]


async def test_what_is_no_file_is_told_and_stays(place: Place) -> None:
    (place.inbox / "link.csv").symlink_to("/etc/shadow")
    os.mkfifo(place.inbox / "pipe.csv")
    assert await place.until(0, 10, 20) == []
    assert place.waits(20) == [("link.csv", "irregular"), ("pipe.csv", "irregular")]
    [first, _] = inbox_state.waiting(place.edges, second(20))
    assert first.sentence("en", "Europe/Berlin") == (
        "link.csv is no regular file (a link, a pipe, a device) and is never taken; seen since Mon 23 Nov 2026 09:00"
    )


async def test_every_name_that_a_file_may_have_is_taken(place: Place) -> None:
    names = ["-rf.csv", "a\nb.csv", os.fsdecode(b"M\xfcller.csv"), "x" * 251 + ".csv", "=cmd.csv", "no-ending"]
    for number, name in enumerate(names):
        place.drop(name, export(str(number)))
    receipts = [*await place.turn(0), *await place.turn(10)]
    assert len(receipts) == len(names)
    assert list(place.inbox.iterdir()) == []


async def test_a_source_folder_that_goes_away_leaves_the_others(place: Place) -> None:
    place.drop("op.csv", folder="sap")
    place.drop("op.csv", export("2"))
    await place.turn(0)
    shutil.rmtree(place.inbox / "sap")
    assert await place.until(10) == ["op.csv"]


async def test_a_file_whose_receipt_cannot_be_written_is_settled_when_it_can(place: Place) -> None:
    place.drop("op.csv")
    receipts = place.edges.folders.of("receipts")
    receipts.rmdir()
    receipts.write_text("in the way")  # as a folder that nobody may write into
    assert await place.until(0, 10) == []
    assert place.everywhere() == ["processing/op"]
    assert await place.until(20) == []
    receipts.unlink()
    await place.turn(30)
    assert place.everywhere() == ["archive/op"]
    assert len(list(receipts.iterdir())) == 1


async def test_a_folder_that_is_handed_over_leaves_nothing_behind(place: Place, tmp_path: Path) -> None:
    opened = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(IsADirectoryError):
        await import_file(place.edges, tmp_path, source="x", mode=None, as_of=None, now=MONDAY, opened=opened)
    os.close(opened)
    assert place.everywhere() == []
