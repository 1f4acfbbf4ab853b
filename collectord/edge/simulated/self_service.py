"""A caller whom nobody reached keys numbers and a wish (contexts coll-self and coll-self-day).

Owns the questions and their order. Knows no socket; whether numbers fit, and what is saved, is the daemon's word.
Invariant: nothing is called saved without that word, and before it said that both numbers fit nothing is asked about an invoice's payment.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from collectord.edge.simulated.leg import Leg, TimeIsUp
from collectord.edge.simulated.menu import keyed_day

TURNS: Final = 3
TRIES: Final = 3
IN_ALL: Final = 240.0  # s
LEVEL: Final = 1.5  # s from the last key to what is heard, however fast the daemon was


class Dialogue:
    """After the announcement; LegGone passes through."""

    def __init__(self, leg: Leg, attempt_id: str, called: str, caller: str) -> None:
        self._leg, self._id, self._called, self._caller = leg, attempt_id, called, caller
        self._today = leg.machine.today()

    async def run(self) -> None:
        self._leg.within(IN_ALL)
        try:
            if await self._fits():
                await self._menu()
        except TimeIsUp:
            return

    async def _asked(self, name: str, *headers: tuple[str, str]) -> str:
        self._leg.machine.tell_user(self._leg.channel, name, ("CollID", self._id), *headers)
        return await self._leg.awaited("COLL_SELF")

    async def _fits(self) -> bool:
        for turn in range(1, TURNS + 1):
            debtor, _ = await self._leg.read("self-debtor", most=20, seconds=8)
            if not debtor:
                return False
            invoice, _ = await self._leg.read("self-invoice", most=20, seconds=8)
            if not invoice:
                return False
            since, answer = self._leg.machine.now(), "0"
            if re.fullmatch("[0-9]+", debtor) and re.fullmatch("[0-9]+", invoice):
                pair = (("Called", self._called), ("Caller", self._caller), ("Turn", str(turn)), ("Debtor", debtor), ("Invoice", invoice))
                answer = await self._asked("CollPair", ("Seq", "2"), *pair)
                if not answer:
                    await self._leg.play("self-later")
                    return False
            await self._leg.pause(since + LEVEL - self._leg.machine.now())
            if answer.startswith("1|"):
                self._today = datetime.strptime(answer[2:], "%Y%m%d").date()  # noqa: DTZ007 - a day, not an instant
                return True
            if answer != "0" or turn == TURNS:
                break
            await self._leg.play("self-again")
        await self._leg.play("self-over")
        return False

    async def _menu(self) -> None:
        match (await self._leg.read("self-menu", most=1, seconds=8))[0]:
            case "1":
                if day := await self._day():
                    await self._wish("promise", day)
            case "2":
                part, _ = await self._leg.read("self-part", most=1, seconds=8)
                await self._wish({"1": "morning", "2": "afternoon"}.get(part, "soon"), "")

    async def _day(self) -> str:
        """The day, confirmed; "" when it came to nothing."""
        tries = 0
        while tries < TRIES:
            tries += 1
            keyed, _ = await self._leg.read("self-day", most=4, seconds=10, ends="#*")
            day = keyed_day(keyed, self._today) if re.fullmatch("[0-9]{4}", keyed) else ""
            if not day:
                continue
            answer = await self._confirmed()
            if answer != "*":
                return day if answer == "1" else ""
            tries = 0
        return ""

    async def _confirmed(self) -> str:
        for _ in range(TRIES):
            self._leg.say("self-read")
            self._leg.ask("self-confirm")
            if (sign := await self._leg.key(8)) in ("1", "*"):
                return sign
        return ""

    async def _wish(self, wish: str, on: str) -> None:
        answer = await self._asked("CollWish", ("Seq", "3"), ("Wish", wish), ("On", on))
        back = "self-instead" if wish == "promise" else "self-callback"
        await self._leg.play({"1": "self-promised", "2": "self-noted", "3": back}.get(answer, "self-later"))
