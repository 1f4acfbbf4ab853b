"""Packed sheets (xlsx, ods are zip files): what is inside, and that it is no bomb, before anything else opens it.

Owns the limits of the archive. Unpacks into memory a piece at a time, never to disk. Knows no cell.
Invariant: what the archive's directory claims about a part was seen to be true before a library believes it.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from collectord.core.exports.decoding import ExportRefused
from collectord.core.wording import Language, Texts, phrase

MAX_PARTS = 5_000
MAX_DIRECTORY = 2 * 2**20  # bytes of the list of parts
MAX_UNPACKED = 400 * 2**20  # bytes of all parts together
MAX_RATIO = 200  # a part of some size that shrinks more than that is no sheet; deflate itself ends at 1032
RATIO_FROM = 8 * 2**20
MAX_SMALL = 4 * 2**20  # bytes of a part that is read as a whole: the list of sheets
BLOCK = 262_144

TEXTS: Texts = {
    "damaged": ("the file is damaged or cut off; export it again", "Die Datei ist beschädigt oder abgeschnitten; bitte neu exportieren"),
    "bomb": (
        "the file would unpack to more than a sheet needs ({what}); it is not read",
        "Die Datei würde größer entpackt, als eine Tabelle es braucht ({what}); sie wird nicht gelesen",
    ),
    "names": (
        "the file holds a part whose name leaves the archive; it is not read",
        "Die Datei enthält einen Teil, dessen Name aus dem Archiv hinausführt; sie wird nicht gelesen",
    ),
    "encrypted": ("the file is protected by a password; save it without one", "Die Datei ist mit einem Kennwort geschützt; ohne speichern"),
}


class _TooMuch(Exception):
    pass


class _Sparing:
    """The archive as zipfile sees it, which reads the whole directory at once, however long that claims to be."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(MAX_DIRECTORY + 1 if size < 0 else min(size, MAX_DIRECTORY + 1))
        if len(found) > MAX_DIRECTORY:
            raise _TooMuch
        return found


class PartStream:
    """A part as something to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        """The next piece, whatever size was asked for; b"" at the end."""
        return next(filter(None, self._pieces), b"")


class Packed:
    """The parts of one archive. Raises ExportRefused for anything that a sheet never is."""

    def __init__(self, stream: BinaryIO, language: Language) -> None:
        self._stream = stream
        self._language = language
        try:
            with zipfile.ZipFile(cast("BinaryIO", _Sparing(stream))) as archive:
                infos = archive.infolist()
        except _TooMuch:
            raise self.refused("bomb", what=f"> {MAX_PARTS}") from None
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError):
            raise self.refused("damaged") from None
        if len(infos) > MAX_PARTS:
            raise self.refused("bomb", what=f"> {MAX_PARTS}")
        if sum(info.file_size for info in infos) > MAX_UNPACKED:
            raise self.refused("bomb", what=f"> {MAX_UNPACKED} B")
        for info in infos:
            if info.header_offset < 0 or not info.filename:
                raise self.refused("damaged")
            if info.filename.startswith(("/", "\\")) or ":" in info.filename or ".." in info.filename.replace("\\", "/").split("/"):
                raise self.refused("names")
            if info.flag_bits & 0x1:
                raise self.refused("encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self.refused("damaged")
            if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * info.compress_size:
                raise self.refused("bomb", what=f"> {MAX_RATIO}:1")
        self.parts = {info.filename: info for info in infos if not info.is_dir()}
        if len(self.parts) < sum(1 for info in infos if not info.is_dir()):
            raise self.refused("damaged")  # two parts of one name: which one is read depends on the reader

    def refused(self, code: str, **values: object) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, code, self._language, **values))

    def small(self, name: str) -> bytes:
        """A whole part; b"" when there is none."""
        info = self.parts.get(name)
        if info is None:
            return b""
        if info.file_size > MAX_SMALL:
            raise self.refused("bomb", what=f"> {MAX_SMALL} B")
        return b"".join(self.unpacked(name))

    def unpacked(self, name: str) -> Iterator[bytes]:
        """The part in pieces; its true size is what the directory says, else refused."""
        info = self.parts[name]
        self._stream.seek(info.header_offset)
        head = self._stream.read(30)
        if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
            raise self.refused("damaged")
        name_length, extra_length = struct.unpack("<HH", head[26:30])
        at, left, seen = info.header_offset + 30 + name_length + extra_length, info.compress_size, 0
        unpack = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
        while left > 0:
            self._stream.seek(at)
            block = self._stream.read(min(BLOCK, left))
            if not block:
                raise self.refused("damaged")
            at, left = at + len(block), left - len(block)
            while block:
                piece = block
                try:
                    piece = block if unpack is None else unpack.decompress(block, BLOCK)
                except zlib.error:
                    raise self.refused("damaged") from None
                block = b"" if unpack is None else unpack.unconsumed_tail
                seen += len(piece)
                if seen > info.file_size:
                    raise self.refused("bomb", what=f"> {info.file_size} B")
                yield piece
        if seen != info.file_size or (unpack is not None and info.file_size and not unpack.eof):
            raise self.refused("damaged")
