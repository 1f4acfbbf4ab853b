"""The canonical columns and the header of an export.

Owns which columns there are and which a file must have. Knows no row and no file.
Invariant: a Header maps each known column to one position; a file that leaves doubt about that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectord.core.exports.csv_records import ExportRefused, Record
from collectord.core.wording import Language, Texts, phrase, safe

REQUIRED = ("debtor_no", "debtor_name", "item_no", "due_on", "open_amount")
KEY = ("company", "debtor_no", "item_no")
ITEM_COLUMNS = (
    "due_on", "open_amount", "currency", "amount", "invoiced_on", "kind", "payment_method", "discount_until", "dunning_level",
    "last_dunned_on", "dunning_deadline", "dunning_block", "dispute",
)  # fmt: skip
DEBTOR_COLUMNS = (
    "debtor_name", "person_type", "contact_person", "email", "language", "country", "region", "postcode", "time_zone", "potential_class",
    "agent", "head_office", "credit_limit", "legal_state", "phone", "phone2",
)  # fmt: skip
COLUMNS = KEY + ITEM_COLUMNS + DEBTOR_COLUMNS
PAYMENT_COLUMNS = (
    "payment_no", "company", "booked_on", "value_on", "amount", "currency", "kind", "payer", "payer_account", "reference", "end_to_end",
    "debtor_no", "item_no",
)  # fmt: skip
"""A bank statement's line. `amount` > 0 came in, < 0 went out; kind: payment | return (a direct debit that came back) | other."""
MASTER_COLUMNS = (
    "company", "debtor_no", *DEBTOR_COLUMNS, "dunning_block", "payment_method", "person_no", "person_name", "person_role", "person_phone",
    "person_email", "person_language", "person_hours",
)  # fmt: skip
"""Master data of a debtor, and of one contact person of it when `person_name` is given."""

IGNORED_SHOWN = 20  # names of columns nobody reads; a master data export has hundreds

TEXTS: Texts = {
    "header": (
        "the header cannot be read as that of a canonical CSV ({columns}); a file of another program goes into inbox/PROFILE/ or is"
        " imported with --source PROFILE (`collectord check` names the profiles)",
        "Der Kopf ist nicht als der einer kanonischen CSV lesbar ({columns}); eine Datei aus einem anderen Programm in inbox/QUELLPROFIL/"
        " ablegen oder mit --source QUELLPROFIL einlesen (`collectord check` nennt die Profile)",
    ),
    "lacking": (
        "line 1: required columns of a canonical CSV are missing: {columns}; a file of another program needs its source profile"
        " (inbox/PROFILE/ or --source PROFILE)",
        "Zeile 1: Pflichtspalten der kanonischen CSV fehlen: {columns}; eine Datei aus einem anderen Programm braucht ihr Quellprofil"
        " (inbox/QUELLPROFIL/ oder --source QUELLPROFIL)",
    ),
    "twice": ("line 1: column {column} occurs twice", "Zeile 1: Spalte {column} kommt doppelt vor"),
    "not_read": (
        "not read: {count:column|columns} {names}{more}; right if nobody needs {count:it|them}, else correct heading or source profile",
        "Nicht gelesen: {count:Spalte|Spalten} {names}{more}; in Ordnung, wenn niemand sie braucht, sonst Überschrift oder Quellprofil"
        " berichtigen",
    ),
    "and_more": (" and {count} more", " und {count} weitere"),
}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the canonical columns stand."""

    width: int
    positions: dict[str, int]
    ignored: tuple[str, ...]

    @property
    def has_company(self) -> bool:
        return "company" in self.positions

    @property
    def debtor_columns(self) -> frozenset[str]:
        """The debtor's columns this file has: only these change what is known about a debtor."""
        return frozenset(self.positions) & frozenset(DEBTOR_COLUMNS)


def read_header(record: Record, language: Language) -> Header:
    """Raises ExportRefused: unreadable, a required column missing, a column twice. Unknown columns are ignored."""
    names = [field.strip().lower() for field in record.fields]
    known = [name for name in names if name in COLUMNS]
    if record.problem or not known:
        raise ExportRefused(phrase(TEXTS, "header", language, columns=", ".join(REQUIRED)))
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ExportRefused(phrase(TEXTS, "lacking", language, columns=", ".join(missing)))
    for name in known:
        if known.count(name) > 1:
            raise ExportRefused(phrase(TEXTS, "twice", language, column=name))
    ignored = tuple(safe(name, 60) for name in names if name and name not in COLUMNS)
    return Header(len(names), {name: names.index(name) for name in known}, ignored)


def not_read(names: Sequence[str], language: Language) -> tuple[str, ...]:
    """The sentence for a receipt's warnings; none when every column is read."""
    if not names:
        return ()
    behind = len(names) - IGNORED_SHOWN
    more = phrase(TEXTS, "and_more", language, count=behind) if behind > 0 else ""
    return (phrase(TEXTS, "not_read", language, count=len(names), names=list(names[:IGNORED_SHOWN]), more=more),)
