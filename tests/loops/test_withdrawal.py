"""After the talk a debtor takes back the consent to its recording: written down with who and why; the PBX erases it at its next look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.contact.record_words import RecordRefused
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.pbx_events import EndState
from collectord.core.telephony.recording import RecordingState
from collectord.loops import duty
from collectord.loops.explain import explain
from collectord.loops.pbx_watch import PbxWatch
from collectord.loops.withdrawal import record_withdrawal
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, ended, keyed, rows_of, tell
from tests.loops.test_recording import ASKED, LATER, Recorder, hear, talking, told, yes

AFTERWARDS = LATER + timedelta(hours=3, minutes=20)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, ASKED, MONDAY)
        yield opened


async def withdrawn(desk: Desk, key: DebtorKey, call: str, **words: Any) -> dict[str, Any]:
    ids = iter(("w-1", "w-2"))
    asked = {"debtor": str(key), "recording_withdrawn": call, "reason": "letter of 23 Nov", **words}
    return await record_withdrawal(desk.db, desk.house, key, asked, AFTERWARDS, "anna", lambda: next(ids))


async def recorded(desk: Desk, pbx: Recorder) -> Attempt:
    placed = await talking(desk)
    await hear(desk, pbx, yes(placed), told(placed, RecordingState.ON))
    await tell(desk, LATER, ended(placed, EndState.DIAL), keyed(placed, "2"), ended(placed))
    return placed


async def happenings(desk: Desk) -> list[tuple[str, str, str]]:
    found = await rows_of(desk, "select kind, actor, sentence from happening where kind = 'recording_withdrawn'")
    return [(row["kind"], row["actor"], row["sentence"]) for row in found]


async def test_who_and_why_are_written_and_the_pbx_erases_at_its_next_look(desk: Desk) -> None:
    pbx = Recorder(desk)
    placed = await recorded(desk, pbx)
    at = await hear(desk, pbx)
    watch = PbxWatch(desk=at)
    await watch._erase(AFTERWARDS - timedelta(minutes=5))
    await watch._erase(AFTERWARDS - timedelta(minutes=4))
    assert pbx.ordered == []
    doc = await withdrawn(desk, placed.key, f"{placed.id}.wav")
    assert doc["recorded"] == [{"kind": "recording_withdrawn", "value": placed.id}]
    assert "erases" in doc["says"][0]
    ((_, actor, sentence),) = await happenings(desk)
    assert actor == "anna"
    assert placed.id in sentence
    assert sentence.endswith("why: letter of 23 Nov")
    await watch._erase(AFTERWARDS + timedelta(minutes=1))  # not in an hour
    assert pbx.ordered == [placed.id]
    await watch._erase(AFTERWARDS + timedelta(minutes=2))
    assert pbx.ordered == [placed.id]
    (kept,) = (await explain(desk.db, desk.rules, desk.house, placed.key, AFTERWARDS))["recordings"]
    assert kept["withdrawn_at"] == AFTERWARDS.isoformat()


async def test_of_a_recording_that_is_erased_the_consent_can_still_be_withdrawn(desk: Desk) -> None:
    pbx = Recorder(desk)
    placed = await recorded(desk, pbx)
    await hear(desk, pbx, told(placed, RecordingState.ERASED))
    assert "erased before" in (await withdrawn(desk, placed.key, placed.id))["says"][0]


async def test_a_second_withdrawal_says_that_there_was_one_and_writes_nothing(desk: Desk) -> None:
    placed = await recorded(desk, Recorder(desk))
    await withdrawn(desk, placed.key, placed.id)
    with pytest.raises(RecordRefused, match=r"was withdrawn before: .*withdrawn"):
        await withdrawn(desk, placed.key, placed.id)
    assert len(await happenings(desk)) == 1


async def test_while_they_talk_the_key_withdraws(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    await hear(desk, pbx, yes(placed), told(placed, RecordingState.ON))
    with pytest.raises(RecordRefused, match=r"\*3"):
        await withdrawn(desk, placed.key, placed.id)
    assert await happenings(desk) == []


async def test_a_call_without_a_consent_or_of_another_debtor_is_refused(desk: Desk) -> None:
    placed = await talking(desk)
    stranger = DebtorKey(company="", debtor_no="99999")
    await hear(desk, Recorder(desk))
    with pytest.raises(RecordRefused, match="no recording"):
        await withdrawn(desk, placed.key, placed.id)
    await hear(desk, Recorder(desk), yes(placed))
    for key, call in ((stranger, placed.id), (placed.key, "nobodys-call")):
        with pytest.raises(RecordRefused, match="no recording"):
            await withdrawn(desk, key, call)


@pytest.mark.parametrize(("words", "says"), [({"reason": " "}, "needs --reason"), ({"do_not_call": True}, "without --do-not-call")])
async def test_without_a_reason_or_with_other_words_nothing_is_written(desk: Desk, words: dict[str, Any], says: str) -> None:
    placed = await recorded(desk, Recorder(desk))
    with pytest.raises(RecordRefused, match=says):
        await withdrawn(desk, placed.key, placed.id, **words)
    assert await happenings(desk) == []
