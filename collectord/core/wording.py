"""Wording: how a sentence, an amount, a day or an instant reads in German and English.

Owns the formats. The sentences themselves stand in the module that says them, as `TEXTS = {code: (english, german)}`.
Invariant: a sentence never contains a control character, whatever an export put into a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, get_currency_precision, get_currency_symbol, get_decimal_symbol, get_group_symbol

from collectord.core.money import Money

Language = Literal["en", "de"]
Texts = Mapping[str, tuple[str, str]]
DOUBLE_ENDS = ("..", "!.", "?.")
DAYS: Mapping[Language, str] = {"en": "EEE d MMM y", "de": "EEE, d. MMM y"}


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A value that reads differently in each language, as a rule file says it."""

    texts: Mapping[Language, str]


class Told(str):
    """A sentence made by `phrase`, as a part of another one: safe already, and not to be cut."""


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def safe(text: str, limit: int = 200) -> str:
    """Outside text on one line: no control, bidirectional or zero-width character, at most `limit` characters."""
    cleaned = _CONTROL.sub(" ", text)
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def header_text(text: str, limit: int = 200) -> str:
    """The same for a header of a mail, where an encoded word (RFC 2047) would be read as what it hides: a line break, another header."""
    return safe(text, limit).replace("=?", "= ?")


def shown(value: object, language: Language, zone: str) -> str:
    """One value as a person reads it. Instants are shown in `zone`."""
    match value:
        case Money(amount, currency):
            return _money(amount, currency, language)
        case datetime():
            return format_datetime(value.astimezone(ZoneInfo(zone)), f"{DAYS[language]} HH:mm", locale=_locale(language))
        case date():
            return _day(value, language)
        case timedelta():
            return _span(value, language)
        case Decimal():
            return f"{value:f}"
        case Told():
            return str(value)
        case str():
            return safe(value)
        case Bilingual(texts):
            return safe(texts[language])
        case list() | tuple():
            return ", ".join(shown(part, language, zone) for part in value)
        case _:
            return str(value)


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse("de_DE" if language == "de" else "en_GB")


def _money(amount: Decimal, currency: str, language: Language) -> str:
    """As babel's format_currency, which looks up for every amount what is the same for all."""
    places, marks, ends = _currency(currency, language)
    before, behind = ends[amount.is_signed()]
    return f"{before}{f'{abs(amount):,.{places}f}'.translate(marks)}{behind}"


@lru_cache(maxsize=512)
def _currency(currency: str, language: Language) -> tuple[int, Mapping[int, str], tuple[tuple[str, str], ...]]:
    """Decimal places, marks of thousands and decimals, and what stands before and behind an amount, and a negative one."""
    locale = _locale(language)
    pattern: NumberPattern = locale.currency_formats["standard"]
    symbol = get_currency_symbol(currency, locale)
    ends = tuple(
        [(one.replace("¤", symbol), other.replace("¤", symbol)) for one, other in zip(pattern.prefix, pattern.suffix, strict=True)]
    )
    marks = str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)})
    return get_currency_precision(currency), marks, ends


@lru_cache(maxsize=4_096)
def _day(value: date, language: Language) -> str:
    """A plan names the same few days tens of thousands of times."""
    return format_date(value, DAYS[language], locale=_locale(language))


def _span(value: timedelta, language: Language) -> str:
    seconds = int(value.total_seconds())
    for size, english, german in ((86400, "day", "Tag"), (3600, "hour", "Stunde"), (60, "minute", "Minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            plural = ("s" if language == "en" else "e" if german == "Tag" else "n") if count != 1 else ""
            return f"{count} {english if language == 'en' else german}{plural}"
    return f"{seconds} s"


class _Shown(str):
    """A value put into a sentence. `{items:item|items}` puts in no value but the word that its count asks for."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        one, either, many = spec.partition("|")
        if not either:
            return format(str(self), spec)
        return one if self == "1" else many


def phrase(texts: Texts, code: str, language: Language, zone: str = "UTC", /, **values: object) -> str:
    """The sentence `code` of `texts` with its values put in."""
    english, german = texts[code]
    pattern = german if language == "de" else english
    sentence = pattern.format(**{name: _Shown(shown(value, language, zone)) for name, value in values.items()})
    return sentence[:-1] if sentence.endswith(DOUBLE_ENDS) else sentence  # what somebody wrote may end like a sentence already
