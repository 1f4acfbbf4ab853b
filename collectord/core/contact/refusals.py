"""The gate's words: one question, and the values it may answer with.

Owns the shapes of question, refusal and answer. Decides nothing itself; the rules stand in guard, hours and limits.
Invariant: a refusal names its rule and the first instant at which that rule stops refusing, or None where nobody can know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collectord.core.contact.facts import DebtorFacts, Fact, FactKind
from collectord.core.contact.packs import GUARD, Pack
from collectord.core.contact.place import Place
from collectord.core.contact.week import day_start
from collectord.core.house import House
from collectord.core.receivables.ledger import DialNumber
from collectord.core.wording import Language, Texts, phrase

ONE_DAY = timedelta(days=1)
ASK_AGAIN = timedelta(minutes=15)  # a refusal without a known end is asked again so much later
LAST_DAY = date(9000, 1, 1)  # an export may say 9999-12-31; instants around it cannot be told in every zone


@dataclass(frozen=True, slots=True)
class Refusal:
    rule: str  # PACK/ID, as `check --json` publishes them
    reason: str  # one sentence
    not_before: datetime | None  # None: cannot be known


@dataclass(frozen=True, slots=True)
class Notice:
    """Allowed, but somebody should know."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """The debtor may be contacted now: on this number, about these items."""

    number: str  # E.164; "" for media other than calls
    items: tuple[str, ...]  # what may be spoken about
    place: Place
    warnings: tuple[Notice, ...] = ()
    asks_for: str = ""  # whom to ask for on that number


@dataclass(frozen=True, slots=True)
class Refused:
    """`refusals` is never empty. `not_before` None: cannot be known, or never."""

    refusals: tuple[Refusal, ...]
    never: bool
    not_before: datetime | None
    place: Place
    warnings: tuple[Notice, ...] = ()


Answer = Allowed | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this debtor be contacted, on this number, about these items? `now` is when it is asked; rules look at later instants too."""

    facts: DebtorFacts
    packs: tuple[Pack, ...]  # in force at `place`
    known_packs: Mapping[str, Pack]  # all of rules/packs
    house: House
    place: Place
    now: datetime
    number: DialNumber | None
    item: str | None = None  # None: about whatever is free
    medium: str = "call"

    @property
    def language(self) -> Language:
        return self.house.language

    @property
    def is_call(self) -> bool:
        return self.medium == "call"

    def begins(self, day: date) -> datetime:
        """The first instant at which it is `day` everywhere the debtor may be."""
        return max(day_start(min(day, LAST_DAY), zone) for zone in self.place.zones)

    def after(self, day: date) -> datetime:
        """The first instant at which `day` is over everywhere the debtor may be."""
        return self.begins(min(day, LAST_DAY) + ONE_DAY)

    def holds(self, fact: Fact, at: datetime) -> bool:
        return fact.until_on is None or at < self.after(fact.until_on)

    def override_of(self, rule: str, at: datetime) -> Fact | None:
        """The logged exception a person made from this rule, if one holds. The guard knows none."""
        if rule.partition("/")[0] == GUARD:
            return None
        found = (fact for fact in self.facts.known(FactKind.OVERRIDE) if fact.value == rule and self.holds(fact, at))
        return next(found, None)

    def without_overridden(self, refusals: Iterable[Refusal], at: datetime) -> Iterator[Refusal]:
        return (refusal for refusal in refusals if self.override_of(refusal.rule, at) is None)

    def says(self, texts: Texts, code: str, /, **values: object) -> str:
        return phrase(texts, code, self.language, self.place.home, **values)
