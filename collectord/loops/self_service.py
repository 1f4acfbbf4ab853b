"""Self-service: a caller whom nobody reached keys debtor and invoice number, and is told whether they fit.

Reads open items and earlier pairs, asks core/telephony/self_service, counts. What the caller wants then is loops/keyed_wishes'.
Invariant: a pair is counted before it is answered, and whichever half was wrong the work and the answer are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.pbx_events import CallerArrived, PairKeyed
from collectord.core.telephony.self_service import TEXTS, TRIES, WITHIN, Limits, Pair, meant
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.store import families
from collectord.edge.store import self_service as store
from collectord.edge.store.connection import Connection
from collectord.edge.store.self_service import Turn
from collectord.loops.callers import Reception
from collectord.settings import Settings


@dataclass(frozen=True, slots=True)
class Judged:
    answer: str  # as the dialplan is told
    fits: bool = False
    locks: bool = False  # with this one it was too often


def limits(settings: Settings) -> Limits:
    return Limits(per_number=settings.inbound.wrong_pairs_per_number, per_day=settings.inbound.wrong_pairs_per_day)


async def is_offered(conn: Connection, at: Reception, event: CallerArrived | PairKeyed, now: datetime) -> bool:
    """Not to whoever shows no number: nobody could be kept from trying for ever."""
    if not at.settings.inbound.self_service or not event.caller:
        return False
    return not limits(at.settings).is_over(*await store.wrong(conn, event.caller, now - WITHIN))


async def pair_keyed(at: Reception, event: PairKeyed, now: datetime) -> Judged:
    """Whether both numbers mean one open item, and the house's day; or that no more may be tried."""
    companies, most = at.companies(event.called), limits(at.settings)

    async def job(conn: Connection) -> Judged:
        known = await store.turn(conn, event.attempt_id, event.turn)
        if known is None:
            if not await is_offered(conn, at, event, now) or not 1 <= event.turn <= TRIES:
                return Judged(Pair.OVER.value)
            known = await _noted(conn, event, companies, now)
        if known.matched:
            return Judged(f"1|{at.house.today(now):%Y%m%d}", fits=True)
        return Judged(Pair.WRONG.value, locks=most.is_over(*await store.wrong(conn, event.caller, now - WITHIN)))

    judged = await at.db.write(job)
    crash_point("pair-committed")
    return judged


async def _noted(conn: Connection, event: PairKeyed, companies: list[str], now: datetime) -> Turn:
    owed = meant(event.debtor, event.invoice, await store.candidates(conn, companies, event.debtor, event.invoice))
    key, item_no = DebtorKey("", ""), ""
    if owed is not None:
        key = (await families.family_of(conn, owed.key)).root
        item_no = families.named(key, owed.key, owed.item_no)
    keyed = Turn(
        id=event.attempt_id, turn=event.turn, called=event.called, caller=event.caller, matched=owed is not None, key=key, item_no=item_no
    )
    await store.note(conn, keyed, now)
    return keyed


async def told(conn: Connection, settings: Settings, house: House, now: datetime) -> list[str]:
    """One sentence for everybody who is kept from trying; none where there is no self-service."""
    if not settings.inbound.self_service:
        return []
    most, wrong = limits(settings), await store.wrong_by_number(conn, now - WITHIN)
    in_all = sum(wrong.values())
    over = [phrase(TEXTS, "closed", house.language, count=in_all, limit=most.per_day)] if most.is_over(0, in_all) else []
    locked = {number: count for number, count in wrong.items() if most.is_over(count, 0)}
    return over + [phrase(TEXTS, "locked", house.language, number=number, count=count) for number, count in locked.items()]
