"""Dropped calls of the last day: counted for `status`, and for whoever dials.

Reads attempts. Writes nothing, decides nothing: the cap is core/telephony/dropped_calls'.
Invariant: what is not known to have been answered is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
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


Campaign = tuple[str, str]  # company and ladder: one script for one kind of debtor


async def of_campaigns(conn: Connection, since: datetime) -> dict[Campaign, Count]:
    taken = await calls.taken_since(conn, since, *TAKEN)
    return {name: Count(answered=sum(by.values()), lost=by.get(Result.DROPPED, 0)) for name, by in taken.items()}


async def lost(conn: Connection, since: datetime) -> dict[Campaign, int]:
    """Few rows: looked at before every call."""
    return {name: by[Result.DROPPED] for name, by in (await calls.taken_since(conn, since, Result.DROPPED)).items()}


def together(counts: Iterable[Count]) -> Count:
    found = list(counts)
    return Count(answered=sum(one.answered for one in found), lost=sum(one.lost for one in found))


async def counted(conn: Connection, now: datetime) -> Count:
    return together((await of_campaigns(conn, now - COUNTED_FOR)).values())


async def told(conn: Connection, house: House, now: datetime) -> str:
    """One sentence when there are too many, else ""."""
    count = await counted(conn, now)
    if not count.is_over():
        return ""
    return phrase(TEXTS, "too-many", house.language, lost=count.lost, answered=count.answered, cap=f"{CAP:.0%}")
