"""Rows of "XML Spreadsheet 2003": what NetSuite and others call .xls.

Owns the way through its XML. Knows no column.
Invariant: a cell stands in the column it says, and an error is Broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from collectord.core.exports.csv_records import Broken, Certain, Record
from collectord.core.exports.decoding import ExportRefused
from collectord.core.wording import Language, Texts, phrase, safe
from collectord.edge.documents.cells import day, number_text, row
from collectord.edge.documents.xml_parts import local, parts

ROOT = "{urn:schemas-microsoft-com:office:spreadsheet}Workbook"
LARGEST = 512 * 2**20  # bytes
MAX_COLUMNS = 16_384

TEXTS: Texts = {
    "no_sheet": ("there is no sheet {sheet}", "Es gibt kein Tabellenblatt {sheet}"),
    "index": ("row {line}: a cell says that it stands in column {value}", "Zeile {line}: eine Zelle nennt als Spalte {value}"),
    "none": (
        "the XML is no spreadsheet but {root}; for invoices and bank statements use a source of their format",
        "Das XML ist keine Tabelle, sondern {root}; für Rechnungen und Kontoauszüge eine Quelle ihres Formats verwenden",
    ),
}

_ATTRIBUTE = "{urn:schemas-microsoft-com:office:spreadsheet}"


def records(stream: BinaryIO, sheet: str, language: Language) -> Iterator[Record]:
    """The rows of the named worksheet, else of the first, its row numbers as lines. Raises ExportRefused."""
    wanted = sheet.strip().casefold()
    chosen: Element | None = None
    line, is_root = 0, True
    for part in parts(stream, frozenset({"Row", "Worksheet", "Styles"}), language, largest=LARGEST):
        if is_root:
            if part.element.tag != ROOT:
                raise ExportRefused(phrase(TEXTS, "none", language, root=safe(part.name, 60)))
            is_root = False
        if part.name != "Row" or len(part.around) < 2:
            continue
        worksheet = part.around[1]
        if chosen is None and (not wanted or worksheet.get(_ATTRIBUTE + "Name", "").strip().casefold() == wanted):
            chosen = worksheet
        if worksheet is not chosen:
            continue
        index = part.element.get(_ATTRIBUTE + "Index", "")
        line = int(index) if index.isascii() and index.isdigit() and len(index) < 8 else line + 1
        found = row(line, _cells(part.element, line, language))
        if found is not None:
            yield found
    if wanted and chosen is None:
        raise ExportRefused(phrase(TEXTS, "no_sheet", language, sheet=sheet))


def _cells(element: Element, line: int, language: Language) -> list[str]:
    cells: list[str] = []
    for child in element:
        if local(child) != "Cell":
            continue
        index = child.get(_ATTRIBUTE + "Index", "")
        if index:
            if not (index.isascii() and index.isdigit() and len(cells) < int(index[:6]) <= MAX_COLUMNS):
                raise ExportRefused(phrase(TEXTS, "index", language, line=line, value=safe(index, 20)))
            cells += [""] * (int(index[:6]) - 1 - len(cells))
        cells.append(_value(child))
        merged = child.get(_ATTRIBUTE + "MergeAcross", "")
        if merged.isascii() and merged.isdigit():
            cells += [""] * min(int(merged[:6]), MAX_COLUMNS)
    return cells


def _value(element: Element) -> str:
    data = next((child for child in element if local(child) == "Data"), None)
    if data is None:
        return ""
    kind, text = data.get(_ATTRIBUTE + "Type", "String"), "".join(data.itertext())
    match kind:
        case "Number":
            return number_text(text)
        case "DateTime":
            return day(text)
        case "Boolean":
            return Certain("yes" if text.strip() == "1" else "no")
        case "Error":
            return Broken(text or "#?")
        case _:
            return text
