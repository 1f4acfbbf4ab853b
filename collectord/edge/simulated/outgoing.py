"""An agent dials a number by hand, and the site's dialplan asks first (context coll-out).

Owns what happens until the answer. Knows no socket; whose number it is is the daemon's word.
Invariant: without the daemon's `1|…` nothing is written down, and the number goes its own way over the trunk.
"""

from __future__ import annotations

from typing import Final

from collectord.edge.simulated import consulting
from collectord.edge.simulated.channel import Channel, ChannelState
from collectord.edge.simulated.leg import NORMAL, Leg, LegGone
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.world import Agent
from collectord.edge.simulated.wrapping import close

FIELDS: Final = ("COLL_TRUNK", "COLL_CID", "COLL_FORMAT", "COLL_RING", "COLL_LANG", "COLL_TODAY", "COLL_WRAP")


async def dial(machine: Machine, phone: str, number: str, keys: str) -> None:
    """Returns when the call is over. `keys`: what the agent keys in the menu, groups as in `world.Agent.wrap`."""
    name, uniqueid = machine.next_names(f"PJSIP/{phone}")
    channel = Channel(
        name=name, uniqueid=uniqueid, linkedid=uniqueid, context="coll-out", exten=number, caller_num=phone, caller_name=phone,
        state=ChannelState.RING,
    )  # fmt: skip
    machine.add(channel)
    machine.tell_device(channel.device)
    leg = Leg(machine, channel, Person(machine, Agent(wrap=keys)))
    attempt_id = machine.own_id("out", channel)
    try:
        machine.tell_user(channel, "CollOut", ("CollID", attempt_id), ("Number", number), ("Endpoint", channel.device))
        first, *values = (await leg.awaited("COLL_OUT")).split("|")
        if first == "1":
            channel.state = ChannelState.UP
            channel.variables |= dict(zip(FIELDS, values, strict=True)) | {"COLL_ID": attempt_id, "COLL_DST": number, "COLL_MODE": "auto"}
            await consulting.conduct(leg)
            return
        if first == "0":
            channel.state = ChannelState.UP
            await leg.play("refused")
        else:
            machine.dialled.append(number)
        cause = NORMAL
    except LegGone as gone:
        cause = gone.cause
    close(leg, cause)
