"""What systemd is told: ready, status, alive.

Owns the notification socket. Knows no state of ours.
Invariant: without NOTIFY_SOCKET every call does nothing.
"""

from __future__ import annotations

import os
import socket


def notify(**fields: str) -> None:
    """`notify(READY="1", STATUS="…")`; sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    message = "\n".join(f"{name}={' '.join(value.split())}" for name, value in fields.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as sender:
        try:
            sender.sendto(message.encode(), address)
        except OSError:
            return  # also when its queue is full; systemd restarts us if it misses the watchdog


def watchdog_interval() -> float | None:
    """Seconds between two signs of life (half of what systemd allows), None when it does not watch."""
    text = os.environ.get("WATCHDOG_USEC", "")
    return int(text) / 2_000_000 if text.isdigit() and int(text) > 0 else None
