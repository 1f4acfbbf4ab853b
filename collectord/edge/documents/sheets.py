"""Rows of spreadsheets: xlsx by python-calamine, xls by xlrd, ods by sheet_ods.

Owns which sheet is read and what of a file refuses it. Knows no column.
Invariant: what the sheet shows as an error is never an empty cell; formulas give the value they had when the file was saved.

xlrd for xls: calamine shows error cells (#REF!) as empty and breaks down on files that are cut; those of xlsx are found by
workbook_scan.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Literal

import xlrd
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
from xlrd.biffh import XLRDError, error_text_from_code
from xlrd.sheet import Cell

from collectord.core.exports.csv_records import Broken, Record
from collectord.core.exports.decoding import ExportRefused
from collectord.core.wording import Language, Texts, phrase, safe
from collectord.edge.documents import sheet_ods
from collectord.edge.documents.cells import cell, padded, row
from collectord.edge.documents.packed import Packed, PartStream
from collectord.edge.documents.workbook_scan import WORKBOOK, Scan, Unplaced, scan, sheet_parts
from collectord.edge.documents.xml_parts import checked

MAX_CELLS = 3_000_000  # of the whole rectangle: calamine keeps about 70 bytes of each
LARGEST = 128 * 2**20  # bytes of the file
_ODS_CONTENT, _ODS_TYPE = "content.xml", b"application/vnd.oasis.opendocument.spreadsheet"

TEXTS: Texts = {
    "large": ("the sheet is larger than {limit} bytes; export it as CSV", "Die Tabelle ist größer als {limit} Bytes; als CSV exportieren"),
    "cells": (
        "the sheet reaches over more than {limit} cells; delete what lies far below or right of the list, or export it as CSV",
        "Die Tabelle reicht über mehr als {limit} Zellen; löschen, was weit unter oder rechts der Liste liegt, oder als CSV exportieren",
    ),
    "damaged": ("the sheet is damaged; save it again as xlsx", "Die Tabelle ist beschädigt; neu als xlsx speichern"),
    "encrypted": ("the file is protected by a password; save it without one", "Die Datei ist mit einem Kennwort geschützt; ohne speichern"),
    "no_sheet": ("there is no sheet {sheet}; the file has {sheets}", "Es gibt kein Tabellenblatt {sheet}; die Datei hat {sheets}"),
    "none": ("the file holds no sheet", "Die Datei enthält kein Tabellenblatt"),
    "archive": (
        "unsupported: this is a zip file; drop the export itself",
        "nicht unterstützt: zip-Datei; den Export selbst ablegen",
    ),
    "binary": (
        "this is a binary workbook (xlsb); save it as xlsx",
        "Das ist eine binäre Arbeitsmappe (xlsb); als xlsx speichern",
    ),
    "others": ("sheet {sheet} was read; not read: {sheets}", "Gelesen wurde das Blatt {sheet}; nicht gelesen: {sheets}"),
    "hidden": (
        "sheet {sheet}: {count} hidden {count:row was|rows were} read too (a filter hides, it does not remove)",
        "Blatt {sheet}: {count} ausgeblendete {count:Zeile wurde|Zeilen wurden} mitgelesen (ein Filter blendet aus, er entfernt nicht)",
    ),
}  # fmt: skip


class _Sheets:
    """One file. Raises ExportRefused."""

    def __init__(self, stream: BinaryIO, wanted: str, language: Language, notes: list[str]) -> None:
        self._stream = stream
        self._wanted = wanted
        self._language = language
        self._notes = notes

    def refused(self, code: str, **values: object) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, code, self._language, **values))

    def choose(self, names: list[str], visible: list[str]) -> str:
        """The profile's sheet, else the first that people see."""
        shown = ", ".join(safe(name, 40) for name in names[:20])
        if self._wanted:
            found = next((name for name in names if same(name, self._wanted)), None)
            if found is None:
                raise self.refused("no_sheet", sheet=self._wanted, sheets=shown)
            return found
        if not visible:
            raise self.refused("none")
        if len(visible) > 1:
            others = ", ".join(safe(name, 40) for name in visible[1:20])
            self._notes.append(phrase(TEXTS, "others", self._language, sheet=visible[0], sheets=others))
        return visible[0]

    def packed(self) -> Iterator[Record]:
        """xlsx or ods."""
        packed = Packed(self._stream, self._language)
        if WORKBOOK in packed.parts:
            return self._xlsx(packed)
        if "xl/workbook.bin" in packed.parts:
            raise self.refused("binary")
        if _ODS_CONTENT in packed.parts and packed.small("mimetype").strip() == _ODS_TYPE:
            return padded(self._ods(packed))
        raise self.refused("archive")

    def _xlsx(self, packed: Packed) -> Iterator[Record]:
        places = sheet_parts(packed, self._language)
        workbook, sheet = None, ""
        found = Scan()
        for name in packed.parts:  # every part once, so that its size is known to be true, and its XML to be whole
            if name not in places.values():
                self._looked_through(name, packed)
        workbook = self._opened()
        sheet = self.choose(workbook.sheet_names, _visible(workbook))
        part = places.get(sheet, "")
        if part not in packed.parts:
            raise self.refused("damaged")
        try:
            found = scan(checked(packed.unpacked(part), self._language))
        except Unplaced:
            raise self.refused("damaged") from None
        if found.rows * max(found.columns, 1) > MAX_CELLS or (found.rows and not found.columns):
            raise self.refused("cells", limit=MAX_CELLS)
        if found.hidden:
            self._notes.append(phrase(TEXTS, "hidden", self._language, sheet=sheet, count=found.hidden))
        return _rows(self._sheet(workbook, sheet), found)

    def _looked_through(self, name: str, packed: Packed) -> None:
        is_xml = name.endswith((".xml", ".rels", ".vml"))
        for _ in checked(packed.unpacked(name), self._language) if is_xml else packed.unpacked(name):
            pass

    def _ods(self, packed: Packed) -> Iterator[Record]:
        names: list[str] = []
        hidden = 0
        try:
            for name, record, is_hidden in sheet_ods.rows(PartStream(packed.unpacked(_ODS_CONTENT)), self._language):
                if name not in names:
                    names.append(name)
                is_chosen = name == names[0] if not self._wanted else same(name, self._wanted)
                if is_chosen and record is not None:
                    hidden += is_hidden
                    yield record
        except sheet_ods.TooWide:
            raise self.refused("cells", limit=MAX_CELLS) from None
        sheet = self.choose(names, names)
        if hidden:
            self._notes.append(phrase(TEXTS, "hidden", self._language, sheet=sheet, count=hidden))

    def _opened(self) -> CalamineWorkbook:
        self._stream.seek(0)
        try:
            return CalamineWorkbook.from_filelike(self._stream)
        except BaseException as error:
            raise self._broken_down(error) from None

    def _sheet(self, workbook: CalamineWorkbook, name: str) -> CalamineSheet:
        try:
            sheet = workbook.get_sheet_by_name(name)
        except BaseException as error:
            raise self._broken_down(error) from None
        if sheet.height * sheet.width > MAX_CELLS:
            raise self.refused("cells", limit=MAX_CELLS)
        return sheet

    def _broken_down(self, error: BaseException) -> BaseException:
        """A panic of the Rust library is a BaseException of its own: the file is at fault. An interrupt stays what it is."""
        is_its_own = isinstance(error, Exception) or type(error).__name__ == "PanicException"
        return self.refused("damaged") if is_its_own and not isinstance(error, (MemoryError, OSError)) else error

    def xls(self) -> Iterator[Record]:
        self._stream.seek(0)
        content = self._stream.read()
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise self.refused("encrypted")
        try:
            book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True, ragged_rows=True)
            names = [name for name in book.sheet_names() if book.sheet_by_name(name)]
            visible = [name for name in names if book.sheet_by_name(name).visibility == 0]
        except MemoryError:
            raise
        except Exception as error:  # its readers fall over hostile bytes in many ways
            code = "encrypted" if "encrypted" in str(error) else "damaged"
            raise self.refused(code) from None
        sheet = book.sheet_by_name(self.choose(names, visible))
        for number in range(sheet.nrows):
            try:
                cells = [_xls_cell(found, book.datemode) for found in sheet.row(number)]
            except (ValueError, OverflowError, XLRDError):
                raise self.refused("damaged") from None
            found_row = row(number + 1, cells)
            if found_row is not None:
                yield found_row


def records(stream: BinaryIO, sheet: str, language: Language, notes: list[str], *, packed: bool) -> Iterator[Record]:
    """The rows of one sheet, its row numbers as lines. Raises ExportRefused."""
    sheets = _Sheets(stream, sheet, language, notes)
    if stream.seek(0, io.SEEK_END) > LARGEST:
        raise sheets.refused("large", limit=LARGEST)
    stream.seek(0)
    return sheets.packed() if packed else padded(sheets.xls())


def same(name: str, wanted: str) -> bool:
    """Sheets are named in a profile as people see them."""
    return name.strip().casefold() == wanted.strip().casefold()


def _visible(workbook: CalamineWorkbook) -> list[str]:
    kinds, shown = SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible
    return [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == kinds and sheet.visible == shown]


def _rows(sheet: CalamineSheet, scanned: Scan) -> Iterator[Record]:
    first_column = sheet.start[1] if sheet.start else 0
    for number, values in enumerate(sheet.iter_rows()):  # from the sheet's first row on, but from its first used column only
        cells = [cell(value) for value in values]
        for column, shown in scanned.broken.get(number, {}).items():
            if 0 <= column - first_column < len(cells):
                cells[column - first_column] = Broken(shown)
        found = row(number + 1, cells)
        if found is not None:
            yield found


def _xls_cell(found: Cell, mode: Literal[0, 1]) -> str:
    value = found.value
    if isinstance(value, str):
        return cell(value)
    if found.ctype == xlrd.XL_CELL_ERROR:
        return Broken(error_text_from_code.get(int(value), "#?"))
    if found.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell(bool(value))
    if found.ctype == xlrd.XL_CELL_DATE and value >= 1:
        return cell(xlrd.xldate_as_datetime(value, mode))
    return cell(value)
