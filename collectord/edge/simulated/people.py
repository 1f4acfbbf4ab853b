"""The person with the receiver in the hand: answers what is asked, as the table of the world or a test says.

Owns the timing of a person's reactions. Knows nothing of journal, events or AMI.
Invariant: a person acts only through the phone: keys and hanging up, never on the call's state.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from collectord.edge.simulated.world import HANG_UP, NOTHING, Agent

if TYPE_CHECKING:
    from collectord.edge.simulated.leg import Leg
    from collectord.edge.simulated.machine import Machine

REACTION: Final = 0.4  # s from a question to the first key
BETWEEN: Final = 0.1  # s between two keys
PATIENCE: Final = 0.5  # s of ringing, or of talk, until one who hangs up first does


class Person:
    """One agent during one call of the phone."""

    def __init__(self, machine: Machine, agent: Agent, *, rung_back: bool) -> None:
        self.agent = agent
        self._machine = machine
        self._leg: Leg | None = None
        self._ignores = rung_back and agent.ring_back is None
        wrap = (agent.ring_back or agent.wrap) if rung_back else agent.wrap
        self._preview = deque(agent.preview.split())
        self._wrap = deque(wrap.split())

    def takes(self, leg: Leg) -> None:
        self._leg = leg

    def rung(self) -> None:
        """The phone rings in the person's hand."""
        leg = self._leg
        if leg is None:
            return
        if self._ignores:
            return
        match self.agent.phone:
            case "answers":
                self._machine.later(REACTION, leg.pick_up)
            case "busy":
                leg.decline(17, 486)
            case "declines":
                leg.decline(21, 603)
            case "ignores":
                pass

    def asked(self, prompt: str) -> None:
        """A question is heard: the next group of keys answers it."""
        groups = self._preview if prompt == "preview-keys" else self._wrap
        if groups:
            self._does(groups.popleft(), REACTION)

    def hears_ringing(self) -> None:
        self._does(self.agent.dialling, PATIENCE)

    def talks(self) -> None:
        self._does(self.agent.talking, 2 * PATIENCE)

    def _does(self, keys: str, first: float) -> None:
        for place, key in enumerate(keys):
            if key != NOTHING:
                self._machine.later(first + place * BETWEEN, lambda key=key: self._acts(key))  # type: ignore[misc]

    def _acts(self, key: str) -> None:
        if self._leg is None:
            return
        if key == HANG_UP:
            self._leg.hang_up()
        else:
            self._leg.press(key)
