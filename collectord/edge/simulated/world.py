"""The table of docs/INTERNALS section 2 as data: how debtors' lines and agents with their phones behave.

Owns what a number's last four digits `AABB` mean. Knows no call, no clock, no socket.
Invariant: a number always means the same; an unknown AA is 404, an unknown BB is 00.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

HANG_UP: Final = "H"  # in a script of keys: puts the receiver down
NOTHING: Final = "-"  # in a script of keys: presses nothing at this prompt


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Dial says when nobody answered: DIALSTATUS, HANGUPCAUSE and the technology's own text."""

    status: str
    cause: int
    tech: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A debtor's line. Seconds of the call's own time; None means never."""

    rings_after: float | None = None  # 180 Ringing
    answers_after: float | None = None
    talks_for: float | None = None  # then the debtor hangs up
    refuses: Outcome | None = None  # at once
    silence: str = ""  # technology's text when the ring time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person at a desk phone. Keys stand in groups, one group a prompt: "1 2 50# 3# 1" (see HANG_UP and NOTHING)."""

    phone: Literal["answers", "busy", "declines", "diverts", "ignores"] = "answers"
    preview: str = "1"
    dialling: str = ""  # HANG_UP: while the debtor's phone rings
    talking: str = ""  # HANG_UP: first, while talking
    wrap: str = ""
    ring_back: str | None = ""  # keyed when the wrap-up menu rings back; empty: as `wrap`; None: the phone is not answered


PROMISE_FULL_IN_5: Final = "1 1 5# 1"

_RING = 0.05  # s until a line that rings says so

LINES: Final[dict[str, Line]] = {
    "10": Line(rings_after=_RING, answers_after=1.0, talks_for=2.0),
    "11": Line(rings_after=_RING, answers_after=1.0, talks_for=600.0),
    "12": Line(answers_after=_RING, talks_for=1.0),
    "13": Line(rings_after=_RING, answers_after=5.0, talks_for=2.0),
    "20": Line(refuses=Outcome("BUSY", 17, "SIP 486 Busy Here")),
    "30": Line(rings_after=_RING, silence="SIP 180 Ringing"),
    "40": Line(silence="SIP 100 Trying"),
    "41": Line(refuses=Outcome("NOANSWER", 19, "SIP 480 Temporarily Unavailable")),
    "42": Line(refuses=Outcome("CHANUNAVAIL", 1, "SIP 404 Not Found")),
    "43": Line(refuses=Outcome("CHANUNAVAIL", 28, "SIP 484 Address Incomplete")),
    "44": Line(refuses=Outcome("CHANUNAVAIL", 21, "SIP 403 Forbidden")),
    "45": Line(refuses=Outcome("CHANUNAVAIL", 21, "SIP 603 Decline")),
    "46": Line(refuses=Outcome("CONGESTION", 34, "SIP 503 Service Unavailable")),
    "47": Line(refuses=Outcome("CHANUNAVAIL", 38, "SIP 500 Server Internal Error")),
    "48": Line(refuses=Outcome("BUSY", 0, "SIP 100 Trying")),  # 302: Dial option i does not follow it
}
UNALLOCATED: Final = LINES["42"]
DEAD_TRUNK: Final = Line(silence="")
UNKNOWN_TRUNK: Final = Line(refuses=Outcome("CHANUNAVAIL", 3, ""))

AGENTS: Final[dict[str, Agent]] = {
    "00": Agent(),
    "01": Agent(wrap=PROMISE_FULL_IN_5),
    "02": Agent(wrap="2"),
    "03": Agent(wrap="3"),
    "04": Agent(wrap="4 1# 10 1"),
    "05": Agent(wrap="5"),
    "06": Agent(wrap="6"),
    "07": Agent(wrap="7"),
    "08": Agent(wrap="8"),
    "09": Agent(wrap="9 1"),
    "10": Agent(wrap="1 2 50# 3# 1"),
    "12": Agent(preview="2"),
    "13": Agent(preview="3"),
    "14": Agent(preview=""),
    "15": Agent(preview=HANG_UP),
    "16": Agent(talking=HANG_UP, ring_back=PROMISE_FULL_IN_5),
    "17": Agent(dialling=HANG_UP),
    "18": Agent(phone="busy"),
    "19": Agent(phone="declines"),
    "20": Agent(phone="ignores", ring_back=None),
    "21": Agent(talking=HANG_UP, ring_back=None),
    "22": Agent(phone="diverts"),
}


@dataclass(frozen=True, slots=True)
class Trunks:
    """Which trunk names the PBX knows; all others answer CHANUNAVAIL/3."""

    reaching_the_world: frozenset[str] = field(default=frozenset({"trunk"}))
    dead: frozenset[str] = field(default=frozenset({"dead"}))

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(sorted(self.reaching_the_world | self.dead))


def line_of(number: str, trunk: str, trunks: Trunks) -> Line:
    """What the debtor's line does when this number is dialled over this trunk."""
    if trunk in trunks.dead:
        return DEAD_TRUNK
    if trunk not in trunks.reaching_the_world:
        return UNKNOWN_TRUNK
    return LINES.get(number[-4:-2], UNALLOCATED)


def agent_of(number: str) -> Agent:
    """What the agent does with a call that shows this number."""
    return AGENTS.get(number[-2:], AGENTS["00"])


def rung_back(agent: Agent) -> Agent:
    """The same agent when the wrap-up menu rings back: the phone is answered, or it is not, and only the menu is keyed."""
    return Agent(phone="ignores" if agent.ring_back is None else "answers", wrap=agent.ring_back or agent.wrap)
