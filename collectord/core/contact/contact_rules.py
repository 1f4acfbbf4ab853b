"""The one gate: the only code that may say a debtor may be contacted now (DESIGN 4.2).

Owns the order in which rules are asked and what their answers mean together. The rules themselves stand in guard, hours and limits.
Invariant: Allowed only when no rule refuses at this instant; `not_before` is the first instant at which none would, or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from collectord.core.contact import frame_rules, guard, hours, limits
from collectord.core.contact.facts import DebtorFacts, FactKind
from collectord.core.contact.family import left_out
from collectord.core.contact.packs import Pack, active_packs
from collectord.core.contact.place import place_of
from collectord.core.contact.refusals import Allowed, Answer, Notice, Question, Refusal, Refused
from collectord.core.contact.roles import asks_for, candidates
from collectord.core.house import House
from collectord.core.receivables.ledger import FOREVER, DialNumber, OpenItem
from collectord.core.wording import Texts

__all__ = ["Allowed", "Refusal", "Refused", "free_items", "guard_rules", "item_refusals", "may_begin", "may_contact"]

ROUNDS = 500  # of asking all rules again at a later instant; two rules alternate a few times, not hundreds

TEXTS: Texts = {
    "nothing-owed": (
        "Nothing is owed: credits cover everything that is open.",
        "Es wird nichts geschuldet: Gutschriften decken alles, was offen ist.",
    ),
    "nothing-open": ("Nothing is open.", "Es ist nichts offen."),
    "rest-covered": (
        "Credits cover the items that may be spoken about ({items}).",
        "Gutschriften decken die Posten, über die gesprochen werden darf ({items}).",
    ),
    "dispute": ("Disputed, and nothing else may be spoken about: {items}.", "Bestritten, und sonst gibt es nichts zu besprechen: {items}."),
    "dunning-block": (
        "Dunning block until {day}, and nothing else may be spoken about: {items}.",
        "Mahnsperre bis {day}, und sonst gibt es nichts zu besprechen: {items}.",
    ),
    "dunning-block-forever": (
        "Dunning block until further notice, and nothing else may be spoken about: {items}.",
        "Mahnsperre bis auf Weiteres, und sonst gibt es nichts zu besprechen: {items}.",
    ),
    "direct-debit": (
        "Collected by direct debit that has not come back, and nothing else may be spoken about: {items}.",
        "Wird per Lastschrift eingezogen, die nicht zurückkam, und sonst gibt es nichts zu besprechen: {items}.",
    ),
    "returned": (
        "{item} is collected by direct debit, and that came back on {day}, says the bank statement.",
        "{item} wird per Lastschrift eingezogen; die kam laut Kontoauszug am {day} zurück.",
    ),
    "agreed-callback": (
        "Covered by the head office {head} ({name}); the callback agreed with this branch is kept nevertheless.",
        "Durch die Zentrale {head} ({name}) abgedeckt; der mit dieser Filiale vereinbarte Rückruf wird dennoch gehalten.",
    ),
    "override": (
        "The rule {rule} is set aside by {actor} since {day}: {reason}.",
        "Die Regel {rule} ist durch {actor} seit {day} ausgesetzt: {reason}.",
    ),
}


def guard_rules() -> tuple[str, ...]:
    """The ids of the rules that are always on, as refusals name them."""
    spoken = {
        "clock", "store", "disk", "fault", "unknown-pack", "no-hours", "holidays-unknown", "do-not-call", "number-blocked", "number-wrong",
        "no-number", "legal-state", "dispute", "open-promise", "dunning-block", "dunning-deadline", "nothing-owed", "direct-debit",
        "payment-seen", "no-snapshot", "stale-source", "held-source", "rejected-row", "doubtful-item", "live-attempt", "unknown-attempt",
        "not-dialled-pause", "head-office", "unconfirmed-block", "unknowable-block",
    }  # fmt: skip
    return tuple(sorted(f"guard/{rule}" for rule in spoken))


def may_contact(
    facts: DebtorFacts,
    packs: Mapping[str, Pack],
    house: House,
    now: datetime,
    number: str | None = None,
    item: str | None = None,
    medium: str = "call",
) -> Answer:
    """May this debtor be contacted at this instant? `number` and `item` narrow the question; without them any number and item will do.

    Of several numbers the first one that is allowed is taken, in the order of core/contact/roles; if none is, the answer is for the one
    that is allowed first.
    """
    best: Refused | None = None
    for candidate in _numbers(facts, number, medium, house.tries_each_number):
        place = place_of(facts.debtor, candidate, house)
        question = Question(
            facts=facts,
            packs=active_packs(packs, house.packs, place),
            known_packs=packs,
            house=house,
            place=place,
            now=now,
            number=candidate,
            item=item,
            medium=medium,
        )
        answer = _answer(question)
        if isinstance(answer, Allowed):
            return answer
        if best is None or _sooner(answer.not_before, best.not_before):
            best = answer
    assert best is not None  # _numbers yields at least one
    return best


def may_begin(
    facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime, until: datetime, number: str | None = None
) -> Answer:
    """May a call begin now? The agent is rung first, hears the case and decides, so the debtor's line may ring as late as `until`."""
    answer = may_contact(facts, packs, house, now, number)
    late = answer if isinstance(answer, Refused) else may_contact(facts, packs, house, until, number=answer.number)
    return late if isinstance(late, Refused) else answer


def _numbers(facts: DebtorFacts, number: str | None, medium: str, tries_each: int) -> tuple[DialNumber | None, ...]:
    if medium != "call":
        return (None,)
    ranked = candidates(facts, tries_each)
    if number is not None:
        return tuple(known for known in ranked if known.e164 == number) or (DialNumber(position=0, raw=number, e164=number),)
    return ranked or (None,)


def _sooner(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one < other)


def _answer(question: Question) -> Answer:
    standing = [*guard.standing_refusals(question), *(guard.calling_refusals(question) if question.is_call else ())]
    passing = list(_passing(question, question.now))
    free = tuple(item.item_no for item in free_items(question, question.now))
    notices = tuple(_notices(question))
    refusals = tuple(dict.fromkeys([*standing, *passing]))
    if not refusals:
        number = question.number.e164 if question.number is not None else None
        return Allowed(number or "", free, question.place, notices, asks_for(question.facts, question.number))
    never = any(refusal.rule == "guard/do-not-call" and refusal.not_before is None for refusal in refusals)
    return Refused(refusals, never, _end_of(question, refusals), question.place, notices)


def _end_of(question: Question, refusals: tuple[Refusal, ...]) -> datetime | None:
    """The first instant at which nothing refuses, if the data stay as they are."""
    moment = question.now
    current: tuple[Refusal, ...] = refusals
    for _ in range(ROUNDS):
        if not current:
            return moment
        ends = [refusal.not_before for refusal in current if refusal.not_before is not None]
        if len(ends) < len(current):
            return None
        moment = max(ends)
        current = tuple(_passing(question, moment))
    return None


def _passing(question: Question, at: datetime) -> Iterator[Refusal]:
    """Rules that time can end, asked at any instant from now on."""
    yield from guard.dated_refusals(question, at)
    yield from item_refusals(question, at)
    yield from frame_rules.frame_refusals(question, at)
    if not question.is_call:
        return
    yield from filter(None, [guard.pause_refusal(question, at)])
    yield from hours.holiday_refusals(question, at)
    for pack in question.packs:
        rules = [
            hours.hours_refusal(question, pack, at),
            hours.closed_refusal(question, pack, at),
            hours.wish_refusal(question, pack, at),
            hours.person_refusal(question, pack, at),
            hours.ask_first_refusal(question, pack, at),
        ]
        found = [*(refusal for refusal in rules if refusal is not None), *limits.debtor_refusals(question, pack, at)]
        yield from question.without_overridden(found, at)


def item_refusals(question: Question, at: datetime) -> Iterator[Refusal]:
    """Nothing is left that may be spoken about: every rule that keeps an item back, with the first instant at which one is free."""
    debits = _asked(question)
    if not debits:
        code = "nothing-owed" if question.facts.debits else "nothing-open"
        yield Refusal("guard/nothing-owed", question.says(TEXTS, code), None)
        return
    if guard.owes_nothing(question):
        yield Refusal("guard/nothing-owed", question.says(TEXTS, "nothing-owed"), None)
        return
    free = free_items(question, at)
    if _worth(question, free):
        return
    ends = _first_free(question, at)
    held: dict[str, Refusal] = {}
    for item in debits:
        for refusal in _held(question, item, at):
            held.setdefault(refusal.rule, refusal)
    for refusal in held.values():
        yield Refusal(refusal.rule, _told(question, refusal, debits, at), ends)
    if free:
        names = [item.item_no for item in free]
        yield Refusal("guard/nothing-owed", question.says(TEXTS, "rest-covered", items=names), ends)


def _told(question: Question, refusal: Refusal, debits: tuple[OpenItem, ...], at: datetime) -> str:
    """The guard's sentences name all items of a rule; another one's sentence is about its own item."""
    code = refusal.rule.partition("/")[2]
    if not refusal.rule.startswith("guard/"):
        return refusal.reason
    items = [item for item in debits if any(other.rule == refusal.rule for other in _held(question, item, at))]
    if code != "dunning-block":
        return question.says(TEXTS, code, items=[item.item_no for item in items])
    until = max(item.dunning_block_until for item in items if item.dunning_block_until is not None)
    longest = [item.item_no for item in items if item.dunning_block_until == until]  # of the others another day is true
    return question.says(TEXTS, code if until < FOREVER else "dunning-block-forever", day=until, items=longest)


def _first_free(question: Question, at: datetime) -> datetime | None:
    """The first instant at which items worth a call are free again. Every round passes the end of a refusal, and those are finite."""
    moment, ends = at, _ends_of_held(question, at)
    while ends:
        moment = min(ends)
        if _worth(question, free_items(question, moment)):
            return moment
        ends = _ends_of_held(question, moment)
    return None


def _ends_of_held(question: Question, at: datetime) -> list[datetime]:
    refusals = [refusal for item in _asked(question) for refusal in _held(question, item, at)]
    return [refusal.not_before for refusal in refusals if refusal.not_before is not None]


def _asked(question: Question) -> tuple[OpenItem, ...]:
    return tuple(item for item in question.facts.debits if question.item in (None, item.item_no))


def free_items(question: Question, at: datetime) -> tuple[OpenItem, ...]:
    return tuple(item for item in _asked(question) if not any(True for _ in _held(question, item, at)))


def _held(question: Question, item: OpenItem, at: datetime) -> Iterator[Refusal]:
    """Why this item must not be spoken about at this instant."""
    disputes = [fact for fact in question.facts.known(FactKind.DISPUTE) if fact.value in ("", item.item_no) and question.holds(fact, at)]
    if item.dispute or disputes:
        ends = [None if fact.until_on is None else question.after(fact.until_on) for fact in disputes]
        known = [end for end in ends if end is not None]
        yield Refusal("guard/dispute", "", None if item.dispute or len(known) < len(ends) else max(known))
    block = item.dunning_block_until
    if block == FOREVER:
        yield Refusal("guard/dunning-block", "", None)
    elif block is not None and at < question.after(block):
        yield Refusal("guard/dunning-block", "", question.after(block))
    if item.is_direct_debit:
        yield Refusal("guard/direct-debit", "", None)
    yield from frame_rules.objection_refusals(question, item, at)
    if question.is_call:
        for pack in question.packs:
            yield from question.without_overridden(limits.item_refusals(question, pack, item.item_no, at), at)


def _worth(question: Question, free: tuple[OpenItem, ...]) -> bool:
    """In one currency at least, the free items exceed all credits. Asked about one item, its own debt is enough."""
    if question.item is not None:
        return bool(free)
    sums: dict[str, Decimal] = {}
    for item in free:
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + item.open_amount
    for item in question.facts.items:
        if item.open_amount < 0 and item.currency in sums:
            sums[item.currency] += item.open_amount
    return any(amount > 0 for amount in sums.values())


def _notices(question: Question) -> Iterator[Notice]:
    if not question.is_call:
        return
    head = question.facts.covered_by
    if head is not None and guard.keeps_callback(question, question.now):
        yield Notice("guard/head-office", question.says(TEXTS, "agreed-callback", head=head.debtor_no, name=head.debtor_name))
    for item in _asked(question):
        if item.returned_on is not None:
            yield Notice("guard/direct-debit", question.says(TEXTS, "returned", item=item.item_no, day=item.returned_on))
    yield from left_out(question)
    yield from frame_rules.warnings(question)
    for pack in question.packs:
        yield from limits.warnings(question, pack)
    for rule in (*frame_rules.FRAME_RULES, *(rule for pack in question.packs for rule in pack.rule_ids())):
        fact = question.override_of(rule, question.now)
        if fact is not None:
            day = question.place.local_day(fact.at)
            yield Notice(rule, question.says(TEXTS, "override", rule=rule, actor=fact.actor or "?", day=day, reason=fact.reason))
