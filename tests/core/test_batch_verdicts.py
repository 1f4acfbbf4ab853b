"""Where a file belongs, which day it describes, and whether it may change the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from collectord.core.exports.change_set import Counts
from collectord.core.exports.freshness import (
    Earlier,
    Fresh,
    SourceStanding,
    Stale,
    accounting_days,
    confirmed_until,
    freshness,
)
from collectord.core.exports.intake import Arrival, AsOfFrom, IntakeRefused, Receipt, arrival, day_in_name, first_look, is_source, judge
from collectord.core.exports.open_items import BadRow
from collectord.core.house import Company, House

TODAY = date(2026, 11, 23)  # a Monday
FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("op-2026-11-21.csv", date(2026, 11, 21)),
        ("op_20261121_1730.csv", date(2026, 11, 21)),
        ("op-20261121173000.csv", date(2026, 11, 21)),
        ("20261399-2026-11-21.csv", date(2026, 11, 21)),
        ("op-2026-1121.csv", None),
        ("op-20269999.csv", None),
        ("op-1202611219.csv", None),
        ("op.csv", None),
    ],
)
def test_a_date_in_the_file_name(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


def arrived(
    *, name: str = "op.csv", folder: str = "", source: str | None = None, mode: str | None = None, as_of: date | None = None
) -> Arrival:
    return arrival(
        batch_id="b", name=name, stored_as="op~b.csv", folder=folder, source=source, mode=mode, as_of=as_of, today=TODAY, language="en"
    )


def test_source_mode_and_day_come_from_option_then_folder_or_name_then_default() -> None:
    plain = arrived()
    assert (plain.source, plain.mode, plain.as_of, plain.as_of_from) == ("canonical", "snapshot", TODAY, "arrival")
    named = arrived(name="op.Delta.2026-11-20.csv", folder="sap")
    assert (named.source, named.mode, named.as_of, named.as_of_from) == ("sap", "delta", FRIDAY, "name")
    told = arrived(name="op.delta.2026-11-20.csv", folder="sap", source="datev", mode="snapshot", as_of=TODAY)
    assert (told.source, told.mode, told.as_of, told.as_of_from) == ("datev", "snapshot", TODAY, "option")


@pytest.mark.parametrize("source", ["a b", "../x", "-x", "x" * 65, "ü"])
def test_an_impossible_source_name_is_refused(source: str) -> None:
    assert not is_source(source)
    with pytest.raises(IntakeRefused, match="source name"):
        arrived(source=source)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(IntakeRefused, match="snapshot or delta"):
        arrived(mode="full")


LATEST = Earlier(batch_id="latest", digest="D2", as_of=FRIDAY, fresh_as_of=FRIDAY)
OLDER = Earlier(batch_id="older", digest="D1", as_of=date(2026, 11, 19), fresh_as_of=date(2026, 11, 19))


def look(digest: str, as_of: date, day_from: AsOfFrom = "name", *, same: Earlier | None = None) -> str | None:
    file = Arrival(batch_id="b", file="f", stored_as="s", source="s", mode="snapshot", as_of=as_of, as_of_from=day_from)
    decision = first_look(file, digest, latest=LATEST, same_bytes=same, newest_as_of=FRIDAY, today=TODAY, language="en")
    return decision.status if decision else None


def test_what_needs_no_row_to_be_decided() -> None:
    assert look("D3", date(2026, 11, 24)) == "rejected"  # a day in the future
    assert look("D2", TODAY, same=LATEST) == "duplicate"
    assert look("D2", date(2026, 11, 18), same=LATEST) == "duplicate"
    assert look("D3", date(2026, 11, 19)) == "stale"
    assert look("D3", TODAY) is None
    assert look("D3", FRIDAY) is None


def test_the_bytes_of_an_older_batch_need_a_newer_day_of_their_own() -> None:
    assert look("D1", TODAY, "name", same=OLDER) is None
    assert look("D1", TODAY, "option", same=OLDER) is None
    assert look("D1", TODAY, "arrival", same=OLDER) == "held"
    assert look("D1", FRIDAY, "name", same=OLDER) == "held"


def test_a_stuck_snapshot_never_undoes_the_deltas_since_by_the_day_in_its_name_alone() -> None:
    stuck = replace(OLDER, last_snapshot=True)
    assert look("D1", TODAY, "name", same=stuck) == "held"
    assert look("D1", TODAY, "arrival", same=stuck) == "held"
    assert look("D1", TODAY, "file", same=stuck) is None
    assert look("D1", TODAY, "option", same=stuck) is None


def test_the_first_batch_of_a_source_has_nothing_to_compare_with() -> None:
    file = arrived(as_of=FRIDAY)
    assert first_look(file, "D", latest=None, same_bytes=None, newest_as_of=None, today=TODAY, language="de") is None


@pytest.mark.parametrize(
    ("rows", "bad", "status"),
    [
        (1000, 1, "accepted"), (2, 1, "accepted"), (1000, 2, "held"), (2000, 2, "accepted"), (1999, 2, "held"), (1, 1, "held"),
        (3, 3, "held"),
    ],
)  # fmt: skip
def test_so_many_bad_rows_are_tolerated(rows: int, bad: int, status: str) -> None:
    assert judge("snapshot", Counts({"unchanged": rows - bad}, bad), None, "en").status == status


def test_a_header_without_rows_never_means_that_all_is_paid() -> None:
    assert judge("snapshot", Counts(), None, "en").status == "held"
    assert judge("delta", Counts(), None, "en").status == "accepted"


def test_the_shrink_guard_holds_a_snapshot_but_not_a_delta() -> None:
    assert judge("snapshot", Counts({"unchanged": 9}), "too small", "en").reason == "too small"
    assert judge("delta", Counts({"unchanged": 9}), "too small", "en").status == "accepted"


def test_fridays_export_is_fresh_all_monday_and_stale_on_tuesday() -> None:
    source = SourceStanding(source="s", as_of=FRIDAY, fresh_as_of=FRIDAY, held_batch_id=None, last_status="accepted")
    days = accounting_days(House())
    assert freshness(source, TODAY, days, 1) == Fresh(FRIDAY, 1)
    assert freshness(source, date(2026, 11, 24), days, 1) == Stale(FRIDAY, 2)


def test_a_source_without_a_snapshot_or_a_holiday_table_is_never_fresh() -> None:
    never = SourceStanding(source="s", as_of=None, fresh_as_of=None, held_batch_id=None, last_status="held")
    assert freshness(never, TODAY, accounting_days(House()), 1) == Stale(None, None)
    known = SourceStanding(source="s", as_of=FRIDAY, fresh_as_of=FRIDAY, held_batch_id=None, last_status="accepted")
    assert freshness(known, TODAY, accounting_days(House(country="XX")), 1) == Stale(FRIDAY, None)


def test_accounting_days_are_those_of_the_companys_region() -> None:
    company = Company(code="", name="Muster GmbH", caller_id="+493012345600", region="SN")
    day_of_repentance = date(2026, 11, 18)
    assert not accounting_days(House(companies={"": company})).is_working(day_of_repentance)
    assert not accounting_days(House(companies={"10": company})).is_working(day_of_repentance)
    assert accounting_days(House()).is_working(day_of_repentance)


def test_identical_files_confirm_freshness_for_two_accounting_days_and_no_longer() -> None:
    days = accounting_days(House())
    assert confirmed_until(LATEST, TODAY, days) == TODAY
    assert confirmed_until(LATEST, date(2026, 11, 25), days) == date(2026, 11, 24)
    assert confirmed_until(LATEST, FRIDAY, days) is None
    confirmed = Earlier(batch_id="b", digest="D", as_of=FRIDAY, fresh_as_of=date(2026, 11, 24))
    assert confirmed_until(confirmed, date(2026, 11, 26), days) is None
    delta = Earlier(batch_id="b", digest="D", as_of=FRIDAY, fresh_as_of=None)
    assert confirmed_until(delta, TODAY, days) is None
    assert confirmed_until(LATEST, TODAY, accounting_days(House(country="XX"))) is None


def test_a_receipt_has_exactly_the_agreed_keys() -> None:
    receipt = Receipt(
        batch="b", file="op.csv", stored_as="op~b.csv", source="canonical", mode="snapshot", as_of=FRIDAY, status="accepted", reason=None,
        rows=2, accepted=1, rejected=(BadRow(7, "due_on", "31.02.2026", "is no date", "line"),), opened=1,
        open_amount={"EUR": Decimal("50210.55")},
    )  # fmt: skip
    assert receipt.as_json() == {
        "batch": "b", "file": "op.csv", "stored_as": "op~b.csv", "source": "canonical", "mode": "snapshot", "as_of": "2026-11-20",
        "status": "accepted", "reason": None, "rows": 2, "accepted": 1,
        "rejected": [{"line": 7, "column": "due_on", "value": "31.02.2026", "reason": "is no date"}],
        "opened": 1, "changed": 0, "unchanged": 0, "cleared": 0, "reopened": 0, "open_amount": {"EUR": "50210.55"},
    }  # fmt: skip
    assert receipt.as_file()[0].startswith(b"{")


def test_a_receipt_tells_of_columns_that_were_ignored() -> None:
    receipt = Receipt(
        batch="b", file="f", stored_as="s", source="s", mode="delta", as_of=FRIDAY, status="accepted", reason=None, warnings=("telephone",)
    )
    assert receipt.as_json()["warnings"] == ["telephone"]
