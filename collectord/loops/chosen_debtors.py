"""Chosen debtors: what holds of each debtor that an export describes anew, and which numbers that gives.

Reads what the rows said and what the ledger knows, asks core, writes the scratch. Decides nothing.
Invariant: a debtor of whom the file says what the ledger says costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.exports.change_set import debtor_digest, merge_debtor
from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.readings import Order
from collectord.core.receivables.ledger import DialNumber
from collectord.edge.store.scratch import Scratch

TOGETHER = 500  # debtors or numbers written at once


def choose_debtors(order: Order, columns: frozenset[str], scratch: Scratch) -> None:
    """One saying for each debtor that changes, its numbers judged."""
    present = columns & frozenset(DEBTOR_COLUMNS)
    whole = len(present) == len(DEBTOR_COLUMNS)
    scratch.choose_plain(whole=whole)
    mixed = (
        (key, merged)
        for key, sayings, known in scratch.mixed(whole=whole)
        if debtor_digest(merged := merge_debtor(sayings, known.debtor if known else None, present)) != (known.digest if known else None)
    )
    while portion := list(islice(mixed, TOGETHER)):
        scratch.choose(portion)
    numbers = ((n, number) for n, country, *raws in scratch.telephones() for number in _numbers(order, country, raws))
    while some := list(islice(numbers, TOGETHER)):
        scratch.add_numbers(some)


def judge_numbers(order: Order, scratch: Scratch) -> None:
    """Of every debtor that half of a file names: judging costs most of the time, and two readers do it in half of that."""
    numbers = (
        ((company, debtor_no, digest), number)
        for company, debtor_no, digest, country, *raws in scratch.every_telephone()
        for number in _numbers(order, country, raws)
    )
    while some := list(islice(numbers, TOGETHER)):
        scratch.add_judged(some)


def _numbers(order: Order, country: str, raws: Sequence[str]) -> Iterator[DialNumber]:
    return (to_dial_number(raw, position, country or order.country, order.language) for position, raw in enumerate(raws, 1) if raw)
