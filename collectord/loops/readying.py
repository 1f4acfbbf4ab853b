"""Readying: one letter or e-mail passes the gate and gets its row, or its task waits and says why.

Reads task and facts, asks the gate, core and the texts, writes the row in the same transaction. Sends nothing.
Invariant: nothing is ready that the gate did not allow at this instant; an e-mail's row says "sending" from here on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectord.core.contact.contact_rules import Refused, may_contact
from collectord.core.contact.facts import Doubt
from collectord.core.contact.refusals import ASK_AGAIN
from collectord.core.contact.task_asked import items_wait
from collectord.core.fingerprint import fingerprint
from collectord.core.house import House
from collectord.core.receivables.messages import LOOK_AGAIN, Message, MessageState, is_address, letter_file, may_try
from collectord.core.receivables.script_set import kind_for, language_for, script_of
from collectord.core.receivables.script_text import file_of
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.rules import Rules
from collectord.core.wording import Texts, phrase
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.letters import Letter
from collectord.edge.mailing import Post
from collectord.edge.store import facts, messages, tasks
from collectord.edge.store.connection import Connection
from collectord.loops.clearance import switched_off
from collectord.loops.composing import as_letter, as_post, compose
from collectord.settings import Settings

WITHIN = timedelta(minutes=10)  # that the task is out of planning's reach; sending takes two minutes at most (edge/mailing.WITHIN)

TEXTS: Texts = {
    "not-in-ledger": ("The debtor is not in the ledger.", "Der Debitor steht in keiner Liste."),
    "nothing-left": (
        "Nothing of what it was about is open any more.",
        "Nichts von dem, worum es ging, ist noch offen.",
    ),
    "no-text": ("There is no text {file}.", "Der Text {file} fehlt."),
    "no-address": ("The debtor has no e-mail address.", "Der Debitor hat keine E-Mail-Adresse."),
    "bad-address": (
        "{address} is no e-mail address that can be written to; put it right with `collectord record`.",
        "An {address} kann keine E-Mail gehen; berichtigen mit `collectord record`.",
    ),
    "refused-before": (
        "Refused before, and neither address nor text is another: {why}",
        "Wurde abgewiesen, und weder Adresse noch Text sind andere: {why}",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a turn works with; a reload makes a new one."""

    settings: Settings
    rules: Rules
    house: House
    folders: ExchangeFolders
    doubts: tuple[Doubt, ...] = ()

    @property
    def media(self) -> frozenset[str]:
        return frozenset(["email"] * self.settings.mail.is_on + ["letter"] * self.settings.letters.enabled)


@dataclass(frozen=True, slots=True)
class Ready:
    message: Message
    content: Post | Letter


async def make_ready(conn: Connection, order: Order, task_id: str, new_id: Callable[[], str], now: datetime) -> Ready | None:
    """None: it waits, or is over, or is somebody else's."""
    task = await tasks.task(conn, task_id)
    if task is None or task.state is not TaskState.READY or await switched_off(conn, order.settings.live):
        return None
    house, rules = order.house, order.rules
    found = await facts.debtor_facts(conn, task.key, now, house, rules.frames, order.doubts)
    if found is None:
        await _over(conn, order, task, "not-in-ledger", now)
        return None
    verdict = may_contact(found, rules.packs, house, now, medium=task.medium)
    if isinstance(verdict, Refused):
        await tasks.put_off(conn, task.id, verdict.not_before or now + ASK_AGAIN, verdict.refusals[0].reason, now)
        return None
    items = tuple(item for item in task.items if item in verdict.items)
    if not items and (later := items_wait(task, found, rules.packs, house, now)):
        await tasks.put_off(conn, task.id, *later, now)
        return None
    if not items:
        await _over(conn, order, task, "nothing-left", now)
        return None
    before = await messages.message_of(conn, task.id)
    name, language = script_of(task), language_for(found.debtor.language, house.language)
    text = rules.scripts.find(kind_for(task.medium), name, language)
    if text is None:
        await _waits(conn, order, task, "no-text", now, file=file_of(kind_for(task.medium), name, language))
        return None
    recipient = found.debtor.email.strip()
    if task.medium == "email" and not is_address(recipient):
        await _waits(conn, order, task, "bad-address" if recipient else "no-address", now, address=recipient)
        return None
    if before is not None and not may_try(before, recipient, text.reference, now):
        if before.state is MessageState.DUE:
            await tasks.postpone(conn, task.id, before.not_before, before.failure, now)
        elif before.state is MessageState.FAILED:
            await _waits(conn, order, task, "refused-before", now, why=before.failure)
        return None
    composed = await compose(conn, text, found, items, "", house, now)
    message_id = before.id if before is not None else new_id()
    is_letter = task.medium == "letter"
    file = letter_file(task.company, task.debtor_no, house.today(now).isoformat(), message_id)
    message = Message(
        id=message_id,
        task_id=task.id,
        company=task.company,
        debtor_no=task.debtor_no,
        medium=task.medium,
        template=text.reference,
        language=text.language,
        items=items,
        recipient=file if is_letter else recipient,
        digest=fingerprint(composed.filled.subject, composed.filled.body),
        state=MessageState.DUE if is_letter else MessageState.SENDING,
        made_at=before.made_at if before is not None else now,
        not_before=now,
        tries=before.tries + 1 if before is not None else 1,
    )
    if is_letter:
        content: Post | Letter = as_letter(composed, found.debtor, tuple(order.settings.letters.sender), house, now)
    else:
        content = as_post(composed, found.debtor, message_id, recipient, house, now)
    await messages.put(conn, message)
    await tasks.lease(conn, task.id, "", now + WITHIN, now)
    crash_point("message-before-commit")
    return Ready(message, content)


async def _over(conn: Connection, order: Order, task: Task, code: str, now: datetime) -> None:
    await tasks.close_task(conn, task.id, TaskState.CANCELLED, phrase(TEXTS, code, order.house.language), now)


async def _waits(conn: Connection, order: Order, task: Task, code: str, now: datetime, **values: object) -> None:
    """A day: what is missing is put right by a person, or by the next export."""
    await tasks.postpone(conn, task.id, now + LOOK_AGAIN, phrase(TEXTS, code, order.house.language, order.house.time_zone, **values), now)
