"""The frame: how much contact one debtor may receive, by which media, in what tone and by whom.

Owns contact strength, saturation and the question whether a contact is worth its cost. Knows no ladder's steps and no calling hours.
Invariant: a contact is let in only where the strength of all contacts of the period, its own among them, stays within the saturation;
`until` is the first day on which it does again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from collectord.core.receivables.history import Touch
from collectord.core.receivables.ledger import OpenItem
from collectord.core.wording import Language

DAY = timedelta(days=1)
MEDIA = ("call", "email", "letter", "visit", "handover")  # what a step may ask for
MEDIUM_TITLES: Mapping[str, Mapping[Language, str]] = {
    "call": {"en": "a call", "de": "ein Anruf"},
    "email": {"en": "an e-mail", "de": "eine E-Mail"},
    "letter": {"en": "a letter", "de": "ein Brief"},
    "visit": {"en": "a visit", "de": "ein Besuch"},
    "handover": {"en": "a handover", "de": "eine Abgabe"},
}
UNANSWERED = "unanswered"  # a call that the debtor may have heard and that was no talk; left out: it weighs as much as one
WEIGHED = ("call", UNANSWERED, "email", "sms", "letter", "visit")  # what a debtor receives; a handover is our own affair
NO_CLASS = "none"  # a debtor whose export names no potential class
CLASSES = ("I", "II", "III", "IV", NO_CLASS)
TONES = ("friendly", "factual", "firm")


@dataclass(frozen=True, slots=True)
class Full:
    """No room for this medium. `until`: the first day with room again, None: never, one contact alone weighs more than the saturation."""

    until: date | None
    strength: int  # what the period holds already
    saturation: int
    own: int  # what this contact would weigh


@dataclass(frozen=True, slots=True)
class NotWorth:
    """The contact costs more than it can bring in the currency in which most is open."""

    cost: Decimal
    brings: Decimal
    open_amount: Decimal
    currency: str
    margin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nobody contacts the debtor up to and with this day."""

    until: date
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What strategy and exception leave for one debtor. As it stands here: no limit at all."""

    strategy: str = ""  # "" = none is for this debtor
    title: Mapping[str, str] = field(default_factory=dict)  # language -> its name for people
    media: tuple[str, ...] = MEDIA
    instead: Mapping[str, str] = field(default_factory=dict)  # medium of a step -> what this debtor gets in its place
    strength: Mapping[str, int] = field(default_factory=dict)
    saturation: int | None = None  # None: no bound
    per: int = 1  # days, today among them
    gap: int = 0  # days between two contacts, whatever the step says
    tones: tuple[str, ...] = TONES[:1]
    skill: str = ""
    owner_first: bool = False
    agent: str = ""  # nobody else
    ask_first: str = ""
    ladder: str = ""  # "" = by the ladders' own conditions
    priority: int = 0  # added to the step's
    cost: Mapping[str, Decimal] = field(default_factory=dict)
    margin: int | None = None  # per cent of an invoice that a contact may cost; None: nobody asks
    pause: Pause | None = None
    hours: str = ""  # week text; "" = whenever the packs allow
    not_on: str = ""  # days
    only: tuple[str, ...] = ()  # media an exception leaves, for calls by hand too; empty: all
    as_class: str = ""  # the class that an exception puts in the place of the export's
    exception: bool = False  # rules/debtors.toml names the debtor
    approved_by: str = ""
    reason: str = ""
    ignored: tuple[str, ...] = ()  # keys of the exception that would loosen the strategy and have no approval

    def named(self, language: Language) -> str:
        """The strategy as people call it."""
        return self.title.get(language) or self.strategy or "-"

    def medium_for(self, medium: str) -> str:
        """What the debtor gets where a step asks for this medium; "" = such a step does not exist for the debtor."""
        taken = self.instead.get(medium, medium)
        return taken if taken in self.media else ""

    def used(self, touches: Iterable[Touch], on: date) -> int:
        """The strength of all contacts of the period that ends with this day."""
        return sum(
            self._weight(touch) for touch in touches if not touch.inbound and not touch.agreed and on - self.per * DAY < touch.on <= on
        )

    def room(self, medium: str, touches: Sequence[Touch], today: date) -> Full | None:
        """None: there is room for one more contact by this medium."""
        own = self.strength.get(medium, 0)
        if medium == "call":
            own = max(own, self.strength.get(UNANSWERED, 0))  # nobody knows beforehand which it will be
        if self.saturation is None or not own:
            return None
        now = self.used(touches, today)
        if now + own <= self.saturation:
            return None
        ends = sorted({touch.on + self.per * DAY for touch in touches if touch.on + self.per * DAY > today})
        free = (day for day in ends if self.used(touches, day) + own <= self.saturation)
        return Full(None if own > self.saturation else next(free), now, self.saturation, own)

    def _weight(self, touch: Touch) -> int:
        kind = UNANSWERED if touch.medium == "call" and not touch.conversation and UNANSWERED in self.strength else touch.medium
        return self.strength.get(kind, 0)

    def worth(self, medium: str, amounts: Mapping[str, Decimal]) -> NotWorth | None:
        """None: in one currency at least, the margin of what is open covers the cost of this contact."""
        cost = self.cost.get(medium, Decimal(0))
        if self.margin is None or not cost:
            return None
        currency, amount = max(amounts.items(), key=lambda pair: (pair[1], pair[0]))
        brings = amount * self.margin / 100
        return None if brings >= cost else NotWorth(cost, brings, amount, currency, self.margin)

    def tone(self, position: int) -> str:
        """The tone of the reminder that is this one, counted from 1, after the due date; 0: a courtesy before it, always friendly."""
        return self.tones[min(position, len(self.tones)) - 1] if position else TONES[0]


NO_FRAME = Frame()


def with_letters(touches: Sequence[Touch], items: Iterable[OpenItem], today: date) -> tuple[Touch, ...]:
    """Our own contacts with the letters of accounting's own dunning run, one a day however many items it named."""
    days = {item.last_dunned_on for item in items if item.last_dunned_on is not None and item.last_dunned_on <= today}
    known = {touch.on for touch in touches if touch.medium == "letter" and not touch.inbound}
    return (*touches, *(Touch(on=day, medium="letter") for day in sorted(days - known)))
