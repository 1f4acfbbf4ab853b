"""Halves: a large canonical file that nothing can be compared with is read by two readers at once.

Cuts the file at a line end, orders both halves, says what is to be done with them. Judges nothing.
Invariant: where anything about a half is unusual, the file is read as a whole, as if nobody had tried.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from collectord.core.exports.readings import Order, Summary
from collectord.edge import line_hashes
from collectord.edge.inbox import ExportFile
from collectord.edge.reader_process import ReaderDied, ReaderProcess
from collectord.loops.intake_edges import IntakeEdges, turn_of

LARGE = 24 * 2**20  # bytes, about two seconds of one reader
LOOK = 65_536  # bytes from the middle on within which a line ends

Tell = Callable[[int, int], None]


async def in_halves(
    edges: IntakeEdges, order: Order, export: ExportFile, reader: ReaderProcess, tell: Tell, longest: float
) -> Order | None:  # fmt: skip
    """The order that goes on with the two filled halves; None: read it as a whole."""
    profile = order.profile
    if export.size < LARGE or not profile.is_canonical or profile.complete.trailer or Path(order.lines).exists() or _cores() < 2:
        return None
    middle = await asyncio.to_thread(_line_end, export)
    if middle is None:
        return None
    other = str(Path(order.scratch).with_suffix(".2.db"))
    stretches = ((reader, order.scratch, (0, middle)), (_helper(edges), other, (middle, export.size)))
    so_far = [(0, 0), (0, 0)]

    def teller(half: int) -> Tell:
        def told(rows: int, read: int) -> None:
            so_far[half] = (rows, read)
            tell(sum(rows for rows, _ in so_far), sum(read for _, read in so_far))

        return told

    readings: list[asyncio.Task[dict[str, Any]]] = []
    try:
        async with asyncio.timeout(longest), asyncio.TaskGroup() as both:  # one that fails ends the other
            for half, (reading, scratch, stretch) in enumerate(stretches):
                readings.append(both.create_task(reading.read(replace(order, scratch=scratch, stretch=stretch), teller(half))))
    except* (ReaderDied, TimeoutError):
        edges.log.warning("halves_given_up", batch=order.arrived.batch_id)
    if not all(one.done() and not one.cancelled() and one.exception() is None for one in readings):
        return None
    found = [Summary.from_json(one.result()) for one in readings]
    if any(one.refused or one.signature != export.signature for one in found):
        return None
    return replace(order, half=other)


def _line_end(export: ExportFile) -> int | None:
    export.rewind(export.size // 2)
    end = export.read(LOOK).find(b"\n")
    return None if end < 0 else export.size // 2 + end + 1


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _helper(edges: IntakeEdges) -> ReaderProcess:
    turn = turn_of(edges)
    if turn.helper is None:
        turn.helper = ReaderProcess(line_hashes.hash_key(edges.db.path.parent / "lines"))
        edges.db.at_close.append(turn.helper.stop)
    return turn.helper
