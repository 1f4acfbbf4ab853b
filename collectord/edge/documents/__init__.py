"""Documents that accounting drops: text, sheets, e-invoices, bank statements, read as records.

Owns what a file really is, by its bytes and never by its name, and who reads it. Decides nothing about its rows.
Invariant: whatever was dropped, the answer is records or ExportRefused with one sentence; nothing is written, nothing is fetched.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from collectord.core.exports.csv_records import Record, refuse_by_magic
from collectord.core.exports.decoding import ExportRefused
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import Language, Texts, phrase
from collectord.edge.documents import einvoices, sheet_xml, statements, text
from collectord.edge.documents.cells import padded

HEAD = 4_096  # bytes by which a file is known

What = Literal["empty", "text", "packed", "xls", "xml", "pdf", "archive"]

TEXTS: Texts = {
    "not_this": (
        "the source {source} reads {expected}, but this is {found}; drop it where it belongs, or correct the profile",
        "Die Quelle {source} liest {expected}, dies ist aber {found}; dort ablegen, wohin es gehört, oder das Profil berichtigen",
    ),
}

_EXPECTED = {
    "text": ("text or a sheet", "Text oder eine Tabelle"),
    "sheet": ("a sheet", "eine Tabelle"),
    "einvoice": ("e-invoices (XML or PDF)", "E-Rechnungen (XML oder PDF)"),
    "camt": ("bank statements (camt XML)", "Kontoauszüge (camt-XML)"),
}
_FOUND = {
    "text": ("text", "Text"),
    "packed": ("a packed file (zip, xlsx, ods)", "eine gepackte Datei (zip, xlsx, ods)"),
    "xls": ("an old Excel file (xls)", "eine alte Excel-Datei (xls)"),
    "xml": ("an XML document", "ein XML-Dokument"),
    "pdf": ("a PDF", "ein PDF"),
}
_READS: dict[str, tuple[What, ...]] = {
    "text": ("text", "packed", "xls", "xml"),
    "sheet": ("text", "packed", "xls", "xml"),
    "einvoice": ("xml", "pdf"),
    "camt": ("xml",),
}


class Reading(Iterator[Record]):
    """The records of one file. `notes` are sentences for its receipt, complete when the last record was taken."""

    def __init__(self, source: int | Path, profile: Profile, language: Language) -> None:
        self.notes: list[str] = []
        self._records = _opened(source, profile, language, self.notes)

    def __next__(self) -> Record:
        return next(self._records)


def records(source: int | Path, profile: Profile, language: Language) -> Reading:
    """The records of a file, from its beginning on; a descriptor stays open. Raises ExportRefused, or OSError, while they are taken."""
    return Reading(source, profile, language)


def what_is(head: bytes) -> What:
    """What a file is, by its first bytes."""
    if not head:
        return "empty"
    if head.startswith(b"PK\x03\x04"):
        return "packed"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    if head[:1_024].lstrip(b"\r\n\t \xef\xbb\xbf").startswith(b"%PDF-"):
        return "pdf"
    if _is_xml(head):
        return "xml"
    try:
        refuse_by_magic(head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff") or b"-", "en")
    except ExportRefused:
        return "archive"
    return "text"


def _is_xml(head: bytes) -> bool:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"), (b"", "latin-1")):
        if head.startswith(mark):
            beginning = head[len(mark) :].decode(encoding, "replace").lstrip()
            return beginning.startswith("<?xml") or ("xmlns" in beginning and beginning.startswith("<") and beginning[1:2].isalpha())
    return False


def _opened(source: int | Path, profile: Profile, language: Language, notes: list[str]) -> Iterator[Record]:
    with io.FileIO(source, "rb", closefd=not isinstance(source, int)) as stream:
        yield from _records(stream, profile, language, notes)


def _records(stream: BinaryIO, profile: Profile, language: Language, notes: list[str]) -> Iterator[Record]:
    stream.seek(0)
    head = stream.read(HEAD)
    what = what_is(head)
    if what in ("empty", "archive"):
        refuse_by_magic(head, language)
    if what not in _READS[profile.format]:
        german = language == "de"
        expected, found = _EXPECTED[profile.format][german], _FOUND[what][german]
        raise ExportRefused(phrase(TEXTS, "not_this", language, source=profile.name, expected=expected, found=found))
    stream.seek(0)
    if profile.format == "camt":
        yield from statements.records(stream, profile, language, notes)
    elif profile.format == "einvoice":
        if what == "pdf":
            from collectord.edge.documents.pdf import embedded_xml  # here: its library takes 0.3 s and 25 MB, and few files need it

            stream = embedded_xml(stream, language)
        yield from einvoices.records(stream, profile, language, notes)
    elif what == "text":
        text.refuse_page(head, language)
        yield from text.records(stream, profile, language)
    elif what == "xml":
        yield from padded(sheet_xml.records(stream, profile.sheet, language))
    else:
        from collectord.edge.documents import sheets  # here: as above, 0.1 s

        yield from sheets.records(stream, profile.sheet, language, notes, packed=what == "packed")
