"""The ladder's answers: a contact that is wanted, or why none is, each with its sentence.

Owns the words of planning in German and English. Decides nothing: escalation does.
Invariant: every answer has one sentence that names the step or the reason; a sentence is made only when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.handover import KIND_TITLES, Handover, Unfit
from collectord.core.receivables.ladders import Level
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.risk import Risk
from collectord.core.receivables.rungs import NO_RUNGS, Rungs
from collectord.core.receivables.triggers import Fired
from collectord.core.wording import Bilingual, Language, Texts, Told, phrase

TEXTS: Texts = {
    "wanted": (
        "Step {number} ({name}): {item} was due on {due} and {amounts} is open in {count} {count:item|items}.",
        "Stufe {number} ({name}): {item} war am {due} fällig, {amounts} sind in {count} Posten offen.",
    ),
    "wanted-early": (
        "Step {number} ({name}): {item} falls due on {due}, {amounts} in {count} {count:item|items}.",
        "Stufe {number} ({name}): {item} wird am {due} fällig, {amounts} in {count} Posten.",
    ),
    "wanted-risky": (
        "Step {number} ({name}): {item} falls due on {due}, {amounts} in {count} {count:item|items}; {risk}",
        "Stufe {number} ({name}): {item} wird am {due} fällig, {amounts} in {count} Posten; {risk}",
    ),
    "wanted-brought": (
        "Step {number} ({name}), brought forward by {trigger}: {grounds}; {amounts} is open in {count} {count:item|items}.",
        "Stufe {number} ({name}), vorgezogen durch {trigger}: {grounds}; {amounts} sind in {count} Posten offen.",
    ),
    "wanted-handover": (
        "Step {number} ({name}) to {to} ({kind}): {item} was due on {due} and {amounts} is open in {count} {count:item|items}.",
        "Stufe {number} ({name}) an {to} ({kind}): {item} war am {due} fällig, {amounts} sind in {count} Posten offen.",
    ),
    "wanted-handover-nobody": (
        "Step {number} ({name}), meant for nobody ({unfit}): {item} was due on {due} and {amounts} is open in {count} {count:item|items}.",
        "Stufe {number} ({name}), an niemanden bestimmt ({unfit}): {item} war am {due} fällig, {amounts} sind in {count} Posten offen.",
    ),
    "nothing-open": ("Nothing is open.", "Es ist nichts offen."),
    "credits-cover": (
        "Credits cover everything that may be spoken about.",
        "Gutschriften decken alles, worüber gesprochen werden darf.",
    ),
    "no-ladder": ("No ladder fits this debtor.", "Keine Mahnleiter passt zu diesem Debitor."),
    "legal-state": ("The legal state {state} stops the ladder.", "Der Rechtsstatus {state} hält die Mahnleiter an."),
    "legal-state-named": (
        "{title} ({state}): nobody contacts the debtor any more; address {instead} instead.",
        "{title} ({state}): der Debitor wird nicht mehr kontaktiert; anzusprechen ist stattdessen {instead}.",
    ),
    "pause": (
        "All contacts are paused until {day}, says {who}: {why}.",
        "Alle Kontakte ruhen bis {day}, sagt {who}: {why}.",
    ),
    "grace": (
        "{who} gave the debtor time until {day}: {why}.",
        "{who} hat dem Debitor Zeit bis {day} gegeben: {why}.",
    ),
    "head-office": (
        "The call to the head office {head} covers this branch.",
        "Der Anruf bei der Zentrale {head} gilt auch für diese Filiale.",
    ),
    "promise": (
        "A promise to pay is open; the ladder waits until {day}.",
        "Eine Zahlungszusage ist offen; die Mahnleiter wartet bis {day}.",
    ),
    "promise-pending": (
        "A promise to pay waits for a lead's approval; so does the ladder, until {day} at most.",
        "Eine Zahlungszusage wartet auf die Zustimmung der Teamleitung, die Mahnleiter mit ihr, längstens bis {day}.",
    ),
    "objection": (
        "{item} waits until {day}, because the debtor said: {title}; nothing else may be spoken about.",
        "{item} wartet bis {day}, denn der Debitor sagte: {title}; sonst gibt es nichts zu besprechen.",
    ),
    "promise-unjudged": (
        "A promise to pay ran out on {day} and has not been judged yet; the first list that knows all bookings of that day decides.",
        "Eine Zahlungszusage ist am {day} abgelaufen und noch nicht beurteilt; die erste Liste, die alle Buchungen dieses Tages kennt,"
        " entscheidet.",
    ),
    "appointment": (
        "Another contact is already arranged for {at}; the ladder waits for it.",
        "Ein anderer Kontakt ist für {at} vereinbart; die Mahnleiter wartet darauf.",
    ),
    "callback": (
        "A callback is agreed for {at}, and {agent} makes it; the ladder waits for it.",
        "Ein Rückruf ist für {at} vereinbart, ihn macht {agent}; die Mahnleiter wartet darauf.",
    ),
    "callback-anybody": (
        "A callback is agreed for {at}; the ladder waits for it.",
        "Ein Rückruf ist für {at} vereinbart; die Mahnleiter wartet darauf.",
    ),
    "disputed": (
        "{item} is disputed and nothing else may be spoken about.",
        "{item} ist bestritten, sonst gibt es nichts zu besprechen.",
    ),
    "direct-debit": (
        "{item} is collected by direct debit and nothing else may be spoken about.",
        "{item} wird per Lastschrift eingezogen, sonst gibt es nichts zu besprechen.",
    ),
    "blocked": ("{item} has a dunning block until {day}.", "{item} hat eine Mahnsperre bis {day}."),
    "blocked-for-good": ("{item} has a dunning block without an end.", "{item} hat eine unbefristete Mahnsperre."),
    "deadline": (
        "Accounting's payment deadline for {item} is {day}; no contact before that day.",
        "Zahlungsfrist der Buchhaltung für {item} am {day}; kein Kontakt vor diesem Tag.",
    ),
    "handed-over": (
        "{item} has been handed over and nothing else may be spoken about.",
        "{item} ist abgegeben, sonst gibt es nichts zu besprechen.",
    ),
    "finished": (
        "No step of the ladder is left: each was carried out, has had its time, or is not for this debtor.",
        "Keine Stufe der Mahnleiter ist mehr übrig: jede ist durchlaufen, hatte ihre Zeit oder gilt nicht für diesen Debitor.",
    ),
    "not-yet": (
        "The next step, {number} ({name}), comes on {day}: {item} is due on {due}.",
        "Die nächste Stufe, {number} ({name}), kommt am {day}: {item} ist am {due} fällig.",
    ),
    "gap": (
        "The next step, {number} ({name}), comes on {day}: the last contact was on {last}.",
        "Die nächste Stufe, {number} ({name}), kommt am {day}: der letzte Kontakt war am {last}.",
    ),
    "not-yet-maybe": (
        "The day of the next step, {number} ({name}), is {day}: {item} is due on {due}.",
        "Die nächste Stufe, {number} ({name}), wäre am {day} an der Reihe: {item} ist am {due} fällig.",
    ),
    "gap-maybe": (
        "The day of the next step, {number} ({name}), is {day}: the last contact was on {last}.",
        "Die nächste Stufe, {number} ({name}), wäre am {day} an der Reihe: der letzte Kontakt war am {last}.",
    ),
    "below-minimum": (
        "{amounts} is below the {minimum} that step {number} ({name}) asks for.",
        "{amounts} liegen unter den {minimum}, die Stufe {number} ({name}) verlangt.",
    ),
    "not-worth": (
        "Step {number} ({name}) costs {cost}, but {margin} % of {amounts} brings only {brings}.",
        "Stufe {number} ({name}) kostet {cost}, {margin} % von {amounts} bringen aber nur {brings}.",
    ),
    "saturated": (
        "Step {number} ({name}) waits: it weighs {own}, and within {days} days the debtor received contacts of strength {strength}; at most"
        " {saturation} is allowed.",
        "Stufe {number} ({name}) wartet: sie wiegt {own}, und in {days} Tagen hat der Debitor Kontakte der Stärke {strength} erhalten;"
        " erlaubt sind höchstens {saturation}.",
    ),
    "too-heavy": (
        "Step {number} ({name}) alone weighs more than the {saturation} that the debtor may receive.",
        "Stufe {number} ({name}) wiegt allein mehr als die {saturation}, die der Debitor erhalten darf.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The rules want this contact today."""

    key: DebtorKey
    ladder: str
    level: Level
    medium: str  # the level's, or what the debtor gets in its place
    items: tuple[str, ...]  # by due date, the driving one need not be the first
    open_amount: Mapping[str, Decimal]  # net per currency
    driver: str
    driver_due_on: date
    oldest_due_on: date
    since: date  # the day it came
    expires_on: date | None  # the first day on which its moment is over
    priority: int
    skill: str = ""  # only agents with this skill
    agent: str = ""  # nobody else
    script: str = ""
    tone: str = ""
    brought: Fired | None = None  # what brought it forward
    risk: Risk | None = None  # of paying late, where the step asks for one
    handover: Handover | None = None  # to whom it goes
    unfit: tuple[Unfit, ...] = ()  # why it goes to none of those whom the ladder names
    value: Decimal = Decimal(0)  # expected, per agent minute; of calls only
    rungs: Rungs = NO_RUNGS  # of the ladder: what the level's number counts
    value_until: date | None = None  # the first day on which age alone makes that another

    @property
    def prompted_by(self) -> str:
        return self.brought.trigger.name if self.brought else ""

    def why(self, language: Language, zone: str = "UTC") -> str:
        code = "wanted-early" if self.level.is_courtesy else "wanted"
        values: dict[str, object] = {"item": self.driver, "due": self.driver_due_on}
        if self.brought is not None:
            code = "wanted-brought"
            values = {"trigger": self.brought.trigger.title(language), "grounds": Told(self.brought.grounds_text(language, zone))}
        elif self.risk is not None:
            code = "wanted-risky"
            values["risk"] = Told(self.risk.why(language, zone))
        elif self.handover is not None:
            code = "wanted-handover"
            values |= {"to": Bilingual(self.handover.titles), "kind": Bilingual(KIND_TITLES[self.handover.kind])}
        elif self.unfit:
            code = "wanted-handover-nobody"
            values["unfit"] = Told("; ".join(one.why(language) for one in self.unfit))
        return phrase(
            TEXTS,
            code,
            language,
            zone,
            number=self.level.number,
            name=self.level.title(language),
            amounts=moneys(self.open_amount),
            count=len(self.items),
            **values,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWanted:
    """No contact today. Before `until` the answer stays the same as long as nothing happens; None: time alone changes nothing."""

    rule: str
    until: date | None
    values: Mapping[str, object]
    level: Level | None = None  # the step that is waited for
    text: str = ""  # another sentence than the rule's usual one

    def why(self, language: Language, zone: str = "UTC") -> str:
        step = {} if self.level is None else {"number": self.level.number, "name": self.level.title(language)}
        return phrase(TEXTS, self.text or self.rule, language, zone, **self.values, **step)


def moneys(amounts: Mapping[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for currency, amount in sorted(amounts.items()))
