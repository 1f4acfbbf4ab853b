"""How values stand in columns: instants, dates, amounts, lists.

Owns the text forms of the store. Knows no table.
Invariant: instant texts sort as their instants; every value read back equals the value written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

import orjson

from collectord.core.money import from_scaled, to_scaled
from collectord.core.receivables.ledger import DebtorKey


def instant(value: datetime) -> str:
    """Aware datetime -> fixed-width UTC text. A naive one is a programming error."""
    if value.tzinfo is None:
        raise ValueError("a naive instant never reaches the store")
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"  # without +00:00


def maybe_instant(value: datetime | None) -> str | None:
    return None if value is None else instant(value)


def to_instant(text: str) -> datetime:
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def to_maybe_instant(text: str | None) -> datetime | None:
    return None if text is None else to_instant(text)


def maybe_day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def to_maybe_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def maybe_scaled(value: Decimal | None) -> int | None:
    return None if value is None else to_scaled(value)


def to_maybe_amount(value: int | None) -> Decimal | None:
    return None if value is None else from_scaled(value)


def joined(values: tuple[str, ...]) -> str:
    """Item numbers in one column; '|' inside a number is refused at intake."""
    return "|".join(values)


def split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def as_json(keys: Iterable[DebtorKey]) -> str:
    """Many debtors as one parameter."""
    return orjson.dumps([(key.company, key.debtor_no) for key in keys]).decode()
