"""Consents to recordings, on disk.

Owns table `recording`. Decides nothing: core/telephony/recording does. The sound itself lies at the PBX.
Invariant: the first withdrawal and the first erasure of a recording stand; neither is taken back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.recording import Recording
from collectord.edge.store.codec import instant, to_instant, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("recordings")


async def agree(conn: Connection, attempt_id: str, agent: str, at: datetime) -> None:
    await SQL.agree(conn, id=attempt_id, at=instant(at), agent=agent)


async def began(conn: Connection, attempt_id: str) -> None:
    await SQL.began(conn, id=attempt_id)


async def withdraw(conn: Connection, attempt_id: str, at: datetime) -> bool:
    """Whether it was not withdrawn before, and there was something to withdraw."""
    return bool(await SQL.withdraw(conn, id=attempt_id, at=instant(at)))


async def erased(conn: Connection, attempt_id: str, at: datetime) -> bool:
    """Whether it is news."""
    return bool(await SQL.erased(conn, id=attempt_id, at=instant(at)))


async def recording(conn: Connection, attempt_id: str) -> Recording | None:
    row = await SQL.recording(conn, id=attempt_id)
    return None if row is None else _recording(row)


async def of_debtor(conn: Connection, key: DebtorKey) -> list[Recording]:
    """The latest first, twenty at most."""
    return [_recording(row) async for row in SQL.of_debtor(conn, company=key.company, debtor_no=key.debtor_no)]


async def withdrawn_since(conn: Connection, pbx: str, since: datetime) -> bool:
    """Whether a recording of this PBX that is not erased yet was withdrawn at that instant or later."""
    return bool(await SQL.withdrawn_since(conn, pbx=pbx, since=instant(since)))


async def to_erase(conn: Connection, pbx: str, before: datetime, after: str, most: int) -> list[str]:
    """Attempts of this PBX whose recording is to go: withdrawn, or of before that instant; by their ids, from behind `after` on."""
    return [row["attempt_id"] async for row in SQL.to_erase(conn, pbx=pbx, before=instant(before), after=after, most=most)]


def _recording(row: Any) -> Recording:
    return Recording(
        attempt_id=row["attempt_id"],
        agreed_at=to_instant(row["agreed_at"]),
        agent=row["agent"],
        began=row["began"] == "yes",
        withdrawn_at=to_maybe_instant(row["withdrawn_at"]),
        erased_at=to_maybe_instant(row["erased_at"]),
    )
