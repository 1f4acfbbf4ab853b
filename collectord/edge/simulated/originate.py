"""Action Originate behind its "queued": a phone is rung, and what it does becomes OriginateResponse and Hangup.

Owns the reasons and the order of these events as Asterisk 22.10 sends them. Knows no socket; the call itself is `calls`'.
Invariant: each order yields exactly one OriginateResponse, unless the PBX crashes.

The order of OriginateResponse against Hangup, CollAgent and DeviceStateChange is a race inside Asterisk (of 20 busy phones 17
had OriginateResponse first, of 20 answered ones 18): here the seeded random numbers of the machine decide, at about those odds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from collectord.edge.simulated import consulting
from collectord.edge.simulated.calls import AgentLeg
from collectord.edge.simulated.channel import UNKNOWN, Channel, ChannelState
from collectord.edge.simulated.leg import Declined, Leg, LegGone, PickedUp
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.open_lines import OtherHalf
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.wire import Headers
from collectord.edge.simulated.world import Agent, agent_of, rung_back
from collectord.edge.simulated.wrapping import ATTEMPT, WrapLeg, close

ACK: Final = "Local/ack@coll-ack"
ERASE: Final = "Local/erase@coll-erase"
CONTACTS: Final = re.compile(r"Local/([A-Za-z0-9_.-]+)@coll-phones/n")
RING_BACK: Final = "Wrap-up "  # a caller-ID name that begins so is a ring-back (docs/INTERNALS 1.4)
EXTENSIONS: Final = frozenset({("coll-agent", "s"), ("coll-wrap", "s")})
ON_LINE: Final = "Local/s@coll-ahead/n"
FIRST: Final = 0.8  # how often OriginateResponse comes before what it races with


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A checked Originate."""

    action_id: str
    channel: str
    channel_id: str = ""
    other_id: str = ""  # of the other half of a Local channel
    context: str = ""
    exten: str = ""
    application: str = ""
    data: str = ""
    timeout: float = 30.0
    caller_num: str = ""
    caller_name: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def is_call(self) -> bool:
        return not self.channel.startswith("Local/")


async def carry_out(machine: Machine, order: Order, answered: Callable[[bool], None]) -> None:
    """Ring, answer, run the dialplan. `answered` is told once whether the phone was."""
    if order.channel.startswith(ACK):
        _acknowledge(machine, order)
        answered(False)
        return
    if order.channel.startswith(ERASE):
        _erase(machine, order)
        answered(True)
        return
    if contacts := CONTACTS.fullmatch(order.channel):  # one phone stands for all contacts
        order = replace(order, channel=f"PJSIP/{contacts[1]}")
    if order.channel_id in machine.channels:  # "Channel ID already in use": the phone does not ring, the live call's id is named
        _response(machine, order, reason=0)
        answered(False)
        return
    if order.channel == ON_LINE:
        answered(True)
        await _on_line(machine, order)
        return
    if not machine.reachable(order.channel):
        _response(machine, order, reason=0)
        answered(False)
        return
    leg = await _ring(machine, order)
    answered(leg is not None)
    if leg is None:
        return
    if order.context == "coll-wrap":
        await WrapLeg(leg, order.variables.get("COLL_ID", "")).run()
    else:
        await consulting.conduct(leg)


async def _on_line(machine: Machine, order: Order) -> None:
    """No phone is rung: the call is joined with an agent's open line, at once or when the debtor has answered."""
    name, uniqueid = machine.next_names(ON_LINE.removesuffix("/n"))
    channel = Channel(
        name=f"{name};1",
        uniqueid=order.channel_id or uniqueid,
        linkedid=order.channel_id or uniqueid,
        context=order.context,
        variables=dict(order.variables),
    )
    machine.add(channel)
    leg = Leg(machine, channel, Person(machine, Agent()))
    other = OtherHalf(leg, order.other_id or f"{uniqueid}-2")
    _up(machine, order, leg)
    if order.variables.get("COLL_TO") and not other.join():
        leg.hang_up()
    try:
        await AgentLeg(leg, other.join).run()
    finally:
        other.part()


async def _ring(machine: Machine, order: Order) -> Leg | None:
    name, uniqueid = machine.next_names(order.channel)
    channel = Channel(
        name=name,
        uniqueid=order.channel_id or uniqueid,
        linkedid=order.channel_id or uniqueid,
        context="coll-phones",
        caller_num=order.caller_num or UNKNOWN,
        caller_name=order.caller_name or UNKNOWN,
        connected_num=order.caller_num or UNKNOWN,
        connected_name=order.caller_name or UNKNOWN,
        variables=dict(order.variables),
    )
    machine.add(channel)
    phone = order.channel.partition("/")[2]
    machine.phones_rung.append(phone)
    scripts = machine.scripts.get(phone)
    agent = agent_of(order.caller_num)
    if order.caller_name.startswith(RING_BACK):
        agent = rung_back(agent)
    if scripts:
        agent = scripts.popleft()
    alone = bool(order.variables.get("COLL_ANSWER"))  # the phone answers by itself, whoever sits there
    if alone and agent.phone == "ignores":
        agent = replace(agent, preview="")
    person = Person(machine, agent)
    leg = Leg(machine, channel, person)
    if agent.phone in ("answers", "ignores"):
        channel.state = ChannelState.RINGING
        machine.tell_device(channel.device)
    if alone:
        machine.answered_alone.append(phone)
        leg.pick_up()
    else:
        person.rung()
    until = machine.now() + order.timeout
    try:
        while (left := until - machine.now()) > 0:
            match await leg.seen(left):
                case PickedUp():
                    return _up(machine, order, leg)
                case Declined(cause, sip):
                    _failed(machine, order, leg, reason=0, cause=cause, sip=sip)
                    return None
                case None:
                    break
                case _:
                    pass
    except LegGone as gone:
        _failed(machine, order, leg, reason=0, cause=gone.cause, sip=None)
        return None
    _failed(machine, order, leg, reason=3, cause=19, sip=None)
    return None


def _up(machine: Machine, order: Order, leg: Leg) -> Leg:
    channel = leg.channel
    channel.state = ChannelState.UP
    channel.context = order.context
    if machine.rng.random() < FIRST:
        _response(machine, order, reason=4, channel=channel)
    else:
        machine.later(0.01, lambda: _response(machine, order, reason=4, channel=channel))
    if machine.rng.random() < FIRST:
        machine.tell_device(channel.device)
    else:
        machine.later(0.01, lambda: machine.tell_device(channel.device))
    return leg


def _failed(machine: Machine, order: Order, leg: Leg, *, reason: int, cause: int, sip: int | None) -> None:
    respond_first = machine.rng.random() < FIRST
    if respond_first:
        _response(machine, order, reason=reason)
    close(leg, cause, sip)
    if not respond_first:
        _response(machine, order, reason=reason)


def _response(machine: Machine, order: Order, *, reason: int, channel: Channel | None = None) -> None:
    where = [("Context", order.context), ("Exten", order.exten)]
    if order.application:
        where = [("Application", order.application), ("Data", order.data)]
    event: Headers = [
        ("Event", "OriginateResponse"),
        ("Privilege", "call,all"),
        ("ActionID", order.action_id),
        ("Response", "Success" if channel else "Failure"),
        ("Channel", channel.name if channel else order.channel),
        *where,
        ("Reason", str(reason)),
        ("Uniqueid", channel.uniqueid if channel else order.channel_id or UNKNOWN),
        ("CallerIDNum", order.caller_num or UNKNOWN),
        ("CallerIDName", order.caller_name or UNKNOWN),
        *_shown_variables(channel),
    ]
    machine.tell(event, "call")


def _shown_variables(channel: Channel | None) -> list[tuple[str, str]]:
    """manager.conf: channelvars=COLL_ID."""
    if channel is None or "COLL_ID" not in channel.variables:
        return []
    return [(f"ChanVariable({channel.name})", f"COLL_ID={channel.variables['COLL_ID']}")]


def _acknowledge(machine: Machine, order: Order) -> None:
    """Context coll-ack: it hangs up without answering, so the OriginateResponse behind it is a failure without Uniqueid."""
    attempt_id = order.variables.get("COLL_ID", "")
    name, uniqueid = machine.next_names(ACK)
    if ATTEMPT.fullmatch(attempt_id):
        channel = Channel(
            name=f"{name};2",
            uniqueid=uniqueid,
            linkedid=uniqueid,
            context="coll-ack",
            exten="ack",
            state=ChannelState.RING,
            variables=dict(order.variables),
        )
        old = machine.journal.delete(f"coll/{attempt_id}")
        machine.journal.delete(f"collin/{attempt_id}")
        machine.journal.delete(f"collhand/{attempt_id}")
        machine.journal.delete(f"collrec/{attempt_id}")
        machine.journal.delete(f"coll-ask/{attempt_id}")
        machine.tell_user(channel, "CollAcked", ("CollID", attempt_id), ("Old", old))
    _response(machine, order, reason=0)


def _erase(machine: Machine, order: Order) -> None:
    """Context coll-erase: the recording is overwritten."""
    attempt_id = order.variables.get("COLL_ID", "")
    if not ATTEMPT.fullmatch(attempt_id):
        _response(machine, order, reason=0)
        return
    name, uniqueid = machine.next_names(ERASE)
    channel = Channel(
        name=f"{name};2",
        uniqueid=uniqueid,
        linkedid=uniqueid,
        context="coll-erase",
        exten="erase",
        state=ChannelState.UP,
        variables=dict(order.variables),
    )
    _response(machine, order, reason=4, channel=channel)
    machine.tell_user(channel, "CollErased", ("CollID", attempt_id))
