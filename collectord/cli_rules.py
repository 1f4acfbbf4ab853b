"""The command line's commands that show beforehand what rules do: plan and simulate.

Owns how these commands are spelt. Holds no rule and does no IO.
Invariant: whatever is asked with --dry-run, --diff, --against or simulate changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Perform = Callable[..., None]


def add(cli: typer.Typer, perform: Perform) -> None:
    """Puts the commands on the tree."""

    @cli.command()
    def plan(
        dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would change, change nothing")] = False,
        diff: Annotated[bool, typer.Option("--diff", help="tomorrow against today, rule by rule; changes nothing")] = False,
        against: Annotated[
            Path | None,
            typer.Option(metavar="DIR", readable=False, help="with --diff: what the rules in DIR would change today"),
        ] = None,
    ) -> None:
        """Apply the rules: create, change and cancel contact tasks."""
        compares = diff or against is not None
        directory = str(against.absolute()) if against else None
        perform("plan", dry_run=dry_run or compares, diff=compares, against=directory)
