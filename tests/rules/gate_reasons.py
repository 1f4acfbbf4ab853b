"""The gate's refusals derived again: is what each one says true? For debtors in Germany, with the shipped packs.

Owns the re-derivation from the words of the packs, sentence by sentence. Asks the gate again only about other instants.
Invariant: each rule has its sentence here a second time, with every count, amount, day and name in it reckoned from the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

from collectord.core.contact.calendar import region_code
from collectord.core.contact.contact_rules import Allowed, Refused, may_contact
from collectord.core.contact.facts import Contact, DebtorFacts, FactKind
from collectord.core.contact.packs import Pack
from collectord.core.house import House
from collectord.core.money import Money
from collectord.core.receivables.ledger import FOREVER, OpenItem
from collectord.core.wording import shown

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
COUNTED = {"answered", "no_answer", "rejected", "voicemail", "dropped", "unknown"}
DIALLED = COUNTED | {"busy", "unallocated", "not_in_service", "congestion", "failed"}
BANKING_DAYS = House().paid_already_days
MEDIA = {"email": "an e-mail", "letter": "a letter", "visit": "a visit", "handover": "a handover"}
NO_TALK = {"wrong_number", "third_party", "left_message"}
AROUND = {(0, 8, 20), (1, 8, 20), (2, 8, 20), (3, 8, 20), (4, 8, 20), (5, 9, 18)}  # packs/de.toml: weekday, from, to


def check(facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime, verdict: Allowed | Refused) -> list[str]:
    """The rules that refused. Raises AssertionError where a refusal says what is not so, or a call is allowed that may not be."""
    if isinstance(verdict, Allowed):
        _allowed(facts, now, verdict)
        return []
    for refusal in verdict.refusals:
        assert refusal.reason.endswith("."), refusal
        assert "\n" not in refusal.reason, refusal
        truth = TRUTHS.get(refusal.rule)
        assert truth is not None, f"nobody derives {refusal.rule} again"
        assert truth(facts, now), f"{refusal.rule} is not so: {refusal.reason}"
        sentences = SENTENCES[refusal.rule](facts, now)
        assert refusal.reason in sentences, f"{refusal.rule} says {refusal.reason!r}, true is {sorted(sentences)}"
        assert refusal.not_before is None or refusal.not_before > now, refusal
    if verdict.not_before is not None:
        _exact(facts, packs, house, now, verdict.not_before)
    return [refusal.rule for refusal in verdict.refusals]


def _exact(facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime, first: datetime) -> None:
    """Allowed at that instant, refused at those before it."""
    assert isinstance(_again(facts, packs, house, now, first), Allowed), f"refused at {first}, too"
    for share in (0.35, 0.8):
        between = now + (first - now) * share
        assert isinstance(_again(facts, packs, house, now, between), Refused), f"allowed at {between} already"
    assert isinstance(_again(facts, packs, house, now, first - timedelta(seconds=1)), Refused), "allowed a second before"


def _again(facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime, at: datetime) -> Allowed | Refused:
    """At another instant, with exports that arrived as they did."""
    ahead = house.today(at) - house.today(now)
    sources = tuple(replace(one, fresh_as_of=one.fresh_as_of + ahead) if one.fresh_as_of else one for one in facts.sources)
    return may_contact(replace(facts, sources=sources), packs, house, at)


# ---------------------------------------------------------------- what is so


def _local(now: datetime) -> datetime:
    return now.astimezone(BERLIN)


def _in_hours(now: datetime) -> bool:
    at = _local(now)
    return any(at.weekday() == day and start <= at.hour < end for day, start, end in AROUND)


def _holiday(facts: DebtorFacts, now: datetime) -> bool:
    at, region = _local(now).date(), region_code("DE", facts.debtor.region)
    regions = [region] if region else list(holidays.country_holidays("DE").subdivisions)
    return any(
        at in holidays.country_holidays("DE", subdiv=one, years=at.year, categories=("public", "catholic") if one == "BY" else ("public",))
        for one in regions
    )


def _ours(contacts: tuple[Contact, ...], results: set[str]) -> list[Contact]:
    return [one for one in contacts if one.direction == "outbound" and one.result in results]


def _calls(facts: DebtorFacts, now: datetime, results: set[str], days: int, *, anybody: bool) -> int:
    """Calls of the last calendar days, to the debtor, or the most to one of the debtor's numbers."""
    first = _local(now).date() - (days - 1) * DAY
    known = [one for one in _ours((*facts.contacts, *facts.number_contacts), results) if first <= _local(one.at).date() and one.at <= now]
    if not anybody:
        return len([one for one in known if one.key == facts.debtor.key and not _somebody_elses(facts, one)])
    return max((len([one for one in known if one.number == number.e164]) for number in facts.debtor.numbers), default=0)


def _talked(facts: DebtorFacts, now: datetime, days: int) -> bool:
    first = _local(now).date() - (days - 1) * DAY
    talks = [one for one in (*facts.contacts, *facts.number_contacts) if one.result == "answered" and one.disposition not in NO_TALK]
    return any(first <= _local(one.at).date() and one.at <= now for one in talks)


def _last_rang(facts: DebtorFacts, now: datetime) -> datetime | None:
    """The debtor's own last call, where it rang and nobody answered; one of the last 14 days."""
    calls = [one for one in facts.contacts if one.direction == "outbound" and one.result in COUNTED]
    last = max(calls, key=lambda one: one.at, default=None)
    rang = last is not None and last.result in ("no_answer", "voicemail", "unknown") and now < last.at + 14 * DAY
    return last.at if last is not None and rang else None


def _part(at: datetime) -> int:
    return (at.hour >= 12) + (at.hour >= 16)


def _same_part(facts: DebtorFacts, now: datetime) -> bool:
    """Or in the first minutes of the next part, which opens a little later."""
    last = _last_rang(facts, now)
    if last is None:
        return False
    return _part(_local(last)) in (_part(_local(now)), _part(_local(now - timedelta(minutes=45))))


def _known(facts: DebtorFacts, kind: str) -> list[str]:
    return [fact.value for fact in facts.facts if fact.kind == kind]


def _numbers(facts: DebtorFacts) -> set[str]:
    return {number.e164 or "" for number in facts.debtor.numbers}


def _busy_lately(facts: DebtorFacts, now: datetime) -> bool:
    again = [one.at for one in (*facts.contacts, *facts.number_contacts) if one.result in DIALLED - COUNTED]
    return any(now - timedelta(minutes=15) < at <= now for at in again)


def _strength(facts: DebtorFacts, now: datetime) -> tuple[int, int]:
    """What the debtor received within the strategy's period, and what one more call weighs at most."""
    frame, today = facts.frame, _local(now).date()

    def weighs(medium: str, talk: bool) -> int:
        kind = "unanswered" if medium == "call" and not talk and "unanswered" in frame.strength else medium
        return frame.strength.get(kind, 0)

    told = [(one.on, weighs(one.medium, one.conversation)) for one in facts.touches if not one.inbound and not one.agreed]
    letters = {one.on for one in facts.touches if one.medium == "letter" and not one.inbound}
    told += [(day, weighs("letter", True)) for day in {item.last_dunned_on for item in facts.items if item.last_dunned_on} - letters]
    used = sum(weight for day, weight in told if today - frame.per * DAY < day <= today)
    return used, max(weighs("call", True), weighs("call", False))


def _weight(facts: DebtorFacts, now: datetime) -> bool:
    return facts.frame.saturation is not None and sum(_strength(facts, now)) > facts.frame.saturation


def _all_are(facts: DebtorFacts, word: str) -> bool:
    """Whatever is open is kept out, and this is one of the reasons."""
    found = False
    for item in facts.debits:
        disputed = item.dispute or item.item_no in _known(facts, FactKind.DISPUTE) or "" in _known(facts, FactKind.DISPUTE)
        debit = item.payment_method == "direct_debit"
        blocked = item.dunning_block_until is not None
        deadline = item.dunning_deadline is not None
        objected = bool({"", item.item_no} & set(_known(facts, FactKind.OBJECTION)))
        found = found or {"disputed": disputed, "debit": debit, "blocked": blocked, "deadline": deadline, "objected": objected}[word]
        covered = any(one.open_amount < 0 for one in facts.items)
        if not (disputed or debit or blocked or deadline or objected or covered):
            return False
    return found


def _wished(facts: DebtorFacts, now: datetime) -> bool:
    """mon-thu 14:00-16:00, or not on Mondays: the wishes of many_debtors."""
    at = _local(now)
    fits = at.weekday() < 4 and 14 <= at.hour < 16
    return bool(_known(facts, FactKind.WISH) and not fits) or bool(_known(facts, FactKind.NOT_ON) and at.weekday() == 0)


TRUTHS: dict[str, Callable[[DebtorFacts, datetime], bool]] = {
    "de/hours": lambda facts, now: not _in_hours(now),
    "de/wishes": _wished,
    "house/wishes": _wished,
    "de/3-per-day": lambda facts, now: _calls(facts, now, COUNTED, 1, anybody=False) >= 3,
    "de/15-per-week": lambda facts, now: _calls(facts, now, COUNTED, 7, anybody=False) >= 15,
    "house/1-per-day": lambda facts, now: _calls(facts, now, COUNTED, 1, anybody=False) >= 1,
    "house/1-per-day-and-number": lambda facts, now: _calls(facts, now, COUNTED, 1, anybody=True) >= 1,
    "house/3-in-7": lambda facts, now: _calls(facts, now, COUNTED, 7, anybody=False) >= 3,
    "house/3-in-7-and-number": lambda facts, now: _calls(facts, now, COUNTED, 7, anybody=True) >= 3,
    "house/3-dialled-per-day": lambda facts, now: _calls(facts, now, DIALLED, 1, anybody=False) >= 3,
    "house/3-dialled-per-day-and-number": lambda facts, now: _calls(facts, now, DIALLED, 1, anybody=True) >= 3,
    "house/after-conversation": lambda facts, now: _talked(facts, now, 4),
    "house/after-conversation-and-number": lambda facts, now: _talked(facts, now, 4),
    "house/retry": _busy_lately,
    "house/other-part-of-day": _same_part,
    "house/saturation": _weight,
    "debtors/grace": lambda facts, now: bool(_known(facts, FactKind.GRACE)),
    "debtors/hours": lambda facts, now: bool(facts.frame.hours or facts.frame.not_on),
    "debtors/media": lambda facts, now: bool(facts.frame.only) and "call" not in facts.frame.only,
    "debtors/objection": lambda facts, now: _all_are(facts, "objected"),
    "debtors/paused": lambda facts, now: facts.frame.pause is not None and _local(now).date() <= facts.frame.pause.until,
    "guard/do-not-call": lambda facts, now: bool(_known(facts, FactKind.DO_NOT_CALL)),
    "guard/number-blocked": lambda facts, now: bool(_numbers(facts) & set(_known(facts, FactKind.NUMBER_BLOCKED))),
    "guard/number-wrong": lambda facts, now: bool(_numbers(facts) & set(_known(facts, FactKind.NUMBER_WRONG))),
    "guard/legal-state": lambda facts, now: bool(facts.debtor.legal_state or _known(facts, FactKind.LEGAL_STATE)),
    "guard/open-promise": lambda facts, now: any(one.holds_until >= _local(now).date() for one in facts.promises),
    "guard/dispute": lambda facts, now: _all_are(facts, "disputed"),
    "guard/dunning-block": lambda facts, now: _all_are(facts, "blocked"),
    "guard/dunning-deadline": lambda facts, now: any(
        item.dunning_deadline is not None and item.dunning_deadline > _local(now).date() for item in facts.debits
    ),
    "guard/direct-debit": lambda facts, now: _all_are(facts, "debit"),
    "guard/nothing-owed": lambda facts, now: any(one.open_amount < 0 for one in facts.items) or not facts.debits,
    "guard/payment-seen": lambda facts, now: any(one.disposition == "paid_already" for one in facts.contacts) or bool(facts.payments),
}  # fmt: skip


# ---------------------------------------------------------------- what is said


Sentences = Callable[[DebtorFacts, datetime], set[str]]


def _told(value: object) -> str:
    return shown(value, "en", "Europe/Berlin")


def _somebody_elses(facts: DebtorFacts, call: Contact) -> bool:
    """It turned out, with that call or a later one, that the number is not the debtor's."""
    wrong = [one.at for one in facts.contacts if one.disposition == "wrong_number" and one.number == call.number]
    wrong += [fact.at for fact in facts.facts if fact.kind == FactKind.NUMBER_WRONG and fact.value == call.number]
    return any(call.at <= at for at in wrong)


def _capped(counts: set[str], days: int, most: int, *, anybody: bool = False) -> Sentences:
    def says(facts: DebtorFacts, now: datetime) -> set[str]:
        first, found = _local(now).date() - (days - 1) * DAY, set()
        pools = {"": [one for one in facts.contacts if not _somebody_elses(facts, one)]}
        if anybody:
            pools = {f" to {number}": [one for one in facts.history if one.number == number] for number in _numbers(facts)}
        for whom, pool in pools.items():
            calls = [one.at for one in _ours(tuple(pool), counts) if one.at <= now]
            count = len([at for at in calls if _local(at).date() >= first])
            if count >= most:
                last, span = _told(max(calls)), _told(days * DAY)
                found.add(f"{count} counted calls{whom} in {span}, {most} are allowed; the last one was on {last}.")
        return found

    return says


def _quiet(facts: DebtorFacts, now: datetime) -> set[str]:
    found = set()
    for whom, it, pool in [("", "", facts.contacts), *((f" on {n}", " to it", facts.history) for n in _numbers(facts))]:
        talks = [one for one in pool if one.result == "answered" and one.disposition not in NO_TALK]
        days = [_local(one.at).date() for one in talks if not whom or one.number == whom[4:]]
        if days:
            free = max(days) + 4 * DAY
            agreed = any(now < one.at and _local(one.at).date() < free for one in facts.callbacks)
            none = f"before {_told(free)} only the agreed callback." if agreed else f"no call{it} before {_told(free)}."
            found.add(f"There was a conversation{whom} on {_told(max(days))}; {none}")
    return found


def _retry(facts: DebtorFacts, now: datetime) -> set[str]:
    found = set()
    for number in _numbers(facts):
        failed = [one for one in facts.history if one.result in DIALLED - COUNTED and (one in facts.contacts or one.number == number)]
        last = max(failed, key=lambda one: one.at)
        found.add(f"The call of {_told(last.at)} ended with {last.result}; the next one comes 15 minutes later at the earliest.")
    return found


def _rang(facts: DebtorFacts, now: datetime) -> set[str]:
    last = max((one for one in facts.contacts if one.result in COUNTED), key=lambda one: one.at)
    return {f"The call of {_told(last.at)} rang without an answer; the next one falls into another part of the day."}


def _said(template: str, kind: str, *, number: bool = False) -> Sentences:
    """Of each fact of this kind its own sentence."""

    def says(facts: DebtorFacts, now: datetime) -> set[str]:
        known = [fact for fact in facts.facts if fact.kind == kind and (not number or fact.value in _numbers(facts))]
        known = [fact for fact in known if fact.until_on is None or fact.until_on >= _local(now).date()]
        return {
            template.format(value=fact.value, day=_told(_local(fact.at).date()), until=_told(fact.until_on), reason=fact.reason.rstrip("."))
            for fact in known
        }

    return says


def _no_calls(facts: DebtorFacts, now: datetime) -> set[str]:
    days = [_local(fact.at).date() for fact in facts.facts if fact.kind == FactKind.DO_NOT_CALL]
    days += [_local(one.at).date() for one in facts.contacts if one.disposition == "do_not_call"]
    return {f"The debtor does not want to be called (said on {_told(day)}); letters and e-mails remain." for day in days}


def _wrong(facts: DebtorFacts, now: datetime) -> set[str]:
    wrong = {*_known(facts, FactKind.NUMBER_WRONG), *(one.number for one in facts.contacts if one.disposition == "wrong_number")}
    return {f"The number {number} belongs to somebody else." for number in _numbers(facts) & wrong}


def _promised(facts: DebtorFacts, now: datetime) -> set[str]:
    found = set()
    for one in facts.promises:
        amount, day, until = _told(Money(one.amount, one.currency)), _told(one.promised_on), _told(one.holds_until)
        if one.decide_until is None:
            found.add(f"{amount} is promised for {day}; with grace the promise runs until {until}.")
        else:
            found.add(f"{amount} is promised for {day}, and a lead has to approve it; so long, until {until} at most, nobody calls.")
    return found


def _holding(facts: DebtorFacts, item: OpenItem, now: datetime) -> set[str]:
    """Why this item may not be spoken about."""
    today = _local(now).date()
    held = {"dispute"} if item.dispute or {"", item.item_no} & set(_known(facts, FactKind.DISPUTE)) else set()
    if item.dunning_block_until is not None and item.dunning_block_until >= today:
        held.add("dunning-block")
    if item.payment_method == "direct_debit" and item.returned_on is None:
        held.add("direct-debit")
    if any(fact.value in ("", item.item_no) and fact.until_on and fact.until_on >= today for fact in facts.known(FactKind.OBJECTION)):
        held.add("objection")
    return held


def _nothing_else(facts: DebtorFacts, now: datetime) -> bool:
    """What is left to be spoken about is covered by credits."""
    free = [item for item in facts.debits if not _holding(facts, item, now)]
    sums = {item.currency: sum(one.open_amount for one in free if one.currency == item.currency) for item in free}
    credits = {c: sum(-one.open_amount for one in facts.items if one.open_amount < 0 and one.currency == c) for c in sums}
    return all(sums[currency] <= credits[currency] for currency in sums)


def _of_items(start: str, why: str) -> Sentences:
    def says(facts: DebtorFacts, now: datetime) -> set[str]:
        items = [item for item in facts.debits if why in _holding(facts, item, now)]
        if not items or not _nothing_else(facts, now):
            return set()
        if why == "dunning-block":
            last = max(item.dunning_block_until or FOREVER for item in items)
            items = [item for item in items if item.dunning_block_until == last]
            until = "further notice" if last == FOREVER else _told(last)
            return {f"Dunning block until {until}, and nothing else may be spoken about: {_told([one.item_no for one in items])}."}
        return {f"{start}, and nothing else may be spoken about: {_told([one.item_no for one in items])}."}

    return says


def _deadline(facts: DebtorFacts, now: datetime) -> set[str]:
    day = max(item.dunning_deadline for item in facts.debits if item.dunning_deadline)
    items = _told([item.item_no for item in facts.debits if item.dunning_deadline == day])
    return {f"Accounting's payment deadline for {items} is {_told(day)}; no call before that day."}


def _not_owed(facts: DebtorFacts, now: datetime) -> set[str]:
    if not facts.debits:
        return {"Nothing is open."}
    totals = [sum(one.open_amount for one in facts.items if one.currency == item.currency) for item in facts.debits]
    if max(totals) <= 0:
        return {"Nothing is owed: credits cover everything that is open."}
    free = [item.item_no for item in facts.debits if not _holding(facts, item, now)]
    return {f"Credits cover the items that may be spoken about ({_told(free)})."} if free and _nothing_else(facts, now) else set()


def _saturation(facts: DebtorFacts, now: datetime) -> set[str]:
    frame, used, own = facts.frame, *_strength(facts, now)
    where = f"(strategy {frame.title['en']})"
    if own > (frame.saturation or 0):
        return {f"One such contact alone has strength {own}, and {frame.saturation} are allowed {where}."}
    return {f"It weighs {own}, and contacts of strength {used} lie within {frame.per} days; {frame.saturation} are allowed {where}."}


def _paused(facts: DebtorFacts, now: datetime) -> set[str]:
    pause = facts.frame.pause
    return set() if pause is None else {f"All contacts are stopped up to {_told(pause.until)}, by {pause.who}: {pause.why}."}


def _paid(facts: DebtorFacts, now: datetime) -> set[str]:
    days = {_local(one.at).date() for one in facts.contacts if one.disposition == "paid_already"}
    given = f"that it is paid; {BANKING_DAYS} banking days are given for the payment to arrive."
    return {f"The debtor said on {_told(day)} {given}" for day in days}


SENTENCES: dict[str, Sentences] = {
    "de/hours": lambda facts, now: {
        f"It is {_told(now)} at the debtor's place; calls are allowed Mon-Fri 08:00-20:00, Sat 09:00-18:00."
    },
    "de/wishes": (
        wishes := lambda facts, now: (
            _said("The debtor asked to be called only {value}.", FactKind.WISH)(facts, now)
            | _said("The debtor asked not to be called on {value}.", FactKind.NOT_ON)(facts, now)
        )
    ),
    "house/wishes": wishes,
    "de/3-per-day": _capped(COUNTED, 1, 3),
    "de/15-per-week": _capped(COUNTED, 7, 15),
    "house/1-per-day": _capped(COUNTED, 1, 1),
    "house/1-per-day-and-number": _capped(COUNTED, 1, 1, anybody=True),
    "house/3-in-7": _capped(COUNTED, 7, 3),
    "house/3-in-7-and-number": _capped(COUNTED, 7, 3, anybody=True),
    "house/3-dialled-per-day": _capped(DIALLED, 1, 3),
    "house/3-dialled-per-day-and-number": _capped(DIALLED, 1, 3, anybody=True),
    "house/after-conversation": _quiet,
    "house/after-conversation-and-number": _quiet,
    "house/retry": _retry,
    "house/other-part-of-day": _rang,
    "house/saturation": _saturation,
    "debtors/grace": _said("{value} gave the debtor time up to {until}: {reason}.", FactKind.GRACE),
    "debtors/hours": lambda facts, now: {
        f"This debtor is {'called only Mon-Fri 10:00-12:00' if facts.frame.hours else 'not called on Fridays'} (rules/debtors.toml)."
    },
    "debtors/media": lambda facts, now: {
        f"For this debtor only {_told([MEDIA[one] for one in facts.frame.only])} is meant, not a call (rules/debtors.toml)."
    },
    "debtors/objection": _said("{value} waits up to {until} because of what the debtor said: {reason}.", FactKind.OBJECTION),
    "debtors/paused": _paused,
    "guard/do-not-call": _no_calls,
    "guard/number-blocked": _said("The number {value} is blocked: {reason}.", FactKind.NUMBER_BLOCKED, number=True),
    "guard/number-wrong": _wrong,
    "guard/legal-state": lambda facts, now: {
        f"The legal state {state} stops every contact." for state in (facts.debtor.legal_state, *_known(facts, FactKind.LEGAL_STATE))
    },
    "guard/open-promise": _promised,
    "guard/dispute": _of_items("Disputed", "dispute"),
    "guard/dunning-block": _of_items("", "dunning-block"),
    "guard/dunning-deadline": _deadline,
    "guard/direct-debit": _of_items("Collected by direct debit that has not come back", "direct-debit"),
    "guard/nothing-owed": _not_owed,
    "guard/payment-seen": _paid,
}  # fmt: skip


def _allowed(facts: DebtorFacts, now: datetime, verdict: Allowed) -> None:
    """Nothing that is easy to see speaks against it. A callback that the debtor asked for may come on a day with another call."""
    assert _in_hours(now)
    assert not _holiday(facts, now)
    assert verdict.number in _numbers(facts) - set(_known(facts, FactKind.NUMBER_WRONG))
    assert not _known(facts, FactKind.DO_NOT_CALL)
    assert verdict.items
    assert _calls(facts, now, DIALLED, 1, anybody=False) < 3
    if not facts.callbacks:
        assert _calls(facts, now, COUNTED, 1, anybody=False) == 0
        assert _calls(facts, now, COUNTED, 7, anybody=False) < 3
        assert not _talked(replace(facts, number_contacts=()), now, 4)
