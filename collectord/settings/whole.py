"""The whole configuration: every section, what must fit between them, and the house that decisions are handed.

Owns the top-level keys. Reads no file; the environment overrides the file here.
Invariant: settings that exist are consistent, and everything that does not fit was named at once.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from collectord.core.contact.week import parse_week
from collectord.core.house import Company, House
from collectord.core.telephony.attempts import CallTimes
from collectord.settings.calling import ContactSection, DiallingSection, InboundSection, OutgoingSection, RecordingSection
from collectord.settings.exchange import IntakeSection, OutboxSection
from collectord.settings.lines import AgentSection, CompanySection, PbxSection, TrunkSection
from collectord.settings.messages import LettersSection, MailSection, NoticesSection, web_host
from collectord.settings.values import is_loopback


class Settings(BaseSettings):
    """The whole configuration. Paths are absolute after loading."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        env_prefix="COLLECTORD_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    state_dir: Path = Path("state")
    exchange_dir: Path = Path("exchange")
    rules_dir: Path = Path("rules")
    language: Literal["de", "en"] = "de"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "DE"
    time_zone: str = "Europe/Berlin"
    max_export_age: int = Field(default=1, ge=0, le=10)
    live: bool = False
    sandbox: bool = False
    contact: ContactSection = ContactSection()
    pbx: list[PbxSection] = []
    trunk: list[TrunkSection] = []
    company: list[CompanySection] = []
    agent: list[AgentSection] = []
    dialling: DiallingSection = DiallingSection()
    inbound: InboundSection = InboundSection()
    outgoing: OutgoingSection = OutgoingSection()
    recording: RecordingSection = RecordingSection()
    intake: IntakeSection = IntakeSection()
    outbox: OutboxSection = OutboxSection()
    notices: NoticesSection = NoticesSection()
    mail: MailSection = MailSection()
    letters: LettersSection = LettersSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        typed = InitSettingsSource(settings_cls, _typed(env_settings()))
        return typed, init_settings  # the environment overrides the file

    @model_validator(mode="after")
    def consistent(self) -> Settings:
        problems: list[str] = []
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            problems.append(f"time_zone = {self.time_zone!r} is unknown; expected a name like Europe/Berlin")
        if self.dialling.mode == "predictive":
            if not self.dialling.lines:
                problems.append("dialling.lines = false, and mode = 'predictive' needs it: agents wait on open lines (*87); expected true")
            problems += [
                f"dialling.mode = 'predictive' needs recorded_name of company {company.code!r}: a recording of its name for whoever answers"
                " and finds nobody"
                for company in self.company
                if not company.recorded_name
            ]
        pbxes, trunks = [pbx.name for pbx in self.pbx], [trunk.name for trunk in self.trunk]
        for label, names in (
            ("pbx.name", pbxes),
            ("trunk.name", trunks),
            ("company.code", [company.code for company in self.company]),
            ("agent.id", [agent.id for agent in self.agent]),
            ("agent.endpoint", [f"{agent.endpoint} at {agent.pbx}" if agent.pbx else agent.endpoint for agent in self.agent]),
        ):
            problems += [
                f"{label} {name!r} is there twice; expected each once" for name in sorted({n for n in names if names.count(n) > 1})
            ]
        for trunk in self.trunk:
            if trunk.pbx and trunk.pbx not in pbxes:
                problems.append(f"trunk {trunk.name!r}: pbx = {trunk.pbx!r} is not defined; expected one of {pbxes}")
        for agent in self.agent:
            if agent.pbx and agent.pbx not in pbxes:
                problems.append(f"agent {agent.id!r}: pbx = {agent.pbx!r} is not defined; expected one of {pbxes}")
        for company in self.company:
            if company.trunk and company.trunk not in trunks:
                problems.append(f"company {company.code!r}: trunk = {company.trunk!r} is not defined; expected one of {trunks}")
            for name in company.other_trunks:
                if name == company.trunk:
                    problems.append(f"company {company.code!r}: other_trunks names {name!r}, which is its trunk; expected another one")
                elif name not in trunks:
                    problems.append(f"company {company.code!r}: other_trunks names {name!r}, which is not there; expected some of {trunks}")
        if self.sandbox:
            problems += [
                f"sandbox = true, but pbx {p.name!r} has host {p.host!r}; expected a loopback address"
                for p in self.pbx
                if not p.is_loopback
            ]
            told = {
                "notices.smtp_host": self.notices.smtp_host,
                "mail.smtp_host": self.mail.smtp_host,
                "notices.webhook_url": web_host(self.notices.webhook_url),
            }
            problems += [
                f"sandbox = true, but {key} names {host!r}; expected a loopback address"
                for key, host in told.items()
                if host and not is_loopback(host)
            ]
        problems += [*self.notices.problems(), *self.mail.problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def house(self) -> House:
        return House(
            language=self.language,
            country=self.country,
            time_zone=self.time_zone,
            max_export_age=self.max_export_age,
            packs=tuple(self.contact.packs),
            companies={c.code: Company(code=c.code, name=c.name, caller_id=c.caller_id, region=c.region) for c in self.company},
            shrink_items=self.intake.shrink_items,
            shrink_amount=self.intake.shrink_amount,
            shrink_from=self.intake.shrink_from,
            paid_already_days=self.contact.paid_already_days,
            private_assessment=self.contact.private_assessment.strip(),
            late_after=self.notices.late_after,
            skills={agent.id: frozenset(agent.skills) for agent in self.agent},
            shifts=tuple(parse_week(agent.hours) if agent.hours else None for agent in self.agent),
            tries_each_number=self.dialling.tries_each_number,
            mode=self.dialling.mode,
            private_ahead=self.dialling.predictive_private,
            gates_hand_calls=self.outgoing.mode != "record",
            times=CallTimes(
                ring_agent_for=self.dialling.ring_agent_for,
                decide_within=self.dialling.decide_within,
                ring_debtor_for=self.dialling.ring_debtor_for,
                wrap_up_for=self.dialling.wrap_up_for,
            ),
        )


def _typed(value: Any, key: str = "") -> Any:
    """What the environment holds is text: true/false and whole numbers become what the file would have held."""
    if isinstance(value, dict):
        return {name: _typed(inner, name) for name, inner in value.items()}
    if not isinstance(value, str):
        return value
    if key in ("state_dir", "exchange_dir", "rules_dir"):
        return Path(value)
    if value in ("true", "false"):
        return value == "true"
    return int(value) if re.match(r"\A[0-9]{1,9}\Z", value) else value
