"""Reading TOML that a person wrote, or somebody who means harm.

Owns the parse itself, how deep tables and lists may lie in each other and how long a number may be. Judges no key.
Invariant: whatever the text, what comes back can be walked and shown, else it is a TOMLDecodeError that names a line.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

DEEPEST = 40  # no file of ours needs a tenth of it
LARGEST = 2**63  # TOML's own bound of a whole number
_DIGITS = re.compile(r"[0-9A-Fa-f_]{16,}")
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#.*')


class TooDeep(tomllib.TOMLDecodeError):
    """Said like every other fault of a file, with its line."""

    def __init__(self, line: int) -> None:
        ValueError.__init__(self, f"Lists or tables lie more than {DEEPEST} deep in each other (at line {line}, column 1)")


class TooLong(tomllib.TOMLDecodeError):
    """The same, of a number."""

    def __init__(self, line: int) -> None:
        ValueError.__init__(self, f"A whole number has too many digits (at line {line}, column 1)")


def read_toml(text: str) -> dict[str, Any]:
    """Raises tomllib.TOMLDecodeError."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(text) from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # more digits than Python reads
        raise _too_long(text) from None
    level: list[Any] = [data]
    for _ in range(DEEPEST):
        if any(isinstance(one, int) and abs(one) >= LARGEST for one in level):
            raise _too_long(text)
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return data
    raise _too_deep(text)


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _too_long(text: str) -> TooLong:
    lines = (number for number, line in enumerate(text.splitlines(), 1) if _DIGITS.search(_TEXT.sub("", line)))
    return TooLong(next(lines, 1))


def _too_deep(text: str) -> TooDeep:
    """The line on which more brackets are open, or more dots stand in a key, than may be; 1 when no single line shows it."""
    depth, found = 0, 1
    for number, line in enumerate(text.splitlines(), 1):
        plain = _TEXT.sub("", line)
        depth += sum(plain.count(sign) for sign in "[{")
        if depth >= DEEPEST - 1 or plain.count(".") >= DEEPEST - 1:
            found = number
            break
        depth = max(0, depth - sum(plain.count(sign) for sign in "]}"))
    return TooDeep(found)
