"""A talk is handed over on the simulated PBX: as collect-hand.conf does it, over the socket.

Owns what such a call says and leaves behind. Invariant tested: one CollEnd, of whoever had the last word.
"""

from __future__ import annotations

import asyncio

import pytest

from collectord.edge.simulated import SimulatedPbx
from collectord.edge.simulated.world import Agent
from tests.edge.raw_ami import Message, RawAmi, kind, value
from tests.edge.test_simulated_calls import fields, number, running

ID = "attempt1"


async def asked(pbx: SimulatedPbx, ami: RawAmi, keys: str = "*2202#", line: str = "11", agent: str = "02") -> Message:
    """The agent talks, and keys to whom it shall go."""
    ami.originate(ID, number(line, agent))
    await ami.event("CollUp", ID)
    pbx.press("201", keys)
    return await ami.event("CollHand", ID)


async def answer(ami: RawAmi, question: Message, text: str) -> None:
    await ami.ask("Setvar", Channel=value(question, "Uniqueid"), Variable="COLL_TO", Value=text)


def ring(phone: str, seconds: int = 20) -> str:
    return f"1|PJSIP/{phone}|{seconds}|20261123|30|de|Übergabe - Müller"


async def until(pbx: SimulatedPbx, ami: RawAmi, heard: str, phone: str = "201") -> None:
    async with asyncio.timeout(20):
        while heard not in pbx.heard(phone):
            await ami.ask("Ping")


async def test_the_colleague_takes_the_talk_and_the_last_word() -> None:
    async with running(patience=5.0) as (pbx, ami):
        question = await asked(pbx, ami)
        assert fields(question, "To", "Uniqueid") == ("202", f"coll-{ID}")
        await answer(ami, question, ring("202"))
        assert fields(await ami.event("CollHanded", ID), "Endpoint") == ("PJSIP/202",)
        await ami.event("Hangup", ID)
        assert pbx.journal[ID] == "DIAL"
        assert pbx.machine.journal.get(f"collhand/{ID}", ).startswith("PJSIP/202|PJSIP/201|PJSIP/202|20|20261123|30|de|+4930123")  # type: ignore[union-attr]  # fmt: skip
        assert ("202", "Übergabe - Müller") in pbx.shown
        pbx.hang_up("202")
        end = await ami.event("CollEnd", ID)
        assert fields(end, "State", "Status", "Cause", "Tech") == ("DIAL", "ANSWER", "16", "SIP 200 OK")
        assert int(value(end, "Talk")) > 0
        said = [kind(m) for m in ami.got if value(m, "CollID") == ID]
        assert said == ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollHand", "CollHanded", "CollEnd"]


async def test_the_debtor_hangs_up_and_the_colleague_keys_the_outcome() -> None:
    async with running(patience=5.0, speed=4.0) as (pbx, ami):
        await answer(ami, await asked(pbx, ami, line="10"), ring("202"))
        keyed = await ami.event("CollKeyed", ID)
        assert value(keyed, "Disp") == "2"
        assert value(keyed, "Channel").startswith("PJSIP/202-")
        await ami.ask("Setvar", Channel=value(keyed, "Uniqueid"), Variable="COLL_SAVED", Value="1")
        assert fields(await ami.event("CollEnd", ID), "State", "Disp") == ("WRAP", "2")


@pytest.mark.parametrize(("word", "heard"), [("off", "hand-unknown"), ("none", "hand-busy"), ("", "hand-not")])
async def test_the_talk_goes_on_when_nobody_is_named(word: str, heard: str) -> None:
    async with running(patience=0.4 if word == "" else 5.0) as (pbx, ami):
        question = await asked(pbx, ami)
        if word:
            await answer(ami, question, word)
        await until(pbx, ami, heard)
        pbx.hang_up("201")
        assert fields(await ami.event("CollEnd", ID), "State", "Status") == ("DIAL", "ANSWER")
        assert f"collhand/{ID}" not in dict(pbx.machine.journal.tree("collhand"))


async def test_a_star_takes_the_key_back_and_nobody_is_asked() -> None:
    async with running() as (pbx, ami):
        ami.originate(ID, number("11", "02"))
        await ami.event("CollUp", ID)
        pbx.press("201", "*2*")
        await until(pbx, ami, "hand-to")
        pbx.hang_up("201")
        await ami.event("CollEnd", ID)
        assert "CollHand" not in ami.course(ID)


async def test_nobody_answers_and_the_talk_comes_back() -> None:
    async with running(patience=5.0) as (pbx, ami):
        await answer(ami, await asked(pbx, ami), ring("299"))
        assert fields(await ami.event("CollHanded", ID), "Endpoint") == ("PJSIP/201",)
        pbx.hang_up("201")
        assert fields(await ami.event("CollEnd", ID), "State", "Status") == ("DIAL", "ANSWER")


async def test_a_debtor_who_leaves_before_anybody_answers_has_talked_all_the_same() -> None:
    async with running(patience=5.0) as (pbx, ami):
        await answer(ami, await asked(pbx, ami, line="10"), ring("299"))
        pbx.unregister("201")
        end = await ami.event("CollEnd", ID)
        assert fields(end, "State", "Status", "Disp") == ("DIAL", "ANSWER", "")
        assert "CollHanded" not in ami.course(ID)


async def test_a_debtor_whom_nobody_takes_hears_that_we_call_back() -> None:
    async with running(patience=5.0, speed=20.0) as (pbx, ami):
        question = await asked(pbx, ami)
        pbx.script_agent("201", [Agent(phone="ignores")])
        await answer(ami, question, ring("299"))
        end = await ami.event("CollEnd", ID)
        assert fields(end, "State", "Status", "Disp") == ("BACK", "ANSWER", "")
        assert int(value(end, "Talk")) > 0
        assert pbx.heard("trunk")[-1] == "in-none-back"
        assert "CollHanded" not in ami.course(ID)


async def test_an_acknowledged_talk_leaves_no_row() -> None:
    async with running(patience=5.0) as (pbx, ami):
        await answer(ami, await asked(pbx, ami), ring("202"))
        await ami.event("CollHanded", ID)
        pbx.hang_up("202")
        await ami.event("CollEnd", ID)
        await ami.ask(
            "Originate", ActionID=f"{ID}-a", Channel="Local/ack@coll-ack/n", Application="Wait", Data="0", Async="true",
            Variable=f"__COLL_ID={ID}",
        )  # fmt: skip
        await ami.event("CollAcked", ID)
        assert list(pbx.machine.journal.tree("collhand")) == []
