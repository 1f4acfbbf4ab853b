"""Startup: what is looked at before the whole program is loaded.

Owns the quick refusal of a second daemon. Reads the configuration and the lock, starts nothing.
Invariant: it only refuses what would be refused anyway; the store's lock has the last word.
"""

from __future__ import annotations

from pathlib import Path

from collectord import settings as configuration
from collectord.asked import Reply, refusal
from collectord.edge.store.state_dir import is_taken
from collectord.settings import ConfigInvalid


def already_running(config: Path | None) -> Reply | None:
    """The refusal when another collectord works on this state; None when nothing speaks against a start yet."""
    try:
        state_dir = configuration.load(config).state_dir
    except ConfigInvalid:
        return None  # the start itself tells every mistake
    return refusal(f"another collectord is working on {state_dir}; stop it first") if is_taken(state_dir) else None
