"""The house: what every decision may know about the installation itself.

Owns the values that settings hand to core. Knows no file, no secret, no PBX.
Invariant: frozen; a reload makes a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from collectord.core.contact.week import Week
from collectord.core.telephony.attempts import CallTimes
from collectord.core.wording import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A creditor's company code with its own, returnable caller ID."""

    code: str
    name: str
    caller_id: str
    region: str = ""  # federal state, for accounting days


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    language: Language = "de"
    country: str = "DE"
    time_zone: str = "Europe/Berlin"
    max_export_age: int = 1  # accounting days
    packs: tuple[str, ...] = ("auto", "house")
    companies: Mapping[str, Company] = field(default_factory=dict)
    shrink_items: Decimal = Decimal("0.25")  # FAULTS A4: hold a snapshot that loses more than this share of the open items …
    shrink_amount: Decimal = Decimal("0.40")  # … or of the open amount
    shrink_from: int = 20  # … from so many open items on
    paid_already_days: int = 5  # banking days that "paid already" holds calls, so that the payment can arrive
    private_assessment: str = ""  # "" = no profile of a private person is made: no risk estimate, no learned calling hours
    late_after: timedelta = timedelta(hours=2)  # beyond the hour at which an export usually comes
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of each agent, by id
    shifts: tuple[Week | None, ...] = ()  # each agent's working hours, None = whenever the others work
    tries_each_number: int = 1  # so many calls without a talk before another number of the debtor goes first
    mode: str = "preview"  # how calls begin where a level does not say (core/telephony/modes)
    private_ahead: bool = False  # predictive: private persons, and whoever may be one, are dialled before an agent is chosen
    gates_hand_calls: bool = True  # False: debtors' numbers that agents dial by hand are only recorded
    times: CallTimes = field(default_factory=CallTimes)  # how long each part of a call may take

    def today(self, now: datetime) -> date:
        """The house's calendar day at this instant."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()
