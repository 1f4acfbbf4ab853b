"""What a single value of the configuration may be: durations, numbers, names, phones, shares, hours.

Owns the checks of one value and the sentence when it is wrong. Knows no key and no section.
Invariant: a value that passes is usable as it stands; nobody behind checks it again.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.contact.week import parse_week
from collectord.core.rule_text import parse_duration

E164 = re.compile(r"\A\+[1-9][0-9]{6,14}\Z", re.ASCII)
RETURNABLE_SERVICES = frozenset({"toll_free", "voip", "uan"})  # nobody's line, but a company's, and called back without extra cost


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("expected a duration in quotes like 90s, 15m, 36h or 7d")
    span = parse_duration(value)
    if span < timedelta(0):
        raise ValueError("a duration cannot be negative here")
    return span


def _e164(value: str) -> str:
    if not E164.match(value):
        raise ValueError("expected a full international number like +493012345600")
    return value


def _name(value: str) -> str:
    if not re.match(r"\A[A-Za-z0-9_.-]{1,40}\Z", value):
        raise ValueError("expected 1 to 40 letters, digits, '_', '-' or '.'")
    return value


def _endpoint(value: str) -> str:
    if not re.match(r"\A(PJSIP|SIP|DAHDI|Local)/[A-Za-z0-9_.@/-]{1,60}\Z", value):
        raise ValueError("expected a phone as the PBX names it, like PJSIP/201")
    return value.removesuffix("/n") if value.startswith("Local/") else value


def _device(value: str) -> str:
    part = r"((PJSIP|SIP|DAHDI)/|Custom:)[A-Za-z0-9_.-]{1,60}"
    if value and not re.match(rf"\A{part}(&{part}){{0,8}}\Z", value):
        raise ValueError("expected the phone as the PBX watches it, like PJSIP/201, perhaps with more: PJSIP/201&Custom:DND201")
    return value


def _share(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and value in (0, 1):  # as the environment spells them
        value = str(int(value))
    if not isinstance(value, str):
        raise ValueError('expected a share in quotes, like "0.25"')
    share = Decimal(value) if re.match(r"\A[0-9](\.[0-9]{1,6})?\Z", value) else Decimal(-1)
    if not 0 <= share <= 1:
        raise ValueError('expected a share between "0" and "1"')
    return share


def _hours(value: str) -> str:
    if value:
        parse_week(value)
    return value


def _shown(value: str) -> str:
    """Whoever sees it calls it back: an ordinary number, or one that costs no more (German TKG Sec. 120 forbids 0900, 0137, 118xx, 110)."""
    read = to_dial_number(_e164(value), 1, "")
    if read.problem and read.kind not in RETURNABLE_SERVICES:
        raise ValueError(f"{value} {read.problem}; debtors see it and call it back: show an ordinary number of your own")
    return value


def _recording(text: str) -> str:
    if text and not re.match(r"\A[a-z0-9-]{1,40}\Z", text):
        raise ValueError("expected a-z, 0-9 and hyphens: muster for the recording name-muster")
    return text


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Number = Annotated[str, AfterValidator(_e164)]
Name = Annotated[str, AfterValidator(_name)]
Share = Annotated[Decimal, BeforeValidator(_share)]
Hours = Annotated[str, AfterValidator(_hours)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Device = Annotated[str, AfterValidator(_device)]
Shown = Annotated[str, AfterValidator(_shown)]
RecordingName = Annotated[str, AfterValidator(_recording)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def is_loopback(host: str) -> bool:
    return host == "localhost" or host == "::1" or host.startswith("127.")
