"""All texts for debtors together: which one a contact uses, and what rule files and texts say that does not fit.

Owns the choice of a text and the comparison with ladders, triggers and strategies. Reads no file.
Invariant: where there are texts at all, every script that a rule names is there in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.script_text import LANGUAGES, VOICEMAIL, Kind, ScriptText, file_of
from collectord.core.receivables.steps import View, position
from collectord.core.receivables.strategies import Frames
from collectord.core.receivables.strategy_doubts import LADDERS, STRATEGIES, Doubt
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.receivables.triggers import Trigger
from collectord.core.wording import Language

TRIGGERS = "triggers.toml"
BY_ORIGIN: Mapping[str, str] = {Origin.PROMISE: "broken-promise", Origin.CALLBACK: "callback"}  # calls that no ladder asked for
PLAIN = "friendly-reminder"  # a call for which nothing names a script


@dataclass(frozen=True, slots=True)
class Scripts:
    """By kind, name and language."""

    texts: Mapping[tuple[Kind, str, str], ScriptText] = field(default_factory=dict)

    def find(self, kind: Kind, name: str, language: Language) -> ScriptText | None:
        return self.texts.get((kind, name, language))

    def names(self, kind: Kind) -> tuple[str, ...]:
        return tuple(sorted({name for of, name, _ in self.texts if of is kind}))

    def version(self, name: str, medium: str, language: Language) -> int | None:
        """Of the text that a contact by this medium uses; None: there is none. With a handover nobody is spoken to."""
        if medium == "handover":
            return None
        text = self.find(kind_for(medium), name, language)
        return text.version if text else None

    def reference(self, name: str, language: Language) -> str:
        """Name and version of a call script, "" where there is none."""
        text = self.find(Kind.SCRIPT, name, language)
        return text.reference if text else ""


NO_SCRIPTS = Scripts()


def kind_for(medium: str) -> Kind:
    return Kind(medium) if medium in (Kind.EMAIL, Kind.LETTER) else Kind.SCRIPT


def script_of(task: Task) -> str:
    """The name of the text that this contact uses."""
    return task.script or BY_ORIGIN.get(task.origin, PLAIN)


def script_of_level(view: View, level: Level, frames: Frames) -> str:
    """As planning chooses it: the step's own, else the one of the tone in which the debtor is addressed at that step."""
    return level.script or frames.strategies.script.get(view.frame.tone(position(view, level)), "") or PLAIN


def document_version(row: Mapping[str, Any], scripts: Scripts, language: Language) -> dict[str, Any]:
    """A task's document with the name and the version of the text that it uses; None where there is no such text."""
    name = row["script"] or BY_ORIGIN.get(row["origin"], PLAIN)
    version = scripts.version(name, row["medium"], language)
    own = None if row["medium"] == "handover" else row["script"]
    return {**row, "script": name if version is not None else own, "script_version": version}


def language_for(spoken: str, house: Language) -> Language:
    """The debtor's language where there are texts in it, else the house's."""
    short = spoken.strip().lower()[:2]
    return next((language for language in LANGUAGES if language == short), house)


def script_doubts(scripts: Scripts, ladders: Sequence[Ladder], triggers: Sequence[Trigger], frames: Frames) -> Iterator[Doubt]:
    """Texts that are missing; nothing where the directory has no texts at all."""
    if not scripts.texts:
        return
    for kind, name, language in sorted(scripts.texts):
        for other in LANGUAGES:
            if (kind, name, other) not in scripts.texts:
                sentence = f"the text is missing in the other language: {file_of(Kind(kind), name, other)}"
                yield Doubt(file_of(Kind(kind), name, language), "", sentence, is_error=True)
    if not any(name == VOICEMAIL for name in scripts.names(Kind.VOICEMAIL)):
        yield Doubt(file_of(Kind.VOICEMAIL, VOICEMAIL, LANGUAGES[0]), "", "there is no text for an answering machine", is_error=True)
    for name in (PLAIN, *BY_ORIGIN.values()):
        yield from _missing(
            scripts, Kind.SCRIPT, name, file_of(Kind.SCRIPT, name, LANGUAGES[0]), "", "used by calls that no step names it for"
        )
    for file, path, name, kind in _named(ladders, triggers, frames):
        yield from _missing(scripts, kind, name, file, path, f"script = {name!r}")


def _named(ladders: Iterable[Ladder], triggers: Iterable[Trigger], frames: Frames) -> Iterator[tuple[str, str, str, Kind]]:
    for ladder in ladders:
        for level in ladder.levels:
            if level.script and level.medium not in ("visit", "handover"):
                yield LADDERS, f"ladder.{ladder.name}.level.{level.number - 1}.script", level.script, kind_for(level.medium)
    for place, trigger in enumerate(triggers):
        if trigger.script:
            yield TRIGGERS, f"trigger.{place}.script", trigger.script, kind_for(trigger.medium)
    for tone, name in frames.strategies.script.items():
        yield STRATEGIES, f"script.{tone}", name, Kind.SCRIPT


def _missing(scripts: Scripts, kind: Kind, name: str, file: str, path: str, what: str) -> Iterator[Doubt]:
    if name not in scripts.names(kind):
        known = ", ".join(scripts.names(kind)) or "none"
        sentence = f"{what}: there is no {file_of(kind, name, LANGUAGES[0])}; known are {known}"
        yield Doubt(file, path, sentence, is_error=True, looks_in="scripts")
