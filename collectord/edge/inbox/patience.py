"""Patience: work on a share that may hang for ever, without hanging with it.

Owns the thread that touches the inbox. Knows nothing of what it does.
Invariant: at most one job hangs; while it does, nothing more is asked of the share and nobody waits.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

WAITS = 30.0  # s; a server that restarts is back sooner
IDLE = 2.0  # s without a job, after which the thread ends; starting one makes the event loop wait for it

Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Patience:
    """Runs one job after the other in a thread that the end of the process does not wait for."""

    def __init__(self, waits: float = WAITS) -> None:
        self.waits = waits
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._lock = threading.Lock()  # of whether there is a thread
        self._works = False
        self._pending: asyncio.Future[Any] | None = None

    async def do(self, job: Callable[[], T]) -> T:
        """What the job returns or raises; TimeoutError (an OSError) when it does not answer, or an earlier one still does not."""
        if self._pending is not None and not self._pending.done():
            raise TimeoutError(errno.ETIMEDOUT, "does not answer")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        answer.add_done_callback(_taken_note_of)
        self._pending = answer
        with self._lock:
            self._jobs.put((loop, answer, job))
            if not self._works:
                self._works = True
                threading.Thread(target=self._work, daemon=True, name="inbox").start()
        done, _ = await asyncio.wait([answer], timeout=self.waits)
        if not done:
            raise TimeoutError(errno.ETIMEDOUT, "does not answer")
        return answer.result()

    def _work(self) -> None:
        while True:
            try:
                loop, answer, job = self._jobs.get(timeout=IDLE)
            except Empty:
                with self._lock:
                    if self._jobs.empty():
                        self._works = False
                        return
                continue
            _carry_out(loop, answer, job)


def _taken_note_of(answer: asyncio.Future[Any]) -> None:
    """Nobody may be left who asks for the fault of a job that was given up."""
    if not answer.cancelled():
        answer.exception()


def _carry_out(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], job: Callable[[], Any]) -> None:
    result: Any = None
    fault: BaseException | None = None
    try:
        result = job()
    except BaseException as error:
        fault = error

    def tell() -> None:
        if fault is not None:
            answer.set_exception(fault)
        else:
            answer.set_result(result)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        pass  # the loop ended while the share hung
