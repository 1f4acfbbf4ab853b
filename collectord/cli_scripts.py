"""The command line's commands about what is said and written to debtors: script, messages, resolve.

Owns how these commands are spelt. Holds no rule and does no IO.
Invariant: what is wrongly typed is said before anything is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

Perform = Callable[..., None]


def add(cli: typer.Typer, perform: Perform) -> None:
    """Puts the commands on the tree."""

    @cli.command()
    def script(
        debtor: str,
        level: Annotated[int | None, typer.Option(min=1, help="of this step of the ladder; left out: of the debtor's next contact")] = None,
        agent: Annotated[str | None, typer.Option(help="who speaks; left out: whose case it is")] = None,
    ) -> None:
        """Show what is said to this debtor, or written, as it reads today."""
        perform("script", debtor=debtor, level=level, agent=agent)

    @cli.command()
    def messages(
        debtor: Annotated[str | None, typer.Option(help="only this debtor")] = None,
        state: Annotated[str | None, typer.Option(help="due, sending, sent, failed or unknown")] = None,
        limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 10_000,
    ) -> None:
        """List letters and e-mails to debtors; failed ones need another address or text, unknown ones `resolve`."""
        perform("messages", debtor=debtor, state=state, limit=limit)

    @cli.command()
    def resolve(
        message: str,
        delivered: Annotated[bool, typer.Option("--delivered/--not-delivered", help="what became of it")],
        reason: Annotated[str, typer.Option(help="how you know")],
        by: Annotated[str | None, typer.Option(metavar="NAME", help="who says so; left out: the user")] = None,
    ) -> None:
        """Say what became of an e-mail whose delivery is unknown; one that was not delivered is no contact, and its step comes again."""
        perform("resolve", message=message, delivered=delivered, reason=reason, by=by)
