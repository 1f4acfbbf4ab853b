"""Arriving: from what lies in the inbox to the files that are whole, in export order.

Reads the inbox in threads, asks core/exports which profile a file has and what it lacks. Moves nothing, writes nothing.
Invariant: polling is the truth; an inbox that cannot be read or does not answer stops nothing but this.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from collectord.core.exports.arrivals import WAIT_FOR_OLDER, Lack, Seen, Waiting, export_order, lacks
from collectord.core.exports.intake import is_source
from collectord.core.exports.source_profiles import Ambiguous, Completeness, Profile, choose
from collectord.core.wording import safe
from collectord.edge import inbox
from collectord.loops.inbox_state import WAITING_KEPT, WALK_SHARE, note_reachable, note_unreachable
from collectord.loops.intake_edges import IntakeEdges, Turn, turn_of

LOOKS_PER_TURN = 500  # files looked at from near
AGAIN_AFTER = timedelta(seconds=60)  # a file that could not be read is tried again


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that may be claimed."""

    key: str  # in Sightings.entries
    path: Path
    folder: str
    signature: inbox.Signature
    profile: Profile | Ambiguous | None


async def whole_files(edges: IntakeEdges, now: datetime) -> AsyncGenerator[Whole, None]:
    """Files that may be claimed now, oldest export first. An inbox that cannot be read is noted and gives none."""
    turn = turn_of(edges)
    try:
        await _walk(edges, turn, now)
    except OSError as error:
        turn.busy = False
        note_unreachable(edges, turn, error, now)
        return
    note_reachable(edges, turn)
    later: list[tuple[tuple[int, int, str], str]] = []
    looks = 0
    try:
        while turn.sightings.queue and looks < LOOKS_PER_TURN:
            order, path = heapq.heappop(turn.sightings.queue)
            entry = turn.sightings.entries.get(path)
            if entry is None or not entry.queued:
                continue
            oldest = turn.sightings.young.get(entry.folder)
            if oldest is not None and oldest < order:
                later.append((order, path))
                continue
            looks += 1
            whole = await _look(edges, turn, entry, now)
            if whole is not None:
                yield whole
    finally:  # the caller may have enough before the end
        turn.busy = bool(turn.sightings.queue)
        for item in later:
            heapq.heappush(turn.sightings.queue, item)


async def _walk(edges: IntakeEdges, turn: Turn, now: datetime) -> None:
    """Lists the inbox, unless it was listed a moment ago and files are left to be looked at."""
    clock = asyncio.get_running_loop().time
    if turn.busy and turn.walked and clock() - turn.walked[0] < WALK_SHARE * turn.walked[1]:
        return
    began = clock()
    order = partial(export_order, today=edges.house.today(now).toordinal())
    scan = inbox.Scan(edges.folders, turn.sightings, is_source, order, now, WAIT_FOR_OLDER)
    over = False
    while not over:
        over = await turn.patience.do(scan.step)
    turn.walked = (clock(), clock() - began)
    turn.waiting = {path: found for path, found in turn.waiting.items() if path in turn.sightings.entries}
    for path in turn.sightings.irregular:
        turn.complain(edges, path, "not a regular file")
    for folder, why in turn.sightings.closed.items():
        turn.complain(edges, folder, why)
    if turn.sightings.beyond:
        turn.complain(edges, edges.folders.inbox, "more files than are looked at at once; the others follow")


async def _look(edges: IntakeEdges, turn: Turn, entry: inbox.Entry, now: datetime) -> Whole | None:
    """One file from near; parked, with the reason, unless it is whole."""
    path = edges.folders.inbox / entry.path
    entry.queued = False
    try:
        look, seal_fits = await turn.patience.do(partial(_from_near, path, bool(entry.seal)))
    except FileNotFoundError:
        return None
    except OSError as error:
        entry.parked, entry.again = True, now + AGAIN_AFTER
        turn.complain(edges, entry.path, error.strerror or str(error))
        _wait(turn, entry, "unreadable", error.strerror or str(error))
        return None
    if look.signature != entry.signature:
        entry.signature, entry.since = look.signature, now
        return None
    profile = choose(edges.sources, inbox.shown_name(entry.name), entry.folder, None, look.head)
    lack = lacks(
        Seen(
            marked=entry.marked, sealed=bool(entry.seal), seal_fits=seal_fits, quiet=now - entry.since >= edges.folders.quiet_for,
            being_written=look.being_written,
        ),
        profile.complete if isinstance(profile, Profile) else Completeness(),
    )  # fmt: skip
    if lack is None:
        turn.waiting.pop(entry.path, None)
        entry.parked, entry.again = True, now + AGAIN_AFTER  # should it not be possible to claim it
        return Whole(entry.path, path, entry.folder, look.signature, profile)
    if lack == "writer":
        entry.since = now
    else:
        entry.parked, entry.again = True, None
    _wait(turn, entry, lack)
    return None


def _from_near(path: Path, sealed: bool) -> tuple[inbox.Look, bool]:
    look = inbox.look_into(path)
    return look, sealed and inbox.seal_fits(path)


def _wait(turn: Turn, entry: inbox.Entry, lack: Lack, why: str = "") -> None:
    if entry.path in turn.waiting or len(turn.waiting) < WAITING_KEPT:
        turn.waiting[entry.path] = Waiting(
            folder=entry.folder, name=safe(inbox.shown_name(entry.name), 120), lack=lack, since=entry.first_seen, why=why
        )
