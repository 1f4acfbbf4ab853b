"""Lamps: the agents' key lamps at one PBX are kept as the store has the agents.

Reads the agents, asks core/telephony/lamps, tells the PBX what changed. Decides nothing, and no call depends on it.
Invariant: after every log-in at the PBX all lamps are told anew (it may have restarted), then changes only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from collectord.core.telephony.lamps import Lamp, lamp
from collectord.edge.pbx.faults import PbxFault, PbxRefused
from collectord.loops import on_desk
from collectord.loops.pbx_events import PbxDesk


@dataclass(slots=True)
class Lamps:
    """One per PBX."""

    desk: PbxDesk
    _shown: dict[str, Lamp] = field(default_factory=dict)
    _link: tuple[str, int] | None = None
    _dark: bool = False  # this PBX has no lamps; asked again after the next log-in

    async def turn(self, now: datetime) -> None:
        desk = self.desk
        if not desk.started:
            return
        link = (desk.started, desk.pbx.link.health().reconnects)
        if link != self._link:
            self._link, self._dark = link, False
            self._shown.clear()
        if self._dark:
            return
        wanted = {agent.id: lamp(agent, now) for agent in await on_desk.on_duty(desk.db, desk.settings, {}, now) if agent.pbx == desk.name}
        await self._show(dict.fromkeys(self._shown.keys() - wanted.keys(), Lamp.OUT) | wanted)

    async def out(self) -> None:
        """The daemon stops: nobody is rung any more."""
        if self.desk.started:
            await self._show(dict.fromkeys(self._shown, Lamp.OUT))

    async def _show(self, wanted: dict[str, Lamp]) -> None:
        desk = self.desk
        try:
            for agent, shows in wanted.items():
                if self._shown.get(agent) is not shows:
                    await desk.pbx.show_lamp(agent, shows.value)
                    self._shown[agent] = shows
        except PbxRefused as fault:
            self._dark = True
            desk.log.warning("lamps_refused", pbx=desk.name, why=str(fault))
        except PbxFault as fault:
            desk.log.info("pbx_answer_missed", pbx=desk.name, why=str(fault))
