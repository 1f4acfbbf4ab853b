"""The guard: rules that are always on and that no configuration removes (DESIGN 4.2).

Owns the rules guard/... about the debtor, the data and the number. Knows no calling hours and no caps.
Invariant: a doubt refuses. Rules of the state of the data end at an instant nobody can know; rules with a date end at the start of a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from collectord.core.contact.calendar import HolidaysUnknown, WorkingDays
from collectord.core.contact.exceptions import is_called_back
from collectord.core.contact.facts import NO_LEGAL_STATE, Callback, DebtorFacts, FactKind
from collectord.core.contact.packs import unknown_packs
from collectord.core.contact.refusals import Question, Refusal
from collectord.core.exports.freshness import SourceStanding, Stale, accounting_days, freshness
from collectord.core.money import Money
from collectord.core.receivables.ledger import open_total
from collectord.core.receivables.seen_payments import blocking
from collectord.core.wording import Texts

PAYMENTS_TOLD = 3  # sentences about payments seen; one would do to refuse
NOT_DIALLED_PAUSE = timedelta(minutes=5)  # DESIGN 4.3: a new attempt after one that a fault kept from being dialled

TEXTS: Texts = {
    "unknown-pack": (
        "The configuration names the pack {packs}, and there is no such file in rules/packs.",
        "Die Konfiguration nennt das Regelpaket {packs}, in rules/packs gibt es keine solche Datei.",
    ),
    "no-hours": (
        "No pack in force says at which hours this debtor may be called.",
        "Kein geltendes Regelpaket sagt, zu welchen Zeiten dieser Debitor angerufen werden darf.",
    ),
    "do-not-call": (
        "The debtor does not want to be called (said on {day}); letters and e-mails remain.",
        "Der Debitor möchte nicht angerufen werden (gesagt am {day}); Brief und E-Mail bleiben.",
    ),
    "legal-state": (
        "The legal state {state} stops every contact.",
        "Der Rechtsstatus {state} schließt jeden Kontakt aus.",
    ),
    "no-snapshot": (
        "No complete list that covers the items of source {source} was accepted yet, so nobody knows what is still owed.",
        "Noch keine vollständige Liste, die die Posten der Quelle {source} umfasst, wurde angenommen; was noch offen ist, weiß niemand.",
    ),
    "stale-source": (
        "The export of source {source} is of {day}: {age} accounting {age:day|days} old, {limit} {limit:is|are} allowed.",
        "Der Export der Quelle {source} ist vom {day}: {age} {age:Buchungstag|Buchungstage} alt, erlaubt: {limit}.",
    ),
    "stale-uncounted": (
        "The age of the export of source {source} of {day} cannot be counted; the holidays of {country} are unknown.",
        "Das Alter des Exports der Quelle {source} vom {day} ist nicht zählbar; die Feiertage von {country} sind unbekannt.",
    ),
    "held-source": (
        "The export {files} of source {source} is held and waits for accept or reject.",
        "Der Export {files} der Quelle {source} ist zurückgehalten und wartet auf Annahme oder Ablehnung.",
    ),
    "rejected-row": (
        "A row of this debtor could not be read in the last export (source {source}, line {line}, {column}: {why}).",
        "Eine Zeile dieses Debitors war im letzten Export nicht lesbar (Quelle {source}, Zeile {line}, {column}: {why}).",
    ),
    "doubtful-item": (
        "Whether {items} is still open is doubtful: the last export no longer shows it, or had a row that belongs to nobody.",
        "Ob {items} noch offen ist, ist zweifelhaft: der letzte Export zeigt es nicht mehr oder hat eine Zeile, die zu niemandem passt.",
    ),
    "open-promise": (
        "{amount} is promised for {day}; with grace the promise runs until {until}.",
        "{amount} sind für {day} zugesagt; mit Karenz läuft die Zusage bis {until}.",
    ),
    "pending-promise": (
        "{amount} is promised for {day}, and a lead has to approve it; so long, until {until} at most, nobody calls.",
        "{amount} sind für {day} zugesagt, die Teamleitung muss zustimmen; solange, längstens bis {until}, ruft niemand an.",
    ),
    "dunning-deadline": (
        "Accounting's payment deadline for {items} is {day}; no call before that day.",
        "Zahlungsfrist der Buchhaltung für {items} am {day}; kein Anruf vor diesem Tag.",
    ),
    "payment-seen": (
        "The debtor said on {day} that it is paid; {count} banking days are given for the payment to arrive.",
        "Der Debitor sagte am {day}, es sei bezahlt; {count} Banktage sind für den Eingang eingeräumt.",
    ),
    "payment-booked": (
        "The bank booked {amount} on {day} (statement {source}), and accounting's list does not know of it yet.",
        "Die Bank hat am {day} {amount} gebucht (Auszug {source}), und die Liste der Buchhaltung kennt das noch nicht.",
    ),
    "payment-likely": (
        "The bank booked {amount} on {day} (statement {source}), likely by this debtor, and accounting's list does not know of it yet.",
        "Die Bank hat am {day} {amount} gebucht (Auszug {source}), wohl von diesem Debitor; die Liste der Buchhaltung kennt es noch nicht.",
    ),
    "unknown-attempt": (
        "What became of the call of {at} is not known yet; until then nobody is called again.",
        "Was aus dem Anruf vom {at} wurde, ist noch nicht bekannt; bis dahin wird nicht erneut angerufen.",
    ),
    "live-attempt": ("A call to this debtor is going on since {at}.", "Seit {at} läuft ein Anruf bei diesem Debitor."),
    "live-number": (
        "The number {number} is being called for another debtor since {at}.",
        "Die Nummer {number} wird seit {at} für einen anderen Debitor angerufen.",
    ),
    "not-dialled-pause": (
        "The call of {at} was not dialled; the next one may come five minutes later.",
        "Der Anruf vom {at} wurde nicht gewählt; der nächste darf fünf Minuten später kommen.",
    ),
    "head-office": (
        "Covered by the head office {head} ({name}): one call is for all its branches.",
        "Durch die Zentrale {head} ({name}) abgedeckt: ein Anruf gilt für alle Filialen.",
    ),
    "no-number": ("The debtor has no telephone number.", "Der Debitor hat keine Telefonnummer."),
    "no-dialable-number": (
        "The debtor has no number that can be dialled: {problems}.",
        "Der Debitor hat keine wählbare Nummer: {problems}.",
    ),
    "not-a-number-of-the-debtor": (
        "{number} is not among the debtor's numbers.",
        "{number} gehört nicht zu den Nummern des Debitors.",
    ),
    "number-blocked": (
        "The number {number} is blocked{why}.",
        "Die Nummer {number} ist gesperrt{why}.",
    ),
    "number-wrong": (
        "The number {number} belongs to somebody else.",
        "Die Nummer {number} gehört jemand anderem.",
    ),
}


def standing_refusals(question: Question) -> Iterator[Refusal]:
    """Rules of the state of things now: nobody can know when they end."""
    facts, house, at = question.facts, question.house, question.now
    for doubt in facts.doubts:
        yield Refusal(doubt.rule, doubt.reason, None)
    if facts.covered_by is not None and not keeps_callback(question, at):
        awaited = min((callback.at for callback in _to_keep(question)), default=None) if question.is_call else None
        yield _refusal(question, "head-office", awaited, head=facts.covered_by.debtor_no, name=facts.covered_by.debtor_name)
    missing = unknown_packs(question.known_packs, house.packs)
    if missing:
        yield _refusal(question, "unknown-pack", packs=list(missing))
    if question.is_call and not any(pack.hours for pack in question.packs):
        yield _refusal(question, "no-hours")
    states = [facts.debtor.legal_state, *(fact.value for fact in facts.known(FactKind.LEGAL_STATE) if question.holds(fact, at))]
    for state in dict.fromkeys(state.strip() for state in states):
        if state.casefold() not in NO_LEGAL_STATE:
            yield _refusal(question, "legal-state", state=state)
    yield from _source_refusals(question)
    for row in facts.rejected_rows[:1]:
        yield _refusal(question, "rejected-row", source=row.source, line=row.line, column=row.column, why=row.reason)
    for payment in blocking(facts.payments, facts.items)[:PAYMENTS_TOLD]:
        code = "payment-booked" if payment.is_sure else "payment-likely"
        reason = question.says(TEXTS, code, amount=payment.amount, day=payment.booked_on, source=payment.source)
        yield Refusal("guard/payment-seen", reason, None)
    doubtful = [item.item_no for item in facts.items if item.item_no in facts.doubtful]
    if doubtful:
        yield _refusal(question, "doubtful-item", items=doubtful)


def _source_refusals(question: Question) -> Iterator[Refusal]:
    facts, house = question.facts, question.house
    days = accounting_days(house)
    for source in facts.sources:
        standing = SourceStanding(
            source=source.source, as_of=source.fresh_as_of, fresh_as_of=source.fresh_as_of, held_batch_id=None, last_status=""
        )
        match freshness(standing, house.today(question.now), days, house.max_export_age):
            case Stale(None, _):
                yield _refusal(question, "no-snapshot", source=source.source)
            case Stale(as_of, None):
                reason = question.says(TEXTS, "stale-uncounted", source=source.source, day=as_of, country=house.country)
                yield Refusal("guard/stale-source", reason, None)
            case Stale(as_of, age):
                yield _refusal(question, "stale-source", source=source.source, day=as_of, age=age, limit=house.max_export_age)
        if source.held:
            yield _refusal(question, "held-source", files=list(source.held), source=source.source)


def calling_refusals(question: Question) -> Iterator[Refusal]:
    """The same for calls alone: other media stay possible."""
    facts, at = question.facts, question.now
    stopped = sorted(_stop_calling(question), key=lambda said: said[1] is not None)  # for good goes first
    if stopped:
        yield _refusal(question, "do-not-call", stopped[0][1], day=stopped[0][0])
    for contact in facts.contacts:
        if contact.unresolved:
            yield _refusal(question, "unknown-attempt", at=contact.at)
        elif contact.live:
            yield _refusal(question, "live-attempt", at=contact.at)
    number = question.number
    if number is None or number.e164 is None:
        yield no_number_refusal(question)
        return
    for contact in facts.number_contacts:
        if (contact.live or contact.unresolved) and contact.number == number.e164:
            yield Refusal("guard/live-attempt", question.says(TEXTS, "live-number", number=number.e164, at=contact.at), None)
    if number.position == 0:
        reason = question.says(TEXTS, "not-a-number-of-the-debtor", number=number.e164)
        yield Refusal("guard/no-number", reason, None)
    if wrong_since(facts, number.e164):
        yield _refusal(question, "number-wrong", number=number.e164)
    for fact in facts.known(FactKind.NUMBER_BLOCKED):
        if fact.value == number.e164 and question.holds(fact, at):
            until = None if fact.until_on is None else question.after(fact.until_on)
            why = f": {fact.reason}" if fact.reason else ""
            yield Refusal("guard/number-blocked", question.says(TEXTS, "number-blocked", number=number.e164, why=why), until)


def _stop_calling(question: Question) -> Iterator[tuple[date, datetime | None]]:
    """When "do not call" was said and when it ends. An imported or keyed disposition says it as well as a recorded fact."""
    facts = question.facts
    for fact in facts.known(FactKind.DO_NOT_CALL):
        if question.holds(fact, question.now):
            yield question.place.local_day(fact.at), None if fact.until_on is None else question.after(fact.until_on)
    for contact in facts.contacts:
        if contact.disposition == "do_not_call":
            yield question.place.local_day(contact.at), None


def no_number_refusal(question: Question) -> Refusal:
    """guard/no-number: nothing can be dialled, and why."""
    numbers = question.facts.debtor.numbers
    if not numbers:
        return _refusal(question, "no-number")
    problems = [f"{number.raw} ({number.problem})" if number.problem else number.raw for number in numbers]
    return Refusal("guard/no-number", question.says(TEXTS, "no-dialable-number", problems=problems), None)


def dated_refusals(question: Question, at: datetime) -> Iterator[Refusal]:
    """Rules that end at a known instant."""
    facts = question.facts
    for promise in facts.promises:
        ends = question.after(promise.holds_until)
        if at < ends:
            code = "open-promise" if promise.decide_until is None else "pending-promise"
            amount = Money(promise.amount, promise.currency)
            reason = question.says(TEXTS, code, amount=amount, day=promise.promised_on, until=promise.holds_until)
            yield Refusal("guard/open-promise", " ".join(filter(None, (reason, promise.note))), ends)
    deadlines = [item for item in facts.debits if item.dunning_deadline is not None and at < question.begins(item.dunning_deadline)]
    if deadlines:
        latest = max(item.dunning_deadline for item in deadlines if item.dunning_deadline is not None)
        items = [item.item_no for item in deadlines if item.dunning_deadline == latest]
        yield _refusal(question, "dunning-deadline", question.begins(latest), day=latest, items=items)
    yield from _payment_seen(question, at)


def _payment_seen(question: Question, at: datetime) -> Iterator[Refusal]:
    told = [contact for contact in question.facts.contacts if contact.disposition == "paid_already"]
    if not told:
        return
    day = question.place.local_day(told[-1].at)
    company = question.house.companies.get(question.facts.debtor.company)
    count = question.house.paid_already_days
    try:
        last = WorkingDays(question.house.country, company.region if company else "").add(day, count)
    except HolidaysUnknown:
        last = day + timedelta(days=2 * count)  # without a calendar: longer than so many banking days ever take
    ends = question.after(last)
    if at < ends:
        yield _refusal(question, "payment-seen", ends, day=day, count=count)


def pause_refusal(question: Question, at: datetime) -> Refusal | None:
    """guard/not-dialled-pause: a fault or the gate, not an agent's choice, kept the last call from being dialled."""
    failed = [c.at for c in question.facts.contacts if c.result == "not_dialled" and c.attempt_id and c.agent_result in ("", "accepted")]
    if failed and at < failed[-1] + NOT_DIALLED_PAUSE:
        return _refusal(question, "not-dialled-pause", failed[-1] + NOT_DIALLED_PAUSE, at=failed[-1])
    return None


def wrong_since(facts: DebtorFacts, number: str) -> datetime | None:
    """When it turned out last that the number is not the debtor's; calls until then do not count."""
    said = [fact.at for fact in facts.known(FactKind.NUMBER_WRONG) if fact.value == number]
    said += [contact.at for contact in facts.contacts if contact.disposition == "wrong_number" and contact.number == number]
    return max(said, default=None)


def keeps_callback(question: Question, at: datetime) -> bool:
    """A call that was agreed with this very debtor is kept, though a head office has been named since then."""
    return question.is_call and any(callback.at <= at for callback in _to_keep(question))


def _to_keep(question: Question) -> list[Callback]:
    """Not the answer to a call that nobody took and nobody arranged, once the head office or a branch has been called since."""
    return [callback for callback in question.facts.callbacks if not (callback.missed and is_called_back(question, callback))]


def owes_nothing(question: Question) -> bool:
    """Credits cover everything that is open, in every currency."""
    return all(amount <= 0 for amount in open_total(question.facts.items).values())


def _refusal(question: Question, code: str, not_before: datetime | None = None, /, **values: object) -> Refusal:
    return Refusal(f"guard/{code}", question.says(TEXTS, code, **values), not_before)
