"""What is fuzzed: any bytes as what a PBX says, as an export, as a rule file.

Owns the three doors that outside bytes come through and what must hold behind them. Draws nothing by chance itself.
Invariant: a target returns, or raises because a rule of the product is broken; a refusal that the product declares is no failure.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from collectord.core.exports.csv_records import Decoder, ExportRefused, Record, Records, refuse_by_magic
from collectord.edge.pbx.events import Reader, read_journal, read_live
from collectord.edge.pbx.wire import MAX_MESSAGE, AmiMessage, AmiProtocol
from collectord.edge.rules_files import RulesInvalid, load_rules
from collectord.edge.shipped import shipped_directory

SEEDS: Final = Path(__file__).with_name("seeds")
NOW: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BANNER: Final = b"Asterisk Call Manager/11.0.0\r\n"
RULE_FILES: Final = tuple(sorted(str(path.relative_to(shipped_directory("rules"))) for path in shipped_directory("rules").rglob("*.toml")))
_loop = asyncio.new_event_loop()
_folder = tempfile.TemporaryDirectory(prefix="collectord-fuzz-")


def _heard(pieces: list[bytes]) -> tuple[list[AmiMessage], bool]:
    async def go() -> tuple[list[AmiMessage], bool]:
        heard: list[AmiMessage] = []
        protocol = AmiProtocol(heard.append)
        for piece in (BANNER, *pieces):
            protocol.data_received(piece)
            assert len(protocol._buffer) <= MAX_MESSAGE, "input piles up"
        return heard, protocol.lost.done()

    return _loop.run_until_complete(go())


def ami(data: bytes) -> None:
    """The first byte says in how large pieces the rest arrives; what is heard does not depend on it, and all of it can be read."""
    if not data:
        return
    size, stream = data[0] + 1, data[1:]
    whole, given_up = _heard([stream])
    pieces, again = _heard([stream[start : start + size] for start in range(0, len(stream), size)])
    assert pieces == whole or given_up or again, "the cut of the packets changes what is heard"
    reader = Reader()
    for message in whole:
        reader.read(message, NOW)
        read_live(message)
        read_journal(message)


def _records(data: bytes, portion: int) -> list[tuple[object, ...]] | str:
    decoder, reader = Decoder("en"), Records("en")
    found: list[Record] = []
    try:
        refuse_by_magic(data[:16], "en")
        for start in range(0, len(data), portion):
            found += reader.feed(decoder.feed(data[start : start + portion]))
        found += reader.feed(decoder.feed(b"", final=True))
        found += reader.finish()
    except ExportRefused as error:
        refusal = str(error)
    else:
        return [tuple(record) for record in found]
    assert "\n" not in refusal, "a refusal is one line"
    return "refused"


def csv(data: bytes) -> None:
    """The first byte says in how large portions the file is read; what comes out does not depend on it."""
    if not data:
        return
    assert _records(data[1:], data[0] + 1) == _records(data[1:], len(data)), "the portion changes what is read"


def rules(data: bytes) -> None:
    """The first byte says which rule file the rest is; it is read, or each thing that is wrong is said on one line."""
    if not data:
        return
    path = Path(_folder.name, RULE_FILES[data[0] % len(RULE_FILES)])
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data[1:])
    try:
        load_rules(Path(_folder.name))
    except RulesInvalid as invalid:
        for problem in invalid.problems:
            assert "\n" not in str(problem), "a problem is one line"
            assert problem.sentence, "a problem is said"
    finally:
        path.unlink()


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {"ami": ami, "csv": csv, "rules": rules}


def seeds(target: str) -> list[bytes]:
    """Sound input to begin with."""
    if target == "rules":
        shipped = shipped_directory("rules")
        return [bytes([number]) + (shipped / name).read_bytes() for number, name in enumerate(RULE_FILES)]
    return [path.read_bytes() for path in sorted((SEEDS / target).iterdir())]
