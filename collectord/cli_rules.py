"""The command line's commands that show beforehand what rules do: plan and simulate.

Owns how these commands are spelt. Holds no rule and does no IO beyond the terminal.
Invariant: whatever is asked with --dry-run, --diff, --against or simulate changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Perform = Callable[..., None]


def add(cli: typer.Typer, perform: Perform, perform_watched: Perform) -> None:
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

    @cli.command()
    def simulate(
        days: Annotated[int, typer.Option(min=1, max=365, help="so many days from today on")] = 20,
        agents: Annotated[
            int | None, typer.Option(min=0, max=1_000, help="so many people call; left out: as many as are configured")
        ] = None,
        seed: Annotated[int, typer.Option(min=0, help="another number: debtors behave differently")] = 1,
        rules: Annotated[Path | None, typer.Option(metavar="DIR", readable=False, help="play the rules in DIR instead")] = None,
        picture: Annotated[Path | None, typer.Option(metavar="FILE.svg", readable=False, help="draw the days into this file")] = None,
    ) -> None:
        """Play the rules forward: tasks, calls and minutes a day, and what stays uncalled in money. Changes nothing, calls nobody."""
        perform_watched(
            "simulate",
            "DAYS",
            days=days,
            agents=agents,
            seed=seed,
            rules=str(rules.absolute()) if rules else None,
            picture=str(picture.absolute()) if picture else None,
        )
