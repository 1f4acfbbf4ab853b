"""The feature codes *80 to *85, *88, *821 to *829, and *86 with an agent's id, as an agent dials them (context coll-feature).

Owns the dialogue behind each code. Knows no socket; what a code means for the agent's state is the daemon's.
Invariant: the phone is free again when `dial` returns.
"""

from __future__ import annotations

from typing import Final

from collectord.edge.simulated.channel import Channel, ChannelState
from collectord.edge.simulated.leg import NORMAL, Leg, LegGone
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.world import HANG_UP, Agent
from collectord.edge.simulated.wrapping import WrapLeg, close

CODES: Final = {"*80": "login", "*81": "logout", "*82": "pause", "*83": "resume", "*84": "next", "*85": "outcome", "*88": "answer"}
PIN_TRIES: Final = 3
REASON_TRIES: Final = 3


async def dial(machine: Machine, phone: str, code: str, keys: str) -> str:
    """The daemon's last answer, empty when there was none; *85 returns after the menu. `keys`: groups as in `world.Agent.wrap`."""
    action = _by_lamp(machine, code[3:]) if code.startswith("*86") else CODES[code[:3]]
    code = code if code[:3] in CODES else ""
    name, uniqueid = machine.next_names(f"PJSIP/{phone}")
    channel = Channel(
        name=name,
        uniqueid=uniqueid,
        linkedid=uniqueid,
        context="coll-feature",
        exten=action,
        caller_num=phone,
        caller_name=phone,
        state=ChannelState.UP,
    )
    machine.add(channel)
    groups = [group if group.endswith("#") else f"{group}#" for group in keys.split()] if action == "login" else keys.split()
    leg = Leg(machine, channel, Person(machine, Agent(wrap=" ".join([*groups, HANG_UP]))))
    machine.tell_device(channel.device)
    reply = ""
    try:
        for _ in range(PIN_TRIES if action != "pause" else 0):
            pin = (await leg.read("pin", most=12, seconds=10))[0] if action == "login" else ""
            reply = await ask(leg, action, pin)
            if action != "login" or reply != "denied":
                break
            await leg.play("pin-wrong")
        if reply.startswith("id-"):
            if action == "next":
                await leg.play("outcome-first")
            channel.variables["COLL_ID"] = reply[3:]
            await WrapLeg(leg, reply[3:]).run()
            return reply
        if action == "pause":
            reply = await _pause(leg, code[3:])
        elif action != "login" or reply != "denied":
            await leg.play(f"done-answer-{reply[3:]}" if reply in ("ok-on", "ok-off") else sentence(action, reply))
        cause = NORMAL
    except LegGone as gone:
        cause = gone.cause
        reply = channel.variables.get("COLL_REPLY", "")
    finally:
        machine.remove(channel)
    close(leg, cause)
    return reply


def _by_lamp(machine: Machine, agent: str) -> str:
    """What the lamp shows is what its key changes."""
    match machine.global_variables.get(f"DEVICE_STATE(Custom:coll-{agent})", "UNKNOWN"):
        case "NOT_INUSE" | "INUSE" | "RINGING":
            return "pause"
        case "ONHOLD":
            return "resume"
        case _:
            return "login"


async def _pause(leg: Leg, key: str) -> str:
    """Paused at once, so that hanging up is enough; then the reason, with the code or by a key, and it is spoken back."""
    reply = await ask(leg, "pause", arg=key)
    if reply == "ok":
        reasons = (await ask(leg, "reasons")).split("-")
        for _ in range(REASON_TRIES if reasons[0] == "why" else 0):
            for place, reason in enumerate(reasons[1:], start=1):
                leg.say(f"digits/{place}")
                leg.say(f"reason-{reason}")
            key = (await leg.read("pause-why", most=1, seconds=6))[0]
            if key not in tuple("123456789"):
                break
            reply = await ask(leg, "pause", arg=key)
            if reply != "ok":
                break
    await leg.play(sentence("pause", reply if not reply.startswith("ok-") else "ok"))
    if reply.startswith("ok-"):
        await leg.play(f"reason-{reply[3:]}")
    return reply


async def ask(leg: Leg, action: str, pin: str = "", arg: str = "") -> str:
    channel = leg.channel
    leg.machine.tell_user(
        channel,
        "CollFeature",
        ("Action", action),
        ("Endpoint", channel.device),
        ("Pin", "".join(sign for sign in pin if sign.isdigit())),
        ("Arg", arg),
    )
    return await leg.awaited("COLL_REPLY")


def sentence(action: str, reply: str) -> str:
    match reply:
        case "ok":
            return f"done-{action}"
        case "denied":
            return "not-allowed"
        case "none":
            return "none-next" if action == "next" else "none-other"
        case "":
            return "no-service"
        case _:
            return "error"
