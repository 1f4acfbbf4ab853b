"""Calls on the simulated PBX: every row of TELEPHONY 2 and of docs/INTERNALS 2, over the socket.

Owns what a call says and leaves behind. Invariant tested: CollEnd is the last word, then Hangup, and the journal says the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from collectord.edge.simulated import HANG_UP, NOTHING, Agent, SimulatedPbx
from tests.edge.raw_ami import Message, RawAmi, kind, value

SPEED = 15.0
TODAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[tuple[SimulatedPbx, RawAmi]]:
    given: dict[str, Any] = {
        "username": "collectord",
        "secret": "s3cret",
        "speed": SPEED,
        "patience": 0.4,
        "clock": lambda: TODAY,
    } | settings
    pbx = SimulatedPbx(**given)
    client = await RawAmi.connect(await pbx.start())
    try:
        yield pbx, client
    finally:
        await client.close()
        await pbx.stop()


def fields(message: Message, *names: str) -> tuple[str, ...]:
    return tuple(value(message, name) for name in names)


def number(aa: str, bb: str) -> str:
    return f"+4930123{aa}{bb}"


REFUSED = {
    "20": ("BUSY", "17", "SIP 486 Busy Here", "result-busy"),
    "30": ("NOANSWER", "0", "SIP 180 Ringing", "result-noanswer"),
    "40": ("NOANSWER", "0", "SIP 100 Trying", "result-failed"),
    "41": ("NOANSWER", "19", "SIP 480 Temporarily Unavailable", "result-failed"),
    "42": ("CHANUNAVAIL", "1", "SIP 404 Not Found", "result-failed"),
    "43": ("CHANUNAVAIL", "28", "SIP 484 Address Incomplete", "result-failed"),
    "44": ("CHANUNAVAIL", "21", "SIP 403 Forbidden", "result-failed"),
    "45": ("CHANUNAVAIL", "21", "SIP 603 Decline", "result-failed"),
    "46": ("CONGESTION", "34", "SIP 503 Service Unavailable", "result-failed"),
    "47": ("CHANUNAVAIL", "38", "SIP 500 Server Internal Error", "result-failed"),
    "48": ("BUSY", "0", "SIP 100 Trying", "result-failed"),
    "99": ("CHANUNAVAIL", "1", "SIP 404 Not Found", "result-failed"),
}


@pytest.mark.parametrize(("aa", "expected"), REFUSED.items())
async def test_a_line_that_does_not_answer_gives_its_row_of_the_table(aa: str, expected: tuple[str, str, str, str]) -> None:
    status, cause, tech, sentence = expected
    async with running() as (pbx, ami):
        # who refuses does so long before the ringing is over, however slow the machine
        ami.originate("attempt1", number(aa, "00"), RING="2" if aa in ("30", "40") else "60")
        result = await ami.event("CollResult", "attempt1")
        end = await ami.event("CollEnd", "attempt1")
        await ami.event("Hangup", "attempt1")
        assert fields(result, "Seq", "Status", "Cause", "Tech", "Talk") == ("5", status, cause, tech, "0")
        assert fields(end, "Seq", "State", "Status", "Cause", "Tech", "Disp") == ("9", "WRAP", status, cause, tech, "")
        assert pbx.heard("201")[-1] == sentence
        assert pbx.dialled == [number(aa, "00")]
        assert pbx.journal["attempt1"] == f"END|WRAP|{status}|{cause}|{tech}|{value(result, 'Rang')}|0||||"
        assert "CollUp" not in ami.course("attempt1")


@pytest.mark.parametrize(
    ("trunk", "status", "cause"), [("dead", "NOANSWER", "0"), ("nope", "CHANUNAVAIL", "3"), ("0;x", "CHANUNAVAIL", "3")]
)
async def test_a_dead_or_unknown_trunk_has_no_tech_and_reaches_nobody(trunk: str, status: str, cause: str) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("10", "00"), RING="1", TRUNK=trunk)
        assert fields(await ami.event("CollEnd", "attempt1"), "State", "Status", "Cause", "Tech") == ("WRAP", status, cause, "")
        assert pbx.dialled == []


async def test_a_debtor_who_answers_and_hangs_up_is_answer_16_with_times() -> None:
    async with running() as (_, ami):
        began = time.monotonic()
        ami.originate("attempt1", number("10", "02"))
        await ami.confirm("CollKeyed", "attempt1")
        result = await ami.event("CollResult", "attempt1")
        lasted = (time.monotonic() - began) * SPEED * 1_000  # ms of the PBX's time, until the outcome was keyed
        end = await ami.event("CollEnd", "attempt1")
        await ami.event("Hangup", "attempt1")
        assert fields(result, "Status", "Cause", "Tech") == ("ANSWER", "16", "SIP 200 OK")
        rang, talk = int(value(result, "Rang")), int(value(result, "Talk"))
        assert rang >= 900
        assert talk >= 1_900
        assert rang + talk <= lasted
        assert fields(end, "State", "Disp") == ("WRAP", "2")
        said = [name for name in ami.course("attempt1") if name != "OriginateResponse"]
        assert said == ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollResult", "CollKeyed", "CollEnd", "Hangup"]


async def test_a_line_that_answers_at_once_does_not_ring() -> None:
    async with running(speed=2.0) as (_, ami):
        ami.originate("attempt1", number("12", "05"))
        assert int(value(await ami.event("CollResult", "attempt1"), "Rang")) < 700


KEYED = {
    "01": ("1", "full", "20261128", ""),
    "02": ("2", "", "", ""),
    "03": ("3", "", "", ""),
    "04": ("4", "", "20261124", "10"),
    "05": ("5", "", "", ""),
    "06": ("6", "", "", ""),
    "07": ("7", "", "", ""),
    "08": ("8", "", "", ""),
    "09": ("9", "", "", ""),
    "10": ("1", "50", "20261126", ""),
}


@pytest.mark.parametrize(("bb", "entry"), KEYED.items())
async def test_each_agent_keys_the_outcome_of_the_table_and_hears_saved_only_then(bb: str, entry: tuple[str, str, str, str]) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("12", bb))
        keyed = await ami.event("CollKeyed", "attempt1")
        assert fields(keyed, "Disp", "Amount", "On", "At") == entry
        assert value(keyed, "Seq") == "6"
        assert pbx.journal["attempt1"].startswith("KEY|ANSWER|16|SIP 200 OK|")
        assert pbx.journal["attempt1"].endswith("|".join(entry))
        assert "saved" not in pbx.heard("201")
        await ami.confirm("CollKeyed", "attempt1")
        end = await ami.event("CollEnd", "attempt1")
        assert fields(end, "Disp", "Amount", "On", "At") == entry
        assert pbx.heard("201")[-1] == "saved"
        assert pbx.journal["attempt1"].endswith("|".join(entry))


async def test_an_agent_without_a_daemon_hears_that_the_entry_is_noted() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("12", "03"))
        await ami.event("CollEnd", "attempt1")
        assert pbx.heard("201")[-1] == "noted"


async def test_an_entry_that_could_not_be_committed_is_not_called_saved() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("12", "03"))
        await ami.confirm("CollKeyed", "attempt1", saved="0")
        await ami.event("CollEnd", "attempt1")
        assert pbx.heard("201")[-1] == "not-saved"


async def test_an_agent_who_keys_nothing_is_asked_three_times_and_the_call_ends_without_an_outcome() -> None:
    async with running(speed=60.0) as (pbx, ami):
        ami.originate("attempt1", number("12", "00"))
        assert fields(await ami.event("CollEnd", "attempt1"), "State", "Disp") == ("WRAP", "")
        assert pbx.heard("201") == ["preview-keys", "outcome", "outcome-keys", "outcome-keys", "no-entry"]


@pytest.mark.parametrize(
    ("bb", "state", "sentence"),
    [("12", "SKIPPED", "skipped"), ("13", "LATER", "later"), ("14", "NOACCEPT", "preview-keys"), ("15", "AGENT", "preview-keys")],
)
async def test_an_agent_who_does_not_accept_ends_the_call_before_the_debtor_is_dialled(bb: str, state: str, sentence: str) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("10", bb), DECIDE="2")
        end = await ami.event("CollEnd", "attempt1")
        assert fields(end, "State", "Status", "Cause", "Tech", "Rang", "Talk") == (state, "", "", "", "", "")
        assert value(await ami.event("Hangup", "attempt1"), "Cause") == "16"
        assert pbx.dialled == []
        assert pbx.heard("201")[-1] == sentence
        assert pbx.journal["attempt1"] == f"END|{state}|||||||||"


async def test_zero_repeats_the_case_and_the_agent_may_then_accept() -> None:
    async with running() as (pbx, ami):
        pbx.script_agent("201", [Agent(preview="0 7 1", wrap="5")])
        ami.originate("attempt1", number("12", "00"))
        await ami.event("CollKeyed", "attempt1")
        assert pbx.heard("201")[:3] == ["preview-keys"] * 3


async def test_mode_auto_asks_nothing_before_dialling() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("12", "05"), MODE="auto")
        await ami.event("CollUp", "attempt1")
        assert "preview-keys" not in pbx.heard("201")
        assert pbx.heard("201")[0] == "tone"


async def test_hanging_up_while_talking_is_dial_answer_and_while_it_rings_dial_cancel() -> None:
    async with running() as (_, ami):
        ami.originate("attempt1", number("11", "16"))
        talking = await ami.event("CollEnd", "attempt1")
        ami.originate("attempt2", number("30", "17"), phone="202")
        ringing = await ami.event("CollEnd", "attempt2")
        assert fields(talking, "State", "Status", "Cause", "Tech") == ("DIAL", "ANSWER", "16", "SIP 200 OK")
        assert int(value(talking, "Talk")) > 500
        assert fields(ringing, "State", "Status", "Cause", "Tech", "Talk") == ("DIAL", "CANCEL", "16", "SIP 180 Ringing", "0")
        assert "CollResult" not in ami.course("attempt1") + ami.course("attempt2")


STOPPED = {  # line, and whether it is hung up: Status, Cause, Tech (as Asterisk 22.10 says them)
    ("30", True): ("CHANUNAVAIL", "0", "SIP 180 Ringing", "0"),
    ("10", False): ("CANCEL", "16", "SIP 200 OK", "0"),  # answers after the first word: not put through
}


@pytest.mark.parametrize(("line", "expected"), STOPPED.items())
async def test_a_call_that_is_stopped_while_it_rings_reaches_nobodys_ear(line: tuple[str, bool], expected: tuple[str, ...]) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number(line[0], "02"))
        await ami.event("CollDial", "attempt1")
        await ami.ask("Setvar", Channel="coll-attempt1", Variable="COLL_STOP", Value="1")
        if line[1]:
            await asyncio.sleep(1 / SPEED)
            trunk = next(c.name for c in pbx.machine.channels.values() if c.name.startswith("PJSIP/trunk"))
            await ami.ask("Hangup", Channel=trunk)
        result = await ami.event("CollResult", "attempt1")
        assert fields(result, "Status", "Cause", "Tech", "Talk") == expected
        end = await ami.event("CollEnd", "attempt1")
        assert (value(end, "State"), value(end, "Disp"), pbx.heard("201")[-1]) == ("WRAP", "", "stopped")
        assert "CollUp" not in ami.course("attempt1")


async def test_a_talk_that_began_first_is_not_stopped_and_may_be_hung_up_from_outside() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("11", "02"))
        await ami.event("CollUp", "attempt1")
        await ami.ask("Setvar", Channel="coll-attempt1", Variable="COLL_STOP", Value="1")
        trunk = next(c.name for c in pbx.machine.channels.values() if c.name.startswith("PJSIP/trunk"))
        await ami.ask("Hangup", Channel=trunk)
        assert value(await ami.event("CollResult", "attempt1"), "Status") == "ANSWER"
        assert value(await ami.event("CollEnd", "attempt1"), "Disp") == "2"


@pytest.mark.parametrize(("bb", "cause", "sip", "reason"), [("18", "17", "486", "0"), ("19", "21", "603", "0"), ("20", "19", "480", "3")])
async def test_a_phone_that_is_not_answered_is_told_apart_by_the_hangup_cause_alone(bb: str, cause: str, sip: str, reason: str) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("10", bb), timeout=2_000)
        response = await ami.event("OriginateResponse", "attempt1")
        hangup = await ami.event("Hangup", "attempt1")
        assert fields(response, "ActionID", "Response", "Reason", "Uniqueid") == ("attempt1-o", "Failure", reason, "coll-attempt1")
        assert fields(hangup, "Cause", "TechCause") == (cause, sip)
        assert sorted(ami.course("attempt1")) == ["Hangup", "OriginateResponse"]
        assert pbx.journal == {}


@pytest.mark.parametrize("phone", ["299", "777"])
async def test_an_unregistered_or_unknown_phone_fails_without_any_hangup(phone: str) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("10", "00"), phone=phone)
        response = await ami.event("OriginateResponse", "attempt1")
        assert fields(response, "Response", "Reason", "Uniqueid") == ("Failure", "0", "coll-attempt1")
        ami.originate("attempt2", number("10", "12"))
        await ami.event("Hangup", "attempt2")
        assert ami.course("attempt1") == ["OriginateResponse"]
        assert pbx.phones_rung == ["201"]


async def test_an_answered_phone_is_reason_4() -> None:
    async with running() as (_, ami):
        ami.originate("attempt1", number("10", "12"))
        response = await ami.event("OriginateResponse", "attempt1")
        assert fields(response, "Response", "Reason", "Uniqueid", "CallerIDName") == ("Success", "4", "coll-attempt1", "Mueller GmbH")


async def test_the_response_may_come_before_and_after_the_agents_event() -> None:
    orders = set()
    for seed in range(12):
        async with running(seed=seed, speed=60.0) as (_, ami):
            ami.originate("attempt1", number("10", "12"))
            await ami.event("Hangup", "attempt1")
            course = ami.course("attempt1")
            orders.add(course.index("OriginateResponse") < course.index("CollAgent"))
    assert orders == {True, False}


async def test_the_same_channel_id_while_live_is_refused_with_the_live_calls_uniqueid() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("11", "00"))
        await ami.event("CollUp", "attempt1")
        ami.originate("attempt1", number("11", "00"), phone="202", action_id="second")
        response = await ami.wait(lambda m: kind(m) == "OriginateResponse" and value(m, "ActionID") == "second")
        assert fields(response, "Response", "Reason", "Uniqueid") == ("Failure", "0", "coll-attempt1")
        assert pbx.phones_rung == ["201"]
        assert pbx.originates("attempt1") == 2
        pbx.hang_up("201")
        assert value(await ami.event("CollEnd", "attempt1"), "Status") == "ANSWER"


async def test_an_id_used_before_rings_the_phone_and_dials_nobody() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("20", "00"))
        await ami.event("Hangup", "attempt1")
        row = pbx.journal["attempt1"]
        ami.originate("attempt1", number("20", "00"), action_id="second")
        duplicate = await ami.event("CollDup", "attempt1")
        await ami.event("Hangup", "attempt1", nth=2)
        assert value(duplicate, "Old") == row
        assert pbx.journal["attempt1"] == row
        assert pbx.dialled == [number("20", "00")]
        assert ami.course("attempt1").count("CollEnd") == 1


@pytest.mark.parametrize("hostile", ["+499001234567", "110", "+88213123456", "+4930123&PJSIP/202"])
async def test_a_denied_number_is_never_dialled(hostile: str) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", hostile)
        assert value(await ami.event("CollEnd", "attempt1"), "State") == "DENIED"
        assert pbx.dialled == []


async def test_a_number_that_is_live_is_not_dialled_a_second_time() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("11", "00"))
        await ami.event("CollUp", "attempt1")
        ami.originate("attempt2", number("11", "00"), phone="202")
        assert value(await ami.event("CollEnd", "attempt2"), "State") == "DSTBUSY"
        pbx.hang_up("201")
        await ami.event("Hangup", "attempt1")
        ami.originate("attempt3", number("11", "16"), phone="203")
        assert value(await ami.event("CollEnd", "attempt3"), "Status") == "ANSWER"


NOT_DIALLED = {"0": ("REFUSED", "refused"), "off": ("REFUSED", "refused-off"), "2": ("NOGO", "nogo"), None: ("NOGO", "nogo")}


@pytest.mark.parametrize(("aa", "last"), [("20", "tone"), ("30", "tone"), ("40", "result-failed")])
async def test_in_mode_auto_a_tone_says_that_nobody_answered_and_words_that_the_line_failed(aa: str, last: str) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number(aa, "00"), RING="2", MODE="auto")
        await ami.event("Hangup", "attempt1")
        assert pbx.heard("201") == ["tone", last]


@pytest.mark.parametrize("mode", ["preview", "auto"])
@pytest.mark.parametrize(("go", "expected"), NOT_DIALLED.items())
async def test_without_a_yes_of_the_daemon_nobody_is_dialled_and_the_agent_hears_why(
    go: str | None, expected: tuple[str, str], mode: str
) -> None:
    async with running() as (pbx, ami):
        ami.go = go
        ami.originate("attempt1", number("12", "02"), MODE=mode)
        accept = await ami.event("CollAccept", "attempt1")
        assert fields(accept, "Seq", "Uniqueid") == ("2", "coll-attempt1")
        assert pbx.journal["attempt1"] == "AGENT"
        end = await ami.event("CollEnd", "attempt1")
        assert (value(end, "State"), pbx.heard("201")[-1]) == expected
        await ami.event("Hangup", "attempt1")
        assert pbx.journal["attempt1"] == f"END|{expected[0]}|||||||||"
        assert [name for name in ami.course("attempt1") if name.startswith("Coll")] == ["CollAgent", "CollAccept", "CollEnd"]
        assert pbx.dialled == []


async def test_a_yes_that_was_said_before_the_question_dials_nobody() -> None:
    async with running() as (pbx, ami):
        ami.go = None
        ami.originate("attempt1", number("12", "02"), GO="1")
        assert value(await ami.event("CollEnd", "attempt1"), "State") == "NOGO"
        assert pbx.dialled == []


async def test_an_agent_who_hangs_up_while_the_gate_is_asked_ends_the_call() -> None:
    async with running(patience=20.0) as (pbx, ami):
        ami.go = None
        ami.originate("attempt1", number("12", "02"))
        await ami.event("CollAccept", "attempt1")
        pbx.hang_up("201")
        assert value(await ami.event("CollEnd", "attempt1"), "State") == "ACCEPT"
        assert pbx.dialled == []


async def test_the_journal_goes_from_agent_to_dial_to_result_to_key_to_end() -> None:
    async with running() as (pbx, ami):
        pbx.script_agent("201", [Agent(preview="", wrap="")])
        ami.originate("attempt1", number("12", "00"))
        await ami.event("CollAgent", "attempt1")
        seen = [pbx.journal["attempt1"]]
        pbx.press("201", "1")
        await ami.event("CollDial", "attempt1")
        seen.append(pbx.journal["attempt1"])
        await ami.event("CollResult", "attempt1")
        seen.append(pbx.journal["attempt1"].split("|")[0])
        pbx.press("201", "3")
        await ami.event("CollKeyed", "attempt1")
        seen.append(pbx.journal["attempt1"].split("|")[0])
        await ami.event("CollEnd", "attempt1")
        seen.append(pbx.journal["attempt1"].split("|")[0])
        assert seen == ["AGENT", "DIAL", "RES", "KEY", "END"]


async def test_an_acknowledged_row_is_forgotten_and_the_old_row_is_told() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("20", "00"))
        await ami.event("Hangup", "attempt1")
        row = pbx.journal["attempt1"]
        ami.send(
            "Originate",
            "__COLL_ID=attempt1",
            ActionID="attempt1-a",
            Channel="Local/ack@coll-ack/n",
            Application="Wait",
            Data="0",
            Async="true",
        )
        assert value(await ami.event("CollAcked", "attempt1"), "Old") == row
        response = await ami.wait(lambda m: kind(m) == "OriginateResponse" and value(m, "ActionID") == "attempt1-a")
        assert fields(response, "Response", "Application", "Uniqueid") == ("Failure", "Wait", "<unknown>")
        assert pbx.journal == {}


async def test_ring_back_runs_the_menu_and_fills_in_the_ended_row() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("11", "16"))
        await ami.event("Hangup", "attempt1")
        ended = pbx.journal["attempt1"]
        ami.ring_back("attempt1", number("11", "16"))
        await ami.confirm("CollKeyed", "attempt1")
        wrap_end = await ami.event("CollWrapEnd", "attempt1")
        assert fields(wrap_end, "Seq", "Disp", "Amount", "On", "At", "Keyed") == ("8", "1", "full", "20261128", "", "yes")
        assert pbx.journal["attempt1"] == ended.removesuffix("|||") + "1|full|20261128|"
        assert pbx.heard("201")[-1] == "saved"
        await ami.wait(lambda m: kind(m) == "Hangup" and value(m, "Uniqueid") == "coll-attempt1-w1")
        assert ami.course("attempt1").count("CollEnd") == 1


async def test_an_agent_who_does_not_answer_the_ring_back_leaves_the_row_without_an_outcome() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("11", "21"))
        await ami.event("Hangup", "attempt1")
        ami.ring_back("attempt1", number("11", "21"))
        response = await ami.wait(lambda m: kind(m) == "OriginateResponse" and value(m, "ActionID") == "attempt1-w1-o")
        assert fields(response, "Response", "Reason") == ("Failure", "3")
        assert pbx.journal["attempt1"].endswith("||||")


async def test_a_wrong_key_asks_again_and_star_goes_back() -> None:
    async with running() as (pbx, ami):
        pbx.script_agent("201", [Agent(wrap="0 1 7 2 * 1 3102 5# * 7# 1")])
        ami.originate("attempt1", number("12", "00"))
        keyed = await ami.event("CollKeyed", "attempt1")
        assert fields(keyed, "Disp", "Amount", "On") == ("1", "full", "20261130")


async def test_an_outcome_keyed_when_the_agent_has_already_left_is_still_the_last_word() -> None:
    async with running() as (pbx, ami):
        pbx.script_agent("201", [Agent(wrap=f"2{HANG_UP}")])
        ami.originate("attempt1", number("12", "00"))
        end = await ami.event("CollEnd", "attempt1")
        assert fields(end, "State", "Disp") == ("WRAP", "2")
        assert "saved" not in pbx.heard("201")


async def test_leaving_the_menu_half_way_keys_nothing() -> None:
    async with running() as (pbx, ami):
        pbx.script_agent("201", [Agent(wrap=f"1 {NOTHING} 1 5#{HANG_UP}")])
        ami.originate("attempt1", number("12", "00"))
        assert fields(await ami.event("CollEnd", "attempt1"), "State", "Disp", "Amount") == ("WRAP", "", "")


async def test_a_phone_that_nobody_answers_by_script_can_be_picked_up_live() -> None:
    async with running() as (pbx, ami):
        pbx.script_agent("201", [Agent(phone="ignores", preview="2")])
        ami.originate("attempt1", number("12", "00"))
        await ami.wait(lambda m: kind(m) == "DeviceStateChange" and value(m, "State") == "RINGING")
        pbx.pick_up("201")
        assert value(await ami.event("CollEnd", "attempt1"), "State") == "SKIPPED"


async def test_devices_tell_ringing_in_use_and_free_again() -> None:
    async with running(speed=2.0) as (_, ami):
        ami.originate("attempt1", number("12", "05"))
        await ami.wait(lambda m: kind(m) == "DeviceStateChange" and fields(m, "Device", "State") == ("PJSIP/201", "NOT_INUSE"))
        states = [value(m, "State") for m in ami.got if value(m, "Device") == "PJSIP/201"]
        assert states == ["RINGING", "INUSE", "NOT_INUSE"]
        assert [value(m, "State") for m in ami.got if value(m, "Device") == "PJSIP/trunk"] == ["INUSE", "NOT_INUSE"]


FEATURES = {"*80": "login", "*81": "logout", "*83": "resume", "*84": "next"}


@pytest.mark.parametrize(("code", "action"), FEATURES.items())
async def test_a_feature_code_reports_and_speaks_the_daemons_reply(code: str, action: str) -> None:
    async with running() as (pbx, ami):

        async def daemon() -> Message:
            asked = await ami.wait(lambda m: kind(m) == "CollFeature")
            await ami.ask("Setvar", Channel=value(asked, "Uniqueid"), Variable="COLL_REPLY", Value="ok")
            return asked

        async with asyncio.TaskGroup() as group:
            answering = group.create_task(daemon())
            reply = await pbx.dial_feature("201", code, "4711" if code == "*80" else "")
        assert reply == "ok"
        assert fields(answering.result(), "Action", "Endpoint", "Pin") == (action, "PJSIP/201", "4711" if code == "*80" else "")
        assert pbx.heard("201")[-1] == f"done-{action}"
        assert pbx.machine.device_state("PJSIP/201") == "NOT_INUSE"


@pytest.mark.parametrize(
    ("shows", "action"),
    [("NOT_INUSE", "pause"), ("INUSE", "pause"), ("RINGING", "pause"), ("ONHOLD", "resume"), ("BUSY", "login"), (None, "login")],
)
async def test_a_key_with_a_lamp_changes_what_its_lamp_shows(shows: str | None, action: str) -> None:
    async with running() as (pbx, ami):
        lamp = "DEVICE_STATE(Custom:coll-anna)"
        if shows is not None:
            await ami.ask("Setvar", Variable=lamp, Value=shows)
        assert value(await ami.ask("Getvar", Variable=lamp), "Value") == (shows or "UNKNOWN")
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(replied(ami, ["ok-lunch" if action == "pause" else "ok"]))
            await pbx.dial_feature("201", "*86anna", "4711" if action == "login" else "")
        assert answering.result() == [(action, "")]


async def test_a_lamp_has_a_key_and_nothing_else_has() -> None:
    async with running() as (_, ami):
        words = {"NOT_INUSE": "Idle", "RINGING": "Ringing", "INUSE": "InUse", "ONHOLD": "Hold", "BUSY": "Busy"}
        for state, word in words.items():
            await ami.ask("Setvar", Variable="DEVICE_STATE(Custom:coll-201)", Value=state)
            answer = await ami.ask("ExtensionState", Exten="*86201", Context="coll-features")
            assert fields(answer, "Hint", "StatusText") == ("Custom:coll-201", word)
        assert value(await ami.ask("ExtensionState", Exten="*99201", Context="coll-features"), "Hint") == ""
        refused = await ami.ask("Setvar", Variable="DEVICE_STATE(Custom:coll-201)", Value="dark")
        assert fields(refused, "Response", "Message") == ("Error", "Variable not set")


async def replied(ami: RawAmi, replies: list[str]) -> list[tuple[str, ...]]:
    """What *82 asked, answered one by one."""
    asked = []
    for number, reply in enumerate(replies, start=1):
        event = await ami.wait(lambda m: kind(m) == "CollFeature", nth=number)
        asked.append(fields(event, "Action", "Arg"))
        await ami.ask("Setvar", Channel=value(event, "Uniqueid"), Variable="COLL_REPLY", Value=reply)
    return asked


@pytest.mark.parametrize(
    ("code", "keys", "replies", "asked", "last"),
    [
        ("*82", "2", ["ok", "why-lunch-other", "ok-other"], [("pause", ""), ("reasons", ""), ("pause", "2")], "reason-other"),
        (
            "*82",
            "9 1",
            ["ok", "why-lunch", "ok", "ok-lunch"],
            [("pause", ""), ("reasons", ""), ("pause", "9"), ("pause", "1")],
            "reason-lunch",
        ),
        ("*82", "", ["ok", "why-lunch"], [("pause", ""), ("reasons", "")], "pause-why"),
        ("*82", "", ["ok", "none"], [("pause", ""), ("reasons", "")], "done-pause"),
        ("*82", "", ["denied"], [("pause", "")], "not-allowed"),
        ("*823", "", ["ok-training"], [("pause", "3")], "reason-training"),
    ],
)
async def test_star_82_pauses_at_once_then_asks_why_and_speaks_it_back(
    code: str, keys: str, replies: list[str], asked: list[tuple[str, str]], last: str
) -> None:
    async with running() as (pbx, ami), asyncio.TaskGroup() as group:
        answering = group.create_task(replied(ami, replies))
        assert await pbx.dial_feature("201", code, keys) == replies[-1].replace("none", "ok")
        assert await answering == asked
        assert pbx.heard("201")[-1] == last


async def test_a_wrong_pin_is_asked_again_and_a_silent_daemon_is_no_service() -> None:
    async with running() as (pbx, ami):

        async def daemon() -> None:
            first = await ami.wait(lambda m: kind(m) == "CollFeature")
            await ami.ask("Setvar", Channel=value(first, "Uniqueid"), Variable="COLL_REPLY", Value="denied")
            second = await ami.wait(lambda m: kind(m) == "CollFeature", nth=2)
            assert value(second, "Pin") == "4711"
            await ami.ask("Setvar", Channel=value(second, "Uniqueid"), Variable="COLL_REPLY", Value="ok")

        async with asyncio.TaskGroup() as group:
            group.create_task(daemon())
            assert await pbx.dial_feature("201", "*80", "0000 4711") == "ok"
        assert "pin-wrong" in pbx.heard("201")
        assert await pbx.dial_feature("201", "*82") == ""
        assert pbx.heard("201")[-1] == "no-service"


async def test_star_85_runs_the_menu_for_the_attempt_that_the_daemon_names() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", number("11", "21"))
        await ami.event("Hangup", "attempt1")

        async def daemon() -> None:
            asked = await ami.wait(lambda m: kind(m) == "CollFeature")
            await ami.ask("Setvar", Channel=value(asked, "Uniqueid"), Variable="COLL_REPLY", Value="id-attempt1")
            await ami.confirm("CollKeyed", "attempt1")

        async with asyncio.TaskGroup() as group:
            group.create_task(daemon())
            assert await pbx.dial_feature("201", "*85", "9 1") == "id-attempt1"
        assert fields(await ami.event("CollWrapEnd", "attempt1"), "Disp", "Keyed") == ("9", "yes")
        assert pbx.journal["attempt1"].endswith("|9|||")


# ---------------------------------------------------------------- a debtor calls back

CALLER = "+49301231002"  # BB 02: the agent keys "paid already"


def courses(ami: RawAmi, *names: str) -> list[str]:
    return [kind(m) for m in ami.got if kind(m) in (names or ("CollIn", "CollUp", "CollResult", "CollKeyed", "CollEnd"))]


async def asked(ami: RawAmi, turn: int = 1) -> Message:
    await ami.wait(lambda m: courses(ami, "CollIn").count("CollIn") >= turn)
    return [m for m in ami.got if kind(m) == "CollIn"][turn - 1]


async def answered(ami: RawAmi, question: Message, text: str, name: str = "COLL_TO") -> None:
    await ami.ask("Setvar", Channel=value(question, "Uniqueid"), Variable=name, Value=text)


def ring(phone: str, booked: int = 1) -> str:
    return f"{booked}|PJSIP/{phone}|20|20261123|30|de|Ruft zurück: Müller"


async def test_a_caller_reaches_the_agent_and_the_outcome_is_keyed() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER)
        call = await asked(ami)
        attempt = value(call, "CollID")
        assert fields(call, "Called", "Caller", "Tried") == ("+493012345600", CALLER, "")
        assert pbx.journal == {attempt: "AGENT"}
        await answered(ami, call, ring("201"))
        keyed = await ami.event("CollKeyed", attempt)
        await answered(ami, keyed, "1", "COLL_SAVED")
        end = await ami.event("CollEnd", attempt)
        assert fields(end, "State", "Status", "Cause", "Tech", "Disp") == ("WRAP", "ANSWER", "16", "SIP 200 OK", "2")
        assert courses(ami) == ["CollIn", "CollUp", "CollResult", "CollKeyed", "CollEnd"]
        assert pbx.shown == [("201", "Ruft zurück: Müller")]


async def test_an_agent_who_hangs_up_first_in_a_call_back_is_dial_answer() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER[:-2] + "16", talks=60)
        call = await asked(ami)
        await answered(ami, call, ring("201"))
        end = await ami.event("CollEnd", value(call, "CollID"))
        assert fields(end, "State", "Status") == ("DIAL", "ANSWER")
        assert courses(ami) == ["CollIn", "CollUp", "CollEnd"]


async def test_a_busy_phone_is_followed_by_the_next_and_nobody_taking_it_is_missed() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER[:-2] + "18")
        call = await asked(ami)
        attempt = value(call, "CollID")
        await answered(ami, call, ring("201"))
        again = await asked(ami, 2)
        assert fields(again, "CollID", "Tried") == (attempt, "PJSIP/201")
        await answered(ami, again, "closed")
        end = await ami.event("CollEnd", attempt)
        assert fields(end, "State", "Status", "Disp") == ("MISSED", "", "")
        assert pbx.journal == {attempt: "END|MISSED|||||||||"}
        assert "in-closed-back" in [prompt for _, prompt in pbx.machine.heard]


async def test_a_caller_who_gives_up_is_missed() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER[:-2] + "20", waits=5)
        call = await asked(ami)
        await answered(ami, call, ring("201"))
        assert fields(await ami.event("CollEnd", value(call, "CollID")), "State") == ("MISSED",)
        told = await ami.event("CollMissed", value(call, "CollID"))
        assert fields(told, "Called", "Caller") == ("+493012345600", CALLER[:-2] + "20")


async def test_a_stranger_whose_call_nobody_takes_is_missed_and_stays_in_the_journal() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER[:-2] + "20", waits=5)
        call = await asked(ami)
        await answered(ami, call, ring("201", booked=0))
        attempt = value(call, "CollID")
        assert value(await ami.event("CollMissed", attempt), "Caller") == CALLER[:-2] + "20"
        assert pbx.journal == {attempt: "END|MISSED|||||||||"}


@pytest.mark.parametrize(("answer", "agent"), [("off", "02"), (ring("201", booked=0), "02"), (ring("201", booked=0), "16")])
async def test_whoever_is_not_known_leaves_no_journal(answer: str, agent: str) -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER[:-2] + agent, talks=2)
        call = await asked(ami)
        await answered(ami, call, answer)
        while pbx.machine.channels:
            await ami.ask("Ping")
        assert pbx.journal == {}
        assert courses(ami) == ["CollIn"]


@pytest.mark.parametrize(("answer", "heard"), [("none-0", "in-none"), ("closed-0", "in-closed")])
async def test_whoever_is_not_known_hears_nothing_of_a_callback(answer: str, heard: str) -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER)
        call = await asked(ami)
        await answered(ami, call, answer)
        await ami.event("CollMissed", value(call, "CollID"))
        assert courses(ami) == ["CollIn", "CollEnd"]
        assert [prompt for _, prompt in pbx.machine.heard] == [heard]


async def test_without_a_daemon_the_phone_that_last_called_rings_and_an_unplugged_one_does_not() -> None:
    async with running(patience=0.2) as (pbx, ami):
        ami.originate("attempt1", CALLER[:-4] + "2002", phone="202", RING="2", CID="+493012345600")
        await ami.event("CollEnd", "attempt1")
        pbx.call_back(CALLER[:-4] + "2002")
        await ami.wait(lambda m: "CollUp" in courses(ami))
        assert pbx.phones_rung[-1] == "202"
        pbx.unregister("202")
        rung = len(pbx.phones_rung)
        pbx.call_back(CALLER[:-4] + "2002")
        await ami.wait(lambda m: kind(m) == "CollEnd" and value(m, "State") == "MISSED")
        assert len(pbx.phones_rung) == rung


async def test_a_withheld_number_keeps_no_journal() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back("")
        call = await asked(ami)
        assert value(call, "Caller") == ""
        assert pbx.journal == {}
        for turn in range(1, 5):
            await answered(ami, await asked(ami, turn), ring("299", booked=0))
        while pbx.machine.channels:
            await ami.ask("Ping")
        assert [prompt for _, prompt in pbx.machine.heard] == ["in-none"]


async def test_an_acknowledged_call_back_leaves_no_row() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER)
        call = await asked(ami)
        attempt = value(call, "CollID")
        await answered(ami, call, "none")
        await ami.event("CollEnd", attempt)
        await ami.ask("Originate", f"__COLL_ID={attempt}", Channel="Local/ack@coll-ack/n", Application="Wait", Data="0", Async="true")
        await ami.event("CollAcked", attempt)
        assert not list(pbx.machine.journal.tree("collin"))


# ---------------------------------------------------------------- whoever reached nobody keys numbers


def heard_by_callers(pbx: SimulatedPbx) -> list[str]:
    return [prompt for _, prompt in pbx.machine.heard if prompt.startswith("self-")]


FITS = ["self-debtor", "self-invoice", "self-menu"]


@pytest.mark.parametrize(
    ("keys", "wish", "answer", "heard"),
    [
        ("10# 4711# 1 0412 1", ("promise", "20261204"), "1", ["self-day", "self-read", "self-confirm", "self-promised"]),
        ("10# 4711# 1 9912 0412 * 0512 0 1", ("promise", "20261205"), "2",
         ["self-day", *["self-day", "self-read", "self-confirm"] * 2, "self-read", "self-confirm", "self-noted"]),
        ("10# 4711# 1 0412 1", ("promise", "20261204"), "3", ["self-day", "self-read", "self-confirm", "self-instead"]),
        ("10# 4711# 2 1", ("morning", ""), "3", ["self-part", "self-callback"]),
        ("10# 4711# 2 2", ("afternoon", ""), "3", ["self-part", "self-callback"]),
        ("10# 4711# 2 9", ("soon", ""), "0", ["self-part", "self-later"]),
    ],
)  # fmt: skip
async def test_a_pair_that_fits_leads_to_a_wish(keys: str, wish: tuple[str, str], answer: str, heard: list[str]) -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER, keys=keys)
        call = await asked(ami)
        await answered(ami, call, "none-k")
        pair = await ami.event("CollPair", value(call, "CollID"))
        assert fields(pair, "Called", "Caller", "Turn", "Debtor", "Invoice") == ("+493012345600", CALLER, "1", "10", "4711")
        await answered(ami, pair, "1|20261124", "COLL_SELF")
        wanted = await ami.event("CollWish", value(call, "CollID"))
        assert fields(wanted, "Wish", "On") == wish
        await answered(ami, wanted, answer, "COLL_SELF")
        assert fields(await ami.event("CollEnd", value(call, "CollID")), "State") == ("MISSED",)
        assert heard_by_callers(pbx) == FITS + heard


@pytest.mark.parametrize(
    ("keys", "heard"), [("10# 4711# 0", FITS), ("10# 4711# 1 99 99 99", [*FITS, *["self-day"] * 3]), ("#", FITS[:1]), ("10# #", FITS[:2])]
)
async def test_whoever_keys_anything_else_has_called_in_vain(keys: str, heard: list[str]) -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER, keys=keys)
        call = await asked(ami)
        await answered(ami, call, "closed-0-k")
        if len(heard) > 2:
            await answered(ami, await ami.event("CollPair", value(call, "CollID")), "1|20261124", "COLL_SELF")
        assert fields(await ami.event("CollEnd", value(call, "CollID")), "State") == ("MISSED",)
        assert heard_by_callers(pbx) == heard
        assert "CollWish" not in courses(ami)


async def test_a_daemon_that_is_silent_about_a_pair_is_not_spoken_for() -> None:
    async with running(patience=0.2) as (pbx, ami):
        pbx.call_back(CALLER, keys="10# 4711#")
        call = await asked(ami)
        await answered(ami, call, "none-k")
        assert fields(await ami.event("CollEnd", value(call, "CollID")), "State") == ("MISSED",)
        assert heard_by_callers(pbx) == ["self-debtor", "self-invoice", "self-later"]


async def test_what_is_no_number_is_wrong_without_asking_and_after_three_it_is_over() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER, keys="1*0# 4711# 10# *# 10# 4711#")
        call = await asked(ami)
        await answered(ami, call, "none-k")
        pair = await ami.event("CollPair", value(call, "CollID"))
        assert value(pair, "Turn") == "3"
        await answered(ami, pair, "0", "COLL_SELF")
        await ami.event("CollEnd", value(call, "CollID"))
        again = ["self-debtor", "self-invoice", "self-again"]
        assert heard_by_callers(pbx) == [*again, *again, "self-debtor", "self-invoice", "self-over"]


async def test_end_ends_it_at_once() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.call_back(CALLER, keys="10# 4711#")
        call = await asked(ami)
        await answered(ami, call, "none-k")
        await answered(ami, await ami.event("CollPair", value(call, "CollID")), "end", "COLL_SELF")
        await ami.event("CollEnd", value(call, "CollID"))
        assert heard_by_callers(pbx) == ["self-debtor", "self-invoice", "self-over"]
