"""Settings: the only reader of the configuration file, the environment and secrets.

Owns the keys, their types and the sentences about wrong ones. Takes no decision; hands frozen values inward.
Invariant: a configuration that loads is complete and consistent; one that does not names every wrong key at once.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
import tomllib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.contact.week import parse_week
from collectord.core.house import Company, House
from collectord.core.rule_text import parse_duration
from collectord.core.telephony.attempts import CallTimes
from collectord.core.telephony.pauses import MISSED_RINGS
from collectord.core.toml_faults import toml_fault
from collectord.core.toml_lines import KeyLines
from collectord.core.toml_reading import read_toml

DEFAULT_CONFIG = Path("/etc/collectord/collectord.toml")
E164 = re.compile(r"\A\+[1-9][0-9]{6,14}\Z", re.ASCII)


class ConfigInvalid(Exception):
    """The configuration cannot be used: one sentence a problem, each with file, line and key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


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


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Number = Annotated[str, AfterValidator(_e164)]
Name = Annotated[str, AfterValidator(_name)]
Share = Annotated[Decimal, BeforeValidator(_share)]
Hours = Annotated[str, AfterValidator(_hours)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ContactSection(Section):
    packs: list[str] = ["auto", "house"]
    paid_already_days: int = Field(default=5, ge=1, le=30)  # banking days that "paid already" holds calls
    private_assessment: str = Field(default="", max_length=200)  # data-protection assessment that allows profiles of private persons


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
        return _is_loopback(self.host)


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


RETURNABLE_SERVICES = frozenset({"toll_free", "voip", "uan"})  # nobody's line, but a company's, and called back without extra cost


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


class CompanySection(Section):
    code: str = ""
    name: str
    caller_id: Annotated[str, AfterValidator(_shown)]
    region: str = ""
    trunk: str = ""  # "" = the first trunk of the agent's PBX
    other_trunks: list[str] = []  # taken in this order while `trunk` rests; each must show the caller ID
    recorded_name: Annotated[str, AfterValidator(_recording)] = ""  # predictive: your recording name-….wav
    callback_numbers: list[Number] = []  # further numbers of our own, besides caller_id, whose calls reach collectord

    @property
    def called_back_at(self) -> frozenset[str]:
        return frozenset({self.caller_id, *self.callback_numbers})


class AgentSection(Section):
    id: Name
    name: str
    pin: SecretStr
    endpoint: Annotated[str, AfterValidator(_endpoint)]
    device: Annotated[str, AfterValidator(_device)] = ""  # whose state tells that the phone is free; "" = the endpoint's own
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

    @property
    def devices(self) -> tuple[str, ...]:
        """The phone, then what else must be idle."""
        if self.device:
            return tuple(self.device.split("&"))
        if self.endpoint.startswith("Local/") and self.endpoint.endswith("@coll-phones"):
            return (f"PJSIP/{self.endpoint[6:-12]}",)
        return (self.endpoint,)


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


class IntakeSection(Section):
    poll_every: Duration = timedelta(seconds=5)
    quiet_for: Duration = timedelta(seconds=10)  # a file without marker is taken when it has not changed for so long
    shrink_items: Share = Decimal("0.25")
    shrink_amount: Share = Decimal("0.40")
    shrink_from: int = Field(default=20, ge=1)


class NoticesSection(Section):
    """Who is told by e-mail or webhook when something needs a person."""

    email_to: list[str] = []
    email_from: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_user: str = ""
    smtp_secret_file: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    webhook_url: str = ""
    late_after: Duration = timedelta(hours=2)  # beyond the hour at which an export usually comes

    @property
    def by_mail(self) -> bool:
        return bool(self.email_to)

    @property
    def by_hook(self) -> bool:
        return bool(self.webhook_url)

    def problems(self) -> list[str]:
        """One sentence for each key that does not fit the others."""
        found = []
        if self.email_to and not self.smtp_host:
            found.append("notices.smtp_host is missing; expected the mail server that takes what goes to notices.email_to")
        if self.email_to and not self.email_from:
            found.append("notices.email_from is missing; expected the address that the mails come from")
        if self.smtp_host and not self.email_to:
            found.append("notices.email_to is empty, but notices.smtp_host is set; expected at least one address")
        addresses = [*(("notices.email_to", one) for one in self.email_to), ("notices.email_from", self.email_from or "a@b")]
        found += [
            f"{key} = {address!r} is no address; expected one like buchhaltung@example.com"
            for key, address in addresses
            if not _ADDRESS.match(address)
        ]
        if bool(self.smtp_user) != bool(self.smtp_secret_file):
            missing, given = ("smtp_secret_file", "smtp_user") if self.smtp_user else ("smtp_user", "smtp_secret_file")
            found.append(f"notices.{missing} is missing, but notices.{given} is set; expected both or none")
        if self.smtp_user and self.smtp_tls == "none" and not _is_loopback(self.smtp_host):
            found.append('notices.smtp_tls = "none" would send the password in the clear; expected "starttls" or "tls"')
        if self.webhook_url and not _web_host(self.webhook_url):
            found.append(f"notices.webhook_url = {self.webhook_url!r} is no address; expected https://… or http://…, without a user name")
        return found


class MailSection(Section):
    """The mail server that e-mails to debtors leave by; none leave without one."""

    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_user: str = ""
    smtp_secret_file: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    email_from: str = ""
    reply_to: str = ""

    @property
    def is_on(self) -> bool:
        return bool(self.smtp_host)

    def problems(self) -> list[str]:
        """One sentence for each key that does not fit the others."""
        found = []
        if self.smtp_host and not self.email_from:
            found.append("mail.email_from is missing; expected the address that debtors see and answer to")
        found += [
            f"mail.{key} = {address!r} is no address; expected one like buchhaltung@example.com"
            for key, address in (("email_from", self.email_from), ("reply_to", self.reply_to))
            if address and not _ADDRESS.match(address)
        ]
        if bool(self.smtp_user) != bool(self.smtp_secret_file):
            missing, given = ("smtp_secret_file", "smtp_user") if self.smtp_user else ("smtp_user", "smtp_secret_file")
            found.append(f"mail.{missing} is missing, but mail.{given} is set; expected both or none")
        if self.smtp_user and self.smtp_tls == "none" and not _is_loopback(self.smtp_host):
            found.append('mail.smtp_tls = "none" would send the password in the clear; expected "starttls" or "tls"')
        return found


class LettersSection(Section):
    """Letters into exchange/print; off as long as accounting's own dunning run sends them."""

    enabled: bool = False
    sender: list[str] = Field(default=[], max_length=6)  # the lines of the house's own address; the first stands above the debtor's


_ADDRESS = re.compile(r"\A[^\s@<>,;:\"\\()\x00-\x1f\x7f]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _web_host(url: str) -> str:
    """The host of an http or https address; "" when it is none, or holds a password that would show up in logs."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https") and parts.username is None and port != 0 and url.isprintable() and " " not in url
    return (parts.hostname or "") if fits else ""


class OutboxSection(Section):
    outcomes_every: Duration = timedelta(seconds=60)
    call_list: bool = True
    quality: bool = True


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
                "notices.webhook_url": _web_host(self.notices.webhook_url),
            }
            problems += [
                f"sandbox = true, but {key} names {host!r}; expected a loopback address"
                for key, host in told.items()
                if host and not _is_loopback(host)
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


_EXPECTED = {
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
    "is_instance_of": "a path in quotes",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "string_pattern_mismatch": "two capital letters, like DE",
}
_LISTS = (
    "pbx",
    "trunk",
    "company",
    "agent",
    "contact.packs",
    "notices.email_to",
    "letters.sender",
    "dialling.pause_reasons",
)  # in the environment: JSON
_NEARLY = 0.72  # how alike a name must be to a key to be taken for a misspelt one: LIFE for LIVE, not SANDBOX_CACHE for SANDBOX


def _environment() -> list[str]:
    """What is wrong with the COLLECTORD_… variables as such: names that are no key, lists that are no JSON."""
    problems = []
    for name, value in sorted(os.environ.items()):
        if not name.startswith("COLLECTORD_"):
            continue
        key = name.removeprefix("COLLECTORD_").lower().replace("__", ".")
        section = key.partition(".")[0]
        if section not in Settings.model_fields:  # somebody else's variable, unless it looks like one of ours misspelt
            if "." in key or difflib.get_close_matches(section, Settings.model_fields, 1, _NEARLY):
                problems.append(f"environment: {name}: there is no such key; see the commented file that `collectord init` writes")
        elif key in _LISTS or (key in Settings.model_fields and value[:1] in ("{", "[")):
            try:
                json.loads(value)
            except ValueError:
                problems.append(f'environment: {name} = {value[:80]!r} is wrong; expected JSON, like ["auto", "house"]')
    return problems


def _origin(path: Path, error: Any) -> str:
    """Where the wrong value stands: the environment overrides the file."""
    names = [str(part).upper() for part in error["loc"] if not isinstance(part, int)]
    for depth in range(len(names), 0, -1):
        if (name := "COLLECTORD_" + "__".join(names[:depth])) in os.environ:
            return f"environment: {name}"
    return str(path)


def _sentence(error: Any, data: dict[str, Any]) -> str:
    where = ""
    node: Any = data
    for part in error["loc"]:
        if isinstance(part, int):
            where += f"[{part + 1}]"
            name = (
                node[part].get("name") or node[part].get("id")
                if isinstance(node, list) and part < len(node) and isinstance(node[part], dict)
                else None
            )
            where += f" ({name})" if name else ""
            node = node[part] if isinstance(node, list) and part < len(node) else None
        else:
            where += f".{part}" if where else str(part)
            node = node.get(part) if isinstance(node, dict) else None
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"{where}: this key is unknown; see the commented file that `collectord init` writes"
    if kind == "missing":
        return f"{where}: this key is missing"
    if kind in _EXPECTED:
        return f"{where}: {error['input']!r} is wrong; expected {_EXPECTED[kind].format(**error.get('ctx', {}))}"
    return f"{where}: {message}" if where else message


def _key(loc: tuple[str | int, ...], sentence: str) -> str:
    """The key that a sentence speaks of; "" when it speaks of several places."""
    if not loc:
        found = re.match(r"[a-z_]+\.[a-z_]+(?= = )", sentence)
        return found[0] if found else ""
    found = re.search(r": ([a-z_]+)(?: = .*)?: ", sentence) or re.search(r": ([a-z_]+) = ", sentence)
    return ".".join([*map(str, loc), *([found[1]] if found else [])])


def load(path: Path | None = None) -> Settings:
    """Reads the file (or COLLECTORD_CONFIG, or the default) and the environment. Raises ConfigInvalid with every problem."""
    path = path or Path(os.environ.get("COLLECTORD_CONFIG") or DEFAULT_CONFIG)
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        data = read_toml(text)
    except FileNotFoundError:
        raise ConfigInvalid([f"{path}: there is no such file; write one with `collectord init DIR` or name it with --config"]) from None
    except OSError as error:
        raise ConfigInvalid([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigInvalid([f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        line, why = toml_fault(text, error)
        raise ConfigInvalid([f"{path}: line {line}: {why}"]) from None
    home = path.absolute().parent
    for key in ("state_dir", "exchange_dir", "rules_dir"):
        if isinstance(data.get(key, ""), str):
            data[key] = Path(data.get(key) or key.removesuffix("_dir"))
    if problems := _environment():
        raise ConfigInvalid(problems)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        problems, lines = [], KeyLines(text)
        for found in error.errors():
            origin = _origin(path, found)
            in_file = origin == str(path)
            for sentence in _sentence(found, data if in_file else {}).split("\n"):
                key = _key(found["loc"], sentence) if in_file else ""
                problems.append(f"{origin}: line {lines.line(key)}: {sentence}" if key else f"{origin}: {sentence}")
        raise ConfigInvalid(problems) from None
    except SettingsError as error:
        raise ConfigInvalid([f"environment: {error}; lists and tables are written as JSON"]) from None
    absolute = {key: home / getattr(settings, key) for key in ("state_dir", "exchange_dir", "rules_dir")}
    first_pbx = settings.pbx[0].name if settings.pbx else ""
    return settings.model_copy(
        update={
            **absolute,
            "pbx": [p.model_copy(update={"secret_file": str(home / p.secret_file)}) for p in settings.pbx],
            "agent": [
                a.model_copy(update={"pbx": a.pbx or first_pbx, "languages": a.languages or [settings.language]}) for a in settings.agent
            ],
            "notices": settings.notices.model_copy(
                update={"smtp_secret_file": str(home / settings.notices.smtp_secret_file) if settings.notices.smtp_secret_file else ""}
            ),
            "mail": settings.mail.model_copy(
                update={"smtp_secret_file": str(home / settings.mail.smtp_secret_file) if settings.mail.smtp_secret_file else ""}
            ),
            "trunk": [t.model_copy(update={"pbx": t.pbx or first_pbx}) for t in settings.trunk],
        }
    )


def read_secret(pbx: PbxSection) -> str:
    """The AMI secret. Raises ConfigInvalid."""
    return _secret(Path(pbx.secret_file), f"pbx {pbx.name}: secret_file", "the AMI secret")


def read_smtp_secret(section: NoticesSection | MailSection) -> str:
    """The mail server's password; "" where none is needed. Raises ConfigInvalid."""
    if not section.smtp_user:
        return ""
    key = "mail" if isinstance(section, MailSection) else "notices"
    return _secret(Path(section.smtp_secret_file), f"{key}.smtp_secret_file", "the mail server's password")


def _secret(path: Path, key: str, what: str) -> str:
    """A systemd credential of the file's name, else the file, which nobody else may read."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / path.name).is_file():
        path = Path(credentials) / path.name
    else:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise ConfigInvalid([f"{key} {path}: {error.strerror}; write {what} there, mode 0600"]) from None
        if stat.S_IMODE(mode) & 0o077:
            raise ConfigInvalid([f"{key} {path} can be read by others; run chmod 600 {path}"])
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigInvalid([f"{key} {path}: {error.strerror}; it must be a file that collectord may read"]) from None
    except UnicodeDecodeError:
        secret = ""
    if not secret or not secret.isprintable():
        raise ConfigInvalid([f"{key} {path} must hold {what} on one line"])
    return secret
