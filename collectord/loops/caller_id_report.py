"""The report on caller IDs: how many of the calls that rang were answered, per day, company's number and trunk.

Reads attempts, asks core/telephony/answer_rate what has fallen. Writes nothing.
Invariant: only calls that rang are counted; where there are none it says so.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.house import House
from collectord.core.telephony.answer_rate import PAST, RANG, TAKEN, DayCount, Fallen, fallen
from collectord.core.wording import Texts, phrase
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection, Database

LOOK_BACK = PAST + timedelta(days=30)

TEXTS: Texts = {
    "report": (
        "{rang} {rang:call|calls} of the last {days} {days:day|days} rang, {answered} {answered:was|were} answered ({share}).",
        "{rang} {rang:Anruf|Anrufe} der letzten {days} {days:Tag|Tage} {rang:läutete|läuteten},"
        " {answered} {answered:wurde|wurden} angenommen ({share}).",
    ),
    "empty": (
        "No call of the last {days} {days:day|days} rang at a debtor's.",
        "Kein Anruf der letzten {days} {days:Tag|Tage} läutete bei einem Debitor.",
    ),
    "fallen": (
        "With the caller ID {caller_id} only {recent} of {rang} calls since {since} were answered, before that {past}: carriers may show it"
        " as spam. Call a mobile of your own and see what it shows; ask the carrier.",
        "Mit der Rufnummer {caller_id} wurden seit {since} nur {recent} von {rang} Anrufen angenommen, davor {past}: womöglich zeigen Netze"
        " sie als Spam an. Rufen Sie ein eigenes Mobiltelefon an und sehen Sie nach; fragen Sie den Netzbetreiber.",
    ),
}


async def report(db: Database, house: House, now: datetime, days: int) -> dict[str, Any]:
    """`report caller-ids --json`."""
    today = house.today(now)
    counts = await db.read(lambda conn: counted(conn, house, now, max(timedelta(days=days), LOOK_BACK)))
    first = today - timedelta(days=days - 1)
    shown = sorted((one for one in counts if one.day >= first), key=lambda one: (one.day, one.company, one.caller_id, one.trunk))
    rang, answered = sum(one.rang for one in shown), sum(one.answered for one in shown)
    share, warned = _percent(answered, rang), fallen(counts, today)
    says = phrase(TEXTS, "report" if rang else "empty", house.language, rang=rang, answered=answered, days=days, share=share)
    return {
        "says": [says, *(_sentence(one, house) for one in warned)],
        "from": first.isoformat(),
        "until": today.isoformat(),
        "caller_ids": [
            {
                "day": one.day.isoformat(),
                "company": one.company,
                "caller_id": one.caller_id or None,
                "trunk": one.trunk,
                "rang": one.rang,
                "answered": one.answered,
                "share": _percent(one.answered, one.rang),
            }
            for one in shown
        ],
        "summary": {"rang": rang, "answered": answered, "share": share, "fallen": len(warned)},
    }


async def warnings(conn: Connection, house: House, now: datetime) -> list[str]:
    """One sentence for each caller ID whose calls are answered much less often than before."""
    return [_sentence(one, house) for one in fallen(await counted(conn, house, now, LOOK_BACK), house.today(now))]


async def counted(conn: Connection, house: House, now: datetime, back: timedelta) -> list[DayCount]:
    """By the house's days."""
    zone = ZoneInfo(house.time_zone)
    low = datetime.combine(house.today(now) - back, time(0), zone)
    found: dict[tuple[date, str, str, str], list[int]] = {}
    for at, company, caller_id, trunk, result in await calls.results_between(conn, low, now):
        if result in RANG:
            both = found.setdefault((at.astimezone(zone).date(), company, caller_id, trunk), [0, 0])
            both[0] += 1
            both[1] += result in TAKEN
    return [
        DayCount(day=day, company=company, caller_id=caller_id, trunk=trunk, rang=rang, answered=answered)
        for (day, company, caller_id, trunk), (rang, answered) in found.items()
    ]


def _sentence(one: Fallen, house: House) -> str:
    told = {"recent": f"{one.recent:.0%}", "past": f"{one.past:.0%}", "rang": one.rang, "since": one.since}
    return phrase(TEXTS, "fallen", house.language, caller_id=one.caller_id or "?", **told)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"
