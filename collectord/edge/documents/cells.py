"""A sheet's cell as text: numbers without float dust, days as days, errors as broken.

Owns the form. Knows no file format and no column.
Invariant: a cell whose exact value is not known for sure is Broken, never a near miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from collectord.core.exports.csv_records import Broken, Certain, Record

MOST_DIGITS = 15  # a sheet keeps no more of a number; a longer identifier lost its last digits when it became a number
_SMALLEST = Decimal("0.0001")
_DUST = Decimal("0.0000001")  # sums of cents in binary are off by less

_NUMBER = re.compile(r"\A-?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[Ee][+-]?[0-9]{1,3})?\Z", re.ASCII)
_DAY = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(?=T|\Z)", re.ASCII)

Value = int | float | str | bool | date | datetime | time | timedelta | None


def cell(value: Value) -> str:
    """Text stays as it is; everything else is Certain or Broken; "" for nothing."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return Certain("yes" if value else "no")
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, datetime):
        return Certain(value.date().isoformat())
    return Certain(str(value) if isinstance(value, timedelta) else value.isoformat())


def number(value: int | float) -> str:
    """`1930571429.0` is 1930571429, `0.1 + 0.2` is 0.30; two decimals at least where there are any."""
    if not abs(value) < 10**MOST_DIGITS:  # also NaN
        return Broken(f"{value:.17g}")
    if value == int(value):
        return Certain(int(value))
    if abs(value) < 10**12 and value == round(value, 2):
        return Certain(f"{value:.2f}")
    exact = Decimal(f"{value:.{MOST_DIGITS}g}")
    rounded = exact.quantize(_SMALLEST)
    if abs(exact - rounded) <= _DUST:
        exact = rounded
    if exact == exact.to_integral_value():
        return Certain(f"{exact.to_integral_value() + 0:f}")
    cents = exact.quantize(Decimal("0.01"))
    return Certain(f"{cents:f}" if exact == cents else f"{exact.normalize():f}")


def number_text(text: str) -> str:
    """The same of a number that XML writes as text."""
    return number(float(text)) if _NUMBER.match(text) else Broken(text or "#?")


def day(text: str) -> str:
    """A day that XML writes as text, with or without a time."""
    found = _DAY.match(text)
    return Certain(found[0]) if found else Broken(text or "#?")


def row(line: int, cells: list[str]) -> Record | None:
    """The record of a row; None for an empty one."""
    return Record(line, cells, ";".join(cells)) if any(cells) else None


def padded(records: Iterator[Record]) -> Iterator[Record]:
    """Rows without their last empty cells, made as wide as the widest before: data is at least as wide as its header."""
    width = 0
    for record in records:
        width = max(width, len(record.fields))
        record.fields.extend([""] * (width - len(record.fields)))
        yield record
