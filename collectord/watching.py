"""Watching: who wants to see how far a long question is.

Owns one variable: what to tell, None where nobody looks. Prints nothing.
Invariant: telling costs nothing where nobody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

Watch = Callable[[str, int, int], None]  # what is done now, how far it is, of how much

WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


def tell(what: str, done: int, count: int) -> None:
    watch = WATCH.get()
    if watch is not None:
        watch(what, done, count)
