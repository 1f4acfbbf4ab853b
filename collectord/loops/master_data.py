"""Master data: what an export of debtors' own data changes, and the taking over of it.

Reads the checked rows and what is known, asks core/exports/master_rows and core/contact/corrections, writes in the batch's commit.
Invariant: nothing is cleared, and no debtor is made callable or uncallable, by a debtor's absence from such a file.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from collectord.core.contact.corrections import overlay
from collectord.core.exports.change_set import Counts, Verdict
from collectord.core.exports.intake import Arrival
from collectord.core.exports.master_rows import Gathering, MasterSaid, merged, merged_persons
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.wording import Language, Texts, phrase, safe
from collectord.edge.store import batches, master
from collectord.edge.store.connection import Connection
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.prepared import Prepared

ROWS = 200  # checked rows put together, and …
DEBTORS = 25  # … debtors compared between two breaths of the event loop: a few milliseconds
COMPANIES_SHOWN = 10

TEXTS: Texts = {
    "elsewhere": (
        "{count} debtors reach nobody: they stand under company {seen}, lists of open items know company {known}; set company in the"
        " profile's [columns] or in the file",
        "{count} Debitoren erreichen niemanden: sie stehen unter Buchungskreis {seen}, die Listen offener Posten kennen {known}; company im"
        " Quellprofil ([columns]) oder in der Datei setzen",
    ),
}


async def prepare(edges: IntakeEdges, arrived: Arrival, rows: Sequence[tuple[int, tuple[str, ...]]], now: datetime) -> Prepared:
    """Compares with what is known. `extra`: how many debtors and contact persons the file names."""
    gathering = await _gathered(rows)
    keys = gathering.debtors()
    verdicts: Counter[str] = Counter()
    changes = master.Changes()
    origin = (arrived.source, arrived.batch_id)
    persons = 0
    for start in range(0, len(keys), DEBTORS):
        portion = [gathering.said(key) for key in keys[start : start + DEBTORS]]
        found = await edges.db.read(partial(master.known_of, keys=[_key(one) for one in portion]))
        for one in portion:
            verdicts[_compare(one, found[_key(one)], arrived.mode, edges.house, changes, origin)] += one.rows
            persons += len(one.persons)
        await asyncio.sleep(0)
    unread = await edges.db.read(partial(master.unread_before, source=arrived.source, batch_id=arrived.batch_id))
    good = [key for key in unread if (key.company, key.debtor_no) in gathering]

    async def apply(conn: Connection) -> None:
        await master.put(conn, changes, edges.house)
        await master.settle_rejects(conn, good, arrived.source, arrived.batch_id)

    rejected = await edges.db.read(partial(batches.count_rejects, batch_id=arrived.batch_id))
    companies = await edges.db.read(master.exported_companies)
    return Prepared(
        counts=Counts(verdicts=dict(verdicts), rejected=rejected), apply=apply, extra={"debtors": len(keys), "contact_persons": persons},
        warnings=_elsewhere(Counter(company for company, _ in keys), companies, edges.house.language),
    )  # fmt: skip


def _elsewhere(said: Mapping[str, int], known: Sequence[str], language: Language) -> tuple[str, ...]:
    """A company that no list of open items knows, while they know others: what is said of its debtors reaches nobody."""
    strange = {company: count for company, count in said.items() if company not in known}
    if not known or not strange:
        return ()
    named = {"seen": _shown(sorted(strange)), "known": _shown(known)}
    return (phrase(TEXTS, "elsewhere", language, count=sum(strange.values()), **named),)


def _shown(companies: Sequence[str]) -> str:
    more = ", …" if len(companies) > COMPANIES_SHOWN else ""
    return ", ".join(f'"{safe(company)}"' for company in companies[:COMPANIES_SHOWN]) + more


async def _gathered(rows: Sequence[tuple[int, tuple[str, ...]]]) -> Gathering:
    gathering = Gathering()
    for position, (_, row) in enumerate(rows):
        gathering.add(row)
        if position % ROWS == 0:
            await asyncio.sleep(0)
    return gathering


def _compare(
    said: MasterSaid, known: master.KnownMaster, mode: str, house: House, changes: master.Changes, origin: tuple[str, str]
) -> Verdict:
    """What the file says about this debtor beside what is known; what changes goes into `changes`."""
    before = known.master or {}
    fields = merged(before, said.fields, mode=mode)
    persons = merged_persons(known.persons, said.persons, mode=mode)
    if known.master is not None and fields == dict(before) and persons == known.persons:
        return Verdict.UNCHANGED
    country = fields.get("country") or known.country(house)
    over = overlay(fields, persons, (), country, house.language)
    changes.add(_key(said), fields, None if persons == known.persons else persons, over, origin)
    return Verdict.OPENED if known.master is None else Verdict.CHANGED


def _key(said: MasterSaid) -> DebtorKey:
    return DebtorKey(said.company, said.debtor_no)
