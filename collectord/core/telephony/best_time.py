"""Best time: at which hour a debtor is likely to be reached, learned from the calls that were made.

Owns `[best_hour]` of `rules/allocation.toml`, the bins of the week, the estimate and what it makes of a task's value. Knows no store.
Invariant: it orders, and allows nothing: whether a call may be made now is the gate's. Of a private person nothing is learned and nothing
is foretold unless the configuration names a data-protection assessment; a debtor whose kind is unknown is taken for one.

The estimate is Beta-binomial, three times over: the hour of a segment (all business debtors, or all private ones) is drawn towards the
segment's average as if that had been seen in `HOUR` calls; the same hour on Fridays or weekends towards the hour in `BIN` calls; and the
debtor's own part of the day towards the segment's in `OWN` calls. With few calls the wider average speaks, with many the debtor does.
So that it goes on learning, some debtors are called each day at an hour that is drawn, not estimated: `explores`. The draw is a digest of
debtor and day, so that anybody can repeat it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from collectord.core.receivables.call_value import ONE, CallValue, percent
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rule_text import Table
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "hour": (
        "At this hour {now} of such calls reach somebody, from {hour} o'clock {best}.",
        "Um diese Zeit erreichen {now} solcher Anrufe jemanden, ab {hour} Uhr {best}.",
    ),
    "drawn": (
        "Today the hour is drawn, so that better ones are found: {hour} o'clock.",
        "Heute ist die Stunde ausgelost, damit bessere gefunden werden: {hour} Uhr.",
    ),
}

Bin = tuple[int, int]  # part of the week, hour of the day: where the debtor is
WEEK_PART = (0, 0, 0, 0, 1, 2, 2)  # Monday to Thursday, Friday, weekend
DAY_PARTS = (10, 12, 14, 16, 18)  # hours at which the next part of a debtor's own day begins
HOUR, BIN, OWN = 40, 40, 8  # calls
LEARNED_FROM = 180  # days
LEAST_EXPLORE = Decimal("0.05")
PRIVATE, BUSINESS = "private", "business"
ELSEWHERE = frozenset({"third_party", "left_message"})  # somebody answered, and it was not the debtor
TELLS_NOTHING = frozenset({"wrong_number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRules:
    enabled: bool = False
    explore: Decimal = Decimal("0.08")  # share of debtors a day who are called at a drawn hour
    wait: Decimal = ONE  # when the day is too short: how much a better hour later today counts


@dataclass(frozen=True, slots=True)
class Tally:
    tries: int = 0
    reached: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.tries + other.tries, self.reached + other.reached)

    def towards(self, chance: float, strength: int) -> float:
        """The share that was reached, drawn towards `chance` as if that had been seen in `strength` calls."""
        return (strength * chance + self.reached) / (strength + self.tries)


NO_TALLY = Tally()
Own = Mapping[int, Tally]  # of one debtor, by part of the day
NOT_CALLED: Own = {}


def told(result: str, disposition: str, *, third_party: bool = False) -> bool | None:
    """Whether a call reached the debtor; None: it says nothing about the hour."""
    if disposition in TELLS_NOTHING:
        return None
    if result == "answered":
        return disposition not in ELSEWHERE and not third_party
    return False if result in ("no_answer", "rejected", "voicemail") else None


def bin_of(local: datetime) -> Bin:
    """`local`: in the debtor's zone."""
    return WEEK_PART[local.weekday()], local.hour


PART_OF_HOUR = tuple(sum(hour >= bound for bound in DAY_PARTS) for hour in range(24))


def day_part(hour: int) -> int:
    return PART_OF_HOUR[hour]


def segment_of(person_type: str, *, private_allowed: bool) -> str:
    """Whom the debtor is counted with; "" = nobody may learn anything of this debtor."""
    if person_type == BUSINESS:
        return BUSINESS
    return PRIVATE if person_type == PRIVATE and private_allowed else ""


@dataclass(frozen=True, slots=True)
class Segment:
    mean: float
    chances: Mapping[Bin, float]

    def chance(self, one: Bin) -> float:
        return self.chances.get(one, self.mean)


@dataclass(frozen=True, slots=True)
class Hours:
    """What is known of the segments."""

    by_segment: Mapping[str, Segment] = field(default_factory=dict)

    def chance(self, segment: str, one: Bin, own: Own = NOT_CALLED) -> float | None:
        """That this debtor is reached then; None: nothing is known."""
        known = self.by_segment.get(segment)
        if known is None:
            return None
        tally = own.get(PART_OF_HOUR[one[1]])
        return known.chance(one) if tally is None else tally.towards(known.chance(one), OWN)

    def of_day(self, segment: str, part: int, hours: Iterable[int], own: Own) -> dict[int, float]:
        """The chance of each of these hours, on a day of this part of the week."""
        known = self.by_segment[segment]
        found = {hour: known.chance((part, hour)) for hour in hours}
        if own:
            for hour, chance in found.items():
                found[hour] = own.get(PART_OF_HOUR[hour], NO_TALLY).towards(chance, OWN)
        return found


NOTHING_LEARNED = Hours()


def hours_from(seen: Iterable[tuple[str, Bin, Tally]]) -> Hours:
    """Segment, bin, calls; a bin may come in several parts."""
    segments: dict[str, dict[Bin, Tally]] = {}
    for segment, one, tally in seen:
        bins = segments.setdefault(segment, {})
        bins[one] = bins.get(one, NO_TALLY) + tally
    return Hours({name: _segment(bins) for name, bins in segments.items()})


def _segment(bins: Mapping[Bin, Tally]) -> Segment:
    everything = sum(bins.values(), NO_TALLY)
    mean = (everything.reached + 1) / (everything.tries + 2)
    by_hour: dict[int, Tally] = {}
    for (_, hour), tally in bins.items():
        by_hour[hour] = by_hour.get(hour, NO_TALLY) + tally
    hours = {hour: tally.towards(mean, HOUR) for hour, tally in by_hour.items()}
    return Segment(
        mean, {(part, hour): bins.get((part, hour), NO_TALLY).towards(hours[hour], BIN) for part in set(WEEK_PART) for hour in hours}
    )


# ---------------------------------------------------------------- what the hour makes of a task


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now, where the debtor is, and the hours at which the desk works today."""

    local: datetime
    hours: Sequence[int]  # ascending
    short: bool = False  # the day is too short for all calls

    @property
    def day(self) -> date:
        return self.local.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`factor` on the value: 1 = as good as an average hour, or nothing is known."""

    factor: Decimal = ONE
    chance: float | None = None  # now
    best_hour: int | None = None  # of the rest of today
    best_chance: float | None = None
    drawn: bool = False  # the best hour was drawn, to learn

    def says(self, language: Language, zone: str = "UTC") -> str:
        """Nothing where nothing is known."""
        if self.chance is None or self.best_chance is None:
            return ""
        values = {"now": percent(_decimal(self.chance)), "hour": self.best_hour, "best": percent(_decimal(self.best_chance))}
        return phrase(TEXTS, "drawn" if self.drawn else "hour", language, zone, **values)


AVERAGE = Outlook()


def outlook(key: DebtorKey, segment: str, own: Own, moment: Moment, hours: Hours, rules: HourRules, value: CallValue) -> Outlook:
    """What this moment makes of calling the debtor."""
    now = hours.chance(segment, bin_of(moment.local), own) if rules.enabled and segment else None
    if now is None:
        return AVERAGE
    part, hour = bin_of(moment.local)
    today = hours.of_day(segment, part, (*moment.hours, hour), own)
    drawn = _drawn(key, moment, rules)
    if drawn is not None and drawn >= hour:
        best, chance = drawn, max(today.values())  # as if the drawn hour were the best one …
        now = chance if hour == drawn else min(today.values())  # … and the others the worst
    else:
        best, chance = max(((one, today[one]) for one in today if one >= hour), key=lambda pair: (pair[1], -pair[0]))
    factor = value.hour(now)
    if moment.short and chance > now:
        factor *= (now / chance) ** float(rules.wait)
    return Outlook(factor=_decimal(factor), chance=now, best_hour=best, best_chance=chance, drawn=drawn is not None and drawn >= hour)


def explores(key: DebtorKey, day: date, share: Decimal) -> bool:
    """Whether the debtor is called at a drawn hour on this day."""
    return _digest(key, day, "explore") < float(share)


def _drawn(key: DebtorKey, moment: Moment, rules: HourRules) -> int | None:
    if not moment.hours or not explores(key, moment.day, rules.explore):
        return None
    return moment.hours[int(_digest(key, moment.day, "hour") * len(moment.hours))]


def _digest(key: DebtorKey, day: date, what: str) -> float:
    """From 0 to below 1, the same for the same debtor, day and question."""
    text = f"{key.company}\0{key.debtor_no}\0{day.isoformat()}\0{what}"
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big") / 2**48


def _decimal(number: float | Decimal) -> Decimal:
    """Ten-thousandths; never 0, so that a task is never worth nothing because of the hour."""
    return max(Decimal(round(number * 10_000)), ONE) / 10_000


def parse_hours(table: Table) -> HourRules:
    """`[best_hour]` of `allocation.toml`; without it nothing is learned."""
    inner = table.table("best_hour")
    rules = HourRules(
        enabled=inner.flag("enabled", bool(inner.data)),
        explore=inner.share("explore", Decimal("0.08"), least=LEAST_EXPLORE),
        wait=inner.number("wait", ONE),
    )
    inner.done()
    if rules.explore > Decimal("0.5"):
        inner.complain("explore", 'explore is above "0.5"; more calls would be drawn than chosen')
    if not 0 <= rules.wait <= 3:
        inner.complain("wait", 'wait must lie between "0" and "3"')
    return rules
