"""Doubts about coverage: who falls through between ladders and strategies, and which cards promise what other files do not let happen.

Owns the comparison of ladders with strategies as to who is led by which, and of objection cards with what they lean on. Reads no file.
Invariant: a warning names debtors, or a rule, that are really left out; what one export might change is not doubted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from collectord.core.receivables.frame import CLASSES, NO_CLASS
from collectord.core.receivables.ladders import PERSON_TYPES, Ladder
from collectord.core.receivables.ledger import Debtor
from collectord.core.receivables.legal_states import LegalStates
from collectord.core.receivables.objections import Card
from collectord.core.receivables.promise_limits import LimitRules
from collectord.core.receivables.strategies import Frames
from collectord.core.receivables.strategy_doubts import LADDERS, Doubt
from collectord.core.telephony.disposition_rules import FollowUpRules

OBJECTIONS, DISPOSITIONS, LEGAL_STATES = "objections.toml", "dispositions.toml", "legal_states.toml"
UNKNOWN = "of unknown kind"  # person_type is empty


def coverage_doubts(
    ladders: Sequence[Ladder], frames: Frames, cards: Mapping[str, Card], states: LegalStates, follow_up: FollowUpRules
) -> Iterator[Doubt]:
    """Warnings, in the order of the files."""
    yield from _who_has_no_ladder(ladders, frames)
    yield from _ladders_nobody_has(ladders, frames)
    if follow_up.escalate_from == 1:
        sentence = "the first broken promise escalates, so nobody is ever called about one, and priority does nothing"
        yield Doubt(DISPOSITIONS, "broken_promise.escalate_from", sentence, is_error=False)
    usual = follow_up.limits.usual
    yield from _narrower_than_usual(follow_up.limits)
    for code, card in cards.items():
        if card.offers_instalments and usual.instalments == 1:
            sentence = f"the card offers instalments, but {DISPOSITIONS} lets agents agree one payment only: each plan waits for a lead"
            yield Doubt(OBJECTIONS, f"objection.{code}.offer", sentence, is_error=False)
        if card.legal_state and states.listed and states.named(card.legal_state) is None:
            sentence = f"legal_states.toml does not know {card.legal_state!r}: nobody is told whom to address instead"
            yield Doubt(OBJECTIONS, f"objection.{code}.legal_state", sentence, is_error=False, looks_in=LEGAL_STATES)


def _narrower_than_usual(limits: LimitRules) -> Iterator[Doubt]:
    """Days only: the other limits may well be narrower for beginners, but a longer time for everybody else is hardly meant."""
    usual = limits.usual.longest
    for skill, own in limits.by_skill.items():
        if own.longest is not None and (usual is None or own.longest < usual):
            others = "without a limit" if usual is None else f"up to {usual}d"
            sentence = f"longest: agents with the skill {skill} may agree up to {own.longest}d without a lead, all others {others}"
            yield Doubt(DISPOSITIONS, f"promise_limits.skill.{skill}.longest", sentence, is_error=False)


def _ladder_of(kind: str, klass: str, company: str, ladders: Sequence[Ladder], frames: Frames) -> str:
    """The ladder of such debtors, "" = none: as core/receivables/policy has it, an exception left aside."""
    strategy = frames.strategies.by_class.get(klass)
    if strategy is not None and strategy.frame.ladder:
        return strategy.frame.ladder
    debtor = Debtor(
        company=company, debtor_no="", debtor_name="", person_type=kind, potential_class="" if klass == NO_CLASS else klass
    )  # fmt: skip
    return next((ladder.name for ladder in ladders if ladder.fits(debtor)), "")


def _companies(ladders: Sequence[Ladder]) -> list[str]:
    """Those that are named; without one, any."""
    return sorted({company for ladder in ladders for company in ladder.companies}) or [""]


def _who_has_no_ladder(ladders: Sequence[Ladder], frames: Frames) -> Iterator[Doubt]:
    companies = _companies(ladders)
    kinds = (*PERSON_TYPES, "")
    left = {
        kind: [klass for klass in CLASSES if any(not _ladder_of(kind, klass, company, ladders, frames) for company in companies)]
        for kind in kinds
    }
    told = []
    for kind, classes in left.items():
        name = kind or UNKNOWN
        if len(classes) == len(CLASSES):
            told.append(f"debtors {name}" if not kind else f"{name} debtors")
        elif classes:
            which = ", ".join("without a class" if one == NO_CLASS else one for one in classes)
            told.append(f"debtors {name} (class {which})" if not kind else f"{name} debtors (class {which})")
    if told:
        yield Doubt(LADDERS, "ladder", f"no ladder is for {' and '.join(told)}: nobody ever contacts them", is_error=False)


def _ladders_nobody_has(ladders: Sequence[Ladder], frames: Frames) -> Iterator[Doubt]:
    everybody = product((*PERSON_TYPES, ""), CLASSES, _companies(ladders))
    used = {_ladder_of(kind, klass, company, ladders, frames) for kind, klass, company in everybody}
    used |= {strategy.frame.ladder for strategy in frames.strategies.listed}
    for ladder in ladders:
        if ladder.name not in used:
            sentence = "nobody has this ladder: strategies and ladders before it take all the debtors that it fits"
            yield Doubt(LADDERS, f"ladder.{ladder.name}", sentence, is_error=False)
