"""The way of every example through the running daemon: dropped, claimed, read, in the ledger, receipt written, archived.

Owns nothing but the drop; what must come out stands in golden/.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.exports.golden import EXAMPLES, GOLDEN, Golden, debtors, told
from tests.shell.place import Place
from tests.shell.test_running_daemon import SANDBOX, daemon, eventually

COMPANIES = "".join(
    f'[[company]]\ncode = "{code}"\nname = "Muster {code}"\ncaller_id = "+49301234{code}"\nregion = "BE"\n'
    for code in (1000, 2000, 3000, 4000)
)


def source_of(golden: Golden) -> str:
    """A second snapshot of one product is a source of its own in the house: else it would clear what the first one says."""
    return str(golden.get("house_profile", golden["receipt"]["source"]))


def drop(place: Place, golden: Golden) -> None:
    """As a person does: into the inbox where the name says which product it is, else into the product's folder."""
    inbox = place.folder / "exchange" / "inbox"
    folder = inbox / source_of(golden) if "house_profile" in golden or golden.get("by") == "folder" else inbox
    folder.mkdir(exist_ok=True)
    name = Path(golden["file"]).name
    shutil.copy(EXAMPLES / golden["file"], folder / f".{name}.part")
    (folder / f".{name}.part").rename(folder / name)


def receipts(place: Place) -> dict[tuple[str, str], dict[str, Any]]:
    """All receipts written so far, by source and file."""
    found = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (place.folder / "exchange" / "receipts").glob("*.json")
        if not path.name.startswith(".")
    ]
    return {(receipt["source"], receipt["file"]): receipt for receipt in found}


def key(golden: Golden) -> tuple[str, str]:
    return source_of(golden), Path(golden["file"]).name


def turn_of(golden: Golden) -> int:
    """Lists; then what opens new items, which a list would clear that does not name them; then statements and master data."""
    return 2 if "before" in golden else 1 if golden["receipt"]["mode"] == "delta" else 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A daemon that was given every example: first lists, then new items, then statements and master data."""
    place = Place(tmp_path_factory.mktemp("round") / "house")
    place.config.write_text(SANDBOX.replace("live = true", "live = false") + COMPANIES, encoding="utf-8")

    for golden in GOLDEN.values():
        if "house_profile" in golden:
            own = f'extends = "{golden["receipt"]["source"]}"\ntitle.en = "another subsidiary"\ntitle.de = "weitere Tochter"\n'
            (place.folder / "rules" / "sources" / f"{golden['house_profile']}.toml").write_text(own, encoding="utf-8")

    def given(some: Iterable[Golden]) -> None:
        wanted = {key(golden) for golden in some}
        eventually(lambda: wanted <= receipts(place).keys(), within=90)

    with daemon(place):
        for turn in range(3):
            some = [golden for golden in GOLDEN.values() if turn_of(golden) == turn]
            for golden in some:
                if golden.get("by") != "copy":
                    drop(place, golden)
            given(some)
        yield place


@pytest.mark.parametrize("name", GOLDEN)
def test_a_dropped_example_gets_the_receipt_that_was_worked_out_by_hand(house: Place, name: str) -> None:
    golden = GOLDEN[name]
    receipt = receipts(house)[key(golden)]
    assert told(receipt, golden["receipt"]) == golden["receipt"] | {"source": source_of(golden)}, receipt


def test_every_dropped_example_lies_in_the_archive_and_nowhere_else(house: Place) -> None:
    stored = sorted(receipt["stored_as"] for receipt in receipts(house).values())
    assert house.files("archive") == stored
    assert len(stored) == len(GOLDEN)
    assert [house.files(folder) for folder in ("processing", "held", "rejected")] == [[], [], []]
    assert [path for path in (house.folder / "exchange" / "inbox").rglob("*") if path.is_file()] == []


def test_each_debtor_owes_what_the_examples_say(house: Place) -> None:
    owed: dict[str, Counter[str]] = {}
    for golden in GOLDEN.values():
        for item in golden["items"]:
            debtor = "/".join(filter(None, (item.get("company", ""), item["debtor_no"])))
            owed.setdefault(debtor, Counter())[item["currency"]] += Decimal(item["open_amount"])  # type: ignore[assignment]
    listed = debtors(house, None)
    for debtor, amounts in owed.items():
        wanted = {currency: f"{amount:.2f}" for currency, amount in amounts.items()}
        assert listed[debtor]["open"] == wanted
        assert house.ask("explain", debtor, now=None)["open"] == wanted
