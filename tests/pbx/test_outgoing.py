"""An agent dials a number by hand, on a real Asterisk: the shipped coll-out, told what to do over a raw AMI line.

Owns the debtors whose numbers begin with +49305505. Uses no code of collectord. Invariant: what is expected stands here as data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
NUMBERS = count(10)
OURS = "1|trunk|+493012345600|e164|30|de|20261123|30"


@pytest.fixture
def ami(sandbox: Sandbox) -> Iterator[Ami]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield ami


def number() -> str:
    return f"+49305505{next(NUMBERS):03}1200"


def dial(sandbox: Sandbox, dialled: str, phone: str) -> None:
    """Does not wait for anything."""
    sandbox.world.ami().action(
        "Originate", Channel=f"PJSIP/{dialled}@desk{phone}", ChannelId=f"hand-{next(NUMBERS)}", Context="feature", Exten="s", Priority="1",
        Timeout="60000", Async="true", variables={"PHONE": phone, "KEYS": "", "DELAY": "1", "STAY": "20"},
    )  # fmt: skip


def asked(ami: Ami, dialled: str) -> Message:
    return ami.wait(lambda m: m.get("UserEvent") == "CollOut" and m["Number"] == dialled, f"CollOut of {dialled}", within=60)


def say(ami: Ami, question: Message, text: str) -> None:
    assert ami.action("Setvar", ("Channel", question["Uniqueid"]), ("Variable", "COLL_OUT"), ("Value", text))["Response"] == "Success"


def events(ami: Ami, question: Message) -> list[str]:
    return [m["UserEvent"] for m in ami.seen if m.get("CollID") == question["CollID"] and "UserEvent" in m]


def end(ami: Ami, question: Message) -> Message:
    id = question["CollID"]
    return ami.wait(lambda m: m.get("UserEvent") == "CollEnd" and m.get("CollID") == id, f"CollEnd of {id}", within=60)


def invited(sandbox: Sandbox, dialled: str) -> None:
    sandbox.wait_for("invite", who=dialled, timeout=60)


def test_a_debtors_number_asks_the_gate_and_is_called_like_one_of_ours(sandbox: Sandbox, ami: Ami) -> None:
    dialled = number()
    ami.go = lambda one: "1" if one.startswith("out-") else None
    dial(sandbox, dialled, "207")
    question = asked(ami, dialled)
    assert question["Endpoint"] == "PJSIP/207"
    say(ami, question, OURS)
    last = end(ami, question)
    assert (last["Status"], last["Tech"]) == ("ANSWER", "SIP 200 OK")
    assert events(ami, question)[:5] == ["CollOut", "CollAgent", "CollAccept", "CollDial", "CollUp"]


def test_without_the_gates_yes_nobody_is_dialled(sandbox: Sandbox, ami: Ami) -> None:
    dialled = number()
    ami.go = lambda one: "0" if one.startswith("out-") else None
    dial(sandbox, dialled, "207")
    question = asked(ami, dialled)
    say(ami, question, OURS)
    assert end(ami, question)["State"] == "REFUSED"
    assert events(ami, question) == ["CollOut", "CollAgent", "CollAccept", "CollEnd"]


@pytest.mark.parametrize("answer", ["go", ""])
def test_what_is_nobodys_goes_the_sites_own_way_also_without_a_daemon_and_leaves_nothing(sandbox: Sandbox, ami: Ami, answer: str) -> None:
    dialled = number()
    dial(sandbox, dialled, "208")
    question = asked(ami, dialled)
    if answer:
        say(ami, question, answer)
    invited(sandbox, dialled)
    assert events(ami, question) == ["CollOut"]
    row = ami.action("DBGet", ("Family", "coll"), ("Key", question["CollID"]))
    assert row["Response"] != "Success"


@pytest.mark.parametrize("dialled", ["+112", "+110", "+49112", "+49116117", "+0116117", "112"])
def test_emergency_and_short_numbers_are_never_asked_about(sandbox: Sandbox, ami: Ami, dialled: str) -> None:
    since = len(ami.seen)
    sandbox.company.ami().action(
        "Originate", Channel=f"Local/{dialled}@sandbox-out/n", Application="Wait", Data="0", Async="true", Timeout="5000",
    )  # fmt: skip
    ami.wait(lambda m: m.get("UserEvent") == "CollSandboxBack" and m.get("Number") == dialled, "the way back", since=since, within=60)
    assert not [m for m in ami.seen[since:] if m.get("UserEvent") == "CollOut"]


def test_an_emergency_call_gets_the_line_of_a_call_by_hand_too(sandbox: Sandbox, ami: Ami) -> None:
    dialled = number()[:-4] + "3002"
    ami.go = lambda one: "1" if one.startswith("out-") else None
    dial(sandbox, dialled, "207")
    question = asked(ami, dialled)
    say(ami, question, OURS)
    ami.wait(lambda m: m.get("UserEvent") == "CollDial" and m.get("CollID") == question["CollID"], "CollDial", within=60)
    invited(sandbox, dialled)
    ami.action(
        "Originate", ("Channel", "Local/112@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true"),
        ("Variable", f"__ASKED=emergency-{question['CollID']}"),
    )  # fmt: skip
    last = end(ami, question)
    assert "CollFreed" in events(ami, question)
    assert (last["State"], last["Status"]) == ("WRAP", "CANCEL")
