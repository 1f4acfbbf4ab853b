"""What follows from a letter or an e-mail: for its row, its task, the ladder and the audit, in one transaction.

Reads task and items, asks core how far the items have come. Sends nothing.
Invariant: what left, or may have, takes the step and ends the task; what did not leaves both as they were.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.house import House
from collectord.core.receivables.ladders import ladder_of
from collectord.core.receivables.messages import Message, MessageState, has_left
from collectord.core.receivables.steps import carried_out
from collectord.core.receivables.tasks import TaskState
from collectord.core.rules import Rules
from collectord.core.wording import Texts, phrase
from collectord.edge.crash import crash_point
from collectord.edge.store import facts, families, messages, tasks
from collectord.edge.store.connection import Connection

TEXTS: Texts = {
    "email-sent": ("E-mail {template} to {recipient}.", "E-Mail {template} an {recipient}."),
    "letter-sent": ("Letter {template}: {recipient}.", "Brief {template}: {recipient}."),
    "email-unknown": (
        "E-mail {template} to {recipient}: whether it left is not known ({why}); it is not sent again.",
        "E-Mail {template} an {recipient}: ob sie hinausging, ist nicht bekannt ({why}); sie wird nicht erneut gesendet.",
    ),
}


async def write_down(conn: Connection, after: Message, rules: Rules, house: House, now: datetime) -> None:
    await messages.put(conn, after)
    if not has_left(after):
        await tasks.postpone(conn, after.task_id, after.not_before, after.failure, now)
        return
    task = await tasks.task(conn, after.task_id)
    ladder = None if task is None else ladder_of(rules.ladders, task.ladder, task.rungs)
    today = house.today(now)
    if task is not None and ladder is not None:
        items = await families.open_items(conn, after.key, today)
        about = [item for item in items if item.item_no in after.items]
        levels = carried_out(ladder, task.counted_in(ladder.rungs).level, about, today, items)
        if after.state is MessageState.UNKNOWN:
            await messages.remember_steps(conn, after, levels, today)
        await tasks.mark_carried_out(conn, after.key, levels, ladder.rungs, today)
    code = f"{after.medium}-{'unknown' if after.state is MessageState.UNKNOWN else 'sent'}"
    why = phrase(TEXTS, code, house.language, house.time_zone, template=after.template, recipient=after.recipient, why=after.failure)
    await tasks.close_task(conn, after.task_id, TaskState.DONE, why, now)
    crash_point("message-before-noted")
    await facts.add_happening(conn, f"message-{after.id}", now, f"message_{after.state}", after.key, "collectord", why)
