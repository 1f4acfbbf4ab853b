"""What is keyed after a talk, and the end of a channel: coll-wrap, coll-keyed, coll-wrap-end.

Owns the menu alone (a ring-back, *85) and when "saved" is said. Knows no call that goes on.
Invariant: "saved" is said only when the daemon says that it is.
"""

from __future__ import annotations

import re
from typing import Final

from collectord.edge.simulated.channel import hangup
from collectord.edge.simulated.leg import NORMAL, Leg, LegGone
from collectord.edge.simulated.menu import NO_ENTRY, Entry, Menu

ATTEMPT: Final = re.compile(r"[a-z0-9-]{8,40}")


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
