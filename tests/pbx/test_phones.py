"""Desk phones of all kinds on a real Asterisk: which order rings whom, and whom it never reaches.

Owns the debtors whose numbers begin with +493055505. Uses no code of collectord. Invariant: what is expected stands here as data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
CALLS = count(1)
OUTSIDE = "+493055061234"  # whither phone 22 diverts; the sandbox's phones reach it, as phones of a company do
STAY = "__FORWARD_CONTEXT=coll-nowhere"


class Orders:
    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox = ami, sandbox
        self.left: list[str] = []

    def ring(self, phone: str, bb: str, *more: str, line: str = "12", within: int = 6_000) -> str:
        """An Originate as docs/INTERNALS 1.1 shows it; the call's id."""
        id, number = f"phones-{next(CALLS):03}-{bb}", f"+493055505{line}{bb}"
        usual = (
            f"__COLL_ID={id}",
            f"COLL_DST={number}",
            "COLL_TRUNK=trunk",
            "COLL_RING=10",
            "COLL_DECIDE=20",
            "COLL_WRAP=20",
            "COLL_LANG=de",
        )
        answer = self.ami.action(
            "Originate", ("ActionID", f"{id}-o"), ("Channel", phone), ("ChannelId", f"coll-{id}"), ("Context", "coll-agent"),
            ("Exten", "s"), ("Priority", "1"), ("Timeout", str(within)), ("Async", "true"), ("CallerID", f'"Mueller" <{number}>'),
            *(("Variable", text) for text in (*usual, *more)),
        )  # fmt: skip
        assert answer["Response"] == "Success"
        return id

    def answered(self, id: str) -> Message:
        """What became of the order."""
        wanted = f"OriginateResponse of {id}"
        return self.ami.wait(lambda m: m.get("Event") == "OriginateResponse" and m.get("ActionID") == f"{id}-o", wanted, within=60)

    def hung_up(self, id: str) -> Message:
        return self.ami.wait(lambda m: m.get("Event") == "Hangup" and m["Uniqueid"] == f"coll-{id}", f"Hangup of {id}", within=60)

    def event(self, name: str, id: str) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == id, f"{name} of {id}", within=60)


@pytest.fixture
def orders(sandbox: Sandbox) -> Iterator[Orders]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield Orders(ami, sandbox)
    for pbx in (sandbox.company, sandbox.world):
        pbx.command("channel request hangup all")
    deadline = time.monotonic() + 20
    while sandbox.company.core_show_channels():
        assert time.monotonic() < deadline, "a channel stays"
        time.sleep(0.05)


def test_a_diverting_phone_would_be_followed_outside_and_with_our_order_is_not(orders: Orders) -> None:
    before = orders.sandbox.sip_invites().count(OUTSIDE)
    followed = orders.ring("PJSIP/205", "22")
    assert orders.answered(followed)["Response"] == "Success"  # somebody outside hears the case: what must not be
    assert orders.sandbox.sip_invites().count(OUTSIDE) == before + 1
    kept = orders.ring("PJSIP/206", "22", STAY)
    assert orders.answered(kept)["Reason"] == "0"
    assert (orders.hung_up(kept)["Cause"], orders.sandbox.sip_invites().count(OUTSIDE)) == ("23", before + 1)


def rung(orders: Orders, id: str) -> list[str]:
    """The phones that this call rang."""
    number = next(m for m in orders.ami.seen if m.get("ActionID") == f"{id}-o" and m.get("Event") == "OriginateResponse")["CallerIDNum"]
    return sorted(ring.who for ring in orders.sandbox.phone_rings() if ring.caller == number)


def test_an_endpoint_with_two_phones_rings_one_of_them_and_through_coll_phones_both(orders: Orders) -> None:
    one = orders.ring("PJSIP/twin", "20", STAY)
    assert orders.answered(one)["Reason"] == "3"
    assert len(rung(orders, one)) == 1
    both = orders.ring("Local/twin@coll-phones/n", "20", STAY, "__COLL_LEG=phone", line="10")
    assert (orders.answered(both)["Reason"], orders.hung_up(both)["Cause"]) == ("3", "19")
    assert rung(orders, both) == ["209", "210"]


@pytest.mark.parametrize(("phone", "bb", "cause"), [("203", "18", "17"), ("203", "19", "21"), ("203", "22", "17"), ("299", "00", "20")])
def test_what_the_phone_says_comes_through_coll_phones(orders: Orders, phone: str, bb: str, cause: str) -> None:
    before = orders.sandbox.sip_invites().count(OUTSIDE)
    id = orders.ring(f"Local/{phone}@coll-phones/n", bb, "__COLL_LEG=phone")  # our order's STAY is not even needed here
    assert orders.answered(id)["Reason"] == "0"
    assert orders.hung_up(id)["Cause"] == cause
    assert orders.sandbox.sip_invites().count(OUTSIDE) == before


@pytest.mark.parametrize("kept", ["DND 204 YES", "CF 204 +4930123456"])
def test_a_phone_that_the_pbx_knows_as_not_to_be_disturbed_or_forwarded_is_not_rung(orders: Orders, kept: str) -> None:
    family, key, _ = kept.split()
    orders.sandbox.company.command(f"database put {kept}")
    try:
        id = orders.ring("Local/204@coll-phones/n", "00", STAY, "__COLL_LEG=phone", line="11")
        assert orders.answered(id)["Reason"] == "0"
        assert (orders.hung_up(id)["Cause"], rung(orders, id)) == ("17", [])
    finally:
        orders.sandbox.company.command(f"database del {family} {key}")


def test_behind_coll_phones_the_call_is_the_same_and_its_phone_is_marked_as_no_debtor(orders: Orders) -> None:
    id = orders.ring("Local/207@coll-phones/n", "02", STAY, "__COLL_LEG=phone", line="10")
    orders.event("CollUp", id)
    legs = orders.sandbox.company.ami().rows("Status", Variables="COLL_LEG")
    ours = {leg["Channel"].rpartition("-")[0]: leg.get("Variable", "") for leg in legs if leg["Linkedid"] == f"coll-{id}"}
    assert sorted(ours) == ["Local/207@coll-phones", "Local/207@coll-phones", "PJSIP/207", "PJSIP/trunk"][1:]
    marked = sorted(leg["Channel"].rpartition("-")[0] for leg in legs if leg.get("Variable") == "COLL_LEG=phone")
    assert marked == ["Local/207@coll-phones", "PJSIP/207"]
    keyed = orders.event("CollKeyed", id)
    orders.ami.action("Setvar", ("Channel", keyed["Uniqueid"]), ("Variable", "COLL_SAVED"), ("Value", "1"))
    end = orders.event("CollEnd", id)
    assert (end["State"], end["Status"], end["Disp"]) == ("WRAP", "ANSWER", "2")


FROM_INTERNAL = (  # as FreePBX does it in "device and user" mode: do not disturb, then the device at which the user sits
    "ExecIf(${DB_EXISTS(DND/${EXTEN})}?Hangup(17))",
    "Dial(PJSIP/${DB(AMPUSER/${EXTEN}/device)},20)",
    "Hangup()",
)


@pytest.fixture
def freepbx(orders: Orders) -> Iterator[Orders]:
    """User 720 of a PBX set up the FreePBX way sits at device 207."""
    company = orders.sandbox.company
    for priority, does in enumerate(FROM_INTERNAL, 1):
        company.command(f"dialplan add extension 720,{priority},{does} into from-internal")
    company.command("database put AMPUSER/720 device 207")
    yield orders
    company.command("database del AMPUSER/720 device")
    company.command("database del DND 720")
    company.command("dialplan remove context from-internal")


def test_behind_freepbx_own_way_to_a_user_who_sits_at_a_device_the_call_is_the_same(freepbx: Orders) -> None:
    id = freepbx.ring("Local/720@from-internal/n", "02", STAY, "__COLL_LEG=phone", line="13")
    freepbx.event("CollUp", id)
    keyed = freepbx.event("CollKeyed", id)
    freepbx.ami.action("Setvar", ("Channel", keyed["Uniqueid"]), ("Variable", "COLL_SAVED"), ("Value", "1"))
    end = freepbx.event("CollEnd", id)
    assert (end["State"], end["Status"], end["Disp"]) == ("WRAP", "ANSWER", "2")
    assert rung(freepbx, id) == ["207"]


def test_a_freepbx_user_who_is_not_to_be_disturbed_is_busy_and_no_device_rings(freepbx: Orders) -> None:
    freepbx.sandbox.company.command("database put DND 720 YES")
    id = freepbx.ring("Local/720@from-internal/n", "03", STAY, "__COLL_LEG=phone", line="13")
    assert freepbx.answered(id)["Reason"] == "0"
    assert (freepbx.hung_up(id)["Cause"], rung(freepbx, id)) == ("17", [])
