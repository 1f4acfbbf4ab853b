"""Objected: what an objection card of a talk adds to its disposition: who waits for how long, what is recorded, what accounting is asked.

Owns these additions. Knows no store; the disposition's own consequences are follow_up's.
Invariant: what waits ends by itself on a day; a step is not taken as carried out for an invoice that waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from collectord.core.contact.calendar import bank_day
from collectord.core.contact.facts import Fact, FactKind
from collectord.core.telephony.attempts import Disposition, Said
from collectord.core.telephony.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    said: Said
    why: str = ""  # in place of the disposition's sentence
    until: date | None = None  # last day on which `held` wait
    held: tuple[str, ...] = ()  # items
    legal_state: str = ""
    asked: str = ""  # of accounting

    def facts(self, now: Situation) -> tuple[Fact, ...]:
        kinds = [(FactKind.OBJECTION, item, self.until) for item in self.held]
        if self.legal_state:
            kinds.append((FactKind.LEGAL_STATE, self.legal_state, None))
        attempt = now.attempt
        return tuple(
            Fact(
                id=now.new_id(), at=now.now, company=attempt.company, debtor_no=attempt.debtor_no, kind=kind, value=value,
                reason=self.said.note, actor=attempt.agent, attempt_id=attempt.id, until_on=until,
            )
            for kind, value, until in kinds
        )  # fmt: skip


def objected(now: Situation, said: Said) -> Objected:
    """What the card of this talk adds; without one nothing."""
    card = now.cards.get(said.objection)
    if card is None:
        return Objected(said=said)
    title = card.title[now.language]
    said = replace(said, note=f"{title}: {said.note}" if said.note else title)
    asked = card.accounting[now.language] if card.accounting else ""
    if said.disposition is Disposition.PROMISE:  # instalments instead of waiting
        return Objected(said=said, asked=asked)
    until = said.until if card.ask_until else None
    if card.hold_banking_days:
        until = bank_day(now.days, now.today, card.hold_banking_days)
    return Objected(
        said=said,
        why=now.say("objection", title=title) if until is None else now.say("objection-hold", title=title, until=until),
        until=until,
        held=(said.items or now.attempt.items) if until is not None else (),
        legal_state=card.legal_state,
        asked=asked,
    )
