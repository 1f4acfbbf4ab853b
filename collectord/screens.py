"""Screens: how answers look on a terminal.

Owns columns and colours. Knows no rule; it shows what a command answered.
Invariant: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from collectord.core.wording import safe

GOOD, BAD, DOUBT, QUIET = "green", "red", "yellow", "dim"
COLOURS = {
    "accepted": GOOD, "duplicate": QUIET, "held": DOUBT, "rejected": BAD, "stale": DOUBT,
    "ok": GOOD, "warn": DOUBT, "fail": BAD,
    "ready": GOOD, "planned": "cyan", "in_call": "magenta", "done": QUIET, "cancelled": QUIET, "suppressed": BAD,
    "answered": GOOD, "busy": DOUBT, "no_answer": DOUBT, "unallocated": BAD, "congestion": DOUBT, "failed": BAD, "unknown": BAD,
    "promise": GOOD, "paid_already": GOOD, "dispute": BAD, "do_not_call": BAD, "open": "cyan", "kept": GOOD, "broken": BAD,
    "dialling": GOOD, "idle": "cyan", "paused": DOUBT, "shadow": "cyan", "blocked": BAD, "up": GOOD, "down": BAD,
    "free": GOOD, "logged_out": QUIET,
}  # fmt: skip

COLUMNS: dict[str, tuple[str, ...]] = {
    "tasks": ("id", "company", "debtor_no", "medium", "ladder", "level", "open_amount", "not_before", "state", "agent", "why"),
    "attempts": (
        "id", "debtor_no", "number", "agent", "placed_at", "agent_result", "result", "disposition", "hangup_cause", "state",
    ),
    "promises": ("id", "debtor_no", "amount", "promised_on", "state", "level"),
    "disputes": ("debtor_no", "item_no", "reason", "at", "agent"),
    "debtors": ("company", "debtor_no", "debtor_name", "open", "overdue", "days_past_due", "level", "numbers", "blocks"),
    "agents": ("id", "name", "endpoint", "state", "device", "since", "why"),
    "batches": ("batch", "file", "source", "mode", "as_of", "status", "rows", "reason"),
    "unknown": ("id", "debtor_no", "number", "agent", "placed_at", "why"),
    "import": ("batch", "file", "status", "rows", "accepted", "opened", "changed", "cleared", "open_amount", "reason"),
    "call-list": ("when", "company", "debtor_no", "debtor_name", "number", "overdue", "level", "agent", "why"),
    "quality": ("hole", "count", "money", "examples"),
    "doctor": ("check", "outcome", "found", "remedy"),
}  # fmt: skip


SPARED = frozenset({"company", "ladder", "medium", "level", "id", "batch", "endpoint", "since", "task", "hangup_cause", "source", "mode"})
"""What a terminal of less than ROOMY columns does without; `--json` has everything."""
ROOMY = 130


def plain(value: object) -> str:
    """Any value as one safe line."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(amount)} {plain(name)}" for name, amount in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(entry) for entry in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return safe(str(value), 400)


def _cell(value: object) -> Text:
    text = plain(value)
    return Text(text, style=COLOURS.get(text, ""))


def table(name: str, rows: Iterable[Mapping[str, Any]], *, narrow: bool = False) -> Table:
    rows = list(rows)
    columns = COLUMNS.get(name) or tuple(rows[0]) if rows or name in COLUMNS else ()
    if narrow:
        columns = tuple(column for column in columns if column not in SPARED)
    columns = tuple(column for column in columns if any(row.get(column) not in (None, "", [], {}) for row in rows)) or columns
    shown = Table(title=f"{name}: {len(rows)}", title_justify="left", header_style="bold")
    for column in columns:
        shown.add_column(
            column.replace("_", " "),
            overflow="fold",
            no_wrap=column in ("id", "batch", "number", "debtor_no", "state", "open_amount", "status"),
            ratio=2 if column == "why" else None,
        )
    for row in rows:
        shown.add_row(*(_cell(row.get(column)) for column in columns))
    return shown


def _pairs(doc: Mapping[str, Any], title: str, colour: str = "cyan") -> Panel:
    grid = Table.grid(padding=(0, 2))
    for key, value in doc.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            inner = table(key, value)
            inner.title = None
            grid.add_row(Text(key.replace("_", " "), style="bold"), inner)
        else:
            grid.add_row(Text(key.replace("_", " "), style="bold"), _cell(value))
    return Panel(grid, title=Text(title), title_align="left", border_style=colour)


def _explain(doc: Mapping[str, Any], narrow: bool) -> Group:
    colour = GOOD if doc.get("may_call") else BAD if doc.get("never") else DOUBT
    head = Text(plain(doc.get("why")), style=f"bold {colour}")
    return Group(head, _pairs({key: value for key, value in doc.items() if key != "why"}, f"debtor {plain(doc.get('debtor_no'))}", colour))


def _status(doc: Mapping[str, Any], narrow: bool) -> Panel:
    state = plain(doc.get("state"))
    return _pairs(doc, f"collectord is {state}", COLOURS.get(state, "cyan"))


def _plan(doc: Mapping[str, Any], narrow: bool) -> Group:
    parts: list[Any] = []
    for key in ("created", "changed", "cancelled"):
        if doc.get(key):
            parts.append(_retitled(table("tasks", doc[key], narrow=narrow), f"{key}: {len(doc[key])}"))
    rest = {key: value for key, value in doc.items() if key not in ("created", "changed", "cancelled")}
    parts.append(_pairs(rest, "plan"))
    return Group(*parts)


def _retitled(shown: Table, title: str) -> Table:
    shown.title = title
    return shown


SPECIAL: dict[str, Callable[[Any, bool], Any]] = {"explain": _explain, "status": _status, "plan": _plan}


def show(command: str, doc: Any, console: Console | None = None) -> None:
    """Prints an answer as tables and panels."""
    console = console or Console()
    if command in SPECIAL and isinstance(doc, Mapping):
        console.print(SPECIAL[command](doc, console.width < ROOMY))
    elif isinstance(doc, list) and (not doc or isinstance(doc[0], Mapping)):
        console.print(table(command, doc, narrow=console.width < ROOMY))
    elif isinstance(doc, Mapping):
        rows = next((value for value in doc.values() if isinstance(value, list) and value and isinstance(value[0], Mapping)), None)
        if rows is not None and command in COLUMNS:
            console.print(table(command, rows, narrow=console.width < ROOMY))
        else:
            console.print(_pairs(doc, command))
    elif isinstance(doc, str):
        console.print(Text(plain(doc)))
    else:
        console.print_json(json.dumps(doc))


def csv_rows(doc: Any) -> list[list[str]]:
    """A list answer as rows for CSV, formula-safe."""
    rows = doc if isinstance(doc, list) else next((value for value in doc.values() if isinstance(value, list)), [])
    if not rows:
        return [list(COLUMNS["call-list"])]
    columns = list(rows[0])
    return [columns, *([formula_safe(plain(row.get(column))) for column in columns] for row in rows)]


def formula_safe(text: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe in front."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
