"""The log: events in the past tense, one JSON line each in the service, readable lines on a terminal.

Owns structlog's configuration. Knows no event.
Invariant: names, numbers and amounts are never logged at INFO; every value is escaped, so that no export can forge a line.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog

from collectord.core.wording import safe

INFO, WARNING, ERROR = 20, 30, 40
RED, YELLOW, GREEN = "\x1b[31m", "\x1b[33m", "\x1b[32m"
COLOURS = {"failed": RED, "lost": RED, "refused": YELLOW, "held": YELLOW, "closed": GREEN}


def _fault(_logger: Any, _name: str, event: Any) -> Any:
    """An exception becomes its kind and the places that it went through; its text may hold what an export said, so it stays out."""
    kind, _, trace = sys.exc_info()
    if event.pop("exc_info", None) and kind is not None:
        places = [f"{PurePath(at.filename).name}:{at.lineno} {at.name}" for at in reversed(traceback.extract_tb(trace)[-8:])]
        event["fault"] = f"{kind.__name__} in {' < '.join(places)}"
    return event


def _escape(_logger: Any, _name: str, event: Any) -> Any:
    return {key: safe(value, 500) if isinstance(value, str) else value for key, value in event.items()}


def _one_line(colours: bool) -> Any:
    def render(_logger: Any, _name: str, event: Any) -> str:
        stamp, level, what = event.pop("timestamp", ""), event.pop("level", ""), str(event.pop("event", ""))
        details = "  ".join(f"{key}={value}" for key, value in event.items() if value not in (None, "", ()))
        colour = next((code for word, code in COLOURS.items() if word in what), "\x1b[36m") if colours else ""
        mark = " !" if level in ("warning", "error", "critical") else "  "
        return f"{stamp[11:19]}{mark} {colour}{what:<24}{chr(27) + '[0m' if colours else ''} {details}"

    return render


def _json(_logger: Any, _name: str, event: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def configure(now: Callable[[], datetime], *, zone: str, readable: bool, level: int = INFO) -> None:
    """Terminal, or `readable`: lines for people; otherwise JSON lines. Both on stderr, stamped by `now` (so `--now` holds here too)."""

    def stamp(_logger: Any, _name: str, event: Any) -> Any:
        return {"timestamp": now().astimezone(there).isoformat(timespec="milliseconds"), **event}

    tty = sys.stderr.isatty()
    there = ZoneInfo(zone)
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, stamp, _fault, _escape, _one_line(tty) if tty or readable else _json],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get() -> Any:
    return structlog.get_logger()
