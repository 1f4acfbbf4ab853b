"""The yardstick for calls: a bare socket to AMI, as a script of one page would have it.

Owns one connection and a thread that reads it. Shares nothing with the product; keeps no state of calls.
Invariant: what it sends was made elsewhere, so that both sides of a comparison send the same bytes but for the ids.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

Seen = tuple[float, bytes]


class BareAmi:
    def __init__(self, host: str, port: int, username: str, secret: str, on_event: Callable[[bytes], None] = lambda block: None) -> None:
        self._socket = socket.create_connection((host, port), timeout=10)
        self._socket.settimeout(None)
        self._on_event = on_event
        self._lock = threading.Lock()
        self.seen: list[Seen] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.send(f"Action: Login\r\nUsername: {username}\r\nSecret: {secret}\r\nEvents: call,user\r\n\r\n")

    def send(self, text: str) -> float:
        with self._lock:
            self._socket.sendall(text.encode())
        return time.time()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._reading.join(5)

    def _read(self) -> None:
        buffer = b""
        while True:
            try:
                got = self._socket.recv(65536)
            except OSError:
                return
            if not got:
                return
            *blocks, buffer = (buffer + got).split(b"\r\n\r\n")
            now = time.time()
            for block in blocks:
                self.seen.append((now, block))
                self._on_event(block)

    def count(self, word: bytes) -> int:
        return sum(word in block for _, block in list(self.seen))


def header(block: bytes, name: bytes) -> bytes:
    for line in block.split(b"\r\n"):
        key, _, value = line.partition(b": ")
        if key == name:
            return value
    return b""


def replay(ami: BareAmi, orders: list[str], per_second: float) -> list[float]:
    """Sends the orders at this pace, each at its own moment; when each was written."""
    began = time.time() + 0.2
    written = []
    for position, order in enumerate(orders):
        ahead = began + position / per_second - time.time()
        if ahead > 0:
            time.sleep(ahead)
        written.append(ami.send(order))
    return written


def answering(box: list[BareAmi]) -> Callable[[bytes], None]:
    """Says "go" and "saved" to whoever waits for it, as the daemon does."""
    answers = {b"CollAccept": "COLL_GO", b"CollKeyed": "COLL_SAVED"}

    def on_event(block: bytes) -> None:
        if variable := answers.get(header(block, b"UserEvent")):
            channel = header(block, b"Uniqueid").decode()
            box[0].send(f"Action: Setvar\r\nChannel: {channel}\r\nVariable: {variable}\r\nValue: 1\r\n\r\n")

    return on_event
