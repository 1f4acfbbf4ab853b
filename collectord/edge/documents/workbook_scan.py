"""What python-calamine does not tell of an xlsx: which cells are errors or formulas without a value, and how far the sheet reaches.

Owns a quick look over the raw XML while it is unpacked for the first time. Reads no value for anyone.
Invariant: a cell that calamine would show as empty, but that is not, is known by its place.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from collectord.core.wording import Language
from collectord.edge.documents.packed import Packed
from collectord.edge.documents.xml_parts import Part, parts

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
MAX_BROKEN = 100_000  # cells; a sheet with more errors than that is none
LONGEST_ROW = 8 * 2**20  # bytes of XML without the end of a row

_ERROR = re.compile(rb"""<(?:\w+:)?c\b([^<>]*\bt=["']e["'][^<>]*)>""")
_FORMULA = re.compile(
    rb"""<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v(?:\s*/>|></(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"""
)
_SHOWN = re.compile(rb"<(?:\w+:)?v>([^<]{1,20})<")
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_TEXT_RESULT = re.compile(rb"""\bt=["']str["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b([^<>]*)""")
_ROW_NUMBER = re.compile(rb"""\br=["']([0-9]{1,9})["']""")
_COLUMN = re.compile(rb"""\br=["']([A-Z]{1,9})[0-9]""")
_FAR_ROW = re.compile(rb"""\br=["'][A-Z]{1,3}([0-9]{6,9})["']""")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")


class Unplaced(Exception):
    """An error cell or a row that does not say where it stands."""


@dataclass
class Scan:
    broken: dict[int, dict[int, str]] = field(default_factory=dict)  # row -> column -> what the cell shows, both from 0
    rows: int = 0
    columns: int = 0
    hidden: int = 0
    broken_cells: int = 0


def sheet_parts(packed: Packed, language: Language) -> dict[str, str]:
    """Sheet name -> part, in the workbook's order. Raises ExportRefused."""
    targets = {
        part.element.get("Id", ""): part.element.get("Target", "") for part in _listed(packed.small(RELATIONS), "Relationship", language)
    }
    found: dict[str, str] = {}
    for part in _listed(packed.small(WORKBOOK), "sheet", language):
        identity = next((value for name, value in part.element.items() if name.endswith("}id")), "")
        target = targets.get(identity, "")
        found[part.element.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _listed(content: bytes, name: str, language: Language) -> Iterable[Part]:
    return (part for part in parts(io.BytesIO(content), frozenset({name}), language, largest=len(content)) if part.around)


def scan(pieces: Iterable[bytes]) -> Scan:
    """Raises Unplaced."""
    found, rest = Scan(), b""
    for piece in pieces:
        text = rest + piece
        end = text.rfind(b"row>") + 4
        if end < 4:
            rest = text
            if len(rest) > LONGEST_ROW:
                raise Unplaced
            continue
        rest = text[end:]
        _scan(text[:end], found)
    _scan(rest, found)
    return found


def _scan(text: bytes, found: Scan) -> None:
    for row in _ROW.findall(text):
        number = _ROW_NUMBER.search(row)
        found.rows = max(found.rows + 1, int(number[1]) if number else 0)
        found.hidden += _HIDDEN.search(row) is not None
    found.rows = max([found.rows, *map(int, _FAR_ROW.findall(text))])
    found.columns = max([found.columns, *(column_number(name) + 1 for name in set(_COLUMN.findall(text)))])
    for match in _ERROR.finditer(text) if b'"e"' in text or b"'e'" in text else ():
        shown = _SHOWN.search(text, match.end(), match.end() + 2_000)
        _note(found, match[1], shown[1].decode("ascii", "replace") if shown else "#?")
    for match in _FORMULA.finditer(text) if b"<f" in text or b":f" in text else ():
        if not _TEXT_RESULT.search(match[1]):
            _note(found, match[1], "=?")


def _note(found: Scan, attributes: bytes, shown: str) -> None:
    place = _PLACE.search(attributes)
    found.broken_cells += 1
    if place is None or found.broken_cells > MAX_BROKEN:
        raise Unplaced
    found.broken.setdefault(int(place[2]) - 1, {})[column_number(place[1])] = shown


def column_number(name: bytes) -> int:
    """A -> 0, AA -> 26."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number - 1
