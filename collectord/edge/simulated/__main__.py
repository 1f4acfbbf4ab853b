"""`python -m collectord.edge.simulated`: the simulated PBX as a process of its own.

Owns arguments and signals. Knows nothing of calls. Invariant: the secret comes from a file, never from the command line.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from collectord.edge.simulated.server import SimulatedPbx


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m collectord.edge.simulated", description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--port", type=int, default=5038, help="0: any; the first line of output names it")
    parser.add_argument("--username", required=True)
    parser.add_argument("--secret-file", type=Path, required=True)
    parser.add_argument("--speed", type=float, default=1.0, help="so many times faster than life")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    secret = given.secret_file.read_text(encoding="utf-8").strip()
    asyncio.run(
        _run(SimulatedPbx(host=given.host, port=given.port, username=given.username, secret=secret, speed=given.speed, seed=given.seed))
    )


async def _run(pbx: SimulatedPbx) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    port = await pbx.start()
    print(f"simulated PBX on {pbx.host}:{port}", flush=True)
    await asked.wait()
    await pbx.shut_down()


if __name__ == "__main__":
    main()
