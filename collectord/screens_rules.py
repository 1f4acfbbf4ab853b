"""Screens of what rules do: plans beside each other, and days played forward.

Owns the tables of `plan` and `simulate`. Knows no rule; it shows what a command answered.
Invariant: as in screens: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from collectord.screens import BAD, DOUBT, GOOD, QUIET, listing, pairs, plain

# A first plan creates tens of thousands; drawing 5,000 took 9 of the 13 s of the command under a profiler.
PLANNED_SHOWN = 200
LISTED = ("created", "changed", "cancelled")


def plan(doc: Mapping[str, Any], width: int) -> RenderableType:
    parts: list[RenderableType] = []
    if "difference" in doc:
        parts += _difference(doc)
    else:
        for key in LISTED:
            if found := doc.get(key):
                more = f" (the first {PLANNED_SHOWN}; --json has all)" if len(found) > PLANNED_SHOWN else ""
                parts.append(listing("tasks", found[:PLANNED_SHOWN], width, f"{key}: {len(found)}{more}"))
    if "before" in doc.get("difference", {}):
        return Group(*parts)  # what the stored tasks become is another question
    rest = {key: value for key, value in doc.items() if key not in (*LISTED, "diff", "difference")}
    if "workload" in rest:
        rest["workload"] = rest["workload"]["says"]
    counts = {key: len(doc[key]) for key in LISTED if "difference" in doc and doc.get(key)}
    return Group(*parts, pairs({**counts, **rest}, "plan", width))


def _difference(doc: Mapping[str, Any]) -> list[RenderableType]:
    difference = doc["difference"]
    before, after = list(difference)[:2]
    tasks, others = [row for row in doc["diff"] if row["wanted"]], [row for row in doc["diff"] if not row["wanted"]]
    parts: list[RenderableType] = [Text(plain(difference["compared"]), style="bold")]
    parts += [Text(f"- {plain(sentence)}") for sentence in difference["sentences"]]
    parts.append(_rows(tasks, before, after, "contact tasks"))
    shown = {(example["company"], example["debtor_no"]): example for row in tasks for example in row["examples"]}
    parts += [_example(example) for example in shown.values()]
    parts += [Text(f"  {plain(difference['more'])}", style=QUIET)] if difference["more"] else []
    parts.append(_rows(others, before, after, "no contact, because"))
    return parts


def _rows(rows: Sequence[Mapping[str, Any]], before: str, after: str, title: str) -> RenderableType:
    if not rows:
        return Text(f"{title}: none", style=QUIET)
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("", overflow="fold")
    for column in (before, after, "+", "-", "~"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in (f"open {before}", f"open {after}"):
        table.add_column(column, justify="right", overflow="fold")
    for row in rows:
        table.add_row(
            _name(row),
            str(row[before]),
            str(row[after]),
            _count(row["appear"], "+", GOOD if row["wanted"] else DOUBT),
            _count(row["vanish"], "-", BAD if row["wanted"] else QUIET),
            _count(row["changed"], "~", DOUBT),
            Text(plain(row[f"{before}_open"])),
            Text(plain(row[f"{after}_open"])),
        )
    return table


def _name(row: Mapping[str, Any]) -> Text:
    text = Text(f"{plain(row['ladder'])} {row['level']} " if row["wanted"] else "")
    text.append(plain(row["rule"]), style="bold" if row["wanted"] else "")
    if more := plain(row["prompted_by"] or row["strategy"]):
        text.append(f" ({more})", style="cyan")
    return text


def _count(count: int, sign: str, colour: str) -> Text:
    return Text(f"{sign}{count}", style=colour) if count else Text("")


def _example(example: Mapping[str, Any]) -> Text:
    debtor = plain(f"{example['company']}/{example['debtor_no']}" if example["company"] else example["debtor_no"])
    way = plain(example["now"]) if example["was"] == example["now"] else f"{plain(example['was'])} -> {plain(example['now'])}"
    return Text(f"  {debtor}: {way}, {plain(example['open'])}", style=QUIET)


BARS = 24  # columns of the longest bar


def simulate(doc: Mapping[str, Any], width: int) -> RenderableType:
    total = doc["total"]
    parts: list[RenderableType] = [Text(f"- {plain(sentence)}", style="bold") for sentence in doc["sentences"]]
    most = max([1, *(day["calls"] + day["uncalled"] + day["refused"] for day in doc["days"])])
    table = Table(title="days", title_justify="left", header_style="bold")
    table.add_column("day", no_wrap=True)
    table.add_column(Text.assemble(("calls", GOOD), " ", ("uncalled", BAD), " ", ("put off", DOUBT)), no_wrap=True, min_width=BARS)
    for column in ("tasks", "calls", "reached", "minutes", "uncalled"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("uncalled money", "comes in"):
        table.add_column(column, justify="right", overflow="fold")
    for day in doc["days"]:
        on = date.fromisoformat(day["day"])
        told: list[str | Text] = [f"{on:%a} {day['day']}", _bar(day, most), *(str(day[key]) for key in ("tasks", "calls", "reached"))]
        told += [f"{day['minutes']} / {day['capacity']}", str(day["uncalled"]), plain(day["uncalled_open"]), plain(day["paid"])]
        table.add_row(*told, style="" if day["works"] else QUIET)
    parts.append(table)
    parts += [Text(f"· {plain(sentence)}", style=QUIET) for sentence in doc["assumptions"]]
    shown = {"agents": doc["agents"], "seed": doc["seed"], **total, "picture": doc.get("picture")}
    return Group(*parts, pairs(shown, "simulation", width))


def _bar(day: Mapping[str, Any], most: int) -> Text:
    text = Text()
    for key, colour in (("calls", GOOD), ("uncalled", BAD), ("refused", DOUBT)):
        text.append("█" * round(BARS * day[key] / most), style=colour)
    return text


def check(doc: Mapping[str, Any], width: int) -> RenderableType:
    """Folders in one word each; a file that is missing with what holds without it."""
    shown = dict(doc)
    if "files" in doc:
        found = [one["file"].partition("/") for one in doc["files"] if one["read"]]
        count = Counter(f"{folder}{slash}" for folder, slash, _ in found)
        shown["files"] = [f"{name} ({count[name]})" if name.endswith("/") else name for name in count]
        shown["missing"] = [{"file": one["file"], "without it": one["without_it"]} for one in doc["files"] if not one["read"]]
    return pairs(shown, "check", width)


SCREENS = {"plan": plan, "simulate": simulate, "check": check}
