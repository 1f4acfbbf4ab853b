"""record and import-history: every word understood or refused with one sentence, nothing half written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store import facts
from collectord.loops.explain import NotKnown
from collectord.loops.history import HistoryRefused, import_history
from collectord.loops.record import RecordRefused
from tests.loops.desk import HOUSE, Desk, local, open_desk, row

MONDAY = local("2026-11-23T10:00")
NOW = local("2026-11-23T09:30")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await opened.take(row(), row(item_no="A:2", open_amount="100.00"), as_of="2026-11-23")
        yield opened


async def refused_rules(desk: Desk) -> set[str]:
    return {refusal["rule"] for refusal in (await desk.ask(MONDAY))["refusals"]}


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        ({"wish": "tue 10:00-11:00"}, "house/wishes"),
        ({"not_on": "mon"}, "house/wishes"),
        ({"do_not_call": True}, "guard/do-not-call"),
        ({"number_blocked": "030/12345601"}, "guard/number-blocked"),
        ({"number_wrong": "+49 30 12345601"}, "guard/number-wrong"),
        ({"legal_state": "insolvency"}, "guard/legal-state"),
        ({"ask_first": "sales"}, "house/ask-first"),
        ({"contact": "call", "result": "no_answer"}, "house/1-per-day"),
    ],
)
async def test_what_is_recorded_holds_from_the_next_question_on(desk: Desk, args: dict[str, Any], rule: str) -> None:
    assert await refused_rules(desk) == set()
    doc = await desk.record(NOW, **args)
    assert doc["debtor_no"] == "10"
    assert len(doc["recorded"]) == 1
    assert rule in await refused_rules(desk)


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ({"wish": "tue 10:00-11:00"}, {"wish": "none"}),
        ({"wish": "tue 10:00-11:00"}, {"wish": "mon"}),
        ({"not_on": "mon"}, {"not_on": "none"}),
        ({"legal_state": "lawyer"}, {"legal_state": "none"}),
        ({"ask_first": "sales"}, {"ask_first": "none"}),
    ],
)
async def test_what_was_recorded_can_be_taken_back(desk: Desk, said: dict[str, str], back: dict[str, str]) -> None:
    await desk.record(NOW, **said)
    assert await refused_rules(desk) != set()
    await desk.record(local("2026-11-23T09:45"), **back)
    assert await refused_rules(desk) == set()


async def test_a_dispute_holds_its_item_and_is_told_to_accounting(desk: Desk) -> None:
    await desk.record(NOW, dispute="A:2:wrong quantity", note="asked for a photo")
    assert (await desk.ask(MONDAY, item="A:2"))["refusals"][0]["rule"] == "guard/dispute"
    assert (await desk.ask(MONDAY))["may_call"] is True
    rows = await desk.db.read(lambda conn: conn.execute_fetchall("select item_no, disposition, dispute_reason, note from outcome"))
    assert [tuple(one.values()) for one in rows] == [("A:2", "dispute", "wrong quantity", "asked for a photo")]  # type: ignore[attr-defined]


async def test_an_override_names_a_rule_and_a_reason_and_shows_as_a_warning(desk: Desk) -> None:
    await desk.record(NOW, contact="call", result="no_answer", at="2026-11-23T08:10:00+01:00")
    assert "house/1-per-day" in await refused_rules(desk)
    await desk.record(NOW, override="house/1-per-day", reason="the line dropped")
    doc = await desk.ask(MONDAY)
    assert "house/1-per-day" not in {refusal["rule"] for refusal in doc["refusals"]}
    assert doc["warnings"][0]["rule"] == "house/1-per-day"
    assert "lead" in doc["warnings"][0]["reason"]


async def test_letters_and_mails_made_elsewhere_are_kept_and_count_as_no_call(desk: Desk) -> None:
    await desk.record(NOW, contact="letter", note="reminder")
    await desk.record(NOW, contact="email", result="answered")
    assert await refused_rules(desk) == set()


async def test_a_note_alone_is_kept_for_the_audit(desk: Desk) -> None:
    assert (await desk.record(NOW, note="  moved\nto Hamburg "))["recorded"] == [{"kind": "note", "value": "moved to Hamburg"}]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "say what you learnt"),
        ({"reason": "because"}, "say what you learnt"),
        ({"wish": "someday"}, "--wish someday: 'someday' is no weekday"),
        ({"not_on": "someday"}, "--not-on someday"),
        ({"number_blocked": "110"}, "--number-blocked 110"),
        ({"number_wrong": "call me"}, "--number-wrong call me"),
        ({"legal_state": " "}, "--legal-state needs a word"),
        ({"ask_first": ""}, "--ask-first needs a role"),
        ({"dispute": "A1"}, "--dispute A1: write ITEM:REASON"),
        ({"dispute": "A9:no"}, "A1, A:2"),
        ({"override": "guard/do-not-call", "reason": "x"}, "nobody may set aside a rule of the guard"),
        ({"override": "house/nosuch", "reason": "x"}, "there is no such rule"),
        ({"override": "house/1-per-day"}, "needs --reason"),
        ({"contact": "pigeon"}, "--contact pigeon is unknown"),
        ({"contact": "call"}, "needs --result"),
        ({"contact": "call", "result": "shrugged"}, "--result shrugged is unknown"),
        ({"contact": "call", "result": "no_answer", "at": "2026-11-23T12:00:00+01:00"}, "lies in the future"),
        ({"result": "no_answer"}, "add --contact"),
        ({"at": "2026-11-23T08:00:00+01:00"}, "add --contact"),
        ({"note": "x" * 2001}, "--note is longer than 2000"),
        ({"do_not_call": True, "wish": "someday"}, "--wish"),
    ],
)
async def test_what_cannot_be_understood_is_refused_and_nothing_is_written(desk: Desk, args: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordRefused) as caught:
        await desk.record(NOW, **args)
    assert words in str(caught.value)
    assert await desk.db.read(lambda conn: facts.known_facts(conn, DebtorKey("", "10"), MONDAY)) == ()


async def test_a_debtor_that_nobody_knows_is_said(desk: Desk) -> None:
    with pytest.raises(NotKnown, match="there is no debtor 99"):
        await desk.record(NOW, "99", do_not_call=True)


async def test_an_inbound_call_made_elsewhere_is_no_attempt_of_ours(desk: Desk) -> None:
    await desk.record(NOW, contact="call", result="no_answer", direction="inbound")
    assert await refused_rules(desk) == set()


# ------------------------------------------------------------------ import-history

GOOD = {"at": "2026-11-23T08:10:00+01:00", "debtor_no": "10", "number": "030 12345601", "result": "no_answer"}


async def test_identical_rows_count_once_in_one_file_and_over_files(desk: Desk) -> None:
    doc = await desk.history(NOW, GOOD, GOOD, {**GOOD, "result": "busy"})
    assert (doc["rows"], doc["counted"], doc["duplicate"], doc["rejected"]) == (3, 2, 1, [])
    again = await desk.history(NOW, GOOD)
    assert (again["counted"], again["duplicate"]) == (0, 1)
    assert "house/1-per-day-and-number" in await refused_rules(desk)


async def test_a_wish_in_the_history_is_a_wish(desk: Desk) -> None:
    await desk.history(NOW, {**GOOD, "medium": "email", "result": "", "wish": "tue 10:00-11:00"})
    assert await refused_rules(desk) == {"house/wishes", "de/wishes"}


async def test_a_number_that_is_no_longer_valid_still_counts(desk: Desk) -> None:
    assert (await desk.history(NOW, {**GOOD, "number": "+49 (0)99 1"}))["counted"] == 0
    assert (await desk.history(NOW, {**GOOD, "number": "+49 9999 0000"}))["counted"] == 1
    assert "house/1-per-day" in await refused_rules(desk)


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"at": ""}, "at", "at is empty"),
        ({"debtor_no": ""}, "debtor_no", "debtor_no is empty"),
        ({"result": ""}, "result", "result is empty"),
        ({"at": "yesterday"}, "at", "no instant with an offset"),
        ({"at": "2026-11-23T08:10:00"}, "at", "no instant with an offset"),
        ({"at": "2026-11-23T18:10:00+01:00"}, "at", "lies in the future"),
        ({"consent_on": "31.02.2026"}, "consent_on", "no date"),
        ({"consent_on": "2026-11-24", "consent_until": "2026-11-24"}, "consent_on", "exclude each other"),
        ({"medium": "pigeon"}, "medium", "use one of call"),
        ({"result": "shrugged"}, "result", "use one of"),
        ({"disposition": "dunno"}, "disposition", "use one of promise"),
        ({"direction": "up"}, "direction", "outbound, inbound"),
        ({"third_party": "maybe"}, "third_party", "neither yes nor no"),
        ({"number": "x"}, "number", "x: "),
        ({"wish": "someday"}, "wish", "no weekday"),
    ],
)
async def test_a_bad_row_is_named_with_line_column_and_reason_and_good_rows_count(
    desk: Desk, change: dict[str, str], column: str, words: str
) -> None:
    doc = await desk.history(NOW, {**dict.fromkeys(change, ""), **GOOD}, {**GOOD, **change})
    assert (doc["counted"], doc["refused"]) == (1, 1)
    bad = doc["rejected"][0]
    assert (bad["line"], bad["column"]) == (3, column)
    assert words in bad["reason"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n", "the file is empty"),
        (b"at;debtor_no;at\n", "has at twice"),
        (b"debtor_no\n", "the header lacks at"),
        (b"at;debtor_no;reslut\n", "the header has reslut, unknown"),
        (b"at;debtor_no;result\n\xff\n", "is no UTF-8"),
        (b'at;debtor_no;result\n"x;1;2\n', "quote"),
        (b"\x1f\x8b", "gzip"),
    ],
)
async def test_a_file_that_cannot_be_read_is_one_sentence(desk: Desk, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(content)
    with pytest.raises(HistoryRefused) as caught:
        await import_history(desk.db, HOUSE, path, NOW)
    assert words in str(caught.value)


async def test_a_file_that_is_not_there_is_said(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(HistoryRefused, match="there is no such file"):
        await import_history(desk.db, HOUSE, tmp_path / "nothing.csv", NOW)


async def test_rows_that_cannot_be_split_are_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text(
        'at;debtor_no;result\n2026-11-23T08:00:00+01:00;10\n"a"b;10;busy\n2026-11-23T08:00:00+01:00;10;busy\n', encoding="utf-8"
    )
    doc = await import_history(desk.db, HOUSE, path, NOW)
    assert doc["counted"] == 1
    assert [bad["line"] for bad in doc["rejected"]] == [2, 3]
    assert "2 columns, the header 3" in doc["rejected"][0]["reason"]


async def test_a_blocked_number_rings_for_no_debtor_who_shares_it_and_why_stays_where_it_was_said(desk: Desk) -> None:
    await desk.take(row(), row(item_no="A:2", open_amount="100.00"), row(debtor_no="11", item_no="B1"), as_of="2026-11-23", name="two.csv")
    assert (await desk.ask(MONDAY, "11"))["may_call"]
    await desk.record(NOW, "10", number_blocked="+493012345601", reason="asked by Mrs Muster")
    told = await desk.ask(MONDAY, "11")
    assert [refusal["rule"] for refusal in told["refusals"]] == ["guard/number-blocked"]
    assert "Mrs Muster" not in told["why"]


async def test_who_shares_the_telephone_of_one_who_wants_no_calls_is_not_called_there(desk: Desk) -> None:
    await desk.take(row(), row(item_no="A:2", open_amount="100.00"), row(debtor_no="11", item_no="B1"), as_of="2026-11-23", name="two.csv")
    assert (await desk.ask(MONDAY, "11"))["may_call"]
    await desk.record(NOW, "10", do_not_call=True)
    told = await desk.ask(MONDAY, "11")
    assert ([refusal["rule"] for refusal in told["refusals"]], told["never"]) == (["guard/number-blocked"], False)


async def test_a_conversation_in_the_history_needs_no_result(desk: Desk, tmp_path: Path) -> None:
    await desk.take(row(), row(item_no="A:2", open_amount="100.00"), as_of="2026-11-23", name="two.csv")
    path = tmp_path / "old.csv"
    path.write_text("at;debtor_no;result;conversation_about\n2026-11-23T08:00:00+01:00;10;;A1\n", encoding="utf-8")
    assert (await import_history(desk.db, HOUSE, path, NOW))["counted"] == 1
    refused = {refusal["rule"] for refusal in (await desk.ask(MONDAY, "10"))["refusals"]}
    assert "house/after-conversation" in refused


async def test_the_answer_says_what_now_holds(desk: Desk) -> None:
    said = (await desk.record(NOW, dispute="A:2:wrong quantity", owner="sales", answer_by="2026-11-30"))["says"]
    assert said == ["Dispute about A:2: no calls about it until it is settled; sales answers by Mon 30 Nov 2026."]
    assert (await desk.record(NOW, wish="tue 10:00-11:00"))["says"] == ["Calls only Tue 10:00-11:00."]
    assert (await desk.record(local("2026-11-23T09:45"), wish="none"))["says"] == ["No longer holds: Calls only Tue 10:00-11:00."]
