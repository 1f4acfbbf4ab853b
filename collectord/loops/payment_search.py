"""Payment search: the debtors whom a statement's lines may be about, looked up for all lines together, and what core makes of them.

Reads the ledger on a connection of its own, so that nobody waits for the pass over all items. Judges nothing itself.
Invariant: a statement costs one pass over the items and at most one over the debtors' names, however many lines it has; the event loop
is never held for longer than a slice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.payment_lines import PaymentLine
from collectord.core.receivables.payment_matching import Candidate, Match, Matched, match, tokens_of
from collectord.core.receivables.remittance import alike, name_words, number_key
from collectord.core.wording import Language
from collectord.edge.store import payments as store
from collectord.edge.store.connection import Connection, Database, open_for_reading

T = TypeVar("T")
SLICE = 10  # lines between two breaths of the event loop: about a millisecond
PAGE = 200  # names read and compared at once
MOST = 20  # items or debtors that one number may belong to before it tells nothing
MOST_NAMED = 20  # debtors of one name before the name tells nothing
MOST_AMOUNTS = 3  # items of one amount before the amount alone tells nothing
LOOK_BACK = timedelta(days=400)  # an unauthorised direct debit may come back for thirteen months


async def breathing(values: Iterable[T], size: int = SLICE) -> AsyncIterator[T]:
    """The values one by one, with a breath for other tasks after each slice."""
    for position, value in enumerate(values, 1):
        yield value
        if position % size == 0:
            await asyncio.sleep(0)


async def match_all(db: Database, lines: Sequence[PaymentLine], language: Language, today: date) -> dict[str, Match]:
    """Line id -> what it is about."""
    if not lines:
        return {}
    async with open_for_reading(db.path.parent) as own:

        async def job(conn: Connection) -> dict[str, Match]:
            search = Search(conn, language, today - LOOK_BACK)
            await search.numbers(lines)
            matches = await search.judge(lines)
            unsure = [line for line in lines if not isinstance(matches[line.id], Matched)]
            if unsure:
                await search.names(unsure)
                await search.amounts(unsure)
                matches |= await search.judge(unsure)
            return matches

        return await own.read(job)


class Search:
    """What was found so far for the lines of one statement."""

    def __init__(self, conn: Connection, language: Language, since: date) -> None:
        self._conn, self._language, self._since = conn, language, since
        self._found: dict[str, dict[DebtorKey, None]] = {}  # line id -> debtors, in the order of finding
        self._account: dict[str, list[DebtorKey]] = {}

    def _add(self, line: PaymentLine, keys: Iterable[DebtorKey]) -> None:
        self._found.setdefault(line.id, {}).update(dict.fromkeys(keys))

    async def numbers(self, lines: Sequence[PaymentLine]) -> None:
        """By item number, debtor number and account."""
        wanted: dict[str, set[str]] = {}
        async for line in breathing(lines):
            numbers = {token.key for token in tokens_of(line)} | {number_key(line.item_no), number_key(line.debtor_no)}
            wanted[line.id] = numbers - {""}
        keys = sorted(set().union(*wanted.values()))
        items = await store.by_item_number(self._conn, keys, MOST)
        debtors = await store.by_debtor_number(self._conn, keys, MOST)
        self._account = await store.by_account(self._conn, {line.payer_account for line in lines} - {""})
        async for line in breathing(lines):
            for key in sorted(wanted[line.id]):
                self._add(line, [*debtors.get(key, ()), *items.get(key, ())])
            self._add(line, self._account.get(line.payer_account, ()))

    async def names(self, lines: Sequence[PaymentLine]) -> None:
        """By the payer's name: one pass over all debtors. A word that stands in too many names on the list is left to the others."""
        payers = {line.id: name_words(line.payer) for line in lines}
        by_word: dict[str, set[str]] = {}
        for line_id, words in payers.items():
            for word in words:
                by_word.setdefault(word, set()).add(line_id)
        hits: dict[str, list[tuple[int, DebtorKey]]] = {}
        after = DebtorKey("", "")
        while page := await store.names_from(self._conn, after, PAGE):
            for key, name in page:
                words = name_words(name)
                near = set().union(*(by_word[word] for word in words if word in by_word))
                for line_id in near:
                    if grade := alike(payers[line_id], words):
                        hits.setdefault(line_id, []).append((grade, key))
            after = page[-1][0]
            await asyncio.sleep(0)
        for line in lines:
            found = hits.get(line.id, [])
            if len(found) <= MOST_NAMED:
                self._add(line, [key for _, key in sorted(found, key=lambda hit: (-hit[0], hit[1]))])

    async def amounts(self, lines: Sequence[PaymentLine]) -> None:
        """By the amount, for what nothing else was found for."""
        lost = [line for line in lines if not self._found.get(line.id) and line.kind == "payment"]
        found = await store.by_amount(self._conn, {line.amount for line in lost}, MOST_AMOUNTS)
        for line in lost:
            self._add(line, found.get(line.amount, ()))

    async def judge(self, lines: Sequence[PaymentLine]) -> dict[str, Match]:
        """Asks core about each line with everything that its candidates owe."""
        keys = {key for line in lines for key in self._found.get(line.id, ())}
        owed = await store.owed_by(self._conn, keys, self._since)
        names = await store.names_of(self._conn, keys)
        matches: dict[str, Match] = {}
        async for line in breathing(lines):
            known = self._account.get(line.payer_account, ())
            candidates = [
                Candidate(key=key, name=names.get(key, ""), owed=tuple(owed.get(key, ())), account_known=key in known)
                for key in self._found.get(line.id, ())
            ]
            matches[line.id] = match(line, candidates, self._language)
        return matches
