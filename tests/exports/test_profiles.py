"""Every source profile reads the example of its product as a person worked it out by hand: golden/*.json.

Owns the golden receipts and lists. They are written by hand from the examples, never by the program they judge.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.shell.place import MONDAY, Place

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "examples" / "exports"
GOLDEN = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((Path(__file__).parent / "golden").glob("*.json"))}
COUNTS = ("rows", "accepted", "opened", "changed", "unchanged", "cleared", "reopened")


def rows(place: Place, sql: str, *values: str) -> list[dict[str, Any]]:
    """What the store holds, without what it does not know: no None, no ''."""
    conn = sqlite3.connect(f"file:{place.folder / 'state' / 'collectord.db'}?mode=ro", uri=True)
    conn.row_factory = sqlite3.Row
    try:
        return [{key: row[key] for key in row.keys() if row[key] not in (None, "")} for row in conn.execute(sql, values)]  # noqa: SIM118
    finally:
        conn.close()


def money(stored: int) -> str:
    whole, rest = divmod(abs(stored), 10_000)
    return f"{'-' if stored < 0 else ''}{whole}.{rest // 100:02}"


def open_items(place: Place, source: str) -> list[dict[str, Any]]:
    """The open items of one source, in the words of a golden list."""
    found = rows(
        place,
        "select company, debtor_no, item_no, due_on, open_amount, currency, kind, amount, invoiced_on, payment_method, discount_until, "
        "dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute from item where state = 'open' and source = ?",
        source,
    )
    for item in found:
        item |= {name: money(item[name]) for name in ("open_amount", "amount") if name in item}
        if not item.pop("dispute"):
            continue
        item["dispute"] = "yes"
    return found


def by_key(items: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    keyed = {(item.get("company", ""), item["debtor_no"], item["item_no"]): item for item in items}
    assert len(keyed) == len(items)
    return keyed


def told(receipt: dict[str, Any], golden: dict[str, Any]) -> dict[str, Any]:
    """Of the receipt what the golden one says."""
    said = {key: receipt.get(key) for key in golden}
    if "rejected" in said:
        said["rejected"] = [[bad["line"], bad["column"]] for bad in receipt["rejected"]]
    return said


def debtors_said(place: Place, golden: dict[str, Any], now: str | None) -> dict[str, dict[str, Any]]:
    listed = {line["debtor_no"]: line for line in place.ask("debtors", "--limit", "500", now=now)}
    return {no: {key: listed[no][key] for key in wanted} for no, wanted in golden.items()}


def test_every_profile_has_an_example_and_every_example_a_golden_receipt() -> None:
    profiles = {path.stem for path in (CHECKOUT / "rules" / "sources").glob("*.toml")}
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()} | {"canonical"}
    assert folders == profiles
    files = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()}
    assert {golden["file"] for golden in GOLDEN.values()} == files
    assert {golden["receipt"]["source"] for golden in GOLDEN.values()} == profiles


@pytest.mark.parametrize("name", GOLDEN)
def test_an_example_is_read_as_worked_out_by_hand(place: Place, name: str) -> None:
    golden = GOLDEN[name]
    receipt = place.run("import", EXAMPLES / golden["file"], *golden.get("options", []), "--json", now=MONDAY).doc[0]
    assert told(receipt, golden["receipt"]) == golden["receipt"], receipt
    assert by_key(open_items(place, golden["receipt"]["source"])) == by_key(golden["items"])
    assert debtors_said(place, golden["debtors"], MONDAY) == golden["debtors"]
