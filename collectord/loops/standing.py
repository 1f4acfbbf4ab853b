"""Standing: the status screen and the list of debtors.

Reads store, settings and what the running daemon knows; asks core/standing for word and sentence. Writes nothing.
Invariant: what it says agrees with what the dialler would do: same doubts, same freshness, same free agents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from collectord.core.exports.freshness import Fresh, accounting_days, freshness
from collectord.core.house import House
from collectord.core.standing import Found, Source
from collectord.core.standing import judge as judge_standing
from collectord.core.telephony.agents import AgentState, judge
from collectord.edge.store import inbound, ledger, meta, notices, promises
from collectord.edge.store.codec import to_maybe_instant
from collectord.edge.store.connection import Database
from collectord.loops import caller_id_report, dropped_calls, habits, self_service, team, trunk_choice, workload
from collectord.loops.on_desk import on_duty
from collectord.settings import Settings


async def sources(db: Database, house: House, now: datetime) -> tuple[Source, ...]:
    """Each source with its age in accounting days."""
    days = accounting_days(house)
    today = house.today(now)
    found = []
    for state in await db.read(lambda conn: ledger.source_states(conn, now=now, zone=house.time_zone)):
        fresh = freshness(state, today, days, house.max_export_age)
        found.append(
            Source(
                source=state.source,
                as_of=state.as_of.isoformat() if state.as_of else None,
                age=fresh.age,
                fresh=isinstance(fresh, Fresh),
                held=bool(state.held_batch_id),
            )
        )
    return tuple(found)


async def status(
    db: Database,
    settings: Settings,
    house: House,
    now: datetime,
    *,
    pbx: list[dict[str, Any]] | None,
    devices: Mapping[str, str],
    doubts: tuple[str, ...],
    inbox: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """CONTRACT 2, `status --json`. `pbx` and `inbox` are None when no daemon runs."""
    counts = await db.read(meta.counts)
    known = await sources(db, house, now)
    agents = await on_duty(db, settings, devices, now)
    overdue = await db.read(lambda conn: promises.overdue_disputes(conn, now, house.today(now)))
    pull = settings.dialling.mode == "pull"
    states = [judge(agent, pull=pull, now=now).value for agent in agents]
    shown_pbx = pbx if pbx is not None else [{"name": p.name, "state": "not_running", "response_ms": None} for p in settings.pbx]
    found = Found(
        live=await db.read(lambda conn: meta.is_live(conn, settings.live)),
        paused=await db.read(meta.is_paused),
        running=pbx is not None,
        doubts=doubts,
        sources=known,
        pbx_up=sum(1 for p in shown_pbx if p["state"] == "up" and p.get("reconciled", True)),
        pbx_sentences=tuple(str(p.get("why", p["state"])) for p in shown_pbx),
        calls=counts["calls"],
        ready=await db.read(lambda conn: meta.ready_calls(conn, now)),
        free_agents=states.count(AgentState.FREE.value),
        next_task_at=to_maybe_instant(counts["next_task_at"]),
    )
    trunks = await db.read(lambda conn: trunk_choice.told(conn, settings, house, now))
    if trunks and all(trunk["why"] for trunk in trunks):
        found = replace(found, trunks_rest=tuple(trunk["why"] for trunk in trunks))
    state, why = judge_standing(found, house.language, house.time_zone)
    return {
        "state": state,
        "why": why,
        "live": found.live,
        "sources": [{"source": s.source, "as_of": s.as_of, "age": s.age, "fresh": s.fresh, "held": s.held} for s in known],
        "late": [
            {
                "source": one.source,
                "expected_by": one.expected_by.isoformat(),
                "since": one.since.isoformat(),
                "why": one.sentence(house.language, house.time_zone),
            }
            for one in await db.read(lambda conn: habits.late_exports(conn, house, now))
        ],
        "tasks": counts["tasks"],
        "agents": {name: states.count(name) for name in sorted(set(states))},
        "pauses": team.paused(agents, settings, now),
        "calls": counts["calls"],
        "pbx": shown_pbx,
        "trunks": trunks,
        "caller_ids": await db.read(lambda conn: caller_id_report.warnings(conn, house, now)),
        "dropped": await db.read(lambda conn: dropped_calls.told(conn, house, now)),
        "unknown": counts["unknown"],
        "callers": await db.read(inbound.unreached_count),
        "self_service": await db.read(lambda conn: self_service.told(conn, settings, house, now)),
        "held": counts["held"],
        "disputes_overdue": sum(count for _, _, count in overdue),
        "workload": await db.read(lambda conn: workload.told(conn, house)),
        "inbox": inbox,
        "notices": (await db.read(notices.unsent)).as_json(),
    }
