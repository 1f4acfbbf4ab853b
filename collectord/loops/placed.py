"""Placed: what became of a task that was to be called.

Owns the three answers. Does nothing.
Invariant: whatever is no call says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectord.core.contact.contact_rules import Refused
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.call_seen import Effect
from collectord.core.telephony.case import Case
from collectord.core.telephony.pbx_calls import AgentCall


@dataclass(frozen=True, slots=True)
class PlacedCall:
    attempt: Attempt
    case: Case
    order: AgentCall
    effects: tuple[Effect, ...] = ()  # of the PBX's answer to the order


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing was placed; `until` is when to look again, None = when something changes."""

    why: str
    until: datetime | None = None
    passing: bool = False  # it passes by itself in seconds: not worth a line in the log
    paced: bool = False  # nothing that happens makes it sooner


@dataclass(frozen=True, slots=True)
class GateRefused:
    task: Task
    verdict: Refused


Answer = PlacedCall | GateRefused | Idle


def why_not(answer: GateRefused | Idle) -> str:
    """One sentence with the rules."""
    if isinstance(answer, Idle):
        return answer.why
    first, *others = answer.verdict.refusals
    names = ", ".join(dict.fromkeys(refusal.rule for refusal in others))
    return f"{first.rule}: {first.reason}" + (f" ({names})" if names else "")
