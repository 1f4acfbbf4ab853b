"""The wrap-up menu (context coll-menu): an outcome keyed on the phone, question by question.

Owns the questions, their order and what counts as an answer (docs/INTERNALS 1.5). Writes no journal and sends no event.
Invariant: an entry is either complete and, where the menu asks for it, confirmed, or it does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from collectord.edge.simulated.leg import Leg, TimeIsUp

TRIES: Final = 3
AHEAD: Final = timedelta(days=183)  # further is a slip of the finger

_Step: TypeAlias = "Callable[[], Awaitable[_Step | None]]"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was keyed, as it goes into events and journal."""

    disp: str = ""
    amount: str = ""
    on: str = ""
    at: str = ""

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Disp", self.disp), ("Amount", self.amount), ("On", self.on), ("At", self.at))

    def row(self) -> str:
        return "|".join((self.disp, self.amount, self.on, self.at))


NO_ENTRY: Final = Entry()


def keyed_day(digits: str, today: date) -> str:
    """DDMM or a number of days as YYYYMMDD, empty when there is no such day; a day of the past means next year."""
    if not re.fullmatch(r"[0-9]{4}", digits):
        return f"{today + timedelta(days=int(digits)):%Y%m%d}"
    for year in (today.year, today.year + 1):
        try:
            day = date(year, int(digits[2:]), int(digits[:2]))
        except ValueError:
            return ""
        if day >= today:
            return f"{day:%Y%m%d}" if day - today <= AHEAD else ""
    return ""


class Menu:
    """One run of the menu on one leg."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._prompt = "outcome"
        self._disp = self._amount = self._on = self._at = ""
        self._tries = 0

    async def run(self) -> Entry:
        """The entry, NO_ENTRY when none was completed. LegGone passes through."""
        seconds = self._leg.channel.variables.get("COLL_WRAP", "")
        self._leg.within(float(seconds) if re.fullmatch(r"[0-9]{1,3}", seconds) and int(seconds) else 60.0)
        step: _Step | None = self._main
        before: _Step | None = None
        try:
            while step is not None:
                self._tries = self._tries + 1 if step == before else 1
                if self._tries > TRIES:
                    raise TimeIsUp
                before, step = step, await step()
        except TimeIsUp:
            self._leg.within(None)
            await self._leg.play("no-entry")
            return NO_ENTRY
        self._leg.within(None)
        return Entry(self._disp, self._amount, self._on, self._at)

    async def _main(self) -> _Step | None:
        self._amount = self._on = self._at = ""
        sign, _ = await self._leg.read(self._prompt, most=1, seconds=6)
        self._prompt = "outcome-keys"
        match sign:
            case "0":
                self._tries = 0
            case "1":
                return self._promise
            case "4":
                return self._callback
            case "9":
                return self._confirm_dnc
        if not re.fullmatch("[1-9]", sign):
            return self._main
        self._disp = sign
        return None

    async def _promise(self) -> _Step | None:
        sign, _ = await self._leg.read("full-or-part", most=1, seconds=10)
        match sign:
            case "*":
                return self._main
            case "1":
                self._amount = "full"
                return self._day
            case "2":
                return self._part
        return self._promise

    async def _part(self) -> _Step | None:
        keyed, ended = await self._leg.read("part-amount", most=7, seconds=10, ends="#*")
        if ended and not keyed:
            return self._promise
        if not re.fullmatch("[1-9][0-9]{0,6}", keyed):
            return self._part
        self._amount = keyed
        return self._day

    async def _day(self) -> _Step | None:
        return await self._keyed_day("promise-day", "[1-9][0-9]?|[0-9]{4}", self._promise, self._confirm_promise, self._day)

    async def _callback(self) -> _Step | None:
        return await self._keyed_day("callback-day", "0|[1-9][0-9]?|[0-9]{4}", self._main, self._hour, self._callback)

    async def _keyed_day(self, prompt: str, shape: str, back: _Step, on: _Step, again: _Step) -> _Step:
        keyed, ended = await self._leg.read(prompt, most=4, seconds=10, ends="#*")
        if ended and not keyed:
            return back
        if not re.fullmatch(shape, keyed):
            return again
        self._on = keyed_day(keyed, self._today())
        return on if self._on else again

    async def _hour(self) -> _Step | None:
        keyed, ended = await self._leg.read("callback-hour", most=2, seconds=10, ends="#*")
        if ended and not keyed:
            return self._callback
        if not re.fullmatch("[01]?[0-9]|2[0-3]", keyed):
            return self._hour
        self._at = keyed.zfill(2)
        return self._confirm_callback

    async def _confirm_promise(self) -> _Step | None:
        return await self._confirmed("1", "confirm", self._day, self._confirm_promise)

    async def _confirm_callback(self) -> _Step | None:
        return await self._confirmed("4", "confirm", self._callback, self._confirm_callback)

    async def _confirm_dnc(self) -> _Step | None:
        return await self._confirmed("9", "confirm-dnc", self._main, self._confirm_dnc)

    async def _confirmed(self, disp: str, prompt: str, back: _Step, again: _Step) -> _Step | None:
        self._leg.ask(prompt)
        match await self._leg.key(8):
            case "1":
                self._disp = disp
                return None
            case "*":
                return back
            case "0":
                self._tries -= 1
        return again

    def _today(self) -> date:
        """The daemon's day when it gave one, else the machine's."""
        given = self._leg.channel.variables.get("COLL_TODAY", "")
        try:
            return datetime.strptime(given, "%Y%m%d").date()  # noqa: DTZ007 - a day, not an instant
        except ValueError:
            return self._leg.machine.today()
