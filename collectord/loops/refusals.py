"""Refusals: the errors that are one sentence for the person who asked, exit status 1.

Owns the list. Anything else that is raised is a fault of ours.
Invariant: every class in here carries one complete sentence.
"""

from __future__ import annotations

from collectord.edge.store.connection import StoreBroken, StoreBusy
from collectord.loops.manual import ManualRefused

REFUSALS: tuple[type[Exception], ...] = (StoreBroken, StoreBusy, ManualRefused)
