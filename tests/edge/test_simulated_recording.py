"""A talk is recorded on the simulated PBX: as collect-record.conf does it, over the socket.

Invariant tested: nothing is recorded without the daemon's word, and nothing beyond the talk.
"""

from __future__ import annotations

import asyncio

import pytest

from collectord.edge.simulated import SimulatedPbx
from tests.edge.raw_ami import Message, RawAmi, kind, value
from tests.edge.test_simulated_calls import fields, number, running

ID = "attempt1"


async def asked(pbx: SimulatedPbx, ami: RawAmi, line: str = "11", agent: str = "00") -> Message:
    ami.originate(ID, number(line, agent))
    await ami.event("CollUp", ID)
    pbx.press("201", "*3")
    return await ami.event("CollConsent", ID)


async def allow(ami: RawAmi, question: Message, word: str = "1") -> None:
    await ami.ask("Setvar", Channel=value(question, "Uniqueid"), Variable="COLL_REC", Value=word)


async def heard(pbx: SimulatedPbx, ami: RawAmi, sound: str) -> None:
    async with asyncio.timeout(20):
        while sound not in pbx.heard("201"):
            await ami.ask("Ping")


def is_recorded(pbx: SimulatedPbx) -> bool:
    return any(channel.variables.get("MIXMONITOR_FILENAME") for channel in pbx.machine.channels.values())


async def test_the_daemons_word_starts_it_and_the_same_key_stops_it() -> None:
    async with running(patience=5.0) as (pbx, ami):
        question = await asked(pbx, ami)
        assert not is_recorded(pbx)
        await allow(ami, question)
        assert fields(await ami.event("CollRecording", ID), "RecState") == ("on",)
        assert is_recorded(pbx)
        assert pbx.machine.journal.get(f"collrec/{ID}") == "on"
        await asyncio.sleep(0.05)
        pbx.press("201", "*3")
        await ami.event("CollWithdrawn", ID)
        assert not is_recorded(pbx)
        assert pbx.machine.journal.get(f"collrec/{ID}") == "withdrawn"
        await heard(pbx, ami, "record-off")
        async with asyncio.timeout(20):
            while "record-not" not in pbx.heard("201"):
                pbx.press("201", "*3")  # asks nobody any more
                await asyncio.sleep(0.2)
        pbx.hang_up("201")
        await ami.event("CollEnd", ID)
        said = [kind(m) for m in ami.got if value(m, "CollID") == ID]
        assert said == ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollConsent", "CollRecording", "CollWithdrawn", "CollEnd"]


@pytest.mark.parametrize("word", ["0", ""], ids=["refused", "no daemon"])
async def test_without_the_daemons_word_nothing_is_recorded(word: str) -> None:
    async with running(patience=0.4 if word == "" else 5.0) as (pbx, ami):
        question = await asked(pbx, ami)
        if word:
            await allow(ami, question, word)
        await heard(pbx, ami, "record-not")
        assert not is_recorded(pbx)
        pbx.hang_up("201")
        assert fields(await ami.event("CollEnd", ID), "State", "Status") == ("DIAL", "ANSWER")
        assert pbx.machine.journal.get(f"collrec/{ID}") is None


async def test_a_pbx_without_a_folder_asks_nobody() -> None:
    async with running(patience=5.0) as (pbx, ami):
        pbx.machine.global_variables["COLL_RECORDINGS"] = ""
        ami.originate(ID, number("11", "00"))
        await ami.event("CollUp", ID)
        pbx.press("201", "*3")
        await heard(pbx, ami, "record-not")
        assert "CollConsent" not in [kind(m) for m in ami.got]


async def test_the_menu_is_not_recorded() -> None:
    async with running(patience=5.0, speed=4.0) as (pbx, ami):
        await allow(ami, await asked(pbx, ami, line="10", agent="02"))
        await ami.event("CollResult", ID)
        assert not is_recorded(pbx)
        await ami.event("CollKeyed", ID)


async def test_a_recording_is_erased_on_our_order_and_an_id_that_is_none_reaches_nothing() -> None:
    async with running(patience=5.0) as (_, ami):
        for id in ("x", ID):
            await ami.ask(
                "Originate", Channel="Local/erase@coll-erase/n", Application="Wait", Data="2", Async="true", Variable=f"__COLL_ID={id}"
            )
        await ami.event("CollErased", ID)
        assert [value(m, "CollID") for m in ami.got if kind(m) == "CollErased"] == [ID]
