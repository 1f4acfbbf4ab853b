"""Comparing a staged batch with the ledger: what a snapshot no longer names, which debtors changed.

Reads staged rows and the ledger page by page, asks core, writes staged rows. Decides nothing about the batch as a whole.
Invariant: a page is short enough that neither the event loop nor the store's other users wait for it.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import partial

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.exports.change_set import Before, Verdict, debtor_digest, merge_debtor
from collectord.core.exports.intake import Arrival
from collectord.core.house import House
from collectord.edge.store import staging
from collectord.edge.store.connection import Connection, Database
from collectord.loops.reading import Staged

NUMBERS_SLICE = 20  # debtors whose numbers are judged before other tasks get their turn: about 2 ms


async def stage_missing(db: Database, arrived: Arrival, staged: Staged) -> Before:
    """What a snapshot no longer names within its scope: the companies of its column, else everything of its source."""
    count, claims = 0, dict[str, Decimal]()
    batch_id, source = arrived.batch_id, arrived.source
    if staged.header.has_company:
        companies = sorted(staged.companies)
    else:
        companies = await db.read(partial(staging.companies_of, source=source))
    in_doubt = await db.read(partial(staging.has_unknown_reject, batch_id=batch_id))
    verdict = Verdict.DOUBTFUL if in_doubt else Verdict.MISSING
    for company in companies:
        after, more = ("", ""), True
        while more:
            page, more = await db.read(partial(staging.page_after, source=source, company=company, after=after))
            after = page.to
            totals = await db.read(partial(staging.page_totals, source=source, page=page))
            for currency, (items, amount) in totals.items():
                count, claims[currency] = count + items, claims.get(currency, Decimal(0)) + amount
            missing = await db.read(partial(staging.page_missing, batch_id=batch_id, source=source, page=page))
            rows = [staging.missing_row(batch_id, company, item, verdict) for item in missing]
            if rows:
                await db.write(partial(staging.stage_items, rows=rows))
    return Before(count, claims, await db.read(partial(staging.gone, batch_id=batch_id)))


async def stage_debtors(db: Database, house: House, arrived: Arrival, staged: Staged) -> None:
    """One saying for each debtor that changed, its numbers judged."""
    present = staged.header.debtor_columns
    after: tuple[str, str] | None = ("", "")
    while after is not None:
        page = await db.read(partial(staging.debtor_page, batch_id=arrived.batch_id, after=after))
        after = page.end
        debtors, numbers = [], []
        for position, said in enumerate(page.debtors):
            if position % NUMBERS_SLICE == 0:
                await asyncio.sleep(0)
            debtor = merge_debtor(said.sayings, said.known, present)
            digest = debtor_digest(debtor)
            if digest == said.known_digest:
                continue
            debtors.append(staging.chosen_row(arrived.batch_id, said.company, said.debtor_no, digest, debtor))
            for place, raw in ((1, debtor.phone), (2, debtor.phone2)):
                if raw:
                    number = to_dial_number(raw, place, debtor.country or house.country, house.language)
                    numbers.append(staging.number_row(arrived.batch_id, said.company, said.debtor_no, number))

        async def write(conn: Connection, debtors: list[staging.Row] = debtors, numbers: list[staging.Row] = numbers) -> None:
            await staging.stage_debtors(conn, debtors)
            await staging.stage_numbers(conn, numbers)

        if debtors:
            await db.write(write)
