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
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import aiosql

from collectord.core.exports.arrival import Arrival
from collectord.core.exports.bulk_rows import Portion
from collectord.core.exports.change_set import SITUATIONS, Before, Counts, Situation, Verdict, debtor_digest, fall, verdict_of
from collectord.core.exports.data_quality import FAR_AHEAD, LONG_AGO
from collectord.core.exports.open_items import BadRow, DebtorFields
from collectord.core.exports.source_profiles import Profile
from collectord.core.money import from_scaled, to_scaled
from collectord.core.receivables.ledger import DialNumber
from collectord.edge.store import covered

ITEM_WIDTH = 9  # values of an item in Portion.items
TOGETHER = 1_000  # items in one statement: a third quicker than one by one
CACHE = 16 * 1024  # KiB of pages
SCAN_WORTH = 4  # versions passed in the order of the table take no longer than one that is looked up and sorted
ALL_COMPANIES = "*"
Key = tuple[str, str, str]
DebtorNo = tuple[str, str]

_TEXT = resources.files("collectord.edge.store").joinpath("sql", "scratch.sql").read_text(encoding="utf-8")
SQL: Any = aiosql.from_str(_TEXT, "sqlite3", mandatory_parameters=False)
_ROW = f"({', '.join('?' * ITEM_WIDTH)})"


# Which columns a file has differs, and that named SQL cannot say.
_PHONE = (
    "s.{column} is coalesce((select p.raw from ledger.number_version p where p.company = d.company and p.debtor_no = d.debtor_no"
    " and p.position = {position} and p.since <= :number and p.until > :number), '')"
)
_SAME = {"phone": _PHONE.format(column="phone", position=1), "phone2": _PHONE.format(column="phone2", position=2)}
_DROP_SAME = """
delete from saying where (company, debtor_no, digest) in (
  select s.company, s.debtor_no, s.digest from saying s
    join ledger.debtor_version d on d.company = s.company and d.debtor_no = s.debtor_no and d.since <= :number and d.until > :number
   where {same}
     and not exists (select 1 from saying o where o.company = s.company and o.debtor_no = s.debtor_no and o.digest <> s.digest))
"""


class Known(NamedTuple):
    """A debtor as the ledger has it."""

    debtor: DebtorFields
    digest: str


class Scratch:
    """Opened anew: an earlier file of the same name is gone. With `half` it goes on with two filled ones."""

    def __init__(self, path: Path, ledger: Path, half: Path | None = None) -> None:
        if half is None:
            path.unlink(missing_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._conn = conn = sqlite3.connect(path, isolation_level=None, uri=True)
        for pragma in ("main.journal_mode = off", "main.synchronous = off", "main.locking_mode = exclusive", f"main.cache_size = -{CACHE}"):
            conn.execute(f"pragma {pragma}")
        if half is None:
            SQL.create(conn)
            covered.SQL.create(conn)
        else:
            conn.execute("attach ? as half", (f"{half.absolute().as_uri()}?mode=ro",))
            for absorb in (SQL.absorb_items, SQL.absorb_details, SQL.absorb_sayings, SQL.absorb_judged, SQL.absorb_rejects):
                absorb(conn)
            conn.execute("detach half")
        conn.execute("attach ? as ledger", (f"{ledger.absolute().as_uri()}?mode=ro",))
        conn.create_function("fall", 2, lambda was, now: int(fall(was, now)), deterministic=True)
        conn.execute("begin")
        self._number = int(SQL.visible(conn))  # from here on one picture of the ledger
        self._twins = 0
        self._ledger = ledger
        self._had: Future[list[Any]] | None = None

    def close(self) -> None:
        """What was written is kept."""
        if self._had:
            wait([self._had])
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

    def gather_covered(self, profile: Profile, arrived: Arrival, booked_until: date | None) -> bool:
        """Open items of other sources that this list would name, were they still owed. Whether there is any."""
        return covered.gather(self._conn, self._number, profile, arrived, booked_until)

    def reach(self) -> tuple[str, ...]:
        """What `gather_covered` found the list to be complete for: companies by name."""
        return covered.companies(self._conn)

    def find_missing(self, source: str, absent: Verdict) -> None:
        """Open items of the scope that no row names, good or bad. With a row that cannot be read at all, any may be one of them."""
        SQL.index_rejects(self._conn)
        verdict = Verdict.DOUBTFUL if SQL.has_unknown_reject(self._conn) else absent
        SQL.find_missing(self._conn, number=self._number, source=source, verdict=verdict.value)
        covered.SQL.find_missing(self._conn, verdict=verdict.value)

    def begin_before(self, source: str, as_of: str, items: int) -> None:
        """`before` looks at every open item: it may begin in a thread, of SQLite alone, while the file is read. `items`: of the source."""
        pool = ThreadPoolExecutor(1)
        self._had = pool.submit(_had, self._ledger, self._number, source, as_of, items)
        pool.shutdown(wait=False)

    def before(self, source: str, as_of: str) -> Before:
        if self._had:
            scope = {row[0] for row in SQL.scope(self._conn)}
            of_source = [row[1:] for row in self._had.result() if row[0] in scope]
        else:
            of_source = list(SQL.before(self._conn, number=self._number, source=source, as_of=as_of))
        had = [*of_source, *covered.SQL.before(self._conn)]
        paid = list(SQL.paid(self._conn, number=self._number, source=source, as_of=as_of))
        lost = list(SQL.gone(self._conn, number=self._number, as_of=as_of))
        return Before(
            items=sum(row[2] for row in had),
            amount=_sums((row[0], row[3]) for row in had),
            gone=_sums((row[0], row[3]) for row in lost),
            explained=sum(row[2] for row in had if row[1]) + sum(row[1] for row in paid),
            explained_gone=sum(row[2] for row in lost if row[1]),
            explained_amount=_sums([*((row[0], row[3]) for row in had if row[1]), *((row[0], row[2]) for row in paid)]),
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

    # ------------------------------------------------------------ the fast way

    @property
    def number(self) -> int:
        """Of the newest batch that the ledger shows."""
        return self._number

    def latest_batch(self, source: str) -> tuple[str, dict[str, Decimal]] | None:
        """(id, what its file said is open) of the batch accepted last."""
        row = SQL.latest_batch(self._conn, source=source)
        return None if row is None else (row[0], {currency: Decimal(amount) for currency, amount in json.loads(row[1]).items()})

    def is_as_left(self, source: str, items: Mapping[str, int], since: int, *, alone: bool) -> bool:
        """Nobody else has touched what the source told: these companies have so many open items, none in doubt, none newer.

        `alone`: no other company has any.
        """
        conn = self._conn
        standing = (
            SQL.standing(conn, number=self._number, source=source) if SQL.has_ended(conn) else SQL.standing_by_index(conn, source=source)
        )
        found = {company: (count, newest, doubtful) for company, count, newest, doubtful in standing}
        if alone and found.keys() != items.keys():
            return False
        for company, count in items.items():
            had, newest, doubtful = found.get(company, (0, 0, 0))
            if had != count or newest > since or doubtful:
                return False
        return not SQL.debtors_changed_since(self._conn, number=self._number, source=source, since=since)

    def add_gone(self, keys: Iterable[Key]) -> None:
        SQL.add_gone(self._conn, list(keys))

    def is_doubtful(self, source: str, present: Iterable[str]) -> bool:
        """What was parsed contradicts itself or a record that was not: twins, a bad row, a debtor half of whose records changed."""
        conn = self._conn
        if self._twins or SQL.has_twisted(conn) or SQL.rejected(conn) or SQL.named_twice(conn, number=self._number, source=source):
            return True
        same = " and ".join(_SAME.get(column, f"s.{column} is d.{column}") for column in sorted(present))
        conn.execute(_DROP_SAME.format(same=same), {"number": self._number})
        return SQL.half_changed(conn, number=self._number, source=source) is not None

    def find_gone(self, companies: Iterable[str], absent: Verdict) -> None:
        """As find_missing, among the records that are gone."""
        SQL.add_scope(self._conn, [(company,) for company in companies])
        SQL.find_gone(self._conn, number=self._number, verdict=absent.value)

    def companies(self) -> set[str]:
        return {row[0] for row in SQL.companies(self._conn)}

    def counts_with(self, unparsed: int, before: Mapping[str, Decimal]) -> Counts:
        """Counts of the whole file: so many records stayed as they were; `before` was open of all that were there."""
        counts = self.counts()
        amounts = dict(before)
        for currency, amount in counts.open_amount.items():
            amounts[currency] = amounts.get(currency, Decimal(0)) + amount
        for currency, amount in SQL.gone_amounts(self._conn, number=self._number):
            amounts[currency] = amounts.get(currency, Decimal(0)) - from_scaled(amount)
        verdicts = {**counts.verdicts, Verdict.UNCHANGED.value: counts.verdicts.get(Verdict.UNCHANGED.value, 0) + unparsed}
        return Counts(verdicts=verdicts, rejected=0, open_amount=amounts)

    def is_plain(self) -> bool:
        """Every record is one item that is open, and every debtor is described in one way: the next snapshot may be compared by lines."""
        return not (self._twins or SQL.has_twisted(self._conn) or SQL.rejected(self._conn) or SQL.unplain(self._conn))

    def items_by_company(self) -> dict[str, int]:
        return dict(SQL.items_by_company(self._conn))

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
        """(number of the debtor in this batch, country, phone, phone2), where nobody judged them before"""
        SQL.take_judged(self._conn)
        yield from SQL.telephones(self._conn)

    def add_numbers(self, rows: Iterable[tuple[int, DialNumber]]) -> None:
        SQL.add_number(self._conn, [(n, number.position, number.raw, *_judged(number)) for n, number in rows])

    def every_telephone(self) -> Iterator[tuple[str, str, str, str, str, str]]:
        """(company, debtor_no, digest, country, phone, phone2) of each saying"""
        yield from SQL.every_telephone(self._conn)

    def add_judged(self, rows: Iterable[tuple[tuple[str, str, str], DialNumber]]) -> None:
        """For `telephones` of whoever goes on with this half."""
        SQL.add_judged(self._conn, [(*key, number.position, *_judged(number)) for key, number in rows])


def _judged(number: DialNumber) -> tuple[str, str, str, str]:
    return number.e164 or "", number.kind, ",".join(number.zones), number.problem or ""


def _had(ledger: Path, number: int, source: str, as_of: str, items: int) -> list[Any]:
    """On a connection of its own. Versions up to `number` are the same picture, as long as nothing is imported."""
    conn = sqlite3.connect(":memory:", isolation_level=None, uri=True)
    try:
        conn.execute("attach ? as ledger", (f"{ledger.absolute().as_uri()}?mode=ro",))
        if SQL.versions_in_all(conn) <= SCAN_WORTH * items:
            found = list(SQL.before_in_order(conn, number=number, source=source, as_of=as_of))
            if all(row[1] == row[2] for row in found):
                return [row for one in found for row in _by_explained(*one)]
        return list(SQL.before_by_company(conn, number=number, source=source, as_of=as_of))
    finally:
        conn.close()


def _by_explained(company: str, currency: str, _: str, items: int, claims: int, explained: int, of_them: int | None) -> Iterator[Any]:
    """As `before_by_company` tells it."""
    if items > explained:
        yield company, currency, 0, items - explained, claims - (of_them or 0)
    if explained:
        yield company, currency, 1, explained, of_them


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
