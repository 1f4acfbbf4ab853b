"""Corrections: told exactly once whatever is killed when, and ended by what accounting says."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.contact.corrections import (
    Adopted,
    Correction,
    CorrectionKind,
    Overruled,
    Stands,
    judge,
    note_for,
    overlay,
    read_person,
    shown_person,
)
from collectord.core.exports.master_rows import ContactPerson
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.pbx_events import DialResult, EndState
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import corrections as store
from collectord.edge.store import ledger
from collectord.edge.store.connection import Connection
from collectord.loops import debtor_list, quality
from collectord.loops.corrections import settle
from collectord.loops.outbox import write_corrections
from tests.loops.desk import HOUSE, Desk, local, open_desk, row
from tests.loops.master import master
from tests.loops.shift import ended, place, planned, talk, tell

MONDAY = local("2026-11-23T10:00")
LATER = MONDAY + timedelta(hours=1)
KEY = DebtorKey("", "10")
NEW = "+493012349999"
CRASHES = ("corrections_claimed", "corrections_written", "corrections_staged", "corrections_published")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await opened.take(row(), as_of="2026-11-23")
        yield opened


def folders(desk: Desk) -> ExchangeFolders:
    return ExchangeFolders(desk.folder / "exchange")


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=";"))


async def told(desk: Desk) -> list[tuple[str, str, str]]:
    path = await write_corrections(desk.db, HOUSE, folders(desk), LATER)
    return [] if path is None else [(one["field"], one["old_value"], one["new_value"]) for one in read(path)]


async def states(desk: Desk) -> list[tuple[str, str, str | None]]:
    [found] = await debtor_list.debtors(desk.db, HOUSE, LATER, key=KEY, limit=1)
    return [(one["value"], one["state"], one["accounting"]) for one in found["corrections"]]


async def numbers(desk: Desk) -> list[str | None]:
    found = await desk.db.read(lambda conn: ledger.debtor(conn, KEY))
    assert found is not None
    return [number.e164 for number in found.numbers]


async def settled(desk: Desk) -> int:
    return await settle(desk.db, HOUSE, LATER, desk.new_id)


# ------------------------------------------------------------------ how long one holds


def put_right(field: str, value: str, was: str = "", kind: CorrectionKind = CorrectionKind.PUT_RIGHT) -> Correction:
    return Correction(id="c", at=MONDAY, company="", debtor_no="10", field=field, value=value, was=was, kind=kind)


@pytest.mark.parametrize(
    ("correction", "accounting", "answer"),
    [
        (put_right("phone", NEW, "030 1"), "030/12349999", Adopted()),
        (put_right("phone", NEW, "030 12345601"), "030/123456-01", Stands()),
        (put_right("phone", NEW, "030 12345601"), "030 12345555", Overruled("030 12345555")),
        (put_right("email", "a@x.de", ""), "A@x.de ", Adopted()),
        (put_right("email", "a@x.de", ""), "", Stands()),
        (put_right("debtor_name", "Kontor  GmbH", "Kantor"), "Kontor GmbH", Adopted()),
        (put_right("contact_person", f"Eva Weber, Buchhaltung, {NEW}", ""), "eva weber, Leitung, 030 12349999", Adopted()),
        (put_right("contact_person", "Eva Weber", ""), "", Stands()),
        (put_right("contact_person", f"Eva Weber, {NEW}", "Eva Weber, 030 1111"), "Eva Weber, 030 2222", Overruled("Eva Weber, 030 2222")),
        (put_right("phone", "", "030 12345601", CorrectionKind.WRONG), "030 12345601", Stands()),
        (put_right("phone", "", "030 12345601", CorrectionKind.WRONG), "030 12345555", Adopted()),
    ],
)
def test_newest_knowledge_wins(correction: Correction, accounting: str, answer: object) -> None:
    assert judge(correction, accounting, "DE") == answer


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Eva Weber", ("Eva Weber", "", "")),
        ("Eva  Weber , Buchhaltung", ("Eva Weber", "Buchhaltung", "")),
        ("Eva Weber, 030 123", ("Eva Weber", "", "030 123")),
        ("Eva Weber, Buchhaltung, Etage 2, 030 123", ("Eva Weber", "Buchhaltung, Etage 2", "030 123")),
        ("030 12345", ("030 12345", "", "")),
    ],
)
def test_a_contact_person_is_name_role_and_number(text: str, parts: tuple[str, str, str]) -> None:
    person = read_person(text)
    assert (person.name, person.role, person.phone) == parts
    assert read_person(shown_person(person)) == person


def test_only_what_was_told_before_has_a_note_of_its_own() -> None:
    assert note_for("put_right", "as said", "en") == "as said"
    assert note_for("wrong", "a bakery", "de") == "falsche Rufnummer: a bakery"
    assert note_for("taken_back", "", "en").startswith("taken back")


def test_a_correction_lies_over_master_data_and_keeps_what_it_does_not_say() -> None:
    eva = ContactPerson(person_no="1", name="Eva Weber", role="Buchhaltung", phone="030 12345603", hours="mon")
    made = (
        put_right("contact_person", f"eva weber, {NEW}"),
        put_right("contact_person", "Ben Klein, Einkauf"),
        put_right("phone", "", "030 12345601", CorrectionKind.WRONG),
    )
    over = overlay({"phone": "030 12345601", "email": None}, (eva,), made, "DE", "en")
    assert over.fields == {"phone": "030 12345601", "contact_person": "Ben Klein"}
    assert [(n.position, n.e164, n.person, n.role, n.hours) for n in over.numbers] == [
        (1, "+493012345601", "", "", ""),
        (3, NEW, "eva weber", "Buchhaltung", "mon"),
    ]


# ------------------------------------------------------------------ against accounting's data


async def test_master_data_that_say_the_same_end_a_correction_and_stay(desk: Desk) -> None:
    await desk.record(MONDAY, phone=NEW)
    await master(desk, {"debtor_no": "10", "phone": "030 1234 9999"})
    assert await settled(desk) == 1
    assert await settled(desk) == 0
    assert await states(desk) == [(NEW, "adopted", "030 1234 9999")]
    assert await numbers(desk) == [NEW]


async def test_a_correction_holds_over_master_data_that_say_what_they_said_before(desk: Desk) -> None:
    await master(desk, {"debtor_no": "10", "phone": "089/1234567", "email": "a@x.de"})
    await desk.record(MONDAY, phone=NEW, email="b@x.de")
    await master(desk, {"debtor_no": "10", "phone": "+49 89 1234567", "region": "BY"}, batch="m2")
    assert await settled(desk) == 0
    assert await numbers(desk) == [NEW]


async def test_a_new_value_of_accounting_is_newer_knowledge(desk: Desk) -> None:
    await desk.record(MONDAY, phone=NEW)
    await master(desk, {"debtor_no": "10", "phone": "089/1234567"})
    assert await numbers(desk) == [NEW]  # until it is settled, right after the import
    assert await settled(desk) == 1
    assert await numbers(desk) == ["+49891234567"]
    assert await states(desk) == [(NEW, "overruled", "089/1234567")]
    holes = {hole["hole"]: hole["examples"] for hole in (await quality.quality(desk.db, HOUSE, LATER))["holes"]}
    assert holes["correction_overruled"] == [f"10: phone: {NEW} / 089/1234567"]


async def test_a_contact_person_is_adopted_when_master_data_name_the_same_number(desk: Desk) -> None:
    await desk.record(MONDAY, contact_person=f"Eva Weber, Buchhaltung, {NEW}")
    await master(desk, {"debtor_no": "10", "person_name": "Eva Weber", "person_phone": "030 12345603"})
    assert await settled(desk) == 1
    assert await states(desk) == [(f"Eva Weber, Buchhaltung, {NEW}", "overruled", "Eva Weber, 030 12345603")]
    await desk.record(MONDAY, contact_person=f"Ben, {NEW}")
    await master(desk, {"debtor_no": "10", "person_name": "Ben", "person_phone": "030 12349999"}, batch="m2")
    assert await settled(desk) == 1
    assert (await states(desk))[-1][1] == "adopted"


async def test_a_correction_that_says_what_accounting_says_is_no_correction(desk: Desk) -> None:
    await desk.record(MONDAY, phone="030 123456-01")
    assert await states(desk) == [("+493012345601", "adopted", "+493012345601")]
    assert await told(desk) == []


async def test_back_to_accountings_value_takes_back_what_accounting_was_told(desk: Desk) -> None:
    await desk.record(MONDAY, phone=NEW)
    assert await told(desk) == [("phone", "'+493012345601", f"'{NEW}")]
    await desk.record(LATER, phone="+493012345601")
    assert await told(desk) == [("phone", f"'{NEW}", "'+493012345601")]


async def test_several_contact_persons_hold_side_by_side_and_none_takes_all_back(desk: Desk) -> None:
    await desk.record(MONDAY, contact_person=f"Eva Weber, Buchhaltung, {NEW}")
    await desk.record(MONDAY, contact_person="Ben Klein, Einkauf, 030 12345604")
    assert await numbers(desk) == ["+493012345601", "+493012345604", NEW]
    await desk.record(LATER, contact_person="none")
    assert await numbers(desk) == ["+493012345601"]
    assert [state for _, state, _ in await states(desk)] == ["taken back", "taken back"]


async def test_a_number_that_does_not_exist_any_more_is_told_and_its_end_is_seen(desk: Desk) -> None:
    await master(desk, {"debtor_no": "10", "person_name": "Eva", "person_role": "Buchhaltung", "person_phone": "030 12345603"})
    await desk.record(MONDAY, number_wrong="030 12345603", reason="a bakery")
    assert await told(desk) == [("contact_person", "Eva, Buchhaltung, 030 12345603", "")]
    await master(desk, {"debtor_no": "10", "person_name": "Eva", "person_phone": "030 12345604"}, batch="m2")
    assert await settled(desk) == 1
    assert await told(desk) == []


async def test_a_number_that_is_wrong_twice_is_told_once(desk: Desk) -> None:
    await desk.record(MONDAY, number_wrong="030 12345601")
    await desk.record(MONDAY, number_wrong="030 12345601", reason="again")
    assert await told(desk) == [("phone", "'+493012345601", "")]
    await desk.record(MONDAY, number_wrong="030 12345601", reason="and again")
    assert await told(desk) == []


async def test_a_number_that_the_network_does_not_know_is_told(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    no_number = DialResult(
        seen_at=placed.placed_at, attempt_id=placed.id, status="CHANUNAVAIL", cause=1, tech="SIP 404 Not Found", rang_ms=None, talk_ms=None
    )
    await tell(desk, MONDAY, *talk(placed)[:2], no_number, ended(placed, EndState.WRAP, "CHANUNAVAIL", 1, "SIP 404 Not Found"))
    assert await told(desk) == [("phone", "'+493012345601", "")]


async def test_a_contact_person_without_a_number_is_asked_for_on_the_debtors_own(desk: Desk) -> None:
    await desk.record(MONDAY, contact_person="Ben Klein, Einkauf")
    explained = await desk.ask(MONDAY)
    assert (explained["number"], explained["ask_for"]) == ("+493012345601", "Ben Klein")


# ------------------------------------------------------------------ once each


async def test_a_correction_is_told_once_and_never_again(desk: Desk) -> None:
    await desk.record(MONDAY, phone=NEW)
    assert await told(desk) == [("phone", "'+493012345601", f"'{NEW}")]
    assert await told(desk) == []
    await desk.record(LATER, phone="none")
    await desk.record(LATER, email="a@x.de")
    await desk.record(LATER, email="none")  # nobody was told of it
    assert await told(desk) == [("phone", f"'{NEW}", "'+493012345601")]


CHILD = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from collectord.core.house import House
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import open_store
from collectord.loops.outbox import write_corrections

async def main() -> None:
    async with open_store(Path(sys.argv[1]) / "state") as db:
        print(await write_corrections(db, House(), ExchangeFolders(Path(sys.argv[1]) / "exchange"), datetime.fromisoformat(sys.argv[2])))

asyncio.run(main())
"""


def _export(folder: Path, at: datetime, crash: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", CHILD, str(folder), at.isoformat()]
    env = {**os.environ, "COLLECTORD_CRASH_AT": crash}
    return subprocess.run(line, env=env, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("crash", CRASHES)
async def test_killed_anywhere_each_correction_is_told_once(tmp_path: Path, crash: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.take(row(), as_of="2026-11-23")
        await desk.record(MONDAY, phone=NEW)
    killed = await asyncio.to_thread(_export, tmp_path, LATER, crash)
    assert killed.returncode == 137, killed.stderr
    after = await asyncio.to_thread(_export, tmp_path, LATER + timedelta(minutes=5), "")
    assert after.returncode == 0, after.stderr
    files = sorted((tmp_path / "exchange" / "outbox").iterdir())
    assert [path.name for path in files] == ["corrections-20261123-110000.csv"], after.stdout
    assert [(one["field"], one["new_value"]) for one in read(files[0])] == [("phone", f"'{NEW}")]


async def test_two_corrections_of_one_moment_stand_in_one_order(desk: Desk) -> None:
    await desk.record(MONDAY, phone=NEW, email="a@x.de", name="Kontor")
    first = [one["field"] for one in await desk.db.write(_lines)]
    assert first == ["debtor_name", "email", "phone"]


async def _lines(conn: Connection) -> list[dict[str, Any]]:
    await store.claim(conn, "f", LATER)
    return await store.in_file(conn, "f")
