"""How a turn is kept going: again and again, and what its fault means.

Owns the sentences about doubts of the daemon's own. Knows no turn.
Invariant: a turn that fails is a doubt, and nothing is dialled until it has succeeded again; `keep_quietly` alone is without doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from collectord.core.contact.facts import Doubt
from collectord.core.wording import Texts, phrase
from collectord.daemon.state import Running
from collectord.edge.outbox import OutboxUnwritable
from collectord.edge.store.connection import StoreBroken

TEXTS: Texts = {
    "no_memory": (
        "no memory is left; end what else needs much of it here, or raise MemoryMax of the unit; collectord goes on by itself",
        "Der Arbeitsspeicher ist aufgebraucht; beenden Sie, was sonst viel davon braucht, oder heben Sie MemoryMax der Unit an;"
        " collectord macht von selbst weiter",
    ),
    "fault": ("an internal fault in {name}; see the log", "Ein innerer Fehler in {name}; siehe Protokoll"),
    "disk": (
        "less than {room} MB are free on the disk of state_dir",
        "Auf der Platte von state_dir sind weniger als {room} MB frei",
    ),
}  # fmt: skip


Turn = Callable[[], Awaitable[None]]


async def keep(at: Running, name: str, turn: Turn, rest: Turn | None = None) -> None:
    """Runs a turn for ever. A turn that fails is a doubt: nothing is dialled until it succeeds again, however long it rests then."""
    failures = 0
    while True:
        try:
            await turn()
        except StoreBroken as error:
            at.doubted[f"guard/{name}"] = Doubt(rule="guard/store", reason=str(error))
            at.log.error("store_failed", why=str(error))
        except OutboxUnwritable as error:
            at.doubted[f"guard/{name}"] = Doubt(rule="guard/store", reason=str(error))
            at.log.error("outbox_unwritable", why=str(error))
        except MemoryError:
            at.doubted[f"guard/{name}"] = doubt(at, "guard/fault", "no_memory")
            at.log.error("memory_used_up", loop=name)
        except Exception:
            at.doubted[f"guard/{name}"] = doubt(at, "guard/fault", "fault", name=name)
            at.log.exception("loop_failed", loop=name)
        else:
            if failures:
                failures = 0
                at.doubted.pop(f"guard/{name}", None)
                at.dial.set()
            if rest is not None:
                await rest()
            continue
        failures += 1
        await asyncio.sleep(min(30.0, 0.5 * 2 ** min(failures, 6)))


async def keep_quietly(at: Running, name: str, turn: Turn, rest: Turn) -> None:
    """As `keep`, for a turn whose fault is no reason not to dial."""
    while True:
        try:
            await turn()
        except Exception:
            at.log.exception("loop_failed", loop=name)
        await rest()


async def pause(event: asyncio.Event, seconds: float, *, at_least: float = 0.0) -> None:
    await asyncio.sleep(at_least)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def doubt(at: Running, rule: str, code: str, **values: object) -> Doubt:
    return Doubt(rule=rule, reason=phrase(TEXTS, code, at.house.language, at.house.time_zone, **values))
