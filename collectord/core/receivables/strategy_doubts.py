"""Doubts: what strategies, exceptions and ladders say together that cannot be meant.

Owns the comparison of the three files. Reads none of them and knows no debtor's items.
Invariant: an error names a rule that could not be carried out as written; a warning names one that may never fire, or a class left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectord.core.receivables.exceptions import DebtorException, Exceptions
from collectord.core.receivables.frame import CLASSES, NO_CLASS
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import Frames, Strategy, loosened
from collectord.core.receivables.stricter import bounded

LADDERS, STRATEGIES, DEBTORS = "ladders.toml", "strategies.toml", "debtors.toml"
HOUSE = "collectord.toml"


@dataclass(frozen=True, slots=True)
class Doubt:
    file: str  # its name below rules/
    path: str  # dotted key
    sentence: str
    is_error: bool
    looks_in: str = ""  # where a name is missing that stands here: such a doubt holds beside mistakes in other keys, too


def doubts(frames: Frames, ladders: Sequence[Ladder]) -> Iterator[Doubt]:
    """Errors and warnings, in the order of the files."""
    listed = frames.strategies.listed
    for strategy in listed:
        yield from _of_strategy(strategy, ladders)
    if listed:
        left_out = [one for one in CLASSES if one not in frames.strategies.by_class]
        if left_out:
            names = " and ".join(f"debtors without a class ({NO_CLASS})" if one == NO_CLASS else f"class {one}" for one in left_out)
            sentence = f"no strategy is for {names}: nothing bounds how much contact they receive"
            yield Doubt(STRATEGIES, "strategy", sentence, is_error=False)
        for ladder in ladders:
            for level in ladder.levels:
                yield from _of_level(ladder, level, listed)
    for own in frames.exceptions.debtors.values():
        yield from _of_exception(own, frames)


def doubts_about_agents(frames: Frames, skills: Mapping[str, frozenset[str]]) -> Iterator[Doubt]:
    """Who is to call and cannot. `skills`: of each agent of the configuration, by id."""
    known = frozenset().union(*skills.values())
    for strategy in frames.strategies.listed:
        skill = strategy.frame.skill
        if skill and skill not in known:
            sentence = f"skill = {skill!r}: no [[agent]] of collectord.toml has it, so nobody could take these cases"
            yield Doubt(STRATEGIES, f"{strategy.path}.skill", sentence, is_error=False, looks_in=HOUSE)
    for own in frames.exceptions.debtors.values():
        if own.agent and own.agent not in skills:
            sentence = f"agent = {own.agent!r}: there is no such [[agent]] in collectord.toml, so nobody calls this debtor"
            yield Doubt(DEBTORS, f"{own.path}.agent", sentence, is_error=False, looks_in=HOUSE)


def doubts_about_debtors(exceptions: Exceptions, unknown: Iterable[DebtorKey]) -> Iterator[Doubt]:
    """Exceptions for debtors whom no export has named."""
    for key in unknown:
        sentence = f"no export has named debtor {key} so far; compare the number and its zeros in front with the export"
        yield Doubt(DEBTORS, f"{exceptions.debtors[key].path}.debtor_no", sentence, is_error=False, looks_in=HOUSE)


def _of_strategy(strategy: Strategy, ladders: Iterable[Ladder]) -> Iterator[Doubt]:
    names = [ladder.name for ladder in ladders]
    wanted = strategy.frame.ladder
    if wanted and wanted not in names:
        sentence = f"ladder = {wanted!r}: there is no such ladder in {LADDERS}; known are {', '.join(names) or 'none'}"
        yield Doubt(STRATEGIES, f"{strategy.path}.ladder", sentence, is_error=True, looks_in=LADDERS)
    frame = strategy.frame
    levels = [level for ladder in ladders if _leads_over(strategy, ladder) for level in ladder.levels if level.enabled]
    for medium in sorted({frame.medium_for(level.medium) for level in levels}):
        own = frame.strength.get(medium, 0)
        if frame.saturation is not None and own > frame.saturation:
            sentence = f"saturation = {frame.saturation} is below the strength {own} of one {medium}: a {medium} could never be allowed"
            yield Doubt(STRATEGIES, f"{strategy.path}.saturation", sentence, is_error=False)
        if frame.margin == 0 and frame.cost.get(medium):
            sentence = f'margin = "0%" and a {medium} costs something: a {medium} could never be worth it'
            yield Doubt(STRATEGIES, f"{strategy.path}.margin", sentence, is_error=False)


def _of_level(ladder: Ladder, level: Level, listed: Sequence[Strategy]) -> Iterator[Doubt]:
    """A step that is switched on, and whose medium none of the strategies allows that lead over its ladder."""
    over = [one for one in listed if _leads_over(one, ladder)]
    if level.enabled and over and not any(one.frame.medium_for(level.medium) for one in over):
        names = ", ".join(one.name for one in over)
        sentence = f"the level can never fire: medium {level.medium} stands in the media of no strategy for its debtors ({names})"
        yield Doubt(LADDERS, f"ladder.{ladder.name}.level.{level.number - 1}.medium", sentence, is_error=False)


def _leads_over(strategy: Strategy, ladder: Ladder) -> bool:
    if strategy.frame.ladder:
        return strategy.frame.ladder == ladder.name
    return not ladder.potential_classes or bool(set(ladder.potential_classes) & set(strategy.potential_classes))


def _of_exception(own: DebtorException, frames: Frames) -> Iterator[Doubt]:
    strategies = frames.strategies
    if own.strategy and own.strategy not in strategies.by_name:
        known = ", ".join(strategies.by_name) or "none"
        sentence = f"strategy = {own.strategy!r}: there is no such strategy in {STRATEGIES}; known are {known}"
        yield Doubt(DEBTORS, f"{own.path}.strategy", sentence, is_error=True, looks_in=STRATEGIES)
        return
    may_be = _may_lead(own, frames)
    weighed = {**strategies.unnamed.strength, **(may_be[0].frame.strength if may_be else {})}
    for medium in own.media or (may_be[0].frame.media if may_be else ()):
        if own.saturation is not None and weighed.get(medium, 0) > own.saturation:
            sentence = f"saturation = {own.saturation} is below the strength {weighed[medium]} of one {medium}: it could never be allowed"
            yield Doubt(DEBTORS, f"{own.path}.saturation", sentence, is_error=False)
    if own.approved_by or not may_be:
        return
    for key in sorted(frozenset.intersection(*(loosened(own, one.frame) for one in may_be))):
        whose = f"strategy {may_be[0].name}" if len(may_be) == 1 else "its strategy, whatever its class,"
        sentence = f"{key} gives the debtor more contact than {whose} does; write approved_by and reason beside it, or be stricter"
        yield Doubt(DEBTORS, f"{own.path}.{key}", sentence, is_error=True)
    chosen = "strategy" if own.strategy else "potential_class" if own.potential_class else ""
    narrower = [one for one in strategies.listed if chosen and bounded(may_be[0].frame, one.frame) != may_be[0].frame]
    if narrower:  # which class the debtor has, only the export knows
        names = ", ".join(one.name for one in narrower)
        sentence = (
            f"strategy {may_be[0].name} may give more contact than strategy {names} does; for a debtor of such a class the stricter bounds"
            " hold until approved_by and reason stand beside it"
        )
        yield Doubt(DEBTORS, f"{own.path}.{chosen}", sentence, is_error=False)


def _may_lead(own: DebtorException, frames: Frames) -> tuple[Strategy, ...]:
    """The strategies that may lead the debtor: which class it has, only the export knows."""
    strategies = frames.strategies
    if own.strategy:
        return (strategies.by_name[own.strategy],)
    if own.potential_class:
        found = strategies.by_class.get(own.potential_class)
        return () if found is None else (found,)
    return strategies.listed if len(strategies.by_class) == len(CLASSES) else ()
