"""Contact tasks: "contact this debtor about these items, by this medium, from level N, not before T".

Owns the task's shape and its states. Knows no attempt's course and no rule that makes or ends tasks.
Invariant: a debtor of a company has at most one live ladder task; `done`, `cancelled` and `suppressed` are final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.rungs import NO_RUNGS, Rungs, placed


class TaskState(StrEnum):
    PLANNED = "planned"  # exists, not_before lies ahead
    READY = "ready"  # may be given to an agent
    LEASED = "leased"  # an agent is reserved for it, nothing committed to the wire
    IN_CALL = "in_call"
    DONE = "done"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"  # wanted by the ladder, forbidden for good by the gate


LIVE = frozenset({TaskState.PLANNED, TaskState.READY, TaskState.LEASED, TaskState.IN_CALL})


class Origin(StrEnum):
    LADDER = "ladder"
    CALLBACK = "callback"
    PROMISE = "promise"  # broken promise
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    id: str
    company: str
    debtor_no: str
    medium: str  # call | email | letter | visit | handover
    ladder: str
    level: int
    items: tuple[str, ...]  # item numbers
    open_amount: Mapping[str, Decimal]  # per currency, what the task is about
    not_before: datetime  # aware UTC
    expires_at: datetime | None
    state: TaskState
    why: str  # one sentence
    agent: str = ""  # bound to this agent ("" = any)
    priority: int = 0  # higher first
    origin: Origin = Origin.LADDER
    oldest_due_on: date | None = None
    attempts_made: int = 0
    skill: str = ""  # only agents with this skill ("" = any)
    created_at: datetime | None = None
    prompted_by: str = ""  # what brought it forward: the name of a trigger, "" = the ladder's own day
    script: str = ""  # call script or letter template
    tone: str = ""  # friendly | factual | firm
    value: Decimal = Decimal(0)  # expected, per agent minute: what is chosen by
    rungs: Rungs = NO_RUNGS  # the steps that `level` counts
    own_at: datetime | None = None  # its own not_before, while a refusal of the gate puts it off

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)

    def counted_in(self, rungs: Rungs) -> Task:
        """The same with the number that its step has there."""
        level = placed(self.rungs, rungs, self.level)
        return self if level == self.level else replace(self, level=level, rungs=rungs)

    def sooner(self, allowed_at: datetime | None) -> datetime | None:
        """When it may be done now that the gate, asked again, allows it from `allowed_at` on; None: no sooner than it stands."""
        if self.own_at is None or allowed_at is None:
            return None
        at = max(self.own_at, allowed_at)
        return at if at < self.not_before else None
