"""A PBX that floods: python -m bench.flooding_pbx EVENTS_A_SECOND SECONDS ENDS.

Owns the other end of the flood: it greets, lets in, answers, and then sends phones' states in a steady stream with ENDS ends of calls in
between, evenly. Invariant: what it wrote is what it says at the end, one JSON line.
"""

from __future__ import annotations

import json
import socket
import sys
import time

STATE = b"Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: PJSIP/%d\r\nState: INUSE\r\n\r\n"
END = (
    "Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: CollEnd\r\nCollID: flood-{n:08}\r\nSeq: 9\r\nState: WRAP\r\nStatus: ANSWER\r\n"
    "Cause: 16\r\nTech: SIP 200 OK\r\nRang: 12\r\nTalk: 1004\r\nDisp: 2\r\nAmount: \r\nOn: \r\nAt: \r\n\r\n"
)
TICK = 0.02  # s


def answer(order: bytes) -> bytes:
    headers = dict(line.split(b": ", 1) for line in order.split(b"\r\n") if b": " in line)
    more = b"CoreStartupDate: 2026-11-21\r\nCoreStartupTime: 06:00:00\r\nAsteriskVersion: 22.10.1\r\nPing: Pong\r\n"
    return b"Response: Success\r\nActionID: " + headers[b"ActionID"] + b"\r\n" + more + b"\r\n"


def flood(peer: socket.socket, rate: int, seconds: float, ends: int) -> dict[str, float]:
    """Whoever reads too slowly makes us late: a PBX's socket does the same."""
    chunk = b"".join(STATE % (200 + n % 40) for n in range(int(rate * TICK)))
    ticks = int(seconds / TICK)
    began, sent_ends, states, pending = time.monotonic(), 0, 0, b""
    for tick in range(ticks):
        data = chunk
        states += int(rate * TICK)
        while sent_ends < ends * (tick + 1) // ticks:
            data += END.format(n=sent_ends).encode()
            sent_ends += 1
        peer.sendall(data)
        peer.setblocking(False)
        try:
            pending += peer.recv(65_536)  # pings want an answer meanwhile
        except BlockingIOError:
            pass
        peer.setblocking(True)
        *orders, pending = pending.split(b"\r\n\r\n")
        for order in orders:
            peer.sendall(answer(order))
        time.sleep(max(0.0, began + (tick + 1) * TICK - time.monotonic()))
    return {"states": states, "ends": sent_ends, "seconds": time.monotonic() - began}


def main() -> None:
    rate, seconds, ends = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"Asterisk Call Manager/11.0.0\r\n")
            pending = b""
            for _ in range(4):  # Login, CoreStatus, CoreSettings, and the first Ping
                while b"\r\n\r\n" not in pending:
                    pending += peer.recv(65_536)
                order, _, pending = pending.partition(b"\r\n\r\n")
                peer.sendall(answer(order))
            print(json.dumps(flood(peer, rate, seconds, ends)), flush=True)
            while peer.recv(65_536):
                pass  # until the link is closed: what is in flight is still to be read


if __name__ == "__main__":
    main()
