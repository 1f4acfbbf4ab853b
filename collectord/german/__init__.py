"""German for sentences that are made in English where a mistake is found: configuration, rule files, the link to a PBX.

Owns the way from an English sentence to its German; the pairs stand in the modules of this package. Changes no answer: `--json` and
logs keep the English, screens and what is said on stderr are read through here.
Invariant: what has no German is told as it is; names, values and places in a sentence stay letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from collectord.core.wording import Language
from collectord.german.links import FRAGMENTS
from collectord.german.rules import RULES
from collectord.german.settings import SETTINGS
from collectord.german.values import VALUES

__all__ = ["RULES", "SETTINGS", "VALUES", "of_configuration", "of_link"]

NO_TOML = "this is no TOML: "  # core/toml_faults; what is wrong with it follows
_PLACE = re.compile(r"\{([0-9])\}", re.ASCII)
_SIGNS = re.compile(r"([][().?*+^$|\\])")
_Pair = tuple[re.Pattern[str], str]


def of_configuration(line: str, language: Language) -> str:
    """A line of what is wrong with configuration or rules: `FILE:7: key: sentence` keeps what stands before its sentence."""
    if language != "de":
        return line
    line = line.replace(NO_TOML, "das ist kein TOML: ")
    for start in _starts(line):
        german = _said(line[start:], _sentences())
        if german is not None:
            return line[:start] + german
    return line


def of_link(text: str, language: Language) -> str:
    """What an AMI link says of itself, alone or within a sentence."""
    if language == "de":
        for english, german in FRAGMENTS.items():
            text = text.replace(english, german)
    return text


def _starts(line: str) -> Iterator[int]:
    """Where a sentence may begin: at once, or behind a place, a file or a key and its colon."""
    yield 0
    yield from (found.end() for found in re.finditer(": ", line))


def _said(text: str, pairs: tuple[_Pair, ...]) -> str | None:
    for pattern, german in pairs:
        if found := pattern.fullmatch(text):
            return _PLACE.sub(lambda place: _value(found[f"p{place[1]}"]), german)
    return None


def _value(text: str) -> str:
    """What stands in a sentence: said in German where it is said in words."""
    german = _said(text, _values())
    return text if german is None else german


@cache
def _sentences() -> tuple[_Pair, ...]:
    return _patterns({**SETTINGS, **RULES})


@cache
def _values() -> tuple[_Pair, ...]:
    return _patterns(VALUES)


def _patterns(pairs: Mapping[str, str]) -> tuple[_Pair, ...]:
    """`{1}` in an English sentence stands for any text; sentences that say more letters themselves are tried first."""
    ordered = sorted(pairs.items(), key=lambda pair: -len(_PLACE.sub("", pair[0])))
    return tuple((re.compile(_PLACE.sub(r"(?P<p\1>.*?)", _SIGNS.sub(r"\\\1", english))), german) for english, german in ordered)
