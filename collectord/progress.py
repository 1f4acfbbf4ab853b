"""Progress: how far a long file is read, while a person waits for `collectord import`.

Owns the bar on the terminal. Knows no file and no daemon; it is told.
Invariant: nothing is shown where nobody looks (no terminal, `--json`), for a file that is read at once, or after the command's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from collectord.core.wording import safe

Watch = Callable[[str, int, int], None]  # file, bytes read, its size; all of them: it is compared and booked now
NAME_SHOWN = 40


@contextmanager
def bar(console: Console, *, quiet: bool) -> Iterator[Watch | None]:
    """What to tell; None where nobody would see it. The terminal is as before when it ends."""
    if quiet or not console.is_terminal:
        yield None
        return
    said = TextColumn("{task.description}", markup=False)
    shown = _Bar(Progress(said, BarColumn(), DownloadColumn(), console=console, transient=True))
    try:
        yield shown
    finally:
        shown.progress.stop()


class _Bar:
    """One line, there from the first word about a file."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._line: TaskID | None = None

    def __call__(self, file: str, read: int, size: int) -> None:
        if self._line is None:
            self._line = self.progress.add_task("")
            self.progress.start()
        doing = "reading" if read < size else "comparing and booking"
        self.progress.update(self._line, description=f"{doing} {safe(file, NAME_SHOWN)}", completed=min(read, size), total=size)
