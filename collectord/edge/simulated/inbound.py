"""A debtor calls one of the company's numbers (contexts coll-inbound, coll-in-up, coll-in-wrap, coll-in-gone).

Owns the order of journal rows and events of such a call. Knows no socket; whom to ring is the daemon's word.
Invariant: a call that the daemon wrote down ends with exactly one CollEnd: of the agent's leg when somebody took it, else of the caller's;
after the latter comes CollMissed.
"""

from __future__ import annotations

import re
from typing import Final

from collectord.edge.simulated.call_leg import CallLeg
from collectord.edge.simulated.channel import UNKNOWN, Channel, ChannelState
from collectord.edge.simulated.leg import NORMAL, DebtorLeaves, Declined, Leg, LegGone, PickedUp
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.self_service import Dialogue
from collectord.edge.simulated.world import Agent, Outcome, agent_of
from collectord.edge.simulated.wrapping import close

TURNS: Final = 4  # phones that are tried
ALONE_FOR: Final = 30 * 86_400  # s that coll-last is good for
RINGS_ALONE: Final = 20.0


async def call_in(machine: Machine, caller: str, called: str, *, talks: float, waits: float = 600.0, keys: str = "") -> None:
    """`caller` "": withheld. The caller hangs up after `waits` s without an answer, and `talks` s after one. `keys`: as an Agent's wrap."""
    name, uniqueid = machine.next_names("PJSIP/trunk")
    channel = Channel(
        name=name, uniqueid=uniqueid, linkedid=uniqueid, context="coll-inbound", exten=called, caller_num=caller or "anonymous",
        state=ChannelState.RING,
    )  # fmt: skip
    machine.add(channel)
    await Caller(Leg(machine, channel, Person(machine, Agent(wrap=keys))), caller, called, talks, waits).run()


class Caller:
    """Whoever waits on the line while phones are rung."""

    def __init__(self, leg: Leg, caller: str, called: str, talks: float, waits: float, attempt_id: str = "") -> None:
        self._leg, self._machine = leg, leg.machine
        self._caller, self._called, self._talks = caller, called, talks
        self._until = leg.machine.now() + waits
        self._id = attempt_id or leg.machine.own_id("in", leg.channel)
        self._book = bool(caller)
        self._taken = False
        self._known = True
        self.rung: Leg | None = None
        self._keys = False

    async def run(self) -> None:
        variables, journal = self._leg.channel.variables, self._machine.journal
        variables |= {"COLL_ID": self._id, "COLL_STATE": "IN"}
        if self._book:
            journal.put(f"collin/{self._id}", f"{self._called}|{self._caller}|")
            journal.put(f"coll/{self._id}", "AGENT")
            self._leg.channel.group = self._caller
        cause = NORMAL
        try:
            said = await self._served()
            if said:
                self._leg.channel.state = ChannelState.UP
                await self._leg.play(said + ("-back" if self._book and self._known else ""))
                if self._keys and self._book:
                    await Dialogue(self._leg, self._id, self._called, self._caller).run()
        except LegGone as gone:
            cause = gone.cause
        if self._book and not self._taken:
            variables["COLL_STATE"] = "MISSED"
            journal.put(f"coll/{self._id}", "END|MISSED|||||||||")
            blank = [(field, "") for field in ("Status", "Cause", "Tech", "Rang", "Talk", "Disp", "Amount", "On", "At")]
            self._tell("CollEnd", ("Seq", "9"), ("State", "MISSED"), *blank)
            self._tell("CollMissed", ("Seq", "9"), ("Called", self._called), ("Caller", self._caller))
        close(self._leg, cause)

    def _tell(self, name: str, *headers: tuple[str, str]) -> None:
        self._machine.tell_user(self._leg.channel, name, ("CollID", self._id), *headers)

    async def _served(self) -> str:
        """The announcement that is heard, "" after a talk or for a number that is none of the daemon's."""
        tried: list[str] = []
        for _ in range(TURNS):
            self._tell("CollIn", ("Seq", "1"), ("Called", self._called), ("Caller", self._caller), ("Tried", "&".join(tried)))
            answer = await self._leg.awaited("COLL_TO")
            if answer.endswith("-k") and answer[1] != "|":
                answer, self._keys = answer[:-2], True
            match answer:
                case "none" | "closed":
                    return f"in-{answer}"
                case "none-0" | "closed-0":
                    self._known = False
                    return f"in-{answer[:-2]}"
                case "off":
                    self._forget()
                    return ""
                case "":
                    phone = self._last() if not tried else ""
                    if phone and await self._rung(phone, RINGS_ALONE, ""):
                        return ""
                    return "in-none"
            booked, phone, seconds, today, wrap, language, display = answer.split("|", 6)
            self._known = booked != "0"
            self._leg.channel.variables |= {"COLL_TODAY": today, "COLL_WRAP": wrap, "COLL_LANG": language}
            if await self._rung(phone, float(seconds), display):
                return ""
            tried.append(phone)
        return "in-none"

    def _forget(self) -> None:
        self._book = False
        self._machine.journal.delete(f"coll/{self._id}")
        self._machine.journal.delete(f"collin/{self._id}")

    def _last(self) -> str:
        at, _, phone = (self._machine.journal.get(f"coll-last/{self._called}-{self._caller}") or "").partition("|")
        return phone if at and self._machine.clock().timestamp() - int(at) <= ALONE_FOR else ""

    async def _rung(self, device: str, seconds: float, display: str) -> bool:
        """Application Dial: whether somebody took the call; returns when it is over."""
        machine, caller = self._machine, self._leg.channel
        if not re.fullmatch(r"(PJSIP|SIP|DAHDI|Local)/[A-Za-z0-9][A-Za-z0-9_.@/-]*", device) or not machine.reachable(device):
            return False
        name, uniqueid = machine.next_names(device)
        keys = ("COLL_ID", "COLL_TODAY", "COLL_WRAP", "COLL_LANG")
        channel = Channel(
            name=name, uniqueid=uniqueid, linkedid=caller.uniqueid, context="coll-phones", caller_num=self._caller or "anonymous",
            caller_name=display or UNKNOWN, connected_num=self._caller or "anonymous", connected_name=display or UNKNOWN,
            variables={key: caller.variables[key] for key in keys if key in caller.variables},
        )  # fmt: skip
        machine.add(channel)
        phone = device.partition("/")[2]
        machine.phones_rung.append(phone)
        machine.shown.append((phone, display))
        scripts = machine.scripts.get(phone)
        leg = Leg(machine, channel, Person(machine, scripts.popleft() if scripts else agent_of(self._caller or "00")))
        self.rung = leg
        channel.state = ChannelState.RINGING
        machine.tell_device(device)
        leg.person.rung()
        began, until = machine.now(), min(machine.now() + seconds, self._until)
        cause = 19
        try:
            while (left := until - machine.now()) > 0:
                match await leg.seen(left):
                    case PickedUp():
                        await self._talk(leg, device, began)
                        return True
                    case Declined(cause=cause):
                        break
        except LegGone as gone:
            cause = gone.cause
        close(leg, cause)
        if machine.now() >= self._until:
            raise LegGone(NORMAL)  # the caller has waited long enough
        return False

    async def _talk(self, leg: Leg, device: str, began: float) -> None:
        self._taken = True
        channel, caller = leg.channel, self._leg.channel
        channel.state = caller.state = ChannelState.UP
        channel.bridge = caller.bridge = f"bridge-{caller.uniqueid}"
        caller.variables["COLL_STATE"] = "TALK"
        self._machine.tell_device(device)
        self._machine.later(self._talks, lambda: leg.post(DebtorLeaves()))
        if self._book and self._known:
            await self._take(leg, device, began)
            return
        self._forget()
        try:
            while not isinstance(await leg.seen(None), DebtorLeaves):
                pass
        except LegGone:
            pass
        close(leg, NORMAL)

    async def _take(self, leg: Leg, device: str, began: float) -> None:
        self._machine.journal.put(f"collin/{self._id}", f"{self._called}|{self._caller}|{device}")
        await TakenLeg(leg).take(began)


class TakenLeg(CallLeg):
    """The agent's leg once the caller's call was taken: from here on as after an outgoing call."""

    async def take(self, began: float) -> None:
        machine, leg = self._machine, self._leg
        self._started, self._answered = began, machine.now()
        self._is("DIAL")
        machine.journal.put(self._row, "DIAL")
        self._tell("CollUp", ("Seq", "4"), ("CustChannel", leg.channel.name))
        await self._talk_to_its_end()

    async def _talk_to_its_end(self) -> None:
        machine, leg = self._machine, self._leg
        cause = NORMAL
        try:
            leg.person.talks()
            while not isinstance(await leg.seen(None), DebtorLeaves):
                pass
            self._hang_up_debtor()
            leg.channel.bridge = ""
            self._clock()
            self._result = Outcome("ANSWER", NORMAL, "SIP 200 OK")
            self._is("WRAP")
            machine.journal.put(self._row, f"RES|{self._result_row()}")
            self._tell("CollResult", ("Seq", "5"), *self._result_headers())
            await self._wrap_up()
        except LegGone as gone:
            cause = gone.cause if self._state == "WRAP" else NORMAL
        self._end(cause)
