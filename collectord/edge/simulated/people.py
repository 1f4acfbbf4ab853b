"""The person with the receiver in the hand: answers what is asked, as the table of the world or a test says.

Owns the timing of a person's reactions. Knows nothing of journal, events or AMI.
Invariant: a person acts only through the phone: keys and hanging up, never on the call's state.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from typing import TYPE_CHECKING, Final

from collectord.edge.simulated.world import HANG_UP, NOTHING, Agent

if TYPE_CHECKING:
    from collectord.edge.simulated.leg import Leg
    from collectord.edge.simulated.machine import Machine

ANSWERS: Final = 0.3  # s of ringing
PREVIEW: Final = 1.0  # s from the first words of the case to a key
WRAP: Final = 0.8  # s from the end of the talk to the first key
NEXT: Final = 0.5  # s from a further question to its answer
BETWEEN: Final = 0.12  # s between two keys of an answer
LEAVES_RINGING: Final = 0.5  # s from the debtor's INVITE
LEAVES_TALKING: Final = 0.6  # s into the talk


class Person:
    """One agent during one call of the phone."""

    def __init__(self, machine: Machine, agent: Agent) -> None:
        self.agent = agent
        self._machine = machine
        self._leg: Leg | None = None
        self._preview = deque(agent.preview.split())
        self._wrap = deque(agent.wrap.split())
        self._reaction = {"preview-keys": PREVIEW, "outcome": WRAP}
        self._leaving: asyncio.TimerHandle | None = None

    def takes(self, leg: Leg) -> None:
        self._leg = leg

    def rung(self) -> None:
        """The phone rings in the person's hand."""
        leg = self._leg
        if leg is None:
            return
        match self.agent.phone:
            case "answers":
                self._machine.later(ANSWERS, leg.pick_up)
            case "busy":
                leg.decline(17, 486)
            case "declines":
                leg.decline(21, 603)
            case "diverts":
                leg.decline(23, 302)
            case "ignores":
                pass

    def asked(self, prompt: str) -> None:
        """A question is heard: the next group of keys answers it. To whom a talk goes, only a test keys."""
        if prompt == "hand-to":
            return
        groups = self._preview if prompt == "preview-keys" else self._wrap
        first = self._reaction.pop(prompt, NEXT)
        for place, key in enumerate(groups.popleft() if groups else ""):
            if key != NOTHING:
                self._machine.later(first + place * BETWEEN, functools.partial(self._acts, key))

    def hears_ringing(self) -> None:
        self._may_leave(self.agent.dialling, LEAVES_RINGING)

    def talks(self) -> None:
        self.stays()
        self._may_leave(self.agent.talking, LEAVES_TALKING)

    def stays(self) -> None:
        """What one who hangs up first was waiting for is over."""
        if self._leaving is not None:
            self._machine.forget(self._leaving)
            self._leaving = None

    def _may_leave(self, does: str, seconds: float) -> None:
        if does == HANG_UP:
            self._leaving = self._machine.later(seconds, functools.partial(self._acts, HANG_UP))

    def _acts(self, key: str) -> None:
        if self._leg is None:
            return
        if key == HANG_UP:
            self._leg.hang_up()
        else:
            self._leg.press(key)
