"""Notices: what people are told without asking, once while it lasts, and again when it is over.

Owns the conditions worth telling, when one has lasted long enough, and the words of a message. Knows no mail, no hook and no store.
Invariant: a condition is told once however often it is seen, and is over only when it has been away for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from collectord.core.wording import Language, Texts, phrase

Kind = Literal[
    "held", "rejected", "waiting", "late", "blocked", "unconfirmed_block", "approval", "dispute", "messages", "inbox", "disk", "over",
]  # fmt: skip
Key = tuple[str, str]  # kind, subject

LASTS = {
    "waiting": timedelta(0),  # its own patience has passed before: core/exports/arrivals.TOLD_AFTER
    "blocked": timedelta(minutes=5),  # a PBX that restarts is back sooner
    "inbox": timedelta(minutes=3),
}
AWAY = {"blocked": timedelta(minutes=3), "inbox": timedelta(minutes=3), "disk": timedelta(minutes=3)}
"""How long a condition that comes and goes must be away before it is over."""
EVENTS = frozenset({"rejected", "over"})  # told once, over at once
LINES = 50  # of one message

TEXTS: Texts = {
    "held": (
        "Export {file} ({source}) is held back: {reason}. Its debtors are not called. Look with `collectord batches {batch}`,"
        " then `collectord accept {batch}` or `collectord reject {batch}`.",
        "Export {file} ({source}) ist zurückgehalten: {reason}. Seine Debitoren werden nicht angerufen. Ansehen mit"
        " `collectord batches {batch}`, dann `collectord accept {batch}` oder `collectord reject {batch}`.",
    ),
    "rejected": ("Export {file} ({source}) was rejected: {reason}.", "Export {file} ({source}) wurde abgewiesen: {reason}."),
    "waiting_many": (
        "{count} more {count:file|files} in the inbox {count:waits|wait} or cannot be taken; `collectord status` shows {count:it|them}.",
        "{count} weitere {count:Datei im Eingang wartet oder kann|Dateien im Eingang warten oder können} nicht genommen werden;"
        " `collectord status` zeigt sie.",
    ),
    "blocked": ("Nothing is dialled: {why}", "Es wird nicht gewählt: {why}"),
    "unconfirmed_block": (
        "{count} dunning {count:block|blocks} that accounting was asked for {count:is|are} not in the export of {source};"
        " `collectord quality` lists {count:it|them}."
        " Set them before the next dunning run.",
        "{count} erbetene {count:Mahnsperre steht|Mahnsperren stehen} nicht im Export von {source}; `collectord quality` zeigt sie."
        " Bitte vor dem nächsten Mahnlauf setzen.",
    ),
    "approval": (
        "A promise waits for a lead's approval until {day}; see `collectord promises --pending`.",
        "Eine Zusage wartet bis {day} auf die Zustimmung der Teamleitung; siehe `collectord promises --pending`.",
    ),
    "dispute": (
        "{count} {count:dispute|disputes} should have been answered by {day} ({owner}); `collectord disputes` lists {count:it|them}.",
        "{count} {count:Reklamation|Reklamationen} {count:war|waren} bis {day} zu beantworten ({owner}); `collectord disputes` zeigt sie.",
    ),
    "nobody": ("nobody is named", "niemand ist genannt"),
    "messages": (
        "{count} letters or e-mails to debtors were refused for good, or nobody knows whether they left;"
        " see `collectord messages --state failed` and `--state unknown`.",
        "{count} Briefe oder E-Mails an Debitoren wurden endgültig abgewiesen, oder niemand weiß, ob sie hinausgingen;"
        " siehe `collectord messages --state failed` und `--state unknown`.",
    ),
    "inbox": ("The inbox cannot be reached: {why}.", "Der Eingangsordner ist nicht erreichbar: {why}."),
    "disk": ("Only {free} MB are free on the disk of {place}.", "Auf der Platte von {place} sind nur noch {free} MB frei."),
    "over": ("Over: {sentence}", "Erledigt: {sentence}"),
    "subject_one": ("collectord: {title}", "collectord: {title}"),
    "subject_many": ("collectord: {title} and {more} more", "collectord: {title} und {more} weitere"),
    "more": ("… and {count} more: `collectord notices`", "… und {count} weitere: `collectord notices`"),
    "foot": (
        "Sent by collectord on {host}. `collectord status` shows how things stand now.",
        "Gesendet von collectord auf {host}. `collectord status` zeigt den jetzigen Stand.",
    ),
    "title_held": ("an export is held back", "ein Export ist zurückgehalten"),
    "title_rejected": ("an export was rejected", "ein Export wurde abgewiesen"),
    "title_approval": ("a promise waits for approval", "eine Zusage wartet auf Zustimmung"),
    "title_dispute": ("disputes wait beyond their day", "Reklamationen sind überfällig"),
    "title_messages": ("letters or e-mails did not arrive", "Briefe oder E-Mails kamen nicht an"),
    "title_waiting": ("a file waits in the inbox", "eine Datei wartet im Eingang"),
    "title_late": ("an export is late", "ein Export ist überfällig"),
    "title_blocked": ("nothing is dialled", "es wird nicht gewählt"),
    "title_unconfirmed_block": ("dunning blocks are not confirmed", "Mahnsperren sind nicht bestätigt"),
    "title_inbox": ("the inbox cannot be reached", "der Eingangsordner ist nicht erreichbar"),
    "title_disk": ("the disk is nearly full", "die Platte ist fast voll"),
    "title_over": ("settled", "erledigt"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is so at this moment. `subject` names what it is about: batch, file, source."""

    kind: Kind
    subject: str
    sentence: str

    @property
    def key(self) -> Key:
        return self.kind, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice that is on record and not over."""

    id: str
    kind: str
    subject: str
    sentence: str

    @property
    def key(self) -> Key:
        return self.kind, self.subject


@dataclass
class Memory:
    """Since when conditions are there that were not told yet, and since when told ones are away. Lost at a restart, which only delays."""

    there_since: dict[Key, datetime] = field(default_factory=dict)
    away_since: dict[Key, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    begun: tuple[Condition, ...]
    over: tuple[Told, ...]


def judge(conditions: Iterable[Condition], told: Iterable[Told], memory: Memory, now: datetime) -> Judgement:
    """What is to be told now: conditions that have lasted, and told ones that have been away. `memory` is brought up to date."""
    there = {condition.key: condition for condition in conditions}
    known = {one.key: one for one in told}
    memory.there_since = {key: memory.there_since.get(key, now) for key in there if key not in known}
    memory.away_since = {key: memory.away_since.get(key, now) for key in known if key not in there}
    begun = [there[key] for key, since in memory.there_since.items() if now - since >= LASTS.get(key[0], timedelta(0))]
    over = [known[key] for key, since in memory.away_since.items() if now - since >= AWAY.get(key[0], timedelta(0))]
    return Judgement(tuple(begun), tuple(over))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What leaves the house: one message for everything that is to be told."""

    subject: str
    text: str


def message(notices: Sequence[Mapping[str, str]], host: str, language: Language) -> Message:
    """`notices`: kind and sentence of each, oldest first; what is wrong stands before what is settled."""

    def say(code: str, **values: object) -> str:
        return phrase(TEXTS, code, language, **values)

    ordered = sorted(notices, key=lambda one: one["kind"] == "over")
    title = say(f"title_{ordered[0]['kind']}")
    more = len(ordered) - 1
    lines = [f"- {one['sentence']}" for one in ordered[:LINES]]
    if len(ordered) > LINES:
        lines.append(say("more", count=len(ordered) - LINES))
    return Message(
        subject=say("subject_many", title=title, more=more) if more else say("subject_one", title=title),
        text="\n".join([*lines, "", say("foot", host=host), ""]),
    )
