"""Composing: the text that a contact uses, filled in for its debtor.

Reads the last promise, asks core which text and what each placeholder becomes. Writes and sends nothing.
Invariant: a text stands in the debtor's language where there are texts in it, else in the house's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from collectord.core.contact.facts import DebtorFacts
from collectord.core.house import House
from collectord.core.receivables.ledger import Debtor
from collectord.core.receivables.script_text import ScriptText
from collectord.core.receivables.script_words import Filled, Occasion, fill, values_of
from collectord.core.wording import Language, safe, shown
from collectord.edge.letters import Letter
from collectord.edge.mailing import Post
from collectord.edge.store import promises
from collectord.edge.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Composed:
    text: ScriptText
    filled: Filled

    @property
    def language(self) -> Language:
        return self.text.language


async def compose(
    conn: Connection, text: ScriptText, found: DebtorFacts, items: Iterable[str], agent: str, house: House, now: datetime
) -> Composed:
    """`items`: what the contact is about; the debtor's credits net it."""
    about = set(items)
    company = house.companies.get(found.debtor.company)
    occasion = Occasion(
        debtor=found.debtor,
        items=tuple(item for item in found.items if item.item_no in about or item.open_amount < 0),
        company=company.name if company else "",
        caller_id=company.caller_id if company else "",
        agent=agent,
        promise=await promises.last_promise(conn, found.key, now),
        today=house.today(now),
    )
    return Composed(text, fill(text, values_of(occasion, text.language, house.time_zone)))


def as_post(composed: Composed, debtor: Debtor, message_id: str, recipient: str, house: House, now: datetime) -> Post:
    company = house.companies.get(debtor.company)
    return Post(
        id=message_id,
        sender_name=company.name if company else "",
        recipient=recipient,
        recipient_name=debtor.contact_person or debtor.debtor_name,
        subject=composed.filled.subject,
        body=composed.filled.body,
        at=now,
        language=composed.language,
    )


def as_letter(composed: Composed, debtor: Debtor, sender: tuple[str, ...], house: House, now: datetime) -> Letter:
    """No export names a street: what stands in the window is who, and where as far as it is known."""
    company = house.companies.get(debtor.company)
    lines = (debtor.debtor_name, debtor.contact_person, f"{debtor.country} {debtor.postcode}")
    return Letter(
        sender=sender or ((company.name,) if company else ()),
        address=tuple(safe(line).strip() for line in lines if line.strip()),
        place_and_day=shown(house.today(now), composed.language, house.time_zone),
        subject=composed.filled.subject,
        body=composed.filled.body,
        at=now,
        language=composed.language,
    )
