"""Reasons derived again: is what an answer of planning says true? Written from the sentences, not from the code that makes them.

Owns the re-derivation for the shipped kind of ladder: the oldest item drives, steps have a day after the due date.
Invariant: nothing here asks the code under test for anything but the answer it gave (and, for risks, its estimate).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from string import Formatter

from collectord.core.money import Money
from collectord.core.receivables.frame import Frame
from collectord.core.receivables.history import History
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import FOREVER, Debtor, OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.wanted import TEXTS, NotWanted, Wanted
from collectord.core.wording import shown
from tests.rules import plan_sentences

DAY = timedelta(days=1)
NO_STATE = {"", "-", "0", "none", "no", "keine", "keiner", "kein", "nein", "normal", "ok"}
WRITTEN = {"email", "letter", "visit"}


@dataclass(frozen=True)
class Case:
    """Everything that planning was told."""

    debtor: Debtor
    items: Sequence[OpenItem]
    ladder: Ladder | None
    policy: Policy
    holds: Holds
    history: History
    today: date

    # ------------------------------------------------------------ the words

    @property
    def frame(self) -> Frame:
        return self.policy.frames.of(self.debtor)

    @property
    def debits(self) -> list[OpenItem]:
        return sorted((item for item in self.items if item.open_amount > 0), key=lambda item: (item.due_on, item.item_no))

    def is_overdue(self, item: OpenItem) -> bool:
        return self.today > item.due_on + item.booking_lag * DAY

    def kept_out(self, item: OpenItem) -> bool:
        """May not be spoken about today, for whatever reason."""
        return bool(
            item.dispute
            or item.item_no in self.holds.disputed_items
            or any(one.item_no in ("", item.item_no) for one in self.holds.objections)
            or (item.payment_method == "direct_debit" and item.returned_on is None)
            or self.was_handed_over(item)
            or (item.dunning_block_until is not None and item.dunning_block_until >= self.today)
            or (item.dunning_deadline is not None and item.dunning_deadline > self.today)
        )

    def was_handed_over(self, item: OpenItem) -> bool:
        assert self.ladder is not None
        return any(level.medium == "handover" and level.number <= self.behind(item) for level in self.ladder.levels)

    def behind(self, item: OpenItem) -> int:
        """The last step carried out for the item as it is due now."""
        assert self.ladder is not None
        if item.contacted_on is not None and item.contacted_on <= item.due_on:
            return min(item.contact_level, len([level for level in self.ladder.levels if level.after_due <= 0]))
        return item.contact_level

    def claims(self) -> list[tuple[OpenItem, Decimal]]:
        """What may be spoken about, with what is left of it once credits have paid the oldest."""
        left = {c: sum((-i.open_amount for i in self.items if i.open_amount < 0 and i.currency == c), Decimal(0)) for c in ("EUR", "CHF")}
        found = []
        for item in self.debits:
            if self.kept_out(item):
                continue
            by_credit = min(left[item.currency], item.open_amount)
            left[item.currency] -= by_credit
            if item.open_amount - by_credit > 0:
                found.append((item, item.open_amount - by_credit))
        return found

    def last_contact(self) -> date | None:
        days = [day for item in self.items for day in (item.contacted_on, item.last_dunned_on) if day is not None]
        days += [touch.on for touch in self.history.touches if touch.conversation or touch.medium in WRITTEN]
        return max((day for day in days if day <= self.today), default=None)

    def medium(self, level: Level) -> str:
        """What the debtor gets at this level, "" = nothing."""
        if not level.enabled or (level.person_type and level.person_type != self.debtor.person_type):
            return ""
        medium = self.frame.instead.get(level.medium, level.medium)
        if medium not in self.frame.media or (medium == "call" and self.holds.do_not_call):
            return ""
        return medium

    def next_step(self, item: OpenItem) -> tuple[Level, date] | None:
        assert self.ladder is not None
        for level in self.ladder.levels[self.behind(item) :]:
            if not self.medium(level):
                continue
            day = item.due_on + (level.after_due + (item.booking_lag if level.after_due > 0 else 0)) * DAY
            last = self.last_contact()
            if last is not None:
                day = max(day, last + max(level.needs_gap, self.frame.gap) * DAY)
            over = item.due_on + DAY if level.after_due <= 0 else None
            if over is not None and max(day, self.today) >= over:
                continue
            if level.min_risk and day <= self.today:
                risk = self.policy.risks.of(self.debtor, item, self.items, self.history, self.today)
                if risk is None or risk.percent < level.min_risk:
                    continue
            return level, day
        return None

    def driver(self) -> tuple[OpenItem, Level, date] | None:
        """The oldest overdue item that has a next step."""
        for item, _ in self.claims():
            if self.is_overdue(item) and (step := self.next_step(item)):
                return item, *step
        return None

    def strength(self, on: date) -> int:
        """Of all that the debtor noticed within the strategy's period, accounting's own letters among it."""
        ours = [touch for touch in self.history.touches if not touch.inbound and not touch.agreed]
        letters = {touch.on for touch in self.history.touches if touch.medium == "letter" and not touch.inbound}
        told = [(touch.on, self.weight(touch.medium, touch.conversation)) for touch in ours]
        dunned = {item.last_dunned_on for item in self.items if item.last_dunned_on and item.last_dunned_on <= self.today}
        told += [(day, self.weight("letter")) for day in dunned - letters]
        return sum(weight for day, weight in told if on - self.frame.per * DAY < day <= on)

    def weight(self, medium: str, talk: bool = True) -> int:
        """Of a call that nobody answered what the file says of such ones, else as much as of a talk."""
        kind = "unanswered" if medium == "call" and not talk and "unanswered" in self.frame.strength else medium
        return self.frame.strength.get(kind, 0)

    def own_weight(self, medium: str) -> int:
        """What one more contact weighs; of a call nobody knows beforehand whether it is answered."""
        return max(self.weight(medium), self.weight(medium, talk=False))


def sentence_of(answer: Wanted | NotWanted) -> str:
    """The English sentence; both languages must be one line of plain words that ends like one."""
    for language in ("en", "de"):
        told = answer.why(language, "Europe/Berlin")
        assert told.endswith("."), told
        assert "\n" not in told, told
        assert not re.search(r"[{}]|\bNone\b|Decimal|datetime", told), told
    return answer.why("en", "Europe/Berlin")


def check(case: Case, answer: Wanted | NotWanted) -> None:
    """Raises AssertionError where the answer says what is not so."""
    told = sentence_of(answer)
    if isinstance(answer, Wanted):
        _wanted(case, answer, told)
        true = plan_sentences.of_wanted(case, answer)
        assert told == true, f"{told!r}, true is {true!r}"
        return
    named = {name for _, name, _, _ in Formatter().parse(TEXTS[answer.text or answer.rule][0]) if name} & answer.values.keys()
    for name in named:
        said = shown(answer.values[name], "en", "Europe/Berlin")
        assert said in told, f"{name} = {said} is not in: {told}"
    CHECKS[answer.rule](case, answer)
    sums = _step_that_came(case, answer) if answer.rule in ("below-minimum", "not-worth") else {}
    sentences = plan_sentences.of_refusal(case, answer, sums)
    assert told in sentences, f"{told!r}, true is {sorted(sentences)}"
    assert answer.until is None or answer.until > case.today, f"{answer.rule} until {answer.until}"


def _wanted(case: Case, answer: Wanted, told: str) -> None:
    claims = {item.item_no: (item, amount) for item, amount in case.claims()}
    assert set(answer.items) <= set(claims), "the contact is about what may not be spoken about"
    sums: dict[str, Decimal] = {}
    for no in answer.items:
        item, amount = claims[no]
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + amount
    assert sums == dict(answer.open_amount)
    for currency, amount in sums.items():
        assert shown(Money(amount, currency), "en", "UTC") in told
    assert f"Step {answer.level.number} ({answer.level.name})" in told
    assert max(sums.values()) >= answer.level.min_open
    assert answer.since <= case.today
    assert answer.medium == case.medium(answer.level)
    driver = claims[answer.driver][0]
    step = case.next_step(driver)
    assert step is not None
    assert step[0].number == answer.level.number, "the step is not the driving item's next one"
    overdue = [item.item_no for item, _ in case.claims() if case.is_overdue(item)]
    if answer.level.is_courtesy:
        assert not any(case.is_overdue(item) and case.next_step(item) for item, _ in case.claims()), "a courtesy beside an overdue item"
        assert shown(driver.due_on, "en", "UTC") in told
    elif answer.level.medium != "handover":
        assert sorted(answer.items) == sorted(overdue), "one call speaks about everything that is due"
    if answer.brought is None:
        assert step[1] <= case.today, "its day has not come"
        found = case.driver()
        assert answer.level.is_courtesy or (found is not None and found[0].item_no == answer.driver), "the oldest does not drive"
    else:
        _brought(case, answer, told)
    if case.frame.saturation is not None and case.own_weight(answer.medium):
        assert case.strength(case.today) + case.own_weight(answer.medium) <= case.frame.saturation
    if answer.risk is not None:
        assert answer.risk.percent >= answer.level.min_risk
        assert f"{answer.risk.percent} % risk" in told


def _brought(case: Case, answer: Wanted, told: str) -> None:
    """Each ground that the sentence names, counted again."""
    assert answer.brought is not None
    trigger = answer.brought.trigger
    assert trigger.name in told
    due = [(item, amount) for item, amount in case.claims() if case.is_overdue(item)]
    sums: dict[str, Decimal] = {}
    for item, amount in due:
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + amount
    last = case.last_contact()
    assert last is None or last + trigger.needs_gap * DAY <= case.today, "sooner after the last contact than the trigger allows"
    if trigger.min_open:
        assert max(sums.values()) >= trigger.min_open
    if trigger.overdue_items:
        assert len(due) >= trigger.overdue_items
        assert f"{len(due)} items are overdue at once" in told
    if trigger.overdue:
        assert any(amount >= trigger.overdue and shown(Money(amount, currency), "en", "UTC") in told for currency, amount in sums.items())
    if trigger.growth or trigger.growth_percent:
        assert any(_grown(case, trigger.growth_within, currency, told) >= trigger.growth for currency in sums)
    if trigger.credit_percent:
        limit = case.debtor.credit_limit
        assert limit is not None
        used = {c: sum((i.open_amount for i in case.items if i.currency == c), Decimal(0)) for c in ("EUR", "CHF")}
        assert any(amount * 100 >= limit * trigger.credit_percent for amount in used.values())
    if trigger.promises_broken:
        assert len([day for day in case.history.broken_on if day <= case.today]) >= trigger.promises_broken
    if trigger.debit_returned:
        returned = {item.item_no: item.returned_on for item, _ in due if item.returned_on}
        assert any(no in told for no in returned)
    if trigger.later_than_usual:
        assert case.debtor.person_type == "business"  # this house names no assessment
        paid = sorted(case.history.paid, key=lambda one: (one.due_on, one.cleared_on, one.item_no))
        earlier = [max(0, min(120, one.days_late)) for one in paid[:-3]]
        assert len(earlier) >= 5
        assert f"before that {round(sum(earlier) / len(earlier))}" in told


def _grown(case: Case, within: int, currency: str, told: str) -> Decimal:
    """How much more is overdue than so many days ago; -1 where the sentence says another amount."""

    def overdue_on(day: date) -> Decimal:
        total = Decimal(0)
        for item, amount in case.claims():
            total += amount if item.currency == currency and item.due_on + item.booking_lag * DAY < min(day, case.today) else 0
        for fall in case.history.falls:
            starts = fall.due_on + DAY if fall.amount > 0 else fall.due_on
            total += fall.amount if fall.currency == currency and starts <= day < fall.on else 0
        for item in case.items:
            total += (
                -item.open_amount if item.open_amount < 0 and item.currency == currency and day < (item.invoiced_on or item.due_on) else 0
            )
        return max(Decimal(0), total)

    growth = overdue_on(case.today) - overdue_on(case.today - within * DAY)
    return growth if shown(Money(growth, currency), "en", "UTC") in told else Decimal(-1)


# ---------------------------------------------------------------- no contact


def _item_of(case: Case, answer: NotWanted) -> OpenItem:
    return next(item for item in case.items if item.item_no == answer.values["item"])


def _nothing_else_free(case: Case, answer: NotWanted) -> OpenItem:
    assert all(case.kept_out(item) for item in case.debits), "something else may be spoken about"
    return _item_of(case, answer)


def _nothing_open(case: Case, answer: NotWanted) -> None:
    assert not case.debits


def _credits_cover(case: Case, answer: NotWanted) -> None:
    free = [item for item in case.debits if not case.kept_out(item)]
    assert free
    for currency in {item.currency for item in free}:
        credit = sum((-item.open_amount for item in case.items if item.open_amount < 0 and item.currency == currency), Decimal(0))
        assert credit >= sum((item.open_amount for item in free if item.currency == currency), Decimal(0))


def _head_office(case: Case, answer: NotWanted) -> None:
    assert answer.values["head"] == case.holds.covered_by != ""


def _legal_state(case: Case, answer: NotWanted) -> None:
    assert {case.holds.legal_state.casefold(), case.debtor.legal_state.casefold()} - NO_STATE
    assert answer.until is None


def _pause(case: Case, answer: NotWanted) -> None:
    pause = case.frame.pause
    assert pause is not None
    assert case.today <= pause.until == answer.values["day"]
    assert answer.until == pause.until + DAY


def _grace(case: Case, answer: NotWanted) -> None:
    grace = case.holds.grace
    assert grace is not None
    assert case.today <= grace.until == answer.values["day"]
    assert answer.until == grace.until + DAY


def _promise(case: Case, answer: NotWanted) -> None:
    day = case.holds.promise_until
    assert day is not None
    assert answer.values["day"] == day
    assert (answer.rule == "promise-unjudged") == (day < case.today)
    assert answer.rule == "promise-unjudged" or (answer.rule == "promise-pending") == case.holds.promise_pending


def _appointment(case: Case, answer: NotWanted) -> None:
    assert answer.values["at"] == case.holds.appointment


def _disputed(case: Case, answer: NotWanted) -> None:
    item = _nothing_else_free(case, answer)
    assert item.dispute or item.item_no in case.holds.disputed_items


def _objection(case: Case, answer: NotWanted) -> None:
    item = _nothing_else_free(case, answer)
    assert any(one.item_no in ("", item.item_no) and one.until == answer.values["day"] for one in case.holds.objections)


def _direct_debit(case: Case, answer: NotWanted) -> None:
    item = _nothing_else_free(case, answer)
    assert item.payment_method == "direct_debit"
    assert item.returned_on is None


def _handed_over(case: Case, answer: NotWanted) -> None:
    assert case.was_handed_over(_nothing_else_free(case, answer))


def _blocked(case: Case, answer: NotWanted) -> None:
    item = _nothing_else_free(case, answer)
    assert item.dunning_block_until is not None
    assert item.dunning_block_until >= case.today
    assert (item.dunning_block_until == FOREVER) == (answer.rule == "blocked-for-good")


def _deadline(case: Case, answer: NotWanted) -> None:
    item = _nothing_else_free(case, answer)
    assert item.dunning_deadline == answer.values["day"]
    assert item.dunning_deadline is not None
    assert item.dunning_deadline > case.today


def _no_step_left(case: Case, answer: NotWanted) -> None:
    assert case.claims()
    assert not any(case.next_step(item) for item, _ in case.claims()), "a step is left"


def _waits_for_its_day(case: Case, answer: NotWanted) -> None:
    item = _item_of(case, answer)
    assert not case.kept_out(item)
    step = case.next_step(item)
    assert step is not None
    assert answer.level is not None
    assert step == (answer.level, answer.values["day"])
    assert step[1] > case.today
    driver = case.driver()
    assert driver is None or driver[0].item_no == item.item_no, "the oldest item does not drive"
    by_age = item.due_on + (answer.level.after_due + (item.booking_lag if answer.level.after_due > 0 else 0)) * DAY
    if answer.rule == "gap":
        assert answer.values["last"] == case.last_contact()
        assert step[1] == answer.values["last"] + max(answer.level.needs_gap, case.frame.gap) * DAY  # type: ignore[operator]
        assert step[1] > by_age
    else:
        assert step[1] == by_age
        assert answer.values["due"] == item.due_on


def _step_that_came(case: Case, answer: NotWanted) -> dict[str, Decimal]:
    """What the refused step would have been about."""
    level = answer.level
    assert level is not None
    driver = case.driver()
    if driver is not None:
        about = [(item, amount) for item, amount in case.claims() if case.is_overdue(item)]
        if level.medium == "handover":
            about = [pair for pair in about if (own := case.next_step(pair[0])) and own[0] is level and own[1] <= case.today]
    else:
        about = [(item, amount) for item, amount in case.claims() if item.due_on + level.after_due * DAY <= case.today]
    sums: dict[str, Decimal] = {}
    for item, amount in about:
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + amount
    return sums


def _same_amounts(answer: NotWanted, sums: Mapping[str, Decimal]) -> None:
    assert answer.values["amounts"] == tuple(Money(amount, currency) for currency, amount in sorted(sums.items()))


def _below_minimum(case: Case, answer: NotWanted) -> None:
    sums = _step_that_came(case, answer)
    _same_amounts(answer, sums)
    assert answer.level is not None
    assert max(sums.values()) < answer.level.min_open
    assert answer.values["minimum"].amount == answer.level.min_open  # type: ignore[attr-defined]


def _not_worth(case: Case, answer: NotWanted) -> None:
    sums = _step_that_came(case, answer)
    _same_amounts(answer, sums)
    assert answer.level is not None
    assert case.frame.margin is not None
    assert max(sums.values()) * case.frame.margin / 100 < case.frame.cost[case.medium(answer.level)]


def _saturated(case: Case, answer: NotWanted) -> None:
    assert answer.level is not None
    own = case.own_weight(case.medium(answer.level))
    assert case.frame.saturation is not None
    assert answer.values["strength"] == case.strength(case.today)
    assert case.strength(case.today) + own > case.frame.saturation
    room = next(case.today + n * DAY for n in range(1, 400) if case.strength(case.today + n * DAY) + own <= case.frame.saturation)
    assert answer.until is not None
    assert answer.until <= room, "there is room before"


def _too_heavy(case: Case, answer: NotWanted) -> None:
    assert answer.level is not None
    assert case.frame.saturation is not None
    assert case.own_weight(case.medium(answer.level)) > case.frame.saturation


CHECKS = {
    "nothing-open": _nothing_open, "credits-cover": _credits_cover, "head-office": _head_office, "legal-state": _legal_state,
    "pause": _pause, "grace": _grace, "promise": _promise, "promise-pending": _promise, "promise-unjudged": _promise,
    "appointment": _appointment, "disputed": _disputed, "objection": _objection, "direct-debit": _direct_debit,
    "handed-over": _handed_over, "blocked": _blocked, "blocked-for-good": _blocked, "deadline": _deadline, "finished": _no_step_left,
    "not-yet": _waits_for_its_day, "gap": _waits_for_its_day, "below-minimum": _below_minimum, "not-worth": _not_worth,
    "saturated": _saturated, "too-heavy": _too_heavy,
}  # fmt: skip
