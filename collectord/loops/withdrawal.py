"""Withdrawal: what a person is told after the talk, that a debtor takes back the consent to its recording.

Reads the call and its consent, asks core/telephony/recording, writes the withdrawal with who and why into the journal. Erases nothing:
the PBX does, at the next look (loops/pbx_watch).
Invariant: the withdrawal and the sentence about it are one transaction, and the answer comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.record_words import LONGEST, RecordRefused, option_of
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.recording import TEXTS, why_not_withdrawn
from collectord.core.wording import phrase, safe
from collectord.edge.store import calls, facts, recordings
from collectord.edge.store.connection import Connection, Database

WORDS = frozenset({"debtor", "recording_withdrawn", "reason"})


async def record_withdrawal(
    db: Database, house: House, key: DebtorKey, args: Mapping[str, Any], now: datetime, actor: str, new_id: Callable[[], str]
) -> dict[str, Any]:
    """`record DEBTOR --recording-withdrawn CALL --reason T`. Raises RecordRefused."""
    language, zone, debtor = house.language, house.time_zone, str(key)
    call, reason = str(args["recording_withdrawn"]).removesuffix(".wav"), safe(str(args.get("reason", "")), LONGEST).strip()
    if others := sorted(args.keys() - WORDS):
        raise RecordRefused(phrase(TEXTS, "alone", language, others=", ".join(map(option_of, others))))
    if not reason:
        raise RecordRefused(phrase(TEXTS, "why", language))

    async def job(conn: Connection) -> dict[str, Any]:
        talk, agreed = await calls.attempt(conn, call), await recordings.recording(conn, call)
        if talk is None or talk.key != key:
            raise RecordRefused(phrase(TEXTS, "no-recording", language, call=call, debtor=debtor))
        if why_not := why_not_withdrawn(talk, agreed, debtor, language, zone):
            raise RecordRefused(why_not)
        await recordings.withdraw(conn, call, now)
        sentence = phrase(TEXTS, "withdrawn-later", language, who=actor, call=call, reason=reason)
        await facts.add_happening(conn, new_id(), now, "recording_withdrawn", key, actor, sentence)
        says = phrase(TEXTS, "was-gone" if agreed and agreed.erased_at else "will-go", language, call=call, debtor=debtor)
        recorded = [{"kind": "recording_withdrawn", "value": call}]
        return {"company": key.company, "debtor_no": key.debtor_no, "recorded": recorded, "says": [says]}

    return await db.write(job)
