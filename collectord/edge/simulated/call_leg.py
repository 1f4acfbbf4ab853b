"""A call as the leg that stands for its agent knows it: where it is, who answered when, how it ended, what was keyed.

Owns the journal row of a call, CollEnd and the wrap-up menu (contexts coll-end, coll-result, coll-menu). Dials nobody.
Invariant: CollEnd is the last event of a call, whatever happened before.
"""

from __future__ import annotations

from collectord.edge.simulated.channel import Channel
from collectord.edge.simulated.leg import NORMAL, Leg
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.menu import NO_ENTRY, Menu
from collectord.edge.simulated.world import Outcome
from collectord.edge.simulated.wrapping import close, tell_keyed


class CallLeg:
    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._machine: Machine = leg.machine
        self._variables = leg.channel.variables
        self._id = self._variables.get("COLL_ID", "")
        self._state = "AGENT"
        self._result: Outcome | None = None
        self._entry = NO_ENTRY
        self._debtor: Channel | None = None
        self._broke = False  # nobody was there for a debtor who had been dialled ahead
        self._started = self._answered = 0.0
        self._rang = self._talk = self._tech = ""

    @property
    def _row(self) -> str:
        return f"coll/{self._id}"

    def _is(self, state: str) -> None:
        self._state = self._variables["COLL_STATE"] = state

    def _tell(self, name: str, *headers: tuple[str, str]) -> None:
        self._machine.tell_user(self._leg.channel, name, ("CollID", self._id), *headers)

    def _is_ahead(self) -> bool:
        return self._variables.get("COLL_MODE") == "ahead"

    def _is_on_line(self) -> bool:
        """No phone was rung: this leg stands for an agent's open line."""
        return self._leg.channel.name.startswith("Local/s@coll-ahead")

    def _hang_up_debtor(self) -> None:
        self._leg.person.stays()
        if self._debtor is not None:
            self._machine.remove(self._debtor)
            self._machine.tell_device(self._debtor.device)
            self._debtor = None
            self._leg.channel.bridge = ""

    def _clock(self) -> None:
        """Milliseconds until answered or given up, and of talk, in the PBX's own time."""
        now = self._machine.now()
        self._rang = str(round(((self._answered or now) - self._started) * 1000))
        self._talk = str(round((now - self._answered) * 1000)) if self._answered else "0"

    async def _wrap_up(self) -> None:
        self._leg.channel.context, self._leg.channel.application = "coll-menu", "Read"
        self._entry = await Menu(self._leg).run()
        if self._entry != NO_ENTRY:
            self._machine.journal.put(self._row, f"KEY|{self._result_row()}|{self._entry.row()}")
            await tell_keyed(self._leg, self._id, self._entry)

    def _result_headers(self) -> tuple[tuple[str, str], ...]:
        result = self._result
        status, cause, tech = (result.status, str(result.cause), result.tech) if result else ("", "", "")
        return (("Status", status), ("Cause", cause), ("Tech", tech), ("Rang", self._rang), ("Talk", self._talk))

    def _result_row(self) -> str:
        return "|".join(value for _, value in self._result_headers())

    def _left_while_dialling(self, cause: int) -> None:
        """Context coll-result from the hang-up handler: Dial did not return, but it has left its marks."""
        self._clock()
        if self._answered:
            self._result = Outcome("CANCEL" if self._broke else "ANSWER", NORMAL, "SIP 200 OK")
        else:  # cause 0: the PBX itself shuts down
            self._result = Outcome("CANCEL" if cause else "CHANUNAVAIL", cause, self._tech)

    def _end(self, cause: int) -> None:
        """Context coll-end, the hang-up handler: the last word."""
        if self._state == "DIAL" and self._result is None:
            self._left_while_dialling(cause)
        self._hang_up_debtor()
        self._say_end()
        close(self._leg, cause)

    def _say_end(self) -> None:
        if self._state == "DIAL" and self._result is None:
            self._left_while_dialling(NORMAL)
        self._leg.channel.context = "coll-end"
        self._machine.journal.put(self._row, f"END|{self._state}|{self._result_row()}|{self._entry.row()}")
        self._tell("CollEnd", ("Seq", "9"), ("State", self._state), *self._result_headers(), *self._entry.headers())
