"""The command line's commands about what is said and written to debtors: script and messages.

Owns how these commands are spelt. Holds no rule and does no IO.
Invariant: nothing here changes anything.
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
        """List letters and e-mails to debtors; failed ones need another address or text, unknown ones a look at the mail server."""
        perform("messages", debtor=debtor, state=state, limit=limit)
