"""A caller whom nobody reached keys numbers, on a real Asterisk: the shipped coll-self, told what fits over a raw AMI line.

Owns the callers whose numbers begin with +49305506. Uses no code of collectord. Invariant: what is expected stands here as data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
CALLERS = count(10)
COMPANY = "+493012345600"


class Line:
    """One caller: hears, presses; and what the dialplan asks about it."""

    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox, self.number = ami, sandbox, f"+49305506{next(CALLERS):03}1000"

    def calls(self, answer: str) -> Message:
        self.sandbox.call_back(self.number, talks=120)
        call = self.ami.wait(lambda m: m.get("UserEvent") == "CollIn" and m["Caller"] == self.number, "CollIn", since=0, within=60)
        self.say(call, answer, "COLL_TO")
        return call

    def say(self, asked: Message, answer: str, name: str = "COLL_SELF") -> None:
        assert self.ami.action("Setvar", ("Channel", asked["Uniqueid"]), ("Variable", name), ("Value", answer))["Response"] == "Success"

    def hears(self, prompt: str) -> None:
        deadline = time.monotonic() + 60
        while (heard := self.sandbox.caller_hears(self.number)) != prompt:
            assert time.monotonic() < deadline, f"hears {heard!r}, not {prompt}"
            time.sleep(0.05)

    def presses(self, prompt: str, keys: str) -> None:
        self.hears(prompt)
        time.sleep(0.5)  # listens
        self.sandbox.press_caller(self.number, keys)

    def asked(self, name: str, call: Message, turn: str = "") -> Message:
        def is_it(m: Message) -> bool:
            return m.get("UserEvent") == name and m.get("CollID") == call["CollID"] and (not turn or m.get("Turn") == turn)

        return self.ami.wait(is_it, f"{name} {turn}", since=0, within=60)

    def end(self, call: Message) -> list[str]:
        self.asked("CollMissed", call)
        return [m["UserEvent"] for m in self.ami.seen if m.get("CollID") == call["CollID"] and "UserEvent" in m]


@pytest.fixture
def line(sandbox: Sandbox) -> Iterator[Line]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield Line(ami, sandbox)


def test_the_daemon_can_ask_whether_callers_can_key(line: Line) -> None:
    assert line.ami.action("Getvar", ("Variable", "DIALPLAN_EXISTS(coll-self,s,1)"))["Value"] == "1"
    assert line.ami.action("Getvar", ("Variable", "DIALPLAN_EXISTS(coll-nobody,s,1)"))["Value"] == "0"


def test_what_does_not_fit_is_asked_three_times_and_told_alike(line: Line) -> None:
    call = line.calls("closed-0-k")
    line.presses("self-debtor", "10*#")  # no number: wrong, without asking
    line.presses("self-invoice", "4711#")
    for turn in ("2", "3"):
        line.presses("self-debtor", f"{turn}0#")
        line.presses("self-invoice", "4711#")
        pair = line.asked("CollPair", call, turn)
        assert (pair["Called"], pair["Caller"], pair["Debtor"], pair["Invoice"]) == (COMPANY, line.number, f"{turn}0", "4711")
        line.say(pair, "0")
    line.hears("self-over")
    assert line.end(call) == ["CollIn", "CollPair", "CollPair", "CollEnd", "CollMissed"]


def test_the_day_is_asked_until_there_is_one_and_may_be_changed(line: Line) -> None:
    call = line.calls("none-k")
    line.presses("self-debtor", "10#")
    line.presses("self-invoice", "4711#")
    line.say(line.asked("CollPair", call), "1|20261123")
    line.presses("self-menu", "1")
    line.presses("self-day", "3102")
    time.sleep(0.5)
    line.presses("self-day", "0412")
    line.presses("self-confirm", "*")
    line.presses("self-day", "0512")
    line.presses("self-confirm", "1")
    wish = line.asked("CollWish", call)
    assert (wish["Wish"], wish["On"]) == ("promise", "20261205")
    line.say(wish, "2")
    line.hears("self-noted")
    assert line.end(call) == ["CollIn", "CollPair", "CollWish", "CollEnd", "CollMissed"]


def test_without_the_daemons_word_nothing_is_called_saved(line: Line) -> None:
    call = line.calls("none-k")
    line.presses("self-debtor", "10#")
    line.presses("self-invoice", "4711#")
    line.say(line.asked("CollPair", call), "1|20261123")
    line.presses("self-menu", "2")
    line.presses("self-part", "1")
    assert line.asked("CollWish", call)["Wish"] == "morning"
    line.hears("self-later")
    assert line.end(call)[-1] == "CollMissed"


def test_end_ends_it_and_who_may_not_key_is_not_asked(line: Line) -> None:
    call = line.calls("none-k")
    line.presses("self-debtor", "10#")
    line.presses("self-invoice", "4711#")
    line.say(line.asked("CollPair", call), "end")
    line.hears("self-over")
    line.end(call)
    again = Line(line.ami, line.sandbox)
    call = again.calls("none")
    again.hears("in-none-back")
    assert again.end(call) == ["CollIn", "CollEnd", "CollMissed"]
