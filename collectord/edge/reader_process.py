"""The reader process: the daemon's side of the process that reads exports.

Owns its start, its orders and answers, its end. Knows no row and no verdict.
Invariant: at most one file is being read; a reader that dies, however it dies, is an answer too, and the next order starts a new one.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from typing import Any

LONGEST_ANSWER = 64 * 2**20  # bytes
PATIENCE = 5.0  # s that an idle reader gets to end by itself


class ReaderDied(Exception):
    """It ended without an answer: killed, out of memory, or by a fault in a library that reads a foreign format."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the reader ended with status {status}")
        self.status = status


class ReaderProcess:
    """Started with the first order, kept for the next ones."""

    def __init__(self, hash_key: int) -> None:
        """`hash_key`: of Python's own hash, so that hashes of today can be compared with tomorrow's."""
        self._hash_key = hash_key
        self._process: Process | None = None

    async def read(self, order: object, tell: Callable[[int, int], None]) -> dict[str, Any]:
        """One order to its answer; `tell` gets rows and bytes on the way. Raises ReaderDied, OSError where the file could not be opened.

        An order that is cancelled ends the process.
        """
        try:
            process = self._process = self._process or await self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(base64.b64encode(pickle.dumps(order)) + b"\n")
                await process.stdin.drain()
                while line := await process.stdout.readline():
                    answer = json.loads(line)
                    if "rows" not in answer:
                        return _opened(answer)
                    tell(int(answer["rows"]), int(answer["bytes"]))
            except (ConnectionError, ValueError):
                pass  # cut off, or in the middle of a line
        except asyncio.CancelledError:
            await self.stop(at_once=True)
            raise
        raise ReaderDied(await self.stop(at_once=True))

    async def _start(self) -> Process:
        # -P: nothing that lies in the working directory is imported.
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "collectord.reader", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=LONGEST_ANSWER,
            env=os.environ | {"PYTHONHASHSEED": str(self._hash_key)},
        )  # fmt: skip

    async def stop(self, *, at_once: bool = False) -> int | None:
        """Its end, and how it ended. An idle reader ends when nobody can order any more."""
        process, self._process = self._process, None
        if process is None:
            return None
        assert process.stdin is not None
        with contextlib.suppress(ProcessLookupError):
            if at_once:
                process.kill()
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()
        return process.returncode


def _opened(answer: dict[str, Any]) -> dict[str, Any]:
    if "errno" in answer:
        raise OSError(answer["errno"], answer["why"])
    return answer
