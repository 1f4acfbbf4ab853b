"""Call value: what a minute of an agent's time on this contact is expected to bring.

Owns the formula, its figures (`[minutes]`, `[pays]`, `[urgency]` of `rules/allocation.toml`) and its sentence. Knows no agent and no hour.
Invariant: the value is a product of named factors, each of which the sentence shows; with order = "priority" every value is 0, so that
priority, money and age decide.

The formula. A call about `money` that reaches the right person with chance `p` costs on average

    minutes(p) = before + p * (talk + wrap_up) + (1 - p) * unanswered

and brings `money * p * pays`, where `pays` is the chance that the debtor pays because of the call (and would not have anyway). So

    value = money * p * pays * urgency / minutes(p)          in money per agent minute.

Taking the largest such ratio first is the weighted-shortest-processing-time rule (W. E. Smith, Various optimizers for single-stage
production, Naval Research Logistics Quarterly 3 (1956), 59-66); for random durations and rewards that waiting makes smaller it is the
c-mu rule (D. R. Cox, W. L. Smith, Queues, 1961). `p` is the house's average here; what the hour makes of it is core/telephony/best_time's.
The figures shipped are starting points for a house that has none of its own yet: nothing is measured in them but the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from collectord.core.money import Money
from collectord.core.rule_text import Table
from collectord.core.wording import Language, Texts, phrase

ORDERS = ("value", "priority")
STEP = Decimal("0.0001")  # as the store keeps it
ONE, NONE = Decimal(1), Decimal(0)
MOST_BROKEN = 3

TEXTS: Texts = {
    "value": (
        "{money} at stake x {reached} of calls reach somebody x {pays} of those pay because of it ({days} days past due{broken}) x urgency"
        " {urgency} (priority {priority}) / {minutes} minutes a call = {value} a minute.",
        "{money} stehen auf dem Spiel x {reached} der Anrufe erreichen jemanden x {pays} davon zahlen deshalb ({days} Tage"
        " überfällig{broken}) x Dringlichkeit {urgency} (Priorität {priority}) / {minutes} Minuten je Anruf = {value} je Minute.",
    ),
    "broken": (", {count} {count:promise|promises} broken", ", {count} {count:Zusage|Zusagen} gebrochen"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMinutes:
    """How long an agent is busy with one call."""

    before: Decimal = Decimal("0.5")  # the desk phone rings, the case is heard
    talk: Decimal = Decimal("4.5")
    wrap_up: Decimal = Decimal(1)
    unanswered: Decimal = Decimal("0.75")  # it rings and nobody answers, and that is noted

    def expected(self, reached: Decimal) -> Decimal:
        return self.before + reached * (self.talk + self.wrap_up) + (ONE - reached) * self.unanswered


@dataclass(frozen=True, slots=True)
class Pays:
    """From so many days past due on, this share of those who are reached pays because of the call."""

    from_day: int
    share: Decimal


@dataclass(frozen=True, kw_only=True)  # no slots: it remembers its rates
class CallValue:
    """The figures of the formula."""

    enabled: bool = False
    minutes: CallMinutes = field(default_factory=CallMinutes)
    reached: Decimal = Decimal("0.35")  # share of calls that reach the right person, as long as no hour is known to be better
    pays: tuple[Pays, ...] = (Pays(-9999, Decimal("0.20")),)  # ascending
    broken: Decimal = Decimal("0.7")  # for each promise broken since the last one kept, three at most
    doubles_every: int = 20  # so much more priority makes a contact twice as urgent

    def of(self, amounts: Mapping[str, Decimal], oldest_due_on: date, priority: int, broken: int, today: date) -> Valued:
        """The value of calling about these amounts today. Of several currencies the largest sum counts: they are never added."""
        currency, money = max(amounts.items(), key=lambda pair: (pair[1], pair[0]))
        days, told = (today - oldest_due_on).days, min(broken, MOST_BROKEN)
        band, until = 0, None
        for position, one in enumerate(self.pays):
            if one.from_day > days:
                until = oldest_due_on + timedelta(days=one.from_day)
                break
            band = position
        return Valued(
            value=(money * self._rate(band, told, priority)).quantize(STEP) if self.enabled else NONE,
            currency=currency,
            money=money,
            share=self.pays[band].share,
            days=days,
            broken=told,
            priority=priority,
            until=until if self.enabled else None,
        )

    def why(self, valued: Valued, language: Language, zone: str = "UTC") -> str:
        """The product, factor by factor."""
        return phrase(
            TEXTS,
            "value",
            language,
            zone,
            money=Money(valued.money, valued.currency),
            reached=percent(self.reached),
            pays=percent(self._paying(valued.share, valued.broken)),
            days=valued.days,
            broken=phrase(TEXTS, "broken", language, zone, count=valued.broken) if valued.broken else "",
            urgency=_short(self._urgency(valued.priority), language),
            priority=valued.priority,
            minutes=_short(self.minutes.expected(self.reached), language),
            value=Money(valued.value.quantize(Decimal("0.01")), valued.currency),
        )

    @cached_property
    def _rates(self) -> dict[tuple[int, int, int], Decimal]:
        return {}

    def _rate(self, band: int, broken: int, priority: int) -> Decimal:
        """What one unit of money is worth a minute."""
        rate = self._rates.get((band, broken, priority))
        if rate is None:
            paying = self._paying(self.pays[band].share, broken)
            rate = self.reached * paying * self._urgency(priority) / self.minutes.expected(self.reached)
            self._rates[band, broken, priority] = rate
        return rate

    def _paying(self, share: Decimal, broken: int) -> Decimal:
        return share * self.broken**broken

    def _urgency(self, priority: int) -> Decimal:
        return (Decimal(2) ** (Decimal(priority) / self.doubles_every)).quantize(Decimal("0.01"))

    def hour(self, chance: float) -> float:
        """What the chance of reaching somebody at this hour makes of a value: 1 at the average."""
        fixed, more, average = self._by_chance
        return chance / (fixed + more * chance) / average

    @cached_property
    def _by_chance(self) -> tuple[float, float, float]:
        """Minutes of a call that nobody answers, how many more one takes that is answered, reached per minute on average."""
        unanswered, answered = self.minutes.expected(NONE), self.minutes.expected(ONE)
        return float(unanswered), float(answered - unanswered), float(self.reached / self.minutes.expected(self.reached))


OFF = CallValue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """One contact's value with what it was made of."""

    value: Decimal  # money per agent minute
    currency: str
    money: Decimal
    share: Decimal
    days: int
    broken: int
    priority: int
    until: date | None  # the first day on which age alone makes it another


def percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(ONE)} %"


def _short(number: Decimal, language: Language) -> str:
    text = str(number.quantize(Decimal("0.1")))
    return text.replace(".", ",") if language == "de" else text


def parse_value(table: Table) -> CallValue:
    """`order`, `[minutes]`, `[reached]`, `[[pays]]` and `[urgency]` of `allocation.toml`."""
    order = table.text("order", "value", one_of=ORDERS)
    reached = table.share("reached", Decimal("0.35"), least=Decimal("0.01"))
    broken = table.share("broken_promise", Decimal("0.7"))
    doubles_every = table.whole("priority_doubles", 20, at_least=1, at_most=1000)
    return CallValue(
        enabled=order == "value",
        minutes=_minutes(table.table("minutes")),
        reached=reached,
        pays=_pays(table),
        broken=broken,
        doubles_every=max(1, doubles_every),
    )


def _minutes(table: Table) -> CallMinutes:
    usual = CallMinutes()
    found = {}
    for key in ("before", "talk", "wrap_up", "unanswered"):
        seconds = round(getattr(usual, key) * 60)
        span = table.duration(key, f"{seconds}s")
        if not timedelta(0) < span <= timedelta(hours=1):
            table.complain(key, f"{key} must lie between 1s and 1h")
            span = timedelta(seconds=seconds)
        found[key] = Decimal(int(span.total_seconds())) / 60
    table.done()
    return CallMinutes(**found)


def _pays(table: Table) -> tuple[Pays, ...]:
    found: list[Pays] = []
    for inner in table.tables("pays"):
        found.append(Pays(inner.days("from", "0d"), inner.share("share", NONE)))
        inner.done()
        if len(found) > 1 and found[-1].from_day <= found[-2].from_day:
            inner.complain("from", "the days of [[pays]] must ascend")
    return tuple(found) or OFF.pays
