"""Reading rule files: typed getters over parsed TOML that collect every problem instead of stopping at the first.

Owns the wording of "what is wrong with this key". Knows no file and no line: the edge turns a key path into a line.
Invariant: a Table never raises on bad input; what could not be read is a Problem and a default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from collectord.core.money import NotMoney, parse_amount

_DURATION = re.compile(r"\A(-?)([0-9]{1,6})(s|m|h|d)\Z", re.ASCII)
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence about one key. `path` is the dotted key, list positions counted from 0: `ladder.standard.level.2.after_due`."""

    path: str
    sentence: str


def parse_duration(text: str) -> timedelta:
    """`90s`, `15m`, `36h`, `7d`, `-2d`. Raises ValueError with one sentence."""
    found = _DURATION.match(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no duration; write it like 90s, 15m, 36h or 7d")
    sign, digits, unit = found.groups()
    span = timedelta(**{_UNIT[unit]: int(digits)})
    return -span if sign else span


class Table:
    """One TOML table with its path; `problems` is shared by all tables of a file."""

    def __init__(self, data: Mapping[str, Any], path: str, problems: list[Problem]) -> None:
        self.data, self.path, self.problems = data, path, problems
        self.seen: set[str] = set()
        self._unread: set[str] = set()  # keys whose value is not what it must be: what else may be said of it is no news

    def complain(self, key: str, sentence: str) -> None:
        if key not in self._unread:
            self._say(key, sentence)

    def _cannot_read(self, key: str, sentence: str) -> None:
        self._say(key, sentence)
        self._unread.add(key)

    def _say(self, key: str, sentence: str) -> None:
        self.problems.append(Problem(f"{self.path}.{key}" if self.path and key else key or self.path, sentence))

    def _get(self, key: str, kind: type | tuple[type, ...], words: str, default: Any) -> Any:
        self.seen.add(key)
        if key not in self.data:
            if default is MISSING:
                self.complain(key, f"{key} is missing; expected {words}")
                return None
            return default
        value = self.data[key]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self._cannot_read(key, f"{key} = {value!r} is not {words}")
            return None if default is MISSING else default
        return value

    def text(self, key: str, default: Any = MISSING, *, one_of: Iterable[str] | None = None) -> str:
        value = self._get(key, str, "text in quotes", default)
        if value is not None and one_of is not None and value not in (allowed := tuple(one_of)) and value != default:
            self.complain(key, f"{key} = {value!r} is unknown; use one of {', '.join(allowed)}")
        return value if value is not None else ""

    def whole(self, key: str, default: Any = MISSING, *, at_least: int | None = None, at_most: int | None = None) -> int:
        value = self._get(key, int, "a whole number", default)
        if value is None:
            return 0
        if at_least is not None and value < at_least:
            self.complain(key, f"{key} = {value} is below {at_least}")
        if at_most is not None and value > at_most:
            self.complain(key, f"{key} = {value} is above {at_most}")
        return int(value)

    def flag(self, key: str, default: Any = MISSING) -> bool:
        return bool(self._get(key, bool, "true or false", default))

    def money(self, key: str, default: Any = MISSING) -> Decimal:
        """Quoted text only: a TOML float would already have lost cents."""
        value = self._get(key, str, 'money in quotes, like "25.00"', default)
        if isinstance(value, str):
            try:
                return parse_amount(value)
            except NotMoney as error:
                self._cannot_read(key, f"{key}: {error}")
        return value if isinstance(value, Decimal) else Decimal(0)

    def duration(self, key: str, default: Any = MISSING) -> timedelta:
        value = self._get(key, str, "a duration like 90s, 15m, 36h or 7d", default)
        if isinstance(value, str):
            try:
                return parse_duration(value)
            except ValueError as error:
                self._cannot_read(key, f"{key}: {error}")
        return value if isinstance(value, timedelta) else timedelta(0)

    def days(self, key: str, default: Any = MISSING) -> int:
        """A duration in whole days (`3d`, `-2d`)."""
        span = self.duration(key, default)
        if span % timedelta(days=1):
            self._cannot_read(key, f"{key} must be whole days, like 3d")
        return span // timedelta(days=1)

    def day(self, key: str, default: Any = MISSING) -> date | None:
        value = self._get(key, date, "a date like 2026-12-24", default)
        if isinstance(value, datetime):
            self.complain(key, f"{key} = {value.isoformat(' ')} has a time of day; write the date alone, like 2026-12-24")
            return None
        return value if isinstance(value, date) else None

    def clock(self, key: str, default: Any = MISSING) -> time:
        value = self._get(key, str, 'a time of day in quotes, like "08:00"', default)
        if isinstance(value, str):
            if value == "24:00":
                return time.max
            try:
                return time.fromisoformat(value)
            except ValueError:
                self._cannot_read(key, f'{key} = {value!r} is no time of day; write "08:00"')
        return value if isinstance(value, time) else time(0)

    def texts(self, key: str, default: Any = MISSING, *, one_of: Iterable[str] | None = None) -> tuple[str, ...]:
        value = self._get(key, list, 'a list of texts, like ["a", "b"]', default)
        if value is None:
            return ()
        allowed = tuple(one_of) if one_of is not None else None
        for entry in value:
            if not isinstance(entry, str):
                self.complain(key, f"{key} holds {entry!r}, which is no text in quotes")
            elif allowed is not None and entry not in allowed:
                self.complain(key, f"{key} holds {entry!r}; use only {', '.join(allowed)}")
        return tuple(entry for entry in value if isinstance(entry, str))

    def table(self, key: str) -> Table:
        """The sub-table, empty when absent. Where something else stands in its place, nothing more is said about what it lacks."""
        value = self._get(key, dict, "a table", {})
        heard = self.problems if value is self.data.get(key, value) else []
        return Table(value, f"{self.path}.{key}" if self.path else key, heard)

    def tables(self, key: str) -> Iterator[Table]:
        """The entries of `[[key]]`."""
        value = self._get(key, list, f"a list of tables, written [[{key}]]", [])
        for position, entry in enumerate(value):
            path = f"{self.path}.{key}.{position}" if self.path else f"{key}.{position}"
            if isinstance(entry, dict):
                yield Table(entry, path, self.problems)
            else:
                self.problems.append(Problem(path, f"{key} must be a table, not {entry!r}"))

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """The entries of `[key.NAME]`."""
        inner = self.table(key)
        for name in inner.data:
            yield name, inner.table(name)

    def done(self) -> None:
        """Complains about every key nobody asked for: a misspelt key must not be silently ignored."""
        for key in self.data:
            if key not in self.seen:
                self.complain(key, f"{key} is not known here; known keys: {', '.join(sorted(self.seen))}")
