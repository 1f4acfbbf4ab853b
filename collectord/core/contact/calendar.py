"""Public holidays and working days: which day is free for whom.

Owns the questions "is this day a public holiday there" and "how many working days lie between". Knows no debtor and no calling hours.
Invariant: a country or year without a holiday table raises HolidaysUnknown; it is never taken for a country without holidays.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from types import ModuleType
from typing import Literal

from collectord.core.wording import Language

SATURDAY = 5
ONE_DAY = timedelta(days=1)

# Holidays of most communities of a region: the rest cannot be told apart by an address, and a doubt means no call.
_WIDE_CATEGORIES = {("DE", "BY"): ("public", "catholic")}  # Assumption Day, 1,700 of 2,056 Bavarian communities

_ENGLISH_STATES = {
    "DE": {"bavaria": "BY", "hesse": "HE", "lowersaxony": "NI", "northrhinewestphalia": "NW", "rhinelandpalatinate": "RP", "saxony": "SN",
           "saxonyanhalt": "ST", "thuringia": "TH", "nrw": "NW"},
    "AT": {"carinthia": "2", "loweraustria": "3", "upperaustria": "4", "styria": "6", "tyrol": "7", "vienna": "9"},
    "CH": {"geneva": "GE", "lucerne": "LU", "zurich": "ZH", "stgallen": "SG", "grisons": "GR", "ticino": "TI", "basel": "BS"},
}  # fmt: skip


class HolidaysUnknown(Exception):
    """There is no holiday table for this country and year; whoever asked must refuse."""

    def __init__(self, country: str, year: int) -> None:
        super().__init__(f"no holiday table for country {country or '(unknown)'!s} and year {year}")
        self.country, self.year = country, year


def _plain(text: str) -> str:
    """Lower case letters and digits only: `Baden-Württemberg` and `baden wuerttemberg` meet half way."""
    spelt = text.casefold().replace("ß", "ss").replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return "".join(letter for letter in unicodedata.normalize("NFKD", spelt) if letter.isalnum())


@cache
def _library() -> ModuleType:
    import holidays  # takes a third of a second, and a planner never asks

    return holidays


@cache
def _with_table() -> frozenset[str]:
    """list_supported_countries() would load all 250 of them: 0.3 s."""
    return frozenset(names[1] for names in _library().registry.COUNTRIES.values())


def has_table(country: str) -> bool:
    """Whether there are holiday tables for this ISO code, of two letters."""
    return country in _with_table()


@lru_cache(maxsize=512)
def _names(country: str) -> Mapping[str, str]:
    """Every spelling of a region that we know -> the code of the holiday table."""
    kind = type(_library().country_holidays(country))
    names = {_plain(code): code for code in kind.subdivisions}
    names |= {_plain(country + code): code for code in kind.subdivisions}
    for alias, code in kind.subdivisions_aliases.items():
        names.setdefault(_plain(alias), code)
    return {**_ENGLISH_STATES.get(country, {}), **names}


@lru_cache(maxsize=4096)
def region_code(country: str, region: str) -> str:
    """`DE-SN`, `Sachsen`, `saxony` -> `SN`; "" when the region is unknown or empty."""
    return _names(country).get(_plain(region), "") if region and has_table(country) else ""


@lru_cache(maxsize=8192)
def _table(country: str, region: str, year: int, language: Language) -> Mapping[date, str]:
    kind = type(_library().country_holidays(country))
    if not kind.start_year <= year <= kind.end_year:
        raise HolidaysUnknown(country, year)
    wanted = "de" if language == "de" else "en_US"
    spoken = wanted if wanted in kind.supported_languages else kind.default_language
    categories = _WIDE_CATEGORIES.get((country, region), ("public",))
    found = _library().country_holidays(country, subdiv=region or None, years=year, expand=False, language=spoken, categories=categories)
    return dict(found)


@lru_cache(maxsize=2048)
def _tables(country: str, region: str, year: int, language: Language) -> tuple[Mapping[date, str], Mapping[date, str]]:
    """(holidays everywhere the debtor may be, holidays somewhere there): equal once the region is known."""
    if not has_table(country):
        raise HolidaysUnknown(country, year)
    nation = _table(country, "", year, language)
    known = region_code(country, region)
    if known:
        table = _table(country, known, year, language)
        return table, table
    regions = [_table(country, code, year, language) for code in type(_library().country_holidays(country)).subdivisions]
    somewhere = dict(nation)
    for table in regions:
        for day, name in table.items():
            somewhere.setdefault(day, name)
    everywhere = {day: name for day, name in nation.items() if all(day in table for table in regions)}
    return everywhere, somewhere


def is_holiday(day: date, country: str, region: str = "", language: Language = "en") -> str | None:
    """The holiday's name, or None on an ordinary day. An unknown region has the holidays of every region of its country.

    Raises HolidaysUnknown.
    """
    return _tables(country, region, day.year, language)[1].get(day)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday without public holidays and without `closed` days: banking days, accounting days.

    `doubtful_day`: what a day is that is a holiday in some regions only, while the region is unknown. For a grace period it is free
    (the debtor gets the longer one); for the age of an export it is a working day (the export ages faster: a doubt means no call).
    """

    country: str
    region: str = ""
    closed: frozenset[date] = frozenset()
    doubtful_day: Literal["free", "working"] = "free"

    def is_working(self, day: date) -> bool:
        """Raises HolidaysUnknown, for a Saturday too: a count over a missing table must not go unnoticed."""
        everywhere, somewhere = _tables(self.country, self.region, day.year, "en")
        free = somewhere if self.doubtful_day == "free" else everywhere
        return day.weekday() < SATURDAY and day not in free and day not in self.closed

    def count(self, after: date, until: date) -> int:
        """How many working days D with after < D <= until; 0 when `until` is not later."""
        return sum(1 for day in _days(after, until) if self.is_working(day))

    def add(self, day: date, n: int) -> date:
        """The n-th working day after `day`; `day` itself for n = 0."""
        while n > 0:
            day += ONE_DAY
            n -= self.is_working(day)
        return day

    def next_from(self, day: date) -> date:
        """`day` when it is a working day, else the next one."""
        return day if self.is_working(day) else self.add(day, 1)


def bank_day(days: WorkingDays, day: date, n: int) -> date:
    """The n-th banking day after `day`; without a holiday table weekends alone are counted, and one more day per week for the doubt."""
    try:
        return days.add(day, n)
    except HolidaysUnknown:
        return day + timedelta(days=n + 3 * ((n + 4) // 5))


def _days(after: date, until: date) -> Iterator[date]:
    day = after
    while day < until:
        day += ONE_DAY
        yield day
