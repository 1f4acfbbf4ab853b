"""The talk: who hears whom, and what the agent keys meanwhile: coll-up, coll-up-ahead, coll-lost, coll-record, coll-hand, coll-asking.

Owns a talk from the debtor's answer to its end, and what is handed on when the agent keys to whom it shall go. Dials nobody.
Invariant: a debtor who answered has the agent, an announcement, music or a colleague; never silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from collectord.edge.simulated.call_leg import CallLeg
from collectord.edge.simulated.channel import Channel, ChannelState
from collectord.edge.simulated.leg import (
    NORMAL,
    ColleagueGone,
    ColleagueUp,
    DebtorHungUp,
    DebtorLeaves,
    Key,
    Leg,
    LegGone,
)
from collectord.edge.simulated.world import Line, Outcome

MAX_TALK: Final = 3_600.0
HAND_OVER: Final = "*2"  # features.conf
RECORD: Final = "*3"
ASK_FIRST: Final = "*4"
TONES: Final = 0.6  # s: the debtor's, then the agent's
LISTENS: Final = 1.5  # real s that the debtor waits for an agent
ANNOUNCED: Final = 6.0  # s


@dataclass(frozen=True, slots=True)
class HandedTalk:
    """The debtor's leg, taken out of the talk in which the agent keyed to whom it shall go."""

    attempt_id: str
    debtor: Channel
    number: str
    device: str  # of the agent who handed over
    to: str  # the daemon's word: 1|endpoint|seconds|today|wrap|language|display
    began: float
    answered: float
    leaves_at: float | None  # when the debtor hangs up


class Handed(Exception):
    """This leg has no part in the call any more."""

    def __init__(self, talk: HandedTalk) -> None:
        super().__init__(talk.attempt_id)
        self.talk = talk


class Left(Exception):
    """This leg is gone, and the colleague who was asked has the debtor."""


class Asked(Protocol):
    """A colleague who is asked first (`consulting`)."""

    def let_go(self) -> None: ...

    def takes(self) -> None: ...


class TalkingLeg(CallLeg):
    def __init__(self, leg: Leg, join: Callable[[], bool] = lambda: False, ask: Callable[[Leg, HandedTalk], Asked] | None = None) -> None:
        """`join`: with the open line of the agent the daemon has chosen, when the debtor is dialled first; `ask`: rings a colleague."""
        super().__init__(leg)
        self._join = join
        self._ask = ask
        self._taken = self._has_asked = False

    async def _talking(self, line: Line) -> Outcome:
        machine, leg, debtor = self._machine, self._leg, self._debtor
        assert debtor is not None
        self._answered = machine.now()
        self._variables["DIALSTATUS"] = "ANSWER"
        debtor.state = ChannelState.UP
        debtor.context, debtor.exten = "coll-up", "s"
        machine.tell_user(debtor, "CollUp", ("CollID", self._id), ("Seq", "4"), ("CustChannel", debtor.name))
        machine.tell_device(debtor.device)
        if self._is_ahead() and not await self._somebody_comes(debtor):
            self._clock()
            return Outcome("CANCEL", NORMAL, "SIP 200 OK")
        debtor.bridge = leg.channel.bridge = f"bridge-{debtor.uniqueid}"
        leg.person.talks()
        if line.talks_for is not None:
            machine.later(line.talks_for, lambda: leg.post(DebtorLeaves()))
        leaves_at = None if line.talks_for is None else self._answered + line.talks_for
        until, keyed = machine.now() + MAX_TALK, ""
        while (left := until - machine.now()) > 0 and not leg.debtor_left:
            match await leg.seen(left):
                case DebtorHungUp():
                    break
                case Key(sign):
                    keyed = (keyed + sign)[-2:]
                    if keyed in (HAND_OVER, ASK_FIRST) and self._is_on_line():
                        await leg.play("hand-not")
                    elif keyed in (HAND_OVER, ASK_FIRST) and self._ask is not None:
                        await self._hand_over(debtor, leaves_at, first_asked=keyed == ASK_FIRST)
                    elif keyed == RECORD and not self._is_on_line() and not self._has_asked:
                        await self._record(number=self._variables["COLL_DST"])
        self._stop_recording()
        self._clock()
        return Outcome("ANSWER", NORMAL, "SIP 200 OK")

    async def _somebody_comes(self, debtor: Channel) -> bool:
        """Contexts coll-up-ahead and coll-lost: an agent, or who called and under which number; never silence."""
        until = self._machine.now() + min(LISTENS, self._machine.patience) * self._machine.speed
        stopped = self._variables.get("COLL_STOP") == "1"
        while not stopped and not debtor.variables.get("COLL_TO") and (left := until - self._machine.now()) > 0:
            if isinstance(await self._leg.seen(left), DebtorHungUp):
                break
        self._taken = debtor.variables.get("COLL_TO") == "1"
        if self._taken and self._join():
            return True
        self._tell("CollLost", ("Seq", "5"))
        self._broke = True
        name = self._variables.get("COLL_NAME", "")
        for prompt in ("lost", *((f"name-{name}",) if name else ()), "lost-number", self._variables.get("COLL_CID", ""), "lost-end"):
            self._machine.heard.append((debtor.caller_num, prompt))
        await self._leg.pause(ANNOUNCED)
        if self._taken:  # coll-ahead ends the call itself
            raise LegGone(NORMAL)
        return False

    async def _record(self, number: str) -> None:
        """Context coll-record: pressed again it stops."""
        machine, row = self._machine, f"collrec/{self._id}"
        if self._variables.get("COLL_RECORDING") == "1":
            self._stop_recording()
            machine.journal.put(row, "withdrawn")
            self._tell("CollWithdrawn", ("Seq", "4"))
            await self._leg.play("record-off")
            return
        folder = machine.global_variables["COLL_RECORDINGS"]
        asks = folder and machine.journal.get(row) != "withdrawn"
        if asks:
            self._tell("CollConsent", ("Seq", "4"))
        if not asks or await self._leg.awaited("COLL_REC") != "1":
            await self._leg.play("record-not")
            return
        machine.journal.put(row, "on")
        self._variables |= {"COLL_RECORDING": "1", "MIXMONITOR_FILENAME": f"{folder}/{self._id}.wav"}
        self._tell("CollRecording", ("Seq", "4"), ("RecState", "on"))
        self._leg.say("tone")
        await self._leg.pause(TONES)
        machine.heard.append((number, "tone"))

    def _stop_recording(self) -> None:
        self._variables |= {"COLL_RECORDING": "", "MIXMONITOR_FILENAME": ""}

    async def _hand_over(self, debtor: Channel, leaves_at: float | None, *, first_asked: bool) -> None:
        """Context coll-hand, while the debtor hears music: returns when the talk goes on."""
        leg = self._leg
        keyed, _ = await leg.read("hand-to", most=8, seconds=4, ends="#*")
        if not re.fullmatch("[0-9]{1,8}", keyed):
            return
        self._tell("CollHand", ("Seq", "4"), ("To", keyed), ("Ask", str(int(first_asked))))
        to = await leg.awaited("COLL_TO")
        if not to.startswith("1|"):
            await leg.play({"off": "hand-unknown", "": "hand-not"}.get(to, "hand-busy"))
            return
        if leg.debtor_left:
            return
        number = self._variables["COLL_DST"]
        device, fields = leg.channel.device, to.split("|", 6)
        row = [device, device, *fields[1:6], number, str(round(self._started * 1000)), str(round(self._answered * 1000)), fields[6]]
        self._machine.journal.put(f"collhand/{self._id}", "|".join(row))
        self._stop_recording()
        talk = HandedTalk(self._id, debtor, number, device, to, self._started, self._answered, leaves_at)
        leg.channel.bridge = debtor.bridge = ""
        if first_asked:
            await self._ask_first(talk)
            return
        self._debtor = None
        raise Handed(talk)

    async def _ask_first(self, talk: HandedTalk) -> None:
        """Contexts coll-asking and coll-held: returns when the agent is with the debtor again, or the debtor is gone."""
        assert self._ask is not None
        self._has_asked = True
        leg, debtor, row = self._leg, talk.debtor, f"coll-ask/{self._id}"
        self._machine.journal.put(row, f"ask|{leg.channel.uniqueid}|{debtor.uniqueid}|")
        debtor.variables["COLL_STATE"], debtor.context = "HELD", "coll-held"
        self._machine.heard.append((debtor.device.partition("/")[2], "hold-wait"))
        colleague = self._ask(leg, talk)
        there = answered = False
        keyed = ""
        try:
            while not leg.debtor_left:
                match await leg.seen(None):
                    case ColleagueUp():
                        there = answered = True
                    case ColleagueGone():
                        there = False
                        break
                    case DebtorHungUp():
                        leg.debtor_left = True
                    case Key(sign) if there:
                        keyed = (keyed + sign)[-2:]
                        if keyed == ASK_FIRST:
                            colleague.let_go()
            for prompt in () if leg.debtor_left else ("ask-back",) if answered else ("hand-busy", "ask-back"):
                await leg.play(prompt)
        except LegGone as gone:
            if not gone.cause:  # the PBX itself shuts down
                colleague.let_go()
                raise
            self._debtor = None
            if there:
                colleague.takes()
                raise Left from None
            colleague.let_go()
            self._machine.journal.delete(row)
            raise Handed(talk) from None
        self._machine.journal.delete(row)
        colleague.let_go()
        if leg.debtor_left:
            await leg.play("ask-gone")
            return
        del debtor.variables["COLL_STATE"]
        debtor.context = "coll-up"
        debtor.bridge = leg.channel.bridge = f"bridge-{debtor.uniqueid}"
