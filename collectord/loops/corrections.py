"""Corrections: what agents put right holds at once, and as long as accounting knows nothing newer.

Reads corrections and accounting's data, asks core/contact/corrections, writes corrections and what lies over the export.
Invariant: a correction and its effect are one transaction; settling twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from collectord.core.contact.corrections import Adopted, Correction, CorrectionKind, Overruled, Stands, judge, taken_back
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store import corrections, facts, master
from collectord.edge.store.connection import Connection, Database


async def put_right(
    conn: Connection,
    key: DebtorKey,
    made: Sequence[Correction],
    fields_taken_back: Sequence[str],
    house: House,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Inside the transaction that records them. An earlier correction of the same thing ends."""
    if not made and not fields_taken_back:
        return
    known = await master.known(conn, key)
    held = [one for one in await corrections.in_force(conn, key) if one.kind is CorrectionKind.PUT_RIGHT]
    for one in held:
        if one.field in fields_taken_back:
            await _withdraw(conn, one, now, new_id)
    for correction in made:
        accounting = known.accounting(correction)
        same = judge(correction, accounting, known.country(house))
        for one in held:
            if one.subject == correction.subject and one.field not in fields_taken_back:
                await (_withdraw(conn, one, now, new_id) if isinstance(same, Adopted) else corrections.revoke(conn, one.id, now))
        await corrections.add(conn, replace(correction, was=accounting))
        if isinstance(same, Adopted):
            await corrections.end(conn, correction.id, same, accounting, now)
    await master.lay_anew(conn, key, house)


async def _withdraw(conn: Connection, correction: Correction, now: datetime, new_id: Callable[[], str]) -> None:
    """Ends it; accounting is told when it had been told of it."""
    await corrections.revoke(conn, correction.id, now)
    if correction.exported_in:
        await corrections.add(conn, taken_back(correction, new_id(), now))


async def settle(db: Database, house: House, now: datetime, new_id: Callable[[], str]) -> int:
    """After imports: ends what accounting adopted or overruled. Returns how many ended."""
    ended = 0
    for key in dict.fromkeys(one.key for one in await db.read(corrections.in_force)):
        if await db.read(lambda conn, k=key: _answers(conn, k, house)):  # type: ignore[misc]
            ended += await db.write(lambda conn, k=key: _settle(conn, k, house, now, new_id))  # type: ignore[misc]
    return ended


async def _settle(conn: Connection, key: DebtorKey, house: House, now: datetime, new_id: Callable[[], str]) -> int:
    answers = await _answers(conn, key, house)
    for correction, answer, accounting in answers:
        await corrections.end(conn, correction.id, answer, accounting, now)
        word = "adopted" if isinstance(answer, Adopted) else "overruled"
        sentence = f"{word}: {correction.field} {correction.value or correction.was}; accounting says {accounting or 'nothing'}"
        await facts.add_happening(conn, new_id(), now, f"correction_{word}", key, "collectord", sentence)
    await master.lay_anew(conn, key, house)
    return len(answers)


async def _answers(conn: Connection, key: DebtorKey, house: House) -> list[tuple[Correction, Adopted | Overruled, str]]:
    """The corrections of this debtor that accounting has answered, and what it says now."""
    known = await master.known(conn, key)
    found = []
    for correction in await corrections.in_force(conn, key):
        accounting = known.accounting(correction)
        answer = judge(correction, accounting, known.country(house))
        if not isinstance(answer, Stands):
            found.append((correction, answer, accounting))
    return found
