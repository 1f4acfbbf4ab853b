"""The debtor is dialled first, agents wait on open lines: contexts coll-line and coll-ahead, told what to do over a raw AMI line.

Owns the calls to numbers that begin with +49305508, and phones 207 to 209. Uses no code of collectord: tried is the interface alone.
Invariant: whoever answers is joined with an agent or hears who called, within two seconds, whether a daemon answers or not.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
LINES = count(10)
WITHIN = 2.0  # s from the answer


class Desk:
    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox = ami, sandbox
        self._mine: set[str] = set()
        ami.go = lambda attempt: "1" if attempt in self._mine else None

    def event(self, name: str, attempt: str, within: float = 90.0) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == attempt, f"{name} of {attempt}", within=within)

    def line(self, phone: str) -> str:
        """The phone dials *87 and stays; its channel."""
        since = len(self.ami.seen)
        assert self.sandbox.start_feature("*87", phone=phone, stay=300) is not None
        asked = self.ami.wait(lambda m: m.get("UserEvent") == "CollFeature" and m["Action"] == "line", "CollFeature", since=since)
        self.set(asked["Uniqueid"], "COLL_REPLY", "ok")
        return self.told(since, f"PJSIP/{phone}", "ready")["LineChannel"]

    def told(self, since: int, endpoint: str, state: str) -> Message:
        def is_it(m: Message) -> bool:
            return (m.get("UserEvent"), m.get("Endpoint"), m.get("LineState")) == ("CollLine", endpoint, state)

        return self.ami.wait(is_it, f"{endpoint} {state}", since=since)

    def set(self, channel: str, name: str, value: str) -> None:
        assert self.ami.action("Setvar", ("Channel", channel), ("Variable", name), ("Value", value))["Response"] == "Success"

    def ahead(self, tail: str) -> str:
        attempt = uuid.uuid4().hex[:16]
        self._mine.add(attempt)
        values = {
            "__COLL_ID": attempt, "COLL_DST": f"+49305508{next(LINES):03}{tail}", "COLL_CID": "+493012345600", "COLL_MODE": "ahead",
            "COLL_RING": "4", "COLL_TRUNK": "trunk", "COLL_FORMAT": "e164", "COLL_LANG": "de", "COLL_WRAP": "20", "COLL_TODAY": "20261123",
        }  # fmt: skip
        self.ami.action(
            "Originate", ("ActionID", f"{attempt}-o"), ("Channel", "Local/s@coll-ahead/n"), ("ChannelId", f"coll-{attempt}"),
            ("OtherChannelId", f"coll-{attempt}-x"), ("Context", "coll-agent"), ("Exten", "s"), ("Priority", "1"), ("Timeout", "20000"),
            ("Async", "true"), *(("Variable", f"{key}={value}") for key, value in values.items()),
        )  # fmt: skip
        return attempt

    def join(self, attempt: str, line: str) -> None:
        answered = self.event("CollUp", attempt)
        self.set(f"coll-{attempt}-x", "COLL_TO", line)
        self.set(answered["Uniqueid"], "COLL_TO", "1")

    def value(self, channel: str, name: str) -> str:
        return self.ami.action("Getvar", ("Channel", channel), ("Variable", name)).get("Value", "")

    def until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + 40
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what}: it did not come to that"
            time.sleep(0.02)
        return found

    def played(self, attempt: str) -> list[str]:
        """What is played to the debtor, from now on until the call ends."""
        heard: list[str] = []

        def over() -> bool:
            for row in self.sandbox.company.core_show_channels():
                if row.get("Application") == "Playback" and row["ApplicationData"] not in heard and row["Uniqueid"] in legs:
                    heard.append(row["ApplicationData"])
            self.ami.action("Ping")
            return any(m.get("UserEvent") == "CollEnd" and m.get("CollID") == attempt for m in self.ami.seen)

        legs = {self.event("CollUp", attempt)["Uniqueid"]}
        self.until(over, f"the call of {attempt} ends")
        return heard

    def row(self, attempt: str, family: str = "coll") -> str:
        number = self.ami.action("DBGet", ("Family", family), ("Key", attempt))["ActionID"]
        return self.ami.wait(lambda m: m.get("Event") == "DBGetResponse" and m.get("ActionID") == number, "DBGetResponse")["Val"]

    def names(self, attempt: str) -> list[str]:
        return [m["UserEvent"] for m in self.ami.seen if m.get("CollID") == attempt and "UserEvent" in m]


@pytest.fixture
def desk(sandbox: Sandbox) -> Iterator[Desk]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield Desk(ami, sandbox)
        for phone in ("207", "208", "209"):
            if any(row["phone"] == phone for row in sandbox.phone_calls()):
                sandbox.hang_up(phone)


def result_of(message: Message) -> tuple[str, ...]:
    return tuple(message[name] for name in ("State", "Status", "Tech", "Disp"))


def test_one_line_takes_call_after_call_and_keys_each_outcome_without_ringing(desk: Desk) -> None:
    line, rings = desk.line("207"), len(desk.sandbox.phone_rings())
    for key in ("2", "5"):
        since = len(desk.ami.seen)
        attempt = desk.ahead("1000")
        desk.join(attempt, line)
        desk.event("CollResult", attempt)
        keyed = press_until_keyed(desk, "207", key, attempt)
        desk.set(keyed["Uniqueid"], "COLL_SAVED", "1")
        assert result_of(desk.event("CollEnd", attempt)) == ("WRAP", "ANSWER", "SIP 200 OK", key)
        assert desk.told(since, "PJSIP/207", "ready")["LineChannel"] == line
        assert desk.row(attempt).startswith("END|WRAP|ANSWER|16|SIP 200 OK|")
    assert len(desk.sandbox.phone_rings()) == rings


def press_until_keyed(desk: Desk, phone: str, key: str, attempt: str) -> Message:
    """The menu takes the key once it asks."""
    for _ in range(10):
        desk.sandbox.press(phone, key)
        try:
            return desk.event("CollKeyed", attempt, within=1.0)
        except TimeoutError:
            continue
    raise AssertionError(f"key {key} was not taken")


@pytest.mark.parametrize("answer", ["none", ""])
def test_who_answers_and_finds_nobody_hears_who_called_within_two_seconds(desk: Desk, answer: str) -> None:
    attempt = desk.ahead("1100")
    answered = desk.event("CollUp", attempt)
    if answer:
        desk.set(answered["Uniqueid"], "COLL_TO", answer)
    lost = desk.event("CollLost", attempt)
    first, *others = desk.played(attempt)
    assert (first, others[-1]) == ("coll/lost", "coll/lost-end")
    assert "coll/lost-number" in others
    assert desk.ami.at(lost) - desk.ami.at(answered) < WITHIN
    assert result_of(desk.event("CollEnd", attempt)) == ("WRAP", "CANCEL", "SIP 200 OK", "")
    assert desk.row(attempt).startswith("END|WRAP|CANCEL|16|SIP 200 OK|")


def test_a_line_that_is_gone_in_the_moment_leaves_nobody_in_silence(desk: Desk) -> None:
    attempt = desk.ahead("1100")
    desk.join(attempt, "PJSIP/207-0fffffff")
    lost = desk.event("CollLost", attempt)
    assert desk.ami.at(lost) - desk.ami.at(desk.event("CollUp", attempt)) < WITHIN
    assert result_of(desk.event("CollEnd", attempt))[:2] == ("DIAL", "CANCEL")


def test_who_hangs_up_before_an_agent_came_leaves_no_menu_behind(desk: Desk) -> None:
    attempt = desk.ahead("1200")
    assert result_of(desk.event("CollEnd", attempt, within=8.0))[:2] in {("WRAP", "ANSWER"), ("WRAP", "CANCEL")}
    assert "CollKeyed" not in desk.names(attempt)


def test_the_agent_who_leaves_the_line_ends_the_talk_and_the_line(desk: Desk) -> None:
    since = len(desk.ami.seen)
    line = desk.line("208")
    attempt = desk.ahead("1100")
    desk.join(attempt, line)
    desk.until(lambda: desk.value(line, "BRIDGEPEER"), "both talk")
    desk.sandbox.hang_up("208")
    assert result_of(desk.event("CollEnd", attempt)) == ("DIAL", "ANSWER", "SIP 200 OK", "")
    desk.told(since, "PJSIP/208", "gone")


def test_the_keys_for_handing_over_are_answered_on_a_line_and_the_talk_goes_on(desk: Desk) -> None:
    line = desk.line("207")
    attempt = desk.ahead("1100")
    desk.join(attempt, line)
    desk.until(lambda: desk.value(line, "BRIDGEPEER"), "both talk")

    def played() -> bool:
        return any(row.get("ApplicationData") == "coll/hand-not" for row in desk.sandbox.company.core_show_channels())

    desk.sandbox.press("207", "*2")
    desk.until(played, "the agent hears that it is not possible")
    desk.until(lambda: not played() and desk.value(line, "BRIDGEPEER"), "both talk again")
    assert "CollHand" not in desk.names(attempt)
    desk.sandbox.hang_up("207")
    assert result_of(desk.event("CollEnd", attempt))[:2] == ("DIAL", "ANSWER")


def test_the_phone_on_a_line_is_told_whose_case_it_is_in_the_talk(desk: Desk) -> None:
    """What the company's PBX sends the phone: the case, and its own name when the talk is over."""
    line = desk.line("208")
    attempt = desk.ahead("1000")
    desk.join(attempt, line)
    desk.set(line, "CONNECTEDLINE(name,i)", "Müller 123,45 EUR")
    desk.set(line, "CONNECTEDLINE(num)", "+493012345678")
    assert (desk.value(line, "CONNECTEDLINE(name)"), desk.value(line, "CONNECTEDLINE(num)")) == ("Müller 123,45 EUR", "+493012345678")
    desk.set(press_until_keyed(desk, "208", "2", attempt)["Uniqueid"], "COLL_SAVED", "1")
    desk.until(lambda: desk.value(line, "CONNECTEDLINE(name)") == "collectord", "the line waits")
    assert desk.value(line, "CONNECTEDLINE(num)") == "*87"


def emergency(desk: Desk) -> str:
    """How many lines an emergency call got."""
    asked = f"ahead-{uuid.uuid4().hex}"
    desk.ami.action(
        "Originate", ("Channel", "Local/112@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true"),
        ("Variable", f"__ASKED={asked}"),
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while desk.ami.action("DBGet", ("Family", "sandbox"), ("Key", asked))["Response"] != "Success":
        assert time.monotonic() < deadline, "the emergency call did not come to its answer"
        time.sleep(0.03)
    return desk.row(asked, "sandbox")


def test_a_line_that_rings_for_nobody_yet_is_given_to_an_emergency_call(desk: Desk) -> None:
    attempt = desk.ahead("3000")
    desk.event("CollDial", attempt)
    assert emergency(desk) == "1"
    desk.event("CollFreed", attempt)
    assert result_of(desk.event("CollEnd", attempt, within=3.0))[:2] == ("WRAP", "CANCEL")


def test_the_announcement_to_whoever_found_nobody_does_not_hold_a_line_from_an_emergency_call(desk: Desk) -> None:
    attempt = desk.ahead("1100")
    desk.set(desk.event("CollUp", attempt)["Uniqueid"], "COLL_TO", "none")
    desk.event("CollLost", attempt)
    assert emergency(desk) == "1"
    desk.event("CollFreed", attempt, within=1.0)
    assert result_of(desk.event("CollEnd", attempt, within=1.0))[:2] == ("WRAP", "CANCEL")
    assert emergency(desk) == "0"


def test_a_talk_on_an_open_line_is_ended_for_an_emergency_call_and_its_outcome_is_keyed_on_the_line(desk: Desk) -> None:
    line = desk.line("209")
    attempt = desk.ahead("1100")
    desk.join(attempt, line)
    desk.until(lambda: desk.value(line, "BRIDGEPEER"), "both talk")
    assert emergency(desk) == "1"
    desk.event("CollFreed", attempt)
    assert desk.event("CollResult", attempt)["Status"] == "ANSWER"
    desk.set(press_until_keyed(desk, "209", "2", attempt)["Uniqueid"], "COLL_SAVED", "1")
    assert result_of(desk.event("CollEnd", attempt)) == ("WRAP", "ANSWER", "SIP 200 OK", "2")


@pytest.mark.parametrize(("tail", "status", "cause"), [("2000", "BUSY", "17"), ("3000", "NOANSWER", "0"), ("4200", "CHANUNAVAIL", "1")])
def test_what_the_network_says_is_told_as_of_any_call(desk: Desk, tail: str, status: str, cause: str) -> None:
    attempt = desk.ahead(tail)
    end = desk.event("CollEnd", attempt)
    assert (end["State"], end["Status"], end["Cause"]) == ("WRAP", status, cause)
    assert desk.names(attempt) == ["CollAgent", "CollAccept", "CollDial", "CollResult", "CollEnd"]
