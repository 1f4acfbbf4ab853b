"""Predictive: how many debtors are dialled now, ahead of the agents who will speak with them.

Owns the weighing of one more call. Knows no debtor, no trunk and no clock: elapsed seconds and counts come in.
Invariant: no call is placed ahead of its agent on a desk that is too small, or while one more call without an agent would pass the cap.

A call that is answered is lost when no agent is there within `agent_within`. For some moments at which one more call may be answered, the
agents who will be free by then (from how long they have talked or wrapped up) stand against the answers of the calls that ring already;
both are sums of many small chances and taken as binomial with the same mean and spread. The call is placed while the risk of losing it, or
another one for it, is below a price; the price follows what the cap still leaves: nothing when less than one whole lost call is left, and
then more, step by step, so that the rate comes up to the cap from below. What rings already is taken at its upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from collectord.core.telephony.best_time import BUSINESS
from collectord.core.telephony.dropped_calls import CAP, Count
from collectord.core.telephony.learnt_times import BINS, Curve, LearntTimes, bin_of, middle
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "small": (
        "Every call has its agent first: {count} {count:agent is|agents are} on open lines, {least} are needed.",
        "Jeder Anruf hat zuerst seine Person: {count} {count:ist|sind} auf offenen Leitungen, nötig sind {least}.",
    ),
    "over": (
        "Every call has its agent first: {lost} of {answered} answered calls {span} found nobody, and the cap of {cap} is passed.",
        "Jeder Anruf hat zuerst seine Person: {lost} von {answered} angenommenen Anrufen {span} erreichten niemanden, und die Grenze von"
        " {cap} ist überschritten.",
    ),
    "cap": (
        "As many debtors ring as agents are free: {lost} of {answered} answered calls {span} found nobody, and with one more the cap of"
        " {cap} could be passed.",
        "Es klingelt bei so vielen, wie Personen frei sind: {lost} von {answered} angenommenen Anrufen {span} erreichten niemanden, und"
        " mit einem mehr könnte die Grenze von {cap} überschritten sein.",
    ),
    "early": (
        "As many debtors ring as agents are free: {answered} {answered:call was|calls were} answered {span}; only after {needed} may one"
        " find nobody (cap {cap}), and more be dialled.",
        "Es klingelt bei so vielen, wie Personen frei sind: {answered} {answered:Anruf wurde|Anrufe wurden} {span} angenommen; erst nach"
        " {needed} darf einer niemanden erreichen (Grenze {cap}) und mehr gewählt werden.",
    ),
    "day": ("within 24 hours", "in 24 Stunden"),
    "campaign": ("of {name} within 30 days", "von {name} in 30 Tagen"),
    "private": (
        "A private person, or somebody who may be one, is not dialled ahead of an agent: predictive_private is off.",
        "Eine Privatperson, oder wer eine sein kann, wird nicht im Voraus angerufen: predictive_private ist aus.",
    ),
}

MOMENTS = 4  # at which the answer of one more call is looked at, each as likely as the others; and one when all rings are over
LOOKS = MOMENTS + 1
STEPS = 8  # in which the rest of a talk is followed until the wrap-up after it
RINGS_AT_MOST = 45.0  # s
USUAL_PRICE, HIGHEST_PRICE = 0.04, 0.3  # risk that one more call may have
CHANCE = 0.4  # of the spread of a count (its root): so far apart are two prices of which one is e times the other
UPPER = 2.0  # spreads above what is at risk on average
SLIGHT, FAINT = 1e-9, 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictiveRules:
    least_agents: int = 20
    cap: float = CAP
    agent_within: float = 2.0  # s
    private_persons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who is there for these calls and what rings for them; elapsed seconds. Nobody who pauses or is in a call of another kind."""

    free: int
    talking: Sequence[float] = ()
    wrapping_up: Sequence[float] = ()
    ringing: Sequence[float] = ()  # calls placed ahead and not answered yet
    waiting: int = 0  # answered, and no agent yet

    @property
    def agents(self) -> int:
        return max(0, self.free) + len(self.talking) + len(self.wrapping_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """`assured`: calls for which a free agent is certain. `ahead`: calls beyond that."""

    assured: int
    ahead: int
    at_risk: float  # calls that will be lost, on average, of those that ring then
    price: float

    @property
    def count(self) -> int:
        return self.assured + self.ahead


Row = tuple[float, ...]  # chances at each moment, then their squares


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the learnt times make of elapsed seconds, by bin; made anew now and then, read at every decision."""

    moments: tuple[float, ...]
    new: Row
    ringing: tuple[Row, ...]
    talking: tuple[Row, ...]
    wrapping_up: tuple[Row, ...]


def forecast(learnt: LearntTimes, desk: Desk, rules: PredictiveRules) -> Forecast:
    """`desk`: who talks and wraps up is part of what is known."""
    answered, gave_up = learnt.answered_after.curve(), learnt.gave_up_after.curve()
    talk, wrap_up = learnt.talk.curve(desk.talking), learnt.wrap_up.curve(desk.wrapping_up)
    moments = (*(answered.when((n + 0.5) / MOMENTS) for n in range(MOMENTS)), RINGS_AT_MOST)
    free_by = [moment + rules.agent_within for moment in moments]
    elapsed = [middle(place) for place in range(BINS + 1)]
    return Forecast(
        moments,
        _row(learnt.chance * answered.until(moment) for moment in moments),
        tuple(_row(_answers(learnt.chance, answered, gave_up, since, moment) for moment in moments) for since in elapsed),
        tuple(_row(_ends(talk, wrap_up, since, moment) for moment in free_by) for since in elapsed),
        tuple(_row(_over(wrap_up, since, since + moment) for moment in free_by) for since in elapsed),
    )


def _row(chances: Iterable[float]) -> Row:
    found = tuple(chances)
    return (*found, *(chance * chance for chance in found))


def _over(curve: Curve, since: float, until: float) -> float:
    """That it is over by then, when it was not `since`."""
    rest = 1 - curve.until(since)
    return (curve.until(until) - curve.until(since)) / rest if rest > SLIGHT else 1.0


def _answers(chance: float, answered: Curve, gave_up: Curve, since: float, moment: float) -> float:
    """That a call which has rung so long is answered within `moment`."""
    known = answered.until(since)
    rest = chance * (1 - known) + (1 - chance) * (1 - gave_up.until(since))
    return chance * (answered.until(since + moment) - known) / rest if rest > SLIGHT else 0.0


def _ends(talk: Curve, wrap_up: Curve, since: float, moment: float) -> float:
    """That a talk and the wrap-up after it are over within `moment`."""
    step, before, found = moment / STEPS, 0.0, 0.0
    for n in range(STEPS):
        after = _over(talk, since, since + (n + 1) * step)
        found += (after - before) * wrap_up.until(moment - (n + 0.5) * step)
        before = after
    return found


def why_not_ahead(person_type: str, rules: PredictiveRules, language: Language) -> str:
    """Why this debtor gets an agent first on whatever desk; "" when nothing speaks against it."""
    return "" if person_type == BUSINESS or rules.private_persons else phrase(TEXTS, "private", language)


def why_none_ahead(agents: int, count: Count, dial: Dial, rules: PredictiveRules, language: Language, campaign: str = "") -> str:
    """Why so few ring at the moment; "" when calls are placed ahead of the agents. `campaign`: whose count it is, "" the house's."""
    if not _large(agents, rules):
        return phrase(TEXTS, "small", language, count=agents, least=rules.least_agents)
    over = count.is_over(rules.cap)
    if dial.price > 0 and not over:
        return ""
    early = not over and count.lost == 0 and math.floor(rules.cap * count.answered) <= 1
    return phrase(
        TEXTS, "over" if over else "early" if early else "cap", language, lost=count.lost, answered=count.answered, cap=f"{rules.cap:.0%}",
        span=phrase(TEXTS, "campaign" if campaign else "day", language, name=campaign), needed=math.floor(1 / rules.cap) + 1,
    )  # fmt: skip


def _large(agents: int, rules: PredictiveRules) -> bool:
    return agents >= max(1, rules.least_agents)


def how_many(desk: Desk, counts: Sequence[Count], seen: Forecast, rules: PredictiveRules, lines: int) -> Dial:
    """Calls to place now, at most `lines`. Without counts nothing is known of what was lost, and nothing is dialled ahead."""
    present = max(0, desk.free) - max(0, desk.waiting)
    coming = _sums([seen.talking[bin_of(s)] for s in desk.talking] + [seen.wrapping_up[bin_of(s)] for s in desk.wrapping_up])
    answers = _sums([seen.ringing[bin_of(s)] for s in desk.ringing])
    agents = [binomial(coming[n], coming[n + LOOKS]) for n in range(LOOKS)]
    at_risk = max(_lost(agents[n], binomial(answers[n], answers[n + LOOKS]), present) for n in range(LOOKS))
    large = _large(desk.agents, rules)
    assured = ahead = 0
    while assured + ahead < lines:
        if present > len(desk.ringing) + assured:
            assured += 1
        else:
            risk = at_answer(agents, answers, present)
            if not large or risk > price(counts, at_risk, rules.cap):
                break
            ahead += 1
            at_risk += seen.new[LOOKS - 1] * risk
        answers = [one + more for one, more in zip(answers, seen.new, strict=True)]
    return Dial(assured=assured, ahead=ahead, at_risk=at_risk, price=max(0.0, price(counts, at_risk, rules.cap)) if large else 0.0)


def price(counts: Sequence[Count], at_risk: float, cap: float) -> float:
    """The risk that one more call may have; -1: none at all, because one more lost call would pass the cap."""
    return min((_price(one, at_risk, cap) for one in counts), default=-1.0)


def _price(count: Count, at_risk: float, cap: float) -> float:
    allowed = cap * max(0, count.answered)
    left = allowed - max(0, count.lost) - at_risk - UPPER * math.sqrt(at_risk)
    if not left > 1:
        return -1.0
    scale = 1 + CHANCE * math.sqrt(allowed)
    return min(HIGHEST_PRICE, USUAL_PRICE * math.exp(min(9.0, left / scale - 2)))


def at_answer(agents: Sequence[Many], answers: Sequence[float], present: int) -> float:
    """Of losing one more call when it is answered, or a later one because of it."""
    short = [_none_left(agents[n], binomial(answers[n], answers[n + LOOKS]), present) for n in range(LOOKS)]
    return sum(max(short[n:]) for n in range(MOMENTS)) / MOMENTS


def _sums(rows: Sequence[Row]) -> list[float]:
    return [sum(column) for column in zip(*rows, strict=True)] or [0.0] * (2 * LOOKS)


@dataclass(frozen=True, slots=True)
class Many:
    """How many of many small chances come true: shares of `first`, `first` + 1 …, what they add up to, and what these add up to."""

    first: int
    shares: list[float]
    up_to: list[float]
    missing: list[float]

    def at_most(self, number: int) -> float:
        place = number - self.first
        return 0.0 if place < 0 else self.up_to[place] if place < len(self.up_to) else 1.0

    def short_of(self, number: int) -> float:
        """How many are missing to `number`, on average."""
        place = number - self.first - 1
        beyond = place - len(self.missing) + 1
        return 0.0 if place < 0 else self.missing[place] if beyond <= 0 else self.missing[-1] + beyond


def binomial(mean: float, squares: float) -> Many:
    """With the mean and the spread of independent chances of this sum and sum of squares; exact when they are all the same."""
    if mean <= SLIGHT or squares <= SLIGHT * mean:
        return Many(0, [1.0], [1.0], [1.0])
    tries = max(round(mean * mean / squares), math.ceil(mean - SLIGHT))
    chance = mean / tries
    if chance >= 1 - SLIGHT:
        return Many(tries, [1.0], [1.0], [1.0])
    odds = chance / (1 - chance)
    mode = min(tries, int((tries + 1) * chance))
    ways = math.lgamma(tries + 1) - math.lgamma(mode + 1) - math.lgamma(tries - mode + 1)
    shares = [math.exp(ways + mode * math.log(chance) + (tries - mode) * math.log1p(-chance))]
    first = mode
    while first and shares[0] > FAINT:
        shares.insert(0, shares[0] * first / (tries - first + 1) / odds)
        first -= 1
    for number in range(mode, tries):
        if shares[-1] <= FAINT:
            break
        shares.append(shares[-1] * (tries - number) / (number + 1) * odds)
    up_to = list(accumulate(shares))
    return Many(first, shares, up_to, list(accumulate(up_to)))


def _none_left(agents: Many, answers: Many, present: int) -> float:
    return sum(share * agents.at_most(answers.first + n - present) for n, share in enumerate(answers.shares))


def _lost(agents: Many, answers: Many, present: int) -> float:
    """How many answers find nobody, on average."""
    return sum(share * agents.short_of(answers.first + n - present) for n, share in enumerate(answers.shares))
