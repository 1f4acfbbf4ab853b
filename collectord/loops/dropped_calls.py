"""Dropped calls of the last day: counted for `status`, and for whoever dials.

Reads attempts. Writes nothing, decides nothing: the cap is core/telephony/dropped_calls'.
Invariant: what is not known to have been answered is not counted.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.house import House
from collectord.core.telephony.answer_rate import TAKEN
from collectord.core.telephony.attempts import Result
from collectord.core.telephony.dropped_calls import CAP, COUNTED_FOR, Count
from collectord.core.wording import Texts, phrase
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection

TEXTS: Texts = {
    "too-many": (
        "{lost} of {answered} answered calls of the last 24 hours were hung up before anybody spoke; at most {cap} may be. `attempts` lists"
        " them: result dropped.",
        "{lost} von {answered} angenommenen Anrufen der letzten 24 Stunden wurden aufgelegt, ehe jemand sprach; höchstens {cap} dürfen es"
        " sein. `attempts` nennt sie: Ergebnis dropped.",
    ),
}


async def counted(conn: Connection, now: datetime) -> Count:
    results = [result for *_, result in await calls.results_between(conn, now - COUNTED_FOR, now)]
    return Count(answered=sum(result in TAKEN for result in results), lost=results.count(Result.DROPPED))


async def told(conn: Connection, house: House, now: datetime) -> str:
    """One sentence when there are too many, else ""."""
    count = await counted(conn, now)
    if not count.is_over():
        return ""
    return phrase(TEXTS, "too-many", house.language, lost=count.lost, answered=count.answered, cap=f"{CAP:.0%}")
