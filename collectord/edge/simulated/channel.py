"""A channel as AMI shows it.

Owns the headers that describe a channel in events and lists, in the order of Asterisk 22. Changes no state of a call.
Invariant: every event about a channel carries the same snapshot headers in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

UNKNOWN: Final = "<unknown>"
NULL: Final = "(null)"  # what Status writes for a variable that is not set

_CAUSES: Final = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    3: "No route to destination",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    21: "Call Rejected",
    23: "Redirected to new destination",
    28: "Invalid number format",
    34: "Circuit/channel congestion",
    38: "Network out of order",
}
SIP_OF_CAUSE: Final = {1: 404, 3: 404, 17: 486, 19: 480, 21: 403, 28: 484, 34: 503, 38: 500}  # what chan_pjsip hangs up with


class ChannelState(IntEnum):
    """ast_channel_state; its name in ChannelStateDesc is the capitalised name."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


@dataclass(slots=True, kw_only=True)
class Channel:
    """One leg."""

    name: str
    uniqueid: str
    linkedid: str
    context: str
    exten: str = "s"
    priority: int = 1
    state: ChannelState = ChannelState.DOWN
    caller_num: str = UNKNOWN
    caller_name: str = UNKNOWN
    connected_num: str = UNKNOWN
    connected_name: str = UNKNOWN
    language: str = "en"
    account: str = ""
    application: str = ""
    data: str = ""
    bridge: str = ""
    since: float = 0.0  # seconds of the PBX's own time
    group: str = ""  # GROUP(colldst)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """`PJSIP/201` of `PJSIP/201-0000002a`."""
        return self.name.rpartition("-")[0]

    def snapshot(self) -> list[tuple[str, str]]:
        headers = [
            ("Channel", self.name),
            ("ChannelState", str(int(self.state))),
            ("ChannelStateDesc", self.state.name.capitalize()),
            ("CallerIDNum", self.caller_num),
            ("CallerIDName", self.caller_name),
            ("ConnectedLineNum", self.connected_num),
            ("ConnectedLineName", self.connected_name),
            ("Language", self.language),
            ("AccountCode", self.account),
            ("Context", self.context),
            ("Exten", self.exten),
            ("Priority", str(self.priority)),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.linkedid),
        ]
        if "COLL_ID" in self.variables:  # manager.conf: channelvars=COLL_ID
            headers.append(("ChanVariable", f"COLL_ID={self.variables['COLL_ID']}"))
        return headers

    def status(self, names: list[str], seconds: float) -> list[tuple[str, str]]:
        """The Status event behind its Event and Privilege."""
        return [
            *self.snapshot(),
            ("Type", self.name.partition("/")[0]),
            ("DNID", ""),
            ("EffectiveConnectedLineNum", self.connected_num),
            ("EffectiveConnectedLineName", self.connected_name),
            ("TimeToHangup", "0"),
            ("BridgeID", self.bridge),
            ("Application", self.application),
            ("Data", self.data),
            ("Nativeformats", "(alaw)"),
            ("Readformat", "alaw"),
            ("Readtrans", ""),
            ("Writeformat", "alaw"),
            ("Writetrans", ""),
            ("Callgroup", "0"),
            ("Pickupgroup", "0"),
            ("Seconds", str(int(seconds))),
            *(("Variable", f"{name}={self.variables.get(name, NULL)}") for name in names),
        ]


def hangup(channel: Channel, cause: int, sip: int | None) -> list[tuple[str, str]]:
    """The Hangup event behind its Event and Privilege; `sip`: what the far end refused with, else the cause's own code."""
    sip = sip or SIP_OF_CAUSE.get(cause)
    tail = [("Cause", str(cause)), ("Cause-txt", _CAUSES.get(cause, "Normal, unspecified"))]
    return [*channel.snapshot(), *tail, *([("TechCause", str(sip))] if sip is not None else [])]
