"""`collectord run` with a stop-watch: python -m bench.watched_daemon CONFIG START FILE.

Owns the notes it takes: when an event had been read, when its transaction was on disk, when an Originate was written.
Invariant: it only looks; the daemon does exactly what it does in service.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from collectord import app
from collectord.core.telephony.call_seen import AgentFree, Effect
from collectord.core.telephony.pbx_events import CallEvent, DeviceState, PbxEvent
from collectord.edge.pbx.actions import Order
from collectord.edge.pbx.wire import AmiProtocol
from collectord.loops import call_events
from collectord.loops.pbx_events import PbxDesk

notes: list[dict[str, Any]] = []


def watch() -> None:
    """Puts the stop-watch around the three places."""
    take_events, take_all, ask = call_events.take_events, PbxDesk.take_all, AmiProtocol.ask
    ahead = 0.0  # of the daemon's clock (`run --now`)

    def wall(instant: datetime) -> float:
        return instant.timestamp() - ahead

    async def timed_events(
        db: Any, rules: Any, house: Any, events: Sequence[CallEvent], standing: Any, now: datetime, lines: Any = call_events.NO_LINES
    ) -> list[tuple[Effect, ...]]:
        every = await take_events(db, rules, house, events, standing, now, lines)
        done = time.time()
        for event, effects in zip(events, every, strict=True):
            freed = [effect.agent for effect in effects if isinstance(effect, AgentFree)]
            notes.append({"what": type(event).__name__, "id": event.attempt_id, "read": wall(event.seen_at), "done": done, "freed": freed})
        return every

    async def timed_take_all(self: PbxDesk, events: Sequence[PbxEvent], now: datetime) -> None:
        nonlocal ahead
        ahead = now.timestamp() - time.time()
        for event in events:
            if isinstance(event, DeviceState):
                notes.append({"what": "Device", "device": event.device, "state": event.state, "read": wall(event.seen_at)})
        await take_all(self, events, now)

    def timed_ask(self: AmiProtocol, order: Order, *, within: float) -> Any:
        answer = ask(self, order, within=within)
        if order.name == "Originate" and order.action_id.endswith("-o"):
            at = time.time()
            notes.append({"what": "Originate", "id": order.action_id[:-2], "text": order.text(), "at": at})
            answer.add_done_callback(lambda _: notes.append({"what": "Answer", "rtt": time.time() - at}))
        return answer

    call_events.take_events = timed_events
    PbxDesk.take_all = timed_take_all  # type: ignore[method-assign]
    AmiProtocol.ask = timed_ask  # type: ignore[method-assign]


def main() -> int:
    config, start, file = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), Path(sys.argv[3])
    watch()
    try:
        return app.run(config, start).exit
    finally:
        file.write_text("".join(json.dumps(note) + "\n" for note in notes), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
