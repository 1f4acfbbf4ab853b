"""What may be written to a PBX: one builder for every AMI action that we use.

Owns the checks between our values and the wire. Sends nothing, knows no socket, decides nothing.
Invariant: no order exists whose headers hold a control character, a variable name that is not a constant of this file (a lamp's apart,
which is made of a constant and a checked agent id), or an id, number, endpoint or line that Asterisk could read as something else.

Why so strict: one CR LF in a CallerID smuggled in a whole second action, and with Async a variable *named* like a function
(`FILE(/path)`) is executed (CVE-2024-42365); both tried on Asterisk 22.10.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from collectord.core.telephony.pbx_calls import ON_LINE, AgentCall, HandCall, Ring, RingBack
from collectord.edge.pbx.faults import OrderRefused

MAX_LINE: Final = 1_024  # bytes with CR LF; Asterisk's line buffer has 1,025 and it discards the whole action beyond
MAX_HEADERS: Final = 128  # AST_MAX_MANHEADERS; Action and ActionID count
MAX_DISPLAY: Final = 40  # characters; what desk phones show
NOWHERE: Final = "coll-nowhere"  # a context that nobody has: who diverts the phone is not rung, and nobody outside hears of a debtor
RING_BACK: Final = "Wrap-up "  # docs/INTERNALS 1.4: by this the agent, and the sandbox's phones, tell a ring-back from a call

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ACTION_ID = re.compile(r"\A[a-z0-9-]{1,64}\Z")
_ATTEMPT_ID = re.compile(r"\A[a-z0-9-]{8,40}\Z")
_LIKE_A_RING_BACK = re.compile(r"-w[1-9]\Z")  # coll-<id>-w1 is the channel of a ring-back
_NUMBER = re.compile(r"\A\+[1-9][0-9]{6,14}\Z")
_ENDPOINT = re.compile(r"\A(?:PJSIP|SIP|DAHDI|Local)/[A-Za-z0-9][A-Za-z0-9_.@/-]{0,59}\Z")
_AGENT = re.compile(r"\A[A-Za-z0-9_.-]{1,40}\Z")
_TRUNK = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z")
_UNIQUEID = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,148}\Z")
_CHANNEL = re.compile(r"\A[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9+][A-Za-z0-9+_.@;/-]{0,148}\Z")
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z")
_RECORDING = re.compile(r"\A[a-z0-9-]{1,40}\Z")
_REPLY = re.compile(r"\A(?:ok|ok-[a-z]{1,12}|why(?:-[a-z]{1,12}){1,9}|denied|none|error|id-[a-z0-9-]{8,40})\Z")
_SELF = re.compile(r"\A(?:[0-3]|end|1\|[0-9]{8})\Z", re.ASCII)
NOBODY_RUNG: Final = ("none", "closed", "none-0", "closed-0", "none-k", "closed-k", "none-0-k", "closed-0-k", "off")
_NAME_FORBIDS = re.compile(r'["<>\\]')
_DISPLAY_KEEPS = frozenset(" .-+'()/#%*!?=_,@€")


class Variable(StrEnum):
    """Every channel variable that we ever set."""

    ID = "__COLL_ID"
    DST = "COLL_DST"
    CID = "COLL_CID"
    MODE = "COLL_MODE"
    RING = "COLL_RING"
    TRUNK = "COLL_TRUNK"
    DECIDE = "COLL_DECIDE"
    LANG = "COLL_LANG"
    FORMAT = "COLL_FORMAT"
    MAJOR = "COLL_MAJOR"
    MINOR = "COLL_MINOR"
    CUR = "COLL_CUR"
    DAYS = "COLL_DAYS"
    TRY = "COLL_TRY"
    PROMISE = "COLL_PROMISE"
    PSTATE = "COLL_PSTATE"
    TODAY = "COLL_TODAY"
    WRAP = "COLL_WRAP"
    GO = "COLL_GO"
    STOP = "COLL_STOP"
    OUT = "COLL_OUT"
    SAVED = "COLL_SAVED"
    REPLY = "COLL_REPLY"
    TO = "COLL_TO"
    REC = "COLL_REC"
    SELF = "COLL_SELF"
    NAME = "COLL_NAME"
    SHOWN_NAME = "CONNECTEDLINE(name,i)"  # i: told with what follows
    SHOWN_NUMBER = "CONNECTEDLINE(num)"
    LEG = "__COLL_LEG"
    ANSWER = "COLL_ANSWER"
    ALERT_INFO = "PJSIP_HEADER(add,Alert-Info)"
    CALL_INFO = "PJSIP_HEADER(add,Call-Info)"
    FORWARD = "__FORWARD_CONTEXT"  # where Asterisk sends a call that a phone diverts (302)


_BY_ALERT: Final = (Variable.ALERT_INFO, "<sip:collectord>;info=alert-autoanswer;delay=0")
AUTO_ANSWER: Final = {
    "snom": _BY_ALERT,  # service.snom.com, "Intercom - Paging feature"; the phone's Intercom Policy must allow it
    "yealink": _BY_ALERT,  # Administrator's Guide T5x, "Auto Answer"
    "gigaset": _BY_ALERT,  # Gigaset wiki, "Auto-answer call"
    "audiocodes": _BY_ALERT,  # Administrator's Manual 400HD, "Configuring Automatic Answer"
    "mitel": _BY_ALERT,  # Aastra release notes 2.1, "Delay before Auto-Answer"
    "grandstream": (Variable.CALL_INFO, "<sip:collectord>;answer-after=0"),  # GXP21xx, "Allow Auto Answer by Call-Info"
    "polycom": (Variable.ALERT_INFO, "info=Auto Answer"),  # as FreePBX pages them
}
"""What makes a phone of this make answer by itself: a SIP header, constant to the last sign. collect-phones.conf has the same."""


class Ids(Protocol):
    """Who numbers our actions."""

    def next_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Order:
    """One action, checked at birth. Headers are not shown: they hold names, numbers, or at log-in the secret."""

    name: str
    action_id: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not _ACTION_ID.match(self.action_id):
            raise OrderRefused("ActionID", "not 1 to 64 of a-z, 0-9, -")
        if len(self.headers) + 2 > MAX_HEADERS:
            raise OrderRefused(self.name, f"more than {MAX_HEADERS} headers")
        for name, value in self.headers:
            if _CONTROL.search(value) or _CONTROL.search(name) or ":" in name:
                raise OrderRefused(name if name.isalnum() else "header", "holds a control character")
            try:
                size = len(f"{name}: {value}\r\n".encode())
            except UnicodeEncodeError as exc:
                raise OrderRefused(name, "holds half a character") from exc
            if size > MAX_LINE:
                raise OrderRefused(name, f"longer than the {MAX_LINE} bytes of a line that Asterisk reads")

    def text(self) -> str:
        """As it is written to the wire."""
        lines = (("Action", self.name), ("ActionID", self.action_id), *self.headers)
        return "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"


def display_text(text: str) -> str:
    """Any text made fit for a phone's display: letters, digits and a few signs, single spaces, at most 40 characters.

    An allow-list, so that quotes, brackets, `${`, control and bidi characters cannot come through by being forgotten.
    """
    kept = []
    for sign in unicodedata.normalize("NFC", text[:1_000]):
        if sign in _DISPLAY_KEEPS or unicodedata.category(sign)[0] in "LN" or unicodedata.category(sign) == "Mn":
            kept.append(sign)
        else:
            kept.append("+" if sign == "&" else " ")
    return " ".join("".join(kept).split())[:MAX_DISPLAY].rstrip()


def login(action_id: str, username: str, secret: str) -> Order:
    return Order("Login", action_id, (("Username", username), ("Secret", secret), ("Events", "call,user")))


def agent_call(call: AgentCall) -> Order:
    """Docs/INTERNALS 1.1: the agent's phone rings; all else is the dialplan's."""
    attempt = attempt_id(call.attempt_id)
    on_line = ((Variable.TO, _matching("line", call.line, _CHANNEL)),) if call.line else ()
    named = ((Variable.NAME, _matching("company_name", call.company_name, _RECORDING)),) if call.company_name else ()
    promised = call.promised_on.strftime("%Y%m%d") if call.promised_on else ""
    return _originate(
        f"{attempt}-o",
        channel=_endpoint(call.endpoint),
        channel_id=f"coll-{attempt}",
        other_half=_other_half(attempt) if call.endpoint == ON_LINE else "",
        context="coll-agent",
        timeout_ms=_within("Timeout", call.ring_agent_ms, 1_000, 120_000),
        caller_id=_caller_id(call.display, call.number),
        variables=(
            (Variable.ID, attempt),
            (Variable.DST, _number("number", call.number)),
            (Variable.CID, _number("caller_id", call.caller_id)),
            (Variable.MODE, _one_of("mode", call.mode, ("preview", "auto", "ahead"))),
            (Variable.RING, str(_within("ring_debtor_s", call.ring_debtor_s, 1, 120))),
            (Variable.TRUNK, _matching("trunk", call.trunk, _TRUNK)),
            (Variable.DECIDE, str(_within("decide_s", call.decide_s, 1, 3_600))),
            (Variable.LANG, _one_of("language", call.language, ("de", "en"))),
            (Variable.FORMAT, _one_of("number_format", call.number_format, ("e164", "00", "national"))),
            (Variable.MAJOR, str(_within("major", call.major, 0, 999_999_999_999))),
            (Variable.MINOR, str(_within("minor", call.minor, 0, 999))),
            (Variable.CUR, _matching("currency", call.currency, _CURRENCY)),
            (Variable.DAYS, str(_within("days_past_due", call.days_past_due, -99_999, 99_999))),
            (Variable.TRY, str(_within("attempt_no", call.attempt_no, 0, 9_999))),
            (Variable.PROMISE, promised),
            (Variable.PSTATE, _one_of("promise_state", call.promise_state, ("", "open", "kept", "partially_kept", "broken"))),
            *_answers(call),
            *on_line,
            *named,
            *_wrap_up(call),
        ),
    )


def _answers(call: AgentCall) -> tuple[tuple[Variable, str], ...]:
    """Docs/INTERNALS 1.15: the header for the phone itself; behind Local/…@coll-phones the dialplan adds it."""
    if not call.auto_answer:
        return ()
    make = (Variable.ANSWER, _one_of("auto_answer", call.auto_answer, tuple(AUTO_ANSWER)))
    return (make, AUTO_ANSWER[call.auto_answer]) if call.endpoint.startswith("PJSIP/") else (make,)


def _other_half(attempt: str) -> str:
    """The half of the Local channel that is joined with an agent's line: no channel of ours as `coll-` ones are."""
    return f"ahead-{attempt}"


def say_line(action_id: str, attempt: str, line: str) -> Order:
    """Which agent's line the call is joined with."""
    return _set_variable(action_id, _other_half(attempt_id(attempt)), Variable.TO, _matching("line", line, _CHANNEL))


def say_language(action_id: str, attempt: str, language: str) -> Order:
    """The agent's, for the menu: whoever was to come is known only now."""
    return _set_variable(action_id, f"coll-{attempt_id(attempt)}", Variable.LANG, _one_of("language", language, ("de", "en")))


def show_on_line(ids: Ids, line: str, display: str, number: str) -> tuple[Order, ...]:
    """The name without being told yet, then the number: one word to the phone. What a phone shows of it is its business."""
    line = _matching("line", line, _CHANNEL)
    shown = ((Variable.SHOWN_NAME, display_text(display)), (Variable.SHOWN_NUMBER, _number("number", number)))
    return tuple(Order("Setvar", ids.next_id(), (("Channel", line), ("Variable", name), ("Value", value))) for name, value in shown)


def say_taken(action_id: str, uniqueid: str, answer: str) -> Order:
    """To the debtor's leg: `1` somebody comes; `none`: who called is said, and the call ends."""
    return _set_variable(action_id, uniqueid, Variable.TO, _one_of("COLL_TO", answer, ("1", "none")))


def lines(action_id: str) -> Order:
    return Order("Status", action_id, (("Variables", "COLL_LINE"),))


def ring_back(call: RingBack) -> Order:
    """Docs/INTERNALS 1.4: the wrap-up menu for an agent who hung up first."""
    attempt = attempt_id(call.attempt_id)
    turn = f"{attempt}-w{_within('ring_back', call.ring_back, 1, 9)}"
    return _originate(
        f"{turn}-o",
        channel=_endpoint(call.endpoint),
        channel_id=f"coll-{turn}",
        context="coll-wrap",
        timeout_ms=_within("Timeout", call.ring_agent_ms, 1_000, 120_000),
        caller_id=_caller_id(RING_BACK + call.display.removeprefix(RING_BACK), call.number),
        variables=(
            (Variable.ID, attempt),
            (Variable.LANG, _one_of("language", call.language, ("de", "en"))),
            (Variable.CUR, _matching("currency", call.currency, _CURRENCY)),
            *_wrap_up(call),
        ),
    )


def _wrap_up(call: AgentCall | RingBack) -> tuple[tuple[Variable, str], ...]:
    """What the wrap-up menu counts with: the house's day and how long it may take."""
    today = ((Variable.TODAY, call.today.strftime("%Y%m%d")),) if call.today else ()
    return (*today, (Variable.WRAP, str(_within("wrap_up_s", call.wrap_up_s, 10, 999))))


def acknowledge(attempt: str) -> Order:
    """Docs/INTERNALS 1.3: forget the journal row; works without `system` rights."""
    attempt = attempt_id(attempt)
    headers = (("Channel", "Local/ack@coll-ack/n"), ("Application", "Wait"), ("Data", "0"), ("Async", "true"))
    return Order("Originate", f"{attempt}-a", (*headers, _variable(Variable.ID, attempt)))


def say_go(action_id: str, uniqueid: str, answer: str) -> Order:
    """The only word upon which the dialplan may dial is "1"; "0": not this debtor, "off": nobody for now."""
    return _set_variable(action_id, uniqueid, Variable.GO, _one_of("COLL_GO", answer, ("1", "0", "off")))


def bar_answer(action_id: str, uniqueid: str) -> Order:
    """From now on whoever answers the call of this agent's leg is hung up unheard (docs/INTERNALS 1.2)."""
    return _set_variable(action_id, uniqueid, Variable.STOP, "1")


def hang_up(action_id: str, channel: str) -> Order:
    """One channel, by its exact name: Asterisk reads a name between slashes as a pattern."""
    return Order("Hangup", action_id, (("Channel", _matching("channel", channel, _CHANNEL)),))


def say_saved(action_id: str, uniqueid: str, *, ok: bool) -> Order:
    """The only word upon which the dialplan may play "saved"."""
    return _set_variable(action_id, uniqueid, Variable.SAVED, "1" if ok else "0")


def reply(action_id: str, uniqueid: str, text: str) -> Order:
    """The answer to a feature code."""
    return _set_variable(action_id, uniqueid, Variable.REPLY, _matching("COLL_REPLY", text, _REPLY))


def say_recorded(action_id: str, uniqueid: str, *, ok: bool) -> Order:
    """The only word upon which the dialplan may record a talk: the debtor's yes is on disk."""
    return _set_variable(action_id, uniqueid, Variable.REC, "1" if ok else "0")


def erase(attempt: str) -> Order:
    """Docs/INTERNALS 1.14: overwrite the recording of a call; as `acknowledge`, without `system` rights."""
    attempt = attempt_id(attempt)
    headers = (("Channel", "Local/erase@coll-erase/n"), ("Application", "Wait"), ("Data", "2"), ("Async", "true"))
    return Order("Originate", f"{attempt}-e", (*headers, _variable(Variable.ID, attempt)))


def say_whom(action_id: str, uniqueid: str, answer: Ring | str) -> Order:
    """Docs/INTERNALS 1.9: whom to ring for a caller, or why nobody; `-0`: somebody we do not know, `-k`: numbers may be keyed."""
    if isinstance(answer, str):
        return _set_variable(action_id, uniqueid, Variable.TO, _one_of("COLL_TO", answer, NOBODY_RUNG))
    phone, today = _endpoint(answer.endpoint), answer.today.strftime("%Y%m%d")
    wrap_up = _within("wrap_up_s", answer.wrap_up_s, 10, 999)
    ring = _within("ring_s", answer.ring_s, 1, 120)
    text = f"{int(answer.booked)}|{phone}|{ring}|{today}|{wrap_up}|{answer.language}|{display_text(answer.display)}"
    return _set_variable(action_id, uniqueid, Variable.TO, text)


def say_self(action_id: str, uniqueid: str, answer: str) -> Order:
    """Docs/INTERNALS 1.9: whether a pair of numbers fits, what of a wish is on disk."""
    return _set_variable(action_id, uniqueid, Variable.SELF, _matching("COLL_SELF", answer, _SELF))


def lamp(agent: str) -> str:
    """Docs/INTERNALS 1.10: the device state of an agent's key lamp, as a variable."""
    return f"DEVICE_STATE(Custom:coll-{_matching('agent', agent, _AGENT)})"


def show_lamp(action_id: str, agent: str, state: str) -> Order:
    state = _one_of("lamp", state, ("NOT_INUSE", "RINGING", "INUSE", "ONHOLD", "BUSY"))
    return Order("Setvar", action_id, (("Variable", lamp(agent)), ("Value", state)))


def lamp_key(action_id: str, agent: str) -> Order:
    """Whether a phone can watch this lamp with the key of collect-codes.conf as shipped."""
    key = f"*86{_matching('agent', agent, _AGENT)}"
    return Order("ExtensionState", action_id, (("Exten", key), ("Context", "coll-features")))


def say_out(action_id: str, uniqueid: str, answer: HandCall | str) -> Order:
    """Docs/INTERNALS 1.11: how a number dialled by hand is called, `go` for the company's own dialplan, `0` for nobody."""
    if isinstance(answer, str):
        return _set_variable(action_id, uniqueid, Variable.OUT, _one_of("COLL_OUT", answer, ("go", "0")))
    trunk, shown = _matching("trunk", answer.trunk, _TRUNK), _number("caller_id", answer.caller_id)
    ring, wrap_up = _within("ring_s", answer.ring_s, 1, 120), _within("wrap_up_s", answer.wrap_up_s, 10, 999)
    text = f"1|{trunk}|{shown}|{answer.number_format}|{ring}|{answer.language}|{answer.today:%Y%m%d}|{wrap_up}"
    return _set_variable(action_id, uniqueid, Variable.OUT, text)


def tell_day(action_id: str, uniqueid: str, today: date) -> Order:
    """Docs/INTERNALS 1.6: the house's day, before the reply that opens the menu of *85."""
    return _set_variable(action_id, uniqueid, Variable.TODAY, today.strftime("%Y%m%d"))


def status(action_id: str) -> Order:
    return Order("Status", action_id, (("Variables", "COLL_ID,COLL_STATE,COLL_LEG,MIXMONITOR_FILENAME,MONITORED"),))


def journal(action_id: str) -> Order:
    return Order("DBGetTree", action_id, (("Family", "coll"),))


def callers(action_id: str) -> Order:
    return Order("DBGetTree", action_id, (("Family", "collin"),))


def handed(action_id: str) -> Order:
    return Order("DBGetTree", action_id, (("Family", "collhand"),))


def recorded(action_id: str) -> Order:
    return Order("DBGetTree", action_id, (("Family", "collrec"),))


def get_variable(action_id: str, expression: str) -> Order:
    """A global variable, or a harmless function such as IFMODULE(x.so); names are constants of the caller."""
    return Order("Getvar", action_id, (("Variable", expression),))


def plain(name: str, action_id: str) -> Order:
    """An action without headers: Ping, CoreStatus, CoreSettings, DeviceStateList, ListCommands."""
    return Order(name, action_id)


def attempt_id(text: str) -> str:
    if not _ATTEMPT_ID.match(text) or _LIKE_A_RING_BACK.search(text):
        raise OrderRefused("attempt_id", "not 8 to 40 of a-z, 0-9, -, or it ends like a ring-back")
    return text


def _originate(
    action_id: str,
    *,
    channel: str,
    channel_id: str,
    other_half: str = "",
    context: str,
    timeout_ms: int,
    caller_id: str,
    variables: tuple[tuple[Variable, str], ...],
) -> Order:
    headers: tuple[tuple[str, str], ...] = (
        ("Channel", channel),
        ("ChannelId", channel_id),
        *((("OtherChannelId", other_half),) if other_half else ()),
        ("Context", context),
        ("Exten", "s"),
        ("Priority", "1"),
        ("Timeout", str(timeout_ms)),
        ("Async", "true"),  # a synchronous Originate blocks the whole AMI session while the phone rings
        ("CallerID", caller_id),
        _variable(Variable.FORWARD, NOWHERE),
    )
    if channel.startswith("Local/"):  # /n: else Asterisk shortens the chain and takes the leg away whose dialplan runs
        headers = (("Channel", f"{channel}/n"), *headers[1:], _variable(Variable.LEG, "phone"))
    return Order("Originate", action_id, (*headers, *(_variable(name, value) for name, value in variables)))


def _set_variable(action_id: str, uniqueid: str, name: Variable, value: str) -> Order:
    return Order("Setvar", action_id, (("Channel", _matching("uniqueid", uniqueid, _UNIQUEID)), ("Variable", name), ("Value", value)))


def _variable(name: Variable, value: str) -> tuple[str, str]:
    """Asterisk splits a Variable header at commas, and reads quotes and backslashes there in ways of its own."""
    if '"' in value or "\\" in value:
        raise OrderRefused(name, "holds a quote or a backslash")
    return "Variable", f"{name}={value}".replace(",", "\\,")


def _caller_id(display: str, number: str) -> str:
    name = display_text(display)
    if _NAME_FORBIDS.search(name) or len(name) > MAX_DISPLAY:
        raise OrderRefused("CallerID", "the name cannot be shown")
    number = _number("number", number)
    return f'"{name}" <{number}>' if name else f"<{number}>"


def _number(what: str, text: str) -> str:
    return _matching(what, text, _NUMBER)


def _endpoint(text: str) -> str:
    return _matching("endpoint", text, _ENDPOINT)


def _matching(what: str, text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.match(text):
        raise OrderRefused(what, f"does not look like {pattern.pattern}")
    return text


def _one_of(what: str, text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise OrderRefused(what, f"is none of {', '.join(repr(word) for word in words)}")
    return text


def _within(what: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise OrderRefused(what, f"is not within {low} and {high}")
    return value
