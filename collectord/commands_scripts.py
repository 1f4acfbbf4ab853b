"""Commands about what is said and written to debtors: the script, letters and e-mails, and their versions in other lists.

Owns the answers of `script`, `messages`, `resolve` and `tasks`. Holds no rule; prints nothing.
Invariant: a command that writes runs on the one writer; its reply comes after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from collectord.asked import Reply
from collectord.commands_agreements import who
from collectord.core.receivables.script_set import document_version
from collectord.edge.store import tasks
from collectord.loops import message_resolved, script_shown

if TYPE_CHECKING:
    from collectord.commands import Context


async def script(context: Context, args: Mapping[str, Any]) -> Reply:
    agents = {agent.id: agent.name for agent in context.settings.agent}
    if "agent" in args:
        agents = dict.fromkeys(("", *agents), agents.get(args["agent"], args["agent"]))
    key = await context.key(args["debtor"])
    return Reply(doc=await script_shown.show_script(context.db, context.rules, context.house, key, args.get("level"), agents, context.now))


async def resolve(context: Context, args: Mapping[str, Any]) -> Reply:
    doc = await message_resolved.resolve(
        context.db,
        context.house,
        args["message"],
        delivered=args["delivered"],
        reason=args["reason"],
        now=context.now,
        actor=who(context, args),
        new_id=context.id,
    )
    if context.daemon:
        context.daemon.wake()
    return Reply(doc=doc)


async def listed_tasks(context: Context, args: Mapping[str, Any]) -> Reply:
    """With the version of the text that each contact uses."""
    key = await context.key(args["debtor"]) if "debtor" in args else None
    limit = args.get("limit", 10_000)
    rows = await context.db.read(lambda conn: tasks.listed(conn, now=context.now, key=key, state=args.get("state"), limit=limit))
    texts, language = context.rules.scripts, context.house.language
    return Reply(doc=[document_version(row, texts, language) for row in rows])
