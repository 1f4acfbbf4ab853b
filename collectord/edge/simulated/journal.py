"""The AstDB of the simulated PBX: survives restarts, loses the last moments in a crash.

Owns the rows. Knows no call. Invariant: after `lose` the rows are as they once were at one earlier instant, never a mixture.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple


class _Undo(NamedTuple):
    at: float
    key: str
    before: str | None


class Journal:
    """`coll/<id>` -> text. Real Asterisk writes its file about once a second: what is younger is gone after kill -9."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}
        self._undo: list[_Undo] = []

    def put(self, key: str, value: str) -> None:
        self._remember(key)
        self._rows[key] = value

    def get(self, key: str) -> str | None:
        return self._rows.get(key)

    def delete(self, key: str) -> str:
        """The row as it was, empty when there was none."""
        self._remember(key)
        return self._rows.pop(key, "")

    def tree(self, family: str, key: str = "") -> Iterator[tuple[str, str]]:
        """Rows of a family (`key`: only that row and what is below it), in the order of their keys."""
        start = f"{family}/{key}" if key else family
        for name in sorted(self._rows):
            if not start or name == start or name.startswith(start + "/"):
                yield name, self._rows[name]

    def lose(self, seconds: float) -> None:
        """Undo everything written in the last `seconds`, newest first."""
        since = time.monotonic() - seconds
        while self._undo and self._undo[-1].at >= since:
            undo = self._undo.pop()
            if undo.before is None:
                self._rows.pop(undo.key, None)
            else:
                self._rows[undo.key] = undo.before
        self._undo.clear()

    def _remember(self, key: str) -> None:
        self._undo.append(_Undo(time.monotonic(), key, self._rows.get(key)))
        if len(self._undo) > 20_000:
            del self._undo[:10_000]
