"""Risk: how likely a debtor pays an item late, from the ledger's own past, in words that can be checked.

Owns the estimate and its reasons. Knows no store and no rule file; peers come in. Decides no contact: ladders say from which risk on.
Invariant: strictly between 0 and 1; nothing cleared after `today` is looked at; the order of items does not matter.

The estimate has four parts, each of which a sentence can name.
1. The share of the debtor's items that came late, newer ones weighing more, drawn towards the class as Beta-binomial (peers.py):
   p = (strength * class share + late) / (strength + items). Older items that are unpaid and late by now count as late ones.
2. Mean and spread of the days late, drawn towards the class in the same way: the chance that a normal value of this mean and spread lies
   beyond `late_after`. It tells a debtor who is always two days within from one who is always twenty.
3. The trend: the last items against those before, in spreads.
4. The amount against the debtor's usual one.
1 and 2 are averaged as log odds, 3 and 4 move these by small fixed weights (found once on generated ledgers, see docs/BENCH.md; they are
the same everywhere, so that two installations explain alike).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import erf, exp, log, log2, sqrt

from collectord.core.receivables.history import REMEMBERED, History, PaidItem
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.paying_habit import LATELY, mean_and_spread
from collectord.core.receivables.peers import LATEST, LEAST_SPREAD, Peer, Peers, told_days
from collectord.core.wording import Language, Texts, phrase

HALF_LIFE = 365  # days in which an item's weight falls to a half
SHARE_WEIGHT = 0.6  # of part 1; the rest is part 2
TREND_WEIGHT = 0.15  # log odds a spread
AMOUNT_WEIGHT = 0.2  # log odds a doubling
SPREAD_ITEMS = 4  # the class's spread weighs as much as so many items
TOLD_DAYS = 4  # a change of fewer days is not worth a word
BOUNDS = 2.0  # neither trend nor amount counts for more than so many spreads or doublings

TEXTS: Texts = {
    "risk": ("{percent} % risk of being paid late: {reasons}.", "{percent} % Risiko verspäteter Zahlung: {reasons}."),
    "paid": (
        "paid {late} of {count} items late, {mean} days on average",
        "{late} von {count} Posten verspätet gezahlt, im Mittel {mean} Tage",
    ),
    "worse": ("lately {lately} days", "zuletzt {lately} Tage"),
    "better": ("lately only {lately} days", "zuletzt nur {lately} Tage"),
    "early": ("paid {late} of {count} items late", "{late} von {count} Posten verspätet gezahlt"),
    "unpaid": ("older items are still unpaid: {unpaid}", "ältere Posten sind noch unbezahlt: {unpaid}"),
    "amount": ("the amount is {times} times the usual one", "der Betrag ist {times}-mal so hoch wie üblich"),
    "class": (
        "little is known of this debtor; of comparable ones {share} % of the items come late",
        "über den Debitor ist wenig bekannt; bei vergleichbaren kommen {share} % der Posten verspätet",
    ),
}


@dataclass(frozen=True, slots=True)
class Risk:
    probability: float
    reasons: tuple[tuple[str, Mapping[str, object]], ...]

    @property
    def percent(self) -> int:
        return round(self.probability * 100)

    def why(self, language: Language, zone: str = "UTC") -> str:
        told = ", ".join(phrase(TEXTS, code, language, zone, **values) for code, values in self.reasons)
        return phrase(TEXTS, "risk", language, zone, percent=self.percent, reasons=told)


@dataclass(frozen=True, slots=True)
class _Seen:
    due_on: date
    days: int  # late, as far as they tell something
    late: bool
    whole: int  # days late, for people


def estimate(
    debtor_class: str,
    item: OpenItem,
    history: History,
    peers: Peers,
    today: date,
    *,
    others: Iterable[OpenItem] = (),
    late_after: int = 3,
) -> Risk:
    """How likely `item` is paid more than `late_after` days after its due date. `others`: what else is open of the debtor."""
    paid = [one for one in history.paid if one.cleared_on <= today]
    unpaid = [one.due_on for one in others if one.open_amount > 0 and one.item_no != item.item_no]
    return judged(debtor_class, item.due_on, (item.open_amount, item.currency), paid, unpaid, peers, today, late_after)


def judged(
    debtor_class: str,
    due_on: date,
    money: tuple[Decimal, str],
    paid: Sequence[PaidItem],
    unpaid: Iterable[date],
    peers: Peers,
    today: date,
    late_after: int,
) -> Risk:
    """As `estimate`, for an item that need not be open any more. `paid`: cleared by today; `unpaid`: due days of what was open then."""
    peer = peers.of(debtor_class)
    still = [due for due in unpaid if today > due + timedelta(days=late_after)]
    seen = [_Seen(one.due_on, told_days(one.days_late), one.days_late > late_after, one.days_late) for one in paid]
    seen += [_Seen(due, told_days((today - due).days), True, (today - due).days) for due in still]
    seen.sort(key=lambda one: (one.due_on, one.whole))
    weights = [0.5 ** (max(0, (due_on - one.due_on).days) / HALF_LIFE) for one in seen]
    odds = SHARE_WEIGHT * _log_odds(_share(seen, weights, peer))
    odds += (1 - SHARE_WEIGHT) * _log_odds(_beyond(seen, weights, peer, late_after))
    trend = _trend(seen)
    odds += TREND_WEIGHT * trend
    times = _times(money, paid)
    odds += AMOUNT_WEIGHT * max(-BOUNDS, min(BOUNDS, log2(times)))
    return Risk(1 / (1 + exp(-odds)), tuple(_reasons(seen, len(still), trend, times, peer)))


def changes_on(open_items: Iterable[OpenItem], history: History, today: date, late_after: int) -> date | None:
    """The first day on which an estimate may be another one although nothing happens: an open item is late by then, or later than before,
    or something paid is too long ago. None: there is no such day."""
    tomorrow = today + timedelta(days=1)
    days = [one.cleared_on + REMEMBERED for one in history.paid]
    late = timedelta(days=late_after + 1)
    for one in open_items:
        late_on = one.due_on + late
        if one.open_amount > 0 and (late_on > today or (today - one.due_on).days < LATEST):
            days.append(late_on)
    return max(tomorrow, min(days)) if days else None


def _share(seen: Sequence[_Seen], weights: Sequence[float], peer: Peer) -> float:
    late = sum(weight for one, weight in zip(seen, weights, strict=True) if one.late)
    return (peer.strength * peer.share + late) / (peer.strength + sum(weights))


def _beyond(seen: Sequence[_Seen], weights: Sequence[float], peer: Peer, late_after: int) -> float:
    """The chance of more than `late_after` days, by mean and spread."""
    total = sum(weights)
    own = sum(one.days * weight for one, weight in zip(seen, weights, strict=True))
    drawn = (peer.within / peer.between) ** 2  # the class's mean weighs as much as so many items
    mean = (drawn * peer.mean + own) / (drawn + total)
    apart = sum((one.days - mean) ** 2 * weight for one, weight in zip(seen, weights, strict=True))
    spread = sqrt((SPREAD_ITEMS * peer.within**2 + apart) / (SPREAD_ITEMS + total))
    return 0.5 * (1 - erf((late_after + 0.5 - mean) / (spread * sqrt(2))))


def _trend(seen: Sequence[_Seen]) -> float:
    """The last items against those before, in spreads, within BOUNDS."""
    earlier, last = [one.days for one in seen[:-LATELY]], [one.days for one in seen[-LATELY:]]
    if len(earlier) < LATELY:
        return 0.0
    mean, spread = mean_and_spread(earlier)
    return max(-BOUNDS, min(BOUNDS, (mean_and_spread(last)[0] - mean) / max(spread, LEAST_SPREAD)))


def _times(money: tuple[Decimal, str], paid: Sequence[PaidItem]) -> float:
    """The amount by the usual one, which is the median; 1 where nothing is usual."""
    amount, currency = money
    usual = sorted(one.amount for one in paid if one.currency == currency)
    if len(usual) < LATELY or amount <= 0:
        return 1.0
    return float(amount / usual[len(usual) // 2])


def _reasons(seen: Sequence[_Seen], unpaid: int, trend: float, times: float, peer: Peer) -> Iterable[tuple[str, Mapping[str, object]]]:
    mean, lately = (mean_and_spread([one.whole for one in part])[0] for part in (seen, seen[-LATELY:]))
    if len(seen) < LATELY:
        yield "class", {"share": round(peer.share * 100)}
    if seen:
        late = sum(one.late for one in seen)
        yield "paid" if mean > 0 else "early", {"late": late, "count": len(seen), "mean": round(mean)}
    if abs(trend) >= 1 and abs(lately - mean) >= TOLD_DAYS:
        yield "worse" if trend > 0 else "better", {"lately": round(lately)}
    if unpaid:
        yield "unpaid", {"unpaid": unpaid}
    if times >= 2:
        yield "amount", {"times": round(times)}


def _log_odds(share: float) -> float:
    bounded = max(0.005, min(0.995, share))
    return log(bounded / (1 - bounded))
