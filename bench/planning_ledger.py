"""A ledger as planning meets it in real life, and the same ledger a day later.

Owns the mix: who pays in time, who is late, what is disputed, blocked, credited. Writes exports and nothing else.
Invariant: the same numbers give the same files.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from bench.installation import AREAS, AS_OF

COLUMNS = (
    "debtor_no;debtor_name;item_no;invoiced_on;due_on;amount;open_amount;currency;kind;payment_method;person_type;phone;country;region;"
    "potential_class;dispute;dunning_block"
)
ITEMS_EACH = 4  # on average: one to seven
PUNCTUAL, SOMEWHAT_LATE = 0.62, 0.27  # of the debtors; the rest is late
CHANGED = 0.07  # of the debtors: paid, paid in part, new
DAY = timedelta(days=1)


def _items(debtors: int) -> Iterator[tuple[int, int, list[str]]]:
    chance = random.Random(11)
    for debtor in range(debtors):
        kind = chance.random()
        oldest = 0 if kind < PUNCTUAL else 12 if kind < PUNCTUAL + SOMEWHAT_LATE else 75
        phone = f"+49{AREAS[debtor % 5]}{2_000_000 + debtor}"
        for item in range(debtor % 7 + 1):
            due = AS_OF + timedelta(days=chance.randint(-oldest, 30))
            amount = f"{20 + chance.randint(0, 4_000)}.{chance.randint(0, 99):02}"
            credit = chance.random() < 0.02
            open_amount = f"-{amount}" if credit else amount
            disputed = "yes" if chance.random() < 0.01 else ""
            blocked = str(AS_OF + timedelta(days=chance.randint(1, 20))) if chance.random() < 0.02 else ""
            yield debtor, item, [
                f"D{debtor:06}", f"Debtor {debtor} GmbH", f"R{debtor:06}-{item}", str(due - 14 * DAY), str(due), open_amount, open_amount,
                "EUR", "credit_note" if credit else "invoice", "direct_debit" if chance.random() < 0.03 else "transfer",
                "private" if debtor % 10 == 0 else "business", phone, "DE", "BE", ("I", "II", "III", "IV")[debtor % 4], disputed, blocked,
            ]  # fmt: skip


def today(debtors: int) -> Iterator[str]:
    for _, _, cells in _items(debtors):
        yield ";".join(cells)


def tomorrow(debtors: int) -> Iterator[str]:
    """CHANGED of the debtors, and every item of theirs: paid, paid in part, or a new one beside it. A debtor pays several items at once."""
    changed = random.Random(7)
    of = [changed.random() for _ in range(debtors)]
    for debtor, item, cells in _items(debtors):
        kind = of[debtor] / CHANGED
        if kind >= 1:
            yield ";".join(cells)
        elif kind >= 2 / 3:
            yield ";".join(cells)
            yield ";".join([*cells[:2], f"R{debtor:06}-N{item}", str(AS_OF), str(AS_OF + 14 * DAY), "55.00", "55.00", *cells[7:]])
        elif kind >= 1 / 3 and cells[8] == "invoice":
            yield ";".join([*cells[:6], "17.00", *cells[7:]])


def write(folder: Path, rows: Iterator[str], as_of: date) -> tuple[Path, int]:
    path, count = folder / f"op_{as_of}.csv", 0
    with path.open("w", encoding="utf-8") as file:
        file.write(COLUMNS + "\n")
        for row in rows:
            file.write(row + "\n")
            count += 1
    return path, count
