"""What a PBX reports, read from AMI messages and journal rows into the values of `core.pbx_events` and `core.pbx_calls`.

Owns the meaning of event names and headers. Sends nothing, keeps nothing but counters.
Invariant: whatever comes in, the answer is a checked value or None; nothing raises, and no text from the wire is unbounded.

A peer of the trunk writes the reason phrase of `Tech` ("SIP 486 ..."). A comma in it would start a new header of the UserEvent and a
bar a new field of a journal row, so what the dialplan writes before Tech is read from the front and what it writes after from the back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from collectord.core.telephony.pbx_calls import CallerRow, HandedRow, JournalPhase, JournalRow, LiveChannel, RecordedRow, UnreadableRow
from collectord.core.telephony.pbx_events import (
    Acked,
    AgentAccepted,
    AgentUp,
    CallerArrived,
    CallerMissed,
    ChannelHungUp,
    DebtorUp,
    DeviceState,
    Dialling,
    DialResult,
    Duplicate,
    Ended,
    EndState,
    FeatureAction,
    FeatureDialled,
    HandedOver,
    HandOverAsked,
    Keyed,
    KeyedAmount,
    LineGiven,
    LineTold,
    NobodyThere,
    NumberDialled,
    OriginateAnswered,
    OriginateFailed,
    PairKeyed,
    PbxEvent,
    WishKeyed,
    WrapEnded,
)
from collectord.core.telephony.recording import ConsentTold, RecordingState, RecordingTold
from collectord.edge.pbx.wire import AmiMessage

MAX_TEXT = 120

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ATTEMPT_ID = re.compile(r"\A[a-z0-9-]{8,40}\Z")
_ORIGINATE_ID = re.compile(r"\A([a-z0-9-]{8,40}?)(?:-w([1-9]))?-o\Z")
_OWN_UNIQUEID = re.compile(r"\Acoll-([a-z0-9-]{8,40}?)(?:-w([1-9]))?\Z")
_UNIQUEID = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,148}(?:;2)?\Z")  # ";2": the far half of a Local channel
_DISP = re.compile(r"\A[1-9]\Z")
_WHOLE = re.compile(r"\A[0-9]{1,9}\Z", re.ASCII)
_DAY = re.compile(r"\A([0-9]{4})([0-9]{2})([0-9]{2})\Z", re.ASCII)
DIALLED = "out-"  # so begins the id of a call that an agent dialled: its leg is a phone's own, and tells COLL_STATE
_DIGITS = re.compile(r"\A[0-9]{0,16}\Z", re.ASCII)
_KEYED = re.compile(r"\A[0-9]{1,20}\Z", re.ASCII)
_E164 = re.compile(r"\A\+[1-9][0-9]{6,14}\Z", re.ASCII)
_DEVICE = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.@/:+-]{0,79}\Z")


class Reader:
    """Reads messages into events; `unread` counts what it could not read, by reason."""

    def __init__(self) -> None:
        self.unread: Counter[str] = Counter()

    def read(self, message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
        fields = message.fields
        name = fields.get("event", "")
        if (name == "UserEvent" and _is_forged(message)) or (name == "DeviceStateChange" and "uniqueid" in fields):
            self.unread["forged"] += 1
            return None
        read = _EVENTS.get(fields.get("userevent", "") if name == "UserEvent" else name)
        if read is None:
            self.unread["unknown"] += 1
            return None
        event = read(message, seen_at)
        if event is None:
            self.unread["foreign" if name in _SHARED else "malformed"] += 1
        return event


def _is_forged(message: AmiMessage) -> bool:
    """Whether somebody else's text stands where only the PBX or our dialplan writes.

    Asterisk 22.10 writes a caller's number as it came, and %0d%0a in a SIP address comes as CR LF: whoever calls can add headers to each
    event and list item that shows the number, and whole messages. What the PBX says of the channel stands before the name of our report,
    Uniqueid once and at its end; what our dialplan says stands behind it.
    """
    if message.repeats("userevent") or message.repeats("uniqueid"):
        return True
    names = message.names()
    before = names[: names.index("userevent")] if message.has("userevent") else names
    return not _OURS.isdisjoint(before) or ("uniqueid" not in before and message.has("uniqueid"))


def read_live(message: AmiMessage) -> LiveChannel | None:
    """One row of Status; None when the channel is no leg of a call of ours."""
    uniqueid = message.first("uniqueid")
    given = (text.partition("=")[::2] for text in message.every("variable"))
    variables = {name: "" if value == "(null)" else value for name, value in given}  # so writes Asterisk 22 what is not set
    own = _OWN_UNIQUEID.match(uniqueid)
    linked = _OWN_UNIQUEID.match(message.first("linkedid"))
    if own is None and variables.get("COLL_LEG") == "phone":
        return None  # between the agent's leg and the phone, or the open line: neither theirs nor the debtor's
    attempt = variables.get("COLL_ID", "")
    if not _ATTEMPT_ID.match(attempt):
        known = own or linked
        if known is None:
            return None
        attempt = known[1]
    return LiveChannel(
        attempt_id=attempt,
        uniqueid=uniqueid if _UNIQUEID.match(uniqueid) else "",
        channel=_text(message.first("channel")),
        coll_state=_text(variables.get("COLL_STATE", "")),
        agent_leg=own[2] is None if own else attempt.startswith(DIALLED) and variables.get("COLL_STATE", "") not in ("", "HAND", "HELD"),
        ring_back=int(own[2] or 0) if own else 0,
        up=message.first("channelstatedesc") == "Up",
        seconds=_number(message.first("seconds")),
        recorded=bool(variables.get("MIXMONITOR_FILENAME") or variables.get("MONITORED")),
    )


def read_line(message: AmiMessage) -> tuple[str, str] | None:
    """One row of Status: (endpoint, channel) of an agent who waits on an open line, or talks on it."""
    channel = _text(message.first("channel"))
    endpoint = next((text.partition("=")[2] for text in message.every("variable") if text.startswith("COLL_LINE=")), "")
    return (endpoint, channel) if _DEVICE.match(endpoint) and channel.startswith(f"{endpoint}-") else None


def read_journal(message: AmiMessage) -> JournalRow | UnreadableRow | None:
    """One row of DBGetTree; None when its key cannot be an attempt of ours."""
    attempt = message.first("key").rpartition("/")[2]
    if not _ATTEMPT_ID.match(attempt):
        return None
    text = message.first("val")
    return read_row(attempt, text)


def read_row(attempt_id: str, text: str) -> JournalRow | UnreadableRow:
    """Docs/INTERNALS 1.3."""
    phase, *fields = text.split("|")
    match phase:
        case "AGENT" | "DIAL" if not fields:
            return JournalRow(attempt_id=attempt_id, phase=JournalPhase(phase))
        case "RES" if len(fields) >= 5:
            status, cause, *tech, rang, talk = fields
            keyed: list[str] = []
            state = None
        case "KEY" if len(fields) >= 9:
            status, cause, *tech, rang, talk, disp, amount, on, at = fields
            keyed, state = [disp, amount, on, at], None
        case "END" if len(fields) >= 10:
            word, status, cause, *tech, rang, talk, disp, amount, on, at = fields
            keyed, state = [disp, amount, on, at], _state(word) if word else None
        case _:
            return UnreadableRow(attempt_id=attempt_id, text=_text(text))
    disp, amount, on, at = keyed or ("", "", "", "")
    return JournalRow(
        attempt_id=attempt_id,
        phase=JournalPhase(phase),
        state=state,
        status=_text(status),
        cause=_number(cause),
        tech=_text("|".join(tech)),
        rang_ms=_number(rang),
        talk_ms=_number(talk),
        disp=_disp(disp),
        amount=_amount(amount),
        on=_day(on),
        at=_hour(at),
    )


def read_caller(message: AmiMessage) -> CallerRow | None:
    """One row of family collin: called|caller|endpoint. None when it cannot be ours."""
    attempt = message.first("key").rpartition("/")[2]
    called, caller, endpoint = [*message.first("val").split("|"), "", "", ""][:3]
    if not _ATTEMPT_ID.match(attempt) or not _E164.match(called) or not _E164.match(caller):
        return None
    return CallerRow(attempt_id=attempt, called=called, caller=caller, endpoint=endpoint if _DEVICE.match(endpoint) else "")


def read_handed(message: AmiMessage) -> HandedRow | None:
    """One row of family collhand: it begins with the endpoint of who spoke last. None when it cannot be ours."""
    attempt, endpoint = message.first("key").rpartition("/")[2], message.first("val").partition("|")[0]
    return HandedRow(attempt_id=attempt, endpoint=endpoint) if _ATTEMPT_ID.match(attempt) and _DEVICE.match(endpoint) else None


def read_recorded(message: AmiMessage) -> RecordedRow | None:
    """One row of family collrec: on, withdrawn. None when it cannot be ours."""
    attempt, word = message.first("key").rpartition("/")[2], message.first("val")
    return RecordedRow(attempt_id=attempt, withdrawn=word != "on") if _ATTEMPT_ID.match(attempt) else None


# -- headers to values ------------------------------------------------------------------------------------------------


def _text(value: str) -> str:
    if len(value) <= MAX_TEXT and value.isprintable():  # nearly all; the search below takes ten times as long
        return value
    return _CONTROL.sub("?", value[:MAX_TEXT])


def _number(value: str) -> int | None:
    return int(value) if _WHOLE.match(value) else None


def _disp(value: str) -> str:
    return value if _DISP.match(value) else ""


def _amount(value: str) -> KeyedAmount:
    return "full" if value == "full" else _number(value)


def _day(value: str) -> date | None:
    found = _DAY.match(value)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _hour(value: str) -> int | None:
    hour = _number(value)
    return hour if hour is not None and hour <= 23 else None


def _state(word: str) -> EndState:
    try:
        return EndState(word)
    except ValueError:
        return EndState.OTHER


def _attempt(message: AmiMessage) -> str | None:
    attempt = message.first("collid")
    return attempt if _ATTEMPT_ID.match(attempt) else None


def _uniqueid(message: AmiMessage) -> str:
    uniqueid = message.first("uniqueid")
    return uniqueid if _UNIQUEID.match(uniqueid) else ""


# -- one function per event -------------------------------------------------------------------------------------------


def _agent_up(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return AgentUp(seen_at=seen_at, attempt_id=attempt, channel_uniqueid=_uniqueid(message)) if attempt else None


def _accepted(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return AgentAccepted(seen_at=seen_at, attempt_id=attempt, channel_uniqueid=_uniqueid(message)) if attempt else None


def _dialling(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return Dialling(seen_at=seen_at, attempt_id=attempt) if attempt else None


def _debtor_up(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    if attempt is None:
        return None
    channel = _text(message.first("custchannel"))
    return DebtorUp(seen_at=seen_at, attempt_id=attempt, debtor_channel=channel, channel_uniqueid=_uniqueid(message))


def _nobody_there(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return NobodyThere(seen_at=seen_at, attempt_id=attempt) if attempt else None


def _line(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    endpoint, channel = message.first("endpoint"), _text(message.first("linechannel"))
    if not _DEVICE.match(endpoint) or not channel.startswith(f"{endpoint}-"):
        return None
    return LineTold(seen_at=seen_at, endpoint=endpoint, channel=channel, ready=message.first("linestate") == "ready")


def _line_given(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return LineGiven(seen_at=seen_at, attempt_id=attempt) if attempt else None


def _dial_result(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    if attempt is None:
        return None
    return DialResult(
        seen_at=seen_at,
        attempt_id=attempt,
        status=_text(message.first("status")),
        cause=_number(message.first("cause")),
        tech=_text(message.first("tech")),
        rang_ms=_number(message.last("rang")),
        talk_ms=_number(message.last("talk")),
    )


def _keyed(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, disp = _attempt(message), _disp(message.last("disp"))
    if attempt is None or not disp:
        return None
    return Keyed(
        seen_at=seen_at,
        attempt_id=attempt,
        disp=disp,
        amount=_amount(message.last("amount")),
        on=_day(message.last("on")),
        at=_hour(message.last("at")),
        channel_uniqueid=_uniqueid(message),
    )


def _ended(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    if attempt is None:
        return None
    return Ended(
        seen_at=seen_at,
        attempt_id=attempt,
        state=_state(message.first("state")),
        status=_text(message.first("status")),
        cause=_number(message.first("cause")),
        tech=_text(message.first("tech")),
        rang_ms=_number(message.last("rang")),
        talk_ms=_number(message.last("talk")),
        disp=_disp(message.last("disp")),
        amount=_amount(message.last("amount")),
        on=_day(message.last("on")),
        at=_hour(message.last("at")),
    )


def _duplicate(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return Duplicate(seen_at=seen_at, attempt_id=attempt, old=_text(message.first("old"))) if attempt else None


def _acked(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return Acked(seen_at=seen_at, attempt_id=attempt, old=_text(message.first("old"))) if attempt else None


def _wrap_ended(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    if attempt is None:
        return None
    return WrapEnded(
        seen_at=seen_at,
        attempt_id=attempt,
        keyed=message.last("keyed") == "yes",
        disp=_disp(message.last("disp")),
        amount=_amount(message.last("amount")),
        on=_day(message.last("on")),
        at=_hour(message.last("at")),
    )


def _feature(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    uniqueid, pin, arg = _uniqueid(message), message.first("pin"), message.first("arg")
    endpoint = message.first("endpoint")
    try:
        action = FeatureAction(message.first("action"))
    except ValueError:
        return None
    if not uniqueid or not _DEVICE.match(endpoint) or not _DIGITS.match(pin):
        return None
    return FeatureDialled(
        seen_at=seen_at,
        action=action,
        endpoint=endpoint,
        pin=pin,
        arg=_text(arg),
        uniqueid=uniqueid,
        channel=_text(message.first("channel")),
    )


def _arrived(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, uniqueid = _attempt(message), _uniqueid(message)
    called, caller = message.first("called"), message.first("caller")
    if attempt is None or not uniqueid or not _E164.match(called):
        return None
    return CallerArrived(
        seen_at=seen_at,
        attempt_id=attempt,
        called=called,
        caller=caller if _E164.match(caller) else "",
        tried=tuple(one for one in message.first("tried").split("&")[:9] if _DEVICE.match(one)),
        uniqueid=uniqueid,
    )


def _missed(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, called, caller = _attempt(message), message.first("called"), message.first("caller")
    if attempt is None or not _E164.match(called) or not _E164.match(caller):
        return None
    return CallerMissed(seen_at=seen_at, attempt_id=attempt, called=called, caller=caller)


def _pair(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, uniqueid, turn = _attempt(message), _uniqueid(message), _number(message.first("turn"))
    called, caller = message.first("called"), message.first("caller")
    debtor, invoice = message.first("debtor"), message.first("invoice")
    if attempt is None or not uniqueid or turn is None or not _E164.match(called) or not _E164.match(caller):
        return None
    if not _KEYED.match(debtor) or not _KEYED.match(invoice):
        return None
    return PairKeyed(
        seen_at=seen_at, attempt_id=attempt, called=called, caller=caller, turn=turn, debtor=debtor, invoice=invoice, uniqueid=uniqueid
    )


def _wish(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, uniqueid = _attempt(message), _uniqueid(message)
    on = _day(message.first("on"))
    if attempt is None or not uniqueid:
        return None
    match message.first("wish"):
        case "promise" | "morning" | "afternoon" | "soon" as wish:
            return WishKeyed(seen_at=seen_at, attempt_id=attempt, wish=wish, on=on, uniqueid=uniqueid)
    return None


def _dialled(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, uniqueid = _attempt(message), _uniqueid(message)
    number, endpoint = message.first("number"), message.first("endpoint")
    if attempt is None or not uniqueid or not _E164.match(number) or not _DEVICE.match(endpoint):
        return None
    return NumberDialled(seen_at=seen_at, attempt_id=attempt, number=number, endpoint=endpoint, uniqueid=uniqueid)


def _hand_over_asked(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, uniqueid, to = _attempt(message), _uniqueid(message), message.first("to")
    if attempt is None or not uniqueid or not to or not _DIGITS.match(to):
        return None
    return HandOverAsked(seen_at=seen_at, attempt_id=attempt, to=to, uniqueid=uniqueid, first_asked=message.first("ask") == "1")


def _handed_over(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, endpoint = _attempt(message), message.first("endpoint")
    return HandedOver(seen_at=seen_at, attempt_id=attempt, endpoint=endpoint) if attempt and _DEVICE.match(endpoint) else None


def _consented(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, uniqueid = _attempt(message), _uniqueid(message)
    return ConsentTold(seen_at=seen_at, attempt_id=attempt, uniqueid=uniqueid) if attempt and uniqueid else None


def _recording(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt, word = _attempt(message), message.first("recstate")
    if attempt is None or word not in ("on", "failed"):
        return None
    return RecordingTold(seen_at=seen_at, attempt_id=attempt, state=RecordingState(word))


def _withdrawn(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return RecordingTold(seen_at=seen_at, attempt_id=attempt, state=RecordingState.WITHDRAWN) if attempt else None


def _erased(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    attempt = _attempt(message)
    return RecordingTold(seen_at=seen_at, attempt_id=attempt, state=RecordingState.ERASED) if attempt else None


def _originated(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    """By ActionID only: a refused second use of a live id comes with the live call's Uniqueid, and that call goes on."""
    action_id = message.first("actionid")
    own = _ORIGINATE_ID.match(action_id)
    if own is None:
        return None
    kind = OriginateAnswered if message.first("response") == "Success" else OriginateFailed
    return kind(
        seen_at=seen_at,
        attempt_id=own[1],
        action_id=action_id,
        reason=_number(message.first("reason")),
        uniqueid=_uniqueid(message),
        ring_back=int(own[2] or 0),
    )


def _hung_up(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    uniqueid = message.first("uniqueid")
    own = _OWN_UNIQUEID.match(uniqueid)
    if own is None:
        return None
    cause = _number(message.first("cause"))
    return ChannelHungUp(seen_at=seen_at, attempt_id=own[1], uniqueid=uniqueid, cause=cause, ring_back=int(own[2] or 0))


def _device(message: AmiMessage, seen_at: datetime) -> PbxEvent | None:
    device = message.first("device")
    return DeviceState(seen_at=seen_at, device=device, state=_text(message.first("state"))) if _DEVICE.match(device) else None


_OURS = frozenset(
    (
        "collid", "seq", "status", "cause", "tech", "rang", "talk", "disp", "amount", "on", "at", "state", "keyed", "old", "custchannel",
        "action", "endpoint", "pin", "arg", "called", "caller", "tried", "number", "to",
        "linechannel", "linestate", "recstate", "turn", "debtor", "invoice", "wish",
    )
)  # fmt: skip
"""What only our dialplan says."""
_SHARED = frozenset({"OriginateResponse", "Hangup"})  # reported about other people's calls as well, and about our acknowledgements
_EVENTS: dict[str, Callable[[AmiMessage, datetime], PbxEvent | None]] = {
    "CollAgent": _agent_up,
    "CollAccept": _accepted,
    "CollDial": _dialling,
    "CollUp": _debtor_up,
    "CollFreed": _line_given,
    "CollResult": _dial_result,
    "CollKeyed": _keyed,
    "CollEnd": _ended,
    "CollDup": _duplicate,
    "CollAcked": _acked,
    "CollWrapEnd": _wrap_ended,
    "CollFeature": _feature,
    "CollIn": _arrived,
    "CollMissed": _missed,
    "CollPair": _pair,
    "CollWish": _wish,
    "CollLost": _nobody_there,
    "CollLine": _line,
    "CollOut": _dialled,
    "CollHand": _hand_over_asked,
    "CollHanded": _handed_over,
    "CollConsent": _consented,
    "CollRecording": _recording,
    "CollWithdrawn": _withdrawn,
    "CollErased": _erased,
    "OriginateResponse": _originated,
    "Hangup": _hung_up,
    "DeviceStateChange": _device,
}
