"""The claim: what the law adds to what one debtor owes, as of the end of a day.

Reads debtor, items and recorded disputes, asks core/receivables/claim. Writes nothing: accounting books charges.
Invariant: while the calculator is off the answer says that nothing is charged.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from collectord.core.contact.calendar import WorkingDays
from collectord.core.contact.facts import FactKind
from collectord.core.house import House
from collectord.core.money import NotMoney, parse_amount, plain
from collectord.core.receivables.claim import TEXTS, ClaimUnknown, Owed, allocate, claimed, law_of, person_of, totals
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.core.wording import phrase
from collectord.edge.store import facts, families, ledger
from collectord.edge.store.connection import Connection, Database
from collectord.loops.explain import NotKnown


async def claim(
    db: Database, rules: Rules, house: House, key: DebtorKey, now: datetime, on: date | None = None, paid: str | None = None
) -> dict[str, Any]:
    """`claim --json`. Raises NotKnown, ClaimUnknown."""
    today = house.today(now)
    day = on or today
    try:
        payment = parse_amount(paid) if paid is not None else None
    except NotMoney as error:
        raise ClaimUnknown(f"--paid: {error}") from None
    if payment is not None and payment < 0:
        raise ClaimUnknown(f"--paid {paid}: a payment is not negative")
    law = law_of(rules.claims, house.country, house.language)

    async def look(conn: Connection) -> dict[str, Any]:
        debtor = await ledger.debtor(conn, key)
        if debtor is None:
            raise NotKnown(f"there is no debtor {key}")
        items = await families.open_items(conn, key, today)
        known = await facts.known_facts(conn, key, now)
        disputed = [fact.value for fact in known if fact.kind == FactKind.DISPUTE and (fact.until_on is None or fact.until_on >= today)]
        company = house.companies.get(key.company)
        found = claimed(
            debtor, items, rules.claims, law, day, WorkingDays(house.country, company.region if company else ""),
            disputed=disputed, language=house.language, zone=house.time_zone,
        )  # fmt: skip
        return {
            "company": key.company,
            "debtor_no": key.debtor_no,
            "debtor_name": debtor.debtor_name,
            "on": day.isoformat(),
            "law": law.name,
            "person": person_of(debtor),
            "charged": rules.claims.enabled,
            "why": phrase(TEXTS, "on" if rules.claims.enabled else "off", house.language),
            "items": [one.document() for one in found],
            "totals": {currency: {name: plain(amount) for name, amount in sums.items()} for currency, sums in totals(found).items()},
            "allocation": _allocated(totals(found), payment) if payment is not None else None,
        }

    return await db.read(look)


def _allocated(sums: dict[str, dict[str, Decimal]], payment: Decimal) -> dict[str, Any]:
    """A payment in the currency in which most is owed."""
    if not sums:
        return {"currency": None, "paid": {}, "rest": {}, "over": plain(payment)}
    currency = max(sums, key=lambda code: sums[code]["total"])
    owed = sums[currency]
    found = allocate(Owed(owed["costs"], owed["interest"], owed["principal"]), payment)
    names = ("costs", "interest", "principal")
    return {
        "currency": currency,
        "paid": {name: plain(getattr(found.paid, name)) for name in names},
        "rest": {name: plain(getattr(found.rest, name)) for name in names},
        "over": plain(found.over),
    }
