"""Does a link stand 50,000 events a second for half a minute, in bounded memory, without losing the end of a call?

Owns a PbxLink with a slow consumer, and a PBX in a process of its own that floods it (bench/flooding_pbx.py).
Invariant: every end that was sent is looked for among those received; the yardstick only cuts the same flood and splits its lines.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime

from bench.finding import Finding
from collectord.core.telephony.pbx_events import DeviceState, Ended
from collectord.edge.pbx import LinkState, PbxLink

RATE, SECONDS, ENDS = 50_000, 30.0, 3_000
MAY_GROW = 64  # MB
CONSUMER_REST = 0.05  # s between two rounds of the consumer, as a store that commits


def _start(rate: int, seconds: float, ends: int) -> tuple[subprocess.Popen[bytes], int]:
    command = [sys.executable, "-m", "bench.flooding_pbx", str(rate), str(seconds), str(ends)]
    pbx = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert pbx.stdout is not None
    return pbx, int(pbx.stdout.readline())


def _end(pbx: subprocess.Popen[bytes]) -> None:
    pbx.kill()
    pbx.wait()
    if pbx.stdout is not None:
        pbx.stdout.close()


def _megabytes() -> float:
    with open("/proc/self/statm", encoding="ascii") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize() / 2**20


async def _listen(rate: int, seconds: float, ends: int) -> dict[str, float]:
    pbx, port = await asyncio.to_thread(_start, rate, seconds, ends)
    link = PbxLink(
        name="flood", host="127.0.0.1", port=port, username="u", secret="s", tls=None, now=lambda: datetime.now(UTC), jitter=lambda: 0.0
    )
    heard, most, states, worst = set[str](), 0.0, 0, 0.0
    before, cpu = _megabytes(), time.process_time()
    try:
        async with asyncio.TaskGroup() as group:
            life = group.create_task(link.run())
            said = group.create_task(asyncio.to_thread(pbx.stdout.readline)) if pbx.stdout else None
            assert said is not None
            while not said.done() or not link.events.empty() or len(heard) < ends:
                began = asyncio.get_running_loop().time()
                await asyncio.sleep(CONSUMER_REST)
                worst = max(worst, asyncio.get_running_loop().time() - began - CONSUMER_REST)
                most = max(most, _megabytes())
                while not link.events.empty():
                    event = link.events.get_nowait()
                    if isinstance(event, Ended):
                        heard.add(event.attempt_id)
                    states += isinstance(event, DeviceState)
                if said.done() and (link.health().state is not LinkState.UP or (link.health().last_event_age or 0) > 3):
                    break
            sent = json.loads(said.result())
            up, dropped = link.health().state is LinkState.UP, link.health().dropped
            life.cancel()
    finally:
        _end(pbx)
    return {
        "cpu": time.process_time() - cpu, "grew": most - before, "ends": len(heard), "states": states, "dropped": dropped, "up": up,
        "sent": sent["states"] + sent["ends"], "sent_ends": sent["ends"], "seconds": sent["seconds"], "worst": worst,
    }  # fmt: skip


async def _cut_only(rate: int, seconds: float, ends: int) -> float:
    """CPU seconds a message of a reader that cuts at blank lines and splits into headers, checks nothing and keeps nothing."""
    pbx, port = await asyncio.to_thread(_start, rate, seconds, ends)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        cpu, count = time.process_time(), 0
        for n in range(4):
            writer.write(b"Action: Ping\r\nActionID: q-%d\r\n\r\n" % n)
        async with asyncio.timeout(seconds * 3 + 30):
            rest = b""
            while count < rate * seconds * 0.99:
                *blocks, rest = (rest + await reader.read(262_144)).split(b"\r\n\r\n")
                for block in blocks:
                    dict(line.split(": ", 1) for line in block.decode().split("\r\n") if ": " in line)
                count += len(blocks)
        writer.close()
        return (time.process_time() - cpu) / count
    finally:
        _end(pbx)


def ask(rate: int = RATE, seconds: float = SECONDS, ends: int = ENDS) -> tuple[Finding, ...]:
    bare = asyncio.run(_cut_only(rate, min(5.0, seconds), 10))
    found = asyncio.run(_listen(rate, seconds, ends))
    reached = found["sent"] / found["seconds"]
    mine = found["cpu"] / found["sent"]
    sound = bool(found["up"]) and found["ends"] == found["sent_ends"] == ends and found["grew"] <= MAY_GROW
    return (
        Finding(
            question=f"A flood of {rate:,} events a second for {seconds:g} s: ends of our calls kept, memory grown",
            measured=f"{found['ends']:,.0f} of {found['sent_ends']:,.0f} ends; {found['grew']:.0f} MB; {reached:,.0f}/s came;"
            f" {found['dropped']:,.0f} phones' states dropped; loop late by {found['worst'] * 1000:.0f} ms at most;"
            f" {mine * 1e6:.1f} us CPU an event",
            yardstick=f"only cut and split, nothing checked or kept: {bare * 1e6:.1f} us CPU an event",
            ratio=f"{bare / mine:.2f}",
            aim=f"every end, <= {MAY_GROW} MB",
            met=sound,
        ),
    )


if __name__ == "__main__":
    for one in ask(*(kind(text) for kind, text in zip((int, float, int), sys.argv[1:], strict=False))):
        print(one)
