"""A talk goes to another agent (contexts coll-handing, coll-hand-up, coll-hand-gone).

Owns the order of journal rows and events from the moment at which the debtor's leg is taken out of the talk. Knows no socket.
Invariant: such a call ends with exactly one CollEnd: of the agent's leg that took it, else of the debtor's.
"""

from __future__ import annotations

from typing import Final

from collectord.edge.simulated.channel import Channel
from collectord.edge.simulated.inbound import Caller, TakenLeg
from collectord.edge.simulated.leg import NORMAL, Leg, LegGone
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.talking import HandedTalk
from collectord.edge.simulated.world import Agent
from collectord.edge.simulated.wrapping import close

BACK_AFTER: Final = 3.0  # s: the phone that handed over has just heard so, and hangs up
BACK_FOR: Final = 30.0
AS_LONG_AS_A_DEBTOR_STAYS: Final = 600.0


async def go_on(machine: Machine, talk: HandedTalk) -> None:
    """The debtor hears ringing until somebody answers."""
    talk.debtor.variables |= {"COLL_STATE": "HAND", "COLL_ID": talk.attempt_id}
    talk.debtor.bridge, talk.debtor.context = "", "coll-handing"
    await _Handed(Leg(machine, talk.debtor, Person(machine, Agent())), talk).run()


class _Handed(Caller):
    def __init__(self, leg: Leg, talk: HandedTalk) -> None:
        stays = AS_LONG_AS_A_DEBTOR_STAYS if talk.leaves_at is None else max(0.0, talk.leaves_at - leg.machine.now())
        super().__init__(leg, talk.number, "", stays, stays, attempt_id=talk.attempt_id)
        self._row = talk

    async def run(self) -> None:
        _, device, seconds, today, wrap, language, display = self._row.to.split("|", 6)
        self._leg.channel.variables |= {"COLL_TODAY": today, "COLL_WRAP": wrap, "COLL_LANG": language}
        since, end = self._machine.now(), "DIAL"
        try:
            if not await self._rung(device, float(seconds), display):
                await self._leg.pause(max(0.0, min(self._until, since + BACK_AFTER) - self._machine.now()))
                if self._machine.now() >= self._until:
                    raise LegGone(NORMAL)
                if not await self._rung(self._row.device, BACK_FOR, display):
                    end = "BACK"
                    await self._leg.play("in-none-back")
        except LegGone:
            pass
        if not self._taken:
            HandedLeg(self._leg, self._row).debtor_left(end)
        close(self._leg, NORMAL)

    async def _take(self, leg: Leg, device: str, began: float) -> None:
        journal, key = self._machine.journal, f"collhand/{self._id}"
        journal.put(key, f"{device}|{(journal.get(key) or '').partition('|')[2]}")
        await HandedLeg(leg, self._row).go_on(device)


class HandedLeg(TakenLeg):
    """Whoever has the last word about a talk that was handed over."""

    def __init__(self, leg: Leg, talk: HandedTalk) -> None:
        super().__init__(leg)
        self._started, self._answered = talk.began, talk.answered

    async def go_on(self, device: str, debtor: Channel | None = None) -> None:
        """`debtor`: the leg that ends with this one; None: it is the one that called."""
        self._debtor = debtor
        self._is("DIAL")
        self._tell("CollHanded", ("Seq", "4"), ("Endpoint", device))
        await self._talk_to_its_end()

    def debtor_left(self, end: str) -> None:
        """Nobody had taken the talk: as if the agent who handed over had hung up, or the debtor heard that we call back."""
        self._is("DIAL")
        self._left_while_dialling(NORMAL)
        self._is(end)
        self._say_end()
