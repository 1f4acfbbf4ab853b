"""Lamps: what the key lamp (BLF) of an agent shows.

Owns that one judgement. Knows no PBX: a lamp's word is a device state as Asterisk names them.
Invariant: only an agent whose phone may be rung is shown idle; the agent's own private calls change nothing, for a key is pressed in one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from collectord.core.telephony.agents import OnDuty, is_paused

OFFERED = frozenset({"reserved", "placed", "ringing_agent"})  # the phone rings, or the agent hears the case


class Lamp(StrEnum):
    READY = "NOT_INUSE"
    OFFERED = "RINGING"
    ON_A_CASE = "INUSE"
    PAUSED = "ONHOLD"
    OUT = "BUSY"  # UNAVAILABLE would look like idle on phones that know dialogs only


def lamp(agent: OnDuty, now: datetime) -> Lamp:
    """What the agent is to collectord at this moment, whatever the phone does besides."""
    if not agent.logged_in:
        return Lamp.OUT
    if agent.attempt_id:
        return Lamp.OFFERED if agent.attempt_state in OFFERED else Lamp.ON_A_CASE
    return Lamp.PAUSED if is_paused(agent, now) or agent.off_hours else Lamp.READY
