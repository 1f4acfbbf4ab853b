"""An agent hands the debtor over, on a real Asterisk: the shipped coll-hand, told what to do over a raw AMI line, keys as real DTMF.

Owns the debtors whose numbers begin with +49305505. Uses no code of collectord. Invariant: what is expected stands here as data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
NUMBERS = count(10)
CALL = (
    "COLL_CID=+493012345600",
    "COLL_MODE=preview",
    "COLL_RING=30",
    "COLL_TRUNK=trunk",
    "COLL_FORMAT=e164",
    "COLL_LANG=de",
    "COLL_WRAP=30",
)


class Talk:
    """One call, up to the moment at which both talk."""

    def __init__(self, ami: Ami, sandbox: Sandbox, *, line: str, agent: str, first: str) -> None:
        """`agent`: what people do at a phone that shows the debtor's number, `first`: the one who talks (docs/INTERNALS.md 2)."""
        self.ami, self.sandbox = ami, sandbox
        place = next(NUMBERS)
        self.id, self.number = f"handed-{place:04}", f"+49305505{place:03}{line}{agent}"
        variables = (f"__COLL_ID={self.id}", f"COLL_DST={self.number}", *CALL)
        ami.action(
            "Originate", ("ActionID", f"{self.id}-o"), ("Channel", "PJSIP/205"), ("ChannelId", f"coll-{self.id}"),
            ("Context", "coll-agent"), ("Exten", "s"), ("Priority", "1"), ("Timeout", "20000"), ("Async", "true"),
            ("CallerID", f'"Case" <{self.number[:-2]}{first or agent}>'),
            *(("Variable", text) for text in variables),
        )  # fmt: skip
        self.say(self.event("CollAccept"), "COLL_GO", "1")
        self.up = self.event("CollUp")
        self.since = time.time()
        sandbox.wait_for("debtor-up", who=self.number)

    def event(self, name: str) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == self.id, f"{name} of {self.id}", within=60)

    def events(self) -> list[str]:
        return [m["UserEvent"] for m in self.ami.seen if m.get("CollID") == self.id and "UserEvent" in m]

    def say(self, asks: Message, name: str, text: str) -> None:
        assert self.ami.action("Setvar", ("Channel", asks["Uniqueid"]), ("Variable", name), ("Value", text))["Response"] == "Success"

    def row(self, family: str) -> str:
        answer = self.ami.action("DBGet", ("Family", family), ("Key", self.id))
        if answer["Response"] != "Success":
            return ""
        number = answer["ActionID"]
        return self.ami.wait(lambda m: m.get("Event") == "DBGetResponse" and m.get("ActionID") == number, "DBGetResponse")["Val"]

    def hands_to(self, phone: str, *, keyed: str = "", seconds: int = 10) -> None:
        asked = self.keys(f"*2{keyed or phone}#")
        assert asked["To"] == (keyed or phone)
        self.say(asked, "COLL_TO", f"1|PJSIP/{phone}|{seconds}|20261123|30|de|Übergabe - Müller")

    def keys(self, keys: str) -> Message:
        """Presses keys until the daemon is asked: a machine that stood still for a second has swallowed them."""
        for _ in range(8):
            before = len(self.ami.seen)
            self.sandbox.press("205", keys)
            try:
                return self.ami.wait(
                    lambda m: m.get("UserEvent") == "CollHand" and m.get("CollID") == self.id, "CollHand", since=before, within=6
                )
            except TimeoutError:
                continue
        raise AssertionError(f"{keys} was not heard")

    def until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + 60
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what} did not come"
            time.sleep(0.05)
        return found

    def has_hung_up(self, phone: str) -> bool:
        return bool(self.sandbox.events("phone-end", who=phone, since=self.since))

    def debtor_is_there(self) -> bool:
        return not self.sandbox.events("debtor-end", who=self.number)

    def debtor_leaves(self) -> None:
        for row in self.legs_of_the_debtor():
            self.sandbox.world.ami().action("Hangup", Channel=row["Channel"])

    def legs_of_the_debtor(self) -> list[Message]:
        return [row for row in self.sandbox.world.ami().rows("Status") if self.number in (row.get("Exten"), row.get("DNID"))]


@pytest.fixture
def talk(sandbox: Sandbox) -> Iterator[Callable[..., Talk]]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield lambda line="11", agent="00", first="": Talk(ami, sandbox, line=line, agent=agent, first=first)


def test_the_colleague_takes_the_talk_sees_the_case_and_has_the_last_word(talk: Callable[..., Talk]) -> None:
    call = talk()
    call.hands_to("206")
    assert call.event("CollHanded")["Endpoint"] == "PJSIP/206"
    rang = call.sandbox.phone_rings("206")[-1]
    assert (rang.caller_name, rang.caller) == ("Übergabe - Müller", call.number)
    call.until(lambda: call.has_hung_up("205"), "the first agent's end")
    assert call.debtor_is_there()
    assert call.row("coll") == "DIAL"
    assert call.row("collhand").startswith(f"PJSIP/206|PJSIP/205|PJSIP/206|10|20261123|30|de|{call.number}|")
    call.sandbox.hang_up("206")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Cause"], end["Tech"]) == ("DIAL", "ANSWER", "16", "SIP 200 OK")
    assert int(end["Talk"]) > 1_000
    assert end["Channel"].startswith("PJSIP/206-")
    assert call.events() == ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollHand", "CollHanded", "CollEnd"]
    assert call.row("coll").startswith("END|DIAL|ANSWER|16|SIP 200 OK|")


def test_the_colleague_keys_the_outcome_when_the_debtor_hangs_up(talk: Callable[..., Talk]) -> None:
    call = talk()
    call.hands_to("206")
    call.event("CollHanded")
    time.sleep(2)  # the world's agents press 1 a second after they answered: in the talk it means nothing, in the menu a promise
    call.debtor_leaves()
    result = call.event("CollResult")
    assert (result["Status"], result["Channel"][:10]) == ("ANSWER", "PJSIP/206-")
    time.sleep(1.5)  # the question begins
    call.sandbox.press("206", "2")
    keyed = call.event("CollKeyed")
    assert keyed["Disp"] == "2"
    call.say(keyed, "COLL_SAVED", "1")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Disp"]) == ("WRAP", "ANSWER", "2")
    assert call.events().count("CollEnd") == 1


def test_nobody_answers_and_the_debtor_is_with_the_first_agent_again(talk: Callable[..., Talk]) -> None:
    call = talk()
    call.hands_to("299")
    assert call.event("CollHanded")["Endpoint"] == "PJSIP/205"
    assert call.debtor_is_there()
    assert len([ring for ring in call.sandbox.phone_rings("205") if ring.caller == call.number]) == 2
    call.sandbox.hang_up("205")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"]) == ("DIAL", "ANSWER")
    assert call.events().count("CollEnd") == 1


def test_nobody_answers_at_all_and_the_debtor_is_told_that_we_call_back(talk: Callable[..., Talk]) -> None:
    call = talk(agent="20", first="00")  # whoever is shown the debtor's number lets it ring
    call.hands_to("299")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Channel"][:12], end["Disp"]) == ("BACK", "ANSWER", "PJSIP/trunk-", "")
    assert int(end["Talk"]) > 30_000
    assert "CollHanded" not in call.events()
    assert call.events().count("CollEnd") == 1


def test_a_debtor_who_leaves_before_anybody_answers_has_talked_all_the_same(talk: Callable[..., Talk]) -> None:
    call = talk()
    call.hands_to("299")
    call.until(lambda: call.row("collhand"), "the debtor's leg on its way")
    time.sleep(0.5)  # it waits 3 s for the phone that handed over
    call.debtor_leaves()
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Disp"]) == ("DIAL", "ANSWER", "")
    assert "CollHanded" not in call.events()
    call.until(lambda: call.has_hung_up("205"), "the first agent's end")
    assert call.events().count("CollEnd") == 1


@pytest.mark.parametrize("word", ["off", "none", ""])
def test_without_a_phone_from_the_daemon_the_talk_goes_on(talk: Callable[..., Talk], word: str) -> None:
    call = talk()
    call.sandbox.press("205", "*2110#")
    asked = call.event("CollHand")
    assert asked["To"] == "110"
    if word:
        call.say(asked, "COLL_TO", word)
    time.sleep(7 if word == "" else 4)
    assert call.debtor_is_there()
    assert not call.has_hung_up("205")
    assert call.row("collhand") == ""
    call.sandbox.hang_up("205")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"]) == ("DIAL", "ANSWER")
    assert call.sandbox.phone_rings("110") == []


def test_a_debtor_who_leaves_while_the_number_is_keyed_ends_the_call_as_always(talk: Callable[..., Talk]) -> None:
    call = talk()
    call.sandbox.press("205", "*2")
    call.debtor_leaves()
    assert call.event("CollResult")["Status"] == "ANSWER"
    assert "CollHand" not in call.events()
    call.sandbox.hang_up("205")
    assert call.event("CollEnd")["State"] == "WRAP"


def test_an_emergency_call_gets_the_line_of_a_talk_that_was_handed_over_and_the_outcome_is_keyed(talk: Callable[..., Talk]) -> None:
    call = talk()
    call.hands_to("206")
    call.event("CollHanded")
    time.sleep(2)  # as above
    call.ami.action(
        "Originate", ("Channel", "Local/112@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true"),
        ("Variable", f"__ASKED=emergency-{call.id}"),
    )  # fmt: skip
    call.event("CollFreed")
    result = call.event("CollResult")
    assert (result["Status"], result["Channel"][:10]) == ("ANSWER", "PJSIP/206-")
    call.sandbox.wait_for("debtor-end", who=call.number)
    call.sandbox.hang_up("206")
    assert call.event("CollEnd")["State"] == "WRAP"


def test_the_transfer_key_of_a_phone_is_refused_and_the_talk_goes_on(talk: Callable[..., Talk]) -> None:
    call = talk()
    leg = next(row["Channel"] for row in call.sandbox.phone_calls() if row["phone"] == "205")
    call.sandbox.world.ami().action("Redirect", Channel=leg, Context="refer", Exten="s", Priority="1")
    call.sandbox.wait_for("refer-FAILURE", who="205", since=call.since)
    assert call.debtor_is_there()
    assert not call.has_hung_up("205")
    assert call.sandbox.events("ring", who="206", since=call.since) == []
    call.sandbox.hang_up("205")
    assert (call.event("CollEnd")["State"], call.events().count("CollEnd")) == ("DIAL", 1)


def test_a_debtor_has_no_key_to_hand_over(talk: Callable[..., Talk]) -> None:
    call = talk()
    channel = next(row["Channel"] for row in call.legs_of_the_debtor())
    for key in "*2206#":
        call.sandbox.world.ami().action("PlayDTMF", Channel=channel, Digit=key, Duration="120")
        time.sleep(0.25)
    time.sleep(2)
    assert "CollHand" not in call.events()
    call.sandbox.hang_up("205")
    call.event("CollEnd")
