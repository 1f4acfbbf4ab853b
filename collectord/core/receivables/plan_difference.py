"""The difference between two plans of the same ledger: today's and tomorrow's, or by these rules and by others.

Owns which answers count as the same, the sums, and what a reader is shown as an example. Makes no plan: the answers come in.
Invariant: every debtor stands in exactly one row before and in one after; amounts of different currencies are never added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from collectord.core.money import Money, plain_map
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import Language, Texts, Told, phrase, safe

EXAMPLES = 3  # of a row: who comes and goes before who stays, the most money first
BY_STRATEGY = frozenset({"saturated", "too-heavy", "not-worth"})  # refusals that the debtor's strategy decides

TEXTS: Texts = {
    "none": ("No contact task changes.", "Keine Kontaktaufgabe ändert sich."),
    "by-rules": (
        "Compared: before = the rules in force ({before}), after = {after}; both on today's ledger, stored tasks do not count.",
        "Verglichen: before = die geltenden Regeln ({before}), after = {after}; beide mit dem Bestand von heute, gespeicherte Aufgaben"
        " zählen nicht.",
    ),
    "files": ("Other files: {files}.", "Andere Dateien: {files}."),
    "same-files": ("All rule files are the same.", "Alle Regeldateien sind gleich."),
    "later": (
        "Nothing changes today; what the edit does on coming days shows:  collectord simulate --rules {directory}",
        "Heute ändert sich nichts; was die Änderung an den kommenden Tagen bewirkt, zeigt:  collectord simulate --rules {directory}",
    ),
    "by-day": (
        "Compared: today = {before}, tomorrow = {after}; both by the rules in force.",
        "Verglichen: today = {before}, tomorrow = {after}; beide nach den geltenden Regeln.",
    ),
    "appear": (
        "{count} contact {count:task|tasks} more: {amounts}.",
        "{count} {count:Kontaktaufgabe|Kontaktaufgaben} mehr: {amounts}.",
    ),
    "vanish": (
        "{count} contact {count:task|tasks} less: {amounts}.",
        "{count} {count:Kontaktaufgabe|Kontaktaufgaben} weniger: {amounts}.",
    ),
    "moved": (
        "{count} {count:debtor gets|debtors get} another step: {amounts}.",
        "{count} {count:Debitor bekommt|Debitoren bekommen} eine andere Stufe: {amounts}.",
    ),
    "altered": (
        "{count} contact {count:task stays at its|tasks stay at their} step and {count:changes|change} otherwise: {amounts}.",
        "{count} {count:Kontaktaufgabe bleibt bei ihrer|Kontaktaufgaben bleiben bei ihrer} Stufe und {count:ändert|ändern} sich sonst:"
        " {amounts}.",
    ),
    "more": ("and {count} more who {count:changes|change}", "und {count} {count:weiterer, der sich ändert|weitere, die sich ändern}"),
}

Amounts = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Row:
    """What the rules say of a debtor, as one line of the table. A step is known by its name: other rules may give it another number."""

    ladder: str  # "" = no contact
    level: int = field(compare=False)
    rule: str  # the step's title, or the rule that refuses
    prompted_by: str = ""  # trigger
    strategy: str = ""  # whose refusal it is
    step: str = ""  # its name

    @property
    def is_task(self) -> bool:
        return bool(self.ladder)

    @property
    def name(self) -> str:
        more = self.prompted_by or self.strategy
        return f"{self.rule} ({more})" if more else self.rule


@dataclass(frozen=True, slots=True)
class Said:
    """One answer about one debtor. `amounts`: what the contact is about, else what is overdue."""

    row: Row
    amounts: Amounts
    content: tuple[object, ...] = ()  # what besides its row and its sum makes the task what it is


def said(answer: Wanted | NotWanted, overdue: Amounts, strategy: str, language: Language) -> Said:
    if isinstance(answer, Wanted):
        row = Row(answer.ladder, answer.level.number, answer.level.title(language), prompted_by=answer.prompted_by, step=answer.level.name)
        content = (answer.medium, answer.items, answer.priority, answer.skill, answer.agent, answer.script, answer.tone)
        return Said(row, answer.open_amount, content)
    return Said(Row("", 0, answer.rule, strategy=strategy if answer.rule in BY_STRATEGY else ""), overdue)


@dataclass(slots=True)
class _Sum:
    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, amounts: Amounts) -> None:
        self.count += 1
        for currency, amount in amounts.items():
            if amount:
                self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount


@dataclass(frozen=True, slots=True)
class _Example:
    key: DebtorKey
    was: Row
    now: Row
    amounts: Amounts

    @property
    def rank(self) -> tuple[bool, Decimal, DebtorKey]:
        return self.was == self.now, -max(self.amounts.values(), default=Decimal(0)), self.key


@dataclass(slots=True)
class _Line:
    level: int
    before: _Sum = field(default_factory=_Sum)
    after: _Sum = field(default_factory=_Sum)
    appear: _Sum = field(default_factory=_Sum)
    vanish: _Sum = field(default_factory=_Sum)
    changed: _Sum = field(default_factory=_Sum)
    examples: list[_Example] = field(default_factory=list)

    def show(self, example: _Example) -> None:
        self.examples.append(example)
        if len(self.examples) > 4 * EXAMPLES:
            self.examples = self.best()

    def best(self) -> list[_Example]:
        return sorted(self.examples, key=lambda one: one.rank)[:EXAMPLES]


class Difference:
    """The table while it grows, one debtor after the other."""

    def __init__(self) -> None:
        self._lines: dict[Row, _Line] = {}
        self._totals = {code: _Sum() for code in ("appear", "vanish", "moved", "altered")}

    def add(self, key: DebtorKey, before: Said, after: Said) -> None:
        was = self._lines.setdefault(before.row, _Line(before.row.level))
        now = self._lines.setdefault(after.row, _Line(after.row.level))
        now.level = after.row.level
        was.before.add(before.amounts)
        now.after.add(after.amounts)
        example = _Example(key, before.row, after.row, after.amounts if after.row.is_task else before.amounts)
        if before.row != after.row:
            was.vanish.add(before.amounts)
            now.appear.add(after.amounts)
            was.show(example)
            now.show(example)
        elif before.row.is_task and (before.content, before.amounts) != (after.content, after.amounts):
            now.changed.add(after.amounts)
            now.show(example)
            self._totals["altered"].add(after.amounts)
            return
        match before.row.is_task, after.row.is_task:
            case False, True:
                self._totals["appear"].add(after.amounts)
            case True, False:
                self._totals["vanish"].add(before.amounts)
            case True, True if before.row != after.row:
                self._totals["moved"].add(after.amounts)

    def rows(self, before: str, after: str) -> list[dict[str, Any]]:
        """Steps first, in the order of their ladders, then the refusals. `before` and `after` name the two columns."""
        ordered = sorted(self._lines.items(), key=lambda pair: (not pair[0].is_task, pair[0].ladder, pair[1].level, pair[0].name))
        return [
            {
                "ladder": row.ladder,
                "level": line.level,
                "rule": row.rule,
                "prompted_by": row.prompted_by,
                "strategy": row.strategy,
                "wanted": row.is_task,
                before: line.before.count,
                after: line.after.count,
                f"{before}_open": plain_map(line.before.amounts),
                f"{after}_open": plain_map(line.after.amounts),
                "appear": line.appear.count,
                "vanish": line.vanish.count,
                "changed": line.changed.count,
                "examples": [
                    {
                        "company": one.key.company,
                        "debtor_no": one.key.debtor_no,
                        "was": one.was.name,
                        "now": one.now.name,
                        "open": plain_map(one.amounts),
                    }
                    for one in line.best()
                ],
            }
            for row, line in ordered
        ]

    def totals(self) -> dict[str, dict[str, Any]]:
        """Of contact tasks: new ones, lost ones, those at another step, and those that are otherwise different."""
        return {code: {"count": found.count, "open": plain_map(found.amounts)} for code, found in self._totals.items()}

    def sentences(self, language: Language, zone: str) -> list[str]:
        told = [
            phrase(TEXTS, code, language, zone, count=found.count, amounts=_moneys(found.amounts))
            for code, found in self._totals.items()
            if found.count
        ]
        return told or [phrase(TEXTS, "none", language, zone)]


def compared(code: str, before: object, after: object, language: Language, zone: str) -> str:
    """Which is compared with which: "by-rules" or "by-day"."""
    return phrase(TEXTS, code, language, zone, before=before, after=after)


def edited(files: Sequence[str], directory: str, is_changed: bool, language: Language, zone: str) -> list[str]:
    """Which files were edited, and where to look when the edit shows only later."""
    if not files:
        return [phrase(TEXTS, "same-files", language, zone)]
    named = [phrase(TEXTS, "files", language, zone, files=tuple(files))]
    return named if is_changed else [*named, phrase(TEXTS, "later", language, zone, directory=Told(safe(directory, 1_000)))]


def more(count: int, language: Language, zone: str) -> str:
    """Changed debtors beyond the examples; "" = there are none."""
    return phrase(TEXTS, "more", language, zone, count=count) if count > 0 else ""


def _moneys(amounts: Amounts) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for currency, amount in sorted(amounts.items()))
