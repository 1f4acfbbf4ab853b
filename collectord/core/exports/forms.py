"""Forms: how a product writes numbers and days, and reading exactly that, never something like it.

Owns number and date forms and their canonical text. Knows no column and no file.
Invariant: a text outside the declared forms is NotInForm; nothing is guessed, and no float ever appears.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from collectord.core.exports.csv_records import Certain
from collectord.core.money import NotMoney, parse_amount

MINUS_PLACES = ("before", "after", "brackets")  # -5  5-  (5)
THOUSANDS = ("", ".", ",", " ", "'")
REMEMBERED = 8_192  # texts per form whose reading is kept: dates and small amounts come again and again

MONTHS = {
    "en": ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"),
    "de": ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"),
}
_MONTH_OF = {
    word: number
    for names in MONTHS.values()
    for number, name in enumerate(names, start=1)
    for word in (name, name[:3], f"{name[:3]}.")
} | {"mrz": 3, "mrz.": 3, "maerz": 3, "sept": 9, "sept.": 9}  # fmt: skip
_TOKEN = re.compile(r"yyyy|yy|month|mm|m|dd|d")
_TOKENS = {
    "yyyy": "(?P<y>[0-9]{4})", "yy": "(?P<y>[0-9]{2})", "mm": "(?P<m>[0-9]{2})", "m": "(?P<m>[0-9]{1,2})",
    "dd": "(?P<d>[0-9]{2})", "d": "(?P<d>[0-9]{1,2})", "month": r"(?P<n>[^\W\d_]{3,9}\.?)",
}  # fmt: skip
INSTANT = "iso-instant"  # 2026-11-21T00:00:00.000+01:00
_INSTANT = (
    r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})[T ](?:(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?:[+-][0-9]{2}:?[0-9]{2})?|00:00(?::00(?:\.0{1,9})?)?Z)"
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SEPARATORS = frozenset(" .-/,")


class NotInForm(ValueError):
    """A text that is not written in a declared form."""


@dataclass(frozen=True)
class NumberForm:
    """How amounts are written. With a thousands separator declared, groups of three are allowed, not demanded."""

    decimal: str = "."
    thousands: str = ""
    minus: tuple[str, ...] = ("before",)
    units: tuple[str, ...] = ()  # what may stand before or behind the number: "€", "EUR"

    @cached_property
    def read(self) -> Callable[[str], str]:
        """`read(text)`: the canonical text of an amount. Raises NotInForm. A Certain cell is canonical already."""
        return lru_cache(REMEMBERED, typed=True)(self._read)  # typed: Certain("1.234") is not the text "1.234"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        separator = "[ \u00a0\u202f]" if self.thousands == " " else "['’]" if self.thousands == "'" else re.escape(self.thousands)
        whole = "[0-9]{1,13}" + (f"|[0-9]{{1,3}}(?:{separator}[0-9]{{3}}){{1,4}}" if self.thousands else "")
        unit = "|".join(map(re.escape, self.units))
        front, back = (rf"(?:(?:{unit})\s?)?", rf"(?:\s?(?:{unit}))?") if unit else ("", "")
        number = rf"(?P<w>{whole})(?:{re.escape(self.decimal)}(?P<f>[0-9]{{1,4}}))?"
        before = "(?P<b>-)?" if "before" in self.minus else ""
        after = "(?P<a>-)?" if "after" in self.minus else ""
        plain = f"{before}{front}{number}{after}{back}"
        if unit and before:
            plain = rf"(?:{front}(?=-))?{plain}"
        forms = [plain]
        if "brackets" in self.minus:
            bracketed = number.replace("<w>", "<bw>").replace("<f>", "<bf>")
            forms.append(rf"(?P<k>{front}\({front}{bracketed}{back}\){back})")
        return re.compile(rf"(?:{'|'.join(forms)})\Z", re.ASCII)

    def _read(self, text: str) -> str:
        if type(text) is Certain:
            try:
                parse_amount(text)
            except NotMoney:
                raise NotInForm(text) from None
            return str(text)
        whole, point, fraction = text.partition(self.decimal)  # first the usual form, without a pattern: four times as fast
        if whole.isdigit() and len(whole) <= 13 and (fraction.isdigit() and len(fraction) <= 4 if point else True) and text.isascii():
            return f"{whole}.{fraction}" if point else whole
        found = self._pattern.match(text)
        if not found:
            raise NotInForm(text)
        parts = found.groupdict()
        minus = sum(parts.get(place) is not None for place in "bak")
        if minus > 1:
            raise NotInForm(text)  # -5- is no number
        whole = re.sub("[^0-9]", "", parts["w"] or parts["bw"])
        fraction = parts["f"] or parts.get("bf") or ""
        return f"{'-' if minus else ''}{whole}.{fraction}" if fraction else f"{'-' if minus else ''}{whole}"

    def write(self, amount: Decimal) -> str:
        """The amount in this form, grouped where a separator is declared: what `read` reads back."""
        whole, _, fraction = f"{abs(amount):f}".partition(".")
        if self.thousands:
            whole = f"{int(whole):,}".replace(",", self.thousands)
        text = f"{whole}{self.decimal}{fraction}" if fraction else whole
        if amount >= 0:
            return text
        place = self.minus[0]
        return f"-{text}" if place == "before" else f"{text}-" if place == "after" else f"({text})"

    def shown(self) -> str:
        """An example for people."""
        return " ".join(self.write(Decimal("-1234.56")) if n else self.write(Decimal("1234.56")) for n in (0, 1))


@dataclass(frozen=True)
class Period:
    """The days a file is about: where a day is written without its year, the year that lies in here."""

    first: date
    last: date


@dataclass(frozen=True)
class DateForms:
    """How days are written: `yyyy-mm-dd`, `dd.mm.yyyy`, `d/m/yy`, `month d, yyyy`, `dmm`, …, `iso-instant`.

    `dd`, `mm` have two digits, `d`, `m` one or two; `yy` is 20yy; `month` a name, German or English, whole or its first three letters.
    """

    forms: tuple[str, ...] = ("yyyy-mm-dd",)
    period: Period | None = None

    @cached_property
    def read(self) -> Callable[[str], str]:
        """`read(text)`: the canonical day `yyyy-mm-dd`. Raises NotInForm. A Certain cell is canonical already."""
        return lru_cache(REMEMBERED, typed=True)(self._read)  # typed: Certain("1.234") is not the text "1.234"

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_pattern(form) for form in self.forms)

    def _read(self, text: str) -> str:
        if type(text) is Certain:
            if not _ISO.fullmatch(text):
                raise NotInForm(text)  # a number in a column of days
            return str(text)
        for pattern in self._patterns:
            found = pattern.fullmatch(text)
            if found:
                return self._day(found.groupdict(), text)
        raise NotInForm(text)

    def at_start(self, text: str) -> str | None:
        """The day a longer text begins with, in canonical form."""
        for pattern in self._patterns:
            found = pattern.match(text)
            if found and not text[found.end() : found.end() + 1].isalnum():
                try:
                    return self._day(found.groupdict(), text)
                except NotInForm:
                    continue
        return None

    def _day(self, parts: dict[str, str | None], text: str) -> str:
        month = parts.get("m")
        number = int(month) if month else _MONTH_OF.get((parts["n"] or "").lower(), 0)
        day, year = int(parts["d"] or 0), parts.get("y")
        try:
            if year is not None:
                return date(int(year) + (2000 if len(year) == 2 else 0), number, day).isoformat()
            if self.period is None:
                raise NotInForm(text)
            years = range(self.period.first.year, self.period.last.year + 1)
            days = [found for found in (_real(each, number, day) for each in years) if found]
        except ValueError:
            raise NotInForm(text) from None
        within = [found for found in days if self.period.first <= found <= self.period.last]
        if len(within) != 1:
            raise NotInForm(text)
        return within[0].isoformat()

    def write(self, day: date) -> str:
        """The day in the first form: what `read` reads back."""
        form = self.forms[0]
        if form == INSTANT:
            return f"{day.isoformat()}T00:00:00.000+01:00"
        words = {
            "yyyy": f"{day.year:04}", "yy": f"{day.year % 100:02}", "mm": f"{day.month:02}", "m": str(day.month), "dd": f"{day.day:02}",
            "d": str(day.day), "month": MONTHS["en"][day.month - 1].capitalize(),
        }  # fmt: skip
        return _TOKEN.sub(lambda token: words[token[0]], form)

    def shown(self) -> str:
        return ", ".join(self.forms)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(256)
def _pattern(form: str) -> re.Pattern[str]:
    if form == INSTANT:
        return re.compile(_INSTANT, re.ASCII)
    pieces, at = [], 0
    for token in _TOKEN.finditer(form):
        pieces += [re.escape(form[at : token.start()]), _TOKENS[token[0]]]
        at = token.end()
    return re.compile("".join([*pieces, re.escape(form[at:])]))


def wrong_date_forms(forms: Iterable[str]) -> str | None:
    """The sentence what is wrong with declared date forms; None when nothing is."""
    seen: dict[str, str] = {}
    for form in forms:
        if form == INSTANT:
            continue
        tokens = _TOKEN.findall(form)
        kinds = sorted("m" if token == "month" else token[0] for token in tokens)
        rest = set(_TOKEN.sub("", form))
        if kinds not in (["d", "m", "y"], ["d", "m"]) or rest - _SEPARATORS:
            return f"{form!r} is no date form; write it like yyyy-mm-dd, dd.mm.yyyy, d/m/yy, month d, yyyy, yyyymmdd or {INSTANT}"
        if not rest and any(token in ("d", "m") for token in tokens[1:]):
            return f"{form!r} cannot be split for sure: without separators use dd and mm (only a first d may be short)"
        words = {"yyyy": "####", "month": "n"} if rest else {"yyyy": "####", "yy": "##", "mm": "##", "dd": "##", "d": "##"}
        shape = _TOKEN.sub(lambda token, words=words: words.get(token[0], "#"), form)  # type: ignore[misc]
        order = "".join(token[0] for token in tokens)
        if shape in seen and seen[shape] != order:
            return f"{form!r} and another declared form read the same text as different days; declare one of them"
        seen[shape] = order
    return None
