"""Master data on disk: what they say of a debtor, contact persons, and what lies over the open-item export.

Owns tables `master`, `contact_person`, `overlay`, `overlay_number`. Decides nothing: precedence is core/contact/corrections'.
Invariant: `overlay` follows from master data, persons and corrections; whoever changes one lays it anew in the same transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from collectord.core.contact.corrections import Correction, Overlay, overlay, shown_person
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


async def known(conn: Connection, key: DebtorKey) -> KnownMaster:
    who = {"company": key.company, "debtor_no": key.debtor_no}
    row = await SQL.master_of(conn, **who)
    exported = await SQL.exported_of(conn, **who)
    persons = tuple([_person(found) async for found in SQL.persons_of(conn, **who)])
    texts = {} if exported is None else {name: exported[name] for name in DEBTOR_COLUMNS if name != "credit_limit"}
    return KnownMaster(None if row is None else _fields(row), persons, texts)


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


@dataclass(frozen=True, slots=True)
class MasterChange:
    """What a file changes about one debtor. `persons` None: they stay."""

    key: DebtorKey
    fields: Mapping[str, str | None]
    persons: tuple[ContactPerson, ...] | None
    over: Overlay  # as long as no correction holds


async def put(conn: Connection, changes: Sequence[MasterChange], source: str, batch_id: str, house: House) -> None:
    """Takes over what a file says; where corrections hold, they stay on top."""
    corrected = {correction.key for correction in await corrections.in_force(conn)}
    for start in range(0, len(changes), PORTION):
        portion = changes[start : start + PORTION]
        await SQL.put_master(conn, [(*_key(one.key), *_columns(one.fields), source, batch_id) for one in portion])
        await SQL.drop_persons(conn, [_key(one.key) for one in portion if one.persons is not None])
        await SQL.put_person(
            conn,
            [
                (*_key(one.key), p.person_no, p.name, p.role, p.phone, p.email, p.language, p.hours, source, batch_id)
                for one in portion
                for p in one.persons or ()
            ],
        )
        await _lay(conn, [(one.key, one.over) for one in portion if one.key not in corrected])
    for one in changes:
        if one.key in corrected:
            await lay_anew(conn, one.key, house)


async def lay_anew(conn: Connection, key: DebtorKey, house: House) -> None:
    """After a change of master data, persons or corrections of this debtor."""
    found = await known(conn, key)
    held = await corrections.in_force(conn, key)
    await _lay(conn, [(key, overlay(found.master or {}, found.persons, held, found.country(house), house.language))])


async def _lay(conn: Connection, overlays: Sequence[tuple[DebtorKey, Overlay]]) -> None:
    keys = [_key(key) for key, _ in overlays]
    await SQL.drop_overlay(conn, keys)
    await SQL.drop_overlay_numbers(conn, keys)
    await SQL.put_overlay(conn, [(*_key(key), *_columns(over.fields)) for key, over in overlays if over.fields])
    await SQL.put_overlay_number(
        conn,
        [
            (*_key(key), n.position, n.raw, n.e164 or "", n.kind, ",".join(n.zones), n.problem or "", n.person, n.role, n.hours)
            for key, over in overlays
            for n in over.numbers
        ],
    )


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
