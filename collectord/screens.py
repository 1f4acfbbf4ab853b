"""Screens: how answers look on a terminal.

Owns columns and colours. Knows no rule; it shows what a command answered.
Invariant: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from collectord.core.exports.sheet import cell
from collectord.core.wording import Language, safe
from collectord.screen_words import code_told, day_told, figure, is_currency, link_told, reading_in, sum_of, word

GOOD, BAD, DOUBT, QUIET = "green", "red", "yellow", "dim"
COLOURS = {
    "accepted": GOOD, "duplicate": QUIET, "held": DOUBT, "rejected": BAD, "stale": DOUBT,
    "ok": GOOD, "warn": DOUBT, "fail": BAD,
    "ready": GOOD, "planned": "cyan", "in_call": "magenta", "done": QUIET, "cancelled": QUIET, "suppressed": BAD,
    "answered": GOOD, "busy": DOUBT, "no_answer": DOUBT, "unallocated": BAD, "congestion": DOUBT, "failed": BAD, "unknown": BAD,
    "dropped": BAD,
    "promise": GOOD, "paid_already": GOOD, "dispute": BAD, "do_not_call": BAD, "open": "cyan", "kept": GOOD, "broken": BAD,
    "matched": GOOD, "confirmed": QUIET, "ambiguous": DOUBT, "unmatched": BAD, "still_open": BAD,
    "dialling": GOOD, "idle": "cyan", "paused": DOUBT, "shadow": "cyan", "blocked": BAD, "up": GOOD, "down": BAD,
    "free": GOOD, "logged_out": QUIET, "late": DOUBT, "overdue": BAD,
    "pending": DOUBT, "approved": GOOD, "refused": BAD, "withdrawn": QUIET,
}  # fmt: skip

COLUMNS: dict[str, tuple[str, ...]] = {
    "tasks": ("id", "company", "debtor_no", "medium", "ladder", "level", "open_amount", "value", "not_before", "state", "agent", "why"),
    "attempts": (
        "id", "debtor_no", "number", "agent", "begun_by", "mode", "placed_at", "agent_result", "result", "disposition", "hangup_cause",
        "state", "meanwhile",
    ),
    "promises": (
        "id", "debtor_no", "amount", "currency", "promised_on", "instalment", "state", "level", "approval", "decide_until", "approval_note",
    ),
    "objections": ("code", "title", "say", "follows"),
    "callers": ("number", "calls", "last_at", "called", "debtors", "wrong_pairs"),
    "absences": ("agent", "from", "until", "deputy"),
    "caller_ids": ("day", "company", "caller_id", "trunk", "rang", "answered", "share"),
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
        "when", "company", "debtor_no", "debtor_name", "number", "overdue", "value_a_minute", "level", "prompted_by", "tone",
        "agent", "why", "briefing",
    ),
    "not called": ("company", "debtor_no", "debtor_name", "overdue", "days_past_due", "level", "not_called_because", "why"),
    "quality": ("hole", "count", "change", "trend", "money", "examples"),
    "doctor": ("check", "outcome", "found", "remedy"),
}  # fmt: skip


SPARED = frozenset({
    "company", "ladder", "medium", "level", "id", "batch", "endpoint", "since", "task", "hangup_cause", "source", "mode", "prompted_by",
    "tone", "value",
})  # fmt: skip
"""What a terminal of less than ROOMY columns does without; `--json` has everything."""
NEEDED = {
    "agents": {"id"}, "attempts": {"id"}, "batches": {"batch"}, "import": {"batch"}, "unknown": {"id"},
    "tasks": {"medium"}, "sources": {"source"},
    "promises": {"id"}, "corrections": {"value"}, "steps": {"ladder", "level", "medium"},
}  # fmt: skip
"""What another command asks for is spared nowhere: `accept BATCH`, `record --attempt ID`, `test-call --agent ID`."""
SENTENCES = (
    "not_called_because", "why", "sentence", "failure", "reason", "remedy", "found", "examples", "numbers", "blocks", "proof", "briefing",
    "version", "reference", "how", "say", "follows", "approval_note",
)  # fmt: skip
"""Columns that hold much text: where a terminal is too narrow they stand below their row, over the whole width."""
BELOW = {
    "attempts": ("id", "agent_result", "state"),
    "import": ("batch", "accepted", "matched", "ambiguous", "unmatched", "returned"),
    "payments": ("payer_account", "items"),
    "promises": ("instalment", "decide_until"),
    "claim": ("days", "rates", "currency"),
}
SHRINKS = ("debtor_name", "payer", "file", "title", "names", "countries", "check", "hole")
"""Columns that fold first; no word of up to LONGEST_WORD characters is broken as long as another column can stand below its row."""
ROOMY, NARROWEST, LONGEST_WORD = 130, 8, 32
DAYS = ("as_of", "answer_by", "day", "on", "from", "until", "default_on", "due_from", "due_to", "booked_until", "dunning_deadline")
SUMS = ("amount", "open", "interest", "costs", "total", "was", "now", "principal", "too much", "promised", "paid")
"""Columns of a day, or of a sum whose currency stands beside it; other texts that look like one (an item's number) stay as they are."""
HEADINGS = {"decide_until": "decide by"}
CODES = {
    "attempts": ("mode", "agent_result", "result", "disposition", "state"),
    "unknown": (),
    "import": ("status",),
}
"""Columns of codes for which the reader has words; elsewhere codes stay as they are typed."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_SHORT_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}) \d\d:\d\d", re.ASCII)


def plain(value: object) -> str:
    """Any value as one safe line."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(sum_of(amount) if is_currency(name) else amount)} {plain(name)}" for name, amount in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(entry) for entry in value)
    if isinstance(value, bool):
        return word("yes" if value else "no")
    if isinstance(value, float):
        return figure(f"{value:.1f}")
    return safe(str(value), 400)


def _cell(value: object, column: str = "", name: str = "") -> Text:
    """As the reader reads it, in the colour of the code that it is."""
    return Text(_told(value, column, name), style=COLOURS.get(plain(value), ""))


def _table(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], title: str) -> Table:
    shown = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        shown.add_column(_heading(column), no_wrap=True)
    for row in rows:
        shown.add_row(*(_cell(row.get(column), column, name) for column in columns))
    return shown


def _columns(name: str, rows: list[Mapping[str, Any]], narrow: bool) -> tuple[str, ...]:
    columns = COLUMNS.get(name) or tuple(rows[0]) if rows or name in COLUMNS else ()
    if narrow:
        spared = SPARED - NEEDED.get(name, set())
        if len({row.get("company") for row in rows}) > 1:
            spared -= {"company"}
        columns = tuple(column for column in columns if column not in spared)
    return tuple(column for column in columns if any(row.get(column) not in (None, "", [], {}) for row in rows)) or columns


def listing(name: str, rows: Iterable[Mapping[str, Any]], width: int, title: str | None = None) -> RenderableType:
    """A table where the terminal is wide enough; else plain lines, with the sentences of a row below it."""
    rows = list(rows)
    what = word(name.replace("_", " "))
    title = f"{what}: {len(rows)}" if title is None else title
    if not rows:
        return Text(f"{what}: {word('none')}", style=QUIET)
    columns = _columns(name, rows, narrow=width < ROOMY)
    widths, words = _widths(name, columns, rows)
    if width >= ROOMY and sum(widths.values()) + 3 * len(columns) + 1 <= width:
        return _table(name, columns, rows, title)
    above, below = _laid_out(name, columns, widths, words, width)
    parts: list[RenderableType] = [Text(title, style="bold italic")] if title else []
    parts.append(laid_out([Text(_heading(column), style="bold") for column in above], list(above.values())))
    for row in rows:
        parts.append(laid_out([_cell(row.get(column), column, name) for column in above], list(above.values())))
        if said := _said_below(name, row, below):
            parts.append(Padding(Text(said, style=QUIET), (0, 0, 0, 4)))
    return Group(*parts)


def _laid_out(
    name: str, columns: Sequence[str], widths: Mapping[str, int], words: Mapping[str, int], width: int
) -> tuple[dict[str, int], list[str]]:
    """The columns that stand in the line with their widths, and those that stand below it."""
    above = dict(widths)
    if _fit(above, above, (), width):
        return above, []
    below = [column for column in columns if column in (*SENTENCES, *BELOW.get(name, ()))]
    while True:
        above = {column: widths[column] for column in columns if column not in below}
        shrinking = [column for column in above if column in SHRINKS]
        if _fit(above, words, shrinking, width) or _fit(above, words, list(above), width):
            return above, below
        if len(above) <= 2:
            _fit(above, dict.fromkeys(above, NARROWEST), list(above), width)
            return above, below
        below.append(max(list(above)[1:], key=lambda column: words[column]))


def _said_below(name: str, row: Mapping[str, Any], below: Iterable[str]) -> str:
    given = [column for column in below if row.get(column) not in (None, "", [], {})]
    said = [_told(row[column], column, name) for column in given if column in SENTENCES]
    said += [f"{_heading(column)} {_told(row[column], column, name)}" for column in given if column not in SENTENCES]
    return reduce(_and_then, said, "")


def _and_then(before: str, more: str) -> str:
    """A sentence is followed by another one, anything else goes on."""
    if not before.endswith((".", "!", "?")):
        return f"{before}; {more}" if before else more
    return f"{before} {more[:1].upper()}{more[1:]}"


def _heading(column: str) -> str:
    return word(HEADINGS.get(column) or column.replace("_", " "))


def _short(value: object) -> str:
    """An instant without the seconds and the offset, which a person does not read."""
    text = plain(value)
    return f"{day_told(text[:10])} {text[11:16]}" if _INSTANT.fullmatch(text) else text


def _told(value: object, column: str, name: str = "") -> str:
    """A value of this column (of this table) as the reader writes it: days, sums, and the codes that have words."""
    text = _short(value)
    if (name, column) == ("doctor", "found"):
        return link_told(text)
    if column == "note":
        return word(text)
    if column in CODES.get(name, ()):
        return code_told(column, text)
    if column in DAYS or column.endswith("_on"):
        return day_told(text)
    if column == "rates" and isinstance(value, list):
        return "; ".join(map(sum_of, value))
    return sum_of(text) if column in SUMS else text


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


def _widths(name: str, columns: Iterable[str], rows: list[Mapping[str, Any]]) -> tuple[dict[str, int], dict[str, int]]:
    """Of each column: its widest text, and its longest word."""
    widths, words = {}, {}
    for column in columns:
        texts = {_heading(column), *(_told(row.get(column), column, name) for row in rows)}
        widths[column] = max(map(cell_len, texts))
        words[column] = min(LONGEST_WORD, max(cell_len(word) for text in texts for word in _words(text)))
    return widths, words


def _words(text: str) -> list[str]:
    """An instant counts as one."""
    return [text] if _SHORT_INSTANT.fullmatch(text) else text.split() or [""]


def _fit(widths: dict[str, int], least: Mapping[str, int], may: Iterable[str], width: int) -> bool:
    """Narrows the widest column that may be narrowed until the line fits; False: they are all as narrow as they may be."""
    while sum(widths.values()) + 2 * (len(widths) - 1) > width:
        wide = [column for column in may if widths[column] > least[column]]
        if not wide:
            return False
        widths[max(wide, key=widths.__getitem__)] -= 1
    return True


def laid_out(texts: Sequence[Text], widths: Sequence[int]) -> Table:
    """One line of so many columns, folded where it must be."""
    return laid_out_rows([texts], widths)


def laid_out_rows(rows: Iterable[Sequence[Text | str]], widths: Sequence[int]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for width in widths:
        grid.add_column(width=width, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(one) if isinstance(one, str) else one for one in row))
    return grid


LINES = ("warnings", "problems", "scripts", "made", "says")
"""Lists of sentences or files: one a line."""


def pairs(doc: Mapping[str, Any], title: str, width: int, colour: str = "cyan") -> Panel:
    grid = Table.grid(padding=(0, 2))
    doc = {key: value for key, value in doc.items() if value not in (None, "", [], {})}
    room = width - 8 - max((cell_len(_heading(key)) for key in doc), default=0)
    for key, value in doc.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            inner = listing(key, value, room, title="")
            grid.add_row(Text(_heading(key), style="bold"), inner)
        elif key in LINES and isinstance(value, list):
            grid.add_row(Text(_heading(key), style="bold"), Text("\n".join(plain(one) for one in value)))
        else:
            grid.add_row(Text(_heading(key), style="bold"), _cell(value, key))
    return Panel(grid, title=Text(word(title)), title_align="left", border_style=colour)


IN_THE_BRIEFING = ("briefing", "proof", "dunning", "booked_until")
"""What its sentences say already."""


def _explain(doc: Mapping[str, Any], width: int) -> Group:
    colour = DOUBT if doc.get("outdated") else GOOD if doc.get("may_call") else BAD if doc.get("never") else DOUBT
    head = Text(plain(doc.get("why")), style=f"bold {colour}")
    told = [Text(f"· {plain(sentence)}", style=QUIET) for sentence in doc.get("briefing", ())]
    rest = {key: value for key, value in doc.items() if key not in ("why", "outdated", *IN_THE_BRIEFING)}
    if "strategy" in rest:
        rest["strategy"] = rest["strategy"]["says"]
    if "planned" in rest:
        rest["planned"] = rest["planned"]["why"]
    if numbers := rest.pop("numbers", None):
        rest["numbers"] = "; ".join(f"{one['number']} ({', '.join(filter(None, (one['person'], one['why'])))})" for one in numbers)
    if choice := rest.pop("choice", None):
        rest["choice"] = choice["why"]
    if recordings := rest.pop("recordings", None):
        rest["recordings"] = " · ".join(f"{one['call']}.wav: {one['says']}" for one in recordings)
    if rest.get("legal_state"):
        state = rest["legal_state"]
        rest["legal_state"] = f"{state['text']} ({state['name']}: {state['instead']})" if state["name"] else state["text"]
    return Group(head, *told, pairs(rest, f"{word('debtor')} {plain(doc.get('debtor_no'))}", width, colour))


def _status(doc: Mapping[str, Any], width: int) -> Panel:
    state = plain(doc.get("state"))
    inbox, notices = doc.get("inbox") or {}, doc.get("notices") or {}
    told = {
        "inbox": f"{word('cannot be reached')}: {inbox.get('why')}" if inbox.get("reachable") is False else inbox.get("waiting"),
        "caller_ids": " ".join(doc.get("caller_ids") or ()),
        "trunks": "; ".join(f"{trunk['name']}: {trunk['why'] or trunk['calls']}" for trunk in doc.get("trunks") or ()),
        "workload": _planned(doc["workload"]) if doc.get("workload") else None,
        "pauses": " · ".join(f"{pause['agent']} {pause['why']}" for pause in doc.get("pauses") or ()),
        "notices": f"{notices['unsent']} {word('not sent yet')}; {notices.get('failure') or ''}" if notices.get("unsent") else "",
    }
    doc = {**doc, **told, "pbx": "; ".join(_pbx(pbx) for pbx in doc.get("pbx") or ())}
    return pairs(doc, f"{word('collectord is')} {word(state)}", width, COLOURS.get(state, "cyan"))


def _pbx(pbx: Mapping[str, Any]) -> str:
    """One PBX: how it stands, then what is wrong there."""
    response = pbx.get("response_ms")
    parts = [
        f"{plain(pbx.get('name'))} {word('link ' + plain(pbx.get('state')).replace('_', ' '))}",
        f"{response} ms" if response is not None else link_told(plain(pbx.get("why"))) if pbx.get("state") != "not_running" else "",
        f"{pbx['reconnects']} {word('reconnects')}" if pbx.get("reconnects") else "",
        f"{pbx['dropped']} {word('reports dropped')}" if pbx.get("dropped") else "",
        *(plain(sentence) for sentence in (*pbx.get("signs", ()), *pbx.get("warnings", ()))),
    ]
    return ", ".join(part for part in parts if part)


def _planned(workload: Mapping[str, Any]) -> str:
    """It is as old as the last plan."""
    return f"{word('as of')} {_short(workload.get('at'))}: {plain(workload.get('says'))}"


REJECTED_SHOWN = 20
MOVERS = {
    "largest_debtors": ("debtors who would owe less", "vanished", "debtors"),
    "largest_vanished": ("items that would vanish", "vanished", "items"),
    "largest_new": ("new items", "new", "items"),
    "largest_changed": ("items that would change", "changed", "items"),
}
"""The tables of a difference: key, title, and where it counts how many there are in all."""


def _batch(doc: Mapping[str, Any], width: int) -> Group:
    """A receipt for the person who decides about it: what it says in sentences first, then the largest cases."""
    status = plain(doc.get("status"))
    why = f": {plain(doc['reason'])}" if doc.get("reason") else ""
    parts: list[RenderableType] = [
        Text(f"{plain(doc.get('file'))} {word('is')} {word(status)}{why}", style=f"bold {COLOURS.get(status, 'cyan')}")
    ]
    parts += _difference(doc.get("difference"), width)
    if doc.get("rejected"):
        shown, count = doc["rejected"][:REJECTED_SHOWN], len(doc["rejected"]) + doc.get("more_rejected", 0)
        parts.append(listing("rejected", shown, width, f"{word('rejected rows')}: {count}"))
        parts += _more(count - len(shown), word("rows; the file of rejects in receipts/ has them all"))
    rest = {key: value for key, value in doc.items() if key not in ("difference", "rejected", "reason", "file", "status")}
    parts.append(pairs(rest, f"{word('batch')} {plain(doc.get('batch'))}", width, COLOURS.get(status, "cyan")))
    if status == "held":
        parts.append(Text(f"collectord accept {plain(doc.get('batch'))}   |   collectord reject {plain(doc.get('batch'))}", style=QUIET))
    return Group(*parts)


def _difference(found: Mapping[str, Any] | None, width: int) -> list[RenderableType]:
    if not found:
        return []
    parts: list[RenderableType] = [Text(f"- {plain(sentence)}") for sentence in found.get("sentences", ())]
    companies = found.get("companies", ())
    if len(companies) > 1:
        parts.append(listing("companies", companies, width, word("open items by company")))
    for key, (title, group, of) in MOVERS.items():
        if shown := found.get(key):
            parts.append(listing("movers", shown, width, word(title)))
            told = {(one.get("company"), one.get("debtor_no"), one.get("item_no")) for one in shown}
            parts += _more(found.get(group, {}).get(of, 0) - len(told), word("of whom an item would vanish") if of == "debtors" else "")
    return parts


def _more(count: int, what: str) -> list[RenderableType]:
    return [Text(f"    {word('and')} {count} {word('more')} {what}".rstrip(), style=QUIET)] if count > 0 else []


def _quality(doc: Mapping[str, Any], width: int) -> RenderableType:
    """The holes by their sentences; `--json` has their names too."""
    return listing(
        "quality",
        [{**hole, "hole": hole.get("text"), "examples": "; ".join(map(plain, hole.get("examples", ())))} for hole in doc.get("holes", ())],
        width,
    )


NO_TIME = "not called, and no time is known from which they may be"


def _call_list(doc: Sequence[Mapping[str, Any]], width: int) -> Group:
    """Whom the rules want called: those who are, by time, and below those who are not, each with the reason first."""
    called = [row for row in doc if row.get("when")]
    parts: list[RenderableType] = [listing("call-list", [{**row, "why": _not_earlier(row), **_worth(row, width)} for row in called], width)]
    if waits := [row for row in doc if not row.get("when")]:
        parts += [Text(""), listing("not called", waits, width, f"{word(NO_TIME)}: {len(waits)}")]
    return Group(*parts)


WORTH_SHOWN = 120  # columns from which on there is room for it


def _worth(row: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Why this call comes before the next one."""
    return {"value_a_minute": row["value"]} if width >= WORTH_SHOWN and row.get("value") else {}


def _not_earlier(row: Mapping[str, Any]) -> str:
    because = plain(row.get("not_called_because"))
    return f"{word('Not before')} {plain(row['when'])[11:16]}: {because} {plain(row.get('why'))}" if because else plain(row.get("why"))


def _import(doc: Any, width: int) -> Group:
    """Every receipt as a line; what a held one would change below."""
    parts: list[RenderableType] = [listing("import", doc, width)]
    for receipt in doc:
        if receipt.get("status") == "held" and receipt.get("difference"):
            parts.append(
                Text(
                    f"{plain(receipt.get('file'))}, {word('batch')} {plain(receipt.get('batch'))}, {word('is held:')}",
                    style=f"bold {DOUBT}",
                )
            )
            parts += _difference(receipt["difference"], width)
    return Group(*parts)


def _script(doc: Mapping[str, Any], width: int) -> Group:
    """Headings stand out, notes to the agent are dim, what is spoken is plain."""
    parts: list[RenderableType] = [Text(f"{plain(doc['title'])} ({plain(doc['script'])} {doc['version']})", style="bold cyan")]
    parts += [Text(plain(doc["subject"]), style="bold")] if doc["subject"] else []
    for line in str(doc["text"]).splitlines():
        style = "bold" if line.startswith("#") else QUIET if line.startswith(">") else ""
        parts.append(Text(plain(line).lstrip("#> "), style=style))
    for other in ("voicemail", "third_party", "minor"):
        if doc[other]:
            parts += [Text(), Text(word(other.replace("_", " ")), style="bold")]
            parts += [Text(plain(line).lstrip("> "), style=QUIET if line.startswith(">") else "") for line in str(doc[other]).splitlines()]
    approved = f"{plain(doc['file'])}, {plain(doc['approved_by'])}, {plain(doc['approved_on'])}"
    return Group(*parts, Text(), Text(approved, style=QUIET))


SPECIAL: dict[str, Callable[[Any, int], RenderableType]] = {
    "explain": _explain,
    "script": _script,
    "status": _status,
    "batch": _batch,
    "quality": _quality,
}
LISTS: dict[str, Callable[[Sequence[Mapping[str, Any]], int], RenderableType]] = {"import": _import, "call-list": _call_list}


def show(command: str, doc: Any, console: Console | None = None, *, zone: str = "UTC", language: Language = "en") -> None:
    """Prints an answer as tables and panels, for a reader of this language, with instants as the house's time of day."""
    with reading_in(language):
        _show(command, doc, console, zone)


def _show(command: str, doc: Any, console: Console | None, zone: str) -> None:
    doc = _at_the_house(doc, ZoneInfo(zone))
    console = console or Console()
    from collectord import screens_agreements, screens_rules  # they draw with what stands above

    special = {**SPECIAL, **screens_rules.SCREENS, **screens_agreements.SCREENS}
    if command in special and isinstance(doc, Mapping):
        console.print(special[command](doc, console.width))
    elif command in LISTS and isinstance(doc, list) and doc:
        console.print(LISTS[command](doc, console.width))
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
