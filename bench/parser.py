"""How many events a second does the AMI reader take?

Owns a recorded mix of what a call sends, read in packets of 4 KB. CPU time: what else runs on the machine is not counted.
Invariant: the yardstick cuts and splits the same bytes and checks nothing.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from bench.finding import Finding
from collectord.edge.pbx.events import Reader
from collectord.edge.pbx.wire import AmiMessage, AmiProtocol

CALL = (
    "Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: 0abcdefgh{n:09}-o\r\nResponse: Success\r\nChannel: PJSIP/201-00000a2c\r\n"
    "Context: coll-agent\r\nExten: s\r\nApplication: \r\nData: \r\nReason: 4\r\nUniqueid: coll-0abcdefgh{n:09}\r\n"
    "CallerIDNum: +493055501202\r\nCallerIDName: Debtor\r\n\r\n",
    "Event: UserEvent\r\nPrivilege: user,all\r\nChannel: PJSIP/201-00000a2c\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
    "CallerIDNum: +493055501202\r\nCallerIDName: Debtor\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: de\r\n"
    "AccountCode: \r\nContext: coll-dial\r\nExten: s\r\nPriority: 34\r\nUniqueid: coll-0abcdefgh{n:09}\r\n"
    "Linkedid: coll-0abcdefgh{n:09}\r\n"
    "UserEvent: CollResult\r\nCollID: 0abcdefgh{n:09}\r\nSeq: 4\r\nStatus: ANSWER\r\nCause: 16\r\nTech: SIP 200 OK\r\nRang: 12\r\n"
    "Talk: 1004\r\n\r\n",
    "Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: PJSIP/201\r\nState: INUSE\r\n\r\n",
    "Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/201-00000a2c\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
    "CallerIDNum: +493055501202\r\nUniqueid: coll-0abcdefgh{n:09}\r\nLinkedid: coll-0abcdefgh{n:09}\r\nCause: 16\r\n"
    "Cause-txt: Normal Clearing\r\n\r\n",
)
PACKET = 4_096
AIM = 100_000  # events a second of CPU time


def bytes_of(calls: int) -> bytes:
    return "".join(text.format(n=number) for number in range(calls) for text in CALL).encode()


def bare(data: bytes) -> int:
    count = 0
    for block in data.split(b"\r\n\r\n"):
        if block:
            dict(line.split(": ", 1) for line in block.decode().split("\r\n"))
            count += 1
    return count


async def ours(data: bytes) -> int:
    reader, now, taken = Reader(), datetime.now(UTC), 0

    def on_event(message: AmiMessage) -> None:
        nonlocal taken
        taken += reader.read(message, now) is not None

    protocol = AmiProtocol(on_event)
    protocol.data_received(b"Asterisk Call Manager/9.0.0\r\n")
    for at in range(0, len(data), PACKET):
        protocol.data_received(data[at : at + PACKET])
    return taken


def ask(calls: int = 20_000) -> Finding:
    data = bytes_of(calls)
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    events = bare(data)
    for _ in range(5):
        began = time.process_time()
        bare(data)
        times["bare"].append(time.process_time() - began)
        began = time.process_time()
        taken = asyncio.run(ours(data))
        times["ours"].append(time.process_time() - began)
        if taken != events:
            raise SystemExit(f"bench: the reader took {taken} of {events} events")
    mine, theirs = min(times["ours"]), min(times["bare"])
    return Finding(
        question="AMI events read, checked and turned into values",
        measured=f"{events / mine:,.0f}/s",
        yardstick=f"bare split into a dict: {events / theirs:,.0f}/s",
        ratio=f"{theirs / mine:.2f}",
        aim=f">= {AIM:,}/s",
        met=events / mine >= AIM,
    )
