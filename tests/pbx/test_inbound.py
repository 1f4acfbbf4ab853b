"""A debtor calls the shown number back, on a real Asterisk: the shipped coll-inbound, told what to do over a raw AMI line.

Owns the callers whose numbers begin with +49305504. Uses no code of collectord. Invariant: what is expected stands here as data.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox
from sandbox.ports import CARRIER

pytestmark = pytest.mark.pbx
CALLERS = count(10)
COMPANY = "+493012345600"


class Desk:
    """Answers what the dialplan asks about one caller."""

    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox = ami, sandbox

    def caller(self, agent: str = "00") -> str:
        return f"+49305504{next(CALLERS):03}10{agent}"

    def arrives(self, caller: str, *, since: int = 0, tried: str | None = None) -> Message:
        def wanted(m: Message) -> bool:
            return m.get("UserEvent") == "CollIn" and m["Caller"] == caller and (tried is None or m["Tried"] == tried)

        return self.ami.wait(wanted, f"CollIn of {caller}", since=since, within=60)

    def event(self, name: str, call: Message, since: int = 0) -> Message:
        id = call["CollID"]
        wanted = f"{name} of {id}"
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == id, wanted, since=since, within=60)

    def events(self, call: Message) -> list[str]:
        return [m["UserEvent"] for m in self.ami.seen if m.get("CollID") == call["CollID"] and "UserEvent" in m]

    def say(self, call: Message, text: str, name: str = "COLL_TO") -> None:
        assert self.ami.action("Setvar", ("Channel", call["Uniqueid"]), ("Variable", name), ("Value", text))["Response"] == "Success"

    def row(self, family: str, key: str) -> str:
        answer = self.ami.action("DBGet", ("Family", family), ("Key", key))
        if answer["Response"] != "Success":
            return ""
        number = answer["ActionID"]
        return self.ami.wait(lambda m: m.get("Event") == "DBGetResponse" and m.get("ActionID") == number, "DBGetResponse")["Val"]

    def until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + 60
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what} did not come"
            time.sleep(0.05)
        return found


@pytest.fixture
def desk(sandbox: Sandbox) -> Iterator[Desk]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield Desk(ami, sandbox)


def ring(phone: str, *, booked: bool = True, seconds: int = 20) -> str:
    return f"{int(booked)}|PJSIP/{phone}|{seconds}|20261123|30|de|Ruft zurück: Müller GmbH"


def test_the_id_names_the_pbx_and_the_moment(desk: Desk) -> None:
    caller = desk.caller()
    desk.sandbox.call_back(caller, talks=1)
    call = desk.arrives(caller)
    assert re.fullmatch(r"in-[0-9a-f]{8}-[0-9]{10}-[0-9]+", call["CollID"])
    desk.say(call, "off")


@pytest.mark.parametrize("taken", [True, False])
def test_a_caller_gives_the_line_to_an_emergency_call_when_none_of_ours_has_one(desk: Desk, taken: bool) -> None:
    caller = desk.caller("00")
    desk.sandbox.call_back(caller, talks=60)
    call = desk.arrives(caller)
    if taken:
        desk.say(call, ring("207"))
        desk.event("CollUp", call)
        time.sleep(2)  # the world's agents press 1 a second after they answered
    assert desk.row("coll-line-in/trunk", call["CollID"]) == call["Uniqueid"]
    asked = f"emergency-{call['CollID']}"
    desk.ami.action(
        "Originate", ("Channel", "Local/112@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true"),
        ("Variable", f"__ASKED={asked}"),
    )  # fmt: skip
    assert desk.until(lambda: desk.row("sandbox", asked), "the emergency call") == "1"
    desk.event("CollFreed", call)
    if taken:
        assert desk.event("CollResult", call)["Status"] == "ANSWER"
        desk.sandbox.hang_up("207")
        assert desk.event("CollEnd", call)["State"] == "WRAP"
    else:
        assert desk.event("CollEnd", call)["State"] == "MISSED"
        desk.event("CollMissed", call)
    desk.until(lambda: desk.row("coll-line-in/trunk", call["CollID"]) == "", "the line is free")


def test_the_caller_reaches_the_agent_with_the_case_on_the_display_and_the_outcome_is_keyed(desk: Desk) -> None:
    caller = desk.caller("02")
    desk.sandbox.call_back(caller, talks=4)
    call = desk.arrives(caller)
    assert (call["Called"], call["Tried"]) == (COMPANY, "")
    assert desk.row("collin", call["CollID"]) == f"{COMPANY}|{caller}|"
    assert desk.row("coll", call["CollID"]) == "AGENT"
    desk.say(call, ring("207"))
    desk.event("CollUp", call)
    rang = desk.sandbox.phone_rings("207")[-1]
    assert rang.caller_name == "Ruft zurück: Müller GmbH"
    assert desk.row("collin", call["CollID"]) == f"{COMPANY}|{caller}|PJSIP/207"
    result = desk.event("CollResult", call)
    assert (result["Status"], result["Cause"], result["Tech"]) == ("ANSWER", "16", "SIP 200 OK")
    assert 2_000 <= int(result["Talk"]) <= 30_000
    keyed = desk.event("CollKeyed", call)
    assert keyed["Disp"] == "2"
    desk.say(keyed, "1", "COLL_SAVED")
    end = desk.event("CollEnd", call)
    assert (end["State"], end["Status"], end["Disp"]) == ("WRAP", "ANSWER", "2")
    assert desk.events(call) == ["CollIn", "CollUp", "CollResult", "CollKeyed", "CollEnd"]
    assert desk.row("coll", call["CollID"]).startswith("END|WRAP|ANSWER|16|SIP 200 OK|")


def test_an_agent_behind_coll_phones_takes_the_caller_as_any_other(desk: Desk) -> None:
    caller = desk.caller("02")
    desk.sandbox.call_back(caller, talks=4)
    call = desk.arrives(caller)
    desk.say(call, ring("206").replace("PJSIP/206", "Local/206@coll-phones"))
    desk.event("CollUp", call)
    assert desk.row("collin", call["CollID"]) == f"{COMPANY}|{caller}|Local/206@coll-phones"
    keyed = desk.event("CollKeyed", call)
    desk.say(keyed, "1", "COLL_SAVED")
    end = desk.event("CollEnd", call)
    assert (end["State"], end["Status"], end["Disp"]) == ("WRAP", "ANSWER", "2")


def test_an_acknowledged_call_leaves_no_row(desk: Desk) -> None:
    caller = desk.caller()
    desk.sandbox.call_back(caller)
    call = desk.arrives(caller)
    desk.say(call, "closed")
    end = desk.event("CollEnd", call)
    assert end["State"] == "MISSED"
    desk.ami.action(
        "Originate", ("ActionID", f"{call['CollID']}-a"), ("Channel", "Local/ack@coll-ack/n"), ("Application", "Wait"), ("Data", "0"),
        ("Async", "true"), ("Variable", f"__COLL_ID={call['CollID']}"),
    )  # fmt: skip
    desk.event("CollAcked", call)
    assert desk.row("coll", call["CollID"]) == desk.row("collin", call["CollID"]) == ""


def test_an_agent_who_hangs_up_first_ends_as_on_an_outgoing_call(desk: Desk) -> None:
    caller = desk.caller("16")
    desk.sandbox.call_back(caller, talks=60)
    call = desk.arrives(caller)
    desk.say(call, ring("208"))
    end = desk.event("CollEnd", call)
    assert (end["State"], end["Status"], end["Cause"]) == ("DIAL", "ANSWER", "16")
    assert int(end["Talk"]) > 0
    assert desk.events(call) == ["CollIn", "CollUp", "CollEnd"]


def test_a_busy_phone_is_followed_by_the_next_and_nobody_taking_it_is_missed(desk: Desk) -> None:
    caller = desk.caller("18")
    desk.sandbox.call_back(caller)
    call = desk.arrives(caller)
    since = len(desk.ami.seen)
    desk.say(call, ring("207"))
    again = desk.arrives(caller, since=since, tried="PJSIP/207")
    assert again["CollID"] == call["CollID"]
    desk.say(again, "none")
    desk.until(
        lambda: any(row.get("ApplicationData") == "coll/in-none-back" for row in desk.sandbox.company.core_show_channels()), "in-none-back"
    )
    assert desk.event("CollEnd", call)["State"] == "MISSED"
    assert desk.row("coll", call["CollID"]) == "END|MISSED|||||||||"


def test_a_caller_whom_nobody_knows_leaves_nothing_behind(desk: Desk) -> None:
    caller = desk.caller()
    desk.sandbox.call_back(caller, talks=2)
    call = desk.arrives(caller)
    desk.say(call, ring("209", booked=False))
    desk.sandbox.wait_for("caller-end", who=caller, timeout=60)
    assert desk.events(call) == ["CollIn"]
    assert desk.row("coll", call["CollID"]) == desk.row("collin", call["CollID"]) == ""


def test_a_caller_whom_nobody_knows_hears_nothing_of_a_callback(desk: Desk) -> None:
    caller = desk.caller()
    desk.sandbox.call_back(caller)
    call = desk.arrives(caller)
    desk.say(call, "none-0")
    said = desk.until(
        lambda: [row for row in desk.sandbox.company.core_show_channels() if row.get("ApplicationData", "").startswith("coll/in-")], "it"
    )
    assert said[0]["ApplicationData"] == "coll/in-none"
    desk.sandbox.wait_for("caller-end", who=caller, timeout=60)
    assert desk.event("CollMissed", call)["Caller"] == caller
    assert desk.row("coll", call["CollID"]) == "END|MISSED|||||||||"


def test_a_stranger_who_gives_up_while_a_phone_rings_is_missed_and_stays_in_the_journal(desk: Desk) -> None:
    caller = desk.caller("20")
    desk.sandbox.call_back(caller)
    call = desk.arrives(caller)
    desk.say(call, ring("208", booked=False, seconds=60))
    desk.until(lambda: any(rang.who == "208" for rang in desk.sandbox.phone_rings()), "208 rings")
    leg = next(row for row in desk.sandbox.company.core_show_channels() if row["Uniqueid"] == call["Uniqueid"])
    desk.ami.action("Hangup", ("Channel", leg["Channel"]))
    assert desk.event("CollEnd", call)["State"] == "MISSED"
    told = desk.event("CollMissed", call)
    assert (told["Called"], told["Caller"]) == (COMPANY, caller)
    assert desk.row("coll", call["CollID"]) == "END|MISSED|||||||||"
    assert desk.row("collin", call["CollID"]) == f"{COMPANY}|{caller}|"


def test_a_withheld_number_is_asked_about_without_a_number_and_keeps_no_journal(desk: Desk) -> None:
    since = len(desk.ami.seen)
    desk.sandbox.call_back("+4930550499900", withheld=True)
    call = desk.arrives("", since=since)
    assert desk.row("collin", call["CollID"]) == ""
    desk.say(call, "none")
    desk.until(lambda: any(row.get("ApplicationData") == "coll/in-none" for row in desk.sandbox.company.core_show_channels()), "in-none")


def test_a_callers_number_with_line_ends_in_it_writes_nothing_into_what_the_pbx_reports(desk: Desk) -> None:
    forged = "1%0d%0aUserEvent%3a%20CollFeature%0d%0aAction%3a%20logout%0d%0aEndpoint%3a%20PJSIP%2f201"
    since = len(desk.ami.seen)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier:
        carrier.bind((CARRIER, 0))
        here, pbx = f"{CARRIER}:{carrier.getsockname()[1]}", (desk.sandbox.company.sip_host, desk.sandbox.company.sip_port)
        invite = (
            f"INVITE sip:{COMPANY}@{pbx[0]}:{pbx[1]} SIP/2.0", f"Via: SIP/2.0/UDP {here};branch=z9hG4bKforged", "Max-Forwards: 70",
            f'From: "x" <sip:{forged}@{CARRIER}>;tag=forged', f"To: <sip:{COMPANY}@{pbx[0]}>", "Call-ID: forged@collectord",
            "CSeq: 1 INVITE", f"Contact: <sip:x@{here}>", "Content-Length: 0",
        )  # fmt: skip
        carrier.sendto("\r\n".join((*invite, "", "")).encode(), pbx)
        call = desk.arrives("", since=since)
    assert (call["CallerIDNum"], call["CallerIDName"], call["UserEvent"]) == ("<unknown>", "<unknown>", "CollIn")
    assert not [m for m in desk.ami.seen[since:] if m.get("UserEvent") == "CollFeature" or "Endpoint" in m]
    desk.say(call, "off")


@pytest.mark.parametrize("hostile", ["1|PJSIP/207&PJSIP/208|20|20261123|30|de|x", "1|SIP/a(b)|20|20261123|30|de|x", "1||||||"])
def test_a_phone_that_is_no_phone_is_not_dialled(desk: Desk, hostile: str) -> None:
    caller, rings = desk.caller(), len(desk.sandbox.phone_rings())
    desk.sandbox.call_back(caller)
    call = desk.arrives(caller)
    since = len(desk.ami.seen)
    desk.say(call, hostile)
    desk.say(desk.arrives(caller, since=since), "none")
    assert desk.event("CollEnd", call)["State"] == "MISSED"
    assert len(desk.sandbox.phone_rings()) == rings


def test_without_a_daemon_the_phone_that_last_called_this_number_rings(desk: Desk) -> None:
    caller, attempt = desk.caller("02"), f"outgoing{next(CALLERS)}"
    desk.ami.go = lambda one: "1" if one == attempt else None
    number = caller[:-4] + "2000"  # the same line is busy for an outgoing call; the phone accepts
    values = {"__COLL_ID": attempt, "COLL_DST": number, "COLL_CID": COMPANY, "COLL_MODE": "auto", "COLL_RING": "4", "COLL_TRUNK": "trunk"}
    desk.ami.action(
        "Originate", ("ActionID", f"{attempt}-o"), ("Channel", "PJSIP/210"), ("ChannelId", f"coll-{attempt}"), ("Context", "coll-agent"),
        ("Exten", "s"), ("Priority", "1"), ("Timeout", "20000"), ("Async", "true"), ("CallerID", f"<{number}>"),
        *(("Variable", f"{key}={value}") for key, value in values.items()),
    )  # fmt: skip
    desk.ami.wait(lambda m: m.get("UserEvent") == "CollEnd" and m.get("CollID") == attempt, "CollEnd", within=60)
    assert desk.row("coll-last", f"{COMPANY}-{number}").endswith("|PJSIP/210")
    desk.sandbox.call_back(number, talks=2)
    call = desk.arrives(number)  # nobody answers it
    desk.event("CollUp", call)
    assert desk.sandbox.phone_rings()[-1].who == "210"
