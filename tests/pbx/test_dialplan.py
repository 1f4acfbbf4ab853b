"""The shipped dialplan, told what to do over a raw AMI line, on a real Asterisk: docs/INTERNALS.md section 1, row by row.

Owns the calls to numbers that begin with +49305503 or +493055503. Uses no code of collectord: tried is the interface alone.
Invariant: what is expected stands here as data; nothing is asserted about how the dialplan gets there.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
T = TypeVar("T")
LINES = count(10)  # debtors, each used once in this module

TODAY = "20261123"
FIELDS = ("Status", "Cause", "Tech", "Rang", "Talk", "Disp", "Amount", "On", "At")


class Desk:
    """Places calls as the daemon does and answers what the dialplan asks."""

    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox, self._turn = ami, sandbox, count()
        self.go: str | None = "1"
        self._mine: set[str] = set()
        ami.go = lambda attempt: self.go if attempt in self._mine else None  # other desks answer their own

    def number(self, tail: str) -> str:
        """A debtor nobody else calls, with this behaviour."""
        return f"+49305503{next(LINES):03}{tail}"

    def call(
        self, number: str, *, attempt: str = "", phone: str = "", context: str = "coll-agent", caller: str = "", **variables: str
    ) -> str:
        """One Originate; the attempt's id."""
        attempt = attempt or uuid.uuid4().hex[:16]
        self._mine.add(attempt)
        phone = phone or str(201 + next(self._turn) % 6)
        values = {
            "__COLL_ID": attempt, "COLL_DST": number, "COLL_CID": "+493012345600", "COLL_MODE": "preview", "COLL_RING": "4",
            "COLL_TRUNK": "trunk", "COLL_FORMAT": "e164", "COLL_DECIDE": "8", "COLL_LANG": "de", "COLL_MAJOR": "410", "COLL_MINOR": "50",
            "COLL_CUR": "EUR", "COLL_DAYS": "12", "COLL_TRY": "2", "COLL_PROMISE": "20261118", "COLL_PSTATE": "broken",
            "COLL_WRAP": "20", "COLL_TODAY": TODAY,
        } | variables  # fmt: skip
        back = "-w1" if context == "coll-wrap" else ""
        self.ami.action(
            "Originate", ("ActionID", f"{attempt}{back}-{next(LINES)}-o"), ("Channel", f"PJSIP/{phone}"),
            ("ChannelId", f"coll-{attempt}{back}"), ("Context", context), ("Exten", "s"), ("Priority", "1"), ("Timeout", "20000"),
            ("Async", "true"), ("CallerID", f'"{"Wrap-up " if back else ""}Mueller GmbH" <{caller or number}>'),
            *(("Variable", f"{key}={value}".replace(",", "\\,")) for key, value in values.items()),
        )  # fmt: skip
        return attempt

    def event(self, name: str, attempt: str, *, since: int = 0, within: float = 90.0) -> Message:
        wanted = f"{name} of {attempt}"
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == attempt, wanted, since=since, within=within)

    def events(self, attempt: str) -> list[str]:
        return [m["UserEvent"] for m in self.ami.seen if m.get("CollID") == attempt and "UserEvent" in m]

    def row(self, attempt: str, family: str = "coll") -> str | None:
        """The journal row, as the daemon reads it."""
        answer = self.ami.action("DBGet", ("Family", family), ("Key", attempt))
        if answer["Response"] != "Success":
            return None
        number = answer["ActionID"]
        found = self.ami.wait(lambda m: m.get("Event") == "DBGetResponse" and m.get("ActionID") == number, "DBGetResponse")
        return found["Val"]

    def row_becomes(self, attempt: str, start: str) -> str:
        return self.until(lambda: row if (row := self.row(attempt) or "").startswith(start) else None, f"journal row {start}")

    def feature(self, since: int, action: str) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == "CollFeature" and m["Action"] == action, f"CollFeature {action}", since=since)

    def set(self, event: Message, name: str, value: str) -> None:
        assert self.ami.action("Setvar", ("Channel", event["Uniqueid"]), ("Variable", name), ("Value", value))["Response"] == "Success"

    def playing(self, prompt: str) -> bool:
        """Until some channel plays this prompt."""
        channels = self.sandbox.company.core_show_channels
        return self.until(lambda: any(row.get("ApplicationData") == prompt for row in channels()), prompt)

    def until(self, look: Callable[[], T | None], what: str) -> T:
        deadline = time.monotonic() + 20
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what} did not come"
            time.sleep(0.03)
        return found


@pytest.fixture
def desk(sandbox: Sandbox) -> Iterator[Desk]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield Desk(ami, sandbox)


# ---------------------------------------------------------------- what the network does

ANSWERED = ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollResult", "CollEnd"]
NOT_ANSWERED = ["CollAgent", "CollAccept", "CollDial", "CollResult", "CollEnd"]
LEFT = ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollEnd"]
# Asterisk 22.10 forgets the leg's last word on a diversion in about one run of ten ; `failed` either way.
UNSTEADY = {"302 to a premium number": ("",)}
NETWORK = {  # case -> tail of the number, trunk, events, State, Status, Cause, Tech
    "debtor hung up": ("1200", "trunk", ANSWERED, "WRAP", "ANSWER", "16", "SIP 200 OK"),
    "agent hung up while talking": ("1121", "trunk", LEFT, "DIAL", "ANSWER", "16", "SIP 200 OK"),
    "agent hung up while it rang": (
        "3017",
        "trunk",
        ["CollAgent", "CollAccept", "CollDial", "CollEnd"],
        "DIAL",
        "CANCEL",
        "16",
        "SIP 180 Ringing",
    ),
    "busy": ("2000", "trunk", NOT_ANSWERED, "WRAP", "BUSY", "17", "SIP 486 Busy Here"),
    "no answer": ("3000", "trunk", NOT_ANSWERED, "WRAP", "NOANSWER", "0", "SIP 180 Ringing"),
    "never rang": ("4000", "trunk", NOT_ANSWERED, "WRAP", "NOANSWER", "0", "SIP 100 Trying"),
    "dead trunk": ("1000", "dead", NOT_ANSWERED, "WRAP", "NOANSWER", "0", ""),
    "480": ("4100", "trunk", NOT_ANSWERED, "WRAP", "NOANSWER", "19", "SIP 480 Temporarily Unavailable"),
    "404": ("4200", "trunk", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "1", "SIP 404 Not Found"),
    "484": ("4300", "trunk", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "28", "SIP 484 Address Incomplete"),
    "403": ("4400", "trunk", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "21", "SIP 403 Forbidden"),
    "603": ("4500", "trunk", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "21", "SIP 603 Decline"),
    "503": ("4600", "trunk", NOT_ANSWERED, "WRAP", "CONGESTION", "34", "SIP 503 Service Unavailable"),
    "500 with ISDN cause 38": ("4700", "trunk", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "38", "SIP 500 Server Internal Error"),
    "302 to a premium number": ("4800", "trunk", NOT_ANSWERED, "WRAP", "BUSY", "0", "SIP 100 Trying"),
    "unknown trunk": ("1000", "nowhere", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "3", ""),
    "trunk that is no name": ("1000", "1)&PJSIP/202", NOT_ANSWERED, "WRAP", "CHANUNAVAIL", "3", ""),
    "agent skipped": ("1012", "trunk", ["CollAgent", "CollEnd"], "SKIPPED", "", "", ""),
    "agent said later": ("1013", "trunk", ["CollAgent", "CollEnd"], "LATER", "", "", ""),
    "agent pressed nothing": ("1014", "trunk", ["CollAgent", "CollEnd"], "NOACCEPT", "", "", ""),
    "agent left": ("1015", "trunk", ["CollAgent", "CollEnd"], "AGENT", "", "", ""),
}


@pytest.fixture(scope="module")
def network(sandbox: Sandbox) -> Iterator[tuple[Desk, dict[str, str]]]:
    """Every case of NETWORK, all at once: case -> attempt."""
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        desk = Desk(ami, sandbox)
        calls = {case: desk.call(desk.number(tail), COLL_TRUNK=trunk, COLL_WRAP="2") for case, (tail, trunk, *_) in NETWORK.items()}
        for attempt in calls.values():
            desk.event("CollEnd", attempt)
        yield desk, calls


@pytest.mark.parametrize("case", NETWORK)
def test_each_outcome_comes_with_its_events_in_order_and_is_in_the_journal(network: tuple[Desk, dict[str, str]], case: str) -> None:
    desk, calls = network
    _, _, events, state, status, cause, tech = NETWORK[case]
    assert desk.events(calls[case]) == events
    end = desk.event("CollEnd", calls[case])
    assert (end["State"], end["Status"], end["Cause"]) == (state, status, cause)
    assert end["Tech"] in (tech, *UNSTEADY.get(case, ()))
    assert desk.row(calls[case]) == "END|" + "|".join([state, *(end[field] for field in FIELDS)])


def test_ringing_and_talking_are_measured_at_the_debtors_leg(network: tuple[Desk, dict[str, str]]) -> None:
    desk, calls = network
    talked = desk.event("CollEnd", calls["debtor hung up"])
    assert int(talked["Rang"]) < 900
    assert 900 <= int(talked["Talk"]) < 5000
    rang = desk.event("CollEnd", calls["no answer"])
    assert (int(rang["Rang"]) // 1000, rang["Talk"]) == (4, "0")


def test_a_diversion_by_the_debtors_line_is_not_followed(network: tuple[Desk, dict[str, str]], sandbox: Sandbox) -> None:
    assert [n for n in sandbox.sip_invites() if n.endswith("9001234567")] == []


def test_a_trunk_name_that_is_no_name_rings_no_phone(network: tuple[Desk, dict[str, str]], sandbox: Sandbox) -> None:
    attempt = network[1]["trunk that is no name"]
    assert [ring for ring in sandbox.phone_rings("202") if attempt in ring.call] == []


# ---------------------------------------------------------------- numbers

HOSTILE = [
    "", "110", "112", "+49110", "+499001234567", "+491371234567", "+4918012345678", "+4970012345678", "+88212345678", "+19002345678",
    "+18765551234", "+12425551234", "+447012345678", "+4930123&PJSIP/202", "+493055503001000@trunk", "+4930555030010001234",
    "+49 3055503001000",
    "+49305550300^1000", "+4930555+03001000", "${SHELL(touch /tmp/x)}", "+493055503001000,20", "+493055503001000)", "00493055503001000",
]  # fmt: skip


def test_a_number_that_is_not_allowed_is_denied_and_nothing_is_dialled(desk: Desk, sandbox: Sandbox) -> None:
    with sandbox.seen() as seen:
        calls = [desk.call(number, caller="+493055503001000") for number in HOSTILE]
        ends = [desk.event("CollEnd", attempt) for attempt in calls]
        assert {end["State"] for end in ends} == {"DENIED"}
        assert seen("invite") == []
    assert desk.events(calls[0]) == ["CollAgent", "CollEnd"]
    assert desk.row(calls[0]) == "END|DENIED|||||||||"


@pytest.mark.parametrize(
    ("form", "number", "dialled", "shown"),
    [
        ("e164", "+493055503662000", "+493055503662000", "+493012345600"),
        ("00", "+493055503772000", "00493055503772000", "00493012345600"),
        ("national", "+493055503882000", "03055503882000", "03012345600"),
        ("national", "+43155503882000", "0043155503882000", "03012345600"),
        ("0,1", "+493055503992000", "+493055503992000", "+493012345600"),
    ],
)
def test_the_trunk_gets_numbers_in_its_own_format(desk: Desk, sandbox: Sandbox, form: str, number: str, dialled: str, shown: str) -> None:
    with sandbox.seen() as seen:
        desk.event("CollEnd", desk.call(number, COLL_FORMAT=form))
        assert [(event.who, event.caller) for event in seen("invite")] == [(dialled, shown)]


def test_a_company_number_that_is_no_number_is_not_shown(desk: Desk, sandbox: Sandbox) -> None:
    number = desk.number("2000")
    desk.event("CollEnd", desk.call(number, COLL_CID="+49(30)12345600"))
    assert "12345600" not in sandbox.wait_for("invite", who=number).caller


def test_a_number_that_is_being_called_is_not_called_again(desk: Desk, sandbox: Sandbox) -> None:
    number = desk.number("1100")
    first = desk.call(number, phone="201")
    up = desk.event("CollUp", first)
    second = desk.call(number, phone="202")
    assert desk.event("CollEnd", second)["State"] == "DSTBUSY"
    assert sandbox.sip_invites().count(number) == 1
    sandbox.company.ami().action("Hangup", Channel=up["CustChannel"])
    desk.event("CollResult", first)


# ---------------------------------------------------------------- ids and the journal


def test_an_id_used_before_dials_nothing_and_keeps_the_journal(desk: Desk, sandbox: Sandbox) -> None:
    number = desk.number("2000")
    attempt = desk.call(number)
    desk.event("CollEnd", attempt)
    row = desk.row(attempt)
    desk.call(number, attempt=attempt)
    assert desk.event("CollDup", attempt)["Old"] == row
    assert desk.row(attempt) == row
    assert sandbox.sip_invites().count(number) == 1


@pytest.mark.parametrize("attempt", ["short", "A" * 16, "a" * 41, "abc/../../defgh", "abcdefgh|x"])
def test_an_id_that_is_no_id_leaves_no_trace(desk: Desk, attempt: str) -> None:
    before = len(desk.ami.seen)
    desk.call(desk.number("1000"), attempt=attempt)
    desk.ami.wait(lambda m: m.get("Event") == "Hangup" and m["Uniqueid"] == f"coll-{attempt}", "Hangup", since=before)
    assert desk.events(attempt) == []
    assert desk.row(attempt) is None


def test_the_journal_tells_at_every_step_what_has_happened(desk: Desk) -> None:
    attempt = desk.call(desk.number("1001"))
    desk.event("CollAgent", attempt)
    assert desk.row(attempt) == "AGENT"
    desk.event("CollDial", attempt)
    assert desk.row(attempt) == "DIAL"
    result = desk.event("CollResult", attempt)
    res = "|".join(result[field] for field in FIELDS[:5])
    assert desk.row(attempt) == f"RES|{res}"
    keyed = desk.event("CollKeyed", attempt)
    assert desk.row(attempt) == f"KEY|{res}|1|full|20261128|"
    desk.set(keyed, "COLL_SAVED", "1")
    desk.event("CollEnd", attempt)
    assert desk.row(attempt) == f"END|WRAP|{res}|1|full|20261128|"


def test_an_acknowledged_row_is_forgotten(desk: Desk) -> None:
    attempt = desk.call(desk.number("1015"))
    desk.event("CollEnd", attempt)
    row = desk.row(attempt)
    desk.ami.action(
        "Originate", ("Channel", "Local/ack@coll-ack/n"), ("Application", "Wait"), ("Data", "0"), ("Async", "true"),
        ("Variable", f"__COLL_ID={attempt}"),
    )  # fmt: skip
    assert desk.event("CollAcked", attempt)["Old"] == row
    assert desk.row(attempt) is None


def test_live_legs_tell_where_they_are(desk: Desk) -> None:
    attempt = desk.call(desk.number("3000"), COLL_RING="3")
    desk.event("CollDial", attempt)
    before = len(desk.ami.seen)
    desk.ami.action("Status", ("Variables", "COLL_ID,COLL_STATE,DIALSTATUS,COLL_SIP"))
    desk.ami.wait(lambda m: m.get("Event") == "StatusComplete", "StatusComplete", since=before)
    legs = [m for m in desk.ami.seen[before:] if m.get("Event") == "Status" and m["Uniqueid"] == f"coll-{attempt}"]
    assert len(legs) == 1
    desk.event("CollEnd", attempt)


# ---------------------------------------------------------------- the go-ahead


@pytest.mark.parametrize(
    ("go", "state", "prompt"),
    [("0", "REFUSED", "coll/refused"), ("off", "REFUSED", "coll/refused-off"), ("2", "NOGO", "coll/nogo"), (None, "NOGO", "coll/nogo")],
)
def test_without_a_yes_of_the_daemon_nobody_is_dialled_and_the_agent_hears_why(
    desk: Desk, sandbox: Sandbox, go: str | None, state: str, prompt: str
) -> None:
    desk.go = go
    number = desk.number("1202")
    attempt = desk.call(number, COLL_GO="1", COLL_MODE="auto" if go == "off" else "preview")
    accept = desk.event("CollAccept", attempt)
    assert (accept["Seq"], accept["Uniqueid"]) == ("2", f"coll-{attempt}")
    assert desk.row(attempt) == "AGENT"
    assert desk.playing(prompt)
    assert desk.event("CollEnd", attempt)["State"] == state
    assert desk.events(attempt) == ["CollAgent", "CollAccept", "CollEnd"]
    assert desk.row(attempt) == f"END|{state}|||||||||"
    assert number not in sandbox.sip_invites()


def test_a_yes_that_comes_after_the_answer_was_awaited_dials_nobody(desk: Desk, sandbox: Sandbox) -> None:
    desk.go = None
    number = desk.number("1202")
    attempt = desk.call(number)
    accept = desk.event("CollAccept", attempt)
    assert desk.playing("coll/nogo")
    desk.set(accept, "COLL_GO", "1")
    assert desk.event("CollEnd", attempt)["State"] == "NOGO"
    assert number not in sandbox.sip_invites()


def test_an_agent_who_hangs_up_while_the_gate_is_asked_ends_the_call(desk: Desk, sandbox: Sandbox) -> None:
    desk.go = None
    number = desk.number("1202")
    attempt = desk.call(number, phone="201")
    desk.event("CollAccept", attempt)
    sandbox.hang_up("201")
    assert desk.event("CollEnd", attempt)["State"] == "ACCEPT"
    assert desk.row(attempt) == "END|ACCEPT|||||||||"
    assert number not in sandbox.sip_invites()


def test_the_answer_reaches_the_debtors_line_without_a_wait_that_is_felt(desk: Desk, sandbox: Sandbox) -> None:
    number = desk.number("1202")
    attempt = desk.call(number, COLL_MODE="auto")
    asked = desk.event("CollAccept", attempt)
    dialled = desk.event("CollDial", attempt)
    assert desk.ami.at(dialled) - desk.ami.at(asked) < 0.5
    desk.event("CollEnd", attempt)


# ---------------------------------------------------------------- taken back while it rings


def stop(desk: Desk, attempt: str) -> None:
    assert desk.ami.action("Setvar", ("Channel", f"coll-{attempt}"), ("Variable", "COLL_STOP"), ("Value", "1"))["Response"] == "Success"


def debtors_leg(desk: Desk, attempt: str, state: str) -> str:
    """Its name, once it is in this state."""

    def found() -> str:
        rows = desk.sandbox.company.core_show_channels()
        own = [row for row in rows if row["Linkedid"] == f"coll-{attempt}" != row["Uniqueid"] and row["ChannelStateDesc"] == state]
        return own[0]["Channel"] if own else ""

    return desk.until(found, f"a leg {state}")


def result_of(message: Message) -> tuple[str, ...]:
    return tuple(message[name] for name in ("Status", "Cause", "Tech", "Talk"))


def test_a_line_that_is_hung_up_while_it_rings_has_rung_and_the_agent_hears_why_and_keys_nothing(desk: Desk) -> None:
    attempt = desk.call(desk.number("3002"), COLL_RING="20")
    line = debtors_leg(desk, attempt, "Ringing")
    stop(desk, attempt)
    assert desk.ami.action("Hangup", ("Channel", line))["Response"] == "Success"
    assert result_of(desk.event("CollResult", attempt)) == ("CHANUNAVAIL", "0", "SIP 180 Ringing", "0")
    assert desk.playing("coll/stopped")
    end = desk.event("CollEnd", attempt)
    assert (end["State"], end["Disp"]) == ("WRAP", "")


def test_who_answers_a_call_that_is_stopped_is_not_put_through(desk: Desk) -> None:
    attempt = desk.call(desk.number("1002"))
    debtors_leg(desk, attempt, "Ringing")
    stop(desk, attempt)
    assert result_of(desk.event("CollResult", attempt)) == ("CANCEL", "16", "SIP 200 OK", "0")
    end = desk.event("CollEnd", attempt)
    assert (end["State"], end["Disp"]) == ("WRAP", "")
    assert desk.events(attempt) == ["CollAgent", "CollAccept", "CollDial", "CollResult", "CollEnd"]


def test_who_answered_first_is_talked_to(desk: Desk) -> None:
    attempt = desk.call(desk.number("1002"))
    desk.event("CollUp", attempt)
    stop(desk, attempt)
    result = desk.event("CollResult", attempt)
    assert result["Status"] == "ANSWER"
    assert int(result["Talk"]) > 1_000
    assert desk.event("CollEnd", attempt)["Disp"] == "2"


def test_a_pbx_that_reads_its_configuration_anew_cuts_no_call_and_forgets_none(desk: Desk) -> None:
    attempt = desk.call(desk.number("1002"))
    desk.event("CollUp", attempt)
    desk.sandbox.company.command("core reload")
    assert result_of(desk.event("CollResult", attempt))[0] == "ANSWER"
    assert desk.event("CollEnd", attempt)["Disp"] == "2"
    assert (desk.row(attempt) or "").startswith("END|WRAP|ANSWER|16|")


# ---------------------------------------------------------------- an emergency call needs a line


def emergency(desk: Desk, exten: str = "112") -> str:
    """How many lines it got."""
    asked = f"emergency-{uuid.uuid4().hex}"
    desk.ami.action(
        "Originate", ("Channel", f"Local/{exten}@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true"),
        ("Variable", f"__ASKED={asked}"),
    )  # fmt: skip
    return desk.until(lambda: desk.row(asked, "sandbox"), "the emergency call")


def test_a_ringing_line_is_given_to_an_emergency_call_and_the_agent_is_told(desk: Desk) -> None:
    attempt = desk.call(desk.number("3002"), COLL_RING="20")
    debtors_leg(desk, attempt, "Ringing")
    assert emergency(desk) == "1"
    desk.event("CollFreed", attempt)
    assert result_of(desk.event("CollResult", attempt))[0] == "CANCEL"
    end = desk.event("CollEnd", attempt)
    assert (end["State"], end["Disp"]) == ("WRAP", "")
    assert emergency(desk) == "0"


def test_a_talk_is_ended_for_an_emergency_call_and_the_agent_is_asked_for_its_outcome(desk: Desk) -> None:
    attempt = desk.call(desk.number("1114"), COLL_MODE="auto")
    desk.event("CollUp", attempt)
    assert emergency(desk) == "1"
    assert result_of(desk.event("CollResult", attempt))[0] == "ANSWER"
    channels = desk.sandbox.company.core_show_channels
    assert desk.until(lambda: any(row.get("Context") == "coll-menu" for row in channels()), "the question for the outcome")
    assert desk.events(attempt).count("CollFreed") == 1


def test_a_line_left_over_from_a_killed_pbx_is_passed_by(desk: Desk) -> None:
    assert emergency(desk, "stale") == "0"
    assert emergency(desk) == "0"


# ---------------------------------------------------------------- the wrap-up menu


@pytest.mark.parametrize(("answer", "prompt"), [("1", "coll/saved"), ("0", "coll/not-saved"), ("", "coll/noted")])
def test_saved_is_said_only_when_the_daemon_says_so(desk: Desk, answer: str, prompt: str) -> None:
    attempt = desk.call(desk.number("1202"))
    keyed = desk.event("CollKeyed", attempt)
    if answer:
        desk.set(keyed, "COLL_SAVED", answer)
    assert desk.playing(prompt)
    end = desk.event("CollEnd", attempt)
    assert (end["State"], end["Disp"]) == ("WRAP", "2")


KEYED = {  # keys, with a pause at each dash -> disposition, amount, day, hour
    "1-1-5#-1": ("1", "full", "20261128", ""),
    "1-2-123#-0101-1": ("1", "123", "20270101", ""),
    "1-1-3112-1": ("1", "full", "20261231", ""),
    "1-1-3102-3011-1": ("1", "full", "20261130", ""),  # no 31 February, and none in spring: the question comes again
    "1-1-0#-2311-1": ("1", "full", "20261123", ""),  # a promise in no days is none; the day itself is one
    "1-1-5#-*-6#-1": ("1", "full", "20261129", ""),  # changed at the read-back
    "1-*-2": ("2", "", "", ""),  # back to the menu
    "1-2-*-1-5#-1": ("1", "full", "20261128", ""),
    "4-0#-14-1": ("4", "", "20261123", "14"),
    "4-2#-25-09-1": ("4", "", "20261125", "09"),  # no 25th hour
    "4-2#-9#-1": ("4", "", "20261125", "09"),
    "9-*-3": ("3", "", "", ""),
    "9-2-1": ("9", "", "", ""),  # a wrong key at the confirmation asks again
    "0-#-8": ("8", "", "", ""),  # heard again, a wrong key, then a right one
}


@pytest.fixture(scope="module")
def keyed(sandbox: Sandbox) -> Iterator[dict[str, Message]]:
    """Every line of KEYED, seven phones at a time: keys -> CollKeyed."""
    phones, seen, rest = [str(number) for number in range(201, 208)], {}, list(KEYED)
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        desk = Desk(ami, sandbox)
        while rest:
            wave, rest = dict(zip(phones, rest, strict=False)), rest[len(phones) :]
            calls = {phone: desk.call(desk.number("1200"), phone=phone, COLL_WRAP="90") for phone in wave}
            for attempt in calls.values():
                desk.event("CollResult", attempt)
            groups = {phone: keys.split("-") for phone, keys in wave.items()}
            while any(groups.values()):
                for phone, waiting in groups.items():
                    if waiting:
                        sandbox.press(phone, waiting.pop(0))
            for phone, attempt in calls.items():
                seen[wave[phone]] = desk.event("CollKeyed", attempt)
            for attempt in calls.values():
                desk.event("CollEnd", attempt)
        yield seen


@pytest.mark.parametrize("keys", KEYED)
def test_what_is_keyed_is_what_is_reported(keyed: dict[str, Message], keys: str) -> None:
    event = keyed[keys]
    assert (event["Disp"], event["Amount"], event["On"], event["At"]) == KEYED[keys]


def test_three_wrong_keys_end_the_menu_without_an_outcome(desk: Desk, sandbox: Sandbox) -> None:
    attempt = desk.call(desk.number("1200"), phone="209", COLL_WRAP="60")
    desk.event("CollResult", attempt)
    sandbox.press("209", "*")
    sandbox.press("209", "*")
    sandbox.press("209", "*")
    end = desk.event("CollEnd", attempt, within=60)
    assert (end["State"], end["Disp"]) == ("WRAP", "")


def test_the_menu_ends_when_its_time_is_over(desk: Desk) -> None:
    attempt = desk.call(desk.number("1200"), COLL_WRAP="2")
    began = time.monotonic()
    desk.event("CollResult", attempt)
    assert desk.event("CollEnd", attempt, within=60)["Disp"] == ""
    assert time.monotonic() - began < 45


def ring_back(desk: Desk, attempt: str, number: str) -> tuple[Message, Message]:
    desk.call(number, attempt=attempt, context="coll-wrap", phone="208")
    keyed = desk.event("CollKeyed", attempt)
    desk.set(keyed, "COLL_SAVED", "1")
    return keyed, desk.event("CollWrapEnd", attempt)


def test_the_agent_who_hung_up_first_keys_the_outcome_when_rung_back(desk: Desk) -> None:
    number = desk.number("1116")
    attempt = desk.call(number, phone="208")
    row = "END|" + "|".join(desk.event("CollEnd", attempt)[field] for field in ("State", *FIELDS[:5]))
    keyed, ended = ring_back(desk, attempt, number)
    assert keyed["Uniqueid"] == f"coll-{attempt}-w1"
    assert (ended["Keyed"], ended["Disp"], ended["Amount"], ended["On"]) == ("yes", "1", "full", "20261128")
    assert desk.row(attempt) == f"{row}|1|full|20261128|"


def test_a_ring_back_after_the_acknowledgement_writes_a_row_of_its_own(desk: Desk) -> None:
    attempt = uuid.uuid4().hex[:16]
    ring_back(desk, attempt, desk.number("1116"))
    assert desk.row(attempt) == "END|||||||1|full|20261128|"


# ---------------------------------------------------------------- feature codes


@pytest.mark.parametrize(
    ("code", "action", "reply", "prompt"),
    [
        ("*81", "logout", "ok", "coll/done-logout"),
        ("*83", "resume", "denied", "coll/not-allowed"),
        ("*84", "next", "ok", "coll/done-next"),
        ("*84", "next", "none", "coll/none-next"),
        ("*85", "outcome", "none", "coll/none-other"),
        ("*81", "logout", "error", "coll/error"),
        ("*82", "pause", "", "coll/no-service"),
    ],
)
def test_a_feature_code_asks_the_daemon_and_says_its_answer(
    desk: Desk, sandbox: Sandbox, code: str, action: str, reply: str, prompt: str
) -> None:
    before = len(desk.ami.seen)
    sandbox.start_feature(code, phone="207")
    event = desk.feature(before, action)
    assert (event["Endpoint"], event["Pin"]) == ("PJSIP/207", "")
    if reply:
        desk.set(event, "COLL_REPLY", reply)
    assert desk.playing(prompt)
    desk.until(lambda: "207" not in {call["phone"] for call in sandbox.phone_calls()}, "the end of the call")


def test_a_pause_holds_at_once_then_the_reason_is_asked_keyed_and_spoken_back(desk: Desk, sandbox: Sandbox) -> None:
    before = len(desk.ami.seen)
    sandbox.start_feature("*82", phone="207")
    desk.set(desk.feature(before, "pause"), "COLL_REPLY", "ok")
    before = len(desk.ami.seen)
    desk.set(desk.feature(before - 1, "reasons"), "COLL_REPLY", "why-lunch-other")
    assert desk.playing("COLL_ARG,coll/pause-why&digits/1&coll/reason-lunch&digits/2&coll/reason-other,1,,1,6")
    before = len(desk.ami.seen)
    sandbox.press("207", "2")
    event = desk.feature(before, "pause")
    assert event["Arg"] == "2"
    desk.set(event, "COLL_REPLY", "ok-other")
    assert desk.playing("coll/done-pause&coll/reason-other")
    desk.until(lambda: "207" not in {call["phone"] for call in sandbox.phone_calls()}, "the end of the call")


def test_a_key_of_the_phone_may_dial_the_reason_with_the_code(desk: Desk, sandbox: Sandbox) -> None:
    before = len(desk.ami.seen)
    sandbox.start_feature("*821", phone="207")
    event = desk.feature(before, "pause")
    assert event["Arg"] == "1"
    desk.set(event, "COLL_REPLY", "ok-lunch")
    assert desk.playing("coll/done-pause&coll/reason-lunch")
    desk.until(lambda: "207" not in {call["phone"] for call in sandbox.phone_calls()}, "the end of the call")


def test_a_login_asks_for_the_pin_again_when_it_was_wrong(desk: Desk, sandbox: Sandbox) -> None:
    before = len(desk.ami.seen)
    sandbox.start_feature("*80", phone="207", keys="1111#", delay=0.5)
    event = desk.feature(before, "login")
    assert event["Pin"] == "1111"
    before = len(desk.ami.seen)
    desk.set(event, "COLL_REPLY", "denied")
    assert desk.playing("COLL_PIN,coll/pin,12,,1,10")
    sandbox.press("207", "4711#")
    event = desk.feature(before, "login")
    assert event["Pin"] == "4711"
    desk.set(event, "COLL_REPLY", "ok")
    assert desk.playing("coll/done-login")


def test_the_outcome_code_runs_the_menu_for_the_attempt_that_the_daemon_names(desk: Desk, sandbox: Sandbox) -> None:
    attempt = desk.call(desk.number("1121"), phone="207")
    desk.event("CollEnd", attempt)
    before = len(desk.ami.seen)
    sandbox.start_feature("*85", phone="207")
    event = desk.feature(before, "outcome")
    desk.set(event, "COLL_TODAY", TODAY)
    desk.set(event, "COLL_REPLY", f"id-{attempt}")
    desk.until(lambda: desk.row(attempt), "row")
    assert desk.playing("K,coll/outcome,1,,1,6")
    for group in ("1", "1", "5#", "1"):
        sandbox.press("207", group)
    keyed = desk.event("CollKeyed", attempt)
    assert keyed["Uniqueid"] == event["Uniqueid"]
    desk.set(keyed, "COLL_SAVED", "1")
    assert desk.event("CollWrapEnd", attempt)["Keyed"] == "yes"
    assert re.fullmatch(r"END\|DIAL\|ANSWER\|.*\|1\|full\|20261128\|", desk.row(attempt) or "")


def test_a_phone_reaches_nothing_but_the_feature_codes_and_what_its_site_lets_it(sandbox: Sandbox) -> None:
    with sandbox.seen() as seen:
        for number in ("03055503001000", "110", "s", "ack", "202"):  # +… is the way out that the sandbox's site has, test_outgoing
            assert not sandbox.dial_feature(number, phone="207").answered
        assert seen("invite") == []


# ---------------------------------------------------------------- what is spoken, and the account

SPOKEN = {
    "de": ["digits/4", "digits/hundred", "digits/10", "coll/cur-eur", "digits/50", "coll/overdue-for", "digits/12", "coll/days-overdue",
           "coll/try-2", "coll/promised", "digits/h-18", "digits/mon-10", "coll/promise-broken", "coll/preview-keys"],
    "en": ["digits/4", "digits/hundred", "digits/10", "coll/cur-eur", "digits/50", "coll/overdue-for", "digits/12", "coll/days-overdue",
           "coll/try-2", "coll/promised", "digits/mon-10", "digits/h-18", "coll/promise-broken", "coll/preview-keys"],
}  # fmt: skip


@pytest.fixture(scope="module")
def heard(sandbox: Sandbox) -> dict[str, list[str]]:
    """A preview in each language, heard to the end: language -> the sounds played."""
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        desk = Desk(ami, sandbox)
        calls = {language: desk.call(desk.number("1014"), COLL_LANG=language, COLL_DECIDE="16") for language in SPOKEN}
        channels = {language: desk.event("CollAgent", attempt)["Channel"] for language, attempt in calls.items()}
        for attempt in calls.values():
            desk.event("CollEnd", attempt)
    log = company.log.read_text()
    return {
        language: re.findall(rf"<{re.escape(channel)}> Playing '([^']+)\.ulaw' \(language '{language}_coll_site'\)", log)
        for language, channel in channels.items()
    }


@pytest.mark.parametrize("language", SPOKEN)
def test_the_agent_hears_the_whole_case_in_the_agents_language(heard: dict[str, list[str]], language: str) -> None:
    assert heard[language][: len(SPOKEN[language]) + 1] == ["coll/lead", *SPOKEN[language]]


def test_no_sound_is_missing_and_no_expression_is_malformed(sandbox: Sandbox) -> None:
    log = sandbox.company.log.read_text()
    assert not re.findall(r".*(?:does not exist in any format|ast_expr2|Unable to open .*format|No such label|Abnormal).*", log)


def test_the_version_of_the_dialplan_can_be_asked(desk: Desk) -> None:
    assert desk.ami.action("Getvar", ("Variable", "COLL_DIALPLAN_VERSION"))["Value"] == "2"


@pytest.mark.parametrize("action", ["Command", "GetConfig", "DBPut", "Reload", "DialplanExtensionAdd", "ModuleLoad", "DBDelTree"])
def test_the_account_has_no_right_beyond_its_duty(desk: Desk, action: str) -> None:
    answer = desk.ami.action(action, ("Command", "core show version"), ("Filename", "manager.conf"), ("Family", "coll"), ("Key", "x"))
    assert (answer["Response"], answer["Message"]) == ("Error", "Permission denied")


def test_only_the_events_of_our_own_calls_and_of_devices_pass_the_filter(desk: Desk) -> None:
    attempt = desk.call(desk.number("2000"))
    desk.ami.wait(lambda m: m.get("Event") == "Hangup" and m["Uniqueid"] == f"coll-{attempt}", "Hangup of the agent's leg")
    lists = {"DBGetResponse", "DBGetComplete"}
    names = {m["Event"] for m in desk.ami.seen if "Event" in m} - lists
    assert names == {"UserEvent", "OriginateResponse", "Hangup", "DeviceStateChange"}
    assert all(m["Uniqueid"].startswith("coll-") for m in desk.ami.seen if m.get("Event") == "Hangup")


@pytest.mark.parametrize("module", ["func_env.so", "func_shell.so", "app_system.so", "func_curl.so"])
def test_modules_through_which_a_variable_becomes_a_command_are_not_loaded(desk: Desk, sandbox: Sandbox, module: str) -> None:
    assert not any(module in line for line in sandbox.company.command(f"module show like {module}"))
