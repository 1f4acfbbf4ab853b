"""`doctor` on recording: a warning where the PBX can record and nobody asked for it, and where it is asked for and the PBX cannot."""

from __future__ import annotations

import pytest

from collectord.loops import doctor_pbx
from collectord.loops.doctor_words import Words
from tests.edge.fake_ami import FakeAmi
from tests.edge.test_ami_asterisk import linked

MIXMONITOR = "IFMODULE(app_mixmonitor.so)"


async def found(*, asked: bool, loaded: bool = True, folder: str = "/var/spool/asterisk/collectord", other: bool = False) -> dict[str, str]:
    async with FakeAmi() as ami, linked(ami) as pbx:
        ami.variables |= {MIXMONITOR: str(int(loaded)), "COLL_RECORDINGS": folder, "IFMODULE(app_monitor.so)": str(int(other))}
        return {line["check"]: line["outcome"] for line in await doctor_pbx._modules("pbx main", pbx, Words("en", "UTC"), asked=asked)}


async def test_a_pbx_that_could_record_though_nobody_asked_for_it_is_a_warning() -> None:
    assert await found(asked=False) == {"pbx main app_mixmonitor.so": "warn"}
    assert await found(asked=False, loaded=False) == {"pbx main modules": "ok"}


async def test_where_it_is_asked_for_the_module_is_wanted_and_any_other_is_not() -> None:
    assert await found(asked=True) == {"pbx main recording": "ok"}
    assert await found(asked=True, other=True) == {"pbx main recording": "ok", "pbx main app_monitor.so": "warn"}


@pytest.mark.parametrize("lacks", [{"loaded": False}, {"folder": ""}, {"folder": "recordings"}])
async def test_where_it_is_asked_for_and_the_pbx_cannot_somebody_is_told(lacks: dict[str, object]) -> None:
    assert (await found(asked=True, **lacks))["pbx main recording"] == "warn"  # type: ignore[arg-type]
