"""The worked cases of the contact rules, with their very dates, through import-history / record and explain.

Calls at 10:00 local. Regulation F is asked alone, as an installation would with packs = ["us-regf"].
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.loops.desk import HOUSE, Desk, local, open_desk, row

NEW_YORK, PACIFIC = "America/New_York", "America/Los_Angeles"
PHONE = "+12125551234"
REGF = replace(HOUSE, packs=("us-regf",), country="US", time_zone=NEW_YORK, companies={"": replace(HOUSE.companies[""], region="NY")})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, REGF) as opened:
        yield opened


def american(item_no: str = "card", **more: str) -> str:
    return row(item_no=item_no, due_on="2020-01-15", phone=PHONE, country="US", region="NY", **more)


def day(text: str, hour: str = "10:00", zone: str = NEW_YORK) -> Any:
    return local(f"2020-{text}T{hour}", zone)


def called(text: str, result: str = "no_answer", hour: str = "09:00", **more: str) -> dict[str, str]:
    return {"at": day(text, hour).isoformat(), "debtor_no": "10", "number": PHONE, "result": result, **more}


async def ask(desk: Desk, text: str, *items: str, hour: str = "10:00", item: str | None = None, zone: str = NEW_YORK) -> dict[str, Any]:
    """Explain on that day, with an export of that day."""
    await desk.take(
        *(american(name, open_amount=f"410.{text[-2:]}") for name in items or ("card",)), as_of=f"2020-{text}", name=f"op-2020-{text}.csv"
    )
    return await desk.ask(day(text, hour, zone), item=item)


def no(doc: dict[str, Any], rule: str, not_before: str | None) -> None:
    assert doc["may_call"] is False
    assert {refusal["rule"] for refusal in doc["refusals"]} == {rule}
    assert doc["not_before"] == not_before


async def test_seven_calls_in_seven_days_and_one_more_on_the_eighth(desk: Desk) -> None:
    await desk.history(day("12-01"), *(called(f"04-0{number}") for number in range(1, 8)))
    no(await ask(desk, "04-07"), "us-regf/7-in-7", "2020-04-08T08:00:00-04:00")
    assert (await ask(desk, "04-08"))["may_call"] is True


async def test_a_conversation_on_friday_blocks_until_the_friday_after(desk: Desk) -> None:
    await desk.history(day("12-01"), called("08-11"), called("08-14", "answered"))
    for number in range(14, 21):
        no(await ask(desk, f"08-{number}"), "us-regf/after-conversation", "2020-08-21T08:00:00-04:00")
    assert (await ask(desk, "08-21"))["may_call"] is True


async def test_calls_to_a_third_party_for_the_location_count(desk: Desk) -> None:
    await desk.history(day("12-01"), *(called(f"10-{number:02}", third_party="yes") for number in range(6, 13)))
    no(await ask(desk, "10-12"), "us-regf/7-in-7", "2020-10-13T08:00:00-04:00")


async def test_call_me_back_on_monday_is_a_consent_for_that_day(desk: Desk) -> None:
    await desk.history(day("12-01"), called("04-03", "answered", consent_on="2020-04-06"))
    no(await ask(desk, "04-04"), "us-regf/after-conversation", "2020-04-06T08:00:00-04:00")
    assert (await ask(desk, "04-06"))["may_call"] is True
    no(await ask(desk, "04-07"), "us-regf/after-conversation", "2020-04-10T08:00:00-04:00")


async def test_a_call_made_with_consent_is_not_counted(desk: Desk) -> None:
    calls = [called(f"04-0{number}") for number in range(1, 7)]
    consent = called("04-06", "", "09:30", medium="letter", direction="inbound", consent_until="2020-04-06")
    await desk.history(day("12-01"), *calls, consent, called("04-06", hour="09:45"))
    assert (await ask(desk, "04-07"))["may_call"] is True


async def test_busy_calls_do_not_count(desk: Desk) -> None:
    await desk.history(day("12-01"), *(called(f"04-0{number}", "busy" if number in (2, 3) else "no_answer") for number in range(1, 8)))
    assert (await ask(desk, "04-07"))["may_call"] is True


async def test_twenty_one_calls_about_three_debts_leave_none_to_call_about(desk: Desk) -> None:
    calls = [
        called(f"04-0{number}", hour=f"{8 + position:02}:00", items=debt)
        for number in range(1, 8)
        for position, debt in enumerate(("card", "medical", "car"))
        if number < 7 or position < 3
    ]
    await desk.history(day("12-01"), *calls)
    debts = ("card", "medical", "car")
    no(await ask(desk, "04-07", *debts, hour="11:00"), "us-regf/7-in-7", "2020-04-08T08:00:00-04:00")
    for debt in debts:
        no(await desk.ask(day("04-07", "11:00"), item=debt), "us-regf/7-in-7", "2020-04-08T08:00:00-04:00")


async def test_a_conversation_about_one_debt_leaves_the_other_free(desk: Desk) -> None:
    await desk.history(day("12-01"), called("11-09", "answered", items="medical", conversation_about="medical"))
    doc = await ask(desk, "11-10", "card", "medical", item="card")
    assert doc["may_call"] is True
    no(await desk.ask(day("11-10"), item="medical"), "us-regf/after-conversation", "2020-11-16T08:00:00-05:00")
    assert (await desk.ask(day("11-10")))["may_call"] is True


async def test_eastern_area_code_and_pacific_address_leave_eleven_to_nine_eastern(desk: Desk) -> None:
    await desk.take(american(time_zone=PACIFIC), as_of="2020-04-01")
    no(await desk.ask(day("04-01", "10:59")), "us-regf/hours", "2020-04-01T08:00:00-07:00")
    assert (await desk.ask(day("04-01", "11:00")))["may_call"] is True
    assert (await desk.ask(day("04-01", "20:59")))["may_call"] is True
    no(await desk.ask(day("04-01", "21:00")), "us-regf/hours", "2020-04-02T08:00:00-07:00")


async def test_weekdays_except_three_to_five_and_no_weekends(desk: Desk) -> None:
    await desk.take(american(), as_of="2020-04-01")
    await desk.record(day("04-01", "08:00"), wish="mon-fri 08:00-15:00,17:00-21:00")
    no(await desk.ask(day("04-01", "15:30")), "us-regf/wishes", "2020-04-01T17:00:00-04:00")
    no(await ask(desk, "04-04"), "us-regf/wishes", "2020-04-06T08:00:00-04:00")


async def test_stop_calling_is_for_ever_and_a_consent_does_not_lift_it(desk: Desk) -> None:
    await desk.history(day("12-01"), called("04-01", "answered", disposition="do_not_call", consent_until="2020-04-07"))
    doc = await ask(desk, "04-02")
    assert (doc["may_call"], doc["never"], doc["not_before"]) == (False, True, None)
    assert "guard/do-not-call" in {refusal["rule"] for refusal in doc["refusals"]}


async def test_calls_to_a_number_that_is_somebody_elses_no_longer_count(desk: Desk) -> None:
    other = "+12125559876"
    calls = [{**called(f"04-0{number}"), "number": other} for number in range(1, 8)]
    await desk.history(day("12-01"), *calls)
    no(await ask(desk, "04-07"), "us-regf/7-in-7", "2020-04-08T08:00:00-04:00")
    await desk.record(day("04-07", "09:30"), number_wrong=other)
    assert (await desk.ask(day("04-07")))["may_call"] is True


async def test_calls_close_together_are_warned_of_and_not_refused(desk: Desk) -> None:
    await desk.history(day("12-01"), called("04-01", hour="09:56"))
    doc = await ask(desk, "04-01")
    assert doc["may_call"] is True
    assert [warning["rule"] for warning in doc["warnings"]] == ["us-regf/concentration"]
    await desk.history(day("12-01"), *(called("04-03", "busy", f"0{hour}:00") for hour in range(1, 7)))
    assert [warning["rule"] for warning in (await ask(desk, "04-03"))["warnings"]] == ["us-regf/concentration"]


async def test_an_e_mail_counts_for_nothing(desk: Desk) -> None:
    await desk.history(day("12-01"), *(called("04-01", "", f"{hour:02}:00", medium="email") for hour in range(1, 9)))
    assert (await ask(desk, "04-01"))["may_call"] is True


# ------------------------------------------------------------------ Germany


@pytest.fixture
async def german(tmp_path: Path) -> AsyncIterator[Desk]:
    (tmp_path / "de").mkdir()
    async with open_desk(tmp_path / "de", replace(HOUSE, packs=("auto",))) as opened:
        yield opened


@pytest.mark.parametrize(
    ("at", "region", "not_before"),
    [
        ("2026-11-21T17:59", "BE", "allowed"),
        ("2026-12-25T10:00", "BE", "2026-12-28T08:00:00+01:00"),
        ("2026-11-18T10:00", "SN", "2026-11-19T08:00:00+01:00"),
        ("2026-11-18T10:00", "BY", "allowed"),
        ("2026-11-18T10:00", "NW", "allowed"),
    ],
)
async def test_german_days(german: Desk, at: str, region: str, not_before: str) -> None:
    await german.take(row(region=region), as_of=at[:10])
    doc = await german.ask(local(at))
    if not_before == "allowed":
        assert doc["may_call"] is True
    else:
        no(doc, "de/hours", not_before)


async def test_a_fourth_attempt_the_same_day_waits_for_the_next_calling_day(german: Desk) -> None:
    await german.take(row(), as_of="2026-11-23")
    for hour in ("08", "10", "12"):
        await german.record(local("2026-11-23T13:00"), contact="call", result="no_answer", at=f"2026-11-23T{hour}:00:00+01:00")
    no(await german.ask(local("2026-11-23T14:00")), "de/3-per-day", "2026-11-24T08:00:00+01:00")
