"""Agents: who may be rung now, and why not.

Owns the judgement "free". Knows no PBX and no store: duty, device state and load come in.
Invariant: only an agent who is logged in, within working hours, not paused, not resting, without an attempt and with an idle phone is rung.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from collectord.core.telephony.pauses import MISSED_RINGS, reason_text
from collectord.core.wording import Language, Texts, phrase


class AgentState(StrEnum):
    FREE = "free"
    WAITING = "waiting"  # pull mode: has not asked for a case
    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    IN_CALL = "in_call"
    WRAP_UP = "wrap_up"
    OFF_HOURS = "off_hours"  # logged in beyond the own working hours
    RESTING = "resting"  # after a ring that was not taken
    PHONE_IN_USE = "phone_in_use"
    PHONE_UNREACHABLE = "phone_unreachable"


TEXTS: Texts = {
    "free": ("free", "frei"),
    "waiting": ("has not asked for the next case", "hat den nächsten Fall noch nicht angefordert"),
    "logged_out": ("is logged out", "ist abgemeldet"),
    "paused": ("has been paused since {since}", "macht seit {since} Pause"),
    "paused-reason": ("has been paused since {since}: {reason}", "macht seit {since} Pause: {reason}"),
    "paused-missed": (
        "has been paused since {since}: {missed} rings in a row were not taken; *83 ends it",
        "ist seit {since} in Pause: {missed}-mal nacheinander nicht abgenommen; *83 beendet sie",
    ),
    "paused-missed-until": (
        "has been paused since {since}: {missed} rings in a row were not taken; *83 ends it, from {until} the phone is rung once more",
        "ist seit {since} in Pause: {missed}-mal nacheinander nicht abgenommen; *83 beendet sie, ab {until} klingelt es noch einmal",
    ),
    "off_hours": ("does not work at this hour ({hours})", "arbeitet um diese Zeit nicht ({hours})"),
    "in_call": ("is in a call", "ist im Gespräch"),
    "wrap_up": ("is in wrap-up", "ist in der Nachbearbeitung"),
    "resting": (
        "did not take the last ring, is rung again from {until}",
        "nahm das letzte Klingeln nicht an, wird ab {until} wieder angerufen",
    ),
    "turned_away": (
        "has a phone that turned the last ring away (busy, diverted or do not disturb), is rung again from {until}",
        "hat ein Telefon, das das letzte Klingeln abwies (besetzt, umgeleitet oder „nicht stören“), wird ab {until} wieder angerufen",
    ),
    "phone_in_use": ("is on the phone", "telefoniert gerade"),
    "phone_unreachable": ("has no phone registered at the PBX", "hat kein an der Anlage angemeldetes Telefon"),
}

OPEN_LINE = "OPEN_LINE"  # of a phone on which an agent waits for calls
IDLE_DEVICES = frozenset({"NOT_INUSE", OPEN_LINE})
DEAD_DEVICES = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """One agent as configuration, store and PBX know them at this moment."""

    id: str
    name: str
    endpoint: str  # whom to ring
    pbx: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    logged_in: bool
    paused: bool
    pause_reason: str = ""
    since: datetime | None = None
    pause_until: datetime | None = None  # such a pause, after missed rings, ends by itself
    missed: int = 0
    turned_away: int = 0
    rest_until: datetime | None = None
    asked_at: datetime | None = None
    attempt_id: str = ""
    attempt_state: str = ""
    talked_until: datetime | None = None  # when the wrap-up of the last call was over, if that was a talk
    phone: str = ""  # what codes are dialled on; the endpoint, unless that is a way to the phone
    device_state: str = ""  # as the PBX says, "" when it has not said yet
    auto_answer: str = ""  # the phone's make, when the agent has chosen that it answers by itself
    line: str = ""  # the channel of the open line on which the agent waits: the phone is in use by it, and is not rung
    off_hours: str = ""  # the agent's working hours when this moment lies outside of them


def device_state(states: Sequence[str]) -> str:
    """Of the phone, and of what else must be idle, such as "do not disturb": that is idle too where nobody has ever set it."""
    phone, *others = states
    return next((one for one in others if phone in IDLE_DEVICES and one not in IDLE_DEVICES | DEAD_DEVICES), phone)


def judge(agent: OnDuty, *, pull: bool, now: datetime) -> AgentState:
    """The one reason why the agent is not free, the most lasting first; FREE when there is none."""
    if not agent.logged_in:
        return AgentState.LOGGED_OUT
    if agent.attempt_id:
        return AgentState.WRAP_UP if agent.attempt_state == "wrap_up" else AgentState.IN_CALL
    if is_paused(agent, now):
        return AgentState.PAUSED
    if agent.off_hours:
        return AgentState.OFF_HOURS
    if agent.device_state in DEAD_DEVICES:
        return AgentState.PHONE_UNREACHABLE
    if agent.device_state not in IDLE_DEVICES:
        return AgentState.PHONE_IN_USE
    if agent.rest_until is not None and now < agent.rest_until:
        return AgentState.RESTING
    if pull and agent.asked_at is None:
        return AgentState.WAITING
    return AgentState.FREE


def who_is_at(phone: str, team: Iterable[OnDuty], *, rung: bool = False) -> OnDuty | None:
    """Agents may share a phone: it speaks for who is logged in there. `rung`: first for whom it was rung as."""
    at_phone = [agent for agent in team if phone in (agent.phone, agent.endpoint)]
    return min(at_phone, key=lambda one: (rung and one.endpoint != phone, not one.logged_in, not one.attempt_id), default=None)


def is_paused(agent: OnDuty, now: datetime) -> bool:
    return agent.paused and (agent.pause_until is None or now < agent.pause_until)


def why(agent: OnDuty, state: AgentState, language: Language, zone: str) -> str:
    values = {
        "since": agent.since or "-",
        "missed": agent.missed,
        "hours": agent.off_hours,
        "reason": reason_text(agent.pause_reason, language),
    }
    until = agent.pause_until if state is AgentState.PAUSED else agent.rest_until
    return phrase(TEXTS, _sentence(agent, state), language, zone, until=until or "", **values)


def _sentence(agent: OnDuty, state: AgentState) -> str:
    match state:
        case AgentState.PAUSED if agent.pause_reason == MISSED_RINGS:
            return "paused-missed-until" if agent.pause_until else "paused-missed"
        case AgentState.PAUSED if agent.pause_reason:
            return "paused-reason"
        case AgentState.RESTING if agent.turned_away:
            return "turned_away"
    return state.value
