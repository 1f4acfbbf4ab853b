"""A raw AMI line for the tests of the dialplan: what was sent is what stands here, what came is kept.

Owns one socket and one reading thread. Shares nothing with collectord's own AMI code, so that both cannot be wrong together.
Invariant: every message since login stays in `seen`, in order of arrival.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from itertools import count

Message = dict[str, str]
WITHIN = 60.0  # s for whatever a test waits for; only a failing test takes that long


class Ami:
    """Logged in on construction; use as a context manager."""

    def __init__(self, host: str, port: int, username: str, secret: str) -> None:
        self.seen: list[Message] = []
        self._came: dict[int, float] = {}  # id of a message -> when it came
        self.go: Callable[[str], str | None] = lambda attempt: "1"  # the answer to an accepted call; None: nothing, as by no daemon
        self._news = threading.Condition()
        self._numbers = count(1)
        self._socket = socket.create_connection((host, port), timeout=10)
        self._socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        answer = self.action("Login", ("Username", username), ("Secret", secret))
        if answer["Response"] != "Success":
            raise ConnectionError(answer["Message"])

    def __enter__(self) -> Ami:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._socket.close()

    def action(self, name: str, *headers: tuple[str, str]) -> Message:
        """Sends one action, answers its response."""
        number = f"test-{next(self._numbers)}"
        lines = [("Action", name), *((("ActionID", number),) if not any(k == "ActionID" for k, _ in headers) else ()), *headers]
        number = dict(lines)["ActionID"]
        self._write(name, *lines[1:])
        return self.wait(lambda m: "Response" in m and m.get("ActionID") == number, f"a response to {name}")

    def at_once(self, actions: list[tuple[str, list[tuple[str, str]]]]) -> None:
        """Sends several actions in one piece, waits for no response."""
        self._socket.sendall(b"".join(_packet(name, *headers) for name, headers in actions))

    def at(self, message: Message) -> float:
        """When it came, in seconds of the monotonic clock."""
        return self._came[id(message)]

    def _write(self, name: str, *headers: tuple[str, str]) -> None:
        self._socket.sendall(_packet(name, *headers))

    def wait(self, wanted: Callable[[Message], bool], what: str, *, since: int = 0, within: float = WITHIN) -> Message:
        """The first message from position `since` on that is wanted, as soon as it is there."""
        deadline = time.monotonic() + within
        with self._news:
            while True:
                for message in self.seen[since:]:
                    if wanted(message):
                        return message
                if not self._news.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"{what} did not come within {within:.0f} s; last: {self.seen[since:][-8:]}")

    def _read(self) -> None:
        rest = b""
        while chunk := self._chunk():
            *messages, rest = (rest + chunk).split(b"\r\n\r\n")
            read = [_message(raw.decode().split("\r\n")) for raw in messages]
            with self._news:
                self._came |= dict.fromkeys(map(id, read), time.monotonic())
                self.seen.extend(read)
                self._news.notify_all()
            for message in read:
                if message.get("UserEvent") == "CollAccept" and (answer := self.go(message["CollID"])) is not None:
                    self._write("Setvar", ("Channel", message["Uniqueid"]), ("Variable", "COLL_GO"), ("Value", answer))

    def _chunk(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""


def _message(lines: list[str]) -> Message:
    return {key: value for key, colon, value in (line.partition(": ") for line in lines) if colon} | {
        line[:-1]: "" for line in lines if line.endswith(":")
    }


def _packet(name: str, *headers: tuple[str, str]) -> bytes:
    return "".join(f"{key}: {value}\r\n" for key, value in (("Action", name), *headers)).encode() + b"\r\n"
