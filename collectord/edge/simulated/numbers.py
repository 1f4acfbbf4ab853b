"""The number check of the dialplan: the same allow-list, read from the same file that the real PBX includes.

Owns reading `collect-allow.conf` and the judgement of one number. Dials nothing, decides nothing about debtors.
Invariant: what is not clearly on the list is denied; a list that cannot be read is an error, not an empty permission.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = "collect-allow.conf"
_ROW = re.compile(r"\Aexten\s*=>\s*(_?)([^,]+),1,Return\((\d+)-(\d+)\)")
_CLASSES: Final = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}


@dataclass(frozen=True, slots=True)
class Allowed:
    """One pattern of the list with the least and most digits after the plus sign."""

    pattern: re.Pattern[str]
    least: int
    most: int


def shipped_list() -> Path:
    """Where the dialplan lies: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "shipped" / "dialplan", package.parent / "dialplan"):
        if (folder / _FILE).is_file():
            return folder / _FILE
    raise FileNotFoundError(f"{_FILE} is neither in {package}/shipped/dialplan nor in {package.parent}/dialplan")


@cache
def read_list(path: Path) -> tuple[Allowed, ...]:
    """All patterns of the file."""
    rows = (_ROW.match(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(Allowed(re.compile(_as_regexp(row[2]) if row[1] else re.escape(row[2])), int(row[3]), int(row[4])) for row in rows if row)


def may_dial(number: str, allowed: tuple[Allowed, ...]) -> bool:
    """Context coll-check: E.164 in full, on the list, of a length that exists there."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        return False
    return any(row.least <= len(number) - 1 <= row.most and row.pattern.fullmatch(number) for row in allowed)


def _as_regexp(pattern: str) -> str:
    """An Asterisk extension pattern (behind its underscore) as a regular expression."""
    parts = re.findall(r"\[[^\]]*\]|.", pattern)
    return "".join(part if part.startswith("[") else _CLASSES.get(part.upper(), re.escape(part)) for part in parts)
