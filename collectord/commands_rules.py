"""Commands that show beforehand what rules do, and planning itself.

Owns the answers of `plan` and `simulate`. Holds no rule; prints nothing.
Invariant: only `plan` without a question writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectord.asked import Reply
from collectord.edge import rules_files
from collectord.loops import callbacks, plan_diff, planning

if TYPE_CHECKING:
    from collectord.commands import Context


async def plan(context: Context, args: Mapping[str, Any]) -> Reply:
    dry_run = bool(args.get("dry_run"))
    against = Path(args["against"]) if args.get("against") else None
    try:
        others = rules_files.load_rules(against) if against else None
    except rules_files.RulesInvalid as error:
        return Reply(exit=2, error="\n".join(str(problem) for problem in error.problems))
    if not dry_run:
        await callbacks.give_out(context.db, context.settings, context.now, context.id)
    doc = await planning.plan(
        context.db,
        context.rules,
        context.house,
        context.now,
        dry_run=dry_run,
        new_id=context.id,
        agents=len(context.settings.agent),
    )
    if others is not None:
        names = (str(context.settings.rules_dir), str(against))
        doc |= await plan_diff.by_rules(context.db, context.rules, others, context.house, context.now, names=names)
    elif args.get("diff"):
        doc |= await plan_diff.by_day(context.db, context.rules, context.house, context.now)
    return Reply(doc=doc)
