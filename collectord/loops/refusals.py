"""Refusals: the errors that are one sentence for the person who asked, exit status 1.

Owns the list. Anything else that is raised is a fault of ours.
Invariant: every class in here carries one complete sentence.
"""

from __future__ import annotations

from collectord.core.contact.calendar import HolidaysUnknown
from collectord.core.contact.history_file import HistoryRefused
from collectord.core.contact.learnt import RecordRefused
from collectord.core.exports.intake import IntakeRefused
from collectord.core.receivables.claim import ClaimUnknown
from collectord.core.telephony.said_by_person import OutcomeRefused
from collectord.edge.outbox import OutboxUnwritable
from collectord.edge.store.connection import StoreBroken, StoreBusy
from collectord.edge.store.ledger import UnknownDebtor
from collectord.loops.approvals import ApprovalRefused
from collectord.loops.callbacks import AbsenceRefused
from collectord.loops.explain import NotKnown
from collectord.loops.manual import ManualRefused
from collectord.loops.message_resolved import ResolveRefused

REFUSALS: tuple[type[Exception], ...] = (
    AbsenceRefused,
    ApprovalRefused,
    ClaimUnknown,
    HistoryRefused,
    HolidaysUnknown,
    IntakeRefused,
    ManualRefused,
    NotKnown,
    OutboxUnwritable,
    OutcomeRefused,
    RecordRefused,
    ResolveRefused,
    StoreBroken,
    StoreBusy,
    UnknownDebtor,
)
