"""Roles: which of a debtor's numbers is dialled first, and which next after calls in vain.

Owns the words for roles and the order of candidates. Allows and refuses nothing: that is the gate's.
Invariant: every dialable number stays a candidate; only the order changes, and it never depends on the order they came in.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from collectord.core.contact.facts import DIALLED_RESULTS, Contact, DebtorFacts, FactKind
from collectord.core.receivables.ledger import DialNumber
from collectord.core.wording import Language, Texts, phrase

ACCOUNTS_PAYABLE = (
    "accounts payable", "payable", "accounting", "accountant", "bookkeep", "finance", "treasury", "buchhalt", "kreditor", "rechnungswesen",
    "finanz", "zahlungsverkehr",
)  # fmt: skip
BOSS = ("boss", "owner", "director", "manager", "ceo", "cfo", "chef", "inhaber", "geschäftsführ", "geschaeftsfuehr", "leitung", "vorstand")
ASKED, PAYS, ACCOUNT, OTHER, LEADS = range(5)
_TRIED = DIALLED_RESULTS - {"congestion"}  # the network was full: says nothing about the number

TEXTS: Texts = {
    "asked": ("whom the debtor asked for", "wen der Debitor verlangt hat"),
    "pays": ("who pays the invoices", "wer die Rechnungen bezahlt"),
    "account": ("the debtor's own number", "die eigene Nummer des Debitors"),
    "other": ("another contact person", "ein anderer Ansprechpartner"),
    "leads": ("who leads the business: last", "Leitung: zuletzt"),
    "as-listed": ("in the order of the export", "in der Reihenfolge des Exports"),
    "tried": (
        "{why}; {count} {count:call|calls} without a talk since the last one",
        "{why}; seit dem letzten Gespräch {count} {count:Anruf|Anrufe} ohne Gespräch",
    ),
    "wrong": ("belongs to somebody else: not dialled", "gehört jemand anderem: wird nicht gewählt"),
    "blocked": ("rests until {day}: not dialled", "ruht bis {day}: wird nicht gewählt"),
    "blocked-for-good": ("blocked: not dialled", "gesperrt: wird nicht gewählt"),
}
_CODES = {ASKED: "asked", PAYS: "pays", ACCOUNT: "account", OTHER: "other", LEADS: "leads"}


def candidates(facts: DebtorFacts, tries_each: int = 1) -> tuple[DialNumber, ...]:
    """The debtor's dialable numbers, the one to dial first in front.

    A number that was called `tries_each` times without a talk steps behind the others until they were called as often. Among equals, of a
    business debtor: whom the debtor asked for, then whoever pays the invoices, then the account's own numbers, others, the boss last.
    Of a private debtor: the numbers as they stand.
    """
    dialable = [number for number in facts.debtor.numbers if number.e164 is not None]
    with_person = {number.e164 for number in dialable if number.person}
    own = [number for number in dialable if number.person or number.e164 not in with_person]
    tried = _tries(facts)
    return tuple(sorted(own, key=lambda number: (tried.get(number.e164 or "", 0) // tries_each, _rank_of(facts, number), number.position)))


def other_number(facts: DebtorFacts, number: str, today: date, tries_each: int = 1) -> str:
    """The number that is next in turn, if it was called less often in vain than this one; "" = none, or it is this one."""
    tried = _tries(facts)
    for candidate in candidates(facts, tries_each):
        e164 = candidate.e164 or ""
        if e164 != number and not _closed(facts, e164, today):
            return e164 if tried.get(e164, 0) < tried.get(number, 0) else ""
    return ""


def numbers_told(facts: DebtorFacts, today: date, language: Language, tries_each: int = 1) -> list[dict[str, Any]]:
    """The candidates in their order, each with the reason for its place."""
    tried, last = _tries(facts), {contact.number: contact.disposition or contact.result for contact in _in_vain(facts)}
    return [
        {
            "number": candidate.e164,
            "person": candidate.person or None,
            "role": candidate.role or None,
            "hours": candidate.hours or None,
            "tries": tried.get(candidate.e164 or "", 0),
            "last": last.get(candidate.e164 or ""),
            "why": _why(facts, candidate, tried.get(candidate.e164 or "", 0), today, language),
        }
        for candidate in candidates(facts, tries_each)
    ]


def asks_for(facts: DebtorFacts, number: DialNumber | None) -> str:
    """Whom to ask for on this number, "" when nobody is known by name."""
    if number is not None and number.person:
        return ", ".join(dict.fromkeys(filter(None, (number.person, number.role))))
    return facts.debtor.contact_person


def _rank_of(facts: DebtorFacts, number: DialNumber) -> int:
    if facts.debtor.person_type == "private":
        return 0
    return _rank(number, [fact.value for fact in facts.known(FactKind.ASK_FIRST)][-1:])


def _rank(number: DialNumber, asked: list[str]) -> int:
    if not number.person:
        return ACCOUNT
    role = number.role.casefold()
    if any(wanted.casefold() in (role, number.person.casefold()) for wanted in asked):
        return ASKED
    if any(word in role for word in ACCOUNTS_PAYABLE):
        return PAYS
    return LEADS if any(word in role for word in BOSS) else OTHER


def _in_vain(facts: DebtorFacts) -> list[Contact]:
    """Our calls since the last talk with the debtor, oldest first."""
    since: list[Contact] = []
    for contact in facts.contacts:
        if contact.is_conversation:
            since = []
        elif contact.is_call and contact.direction == "outbound" and contact.result in _TRIED:
            since.append(contact)
    return since


def _tries(facts: DebtorFacts) -> dict[str, int]:
    counts: dict[str, int] = {}
    for contact in _in_vain(facts):
        counts[contact.number] = counts.get(contact.number, 0) + 1
    return counts


def _closed(facts: DebtorFacts, number: str, today: date) -> bool:
    return _is_wrong(facts, number) or _blocked_until(facts, number, today) is not None


def _is_wrong(facts: DebtorFacts, number: str) -> bool:
    said = any(fact.value == number for fact in facts.known(FactKind.NUMBER_WRONG))
    return said or any(contact.disposition == "wrong_number" and contact.number == number for contact in facts.contacts)


def _blocked_until(facts: DebtorFacts, number: str, today: date) -> date | None:
    """The last day of its longest block; date.max: for good."""
    days = [fact.until_on or date.max for fact in facts.known(FactKind.NUMBER_BLOCKED) if fact.value == number]
    return max((day for day in days if day >= today), default=None)


def _why(facts: DebtorFacts, number: DialNumber, tries: int, today: date, language: Language) -> str:
    e164 = number.e164 or ""
    if _is_wrong(facts, e164):
        return phrase(TEXTS, "wrong", language)
    if (until := _blocked_until(facts, e164, today)) is not None:
        return phrase(TEXTS, "blocked-for-good" if until == date.max else "blocked", language, day=until)
    code = "as-listed" if facts.debtor.person_type == "private" else _CODES[_rank_of(facts, number)]
    why = phrase(TEXTS, code, language)
    return phrase(TEXTS, "tried", language, why=why, count=tries) if tries else why
