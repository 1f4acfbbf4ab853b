"""A file that holds new invoices and payments is dropped once and read as both."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import Receipt
from collectord.edge.rules_files import load_rules
from collectord.edge.store import batches, payments
from collectord.loops.intake import accept_batch, import_all, take_inbox
from collectord.loops.matching_again import match_again
from tests.loops.test_intake import MONDAY, InHouse
from tests.loops.test_intake import house as house

ROOT = Path(__file__).parents[2]
NAME = "EXTF_Buchungsstapel_20261120.csv"
EXTF = (ROOT / "examples" / "exports" / "datev-extf-bookings" / NAME).read_bytes()
SOURCES = load_rules(ROOT / "rules").sources
BOTH = ["datev-extf-payments", "datev-extf-bookings"]


@pytest.fixture
def extf(house: InHouse) -> InHouse:
    return InHouse(replace(house.edges, sources=SOURCES), house.drop, house.db)


def dropped(house: InHouse, content: bytes = EXTF, folder: str = "") -> None:
    inbox = house.edges.folders.inbox / folder
    inbox.mkdir(exist_ok=True)
    (inbox / NAME).write_bytes(content)


async def lines(house: InHouse) -> list[dict[str, Any]]:
    return await house.db.read(partial(payments.listed, now=MONDAY))


def told(receipts: list[Receipt]) -> list[tuple[str, str, int]]:
    return [(one.source, one.status, one.accepted) for one in receipts]


async def test_a_dropped_batch_gives_its_payments_and_its_items_each_with_batch_receipt_and_file(extf: InHouse) -> None:
    dropped(extf)
    receipts = await take_inbox(extf.edges, MONDAY)
    assert told(receipts) == [("datev-extf-payments", "accepted", 3), ("datev-extf-bookings", "accepted", 4)]
    assert len({one.batch for one in receipts}) == 2
    for one in receipts:
        assert (one.file, extf.where(one.batch)) == (NAME, ["archive"])
        stored = json.loads((extf.edges.folders.of("receipts") / f"{Path(one.stored_as).stem}.json").read_text())
        assert stored == one.as_json()
        assert (extf.edges.folders.of("archive") / one.stored_as).read_bytes() == EXTF
    assert list(extf.edges.folders.inbox.iterdir()) == []
    assert await match_again(extf.db, extf.edges.house, MONDAY) == 1
    assert [line["items"] for line in await lines(extf) if line["state"] == "matched"] == [["RE-5101"]]


async def test_import_prints_both_receipts_its_own_last(extf: InHouse) -> None:
    path = extf.drop / NAME
    path.write_bytes(EXTF)
    receipts = await import_all(extf.edges, path, source=None, mode=None, as_of=None, now=MONDAY)
    assert [one.source for one in receipts] == BOTH
    again = await import_all(extf.edges, path, source=None, mode=None, as_of=None, now=MONDAY)
    assert [(one.source, one.status) for one in again] == [(name, "duplicate") for name in BOTH]
    assert len(await lines(extf)) == 3


async def test_who_names_the_other_source_gets_only_that_reading(extf: InHouse) -> None:
    dropped(extf, folder="datev-extf-payments")
    assert [one.source for one in await take_inbox(extf.edges, MONDAY)] == ["datev-extf-payments"]


HOUSE = 'extends = "datev-extf-bookings"\ntitle.en = "h"\ntitle.de = "h"\n'


def with_house(house: InHouse, text: str) -> InHouse:
    """The shipped rules and a profile `house` of this text."""
    rules = house.drop.parent / "rules"
    shutil.copytree(ROOT / "rules", rules)
    (rules / "sources" / "house.toml").write_text(text, encoding="utf-8")
    return InHouse(replace(house.edges, sources=load_rules(rules).sources), house.drop, house.db)


async def test_a_profile_with_an_encoding_of_its_own_reads_the_payments_in_it_too(house: InHouse) -> None:
    own = with_house(house, HOUSE + 'encodings = ["utf-16"]\n[scope]\ncompanies = ["1000"]\n')
    dropped(own, EXTF.decode("cp1252").encode("utf-16"), folder="house")
    receipts = await take_inbox(own.edges, MONDAY)
    assert told(receipts) == [("datev-extf-payments.house", "accepted", 3), ("house", "accepted", 4)]
    assert {line["company"] for line in await lines(own)} == {"1000"}
    assert set(own.edges.sources) - set(SOURCES) == {"house", "datev-extf-payments.house"}


async def test_a_profile_of_the_same_form_or_with_another_reading_of_its_own_keeps_that(house: InHouse) -> None:
    same = with_house(house, HOUSE + "terms = 14\n")
    assert same.edges.sources["house"].also == "datev-extf-payments"
    shutil.rmtree(house.drop.parent / "rules")
    named = with_house(house, HOUSE + 'also = "datev-extf-payments"\nencodings = ["utf-16"]\n')
    assert named.edges.sources["house"].also == "datev-extf-payments"


async def test_without_the_other_profile_the_file_is_read_once(extf: InHouse) -> None:
    sources = {**SOURCES, "datev-extf-bookings": replace(SOURCES["datev-extf-bookings"], also="")}
    dropped(extf)
    receipts = await take_inbox(replace(extf.edges, sources=sources), MONDAY)
    assert [one.source for one in receipts] == ["datev-extf-bookings"]


async def test_a_file_whose_other_reading_is_rejected_gets_its_own_all_the_same(extf: InHouse) -> None:
    sources = {**SOURCES, "datev-extf-payments": replace(SOURCES["bank-generic"], name="datev-extf-payments")}
    dropped(extf)
    receipts = await take_inbox(replace(extf.edges, sources=sources), MONDAY)
    assert [(one.source, one.status) for one in receipts] == [(BOTH[0], "rejected"), (BOTH[1], "accepted")]
    assert [extf.where(one.batch) for one in receipts] == [["rejected"], ["archive"]]


async def test_the_copy_of_a_held_batch_is_not_carried_again_when_a_person_accepts_it(extf: InHouse) -> None:
    bad = EXTF.replace(b"1190,00;", b"1l90,00;").replace(b"357,00;", b"3S7,00;").replace(b"119,00;", b"ll9,00;")
    dropped(extf, bad)
    receipts = await take_inbox(extf.edges, MONDAY)
    assert [(one.source, one.status) for one in receipts] == [(BOTH[0], "accepted"), (BOTH[1], "held")]
    await accept_batch(extf.edges, receipts[-1].batch, MONDAY)
    listed = await extf.db.read(lambda conn: batches.listed(conn, now=MONDAY))
    assert sorted(one["source"] for one in listed) == sorted(BOTH)
