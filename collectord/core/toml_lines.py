"""Which line of a TOML file a key stands in: the parser of the standard library does not tell.

Owns this one question. Judges no value and needs a file that parses.
Invariant: a path that is not found answers with the line of its nearest table, never with a wrong key's line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
HEADER = re.compile(rf"\A\s*(\[\[?)\s*({_NAME})\s*\]\]?\s*(?:#.*)?\Z")
KEY = re.compile(rf"\A\s*({_NAME})\s*=(.*)\Z", re.DOTALL)
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#|[\[\]{}]')


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") if part[0] in "\"'" else part for part in re.findall(_PART, name))


class KeyLines:
    """`line("limit.0.max")` of one file's text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._scan(text)

    def line(self, path: str) -> int:
        """The key's line, or that of the innermost table around it; 1 when the path leads nowhere."""
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            found = self._lines.get(".".join(parts[:length]))
            if found is not None:
                return found
        return 1

    def _scan(self, text: str) -> None:
        table: tuple[str, ...] = ()
        for number, statement in statements(text):
            header = HEADER.match(statement)
            if header:
                table = self._enter(_parts(header[2]), is_array=header[1] == "[[")
                self._note(table, number)
                continue
            key = KEY.match(statement)
            if key:
                self._note((*table, *_parts(key[1])), number)

    def _enter(self, names: tuple[str, ...], *, is_array: bool) -> tuple[str, ...]:
        """The path of a header with the positions of the lists it runs through."""
        path: tuple[str, ...] = ()
        for position, name in enumerate(names):
            path = (*path, name)
            key = ".".join(path)
            if is_array and position == len(names) - 1:
                self._counts[key] = self._counts.get(key, -1) + 1
            if key in self._counts:
                path = (*path, str(self._counts[key]))
        return path

    def _note(self, path: tuple[str, ...], number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(".".join(path[:length]), number)


def statements(text: str) -> Iterator[tuple[int, str]]:
    """(line, statement): lines that belong together because of brackets or long strings are one statement."""
    pending, began, depth, inside = "", 0, 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not pending:
            began = number
        is_header = not pending and HEADER.match(line) is not None
        pending += line + "\n"
        if not is_header:
            depth, inside = _open_ends(line, depth, inside)
        if depth <= 0 and not inside:
            yield began, pending.rstrip("\n")
            pending, depth = "", 0
    if pending:
        yield began, pending


def _open_ends(line: str, depth: int, inside: str) -> tuple[int, str]:
    """How many brackets are open after this line, and which long string."""
    at = 0
    while at < len(line):
        if inside:
            end = line.find(inside, at)
            if end < 0:
                return depth, inside
            at, inside = end + 3, ""
            continue
        token = _TOKEN.search(line, at)
        if token is None or token[0] == "#":
            return depth, ""
        if token[0] in ('"""', "'''"):
            inside = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        at = token.end()
    return depth, inside
