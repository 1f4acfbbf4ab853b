"""A PBX that plays one kind of call, cheaply: python -m bench.scripted_pbx PHONES.

Owns an AMI socket. Each Originate becomes a whole call: phone, preview, "go", an answer, talk, key, "saved", end, acknowledgement, with the
messages that Asterisk 22 writes of it through the event filter of asterisk-config/manager.d. Knows no dialplan and no fault.
Invariant: "go" and "saved" are waited for, as the dialplan does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from bench.busy_desk import phones

RINGS, PREVIEW, ANSWERS, TALKS, KEYS, HANGS_UP = 0.3, 1.0, 0.05, 1.0, 0.8, 0.6  # s
ENDED = "Status: ANSWER\r\nCause: 16\r\nTech: SIP 200 OK\r\nRang: 51\r\nTalk: 1007"
KEYED = "Disp: 2\r\nAmount: \r\nOn: \r\nAt: "
CHANNEL = (
    "Channel: {channel}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: +493020591202\r\nCallerIDName: Debtor 59 GmbH\r\n"
    "ConnectedLineNum: +493020591202\r\nConnectedLineName: Debtor 59 GmbH\r\nLanguage: de_coll_site\r\nAccountCode: \r\n"
    "Context: coll-agent\r\nExten: s\r\nPriority: 1\r\nUniqueid: coll-{id}\r\nLinkedid: coll-{id}\r\nChanVariable: COLL_ID={id}\r\n"
)
TOLD = "Event: UserEvent\r\nPrivilege: user,all\r\n" + CHANNEL + "UserEvent: {name}\r\nCollID: {id}\r\n{more}\r\n\r\n"
HUNG_UP = "Event: Hangup\r\nPrivilege: call,all\r\n" + CHANNEL + "Cause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"
RUNG = (
    "Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: {id}-o\r\nResponse: Success\r\nChannel: {channel}\r\n"
    "Context: coll-agent\r\nExten: s\r\nReason: 4\r\nUniqueid: coll-{id}\r\nCallerIDNum: +493020591202\r\n\r\n"
)
ANSWER = {
    "CoreStatus": "CoreStartupDate: 2026-11-22\r\nCoreStartupTime: 06:00:00\r\n",
    "CoreSettings": "AMIversion: 11.0.0\r\nAsteriskVersion: 22.10.1\r\n",
    "Ping": "Ping: Pong\r\n",
    "Getvar": "Variable: COLL_DIALPLAN_VERSION\r\nValue: 2\r\n",
}
LISTS = {"Status": "StatusComplete", "DeviceStateList": "DeviceStateListComplete", "DBGetTree": "DBGetTreeComplete"}


class Session(asyncio.Protocol):
    def __init__(self, desk: list[str]) -> None:
        self.states = dict.fromkeys((f"PJSIP/{phone}" for phone in desk), "NOT_INUSE")
        self.rest = b""
        self.later = asyncio.get_running_loop().call_later
        self.go: dict[str, Callable[[], object]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.wire = transport
        self.write("Asterisk Call Manager/11.0.0\r\n")

    def write(self, text: str) -> None:
        self.wire.write(text.encode())

    def data_received(self, data: bytes) -> None:
        *orders, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for order in orders:
            self.take(order.decode())

    def take(self, order: str) -> None:
        said = dict(line.split(": ", 1) for line in order.split("\r\n") if ": " in line)
        name, turn = said["Action"], said["ActionID"]
        head = f"Response: Success\r\nActionID: {turn}\r\n"
        if name in LISTS:
            self.write(f"{head}EventList: start\r\n\r\n")
            if name == "DeviceStateList":
                row = f"Event: DeviceStateChange\r\nActionID: {turn}\r\nDevice: {{}}\r\nState: {{}}\r\n\r\n"
                self.write("".join(row.format(*pair) for pair in self.states.items()))
            self.write(f"Event: {LISTS[name]}\r\nActionID: {turn}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n")
            return
        self.write(f"{head}{ANSWER.get(name, '')}\r\n")
        if name == "Originate" and turn.endswith("-o"):
            self.rings(turn[:-2], said["Channel"])
        elif name == "Originate":
            acked = TOLD.format(channel="Local/ack@coll-ack-00000008;2", id=turn[:-2], name="CollAcked", more="Old: END|WRAP|ANSWER")
            self.write(acked.replace(f"coll-{turn[:-2]}", "1795385348.8"))
        elif said.get("Variable") in ("COLL_GO", "COLL_SAVED") and said["Value"] == "1":
            self.go.pop(said["Channel"] + said["Variable"], lambda: None)()

    def phone(self, endpoint: str, state: str) -> str:
        self.states[endpoint] = state
        return f"Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: {endpoint}\r\nState: {state}\r\n\r\n"

    def rings(self, call: str, endpoint: str) -> None:
        channel = f"{endpoint}-00000000"

        def told(name: str, more: str) -> str:
            return TOLD.format(channel=channel, id=call, name=name, more=more)

        def picked_up() -> None:
            self.write(self.phone(endpoint, "INUSE") + told("CollAgent", "Seq: 1") + RUNG.format(id=call, channel=channel))
            self.later(PREVIEW, accepted)

        def accepted() -> None:
            self.go[f"coll-{call}COLL_GO"] = dialled
            self.write(told("CollAccept", "Seq: 2"))

        def dialled() -> None:
            self.write(told("CollDial", "Seq: 3"))
            self.later(ANSWERS, self.write, told("CollUp", "Seq: 4\r\nCustChannel: PJSIP/trunk-00000002"))
            self.later(TALKS, talked)

        def talked() -> None:
            self.write(told("CollResult", f"Seq: 5\r\n{ENDED}"))
            self.later(KEYS, keyed)

        def keyed() -> None:
            self.go[f"coll-{call}COLL_SAVED"] = lambda: self.later(HANGS_UP, over)
            self.write(told("CollKeyed", f"Seq: 6\r\n{KEYED}"))

        def over() -> None:
            end = told("CollEnd", f"Seq: 9\r\nState: WRAP\r\n{ENDED}\r\n{KEYED}")
            self.write(end + HUNG_UP.format(channel=channel, id=call) + self.phone(endpoint, "NOT_INUSE"))

        self.write(self.phone(endpoint, "RINGING"))
        self.later(RINGS, picked_up)


async def main(count: int) -> None:
    desk = phones(count)
    server = await asyncio.get_running_loop().create_server(lambda: Session(desk), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
