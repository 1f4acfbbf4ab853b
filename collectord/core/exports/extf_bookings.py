"""DATEV EXTF bookings: postings of a period become the items they open, or the payments they tell of.

Owns the meaning of an EXTF booking batch: its header, debtor accounts, signs, days without a year. Reads no file.
Invariant: postings never change an item: a batch is neither whole nor sent only once. Debits open items (read with `only_new`); credits
on them count within the batch; every other credit is a payment seen, for a profile of kind payments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from collectord.core.exports.cells import BadCell
from collectord.core.exports.column_reading import Header
from collectord.core.exports.columns import COLUMNS, PAYMENT_COLUMNS
from collectord.core.exports.csv_records import MAX_ORIGINAL, ExportRefused, Record
from collectord.core.exports.extf_batch import Batch, batch_of
from collectord.core.exports.forms import DateForms, NotInForm, NumberForm, Period
from collectord.core.exports.open_items import TEXTS as ROW_TEXTS
from collectord.core.exports.open_items import BadRow
from collectord.core.exports.same_items import TEXTS as SAME_TEXTS
from collectord.core.exports.same_items import Said
from collectord.core.exports.source_profiles import Profile
from collectord.core.money import plain
from collectord.core.wording import Language, Texts, phrase, safe

TEXTS: Texts = {
    **ROW_TEXTS,
    "spoiled": SAME_TEXTS["spoiled"],
    "currencies": ("the postings of this item have different currencies", "Die Buchungen dieses Postens haben verschiedene Währungen"),
    "columns_lack": ("line {line}: EXTF columns are missing: {columns}", "Zeile {line}: EXTF-Spalten fehlen: {columns}"),
    "cut_header": ("the file ends before its column names", "Die Datei endet vor den Spaltennamen"),
    "amount": ("is no EXTF amount; written like 1234,56", "ist kein EXTF-Betrag; Schreibweise 1234,56"),
    "side": ("is neither S nor H", "ist weder S noch H"),
    "account": ("is no account number", "ist keine Kontonummer"),
    "booked_on": (
        "is no day TTMM between {first} and {last}, the period of this batch",
        "ist kein Tag TTMM zwischen {first} und {last}, dem Zeitraum dieses Stapels",
    ),
    "due": (
        "has no due day; declare terms = 30 (days after the document) in the profile {profile}",
        "hat keine Fälligkeit; im Profil {profile} terms = 30 (Tage nach Belegdatum) angeben",
    ),
    "not_debtor": ("postings without a debtor account", "Buchungen ohne Debitorenkonto"),
    "credits": (
        "payments and credits on items that this batch does not open; the next list of open items shows them",
        "Zahlungen und Gutschriften auf Posten, die dieser Stapel nicht eröffnet; die nächste OPOS-Liste zeigt sie",
    ),
    "debits": ("postings that debit a debtor", "Soll-Buchungen auf Debitorenkonten"),
    "left_out": ("rows left out: {why} ({count})", "ausgelassene Zeilen: {why} ({count})"),
}  # fmt: skip

_NEEDED: dict[str, tuple[str, ...]] = {
    "amount": ("Umsatz (ohne Soll/Haben-Kz)", "Umsatz (ohne Soll/Haben-Kennzeichen)", "Umsatz"),
    "side": ("Soll/Haben-Kennzeichen", "S/H"),
    "account": ("Konto",),
    "contra": ("Gegenkonto (ohne BU-Schlüssel)", "Gegenkonto"),
    "booked_on": ("Belegdatum",),
    "document": ("Belegfeld 1",),
}
_OPTIONAL: dict[str, tuple[str, ...]] = {
    "currency": ("WKZ Umsatz", "WKZ"),
    "second": ("Belegfeld 2",),
    "discount": ("Skonto",),
    "text": ("Buchungstext",),
    "due_on": ("Fälligkeit", "Zugeordnete Fälligkeit"),
    "reversal": ("Generalumkehr", "Generalumkehr (GU)"),
    "lock": ("Postensperre",),
}
_DEBTORS = "123456"  # a personal account is one digit longer than ledger accounts; 7 to 9 are creditors
_ACCOUNT = re.compile(r"\A[0-9]{1,9}\Z", re.ASCII)
_AMOUNTS, _DUE_COLUMN, _DUE_FIELD = NumberForm(",", ".", ("before",)), DateForms(("ddmmyyyy",)), DateForms(("ddmmyy",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One booking as one debtor sees it: `amount` > 0 is a claim, < 0 a payment or credit."""

    line: int
    raw: str
    debtor_no: str
    document: str
    amount: Decimal
    currency: str
    booked_on: date
    due_on: str
    text: str
    locked: bool


class ExtfBookings:
    """An interpreter for one batch; items are said at its end."""

    def __init__(self, profile: Profile, language: Language) -> None:
        self.company_scope = profile.companies
        self.booked_until: date | None = None
        self.unmet: tuple[str, ...] = ()
        self.ignored: tuple[str, ...] = ()  # 100 columns of no concern here
        self._profile, self._language = profile, language
        self._company = profile.companies[0] if len(profile.companies) == 1 else ""
        self._batch: Batch | None = None
        self._at: dict[str, int] = {}
        self._width = 0
        self._postings: dict[tuple[str, str], list[Posting]] = {}
        self._spoiled: set[tuple[str, str]] = set()
        self._left_out = Counter[str]()

    @property
    def columns(self) -> frozenset[str]:
        """No debtor_name: a debtor that is known keeps its name."""
        own = ("debtor_no", "item_no", "due_on", "open_amount", "amount", "currency", "invoiced_on", "dunning_block")
        return frozenset((*own, *(["company"] if self._company else [])))

    @property
    def as_of(self) -> date | None:
        return self._batch.created_on if self._batch else None

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(
            phrase(TEXTS, "left_out", self._language, count=count, why=phrase(TEXTS, why, self._language))
            for why, count in self._left_out.items()
        )

    def read(self, record: Record) -> Iterable[Said | BadRow]:
        fields = [*map(str.strip, record.fields)]
        if self._batch is None:
            self._batch = batch_of(fields, self._language)
            return ()
        if not self._at:
            self._columns(fields, record.line)
            return ()
        debtor_no = document = ""
        try:
            if record.problem:
                raise BadCell("", "", record.problem)
            if not any(fields):
                return ()
            if len(fields) != self._width and (len(fields) < self._width or any(fields[self._width :])):
                raise BadCell("", "", "columns", found=len(fields), expected=self._width)
            debtors = self._debtors(fields)
            if not debtors:
                self._left_out["not_debtor"] += 1
                return ()
            debtor_no, document = debtors[0][0], self._cell(fields, "document")
            postings = [self._posting(record, fields, *each) for each in debtors]
        except BadCell as bad:
            if not record.ended:
                raise ExportRefused(phrase(TEXTS, "cut", self._language, line=record.line)) from None
            self._spoiled.add((debtor_no, document))
            return (self._bad_row(record, bad, debtor_no, document),)
        return self._payments(postings) if self._profile.kind == "payments" else self._keep(postings)

    def finish(self) -> Iterable[Said | BadRow]:
        if not self._at:
            raise ExportRefused(phrase(TEXTS, "cut_header", self._language))
        return self._items()

    def _columns(self, fields: list[str], line: int) -> None:
        header = Header(fields)
        lacking = [names[0] for names in _NEEDED.values() if not header.has(names)]
        if lacking:
            raise ExportRefused(phrase(TEXTS, "columns_lack", self._language, line=line, columns=", ".join(lacking)))
        found = {name: header.find(names) for name, names in (_NEEDED | _OPTIONAL).items()}
        self._at = {name: at for name, at in found.items() if at is not None}
        self._width = header.width

    def _cell(self, fields: list[str], name: str) -> str:
        at = self._at.get(name)
        return "" if at is None else fields[at]

    def _debtors(self, fields: list[str]) -> list[tuple[str, int]]:
        """The debtor accounts of a posting, each with 1 where S debits it and -1 where S credits it."""
        assert self._batch is not None  # read before
        found = []
        for name, sign in (("account", 1), ("contra", -1)):
            text = self._cell(fields, name)
            if not _ACCOUNT.match(text):
                raise BadCell("debtor_no", text, "account")
            number = text.lstrip("0")
            if len(number) == self._batch.account_digits + 1 and number[0] in _DEBTORS:
                found.append((number, sign))
        return found

    def _posting(self, record: Record, fields: list[str], debtor_no: str, sign: int) -> Posting:
        assert self._batch is not None  # read before
        side = self._cell(fields, "side").upper()
        if side not in ("S", "H"):
            raise BadCell("open_amount", side, "side")
        amount = self._amount(self._cell(fields, "amount")) * (sign if side == "S" else -sign)
        discount = self._cell(fields, "discount")
        if amount < 0 and discount:
            amount -= self._amount(discount)  # the cash discount taken with a payment settles its part of the claim too
        if self._cell(fields, "reversal") not in ("", "0"):
            amount = -amount
        return Posting(
            line=record.line, raw=record.raw, debtor_no=debtor_no, document=self._cell(fields, "document"), amount=amount,
            currency=self._cell(fields, "currency").upper() or self._batch.currency, booked_on=self._booked_on(fields),
            due_on=self._due_on(fields), text=self._cell(fields, "text"), locked=self._cell(fields, "lock") == "1",
        )  # fmt: skip

    def _amount(self, text: str) -> Decimal:
        try:
            return Decimal(_AMOUNTS.read(text))
        except NotInForm:
            raise BadCell("open_amount", text, "amount") from None

    @cached_property
    def _days(self) -> DateForms:
        assert self._batch is not None  # read before
        return DateForms(("dmm",), Period(self._batch.first, self._batch.last))

    def _booked_on(self, fields: list[str]) -> date:
        text = self._cell(fields, "booked_on")
        try:
            return date.fromisoformat(self._days.read(text))
        except NotInForm:
            assert self._batch is not None  # read before
            raise BadCell("invoiced_on", text, "booked_on", first=self._batch.first, last=self._batch.last) from None

    def _due_on(self, fields: list[str]) -> str:
        """Its own column, else Belegfeld 2 where that is a day; "" where neither says one."""
        for name, form in (("due_on", _DUE_COLUMN), ("second", _DUE_FIELD)):
            try:
                return form.read(self._cell(fields, name))
            except NotInForm:
                continue
        return ""

    def _keep(self, postings: list[Posting]) -> Iterable[Said | BadRow]:
        for posting in postings:
            self._postings.setdefault((posting.debtor_no, posting.document), []).append(posting)
        return ()

    def _payments(self, postings: list[Posting]) -> Iterator[Said | BadRow]:
        for posting in postings:
            if posting.amount >= 0:
                self._left_out["debits"] += 1
                continue
            day, amount = posting.booked_on.isoformat(), plain(-posting.amount)
            values = dict.fromkeys(PAYMENT_COLUMNS, "") | {
                "company": self._company, "booked_on": day, "amount": amount, "currency": posting.currency, "kind": "payment",
                "reference": posting.text, "debtor_no": posting.debtor_no, "item_no": posting.document,
            }  # fmt: skip
            yield Said(posting.line, tuple(values[name] for name in PAYMENT_COLUMNS), posting.raw)

    def _items(self) -> Iterator[Said | BadRow]:
        for key, postings in self._postings.items():
            claims = [posting for posting in postings if posting.amount > 0]
            if not claims:
                self._left_out["credits"] += len(postings)
            elif not key[1]:
                yield from (self._rejected(claim, BadCell("item_no", "", "missing")) for claim in claims)
            elif key in self._spoiled:
                yield from (self._rejected(claim, BadCell("", "", "spoiled")) for claim in claims)
            elif any(posting.currency != claims[0].currency for posting in postings):
                yield from (self._rejected(claim, BadCell("currency", "", "currencies")) for claim in claims)
            else:
                yield self._opened(claims, postings)

    def _opened(self, claims: list[Posting], postings: list[Posting]) -> Said | BadRow:
        first = claims[0]
        due_on = next((claim.due_on for claim in claims if claim.due_on), "")
        if not due_on:
            if self._profile.terms is None:
                return self._rejected(first, BadCell("due_on", "", "due", profile=self._profile.name))
            due_on = (first.booked_on + timedelta(days=self._profile.terms)).isoformat()
        net = sum((posting.amount for posting in postings), Decimal(0))
        values = dict.fromkeys(COLUMNS, "") | {
            "company": self._company, "debtor_no": first.debtor_no, "debtor_name": first.debtor_no, "item_no": first.document,
            "due_on": due_on, "open_amount": plain(net), "amount": plain(sum((claim.amount for claim in claims), Decimal(0))),
            "currency": first.currency, "invoiced_on": first.booked_on.isoformat(),
            "dunning_block": "yes" if any(posting.locked for posting in postings) else "",
        }  # fmt: skip
        return Said(first.line, tuple(values[name] for name in COLUMNS), first.raw)

    def _rejected(self, posting: Posting, bad: BadCell) -> BadRow:
        reason = phrase(TEXTS, bad.code, self._language, **bad.values)
        original = posting.raw[:MAX_ORIGINAL]
        return BadRow(posting.line, bad.column, "", reason, original, self._company, posting.debtor_no, posting.document, posting.debtor_no)

    def _bad_row(self, record: Record, bad: BadCell, debtor_no: str, document: str) -> BadRow:
        reason = phrase(TEXTS, bad.code, self._language, **bad.values)
        name = safe(debtor_no)
        return BadRow(
            record.line, bad.column, safe(bad.value), reason, record.raw[:MAX_ORIGINAL], self._company, name, safe(document), name
        )
