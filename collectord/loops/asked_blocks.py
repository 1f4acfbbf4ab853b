"""Asked blocks: which dunning blocks accounting was asked for and does not show.

Reads outbox, items and the last exports; asks core/receivables/asked_blocks. Writes nothing.
Invariant: each open item of which accounting was told is looked at once, with the export that covers its company.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from collectord.core.contact.refusals import Notice
from collectord.core.house import House
from collectord.core.receivables.asked_blocks import AskedBlock, Echo, echo, still_asked
from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.edge.store import blocks, ledger
from collectord.edge.store.connection import Connection
from collectord.edge.store.snapshots import Cover, cover

BLOCK_COLUMNS = frozenset({"dunning_block", "dispute"})
RULES = {Echo.UNCONFIRMED: "guard/unconfirmed-block", Echo.UNKNOWABLE: "guard/unknowable-block"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Echoed:
    """An asked block and what the export of this day says about it."""

    asked: AskedBlock
    echo: Echo
    source: str
    open_amount: Decimal
    currency: str
    shown_on: date | None

    def sentence(self, house: House) -> str:
        return self.asked.sentence(self.echo, self.shown_on, house.language)


async def echoes(conn: Connection, house: House, now: datetime, key: DebtorKey | None = None) -> list[Echoed]:
    """Every block that accounting should be showing today, of one debtor or of all, by debtor and item."""
    today = house.today(now)
    found: list[Echoed] = []
    items: dict[DebtorKey, dict[str, OpenItem]] = {}
    covers: dict[tuple[str, str], Cover] = {}
    for asked in sorted(still_asked(await blocks.told(conn, house, now, key), today), key=lambda one: (one.key, one.item_no)):
        if asked.key not in items:
            items[asked.key] = {item.item_no: item for item in await ledger.open_items(conn, asked.key, today)}
        item = items[asked.key].get(asked.item_no)
        if item is None:
            continue
        place = item.source, item.company
        if place not in covers:
            covers[place] = await cover(conn, *place, today)
        shown_on, can_show = covers[place].as_of, bool(covers[place].columns & BLOCK_COLUMNS)
        if not can_show and (told_on := await blocks.told_by_master(conn, asked.key, today)):
            shown_on, can_show = told_on, True
        judged = echo(asked, item, shown_on, can_show, today)
        found.append(
            Echoed(asked=asked, echo=judged, source=item.source, open_amount=item.open_amount, currency=item.currency, shown_on=shown_on)
        )
    return found


async def warnings(conn: Connection, house: House, now: datetime, key: DebtorKey) -> list[Notice]:
    """What `explain` says about this debtor's asked blocks."""
    return [Notice(RULES[one.echo], one.sentence(house)) for one in await echoes(conn, house, now, key) if one.echo in RULES]
