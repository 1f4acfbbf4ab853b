"""AMI as bytes: requests taken apart as Asterisk does it, answers and events put together.

Owns framing, the limits of a line and of a message, and the variables of an Originate. Knows no action and no call.
Invariant: however the bytes are cut into reads, the requests are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Headers: TypeAlias = Sequence[tuple[str, str]]

MAX_LINE: Final = 1_025  # bytes; Asterisk discards the message of a longer line
MAX_HEADERS: Final = 127  # of one message; further ones are dropped


@dataclass(slots=True)
class Request:
    """One action as it came."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    too_long: bool = False

    def get(self, name: str) -> str:
        """First header of that name in any case, empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def fields(self) -> dict[str, str]:
        joined: dict[str, str] = {}
        for key, value in self.headers:
            shown = "***" if key.lower() in ("secret", "key") else value
            joined[key] = f"{joined[key]}\n{shown}" if key in joined else shown
        return joined


class Reader:
    """Bytes in, whole requests out."""

    def __init__(self) -> None:
        self._rest = b""
        self._now = Request()
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[Request]:
        self._rest += data
        while (end := self._rest.find(b"\n")) >= 0:
            line, self._rest = self._rest[:end].rstrip(b"\r"), self._rest[end + 1 :]
            overlong, self._overlong = self._overlong, False
            if overlong or len(line) >= MAX_LINE:
                self._now.too_long = True
            elif line:
                self._take(line.decode("utf-8", "replace"))
            elif self._now.headers or self._now.too_long:
                done, self._now = self._now, Request()
                yield done
        if len(self._rest) >= MAX_LINE:
            self._rest, self._overlong = b"", True

    def _take(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if colon and len(self._now.headers) < MAX_HEADERS:
            self._now.headers.append((name.strip(), value.strip()))


def render(headers: Headers) -> bytes:
    """One message with its empty line; a line break inside a value would be a bug of ours, so it becomes a space as in Asterisk."""
    lines = (f"{name}: {' '.join(value.splitlines()) if not value.isprintable() else value}" for name, value in headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def variables(values: Iterable[str]) -> dict[str, str]:
    """The variables of an Originate. A comma separates, `\\,` is a comma; the underscores of inheritance are not part of the name."""
    found: dict[str, str] = {}
    for value in values:
        for pair in _split(value):
            name, equals, text = pair.partition("=")
            if equals:
                found[name.strip().lstrip("_")] = text
    return found


def _split(value: str) -> Iterator[str]:
    part, escaped = "", False
    for sign in value:
        if escaped:
            part, escaped = part + sign, False
        elif sign == "\\":
            escaped = True
        elif sign == ",":
            yield part
            part = ""
        else:
            part += sign
    yield part
