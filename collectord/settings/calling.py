"""Sections of the calls: how debtors are dialled, put through, dialled by hand, recorded, and which contact rules hold.

Owns these keys and their bounds. Decides about no call.
Invariant: times that ring at somebody stay within what is humane, whatever is written.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from collectord.core.telephony.pauses import MISSED_RINGS
from collectord.settings.values import Duration, Hours, Section


class ContactSection(Section):
    packs: list[str] = ["auto", "house"]
    paid_already_days: int = Field(default=5, ge=1, le=30)  # banking days that "paid already" holds calls
    private_assessment: str = Field(default="", max_length=200)  # data-protection assessment that allows profiles of private persons


class DiallingSection(Section):
    mode: Literal["preview", "pull", "progressive", "predictive"] = "preview"
    lines: bool = False  # agents may wait on an open line (*87) instead of being rung for each call
    predictive_from: int = Field(default=20, ge=2)  # agents on open lines; below nobody is dialled ahead of an agent
    predictive_private: bool = False  # private persons, and whoever may be one, as well
    display: Literal["case", "name", "name_amount"] = "name"
    decide_within: Duration = timedelta(seconds=90)
    ring_agent_for: Duration = timedelta(seconds=20)
    ring_debtor_for: Duration = timedelta(seconds=30)
    tries_each_number: int = Field(default=1, ge=1, le=10)  # calls without a talk before the debtor's next number goes first
    wrap_up_for: Duration = timedelta(seconds=60)  # 1s to 10m; the menu on the phone runs at least 10 s
    missed_rings: int = Field(default=3, ge=1)  # so many rings in a row that rang out: the agent is paused
    rest_after_missed: Duration = timedelta(seconds=60)
    breath: Duration = timedelta(seconds=3)  # progressive: after the wrap-up of a talk, before the next call; 0s to 10m
    missed_pause_for: Duration = timedelta(minutes=15)  # then the phone is rung once more; "0s": only the agent ends such a pause
    pause_reasons: list[str] = ["lunch", "meeting", "training", "desk", "break"]  # keys 1, 2, … of *82

    @model_validator(mode="after")
    def ring_times_are_humane(self) -> DiallingSection:
        # 15-40 s: German industry code 2015; below 15 s a person does not reach the phone, above 40 s it is harassment.
        if not timedelta(seconds=15) <= self.ring_debtor_for <= timedelta(seconds=40):
            raise ValueError("ring_debtor_for: expected 15s to 40s")
        if not timedelta(seconds=5) <= self.ring_agent_for <= timedelta(seconds=60):
            raise ValueError("ring_agent_for: expected 5s to 60s")
        if not timedelta(seconds=1) <= self.wrap_up_for <= timedelta(minutes=10):
            raise ValueError("wrap_up_for: expected 1s to 10m")
        if not timedelta(seconds=1) <= self.decide_within <= timedelta(minutes=10):
            raise ValueError("decide_within: expected 1s to 10m")
        if not timedelta(0) <= self.breath <= timedelta(minutes=10):
            raise ValueError("breath: expected 0s to 10m")
        if not timedelta(0) < self.rest_after_missed <= timedelta(hours=1):
            raise ValueError("rest_after_missed: expected 1s to 1h")
        if len(self.pause_reasons) > 9 or len(set(self.pause_reasons)) < len(self.pause_reasons):
            raise ValueError("pause_reasons: expected at most 9 different reasons, because each is a key of the phone")
        for reason in self.pause_reasons:
            if not 1 <= len(reason.strip()) <= 40 or not reason.isprintable() or reason == MISSED_RINGS:
                raise ValueError(f"pause_reasons: {reason!r} is no reason; expected 1 to 40 characters like lunch, meeting or Warenausgang")
        return self


class InboundSection(Section):
    hours: Hours = ""  # when calls of debtors are put through; "" = whenever somebody is logged in and works
    self_service: bool = False  # whoever reaches nobody may key debtor and invoice number (dialplan/collect-self-service.conf)
    wrong_pairs_per_number: int = Field(default=6, ge=1, le=100)  # that do not fit, within 24 h: then no self-service for this number,
    wrong_pairs_per_day: int = Field(default=50, ge=1, le=10_000)  # and from all callers together: then for nobody


class OutgoingSection(Section):
    mode: Literal["off", "record", "gate"] = (
        "off"  # what becomes of debtors' numbers that agents dial by hand (dialplan/collect-outgoing.conf)
    )


class RecordingSection(Section):
    """Sec. 201 StGB: nobody is recorded who has not agreed (docs/DIALPLAN.md, section 14)."""

    mode: Literal["off", "asked"] = "off"  # asked: after the debtor's yes the agent presses *3, and it is written down first
    keep_days: int = Field(default=30, ge=1, le=365)  # then a recording is erased
