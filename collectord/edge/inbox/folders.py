"""The folders under exchange_dir and the moves between them.

Owns which folders there are. Knows no file's content.
Invariant: every move is one rename; a move that was interrupted is carried out again.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from collectord.edge.inbox.files import sync_folder

Folder = Literal["inbox", "processing", "archive", "held", "rejected", "receipts", "outbox", "print"]
FOLDERS: tuple[Folder, ...] = ("inbox", "processing", "archive", "held", "rejected", "receipts", "outbox", "print")
QUIET_FOR = timedelta(seconds=5)  # a file without a .done marker is taken when it did not change for so long

_STORED = re.compile(r"~([0-9a-z]{18})(\.[^.]*)?\Z")


@dataclass(frozen=True, slots=True)
class ExchangeFolders:
    """The folders under `root`."""

    root: Path
    quiet_for: timedelta = QUIET_FOR

    def of(self, folder: Folder) -> Path:
        return self.root / folder

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def print(self) -> Path:
        """Letters, for whoever prints them."""
        return self.root / "print"

    def all(self) -> tuple[Path, ...]:
        return tuple(self.of(folder) for folder in FOLDERS)

    def create(self) -> None:
        for path in self.all():
            path.mkdir(parents=True, exist_ok=True)

    def move(self, stored_as: str, origin: Folder, goal: Folder) -> bool:
        """Already moved is fine: an interrupted move is carried out again. False when the file is in neither place."""
        try:
            os.rename(self.of(origin) / stored_as, self.of(goal) / stored_as)
        except FileNotFoundError:
            return self.has(stored_as, goal)
        sync_folder(self.of(goal))
        return True

    def has(self, stored_as: str, folder: Folder) -> bool:
        return os.path.lexists(self.of(folder) / stored_as)

    def stored(self, folder: Folder) -> list[tuple[str, str]]:
        """(batch id, stored name) of every STEM~BATCH.EXT there."""
        with os.scandir(self.of(folder)) as entries:
            names = sorted(entry.name for entry in entries)
        return [(match[1], name) for name in names if (match := _STORED.search(name))]

    def clear_leftovers(self) -> None:
        """Removes half-made copies and half-written receipts of a process that was killed."""
        for place in (self.of("processing"), self.of("receipts")):
            with os.scandir(place) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(".") and entry.name.endswith(".tmp")]
            for name in names:
                (place / name).unlink(missing_ok=True)
