"""The PBX as loops see it, against a fake one that drops, keeps silent and lies.

Owns the proof of law 3 at the wire: one Originate per attempt id whatever happens to the link, and an honest answer about it.
Invariant tested: `NotSent` means that no byte was written, and nothing is ever written twice.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from collectord.core.telephony.pbx_calls import (
    Accepted,
    AgentCall,
    JournalPhase,
    JournalRow,
    NotSent,
    Refused,
    RingBack,
    Unanswered,
    UnreadableRow,
)
from collectord.core.telephony.pbx_events import Acked, Ended, LinkLost, OriginateFailed
from collectord.edge.pbx import AsteriskPbx, OrderRefused, PbxRefused, PbxUnreachable
from collectord.edge.pbx.actions import agent_call
from tests.edge.fake_ami import Connection, FakeAmi, Received, eventually
from tests.edge.test_ami_link import QUICK, link_to, next_event, running, until_up

ID = "0kq3m8x2c7aaaaaaaa"
CALL = AgentCall(
    attempt_id=ID, endpoint="PJSIP/201", number="+493012345678", display="Müller GmbH", caller_id="+493012345600", trunk="trunk"
)


@asynccontextmanager
async def linked(ami: FakeAmi) -> AsyncIterator[AsteriskPbx]:
    async with running(link_to(ami)) as link:
        await until_up(link)
        yield AsteriskPbx(link)


async def silent(connection: Connection, order: Received) -> None:
    return


# -- at most once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["reset", "hang_up"])
async def test_a_link_lost_before_the_reply_is_unanswered_and_never_replayed(how: str) -> None:
    async def drop(connection: Connection, order: Received) -> None:
        getattr(connection, how)()

    async with FakeAmi() as ami:
        ami.handlers["Originate"] = drop
        async with linked(ami) as pbx:
            assert isinstance(await pbx.originate(CALL), Unanswered)
            assert isinstance(await next_event(pbx.link), LinkLost)
            await until_up(pbx.link)
            await pbx.started_at()
            assert isinstance(await pbx.originate(CALL), Unanswered)  # not even when asked to
            await pbx.started_at()
        assert len(ami.named("Originate")) == 1


async def test_a_link_lost_after_the_reply_leaves_the_order_accepted_and_is_not_replayed() -> None:
    async def answer_and_drop(connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Originate successfully queued")
        connection.hang_up()

    async with FakeAmi() as ami:
        ami.handlers["Originate"] = answer_and_drop
        async with linked(ami) as pbx:
            assert await pbx.originate(CALL) == Accepted()
            assert isinstance(await next_event(pbx.link), LinkLost)
            await until_up(pbx.link)
            await pbx.started_at()
        assert len(ami.named("Originate")) == 1


async def test_a_pbx_killed_with_the_order_in_hand_finds_no_second_one_when_it_is_back() -> None:
    async with FakeAmi() as ami:
        ami.handlers["Originate"] = silent
        async with linked(ami) as pbx:
            async with asyncio.TaskGroup() as group:
                placing = group.create_task(pbx.originate(CALL))
                await eventually(lambda: ami.named("Originate"))
                await ami.die()
            assert isinstance(placing.result(), Unanswered)
            await ami.listen()
            await until_up(pbx.link)
            await pbx.started_at()
        assert len(ami.named("Originate")) == 1


async def test_silence_after_the_order_is_unanswered_and_a_late_reply_changes_nothing() -> None:
    late: list[tuple[Connection, Received]] = []

    async def keep(connection: Connection, order: Received) -> None:
        late.append((connection, order))

    async with FakeAmi() as ami:
        ami.handlers["Originate"] = keep
        async with linked(ami) as pbx:
            outcome = await pbx.originate(CALL)
            assert outcome == Unanswered(f"no answer to Originate within {QUICK.answer_within:g} s")
            await late[0][0].answer(late[0][1], "Message: Originate successfully queued")
            await pbx.started_at()
            assert ami.accepted == 1  # pings were answered all the time: the link is sound


async def test_without_a_link_nothing_is_sent_and_the_call_may_be_placed_later() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        await ami.die()
        assert isinstance(await next_event(pbx.link), LinkLost)
        assert isinstance(await pbx.originate(CALL), NotSent)
        assert ami.named("Originate") == []
        await ami.listen()
        await until_up(pbx.link)
        assert await pbx.originate(CALL) == Accepted()
        assert len(ami.named("Originate")) == 1


async def test_a_no_is_a_refusal_with_the_pbxs_own_words() -> None:
    async def no(connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Extension does not exist.", response="Error")

    async with FakeAmi() as ami:
        ami.handlers["Originate"] = no
        async with linked(ami) as pbx:
            assert await pbx.originate(CALL) == Refused("Extension does not exist.")


async def test_an_order_is_asynchronous_so_that_a_ringing_phone_does_not_block_the_link() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        await pbx.originate(CALL)
        await pbx.ring_back(RingBack(attempt_id=ID, endpoint="PJSIP/201", display="x", number="+493012345678"))
        assert [order["Async"] for order in ami.named("Originate")] == ["true", "true"]
        assert [order["ChannelId"] for order in ami.named("Originate")] == [f"coll-{ID}", f"coll-{ID}-w1"]


@pytest.mark.parametrize("name", ["\r\nAction: Hangup\r\nChannel: /^.*/\r\n\r\n", "${SHELL(reboot)}", "&PJSIP/202", "x" * 2_000, '"><'])
async def test_a_hostile_name_reaches_the_wire_as_one_quiet_header(name: str) -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        assert await pbx.originate(dataclasses.replace(CALL, display=name)) == Accepted()
        await pbx.started_at()
        (order,) = ami.named("Originate")
        assert len(order.headers) == len(agent_call(CALL).headers) + 2  # Action and ActionID
        assert b"${" not in order.raw
        assert b"&" not in order.raw
        assert {one.name for one in ami.orders} <= {"Login", "CoreStatus", "CoreSettings", "Ping", "Originate"}


@pytest.mark.parametrize("number", ["110", "09001234567", "+49301234567&PJSIP/202", "+4930\r\nAction: Hangup", "", "+49301234567,1"])
async def test_a_hostile_number_is_not_sent(number: str) -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        outcome = await pbx.originate(dataclasses.replace(CALL, number=number))
        assert isinstance(outcome, NotSent)
        assert ami.named("Originate") == []


async def test_a_refused_phone_is_reported_as_failed_by_its_own_id_alone() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        await pbx.originate(CALL)
        await ami.broadcast("Event: OriginateResponse", "ActionID: other", "Response: Failure", f"Uniqueid: coll-{ID}", "Reason: 0")
        await ami.broadcast("Event: OriginateResponse", f"ActionID: {ID}-o", "Response: Failure", f"Uniqueid: coll-{ID}", "Reason: 0")
        event = await next_event(pbx.link)
        assert isinstance(event, OriginateFailed)
        assert event.attempt_id == ID
        assert pbx.link.events.empty()


async def test_doubled_late_and_unknown_reports_come_through_as_they_are_or_not_at_all() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        for _ in range(2):
            await ami.user_event("CollEnd", f"CollID: {ID}", "State: WRAP")
        await ami.broadcast("Event: Newchannel", f"Uniqueid: coll-{ID}")
        await ami.broadcast("Event: Hangup", "Uniqueid: 17.1")
        await ami.user_event("CollAgent", f"CollID: {ID}", "Seq: 1")
        kinds = [type(await next_event(pbx.link)).__name__ for _ in range(3)]
        assert kinds == ["Ended", "Ended", "AgentUp"]
        assert pbx.link.health().unread == {"unknown": 1, "foreign": 1}


# -- evidence ---------------------------------------------------------------------------------------------------------


async def test_the_journal_is_read_row_by_row_and_forgotten_on_demand() -> None:
    async with FakeAmi() as ami:
        ami.journal = {ID: "END|WRAP|ANSWER|16|SIP 200 OK|900|5000|1|full|20261205|", "attempt-0002": "DIAL"}
        ami.journal |= {"attempt-0003": "??", "x y": "DIAL"}

        async def forget(connection: Connection, order: Received) -> None:
            attempt = order["Variable"].removeprefix("__COLL_ID=")
            await connection.answer(order, "Message: Originate successfully queued")
            await ami.user_event("CollAcked", f"CollID: {attempt}", f"Old: {ami.journal.pop(attempt)}")

        ami.handlers["Originate"] = forget
        async with linked(ami) as pbx:
            rows = await pbx.journal()
            first = rows[ID]
            assert isinstance(first, JournalRow)
            assert (first.disp, first.amount) == ("1", "full")
            assert rows["attempt-0002"] == JournalRow(attempt_id="attempt-0002", phase=JournalPhase.DIAL)
            assert rows["attempt-0003"] == UnreadableRow(attempt_id="attempt-0003", text="??")
            assert len(rows) == 3
            await pbx.acknowledge(ID)
            assert isinstance(await next_event(pbx.link), Acked)
            assert ID not in await pbx.journal()


async def test_live_calls_are_ours_only() -> None:
    async with FakeAmi() as ami:
        ami.channels = [
            ["Channel: PJSIP/201-1", f"Uniqueid: coll-{ID}", f"Variable: COLL_ID={ID}", "Variable: COLL_STATE=DIAL"],
            ["Channel: PJSIP/trunk-2", "Uniqueid: 17.2", f"Linkedid: coll-{ID}", f"Variable: COLL_ID={ID}", "Variable: COLL_STATE=(null)"],
            ["Channel: PJSIP/300-3", "Uniqueid: 17.3", "Linkedid: 17.3", "Variable: COLL_ID=(null)", "Variable: COLL_STATE=(null)"],
        ]
        async with linked(ami) as pbx:
            live = await pbx.live_calls()
            assert [(channel.channel, channel.agent_leg) for channel in live] == [("PJSIP/201-1", True), ("PJSIP/trunk-2", False)]
            assert ami.named("Status")[0]["Variables"] == "COLL_ID,COLL_STATE,COLL_LEG,MIXMONITOR_FILENAME,MONITORED"


async def test_only_what_rings_of_this_call_is_hung_up_and_only_after_its_answer_is_barred() -> None:
    def leg(channel: str, state: str, uniqueid: str, attempt: str = ID) -> list[str]:
        return [f"Channel: {channel}", f"ChannelStateDesc: {state}", f"Uniqueid: {uniqueid}", f"Variable: COLL_ID={attempt}"]

    async with FakeAmi() as ami:
        ami.channels = [
            leg("PJSIP/201-1", "Up", f"coll-{ID}"),
            leg("PJSIP/trunk-2", "Ringing", "17.2"),
            leg("PJSIP/201-9", "Ringing", f"coll-{ID}-w1"),
            leg("PJSIP/trunk-4", "Up", "17.4"),
            leg("PJSIP/trunk-5", "Ringing", "17.5", "another-attempt"),
        ]
        async with linked(ami) as pbx:
            await pbx.stop_ringing(ID)
            assert [order["Channel"] for order in ami.named("Hangup")] == ["PJSIP/trunk-2"]
            (barred,) = ami.named("Setvar")
            assert (barred["Channel"], barred["Variable"], barred["Value"]) == (f"coll-{ID}", "COLL_STOP", "1")
            names = [order.name for order in ami.orders]
            assert names.index("Setvar") < names.index("Status") < names.index("Hangup")


async def test_of_a_call_by_hand_the_answer_is_barred_on_the_phones_own_channel() -> None:
    async with FakeAmi() as ami:
        ami.channels = [
            ["Channel: PJSIP/201-1", "ChannelStateDesc: Up", "Uniqueid: 17.1", "Variable: COLL_ID=out-17-1", "Variable: COLL_STATE=DIAL"],
            ["Channel: PJSIP/trunk-2", "ChannelStateDesc: Ringing", "Uniqueid: 17.2", "Variable: COLL_ID=out-17-1"],
        ]
        async with linked(ami) as pbx:
            await pbx.stop_ringing("out-17-1")
            assert [order["Channel"] for order in ami.named("Setvar")] == ["17.1"]
            assert [order["Channel"] for order in ami.named("Hangup")] == ["PJSIP/trunk-2"]


async def test_evidence_that_breaks_off_is_no_evidence() -> None:
    async def half(connection: Connection, order: Received) -> None:
        await connection.answer(order, "EventList: start")
        await connection.send("Event: Status", f"ActionID: {order['ActionID']}", f"Uniqueid: coll-{ID}")
        connection.reset()

    async with FakeAmi() as ami:
        ami.handlers["Status"] = half
        async with linked(ami) as pbx:
            with pytest.raises(PbxUnreachable):
                await pbx.live_calls()


async def test_three_thousand_rows_are_read_while_calls_end() -> None:
    async with FakeAmi() as ami:
        ami.journal = {f"attempt-{n:05}": "DIAL" for n in range(3_304)}
        async with linked(ami) as pbx, asyncio.TaskGroup() as group:
            reading = group.create_task(pbx.journal())
            await eventually(lambda: ami.named("DBGetTree"))
            await ami.user_event("CollEnd", f"CollID: {ID}", "State: WRAP")
            assert len(await reading) == 3_304
            assert isinstance(await next_event(pbx.link), Ended)


# -- agents and doctor ------------------------------------------------------------------------------------------------


async def test_saved_and_replies_are_set_on_the_channel_that_waits() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        await pbx.say_saved(f"coll-{ID}", True)
        await pbx.say_saved(f"coll-{ID}", False)
        await pbx.say_go(f"coll-{ID}", "off")
        await pbx.reply("1763700000.17", f"id-{ID}", date(2026, 11, 23))
        assert [(order["Channel"], order["Variable"], order["Value"]) for order in ami.named("Setvar")] == [
            (f"coll-{ID}", "COLL_SAVED", "1"),
            (f"coll-{ID}", "COLL_SAVED", "0"),
            (f"coll-{ID}", "COLL_GO", "off"),
            ("1763700000.17", "COLL_TODAY", "20261123"),
            ("1763700000.17", "COLL_REPLY", f"id-{ID}"),
        ]
        with pytest.raises(OrderRefused):
            await pbx.reply("1763700000.17", "ok\r\nAction: Hangup", date(2026, 11, 23))


async def test_a_channel_that_is_gone_cannot_be_told() -> None:
    async def gone(connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: No such channel", response="Error")

    async with FakeAmi() as ami:
        ami.handlers["Setvar"] = gone
        async with linked(ami) as pbx:
            with pytest.raises(PbxRefused, match="No such channel"):
                await pbx.say_saved(f"coll-{ID}", True)


async def test_the_state_of_phones_and_the_dialplan_can_be_asked() -> None:
    async with FakeAmi() as ami:
        ami.devices = {"PJSIP/201": "NOT_INUSE", "PJSIP/299": "UNAVAILABLE"}
        async with linked(ami) as pbx:
            assert await pbx.device_states() == ami.devices
            assert await pbx.dialplan_version() == "2"
            ami.variables.clear()
            assert await pbx.dialplan_version() == ""
            assert await pbx.started_at() == "2026-11-21 06:00:00"


async def test_a_lamp_is_told_and_read_back_and_a_pbx_without_lamps_says_no() -> None:
    async def key(connection: Connection, order: Received) -> None:
        hint = "Custom:coll-201" if order["Exten"] == "*86201" else ""
        await connection.answer(order, "Message: Extension Status", f"Hint: {hint}", "Status: 0")

    async def missing(connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Variable not set", response="Error")

    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.handlers["ExtensionState"] = key
        await pbx.show_lamp("201", "ONHOLD")
        told = ami.orders[-1]
        assert (told["Variable"], told["Value"]) == ("DEVICE_STATE(Custom:coll-201)", "ONHOLD")
        ami.variables["DEVICE_STATE(Custom:coll-201)"] = "ONHOLD"
        assert await pbx.lamp("201") == "ONHOLD"
        assert (await pbx.has_lamp_key("201"), await pbx.has_lamp_key("202")) == (True, False)
        ami.handlers["Setvar"] = missing
        with pytest.raises(PbxRefused, match="not set"):
            await pbx.show_lamp("201", "BUSY")


async def test_rights_that_are_missing_or_too_many_are_named() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.commands = {"Originate": "originate,all", "Ping": "<none>", "Getvar": "call,reporting,all", "Command": "command,all"}
        found = await pbx.privileges()
        reporting = ("status", "dbgettree", "corestatus", "coresettings", "devicestatelist")
        assert found.missing == ("setvar (class call)", "hangup (class call)", *(f"{name} (class reporting)" for name in reporting))
        assert found.excess == ("command (class command)",)


@pytest.mark.parametrize(
    ("reported", "unread"), [(("user", "call"), ()), (("user",), ("call",)), (("call",), ("user",)), ((), ("call", "user"))]
)
async def test_what_a_login_does_not_get_to_read_is_found_by_trying(reported: tuple[str, ...], unread: tuple[str, ...]) -> None:
    async def acknowledged(connection: Connection, order: Received) -> None:
        assert order["Channel"] == "Local/ack@coll-ack/n"
        await connection.answer(order, "Message: Originate successfully queued")
        if "user" in reported:
            await ami.user_event("CollAcked", "CollID: doctor-probe-0", "Old: ")
        if "call" in reported:
            await ami.broadcast("Event: OriginateResponse", f"ActionID: {order['ActionID']}", "Response: Failure", "Reason: 0")

    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.handlers["Originate"] = acknowledged
        assert await pbx.unread_classes() == unread


async def test_a_phone_with_anybodys_channel_is_occupied_and_a_recorded_call_shows() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.channels = [
            ["Channel: PJSIP/201-0000a2c", f"Uniqueid: coll-{ID}", f"Variable: COLL_ID={ID}", "Variable: MIXMONITOR_FILENAME=/a.wav"],
            [
                "Channel: PJSIP/300-3",
                "Uniqueid: 17.3",
                "Linkedid: 17.3",
                "Variable: COLL_ID=(null)",
                "Variable: MIXMONITOR_FILENAME=(null)",
            ],
        ]
        live, occupied = await pbx.live_calls_and_phones()
        assert [(channel.attempt_id, channel.recorded) for channel in live] == [(ID, True)]
        assert occupied == {"PJSIP/201", "PJSIP/300"}


async def test_dangerous_modules_are_seen_where_the_pbx_can_tell() -> None:
    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.variables["IFMODULE(func_shell.so)"] = "1"
        assert await pbx.modules(("func_shell.so", "func_env.so")) == {"func_shell.so": True, "func_env.so": False}
        del ami.variables["IFMODULE(func_module.so)"]
        assert await pbx.modules(("func_shell.so",)) == {"func_shell.so": None}
        with pytest.raises(OrderRefused):
            await pbx.modules(("SHELL(id)",))
