"""Message resolved: a person says whether an e-mail, of which nobody knew, was delivered.

Reads the message, writes its end, sets the step back where it never took place, tells the audit, in one transaction. Sends nothing.
Invariant: only an unknown message is resolved, and once; it is never sent again itself: where it was not delivered, the ladder asks anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from collectord.core.house import House
from collectord.core.receivables.messages import MessageState
from collectord.core.wording import Texts, phrase, safe
from collectord.edge.store import facts, messages
from collectord.edge.store.connection import Connection, Database

TEXTS: Texts = {
    "none": (
        "There is no message {id}; `collectord messages --state unknown` lists what is to be resolved.",
        "Eine Nachricht {id} gibt es nicht; siehe `collectord messages --state unknown`.",
    ),
    "known": (
        "Message {id} is not to be resolved: it is {state}.",
        "Bei Nachricht {id} ist nichts zu klären: sie ist {state}.",
    ),
    "is-due": ("waiting for its next try", "für den nächsten Versuch vorgesehen"),
    "is-sending": ("being sent", "gerade auf dem Weg"),
    "is-sent": ("sent", "gesendet"),
    "is-failed": ("not delivered", "nicht zugestellt"),
    "reason": ("Say how you know: --reason.", "Bitte sagen, woher Sie es wissen: --reason."),
    "delivered": (
        "E-mail {template} to {recipient} was delivered, says {actor}: {reason}",
        "E-Mail {template} an {recipient} wurde zugestellt, sagt {actor}: {reason}",
    ),
    "not-delivered": (
        "E-mail {template} to {recipient} was not delivered, says {actor}: {reason}",
        "E-Mail {template} an {recipient} wurde nicht zugestellt, sagt {actor}: {reason}",
    ),
}  # fmt: skip


class ResolveRefused(Exception):
    """Nothing was resolved; one sentence."""


async def resolve(
    db: Database, house: House, message_id: str, *, delivered: bool, reason: str, now: datetime, actor: str, new_id: Callable[[], str]
) -> dict[str, Any]:
    """Raises ResolveRefused."""
    if not reason.strip():
        raise ResolveRefused(phrase(TEXTS, "reason", house.language))

    async def job(conn: Connection) -> dict[str, Any]:
        message = await messages.message(conn, message_id)
        if message is None:
            raise ResolveRefused(phrase(TEXTS, "none", house.language, id=message_id))
        if message.state is not MessageState.UNKNOWN:
            state = phrase(TEXTS, f"is-{message.state}", house.language)
            raise ResolveRefused(phrase(TEXTS, "known", house.language, id=message_id, state=state))
        code = "delivered" if delivered else "not-delivered"
        told = {"template": message.template, "recipient": message.recipient, "actor": actor, "reason": safe(reason.strip(), 500)}
        why = phrase(TEXTS, code, house.language, house.time_zone, **told)
        state = MessageState.SENT if delivered else MessageState.FAILED
        await messages.resolve(conn, message.id, state, "" if delivered else why)
        if not delivered:
            await messages.set_back(conn, message)
        await facts.add_happening(conn, new_id(), now, f"message_{code.replace('-', '_')}", message.key, actor, why)
        return {"message": message.id, "company": message.company, "debtor_no": message.debtor_no, "state": state.value, "why": why}

    return await db.write(job)
