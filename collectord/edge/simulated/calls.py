"""What the shipped dialplan does with a call, step by step: coll-agent, coll-preview, coll-accept, coll-dial.

Owns the order of journal rows, events and prompts from the agent's answer to the debtor's (docs/INTERNALS 1); `talking` has the talk,
`call_leg` the end, `wrapping` what is keyed alone. Knows no socket; what people and lines do is `world`'s.
Invariant: on an agent leg that got past the check for duplicates, CollEnd is the last event, whatever happened before.
"""

from __future__ import annotations

import re
from typing import Final

from collectord.edge.simulated.channel import Channel, ChannelState
from collectord.edge.simulated.leg import NORMAL, DebtorAnswers, DebtorHungUp, DebtorRefuses, DebtorRings, LegGone, TimeIsUp
from collectord.edge.simulated.numbers import may_dial
from collectord.edge.simulated.talking import Handed, HandedTalk, Left, TalkingLeg
from collectord.edge.simulated.world import Line, Outcome, line_of
from collectord.edge.simulated.wrapping import ATTEMPT, close

TONE: Final = 0.2  # s
ANSWERED: Final = 0.7  # s: two beeps on a phone that has answered by itself
REFUSAL: Final = 0.05  # s until a line that refuses has said so


class AgentLeg(TalkingLeg):
    """Context coll-agent: the agent has answered."""

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
