"""Master data: they hold beside open-item exports, field by field, and give a business debtor its contact persons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.change_set import Verdict
from collectord.core.receivables.ledger import Debtor, DebtorKey
from collectord.edge.store import ledger
from collectord.edge.store.connection import Connection
from collectord.loops import debtor_list, planning
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.master import master

MONDAY = local("2026-11-23T10:00")
KEY = DebtorKey("", "10")
WEBER = {"person_name": "Eva Weber", "person_role": "Buchhaltung", "person_phone": "030 123456-03", "person_email": "weber@example.org"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await opened.take(row(), row(item_no="A:2", open_amount="100.00"), as_of="2026-11-23")
        yield opened


async def known(desk: Desk, key: DebtorKey = KEY) -> Debtor:
    found = await desk.db.read(lambda conn: ledger.debtor(conn, key))
    assert found is not None
    return found


async def rules(desk: Desk, debtor_no: str = "10") -> set[str]:
    return {refusal["rule"] for refusal in (await desk.ask(MONDAY, debtor_no))["refusals"]}


async def test_each_field_that_master_data_say_goes_before_the_open_item_export(desk: Desk) -> None:
    await master(
        desk,
        {
            "debtor_no": "10", "debtor_name": "Muster Handels GmbH", "email": "op@example.org", "potential_class": "II",
            "agent": "202", "language": "en", "region": "BY", "postcode": "80331", "credit_limit": "5000", "person_type": "business",
            "phone": "089/1234567",
        },
    )  # fmt: skip
    found = await known(desk)
    assert (found.debtor_name, found.email, found.potential_class, found.agent) == ("Muster Handels GmbH", "op@example.org", "II", "202")
    assert (found.language, found.region, found.postcode, found.credit_limit) == ("en", "BY", "80331", Decimal(5000))
    assert (found.country, found.person_type) == ("DE", "business")
    assert [(number.position, number.e164) for number in found.numbers] == [(1, "+49891234567")]
    assert (await desk.ask(MONDAY))["number"] == "+49891234567"


async def test_the_next_open_item_export_loses_none_of_it(desk: Desk) -> None:
    await master(desk, {"debtor_no": "10", "debtor_name": "Muster Handels GmbH", "phone": "089/1234567"})
    await desk.take(row(phone="+493012345609", debtor_name="Other"), row(item_no="A:2"), as_of="2026-11-23", name="next.csv")
    found = await known(desk)
    assert (found.debtor_name, [number.e164 for number in found.numbers]) == ("Muster Handels GmbH", ["+49891234567"])


async def test_a_second_number_of_the_export_stays_beside_the_first_of_the_master_data(desk: Desk) -> None:
    await desk.take(row(phone2="+493012345602"), row(item_no="A:2"), as_of="2026-11-23", name="next.csv")
    await master(desk, {"debtor_no": "10", "phone": "089/1234567"})
    assert [number.e164 for number in (await known(desk)).numbers] == ["+49891234567", "+493012345602"]


async def test_blank_cells_of_a_delta_say_nothing_and_those_of_a_snapshot_take_away(desk: Desk) -> None:
    await master(desk, {"debtor_no": "10", "email": "op@example.org", "phone": "089/1234567"})
    await master(desk, {"debtor_no": "10", "email": "", "phone": ""}, batch="m2")
    assert (await known(desk)).email == "op@example.org"
    await master(desk, {"debtor_no": "10", "email": "", "phone": ""}, mode="snapshot", batch="m3")
    found = await known(desk)
    assert (found.email, found.numbers) == ("", ())
    assert "guard/no-number" in await rules(desk)


async def test_who_is_absent_from_master_data_stays_as_he_was(desk: Desk) -> None:
    before = await known(desk)
    await master(desk, {"debtor_no": "11", "debtor_name": "Other"}, mode="snapshot")
    assert await known(desk) == before
    assert (await desk.ask(MONDAY))["may_call"] is True


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"dunning_block": "2026-12-31"}, "guard/dunning-block"),
        ({"dunning_block": "yes"}, "guard/dunning-block"),
        ({"payment_method": "direct_debit"}, "guard/direct-debit"),
        ({"legal_state": "Insolvenz"}, "guard/legal-state"),
    ],
)
async def test_what_holds_for_the_account_holds_for_each_of_its_items(desk: Desk, said: dict[str, str], rule: str) -> None:
    await master(desk, {"debtor_no": "10", **said})
    assert await rules(desk) == {rule}
    plan = await planning.plan(desk.db, desk.rules, desk.house, MONDAY, dry_run=True, new_id=desk.new_id)
    assert plan["created"] == []


async def test_a_block_ends_with_its_day_and_is_lifted_by_no(desk: Desk) -> None:
    await master(desk, {"debtor_no": "10", "dunning_block": "2026-11-24"})
    assert (await desk.ask(MONDAY))["not_before"] == "2026-11-25T08:00:00+01:00"
    await master(desk, {"debtor_no": "10", "dunning_block": "no"}, batch="m2")
    assert (await desk.ask(MONDAY))["may_call"] is True


async def test_an_item_that_names_its_own_payment_method_keeps_it(desk: Desk) -> None:
    await desk.take(row(payment_method="transfer"), row(item_no="A:2"), as_of="2026-11-23", name="next.csv")
    await master(desk, {"debtor_no": "10", "payment_method": "direct debit"})
    assert (await desk.ask(MONDAY))["may_call"] is True
    assert (await desk.ask(MONDAY, item="A:2"))["refusals"][0]["rule"] == "guard/direct-debit"


async def test_contact_persons_are_called_and_asked_for(desk: Desk) -> None:
    boss = {"person_name": "Max Chef", "person_role": "Geschäftsführer", "person_phone": "030 12345605"}
    await master(
        desk, {"debtor_no": "10", "person_type": "business", **boss}, {"debtor_no": "10", **WEBER, "person_hours": "mon-fri 09:00-12:00"}
    )
    told = await desk.ask(MONDAY)
    assert (told["number"], told["ask_for"]) == ("+493012345603", "Eva Weber, Buchhaltung")
    [listed] = await debtor_list.debtors(desk.db, desk.house, MONDAY, key=KEY, limit=5)
    assert [(one["name"], one["role"], one["hours"]) for one in listed["persons"]] == [
        ("Eva Weber", "Buchhaltung", "mon-fri 09:00-12:00"),
        ("Max Chef", "Geschäftsführer", ""),
    ]
    afternoon = await desk.ask(MONDAY + timedelta(hours=4))
    assert afternoon["number"] == "+493012345601"


async def test_a_person_is_changed_by_number_and_a_snapshot_forgets_those_it_does_not_name(desk: Desk) -> None:
    await master(desk, {"debtor_no": "10", "person_no": "1", **WEBER}, {"debtor_no": "10", "person_no": "2", **WEBER, "person_name": "Ben"})
    await master(desk, {"debtor_no": "10", "person_no": "1", **WEBER, "person_name": "Eva Klein"}, batch="m2")
    assert [number.person for number in (await known(desk)).numbers] == ["", "Eva Klein", "Ben"]
    await master(desk, {"debtor_no": "10", "person_no": "2", **WEBER, "person_name": "Ben"}, mode="snapshot", batch="m3")
    assert [number.person for number in (await known(desk)).numbers] == ["", "Ben"]


async def test_the_same_file_again_changes_nothing_and_counts_as_unchanged(desk: Desk) -> None:
    rows = (
        {"debtor_no": "10", "email": "op@example.org", **WEBER},
        {"debtor_no": "10", **WEBER, "person_name": "Ben"},
        {"debtor_no": "11"},
    )
    first = await master(desk, *rows)
    assert first.counts.verdicts == {Verdict.OPENED: 3}
    assert first.extra == {"debtors": 2, "contact_persons": 2}
    before = await known(desk)
    again = await master(desk, *rows, batch="m2")
    assert again.counts.verdicts == {Verdict.UNCHANGED: 3}
    assert await known(desk) == before
    changed = await master(desk, {"debtor_no": "10", "email": "new@example.org"}, batch="m3")
    assert changed.counts.verdicts == {Verdict.CHANGED: 1}


async def test_a_debtor_known_from_master_data_alone_owes_nothing_and_is_in_nobodys_way(desk: Desk) -> None:
    await master(desk, {"debtor_no": "11", "debtor_name": "Filialzentrale", "phone": "030 12345605"})
    told = await desk.ask(MONDAY, "11")
    assert (told["debtor_name"], told["may_call"]) == ("Filialzentrale", False)
    assert {refusal["rule"] for refusal in told["refusals"]} == {"guard/nothing-owed"}
    listed = await debtor_list.debtors(desk.db, desk.house, MONDAY, key=None, limit=50)
    assert [one["debtor_no"] for one in listed] == ["10"]
    found = await desk.db.read(lambda conn: ledger.find_key(conn, "11"))
    assert [one["debtor_name"] for one in await debtor_list.debtors(desk.db, desk.house, MONDAY, key=found, limit=5)] == ["Filialzentrale"]


async def test_an_earlier_bad_row_of_the_master_data_holds_nobody_back_once_the_debtors_row_is_good(desk: Desk) -> None:
    async def bad_row(conn: Connection) -> None:
        await conn.execute(
            "insert into batch (id, seq, source, file, stored_as, digest, mode, as_of, as_of_from, status, received_at)"
            " values ('m0', 9, 'master-data', 'm', 'm', 'd', 'delta', '2026-11-23', 'option', 'accepted', '2026-11-23T06:00:00.000000Z')"
        )
        await conn.execute(
            "insert into row_reject (batch_id, source, line, column_name, value, reason, original, company, debtor_no)"
            " values ('m0', 'master-data', 2, 'dunning_block', 'perhaps', 'is neither yes, no nor a date', '', '', '10')"
        )

    await desk.db.write(bad_row)
    assert await rules(desk) == {"guard/rejected-row"}
    await master(desk, {"debtor_no": "10", "dunning_block": "no"})
    assert (await desk.ask(MONDAY))["may_call"] is True


async def test_thousands_of_debtors_are_taken_over_in_one_commit(desk: Desk) -> None:
    rows: list[dict[str, Any]] = [{"debtor_no": str(n), "debtor_name": f"D {n}", "phone": "030 12345605"} for n in range(1_200)]
    done = await master(desk, *rows)
    assert done.counts.verdicts == {Verdict.OPENED: 1_200}
    count = await desk.db.read(lambda conn: conn.execute_fetchall("select count(*) as n from overlay_number"))
    assert [one["n"] for one in count] == [1_200]


async def test_master_data_of_a_company_that_no_list_knows_are_told_of(desk: Desk) -> None:
    prepared = await master(
        desk, {"company": "1000", "debtor_no": "10"}, {"company": "1000", "debtor_no": "11"}, {"company": "", "debtor_no": "12"}
    )
    (warning,) = prepared.warnings
    assert warning.startswith('2 debtors reach nobody: they stand under company "1000", lists of open items know company ""')


async def test_master_data_of_known_companies_and_before_the_first_list_are_not_odd(desk: Desk, tmp_path: Path) -> None:
    assert (await master(desk, {"debtor_no": "10"}, {"debtor_no": "4711"})).warnings == ()
    (tmp_path / "new").mkdir()
    async with open_desk(tmp_path / "new") as new:
        assert (await master(new, {"company": "1000", "debtor_no": "10"})).warnings == ()


async def test_so_many_companies_that_no_list_knows_are_cut_short(desk: Desk) -> None:
    prepared = await master(desk, *({"company": str(1000 + n), "debtor_no": "10"} for n in range(12)))
    assert '"1009", …, lists' in prepared.warnings[0]
