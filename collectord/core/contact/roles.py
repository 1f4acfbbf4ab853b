"""Roles: which of a business debtor's numbers is dialled first.

Owns the words for roles and the order of candidates. Allows and refuses nothing: that is the gate's.
Invariant: every dialable number stays a candidate; only the order changes, and it never depends on the order they came in.
"""

from __future__ import annotations

from collectord.core.contact.facts import DebtorFacts, FactKind
from collectord.core.receivables.ledger import DialNumber

ACCOUNTS_PAYABLE = (
    "accounts payable", "payable", "accounting", "accountant", "bookkeep", "finance", "treasury", "buchhalt", "kreditor", "rechnungswesen",
    "finanz", "zahlungsverkehr",
)  # fmt: skip
BOSS = ("boss", "owner", "director", "manager", "ceo", "cfo", "chef", "inhaber", "geschäftsführ", "geschaeftsfuehr", "leitung", "vorstand")
ASKED, PAYS, ACCOUNT, OTHER, LEADS = range(5)


def candidates(facts: DebtorFacts) -> tuple[DialNumber, ...]:
    """The debtor's dialable numbers, the one to dial first in front.

    A business debtor: whom the debtor asked for, then whoever pays the invoices, then the account's own numbers, others, the boss last.
    A private debtor: the numbers as they stand.
    """
    dialable = [number for number in facts.debtor.numbers if number.e164 is not None]
    with_person = {number.e164 for number in dialable if number.person}
    own = [number for number in dialable if number.person or number.e164 not in with_person]
    asked = [fact.value for fact in facts.known(FactKind.ASK_FIRST)][-1:]
    business = facts.debtor.person_type != "private"
    return tuple(sorted(own, key=lambda number: (_rank(number, asked) if business else 0, number.position)))


def _rank(number: DialNumber, asked: list[str]) -> int:
    if not number.person:
        return ACCOUNT
    role = number.role.casefold()
    if any(wanted.casefold() in (role, number.person.casefold()) for wanted in asked):
        return ASKED
    if any(word in role for word in ACCOUNTS_PAYABLE):
        return PAYS
    return LEADS if any(word in role for word in BOSS) else OTHER


def asks_for(facts: DebtorFacts, number: DialNumber | None) -> str:
    """Whom to ask for on this number, "" when nobody is known by name."""
    if number is not None and number.person:
        return ", ".join(dict.fromkeys(filter(None, (number.person, number.role))))
    return facts.debtor.contact_person
