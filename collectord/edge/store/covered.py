"""Covered items in a scratch: what other sources opened, and a list must name if it is still owed.

Owns the tables `reach`, `covers` and `covered` of a scratch database. Judges nothing: the verdict comes in.
Invariant: an item that a bad row names, or that is younger than the list, is never among what is missing.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from importlib import resources
from typing import Any

import aiosql

from collectord.core.exports.arrival import Arrival
from collectord.core.exports.source_profiles import Profile

_TEXT = resources.files("collectord.edge.store").joinpath("sql", "covered.sql").read_text(encoding="utf-8")
SQL: Any = aiosql.from_str(_TEXT, "sqlite3", mandatory_parameters=False)


def gather(conn: sqlite3.Connection, number: int, profile: Profile, arrived: Arrival, booked_until: date | None) -> bool:
    """After the scratch knows its rows and its scope. Whether there is any such item."""
    source, as_of = arrived.source, arrived.as_of
    SQL.reach(conn)
    SQL.add_covers(conn, [(name, *numbers) for name in profile.covers if name != source for numbers in profile.accounts or (("", ""),)])
    until = min(as_of, booked_until or as_of)
    SQL.gather(conn, number=number, source=source, as_of=as_of.isoformat(), until=until.isoformat())
    return bool(SQL.any(conn))


def companies(conn: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(row[0] for row in SQL.companies(conn))
