"""Policy: everything besides a debtor's ladder that decides whether a contact is wanted.

Owns the bundle that planning, foresight and explain hand down. Reads no file and decides nothing.
Invariant: PLAIN changes nothing: with it the ladder alone decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectord.core.receivables.call_value import OFF, CallValue
from collectord.core.receivables.ladders import Ladder, ladder_for
from collectord.core.receivables.ledger import Debtor
from collectord.core.receivables.legal_states import NO_LEGAL_STATES, LegalStates
from collectord.core.receivables.risk_rules import NO_RISKS, Risks
from collectord.core.receivables.strategies import NO_FRAMES, Frames
from collectord.core.receivables.triggers import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    frames: Frames = NO_FRAMES  # strategies and exceptions
    triggers: tuple[Trigger, ...] = ()
    risks: Risks = NO_RISKS
    legal_states: LegalStates = NO_LEGAL_STATES
    value: CallValue = OFF  # what a call is expected to bring

    def ladder_for(self, debtor: Debtor, ladders: tuple[Ladder, ...]) -> Ladder | None:
        """The ladder that the debtor's strategy names, else the first of the file that fits."""
        named = self.frames.of(debtor).ladder
        return next((ladder for ladder in ladders if ladder.name == named), None) if named else ladder_for(debtor, ladders)


PLAIN = Policy()
