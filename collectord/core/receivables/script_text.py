"""Texts for debtors: call scripts, voicemail texts, e-mails and letters, as a team lead writes them in Markdown with placeholders.

Owns the form of one such file and what must be true of it. Fills in nothing; knows no debtor.
Invariant: a text without a problem discloses no debt before the debtor is identified; a voicemail text discloses none at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from collectord.core.rule_text import Problem, Table
from collectord.core.toml_faults import toml_fault
from collectord.core.toml_lines import KeyLines
from collectord.core.toml_reading import read_toml
from collectord.core.wording import Language

FENCE = "+++"
LANGUAGES: tuple[Language, ...] = ("de", "en")
IDENTIFY = {"de": "Identifizieren", "en": "Identify"}
VOICEMAIL = "voicemail"
THIRD_PARTY = "third-party"
MINOR = "minor"
HEARD_BY_OTHERS = (VOICEMAIL, THIRD_PARTY, MINOR)  # a script whose name begins so is for a machine, or for somebody who is not the debtor
NEUTRAL = frozenset({"debtor_name", "debtor_no", "contact_person", "company", "caller_id", "agent", "today"})
DISCLOSING = frozenset({"open_amount", "overdue_amount", "oldest_due_on", "days_past_due", "items", "item_count", "promise"})
PLACEHOLDERS = NEUTRAL | DISCLOSING

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NAME = re.compile(r"\A[a-z0-9][a-z0-9-]*\Z", re.ASCII)
_HEADING = re.compile(r"\A##\s+(.*?)\s*\Z")
_DEBT = {  # words that tell a listener what the call is about
    "de": re.compile(
        r"\w*rechnung\w*|\w*mahn(?:ung|ungen|verfahren|bescheid|stufe)\b|\b(?:ver)?schuld(?:en|et|ner\w*|ig)?\b|\w*forderung(?:en)?\b"
        r"|\w*zahl(?:ung|ungen|en|bar|ungs\w+)\b|\bbezahl\w*|\b(?:über)?fällig\w*|\w*rückst[aä]nd\w*|\boffene[nrs]?\b|\bbetr[aä]g\w*"
        r"|\binkasso\w*|\bzahlungs\w+|\blastschrift\w*|\bposten\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\binvoices?\b|\bbills?\b|\bdebts?\b|\bdebtors?\b|\bow(?:e|es|ed|ing)\b|\bpay(?:s|ing|ments?|able)?\b|\bpaid\b|\bunpaid\b|\boverdue\b"
        r"|\bdue\b|\barrears\b|\boutstanding\b|\breminders?\b|\bamounts?\b|\bbalance\b|\bcollections?\b|\bdirect debits?\b",
        re.IGNORECASE,
    ),
}


class Kind(StrEnum):
    SCRIPT = "script"
    VOICEMAIL = "voicemail"
    EMAIL = "email"
    LETTER = "letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptText:
    """One file without a problem."""

    kind: Kind
    name: str
    language: Language
    title: str
    version: int
    approved_by: str
    approved_on: date
    subject: str = ""  # of an e-mail or letter
    body: str

    @property
    def reference(self) -> str:
        """What stands in lists and beside what was sent: `friendly-reminder 3`."""
        return f"{self.name} {self.version}"

    @property
    def file(self) -> str:
        return file_of(self.kind, self.name, self.language)


@dataclass(frozen=True, slots=True)
class LineProblem:
    line: int
    key: str
    sentence: str


def file_of(kind: Kind, name: str, language: str) -> str:
    """Where below rules/ the text stands."""
    if kind in (Kind.SCRIPT, Kind.VOICEMAIL):
        return f"scripts/{language}/{name}.md"
    return f"templates/{language}/{name}.{kind}.md"


def script_kind(name: str) -> Kind:
    return Kind.VOICEMAIL if name.startswith(HEARD_BY_OTHERS) else Kind.SCRIPT


def parse_script(kind: Kind, name: str, language: Language, text: str) -> tuple[ScriptText | None, tuple[LineProblem, ...]]:
    """The text, or None and everything that is wrong with it, in the order of its lines."""
    if not _NAME.match(name):
        return None, (LineProblem(1, "", "use small letters, digits and hyphens in the name of a file here"),)
    lines = text.splitlines()
    ends = [number for number, line in enumerate(lines) if line.rstrip() == FENCE]
    if len(ends) < 2 or ends[0] != 0:
        why = f"the file must begin with a line {FENCE}, then title, version, approved_by, approved_on, then another line {FENCE}"
        return None, (LineProblem(1, "", why),)
    front = "\n".join(lines[1 : ends[1]]) + "\n"
    try:
        data = read_toml(front)
    except tomllib.TOMLDecodeError as error:
        line, sentence = toml_fault(front, error)
        return None, (LineProblem(min(line, ends[1]) + 1, "", sentence),)
    problems: list[Problem] = []
    table = Table(data, "", problems)
    letter = kind in (Kind.EMAIL, Kind.LETTER)
    title, version = table.text("title"), table.whole("version", at_least=1)
    approved_by, approved_on = table.text("approved_by"), table.day("approved_on")
    subject = table.text("subject") if letter else ""
    if "approved_by" in data and not approved_by.strip() and isinstance(data["approved_by"], str):
        table.complain("approved_by", "nobody approved this text, so nobody may use it; write who did, and the day into approved_on")
    for key, value in (("title", title), ("subject", subject)):
        if key in table.seen and isinstance(data.get(key), str) and (not value.strip() or len(value.splitlines()) > 1):
            table.complain(key, f"{key} must be one line of text")
    table.done()
    places = KeyLines(front)
    found_in_front = [LineProblem(places.line(problem.path) + 1, problem.path, problem.sentence) for problem in problems]
    found_in_front += [LineProblem(places.line("subject") + 1, "subject", why) for why in _subject(subject)]
    body = lines[ends[1] + 1 :]
    wrong = [*found_in_front, *_body(kind, language, body, ends[1] + 2)]
    if wrong or approved_on is None:
        return None, tuple(sorted(wrong, key=lambda one: one.line))
    whole = ScriptText(
        kind=kind, name=name, language=language, title=title, version=version, approved_by=approved_by.strip(), approved_on=approved_on,
        subject=subject, body="\n".join(body).strip("\n"),
    )  # fmt: skip
    return whole, ()


def _subject(subject: str) -> Iterator[str]:
    """It can be read by whoever sees the mailbox or the envelope's window."""
    yield from _braces(subject)
    for name in PLACEHOLDER.findall(subject):
        if name not in PLACEHOLDERS:
            yield _unknown(name)
        elif name in DISCLOSING:
            yield f"{{{{{name}}}}} must not stand in a subject: whoever sees the mailbox or the envelope could read it"


def _body(kind: Kind, language: Language, body: list[str], first: int) -> Iterator[LineProblem]:
    if not any(line.strip() for line in body):
        yield LineProblem(first, "", "there is no text behind the second +++")
        return
    heading, section = "", 0
    for number, line in enumerate(body, first):
        if kind is Kind.SCRIPT and (found := _HEADING.match(line)):
            section += 1
            heading = found[1]
            if section == 1 and heading != IDENTIFY[language]:
                yield LineProblem(number, "", f"the first section must be ## {IDENTIFY[language]}: nobody hears of a debt before that")
        silent = kind is Kind.VOICEMAIL or (kind is Kind.SCRIPT and section < 2)
        for why in (*_braces(line), *_placeholders(kind, line), *(_disclosures(kind, language, line) if silent else ())):
            yield LineProblem(number, "", why)
    if kind is Kind.SCRIPT and section == 0:
        yield LineProblem(first, "", f"there is no section ## {IDENTIFY[language]}; the script must begin with it")


def _braces(line: str) -> Iterator[str]:
    rest = PLACEHOLDER.sub("", line)
    if "{{" in rest or "}}" in rest:
        yield "a placeholder is written {{name}}, with two braces before and behind it"


def _placeholders(kind: Kind, line: str) -> Iterator[str]:
    for name in PLACEHOLDER.findall(line):
        if name not in PLACEHOLDERS:
            yield _unknown(name)
        elif name == "items" and PLACEHOLDER.sub("", line).strip():
            yield "{{items}} is a list and needs a line of its own"
        elif name == "agent" and kind in (Kind.EMAIL, Kind.LETTER):
            yield "{{agent}} is nobody here: collectord sends it by itself; write {{company}}"


def _unknown(name: str) -> str:
    return f"{{{{{name}}}}} is not known here; known are {', '.join(sorted(PLACEHOLDERS))}"


def _disclosures(kind: Kind, language: Language, line: str) -> Iterator[str]:
    """A line that begins with > is a note to the agent and not spoken; a placeholder there would be."""
    where = (
        "a text for a machine or somebody else"
        if kind is Kind.VOICEMAIL
        else f"the script before the section behind ## {IDENTIFY[language]}"
    )
    for name in PLACEHOLDER.findall(line):
        if name in DISCLOSING:
            yield f"{{{{{name}}}}} discloses the debt; {where} must not"
    if kind is Kind.SCRIPT and line.lstrip().startswith((">", "#")):
        return
    for found in _DEBT[language].finditer(PLACEHOLDER.sub("", line)):
        yield f"{found[0]!r} tells what it is about; {where} must not"
