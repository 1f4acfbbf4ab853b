"""The ladders as a table: what the file says, step by step, for whoever has to know it at a glance.

Owns the rows and how a step's clock reads. Decides nothing.
Invariant: every step of every ladder has one row, in the order of the file, switched off or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from collectord.core.money import plain
from collectord.core.receivables.ladders import DAY, Ladder, Level
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "before": ("{days} before the due date", "{days} vor Fälligkeit"),
    "on": ("on the due date", "am Tag der Fälligkeit"),
    "after": ("{days} after the due date", "{days} nach Fälligkeit"),
    "contact": ("{days} after the previous contact", "{days} nach dem vorigen Kontakt"),
    "month-end": ("{days} after the end of the month of the due date", "{days} nach dem Ende des Monats der Fälligkeit"),
    "at-month-end": ("at the end of the month of the due date", "am Ende des Monats der Fälligkeit"),
    "by-tone": ("by the debtor's tone", "nach dem Ton des Debitors"),
}


def ladder_table(ladders: Iterable[Ladder], language: Language) -> list[dict[str, Any]]:
    """`steps` of `check --json`."""
    return [
        {
            "ladder": ladder.name,
            "level": level.number,
            "step": level.title(language),
            "comes": comes(level, language),
            "medium": level.medium,
            "min_open": plain(level.min_open) if level.min_open else None,
            "script": level.script or (phrase(TEXTS, "by-tone", language) if level.medium in ("call", "email", "letter") else None),
            "enabled": level.enabled,
        }
        for ladder in ladders
        for level in ladder.levels
    ]


def comes(level: Level, language: Language) -> str:
    """The day on which a step comes, relative to what it is counted from."""
    if level.after_contact is not None:
        return phrase(TEXTS, "contact", language, days=level.after_contact * DAY)
    if level.after_month_end is not None:
        return phrase(TEXTS, "month-end" if level.after_month_end else "at-month-end", language, days=level.after_month_end * DAY)
    code = "before" if level.after_due < 0 else "after" if level.after_due else "on"
    return phrase(TEXTS, code, language, days=abs(level.after_due) * DAY)
