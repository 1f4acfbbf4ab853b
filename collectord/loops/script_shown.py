"""The script: what an agent says to this debtor, or what a letter or e-mail would say, as it reads today.

Reads the debtor, its task or what planning wants, asks core for the text. Writes nothing.
Invariant: what is shown is what is said or sent: same text, same version, same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.facts import DebtorFacts
from collectord.core.house import House
from collectord.core.receivables.holds import NO_HOLD
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.script_set import PLAIN, kind_for, language_for, script_of, script_of_level
from collectord.core.receivables.script_text import HEARD_BY_OTHERS, MINOR, THIRD_PARTY, VOICEMAIL, Kind, file_of
from collectord.core.receivables.steps import View
from collectord.core.rules import Rules
from collectord.core.wording import Texts, phrase
from collectord.edge.store import facts, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops.composing import Composed, compose
from collectord.loops.explain import NotKnown
from collectord.loops.policies import policy_of

TEXTS: Texts = {
    "no-level": ("The debtor's ladder has no step {level}.", "Die Leiter des Debitors hat keine Stufe {level}."),
    "handover": (
        "The step is a handover: nobody calls or writes for it, so there is no text.",
        "Die Stufe ist eine Abgabe: dafür ruft niemand an und schreibt niemand, einen Text gibt es nicht.",
    ),
    "no-text": (
        "There is no text {file}; `collectord init` writes the shipped ones.",
        "Der Text {file} fehlt; `collectord init` schreibt die mitgelieferten.",
    ),
}


async def show_script(
    db: Database, rules: Rules, house: House, key: DebtorKey, level: int | None, agents: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """The text of the debtor's task, of a call of today where there is none, or of a step by number. Raises NotKnown."""

    async def look(conn: Connection) -> dict[str, Any]:
        found = await facts.debtor_facts(conn, key, now, house, rules.frames)
        if found is None:
            raise NotKnown(f"there is no debtor {key}")
        live = await tasks.live_tasks_of(conn, key, now)
        task = min(live, key=lambda one: (one.not_before, -one.priority, one.id), default=None)
        name, medium = (script_of(task), task.medium) if task else (PLAIN, "call")
        about = task.items if task else tuple(item.item_no for item in found.debits if item.is_overdue(house.today(now)))
        if level is not None:
            name, medium = _of_level(await policy_of(conn, rules, house, now), rules, found, house, now, level)
        if medium == "handover":
            raise NotKnown(phrase(TEXTS, "handover", house.language))
        kind, language = kind_for(medium), language_for(found.debtor.language, house.language)
        text = rules.scripts.find(kind, name, language)
        if text is None:
            raise NotKnown(phrase(TEXTS, "no-text", house.language, file=file_of(kind, name, language)))
        agent = agents.get(task.agent if task and task.agent else found.debtor.agent, "")
        shown = await compose(conn, text, found, about, agent, house, now)
        others: dict[str, Composed] = {}
        for other in HEARD_BY_OTHERS if kind is Kind.SCRIPT else ():
            if (written := rules.scripts.find(Kind.VOICEMAIL, other, language)) is not None:
                others[other] = await compose(conn, written, found, about, agent, house, now)
        return {
            "company": key.company,
            "debtor_no": key.debtor_no,
            "debtor_name": found.debtor.debtor_name,
            "medium": medium,
            "script": text.name,
            "version": text.version,
            "title": text.title,
            "language": text.language,
            "approved_by": text.approved_by,
            "approved_on": text.approved_on.isoformat(),
            "file": text.file,
            "task": task.id if task else None,
            "subject": shown.filled.subject or None,
            "text": shown.filled.body,
            "voicemail": others[VOICEMAIL].filled.body if VOICEMAIL in others else None,
            "voicemail_version": others[VOICEMAIL].text.version if VOICEMAIL in others else None,
            "third_party": others[THIRD_PARTY].filled.body if THIRD_PARTY in others else None,
            "minor": others[MINOR].filled.body if MINOR in others else None,
        }

    return await db.read(look)


def _of_level(policy: Policy, rules: Rules, found: DebtorFacts, house: House, now: datetime, number: int) -> tuple[str, str]:
    """Name and medium of a step's text, as planning would choose them."""
    ladder = policy.ladder_for(found.debtor, rules.ladders)
    level = ladder.level(number) if ladder else None
    if ladder is None or level is None:
        raise NotKnown(phrase(TEXTS, "no-level", house.language, level=number))
    frame = policy.frames.of(found.debtor)
    view = View(found.debtor, ladder, NO_HOLD, house.today(now), None, frame)
    return script_of_level(view, level, policy.frames), frame.medium_for(level.medium) or level.medium
