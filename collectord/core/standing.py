"""Standing: the one word and the one sentence for what collectord is doing right now.

Owns the order in which reasons outrank each other. Knows no store and no PBX; what was found comes in.
Invariant: the word is `dialling` only when calls are placed or could be placed this moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collectord.core.wording import Language, Texts, phrase

Say = Callable[..., str]
State = Literal["dialling", "idle", "paused", "shadow", "blocked"]

TEXTS: Texts = {
    "shadow": (
        "Shadow mode: tasks are planned and listed, nothing is dialled.",
        "Schattenbetrieb: Aufgaben werden geplant und gelistet, nichts wird gewählt.",
    ),
    "paused": ("Dialling is paused.", "Das Wählen ist angehalten."),
    "no-daemon": ("No daemon is running.", "Es läuft kein Dienst."),
    "no-source": ("No export was accepted yet.", "Es wurde noch kein Export angenommen."),
    "all-stale": ("No source is fresh: {sources}.", "Keine Quelle ist aktuell: {sources}."),
    "held": ("Every fresh source is held back: {sources}.", "Jede aktuelle Quelle ist zurückgehalten: {sources}."),
    "no-pbx": ("No PBX can be reached: {sentences}", "Keine Anlage ist erreichbar: {sentences}"),
    "calls": ("{calls} {calls:call|calls} in progress.", "{calls} {calls:Anruf|Anrufe} im Gang."),
    "nobody": ("No agent is free.", "Niemand ist frei."),
    "no-task": ("No task is ready.", "Keine Aufgabe ist fällig."),
    "next-task": ("No task is ready before {at}.", "Vor {at} ist keine Aufgabe fällig."),
    "ready": (
        "{ready} {ready:task|tasks} ready, {free} {free:agent|agents} free.",
        "{ready} {ready:Aufgabe|Aufgaben} fällig, {free} {free:Person|Personen} frei.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    source: str
    as_of: str | None
    age: int | None  # accounting days
    fresh: bool
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the parts report."""

    live: bool
    paused: bool
    running: bool
    doubts: tuple[str, ...]
    sources: tuple[Source, ...]
    pbx_up: int
    pbx_sentences: tuple[str, ...]
    trunks_rest: tuple[str, ...] = ()  # why each trunk rests, when all of them do
    calls: int
    ready: int
    free_agents: int
    next_task_at: datetime | None


def judge(found: Found, language: Language, zone: str) -> tuple[State, str]:
    """The state and its sentence; what a person must mend outranks what passes by itself."""

    def say(code: str, **values: object) -> str:
        return phrase(TEXTS, code, language, zone, **values)

    trouble = _trouble(found, say)
    if not found.live:
        return "shadow", " ".join([say("shadow"), *trouble])
    if found.paused:
        return "paused", say("paused")
    if found.calls and not found.doubts:  # a store that fails leaves calls in progress for ever
        return "dialling", say("calls", calls=found.calls)
    if trouble:
        return "blocked", " ".join(trouble)
    if not found.ready:
        return "idle", say("next-task", at=found.next_task_at) if found.next_task_at else say("no-task")
    if not found.free_agents:
        return "idle", say("nobody")
    return "dialling", say("ready", ready=found.ready, free=found.free_agents)


def _trouble(found: Found, say: Say) -> list[str]:
    sentences = list(found.doubts)
    if not found.sources:
        sentences.append(say("no-source"))
    elif not any(source.fresh for source in found.sources):
        sentences.append(say("all-stale", sources=_names(found.sources)))
    elif all(source.held for source in found.sources if source.fresh):
        sentences.append(say("held", sources=_names(source for source in found.sources if source.held)))
    if found.live and not found.running:
        sentences.append(say("no-daemon"))
    elif found.live and not found.pbx_up:
        sentences.append(say("no-pbx", sentences="; ".join(found.pbx_sentences) or "-"))
    elif found.live:
        sentences += found.trunks_rest
    return sentences


def _names(sources: Iterable[Source]) -> str:
    return ", ".join(f"{source.source} ({source.as_of or '-'})" for source in sources)
