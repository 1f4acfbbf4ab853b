"""The gate's refusals derived again: is what each one says true? For debtors in Germany, with the shipped packs.

Owns the re-derivation from the words of the packs. Asks the gate again only about other instants.
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

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
COUNTED = {"answered", "no_answer", "rejected", "voicemail", "dropped", "unknown"}
DIALLED = COUNTED | {"busy", "unallocated", "not_in_service", "congestion", "failed"}
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
        return len([one for one in known if one.key == facts.debtor.key and one.disposition != "wrong_number"])  # nobody else's ringing
    return max((len([one for one in known if one.number == number.e164]) for number in facts.debtor.numbers), default=0)


def _talked(facts: DebtorFacts, now: datetime, days: int) -> bool:
    first = _local(now).date() - (days - 1) * DAY
    talks = [one for one in (*facts.contacts, *facts.number_contacts) if one.result == "answered" and one.disposition not in NO_TALK]
    return any(first <= _local(one.at).date() and one.at <= now for one in talks)


def _last_rang(facts: DebtorFacts) -> datetime | None:
    rang = [one.at for one in (*facts.contacts, *facts.number_contacts) if one.result in ("no_answer", "voicemail", "unknown")]
    return max(rang, default=None)


def _part(at: datetime) -> int:
    return (at.hour >= 12) + (at.hour >= 16)


def _same_part(facts: DebtorFacts, now: datetime) -> bool:
    """Or in the first minutes of the next part, which opens a little later."""
    last = _last_rang(facts)
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


def _weight(facts: DebtorFacts, now: datetime) -> bool:
    frame, today = facts.frame, _local(now).date()

    def weighs(medium: str, talk: bool) -> int:
        kind = "unanswered" if medium == "call" and not talk and "unanswered" in frame.strength else medium
        return frame.strength.get(kind, 0)

    told = [(one.on, weighs(one.medium, one.conversation)) for one in facts.touches if not one.inbound and not one.agreed]
    letters = {one.on for one in facts.touches if one.medium == "letter" and not one.inbound}
    told += [(day, weighs("letter", True)) for day in {item.last_dunned_on for item in facts.items if item.last_dunned_on} - letters]
    used = sum(weight for day, weight in told if today - frame.per * DAY < day <= today)
    return frame.saturation is not None and used + max(weighs("call", True), weighs("call", False)) > frame.saturation


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
    "de/holiday": _holiday,
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
