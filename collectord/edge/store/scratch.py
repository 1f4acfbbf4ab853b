"""The scratch database of one batch: what its file says, and how that differs from the ledger.

Owns the file `scratch/BATCH.db` while it is filled, by the process that reads exports; the ledger is attached read-only. Judges nothing.
Invariant: whatever becomes of this file, the ledger stays as it was; only edge/store/versions carries it over.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import aiosql

from collectord.core.exports.bulk_rows import Portion
from collectord.core.exports.change_set import SITUATIONS, Before, Counts, Situation, Verdict, debtor_digest, fall, verdict_of
from collectord.core.exports.data_quality import FAR_AHEAD, LONG_AGO
from collectord.core.exports.open_items import BadRow, DebtorFields
from collectord.core.money import from_scaled, to_scaled
from collectord.core.receivables.ledger import DialNumber

ITEM_WIDTH = 9  # values of an item in Portion.items
TOGETHER = 1_000  # items in one statement: a third quicker than one by one
CACHE = 32 * 1024  # KiB of pages
ALL_COMPANIES = "*"
Key = tuple[str, str, str]
DebtorNo = tuple[str, str]

_TEXT = resources.files("collectord.edge.store").joinpath("sql", "scratch.sql").read_text(encoding="utf-8")
SQL: Any = aiosql.from_str(_TEXT, "sqlite3", mandatory_parameters=False)
_ROW = f"({', '.join('?' * ITEM_WIDTH)})"


class Known(NamedTuple):
    """A debtor as the ledger has it."""

    debtor: DebtorFields
    digest: str


class Scratch:
    """Opened anew: an earlier file of the same name is gone."""

    def __init__(self, path: Path, ledger: Path) -> None:
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._conn = conn = sqlite3.connect(path, isolation_level=None, uri=True)
        for pragma in ("main.journal_mode = off", "main.synchronous = off", "main.locking_mode = exclusive", f"main.cache_size = -{CACHE}"):
            conn.execute(f"pragma {pragma}")
        SQL.create(conn)
        conn.execute("attach ? as ledger", (f"{ledger.absolute().as_uri()}?mode=ro",))
        conn.create_function("fall", 2, lambda was, now: int(fall(was, now)), deterministic=True)
        conn.execute("begin")
        self._number = int(SQL.visible(conn))  # from here on one picture of the ledger
        self._twins = 0

    def close(self) -> None:
        """What was written is kept."""
        self._conn.execute("commit")
        self._conn.close()

    # ------------------------------------------------------------ filling

    def add(self, portion: Portion) -> None:
        conn, items = self._conn, portion.items
        if portion.details:
            SQL.add_detail(conn, portion.details)
        step = TOGETHER * ITEM_WIDTH
        for at in range(0, len(items), step):
            some = items[at : at + step]
            conn.execute(f"insert into item values {', '.join([_ROW] * (len(some) // ITEM_WIDTH))}", some)
        if portion.sayings:
            SQL.add_saying(conn, [_saying(company, debtor_no, line, debtor) for company, debtor_no, line, debtor in portion.sayings])
        self.reject(portion.bad)

    def reject(self, rows: Sequence[BadRow]) -> None:
        if rows:
            SQL.add_reject(self._conn, rows)

    def say(self, rows: Iterable[tuple[int, tuple[str, ...]]]) -> None:
        """Rows of other kinds than open items."""
        SQL.add_said(self._conn, [(line, json.dumps(texts)) for line, texts in rows])

    # ------------------------------------------------------------ comparing

    def settle_twins(self) -> None:
        """The same line once more counts once; an item that the file describes in two ways is twisted: none of its rows stays."""
        conn = self._conn
        SQL.index_items(conn)
        for company, debtor_no, item_no, sayings in list(SQL.several(conn)):
            key = {"company": company, "debtor_no": debtor_no, "item_no": item_no}
            if sayings == 1:
                self._twins += SQL.drop_twins(conn, **key)
            else:
                SQL.twist(conn, **key)
                SQL.drop_twisted(conn, **key)

    def has_twisted(self) -> bool:
        return bool(SQL.has_twisted(self._conn))

    def twisted_at(self, line: int) -> tuple[Key, list[int]] | None:
        """(its item, the lines that name it) of a twisted row."""
        key = SQL.twisted_at(self._conn, line=line)
        if key is None:
            return None
        company, debtor_no, item_no = key
        lines = [found[0] for found in SQL.lines_of(self._conn, company=company, debtor_no=debtor_no, item_no=item_no)]
        return (company, debtor_no, item_no), lines

    def compare(self, source: str, *, only_new: bool) -> None:
        """Each row against the ledger."""
        SQL.add_situation(self._conn, [(code, verdict_of(Situation.of(code), only_new=only_new).value) for code in range(SITUATIONS)])
        SQL.compare(self._conn, number=self._number, source=source)

    def cover(self, companies: Iterable[str] | None, source: str) -> list[str]:
        """What the file is complete for: these companies and those that it names, or (None) all of its source; as batch_scope has it."""
        conn = self._conn
        named = {row[0] for row in SQL.companies(conn)}
        if companies is None:
            known = {row[0] for row in SQL.ledger_companies(conn, source=source)}
            SQL.add_scope(conn, [(company,) for company in known])
            return [ALL_COMPANIES]
        scope = sorted(named.union(companies))
        SQL.add_scope(conn, [(company,) for company in scope])
        return scope

    def find_missing(self, source: str, absent: Verdict) -> None:
        """Open items of the scope that no row names, good or bad. With a row that cannot be read at all, any may be one of them."""
        SQL.index_rejects(self._conn)
        verdict = Verdict.DOUBTFUL if SQL.has_unknown_reject(self._conn) else absent
        SQL.find_missing(self._conn, number=self._number, source=source, verdict=verdict.value)

    def before(self, source: str, as_of: str) -> Before:
        had = list(SQL.before(self._conn, number=self._number, source=source, as_of=as_of))
        lost = list(SQL.gone(self._conn, number=self._number, as_of=as_of))
        return Before(
            items=sum(row[2] for row in had),
            amount=_sums((row[0], row[3]) for row in had),
            gone=_sums((row[0], row[3]) for row in lost),
            explained=sum(row[2] for row in had if row[1]),
            explained_gone=sum(row[2] for row in lost if row[1]),
            explained_amount=_sums((row[0], row[3]) for row in had if row[1]),
            explained_gone_amount=_sums((row[0], row[3]) for row in lost if row[1]),
        )

    def counts(self) -> Counts:
        conn = self._conn
        verdicts: dict[str, int] = dict(SQL.verdicts(conn))
        rows = int(SQL.rows(conn))
        of_rows = sum(count for verdict, count in verdicts.items() if verdict not in (Verdict.MISSING, Verdict.DOUBTFUL))
        verdicts[Verdict.UNCHANGED.value] = rows - of_rows
        verdicts[Verdict.TWIN.value] = self._twins
        return Counts(
            verdicts={verdict: count for verdict, count in verdicts.items() if count},
            rejected=int(SQL.rejected(conn)),
            open_amount=self._open_amount() if rows else {},
        )

    def quality(self, as_of: date) -> dict[str, int]:
        """How many cases of each hole the file brings, in what it changes; holes without a case are left out."""
        found: Counter[str] = Counter()
        for hole, n in SQL.quality(self._conn, far_ahead=(as_of + FAR_AHEAD).isoformat(), long_ago=(as_of - LONG_AGO).isoformat()):
            found[hole] += n
        return {hole: n for hole, n in sorted(found.items()) if n}

    def counts_of_said(self) -> Counts:
        """Of other kinds only what was rejected is known here."""
        return Counts(rejected=int(SQL.rejected(self._conn)))

    def _open_amount(self) -> dict[str, Decimal]:
        currencies = [row[0] for row in SQL.currencies(self._conn)]
        if len(currencies) == 1:  # nearly always, and without a look into each row's detail
            return {currencies[0]: from_scaled(SQL.total(self._conn))}
        return {currency: from_scaled(amount) for currency, amount in SQL.totals(self._conn)}

    # ------------------------------------------------------------ debtors

    def choose_plain(self, *, whole: bool) -> None:
        """Debtors of whom the file says one thing. `whole`: it has all of a debtor's columns."""
        SQL.choose_plain(self._conn, number=self._number, whole=int(whole))

    def mixed(self, *, whole: bool) -> Iterator[tuple[DebtorNo, list[DebtorFields], Known | None]]:
        """Debtors whose sayings have to be put together, with each other or with what the ledger knows."""
        conn = self._conn
        for company, debtor_no in list(SQL.mixed(conn, number=self._number, whole=int(whole))):
            sayings = [_fields(row) for row in SQL.sayings(conn, company=company, debtor_no=debtor_no)]
            row = SQL.known_debtor(conn, company=company, debtor_no=debtor_no, number=self._number)
            yield (company, debtor_no), sayings, None if row is None else Known(_fields(row[:-1]), row[-1])

    def choose(self, rows: Iterable[tuple[DebtorNo, DebtorFields]]) -> None:
        """Debtors put together."""
        made = [_saying(*key, 0, debtor) for key, debtor in rows]
        SQL.add_saying(self._conn, made)
        SQL.add_chosen(self._conn, [row[:3] for row in made])

    def telephones(self) -> Iterator[tuple[int, str, str, str]]:
        """(number of the debtor in this batch, country, phone, phone2)"""
        yield from SQL.telephones(self._conn)

    def add_numbers(self, rows: Iterable[tuple[int, DialNumber]]) -> None:
        SQL.add_number(
            self._conn,
            [
                (n, number.position, number.raw, number.e164 or "", number.kind, ",".join(number.zones), number.problem or "")
                for n, number in rows
            ],
        )


def said(conn: sqlite3.Connection) -> list[tuple[int, tuple[str, ...]]]:
    return [(line, tuple(json.loads(texts))) for line, texts in SQL.said(conn)]


def _saying(company: str, debtor_no: str, line: int, debtor: DebtorFields) -> tuple[Any, ...]:
    limit = debtor.credit_limit
    if limit is None:
        return (company, debtor_no, debtor_digest(debtor), line, *debtor)
    return (company, debtor_no, debtor_digest(debtor), line, *debtor._replace(credit_limit=to_scaled(limit)))  # type: ignore[arg-type]


def _fields(row: Sequence[Any]) -> DebtorFields:
    limit = DebtorFields._fields.index("credit_limit")
    values = list(row)
    values[limit] = None if values[limit] is None else from_scaled(values[limit])
    return DebtorFields(*values)


def _sums(rows: Iterable[tuple[str, int]]) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for currency, amount in rows:
        sums[currency] = sums.get(currency, Decimal(0)) + from_scaled(amount)
    return sums
