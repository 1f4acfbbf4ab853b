"""Text of an export in a declared encoding, block by block.

Owns byte-order marks and what an encoding refuses. Knows no line's meaning.
Invariant: no letter is ever guessed: a byte that the declared encoding does not explain refuses the file and is named.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "undecodable": (
        "byte {offset} (line {line}) is no {encoding}; save the export as {encoding}",
        "Byte {offset} (Zeile {line}) ist kein {encoding}; den Export als {encoding} speichern",
    ),
    "utf16": (
        "the file is UTF-16 and has no byte-order mark; save the export as {declared}",
        "Die Datei ist UTF-16 und hat keine Bytereihenfolge-Marke; den Export als {declared} speichern",
    ),
    "mark": (
        "the file begins with the byte-order mark of {encoding}, but its source is declared as {declared}; correct the export or the"
        " profile",
        "Die Datei beginnt mit der Bytereihenfolge-Marke von {encoding}, die Quelle ist aber als {declared} erklärt; Export oder Profil"
        " berichtigen",
    ),
    "no_mark": (
        "the file has no byte-order mark, and its source is declared as {declared}, which needs one; correct the export or the profile",
        "Die Datei hat keine Bytereihenfolge-Marke, und die Quelle ist als {declared} erklärt, das eine braucht; Export oder Profil"
        " berichtigen",
    ),
    "is_utf8": (
        "byte {offset} (line {line}) is part of a letter in UTF-8, but the source is declared as {encoding}: names would be garbled;"
        " save the export as {encoding}, or write encodings = [\"utf-8\"] into the profile",
        "Byte {offset} (Zeile {line}) gehört zu einem Buchstaben in UTF-8, die Quelle ist aber als {encoding} erklärt: Namen wären"
        " entstellt; den Export als {encoding} speichern oder im Profil encodings = [\"utf-8\"] schreiben",
    ),
}  # fmt: skip

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "iso-8859-15", "utf-16")
"""What a profile may declare. utf-8-sig and utf-16 stand for a file with a byte-order mark, the others for one without."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_SHOWN = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with BOM", "cp1252": "Windows-1252", "iso-8859-15": "ISO 8859-15", "utf-16": "UTF-16"}
# What "Ã¼" or "â€“" are in truth: their first letters hardly stand before such a sign in real text; others do ("CAFÉ®").
_UTF8_LETTER = re.compile(rb"[\xc2-\xc3][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]|\xef\xbf\xbd")
_UTF8_LEADS = (b"\xc3", b"\xc2", b"\xe2", b"\xef")  # looking for one byte is ten times as fast as for a pattern
_HEAD = 64  # bytes by which a file without a mark is known to be UTF-16
_C1 = re.compile(rb"[\x80-\x9f]")


class ExportRefused(Exception):
    """The whole file is refused; the message is one sentence for the person who dropped it."""


class Undecodable(ExportRefused):
    """Refused because of one byte; who has the file at hand may add what its encoding probably is."""

    def __init__(self, sentence: str, offset: int) -> None:
        super().__init__(sentence)
        self.offset = offset


class Decoder:
    """Text in blocks, strictly in a declared encoding; a byte-order mark decides which, and is dropped.

    `encodings` holds at most one without a mark. One of a single byte per letter decodes nearly everything: there, bytes without a
    meaning and letters that are UTF-8 in truth refuse the file.
    """

    def __init__(self, language: Language, encodings: Sequence[str] = ("utf-8", "utf-8-sig")) -> None:
        self._language = language
        self._encodings = tuple(encodings)
        self._declared = ""  # the name that the profile uses
        self._decoder: codecs.IncrementalDecoder | None = None
        self._fed = 0  # bytes of earlier blocks
        self._lines = 1  # physical lines begun in earlier blocks
        self._head = b""  # the very beginning, until there is enough of it to tell its encoding
        self._tail = b""  # single-byte encodings: the last bytes, where a letter in UTF-8 may begin
        self._as_utf8: codecs.IncrementalDecoder | None = None  # single-byte encodings: while all so far would be UTF-8
        self._first_beyond_ascii: tuple[int, int] | None = None  # (offset, line)

    def feed(self, block: bytes, *, final: bool = False) -> str:
        """Raises Undecodable with the offset of the first bad byte, ExportRefused for another encoding's mark."""
        if self._decoder is None:
            block = self._head + block
            if len(block) < _HEAD and not final:
                self._head = block
                return ""
            block = self._choose(block)
        assert self._decoder is not None  # _choose has set it
        held_back = len(self._decoder.getstate()[0])
        if self._as_utf8 is not None or self._tail or self._declared in ("cp1252", "iso-8859-15"):
            self._suspect(block, final=final)
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            at = error.start - held_back
            raise self._undecodable(self._fed + at, self._lines + block.count(b"\n", 0, max(at, 0))) from None
        self._fed += len(block)
        self._lines += text.count("\n")
        return text

    def _choose(self, block: bytes) -> bytes:
        """Sets the decoder by the mark, else the one declared encoding that has none. What is left of the block without its mark."""
        for mark, declared, codec in _MARKS:
            if block.startswith(mark):
                # a canonical CSV is UTF-8 "BOM allowed": utf-8 alone declared takes the mark too
                if declared not in self._encodings and not (codec == "utf-8" and "utf-8" in self._encodings):
                    raise self._refused("mark", encoding=_SHOWN[declared].removesuffix(" with BOM"), declared=self._shown())
                self._declared, self._fed = codec, len(mark)
                self._decoder = codecs.getincrementaldecoder(codec)("strict")
                return block[len(mark) :]
        plain = [name for name in self._encodings if name not in ("utf-8-sig", "utf-16")]
        if not plain:
            raise self._refused("no_mark", declared=self._shown())
        if len(block) >= 4 and block[:_HEAD].count(0) * 4 > len(block[:_HEAD]):
            raise self._refused("utf16", declared=self._shown())
        self._declared = plain[0]
        self._decoder = codecs.getincrementaldecoder(plain[0])("strict")
        if plain[0] != "utf-8":
            self._as_utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        return block

    def _suspect(self, block: bytes, *, final: bool) -> None:
        """Raises for what a single-byte encoding would take without a word."""
        if not block.isascii() or self._tail:
            seen = self._tail + block
            begin = self._fed - len(self._tail)
            found = _UTF8_LETTER.search(seen) if any(lead in seen for lead in _UTF8_LEADS) else None
            if found:
                raise self._garbled(begin + found.start(), self._lines + seen.count(b"\n", 0, found.start()))
            wrong = _C1.search(block) if self._declared == "iso-8859-15" else None
            if wrong:
                raise self._undecodable(self._fed + wrong.start(), self._lines + block.count(b"\n", 0, wrong.start()))
            if self._first_beyond_ascii is None and not block.isascii():
                at = next(position for position, byte in enumerate(block) if byte > 127)
                self._first_beyond_ascii = (self._fed + at, self._lines + block.count(b"\n", 0, at))
            self._tail = b"" if block[-2:].isascii() else block[-2:]
        if self._as_utf8 is not None:
            try:
                self._as_utf8.decode(block, final)
            except UnicodeDecodeError:
                self._as_utf8 = None
        if final and self._as_utf8 is not None and self._first_beyond_ascii is not None:
            raise self._garbled(*self._first_beyond_ascii)

    def _shown(self) -> str:
        return ", ".join(_SHOWN.get(name, name) for name in self._encodings)

    def _refused(self, code: str, **values: object) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, code, self._language, **values))

    def _garbled(self, offset: int, line: int) -> ExportRefused:
        return self._refused("is_utf8", offset=offset, line=line, encoding=_SHOWN[self._declared])

    def _undecodable(self, offset: int, line: int) -> Undecodable:
        shown = _SHOWN.get(self._declared, "UTF-16")
        return Undecodable(phrase(TEXTS, "undecodable", self._language, offset=offset, line=line, encoding=shown), offset)
