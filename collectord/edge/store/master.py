"""Master data on disk: what they say of a debtor, contact persons, and what lies over the open-item export.

Owns tables `master`, `contact_person`, `overlay`, `overlay_number`. Decides nothing: precedence is core/contact/corrections'.
Invariant: `overlay` follows from master data, persons and corrections; whoever changes one lays it anew in the same transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from collectord.core.contact.corrections import PHONES, Correction, Overlay, overlay, shown_person
from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.master_rows import FIELDS, ContactPerson
from collectord.core.house import House
from collectord.core.money import from_scaled, plain, to_scaled
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store import corrections
from collectord.edge.store.connection import Connection, queries

SQL = queries("master")
PORTION = 500  # debtors written between two breaths of the event loop
Row = Mapping[str, Any]
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class KnownMaster:
    """What stands in the store about one debtor, beside corrections. `country`: for numbers without a country code."""

    master: Mapping[str, str | None] | None
    persons: tuple[ContactPerson, ...]
    exported: Mapping[str, str]  # what open-item exports said, DEBTOR_COLUMNS; {} = no such debtor there

    def country(self, house: House) -> str:
        return (self.master or {}).get("country") or self.exported.get("country") or house.country

    def accounting(self, correction: Correction) -> str:
        """What accounting's data say about the correction's subject."""
        field, name = correction.subject
        if name:
            found = next((person for person in self.persons if person.name.casefold() == name), None)
            if found is not None:
                return shown_person(found)
            text = self._said(field)
            return text if text.casefold() == name else ""
        return self._said(field)

    def _said(self, field: str) -> str:
        said = (self.master or {}).get(field)
        return self.exported.get(field, "") if said is None else said


# The list of keys grows with the portion, which named SQL cannot say. Standard SQL otherwise.
_OF_KEYS = "with k (company, debtor_no) as (values {keys}) select {what} where {on}"
_MASTER = ("m.* from k, master m", "m.company = k.company and m.debtor_no = k.debtor_no")
_PERSONS = ("p.* from k, contact_person p", "p.company = k.company and p.debtor_no = k.debtor_no order by p.person_no")
_EXPORTED = ("d.* from k, exported_debtor d", "d.company = k.company and d.debtor_no = k.debtor_no")
_NUMBERS = ("n.company, n.debtor_no, n.position, n.raw from k, exported_number n", "n.company = k.company and n.debtor_no = k.debtor_no")


async def known(conn: Connection, key: DebtorKey) -> KnownMaster:
    return (await known_of(conn, [key]))[key]


async def known_of(conn: Connection, keys: Sequence[DebtorKey]) -> dict[DebtorKey, KnownMaster]:
    """One entry for each key; a debtor that nobody knows has nothing in it."""
    rows = {_of(row): _fields(row) async for row in _rows(conn, _MASTER, keys)}
    persons: dict[DebtorKey, list[ContactPerson]] = {}
    async for row in _rows(conn, _PERSONS, keys):
        persons.setdefault(_of(row), []).append(_person(row))
    exported = {
        _of(row): {name: row[name] for name in DEBTOR_COLUMNS if name not in ("credit_limit", *PHONES)} | dict.fromkeys(PHONES, "")
        async for row in _rows(conn, _EXPORTED, keys)
    }
    async for row in _rows(conn, _NUMBERS, keys):
        exported[_of(row)][PHONES[row["position"] - 1]] = row["raw"]
    return {key: KnownMaster(rows.get(key), tuple(persons.get(key, ())), exported.get(key, {})) for key in keys}


async def _rows(conn: Connection, query: tuple[str, str], keys: Sequence[DebtorKey]) -> AsyncIterator[Row]:
    what, on = query
    text = _OF_KEYS.format(keys=",".join(["(?,?)"] * len(keys)), what=what, on=on)
    async with conn.execute(text, [part for key in keys for part in _key(key)]) as cursor:
        async for row in cursor:
            yield row  # type: ignore[misc]  # the connection's rows are dicts


def _of(row: Row) -> DebtorKey:
    return DebtorKey(row["company"], row["debtor_no"])


def _fields(row: Row) -> dict[str, str | None]:
    """The columns as master data's texts."""
    fields: dict[str, str | None] = {name: row["dunning_block_until" if name == "dunning_block" else name] for name in FIELDS}
    if row["credit_limit"] is not None:
        fields["credit_limit"] = plain(from_scaled(row["credit_limit"]))
    return fields


def _person(row: Row) -> ContactPerson:
    names = ("person_no", "name", "role", "phone", "email", "language", "hours")
    return ContactPerson(**{name: row[name] for name in names})


def _columns(fields: Mapping[str, str | None]) -> Values:
    """The columns of `master` and `overlay` behind the key."""
    limit = fields.get("credit_limit")
    scaled = to_scaled(Decimal(limit)) if limit else None
    return tuple(scaled if name == "credit_limit" else fields.get(name) for name in FIELDS)


class Changes:
    """What a file changes, as rows to write: tuples alone, so that many of them cost the garbage collector nothing."""

    def __init__(self) -> None:
        self.masters: list[Values] = []
        self.forgotten: list[Values] = []  # debtors whose persons are said anew
        self.persons: list[Values] = []
        self.overlays: dict[tuple[str, str], tuple[Values | None, tuple[Values, ...]]] = {}

    def add(
        self,
        key: DebtorKey,
        fields: Mapping[str, str | None],
        persons: Sequence[ContactPerson] | None,
        over: Overlay,
        origin: tuple[str, str],
    ) -> None:
        """`persons` None: they stay. `over`: what lies over the export as long as no correction holds. `origin`: source and batch."""
        who = _key(key)
        self.masters.append((*who, *_columns(fields), *origin))
        if persons is not None:
            self.forgotten.append(who)
            self.persons += [(*who, p.person_no, p.name, p.role, p.phone, p.email, p.language, p.hours, *origin) for p in persons]
        self.overlays[who] = _overlay_rows(who, over)


async def put(conn: Connection, changes: Changes, house: House) -> None:
    """Takes over what a file says; where corrections hold, they stay on top."""
    corrected = {_key(correction.key) for correction in await corrections.in_force(conn)}
    for start in range(0, len(changes.masters), PORTION):
        await SQL.put_master(conn, changes.masters[start : start + PORTION])
    await SQL.drop_persons(conn, changes.forgotten)
    for start in range(0, len(changes.persons), PORTION):
        await SQL.put_person(conn, changes.persons[start : start + PORTION])
    keys = [who for who in changes.overlays if who not in corrected]
    for start in range(0, len(keys), PORTION):
        portion = keys[start : start + PORTION]
        await _lay(conn, portion, [changes.overlays[who] for who in portion])
    for who in corrected & changes.overlays.keys():
        await lay_anew(conn, DebtorKey(*who), house)


async def lay_anew(conn: Connection, key: DebtorKey, house: House) -> None:
    """After a change of master data, persons or corrections of this debtor."""
    found = await known(conn, key)
    held = await corrections.in_force(conn, key)
    over = overlay(found.master or {}, found.persons, held, found.country(house), house.language)
    await _lay(conn, [_key(key)], [_overlay_rows(_key(key), over)])


def _overlay_rows(who: tuple[str, str], over: Overlay) -> tuple[Values | None, tuple[Values, ...]]:
    numbers = tuple(
        (*who, n.position, n.raw, n.e164 or "", n.kind, ",".join(n.zones), n.problem or "", n.person, n.role, n.hours) for n in over.numbers
    )
    return (*who, *_columns(over.fields)) if over.fields else None, numbers


async def _lay(conn: Connection, keys: Sequence[Values], rows: Sequence[tuple[Values | None, tuple[Values, ...]]]) -> None:
    await SQL.drop_overlay(conn, keys)
    await SQL.drop_overlay_numbers(conn, keys)
    await SQL.put_overlay(conn, [row for row, _ in rows if row is not None])
    await SQL.put_overlay_number(conn, [number for _, numbers in rows for number in numbers])


async def unread_before(conn: Connection, source: str, batch_id: str) -> tuple[DebtorKey, ...]:
    """Debtors of whom earlier batches of this source had rows that could not be read."""
    return tuple([_of(row) async for row in SQL.unread_before(conn, source=source, batch_id=batch_id)])


async def exported_companies(conn: Connection) -> tuple[str, ...]:
    """Company codes of the debtors that open-item exports named."""
    return tuple([row["company"] async for row in SQL.exported_companies(conn)])


async def settle_rejects(conn: Connection, keys: Iterable[DebtorKey], source: str, batch_id: str) -> None:
    """These debtors' rows were good in this batch: earlier bad ones of the source hold nobody back any more."""
    await SQL.settle_rejects(conn, [(batch_id, source, *_key(key), batch_id) for key in keys])


async def persons_between(conn: Connection, low: DebtorKey, high: DebtorKey) -> AsyncIterator[tuple[DebtorKey, ContactPerson]]:
    async for row in SQL.persons_between(
        conn, company=low.company, debtor_no=low.debtor_no, to_company=high.company, to_debtor=high.debtor_no
    ):
        yield DebtorKey(row["company"], row["debtor_no"]), _person(row)


def _key(key: DebtorKey) -> tuple[str, str]:
    return key.company, key.debtor_no
