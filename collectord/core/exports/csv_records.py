"""Records of a delimited text file, read strictly and in bounded memory.

Owns decoding, quoting and line numbers. Knows no column's meaning.
Invariant: no row is ever swallowed: what cannot be split for sure is a record with a problem, or the whole file is refused.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from collectord.core.wording import Language, Texts, phrase

MAX_LINE = 65_536  # characters of one record: memory stays bounded whatever was dropped
MAX_ORIGINAL = 2_000  # characters of a bad record that people get to see

TEXTS: Texts = {
    "undecodable": (
        "byte {offset} is no UTF-8; save the export as UTF-8",
        "Byte {offset} ist kein UTF-8; den Export als UTF-8 speichern",
    ),
    "utf16": ("the file is UTF-16; save the export as UTF-8", "Die Datei ist UTF-16; den Export als UTF-8 speichern"),
    "unsupported": ("unsupported: this is a {kind} file; export as CSV text", "nicht unterstützt: {kind}-Datei; als CSV-Text exportieren"),
    "empty": ("the file is empty", "Die Datei ist leer"),
    "open_quote": (
        "line {line}: a quote is opened and not closed as CSV asks; nothing after it can be trusted",
        "Zeile {line}: ein Anführungszeichen wird geöffnet und nicht richtig geschlossen; alles danach ist unsicher",
    ),
    "long_header": ("line {line}: the header is longer than {limit} characters", "Zeile {line}: der Kopf ist länger als {limit} Zeichen"),
}

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


class ExportRefused(Exception):
    """The whole file is refused; the message is one sentence for the person who dropped it."""


class Certain(str):
    """A cell whose form is certain because its document says so: a number cell as `1234.56`, a date cell as `2026-11-21`.

    Declared number and date forms are for plain text cells; a Certain one is canonical already.
    """

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


class Decoder:
    """UTF-8 in blocks, strict, a byte-order mark dropped."""

    def __init__(self, language: Language) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._language = language
        self._fed = 0

    def feed(self, block: bytes, *, final: bool = False) -> str:
        """Raises ExportRefused with the offset of the first bad byte."""
        held_back = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            raise ExportRefused(phrase(TEXTS, "undecodable", self._language, offset=self._fed - held_back + error.start)) from None
        if self._fed == 0:
            text = text.removeprefix("\ufeff")
        self._fed += len(block)
        return text


class Records:
    """Splits text into records; the delimiter is the one the header uses more often.

    Line ends are LF or CRLF. Quoting as RFC 4180: a quote opens only at the start of a field.
    """

    def __init__(self, language: Language) -> None:
        self.delimiter = ""
        self.line = 0
        self._language = language
        self._rest = ""  # an unfinished physical line
        self._open: list[str] = []  # physical lines of a record whose quote is still open
        self._open_size = 0
        self._open_line = 0
        self._overlong: str | None = None  # beginning of a line beyond MAX_LINE, the rest dropped
        self._overlong_quotes = 0

    def feed(self, text: str) -> Iterator[Record]:
        """The records that `text` completes. Raises ExportRefused when no later line can be trusted."""
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        if not self.delimiter and lines:
            self._choose_delimiter(lines[0])
        delimiter = self.delimiter
        for line in lines:
            if '"' in line or self._open or self._overlong is not None or len(line) > MAX_LINE:
                record = self._careful(line, ended=True)
                if record is not None:
                    yield record
                continue
            self.line += 1
            if line[-1:] == "\r":
                line = line[:-1]
            if line:
                yield Record(self.line, line.split(delimiter), line)
        if len(self._rest) > MAX_LINE:
            self._drop_rest()

    def finish(self) -> Iterator[Record]:
        """The last record when the file does not end with a line end. Raises ExportRefused for an open quote."""
        if self._rest or self._overlong is not None:
            line, self._rest = self._rest, ""
            if not self.delimiter:
                self._choose_delimiter(line)
            record = self._careful(line, ended=False)
            if record is not None:
                yield record
        if self._open:
            raise self._refused(self._open_line)

    def _choose_delimiter(self, header: str) -> None:
        if len(header) > MAX_LINE:
            raise ExportRefused(phrase(TEXTS, "long_header", self._language, line=1, limit=MAX_LINE))
        self.delimiter = "," if header.count(",") > header.count(";") else ";"

    def _drop_rest(self) -> None:
        if not self.delimiter:
            self._choose_delimiter(self._rest)
        if self._open:
            raise self._refused(self._open_line)
        if self._overlong is None:
            self._overlong = self._rest[:MAX_ORIGINAL]
        self._overlong_quotes += self._rest.count('"')
        self._rest = ""

    def _careful(self, line: str, *, ended: bool) -> Record | None:
        """One physical line with quotes, within an open quote, or beyond the limit."""
        self.line += 1
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
            fields = split_quoted(raw, self.delimiter)
            if not isinstance(fields, list):
                raise self._refused(at)
            return Record(at, fields, raw, "", ended)
        fields = split_quoted(line, self.delimiter)
        if fields is None:
            self._open, self._open_size, self._open_line = [line], len(line), self.line
            return None
        if isinstance(fields, str):
            return Record(self.line, [], line, fields, ended)
        return Record(self.line, fields, line, "", ended) if line else None

    def _end_overlong(self, line: str, ended: bool) -> Record:
        beginning = line[:MAX_ORIGINAL] if self._overlong is None else self._overlong
        quotes, self._overlong, self._overlong_quotes = self._overlong_quotes + line.count('"'), None, 0
        if self._open or quotes % 2:
            raise self._refused(self._open_line or self.line)
        return Record(self.line, [], beginning, "long_line", ended)

    def _refused(self, line: int) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, "open_quote", self._language, line=line))


def split_quoted(raw: str, delimiter: str) -> list[str] | str | None:
    """The fields of one record; None while a quote is open; a problem's code when quotes stand where they may not."""
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
