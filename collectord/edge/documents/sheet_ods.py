"""Rows of an OpenDocument sheet.

Owns the way through its content.xml. Knows no column.
Invariant: a cell that the sheet shows as an error is Broken; rows that are only repeated emptiness cost nothing.

python-calamine does read ods, but shows error cells as empty and never returns from some damaged files (0.9.1: a start tag whose end has
another name).
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from collectord.core.exports.csv_records import Broken, Certain, Record
from collectord.core.wording import Language
from collectord.edge.documents.cells import day, number_text, row
from collectord.edge.documents.xml_parts import Part, Readable, local, parts

LARGEST = 400 * 2**20  # bytes of XML
MAX_COLUMNS = 1_024  # LibreOffice repeats the last empty cell up to 16,384
MAX_REPEATED = 1_000  # equal rows with something in them; a sheet that repeats more is a trap

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ERROR_TYPES = ("{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type", _OFFICE + "value-type")


class TooWide(Exception):
    """A row of more cells, or more equal rows, than a list has."""


def rows(stream: Readable, language: Language) -> Iterator[tuple[str, Record | None, bool]]:
    """(sheet, its next row or None when the sheet is empty there, whether it is hidden). Raises ExportRefused, TooWide."""
    lines: dict[int, int] = {}  # sheet -> rows so far
    for part in parts(stream, frozenset({"table-row", "table", "automatic-styles"}), language, largest=LARGEST):
        if not part.around:
            continue
        tables = [element for element in (*part.around, part.element) if element.tag == _TABLE + "table"]
        if part.name == "table" and len(tables) == 1:
            yield tables[0].get(_TABLE + "name", ""), None, False
            lines.pop(id(tables[0]), None)
        if part.name != "table-row" or len(tables) != 1 or _is_within_row(part):
            continue
        line = lines.get(id(tables[0]), 0)
        repeated = _count(part.element.get(_TABLE + "number-rows-repeated", "1"))
        lines[id(tables[0])] = line + repeated
        cells = _cells(part.element)
        if not any(cells):
            continue
        if repeated > MAX_REPEATED:
            raise TooWide
        is_hidden = part.element.get(_TABLE + "visibility", "visible") != "visible"
        for at in range(repeated):
            yield tables[0].get(_TABLE + "name", ""), row(line + at + 1, list(cells)), is_hidden


def _is_within_row(part: Part) -> bool:
    return any(local(element) == "table-row" for element in part.around)


def _cells(element: Element) -> list[str]:
    """Without the empty ones at the end."""
    cells: list[str] = []
    blank = 0
    for child in element:
        if local(child) not in ("table-cell", "covered-table-cell"):
            continue
        repeated = _count(child.get(_TABLE + "number-columns-repeated", "1"))
        value = _value(child)
        if not value:
            blank += repeated
            continue
        if len(cells) + blank + repeated > MAX_COLUMNS:
            raise TooWide
        cells += [""] * blank + [value] * repeated
        blank = 0
    return cells


def _count(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _value(element: Element) -> str:
    if any(element.get(name) == "error" for name in _ERROR_TYPES):
        return Broken(_text(element) or "#?")
    match element.get(_OFFICE + "value-type"):
        case "float" | "percentage" | "currency":
            return number_text(element.get(_OFFICE + "value", ""))
        case "date":
            return day(element.get(_OFFICE + "date-value", ""))
        case "boolean":
            return Certain("yes" if element.get(_OFFICE + "boolean-value") == "true" else "no")
        case _:
            return _text(element)


def _text(element: Element) -> str:
    """The paragraphs of a cell as its lines; what people noted beside it is not part of it."""
    return "\n".join("".join(_pieces(child)) for child in element if local(child) == "p")


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        match local(child):
            case "s" | "tab" | "line-break":
                yield " "
            case "annotation":
                pass
            case _:
                yield from _pieces(child)
        yield child.tail or ""
