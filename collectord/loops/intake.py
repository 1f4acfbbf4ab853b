"""Intake: takes files from the inbox or from a command, one after the other.

Reads folders, asks core where a file belongs, notes it before touching it, hands it to loops/second_reading. Serial: one import at a time.
Invariant: a file is noted in the store before it moves, so that after a crash it is known where it came from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from collectord.core.exports.intake import Decision, Receipt, arrival
from collectord.core.exports.source_profiles import Ambiguous, Profile, choose
from collectord.edge import inbox
from collectord.edge.crash import crash_point
from collectord.edge.store import batches
from collectord.loops import second_reading, verdicts
from collectord.loops.arriving import whole_files
from collectord.loops.held_batches import accept_batch as accept_batch
from collectord.loops.held_batches import reject_batch as reject_batch
from collectord.loops.intake_edges import IntakeEdges as IntakeEdges
from collectord.loops.intake_edges import Turn, turn_of
from collectord.loops.intake_edges import Watch as Watch
from collectord.loops.intake_edges import reading as reading
from collectord.loops.intake_edges import unwatched as unwatched
from collectord.loops.intake_recovery import recover as recover
from collectord.loops.intake_recovery import settle

FILES_PER_TURN = 50  # of a heap in the inbox; the next turn goes on
UNKNOWN_SOURCE = "unknown"  # of a file that nobody can tell whose it is


async def import_file(edges: IntakeEdges, path: Path, **options: Any) -> Receipt:
    """As `import_all`; the receipt of the file's own reading."""
    return (await import_all(edges, path, **options))[-1]


async def import_all(
    edges: IntakeEdges, path: Path, *, source: str | None, mode: str | None, as_of: date | None, now: datetime, opened: int | None = None
) -> list[Receipt]:
    """A copy of one file that a person names; `opened`: its descriptor, where this process may not open it itself.

    Raises IntakeRefused, or OSError when it cannot be read.
    """
    async with turn_of(edges).lock:
        head = await asyncio.to_thread(inbox.head_of, path if opened is None else opened)
        profile = choose(edges.sources, inbox.shown_name(path.name), "", source, head)
        copy = partial(inbox.copy_in, edges.folders, path if opened is None else opened)
        take = partial(asyncio.to_thread, copy)
        return await _take(edges, path, "", source, mode, as_of, now, profile, take)


async def take_inbox(edges: IntakeEdges, now: datetime) -> list[Receipt]:
    """One turn of the inbox: the files that are whole, oldest export first."""
    turn, receipts = turn_of(edges), list[Receipt]()
    async with turn.lock, aclosing(whole_files(edges, now)) as files:
        async for file in files:
            claim = partial(inbox.claim, edges.folders, file.path, judged=file.signature)
            take = partial(_claim, turn, claim)
            try:
                receipts += await _take(edges, file.path, file.folder, None, None, None, now, file.profile, take)
                turn.sightings.entries.pop(file.key, None)
            except OSError as error:
                turn.complain(edges, file.key, error.strerror or str(error))
            if len(receipts) >= FILES_PER_TURN:
                break
    await settle(edges, now)
    return receipts


async def _claim(turn: Turn, claim: Callable[[str], None], stored_as: str) -> None:
    await turn.patience.do(partial(claim, stored_as))


async def _take(
    edges: IntakeEdges,
    path: Path,
    folder: str,
    source: str | None,
    mode: str | None,
    as_of: date | None,
    now: datetime,
    profile: Profile | Ambiguous | None,
    take: Callable[[str], Awaitable[None]],
) -> list[Receipt]:
    """Note, move (or copy), carry. A file that several profiles claim is refused with a receipt that says so."""
    batch_id = edges.new_id()
    stored_as = inbox.stored_name(path.name, batch_id)
    if isinstance(profile, Profile):
        source, mode = source or folder or profile.name, mode or profile.mode or None
    elif isinstance(profile, Ambiguous):
        source = UNKNOWN_SOURCE
    arrived = arrival(
        batch_id=batch_id, name=inbox.shown_name(path.name), stored_as=stored_as, folder=folder, source=source, mode=mode, as_of=as_of,
        today=edges.house.today(now), language=edges.house.language,
    )  # fmt: skip
    await edges.db.write(partial(batches.add, arrived=arrived, now=now))
    crash_point("import-noted")
    try:
        await take(stored_as)
    except OSError as error:
        if isinstance(error, TimeoutError) or await asyncio.to_thread(edges.folders.has, stored_as, "processing"):
            turn_of(edges).unsettled = True  # it is taken, or may yet be
        else:
            await edges.db.write(partial(batches.drop, batch_id=batch_id))
        raise
    crash_point("import-claimed")
    try:
        if isinstance(profile, Profile | None):
            return await second_reading.carry(edges, arrived, now)
        decision = Decision("rejected", profile.sentence(edges.house.language))
        await edges.db.write(partial(batches.set_aside, batch_id=batch_id, decision=decision, now=now))
        return [await verdicts.finish(edges, batch_id, "processing")]
    except OSError:
        turn_of(edges).unsettled = True
        raise
