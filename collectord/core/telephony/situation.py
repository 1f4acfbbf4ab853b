"""Situation: what is known when the consequences of a call are decided, and the sentences that explain them.

Owns the gathering's shape and the words. Decides nothing: follow_up does.
Invariant: everything in it was true at `now`; it asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from collectord.core.contact.calendar import WorkingDays
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.objections import Card
from collectord.core.receivables.rungs import NO_RUNGS, Rungs
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.disposition_rules import FollowUpRules
from collectord.core.telephony.redial import Tried
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "retry": ("The last call: {how}; again from {at} ({rule}).", "Letzter Anruf: {how}; wieder ab {at} ({rule})."),
    "retry-grown": (
        "The last {count} calls: {how}; again from {at}, each wait longer than the one before ({rule}).",
        "Die letzten {count} Anrufe: {how}; wieder ab {at}, jedes Mal wird länger gewartet ({rule}).",
    ),
    "retry-other": (
        "The last call: {how}; from {at} the other number {other} is tried ({rule}).",
        "Letzter Anruf: {how}; ab {at} ist die andere Nummer {other} an der Reihe ({rule}).",
    ),
    "retry-day-over": (
        "The last call: {how}, {count} {count:time|times} today, and no more are made on one day; again from {at} ({rule}).",
        "Letzter Anruf: {how}, heute {count} {count:Mal|Mal}, mehr sind an einem Tag nicht vorgesehen; wieder ab {at} ({rule}).",
    ),
    "too-often": (
        "{count} {count:call|calls} for this step ended with the same result ({how}): it is taken as carried out ({rule}).",
        "{count} {count:Anruf|Anrufe} dieser Stufe mit demselben Ausgang ({how}): sie gilt als durchgeführt ({rule}).",
    ),
    "exhausted": (
        "{count} {count:attempt|attempts} without a talk: the step is taken as carried out.",
        "{count} {count:Versuch|Versuche} ohne Gespräch: die Stufe gilt als durchgeführt.",
    ),
    "refused": ("Not dialled, though accepted: {why}", "Nicht gewählt, obwohl angenommen: {why}"),
    "agent": (
        "The debtor was not called ({how}); again from {at}.",
        "Der Debitor wurde nicht angerufen ({how}); wieder ab {at}.",
    ),
    "number-failed": (
        "{number} cannot be reached ({how}); it rests until {day}.",
        "{number} ist nicht erreichbar ({how}); sie ruht bis {day}.",
    ),
    "by-hand": (
        "The call: {how}; a call that a person asked for is not repeated by itself.",
        "Der Anruf: {how}; ein von Hand verlangter Anruf wird nicht von selbst wiederholt.",
    ),
    "no-outcome": (
        "A talk took place and its outcome is not entered yet.",
        "Ein Gespräch fand statt, sein Ergebnis ist noch nicht erfasst.",
    ),
    "unknown": (
        "What became of the call is not known; it is not dialled again by itself.",
        "Was aus dem Anruf wurde, ist nicht bekannt; er wird nicht von selbst wiederholt.",
    ),
    "result": (
        "The last call: {how}; the step is taken as carried out.",
        "Letzter Anruf: {how}; die Stufe gilt als durchgeführt.",
    ),
    "said": ("The talk yielded {what}.", "Das Gespräch ergab {what}."),
    "promise": (
        "Promised {amounts} by {day}; the ladder waits until {until}.",
        "{amounts} bis {day} zugesagt; die Leiter wartet bis {until}.",
    ),
    "plan": (
        "{count} instalments promised, the last one by {day}: {amounts}; the ladder waits until {until}.",
        "{count} Raten zugesagt, die letzte zum {day}: {amounts}; die Leiter wartet bis {until}.",
    ),
    "promise-pending": (
        "Promised {amounts} by {day}; a lead has to approve it ({reasons}), the ladder waits until {until}.",
        "{amounts} bis {day} zugesagt; die Teamleitung muss zustimmen ({reasons}), die Leiter wartet bis {until}.",
    ),
    "remark-plan": ("{count} instalments", "{count} Raten"),
    "remark-pending": (
        "waits for a lead's approval until {until}: {reasons}",
        "wartet bis {until} auf Zustimmung der Teamleitung: {reasons}",
    ),
    "objection": ("The debtor said: {title}.", "Der Debitor sagte: {title}."),
    "objection-hold": (
        "The debtor said: {title}; the ladder waits until {until}.",
        "Der Debitor sagte: {title}; die Leiter wartet bis {until}.",
    ),
    "hold": ("The talk yielded {what}; looked at again from {at}.", "Das Gespräch ergab {what}; Wiedervorlage ab {at}."),
    "callback": ("Callback agreed for {at}.", "Rückruf vereinbart für {at}."),
    "callback-task": (
        "Agreed callback: {agent} spoke with the debtor on {on}.",
        "Vereinbarter Rückruf: {agent} sprach am {on} mit dem Debitor.",
    ),
    "search": ("search for a payment of {amount} for {item}", "bitte Zahlung über {amount} zu {item} suchen"),
    "dispute-reason": ("disputed on the telephone", "am Telefon bestritten"),
    "wrong-reason": ("the number belongs to somebody else", "die Nummer gehört jemand anderem"),
    "stop-reason": ("does not want to be called", "möchte nicht angerufen werden"),
}

WORDS: Mapping[str, tuple[str, str]] = {
    # what the network did
    "dropped": ("answered, and hung up before anybody spoke", "angenommen und aufgelegt, ehe jemand sprach"),
    "busy": ("line busy", "besetzt"),
    "no_answer": ("no answer", "keine Antwort"),
    "rejected": ("call declined", "Anruf abgelehnt"),
    "unallocated": ("no such number", "kein Anschluss"),
    "congestion": ("network congestion", "Netzüberlastung"),
    "failed": ("no connection", "keine Verbindung"),
    # what the agent did
    "agent-accepted": (
        "accepted, but collectord did not answer the PBX in time",
        "angenommen, aber collectord antwortete der Anlage nicht rechtzeitig",
    ),
    "agent-skipped": ("the agent skipped it", "übersprungen"),
    "agent-later": ("the agent put it off", "zurückgestellt"),
    "agent-no_key": ("the agent pressed no key", "keine Taste gedrückt"),
    "agent-no_answer": ("the desk phone was not answered", "Tischtelefon nicht abgenommen"),
    "agent-busy": ("the desk phone was busy", "Tischtelefon besetzt"),
    "agent-unreachable": ("the desk phone could not be reached", "Tischtelefon nicht erreichbar"),
    "agent-left": ("the agent hung up during the preview", "während der Ansage aufgelegt"),
    # what the talk yielded
    "paid_already": ("paid already", "bereits bezahlt"),
    "dispute": ("a dispute", "eine Reklamation"),
    "callback": ("a callback", "einen Rückruf"),
    "refuses": ("no willingness or ability to pay", "keine Zahlung (weigert sich oder kann nicht)"),
    "wrong_number": ("a wrong number", "eine falsche Nummer"),
    "third_party": ("a third party on the line", "nur einen Dritten am Apparat"),
    "left_message": ("a message left", "eine hinterlassene Nachricht"),
    "objection": ("an objection", "einen Einwand"),
    "do_not_call": ("a wish not to be called", "den Wunsch, nicht angerufen zu werden"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One attempt and its surroundings. `new_id` makes ids; everything else is data."""

    attempt: Attempt
    task: Task | None
    items: tuple[OpenItem, ...]  # the debtor's open items of the company now, credits included
    ladder: Ladder | None
    rules: FollowUpRules
    days: WorkingDays  # banking days of the company
    language: Language
    zone: str  # the house's
    now: datetime
    new_id: Callable[[], str]
    broken_before: int = 0  # agreements in a row that were not kept
    skills: frozenset[str] = frozenset()  # of the agent: what may be agreed without a lead
    cards: Mapping[str, Card] = field(default_factory=dict)  # objection cards by code
    earlier: tuple[Tried, ...] = ()  # the calls for the same task before this one, oldest first
    last_agent: str = ""  # of a call that came in: who had called there last
    served: str = ""  # of a call that came in: the caller keyed what was wanted, one sentence
    measured_on: tuple[str, ...] = ()  # what limits of an agreement are shares of; (): what the talk was about
    other_number: str = ""  # of the debtor, called less often in vain than this one, and next in turn; "" = none

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    @property
    def step(self) -> int:
        """The number that the task's step has in the ladder; 0: it is no step of one."""
        return self.task.counted_in(self.rungs).level if self.task else 0

    @property
    def rungs(self) -> Rungs:
        return self.ladder.rungs if self.ladder else NO_RUNGS

    def word(self, word: str) -> str:
        """How a result or disposition reads in a sentence."""
        english, german = WORDS.get(word, (word, word))
        return german if self.language == "de" else english

    def say(self, code: str, **values: object) -> str:
        return phrase(TEXTS, code, self.language, self.zone, **values)
