"""The watcher: tells at once that something happened in the inbox.

Owns the use of watchfiles. Invariant: it only wakes the poller; without it everything happens as well, a poll later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from watchfiles import awatch

STEP = 100  # ms between two looks at what the kernel reported: a burst of events is one wake-up
LOOKS_UP_EVERY = 5_000  # ms without an event, after which the folder itself is looked at
AGAIN_AFTER = 60.0  # s until it is tried again after a failure


async def watch(inbox: Path, wake: Callable[[], None], complain: Callable[[str], None]) -> None:
    """For ever. Where the system cannot watch (no inotify, limits, a share), it says so once and tries again later."""
    complained = False
    while True:
        try:
            await _watch_this(inbox, wake)
        except Exception as error:  # whatever the system or the library has against watching, polling goes on
            if not complained:
                complained = True
                complain(f"{type(error).__name__}: {error}")
            await asyncio.sleep(AGAIN_AFTER)


async def _watch_this(inbox: Path, wake: Callable[[], None]) -> None:
    """Until the folder is another one: an unmounted share takes its watch with it."""
    watched = inbox.stat().st_ino, inbox.stat().st_dev
    changes = awatch(
        inbox, watch_filter=None, debounce=STEP, step=STEP, rust_timeout=LOOKS_UP_EVERY, yield_on_timeout=True, recursive=True,
        ignore_permission_denied=True,
    )  # fmt: skip
    async for events in changes:
        if events:
            wake()
        elif (inbox.stat().st_ino, inbox.stat().st_dev) != watched:
            await changes.aclose()
            return
