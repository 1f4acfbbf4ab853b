"""Holds: what beyond the ledger stops or bends a debtor's ladder.

Owns the reading of promises, arranged contacts and what humans recorded, as far as planning needs them. Knows no item and no step.
Invariant: a fact counts until its last day; a legal state stops the ladder whoever says it, the export or a human, as the gate has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from collectord.core.contact.facts import NO_LEGAL_STATE, Fact, FactKind
from collectord.core.receivables.ledger import Debtor

EVERY_ITEM = ""  # a dispute about the whole account


@dataclass(frozen=True, slots=True)
class Objection:
    """What the debtor said about an item, and the last day on which it waits because of that."""

    item_no: str
    until: date
    title: str


@dataclass(frozen=True, slots=True)
class Grace:
    """Time that somebody with a name gave the debtor, up to and with this day."""

    until: date
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    promise_until: date | None = None  # last day, grace included, of an open promise
    appointment: datetime | None = None  # a live task that no ladder made: callback, broken promise
    legal_state: str = ""  # what humans recorded; the export's own stands in the debtor
    do_not_call: bool = False  # call levels do not exist for this debtor
    covered_by: str = ""  # head office whose call is for this debtor too
    disputed_items: frozenset[str] = frozenset()  # what humans recorded; the export's own stands in the item
    promise_pending: bool = False  # the promise waits for a lead's approval
    objections: tuple[Objection, ...] = ()
    grace: Grace | None = None
    ask_first: bool = False  # somebody recorded whom to ask before a call
    asked: frozenset[str] = frozenset()  # roles that agreed, in small letters

    def disputes(self, item_no: str) -> bool:
        return item_no in self.disputed_items or EVERY_ITEM in self.disputed_items

    def objection(self, item_no: str) -> Objection | None:
        """Why this item waits; of several the longest."""
        about = [one for one in self.objections if one.item_no in (item_no, EVERY_ITEM)]
        return max(about, key=lambda one: one.until, default=None)

    def waits(self, item_no: str) -> date | None:
        """The last day on which an objection or time that was given keeps this item out of every call."""
        objection = self.objection(item_no)
        return max((one.until for one in (objection, self.grace) if one is not None), default=None)

    def stops_all(self, debtor: Debtor) -> str:
        """The legal state that stops every medium, "" when there is none."""
        if not self.legal_state and not debtor.legal_state:
            return ""
        states = (self.legal_state.strip(), debtor.legal_state.strip())
        return next((state for state in states if state.casefold() not in NO_LEGAL_STATE), "")


NO_HOLD = Holds()


def gather(
    facts: Iterable[Fact], promised_until: Iterable[date], appointments: Iterable[datetime], today: date, *, pending: bool = False
) -> Holds:
    """`facts` not revoked, oldest first; `promised_until` of open promises; `appointments` of live tasks that no ladder made."""
    valid = [fact for fact in facts if fact.until_on is None or fact.until_on >= today]
    legal = [fact.value for fact in valid if fact.kind == FactKind.LEGAL_STATE and fact.value.strip().casefold() not in NO_LEGAL_STATE]
    return Holds(
        promise_until=max(promised_until, default=None),
        appointment=min(appointments, default=None),
        legal_state=legal[-1] if legal else "",
        do_not_call=any(fact.kind == FactKind.DO_NOT_CALL for fact in valid),
        disputed_items=frozenset(fact.value for fact in valid if fact.kind == FactKind.DISPUTE),
        promise_pending=pending,
        objections=tuple(
            Objection(fact.value, fact.until_on, fact.reason)
            for fact in valid
            if fact.kind == FactKind.OBJECTION and fact.until_on is not None
        ),
        grace=max(
            (Grace(fact.until_on, fact.value, fact.reason) for fact in valid if fact.kind == FactKind.GRACE and fact.until_on is not None),
            key=lambda grace: grace.until,
            default=None,
        ),
        ask_first=any(fact.kind == FactKind.ASK_FIRST for fact in valid),
        asked=frozenset(fact.value.casefold() for fact in valid if fact.kind == FactKind.ASKED),
    )
