"""Money: decimal amounts in one currency, exact to a ten-thousandth.

Owns parsing, adding and the integer form the store keeps. Knows no exchange rate: amounts of different currencies are never added.
Invariant: no float ever enters or leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

SCALE = 4  # decimal places kept; the store holds amount * 10**SCALE as an integer, which SQLite and PostgreSQL add exactly
LIMIT = Decimal(10) ** 12  # an open item of a billion and more is a typing mistake, not a claim
_FINEST = Decimal("0.0001")

_PLAIN = re.compile(r"\A-?[0-9]{1,13}(\.[0-9]{1,4})?\Z", re.ASCII)
_USUAL = re.compile(r"(?:-?[0-9]{1,12}\.[0-9]{2}\n)*\Z", re.ASCII)  # many amounts, a line each, none beyond the limit
_SCALED_LIMIT = int(LIMIT) * 10**SCALE
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z", re.ASCII)


class NotMoney(ValueError):
    """A text that is no amount; the message is one sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount and its ISO 4217 code. Adding different currencies raises ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("money is Decimal, never float")
        if not _CURRENCY.match(self.currency):
            raise NotMoney(f"{self.currency!r} is no ISO currency code of three capital letters")

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"cannot add {self.currency} and {other.currency}")
        return Money(self.amount + other.amount, self.currency)

    def __str__(self) -> str:
        return f"{plain(self.amount)} {self.currency}"


def parse_amount(text: str) -> Decimal:
    """The canonical form only: optional minus, digits, decimal point, at most four decimals.

    Refuses thousands separators, exponents, `NaN`, `1_000`, full-width digits. Raises NotMoney.
    """
    if not _PLAIN.match(text):
        raise NotMoney(f"{text[:40]!r} is no amount; write it like 1234.56 or -20.00")
    value = Decimal(text)
    if abs(value) >= LIMIT:
        raise NotMoney(f"{text[:40]} is beyond {LIMIT}; no open item is that large")
    return value


def is_amount(text: str) -> bool:
    """Whether the text has the canonical form, whatever its size."""
    return _PLAIN.match(text) is not None


def parse_scaled(text: str) -> int:
    """`parse_amount` in the store's integer form."""
    if not _PLAIN.match(text):
        raise NotMoney(f"{text[:40]!r} is no amount; write it like 1234.56 or -20.00")
    whole, _, fraction = text.partition(".")
    scaled = int(whole + fraction.ljust(SCALE, "0"))
    if abs(scaled) >= _SCALED_LIMIT:
        raise NotMoney(f"{text[:40]} is beyond {LIMIT}; no open item is that large")
    return scaled


def parse_scaled_all(texts: Sequence[str]) -> list[int]:
    """`parse_scaled` of each; several times as quick where all have two decimals."""
    lines = "\n".join(texts) + "\n"
    if _USUAL.match(lines):
        found = [int(digits) * 10 ** (SCALE - 2) for digits in lines.replace(".", "").split()]
        if len(found) == len(texts):
            return found
    return [parse_scaled(text) for text in texts]


def plain(amount: Decimal) -> str:
    """At least two decimals, no exponent: the form of every JSON and CSV that leaves the house (`410.00`, `0.1234`)."""
    quantised = amount.quantize(_FINEST)
    text = f"{quantised:f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(2, "0")
    return f"{whole}.{fraction}"


def to_scaled(amount: Decimal) -> int:
    """The integer the store keeps; raises NotMoney when the amount is finer than SCALE decimals."""
    scaled = amount.scaleb(SCALE)
    if scaled != scaled.to_integral_value():
        raise NotMoney(f"{amount} has more than {SCALE} decimals")
    return int(scaled)


def from_scaled(scaled: int) -> Decimal:
    return Decimal(scaled).scaleb(-SCALE)


def total(moneys: Iterable[Money]) -> dict[str, Decimal]:
    """Sum per currency, currencies in alphabetical order."""
    sums: dict[str, Decimal] = {}
    for money in moneys:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return dict(sorted(sums.items()))


def plain_map(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """`{"EUR": "410.00"}`: the JSON form of sums per currency."""
    return {currency: plain(amount) for currency, amount in sorted(amounts.items())}
