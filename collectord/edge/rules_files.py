"""Rule files on disk: reading `rules/` as a whole, or saying everything that is wrong with it.

Owns the files' names and the way from a key to its line. The meaning of the keys stands in core.
Invariant: either all files are right and there are Rules, or RulesInvalid names every problem with file, line and key.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from collectord.core.contact.packs import EVERYWHERE, Pack, parse_pack
from collectord.core.house import House
from collectord.core.receivables.ladders import parse_ladders
from collectord.core.rule_text import Problem, Table
from collectord.core.rules import Rules, rule_warnings
from collectord.core.telephony.follow_up import parse_follow_up
from collectord.core.toml_lines import KeyLines

T = TypeVar("T")

LADDERS = "ladders.toml"
DISPOSITIONS = "dispositions.toml"
PACKS = "packs"
LARGEST = 1_000_000  # bytes; a rule file a person can read is far smaller
_POSITION = re.compile(r"\.([0-9]+)(?=\.|$)", re.ASCII)
_AT_LINE = re.compile(r"^(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$", re.DOTALL)


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
    """Something in `rules/` is wrong; `problems` has one sentence for each."""

    def __init__(self, problems: list[RuleProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


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
    reading.unknown_files()
    if packs and not reading.problems and not any(EVERYWHERE in pack.countries for pack in packs.values()):
        sentence = f'no pack is for all other countries; write countries = [..., "{EVERYWHERE}"] in the strictest one'
        reading.problems.append(RuleProblem(str(directory / PACKS), 1, "countries", sentence))
    if reading.problems or ladders is None or dispositions is None:
        raise RulesInvalid(sorted(reading.problems, key=lambda problem: (problem.file, problem.line, problem.key)))
    return Rules(packs=packs, ladders=ladders, dispositions=dispositions)


def described(rules: Rules, house: House) -> dict[str, Any]:
    """What `check --json` tells about rules without a problem."""
    return {
        "rules": list(rules.rule_ids()),
        "packs": [
            {"name": name, "title": pack.title[house.language], "countries": list(pack.countries)} for name, pack in rules.packs.items()
        ],
        "ladders": [{"name": ladder.name, "levels": len(ladder.levels)} for ladder in rules.ladders],
        "warnings": list(rule_warnings(rules, house)),
    }


class _Reading:
    """One pass over the directory; collects problems."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.problems: list[RuleProblem] = []

    def pack_files(self) -> list[Path]:
        folder = self.directory / PACKS
        try:
            files = sorted(path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith("."))
        except FileNotFoundError:
            self._complain(PACKS, f"there is no folder {folder}; `collectord init` writes one, or set rules_dir")
            return []
        except OSError as error:
            self._complain(PACKS, f"{folder} cannot be read: {error.strerror}")
            return []
        if not files:
            self._complain(PACKS, "there is no pack; at least one must say at which hours debtors may be called")
        for path in files:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", path.stem, re.ASCII):
                self._complain(f"{PACKS}/{path.name}", "use small letters, digits and hyphens in a pack's name")
        return files

    def unknown_files(self) -> None:
        if os.access(self.directory, os.R_OK | os.X_OK):  # a directory that cannot be read was complained about already
            for path in sorted(self.directory.glob("*.toml")):
                if path.name not in (LADDERS, DISPOSITIONS) and not path.name.startswith("."):
                    self._complain(path.name, f"this file is not known here; known are {LADDERS}, {DISPOSITIONS} and {PACKS}/*.toml")

    def parse(self, name: str, parser: Callable[[Table], T]) -> T | None:
        """What the file says, or None when it cannot be read at all. Problems of its keys are collected."""
        text = self._text(name)
        if text is None:
            return None
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _AT_LINE.match(str(error))
            line = int(found[2]) if found and found[2] else text.count("\n") + 1 if found else 1
            self.problems.append(RuleProblem(str(self.directory / name), line, "", f"this is no TOML: {found[1] if found else error}"))
            return None
        problems: list[Problem] = []
        parsed = parser(Table(data, "", problems))
        lines = KeyLines(text)
        file = str(self.directory / name)
        self.problems += [RuleProblem(file, lines.line(problem.path), problem.path, problem.sentence) for problem in problems]
        return parsed

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
