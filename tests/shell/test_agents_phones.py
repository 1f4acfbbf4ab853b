"""Which phone belongs to an agent: the endpoint itself, or the one behind a way to it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from collectord.settings import AgentSection


def anna(**given: Any) -> AgentSection:
    return AgentSection(id="201", name="Anna", pin=SecretStr("4711"), **given)


@pytest.mark.parametrize(
    ("given", "endpoint", "devices"),
    [
        ({"endpoint": "PJSIP/201"}, "PJSIP/201", ("PJSIP/201",)),
        ({"endpoint": "PJSIP/201", "device": "PJSIP/201&Custom:DND201"}, "PJSIP/201", ("PJSIP/201", "Custom:DND201")),
        ({"endpoint": "Local/201@coll-phones"}, "Local/201@coll-phones", ("PJSIP/201",)),
        ({"endpoint": "Local/201@coll-phones/n"}, "Local/201@coll-phones", ("PJSIP/201",)),
        ({"endpoint": "Local/201@from-internal/n", "device": "PJSIP/201"}, "Local/201@from-internal", ("PJSIP/201",)),
    ],
)
def test_what_is_rung_and_what_is_watched(given: dict[str, str], endpoint: str, devices: tuple[str, ...]) -> None:
    agent = anna(**given)
    assert (agent.endpoint, agent.devices) == (endpoint, devices)
