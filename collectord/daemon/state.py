"""What a running daemon has at hand: store, settings, rules, PBXes, doubts and the wake-ups between the loops.

Owns what several loops share, and the answers to commands about it. Runs no loop.
Invariant: while one doubt stands, or the house is paused, in shadow mode or stopping, nothing new is dialled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectord.asked import Reply, refusal
from collectord.core.contact.facts import Doubt
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.edge import inbox, log
from collectord.edge.clock import Clock
from collectord.edge.ids import new_id
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.store.connection import Database
from collectord.loops import best_hours, inbox_state, intake, manual, on_desk, standing, trial_calls
from collectord.loops.clearance import SWITCHED_OFF, Standing, switched_off
from collectord.loops.clock_watch import ClockWatch
from collectord.loops.dialling import Dialler
from collectord.loops.foresight import Foresight
from collectord.loops.pbx_events import PbxDesk
from collectord.loops.pbx_watch import PbxWatch
from collectord.settings import Settings


class Running:
    def __init__(self, *, settings: Settings, rules: Rules, clock: Clock) -> None:
        self.settings, self.rules, self.clock = settings, rules, clock
        self.house = settings.house()
        self.folders = inbox.ExchangeFolders(settings.exchange_dir, settings.intake.quiet_for)
        self.db: Database
        self.log = log.get()
        self.desks: dict[str, PbxDesk] = {}
        self.pbx_watches: dict[str, PbxWatch] = {}
        self.work, self.dial, self.tell, self.news = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.news.set()  # what came while nobody listened
        self.stop = asyncio.Event()
        self.doubted: dict[str, Doubt] = {}
        self.watch = ClockWatch(clock=clock, doubts=self.doubted, log=self.log, language=self.house.language)
        self.idle_why = ""
        self.learnt = best_hours.NOT_LEARNT
        self.foresight = Foresight()
        self.freshness: tuple[datetime, bool] | None = None  # when the sources were looked at last, and whether one was fresh

    def pbx_health(self) -> list[dict[str, Any]]:
        shown = []
        for name, desk in self.desks.items():
            health = desk.pbx.link.health()
            shown.append(
                {
                    "name": name,
                    "state": health.state.value,
                    "response_ms": None if health.response_ms is None else round(health.response_ms, 1),
                    "why": desk.dialplan or health.sentence,
                    "last_event_age": health.last_event_age,
                    "reconnects": health.reconnects,
                    "version": health.version,
                    "warnings": list(health.warnings),
                    "reconciled": bool(desk.started),
                    "dialplan": desk.dialplan_version,
                    **self.pbx_watches[name].described(self.house.language),
                }
            )
        return shown

    def device_states(self) -> Mapping[str, str]:
        return on_desk.Phones({name: desk.phones() for name, desk in self.desks.items()})

    def doubts(self) -> tuple[str, ...]:
        return tuple(doubt.reason for doubt in self.doubted.values())

    def pbxes(self) -> Mapping[str, AsteriskPbx]:
        return {name: desk.pbx for name, desk in self.desks.items()}

    def wake(self) -> None:
        """Something changed what is to be done: plan anew, look anew."""
        self.freshness = None
        self.work.set()
        self.dial.set()
        self.tell.set()
        self.news.set()

    def as_it_stands(self) -> Standing:
        """As a call stands that its agent has accepted: the clock is looked at like before any other."""
        self.watch.now()
        return Standing(live=self.settings.live, stopping=self.stop.is_set(), doubts=tuple(self.doubted.values()))

    def dialler(self) -> Dialler:
        return Dialler(
            db=self.db,
            settings=self.settings,
            rules=self.rules,
            house=self.house,
            pbxes=self.pbxes(),
            started={name: desk.started for name, desk in self.desks.items() if desk.started},
            learnt=self.learnt,
            lines={name: desk.lines for name, desk in self.desks.items()},
            foresight=self.foresight,
        )

    async def call_now(self, key: DebtorKey, agent_id: str, actor: str) -> Reply:
        if refused := await self.may_not_dial():
            return refusal(refused)
        doc = await manual.call_now(
            self.dialler(), key, agent_id, actor, self.device_states(), tuple(self.doubted.values()), self.clock.now()
        )
        return Reply(doc=doc, exit=0 if doc.get("attempt") else 1, error="" if doc.get("attempt") else doc["why"])

    async def may_not_dial(self) -> str:
        """Why nothing new is dialled; "" when calls are placed. The dialler asks again in the transaction of the attempt."""
        off = "stopping" if self.stop.is_set() else await self.db.read_briefly(lambda conn: switched_off(conn, self.settings.live))
        return SWITCHED_OFF.get(off, "")

    async def test_call(self, agent_id: str, to: str, company: str) -> Reply:
        """Rings the agent, then a number of the house's own; allowed in shadow mode, never to a debtor's number."""
        sentence = await trial_calls.test_call(self.db, self.settings, self.desks, agent_id, to, company, self.clock.now())
        return Reply(doc={"company": company, "note": sentence})

    def intake(self) -> intake.IntakeEdges:
        return intake.IntakeEdges(
            db=self.db, folders=self.folders, house=self.house, new_id=lambda: new_id(self.clock.now()), sources=self.rules.sources
        )

    async def standing(self, now: datetime) -> dict[str, Any]:
        """What `status` says."""
        status = await standing.status(
            self.db, self.settings, self.house, now, pbx=self.pbx_health(), devices=self.device_states(), doubts=self.doubts(),
            inbox=inbox_state.described(self.intake(), now),
        )  # fmt: skip
        return {**status, "predictive": self.foresight.why}
