"""The simulated PBX with witnesses: what it journaled, whom it dialled and when, and what crossed the wire, also over its own crashes.

Owns the record. Changes nothing of what the PBX does; may be told to act at the n-th message.
Invariant: a witness forgets nothing, whatever the PBX loses.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collectord.core.telephony.attempts import WRAP_UP_KEYS
from collectord.edge.simulated import SimulatedPbx, WireEntry
from collectord.edge.simulated.journal import Journal


@dataclass(frozen=True, slots=True)
class Written:
    """One journal row as it was written."""

    at: float
    attempt_id: str
    row: str

    @property
    def disposition(self) -> str:
        """What the agent had keyed, empty when nothing."""
        fields = self.row.split("|")
        place = {"KEY": 6, "END": 7}.get(fields[0])
        return WRAP_UP_KEYS[fields[place]].value if place and len(fields) > place and fields[place] else ""


class WitnessedJournal(Journal):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[Written] = []
        self.gaps: list[tuple[float, float]] = []  # what was written in between was lost in a crash

    def put(self, key: str, value: str) -> None:
        self.written.append(Written(time.monotonic(), key.partition("/")[2], value))
        super().put(key, value)

    def lose(self, seconds: float) -> None:
        self.gaps.append((time.monotonic() - seconds - 0.01, time.monotonic()))
        super().lose(seconds)

    def survived(self, written: Written) -> bool:
        return not any(since <= written.at <= until for since, until in self.gaps)


class DialledNumbers(list[str]):
    """Debtors' numbers that reached the world, each with the house's time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.at: list[tuple[str, datetime]] = []
        self._now = now

    def append(self, number: str) -> None:
        self.at.append((number, self._now()))
        super().append(number)


class Wire(deque[WireEntry]):
    """Every message; `act` is called once, when `left` more have crossed."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.act: Callable[[], None] | None = None

    def when(self, messages: int, act: Callable[[], None]) -> None:
        self.left, self.act = messages, act

    def append(self, entry: WireEntry) -> None:
        super().append(entry)
        if self.act is not None:
            self.left -= 1
            if self.left <= 0:
                act, self.act = self.act, None
                act()


class WitnessedPbx:
    """`pbx` is the simulated PBX; the rest is what was seen."""

    def __init__(self, secret: str, now: Callable[[], datetime], *, speed: float, seed: int) -> None:
        self.pbx = SimulatedPbx(username="collectord", secret=secret, speed=speed, seed=seed, clock=now)
        self.journal, self.dialled, self.wire = WitnessedJournal(), DialledNumbers(now), Wire()
        self.pbx.machine.journal = self.journal
        self.pbx.machine.dialled = self.dialled
        self.pbx.wire = self.wire

    def write_down(self, path: Path) -> None:
        """What crossed the wire, for whoever looks into a failure."""
        with path.open("w", encoding="utf-8") as file:
            for entry in self.wire:
                fields = " ".join(
                    f"{name}={value!r}" for name, value in entry.fields.items() if name not in ("Event", "Action", "Privilege")
                )
                file.write(f"{entry.at:.3f} {entry.direction:3} {entry.name} {fields}\n")

    def originates(self) -> Counter[str]:
        """Originates of calls by channel id, as they came over the wire."""
        return Counter(
            entry.fields["ChannelId"]
            for entry in self.wire
            if entry.direction == "in" and entry.name == "Originate" and not entry.fields["Channel"].startswith("Local/ack@coll-ack")
        )

    def ended(self) -> set[str]:
        """Attempts whose last word stands in the journal."""
        return {w.attempt_id for w in self.journal.written if w.row.startswith("END|")}

    def called_saved(self) -> set[str]:
        """Attempts whose outcome the dialplan was told to be saved."""
        of_channel = {e.fields["Uniqueid"]: e.fields["CollID"] for e in self.wire if e.direction == "out" and e.name == "CollKeyed"}
        told = [
            entry.fields["Channel"]
            for entry in self.wire
            if entry.name == "Setvar" and entry.fields.get("Variable") == "COLL_SAVED" and entry.fields.get("Value") == "1"
        ]
        return {of_channel.get(channel) or channel.removeprefix("coll-") for channel in told}

    def keyed(self) -> dict[str, str]:
        """Attempt -> the disposition keyed last, of everything that the journal did not lose."""
        return {w.attempt_id: w.disposition for w in self.journal.written if w.disposition and self.journal.survived(w)}

    def was_dialled(self) -> set[str]:
        """Attempts for which the dialplan went on to dial the debtor."""
        return {w.attempt_id for w in self.journal.written if w.row == "DIAL" and not w.attempt_id.startswith("in-")}

    def rang_or_went(self) -> list[tuple[float, str]]:
        """When the daemon ordered a call to an agent's phone, or said yes to an accepted one, and of which channel."""
        return [
            (entry.at, entry.fields["ChannelId"] if entry.name == "Originate" else entry.fields["Channel"])
            for entry in self.wire
            if entry.direction == "in"
            and (
                (entry.name == "Originate" and "ChannelId" in entry.fields)
                or (entry.name == "Setvar" and entry.fields.get("Variable") == "COLL_GO" and entry.fields.get("Value") == "1")
            )
        ]
