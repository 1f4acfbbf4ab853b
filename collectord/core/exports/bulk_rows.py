"""Bulk rows: the open-item rows of one file, many at once, in the forms the store keeps.

Owns the short way: a record that is surely good becomes store values by a few look-ups. Judges nothing else: everything that is not
surely good goes to open_items.RowReader, which alone says what is wrong with it.
Invariant: the short way gives exactly what RowReader gives, or leaves the record to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from operator import itemgetter
from typing import Any

from collectord.core.exports.cells import MAX_FIELD, MAX_KEY, BadCell, DebtorFields, debtor_fields
from collectord.core.exports.columns import COLUMNS, DEBTOR_COLUMNS, Header
from collectord.core.exports.csv_records import Record
from collectord.core.exports.open_items import BadRow, GoodRow, RowReader, details
from collectord.core.money import NotMoney, parse_scaled, parse_scaled_all, to_scaled

REMEMBERED = 15_000  # texts of a kind that are known to be good: a hostile file costs no memory
DETAIL_COLUMNS = (
    "currency", "invoiced_on", "kind", "payment_method", "discount_until", "dunning_level", "last_dunned_on", "dunning_deadline",
    "dunning_block", "dispute",
)  # fmt: skip

Saying = tuple[str, str, int, DebtorFields]  # company, debtor_no, line, what the row says about its debtor
Detail = tuple[Any, ...]  # a number for the columns that repeat from row to row, then those in the store's forms


@dataclass(slots=True)
class Portion:
    """What some records came to. `items`: flat, nine values each: company, debtor_no, item_no, line, digest, due_on, open_amount, amount,
    the number of a detail."""

    items: list[Any] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    sayings: list[Saying] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


class BulkReader:
    """Reads the records of one file. What repeats is told once, as long as it is remembered."""

    def __init__(self, header: Header, reader: RowReader, first_number: int = 1) -> None:
        """`first_number`: of the details it tells; two readers of one file need different ones."""
        self._reader, self._width = reader, header.width

        def picker(columns: Iterable[str]) -> Any:
            # Two at least, so that a tuple comes of it; behind a record's fields (and a portion's columns) one empty one is added for
            # absent columns.
            places = [header.positions[name] for name in columns if name in header.positions]
            return itemgetter(*places, *[header.width] * max(0, 2 - len(places)))

        self._key = itemgetter(*(header.positions.get(name, header.width) for name in (*COLUMNS[:5], "amount")))
        self._detail, self._debtor = picker(DETAIL_COLUMNS), picker(DEBTOR_COLUMNS)
        self._all = itemgetter(*(header.positions.get(name, header.width) for name in COLUMNS))
        self._dues: dict[str, str] = {}
        self._claims: dict[tuple[str, ...], tuple[int, str, str]] = {}  # texts of a row -> number, currency and the rest as digested
        self._credits: dict[tuple[str, ...], tuple[int, str, str]] = {}
        self._numbers: dict[Detail, int] = {}
        self._told: dict[tuple[str, ...], str] = {}  # debtor and what was said about it -> as digested
        self._next_number = first_number

    def lines(self, lines: Sequence[str], numbers: Sequence[int], delimiter: str) -> Portion:
        """Physical lines by number, each a record without quotes; empty ones are none."""
        text = "\n".join(lines)
        if max(map(len, lines), default=0) <= MAX_FIELD and _is_clean(text, delimiter):
            fields = [line.split(delimiter) for line in lines]
        else:
            fields = [line.split(delimiter) if len(line) <= MAX_FIELD and _is_clean(line, delimiter) else [] for line in lines]
        portion = Portion()
        for number, raw in self._take(portion, numbers, fields, lines):
            if raw:
                self._carefully(portion, Record(number, raw.split(delimiter), raw))
        return portion

    def records(self, records: Sequence[Record], delimiter: str) -> Portion:
        """Any records."""
        fields = [[*record.fields] if _is_tidy(record, delimiter) else [] for record in records]
        portion = Portion()
        for _, record in self._take(portion, [record.line for record in records], fields, records):
            self._carefully(portion, record)
        return portion

    def _take(self, portion: Portion, numbers: Sequence[int], rows: Sequence[list[str]], origins: Sequence[Any]) -> list[tuple[int, Any]]:
        """Takes the rows that are surely good; returns the others' line numbers and origins."""
        if self._take_all(portion, numbers, rows):
            return []
        left: list[tuple[int, Any]] = []
        items = portion.items
        width, key, detail_of, debtor_of = self._width, self._key, self._detail, self._debtor
        dues, claims, credits = self._dues, self._claims, self._credits
        last: tuple[Any, ...] = ()
        debtor_text = ""
        for number, fields, origin in zip(numbers, rows, origins, strict=True):
            if len(fields) == width:
                fields.append("")
                company, debtor_no, item_no, due, open_text, amount_text = key(fields)
                cents = _scaled(open_text)
                detail = None if cents is None else (claims if cents >= 0 else credits).get(detail_of(fields))
                if detail is None and cents is not None:
                    detail = self._learn_detail(portion, fields, cents)
                if amount_text == open_text:
                    amount: int | None = cents
                elif amount_text:
                    amount = _scaled(amount_text)
                    if amount is None:
                        detail = None
                else:
                    amount = None
                if (
                    detail is not None
                    and item_no
                    and "|" not in item_no
                    and len(item_no) <= MAX_KEY
                    and (due in dues or self._learn_due(due))
                ):
                    said = (company, debtor_no, debtor_of(fields))
                    if said != last:
                        debtor_text = self._debtor_text(portion, number, fields, said)
                        last = said if debtor_text else ()
                    if debtor_text:
                        detail_number, currency, rest = detail
                        text = (
                            f"{company}\x1f{debtor_no}\x1f{item_no}\x1f{due}\x1f{open_text}\x1f{currency}\x1f{amount_text}\x1f{rest}"
                            f"\x1f{debtor_text}"
                        )
                        digest = blake2b(text.encode(), digest_size=16).hexdigest()
                        items += (company, debtor_no, item_no, number, digest, due, cents, amount, detail_number)
                        continue
            left.append((number, origin))
        return left

    def _take_all(self, portion: Portion, numbers: Sequence[int], rows: Sequence[list[str]]) -> bool:
        """All of them, column by column, when each is surely good; otherwise no item is taken."""
        if not rows or any(len(fields) != self._width for fields in rows):
            return False
        columns = [*zip(*rows, strict=True), ("",) * len(rows)]
        companies, debtor_nos, item_nos, dues, open_texts, amount_texts = self._key(columns)
        try:
            cents = parse_scaled_all(open_texts)
            amounts: Sequence[int | None] = cents
            if amount_texts != open_texts:
                read = parse_scaled_all([text or "0.00" for text in amount_texts])
                amounts = [value if text else None for text, value in zip(amount_texts, read, strict=True)]
        except NotMoney:
            return False
        if not all(item_nos) or any("|" in item_no for item_no in item_nos) or max(map(len, item_nos)) > MAX_KEY:
            return False
        if not all(due in self._dues or self._learn_due(due) for due in set(dues)):
            return False
        found = []
        for at, (told, value) in enumerate(zip(zip(*self._detail(columns), strict=True), cents, strict=True)):
            detail = (self._claims if value >= 0 else self._credits).get(told) or self._learn_detail(portion, [*rows[at], ""], value)
            if detail is None:
                return False
            found.append(detail)
        last: tuple[Any, ...] = ()
        text, digests = "", []
        for at, said in enumerate(zip(companies, debtor_nos, zip(*self._debtor(columns), strict=True), strict=True)):
            if said != last:
                last, text = said, self._debtor_text(portion, numbers[at], [*rows[at], ""], said)
                if not text:
                    return False
            _, currency, rest = found[at]
            whole = (
                f"{said[0]}\x1f{said[1]}\x1f{item_nos[at]}\x1f{dues[at]}\x1f{open_texts[at]}\x1f{currency}\x1f{amount_texts[at]}\x1f{rest}"
                f"\x1f{text}"
            )
            digests.append(blake2b(whole.encode(), digest_size=16).hexdigest())
        numbers_of_details = [detail[0] for detail in found]
        portion.items += chain.from_iterable(
            zip(companies, debtor_nos, item_nos, numbers, digests, dues, cents, amounts, numbers_of_details, strict=True)
        )
        return True

    def _learn_due(self, text: str) -> bool:
        try:
            self._reader.due(text)
        except BadCell:
            return False
        if len(self._dues) > REMEMBERED:
            self._dues.clear()
        self._dues[text] = text
        return True

    def _learn_detail(self, portion: Portion, fields: list[str], cents: int) -> tuple[int, str, str] | None:
        values = self._all(fields)
        try:
            read = details((values[5], *values[7:16]))
        except BadCell:
            return None
        found = self._number(portion, _detail(*read, credit=cents < 0)), values[5], "\x1f".join(values[7:16])
        known = self._claims if cents >= 0 else self._credits
        if len(known) > REMEMBERED:
            known.clear()
        known[self._detail(fields)] = found
        return found

    def _number(self, portion: Portion, detail: Detail) -> int:
        number = self._numbers.get(detail)
        if number is None:
            if len(self._numbers) > REMEMBERED:
                self._numbers.clear()
            number = self._numbers[detail] = self._next_number
            self._next_number += 1
            portion.details.append((number, *detail))
        return number

    def _debtor_text(self, portion: Portion, line: int, fields: list[str], said: tuple[str, str, tuple[str, ...]]) -> str:
        """As digested; "" when it is not surely good."""
        company, debtor_no, told = said
        text = self._told.get((company, debtor_no, *told))
        if text is None:
            values = self._all(fields)[16:]
            if not debtor_no or not values[0] or len(company) > MAX_KEY or len(debtor_no) > MAX_KEY:
                return ""
            try:
                debtor = debtor_fields(values)
            except BadCell:
                return ""
            text = "\x1f".join(values)
            if len(self._told) > REMEMBERED:
                self._told.clear()
            self._told[(company, debtor_no, *told)] = text
            portion.sayings.append((company, debtor_no, line, debtor))
        return text

    def _carefully(self, portion: Portion, record: Record) -> None:
        self.add(portion, self._reader.read(record))

    def add(self, portion: Portion, row: GoodRow | BadRow | None) -> None:
        """A row that RowReader has judged."""
        if isinstance(row, GoodRow):
            item = row.item
            detail = _detail(item.currency, item.invoiced_on, item.kind, *item[6:], credit=False)
            portion.items += (
                row.company, row.debtor_no, row.item_no, row.line, row.digest, item.due_on.isoformat(), to_scaled(item.open_amount),
                None if item.amount is None else to_scaled(item.amount), self._number(portion, detail),
            )  # fmt: skip
            portion.sayings.append((row.company, row.debtor_no, row.line, row.debtor))
        elif row is not None:
            portion.bad.append(row)


def _detail(
    currency: str, invoiced: Any, kind: str, method: str, discount: Any, level: int | None, dunned: Any, deadline: Any, block: Any,
    dispute: bool, *, credit: bool,
) -> Detail:  # fmt: skip
    """In the store's forms. Without a kind it is told by the sign."""
    return (
        currency, _day(invoiced), kind or ("credit_note" if credit else "invoice"), method, _day(discount), level, _day(dunned),
        _day(deadline), _day(block), int(dispute),
    )  # fmt: skip


def _scaled(text: str) -> int | None:
    try:
        return parse_scaled(text)
    except NotMoney:
        return None


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _is_clean(text: str, delimiter: str) -> bool:
    """No character that needs a look, no blank around a field: nothing is to be stripped or cleaned."""
    letters = text.replace("\n", "")
    if delimiter == "\t":
        letters = letters.replace("\t", "")
    return (
        letters.isprintable()
        and f" {delimiter}" not in text
        and f"{delimiter} " not in text
        and " \n" not in text
        and "\n " not in text
        and not text.startswith(" ")
        and not text.endswith(" ")
    )


def _is_tidy(record: Record, delimiter: str) -> bool:
    """The same for a record that may have quotes."""
    raw = record.raw
    return (
        not record.problem
        and record.ended
        and len(raw) <= MAX_FIELD
        and "\n" not in raw
        and _is_clean(raw, delimiter)
        and '" ' not in raw
        and ' "' not in raw
    )
