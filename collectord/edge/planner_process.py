"""The planner process: the daemon's side of the processes that plan many debtors.

Owns their start, their orders and portions, their end. Knows no debtor.
Invariant: a planner that dies, however it dies, is an answer: PlannerDied; none outlives the pass it was started for.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

LARGEST = 64 * 2**20  # bytes of a portion


class PlannerDied(Exception):
    """It ended before its last portion: killed, out of memory, or by a fault of ours. What was written stays; the next plan goes on."""


async def portions(state_dir: Path, orders: Sequence[object]) -> AsyncIterator[Any]:
    """What the planners of these orders find, one beside the other, as it comes."""
    found: asyncio.Queue[Any] = asyncio.Queue(maxsize=4)  # who writes sets the pace
    readers = [asyncio.ensure_future(_read(state_dir, order, found)) for order in orders]
    try:
        left = len(readers)
        while left:
            one = await found.get()
            if isinstance(one, PlannerDied):
                raise one
            if one is None:
                left -= 1
            else:
                yield one
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _read(state_dir: Path, order: object, found: asyncio.Queue[Any]) -> None:
    # -P: nothing that lies in the working directory is imported.
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-m", "collectord.planner", stdin=PIPE, stdout=PIPE, limit=2**20)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(base64.b64encode(pickle.dumps((state_dir, order))) + b"\n")
        await process.stdin.drain()
        while size := int.from_bytes(await process.stdout.readexactly(4), "big"):
            if size > LARGEST:
                raise PlannerDied(f"a portion of {size} bytes")
            await found.put(pickle.loads(await process.stdout.readexactly(size)))  # from our own process
        await found.put(None)
    except Exception as error:  # whatever it is, who waits for a portion must hear of it
        died = PlannerDied(f"a planner ended with status {await _end(process)}: {error!r}")
        died.__cause__ = error
        await found.put(died)
    finally:
        await _end(process)


async def _end(process: Process) -> int | None:
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            process.kill()
    return await process.wait()
