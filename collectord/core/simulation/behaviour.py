"""How debtors behave in a simulation: when they pay by themselves, whether they are reached, what they say, how long a talk takes.

Owns the figures of the model and the draws from them. Knows no rule and no agent.
Invariant: what an item does without any contact is drawn once, so that every set of rules meets the same debtors.

MEASURED stands beside figures from practice (one data set of business debtors; call campaigns), ASSUMED beside what nobody measured. The
assumptions are told with every result; they decide how much comes in, hardly how many calls and minutes it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, exp, log, log2
from statistics import NormalDist

from collectord.core.receivables.ledger import OpenItem
from collectord.core.simulation.chance import Chance
from collectord.core.telephony.attempts import Disposition, Result

LATE, LATE_IF_DISPUTED = 0.36, 0.67  # MEASURED: share of items that are not paid on their due date
SETTLED = ((0, 0.0), (3, 0.20), (5, 0.34), (7, 0.46), (10, 0.60), (14, 0.75))  # MEASURED: of the late ones, by that day past due
HALVED_EVERY = 30  # ASSUMED: days in which half of those still open after the last of these days pay by themselves
FINISHED = {1: 0.43, 2: 0.69, 3: 0.82, 5: 0.92, 10: 0.98}  # MEASURED: customers finished by that attempt
TALK_MEDIAN, TALK_P95 = 180, 753  # MEASURED: seconds
BEFORE_DIALLING, RINGING, AFTER_TALK, AFTER_NOBODY = 20, 25, 45, 10  # ASSUMED: seconds of the agent
SHORT_TALK = 40  # ASSUMED: seconds with somebody else, or to leave a message

NOT_REACHED: dict[Result | Disposition, float] = {  # ASSUMED: how an attempt ends that does not finish the case
    Result.NO_ANSWER: 0.62, Result.BUSY: 0.12, Result.REJECTED: 0.05, Result.CONGESTION: 0.02, Result.UNALLOCATED: 0.01,
    Disposition.LEFT_MESSAGE: 0.10, Disposition.THIRD_PARTY: 0.08,
}  # fmt: skip
REACHED: dict[Disposition, float] = {  # ASSUMED: what the talk yields
    Disposition.PROMISE: 0.50, Disposition.PAID_ALREADY: 0.12, Disposition.REFUSES: 0.13, Disposition.CALLBACK: 0.13,
    Disposition.DISPUTE: 0.07, Disposition.WRONG_NUMBER: 0.03, Disposition.DO_NOT_CALL: 0.02,
}  # fmt: skip
PROMISED_WITHIN = 10  # ASSUMED: days
PROMISED_IN_FULL, KEPT = 0.80, 0.75  # ASSUMED
PAID_INDEED, BOOKED_WITHIN = 0.70, 4  # ASSUMED: of "paid already" so much comes in so many days

_SPREAD = log(TALK_P95 / TALK_MEDIAN) / NormalDist().inv_cdf(0.95)
_NORMAL = NormalDist()
LAST_DAY = timedelta(days=3650)


def settles_on(item: OpenItem, chance: Chance, today: date) -> date:
    """The day on which the item is paid if nobody ever calls; of one that is open beyond its day already, a later one."""
    about = (item.company, item.debtor_no, item.item_no)
    open_for = (today - item.due_on).days
    late = chance.share("late", *about)
    if open_for < 0 and late > (LATE_IF_DISPUTED if item.dispute else LATE):
        return item.due_on
    known = settled_by(max(0, open_for))
    days = day_of(known + chance.share("settles", *about) * (1 - known))
    return max(today, item.due_on + min(timedelta(days=ceil(days)), LAST_DAY))


def settled_by(days: int) -> float:
    """The share of late items that are paid so many days past due."""
    for (low, before), (high, after) in pairwise(SETTLED):
        if days <= high:
            return before + (after - before) * (days - low) / (high - low)
    last, share = SETTLED[-1]
    return float(1 - (1 - share) * 0.5 ** ((days - last) / HALVED_EVERY))


def day_of(share: float) -> float:
    """The reverse of `settled_by`."""
    for (low, before), (high, after) in pairwise(SETTLED):
        if share <= after:
            return low + (high - low) * (share - before) / (after - before)
    last, settled = SETTLED[-1]
    return last + HALVED_EVERY * log2((1 - settled) / max(1e-9, 1 - share))


def finishes(attempt_no: int) -> float:
    """The chance that this attempt finishes the case, when those before did not."""
    known = sorted(FINISHED)
    high = next((one for one in known if one >= attempt_no), known[-1])
    low = max((one for one in known if one < high), default=0)
    left = 1 - FINISHED.get(low, 0.0)
    return float(1 - ((1 - FINISHED[high]) / left) ** (1 / (high - low)))


@dataclass(frozen=True, slots=True)
class Answered:
    """How a call went: `said` None where nobody talked about the case."""

    result: Result
    said: Disposition | None
    seconds: int  # of the agent, wrap-up included


def answered(chance: Chance, attempt_no: int, about: object) -> Answered:
    """How the attempt of this number ends. `about` names it."""
    if chance.share("reached", about) < finishes(attempt_no):
        said = chance.pick(REACHED, "said", about)
        talk = TALK_MEDIAN * exp(_SPREAD * _NORMAL.inv_cdf(chance.share("talk", about)))
        return Answered(Result.ANSWERED, said, BEFORE_DIALLING + RINGING + min(3600, round(talk)) + AFTER_TALK)
    ended = chance.pick(NOT_REACHED, "ended", about)
    if isinstance(ended, Disposition):
        return Answered(Result.ANSWERED, ended, BEFORE_DIALLING + RINGING + SHORT_TALK + AFTER_NOBODY)
    return Answered(ended, None, BEFORE_DIALLING + RINGING + AFTER_NOBODY)
