"""Asking: one export is read by the reader process, and what it came to.

Sends orders, waits for answers, tells of progress, tries once more when a reader dies. Judges nothing about the rows.
Invariant: whatever a file does to its reader, the daemon gets an answer about that file.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collectord.core.exports.intake import TEXTS as INTAKE_TEXTS
from collectord.core.exports.intake import Arrival
from collectord.core.exports.readings import Order, Summary
from collectord.core.exports.source_profiles import CANONICAL, Profile
from collectord.core.wording import Texts, phrase
from collectord.edge import line_hashes
from collectord.edge.inbox import ExportFile
from collectord.edge.reader_process import ReaderDied, ReaderProcess
from collectord.loops.halves import in_halves
from collectord.loops.intake_edges import IntakeEdges, turn_of

LONGEST = 180.0  # s that any file may take …
SLOWEST = 500_000  # … and one more for so many of its bytes: several times what the slowest kind needs
LOG_EVERY = 5.0  # s
TRIES = 2  # readers that one file may end
KILLS = 20  # of its readers that may be killed from outside, by whoever frees memory, before the file is blamed
FROM_OUTSIDE = (-signal.SIGKILL, 255)  # 255: somebody else collected its status
SHORTEST_REST, LONGEST_REST = 0.05, 5.0  # s between a killed reader and the next

TEXTS: Texts = {
    "too_slow": (
        "the file could not be read within {limit} seconds; open it, save it anew and drop it again",
        "Die Datei war nicht in {limit} Sekunden zu lesen; öffnen, neu speichern und wieder ablegen",
    ),
}


def profile_of(edges: IntakeEdges, source: str) -> Profile:
    """A source without a profile of its name is read as canonical."""
    return edges.sources.get(source, CANONICAL)


def places(edges: IntakeEdges) -> Path:
    return edges.db.path.parent / "scratch"


@contextmanager
def scratch_for(edges: IntakeEdges, batch_id: str) -> Iterator[Path]:
    """Where the reader writes; gone afterwards."""
    path = places(edges) / f"{batch_id}.db"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        yield path
    finally:
        for left in path.parent.glob(f"{batch_id}.*"):
            left.unlink(missing_ok=True)


def adopt_lines(edges: IntakeEdges, source: str, scratch: Path) -> None:
    """What the reader noted of the lines of an accepted snapshot, for the next one."""
    line_hashes.adopt(scratch.with_suffix(".lines"), _lines(edges, source))


def _lines(edges: IntakeEdges, source: str) -> Path:
    return edges.db.path.parent / "lines" / source


def clear_scratches(edges: IntakeEdges) -> None:
    """At start: what a killed process left."""
    for path in places(edges).glob("*"):
        path.unlink(missing_ok=True)


async def ask(edges: IntakeEdges, arrived: Arrival, export: ExportFile, scratch: Path) -> Summary:
    """Raises OSError when the reader cannot open the file."""
    order = Order(
        arrived=arrived, profile=profile_of(edges, arrived.source), file=str(export.path.absolute()), scratch=str(scratch.absolute()),
        ledger=str(edges.db.path.absolute()), lines=str(_lines(edges, arrived.source).absolute()), language=edges.house.language,
        country=edges.house.country,
    )  # fmt: skip
    reader, tell = _reader(edges), _Teller(edges, arrived, export.size)
    try:
        return await _answered(edges, order, export, reader, tell)
    finally:
        tell.ended()


async def _answered(edges: IntakeEdges, order: Order, export: ExportFile, reader: ReaderProcess, tell: _Teller) -> Summary:
    """A file whose reader died is given to one more, as a whole. One that was killed from outside says nothing about the file."""
    arrived, longest, killed, died_of_it = order.arrived, LONGEST + export.size / SLOWEST, 0, 0
    asked = await in_halves(edges, order, export, reader, tell, longest) or order
    while died_of_it < TRIES:
        limit = asyncio.timeout(longest)
        try:
            async with limit:
                return Summary.from_json(await reader.read(asked, tell))
        except TimeoutError:  # also what a folder that does not answer raises
            if not limit.expired():
                raise
            edges.log.warning("reader_too_slow", batch=arrived.batch_id, seconds=round(longest))
            return Summary(signature=export.signature, refused=phrase(TEXTS, "too_slow", edges.house.language, limit=round(longest)))
        except ReaderDied as died:
            edges.log.warning("reader_died", batch=arrived.batch_id, status=died.status)
            asked = order
            if died.status in FROM_OUTSIDE and killed < KILLS:
                killed += 1
                await asyncio.sleep(min(SHORTEST_REST * 2**killed, LONGEST_REST))
            else:
                died_of_it += 1
    return Summary(signature=export.signature, refused=phrase(INTAKE_TEXTS, "reader_died", edges.house.language))


def _reader(edges: IntakeEdges) -> ReaderProcess:
    """One a store, kept as long as that is open."""
    turn = turn_of(edges)
    if turn.reader is None:
        turn.reader = ReaderProcess(line_hashes.hash_key(edges.db.path.parent / "lines"))
        edges.db.at_close.append(turn.reader.stop)
    return turn.reader


class _Teller:
    """Progress of a long file: to whoever watches, and into the log now and then."""

    def __init__(self, edges: IntakeEdges, arrived: Arrival, size: int) -> None:
        self._edges, self._arrived, self._size = edges, arrived, max(size, 1)
        self._clock = asyncio.get_running_loop().time
        self._logged = self._clock()
        self._now: tuple[str, int, int] | None = None

    def __call__(self, rows: int, read: int) -> None:
        self._now = (self._arrived.file, min(read, self._size - 1), self._size)
        turn_of(self._edges).reading = self._now
        self._edges.watch(*self._now)
        if self._clock() - self._logged >= LOG_EVERY:
            self._logged = self._clock()
            self._edges.log.info("import_progress", batch=self._arrived.batch_id, rows=rows, percent=min(100, 100 * read // self._size))

    def ended(self) -> None:
        """Nothing is read any more; whoever saw a part of it is told that this was all."""
        turn_of(self._edges).reading = None
        if self._now is not None:
            self._edges.watch(self._arrived.file, self._size, self._size)
