"""The simulated PBX as an AMI server: log-in, texts, lists, faults, crash and restart, and as a process of its own.

Owns what the daemon meets on the wire besides calls. Invariant tested: a call goes on whatever happens to the link.
"""

from __future__ import annotations

import asyncio
import hashlib
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collectord.edge.simulated import Agent, DropWhen, SimulatedPbx, serve
from tests.edge.raw_ami import RawAmi, kind, value

NUMBER = "+49301231"
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def powered(**settings: Any) -> AsyncIterator[SimulatedPbx]:
    given: dict[str, Any] = {"username": "collectord", "secret": "s3cret", "speed": 25.0, "patience": 0.3} | settings
    pbx = SimulatedPbx(**given)
    await pbx.start()
    try:
        yield pbx
    finally:
        await pbx.stop()


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[tuple[SimulatedPbx, RawAmi]]:
    async with powered(**settings) as pbx:
        client = await RawAmi.connect(pbx.port)
        try:
            yield pbx, client
        finally:
            await client.close()


async def until_idle(pbx: SimulatedPbx) -> None:
    async with asyncio.timeout(8):
        while pbx.machine.channels:  # noqa: ASYNC110 - a condition of the machine, not an event
            await asyncio.sleep(0.01)


# -- log-in and texts


async def test_the_banner_is_asterisks() -> None:
    async with running() as (_, ami):
        assert ami.banner == b"Asterisk Call Manager/11.0.0\r\n"


@pytest.mark.parametrize(("username", "secret"), [("collectord", "wrong"), ("nobody", "s3cret"), ("", "")])
async def test_a_wrong_name_or_secret_is_told_and_the_connection_closed(username: str, secret: str) -> None:
    async with powered() as pbx:
        ami = await RawAmi.connect(pbx.port, log_in=False)
        assert value(await ami.ask("Login", Username=username, Secret=secret), "Message") == "Authentication failed"
        await ami.wait_closed()
        await ami.close()


async def test_log_in_by_md5_challenge() -> None:
    async with powered() as pbx:
        ami = await RawAmi.connect(pbx.port, log_in=False)
        challenge = value(await ami.ask("Challenge", AuthType="MD5"), "Challenge")
        key = hashlib.md5(f"{challenge}s3cret".encode(), usedforsecurity=False).hexdigest()
        assert value(await ami.ask("Login", AuthType="MD5", Username="collectord", Key=key), "Message") == "Authentication accepted"
        await ami.close()


async def test_before_the_log_in_everything_is_denied_and_no_event_comes() -> None:
    async with running() as (_, ami):
        stranger = await RawAmi.connect(int(ami._writer.get_extra_info("peername")[1]), log_in=False)
        assert value(await stranger.ask("Ping"), "Message") == "Permission denied"
        ami.originate("attempt1", NUMBER + "012")
        await ami.event("Hangup", "attempt1")
        assert value(await stranger.ask("Status"), "Message") == "Permission denied"
        assert {kind(message) for message in stranger.got} == {"Response"}
        await stranger.close()


async def test_log_off_says_goodbye() -> None:
    async with running() as (_, ami):
        assert value(await ami.ask("Logoff"), "Message") == "Thanks for all the fish."
        await ami.wait_closed()


@pytest.mark.parametrize(
    ("action", "headers", "message"),
    [
        ("Nonsense", {}, "Invalid/unknown command: Nonsense. Use Action: ListCommands to show available commands."),
        ("Command", {"Command": "core show version"}, "Permission denied"),
        ("DBPut", {"Family": "coll", "Key": "a", "Val": "1"}, "Permission denied"),
        ("DBGet", {"Family": "coll", "Key": "a"}, "Database entry not found"),
        ("DBGet", {}, "No family specified."),
        ("Getvar", {}, "No variable specified"),
        ("Getvar", {"Variable": "X", "Channel": "nope"}, "No such channel"),
        ("Setvar", {"Variable": "X", "Value": "1", "Channel": "nope"}, "No such channel"),
        ("Status", {"Channel": "nope"}, "No such channel"),
        ("Hangup", {"Channel": "nope"}, "No such channel"),
        ("Originate", {}, "Channel not specified"),
        ("Originate", {"Channel": "PJSIP/201"}, "Originate with 'Exten' requires 'Context' and 'Priority'"),
        ("Originate", {"Channel": "PJSIP", "Context": "coll-agent", "Exten": "s", "Priority": "1"}, "Invalid channel"),
        ("Originate", {"Channel": "PJSIP/201", "Context": "coll-agent", "Exten": "nope", "Priority": "1"}, "Extension does not exist."),
        ("Originate", {"Channel": "PJSIP/201", "Context": "coll-agent", "Exten": "s", "Priority": "x"}, "Invalid priority"),
        (
            "Originate",
            {"Channel": "PJSIP/201", "Application": "System", "Data": "ls"},
            "Originate Access Forbidden: app or data blacklisted",
        ),
    ],
)
async def test_errors_are_told_in_asterisks_words(action: str, headers: dict[str, str], message: str) -> None:
    async with running() as (pbx, ami):
        answer = await ami.ask(action, **headers)
        assert (value(answer, "Response"), value(answer, "Message")) == ("Error", message)
        assert pbx.phones_rung == []


async def test_a_request_without_action_and_one_with_an_overlong_line_are_refused() -> None:
    async with running() as (_, ami):
        ami.send_bytes(b"ActionID: a\r\n\r\nAction: Ping\r\nActionID: b\r\nX: " + b"x" * 2_000 + b"\r\n\r\n")
        await ami.wait(lambda m: value(m, "Message") == "Missing action in request")
        await ami.wait(lambda m: value(m, "Message") == "Failed to parse message: line too long")


async def test_list_commands_shows_what_the_account_may_do() -> None:
    async with running() as (_, ami):
        commands = dict(await ami.ask("ListCommands"))
        assert {"Originate", "Status", "DBGetTree", "Ping"} <= set(commands)
        assert not {"Command", "DBPut", "ModuleLoad", "UpdateConfig"} & set(commands)
    async with running(write=frozenset({"user"})) as (pbx, ami):
        assert "Originate" not in dict(await ami.ask("ListCommands"))
        assert value(await ami.ask("Originate", Channel="PJSIP/201"), "Message") == "Permission denied"
        assert pbx.phones_rung == []


async def test_events_come_only_of_the_classes_that_may_be_read_and_are_wanted() -> None:
    async with running(read=frozenset({"call"})) as (_, ami):
        ami.originate("attempt1", NUMBER + "012")
        await ami.event("Hangup", "attempt1")
        assert ami.course("attempt1") == ["OriginateResponse", "Hangup"]
    async with running() as (pbx, ami):
        assert value(await ami.ask("Events", EventMask="off"), "Events") == "Off"
        ami.originate("attempt1", NUMBER + "012")
        await ami.ask("Ping")
        await until_idle(pbx)
        assert ami.course("attempt1") == []


async def test_the_version_of_the_dialplan_is_a_global_variable() -> None:
    async with running() as (_, ami):
        assert value(await ami.ask("Getvar", Variable="COLL_DIALPLAN_VERSION"), "Value") == "2"


async def test_a_synchronous_originate_holds_up_the_session_and_sends_no_originate_response() -> None:
    async with running() as (_, ami):
        ami.send("Originate", ActionID="o", Channel="PJSIP/201", Context="coll-agent", Exten="s", Priority="1", CallerID='"A" <18>')
        ami.send("Ping", ActionID="p")
        await ami.wait(lambda m: value(m, "ActionID") == "p")
        answers = [value(m, "ActionID") for m in ami.got if kind(m) == "Response" and value(m, "ActionID") in ("o", "p")]
        assert answers == ["o", "p"]


# -- lists


async def test_status_lists_both_legs_with_their_variables() -> None:
    async with running() as (_, ami):
        ami.originate("attempt1", NUMBER + "100")
        await ami.event("CollUp", "attempt1")
        rows = await ami.rows("Status", "StatusComplete", Variables="COLL_ID,COLL_STATE,DIALSTATUS")
        legs = {value(row, "Uniqueid"): [text for name, text in row if name == "Variable"] for row in rows}
        agent = legs.pop("coll-attempt1")
        assert agent == ["COLL_ID=attempt1", "COLL_STATE=DIAL", "DIALSTATUS=ANSWER"]
        assert list(legs.values()) == [["COLL_ID=attempt1", "COLL_STATE=(null)", "DIALSTATUS=(null)"]]
        assert {value(row, "Linkedid") for row in rows} == {"coll-attempt1"}
        assert len(await ami.rows("Status", "StatusComplete", Channel="coll-attempt1")) == 1
        assert len(await ami.rows("CoreShowChannels", "CoreShowChannelsComplete")) == 2


async def test_device_state_list_names_phones_and_trunks() -> None:
    async with running() as (pbx, ami):
        rows = await ami.rows("DeviceStateList", "DeviceStateListComplete")
        states = {value(row, "Device"): value(row, "State") for row in rows}
        assert states["PJSIP/201"] == states["PJSIP/210"] == states["PJSIP/trunk"] == "NOT_INUSE"
        assert states["PJSIP/299"] == "UNAVAILABLE"
        pbx.unregister("201")
        pbx.register("299")
        await ami.wait(lambda m: value(m, "Device") == "PJSIP/299" and value(m, "State") == "NOT_INUSE")
        assert value(await ami.wait(lambda m: value(m, "State") == "UNAVAILABLE" and value(m, "Device") == "PJSIP/201"), "Event")


async def test_the_journal_is_read_by_family_and_by_key() -> None:
    async with running() as (_, ami):
        for attempt_id in ("attempt1", "attempt2"):
            ami.originate(attempt_id, NUMBER + "012")
            await ami.event("Hangup", attempt_id)
        rows = await ami.rows("DBGetTree", "DBGetTreeComplete", Family="coll")
        assert [value(row, "Key") for row in rows] == ["/coll/attempt1", "/coll/attempt2"]
        assert value(rows[0], "Val") == "END|SKIPPED|||||||||"
        [row] = await ami.rows("DBGet", "DBGetComplete", Family="coll", Key="attempt2")
        assert value(row, "Val") == "END|SKIPPED|||||||||"


async def test_hangup_ends_a_call_with_its_last_word() -> None:
    async with running() as (_, ami):
        ami.originate("attempt1", NUMBER + "100")
        await ami.event("CollUp", "attempt1")
        assert value(await ami.ask("Hangup", Channel="coll-attempt1"), "Message") == "Channel Hungup"
        assert value(await ami.event("CollEnd", "attempt1"), "State") == "DIAL"


# -- faults of the link


@pytest.mark.parametrize(("when", "rung"), [(DropWhen.UNREAD, []), (DropWhen.BEFORE_RESPONSE, ["201"]), (DropWhen.AFTER_RESPONSE, ["201"])])
async def test_a_link_dropped_around_an_originate_leaves_the_call_as_the_moment_says(when: DropWhen, rung: list[str]) -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", NUMBER + "012")
        await ami.event("Hangup", "attempt1")
        pbx.phones_rung.clear()
        pbx.faults.drop_link(when, nth=2)
        ami.originate("attempt2", NUMBER + "100")
        await ami.wait_closed()
        assert pbx.originates("attempt2") == 1
        assert ("Response" in [kind(m) for m in ami.got if value(m, "ActionID") == "attempt2-o"]) is (when is DropWhen.AFTER_RESPONSE)
        again = await RawAmi.connect(pbx.port)
        if rung:
            await again.event("CollUp", "attempt2")
            rows = await again.rows("Status", "StatusComplete", Variables="COLL_ID")
            assert "coll-attempt2" in {value(row, "Uniqueid") for row in rows}
        assert pbx.phones_rung == rung
        await again.close()


async def test_a_broken_link_does_not_end_the_call() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", NUMBER + "003")
        await ami.event("CollDial", "attempt1")
        pbx.drop_links()
        await ami.wait_closed()
        await until_idle(pbx)
        assert pbx.journal["attempt1"].startswith("END|WRAP|ANSWER|16|SIP 200 OK|")
        assert pbx.heard("201")[-1] == "noted"


async def test_a_mute_pbx_keeps_the_connection_and_says_nothing_until_it_wakes() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", NUMBER + "012")
        await ami.event("CollAgent", "attempt1")
        pbx.mute()
        await ami.quiet()
        before = len(ami.got)
        ami.send("Ping", ActionID="p")
        late = await RawAmi.connect(pbx.port, log_in=False)
        await until_idle(pbx)
        assert (len(ami.got), ami.closed, late.banner) == (before, False, b"")
        pbx.unmute()
        await ami.event("CollEnd", "attempt1")
        await ami.wait(lambda m: value(m, "ActionID") == "p")
        await late.close()


async def test_every_byte_alone_says_the_same() -> None:
    async with running() as (pbx, ami):
        pbx.faults.split_every_byte = True
        ami.originate("attempt1", NUMBER + "012")
        assert value(await ami.event("CollEnd", "attempt1"), "State") == "SKIPPED"


async def test_a_flood_comes_whole() -> None:
    async with running() as (pbx, ami):
        pbx.flood(3_000)
        await ami.wait(lambda m: kind(m) == "Noise", nth=3_000)


async def test_repeated_events_and_late_answers_and_a_kept_response() -> None:
    async with running() as (pbx, ami):
        pbx.faults.repeat_events = 2
        pbx.faults.keep_originate_response = True
        pbx.faults.delay_responses = 0.2
        ami.originate("attempt1", NUMBER + "012")
        await ami.event("CollEnd", "attempt1", nth=2)
        await ami.wait(lambda m: value(m, "ActionID") == "attempt1-o")
        kinds = [kind(m) for m in ami.got if value(m, "ActionID") == "attempt1-o" or value(m, "CollID") == "attempt1"]
        assert kinds.index("CollAgent") < kinds.index("Response")
        assert "OriginateResponse" not in kinds


async def test_refused_log_ins_and_a_strange_banner() -> None:
    async with powered() as pbx:
        pbx.faults.refuse_login = True
        pbx.faults.banner = b"220 mail ready\r\n"
        ami = await RawAmi.connect(pbx.port, log_in=False)
        assert value(await ami.ask("Login", Username="collectord", Secret="s3cret"), "Message") == "Authentication failed"
        assert ami.banner == b"220 mail ready\r\n"
        await ami.close()


async def test_the_wire_log_holds_both_directions_and_no_secret() -> None:
    async with running() as (pbx, ami):
        await ami.ask("Ping", ActionID="p")
        entries = [(entry.direction, entry.name) for entry in pbx.wire]
        assert entries == [("in", "Login"), ("out", "Response"), ("in", "Ping"), ("out", "Response")]
        assert "s3cret" not in repr(pbx.wire)


# -- crash, shutdown, restart


async def test_a_crash_ends_calls_without_a_word_and_the_restart_has_another_start_up_time() -> None:
    async with running() as (pbx, ami):
        started = await ami.ask("CoreStatus")
        ami.originate("attempt1", NUMBER + "100")
        await ami.event("CollUp", "attempt1")
        port = pbx.port
        await pbx.crash()
        await ami.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await RawAmi.connect(port)
        assert await pbx.start() == port
        again = await RawAmi.connect(port)
        restarted = await again.ask("CoreStatus")
        assert "CollEnd" not in ami.course("attempt1") + again.course("attempt1")
        assert pbx.journal == {"attempt1": "DIAL"}
        assert value(restarted, "CoreStartupTime") != value(started, "CoreStartupTime")
        assert value(restarted, "CoreCurrentCalls") == "0"
        assert value(await again.ask("Getvar", Channel="coll-attempt1", Variable="COLL_STATE"), "Message") == "No such channel"
        again.originate("attempt2", NUMBER + "012")  # phones are asked first whether they are there
        assert value(await again.event("OriginateResponse", "attempt2"), "Response") == "Failure"
        await again.wait(lambda m: value(m, "Device") == "PJSIP/201" and value(m, "State") == "NOT_INUSE")
        again.originate("attempt3", NUMBER + "012")
        assert value(await again.event("CollEnd", "attempt3"), "State") == "SKIPPED"
        await again.close()


async def test_the_journal_may_lag_behind_a_crash() -> None:
    async with running() as (pbx, ami):
        ami.originate("attempt1", NUMBER + "012")
        await ami.event("Hangup", "attempt1")
        await asyncio.sleep(0.3)  # older than the lag
        ami.originate("attempt2", NUMBER + "100")
        await ami.event("CollUp", "attempt2")
        await pbx.crash(journal_lag=0.25)
        assert list(pbx.journal) == ["attempt1"]


async def test_a_shutdown_still_says_how_each_call_ended() -> None:
    async with running(speed=5.0) as (pbx, ami):
        pbx.script_agent("201", [Agent(wrap="")])
        ami.originate("attempt1", NUMBER + "100")
        ami.originate("attempt2", "+49301233000", phone="202")
        await ami.event("CollUp", "attempt1")
        await ami.event("CollDial", "attempt2")
        await pbx.shut_down()
        await ami.wait_closed()
        talking, ringing = await ami.event("CollEnd", "attempt1"), await ami.event("CollEnd", "attempt2")
        ends = [[value(end, name) for name in ("State", "Status", "Cause")] for end in (talking, ringing)]
        assert ends == [["DIAL", "ANSWER", "16"], ["DIAL", "CHANUNAVAIL", "0"]]
        assert pbx.journal["attempt2"].startswith("END|DIAL|CHANUNAVAIL|0|")


async def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        SimulatedPbx(host="0.0.0.0", username="u", secret="s")


async def test_serve_runs_until_it_is_cancelled() -> None:
    pbx = SimulatedPbx(username="collectord", secret="s3cret")
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(serve(pbx))
        async with asyncio.timeout(5):
            while not pbx.port:  # noqa: ASYNC110 - a condition, not an event
                await asyncio.sleep(0.01)
        ami = await RawAmi.connect(pbx.port)
        serving.cancel()
        await ami.wait_closed()
    await ami.close()
    with pytest.raises(ConnectionRefusedError):
        await RawAmi.connect(pbx.port)


async def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "ami.secret"
    secret.write_text("from-a-file\n", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "collectord.edge.simulated",
        *("--port", "0", "--username", "collectord", "--secret-file", str(secret), "--speed", "25"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    ami = await RawAmi.connect(int(line.rpartition(":")[2]), secret="from-a-file")
    ami.originate("attempt1", NUMBER + "012")
    assert value(await ami.event("CollEnd", "attempt1"), "State") == "SKIPPED"
    process.send_signal(signal.SIGTERM)
    await ami.wait_closed()
    assert await asyncio.wait_for(process.wait(), 10) == 0
    await process.stdout.read()
    await ami.close()
