"""Rule files on disk: reading `rules/` as a whole, or saying everything that is wrong with it.

Owns the files' names and the way from a key to its line. The meaning of the keys stands in core.
Invariant: either all files are right and there are Rules, or RulesInvalid names every problem with file, line and key.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from collectord.core.contact.pack_text import parse_pack
from collectord.core.contact.packs import EVERYWHERE, Pack
from collectord.core.exports.profile_text import extended, parse_profile
from collectord.core.exports.source_profiles import CANONICAL, CANONICAL_NAME, Profile, misnamed, with_form_of
from collectord.core.house import House
from collectord.core.receivables.acting_early import NOT_EARLY, parse_early
from collectord.core.receivables.claim_rules import ClaimRules, parse_claims
from collectord.core.receivables.coverage_doubts import coverage_doubts
from collectord.core.receivables.early_doubts import early_doubts
from collectord.core.receivables.exceptions import NO_EXCEPTIONS, parse_exceptions
from collectord.core.receivables.ladder_doubts import ladder_doubts
from collectord.core.receivables.ladder_table import ladder_table
from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.receivables.legal_states import NO_LEGAL_STATES, parse_legal_states
from collectord.core.receivables.objections import Card, parse_objections
from collectord.core.receivables.script_set import Scripts, script_doubts
from collectord.core.receivables.script_text import LANGUAGES, Kind, ScriptText, file_of, parse_script, script_kind
from collectord.core.receivables.strategies import NO_STRATEGIES, Frames, parse_strategies
from collectord.core.receivables.strategy_doubts import Doubt, doubts
from collectord.core.rule_text import Problem, Table
from collectord.core.rules import WITHOUT, Rules, rule_warnings
from collectord.core.telephony.allocation_rules import PLAIN_ALLOCATION, parse_allocation
from collectord.core.telephony.follow_up import parse_follow_up
from collectord.core.toml_faults import toml_fault
from collectord.core.toml_lines import KeyLines
from collectord.core.toml_reading import read_toml
from collectord.core.wording import Language, phrase

T = TypeVar("T")

LADDERS = "ladders.toml"
DISPOSITIONS = "dispositions.toml"
STRATEGIES = "strategies.toml"
DEBTORS = "debtors.toml"
OBJECTIONS = "objections.toml"
TRIGGERS = "triggers.toml"
LEGAL_STATES = "legal_states.toml"
CLAIMS = "claims.toml"
ALLOCATION = "allocation.toml"
OPTIONAL = (STRATEGIES, DEBTORS, OBJECTIONS, CLAIMS, TRIGGERS, LEGAL_STATES, ALLOCATION)
"""A directory without one of them has none of what it would say."""
PACKS = "packs"
SOURCES = "sources"
SCRIPTS = "scripts"
TEMPLATES = "templates"
LARGEST = 1_000_000  # bytes; a rule file a person can read is far smaller
_KINDS = {SCRIPTS: (Kind.SCRIPT,), TEMPLATES: (Kind.EMAIL, Kind.LETTER)}
_Read = tuple[dict[str, Any], str] | None
_POSITION = re.compile(r"\.([0-9]+)(?=\.|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class RuleProblem:
    file: str  # its path
    line: int
    key: str
    sentence: str

    def __str__(self) -> str:
        key = _POSITION.sub(lambda found: f"[{int(found[1]) + 1}]", self.key)  # people count from 1, as `level 2` in the sentences does
        return f"{self.file}:{self.line}: {key + ': ' if key else ''}{self.sentence}"


class RulesInvalid(Exception):
    """Something in `rules/` is wrong; `problems` has one sentence for each.

    `warnings`: of names that are missing, besides. `partial`: fit for looking up names only; None where too little could be read.
    """

    def __init__(self, problems: list[RuleProblem], warnings: tuple[str, ...] = (), partial: Rules | None = None) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems, self.warnings, self.partial = tuple(problems), warnings, partial
        self.language: Language = "en"  # of the reader, where somebody knows it


def load_rules(directory: Path) -> Rules:
    """Every file of the directory. Raises RulesInvalid with all problems at once."""
    reading = _Reading(directory)
    packs: dict[str, Pack] = {}
    for path in reading.pack_files():
        pack = reading.parse(f"{PACKS}/{path.name}", partial(parse_pack, path.stem))
        if pack is not None:
            packs[path.stem] = pack
    ladders = reading.parse(LADDERS, parse_ladders)
    dispositions = reading.parse(DISPOSITIONS, parse_follow_up)
    sources = reading.sources()
    frames = Frames(
        reading.parse_if_there(STRATEGIES, parse_strategies, NO_STRATEGIES),
        reading.parse_if_there(DEBTORS, parse_exceptions, NO_EXCEPTIONS),
    )
    no_cards: dict[str, Card] = {}
    objections = reading.parse_if_there(OBJECTIONS, parse_objections, no_cards)
    claims = reading.parse_if_there(CLAIMS, parse_claims, ClaimRules())
    early = reading.parse_if_there(TRIGGERS, parse_early, NOT_EARLY)
    legal_states = reading.parse_if_there(LEGAL_STATES, parse_legal_states, NO_LEGAL_STATES)
    allocation = reading.parse_if_there(ALLOCATION, parse_allocation, PLAIN_ALLOCATION)
    scripts = reading.scripts()
    reading.unknown_files()
    if packs and not reading.problems and not any(EVERYWHERE in pack.countries for pack in packs.values()):
        sentence = f'no pack is for all other countries; write countries = [..., "{EVERYWHERE}"] in the strictest one'
        reading.problems.append(RuleProblem(str(directory / PACKS), 1, "countries", sentence))
    warnings: tuple[str, ...] = ()
    if ladders is not None and not reading.problems:
        told = [*ladder_doubts(ladders), *doubts(frames, ladders), *early_doubts(early, ladders)]
        if dispositions is not None:
            told += coverage_doubts(ladders, frames, objections, legal_states, dispositions)
        warnings = reading.compared([*told, *script_doubts(scripts, ladders, early.triggers, frames)])
    elif reading.problems:
        told = [*doubts(frames, ladders or ()), *script_doubts(scripts, ladders or (), early.triggers, frames)]
        if dispositions is not None:
            told += coverage_doubts(ladders or (), frames, objections, legal_states, dispositions)
        warnings = reading.compared(reading.still_sure(told))
    problems = sorted(reading.problems, key=lambda problem: (problem.file, problem.line, problem.key))
    if dispositions is None:
        raise RulesInvalid(problems, warnings)
    rules = Rules(
        packs=packs, ladders=ladders or (), dispositions=dispositions, sources=sources, frames=frames, objections=objections, claims=claims,
        triggers=early.triggers, risk=early.risk, legal_states=legal_states, allocation=allocation, scripts=scripts, warnings=warnings,
    )  # fmt: skip
    if problems:
        raise RulesInvalid(problems, warnings, rules)
    return rules


def described(rules: Rules, house: House) -> dict[str, Any]:
    """What `check --json` tells about rules without a problem."""
    return {
        "rules": list(rules.rule_ids()),
        "packs": [
            {"name": name, "title": pack.title[house.language], "countries": list(pack.countries)} for name, pack in rules.packs.items()
        ],
        "sources": [
            {"name": name, "title": profile.title.get(house.language, name), "kind": profile.kind, "names": list(profile.names)}
            for name, profile in sorted(rules.sources.items())
        ],
        "ladders": [{"name": ladder.name, "levels": len(ladder.levels)} for ladder in rules.ladders],
        "steps": ladder_table(rules.ladders, house.language),
        "strategies": [
            {"name": one.name, "potential_classes": list(one.potential_classes), "saturation": one.frame.saturation}
            for one in rules.frames.strategies.listed
        ],
        "exceptions": len(rules.frames.exceptions.debtors),
        "scripts": [
            {"file": text.file, "version": text.version, "approved_by": text.approved_by, "approved_on": text.approved_on.isoformat()}
            for _, text in sorted(rules.scripts.texts.items())
        ],
        "triggers": [
            {"name": one.name, "title": one.title(house.language), "medium": one.medium, "enabled": one.enabled} for one in rules.triggers
        ],
        "warnings": [*rules.warnings, *rule_warnings(rules, house)],
    }


def files_read(directory: Path, language: Language) -> list[dict[str, Any]]:
    """Which files there are, and what holds in place of those that are missing."""
    found = []
    for name in (LADDERS, DISPOSITIONS, *OPTIONAL):
        there = (directory / name).exists()
        found.append({"file": name, "read": there, "without_it": None if there else phrase(WITHOUT, name, language)})
    for name in (PACKS, SOURCES, SCRIPTS, TEMPLATES):
        some = sorted(
            path.relative_to(directory).as_posix()
            for path in (directory / name).glob("*/*.md" if name in _KINDS else "*.toml")
            if not path.name.startswith(".")
        )
        found += [{"file": file, "read": True, "without_it": None} for file in some]
        if not some:
            found.append({"file": f"{name}/", "read": False, "without_it": phrase(WITHOUT, name, language)})
    return found


def differing(one: Path, other: Path) -> list[str]:
    """Files that are not the same in both directories, or stand in one of them only."""
    texts = [{path.relative_to(folder).as_posix(): path.read_bytes() for path in _rule_files(folder)} for folder in (one, other)]
    return sorted(name for name in texts[0] | texts[1] if texts[0].get(name) != texts[1].get(name))


def _rule_files(folder: Path) -> list[Path]:
    return [path for end in ("*.toml", "*.md") for path in folder.rglob(end) if not path.name.startswith(".")]


def located(directory: Path, found: Iterable[Doubt], problems: Iterable[RuleProblem] = ()) -> list[str]:
    """Doubts that need more than the files, each with file and line; `problems`: what was said of the files already."""
    reading = _Reading(directory)
    reading.problems += problems
    return list(reading.compared(reading.still_sure(found) if reading.problems else found))


class _Reading:
    """One pass over the directory; collects problems."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.problems: list[RuleProblem] = []

    def pack_files(self) -> list[Path]:
        folder = self.directory / PACKS
        files = self._files(PACKS)
        if files is None:
            self._complain(PACKS, f"there is no folder {folder}; `collectord init` writes one, or set rules_dir")
        elif not files:
            self._complain(PACKS, "there is no pack; at least one must say at which hours debtors may be called")
        return files or []

    def sources(self) -> dict[str, Profile]:
        """Every file of sources/, house profiles on top of those they extend. Without the folder there is only the canonical form."""
        found = {path.stem: self._data(f"{SOURCES}/{path.name}") for path in self._files(SOURCES) or []}
        profiles = {CANONICAL_NAME: CANONICAL}
        for name, read in found.items():
            if read is not None:
                whole = self._whole(name, found, ())
                if whole is not None:
                    profiles[name] = self._parsed(f"{SOURCES}/{name}.toml", whole, read[1], partial(parse_profile, name))
        for name, read in found.items():
            also = profiles.get(profiles[name].also) if read is not None and name in profiles and "also" not in read[0] else None
            if also is not None:
                own = with_form_of(also, profiles[name])
                profiles[own.name], profiles[name] = own, replace(profiles[name], also=own.name)
        for name, read in found.items():
            if read is not None and name in profiles:
                file = str(self.directory / f"{SOURCES}/{name}.toml")
                self.problems += [
                    RuleProblem(file, KeyLines(read[1]).line(key), key, why) for key, why in misnamed(profiles, profiles[name])
                ]
        return profiles

    def _whole(self, name: str, found: dict[str, _Read], above: tuple[str, ...]) -> dict[str, Any] | None:
        """The profile's keys with those of what it extends; None when that is missing, or goes round in a circle."""
        read = found.get(name)
        if read is None:
            return None
        base = read[0].get("extends")
        if base is None:
            return read[0]
        file, lines = f"{SOURCES}/{name}.toml", KeyLines(read[1])
        known = ", ".join(sorted(set(found) - {name})) or "none"
        circle = base in (*above, name)
        if circle or not isinstance(base, str) or base not in found:
            sentence = (
                "a profile cannot extend itself, not even through others"
                if circle
                else f"there is no profile {base!r} in {SOURCES}/; known: {known}"
            )
            problem = RuleProblem(str(self.directory / file), lines.line("extends"), "extends", sentence)
            if (
                circle or not above
            ) and problem not in self.problems:  # a base that is missing further down is said at the file that names it
                self.problems.append(problem)
            return None
        below = self._whole(base, found, (*above, name))
        return extended(read[0], below) if below is not None else None

    def _files(self, folder_name: str) -> list[Path] | None:
        """The TOML files of one folder; None when there is no such folder."""
        folder = self.directory / folder_name
        try:
            files = sorted(path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith("."))
        except FileNotFoundError:
            return None
        except OSError as error:
            self._complain(folder_name, f"{folder} cannot be read: {error.strerror}")
            return []
        for path in files:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", path.stem, re.ASCII):
                self._complain(f"{folder_name}/{path.name}", "use small letters, digits and hyphens in the name of a file here")
        return files

    def scripts(self) -> Scripts:
        """Every text of scripts/ and templates/; none where neither folder is there."""
        texts: dict[tuple[Kind, str, str], ScriptText] = {}
        for folder in (SCRIPTS, TEMPLATES):
            for path in sorted((self.directory / folder).glob("*/*")):
                file, language = f"{folder}/{path.parent.name}/{path.name}", path.parent.name
                if path.name.startswith("."):
                    continue
                name, dot, medium = path.name.removesuffix(".md").partition(".")
                kind = {"": script_kind(name)}.get(dot) if folder == SCRIPTS else {"email": Kind.EMAIL, "letter": Kind.LETTER}.get(medium)
                known = next((one for one in LANGUAGES if one == language), None)
                if known is None or kind is None or path.suffix != ".md":
                    expected = " or ".join(sorted({file_of(one, "NAME", LANGUAGES[0]) for one in _KINDS[folder]}))
                    self._complain(file, f"this file is not known here; expected {expected}, with {' or '.join(LANGUAGES)} as folder")
                elif (text := self._text(file)) is not None:
                    script, problems = parse_script(kind, name, known, text)
                    self.problems += [RuleProblem(str(self.directory / file), one.line, one.key, one.sentence) for one in problems]
                    if script is not None:
                        texts[kind, name, known] = script
        return Scripts(texts)

    def unknown_files(self) -> None:
        if os.access(self.directory, os.R_OK | os.X_OK):  # a directory that cannot be read was complained about already
            for path in sorted(self.directory.glob("*.toml")):
                if path.name not in (LADDERS, DISPOSITIONS, *OPTIONAL) and not path.name.startswith("."):
                    known = ", ".join((LADDERS, DISPOSITIONS, *OPTIONAL))
                    self._complain(path.name, f"this file is not known here; known are {known}, {PACKS}/*.toml and {SOURCES}/*.toml")

    def parse_if_there(self, name: str, parser: Callable[[Table], T], without: T) -> T:
        """As `parse`; `without` where there is no such file."""
        parsed = self.parse(name, parser) if (self.directory / name).exists() else None
        return without if parsed is None else parsed

    def still_sure(self, found: Iterable[Doubt]) -> list[Doubt]:
        """Of files with problems: doubts about a name, if it was looked for in what could be read, and nothing is wrong with its key."""
        root = f"{self.directory}/"
        wrong = {(one.file.removeprefix(root), one.key) for one in self.problems}
        unread = {file for file, key in wrong if not key} | {file.split("/")[0] for file, _ in wrong if "/" in file}
        if TEMPLATES in unread:
            unread.add(SCRIPTS)
        return [one for one in found if one.looks_in and one.looks_in not in unread and (one.file, one.path) not in wrong]

    def compared(self, found: Iterable[Doubt]) -> tuple[str, ...]:
        """What several files say together: contradictions join the problems, the rest comes back as warnings with file and line."""
        warnings = []
        for doubt in found:
            read = self._data(doubt.file) if doubt.file.endswith(".toml") else None  # a text is meant as a whole
            line = KeyLines(read[1]).line(doubt.path) if read is not None else 1
            problem = RuleProblem(str(self.directory / doubt.file), line, doubt.path, doubt.sentence)
            if doubt.is_error:
                self.problems.append(problem)
            else:
                warnings.append(str(problem))
        return tuple(warnings)

    def parse(self, name: str, parser: Callable[[Table], T]) -> T | None:
        """What the file says, or None when it cannot be read at all. Problems of its keys are collected."""
        read = self._data(name)
        return None if read is None else self._parsed(name, read[0], read[1], parser)

    def _parsed(self, name: str, data: dict[str, Any], text: str, parser: Callable[[Table], T]) -> T:
        problems: list[Problem] = []
        parsed = parser(Table(data, "", problems))
        lines = KeyLines(text)
        file = str(self.directory / name)
        self.problems += [RuleProblem(file, lines.line(problem.path), problem.path, problem.sentence) for problem in problems]
        return parsed

    def _data(self, name: str) -> _Read:
        """The file's keys and its text."""
        text = self._text(name)
        if text is None:
            return None
        try:
            return read_toml(text), text
        except tomllib.TOMLDecodeError as error:
            line, why = toml_fault(text, error)
            self.problems.append(RuleProblem(str(self.directory / name), line, "", why))
            return None

    def _text(self, name: str) -> str | None:
        path = self.directory / name
        try:
            if path.stat().st_size > LARGEST:
                self._complain(name, f"the file is larger than {LARGEST} bytes")
                return None
            return path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self._complain(name, f"there is no file {path}; `collectord init` writes one, or set rules_dir")
        except OSError as error:
            self._complain(name, f"{path} cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.problems.append(RuleProblem(str(path), line, "", f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"))
        return None

    def _complain(self, file: str, sentence: str) -> None:
        self.problems.append(RuleProblem(str(self.directory / file), 1, "", sentence))
