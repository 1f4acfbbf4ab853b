"""Ports for many sandboxes on one machine.

Owns the choice of a slot: a number that one sandbox holds as long as its process lives. Touches loopback only.
Invariant: two living sandboxes never hold the same slot, whoever started them; a dead one's slot is free at once.
"""

import contextlib
import socket
from dataclasses import dataclass

from .unavailable import SandboxUnavailable

COMPANY = "127.0.0.1"  # the company's PBX
PHONES = "127.0.0.2"  # the world's desk phones
CARRIER = "127.0.0.3"  # the world's telephone network with the debtors
NOBODY = "127.0.0.4"  # where the trunk `dead` leads: bound, and never answered

SLOTS = 12
SIGNAL_FROM, SIGNAL_EACH = 10240, 16  # below the range from which the kernel takes ports by itself
RTP_FROM, RTP_EACH = 12000, 1900  # per Asterisk; a call through the company's PBX takes four


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of one sandbox."""

    company_sip: int
    company_ami: int
    phones_sip: int
    carrier_sip: int
    world_ami: int
    nobody: int
    company_rtp: tuple[int, int]
    world_rtp: tuple[int, int]


class Slot:
    """Holds a slot by an abstract socket, which the kernel drops with the process, and the silent address of the trunk `dead`."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        for number in range(SLOTS):
            if self._take(number):
                return
        raise SandboxUnavailable(f"all {SLOTS} places for sandboxes on this machine are taken: end one of them")

    def _take(self, number: int) -> bool:
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            lock.bind(f"\0collectord-sandbox-{number}")
        except OSError:
            lock.close()
            return False
        first = SIGNAL_FROM + number * SIGNAL_EACH
        rtp = RTP_FROM + number * 2 * RTP_EACH
        self.ports = Ports(
            company_sip=first,
            phones_sip=first + 1,
            carrier_sip=first + 2,
            nobody=first + 3,
            company_ami=first + 4,
            world_ami=first + 5,
            company_rtp=(rtp, rtp + RTP_EACH - 1),
            world_rtp=(rtp + RTP_EACH, rtp + 2 * RTP_EACH - 1),
        )
        self._held = [lock]
        with contextlib.suppress(OSError):
            for kind, host, port in (
                (socket.SOCK_DGRAM, COMPANY, first),
                (socket.SOCK_DGRAM, PHONES, first + 1),
                (socket.SOCK_DGRAM, CARRIER, first + 2),
                (socket.SOCK_STREAM, COMPANY, first + 4),
                (socket.SOCK_STREAM, PHONES, first + 5),
            ):
                with socket.socket(socket.AF_INET, kind) as probe:
                    if kind == socket.SOCK_STREAM:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Asterisk does: a closed link must not cost a slot
                    probe.bind((host, port))
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._held.append(silent)
            silent.bind((NOBODY, first + 3))
            return True
        self.release()  # somebody else's program sits on one of these ports
        return False

    def release(self) -> None:
        """Gives the slot back."""
        for held in self._held:
            held.close()
        self._held = []
