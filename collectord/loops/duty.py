"""Duty: agents log in, pause, ask for the next case.

Reads settings and the desk (loops/on_desk), writes the agent's row. Rings nobody; who is there is shown by loops/team.
Invariant: a feature code is answered after its effect is on disk; a wrong PIN changes nothing.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectord.core.telephony.agents import OnDuty, who_is_at
from collectord.core.telephony.pauses import MISSED_RINGS, keyed_reason, spoken
from collectord.core.telephony.pbx_events import FeatureAction, FeatureDialled
from collectord.edge.store import agents as rows
from collectord.edge.store.connection import Connection, Database
from collectord.loops.on_desk import on_duty
from collectord.settings import Settings

__all__ = ["FeatureDesk", "FeatureReply", "on_duty", "prepare", "set_paused"]

WRONG_PINS = 5  # so many in WRONG_PIN_WINDOW and the phone is denied for the rest of it
WRONG_PIN_WINDOW = timedelta(minutes=10)


async def prepare(db: Database, settings: Settings, now: datetime) -> None:
    """A row for each configured agent."""
    await db.write(lambda conn: rows.add_missing(conn, {agent.id: agent.logged_in for agent in settings.agent}, now))


async def set_paused(db: Database, settings: Settings, agent_id: str, paused: bool, reason: str, now: datetime) -> None:
    agent = next(agent for agent in await on_duty(db, settings, {}, now) if agent.id == agent_id)

    async def job(conn: Connection) -> None:
        await rows.add_missing(conn, {agent_id: agent.logged_in}, now)
        await rows.set_duty(conn, agent_id, logged_in=agent.logged_in, paused=paused, reason=reason if paused else "", now=now)

    await db.write(job)


@dataclass(frozen=True, slots=True)
class FeatureReply:
    """What the phone is told (docs/INTERNALS 1.6)."""

    text: str


class FeatureDesk:
    """Answers feature codes; remembers wrong PINs per phone."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._wrong: dict[str, list[datetime]] = {}

    async def take(self, event: FeatureDialled, settings: Settings, now: datetime, pbx: str = "") -> FeatureReply:
        """`pbx`: where it was dialled; another one may have a phone of the same name."""
        team = [agent for agent in await on_duty(self.db, settings, {}, now) if pbx in ("", agent.pbx)]
        agent = who_is_at(event.endpoint, team)
        if agent is None:
            return FeatureReply("denied")
        match event.action:
            case FeatureAction.LOGIN:
                return await self._log_in([one for one in team if event.endpoint in (one.phone, one.endpoint)], event, settings, now)
            case _ if not agent.logged_in:
                return FeatureReply("denied")
            case FeatureAction.LOGOUT:
                return await self._set(agent, now, logged_in=False, paused=False)
            case FeatureAction.PAUSE:
                reason = keyed_reason(event.arg, settings.dialling.pause_reasons)
                await self._set(agent, now, logged_in=True, paused=True, reason=reason)
                return FeatureReply(f"ok-{spoken(reason)}" if reason else "ok")
            case FeatureAction.REASONS:
                words = "-".join(map(spoken, settings.dialling.pause_reasons))
                return FeatureReply(f"why-{words}" if words else "none")
            case FeatureAction.RESUME:
                return await self._set(agent, now, logged_in=True, paused=False)
            case FeatureAction.NEXT:
                await self.db.write(lambda conn: self._next(conn, agent, now))
                return FeatureReply(f"id-{agent.attempt_id}" if agent.attempt_state == "wrap_up" else "ok")
            case FeatureAction.LINE:
                return await self._set(agent, now, logged_in=True, paused=False) if settings.dialling.lines else FeatureReply("none")
            case FeatureAction.ANSWER:
                return await self._answer_itself(agent, settings)
            case FeatureAction.OUTCOME:
                last = await self.db.read(lambda conn: rows.last_attempt(conn, agent.id))
                return FeatureReply(f"id-{last['id']}" if last else "none")
        return FeatureReply("error")

    async def _log_in(self, at_phone: list[OnDuty], event: FeatureDialled, settings: Settings, now: datetime) -> FeatureReply:
        """Of those who share the phone the PIN says who it is; who was logged in there is logged out."""
        wrong = [at for at in self._wrong.get(event.endpoint, []) if now - at < WRONG_PIN_WINDOW]
        pins = {agent.id: agent.pin.get_secret_value().encode() for agent in settings.agent}
        known = [agent for agent in at_phone if hmac.compare_digest(pins[agent.id], event.pin.encode())]
        if len(wrong) >= WRONG_PINS or not known:
            self._wrong[event.endpoint] = [*wrong, now]
            return FeatureReply("denied")
        self._wrong.pop(event.endpoint, None)
        for other in at_phone:
            if other.logged_in and other.id != known[0].id:
                await self._set(other, now, logged_in=False, paused=False)
        return await self._set(known[0], now, logged_in=True, paused=False)

    async def _answer_itself(self, agent: OnDuty, settings: Settings) -> FeatureReply:
        """On, or off again; only for the agent whose phone's make the configuration names."""
        if not any(section.auto_answer for section in settings.agent if section.id == agent.id):
            return FeatureReply("none")
        await self.db.write(lambda conn: rows.answer_itself(conn, agent.id, not agent.auto_answer))
        return FeatureReply("ok-off" if agent.auto_answer else "ok-on")

    async def _next(self, conn: Connection, agent: OnDuty, now: datetime) -> None:
        """Who asks for a case is there again."""
        if agent.pause_reason == MISSED_RINGS:
            await rows.took_ring(conn, agent.id, MISSED_RINGS, now)
        await rows.ask_for_next(conn, agent.id, now)

    async def _set(self, agent: OnDuty, now: datetime, *, logged_in: bool, paused: bool, reason: str = "") -> FeatureReply:
        async def job(conn: Connection) -> None:
            await rows.add_missing(conn, {agent.id: logged_in}, now)  # of the configuration since the last reload
            await rows.set_duty(conn, agent.id, logged_in=logged_in, paused=paused, reason=reason, now=now)

        await self.db.write(job)
        return FeatureReply("ok")
