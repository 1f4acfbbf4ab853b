"""Letters as PDF: one page or more, A4, with the address where a window envelope shows it.

Owns the page. Knows neither debtor nor rule; writes no file.
Invariant: the same letter always makes the same bytes; a letter that the font cannot write, or whose address the window would not show
whole, is refused.

The libraries that write it are loaded by the first letter: together they take longer than a small command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from collectord.core.wording import Language, Texts, phrase

if TYPE_CHECKING:
    from fpdf import FPDF

LEFT, TOP, RIGHT, BOTTOM = 25.0, 25.0, 20.0, 20.0  # mm
ADDRESS_AT = 45.0  # mm from the top: the address field of DIN 5008, form B
SUBJECT_AT = 98.0
LINE = 5.2  # mm
WINDOW = 85.0  # mm: as wide as the address field

TEXTS: Texts = {
    "no-sign": (
        "The letter's font has no sign for {signs}; send it by hand.",
        "Die Schrift des Briefs hat kein Zeichen für {signs}; bitte von Hand versenden.",
    ),
    "address": (
        "The address is too long for the window of the envelope; shorten it, or send the letter by hand.",
        "Die Anschrift ist zu lang für das Fenster des Umschlags; bitte kürzen oder den Brief von Hand versenden.",
    ),
}


class LetterUnwritable(Exception):
    """The letter cannot be written."""

    def __init__(self, code: str, signs: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code, self.signs = code, signs

    def why(self, language: Language) -> str:
        return phrase(TEXTS, self.code, language, signs=self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Lines of text, as they stand on the paper."""

    sender: tuple[str, ...]
    address: tuple[str, ...]
    place_and_day: str
    subject: str
    body: str
    at: datetime
    language: str


def write_letter(letter: Letter) -> bytes:
    """The PDF. Raises LetterUnwritable."""
    from fpdf import FPDF

    texts = (*letter.sender, *letter.address, letter.place_and_day, letter.subject, letter.body)
    missing = sorted({sign for text in texts for sign in text if sign != "\n" and ord(sign) not in _known()})
    if missing:
        raise LetterUnwritable("no-sign", tuple(sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in missing[:10]))
    page = FPDF(format="A4")
    page.set_creation_date(letter.at)
    page.set_lang(letter.language)
    page.set_title(letter.subject)
    page.set_margins(LEFT, TOP, RIGHT)
    page.set_auto_page_break(auto=True, margin=BOTTOM)
    for style, font in (("", "Roboto"), ("B", "RobotoBold")):
        page.add_font("letter", style=style, fname=_fonts()[font])
    page.add_page()
    page.set_font("letter", size=8)
    page.set_y(ADDRESS_AT)
    _line(page, " · ".join(letter.sender), LINE, width=WINDOW)
    page.set_font("letter", size=11)
    for line in letter.address:
        _line(page, line, LINE, width=WINDOW)
    is_whole = page.get_y() <= SUBJECT_AT - 2 * LINE
    page.set_y(SUBJECT_AT - 2 * LINE)
    _line(page, letter.place_and_day, LINE, align="R")
    page.set_y(SUBJECT_AT)
    page.set_font("letter", style="B", size=11)
    _line(page, letter.subject, LINE)
    page.set_font("letter", size=11)
    page.ln(LINE)
    for line in letter.body.splitlines():
        if line.strip():
            _line(page, line, LINE)
        else:
            page.ln(LINE)
    written = bytes(page.output())  # closes the fonts, too
    if not is_whole:
        raise LetterUnwritable("address")
    return written


def _line(page: FPDF, text: str, height: float, align: str = "L", width: float = 0) -> None:
    page.multi_cell(width, height, text, align=align, new_x="LMARGIN", new_y="NEXT")


def _fonts() -> Mapping[str, str]:
    import font_roboto

    files: Mapping[str, str] = font_roboto.font_files
    return files


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_fonts()["Roboto"], lazy=True) as regular, TTFont(_fonts()["RobotoBold"], lazy=True) as bold:
        return frozenset(regular.getBestCmap()) & frozenset(bold.getBestCmap())
