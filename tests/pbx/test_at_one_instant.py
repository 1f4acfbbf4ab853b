"""All legs of a call end at one instant, in every state of every flow, on a real Asterisk: one tells the end, the journal says it.

Owns the numbers that begin with +49305509, and all phones while it runs. Uses no code of collectord.
Invariant tested: each call has a last word (CollEnd, CollLine gone), none contradicts another, and once it is acknowledged no row is left.
"""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from ami_client import Ami, Message
from sandbox import REGISTERED, Sandbox

pytestmark = pytest.mark.pbx
NUMBERS = count(10)
COMPANY = "+493012345600"
TALKED = r"END\|(DIAL|WRAP)\|ANSWER\|16\|SIP 200 OK\|\d+\|\d+\|\|\|\|"
MISSED = r"END\|MISSED\|\|\|\|\|\|\|\|\|"


@dataclass
class Case:
    """One call, and what its journal row may say when it is over ("" for what keeps no journal)."""

    name: str
    id: str
    last: str


Staged = Generator[Case, None, None]


class Desk:
    """The daemon's side of all calls: says yes to whoever asks, but for those that are to wait."""

    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox = ami, sandbox
        self.silent: set[str] = set()
        ami.go = lambda id: None if id in self.silent else "1"

    def number(self, tail: str) -> str:
        return f"+49305509{next(NUMBERS):03}{tail}"

    def calls(self, phone: str, number: str, *, id: str = "", mode: str = "auto", shows: str = "") -> str:
        """The daemon orders a call; its id."""
        id = id or f"instant-{next(NUMBERS):04}"
        values = {
            "__COLL_ID": id, "COLL_DST": number, "COLL_CID": COMPANY, "COLL_MODE": mode, "COLL_RING": "30", "COLL_TRUNK": "trunk",
            "COLL_FORMAT": "e164", "COLL_LANG": "de", "COLL_WRAP": "60", "COLL_TODAY": "20261123",
        }  # fmt: skip
        other = (("OtherChannelId", f"coll-{id}-x"),) if mode == "ahead" else ()
        self.ami.action(
            "Originate", ("ActionID", f"{id}-o"), ("Channel", "Local/s@coll-ahead/n" if mode == "ahead" else f"PJSIP/{phone}"),
            ("ChannelId", f"coll-{id}"), *other, ("Context", "coll-agent"), ("Exten", "s"), ("Priority", "1"), ("Timeout", "20000"),
            ("Async", "true"), ("CallerID", f'"Case" <{shows or number}>'),
            *(("Variable", f"{key}={value}") for key, value in values.items()),
        )  # fmt: skip
        return id

    def event(self, name: str, id: str) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == id, f"{name} of {id}", within=60)

    def asked(self, name: str, key: str, value: str, since: int = 0) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get(key) == value, f"{name} {value}", since=since, within=60)

    def talks(self, id: str) -> None:
        """Both talk, and whoever sits at the phone has pressed 1: the world's agents do so a second after they answered."""
        time.sleep(max(0.0, self.ami.at(self.event("CollUp", id)) + 1.5 - time.monotonic()))

    def say(self, asks: Message, name: str, text: str) -> None:
        self.ami.action("Setvar", ("Channel", asks["Uniqueid"]), ("Variable", name), ("Value", text))

    def press(self, phones: dict[str, str], keys: str, asks: str = "CollHand") -> dict[str, Message]:
        """Presses these keys on several phones at once until each call's dialplan asks; what it asks. `phones`: phone -> id."""
        channels = {row["phone"]: row["Channel"] for row in self.sandbox.phone_calls()}
        asked: dict[str, Message] = {}
        for _ in range(8):  # a machine that stood still for a second has swallowed keys
            for key in keys:
                for phone, id in phones.items():
                    if id not in asked:
                        self.sandbox.world.ami().action("PlayDTMF", Channel=channels[phone], Digit=key, Duration="120")
                time.sleep(0.25)
            until = time.monotonic() + 4.5  # then what was keyed by halves is forgotten
            while len(asked) < len(phones) and time.monotonic() < until:
                asked |= {m["CollID"]: m for m in list(self.ami.seen) if m.get("UserEvent") == asks and m["CollID"] in phones.values()}
                time.sleep(0.01)
            if len(asked) == len(phones):
                return asked
        raise AssertionError(f"{keys} was not heard")

    def left(self, line: str) -> None:
        """Whoever sat at this open line has left it."""
        self.ami.wait(lambda m: m.get("LineChannel") == line and m["LineState"] == "gone", f"the end of {line}", within=60)

    def told(self, id: str) -> list[Message]:
        return [m for m in self.ami.seen if m.get("UserEvent") == "CollEnd" and m.get("CollID") == id]

    def until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + 60
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what} did not come"
            time.sleep(0.02)
        return found

    def channels(self) -> list[Message]:
        number = self.ami.action("CoreShowChannels")["ActionID"]
        self.ami.wait(lambda m: m.get("Event") == "CoreShowChannelsComplete" and m.get("ActionID") == number, "CoreShowChannelsComplete")
        return [m for m in self.ami.seen if m.get("Event") == "CoreShowChannel" and m.get("ActionID") == number]

    def everybody_is_gone(self) -> None:
        self.until(lambda: not self.channels(), "the end of all channels")

    def rows(self) -> dict[str, str]:
        """The journal: /family/key -> value."""
        lines = (line.partition(":") for line in self.sandbox.company.command("database show"))
        return {key.strip(): value.strip() for key, _, value in lines if key.startswith("/coll")}

    def row(self, family: str, id: str) -> str:
        answer = self.ami.action("DBGet", ("Family", family), ("Key", id))
        if answer["Response"] != "Success":
            return ""
        number = answer["ActionID"]
        return self.ami.wait(lambda m: m.get("Event") == "DBGetResponse" and m.get("ActionID") == number, "DBGetResponse")["Val"]

    def acknowledges(self, ids: list[str]) -> None:
        for id in ids:
            self.ami.action(
                "Originate", ("ActionID", f"{id}-a"), ("Channel", "Local/ack@coll-ack/n"), ("Application", "Wait"), ("Data", "0"),
                ("Async", "true"), ("Variable", f"__COLL_ID={id}"),
            )  # fmt: skip
        for id in ids:
            self.event("CollAcked", id)


@pytest.fixture
def open_desk(sandbox: Sandbox) -> Iterator[Callable[[], Desk]]:
    """A desk, and after the PBX was started again another one."""
    company = sandbox.company
    with contextlib.ExitStack() as open_now:

        def opened() -> Desk:
            open_now.close()
            return Desk(open_now.enter_context(Ami(company.ami_host, company.ami_port, company.username, company.secret)), sandbox)

        yield opened


# ------------------------------------------------------------ the states: each begins, then comes to its state


def preview(desk: Desk, phone: str) -> Staged:
    id = desk.calls(phone, desk.number("1114"), mode="preview")
    yield Case("preview", id, r"END\|AGENT\|\|.*")
    desk.event("CollAgent", id)


def accept(desk: Desk, phone: str) -> Staged:
    id = f"instant-{next(NUMBERS):04}"
    desk.silent.add(id)
    desk.calls(phone, desk.number("1100"), id=id)
    yield Case("accept", id, r"END\|(ACCEPT|NOGO)\|\|.*")
    desk.event("CollAccept", id)


def debtor_rings(desk: Desk, phone: str) -> Staged:
    number = desk.number("3000")
    id = desk.calls(phone, number)
    yield Case("debtor rings", id, r"END\|(DIAL|WRAP)\|(CANCEL|NOANSWER|CHANUNAVAIL)\|\d+\|[^|]*\|\d+\|0\|\|\|\|")
    desk.sandbox.wait_for("invite", who=number, timeout=60)


def talks(desk: Desk, phone: str) -> Staged:
    id = desk.calls(phone, desk.number("1100"))
    yield Case("talk", id, TALKED)
    desk.event("CollUp", id)


def keys(desk: Desk, phone: str) -> Staged:
    id = desk.calls(phone, desk.number("1200"))
    yield Case("half keyed", id, r"END\|WRAP\|ANSWER\|16\|SIP 200 OK\|\d+\|\d+\|\|\|\|")
    desk.event("CollResult", id)
    time.sleep(1)
    desk.sandbox.press(phone, "11")


def recorded(desk: Desk, phone: str) -> Staged:
    id = desk.calls(phone, desk.number("1100"))
    yield Case("recorded", id, TALKED)
    desk.talks(id)
    desk.say(desk.press({phone: id}, "*3", "CollConsent")[id], "COLL_REC", "1")
    desk.event("CollRecording", id)


def by_hand(desk: Desk, phone: str) -> Staged:
    dialled = desk.number("1100")
    desk.sandbox.world.ami().action(
        "Originate", Channel=f"PJSIP/{dialled}@desk{phone}", ChannelId=f"instant-{dialled}", Context="feature", Exten="s", Priority="1",
        Timeout="60000", Async="true", variables={"PHONE": phone, "KEYS": "", "DELAY": "1", "STAY": "60"},
    )  # fmt: skip
    question = desk.asked("CollOut", "Number", dialled)
    desk.say(question, "COLL_OUT", f"1|trunk|{COMPANY}|e164|30|de|20261123|30")
    yield Case("by hand", question["CollID"], TALKED)
    desk.event("CollUp", question["CollID"])


def line(desk: Desk, phone: str) -> str:
    """The phone dials *87 and stays; its channel."""
    since = len(desk.ami.seen)
    assert desk.sandbox.start_feature("*87", phone=phone, stay=300) is not None
    desk.say(desk.asked("CollFeature", "Endpoint", f"PJSIP/{phone}", since), "COLL_REPLY", "ok")
    return desk.asked("CollLine", "Endpoint", f"PJSIP/{phone}", since)["LineChannel"]


def idle_line(desk: Desk, phone: str) -> Staged:
    waits = line(desk, phone)
    yield Case("idle line", waits, "")


def joined(desk: Desk, phone: str) -> Staged:
    waits = line(desk, phone)
    id = desk.calls("", desk.number("1100"), mode="ahead")
    yield Case("joined on a line", id, TALKED)
    answered = desk.event("CollUp", id)
    desk.ami.action("Setvar", ("Channel", f"coll-{id}-x"), ("Variable", "COLL_TO"), ("Value", waits))
    desk.say(answered, "COLL_TO", "1")
    desk.until(lambda: desk.ami.action("Getvar", ("Channel", waits), ("Variable", "BRIDGEPEER")).get("Value"), "both talk")


def ahead(desk: Desk, _: str) -> Staged:
    id = desk.calls("", desk.number("1100"), mode="ahead")
    yield Case("debtor waits for an agent", id, r"END\|(DIAL|WRAP)\|(ANSWER|CANCEL)\|\d+\|SIP 200 OK\|\d+\|\d+\|\|\|\|")
    desk.event("CollUp", id)


def handing(desk: Desk, phone: str, to: str, *, key: str, rings: bool) -> Generator[Case, None, str]:
    number = desk.number("1120" if rings else "1100")
    id = desk.calls(phone, number, shows=number[:-2] + "00")
    last = r"END\|DIAL\|ANSWER\|16\|SIP 200 OK\|\d+\|\d+\|\|\|\|" if rings else TALKED
    yield Case(f"{key} {'rings' if rings else 'talks'}", id, last)
    desk.talks(id)
    since = time.time()
    desk.say(desk.press({phone: id}, f"{key}{to}#")[id], "COLL_TO", f"1|PJSIP/{to}|40|20261123|30|de|Müller")
    if rings:
        desk.sandbox.wait_for("ring", who=to, since=since, timeout=60)
    return id


def handed_rings(desk: Desk, phone: str) -> Staged:
    yield from handing(desk, phone, colleague(phone), key="*2", rings=True)


def handed_talks(desk: Desk, phone: str) -> Staged:
    id = yield from handing(desk, phone, colleague(phone), key="*2", rings=False)
    desk.event("CollHanded", id)


def asked_rings(desk: Desk, phone: str) -> Staged:
    yield from handing(desk, phone, colleague(phone), key="*4", rings=True)


def asked_talks(desk: Desk, phone: str) -> Staged:
    id = yield from handing(desk, phone, colleague(phone), key="*4", rings=False)
    desk.until(lambda: desk.row("coll-ask", id).endswith("|up"), "the colleague has answered")


def colleague(phone: str) -> str:
    return str(int(phone) + 1)


def arrives(desk: Desk, tail: str) -> tuple[Message, str]:
    caller = desk.number(tail)
    desk.sandbox.call_back(caller, talks=120)
    return desk.asked("CollIn", "Caller", caller), caller


def inbound_asks(desk: Desk, _: str) -> Staged:
    call, _ = arrives(desk, "1000")
    yield Case("inbound, nobody rings yet", call["CollID"], MISSED)


def inbound_rings(desk: Desk, phone: str) -> Staged:
    call, _ = arrives(desk, "1020")
    since = time.time()
    desk.say(call, "COLL_TO", f"1|PJSIP/{phone}|60|20261123|30|de|Müller")
    yield Case("inbound rings", call["CollID"], MISSED)
    desk.sandbox.wait_for("ring", who=phone, since=since, timeout=60)


def inbound_talks(desk: Desk, phone: str) -> Staged:
    call, _ = arrives(desk, "1000")
    desk.say(call, "COLL_TO", f"1|PJSIP/{phone}|60|20261123|30|de|Müller")
    yield Case("inbound talks", call["CollID"], TALKED)
    desk.event("CollUp", call["CollID"])


def inbound_hears(desk: Desk, _: str) -> Staged:
    call, caller = arrives(desk, "1000")
    desk.say(call, "COLL_TO", "none")
    yield Case("inbound announcement", call["CollID"], MISSED)
    desk.until(lambda: desk.sandbox.caller_hears(caller), "the announcement")


def self_service(desk: Desk, _: str) -> Staged:
    call, caller = arrives(desk, "1000")
    desk.say(call, "COLL_TO", "none-k")
    yield Case("self-service", call["CollID"], MISSED)
    desk.until(lambda: desk.sandbox.caller_hears(caller) == "self-debtor", "the question")


ONE_AGENT = ((recorded, "206"), (idle_line, "208"), (keys, "205"), (by_hand, "207"), (preview, "201"),
             (debtor_rings, "203"), (talks, "204"), (joined, "209"), (accept, "202"), (ahead, ""))  # fmt: skip
SEVERAL = ((handed_rings, "201"), (handed_talks, "203"), (asked_rings, "205"), (asked_talks, "207"), (inbound_rings, "209"),
           (inbound_talks, "210"), (self_service, ""), (inbound_hears, ""), (inbound_asks, ""))  # fmt: skip
STATES = {"one-agent": ONE_AGENT, "several": SEVERAL}
BRIEF = (joined, accept, ahead, inbound_hears, inbound_asks)  # cannot wait for others: staged one by one, at last


def stage(desk: Desk, states: tuple[tuple[Callable[[Desk, str], Staged], str], ...]) -> list[Case]:
    """Each of these calls, all in their states, and nobody else on a phone."""
    world = desk.sandbox.world.ami()
    world.action("Hangup", Channel="/.*/") if world.rows("CoreShowChannels") else None
    desk.until(lambda: not world.rows("CoreShowChannels"), "the end of what was before")
    desk.everybody_is_gone()
    begun = [state(desk, phone) for state, phone in states if state not in BRIEF]
    cases = [next(course) for course in begun]
    for course in begun:
        assert next(course, None) is None
    for state, phone in states:
        if state in BRIEF:
            cases.extend(state(desk, phone))
    return cases


def each_is_told(desk: Desk, cases: list[Case]) -> None:
    for case in cases:
        if case.last:
            desk.event("CollEnd", case.id)
            words = {(end["State"], end["Status"], end["Disp"]) for end in desk.told(case.id)}
            assert len(words) == 1, (case.name, words)
        else:
            desk.left(case.id)


def the_journal_says_it(desk: Desk, cases: list[Case]) -> None:
    rows = desk.rows()
    wrong = {
        case.name: rows.get(f"/coll/{case.id}")
        for case in cases
        if case.last and not re.fullmatch(case.last, rows.get(f"/coll/{case.id}", ""))
    }
    assert not wrong, wrong
    desk.acknowledges([case.id for case in cases if case.last])
    left = [key for key in desk.rows() if any(key.endswith(case.id) for case in cases)]
    assert not left


@pytest.mark.parametrize("states", STATES)
def test_all_legs_are_hung_up_and_each_call_has_its_last_word(open_desk: Callable[[], Desk], states: str) -> None:
    desk = open_desk()
    for _ in range(2):
        cases = stage(desk, STATES[states])
        desk.ami.action("Hangup", ("Channel", "/^.*/"))
        desk.everybody_is_gone()
        each_is_told(desk, cases)
        the_journal_says_it(desk, cases)


@pytest.mark.parametrize("states", STATES)
def test_the_pbx_is_stopped_and_its_journal_says_the_end_of_each_call(open_desk: Callable[[], Desk], sandbox: Sandbox, states: str) -> None:
    cases = stage(open_desk(), STATES[states])
    sandbox.company.terminate()
    sandbox.company.start()
    sandbox.company.wait_ready(60)
    sandbox.wait_registered(*REGISTERED)
    the_journal_says_it(open_desk(), cases)


# ------------------------------------------------------------ one leg ends while another acts on it


@pytest.mark.parametrize("state", [talks, debtor_rings, inbound_talks, inbound_hears, handed_talks, handed_rings, joined])
def test_an_emergency_call_takes_lines_of_calls_that_end_in_that_moment(
    open_desk: Callable[[], Desk], state: Callable[[Desk, str], Staged]
) -> None:
    """The redirect meets hang-up handlers at work, which Asterisk then aborts."""
    desk = open_desk()
    quick = state in (talks, debtor_rings, inbound_talks)
    phones = [str(phone) for phone in (range(201, 211) if quick else range(201, 206, 2))]
    for _ in range(3 if quick else 1):
        cases = stage(desk, tuple((state, phone) for phone in phones))
        wants = [("Channel", "Local/112@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true")]
        emergency = ("Originate", [*wants, ("Variable", "__ASKED=instant")])
        ends = [("Hangup", [("Channel", row["Channel"])]) for row in desk.channels()]
        between = len(ends) // len(cases)
        desk.ami.at_once([one for at, end in enumerate(ends) for one in ((emergency, end) if at % between == 0 else (end,))])
        desk.everybody_is_gone()
        each_is_told(desk, cases)
        the_journal_says_it(desk, cases)


@pytest.mark.parametrize("key", ["*2", "*4"])
@pytest.mark.parametrize("who", ["debtor", "agent", "both"])
def test_somebody_hangs_up_in_the_moment_in_which_the_talk_is_handed_over(open_desk: Callable[[], Desk], who: str, key: str) -> None:
    desk = open_desk()
    phones = [str(phone) for phone in range(201, 211, 2)]
    cases = stage(desk, tuple((talks, phone) for phone in phones))
    desk.talks(cases[-1].id)
    legs = desk.channels()
    there = {row["Channel"]: row["Linkedid"] for row in legs}
    asks = desk.press(dict(zip(phones, (case.id for case in cases), strict=True)), f"{key}210#")
    for case in cases:
        asked = asks[case.id]
        order = [("Channel", asked["Uniqueid"]), ("Variable", "COLL_TO"), ("Value", "1|PJSIP/210|40|20261123|30|de|Müller")]
        ours = [leg for leg, linked in there.items() if linked == f"coll-{case.id}"]
        chosen = [leg for leg in ours if who == "both" or leg.startswith("PJSIP/trunk-") == (who == "debtor")]
        desk.ami.at_once([("Setvar", order)])
        time.sleep(random.uniform(0, 0.025))  # the dialplan looks every 20 ms
        desk.ami.at_once([("Hangup", [("Channel", leg)]) for leg in chosen])
    time.sleep(0.2)
    desk.ami.action("Hangup", ("Channel", "/^.*/"))  # whoever is left
    desk.everybody_is_gone()
    each_is_told(desk, cases)
    the_journal_says_it(desk, cases)
