"""Reading rule files: typed getters over parsed TOML that collect every problem instead of stopping at the first.

Owns the wording of "what is wrong with this key". Knows no file and no line: the edge turns a key path into a line.
Invariant: a Table never raises on bad input; what could not be read is a Problem and a default.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from collectord.core.money import NotMoney, is_amount, parse_amount

_DURATION = re.compile(r"\A(-?)([0-9]{1,6})(s|m|h|d)\Z", re.ASCII)
_SHARE = re.compile(r"\A([0-9]{1,3}(?:[.,][0-9]{1,2})?) ?(%?)\Z", re.ASCII)
_PERCENT = re.compile(r"\A([0-9]{1,3}) ?%\Z", re.ASCII)
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MISSING: Any = object()
LONGEST = 80  # of a value in a sentence
LONGEST_SPAN = timedelta(days=3660)
FIRST_YEAR, LAST_YEAR = 1990, 2100  # as of exports: days around these can be reckoned with


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


def shown(value: object) -> str:
    """A value as it stands in the file, not as Python calls it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ … }"
    if isinstance(value, list):
        return f"[{', '.join(shown(entry) for entry in value[:3])}{', …' if len(value) > 3 else ''}]"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


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
            self._cannot_read(key, f"{key} = {shown(value)} is not {words}")
            return None if default is MISSING else default
        return value

    def text(self, key: str, default: Any = MISSING, *, one_of: Iterable[str] | None = None) -> str:
        value = self._get(key, str, "text in quotes", default)
        if value is not None and one_of is not None and value not in (allowed := tuple(one_of)) and value != default:
            self.complain(key, f"{key} = {shown(value)} is unknown; use one of {', '.join(allowed)}")
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
        return self._decimal(key, default, "money", "25.00")

    def number(self, key: str, default: Any = MISSING) -> Decimal:
        """As money, of what is none: a rate, a factor."""
        return self._decimal(key, default, "a number", "1.25")

    def _decimal(self, key: str, default: Any, what: str, like: str) -> Decimal:
        value = self._get(key, str, f'{what} in quotes, like "{like}"', default)
        if isinstance(value, str):
            try:
                return parse_amount(value)
            except NotMoney as error:
                why = str(error) if is_amount(value) else f'{value[:40]!r} is no amount; write it in quotes with a point, like "{like}"'
                self._cannot_read(key, f"{key}: {why}")
        return value if isinstance(value, Decimal) else Decimal(0)

    def share(self, key: str, default: Decimal, *, least: Decimal = Decimal(0)) -> Decimal:
        """A quoted number from `least` to 1: `"0.35"`. Whoever wrote 0.35 or 35% is shown how it is meant."""
        self.seen.add(key)
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, str) and is_amount(value) and least <= Decimal(value) <= 1:
            return Decimal(value)
        found = _SHARE.match(value if isinstance(value, str) else shown(value))
        meant = Decimal(found[1].replace(",", ".")) / (100 if found[2] else 1) if found else None
        like = f': write "{meant}"' if meant is not None and least <= meant <= 1 else ', like "0.35"'
        self._cannot_read(key, f'{key} = {shown(value)} is not a share from "{least}" to "1" in quotes{like}')
        return default

    def percent(self, key: str) -> int | None:
        """`"30%"`, 0 to 100; None where the key is left out."""
        self.seen.add(key)
        value = self.data.get(key)
        if value is None:
            return None
        found = _PERCENT.match(value) if isinstance(value, str) else None
        if found and int(found[1]) <= 100:
            return int(found[1])
        self._cannot_read(key, f'{key} = {shown(value)} is no share of a hundred; write it in quotes, like "30%"')
        return None

    def duration(self, key: str, default: Any = MISSING) -> timedelta:
        value = self._get(key, str, "a duration like 90s, 15m, 36h or 7d", default)
        if isinstance(value, str):
            try:
                span = parse_duration(value)
            except ValueError as error:
                self._cannot_read(key, f"{key}: {error}")
            else:
                if abs(span) <= LONGEST_SPAN:
                    return span
                self._cannot_read(key, f"{key} = {shown(value)} is more than ten years")
        return value if isinstance(value, timedelta) else timedelta(0)

    def days(self, key: str, default: Any = MISSING) -> int:
        """A duration in whole days (`3d`, `-2d`)."""
        span = self.duration(key, default)
        if span % timedelta(days=1):
            self._cannot_read(key, f"{key} must be whole days, like 3d")
        return span // timedelta(days=1)

    def day(self, key: str, default: Any = MISSING) -> date | None:
        value = self._get(key, date, "a date without quotes, like 2026-12-24", default)
        if isinstance(value, datetime):
            self.complain(key, f"{key} = {value.isoformat(' ')} has a time of day; write the date alone, like 2026-12-24")
            return None
        if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            self._cannot_read(key, f"{key} = {shown(value)} lies outside {FIRST_YEAR} to {LAST_YEAR}")
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
                self._cannot_read(key, f'{key} = {shown(value)} is no time of day; write "08:00"')
        return value if isinstance(value, time) else time(0)

    def texts(self, key: str, default: Any = MISSING, *, one_of: Iterable[str] | None = None) -> tuple[str, ...]:
        value = self._get(key, list, 'a list of texts, like ["a", "b"]', default)
        if value is None:
            return ()
        allowed = tuple(one_of) if one_of is not None else None
        for entry in value:
            if not isinstance(entry, str):
                quoted = "" if isinstance(entry, bool | dict | list) else f'; write "{shown(entry)}"'
                self.complain(key, f"{key} holds {shown(entry)}, which is no text in quotes{quoted}")
            elif allowed is not None and entry not in allowed:
                self.complain(key, f"{key} holds {shown(entry)}; use only {', '.join(allowed)}")
        return tuple(entry for entry in value if isinstance(entry, str))

    def table(self, key: str) -> Table:
        """The sub-table, empty when absent. Where something else stands in its place, nothing more is said about what it lacks."""
        value = self._get(key, dict, "a table", {})
        heard = self.problems if value is self.data.get(key, value) else []
        return Table(value, f"{self.path}.{key}" if self.path else key, heard)

    def tables(self, key: str) -> Iterator[Table]:
        """The entries of `[[key]]`. An entry under `[key]` is read for its other mistakes."""
        inner = f"{self.path}.{key}" if self.path else key
        if isinstance(self.data.get(key), dict):
            self.seen.add(key)
            self._cannot_read(key, f"write [[{inner}]] with two brackets, at every entry: there may be several")
            if self.data[key]:
                yield Table(self.data[key], inner, self.problems)
            return
        value = self._get(key, list, f"a list of tables, written [[{key}]]", [])
        for position, entry in enumerate(value):
            path = f"{inner}.{position}"
            if isinstance(entry, dict):
                yield Table(entry, path, self.problems)
            else:
                self.problems.append(Problem(path, f"{key} must be a table, not {shown(entry)}"))

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """The entries of `[key.NAME]`."""
        inner = self.table(key)
        for name in inner.data:
            yield name, inner.table(name)

    def done(self) -> None:
        """Complains about every key nobody asked for: a misspelt key must not be silently ignored."""
        for key in self.data:
            if key not in self.seen:
                near = difflib.get_close_matches(key, sorted(self.seen - set(self.data)), n=1)
                meant = f"; did you mean {near[0]}? Known keys: " if near else "; known keys: "
                self.complain(key, f"{key} is not known here{meant}{', '.join(sorted(self.seen))}")
