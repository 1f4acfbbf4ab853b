"""Agents who wait on an open line, and the calls that come onto it (contexts coll-line, coll-ahead).

Owns which line is joined with which call. Knows no socket; who takes a call is the daemon's word.
Invariant: a line is joined with one call at most; the end of either side ends the joining, and a line that is still there is ready again.
"""

from __future__ import annotations

from typing import Final

from collectord.edge.simulated.channel import Channel, ChannelState
from collectord.edge.simulated.features import ask, sentence
from collectord.edge.simulated.leg import NORMAL, Key, Leg, LegGone
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.world import Agent
from collectord.edge.simulated.wrapping import close

CODE: Final = "*87"
WAITING: Final = "coll-line"


async def open_line(machine: Machine, phone: str) -> str:
    """The phone dials *87; the daemon's answer. The line stays behind when it is "ok"."""
    name, uniqueid = machine.next_names(f"PJSIP/{phone}")
    channel = Channel(
        name=name, uniqueid=uniqueid, linkedid=uniqueid, context="coll-feature", exten="line", caller_num=phone, caller_name=phone,
        state=ChannelState.UP,
    )  # fmt: skip
    machine.add(channel)
    leg = Leg(machine, channel, Person(machine, Agent()))
    machine.tell_device(channel.device)
    try:
        reply = await ask(leg, "line")
        await leg.play(sentence("line", reply))
    except LegGone as gone:
        close(leg, gone.cause)
        return channel.variables.get("COLL_REPLY", "")
    if reply != "ok":
        close(leg, NORMAL)
        return reply
    channel.context = WAITING
    channel.variables["COLL_LINE"] = channel.device
    _tell(leg, "ready")
    machine.spawn(_waits(leg))
    return reply


async def _waits(line: Leg) -> None:
    """Keys go to the call that the line is joined with."""
    try:
        while True:
            seen = await line.seen(None)
            if isinstance(seen, Key) and (call := line.machine.joined.get(line.channel.uniqueid)) is not None:
                call.post(seen)
    except LegGone as gone:
        call = line.machine.joined.pop(line.channel.uniqueid, None)
        if call is not None:
            call.hang_up()
        _tell(line, "gone")
        close(line, gone.cause)


def _tell(line: Leg, state: str) -> None:
    channel = line.channel
    line.machine.tell_user(channel, "CollLine", ("Endpoint", channel.device), ("LineChannel", channel.name), ("LineState", state))


class OtherHalf:
    """The half of a call's Local channel that is joined with a line."""

    def __init__(self, call: Leg, uniqueid: str) -> None:
        self._call, self._machine = call, call.machine
        first = call.channel
        self.channel = Channel(
            name=f"{first.name[:-1]}2", uniqueid=uniqueid, linkedid=first.uniqueid, context="coll-ahead", state=ChannelState.UP,
            variables=dict(first.variables),
        )  # fmt: skip
        self._machine.add(self.channel)
        self._line: Leg | None = None

    def join(self) -> bool:
        """With the line that COLL_TO names; False when it is not there, or joined already."""
        channel = self._machine.find(self.channel.variables.get("COLL_TO", ""))
        line = self._machine.legs.get(channel.uniqueid) if channel is not None and channel.context == WAITING else None
        if line is None or line.channel.uniqueid in self._machine.joined:
            return False
        self._line = line
        self._machine.joined[line.channel.uniqueid] = self._call
        self._call.phone = line.phone
        line.channel.bridge = self.channel.bridge = f"bridge-{self.channel.uniqueid}"
        return True

    def part(self) -> None:
        """The call is over."""
        self._machine.remove(self.channel)
        line = self._line
        if line is not None and self._machine.joined.pop(line.channel.uniqueid, None) is not None:
            line.channel.bridge = ""
            _tell(line, "ready")
