"""Screens: how answers look on a terminal.

Owns columns and colours. Knows no rule; it shows what a command answered.
Invariant: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from collectord.core.exports.sheet import cell
from collectord.core.wording import safe

GOOD, BAD, DOUBT, QUIET = "green", "red", "yellow", "dim"
COLOURS = {
    "accepted": GOOD, "duplicate": QUIET, "held": DOUBT, "rejected": BAD, "stale": DOUBT,
    "ok": GOOD, "warn": DOUBT, "fail": BAD,
    "ready": GOOD, "planned": "cyan", "in_call": "magenta", "done": QUIET, "cancelled": QUIET, "suppressed": BAD,
    "answered": GOOD, "busy": DOUBT, "no_answer": DOUBT, "unallocated": BAD, "congestion": DOUBT, "failed": BAD, "unknown": BAD,
    "promise": GOOD, "paid_already": GOOD, "dispute": BAD, "do_not_call": BAD, "open": "cyan", "kept": GOOD, "broken": BAD,
    "matched": GOOD, "confirmed": QUIET, "ambiguous": DOUBT, "unmatched": BAD, "still_open": BAD,
    "dialling": GOOD, "idle": "cyan", "paused": DOUBT, "shadow": "cyan", "blocked": BAD, "up": GOOD, "down": BAD,
    "free": GOOD, "logged_out": QUIET, "late": DOUBT, "overdue": BAD,
    "pending": DOUBT, "approved": GOOD, "refused": BAD, "withdrawn": QUIET,
}  # fmt: skip

COLUMNS: dict[str, tuple[str, ...]] = {
    "tasks": ("id", "company", "debtor_no", "medium", "ladder", "level", "open_amount", "value", "not_before", "state", "agent", "why"),
    "attempts": (
        "id", "debtor_no", "number", "agent", "placed_at", "agent_result", "result", "disposition", "hangup_cause", "state",
    ),
    "promises": (
        "id", "debtor_no", "amount", "currency", "promised_on", "instalment", "state", "level", "approval", "decide_until", "approval_note",
    ),
    "objections": ("code", "title", "say", "follows"),
    "absences": ("agent", "from", "until", "deputy"),
    "callbacks": ("agreed_for", "called_at", "minutes_late", "state", "debtor_no", "debtor_name", "agreed_by", "keeper", "why"),
    "claim": ("item_no", "open", "currency", "due_on", "default_on", "days", "rates", "interest", "costs", "total", "why"),
    "disputes": ("debtor_no", "item_no", "reason", "owner", "answer_by", "overdue", "at", "agent"),
    "payments": ("booked_on", "amount", "currency", "payer", "payer_account", "state", "debtors", "items", "reference", "how"),
    "debtors": ("company", "debtor_no", "debtor_name", "open", "overdue", "days_past_due", "level", "numbers", "blocks", "proof"),
    "agents": ("id", "name", "endpoint", "state", "device", "since", "why"),
    "batches": ("batch", "file", "source", "mode", "as_of", "status", "rows", "reason"),
    "movers": ("company", "debtor_no", "debtor_name", "item_no", "items", "was", "now", "currency"),
    "rejected": ("line", "column", "value", "reason"),
    "notices": ("at", "kind", "sentence", "ended_at", "sent_at", "tries", "failure"),
    "messages": ("id", "debtor_no", "medium", "template", "recipient", "state", "made_at", "sent_at", "tries", "failure"),
    "unknown": ("id", "debtor_no", "number", "agent", "placed_at", "why"),
    "import": (
        "batch", "file", "status", "rows", "accepted", "opened", "changed", "cleared", "open_amount", "matched", "ambiguous", "unmatched",
        "returned", "reason",
    ),
    "call-list": (
        "when", "company", "debtor_no", "debtor_name", "number", "overdue", "level", "prompted_by", "tone", "agent", "why", "briefing",
    ),
    "quality": ("hole", "count", "change", "trend", "money", "examples"),
    "doctor": ("check", "outcome", "found", "remedy"),
}  # fmt: skip


SPARED = frozenset({
    "company", "ladder", "medium", "level", "id", "batch", "endpoint", "since", "task", "hangup_cause", "source", "mode", "prompted_by",
    "tone", "value",
})  # fmt: skip
"""What a terminal of less than ROOMY columns does without; `--json` has everything."""
NEEDED = {
    "agents": {"id"}, "batches": {"batch"}, "import": {"batch"}, "unknown": {"id"}, "tasks": {"medium"}, "sources": {"source"},
    "promises": {"id"},
}  # fmt: skip
"""What another command asks for is spared nowhere: `accept BATCH`, `record --attempt ID`, `test-call --agent ID`."""
SENTENCES = (
    "why", "sentence", "failure", "reason", "remedy", "found", "examples", "numbers", "blocks", "proof", "briefing",
    "version", "reference", "how", "say", "follows", "approval_note",
)  # fmt: skip
"""Columns that hold much text: where a terminal is too narrow they stand below their row, over the whole width."""
BELOW = {
    "attempts": ("agent_result", "state"),
    "import": ("batch", "accepted", "matched", "ambiguous", "unmatched", "returned"),
    "payments": ("payer_account", "items"),
    "promises": ("instalment", "decide_until"),
    "claim": ("days", "rates", "currency"),
}
SHRINKS = ("debtor_name", "payer", "file", "name", "rule", "title", "check")
ROOMY, NARROWEST = 130, 8
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


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
    if isinstance(value, float):
        return f"{value:.1f}"
    return safe(str(value), 400)


def _cell(value: object) -> Text:
    text = plain(value)
    return Text(text, style=COLOURS.get(text, ""))


def table(name: str, rows: Iterable[Mapping[str, Any]], *, narrow: bool = False) -> Table:
    rows = list(rows)
    columns = _columns(name, rows, narrow)
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


def _columns(name: str, rows: list[Mapping[str, Any]], narrow: bool) -> tuple[str, ...]:
    columns = COLUMNS.get(name) or tuple(rows[0]) if rows or name in COLUMNS else ()
    if narrow:
        columns = tuple(column for column in columns if column not in SPARED - NEEDED.get(name, set()))
    return tuple(column for column in columns if any(row.get(column) not in (None, "", [], {}) for row in rows)) or columns


def listing(name: str, rows: Iterable[Mapping[str, Any]], width: int, title: str | None = None) -> RenderableType:
    """A table; on a narrow terminal plain lines, with the sentences of a row below it."""
    rows = list(rows)
    title = f"{name}: {len(rows)}" if title is None else title
    if not rows:
        return Text(f"{name}: none", style=QUIET)
    if width >= ROOMY:
        shown = table(name, rows)
        shown.title = title
        return shown
    columns = _columns(name, rows, narrow=True)
    below = (
        ()
        if sum(_widths(columns, rows)) + 2 * (len(columns) - 1) <= width
        else tuple(one for one in columns if one in (*SENTENCES, *BELOW.get(name, ())))
    )
    columns = tuple(column for column in columns if column not in below)
    widths = _widths(columns, rows)
    _fit(widths, columns, width)
    parts: list[RenderableType] = [Text(title, style="bold italic")] if title else []
    parts.append(_line([Text(_heading(column), style="bold") for column in columns], widths))
    for row in rows:
        texts = [_short(row.get(column)) for column in columns]
        parts.append(_line([Text(text, style=COLOURS.get(text, "")) for text in texts], widths))
        said = [_short(row.get(column)) for column in below if column in SENTENCES]
        said += [
            f"{_heading(column)} {_short(row[column])}"
            for column in below
            if column not in SENTENCES and row.get(column) not in (None, "", [])
        ]
        if any(said):
            parts.append(Padding(Text("; ".join(text for text in said if text), style=QUIET), (0, 0, 0, 4)))
    return Group(*parts)


def _heading(column: str) -> str:
    return column.replace("_", " ")


def _short(value: object) -> str:
    """An instant without the seconds and the offset, which a person does not read."""
    text = plain(value)
    return f"{text[:10]} {text[11:16]}" if _INSTANT.fullmatch(text) else text


def _at_the_house(doc: Any, zone: ZoneInfo) -> Any:
    """Every instant of an answer as the house's time of day."""
    match doc:
        case Mapping():
            return {key: _at_the_house(value, zone) for key, value in doc.items()}
        case list() | tuple():
            return [_at_the_house(value, zone) for value in doc]
        case str() if _INSTANT.fullmatch(doc):
            return datetime.fromisoformat(doc).astimezone(zone).isoformat(timespec="seconds")
        case _:
            return doc


def _widths(columns: tuple[str, ...], rows: list[Mapping[str, Any]]) -> list[int]:
    return [max(cell_len(text) for text in (_heading(column), *(_short(row.get(column)) for row in rows))) for column in columns]


def _fit(widths: list[int], columns: tuple[str, ...], width: int) -> None:
    """Narrows the widest column that may fold until the line fits, or none may be narrowed any more."""
    may = [place for place, column in enumerate(columns) if column in SHRINKS] or list(range(len(columns)))
    while sum(widths) + 2 * (len(widths) - 1) > width:
        widest = max(may, key=lambda place: widths[place])
        if widths[widest] <= NARROWEST:
            if len(may) == len(columns):
                return
            may = list(range(len(columns)))
            continue
        widths[widest] -= 1


def _line(texts: list[Text], widths: list[int]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for width in widths:
        grid.add_column(width=width, overflow="fold")
    grid.add_row(*texts)
    return grid


def pairs(doc: Mapping[str, Any], title: str, width: int, colour: str = "cyan") -> Panel:
    grid = Table.grid(padding=(0, 2))
    room = width - 8 - max((cell_len(key) for key in doc), default=0)
    for key, value in doc.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            inner = listing(key, value, room, title="")
            grid.add_row(Text(_heading(key), style="bold"), inner)
        else:
            grid.add_row(Text(_heading(key), style="bold"), _cell(value))
    return Panel(grid, title=Text(title), title_align="left", border_style=colour)


IN_THE_BRIEFING = ("briefing", "proof", "dunning", "booked_until")
"""What its sentences say already."""


def _explain(doc: Mapping[str, Any], width: int) -> Group:
    colour = GOOD if doc.get("may_call") else BAD if doc.get("never") else DOUBT
    head = Text(plain(doc.get("why")), style=f"bold {colour}")
    told = [Text(f"· {plain(sentence)}", style=QUIET) for sentence in doc.get("briefing", ())]
    rest = {key: value for key, value in doc.items() if key not in ("why", *IN_THE_BRIEFING)}
    if "strategy" in rest:
        rest["strategy"] = rest["strategy"]["says"]
    if "planned" in rest:
        rest["planned"] = rest["planned"]["why"]
    if choice := rest.pop("choice", None):
        rest["choice"] = f"{choice['why']} {choice['before']} call(s) that may be made now go before it by value."
    if rest.get("legal_state"):
        state = rest["legal_state"]
        rest["legal_state"] = f"{state['text']} ({state['name']}: {state['instead']})" if state["name"] else state["text"]
    return Group(head, *told, pairs(rest, f"debtor {plain(doc.get('debtor_no'))}", width, colour))


def _status(doc: Mapping[str, Any], width: int) -> Panel:
    state = plain(doc.get("state"))
    inbox, notices = doc.get("inbox") or {}, doc.get("notices") or {}
    told = {
        "inbox": f"cannot be reached: {inbox.get('why')}" if inbox.get("reachable") is False else inbox.get("waiting"),
        "workload": (doc.get("workload") or {}).get("says"),
        "notices": f"{notices['unsent']} not sent yet; {notices.get('failure') or ''}" if notices.get("unsent") else "",
    }
    doc = {**doc, **told}
    return pairs(doc, f"collectord is {state}", width, COLOURS.get(state, "cyan"))


REJECTED_SHOWN = 20
MOVERS = {
    "largest_debtors": "debtors who would owe less", "largest_vanished": "items that would vanish", "largest_new": "new items",
    "largest_changed": "items that would change",
}  # fmt: skip
"""The tables of a difference: key and title."""


def _batch(doc: Mapping[str, Any], width: int) -> Group:
    """A receipt for the person who decides about it: what it says in sentences first, then the largest cases."""
    status = plain(doc.get("status"))
    parts: list[RenderableType] = [
        Text(f"{plain(doc.get('file'))} is {status}: {plain(doc.get('reason')) or '-'}", style=f"bold {COLOURS.get(status, 'cyan')}")
    ]
    parts += _difference(doc.get("difference"), width)
    if doc.get("rejected"):
        shown = doc["rejected"][:REJECTED_SHOWN]
        parts.append(listing("rejected", shown, width, f"rejected rows: {len(doc['rejected'])}"))
    rest = {key: value for key, value in doc.items() if key not in ("difference", "rejected", "reason", "file", "status")}
    parts.append(pairs(rest, f"batch {plain(doc.get('batch'))}", width, COLOURS.get(status, "cyan")))
    if status == "held":
        parts.append(Text(f"collectord accept {plain(doc.get('batch'))}   |   collectord reject {plain(doc.get('batch'))}", style=QUIET))
    return Group(*parts)


def _difference(found: Mapping[str, Any] | None, width: int) -> list[RenderableType]:
    if not found:
        return []
    parts: list[RenderableType] = [Text(f"- {plain(sentence)}") for sentence in found.get("sentences", ())]
    companies = found.get("companies", ())
    if len(companies) > 1:
        parts.append(listing("companies", companies, width, "open items by company"))
    parts += [listing("movers", found[key], width, title) for key, title in MOVERS.items() if found.get(key)]
    return parts


def _import(doc: Any, width: int) -> Group:
    """Every receipt as a line; what a held one would change below."""
    parts: list[RenderableType] = [listing("import", doc, width)]
    for receipt in doc:
        if receipt.get("status") == "held" and receipt.get("difference"):
            parts.append(Text(f"{plain(receipt.get('file'))}, batch {plain(receipt.get('batch'))}, is held:", style=f"bold {DOUBT}"))
            parts += _difference(receipt["difference"], width)
    return Group(*parts)


def _script(doc: Mapping[str, Any], width: int) -> Group:
    """Headings stand out, notes to the agent are dim, what is spoken is plain."""
    parts: list[RenderableType] = [Text(f"{plain(doc['title'])} ({plain(doc['script'])} {doc['version']})", style="bold cyan")]
    parts += [Text(plain(doc["subject"]), style="bold")] if doc["subject"] else []
    for line in str(doc["text"]).splitlines():
        style = "bold" if line.startswith("#") else QUIET if line.startswith(">") else ""
        parts.append(Text(plain(line).lstrip("#> "), style=style))
    if doc["voicemail"]:
        parts += [Text(), Text("voicemail", style="bold"), *(Text(plain(line)) for line in str(doc["voicemail"]).splitlines())]
    approved = f"{plain(doc['file'])}, {plain(doc['approved_by'])}, {plain(doc['approved_on'])}"
    return Group(*parts, Text(), Text(approved, style=QUIET))


SPECIAL: dict[str, Callable[[Any, int], RenderableType]] = {"explain": _explain, "script": _script, "status": _status, "batch": _batch}


def show(command: str, doc: Any, console: Console | None = None, *, zone: str = "UTC") -> None:
    """Prints an answer as tables and panels, with instants as the house's time of day."""
    doc = _at_the_house(doc, ZoneInfo(zone))
    console = console or Console()
    from collectord import screens_agreements, screens_rules  # they draw with what stands above

    special = {**SPECIAL, **screens_rules.SCREENS, **screens_agreements.SCREENS}
    if command in special and isinstance(doc, Mapping):
        console.print(special[command](doc, console.width))
    elif command == "import" and isinstance(doc, list) and doc:
        console.print(_import(doc, console.width))
    elif isinstance(doc, list) and (not doc or isinstance(doc[0], Mapping)):
        console.print(listing(command, doc, console.width))
    elif isinstance(doc, Mapping):
        rows = next((value for value in doc.values() if isinstance(value, list) and value and isinstance(value[0], Mapping)), None)
        if rows is not None and command in COLUMNS:
            console.print(listing(command, rows, console.width))
        else:
            console.print(pairs(doc, command, console.width))
    elif isinstance(doc, str):
        console.print(Text(plain(doc)))
    else:
        console.print_json(json.dumps(doc))


def csv_rows(doc: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[str]]:
    """A list answer as rows for CSV; no cell runs in a spreadsheet."""
    return [list(columns), *([cell(plain(row.get(column))) for column in columns] for row in doc)]
