"""An Asterisk as loops see it: place a call, ring back, look what is alive, read and forget the journal, answer a key.

Owns the translation of our verbs into AMI orders and of answers into values. Decides nothing and repeats nothing.
Invariant: one attempt id is originated at most once in the life of this object, and `NotSent` is said only when no byte was written.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from collectord.core.telephony.call_seen import SayLine
from collectord.core.telephony.pbx_calls import (
    Accepted,
    AgentCall,
    CallerRow,
    HandCall,
    HandedRow,
    JournalRow,
    LiveChannel,
    NotSent,
    Placed,
    RecordedRow,
    Refused,
    Ring,
    RingBack,
    Unanswered,
    UnreadableRow,
)
from collectord.edge.pbx import actions
from collectord.edge.pbx.actions import Order
from collectord.edge.pbx.events import DIALLED, read_caller, read_handed, read_journal, read_line, read_live, read_recorded
from collectord.edge.pbx.faults import OrderRefused, PbxRefused, PbxUnreachable
from collectord.edge.pbx.link import PbxLink, startup_token

PROBE: Final = "doctor-probe-0"  # an attempt id that nobody has
PROBED_WITHIN: Final = 2.0  # s
PROBE_LOOKS: Final = 0.02  # s between them
READ_CLASSES: Final = ("call", "user")
REMEMBERED: Final = 10_000  # originated ids; the store's row is the real guard, this one survives a bug above

BUSY: Final = frozenset({"3", "4", "6"})  # AST_STATE: dialled and rings there, dials, is up; 5 is a phone that merely rings

# Docs/INTERNALS 1.7: what our login must be able to do, and what it should not (class in brackets).
NEEDED: Final = {
    "originate": "originate",
    "setvar": "call",
    "hangup": "call",
    "getvar": "reporting",
    "status": "reporting",
    "dbgettree": "reporting",
    "corestatus": "reporting",
    "coresettings": "reporting",
    "devicestatelist": "reporting",
    "ping": "",
}
DANGEROUS: Final = {
    "command": "command",
    "moduleload": "system",
    "dbput": "system",
    "getconfig": "config",
    "updateconfig": "config",
    "monitor": "call",
    "dialplanextensionadd": "dialplan",
    "messagesend": "message",
    "agi": "agi",
}

_PRIV = re.compile(r"\(Priv: ([a-z,<>]*)\)")
_MODULE = re.compile(r"\A[a-z0-9_]{1,60}\.so\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Privileges:
    """What the login may send. What it may *read* cannot be asked of Asterisk: it shows when events come."""

    actions: frozenset[str]  # lower case
    missing: tuple[str, ...]  # "setvar (class call)": needed and not allowed
    excess: tuple[str, ...]  # "command (class command)": dangerous and not needed


class AsteriskPbx:
    """Every method raises PbxUnreachable or PbxRefused, except the two that place calls: those answer with a value."""

    def __init__(self, link: PbxLink) -> None:
        self.link = link
        self._originated: dict[str, None] = {}

    # -- calls --------------------------------------------------------------------------------------------------------

    async def originate(self, call: AgentCall) -> Placed:
        """Ring the agent, once. The attempt's row is committed before this is called."""
        try:
            said = await self._place(actions.agent_call(call))
        except OrderRefused as exc:
            return NotSent(f"not sent to {self.link.name}: {exc}")
        if call.line:
            await self._show(call.line, call.display, call.number)
        return said

    async def ring_back(self, call: RingBack) -> Placed:
        """Ring the agent who hung up first, for the wrap-up menu."""
        try:
            return await self._place(actions.ring_back(call))
        except OrderRefused as exc:
            return NotSent(f"not sent to {self.link.name}: {exc}")

    async def _place(self, order: Order) -> Placed:
        if order.action_id in self._originated:
            return Unanswered("this attempt was sent before, and is never sent twice")
        self._originated[order.action_id] = None
        try:
            await self.link.ask(order)
        except PbxUnreachable as exc:
            if exc.sent:
                return Unanswered(str(exc))
            del self._originated[order.action_id]
            return NotSent(str(exc))
        except PbxRefused as exc:
            return Refused(str(exc))
        finally:
            while len(self._originated) > REMEMBERED:
                del self._originated[next(iter(self._originated))]
        return Accepted()

    # -- evidence -----------------------------------------------------------------------------------------------------

    async def live_calls(self) -> tuple[LiveChannel, ...]:
        """Every channel that belongs to an attempt of ours, both legs."""
        return (await self.live_calls_and_phones())[0]

    async def live_calls_and_phones(self) -> tuple[tuple[LiveChannel, ...], frozenset[str]]:
        """Our channels, and every phone or line that has a channel at all, whoever's: `PJSIP/201-0000a2c` is one of PJSIP/201."""
        reply = await self.link.ask(actions.status(self.link.next_id()), within=self.link.timing.list_within)
        live = tuple(channel for channel in map(read_live, reply.items) if channel is not None)
        return live, frozenset(item.first("channel")[:100].rpartition("-")[0] for item in reply.items)

    async def journal(self) -> dict[str, JournalRow | UnreadableRow]:
        """The PBX's own record of our calls, by attempt id."""
        reply = await self.link.ask(actions.journal(self.link.next_id()), within=self.link.timing.list_within)
        rows = (read_journal(item) for item in reply.items)
        return {row.attempt_id: row for row in rows if row is not None}

    async def callers(self) -> tuple[CallerRow, ...]:
        """Calls that came in and were not acknowledged yet."""
        reply = await self.link.ask(actions.callers(self.link.next_id()), within=self.link.timing.list_within)
        return tuple(row for row in map(read_caller, reply.items) if row is not None)

    async def lines(self) -> dict[str, str]:
        """Agents' open lines: endpoint -> channel."""
        reply = await self.link.ask(actions.lines(self.link.next_id()), within=self.link.timing.list_within)
        return dict(found for item in reply.items if (found := read_line(item)) is not None)

    async def handed(self) -> tuple[HandedRow, ...]:
        """Talks that were handed over and not acknowledged yet."""
        reply = await self.link.ask(actions.handed(self.link.next_id()), within=self.link.timing.list_within)
        return tuple(row for row in map(read_handed, reply.items) if row is not None)

    async def recorded(self) -> tuple[RecordedRow, ...]:
        """Recordings of calls that were not acknowledged yet."""
        reply = await self.link.ask(actions.recorded(self.link.next_id()), within=self.link.timing.list_within)
        return tuple(row for row in map(read_recorded, reply.items) if row is not None)

    async def erase(self, attempt_id: str) -> None:
        """Have the recording of a call overwritten; RecordingTold comes as an event. Harmless when repeated."""
        await self.link.ask(actions.erase(attempt_id))

    async def acknowledge(self, attempt_id: str) -> None:
        """Have the journal row forgotten; Acked comes as an event. Harmless when repeated."""
        await self.link.ask(actions.acknowledge(attempt_id))

    async def started_at(self) -> str:
        """The token of the PBX's start-up, as in LinkUp."""
        return startup_token((await self.link.ask(actions.plain("CoreStatus", self.link.next_id()))).head)

    # -- agents -------------------------------------------------------------------------------------------------------

    async def device_states(self) -> dict[str, str]:
        """State of every phone and line the PBX knows, e.g. {"PJSIP/201": "NOT_INUSE"}."""
        reply = await self.link.ask(actions.plain("DeviceStateList", self.link.next_id()), within=self.link.timing.list_within)
        return {item.first("device")[:80]: item.first("state")[:20] for item in reply.items}

    async def is_on_a_call(self, phone: str) -> bool:
        """Whether this phone talks, or dials, in any call but ours."""
        reply = await self.link.ask(actions.status(self.link.next_id()), within=self.link.timing.list_within)
        return any(
            item.first("channel").startswith(f"{phone}-")
            and not item.first("uniqueid").startswith("coll-")
            and item.first("channelstate") in BUSY
            for item in reply.items
        )

    async def say_go(self, uniqueid: str, answer: str) -> None:
        """Tell the waiting dialplan whether the debtor may be dialled: 1, 0 or off."""
        await self.link.ask(actions.say_go(self.link.next_id(), uniqueid, answer))

    async def say_line(self, call: SayLine) -> None:
        """Join the call that a debtor has answered with an agent's line; "": nobody comes, and the debtor hears who called."""
        line = call.line
        try:
            if line:
                await self.link.ask(actions.say_line(self.link.next_id(), call.attempt_id, line))
        except PbxRefused:
            line = ""
        await self.link.ask(actions.say_taken(self.link.next_id(), call.channel_uniqueid, "1" if line else "none"))
        if line:  # they speak by now
            with contextlib.suppress(PbxRefused):  # gone already
                await self.link.ask(actions.say_language(self.link.next_id(), call.attempt_id, call.language))
            await self._show(line, call.display, call.number)

    async def _show(self, line: str, display: str, number: str) -> None:
        """The case on the display of a phone on an open line; a phone that cannot be told goes on without it."""
        with contextlib.suppress(PbxRefused, PbxUnreachable, OrderRefused):
            for order in actions.show_on_line(self.link, line, display, number):
                await self.link.ask(order)

    async def stop_ringing(self, attempt_id: str) -> None:
        """Hang up the debtor's line while it rings. In this order: who answers once the first word is there is not put through, so
        what the list shows as ringing can be no talk by the time it is hung up."""
        agents = f"coll-{attempt_id}"
        if attempt_id.startswith(DIALLED):  # the phone's own channel
            agents = next((leg.uniqueid for leg in await self.live_calls() if leg.attempt_id == attempt_id and leg.agent_leg), agents)
        await self.link.ask(actions.bar_answer(self.link.next_id(), agents))
        for leg in await self.live_calls():
            if leg.attempt_id == attempt_id and not leg.agent_leg and not leg.ring_back and not leg.up:
                with contextlib.suppress(PbxRefused):  # gone by itself
                    await self.link.ask(actions.hang_up(self.link.next_id(), leg.channel))

    async def say_saved(self, uniqueid: str, ok: bool) -> None:  # the one boolean of this interface is the word on the wire
        """Tell the waiting dialplan whether the outcome is on disk."""
        await self.link.ask(actions.say_saved(self.link.next_id(), uniqueid, ok=ok))

    async def say_whom(self, uniqueid: str, answer: Ring | str) -> None:
        """Tell the dialplan whom to ring for a caller, or why nobody: none, closed, off."""
        await self.link.ask(actions.say_whom(self.link.next_id(), uniqueid, answer))

    async def say_recorded(self, uniqueid: str, ok: bool) -> None:  # as say_saved
        """Tell the waiting dialplan whether the debtor's yes to a recording is on disk."""
        await self.link.ask(actions.say_recorded(self.link.next_id(), uniqueid, ok=ok))

    async def say_self(self, uniqueid: str, answer: str) -> None:
        """Tell the dialplan what becomes of the numbers, or of the wish, that a caller keyed."""
        await self.link.ask(actions.say_self(self.link.next_id(), uniqueid, answer))

    async def say_out(self, uniqueid: str, answer: HandCall | str) -> None:
        """Tell the dialplan what becomes of a number that an agent dialled."""
        await self.link.ask(actions.say_out(self.link.next_id(), uniqueid, answer))

    async def reply(self, uniqueid: str, text: str, today: date) -> None:
        """Answer a feature code (docs/INTERNALS 1.6); `today` is what the menu of *85 counts days from."""
        if text.startswith("id-"):
            await self.link.ask(actions.tell_day(self.link.next_id(), uniqueid, today))
        await self.link.ask(actions.reply(self.link.next_id(), uniqueid, text))

    async def show_lamp(self, agent: str, state: str) -> None:
        """The key lamp of this agent, for every phone that watches it; PbxRefused where func_devstate.so is not loaded."""
        await self.link.ask(actions.show_lamp(self.link.next_id(), agent, state))

    # -- for doctor ---------------------------------------------------------------------------------------------------

    async def dialplan_version(self) -> str:
        """'' when our dialplan is not loaded."""
        return await self._value_of("COLL_DIALPLAN_VERSION")

    async def recordings_folder(self) -> str:
        """Where the PBX puts recordings; '' when it is not to record."""
        return await self._value_of("COLL_RECORDINGS")

    async def lamp(self, agent: str) -> str:
        """What the key lamp of this agent shows, "UNKNOWN" before it was ever told; PbxRefused where the PBX has no lamps."""
        return await self._value_of(actions.lamp(agent))

    async def has_lamp_key(self, agent: str) -> bool:
        reply = await self.link.ask(actions.lamp_key(self.link.next_id(), agent))
        return reply.head.first("hint") != ""

    async def has_self_service(self) -> bool:
        """Whether callers can key numbers there; PbxRefused where the PBX cannot be asked (func_dialplan.so is not loaded)."""
        return await self._value_of("DIALPLAN_EXISTS(coll-self,s,1)") == "1"

    async def privileges(self) -> Privileges:
        """From ListCommands, which lists exactly what this login may send."""
        head = (await self.link.ask(actions.plain("ListCommands", self.link.next_id()))).head
        allowed = frozenset(name for name in head.names() if _PRIV.search(head.first(name)))
        return Privileges(
            actions=allowed,
            missing=tuple(f"{name} (class {cls})" if cls else name for name, cls in NEEDED.items() if name not in allowed),
            excess=tuple(f"{name} (class {cls})" for name, cls in DANGEROUS.items() if name in allowed),
        )

    async def unread_classes(self) -> tuple[str, ...]:
        """What the login does not get to read, found by trying: forgetting a journal row that is not there is reported in both classes."""
        before = dict(self.link.heard)
        await self.acknowledge(PROBE)
        until = asyncio.get_running_loop().time() + PROBED_WITHIN
        while missing := tuple(cls for cls in READ_CLASSES if self.link.heard[cls] == before.get(cls, 0)):
            if asyncio.get_running_loop().time() > until:
                return missing
            await asyncio.sleep(PROBE_LOOKS)
        return ()

    async def modules(self, names: tuple[str, ...]) -> dict[str, bool | None]:
        """Which of these modules are loaded; None where the PBX cannot tell without `system` rights (func_module.so is not loaded)."""
        try:
            able = await self._value_of("IFMODULE(func_module.so)") == "1"
        except PbxRefused:
            able = False  # the function is not there to be asked
        found: dict[str, bool | None] = {}
        for name in names:
            if not _MODULE.match(name):
                raise OrderRefused("module", "does not look like name.so")
            found[name] = (await self._value_of(f"IFMODULE({name})") == "1") if able else None
        return found

    async def _value_of(self, expression: str) -> str:
        """'' for a variable that is not set: Asterisk answers Success all the same."""
        return (await self.link.ask(actions.get_variable(self.link.next_id(), expression))).head.first("value")[:200]
