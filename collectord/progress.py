"""Progress: how far a long question is, while a person waits for `collectord import` or `simulate`.

Owns the bar on the terminal. Knows no file, no day and no daemon; it is told.
Invariant: nothing is shown where nobody looks (no terminal, `--json`), for what is answered at once, or after the command's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn

from collectord.core.wording import safe

Watch = Callable[[str, int, int], None]  # what is done now, how far it is, of how much
NAME_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Look:
    """What the bar says and counts."""

    says: Callable[[bool], str]  # asked with: is all of it done
    columns: tuple[type[ProgressColumn], ...]


FILES = Look(lambda whole: "comparing and booking " if whole else "reading ", (BarColumn, DownloadColumn))  # bytes of a file
DAYS = Look(lambda whole: "", (BarColumn, MofNCompleteColumn, TimeRemainingColumn))


@contextmanager
def bar(console: Console, look: Look = FILES, *, quiet: bool) -> Iterator[Watch | None]:
    """What to tell; None where nobody would see it. The terminal is as before when it ends."""
    if quiet or not console.is_terminal:
        yield None
        return
    said = TextColumn("{task.description}", markup=False)
    shown = _Bar(Progress(said, *(column() for column in look.columns), console=console, transient=True), look)
    try:
        yield shown
    finally:
        shown.progress.stop()


class _Bar:
    """One line, there from the first word."""

    def __init__(self, progress: Progress, look: Look) -> None:
        self.progress = progress
        self.look = look
        self._line: TaskID | None = None

    def __call__(self, what: str, done: int, count: int) -> None:
        if self._line is None:
            self._line = self.progress.add_task("")
            self.progress.start()
        told = self.look.says(done >= count) + safe(what, NAME_SHOWN)
        self.progress.update(self._line, description=told, completed=min(done, count), total=count)
