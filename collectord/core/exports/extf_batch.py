"""The first line of a DATEV EXTF file: which batch it is, which period and accounts it is about.

Owns that line. Knows no posting.
Invariant: a batch whose period or length of accounts is in doubt is refused: days without a year could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.forms import DateForms, NotInForm
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "no_extf": (
        "line 1 is no header of an EXTF booking batch (EXTF;700;21;…)",
        "Zeile 1 ist kein Kopf eines EXTF-Buchungsstapels (EXTF;700;21;…)",
    ),
    "head": (
        "line 1: field {field} of the EXTF header should be {expected}, but is {value}; export the batch from DATEV again",
        "Zeile 1: Feld {field} des EXTF-Kopfes sollte {expected} sein, ist aber {value}; den Stapel neu aus DATEV exportieren",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What the first line says. Fields are counted from 1 as DATEV does."""

    created_on: date
    account_digits: int  # of ledger accounts
    first: date
    last: date
    currency: str


def batch_of(fields: Sequence[str], language: Language) -> Batch:
    """Raises ExportRefused."""
    if len(fields) < 16 or fields[0] != "EXTF" or fields[2] != "21":
        raise ExportRefused(phrase(TEXTS, "no_extf", language))

    def day(number: int, text: str) -> date:
        try:
            return date.fromisoformat(DateForms(("yyyymmdd",)).read(text))
        except NotInForm:
            expected = "JJJJMMTT" if language == "de" else "yyyymmdd"
            raise ExportRefused(phrase(TEXTS, "head", language, field=number, expected=expected, value=fields[number - 1])) from None

    year_from = day(13, fields[12])
    if fields[13] not in ("4", "5", "6", "7", "8"):
        raise ExportRefused(phrase(TEXTS, "head", language, field=14, expected="4-8", value=fields[13]))
    first = day(15, fields[14]) if fields[14] else year_from
    last = day(16, fields[15]) if fields[15] else year_from + timedelta(days=364)
    currency = fields[21].upper() if len(fields) > 21 and fields[21] else "EUR"
    return Batch(created_on=day(6, fields[5][:8]), account_digits=int(fields[13]), first=first, last=last, currency=currency)
