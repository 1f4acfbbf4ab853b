"""A colleague is asked first on the simulated PBX: as collect-ask.conf does it, over the socket.

Owns what such a call says and leaves behind; tests/pbx/test_ask_first.py asks the same of Asterisk.
Invariant tested: one CollEnd, of whoever had the last word, and the debtor is never forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from collectord.edge.simulated import SimulatedPbx
from collectord.edge.simulated.world import Agent
from tests.edge.raw_ami import RawAmi, value
from tests.edge.test_simulated_calls import fields, running
from tests.edge.test_simulated_handing import ID, answer, asked, ring, until

RINGS = Agent(phone="ignores")


async def asks(pbx: SimulatedPbx, ami: RawAmi, phone: str = "202", line: str = "11") -> None:
    question = await asked(pbx, ami, f"*4{phone}#", line)
    assert fields(question, "To", "Ask") == (phone, "1")
    await answer(ami, question, ring(phone))
    await comes(ami, lambda: f"coll-ask/{ID}" in dict(pbx.machine.journal.tree("coll-ask")))


async def comes(ami: RawAmi, true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await ami.ask("Ping")


def row(pbx: SimulatedPbx) -> str:
    return pbx.machine.journal.get(f"coll-ask/{ID}") or ""


async def colleague_is_there(pbx: SimulatedPbx, ami: RawAmi) -> None:
    await comes(ami, lambda: row(pbx) != "" and not row(pbx).endswith("|"))


async def talks(pbx: SimulatedPbx, ami: RawAmi, phone: str) -> None:
    def together() -> bool:
        legs = {channel.device: channel.bridge for channel in pbx.machine.channels.values()}
        return bool(legs.get("PJSIP/trunk")) and legs.get("PJSIP/trunk") == legs.get(f"PJSIP/{phone}")

    await comes(ami, together)


async def ends(ami: RawAmi, phone: str) -> tuple[str, ...]:
    end = await ami.event("CollEnd", ID)
    assert value(end, "Channel").startswith(f"PJSIP/{phone}-")
    assert ami.course(ID).count("CollEnd") == 1
    return fields(end, "State", "Status", "Cause", "Tech")


async def test_the_colleague_is_asked_and_takes_the_talk_when_the_agent_hangs_up() -> None:
    async with running(patience=5.0) as (pbx, ami):
        await asks(pbx, ami)
        await colleague_is_there(pbx, ami)
        assert pbx.heard("trunk") == ["hold-wait"]
        assert ("202", "Übergabe - Müller") in pbx.shown
        assert "CollHanded" not in ami.course(ID)
        pbx.hang_up("201")
        assert fields(await ami.event("CollHanded", ID), "Endpoint") == ("PJSIP/202",)
        await talks(pbx, ami, "202")
        assert row(pbx).startswith("taken|")
        assert (pbx.machine.journal.get(f"collhand/{ID}") or "").startswith("PJSIP/202|PJSIP/201|PJSIP/202|")
        pbx.hang_up("202")
        assert await ends(ami, "202") == ("DIAL", "ANSWER", "16", "SIP 200 OK")
        await comes(ami, lambda: not pbx.machine.channels)


async def test_the_debtor_hangs_up_and_the_colleague_keys_the_outcome() -> None:
    async with running(patience=5.0, speed=4.0) as (pbx, ami):
        await asks(pbx, ami, line="10")
        await colleague_is_there(pbx, ami)
        pbx.hang_up("201")
        keyed = await ami.event("CollKeyed", ID)
        assert (value(keyed, "Disp"), value(keyed, "Channel")[:9]) == ("2", "PJSIP/202")
        await ami.ask("Setvar", Channel=value(keyed, "Uniqueid"), Variable="COLL_SAVED", Value="1")
        assert (await ends(ami, "202"))[0] == "WRAP"


@pytest.mark.parametrize("how", ["key", "colleague"])
async def test_the_agent_comes_back_to_the_debtor_and_may_ask_again(how: str) -> None:
    async with running(patience=5.0) as (pbx, ami):
        await asks(pbx, ami)
        await colleague_is_there(pbx, ami)
        if how == "key":
            pbx.press("201", "*4")
        else:
            pbx.hang_up("202")
        await talks(pbx, ami, "201")
        assert row(pbx) == ""
        assert ("ask-over" in pbx.heard("202")) == (how == "key")
        pbx.press("201", "*4203#")
        await comes(ami, lambda: ami.course(ID).count("CollHand") == 2)
        await ami.ask("Setvar", Channel=f"coll-{ID}", Variable="COLL_TO", Value=ring("203"))
        await colleague_is_there(pbx, ami)
        pbx.hang_up("203")
        await talks(pbx, ami, "201")
        pbx.hang_up("201")
        assert await ends(ami, "201") == ("DIAL", "ANSWER", "16", "SIP 200 OK")
        assert "CollHanded" not in ami.course(ID)


async def test_nobody_answers_and_the_agent_is_back_with_the_debtor() -> None:
    async with running(patience=5.0) as (pbx, ami):
        question = await asked(pbx, ami, "*4299#")
        await answer(ami, question, ring("299"))
        await until(pbx, ami, "ask-back")
        assert pbx.heard("201")[-2:] == ["hand-busy", "ask-back"]
        await talks(pbx, ami, "201")
        pbx.hang_up("201")
        assert (await ends(ami, "201"))[:2] == ("DIAL", "ANSWER")


@pytest.mark.parametrize("answers", [True, False])
async def test_a_debtor_who_hangs_up_meanwhile_is_told_to_the_agent_who_keys_the_outcome(answers: bool) -> None:
    async with running(patience=5.0, speed=4.0) as (pbx, ami):
        if not answers:
            pbx.script_agent("202", [RINGS])
        await asks(pbx, ami, line="10")
        await until(pbx, ami, "ask-gone")
        keyed = await ami.event("CollKeyed", ID)
        assert value(keyed, "Channel").startswith("PJSIP/201-")
        await ami.ask("Setvar", Channel=value(keyed, "Uniqueid"), Variable="COLL_SAVED", Value="1")
        assert (await ends(ami, "201"))[:2] == ("WRAP", "ANSWER")
        await comes(ami, lambda: not pbx.machine.channels)
        assert row(pbx) == ""


async def test_an_agent_who_is_gone_before_the_colleague_answers_has_handed_over() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.script_agent("202", [RINGS, Agent(preview="")])
        await asks(pbx, ami)
        await comes(ami, lambda: pbx.phones_rung.count("202") == 1)
        pbx.hang_up("201")
        assert fields(await ami.event("CollHanded", ID), "Endpoint") == ("PJSIP/202",)
        assert pbx.phones_rung.count("202") == 2
        pbx.hang_up("202")
        assert (await ends(ami, "202"))[:2] == ("DIAL", "ANSWER")
        await comes(ami, lambda: not pbx.machine.channels)


async def test_agent_and_colleague_gone_at_once_leave_the_debtor_with_ringing() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.script_agent("202", [Agent(preview=""), Agent(preview="")])
        await asks(pbx, ami)
        await colleague_is_there(pbx, ami)
        pbx.hang_up("202")
        pbx.hang_up("201")
        assert fields(await ami.event("CollHanded", ID), "Endpoint") == ("PJSIP/202",)
        pbx.hang_up("202")
        assert (await ends(ami, "202"))[:2] == ("DIAL", "ANSWER")


async def test_a_debtor_hung_up_by_order_while_held_is_told_to_the_agent() -> None:
    async with running(patience=5.0) as (pbx, ami):
        await asks(pbx, ami)
        await colleague_is_there(pbx, ami)
        debtor = next(channel for channel in pbx.machine.channels.values() if channel.device == "PJSIP/trunk")
        await ami.ask("Hangup", Channel=debtor.name)
        await until(pbx, ami, "ask-gone")
        pbx.hang_up("201")
        await ends(ami, "201")


async def test_an_acknowledged_consultation_leaves_no_row() -> None:
    async with running(patience=5.0) as (pbx, ami):
        await asks(pbx, ami)
        await colleague_is_there(pbx, ami)
        pbx.hang_up("201")
        await ami.event("CollHanded", ID)
        pbx.hang_up("202")
        await ami.event("CollEnd", ID)
        await ami.ask(
            "Originate", ActionID=f"{ID}-a", Channel="Local/ack@coll-ack/n", Application="Wait", Data="0", Async="true",
            Variable=f"__COLL_ID={ID}",
        )  # fmt: skip
        await ami.event("CollAcked", ID)
        assert list(pbx.machine.journal.tree("coll-ask")) == []
