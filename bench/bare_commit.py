"""The yardstick for whatever ends on disk: one row in a database of its own, journal and fsync as the product's.

Owns that database. Invariant: each commit is one row and one fsync.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path


def commits(folder: Path, count: int) -> list[float]:
    """Seconds of each."""
    path = folder / "bare.db"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("create table if not exists row (id integer primary key, at real)")
        found = []
        for _ in range(count):
            began = time.perf_counter()
            connection.execute("begin immediate")
            connection.execute("insert into row (at) values (?)", (began,))
            connection.execute("commit")
            found.append(time.perf_counter() - began)
            time.sleep(0.002)
        return found
    finally:
        connection.close()
        path.unlink()
