"""Line hashes: what the records of a source's latest snapshot looked like, so that the next one is parsed only where it differs.

Owns the files `lines/SOURCE`: a head, one keyed 64-bit hash a record, and the item that the record named. Compares nothing.
Invariant: a file that is damaged, of another form or made with another key is as good as none: the whole export is read then.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORM = 1
MOST = 2_000_000  # records; beyond it the hashes would cost more memory than reading costs time
PART = 1 << 20  # bytes of keys
SEPARATOR = "\x1f"  # within a key; no key holds a control character
PROBE = "collectord"  # hashed with this process's key: tells whether hashes of another day can be compared


def hash_key(folder: Path) -> int:
    """The key of Python's own keyed hash (SipHash) for the readers of this installation, as PYTHONHASHSEED takes it."""
    place = folder / ".key"
    with contextlib.suppress(OSError, ValueError):
        return int(place.read_text(encoding="ascii"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = 1 + secrets.randbelow(2**32 - 1)
    half = folder / f".key-{os.getpid()}"
    half.write_text(f"{key}\n", encoding="ascii")
    half.chmod(0o600)
    half.rename(place)
    return key


@dataclass(frozen=True, slots=True)
class Lines:
    """One accepted snapshot: what is known of it as a whole, and (hash, key) of each record, in any order."""

    head: Mapping[str, Any]
    hashes: array[int]
    text: bytes  # a line each: company, debtor_no, item_no with SEPARATOR between them

    def parts(self) -> Iterator[tuple[array[int], list[bytes]]]:
        """(hashes, keys), some thousands at a time: a million texts at once would be a hundred megabytes."""
        at = start = 0
        while at < len(self.hashes):
            end = self.text.find(b"\n", start + PART)
            keys = self.text[start : end if end >= 0 else len(self.text)].split(b"\n")
            yield self.hashes[at : at + len(keys)], keys
            at, start = at + len(keys), end + 1


def load(path: Path) -> Lines | None:
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline())
            if head["form"] != FORM or head["probe"] != hash(PROBE) or head["records"] > MOST:
                return None
            hashes = array("q")
            hashes.fromfile(file, head["records"])
            text = file.read()
            if _sum(zlib.crc32(text), hashes) != head["sum"] or text.count(b"\n") + 1 != max(1, head["records"]):
                return None
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None
    return Lines(head, hashes, text)


class Recorder:
    """Takes the records of one file as they are read; keeps the keys on disk meanwhile. A file with too many is given up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys_path = path.with_name(f"{path.name}.keys")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keys = self._keys_path.open("wb")
        self._hashes = array("q")
        self._sum = 0

    def add(self, hashes: Iterable[int], keys: Iterable[str]) -> None:
        self.add_encoded(hashes, "\n".join(keys).encode())

    def add_encoded(self, hashes: Iterable[int], keys: bytes) -> None:
        """`keys`: with line ends between them."""
        before = len(self._hashes)
        if before > MOST:
            return
        self._hashes.extend(hashes)
        if len(self._hashes) > before:
            text = b"\n" + keys if before else keys
            self._sum = zlib.crc32(text, self._sum)
            self._keys.write(text)

    def take_over(self, path: Path) -> None:
        """What another recorder kept of a part of the same file; without it there is nothing to keep of the whole."""
        part = load(path)
        path.unlink(missing_ok=True)
        if part is None:
            self._hashes = array("q", [0]) * (MOST + 1)
        else:
            self.add_encoded(part.hashes, part.text)

    def keep(self, head: Mapping[str, Any]) -> None:
        """All of it or nothing. What is known of the whole file comes last."""
        self._keys.close()
        if len(self._hashes) <= MOST:
            with self._path.open("wb") as file, self._keys_path.open("rb") as keys:
                self._path.chmod(0o600)
                whole = {"form": FORM, "probe": hash(PROBE), "records": len(self._hashes), "sum": _sum(self._sum, self._hashes)}
                file.write(json.dumps({**head, **whole}).encode() + b"\n")
                self._hashes.tofile(file)
                while block := keys.read(1 << 20):
                    file.write(block)
        self.drop()

    def drop(self) -> None:
        self._keys.close()
        self._keys_path.unlink(missing_ok=True)


def _sum(of_keys: int, hashes: array[int]) -> int:
    return zlib.crc32(hashes, of_keys)


def adopt(made: Path, place: Path) -> None:
    """What the reader made of a file that was accepted; nothing, where it cannot be compared by lines. Not synced: a lost one costs one
    full reading."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        made.rename(place)
    except FileNotFoundError:
        place.unlink(missing_ok=True)
