"""Recording: a debtor's yes is written down before the PBX may record, its withdrawal after the PBX has stopped; old recordings are erased.

Reads attempts and consents, asks core/telephony/recording, writes both with a sentence in the journal. The sound lies at the PBX alone.
Invariant: no row, no recording: the word upon which the dialplan records is said only after the consent is on disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.pbx_calls import RecordedRow
from collectord.core.telephony.recording import TEXTS, ConsentTold, RecordingState, RecordingTold, may_record
from collectord.core.wording import Language, phrase
from collectord.edge.crash import crash_point
from collectord.edge.ids import new_id
from collectord.edge.store import calls, facts, recordings
from collectord.edge.store.connection import Connection
from collectord.loops.callers import Reception

AT_ONCE = 20  # erased in one go


async def asked(at: Reception, event: ConsentTold, now: datetime) -> bool:
    """Whether the PBX may record: the consent is on disk."""
    if at.settings.recording.mode == "off":
        return False

    async def job(conn: Connection) -> bool:
        talk = await calls.attempt(conn, event.attempt_id)
        if not may_record(talk, await recordings.recording(conn, event.attempt_id)) or talk is None:
            return False
        await recordings.agree(conn, talk.id, talk.agent, now)
        await _note(conn, at.house.language, talk, "agreed", now)
        return True

    agreed = await at.db.write(job)
    crash_point("consent-committed")
    return agreed


async def told(at: Reception, event: RecordingTold, now: datetime) -> bool:
    """Whether what the PBX says is news."""

    async def job(conn: Connection) -> bool:
        talk = await calls.attempt(conn, event.attempt_id)
        if talk is None:
            return False
        match event.state:
            case RecordingState.ON:
                await recordings.began(conn, talk.id)
                return True
            case RecordingState.WITHDRAWN:
                news = await recordings.withdraw(conn, talk.id, now)
            case RecordingState.ERASED:
                news = await recordings.erased(conn, talk.id, now)
            case RecordingState.FAILED:
                news = True
        if news:
            await _note(conn, at.house.language, talk, event.state.value, now)
        return news

    return await at.db.write(job)


async def told_meanwhile(at: Reception, rows: Iterable[RecordedRow], now: datetime) -> None:
    """What was keyed while nobody listened."""
    for row in rows:
        state = RecordingState.WITHDRAWN if row.withdrawn else RecordingState.ON
        await told(at, RecordingTold(seen_at=now, attempt_id=row.attempt_id, state=state), now)


async def erase_old(at: Reception, pbx: Any, now: datetime, after: str = "") -> list[str]:
    """Orders the PBX to overwrite what was withdrawn and what is too old; which, `AT_ONCE` at most. PbxFault passes through.

    `after`: where the look before ended, so that those which the PBX cannot overwrite keep no other waiting.
    """
    before = now - timedelta(days=at.settings.recording.keep_days)
    found = await at.db.read(lambda conn: recordings.to_erase(conn, at.pbx, before, after, AT_ONCE))
    for attempt_id in found:
        await pbx.erase(attempt_id)
    return found


async def _note(conn: Connection, language: Language, talk: Attempt, kind: str, now: datetime) -> None:
    text = phrase(TEXTS, kind, language, agent=talk.agent, call=talk.id)
    await facts.add_happening(conn, new_id(now), now, f"recording_{kind}", talk.key, talk.agent, text)
