"""Self-service: a caller who reached nobody keys debtor and invoice number, and then a day of payment or a wish to be called back.

Owns what may be keyed for a number, whom a pair of numbers means, how often it may be tried, and what may be agreed without a person.
Knows no store and no PBX. Invariant: whoever has not keyed both numbers of one open item learns nothing, not even that a debtor exists;
what is not surely meant is no match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.promise_limits import PromiseLimits
from collectord.core.telephony.attempts import LONGEST_WAIT, Disposition, Said
from collectord.core.wording import Texts

SOURCE = "self-service"  # in place of an agent, wherever it is told who agreed something
TRIES = 3  # of one call
WITHIN = timedelta(hours=24)  # wrong pairs of so long are counted
PATIENCE = timedelta(seconds=4)  # of the 5 s after which the dialplan tells the caller that it is not possible
LEAST = 4  # digits of a part of a number: what is left out of RE-2026-00123 may be the year, not the most of it
_DIGITS = re.compile(r"[0-9]+", re.ASCII)

TEXTS: Texts = {
    "served": (
        "The debtor called, reached nobody, and keyed on the telephone what was wanted.",
        "Der Debitor rief an, erreichte niemanden und gab sein Anliegen über die Telefontasten ein.",
    ),
    "keyed": ("Keyed on the telephone by a caller from {number}.", "Am Telefon eingetippt, Anruf von {number}."),
    "callback": (
        "The debtor asked by keys of the telephone to be called back ({at}).",
        "Der Debitor bat über die Telefontasten um Rückruf ({at}).",
    ),
    "instead": (
        "The debtor keyed {day} as day of payment, which takes a talk: to be called.",
        "Der Debitor gab über die Telefontasten {day} als Zahltag ein, darüber ist zu sprechen: anzurufen.",
    ),
    "locked": (
        "{number} keyed {count} pairs of numbers that did not fit within 24 hours: no self-service for this number until then.",
        "{number} gab in 24 Stunden {count} Nummernpaare ein, die nicht passten: so lange keine Selbstbedienung für diesen Anschluss.",
    ),
    "closed": (
        "{count} pairs of numbers that did not fit were keyed within 24 hours: no self-service for anybody until it is less than {limit}.",
        "In 24 Stunden wurden {count} Nummernpaare eingegeben, die nicht passten: Selbstbedienung für niemanden, bis es weniger als"
        " {limit} sind.",
    ),
}


class Pair(StrEnum):
    """What the dialplan is told of a pair: the same words whichever half was wrong. One that fits is answered with the house's day."""

    WRONG = "0"
    OVER = "end"


class Wish(StrEnum):
    """What a caller wants once the pair fitted: the words of CollWish."""

    PROMISE = "promise"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    SOON = "soon"


class Told(StrEnum):
    """What the caller may be told, because it is on disk."""

    NOTHING = "0"
    PROMISED = "1"
    PENDING = "2"  # promised, and a lead has to approve it
    CALLBACK = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One open item, as it stands in the ledger."""

    key: DebtorKey
    item_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Wrong pairs within 24 hours, from one number and from all."""

    per_number: int
    per_day: int

    def is_over(self, of_number: int, of_all: int) -> bool:
        return of_number >= self.per_number or of_all >= self.per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds at one debtor of the item: its own, and of a branch the head office."""

    debtor: Debtor | None
    holds: Holds
    item_no: str  # as that debtor's
    item: OpenItem

    @property
    def is_one_for_a_person(self) -> bool:
        """Promised already, disputed, insolvent, or unknown: what a machine agrees to nothing about."""
        if self.debtor is None or self.holds.promise_until is not None or self.holds.stops_all(self.debtor):
            return True
        return self.item.dispute or self.holds.disputes(self.item_no)


def forms(number: str) -> frozenset[str]:
    """What may be keyed for it, leading zeros aside: all of its digits, or those of its last groups when they are long enough."""
    groups = _DIGITS.findall(number)
    whole = "".join(groups).lstrip("0")
    parts = {"".join(groups[start:]).lstrip("0") for start in range(1, len(groups))}
    return frozenset({whole} - {""}) | {part for part in parts if len(part) >= LEAST}


def meant(debtor: str, invoice: str, open_items: Iterable[Owed]) -> Owed | None:
    """The one open item that both numbers mean; of several it is none."""
    first, second = debtor.lstrip("0"), invoice.lstrip("0")
    found = {one for one in open_items if first in forms(one.key.debtor_no) and second in forms(one.item_no)}
    return found.pop() if len(found) == 1 else None


def may_promise(on: date | None, today: date, limits: PromiseLimits, holds: Iterable[Held], *, broken: int, escalate_from: int) -> bool:
    """Without a person: a day within what an agent may agree alone, of somebody who has not promised already nor failed to keep it."""
    longest = LONGEST_WAIT if limits.longest is None else timedelta(days=limits.longest)
    return (
        on is not None and today <= on <= today + longest and broken < escalate_from and not any(one.is_one_for_a_person for one in holds)
    )


def is_given_up(told: datetime, now: datetime) -> bool:
    """Whether the caller is being told by now that nothing could be noted: then nothing is."""
    return now - told > PATIENCE


def is_called_back(asked: datetime | None, called: datetime | None) -> bool:
    """Whether the one call that these keys may ask for in `CALLED_BACK_EVERY` is made: whoever holds an invoice could ask for ever."""
    return asked is not None and called is not None and called > asked


def called_back_at(wish: Wish, now: datetime, zone: str) -> datetime:
    """The wanted part of the day, today's where it is not over; the gate knows which days and hours there are."""
    hours = {Wish.MORNING: (time(9), time(12)), Wish.AFTERNOON: (time(13), time(17))}.get(wish)
    if hours is None:
        return now
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=local.time() >= hours[1])
    return max(now, datetime.combine(day, hours[0], ZoneInfo(zone)).astimezone(UTC))


def said(wish: Wish, on: date | None, now: datetime, zone: str, *, promised: bool, note: str) -> Said:
    """As if an agent had keyed it. `promised`: the day may be agreed; else somebody calls back about it."""
    if wish is Wish.PROMISE and promised:
        return Said(disposition=Disposition.PROMISE, on=on, note=note)
    return Said(disposition=Disposition.CALLBACK, callback_at=called_back_at(wish, now, zone), note=note)
