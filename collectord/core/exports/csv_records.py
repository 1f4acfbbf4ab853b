"""Records of a delimited text file, read strictly and in bounded memory.

Owns decoding, quoting and line numbers. Knows no column's meaning.
Invariant: no row is ever swallowed: what cannot be split for sure is a record with a problem, or the whole file is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from collectord.core.exports.decoding import Decoder as Decoder
from collectord.core.exports.decoding import ExportRefused as ExportRefused
from collectord.core.wording import Language, Texts, phrase

MAX_LINE = 65_536  # characters of one record: memory stays bounded whatever was dropped
MAX_ORIGINAL = 2_000  # characters of a bad record that people get to see

TEXTS: Texts = {
    "utf16": ("the file is UTF-16; save the export as UTF-8", "Die Datei ist UTF-16; den Export als UTF-8 speichern"),
    "unsupported": ("unsupported: this is a {kind} file; export as CSV text", "nicht unterstützt: {kind}-Datei; als CSV-Text exportieren"),
    "empty": ("the file is empty", "Die Datei ist leer"),
    "open_quote": (
        "line {line}: a quote is opened and not closed as CSV asks; nothing after it can be trusted",
        "Zeile {line}: ein Anführungszeichen wird geöffnet und nicht richtig geschlossen; alles danach ist unsicher",
    ),
    "long_header": ("line {line}: the header is longer than {limit} characters", "Zeile {line}: der Kopf ist länger als {limit} Zeichen"),
    "lone_cr": (
        "the lines end with CR alone; save the export with LF or CRLF line ends",
        "Die Zeilen enden nur mit CR; den Export mit Zeilenenden LF oder CRLF speichern",
    ),
}  # fmt: skip

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip or xlsx"),
    (b"PK\x05\x06", "zip"),
    (b"%PDF", "PDF"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"Rar!", "rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"<?xml", "XML"),
    (b"SQLite format 3\x00", "SQLite"),
)

_QUOTED = re.compile('"[^"]*"')
_DELIMITERS = (";", ",", "\t")  # in the order of preference where a header uses them equally often
_NAMED_DELIMITER = re.compile(r'\A"?sep=(.)"?\r?\Z', re.IGNORECASE)  # how Excel is told, in a line of its own


class Certain(str):
    """A cell whose form is certain because its document says so: a number cell as `1234.56`, a date cell as `2026-11-21`.

    Declared number and date forms are for plain text cells; a Certain one is canonical already.
    """

    __slots__ = ()


class Broken(str):
    """A cell that its document itself shows as an error (`#REF!`), or whose value it no longer knows: no column may be read from it."""

    __slots__ = ()


class Record(NamedTuple):
    """`line` is the physical line it begins in, the header's being 1. `problem` is a code of core.open_items.TEXTS."""

    line: int
    fields: list[str]
    raw: str
    problem: str = ""
    ended: bool = True  # False: the file stops here without a line end


def refuse_by_magic(head: bytes, language: Language) -> None:
    """Raises ExportRefused for archives, spreadsheets and UTF-16, by the first bytes alone."""
    if not head:
        raise ExportRefused(phrase(TEXTS, "empty", language))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ExportRefused(phrase(TEXTS, "utf16", language))
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise ExportRefused(phrase(TEXTS, "unsupported", language, kind=kind))


class Records:
    """Splits text into records. Line ends are LF or CRLF; quoting as RFC 4180: a quote opens only at the start of a field.

    `delimiter` "": the one of `;` `,` tab that the first line with any of them uses most, or that a line `sep=;` names.
    `quotes` False: a quote is a character like any other.
    """

    def __init__(self, language: Language, delimiter: str = "", *, quotes: bool = True) -> None:
        self.delimiter = delimiter
        self.line = 0
        self._language = language
        self._quote = '"' if quotes else "\n"  # a line never holds the latter
        self._plain = False  # nothing is pending that a line without quotes could belong to
        self._settled = False  # the delimiter is known, and the first line was seen
        self._rest = ""  # an unfinished physical line
        self._open: list[str] = []  # physical lines of a record whose quote is still open
        self._open_size = 0
        self._open_line = 0
        self._overlong: str | None = None  # beginning of a line beyond MAX_LINE, the rest dropped
        self._overlong_quotes = 0

    def feed(self, text: str) -> Iterator[Record]:
        """The records that `text` completes. Raises ExportRefused when no later line can be trusted."""
        lines = (self._rest + text).replace("\r\n", "\n").split("\n")
        self._rest = lines.pop()
        quote, make = self._quote, partial(tuple.__new__, Record)
        for line in lines:
            if quote in line or not self._plain or len(line) > MAX_LINE:
                record = self._careful(line, ended=True)
                self._plain = self._settled and not self._open and self._overlong is None
                if record is not None:
                    yield record
                continue
            self.line += 1
            if line:
                yield make((self.line, line.split(self.delimiter), line, "", True))
        if len(self._rest) > MAX_LINE:
            self._drop_rest()
            self._plain = False

    def plain_lines(self, text: str) -> list[str] | None:
        """What `feed` would split, as physical lines, when each of them is a record by itself or empty; None: feed it."""
        if not self._plain or self._quote in text or self._quote in self._rest:
            return None
        lines = (self._rest + text).replace("\r\n", "\n").split("\n")
        if max(map(len, lines)) > MAX_LINE:
            return None
        self._rest = lines.pop()
        self.line += len(lines)
        return lines

    def finish(self) -> Iterator[Record]:
        """The last record when the file does not end with a line end. Raises ExportRefused for an open quote."""
        if self._rest or self._overlong is not None:
            line, self._rest = self._rest, ""
            record = self._careful(line, ended=False)
            if record is not None:
                yield record
        if self._open:
            raise self._refused(self._open_line)

    def _settle(self, line: str) -> bool:
        """True when the line only names the delimiter. A line without any leaves the choice to a later one."""
        if self.line == 0:
            if "\r" in line.rstrip("\r"):
                raise ExportRefused(phrase(TEXTS, "lone_cr", self._language))
            named = _NAMED_DELIMITER.match(line)
            if named:
                self.delimiter = self.delimiter or named[1]
                self._settled = True
                return True
        if not self.delimiter:
            if len(line) > MAX_LINE:
                raise ExportRefused(phrase(TEXTS, "long_header", self._language, line=self.line + 1, limit=MAX_LINE))
            bare = _QUOTED.sub("", line)
            most = max(_DELIMITERS, key=bare.count)
            self.delimiter = most if most in bare else ""
        self._settled = self.delimiter != ""
        return False

    def _drop_rest(self) -> None:
        if not self._settled:
            self._settle(self._rest)
        if self._open:
            raise self._refused(self._open_line)
        if self._overlong is None:
            self._overlong = self._rest[:MAX_ORIGINAL]
        self._overlong_quotes += self._rest.count(self._quote)
        self._rest = ""

    def _careful(self, line: str, *, ended: bool) -> Record | None:
        """One physical line with quotes, within an open quote, beyond the limit, or before the delimiter is known."""
        only_names = not self._settled and not self._open and self._overlong is None and self._settle(line)
        self.line += 1
        if only_names:
            return None
        line = line.removesuffix("\r")
        if self._overlong is not None or len(line) > MAX_LINE:
            return self._end_overlong(line, ended)
        if self._open:
            self._open.append(line)
            self._open_size += len(line) + 1
            if self._open_size > MAX_LINE:
                raise self._refused(self._open_line)
            if line.count('"') % 2 == 0:
                return None
            raw, at = "\n".join(self._open), self._open_line
            self._open = []
            fields = split_quoted(raw, self.delimiter or _DELIMITERS[0])
            if not isinstance(fields, list):
                raise self._refused(at)
            return Record(at, fields, raw, "", ended)
        delimiter = self.delimiter or _DELIMITERS[0]
        fields = split_quoted(line, delimiter) if self._quote in line else line.split(delimiter)
        if fields is None:
            self._open, self._open_size, self._open_line = [line], len(line), self.line
            return None
        if isinstance(fields, str):
            return Record(self.line, [], line, fields, ended)
        return Record(self.line, fields, line, "", ended) if line else None

    def _end_overlong(self, line: str, ended: bool) -> Record:
        beginning = line[:MAX_ORIGINAL] if self._overlong is None else self._overlong
        quotes, self._overlong, self._overlong_quotes = self._overlong_quotes + line.count(self._quote), None, 0
        if self._open or quotes % 2:
            raise self._refused(self._open_line or self.line)
        return Record(self.line, [], beginning, "long_line", ended)

    def _refused(self, line: int) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, "open_quote", self._language, line=line))


def split_quoted(raw: str, delimiter: str) -> list[str] | str | None:
    """The fields of one record; None while a quote is open; a problem's code when quotes stand where they may not."""
    try:
        found: list[str] = next(csv.reader((raw,), delimiter=delimiter, strict=True))
    except csv.Error:
        return _split_carefully(raw, delimiter)
    # The library takes a stray quote for text. Where every quote of the line was one around a field, the lengths fit.
    if len(raw) - raw.count('"') == sum(map(len, found)) + len(found) - 1:
        return found
    return _split_carefully(raw, delimiter)


def _split_carefully(raw: str, delimiter: str) -> list[str] | str | None:
    fields: list[str] = []
    at = 0
    while True:
        if raw.startswith('"', at):
            parts: list[str] = []
            begin = at + 1
            while True:
                end = raw.find('"', begin)
                if end < 0:
                    return None
                parts.append(raw[begin:end])
                if not raw.startswith('"', end + 1):
                    break
                parts.append('"')
                begin = end + 2
            fields.append("".join(parts))
            at = end + 1
            if at == len(raw):
                return fields
            if raw[at] != delimiter:
                return "after_quote"
            at += 1
        else:
            end = raw.find(delimiter, at)
            field = raw[at:] if end < 0 else raw[at:end]
            if '"' in field:
                return "bare_quote"
            fields.append(field)
            if end < 0:
                return fields
            at = end + 1
