"""Bank statements against a real store: who has paid is not called, what came back is owed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import Receipt
from collectord.edge.inbox import ExchangeFolders
from collectord.loops.intake import IntakeEdges, import_file
from collectord.loops.payments import settle
from collectord.loops.quality import quality
from tests.loops.bank import line, listed, statement
from tests.loops.desk import Desk, local, open_desk, row

MORNING = local("2026-11-24T09:00")
LATER = local("2026-11-24T10:00")
NEXT_DAY = local("2026-11-25T13:00")
OTHERS = tuple(row(debtor_no=str(n), debtor_name=f"Other {n}", item_no=f"X{n}", phone="", open_amount=f"{n}.50") for n in range(100, 130))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def owing(desk: Desk, *rows: str, as_of: str = "2026-11-23") -> None:
    receipt = await desk.take(*(rows or (row(),)), *OTHERS, as_of=as_of, name=f"op-{as_of}.csv")
    assert receipt.status == "accepted", receipt


def refused(doc: dict[str, Any]) -> list[str]:
    return [refusal["rule"] for refusal in doc["refusals"]]


async def test_a_debtor_who_has_paid_is_not_called_from_the_minute_the_statement_is_there(desk: Desk) -> None:
    await owing(desk)
    assert (await desk.ask(MORNING))["may_call"] is True
    prepared = await statement(desk, MORNING, line(reference="Rechnung A1"))
    assert prepared.extra["matched"] == 1
    doc = await desk.ask(LATER)
    assert refused(doc) == ["guard/payment-seen"]
    assert (doc["may_call"], doc["not_before"]) == (False, None)
    assert "€410.00" in doc["refusals"][0]["reason"]
    assert "23 Nov 2026" in doc["refusals"][0]["reason"]
    assert "statement bank" in doc["refusals"][0]["reason"]
    assert (await desk.ask(MORNING - timedelta(minutes=1)))["may_call"] is True  # before the statement nobody knew


async def test_the_next_snapshot_confirms_and_the_rest_is_called(desk: Desk) -> None:
    await owing(desk, row(), row(item_no="A2", open_amount="99.00"))
    await statement(desk, MORNING, line(reference="Rechnung A1"))
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]
    await owing(desk, row(item_no="A2", open_amount="99.00"), as_of="2026-11-25")
    assert await settle(desk.db, desk.house, NEXT_DAY) == 1
    assert (await desk.ask(NEXT_DAY))["may_call"] is True
    assert [one["state"] for one in await listed(desk, NEXT_DAY)] == ["confirmed"]
    assert [one["state"] for one in await listed(desk, LATER)] == ["matched"]  # as it was known then


async def test_a_newer_snapshot_that_still_shows_the_item_ends_the_wait_and_the_contradiction_is_listed(desk: Desk) -> None:
    await owing(desk)
    await statement(desk, MORNING, line(reference="Rechnung A1"))
    await owing(desk, row(), row(debtor_no="11", item_no="N1", phone=""), as_of="2026-11-25")
    await settle(desk.db, desk.house, NEXT_DAY)
    assert (await desk.ask(NEXT_DAY))["may_call"] is True
    assert [one["state"] for one in await listed(desk, NEXT_DAY, state="still_open")] == ["still_open"]


async def test_a_snapshot_older_than_the_booking_does_not_end_the_wait(desk: Desk) -> None:
    await owing(desk)
    await statement(desk, MORNING, line(reference="A1", booked_on="2026-11-24"))
    await desk.take(row(), *OTHERS, row(debtor_no="11", phone=""), as_of="2026-11-23", name="again.csv")
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]
    assert await settle(desk.db, desk.house, LATER) == 0


async def test_a_list_of_the_day_of_the_booking_may_have_been_drawn_before_it_and_does_not_end_the_wait(desk: Desk) -> None:
    await owing(desk)
    await statement(desk, MORNING, line(reference="A1", booked_on="2026-11-24"))
    await desk.take(row(), *OTHERS, row(debtor_no="11", phone=""), as_of="2026-11-24", name="same-day.csv")
    assert await settle(desk.db, desk.house, LATER + timedelta(hours=4)) == 0
    assert refused(await desk.ask(LATER + timedelta(hours=4))) == ["guard/payment-seen"]
    await owing(desk, as_of="2026-11-25")
    assert await settle(desk.db, desk.house, NEXT_DAY) == 1
    assert (await desk.ask(NEXT_DAY))["may_call"] is True


async def test_a_snapshot_accepted_before_the_statement_says_nothing_about_it(desk: Desk) -> None:
    await owing(desk, as_of="2026-11-24")
    await statement(desk, local("2026-11-24T13:00"), line(reference="A1"))
    assert refused(await desk.ask(local("2026-11-24T14:00"))) == ["guard/payment-seen"]


async def test_a_payment_without_a_number_holds_the_debtor_of_that_name_and_amount(desk: Desk) -> None:
    await owing(desk)
    await statement(desk, MORNING, line(reference="Danke", payer="MUSTER"))
    assert [one["state"] for one in await listed(desk, LATER)] == ["matched"]
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]


async def test_a_likely_payment_is_enough_to_wait_and_is_listed_as_ambiguous(desk: Desk) -> None:
    await owing(desk)
    prepared = await statement(desk, MORNING, line(reference="Akonto", amount="50.00"))
    assert prepared.extra["ambiguous"] == 1
    doc = await desk.ask(LATER)
    assert refused(doc) == ["guard/payment-seen"]
    assert "likely by this debtor" in doc["refusals"][0]["reason"]


async def test_a_payment_of_nobody_holds_nobody(desk: Desk) -> None:
    await owing(desk)
    prepared = await statement(desk, MORNING, line(reference="Spende", payer="Niemand", amount="7.00"))
    assert prepared.extra["unmatched"] == 1
    assert (await desk.ask(LATER))["may_call"] is True
    (one,) = await listed(desk, LATER, state="unmatched")
    assert (one["amount"], one["payer"], one["payer_account"], one["matches"]) == ("7.00", "Niemand", "…2051", [])


async def test_overlapping_statements_count_each_line_once_and_equal_bookings_stay_two(desk: Desk) -> None:
    await owing(desk)
    first = await statement(desk, MORNING, line(amount="5.00"), line(amount="5.00"), line(reference="A1"))
    assert first.counts.opened == 3
    second = await statement(desk, LATER, line(reference="A1"), line(amount="5.00"), line(amount="5.00"), line(amount="6.00"))
    assert (second.counts.opened, second.counts.unchanged, second.counts.rows) == (1, 3, 4)
    assert len(await listed(desk, LATER)) == 4


async def test_money_that_went_out_is_not_kept(desk: Desk) -> None:
    await owing(desk)
    prepared = await statement(desk, MORNING, line(amount="-2500.00", payer="Anna Beispiel", reference="Gehalt November"))
    assert (prepared.counts.opened, prepared.counts.unchanged) == (0, 1)
    assert await listed(desk, LATER) == []


async def test_the_payers_account_is_nowhere_in_the_store(desk: Desk) -> None:
    await owing(desk)
    await statement(desk, MORNING, line(reference="A1"))
    files = [path.read_bytes() for path in desk.db.path.parent.iterdir() if path.is_file()]
    assert any(b"2051#" in content for content in files)
    assert not any(b"DE02120300000000202051" in content for content in files)


async def test_an_account_is_known_again_after_a_confirmed_payment(desk: Desk) -> None:
    await owing(desk, row(), row(item_no="A2", open_amount="77.00"))
    await statement(desk, MORNING, line(reference="A1", payer="Spouse Other-Name"))
    await owing(desk, row(item_no="A2", open_amount="77.00"), as_of="2026-11-25")
    await settle(desk.db, desk.house, NEXT_DAY)
    await statement(desk, NEXT_DAY, line(reference="", payer="Spouse Other-Name", amount="77.00", booked_on="2026-11-25"))
    newest = (await listed(desk, NEXT_DAY))[0]
    assert (newest["state"], newest["items"]) == ("matched", ["A2"])
    assert "paid before from this account" in newest["how"]


# ---------------------------------------------------------------- returned debits

DEBIT = row(payment_method="direct_debit")


async def test_a_direct_debit_is_callable_on_the_day_it_comes_back(desk: Desk) -> None:
    await owing(desk, DEBIT)
    assert refused(await desk.ask(MORNING)) == ["guard/direct-debit"]
    prepared = await statement(desk, MORNING, line(amount="-410.00", kind="return", reference="Rücklastschrift A1"))
    assert prepared.extra["returned"] == 1
    doc = await desk.ask(LATER)
    assert (doc["may_call"], doc["overdue"]) == (True, {"EUR": "410.00"})
    assert [warning["rule"] for warning in doc["warnings"]] == ["guard/direct-debit"]
    assert "came back" in doc["warnings"][0]["reason"]
    assert refused(await desk.ask(MORNING - timedelta(minutes=1))) == ["guard/direct-debit"]


async def test_a_cleared_debit_is_owed_again_on_the_day_it_comes_back_and_the_next_snapshot_decides(desk: Desk) -> None:
    await owing(desk, DEBIT)
    await owing(desk, row(debtor_no="11", item_no="N1", phone=""), as_of="2026-11-24")
    at = local("2026-11-24T14:00")
    assert (await desk.ask(at))["open"] == {}
    await statement(desk, at, line(amount="-417.50", reference="LASTSCHRIFTRUECKGABE A1 Entgelt 7,50", booked_on="2026-11-24"))
    doc = await desk.ask(at + timedelta(minutes=1))
    assert (doc["may_call"], doc["open"]) == (True, {"EUR": "410.00"})
    await owing(desk, row(debtor_no="11", item_no="N1", phone=""), row(debtor_no="11", item_no="N2", phone=""), as_of="2026-11-25")
    assert (await desk.ask(NEXT_DAY))["open"] == {}


async def test_a_returned_debit_takes_back_the_payment_that_was_seen(desk: Desk) -> None:
    await owing(desk, DEBIT)
    await statement(desk, MORNING, line(reference="Einzug A1"))
    assert "guard/payment-seen" in refused(await desk.ask(LATER))
    await statement(desk, LATER, line(amount="-410.00", reference="Retoure SEPA Lastschrift A1", booked_on="2026-11-24"))
    assert (await desk.ask(LATER + timedelta(minutes=1)))["may_call"] is True


async def test_a_return_that_fits_two_debtors_opens_nothing(desk: Desk) -> None:
    await owing(desk, DEBIT, row(debtor_no="20", item_no="B1", payment_method="direct_debit", phone="+493012345699"))
    await statement(desk, MORNING, line(amount="-410.00", kind="return", reference="Rücklastschrift"))
    assert [one["state"] for one in await listed(desk, LATER)] == ["ambiguous"]
    assert refused(await desk.ask(LATER)) == ["guard/direct-debit"]


async def test_an_item_that_a_statement_paid_before_its_snapshot_came_is_known_as_cleared(desk: Desk) -> None:
    await owing(desk, row(), row(item_no="A2", open_amount="99.00"))
    await owing(desk, row(item_no="A2", open_amount="99.00"), as_of="2026-11-24")
    at = local("2026-11-24T14:00")
    await statement(desk, at, line(reference="Rechnung A1"))
    assert (await desk.ask(at + timedelta(minutes=1)))["may_call"] is True  # the list knows of the payment already


async def test_a_statement_is_found_in_one_pass_without_holding_anybody_up(desk: Desk) -> None:
    many = [
        row(debtor_no=str(n), debtor_name=f"Firma {n}", item_no=f"RE-2026-{n:05}", phone="", open_amount="10.00") for n in range(200, 700)
    ]
    await owing(desk, *many)
    lines = [line(reference=f"RE 2026 {n:05}", payer=f"Firma {n}", amount="10.00") for n in range(200, 700)]
    prepared = await statement(desk, MORNING, *lines)
    assert prepared.extra["matched"] == 500


async def holes(desk: Desk, now: datetime) -> dict[str, dict[str, Any]]:
    found = await quality(desk.db, desk.house, now)
    return {hole["hole"]: hole for hole in found["holes"]}


async def test_a_payment_that_newer_lists_never_show_is_a_hole_after_a_week(desk: Desk) -> None:
    await owing(desk)
    await statement(desk, MORNING, line(reference="Rechnung A1"))
    await owing(desk, row(), row(debtor_no="11", item_no="N1", phone=""), as_of="2026-11-25")
    await settle(desk.db, desk.house, NEXT_DAY)
    assert "payment_not_cleared" not in await holes(desk, NEXT_DAY)
    assert (await holes(desk, local("2026-12-02T09:00")))["payment_not_cleared"]["examples"] == ["10: A1 2026-11-23"]


SAID = {"at": "2026-11-10T10:00:00+01:00", "debtor_no": "10", "medium": "call", "result": "answered", "disposition": "paid_already"}


async def test_what_was_paid_already_and_never_came_is_a_hole_when_the_houses_days_are_over(desk: Desk) -> None:
    await owing(desk, row(), row(item_no="A2", open_amount="99.00"), as_of="2026-11-09")
    await desk.history(MORNING, {**SAID, "items": "A1"})
    assert "said_paid" not in await holes(desk, local("2026-11-17T09:00"))  # the fifth banking day after the 10th
    found = (await holes(desk, local("2026-11-18T09:00")))["said_paid"]
    assert (found["count"], found["money"], found["examples"]) == (1, {"EUR": "410.00"}, ["10: A1 2026-11-10"])


async def test_a_bank_line_or_a_clearing_ends_the_search(desk: Desk) -> None:
    await owing(desk, row(), row(item_no="A2", open_amount="99.00"))
    await desk.history(MORNING, SAID)  # about everything
    assert (await holes(desk, MORNING))["said_paid"]["count"] == 2
    await statement(desk, MORNING, line(reference="Rechnung A1", booked_on="2026-11-09"))
    assert (await holes(desk, LATER))["said_paid"]["examples"] == ["10: A2 2026-11-10"]
    await owing(desk, row(item_no="A2", open_amount="9.00"), as_of="2026-11-25")
    assert "said_paid" not in await holes(desk, NEXT_DAY)


async def test_a_number_of_one_debtor_and_the_name_and_amount_of_another_hold_both(desk: Desk) -> None:
    await owing(
        desk, row(item_no="RE-10001"), row(debtor_no="20", debtor_name="Beispiel AG", item_no="B1", open_amount="77.10", phone="030123456")
    )
    await statement(desk, MORNING, line(reference="10001", payer="Beispiel AG", amount="77.10"))
    assert refused(await desk.ask(LATER)) == refused(await desk.ask(LATER, "20")) == ["guard/payment-seen"]


async def test_a_return_that_accountings_later_list_knew_of_opens_nothing_again(desk: Desk) -> None:
    await owing(desk, DEBIT)
    await owing(desk, row(debtor_no="11", item_no="N1", phone=""), as_of="2026-11-24")
    at = local("2026-11-24T14:00")
    await statement(desk, at, line(amount="-410.00", reference="Rücklastschrift A1", booked_on="2026-11-20"))
    assert (await desk.ask(at + timedelta(minutes=1)))["open"] == {}


async def drop(desk: Desk, name: str, text: str, now: datetime) -> Receipt:
    """A statement as `import --source bank-generic` reads it."""
    path = desk.folder / name
    path.write_text(text, encoding="utf-8")
    edges = IntakeEdges(
        db=desk.db, folders=ExchangeFolders(desk.folder / "exchange"), house=desk.house, new_id=desk.new_id, sources=desk.rules.sources
    )
    return await import_file(edges, path, source="bank-generic", mode=None, as_of=None, now=now)


BANK = "Datum;Betrag;Name;IBAN;Verwendungszweck\n"


async def test_statements_may_come_in_any_order_and_overlap(desk: Desk) -> None:
    await owing(desk)
    newer = await drop(desk, "bank-2026-11-24.csv", BANK + "2026-11-24;7.00;Niemand;;Spende\n", MORNING)
    older = await drop(desk, "bank-2026-11-23.csv", BANK + "2026-11-23;410.00;Muster;;A1\n2026-11-23;5.00;Wer;;\n", MORNING)
    both = await drop(desk, "bank-2026-11-24b.csv", BANK + "2026-11-23;5.00;Wer;;\n2026-11-24;7.00;Niemand;;Spende\n", MORNING)
    assert [(one.status, one.opened, one.unchanged) for one in (newer, older, both)] == [
        ("accepted", 1, 0),
        ("accepted", 2, 0),
        ("accepted", 0, 2),
    ]
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]
    again = await drop(desk, "bank-2026-11-23.csv", BANK + "2026-11-23;410.00;Muster;;A1\n2026-11-23;5.00;Wer;;\n", LATER)
    assert (again.status, again.opened, again.unchanged) == ("accepted", 0, 2)  # bytes of an older file: each line is known


async def test_unreadable_lines_do_not_keep_the_good_ones_from_counting(desk: Desk) -> None:
    await owing(desk)
    receipt = await drop(desk, "bank.csv", BANK + "31.02.2026;1.00;;;\n2026-11-23;1.000,00;;;\n2026-11-23;410.00;Muster;;A1\n", MORNING)
    assert (receipt.status, receipt.accepted, [bad.column for bad in receipt.rejected]) == ("accepted", 1, ["booked_on", "amount"])
    assert refused(await desk.ask(LATER)) == ["guard/payment-seen"]
    assert receipt.as_json()["matched"] == 1


async def test_the_account_of_an_unreadable_line_is_kept_nowhere_either(desk: Desk) -> None:
    await drop(desk, "bank.csv", BANK + "gestern;1.00;Muster;DE02120300000000202051;A1\n2026-11-23;410.00;Muster;;A1\n", MORNING)
    files = [path for folder in ("exchange/receipts", "state") for path in (desk.folder / folder).rglob("*") if path.is_file()]
    assert any("DE…2051" in path.read_bytes().decode("utf-8", "replace") for path in files if path.name.endswith(".rejects.csv"))
    assert not [path for path in files if b"120300000000202051" in path.read_bytes()]


async def test_a_statement_of_which_no_line_can_be_read_is_held_and_one_without_bookings_is_fine(desk: Desk) -> None:
    assert (await drop(desk, "bank-bad.csv", BANK + "gestern;1.00;;;\n", MORNING)).status == "held"
    assert (await drop(desk, "bank-empty.csv", BANK, MORNING)).status == "accepted"
