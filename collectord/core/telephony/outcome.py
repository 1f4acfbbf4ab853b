"""Outcome: what the network did and what the agent did, told from the PBX's words.

Owns the mapping of CONTRACT 7 and TELEPHONY 2. Knows no attempt and no follow-up.
Invariant: only proof of ringing makes `no_answer`, only certainty makes `not_dialled`; what cannot be known is `unknown`, which counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from collectord.core.telephony.attempts import COUNTS_AS_CONTACT, AgentResult, Result
from collectord.core.telephony.pbx_events import EndState

_SIP = re.compile(r"\ASIP ([1-6][0-9]{2})\b", re.ASCII)
_ALERTING = re.compile(r"ALERTING|RINGING", re.IGNORECASE)

# Q.850 causes that say it all; a Reason header is more exact than the SIP code that carried it, so causes go first.
_BY_CAUSE = {17: Result.BUSY, 21: Result.REJECTED, 1: Result.UNALLOCATED, 28: Result.UNALLOCATED, 34: Result.CONGESTION}
_BY_SIP = {
    486: Result.BUSY,
    600: Result.BUSY,
    603: Result.REJECTED,
    403: Result.REJECTED,
    404: Result.UNALLOCATED,
    484: Result.UNALLOCATED,
    503: Result.CONGESTION,
}
_RANG_SIP = frozenset({180, 183})
_USER_ALERTED = 19  # Q.850 "no answer from user (user alerted)"; SIP trunks also make it from a 480 that never rang


def network_result(status: str, cause: int | None, tech: str) -> Result:
    """CONTRACT 7 from DIALSTATUS, Q.850 cause and the last word of the debtor's leg (`SIP 180 Ringing`).

    DIALSTATUS alone lies: a dead trunk says NOANSWER, a refused diversion says BUSY (Asterisk 22.10). How long Dial took proves nothing.
    """
    if status == "ANSWER":
        return Result.ANSWERED
    if not status and cause is None and not tech:
        return Result.UNKNOWN  # Dial may have begun and said nothing
    said = _SIP.match(tech)
    code = int(said[1]) if said else None
    if status == "CANCEL" and code == 200:
        return Result.DROPPED  # it answered while we took the call back: nobody was put through
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    if code in _BY_SIP:
        return _BY_SIP[code]
    if code in _RANG_SIP:
        return Result.NO_ANSWER
    if code is None and tech and (cause == _USER_ALERTED or _ALERTING.search(tech)):
        return Result.NO_ANSWER  # ISDN: the line alerted
    if status == "CANCEL" and code is not None and code >= 200:
        return Result.NO_ANSWER  # we hung up; what answers our CANCEL (487) has covered the ringing, and a doubt counts
    return Result.FAILED


@dataclass(frozen=True, slots=True)
class Course:
    """How an agent leg that had been answered ended. `agent` None: the agent had nothing to decide."""

    agent: AgentResult | None
    network: Result


_BEFORE_DIAL = {
    EndState.AGENT: Course(AgentResult.LEFT, Result.NOT_DIALLED),
    EndState.ACCEPT: Course(AgentResult.LEFT, Result.NOT_DIALLED),
    EndState.REFUSED: Course(AgentResult.ACCEPTED, Result.NOT_DIALLED),
    EndState.NOGO: Course(AgentResult.ACCEPTED, Result.NOT_DIALLED),
    EndState.SKIPPED: Course(AgentResult.SKIPPED, Result.NOT_DIALLED),
    EndState.LATER: Course(AgentResult.LATER, Result.NOT_DIALLED),
    EndState.NOACCEPT: Course(AgentResult.NO_KEY, Result.NOT_DIALLED),
    EndState.DENIED: Course(None, Result.NOT_DIALLED),
    EndState.DSTBUSY: Course(None, Result.NOT_DIALLED),
    EndState.MISSED: Course(None, Result.NOT_DIALLED),
}


def course(state: EndState, status: str, cause: int | None, tech: str) -> Course:
    """What CollEnd (or an END row of the journal) says. An unknown State with a Dial result is believed, without one it is unknown."""
    known = _BEFORE_DIAL.get(state)
    return known if known is not None else Course(AgentResult.ACCEPTED, network_result(status, cause, tech))


def agent_result(cause: int | None) -> AgentResult:
    """What the agent's phone did that was never answered, by the cause of its Hangup.

    OriginateResponse cannot tell: busy, declined, unregistered and duplicate are all reason 0.
    """
    match cause:
        case 17 | 21 | 23:
            return AgentResult.BUSY  # 21: declined or do-not-disturb; 23: diverted, which is not followed
        case 18 | 19 | 16 | 26:
            return AgentResult.NO_ANSWER  # rang out, or we stopped ringing
        case _:
            return AgentResult.UNREACHABLE


def counts_as_contact(result: Result) -> bool:
    """Whether the debtor's limits count it, unless a pack says otherwise."""
    return result.value in COUNTS_AS_CONTACT
