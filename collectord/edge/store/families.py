"""Head offices and branches as they stand in the debtors' data.

Owns no table: reads the links. Decides nothing: which head office counts is core/receivables/families'.
Invariant: an item of a call is found again under the debtor whose it is.
"""

from __future__ import annotations

from datetime import date

from collectord.core.receivables.families import SEPARATOR, Family, families, owners, reference, referred, root_of
from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.edge.store import ledger
from collectord.edge.store.connection import Connection, queries

SQL = queries("families")
Links = dict[DebtorKey, str]


async def every_link(conn: Connection) -> tuple[Links, set[DebtorKey]]:
    """(debtor -> its head office's number, those head offices that there are)."""
    links = {DebtorKey(row["company"], row["debtor_no"]): row["head_office"] async for row in SQL.every_link(conn)}
    heads = {DebtorKey(key.company, head) for key, head in links.items()}
    return links, {head for head in heads if await _is_known(conn, head)}


async def every_family(conn: Connection) -> dict[DebtorKey, Family]:
    """By the key of the root."""
    return families(*await every_link(conn))


async def family_of(conn: Connection, key: DebtorKey) -> Family:
    """The family that this debtor belongs to; alone in it when nobody names a head office."""
    links: Links = {}
    known: set[DebtorKey] = set()
    above: DebtorKey | None = key
    while above is not None and above not in links:
        row = await SQL.link_of(conn, company=above.company, debtor_no=above.debtor_no)
        links[above] = row["head_office"] if row else ""
        parent = DebtorKey(above.company, links[above])
        above = parent if row and await _is_known(conn, parent) else None
        known |= {parent} if above else set()
    root = root_of(key, links, known)
    below = [root]
    for head in below:
        numbers = sorted([row["debtor_no"] async for row in SQL.links_to(conn, company=head.company, head_office=head.debtor_no)])
        for branch in (DebtorKey(head.company, number) for number in numbers):
            known.add(head)
            links[branch] = head.debtor_no
            if branch not in below:
                below.append(branch)
    return families(links, known).get(root, Family(root))


async def _is_known(conn: Connection, key: DebtorKey) -> bool:
    return await SQL.is_known(conn, company=key.company, debtor_no=key.debtor_no) is not None


async def open_items(conn: Connection, key: DebtorKey, today: date) -> tuple[OpenItem, ...]:
    """What a call to this debtor may be about: its own items, and as a head office those of its branches."""
    items = await ledger.open_items(conn, key, today)
    for branch in (await members(conn, key))[1:]:
        items += referred(branch, await ledger.open_items(conn, branch, today))
    return items


async def members(conn: Connection, key: DebtorKey) -> tuple[DebtorKey, ...]:
    """Whose items a call to this debtor covers, its own first."""
    family = await family_of(conn, key)
    return (key, *family.branches) if family.root == key else (key,)


def named(key: DebtorKey, member: DebtorKey, item_no: str) -> str:
    """What a member's item is called in a call to `key`."""
    return item_no if member == key else reference(member, item_no)


async def owner_of(conn: Connection, key: DebtorKey, item_no: str) -> tuple[DebtorKey, str]:
    """Whose item this is that a call to `key` was about, and what it is called there."""
    if SEPARATOR in item_no:
        for owner, number in owners(key, item_no):
            if await SQL.has_item(conn, company=owner.company, debtor_no=owner.debtor_no, item_no=number):
                return owner, number
    return key, item_no
