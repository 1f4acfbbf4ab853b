"""Covering: which lists are complete for items that other sources opened.

Owns table `covering`. Decides nothing: a list's profile says what it covers.
Invariant: it changes only with an accepted snapshot, in the commit that makes that one count; what nobody covers is judged by its own
source.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from collectord.core.exports.source_profiles import Profile
from collectord.edge.store.connection import Connection, queries

SQL = queries("covering")
ANY_NUMBER = (("", ""),)


async def replace(conn: Connection, source: str, profile: Profile, scope: Sequence[str], companies: Sequence[str]) -> None:
    """`scope`: what the snapshot is complete for, '*' for everything of its source; `companies`: those it is complete for by name."""
    await SQL.forget(conn, covered_by=source, companies=json.dumps([*scope, *companies]))
    rows = [
        (company, covered, source, *numbers)
        for company in companies
        for covered in profile.covers
        if covered != source
        for numbers in profile.accounts or ANY_NUMBER
    ]
    if rows:
        await SQL.add(conn, rows)


async def drop_abandoned(conn: Connection, source: str) -> None:
    """After a snapshot of this list: those that it took over from cover nothing any more."""
    await SQL.drop_abandoned(conn, covered_by=source)


async def lists_of(conn: Connection, source: str, company: str) -> list[str]:
    """The sources by whose snapshots the items of this one are judged in that company; itself where no list covers it."""
    return [row["covered_by"] async for row in SQL.lists(conn, source=source, company=company)] or [source]


async def lists_anywhere(conn: Connection, source: str) -> list[str]:
    """The same for all companies."""
    return [row["covered_by"] async for row in SQL.lists_anywhere(conn, source=source)] or [source]
