"""The log: events in the past tense, one JSON line each in the service, readable lines on a terminal.

Owns structlog's configuration and the way to stderr. Knows no event.
Invariant: names, numbers and amounts are never logged at INFO; every value is escaped, so that no export can forge a line; a line that
nobody takes is dropped and counted, and keeps no call waiting.
"""

from __future__ import annotations

import os
import select
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import orjson
import structlog

from collectord.core.wording import safe

INFO, WARNING, ERROR = 20, 30, 40
RED, YELLOW, GREEN = "\x1b[31m", "\x1b[33m", "\x1b[32m"
COLOURS = {"failed": RED, "lost": RED, "refused": YELLOW, "held": YELLOW, "closed": GREEN}


class Unhindered:
    """A file whose reader may stop reading: a full pipe, a journal that hangs, a disk without room.

    A pipe or socket that polls as writable takes PIPE_BUF bytes without a wait.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.dropped = 0  # lines since the last one that was taken
        self._cut = b""  # a line end for the line of which only a part was taken
        try:
            self._fd = file.fileno()
        except OSError:  # a text in memory
            self._fd = -1

    def write(self, text: str) -> None:
        if self._fd < 0:
            self._file.write(text)
        elif self._taken(self._cut + text.encode("utf-8", "backslashreplace")):
            self.dropped = 0  # this line has told of them
        else:
            self.dropped += 1

    def flush(self) -> None:
        """Nothing is kept back."""

    def _taken(self, line: bytes) -> bool:
        ready = select.poll()
        ready.register(self._fd, select.POLLOUT)
        try:
            while line:
                if not any(event & select.POLLOUT for _, event in ready.poll(0)):
                    return False
                line = line[os.write(self._fd, line[: select.PIPE_BUF]) :]
                self._cut = b"\n" if line else b""
        except OSError:
            return False
        return True


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

    def tell_of_lost(_logger: Any, _name: str, event: Any) -> Any:
        return {**event, "lines_dropped": stream.dropped} if stream.dropped else event

    stream: Any = Unhindered(sys.stderr)  # all that structlog asks of a file
    tty = sys.stderr.isatty()
    there = ZoneInfo(zone)
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, stamp, tell_of_lost, _fault, _escape, _one_line(tty) if tty or readable else _json],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )


def get() -> Any:
    return structlog.get_logger()
