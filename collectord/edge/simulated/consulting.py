"""A colleague is asked before the debtor is handed over (contexts coll-asking, coll-asked, coll-held).

Owns the colleague's leg of a consultation; the agent's is `talking`'s. Knows no socket.
Invariant: the debtor is held, with the agent, with the colleague, or rings: never forgotten, whoever hangs up when.
"""

from __future__ import annotations

from collectord.edge.simulated import handing
from collectord.edge.simulated.calls import AgentLeg
from collectord.edge.simulated.channel import ChannelState
from collectord.edge.simulated.inbound import Caller
from collectord.edge.simulated.leg import NORMAL, ColleagueGone, ColleagueUp, DebtorLeaves, Leg, LegGone, LetGo, Takes
from collectord.edge.simulated.talking import HandedTalk
from collectord.edge.simulated.wrapping import close

NO_LIMIT = 1e9  # s


async def conduct(leg: Leg) -> None:
    """An agent's leg to its end, wherever the debtor goes."""
    call = AgentLeg(leg, ask=ask)
    if (talk := await call.run()) is not None:
        leg.machine.spawn(handing.go_on(leg.machine, talk))
        await call.leave()


def ask(asker: Leg, talk: HandedTalk) -> Colleague:
    colleague = Colleague(asker, talk)
    asker.machine.spawn(colleague.run())
    return colleague


class Colleague(Caller):
    """Application Dial on the agent's leg, and what the colleague does afterwards."""

    def __init__(self, asker: Leg, talk: HandedTalk) -> None:
        super().__init__(asker, talk.number, "", 0.0, NO_LIMIT, attempt_id=talk.attempt_id)
        self._row = talk
        self._over = self._told = self._sent_for = self._took = False

    async def run(self) -> None:
        _, device, seconds, *_, display = self._row.to.split("|", 6)
        if not self._over:
            await self._rung(device, float(seconds), display)
        self._is_gone()
        if self._sent_for and not self._took:
            await handing.go_on(self._machine, self._row)

    def let_go(self) -> None:
        self._over = True
        if self.rung is not None and self.rung.channel.state is ChannelState.UP:
            self.rung.post(LetGo())
        elif self.rung is not None:
            self.rung.hang_up()

    def takes(self) -> None:
        if self._told:  # hung up in the same moment
            self._machine.spawn(handing.go_on(self._machine, self._row))
        elif self.rung is not None:
            self._sent_for = True
            self.rung.post(Takes())

    def _is_gone(self) -> None:
        """Told once: the agent may have asked somebody else since."""
        if not self._told:
            self._told = True
            self._leg.post(ColleagueGone())

    async def _talk(self, leg: Leg, device: str, began: float) -> None:
        channel, asker, key = leg.channel, self._leg.channel, f"coll-ask/{self._id}"
        channel.state = ChannelState.UP
        channel.bridge = asker.bridge = f"bridge-{asker.uniqueid}"
        self._machine.tell_device(device)
        self._machine.journal.put(key, f"ask|{asker.uniqueid}|{self._row.debtor.uniqueid}|{channel.name}|up")
        self._leg.post(ColleagueUp())
        try:
            while True:
                match await leg.seen(None):
                    case LetGo():
                        self._is_gone()
                        await leg.play("ask-over")
                        break
                    case Takes():
                        await self._gets_the_debtor(leg, device)
                        return
        except LegGone:
            pass
        close(leg, NORMAL)

    async def _gets_the_debtor(self, leg: Leg, device: str) -> None:
        self._took = True
        talk, journal, machine = self._row, self._machine.journal, self._machine
        _, _, _, today, wrap, language, _ = talk.to.split("|", 6)
        leg.channel.variables |= {"COLL_TODAY": today, "COLL_WRAP": wrap, "COLL_LANG": language}
        journal.put(f"coll-ask/{self._id}", f"taken|{(journal.get(f'coll-ask/{self._id}') or '').partition('|')[2]}")
        journal.put(f"collhand/{self._id}", f"{device}|{(journal.get(f'collhand/{self._id}') or '').partition('|')[2]}")
        if talk.leaves_at is not None:
            machine.later(max(0.0, talk.leaves_at - machine.now()), lambda: leg.post(DebtorLeaves()))
        talk.debtor.variables.pop("COLL_STATE", None)
        talk.debtor.bridge = leg.channel.bridge = f"bridge-{talk.debtor.uniqueid}"
        await handing.HandedLeg(leg, talk).go_on(device, talk.debtor)
