"""The report on callbacks: what was agreed, and how punctually it was kept.

Reads callbacks, asks core/telephony/callbacks how each stands. Writes nothing.
Invariant: the sentence and the counts are of the same rows; where there are none it says how one comes to be.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from collectord.core.telephony.callbacks import standing
from collectord.core.wording import Texts, phrase
from collectord.edge.store import callbacks
from collectord.edge.store.codec import to_instant, to_maybe_instant
from collectord.edge.store.connection import Database
from collectord.settings import Settings

TEXTS: Texts = {
    "report": (
        "{agreed} {agreed:callback|callbacks} of the last {days} {days:day|days} and ahead: {kept} kept in time, {late} late,"
        " {overdue} overdue.",
        "{agreed} {agreed:Rückruf|Rückrufe} der letzten {days} {days:Tag|Tage} und der kommenden Zeit: {kept} pünktlich, {late} zu spät,"
        " {overdue} überfällig.",
    ),
    "report-empty": (
        "No callback was agreed for the last {days} {days:day|days} or lies ahead. An agent agrees one after a call (key 4), anybody"
        " else with collectord record DEBTOR --disposition callback --callback INSTANT.",
        "Für die letzten {days} {days:Tag|Tage} und die kommende Zeit ist kein Rückruf vereinbart. Vereinbart wird er nach einem Anruf"
        " (Taste 4) oder mit collectord record DEBITOR --disposition callback --callback ZEITPUNKT.",
    ),
}


async def report(db: Database, settings: Settings, now: datetime, days: int) -> dict[str, Any]:
    """`report callbacks --json`: what was agreed for the last so many days and lies ahead, and what became of it."""
    low, high = now - timedelta(days=days), now + timedelta(days=366)
    rows = []
    for row in await db.read(lambda conn: callbacks.callbacks_between(conn, low, high, now)):
        agreed_for, called_at = to_instant(row["agreed_for"]), to_maybe_instant(row["called_at"])
        state, late = standing(agreed_for, called_at, row["state"] not in ("done", "cancelled", "suppressed"), now)
        keeper = row["called_by"] or row["agent"]
        rows.append(
            {
                "agreed_for": agreed_for.isoformat(),
                "called_at": called_at.isoformat() if called_at else None,
                "minutes_late": int(late.total_seconds() // 60),
                "state": state,
                "company": row["company"],
                "debtor_no": row["debtor_no"],
                "debtor_name": row["debtor_name"] or "",
                "agreed_by": row["agreed_by"] or None,
                "keeper": keeper or None,
                "moved": bool(row["agreed_by"]) and keeper != row["agreed_by"],
                "why": row["waits"] or row["close_reason"] or None,
                "task": row["id"],
            }
        )
    called = [row["minutes_late"] for row in rows if row["called_at"]]
    counts = {name: sum(row["state"] == name for row in rows) for name in ("kept", "late", "waiting", "overdue", "over")}
    summary = {
        "agreed": len(rows),
        **counts,
        "moved": sum(row["moved"] for row in rows),
        "minutes_late_mean": round(sum(called) / len(called), 1) if called else None,
        "minutes_late_worst": max(called, default=None),
    }
    said = "report" if rows else "report-empty"
    values = {"agreed": len(rows), "days": days, **{name: counts[name] for name in ("kept", "late", "overdue")}}
    says = [phrase(TEXTS, said, settings.language, **values)]
    return {"says": says, "from": low.isoformat(), "until": now.isoformat(), "callbacks": rows, "summary": summary}
