"""Doubts about the house: rules that lean on agents, companies or hours which the configuration does not have.

Owns the comparison of rules with the configuration. Reads neither.
Invariant: a warning names a rule that cannot work in this house as it is configured today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collectord.core.contact.packs import EVERYWHERE, GUARD, Pack
from collectord.core.contact.week import WHOLE_DAY, Week, both, parse_days, parse_week, without_days
from collectord.core.house import House
from collectord.core.receivables.risk_rules import PRIVATE
from collectord.core.receivables.strategy_doubts import DEBTORS, HOUSE, LADDERS, Doubt
from collectord.core.rules import Rules

ALWAYS: Week = (WHOLE_DAY,) * 7
TRIGGERS = "triggers.toml"


@dataclass(frozen=True, slots=True)
class Staff:
    """An agent, as far as rules lean on one."""

    skills: tuple[str, ...] = ()
    hours: str = ""  # week text, "" = whenever the others work


def house_doubts(rules: Rules, house: House, staff: Sequence[Staff]) -> Iterator[Doubt]:
    """Warnings about names, bounds and hours."""
    yield from unknown_names(rules, house, staff)
    if rules.risk.enabled and PRIVATE in rules.risk.person_types and not house.private_assessment:
        sentence = (
            "contact.private_assessment in collectord.toml names no data-protection assessment: no private person's risk is estimated"
        )
        yield Doubt(TRIGGERS, "risk.person_types", sentence, is_error=False)
    for place, trigger in enumerate(rules.triggers):
        if trigger.enabled and trigger.later_than_usual and trigger.means_private and not house.private_assessment:
            sentence = (
                "contact.private_assessment in collectord.toml names no data-protection assessment: later_than_usual watches no private"
                " person's habits, nor those of debtors of unknown kind"
            )
            yield Doubt(TRIGGERS, f"trigger.{place}.later_than_usual", sentence, is_error=False)
    yield from _hours(rules, house, staff)


def unknown_names(rules: Rules, house: House, staff: Sequence[Staff]) -> Iterator[Doubt]:
    """Where nobody or no company is configured yet, nothing is said about them."""
    if staff:
        yield from _skills(rules, {skill for one in staff for skill in one.skills})
    if house.companies:
        yield from _companies(rules, set(house.companies))


def _skills(rules: Rules, known: set[str]) -> Iterator[Doubt]:
    for ladder in rules.ladders:
        for level in ladder.levels:
            if level.enabled and level.skill and level.skill not in known:
                sentence = f"no [[agent]] of collectord.toml has the skill {level.skill!r}: these calls wait for ever"
                yield Doubt(LADDERS, f"ladder.{ladder.name}.level.{level.number - 1}.skill", sentence, is_error=False, looks_in=HOUSE)


def _companies(rules: Rules, known: set[str]) -> Iterator[Doubt]:
    named = [(LADDERS, f"ladder.{ladder.name}.companies", ladder.companies) for ladder in rules.ladders]
    named += [(TRIGGERS, f"trigger.{place}.companies", trigger.companies) for place, trigger in enumerate(rules.triggers)]
    handovers = rules.ladders[0].handovers if rules.ladders else ()
    named += [(LADDERS, f"handover.{place}.companies", handover.companies) for place, handover in enumerate(handovers)]
    named += [(DEBTORS, f"{own.path}.company", (own.key.company,)) for own in rules.frames.exceptions.debtors.values()]
    for file, path, companies in named:
        for company in companies:
            if company not in known:
                told = ", ".join(repr(one) for one in sorted(known) if one)
                sentence = f"there is no [[company]] with code {company!r} in {HOUSE}; {f'known are {told}' if told else 'none has a code'}"
                yield Doubt(file, path, sentence, is_error=False, looks_in=HOUSE)


def _hours(rules: Rules, house: House, staff: Sequence[Staff]) -> Iterator[Doubt]:
    weeks = {country: _open(rules, house, country) for country in _countries(rules, house)}
    working = [parse_week(one.hours) if one.hours else ALWAYS for one in staff]
    for country, (week, packs) in weeks.items():
        where = "countries that no other pack names" if country == EVERYWHERE else country
        file = f"packs/{packs[0].name}.toml"
        names = " and ".join(pack.name for pack in packs)
        if not any(week):
            yield Doubt(file, "hours", f"nobody in {where} can ever be called: {names} leave no hour of the week together", is_error=False)
        elif working and not any(any(both(week, hours)) for hours in working):
            yield Doubt(
                file, "hours", f"in {where} nobody is ever called: no [[agent]] works at the hours that {names} allow", is_error=False
            )
    for own in rules.frames.exceptions.debtors.values():
        wish = both(parse_week(own.hours) if own.hours else ALWAYS, without_days(parse_days(own.not_on) if own.not_on else ()))
        if (own.hours or own.not_on) and weeks and not any(any(both(week, wish)) for week, _ in weeks.values()):
            sentence = f"debtor {own.key} can never be called: none of the hours of the packs is left"
            yield Doubt(DEBTORS, f"{own.path}.{'hours' if own.hours else 'not_on'}", sentence, is_error=False)


def _countries(rules: Rules, house: House) -> list[str]:
    """Whose packs may be in force: with "auto" all that packs name, else the house's own stands for everybody."""
    if "auto" not in house.packs:
        return [house.country]
    return sorted({country for pack in rules.packs.values() for country in pack.countries})


def _open(rules: Rules, house: House, country: str) -> tuple[Week, list[Pack]]:
    """The hours that all packs in force there leave together, and who has a say in it."""
    names = []
    for name in house.packs:
        if name == "auto":
            names += [pack.name for pack in rules.packs.values() if country in pack.countries]
        elif name != GUARD:
            names.append(name)
    chosen = [pack for name in dict.fromkeys(names) if (pack := rules.packs.get(name)) is not None and pack.hours]
    chosen = chosen or [pack for pack in rules.packs.values() if EVERYWHERE in pack.countries]
    week = ALWAYS
    for pack in chosen:
        week = both(week, pack.hours or ALWAYS)
    return week, chosen
