"""What can be made to go wrong between the daemon and this PBX, on purpose and at a known point.

Owns the list of faults in force and the record of what crossed the wire. Carries nothing out: `server` and `session` obey it.
Invariant: with the values as constructed, nothing goes wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple


class DropWhen(StrEnum):
    """The moment at which the link breaks around an Originate."""

    UNREAD = "unread"  # the PBX never executed it: no call
    BEFORE_RESPONSE = "before_response"  # executed, the call is under way, nobody was told
    AFTER_RESPONSE = "after_response"  # "queued" was said; OriginateResponse is lost


class WireEntry(NamedTuple):
    """One message as it crossed the wire; repeated headers (Variable) are joined by a line feed, secrets are masked."""

    direction: Literal["in", "out"]
    name: str  # the action, or the event, or "Response"
    fields: dict[str, str]
    at: float  # monotonic seconds


@dataclass(slots=True)
class Faults:
    """Set any of these while it runs; they hold until they are set back."""

    refuse_login: bool = False
    banner: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    mute: bool = False  # half-open: connections stand, nothing is read or written any more
    split_every_byte: bool = False  # each byte is a write of its own
    delay_responses: float = 0.0  # real seconds
    keep_originate_response: bool = False  # OriginateResponse is never sent
    repeat_events: int = 1  # every event is sent so many times
    drops: dict[int, DropWhen] = field(default_factory=dict)  # nth call Originate since start, counted from 1

    def drop_link(self, when: DropWhen | str, *, nth: int) -> None:
        """Break the link around the nth Originate of a call (acknowledgements of the journal do not count)."""
        self.drops[nth] = DropWhen(when)
