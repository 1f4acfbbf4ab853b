"""A desk phone answers by itself on a real Asterisk: each make's header reaches the phone, directly and behind coll-phones.

Uses no code of collectord but the table of headers. Invariant: without COLL_ANSWER no phone sees such a header.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import pytest
from ami_client import Ami
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
NUMBERS = count(10)
HEADERS = {
    "snom": "Alert-Info)=<sip:collectord>;info=alert-autoanswer;delay=0",
    "grandstream": "Call-Info)=<sip:collectord>;answer-after=0",
    "polycom": "Alert-Info)=info=Auto Answer",
}


@pytest.fixture
def ami(sandbox: Sandbox) -> Iterator[Ami]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as line:
        yield line


def rings(ami: Ami, channel: str, *variables: str) -> str:
    """The attempt; 20 at the end of the number: nobody sits at the phone."""
    place = next(NUMBERS)
    attempt, number = f"alone-{place:04}", f"+49305507{place:03}1120"
    case = ("COLL_MODE=preview", "COLL_TRUNK=trunk", "COLL_LANG=de", "COLL_DECIDE=1")
    given = (f"__COLL_ID={attempt}", f"COLL_DST={number}", *case, *variables)
    ami.action(
        "Originate", ("ActionID", f"{attempt}-o"), ("Channel", channel), ("ChannelId", f"coll-{attempt}"),
        ("Context", "coll-agent"), ("Exten", "s"), ("Priority", "1"), ("Timeout", "3000"), ("Async", "true"),
        ("CallerID", f'"Case" <{number}>'), *(("Variable", text) for text in given),
    )  # fmt: skip
    return attempt


def says_end(ami: Ami, attempt: str) -> str:
    return ami.wait(lambda m: m.get("UserEvent") == "CollEnd" and m.get("CollID") == attempt, f"CollEnd of {attempt}", within=60)["State"]


@pytest.mark.parametrize("make", HEADERS)
@pytest.mark.parametrize("behind", [False, True], ids=["direct", "coll-phones"])
def test_the_phone_answers_by_itself_and_nobody_there_is_no_key(sandbox: Sandbox, ami: Ami, make: str, behind: bool) -> None:
    since = time.time()
    if behind:
        attempt = rings(ami, "Local/208@coll-phones/n", f"COLL_ANSWER={make}", "__COLL_LEG=phone")
    else:
        attempt = rings(ami, "PJSIP/208", f"COLL_ANSWER={make}", f"PJSIP_HEADER(add\\,{HEADERS[make]}")
    sandbox.wait_for("phone-alone", who="208", since=since)
    assert says_end(ami, attempt) == "NOACCEPT"


def test_a_phone_that_is_not_asked_rings(sandbox: Sandbox, ami: Ami) -> None:
    since = time.time()
    attempt = rings(ami, "Local/208@coll-phones/n", "__COLL_LEG=phone")
    ami.wait(lambda m: m.get("Event") == "OriginateResponse" and m.get("ActionID") == f"{attempt}-o", "the end of the ringing", within=60)
    assert sandbox.events("ring", who="208", since=since)
    assert sandbox.events("phone-alone", who="208", since=since) == []
