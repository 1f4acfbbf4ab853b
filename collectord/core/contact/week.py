"""Times of the week, and when a place's clock shows them: calling hours, debtors' wishes, parts of a day.

Owns the text form `mon-fri 08:00-15:00,17:00-21:00` and the step from local clock times to instants. Knows no debtor and no rule.
Invariant: an instant is inside exactly when the local wall clock is, on days with a clock change too; ends are exclusive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from collectord.core.wording import Language

Window = tuple[int, int]  # minutes of the day, [start, end); 1440 = midnight at the end of the day
Week = tuple[tuple[Window, ...], ...]  # seven days, Monday first
FreeDay = Callable[[date], bool]

WHOLE_DAY: tuple[Window, ...] = ((0, 1440),)
SEARCH_DAYS = 400  # beyond a year no wish and no holiday table promises anything
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GERMAN = {"mo": "mon", "di": "tue", "mi": "wed", "do": "thu", "fr": "fri", "sa": "sat", "so": "sun"}
_ENGLISH = {"monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu", "friday": "fri", "saturday": "sat", "sunday": "sun"}
_NAMES = {name: number for number, name in enumerate(_DAYS)}
_ON_DAYS: Mapping[Language, tuple[str, ...]] = {
    "en": ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
    "de": ("montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"),
}
_CLOCK = re.compile(r"\A([0-9]{1,2})(?::([0-9]{2}))?\Z", re.ASCII)


def _clock(text: str) -> int:
    found = _CLOCK.match(text.strip())
    if not found:
        raise ValueError(f'{text.strip()[:20]!r} is no time of day; write it like "08:00"')
    minutes = int(found[1]) * 60 + int(found[2] or 0)
    if minutes > 1440 or int(found[2] or 0) > 59:
        raise ValueError(f"{text.strip()} is no time of day; the last one is 24:00")
    return minutes


def parse_window(text: str) -> Window:
    """`08:00-20:00`. Raises ValueError with one sentence."""
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f'{text[:40]!r} is no span of hours; write it like "08:00-20:00"')
    window = (_clock(start), _clock(end))
    if window[0] >= window[1]:
        raise ValueError(f"{text.strip()}: the end must be later than the start on the same day")
    return window


def _day(text: str) -> int:
    name = text.strip().casefold()
    name = _GERMAN.get(name, _ENGLISH.get(name, name))
    if name not in _NAMES:
        raise ValueError(f"{text.strip()[:20]!r} is no weekday; use mon tue wed thu fri sat sun")
    return _NAMES[name]


def parse_days(text: str) -> frozenset[int]:
    """`fri`, `mon-fri`, `sat,sun`; Monday is 0. Raises ValueError with one sentence."""
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        start, end = _day(first), _day(last) if dash else _day(first)
        days |= {day % 7 for day in range(start, end + 1 if end >= start else end + 8)}
    return frozenset(days)


def parse_week(text: str) -> Week:
    """`mon-fri 08:00-15:00,17:00-21:00; sat 09:00-12:00`: days that are not named are closed. Raises ValueError with one sentence."""
    week: list[list[Window]] = [[] for _ in _DAYS]
    for part in text.split(";"):
        days, _, hours = part.strip().partition(" ")
        if not days:
            raise ValueError('write days and hours, like "mon-fri 08:00-15:00,17:00-21:00; sat 09:00-12:00"')
        windows = [parse_window(span) for span in hours.split(",")] if hours.strip() else list(WHOLE_DAY)
        for day in parse_days(days):
            week[day].extend(windows)
    return tuple(merged(day) for day in week)


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Sorted, overlapping ones joined."""
    joined: list[Window] = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def daily(windows: Iterable[Window]) -> Week:
    """The same windows on every day."""
    return (merged(windows),) * 7


def without_days(days: Iterable[int]) -> Week:
    """Every hour of the week except whole days."""
    closed = frozenset(days)
    return tuple(() if day in closed else WHOLE_DAY for day in range(7))


def both(one: Week, other: Week) -> Week:
    """The times inside both."""
    return tuple(
        tuple(
            (max(a[0], b[0]), min(a[1], b[1])) for a in mine for b in theirs if max(a[0], b[0]) < min(a[1], b[1])
        )
        for mine, theirs in zip(one, other, strict=True)
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _pieces(zone: str, day: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """Spans of instants whose local date is `day`, each with one offset: the wall clock runs straight inside a piece."""
    place = ZoneInfo(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    bounds = [midnight + timedelta(hours=hour) for hour in range(-18, 48, 6)]
    cuts = [bounds[0]]
    for start, end in pairwise(bounds):
        if _offset(start, place) != _offset(end, place):
            cuts.append(_change(start, end, place))
    cuts.append(bounds[-1])
    pieces = []
    for start, end in pairwise(cuts):
        offset = _offset(start, place)
        first, last = max(start, midnight - offset), min(end, midnight + timedelta(days=1) - offset)
        if first < last:
            pieces.append((first, last, offset))
    return tuple(pieces)


def _offset(at: datetime, place: ZoneInfo) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta(0)


def _change(low: datetime, high: datetime, place: ZoneInfo) -> datetime:
    """The first second with the offset of `high`."""
    old = _offset(low, place)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, place) == old else (low, middle)
    return high


def spans(zone: str, day: date, windows: Iterable[Window]) -> Iterator[tuple[datetime, datetime]]:
    """The instants [from, to) at which a clock in `zone` shows `day` and a time inside `windows`, in order."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    chosen = tuple(windows)
    for first, last, offset in _pieces(zone, day):
        for start, end in chosen:
            opens = max(first, midnight + timedelta(minutes=start) - offset)
            closes = min(last, midnight + timedelta(minutes=end) - offset)
            if opens < closes:
                yield opens, closes


def day_start(day: date, zone: str) -> datetime:
    """The first instant of a local day (01:00 where the clock change skips midnight; the next day's where a whole day is skipped)."""
    pieces = _pieces(zone, day)
    return pieces[0][0] if pieces else day_start(day + timedelta(days=1), zone)


def next_inside(at: datetime, zone: str, week: Week, closed: FreeDay) -> datetime | None:
    """The first instant >= `at` inside `week` on a day that is not closed; None when there is none within SEARCH_DAYS."""
    today = at.astimezone(ZoneInfo(zone)).date()
    for ahead in range(SEARCH_DAYS):
        day = today + timedelta(days=ahead)
        windows = week[day.weekday()]
        if not windows or closed(day):
            continue
        for opens, closes in spans(zone, day, windows):
            if at < closes:
                return max(at, opens)
    return None


def next_inside_all(at: datetime, zones: Iterable[str], week: Week, closed: FreeDay) -> datetime | None:
    """The first instant >= `at` that suits every zone; None when there is none within SEARCH_DAYS."""
    places = tuple(zones)
    limit = at + timedelta(days=SEARCH_DAYS)
    moment = at
    while moment < limit:
        found = [next_inside(moment, zone, week, closed) for zone in places]
        instants = [instant for instant in found if instant is not None]
        if len(instants) < len(places):
            return None
        latest = max(instants, default=moment)
        if latest == moment:
            return moment
        moment = latest
    return None


def shown_week(week: Week, language: Language) -> str:
    """`Mo-Fr 08:00-20:00, Sa 09:00-18:00`: equal neighbouring days together, closed days left out, whole days without hours."""
    names = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So") if language == "de" else tuple(name.capitalize() for name in _DAYS)
    groups: list[tuple[int, int, tuple[Window, ...]]] = []
    for day, windows in enumerate(week):
        if groups and groups[-1][2] == windows:
            groups[-1] = (groups[-1][0], day, windows)
        else:
            groups.append((day, day, windows))
    shown = []
    for first, last, windows in groups:
        if windows:
            days = names[first] if first == last else f"{names[first]}-{names[last]}"
            hours = "" if windows == WHOLE_DAY else " " + ", ".join(f"{_minutes(start)}-{_minutes(end)}" for start, end in windows)
            shown.append(days + hours)
    return ", ".join(shown)


def shown_days(days: Iterable[int], language: Language) -> str:
    """`on Fridays and Saturdays`, `freitags und samstags`."""
    *first, last = [_ON_DAYS[language][day] for day in sorted(days)]
    joined = f"{', '.join(first)} {'und' if language == 'de' else 'and'} {last}" if first else last
    return joined if language == "de" else f"on {joined}"


def _minutes(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
