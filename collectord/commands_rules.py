"""Commands that show beforehand what rules do, and planning itself.

Owns the answers of `plan` and `simulate`. Holds no rule; prints nothing.
Invariant: only `plan` without a question writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectord.asked import Reply, refusal
from collectord.core.rules import Rules
from collectord.core.simulation.picture import picture
from collectord.core.telephony.callbacks import Colleague
from collectord.edge import pictures, rules_files
from collectord.loops import approvals, callbacks, plan_diff, planning, simulating, workload

if TYPE_CHECKING:
    from collectord.commands import Context


async def plan(context: Context, args: Mapping[str, Any]) -> Reply:
    dry_run = bool(args.get("dry_run"))
    against = args.get("against")
    others = _other_rules(against)
    if isinstance(others, Reply):
        return others
    if not dry_run:
        await callbacks.give_out(context.db, context.settings, context.now, context.id)
        await approvals.let_lapse(context.db, context.house, context.now)
    doc = await planning.plan(
        context.db,
        context.rules,
        context.house,
        context.now,
        dry_run=dry_run,
        new_id=context.id,
        capacity=await workload.capacity(context.db, context.settings, context.rules, context.house, context.now),
    )
    if not dry_run:
        await workload.keep(context.db, doc["workload"])
    if others is not None:
        names = (str(context.settings.rules_dir), str(against))
        files = rules_files.differing(Path(names[0]), Path(names[1]))
        doc |= await plan_diff.by_rules(context.db, context.rules, others, context.house, context.now, names=names, files=files)
    elif args.get("diff"):
        doc |= await plan_diff.by_day(context.db, context.rules, context.house, context.now)
    return Reply(doc=doc)


async def simulate(context: Context, args: Mapping[str, Any]) -> Reply:
    rules = _other_rules(args.get("rules"))
    if isinstance(rules, Reply):
        return rules
    doc = await simulating.simulate(
        context.db,
        rules or context.rules,
        context.house,
        context.now,
        days=args["days"],
        team=_team(context, args.get("agents")),
        seed=args["seed"],
        watch=lambda day, number, count: context.watch(day.isoformat(), number, count),
    )
    if "picture" in args:
        try:
            pictures.write(Path(args["picture"]), picture(doc, context.house.language))
        except OSError as error:
            return refusal(f"{args['picture']}: {error.strerror or error}; name a file in a folder that you may write to")
        doc["picture"] = args["picture"]
    return Reply(doc=doc)


def _other_rules(directory: str | None) -> Rules | Reply | None:
    """The rules of another directory, or everything that is wrong with them; None where none is named."""
    try:
        return rules_files.load_rules(Path(directory)) if directory else None
    except rules_files.RulesInvalid as error:
        return Reply(exit=2, error="\n".join(str(problem) for problem in error.problems))


def _team(context: Context, count: int | None) -> dict[str, Colleague]:
    """The configured agents, the first of them, or more who are like them."""
    known = tuple(callbacks.team(context.settings.agent).values()) or (Colleague(id="agent"),)
    wanted = len(context.settings.agent) if count is None else count
    like = [known[number % len(known)] for number in range(wanted)]
    named = [one if number < len(known) else replace(one, id=f"{one.id}-{number + 1}") for number, one in enumerate(like)]
    return {one.id: one for one in named}
