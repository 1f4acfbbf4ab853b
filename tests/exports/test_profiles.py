"""Every source profile reads the example of its product as a person worked it out by hand: golden/*.json.

Owns the golden receipts and lists. They are written by hand from the examples, never by the program they judge.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collectord.core.exports.source_profiles import Profile, choose, reads_both
from collectord.edge.rules_files import load_rules
from tests.exports.golden import EXAMPLES, GOLDEN, Golden, as_options, by_key, debtors_said, master_rows, open_items, payments, told
from tests.shell.place import MONDAY, Place

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCES = load_rules(CHECKOUT / "rules").sources


def imported(place: Place, golden: Golden) -> dict[str, object]:
    """The receipt of its example; some files are read as two sources, with a receipt for each."""
    receipts: list[dict[str, object]] = place.run("import", EXAMPLES / golden["file"], *as_options(golden), "--json", now=MONDAY).doc
    return next(receipt for receipt in receipts if receipt["source"] == golden["receipt"]["source"])


def test_every_profile_has_an_example_and_every_example_a_golden_receipt() -> None:
    profiles = {path.stem for path in (CHECKOUT / "rules" / "sources").glob("*.toml")}
    copies = {golden["receipt"]["source"] for golden in GOLDEN.values() if golden.get("by") == "copy"}
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} | {"canonical"} | copies == profiles
    assert {golden["file"] for golden in GOLDEN.values()} == {
        str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()
    }
    assert {golden["receipt"]["source"] for golden in GOLDEN.values()} == profiles


@pytest.mark.parametrize("name", GOLDEN)
def test_an_example_fits_one_profile_by_its_name_or_none_and_goes_by_its_folder(name: str) -> None:
    golden = GOLDEN[name]
    file, source = EXAMPLES / golden["file"], golden["receipt"]["source"]
    by_name = choose(SOURCES, file.name, "", None, file.read_bytes()[:4096])
    if golden.get("by") == "folder" or source == "canonical":
        assert by_name is None
        by_name = choose(SOURCES, file.name, source, None, b"")
    if golden.get("by") == "copy":
        by_name = reads_both(SOURCES, by_name)
    assert isinstance(by_name, Profile)
    assert by_name.name == source


@pytest.mark.parametrize("name", GOLDEN)
def test_an_example_is_read_as_worked_out_by_hand(place: Place, name: str) -> None:
    golden = GOLDEN[name]
    for earlier in golden.get("before", []):
        assert imported(place, GOLDEN[earlier])["status"] == "accepted"
    receipt = imported(place, golden)
    source = golden["receipt"]["source"]
    assert told(receipt, golden["receipt"]) == golden["receipt"], receipt
    assert by_key(open_items(place, source)) == by_key(golden["items"])
    assert debtors_said(place, golden["debtors"], MONDAY) == golden["debtors"]
    assert payments(place, source) == golden.get("payments", [])
    assert master_rows(place, source) == golden.get("master", [])
