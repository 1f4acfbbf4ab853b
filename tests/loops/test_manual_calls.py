"""Test calls: the caller ID is proved on the trunk that will show it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from collectord.core.telephony.pbx_calls import AgentCall, Placed, Refused
from collectord.loops import manual, trial_calls
from collectord.settings import AgentSection, CompanySection, PbxSection, Settings, TrunkSection
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, Remembering
from tests.loops.test_pbx_desk import at_the_pbx


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


@dataclass
class Unwilling(Remembering):
    """Takes no order and keeps what was asked."""

    asked: list[AgentCall] = field(default_factory=list)

    async def originate(self, call: AgentCall) -> Placed:
        self.asked.append(call)
        return Refused("no such phone")


@pytest.mark.parametrize(("company", "trunk"), [("A", "first"), ("B", "second")])
async def test_the_call_goes_through_the_trunk_that_carries_the_companys_calls(desk: Desk, company: str, trunk: str) -> None:
    settings = Settings(
        language="en",
        pbx=[PbxSection(name="main", username="collectord", secret_file="secret")],
        trunk=[TrunkSection(name="first", pbx="main"), TrunkSection(name="second", pbx="main", number_format="00")],
        company=[
            CompanySection(code="A", name="A GmbH", caller_id="+493012345600"),
            CompanySection(code="B", name="B GmbH", caller_id="+493012345700", trunk="second"),
        ],
        agent=[AgentSection(id="201", name="Anna", pin=SecretStr("4711"), endpoint="PJSIP/201", pbx="main")],
    )
    pbx = Unwilling()
    there = at_the_pbx(desk, pbx)
    there.started = "start-1"
    with pytest.raises(manual.ManualRefused, match="the PBX did not take the call: no such phone"):
        await trial_calls.test_call(desk.db, settings, {"main": there}, "201", "+493055501000", company, MONDAY)
    (asked,) = pbx.asked
    assert (asked.trunk, asked.number_format) == (trunk, "00" if trunk == "second" else "e164")
    assert there.tests == {}
