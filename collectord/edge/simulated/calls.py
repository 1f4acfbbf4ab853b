"""What the shipped dialplan does with a call, step by step: coll-agent, coll-preview, coll-accept, coll-dial, coll-wrap, coll-ack.

Owns the order of journal rows, events and prompts of a call (docs/INTERNALS 1). Knows no socket; what people and lines do is `world`'s.
Invariant: on an agent leg that got past the check for duplicates, CollEnd is the last event, whatever happened before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from collectord.edge.simulated.channel import Channel, ChannelState, hangup
from collectord.edge.simulated.leg import (
    NORMAL,
    ColleagueGone,
    ColleagueUp,
    DebtorAnswers,
    DebtorHungUp,
    DebtorLeaves,
    DebtorRefuses,
    DebtorRings,
    Key,
    Leg,
    LegGone,
    TimeIsUp,
)
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.menu import NO_ENTRY, Entry, Menu
from collectord.edge.simulated.numbers import may_dial
from collectord.edge.simulated.world import Line, Outcome, line_of

MAX_TALK: Final = 3_600.0
HAND_OVER: Final = "*2"  # features.conf
RECORD: Final = "*3"
TONES: Final = 0.6  # s: the debtor's, then the agent's
ASK_FIRST: Final = "*4"
ATTEMPT: Final = re.compile(r"[a-z0-9-]{8,40}")
TONE: Final = 0.2  # s
ANSWERED: Final = 0.7  # s: two beeps on a phone that has answered by itself
LISTENS: Final = 1.5  # real s that the debtor waits for an agent
ANNOUNCED: Final = 6.0  # s
REFUSAL: Final = 0.05  # s until a line that refuses has said so


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


class AgentLeg:
    """Context coll-agent: the agent has answered."""

    def __init__(self, leg: Leg, join: Callable[[], bool] = lambda: False, ask: Callable[[Leg, HandedTalk], Asked] | None = None) -> None:
        """`join`: with the open line of the agent the daemon has chosen, when the debtor is dialled first; `ask`: rings a colleague."""
        self._leg = leg
        self._join = join
        self._ask = ask
        self._taken = self._broke = self._has_asked = False
        self._machine: Machine = leg.machine
        self._variables = leg.channel.variables
        self._id = self._variables.get("COLL_ID", "")
        self._state = "AGENT"
        self._result: Outcome | None = None
        self._entry = NO_ENTRY
        self._debtor: Channel | None = None
        self._started = self._answered = 0.0
        self._rang = self._talk = self._tech = ""

    async def run(self) -> HandedTalk | None:
        """Returns the talk when it was handed over; `leave` is the rest of this leg then."""
        if not ATTEMPT.fullmatch(self._id):
            close(self._leg, NORMAL)
            return None
        old = self._machine.journal.get(self._row)
        if old is not None:
            self._machine.tell_user(self._leg.channel, "CollDup", ("CollID", self._id), ("Old", old))
            close(self._leg, NORMAL)
            return None
        cause = NORMAL
        try:
            await self._agent()
        except Handed as handed:
            return handed.talk
        except Left:
            close(self._leg, NORMAL)
            return None
        except LegGone as gone:
            cause = NORMAL if self._state == "DIAL" and self._answered else gone.cause
        else:
            cause = (self._result.cause if self._result else NORMAL) or NORMAL
        self._end(cause)
        return None

    async def leave(self) -> None:
        """The talk was handed over: this leg says no more about it."""
        try:
            self._is("HANDED")
            await self._leg.play("handing")
        except LegGone:
            pass
        close(self._leg, NORMAL)

    @property
    def _row(self) -> str:
        return f"coll/{self._id}"

    def _is(self, state: str) -> None:
        self._state = self._variables["COLL_STATE"] = state

    def _tell(self, name: str, *headers: tuple[str, str]) -> None:
        self._machine.tell_user(self._leg.channel, name, ("CollID", self._id), *headers)

    async def _agent(self) -> None:
        number = self._variables.get("COLL_DST", "")
        self._is("AGENT")
        self._machine.journal.put(self._row, "AGENT")
        self._tell("CollAgent", ("Seq", "1"))
        self._leg.channel.language = f"{self._variables.get('COLL_LANG') or 'de'}_coll_site"
        if self._variables.get("COLL_ANSWER"):
            self._leg.say("tone")
            await self._leg.pause(ANSWERED)
        if not may_dial(number, self._machine.allowed):
            self._is("DENIED")
            await self._leg.play("denied")
            return
        self._leg.channel.group = number
        if sum(channel.group == number for channel in self._machine.channels.values()) > 1:
            self._is("DSTBUSY")
            await self._leg.play("dst-busy")
            return
        if self._is_ahead():
            pass  # nobody listens yet
        elif self._is_auto():
            self._leg.say("tone")
        elif not await self._preview():
            return
        if await self._may_dial():
            await self._dial(number)

    def _is_ahead(self) -> bool:
        return self._variables.get("COLL_MODE") == "ahead"

    def _is_on_line(self) -> bool:
        """No phone was rung: this leg stands for an agent's open line."""
        return self._leg.channel.name.startswith("Local/s@coll-ahead")

    def _is_auto(self) -> bool:
        return self._variables.get("COLL_MODE") == "auto"

    async def _preview(self) -> bool:
        """The case is told, the agent decides: True when accepted."""
        decide = self._variables.get("COLL_DECIDE", "")
        self._leg.channel.application, self._leg.channel.data = "WaitExten", "12"
        self._leg.within(max(1.0, float(decide)) if re.fullmatch("[0-9]{1,3}", decide) else 90.0)
        try:
            while True:
                self._leg.ask("preview-keys")
                match await self._leg.key(12):
                    case "1":
                        self._leg.within(None)
                        return True
                    case "2":
                        return await self._declined("SKIPPED", "skipped")
                    case "3":
                        return await self._declined("LATER", "later")
        except TimeIsUp:
            self._is("NOACCEPT")
            return False

    async def _declined(self, state: str, prompt: str) -> bool:
        self._is(state)
        self._leg.within(None)
        await self._leg.play(prompt)
        return False

    async def _may_dial(self) -> bool:
        """The gate is asked at this moment; without its yes nobody is dialled."""
        self._is("ACCEPT")
        self._tell("CollAccept", ("Seq", "2"))
        match await self._leg.awaited("COLL_GO"):
            case "1":
                return True
            case "0":
                return await self._declined("REFUSED", "refused")
            case "off":
                return await self._declined("REFUSED", "refused-off")
            case _:
                return await self._declined("NOGO", "nogo")

    async def _dial(self, number: str) -> None:
        machine, leg = self._machine, self._leg
        self._is("DIAL")
        machine.journal.put(self._row, "DIAL")
        self._tell("CollDial", ("Seq", "3"))
        trunk = self._variables.get("COLL_TRUNK", "")
        if (shown := self._variables.get("COLL_CID")) and not self._is_on_line():
            machine.journal.put(f"coll-last/{shown}-{number}", f"{int(machine.clock().timestamp())}|{leg.channel.device}")
        leg.channel.caller_num = self._variables.get("COLL_CID") or "<unknown>"
        leg.channel.caller_name = "<unknown>"
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", trunk):
            self._result = await self._called(number, trunk)
        else:
            self._result = Outcome("CHANUNAVAIL", 3, "")
        self._hang_up_debtor()
        self._is("WRAP")
        self._variables["COLL_SIP"] = self._result.tech
        machine.journal.put(self._row, f"RES|{self._result_row()}")
        self._tell("CollResult", ("Seq", "5"), *self._result_headers())
        if self._is_ahead() and not self._taken:
            return
        if self._result.status == "ANSWER":
            await self._wrap_up()
        elif self._variables.get("COLL_STOP") == "1":
            await leg.play("stopped")
        elif self._result.cause == 17:
            await self._tell_in_vain("result-busy")
        elif self._result.tech.startswith(("SIP 180", "SIP 183")):
            await self._tell_in_vain("result-noanswer")
        else:
            await leg.play("result-failed")

    async def _tell_in_vain(self, prompt: str) -> None:
        if self._is_auto():
            self._leg.say("tone")
            await self._leg.pause(TONE)
        else:
            await self._leg.play(prompt)

    async def _called(self, number: str, trunk: str) -> Outcome:
        """Application Dial: until the debtor's line has come to its end; LegGone when the agent's does first."""
        machine, leg = self._machine, self._leg
        ring = self._variables.get("COLL_RING", "")
        until = machine.now() + (float(ring) if re.fullmatch("[0-9]{1,3}", ring) and int(ring) else 30.0)
        line = line_of(number, trunk, machine.trunks)
        self._started = machine.now()
        self._variables["DIALSTATUS"] = ""
        leg.channel.application, leg.channel.data = "Dial", f"PJSIP/{number}@{trunk},{ring or 30},giI"
        if trunk in machine.trunks.known:
            self._debtor = self._debtor_leg(number, trunk)
        if trunk in machine.trunks.reaching_the_world:
            machine.dialled.append(number)
        self._begin(line)
        leg.person.hears_ringing()
        self._tech = line.silence
        while (left := until - machine.now()) > 0:
            match await leg.seen(left):
                case DebtorRings() if self._debtor is not None:
                    self._tech = "SIP 180 Ringing"
                    self._debtor.state = ChannelState.RINGING
                    machine.tell_device(self._debtor.device)
                case DebtorRefuses(outcome):
                    self._clock()
                    self._variables["DIALSTATUS"] = outcome.status
                    return outcome
                case DebtorHungUp():
                    self._clock()
                    self._variables["DIALSTATUS"] = "CHANUNAVAIL"
                    return Outcome("CHANUNAVAIL", 0, self._tech)
                case DebtorAnswers() if self._variables.get("COLL_STOP") == "1" and not self._is_ahead():  # coll-up: hung up unheard
                    self._clock()
                    return Outcome("CANCEL", NORMAL, "SIP 200 OK")
                case DebtorAnswers():
                    return await self._talking(line)
        self._clock()
        self._variables["DIALSTATUS"] = "NOANSWER"
        return Outcome("NOANSWER", 0, self._tech)

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

    def _begin(self, line: Line) -> None:
        """The far end sets out to do what its line does."""
        later, post = self._machine.later, self._leg.post
        if line.refuses is not None:
            refusal = DebtorRefuses(line.refuses)
            later(REFUSAL, lambda: post(refusal))
        if line.rings_after is not None:
            later(line.rings_after, lambda: post(DebtorRings()))
        if line.answers_after is not None:
            later(line.answers_after, lambda: post(DebtorAnswers()))

    def _debtor_leg(self, number: str, trunk: str) -> Channel:
        name, uniqueid = self._machine.next_names(f"PJSIP/{trunk}")
        agent = self._leg.channel
        channel = Channel(
            name=name,
            uniqueid=uniqueid,
            linkedid=agent.linkedid,
            context="from-trunk",
            caller_num=number,
            connected_num=agent.caller_num,
            language="en",
            application="AppDial",
            data="(Outgoing Line)",
            variables={"COLL_ID": self._id},
        )
        self._machine.add(channel)
        return channel

    def _hang_up_debtor(self) -> None:
        self._leg.person.stays()
        if self._debtor is not None:
            self._machine.remove(self._debtor)
            self._machine.tell_device(self._debtor.device)
            self._debtor = None
            self._leg.channel.bridge = ""

    def _clock(self) -> None:
        """Milliseconds until answered or given up, and of talk, in the PBX's own time."""
        now = self._machine.now()
        self._rang = str(round(((self._answered or now) - self._started) * 1000))
        self._talk = str(round((now - self._answered) * 1000)) if self._answered else "0"

    async def _wrap_up(self) -> None:
        self._leg.channel.context, self._leg.channel.application = "coll-menu", "Read"
        self._entry = await Menu(self._leg).run()
        if self._entry != NO_ENTRY:
            self._machine.journal.put(self._row, f"KEY|{self._result_row()}|{self._entry.row()}")
            await tell_keyed(self._leg, self._id, self._entry)

    def _result_headers(self) -> tuple[tuple[str, str], ...]:
        result = self._result
        status, cause, tech = (result.status, str(result.cause), result.tech) if result else ("", "", "")
        return (("Status", status), ("Cause", cause), ("Tech", tech), ("Rang", self._rang), ("Talk", self._talk))

    def _result_row(self) -> str:
        return "|".join(value for _, value in self._result_headers())

    def _left_while_dialling(self, cause: int) -> None:
        """Context coll-result from the hang-up handler: Dial did not return, but it has left its marks."""
        self._clock()
        if self._answered:
            self._result = Outcome("CANCEL" if self._broke else "ANSWER", NORMAL, "SIP 200 OK")
        else:  # cause 0: the PBX itself shuts down
            self._result = Outcome("CANCEL" if cause else "CHANUNAVAIL", cause, self._tech)

    def _end(self, cause: int) -> None:
        """Context coll-end, the hang-up handler: the last word."""
        if self._state == "DIAL" and self._result is None:
            self._left_while_dialling(cause)
        self._hang_up_debtor()
        self._say_end()
        close(self._leg, cause)

    def _say_end(self) -> None:
        if self._state == "DIAL" and self._result is None:
            self._left_while_dialling(NORMAL)
        self._leg.channel.context = "coll-end"
        self._machine.journal.put(self._row, f"END|{self._state}|{self._result_row()}|{self._entry.row()}")
        self._tell("CollEnd", ("Seq", "9"), ("State", self._state), *self._result_headers(), *self._entry.headers())


class WrapLeg:
    """Context coll-wrap: the menu alone, on a ring-back or after *85."""

    def __init__(self, leg: Leg, attempt_id: str) -> None:
        self._leg = leg
        self._id = attempt_id
        self._entry = NO_ENTRY

    async def run(self) -> None:
        if not ATTEMPT.fullmatch(self._id):
            close(self._leg, NORMAL)
            return
        cause = NORMAL
        try:
            self._entry = await Menu(self._leg).run()
            if self._entry != NO_ENTRY:
                self._fill_in()
                await tell_keyed(self._leg, self._id, self._entry)
        except LegGone as gone:
            cause = gone.cause
        self._leg.channel.context = "coll-wrap-end"
        keyed = ("Keyed", "no" if self._entry == NO_ENTRY else "yes")
        self._leg.machine.tell_user(self._leg.channel, "CollWrapEnd", ("CollID", self._id), ("Seq", "8"), *self._entry.headers(), keyed)
        close(self._leg, cause)

    def _fill_in(self) -> None:
        """The row keeps its END form; one that was acknowledged before begins anew with empty fields."""
        journal, key = self._leg.machine.journal, f"coll/{self._id}"
        fields = (journal.get(key) or "").split("|")
        if fields[0] != "END":
            fields = ["END", *[""] * 6]
        journal.put(key, "|".join([*fields[:7], self._entry.row()]))


async def tell_keyed(leg: Leg, attempt_id: str, entry: Entry) -> None:
    """Context coll-keyed behind the journal: "saved" is said only when the daemon says that it is."""
    leg.machine.tell_user(leg.channel, "CollKeyed", ("CollID", attempt_id), ("Seq", "6"), *entry.headers())
    match await leg.awaited("COLL_SAVED"):
        case "1":
            await leg.play("saved")
        case "0":
            await leg.play("not-saved")
        case _:
            await leg.play("noted")


def close(leg: Leg, cause: int, sip: int | None = None) -> None:
    """The channel's end, after its hang-up handler."""
    machine, channel = leg.machine, leg.channel
    machine.remove(channel)
    machine.tell([("Event", "Hangup"), ("Privilege", "call,all"), *hangup(channel, cause, sip)], "call")
    machine.tell_device(channel.device)
