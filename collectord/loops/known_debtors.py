"""Known debtors: whom of those that rules name no export has named so far.

Reads the debtors by key. Writes nothing.
Invariant: a number that is unknown only because nothing was imported yet is told all the same: nobody can know better.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store import ledger
from collectord.edge.store.connection import Connection, StoreBroken, open_for_reading


async def unknown_of(conn: Connection, keys: Iterable[DebtorKey]) -> tuple[DebtorKey, ...]:
    return tuple([key for key in keys if await ledger.debtor(conn, key) is None])


async def unknown_beside(state_dir: Path, keys: Iterable[DebtorKey]) -> tuple[DebtorKey, ...]:
    """As `unknown_of`, beside a running daemon or without one; nobody where the store cannot be read or is not there yet."""
    try:
        async with open_for_reading(state_dir) as db:
            return await db.read(lambda conn: unknown_of(conn, keys))
    except StoreBroken:
        return ()
