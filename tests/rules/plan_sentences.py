"""Planning's sentences a second time: each one whole, every count, amount, day and name in it reckoned from the case.

Owns the English sentences for the shipped rules. Judges nothing: tests/rules/reasons says whether the rule is true.
Invariant: nothing is taken from the answer but the step, the items and, for triggers and risks, the grounds that reasons checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from collectord.core.money import Money
from collectord.core.receivables.ledger import FOREVER, OpenItem
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import shown

if TYPE_CHECKING:
    from tests.rules.reasons import Case

LEGAL = {  # as rules/legal_states.toml names them
    "insolvency": ("insolvency", "the insolvency administrator"),
    "Anwalt eingeschaltet": ("represented by a lawyer", "the lawyer"),
    "deceased": ("deceased", "the heirs or the estate's administrator"),
}
JUDGED_BY = "the first list that knows all bookings of that day decides."
NOT_SPOKEN_ABOUT = "and nothing else may be spoken about."


def told(value: object) -> str:
    return shown(value, "en", "Europe/Berlin")


def moneys(amounts: Mapping[str, Decimal]) -> str:
    return ", ".join(told(Money(amount, currency)) for currency, amount in sorted(amounts.items()))


def of_wanted(case: Case, answer: Wanted) -> str:
    claims = {item.item_no: (item, amount) for item, amount in case.claims()}
    sums: dict[str, Decimal] = {}
    for item, amount in (claims[no] for no in answer.items):
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + amount
    driver, count = claims[answer.driver][0], len(answer.items)
    step, amounts = f"Step {answer.level.number} ({answer.level.name})", moneys(sums)
    items = "1 item" if count == 1 else f"{count} items"
    if answer.brought is not None:
        grounds = answer.brought.grounds_text("en", "Europe/Berlin")
        return f"{step}, brought forward by {answer.brought.trigger.name}: {grounds}; {amounts} is open in {items}."
    if answer.risk is not None:
        risk = answer.risk.why("en", "Europe/Berlin")
        return f"{step}: {driver.item_no} falls due on {told(driver.due_on)}, {amounts} in {items}; {risk}"
    if answer.level.is_courtesy:
        return f"{step}: {driver.item_no} falls due on {told(driver.due_on)}, {amounts} in {items}."
    due = f"{driver.item_no} was due on {told(driver.due_on)} and {amounts} is open in"
    if answer.handover is not None:
        return f"{step} to {answer.handover.titles['en']} ({answer.handover.kind.replace('_', ' ')}): {due} {items}."
    return f"{step}: {due} {items}."


def of_refusal(case: Case, answer: NotWanted, sums: Mapping[str, Decimal]) -> set[str]:
    """Whatever may truly be said; `sums`: what the refused step would have been about."""
    holds, frame, level = case.holds, case.frame, answer.level
    step = f"{level.number} ({level.name})" if level is not None else ""
    match answer.rule:
        case "nothing-open":
            return {"Nothing is open."}
        case "credits-cover":
            return {"Credits cover everything that may be spoken about."}
        case "head-office":
            return {f"The call to the head office {holds.covered_by} covers this branch."}
        case "legal-state":
            states = [state for state in (holds.legal_state, case.debtor.legal_state) if state]
            named = [(*LEGAL[state], state) for state in states if state in LEGAL]
            return {f"{title} ({state}): nobody contacts the debtor any more; address {whom} instead." for title, whom, state in named}
        case "pause":
            assert frame.pause is not None
            return {f"All contacts are paused until {told(frame.pause.until)}, says {frame.pause.who}: {frame.pause.why}."}
        case "grace":
            assert holds.grace is not None
            return {f"{holds.grace.by} gave the debtor time until {told(holds.grace.until)}: {holds.grace.why}."}
        case "promise":
            return {f"A promise to pay is open; the ladder waits until {told(holds.promise_until)}."}
        case "promise-pending":
            until = told(holds.promise_until)
            return {f"A promise to pay waits for a lead's approval; so does the ladder, until {until} at most."}
        case "promise-unjudged":
            return {f"A promise to pay ran out on {told(holds.promise_until)} and has not been judged yet; {JUDGED_BY}"}
        case "appointment":
            return {f"Another contact is already arranged for {told(holds.appointment)}; the ladder waits for it."}
        case "finished":
            return {"No step of the ladder is left: each was carried out, has had its time, or is not for this debtor."}
        case "not-yet":
            days = [(item, found[1]) for item, _ in case.claims() if (found := case.next_step(item))]
            return {f"The next step, {step}, comes on {told(day)}: {item.item_no} is due on {told(item.due_on)}." for item, day in days}
        case "gap":
            last = case.last_contact()
            days = [(item, found[1]) for item, _ in case.claims() if (found := case.next_step(item))]
            return {f"The next step, {step}, comes on {told(day)}: the last contact was on {told(last)}." for _, day in days}
    if level is None:
        return set().union(*(_of_item(case, item, answer.rule) for item in case.debits))
    most = max(sums, key=lambda currency: sums[currency]) if sums else ""
    medium = case.medium(level)
    match answer.rule:
        case "below-minimum":
            minimum = told(Money(level.min_open, most))
            return {f"{moneys(sums)} is below the {minimum} that step {step} asks for."}
        case "not-worth":
            cost, brings = told(Money(frame.cost[medium], most)), told(Money(sums[most] * (frame.margin or 0) / 100, most))
            return {f"Step {step} costs {cost}, but {frame.margin} % of {moneys(sums)} brings only {brings}."}
        case "saturated":
            weighs = f"Step {step} waits: it weighs {case.own_weight(medium)}, and within {frame.per} days the debtor received contacts"
            return {f"{weighs} of strength {case.strength(case.today)}; at most {frame.saturation} is allowed."}
        case _:
            return {f"Step {step} alone weighs more than the {frame.saturation} that the debtor may receive."}


def _of_item(case: Case, item: OpenItem, rule: str) -> set[str]:
    no, block, deadline = item.item_no, item.dunning_block_until, item.dunning_deadline
    match rule:
        case "disputed":
            return {f"{no} is disputed {NOT_SPOKEN_ABOUT}"} if item.dispute or no in case.holds.disputed_items else set()
        case "objection":
            said = [one for one in case.holds.objections if one.item_no in ("", no)]
            return {f"{no} waits until {told(one.until)}, because the debtor said: {one.title}; {NOT_SPOKEN_ABOUT[4:]}" for one in said}
        case "direct-debit":
            return {f"{no} is collected by direct debit {NOT_SPOKEN_ABOUT}"} if item.payment_method == "direct_debit" else set()
        case "handed-over":
            return {f"{no} has been handed over {NOT_SPOKEN_ABOUT}"} if case.was_handed_over(item) else set()
        case "blocked":
            return {f"{no} has a dunning block until {told(block)}."}
        case "blocked-for-good":
            return {f"{no} has a dunning block without an end."} if block == FOREVER else set()
        case _:
            return {f"Accounting's payment deadline for {no} is {told(deadline)}; no contact before that day."}
