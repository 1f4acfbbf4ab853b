"""Payment search: the debtors whom a statement's lines may be about, looked up for all lines together, and what core makes of them.

Reads the ledger on a connection of its own, so that nobody waits for the pass over all items. Judges nothing itself.
Invariant: a statement costs one pass over the items and at most one over the debtors' names, however many lines it has; the event loop
is never held for longer than a slice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.payment_lines import PaymentLine
from collectord.core.receivables.payment_matching import Candidate, Match, Matched, Owed, match, tokens_of
from collectord.core.receivables.remittance import NameIndex, number_key
from collectord.core.wording import Language
from collectord.edge.store import payments as store
from collectord.edge.store.connection import Connection, Database, open_for_reading

T = TypeVar("T")
SLICE = 5  # lines between two breaths of the event loop: half a millisecond
ROWS = 100  # rows of an answer between two breaths
PAGE = 50  # names read and compared, debtors whose items are read at once
MOST = 20  # items or debtors that one number may belong to before it tells nothing
MOST_NAMED = 20  # debtors of one name before the name tells nothing
MOST_AMOUNTS = 3  # items of one amount before the amount alone tells nothing
LOOK_BACK = timedelta(days=400)  # an unauthorised direct debit may come back for thirteen months


async def breathing(values: Iterable[T] | AsyncIterator[T], size: int = SLICE) -> AsyncIterator[T]:
    """The values one by one, with a breath for other tasks after each slice."""
    position = 0
    if isinstance(values, AsyncIterator):
        async for value in values:
            yield value
            position += 1
            if position % size == 0:
                await asyncio.sleep(0)
        return
    for value in values:
        yield value
        position += 1
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
            unsure = [line for line in lines if not _is_plain(matches[line.id])]
            if unsure:
                await search.names(unsure)
                await search.amounts(unsure)
                matches |= await search.judge(unsure)
            return matches

        return await own.read(job)


def _is_plain(found: Match) -> bool:
    return isinstance(found, Matched) and found.plain


class Search:
    """What was found so far for the lines of one statement."""

    def __init__(self, conn: Connection, language: Language, since: date) -> None:
        self._conn, self._language, self._since = conn, language, since
        self._found: dict[str, set[DebtorKey]] = {}  # line id -> debtors
        self._accounts: dict[str, set[DebtorKey]] = {}

    async def numbers(self, lines: Sequence[PaymentLine]) -> None:
        """By item number, debtor number and account."""
        wanted: dict[str, list[str]] = {}  # number -> line ids
        async for line in breathing(lines):
            for key in {token.key for token in tokens_of(line)} | {number_key(line.item_no), number_key(line.debtor_no)} - {""}:
                wanted.setdefault(key, []).append(line.id)
        keys = f"[{','.join([json.dumps(key) async for key in breathing(wanted, ROWS)])}]"
        for find in (store.by_item_number, store.by_debtor_number):
            async for number, debtor in breathing(find(self._conn, keys, MOST), ROWS):
                for line_id in wanted[number]:
                    self._found.setdefault(line_id, set()).add(debtor)
        accounts = {line.payer_account for line in lines} - {""}
        async for account, debtor in breathing(store.by_account(self._conn, accounts), ROWS):
            self._accounts.setdefault(account, set()).add(debtor)
        for line in lines:
            if line.payer_account in self._accounts:
                self._found.setdefault(line.id, set()).update(self._accounts[line.payer_account])

    async def names(self, lines: Sequence[PaymentLine]) -> None:
        """By the payer's name: one pass over all debtors."""
        index = NameIndex()
        async for line in breathing(lines):
            index.add(line.id, line.payer)
        hits: dict[str, set[DebtorKey]] = {}
        after = DebtorKey("", "")
        while page := await store.names_from(self._conn, after, PAGE):
            for key, name in page:
                for line_id in index.alike(name):
                    hits.setdefault(line_id, set()).add(key)
            after = page[-1][0]
            await asyncio.sleep(0)
        for line_id, debtors in hits.items():
            if len(debtors) <= MOST_NAMED:
                self._found.setdefault(line_id, set()).update(debtors)

    async def amounts(self, lines: Sequence[PaymentLine]) -> None:
        """By the amount, for what nothing else was found for."""
        lost: dict[str, list[str]] = {}
        for line in lines:
            if line.kind == "payment" and not self._found.get(line.id):
                lost.setdefault(str(line.amount), []).append(line.id)
        amounts = {line.amount for line in lines if str(line.amount) in lost}
        async for amount, debtor in breathing(store.by_amount(self._conn, amounts, MOST_AMOUNTS), ROWS):
            for line_id in lost.get(str(amount), ()):
                self._found.setdefault(line_id, set()).add(debtor)

    async def judge(self, lines: Sequence[PaymentLine]) -> dict[str, Match]:
        """Asks core about each line with everything that its candidates owe."""
        wanted: set[DebtorKey] = set()
        async for line in breathing(lines, ROWS):
            wanted.update(self._found.get(line.id, ()))
        keys = list(wanted)
        names: dict[DebtorKey, str] = {}
        owed: dict[DebtorKey, list[Owed]] = {}
        for start in range(0, len(keys), PAGE):
            async for key, name, item in breathing(store.owed_by(self._conn, keys[start : start + PAGE], self._since), ROWS):
                names[key] = name
                owed.setdefault(key, []).append(item)
        matches: dict[str, Match] = {}
        async for line in breathing(lines):
            known = self._accounts.get(line.payer_account, ())
            candidates = [
                Candidate(key=key, name=names[key], owed=tuple(owed[key]), account_known=key in known)
                for key in sorted(self._found.get(line.id, ()))
                if key in owed
            ]
            matches[line.id] = match(line, candidates, self._language)
        return matches
