"""Golden lists beside what the store and the commands say, in the same words.

Owns reading both. Judges nothing: the tests do.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.shell.place import Place

Golden = dict[str, Any]
HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples" / "exports"
GOLDEN: dict[str, Golden] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "golden").glob("*.json"))}


def as_options(golden: Golden) -> list[str]:
    """`--source` where the file's name does not say which profile it is for."""
    return ["--source", golden["receipt"]["source"]] if golden.get("by") == "folder" else []


def rows(place: Place, sql: str, *values: str) -> list[dict[str, Any]]:
    """What the store holds, without what it does not know or what is nothing: no None, no '', no 0."""
    conn = sqlite3.connect(f"file:{place.folder / 'state' / 'collectord.db'}?mode=ro", uri=True)
    conn.row_factory = sqlite3.Row
    try:
        return [{name: value for name, value in zip(row.keys(), row, strict=True) if value} for row in conn.execute(sql, values)]
    finally:
        conn.close()


def money(stored: int) -> str:
    return f"{Decimal(stored) / 10_000:.2f}"


def in_words(row: dict[str, Any], *amounts: str) -> dict[str, Any]:
    return row | {name: money(row[name]) for name in amounts if name in row}


def open_items(place: Place, source: str) -> list[dict[str, Any]]:
    """The open items of one source."""
    found = rows(
        place,
        "select company, debtor_no, item_no, due_on, open_amount, currency, kind, amount, invoiced_on, payment_method, discount_until, "
        "dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute from item where state = 'open' and source = ?",
        source,
    )
    return [in_words(item, "open_amount", "amount") | ({"dispute": "yes"} if "dispute" in item else {}) for item in found]


def payments(place: Place, source: str) -> list[dict[str, Any]]:
    """The bank lines of one source in their order, each with the items it is taken to pay."""
    lines = rows(
        place,
        "select id, booked_on, amount, currency, kind, payer, state from payment where source = ? order by rowid",
        source,
    )
    for line in lines:
        matched = rows(place, "select item_no from payment_match where payment_id = ? order by item_no", line.pop("id"))
        line["items"] = [match["item_no"] for match in matched if match]
    return [in_words(line, "amount") for line in lines]


def master_rows(place: Place, source: str) -> list[dict[str, Any]]:
    columns = (
        "debtor_no, debtor_name, person_type, contact_person, email, language, country, postcode, credit_limit, phone, phone2, "
        "dunning_block_until, payment_method"
    )
    return [
        in_words(row, "credit_limit") for row in rows(place, f"select {columns} from master where source = ? order by debtor_no", source)
    ]


def by_key(items: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    listed = list(items)
    keyed = {(item.get("company", ""), item["debtor_no"], item["item_no"]): item for item in listed}
    assert len(keyed) == len(listed)
    return keyed


def told(receipt: Mapping[str, Any], golden: Mapping[str, Any]) -> dict[str, Any]:
    """Of the receipt what the golden one says."""
    said = {name: receipt.get(name) for name in golden}
    return said | {"rejected": [[bad["line"], bad["column"]] for bad in receipt["rejected"]]}


def debtors(place: Place, now: str | None) -> dict[str, dict[str, Any]]:
    """As `collectord debtors` lists them, by the name that commands take."""
    listed = place.ask("debtors", "--limit", "1000", now=now)
    return {"/".join(filter(None, (line["company"], line["debtor_no"]))): line for line in listed}


def debtors_said(place: Place, golden: Mapping[str, Mapping[str, Any]], now: str | None) -> dict[str, dict[str, Any]]:
    listed = debtors(place, now)
    return {no: {name: listed[no][name] for name in wanted} for no, wanted in golden.items()}
