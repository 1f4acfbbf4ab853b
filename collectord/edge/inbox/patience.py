"""Patience: work on a share that may hang for ever, without hanging with it.

Owns the threads that touch the inbox. Knows nothing of what they do.
Invariant: at most one such thread hangs; while it does, nothing is asked of the share and nobody waits.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

WAITS = 30.0  # s; a server that restarts is back sooner


class Patience:
    """Runs one job after the other, each in a thread that the end of the process does not wait for."""

    def __init__(self, waits: float = WAITS) -> None:
        self.waits = waits
        self._running: threading.Thread | None = None

    async def do(self, job: Callable[[], T]) -> T:
        """What the job returns or raises; TimeoutError (an OSError) when it does not answer, or an earlier one still does not."""
        if self._running is not None and self._running.is_alive():
            raise TimeoutError(errno.ETIMEDOUT, "does not answer")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._running = threading.Thread(target=_carry_out, args=(loop, answer, job), daemon=True, name="inbox")
        self._running.start()
        done, _ = await asyncio.wait([answer], timeout=self.waits)
        if not done:
            answer.cancel()
            raise TimeoutError(errno.ETIMEDOUT, "does not answer")
        self._running = None  # it has only its end left
        return answer.result()


def _carry_out(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], job: Callable[[], Any]) -> None:
    result: Any = None
    fault: BaseException | None = None
    try:
        result = job()
    except BaseException as error:
        fault = error

    def tell() -> None:
        if answer.cancelled():
            return
        if fault is not None:
            answer.set_exception(fault)
        else:
            answer.set_result(result)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        pass  # the loop ended while the share hung
