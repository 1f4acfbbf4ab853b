"""The simulated PBX against the real one: the same orders to both, and what came over the wire compared message by message.

Owns nothing of the product. Numbers that begin with +493055503. Invariant: header names, their order and every value that is not a
time, an address of a channel or a free race are the same.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from sandbox import REGISTERED, Sandbox

from collectord.edge.simulated import SimulatedPbx
from tests.edge.raw_ami import Message, RawAmi, kind, value

pytestmark = pytest.mark.pbx

TODAY: Final = "20261123"
LINES: Final = ("10", "11", "12", "13", "20", "30", "40", "41", "42", "43", "44", "45", "46", "47", "48", "99")
AGENTS: Final = ("01", "02", "04", "09", "10", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22")
CASES: Final = (
    *(f"{aa}{'16' if aa == '11' else '03'}" for aa in LINES),
    *(f"{'11' if bb in ('16', '21') else '10'}{bb}" for bb in AGENTS),
    "1017",
    "3017",
)
SPECIAL: Final = {"dead": {"TRUNK": "dead"}, "nope": {"TRUNK": "nope"}, "auto": {"MODE": "auto"}}
TIMES: Final = ("Rang", "Talk")
UNLIKE: Final = (
    "Channel",
    "Uniqueid",
    "CustChannel",
    "Context",
    "Exten",
    "Priority",
    "AccountCode",
    "Language",
    *TIMES,
)  # of the debtor's leg, too
DEBTORS_LEG: Final = ("CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName")
SLACK: Final = 1_000  # ms; ten phones, their debtors and two PBXes share the processors


async def course(ami: RawAmi, attempt_id: str, number: str, phone: str, changed: dict[str, str]) -> list[Message]:
    """One call from its order to its end; whatever is keyed is confirmed."""
    ami.originate(attempt_id, number, phone=phone, timeout=3_000, **{"RING": "3", "DECIDE": "5", "WRAP": "20", "TODAY": TODAY} | changed)
    async with asyncio.TaskGroup() as group:
        confirming = group.create_task(confirmed(ami, attempt_id))
        await ami.wait(lambda m: kind(m) == "OriginateResponse" and value(m, "ActionID") == f"{attempt_id}-o", within=60)
        if phone != "299":
            await ami.wait(lambda m: kind(m) == "Hangup" and value(m, "Uniqueid") == f"coll-{attempt_id}", within=60)
        confirming.cancel()
    return [m for m in ami.got if attempt_id in (value(m, "CollID"), value(m, "Uniqueid").removeprefix("coll-")) and kind(m) != "Response"]


async def confirmed(ami: RawAmi, attempt_id: str) -> None:
    keyed = await ami.wait(lambda m: kind(m) == "CollKeyed" and value(m, "CollID") == attempt_id, within=60)
    ami.send("Setvar", ActionID=f"{attempt_id}-s", Channel=value(keyed, "Uniqueid"), Variable="COLL_SAVED", Value="1")


async def all_courses(ami: RawAmi) -> dict[str, list[Message]]:
    """Every case on one PBX, a phone a case, as many at a time as there are phones."""
    seen: dict[str, list[Message]] = {}
    free: asyncio.Queue[str] = asyncio.Queue()
    for phone in REGISTERED:
        free.put_nowait(phone)

    async def one(case: str, number: str, changed: dict[str, str]) -> None:
        phone = await free.get()
        seen[case] = await course(ami, f"parity-{case}", number, phone, changed)
        await ami.wait(lambda m: value(m, "Device") == f"PJSIP/{phone}", within=60)
        free.put_nowait(phone)

    async with asyncio.TaskGroup() as group:
        for case in dict.fromkeys(CASES):
            group.create_task(one(case, f"+493055503{case}", {}))
        for case, changed in SPECIAL.items():
            group.create_task(one(case, f"+4930555041{'003' if case == 'auto' else '000'}", changed))
        group.create_task(one("denied", "+499005550300", {}))
        seen["unregistered"] = await course(ami, "parity-unregistered", "+4930555031000", "299", {})
    return seen


def shape(messages: list[Message]) -> list[list[str]]:
    """Kinds and header names, the racing OriginateResponse last."""
    ordered = sorted(messages, key=lambda m: kind(m) == "OriginateResponse")
    return [[kind(m), *(re.sub(r"\(.*\)", "()", name) for name, _ in m if steady(m, name))] for m in ordered]


def values(messages: list[Message]) -> list[list[tuple[str, str]]]:
    ordered = sorted(messages, key=lambda m: kind(m) == "OriginateResponse")
    return [[(name, text) for name, text in m if comparable(m, name)] for m in ordered]


def steady(message: Message, name: str) -> bool:
    """Whether Asterisk 22.10 says it each time: of a diversion (302) Tech is `SIP 100 Trying` or nothing, TechCause at times missing."""
    if name == "Tech":
        return (value(message, "Status"), value(message, "Cause")) != ("BUSY", "0")
    return name != "TechCause" or value(message, "Cause") != "23"


def comparable(message: Message, name: str) -> bool:
    unlike = name.startswith("ChanVariable(") or name in UNLIKE or (kind(message) == "CollUp" and name in DEBTORS_LEG)
    return steady(message, name) and not unlike


def times(messages: list[Message]) -> Iterator[tuple[str, str]]:
    for message in messages:
        for name, text in message:
            if name in TIMES:
                yield f"{kind(message)} {name}", text


@asynccontextmanager
async def simulated() -> AsyncIterator[RawAmi]:
    pbx = SimulatedPbx(username="collectord", secret="s3cret")  # at the pace of the real one: a pause of a busy machine counts once
    ami = await RawAmi.connect(await pbx.start())
    yield ami
    await ami.close()
    await pbx.stop()


async def test_the_simulated_pbx_says_what_the_real_one_says(sandbox: Sandbox) -> None:
    company = sandbox.company
    ami = await RawAmi.connect(company.ami_port, host=company.ami_host, username=company.username, secret=company.secret)
    async with simulated() as other, asyncio.TaskGroup() as group:
        on_asterisk, on_simulated = group.create_task(all_courses(ami)), group.create_task(all_courses(other))
    await ami.close()
    real, fake = on_asterisk.result(), on_simulated.result()
    assert set(real) == set(fake)
    assert {case: shape(fake[case]) for case in fake} == {case: shape(real[case]) for case in fake}
    assert {case: values(fake[case]) for case in fake} == {case: values(real[case]) for case in fake}
    for case, messages in real.items():
        for (name, text), (_, played) in zip(times(messages), times(fake[case]), strict=True):
            assert bool(text) == bool(played), f"{case}: {name} {text!r} on Asterisk, {played!r} simulated"
            assert abs(int(text or 0) - int(played or 0)) <= SLACK, f"{case}: {name} {text} on Asterisk, {played} simulated"
