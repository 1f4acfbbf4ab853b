"""An agent asks a colleague first, on a real Asterisk: collect-ask.conf, told what to do over a raw AMI line, keys as real DTMF.

Owns nothing but the course of a consultation; the talk itself is that of test_hand_over. Uses no code of collectord.
Invariant tested: one CollEnd, of whoever had the last word, and the debtor is never left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from ami_client import Message
from test_hand_over import Talk, talk

__all__ = ["talk"]
pytestmark = pytest.mark.pbx


def asks(call: Talk, phone: str, seconds: int = 20) -> None:
    """The agent keys *4 and the number; the daemon names the phone; the debtor is held."""
    asked = call.keys(f"*4{phone}#")
    assert (asked["To"], asked["Ask"]) == (phone, "1")
    call.say(asked, "COLL_TO", f"1|PJSIP/{phone}|{seconds}|20261123|30|de|Rückfrage - Müller")
    call.until(lambda: call.row("collhand"), "the debtor is held")


def colleague_is_there(call: Talk) -> None:
    call.until(lambda: call.row("coll-ask").endswith("|up"), "the colleague has answered")


def talks(call: Talk, phone: str) -> None:
    """This phone and the debtor are in one bridge."""

    def together() -> bool:
        legs = {row["Channel"].rpartition("-")[0]: row.get("BridgeId", "") for row in channels(call)}
        return bool(legs.get("PJSIP/trunk")) and legs.get("PJSIP/trunk") == legs.get(f"PJSIP/{phone}")

    call.until(together, f"{phone} talks with the debtor")


def nobody(call: Talk) -> bool:
    return not channels(call)


def channels(call: Talk) -> list[Message]:
    number = call.ami.action("CoreShowChannels")["ActionID"]
    call.ami.wait(lambda m: m.get("Event") == "CoreShowChannelsComplete" and m.get("ActionID") == number, "CoreShowChannelsComplete")
    return [m for m in call.ami.seen if m.get("Event") == "CoreShowChannel" and m.get("ActionID") == number]


def test_the_colleague_is_asked_and_takes_the_talk_when_the_agent_hangs_up(talk: Callable[..., Talk]) -> None:
    call = talk()
    asks(call, "206")
    colleague_is_there(call)
    rang = call.sandbox.phone_rings("206")[-1]
    assert (rang.caller_name, rang.caller) == ("Rückfrage - Müller", call.number)
    time.sleep(2)  # the world's agents press 1 a second after they answered
    assert call.debtor_is_there()
    assert "CollHanded" not in call.events()
    call.sandbox.hang_up("205")
    assert call.event("CollHanded")["Endpoint"] == "PJSIP/206"
    talks(call, "206")
    assert call.row("collhand").startswith("PJSIP/206|PJSIP/205|PJSIP/206|20|20261123|30|de|")
    call.debtor_leaves()
    result = call.event("CollResult")
    assert (result["Status"], result["Channel"][:10]) == ("ANSWER", "PJSIP/206-")
    time.sleep(1.5)  # the question begins
    call.sandbox.press("206", "2")
    keyed = call.event("CollKeyed")
    call.say(keyed, "COLL_SAVED", "1")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Disp"], end["Channel"][:10]) == ("WRAP", "ANSWER", "2", "PJSIP/206-")
    assert call.events().count("CollEnd") == 1


def test_the_colleague_who_has_the_talk_hangs_up_first(talk: Callable[..., Talk]) -> None:
    call = talk()
    asks(call, "206")
    colleague_is_there(call)
    call.sandbox.hang_up("205")
    call.event("CollHanded")
    talks(call, "206")
    call.sandbox.hang_up("206")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Channel"][:10]) == ("DIAL", "ANSWER", "PJSIP/206-")
    assert int(end["Talk"]) > 1_000
    call.sandbox.wait_for("debtor-end", who=call.number)
    assert call.events().count("CollEnd") == 1


@pytest.mark.parametrize("how", ["key", "colleague"])
def test_the_agent_comes_back_to_the_debtor_and_may_ask_again(talk: Callable[..., Talk], how: str) -> None:
    call = talk()
    asks(call, "206")
    colleague_is_there(call)
    time.sleep(1.5)
    if how == "key":
        call.sandbox.press("205", "*4")
    else:
        call.sandbox.hang_up("206")
    talks(call, "205")
    assert call.row("coll-ask") == ""
    call.until(lambda: call.has_hung_up("206"), "the colleague is let go")
    asks(call, "207")
    colleague_is_there(call)
    call.sandbox.hang_up("207")
    talks(call, "205")
    call.sandbox.hang_up("205")
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Cause"], end["Tech"], end["Channel"][:10]) == (
        "DIAL", "ANSWER", "16", "SIP 200 OK", "PJSIP/205-",
    )  # fmt: skip
    assert int(end["Talk"]) > 3_000
    call.sandbox.wait_for("debtor-end", who=call.number)
    assert call.events().count("CollEnd") == 1
    assert "CollHanded" not in call.events()


def test_nobody_answers_and_the_agent_is_back_and_may_hand_over_after_all(talk: Callable[..., Talk]) -> None:
    call = talk()
    asks(call, "299")
    talks(call, "205")
    asked = call.keys("*2206#")
    assert asked["Ask"] == "0"
    call.say(asked, "COLL_TO", "1|PJSIP/206|10|20261123|30|de|Übergabe - Müller")
    assert call.event("CollHanded")["Endpoint"] == "PJSIP/206"
    talks(call, "206")
    call.sandbox.hang_up("206")
    assert call.event("CollEnd")["Channel"].startswith("PJSIP/206-")
    assert call.events().count("CollEnd") == 1


def test_a_debtor_who_hangs_up_meanwhile_is_told_to_the_agent_who_keys_the_outcome(talk: Callable[..., Talk]) -> None:
    call = talk()
    asks(call, "206")
    colleague_is_there(call)
    time.sleep(2)
    call.debtor_leaves()
    result = call.event("CollResult")
    assert (result["Status"], result["Channel"][:10]) == ("ANSWER", "PJSIP/205-")
    call.until(lambda: call.has_hung_up("206"), "the colleague is let go")
    call.sandbox.hang_up("205")
    end = call.event("CollEnd")
    assert (end["State"], end["Channel"][:10]) == ("WRAP", "PJSIP/205-")
    assert call.events().count("CollEnd") == 1
    assert call.row("coll-ask") == ""


def test_an_agent_who_is_gone_before_the_colleague_answers_has_handed_over(talk: Callable[..., Talk]) -> None:
    call = talk(agent="20", first="00")  # whoever is shown the debtor's number lets it ring
    asks(call, "206")
    call.sandbox.wait_for("ring", who="206", since=call.since)
    call.sandbox.hang_up("205")
    call.until(lambda: len(call.sandbox.events("ring", who="206", since=call.since)) == 2, "the debtor rings there")
    assert "CollEnd" not in call.events()
    call.debtor_leaves()
    end = call.event("CollEnd")
    assert (end["State"], end["Status"], end["Channel"][:11]) == ("DIAL", "ANSWER", "PJSIP/trunk")
    assert call.events().count("CollEnd") == 1
    assert call.row("coll-ask") == ""


def test_the_debtor_hangs_up_after_the_agent_is_back(talk: Callable[..., Talk]) -> None:
    call = talk()
    asks(call, "299")
    talks(call, "205")
    call.debtor_leaves()
    result = call.event("CollResult")
    assert (result["Status"], result["Channel"][:10]) == ("ANSWER", "PJSIP/205-")
    call.sandbox.hang_up("205")
    assert call.event("CollEnd")["State"] == "WRAP"
    assert call.events().count("CollEnd") == 1


def test_an_emergency_call_gets_the_line_of_a_debtor_who_is_held(talk: Callable[..., Talk]) -> None:
    call = talk()
    asks(call, "206")
    colleague_is_there(call)
    time.sleep(2)
    call.ami.action(
        "Originate", ("Channel", "Local/112@sandbox-emergency"), ("Application", "Wait"), ("Data", "1"), ("Async", "true"),
        ("Variable", f"__ASKED=emergency-{call.id}"),
    )  # fmt: skip
    call.event("CollFreed")
    assert call.event("CollResult")["Channel"].startswith("PJSIP/205-")
    call.sandbox.wait_for("debtor-end", who=call.number)
    call.sandbox.hang_up("205")
    assert call.event("CollEnd")["State"] == "WRAP"


@pytest.mark.parametrize("colleague", ["rings", "talks"])
def test_all_are_hung_up_at_one_instant_and_the_end_is_told(talk: Callable[..., Talk], colleague: str) -> None:
    """As a PBX does that is shut down. A redirect of the agent's leg aborted its hang-up handler in one of ten (Asterisk 22.10)."""
    for _ in range(8):
        call = talk(agent="20", first="00") if colleague == "rings" else talk()
        asks(call, "206")
        if colleague == "rings":
            call.sandbox.wait_for("ring", who="206", since=call.since)
        else:
            colleague_is_there(call)
        call.ami.action("Hangup", ("Channel", "/^PJSIP.*/"))
        end = call.event("CollEnd")
        assert (end["State"], end["Status"]) == ("DIAL", "ANSWER")
        assert call.row("coll").startswith("END|DIAL|ANSWER|")
        call.until(partial(nobody, call), "everybody is gone")


def test_a_debtor_who_hangs_up_before_the_colleague_answers_stops_the_ringing(talk: Callable[..., Talk]) -> None:
    call = talk(agent="20", first="00")
    asks(call, "206", seconds=50)
    call.sandbox.wait_for("ring", who="206", since=call.since)
    call.debtor_leaves()
    assert call.event("CollResult")["Channel"].startswith("PJSIP/205-")
    call.until(lambda: not any(row["Channel"].startswith("PJSIP/206-") for row in channels(call)), "206 rings no more")
    call.sandbox.hang_up("205")
    assert call.event("CollEnd")["State"] == "WRAP"
    assert call.events().count("CollEnd") == 1
