"""Sections of the lines: the PBXes, their trunks, the companies that are shown, the agents and their phones.

Owns these keys and what must fit within one section. Reads no file and opens no link.
Invariant: a section that is valid alone says so; what must fit between sections is checked in `whole`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cached_property
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from collectord.settings.values import Device, Duration, Endpoint, Hours, Name, Number, RecordingName, Section, Shown, is_loopback


class PbxSection(Section):
    name: Name
    kind: Literal["asterisk", "simulated"] = "asterisk"
    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=0, le=65535)
    tls: bool = False
    username: str = "collectord"
    secret_file: str = "ami.secret"
    speed: int = Field(default=1, ge=1, le=100)  # simulated only: so many times faster than life

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


class TrunkSection(Section):
    name: Name
    pbx: str = ""
    channels: int = Field(default=30, ge=1, le=10_000)
    reserve: int = Field(default=2, ge=0)
    calls_per_second: int = Field(default=2, ge=1, le=200)
    number_format: Literal["e164", "00", "national"] = "e164"
    rest_after: int = Field(default=5, ge=0, le=100)  # so many calls in a row that failed by the trunk: it rests; 0: never
    rest_for: Duration = timedelta(minutes=5)

    @model_validator(mode="after")
    def leaves_room(self) -> TrunkSection:
        if self.rest_for < timedelta(seconds=10):
            raise ValueError("rest_for: expected 10s or more")
        if self.reserve >= self.channels:
            raise ValueError(f"reserve = {self.reserve} leaves none of the {self.channels} channels; expected reserve below channels")
        return self


class CompanySection(Section):
    code: str = ""
    name: str
    caller_id: Shown
    region: str = ""
    trunk: str = ""  # "" = the first trunk of the agent's PBX
    other_trunks: list[str] = []  # taken in this order while `trunk` rests; each must show the caller ID
    recorded_name: RecordingName = ""  # predictive: your recording name-….wav
    callback_numbers: list[Number] = []  # further numbers of our own, besides caller_id, whose calls reach collectord

    @property
    def called_back_at(self) -> frozenset[str]:
        return frozenset({self.caller_id, *self.callback_numbers})


class AgentSection(Section):
    id: Name
    name: str
    pin: SecretStr
    endpoint: Endpoint
    device: Device = ""  # whose state tells that the phone is free; "" = the endpoint's own
    pbx: str = ""
    languages: list[str] = []
    skills: list[str] = []
    hours: Hours = ""  # "" = whenever the others work
    minutes_a_day: int | None = Field(default=None, ge=0, le=1440)  # of these hours, for calls; None: as the rules say
    logged_in: bool = False
    # the make of the phone: its agent may then have it answer by itself, and switches that on and off (*88); "": nobody can
    auto_answer: Literal["", "snom", "yealink", "gigaset", "audiocodes", "mitel", "grandstream", "polycom"] = ""

    @model_validator(mode="after")
    def phone_can_be_asked_to_answer(self) -> AgentSection:
        if self.auto_answer and not (self.endpoint.startswith("PJSIP/") or self.endpoint.endswith("@coll-phones")):
            raise ValueError('auto_answer: expected endpoint = "PJSIP/201" or "Local/201@coll-phones", because only these pass it on')
        return self

    @model_validator(mode="after")
    def pin_is_keyed(self) -> AgentSection:
        if not re.match(r"\A[0-9]{4,12}\Z", self.pin.get_secret_value()):
            raise ValueError("pin: expected 4 to 12 digits in quotes, because it is keyed on the phone")
        return self

    @model_validator(mode="after")
    def phone_can_be_watched(self) -> AgentSection:
        if self.devices[0].startswith("Local/"):
            raise ValueError(
                f'device: expected the phone behind {self.endpoint}, like "PJSIP/201", because Local does not say that it is busy'
            )
        if self.devices[0].startswith("Custom:"):
            raise ValueError('device: expected the phone first, like "PJSIP/201&Custom:DND201"')
        return self

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """The phone, then what else must be idle."""
        if self.device:
            return tuple(self.device.split("&"))
        if self.endpoint.startswith("Local/") and self.endpoint.endswith("@coll-phones"):
            return (f"PJSIP/{self.endpoint[6:-12]}",)
        return (self.endpoint,)
