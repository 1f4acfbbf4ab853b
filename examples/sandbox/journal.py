"""What happened in the world: the calls that desk phones and debtors really received.

Owns the reading of the world's journal. Touches nothing else.
Invariant: a line is written by the world before the phone or debtor reacts, so "no invite here" means that none arrived.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldEvent:
    """One line: ring, phone-up, phone-end, invite, debtor-up, debtor-end, feature-up, feature-end."""

    at: float  # seconds since 1970
    event: str
    who: str  # the phone, or the debtor's number as it was dialled
    caller: str  # the caller's number as it was shown
    call: str  # SIP Call-ID; of a feature code: the call's own name
    caller_name: str


def read_journal(path: Path) -> list[WorldEvent]:
    """Every complete line, oldest first."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    events = []
    for line in text.split("\n")[:-1]:
        at, event, who, caller, call, name = line.split("|", 5)
        events.append(WorldEvent(at=float(at), event=event, who=who, caller=caller, call=call, caller_name=name))
    return events
