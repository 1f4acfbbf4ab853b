"""Ready-made facts for tests of the gate: a debtor in Berlin who owes 100 EUR, in a house whose export is fresh."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.contact.contact_rules import Allowed, Refused, may_contact
from collectord.core.contact.facts import Contact, DebtorFacts, Fact, SourceState
from collectord.core.contact.pack_text import parse_pack
from collectord.core.contact.packs import Pack
from collectord.core.house import House
from collectord.core.receivables.ledger import Debtor, DialNumber, OpenItem
from collectord.core.rule_text import Problem, Table

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
FIRST = "+493012345601"
SECOND = "+493012345602"


def shipped_packs() -> dict[str, Pack]:
    packs = {}
    for path in sorted(Path("rules/packs").glob("*.toml")):
        problems: list[Problem] = []
        packs[path.stem] = parse_pack(path.stem, Table(tomllib.loads(path.read_text(encoding="utf-8")), "", problems))
        assert problems == []
    return packs


PACKS = shipped_packs()


def local(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def item(item_no: str = "A1", amount: str = "100.00", **more: Any) -> OpenItem:
    given: dict[str, Any] = {"due_on": date(2026, 11, 1), "source": "canonical", **more}
    return OpenItem(company="", debtor_no="10", item_no=item_no, open_amount=Decimal(amount), **given)


def number(e164: str | None = FIRST, position: int = 1, zones: tuple[str, ...] = (BERLIN,), problem: str | None = None) -> DialNumber:
    return DialNumber(position=position, raw=e164 or "?", e164=e164, zones=zones, problem=problem)


def debtor(*numbers: DialNumber, **more: Any) -> Debtor:
    given: dict[str, Any] = {"country": "DE", "region": "BE", **more}
    return Debtor(company="", debtor_no="10", debtor_name="Muster", numbers=numbers or (number(),), **given)


def call(at: datetime, result: str = "no_answer", to: str = FIRST, **more: Any) -> Contact:
    given: dict[str, Any] = {"company": "", "debtor_no": "10", **more}
    return Contact(at=at, result=result, number=to, **given)


def fact(kind: str, value: str = "", at: datetime | None = None, **more: Any) -> Fact:
    return Fact(id=f"{kind}-{value}", at=at or local("2026-11-01T10:00"), company="", debtor_no="10", kind=kind, value=value, **more)


def facts(*, as_of: date | None = date(2026, 11, 23), **more: Any) -> DebtorFacts:
    given: dict[str, Any] = {
        "debtor": debtor(),
        "items": (item(),),
        "sources": (SourceState(source="canonical", fresh_as_of=as_of),),
        **more,
    }
    return DebtorFacts(**given)


HOUSE = House(language="en", packs=("auto", "house"))


def house(*packs: str, **more: Any) -> House:
    return replace(HOUSE, packs=packs, **more)


def ask(
    known: DebtorFacts,
    at: datetime,
    *wanted: str,
    packs: Mapping[str, Pack] = PACKS,
    fresh: bool = True,
    within: House | None = None,
    **more: Any,
) -> Allowed | Refused:
    """The gate's answer with these packs; `fresh` takes the export for one of the day of the question."""
    own = within or (house(*wanted) if wanted else HOUSE)
    if fresh:
        sources = tuple(replace(source, fresh_as_of=own.today(at)) for source in known.sources)
        known = replace(known, sources=sources)
    return may_contact(known, packs, own, at, **more)


def rules(answer: Allowed | Refused) -> set[str]:
    return {refusal.rule for refusal in answer.refusals} if isinstance(answer, Refused) else set()
