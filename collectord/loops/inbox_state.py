"""The inbox's state: whether it can be reached, what waits in it, and when it is looked at next.

Owns what status, notices and the poller are told of it. Reads nothing, moves nothing.
Invariant: an inbox that cannot be reached is asked ever less, but never forgotten.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectord.core.exports.arrivals import TOLD_AFTER, Lack, Waiting
from collectord.core.wording import safe
from collectord.edge import inbox
from collectord.loops.intake_edges import IntakeEdges, Turn, Unreachable, turn_of

LONGEST_REST = 60.0  # s between two looks at an inbox that cannot be read
SHORTEST_REST = 0.2  # s: what comes in a burst is looked at together
WALK_SHARE = 20  # while there is a heap to work off, the inbox is listed anew for at most one part in so many of the time
SHOWN = 20  # waiting files on the status screen
WAITING_KEPT = 1_000  # files whose waiting is told one by one


def note_unreachable(edges: IntakeEdges, turn: Turn, error: OSError, now: datetime) -> None:
    why = error.strerror or str(error)
    known = turn.unreachable
    turn.unreachable = Unreachable(why, known.since if known else now, known.failures + 1 if known else 1)
    if known is None:
        edges.log.error("inbox_unreachable", why=why)


def note_reachable(edges: IntakeEdges, turn: Turn) -> None:
    if turn.unreachable:
        edges.log.info("inbox_reachable_again", since=turn.unreachable.since.isoformat())
        turn.unreachable = None


def rest(edges: IntakeEdges, poll_every: float) -> tuple[float, float]:
    """Seconds until the next turn when nothing happens, and the fewest when something does."""
    turn = turn_of(edges)
    if turn.busy:
        return 0.0, 0.0
    if turn.unreachable:
        return min(LONGEST_REST, poll_every * 2 ** min(turn.unreachable.failures, 10)), poll_every
    walk = WALK_SHARE * turn.walked[1] if turn.walked else 0.0
    return max(poll_every, walk), max(SHORTEST_REST, walk)


def waiting(edges: IntakeEdges, now: datetime) -> list[Waiting]:
    """Every file that waits or is never taken, for status and notices; at most WAITING_KEPT of a kind."""
    turn = turn_of(edges)
    found = list(turn.waiting.values())
    for path, since in [*turn.sightings.irregular.items()][:WAITING_KEPT]:
        found.append(_told(path, "irregular", since))
    for path, since in [*turn.sightings.restless.items()][:WAITING_KEPT]:
        if path not in turn.waiting and now - since > TOLD_AFTER:
            found.append(_told(path, "quiet", since))
    return found


def _told(path: str, lack: Lack, since: datetime) -> Waiting:
    folder, _, name = path.rpartition("/")
    return Waiting(folder=folder, name=safe(inbox.shown_name(name), 120), lack=lack, since=since)


def described(edges: IntakeEdges, now: datetime) -> dict[str, Any]:
    """`status --json`, key `inbox`."""
    turn = turn_of(edges)
    zone, language = edges.house.time_zone, edges.house.language
    return {
        "reachable": turn.unreachable is None,
        "why": turn.unreachable.why if turn.unreachable else None,
        "since": turn.unreachable.since.isoformat() if turn.unreachable else None,
        "files": len(turn.sightings.entries) + turn.sightings.beyond,
        "waiting": [found.sentence(language, zone) for found in waiting(edges, now)[:SHOWN]],
    }
