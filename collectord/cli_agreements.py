"""The command line's commands about agreements: promises, approvals, objection cards, absences, reports, the claim.

Owns how these commands are spelt. Holds no rule and does no IO.
Invariant: what is wrongly typed is said before anything is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

Perform = Callable[..., None]
DayOption = Callable[[str | None, str], str | None]


def add(cli: typer.Typer, perform: Perform, day_option: DayOption) -> None:
    """Puts the commands on the tree."""

    @cli.command()
    def promises(
        debtor: Annotated[str | None, typer.Option(help="only this debtor")] = None,
        state: Annotated[str | None, typer.Option(help="only this state")] = None,
        pending: Annotated[bool, typer.Option("--pending", help="only what waits for a lead's approval")] = False,
        limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 10_000,
    ) -> None:
        """List promises to pay."""
        perform("promises", debtor=debtor, state=state, pending=pending or None, limit=limit)

    @cli.command()
    def approve(
        promise: str,
        note: Annotated[str | None, typer.Option()] = None,
        by: Annotated[str | None, typer.Option(metavar="NAME", help="who decides; left out: the user")] = None,
    ) -> None:
        """Approve a promise that an agent may not agree alone; of a plan all instalments."""
        perform("approve", promise=promise, note=note, by=by)

    @cli.command()
    def refuse(
        promise: str,
        reason: Annotated[str, typer.Option(help="what the agent tells the debtor")],
        by: Annotated[str | None, typer.Option(metavar="NAME", help="who decides; left out: the user")] = None,
    ) -> None:
        """Refuse a promise that waits for approval; the agent who made it calls the debtor."""
        perform("refuse", promise=promise, reason=reason, by=by)

    @cli.command()
    def objections() -> None:
        """Show the objection cards: what debtors say, what to answer, what follows."""
        perform("objections")

    @cli.command()
    def absence(
        agent: str,
        from_on: Annotated[str, typer.Argument(metavar="FROM")],
        until_on: Annotated[str, typer.Argument(metavar="UNTIL", help="the last day")],
        deputy: Annotated[str | None, typer.Option(help="who keeps the agent's callbacks; left out: whoever suits best")] = None,
        revoke: Annotated[bool, typer.Option("--revoke", help="take back what lies within these days")] = False,
    ) -> None:
        """Record that an agent is away; the agent's callbacks move at once."""
        first, last = day_option(from_on, "FROM"), day_option(until_on, "UNTIL")
        perform("absence", agent=agent, from_on=first, until_on=last, deputy=deputy, revoke=revoke or None)

    @cli.command()
    def absences() -> None:
        """List absences that are not over."""
        perform("absences")

    @cli.command()
    def callers(
        done: Annotated[str | None, typer.Option(metavar="NUMBER", help="somebody looked after the calls of this number")] = None,
        by: Annotated[str | None, typer.Option(metavar="NAME", help="who did; left out: the user")] = None,
        limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 10_000,
    ) -> None:
        """List numbers that called us back, reached nobody, and are no one debtor's."""
        if done is None:
            perform("callers", limit=limit)
        else:
            perform("callers-done", number=done, by=by)

    @cli.command()
    def report(
        kind: Annotated[str, typer.Argument(help="callbacks, caller-ids or risk")],
        days: Annotated[int | None, typer.Option(min=1, max=730, help="the last so many: callbacks 30, caller-ids 14, risk 365")] = None,
    ) -> None:
        """Figures of a period: callbacks (how punctually kept), caller-ids (calls answered), risk (how right the estimate was)."""
        perform("report", kind=kind, days=days)

    @cli.command()
    def claim(
        debtor: str,
        on: Annotated[str | None, typer.Option(help="as of the end of this day; default: today")] = None,
        paid: Annotated[str | None, typer.Option(metavar="AMOUNT", help="how a payment of so much would be allocated")] = None,
    ) -> None:
        """What the law adds to what is owed: default, interest, costs. Charged by nobody unless rules/claims.toml says so."""
        perform("claim", debtor=debtor, on=day_option(on, "--on"), paid=paid)


def record_words(item: list[str] | None, until: str | None, promise: list[str] | None, day_option: DayOption) -> dict[str, Any]:
    """Options of `record` that may be given several times; a single promise stays one text."""
    return {
        "item": item or None,
        "until": day_option(until, "--until"),
        "promise": None if not promise else promise[0] if len(promise) == 1 else promise,
    }
