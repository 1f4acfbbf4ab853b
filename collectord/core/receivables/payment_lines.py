"""Payment lines: one line of a bank statement -> a checked line with an id of its own, or why not.

Owns the columns of a statement, what each may hold, when money coming back is a returned direct debit, and what is kept of a payer's
account. Knows no statement file, no store and no open item.
Invariant: the same booking has the same id in whatever statement it stands; two equal bookings of one statement stay two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Literal

from collectord.core.exports.cells import CELL_TEXTS, MAX_FIELD, MAX_KEY, BadCell, read_day, read_maybe_day, read_money, read_word
from collectord.core.exports.columns import PAYMENT_COLUMNS
from collectord.core.exports.csv_records import MAX_ORIGINAL
from collectord.core.exports.open_items import BadRow
from collectord.core.money import Money, parse_amount
from collectord.core.wording import Language, Texts, phrase, safe

AHEAD = timedelta(days=31)  # a booking day later than that after the statement's is a misread date, not a booking noted in advance
LONGEST = 2_000  # characters of a remittance text that are kept; SEPA carries 140, structured statements a few of them
LAST_SHOWN = 4  # characters of an account that people get to see

TEXTS: Texts = {
    **CELL_TEXTS,
    "ahead": ("is booked more than a month after the statement's day", "ist mehr als einen Monat nach dem Tag des Auszugs gebucht"),
    "nothing": ("is an amount of zero", "ist ein Betrag von null"),
    "currency": ("is no ISO currency code like EUR", "ist kein ISO-Währungscode wie EUR"),
    "bar": ("must not hold |", "darf kein | enthalten"),
}

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z", re.ASCII)
_MASKED = re.compile(r"\A…[0-9A-Z]{0,4}#[0-9a-f]{24}\Z", re.ASCII)
_RETURN = re.compile(
    r"r(?:ü|ue)ck(?:last|belast)|lastschr[a-z.]{0,16}[ -]{0,4}(?:r(?:ü|ue)ck|retour)|lastschrift zur(?:ü|ue)ck|\bretoure|\brls\b"
    r"|return(?:ed)?(?: of)?(?: sepa)? direct debit|direct debit return|unpaid direct debit|rejected direct debit"
    # reasons of SEPA returns (ISO 20022 external codes): account, funds, mandate, unspecified
    r"|\b(?:ac0[146]|ac13|ag0[12]|am0[45]|md0[167]|ms0[23]|sl01|rr0[1-4])\b",
    re.IGNORECASE,
)

# written in one piece, or in blocks of four; a mistyped one as well, so its check digits are not asked
_IBAN = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?:[ \u00a0][A-Z0-9]{4}){2,7}(?:[ \u00a0][A-Z0-9]{1,4})?)(?![A-Z0-9])", re.IGNORECASE
)  # fmt: skip

Kind = Literal["payment", "return", "other"]
_POSITION = {name: position for position, name in enumerate(PAYMENT_COLUMNS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLine:
    """One booking. `amount` > 0 came in, < 0 went out."""

    id: str
    company: str
    booked_on: date
    value_on: date | None
    amount: Money
    kind: Kind
    payer: str
    payer_account: str  # as kept_of makes it, never the account itself
    reference: str
    end_to_end: str
    debtor_no: str  # where the statement (a lockbox, an own bank interface) says it
    item_no: str


class PaymentReader:
    """Checks the lines of one statement. `as_of` is the statement's day."""

    def __init__(self, as_of: date, language: Language) -> None:
        self._latest = as_of + AHEAD
        self._language = language

    def check(self, line: int, values: Sequence[str], raw: str) -> tuple[str, ...] | BadRow | None:
        """`values` in the order of PAYMENT_COLUMNS, "" where the file has nothing. None: an empty row.

        A remittance text is cleaned, never a reason to lose a payment: line breaks and control characters become blanks.
        """
        texts = [" ".join(_CONTROL.sub(" ", value).split()) for value in values]
        if not any(texts):
            return None
        try:
            return self._checked(dict(zip(PAYMENT_COLUMNS, texts, strict=True)))
        except BadCell as bad:
            reason = phrase(TEXTS, bad.code, self._language, **bad.values)
            return BadRow(line, bad.column, safe(bad.value), reason, raw[:MAX_ORIGINAL])

    def _checked(self, row: dict[str, str]) -> tuple[str, ...]:
        for name in ("booked_on", "amount"):
            if not row[name]:
                raise BadCell(name, "", "missing")
        for name in ("payment_no", "company", "debtor_no", "item_no", "end_to_end", "payer_account"):
            if len(row[name]) > MAX_KEY:
                raise BadCell(name, row[name], "long_key")
        for name in ("payer", "reference"):
            if len(row[name]) > MAX_FIELD:
                raise BadCell(name, row[name], "long_field")
        if "|" in row["item_no"]:
            raise BadCell("item_no", row["item_no"], "bar")
        if read_day(row["booked_on"], "booked_on") > self._latest:
            raise BadCell("booked_on", row["booked_on"], "ahead")
        read_maybe_day(row["value_on"], "value_on")
        row["currency"] = row["currency"].upper() or "EUR"
        if not _CURRENCY.match(row["currency"]):
            raise BadCell("currency", row["currency"], "currency")
        row["kind"] = _kind(row, read_money(row["amount"], "amount"))
        row["payer_account"] = kept_of(row["payer_account"])
        row["reference"] = row["reference"][:LONGEST]
        return tuple(row[name] for name in PAYMENT_COLUMNS)


def lines_of(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[PaymentLine]:
    """The checked rows of one statement as values, each with its id.

    The id is made of everything that makes a booking itself, with the bank's own number where it has one, and of how many equal ones stand
    before it in this statement: overlapping statements tell of the same two equal bookings as first and second, so each counts once.
    """
    twins: dict[str, int] = {}
    for _, row in rows:
        at = dict(zip(PAYMENT_COLUMNS, row, strict=True))
        # the payer's name and the value date are not part of it: banks cut and move them from one statement to the next
        own = ("company", "payment_no", "booked_on", "amount", "currency", "payer_account", "end_to_end", "debtor_no", "item_no")
        parts = [*(at[name] for name in own), "".join(at["reference"].split()).casefold()]
        digest = blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
        ordinal = twins.get(digest, 0)
        twins[digest] = ordinal + 1
        yield PaymentLine(
            id=digest if ordinal == 0 else f"{digest}-{ordinal}",
            company=at["company"],
            booked_on=date.fromisoformat(at["booked_on"]),
            value_on=date.fromisoformat(at["value_on"]) if at["value_on"] else None,
            amount=Money(parse_amount(at["amount"]), at["currency"]),
            kind=at["kind"],  # type: ignore[arg-type]  # checked
            payer=at["payer"],
            payer_account=at["payer_account"],
            reference=at["reference"],
            end_to_end=at["end_to_end"],
            debtor_no=at["debtor_no"],
            item_no=at["item_no"],
        )


def kept_of(account: str) -> str:
    """What is kept of a payer's account: its last four characters for people and a digest by which it is known again."""
    plain = "".join(account.split()).upper()
    if not plain or _MASKED.match(account):
        return account if plain else ""
    shown = "".join(character for character in plain[-LAST_SHOWN:] if character.isascii() and character.isalnum())
    return f"…{shown if len(plain) > 2 * LAST_SHOWN else ''}#{blake2b(plain.encode(), digest_size=12).hexdigest()}"


def shown_account(kept: str) -> str:
    """The part of it that people see."""
    return kept.partition("#")[0]


def without_accounts(bad: BadRow) -> BadRow:
    """A bad line as it is kept: of each IBAN only the country and the last characters."""
    return bad._replace(value=_IBAN.sub(_shown, bad.value), original=_IBAN.sub(_shown, bad.original))


def _shown(iban: re.Match[str]) -> str:
    plain = "".join(iban[0].split())
    return f"{plain[:2]}…{plain[-LAST_SHOWN:]}"


def _kind(row: dict[str, str], amount: Decimal) -> Kind:
    """Money that came in is a payment; money that went out is a return only when the bank or its words say so."""
    said = read_word(row["kind"], "kind", ("", "payment", "return", "other"))
    if not amount:
        raise BadCell("amount", row["amount"], "nothing")
    if amount > 0:
        # a return that brings money is a transfer of ours that came back
        return "payment" if said in ("", "payment") else "other"
    if said == "return" or (said != "other" and _RETURN.search(f"{row['reference']} {row['end_to_end']}")):
        return "return"
    return "other"
