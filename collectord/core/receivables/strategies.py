"""Strategies: per potential class, how much contact a debtor may receive, by which media, in what tone and by whom.

Owns the shape of a strategy, the reading of `rules/strategies.toml`, and the frame that strategy and exception together leave for a debtor.
Invariant: without an approval an exception never loosens what its strategy says; a debtor without a strategy has a frame without bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from collectord.core.receivables.exceptions import LONGEST, MOST, NO_EXCEPTIONS, DebtorException, Exceptions, days_within
from collectord.core.receivables.frame import CLASSES, MEDIA, NO_CLASS, NO_FRAME, TONES, WEIGHED, Frame
from collectord.core.receivables.ledger import Debtor, DebtorKey
from collectord.core.receivables.stricter import bounded, is_heavier
from collectord.core.rule_text import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    name: str
    potential_classes: tuple[str, ...] = ()
    frame: Frame = NO_FRAME  # what it leaves for a debtor without an exception
    path: str = ""  # of its table in the file: the edge turns it into a line


@dataclass(frozen=True, slots=True)
class Strategies:
    listed: tuple[Strategy, ...] = ()  # in the order of the file
    script: Mapping[str, str] = field(default_factory=dict)  # tone -> the script of a step that names none
    unnamed: Frame = NO_FRAME  # of a debtor whose class no strategy names: no bound, but contacts weigh what they weigh
    by_class: Mapping[str, Strategy] = field(init=False, repr=False, compare=False)
    by_name: Mapping[str, Strategy] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        taken = {one: strategy for strategy in reversed(self.listed) for one in strategy.potential_classes}
        object.__setattr__(self, "by_class", taken)
        object.__setattr__(self, "by_name", {strategy.name: strategy for strategy in self.listed})


NO_STRATEGIES = Strategies()


@dataclass(frozen=True, slots=True)
class Frames:
    """Strategies and exceptions together: the frame of any debtor."""

    strategies: Strategies = NO_STRATEGIES
    exceptions: Exceptions = NO_EXCEPTIONS

    @property
    def is_empty(self) -> bool:
        """Nobody has a frame."""
        return not self.strategies.listed and not self.exceptions.debtors

    def of(self, debtor: Debtor) -> Frame:
        return frame_for(debtor, self.strategies, self.exceptions)

    def at(self, key: DebtorKey, potential_class: str) -> Frame:
        """Of a debtor of whom no more is known than this."""
        return _framed(self.exceptions.of(key), potential_class, self.strategies)


NO_FRAMES = Frames()


def frame_for(debtor: Debtor, strategies: Strategies, exceptions: Exceptions) -> Frame:
    """The frame of this debtor: its strategy's, bent by its exception."""
    own = exceptions.of(debtor.key) if exceptions.debtors else None
    return _framed(own, debtor.potential_class, strategies)


def _framed(own: DebtorException | None, potential_class: str, strategies: Strategies) -> Frame:
    strategy = _strategy_of(potential_class, own, strategies)
    frame = strategy.frame if strategy is not None else strategies.unnamed
    if own is None:
        return frame
    frame, barred = (frame, frozenset()) if own.approved_by else _unapproved(own, frame, strategies.by_class.get(_class(potential_class)))
    media = tuple(medium for medium in own.media if medium in frame.media or own.approved_by) if own.media else frame.media
    tight = own.saturation is not None and "saturation" not in barred
    return replace(
        frame,
        as_class=own.potential_class,
        media=media,
        instead=own.instead if "instead" not in barred else milder(own.instead, frame.strength),
        gap=own.gap if own.gap is not None and "gap" not in barred else frame.gap,
        saturation=own.saturation if tight else frame.saturation,
        per=own.per or frame.per if tight else frame.per,
        agent=own.agent,
        ask_first=own.ask_first or frame.ask_first,
        pause=own.pause,
        hours=own.hours,
        not_on=own.not_on,
        only=own.media,
        exception=True,
        approved_by=own.approved_by,
        reason=own.reason,
        ignored=tuple(sorted(barred)),
    )


def _unapproved(own: DebtorException, frame: Frame, of_class: Strategy | None) -> tuple[Frame, frozenset[str]]:
    """The frame that the exception chose within the bounds of the debtor's own class, and the keys that would give more contact."""
    barred = set()
    if of_class is not None and of_class.frame.strategy != frame.strategy:
        chosen, frame = frame, bounded(frame, of_class.frame)
        if frame != chosen:
            barred.add("strategy" if own.strategy else "potential_class")
    return frame, loosened(own, frame) | barred


def milder(instead: Mapping[str, str], strength: Mapping[str, int]) -> dict[str, str]:
    """What stands for another medium and is no more for the debtor to bear."""
    return {medium: other for medium, other in instead.items() if not is_heavier(other, medium, strength)}


def loosened(own: DebtorException, frame: Frame) -> frozenset[str]:
    """The keys of an exception that give the debtor more contact than the frame does: they count only with an approval."""
    found = set()
    if own.gap is not None and own.gap < frame.gap:
        found.add("gap")
    most = frame.saturation
    if own.saturation is not None and most is not None and (own.saturation > most or (own.per is not None and own.per < frame.per)):
        found.add("saturation")
    if set(own.media) - set(frame.media):
        found.add("media")
    if len(milder(own.instead, frame.strength)) < len(own.instead):
        found.add("instead")
    return frozenset(found)


def _strategy_of(potential_class: str, own: DebtorException | None, strategies: Strategies) -> Strategy | None:
    if own is not None and own.strategy:
        return strategies.by_name.get(own.strategy)
    chosen = own.potential_class if own is not None and own.potential_class else potential_class
    return strategies.by_class.get(_class(chosen))


def _class(potential_class: str) -> str:
    return potential_class if potential_class in CLASSES else NO_CLASS


def parse_strategies(table: Table) -> Strategies:
    """The whole of `strategies.toml`. Problems are collected in the table."""
    strength = _strength(table.table("strength"), {})
    cost = _cost(table.table("cost"), {})
    scripts = table.table("script")
    script = {tone: scripts.text(tone, "") for tone in TONES}
    scripts.done()
    listed = tuple(_strategy(name, inner, strength, cost) for name, inner in table.named("strategy"))
    table.done()
    for position, one in enumerate(listed):
        for earlier in listed[:position]:
            for twice in sorted(set(one.potential_classes) & set(earlier.potential_classes)):
                sentence = f"class {twice} has a strategy already, {earlier.name}; each class stands in one strategy only"
                table.complain(f"strategy.{one.name}.potential_classes", sentence)
    return Strategies(listed, {tone: name for tone, name in script.items() if name}, Frame(strength=strength, cost=cost))


def _strategy(name: str, table: Table, strength: Mapping[str, int], cost: Mapping[str, Decimal]) -> Strategy:
    title = table.table("title")
    bounded = "saturation" in table.data
    frame = Frame(
        strategy=name,
        title={"en": title.text("en", ""), "de": title.text("de", "")},
        media=table.texts("media", list(MEDIA), one_of=MEDIA),
        strength=_strength(table.table("strength"), strength),
        saturation=table.whole("saturation", at_least=1, at_most=MOST) if bounded else None,
        per=days_within(table, "per", 1, LONGEST) if bounded else 1,
        gap=days_within(table, "gap", 0, LONGEST) if "gap" in table.data else 0,
        tones=table.texts("tones", list(TONES[:1]), one_of=TONES),
        skill=table.text("skill", "").strip(),
        owner_first=table.flag("owner_first", False),
        ask_first=table.text("ask_first", "").strip(),
        ladder=table.text("ladder", ""),
        priority=table.whole("priority", 0, at_least=-100, at_most=100),
        cost=_cost(table.table("cost"), cost),
        margin=table.percent("margin"),
    )
    strategy = Strategy(
        name=name,
        potential_classes=table.texts("potential_classes", one_of=CLASSES),
        frame=frame,
        path=table.path,
    )
    title.done()
    table.seen |= {"per", "saturation", "gap"}
    table.done()
    _judge(strategy, table)
    return strategy


def _judge(strategy: Strategy, table: Table) -> None:
    frame = strategy.frame
    if "per" in table.data and frame.saturation is None:
        table.complain("per", "per belongs to a saturation; write saturation = … beside it, or take per away")
    if not frame.tones:
        table.complain("tones", 'tones names none; write at least one, like tones = ["friendly"]')
    if not strategy.potential_classes and isinstance(table.data.get("potential_classes"), list):
        table.complain("potential_classes", "no class is named; use I to IV, and none for debtors whose export names no class")


def _strength(table: Table, inherited: Mapping[str, int]) -> dict[str, int]:
    own = {medium: table.whole(medium, at_least=0, at_most=MOST) for medium in WEIGHED if medium in table.data}
    table.seen |= set(WEIGHED)
    table.done()
    return {**inherited, **own}


def _cost(table: Table, inherited: Mapping[str, Decimal]) -> dict[str, Decimal]:
    own = {medium: table.money(medium) for medium in MEDIA if medium in table.data}
    for medium, amount in own.items():
        if amount < 0:
            table.complain(medium, f"{medium} is negative; write what one such contact costs")
    table.seen |= set(MEDIA)
    table.done()
    return {**inherited, **own}
