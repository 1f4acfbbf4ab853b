"""Screens of what rules do: the rules as they were read, plans beside each other, and days played forward.

Owns the tables of `check`, `plan` and `simulate`. Knows no rule; it shows what a command answered.
Invariant: as in screens: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from collectord.screen_words import day, day_told, word
from collectord.screens import BAD, DOUBT, GOOD, QUIET, laid_out, laid_out_rows, listing, pairs, plain

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
                more = f" ({word('the first')} {PLANNED_SHOWN}; {word('--json has all')})" if len(found) > PLANNED_SHOWN else ""
                parts.append(listing("tasks", found[:PLANNED_SHOWN], width, f"{word(key)}: {len(found)}{more}"))
    if "before" in doc.get("difference", {}):
        return Group(*parts)  # what the stored tasks become is another question
    rest = {key: value for key, value in doc.items() if key not in (*LISTED, "diff", "difference")}
    if "workload" in rest:
        rest["workload"] = rest["workload"]["says"]
    counts = {key: len(doc[key]) for key in LISTED if "difference" in doc and doc.get(key)}
    return Group(*parts, pairs({**counts, **rest}, word("the next plan") if "difference" in doc else "plan", width))


def _difference(doc: Mapping[str, Any]) -> list[RenderableType]:
    difference = doc["difference"]
    before, after = list(difference)[:2]
    tasks, others = [row for row in doc["diff"] if row["wanted"]], [row for row in doc["diff"] if not row["wanted"]]
    compared = plain(difference["compared"])
    for name in (before, after):
        compared = compared.replace(f"{name} = ", f"{word(name)} = ").replace(plain(difference[name]), day_told(plain(difference[name])))
    parts: list[RenderableType] = [Text(compared, style="bold")]
    parts += [Text(f"- {plain(sentence)}") for sentence in (*difference["sentences"], *difference.get("edited", ()))]
    parts += [Text(f"! {plain(warning)}", style=DOUBT) for warning in difference.get("warnings", ())]
    parts.append(_rows(tasks, before, after, word("contact tasks")))
    shown = {(example["company"], example["debtor_no"]): example for row in tasks for example in row["examples"]}
    parts += [_example(example) for example in shown.values()]
    parts += [Text(f"  {plain(difference['more'])}", style=QUIET)] if difference["more"] else []
    parts.append(_rows(others, before, after, word("no contact, because")))
    return parts


def _rows(rows: Sequence[Mapping[str, Any]], before: str, after: str, title: str) -> RenderableType:
    if not rows:
        return Text(f"{title}: {word('none')}", style=QUIET)
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("", overflow="fold")
    for column in (before, after, "+", "-", "~"):
        table.add_column(word(column), justify="right", no_wrap=True)
    for column in (f"open {before}", f"open {after}"):
        table.add_column(word(column), justify="right", overflow="fold")
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
    text.append(plain(row["rule"]) if row["wanted"] else word(plain(row["rule"])), style="bold" if row["wanted"] else "")
    if more := plain(row["prompted_by"] or row["strategy"]):
        text.append(f" ({more})", style="cyan")
    return text


def _count(count: int, sign: str, colour: str) -> Text:
    return Text(f"{sign}{count}", style=colour) if count else Text("")


def _example(example: Mapping[str, Any]) -> Text:
    debtor = plain(f"{example['company']}/{example['debtor_no']}" if example["company"] else example["debtor_no"])
    way = plain(example["now"]) if example["was"] == example["now"] else f"{plain(example['was'])} -> {plain(example['now'])}"
    return Text(f"  {debtor}: {way}, {plain(example['open'])}", style=QUIET)


BARS, SHORTEST_BAR = 24, 6  # columns of the longest bar: as many as there are, no fewer than these
WITH_MONEY = 110  # columns from which on the money of a day stands in its line
COUNTS = ("tasks", "calls", "reached", "minutes", "uncalled")


def simulate(doc: Mapping[str, Any], width: int) -> RenderableType:
    total = doc["total"]
    parts: list[RenderableType] = [Text(f"- {plain(sentence)}", style="bold") for sentence in doc["sentences"]]
    parts += _days(doc["days"], width)
    parts += [Text(f"· {plain(sentence)}", style=QUIET) for sentence in doc["assumptions"]]
    shown = {"agents": doc["agents"], "seed": doc["seed"], **total, "picture": doc.get("picture")}
    return Group(*parts, pairs(shown, "simulation", width))


def _days(days: Sequence[Mapping[str, Any]], width: int) -> Iterator[RenderableType]:
    """A line a day, never cut; on a narrow terminal the money stands below it."""
    heads = ["", *map(word, COUNTS), *(map(word, ("uncalled money", "comes in")) if width >= WITH_MONEY else ())]
    lines = []
    for one in days:
        told = [day(date.fromisoformat(one["day"])), str(one["tasks"]), str(one["calls"]), str(one["reached"])]
        told += [f"{one['minutes']} / {one['capacity']}", str(one["uncalled"])]
        lines.append([*told, *([plain(one["uncalled_open"]), plain(one["paid"])] if width >= WITH_MONEY else [])])
    widths = [max(cell_len(text) for text in column) for column in zip(heads, *lines, strict=True)]
    bar = max(SHORTEST_BAR, min(BARS, width - sum(widths) - 2 * len(widths)))
    widths.insert(1, bar)
    legend = (("calls", GOOD), ("uncalled", BAD), ("put off", DOUBT))
    yield Text.assemble(*((f"█ {word(name)}  ", colour) for name, colour in legend))
    yield laid_out([Text(head, style="bold") for head in [heads[0], "", *heads[1:]]], widths)
    most = max([1, *(one["calls"] + one["uncalled"] + one["refused"] for one in days)])
    for one, line in zip(days, lines, strict=True):
        style = "" if one["works"] else QUIET
        yield laid_out([Text(line[0], style=style), _bar(one, most, bar), *(Text(text, style=style) for text in line[1:])], widths)
        money = [f"{word(name)} {plain(one[key])}" for name, key in (("uncalled money", "uncalled_open"), ("comes in", "paid")) if one[key]]
        if money and width < WITH_MONEY:
            yield Text(f"    {'; '.join(money)}", style=QUIET)


def _bar(one: Mapping[str, Any], most: int, columns: int) -> Text:
    text = Text()
    for key, colour in (("calls", GOOD), ("uncalled", BAD), ("refused", DOUBT)):
        text.append("█" * int(columns * one[key] / most), style=colour)
    return text


TEXTS_SHOWN = 3  # names of texts that were approved together


def check(doc: Mapping[str, Any], width: int) -> RenderableType:
    """What needs a person first; what there is much of as a count, or a line each."""
    first = {key: doc.get(key) for key in ("ok", "problems", "warnings")}
    rest = {
        key: value for key, value in {**doc, **_files(doc.get("files", ()))}.items() if key not in (*first, "rules", "sources", "scripts")
    }
    told = {**first, "rules": _rule_counts(doc.get("rules", ())), **rest, "scripts": _texts(doc.get("scripts", ()))}
    parts: list[RenderableType] = [pairs(told, "check", width)]
    for kind, sources in groupby(sorted(doc.get("sources", ()), key=_kind), key=_kind):
        named = list(sources)
        parts.append(Text(f"{word('sources')}, {word(kind)} ({len(named)})", style="bold"))
        names = max(cell_len(plain(one["name"])) for one in named)
        parts.append(laid_out_rows([[plain(one["name"]), plain(one["title"])] for one in named], [names, max(8, width - names - 4)]))
    if doc.get("sources"):
        parts.append(Text(word("what each file name means: --json"), style=QUIET))
    return Group(*parts)


def _files(files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Folders in one word each; a file that is missing with what holds without it."""
    found = [one["file"].partition("/") for one in files if one["read"]]
    count = Counter(f"{folder}{slash}" for folder, slash, _ in found)
    names = [f"{name} ({count[name]})" if name.endswith("/") else name for name in count]
    missing = [{"file": one["file"], "without it": one["without_it"]} for one in files if not one["read"]]
    return {"files": names, "missing": missing}


def _kind(source: Mapping[str, Any]) -> str:
    return plain(source["kind"]).replace("_", " ")


def _rule_counts(rules: Sequence[str]) -> str:
    counts = [f"{pack} {len(list(ids))}" for pack, ids in groupby(rules, key=lambda rule: rule.partition("/")[0])]
    return f"{', '.join(counts)} ({word('each by its name: --json')})" if counts else ""


def _texts(texts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those that one person approved on one day, together."""
    found = []
    by: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda one: (one["approved_on"], one["approved_by"], str(one["version"]))  # noqa: E731
    for (on, who, version), some in groupby(sorted(texts, key=by), key=by):
        named = [plain(one["file"]) for one in some]
        what = ", ".join(named) if len(named) <= TEXTS_SHOWN else f"{len(named)} {word('texts')}"
        found.append(f"{what}: {word('version')} {plain(version)}, {word('approved on')} {plain(on)} {word('by')} {plain(who)}")
    return found


def init(doc: Mapping[str, Any], width: int) -> RenderableType:
    """What was made, and what to do now, one after the other."""
    steps = [Text.assemble((f"{number}. ", "bold"), plain(step)) for number, step in enumerate(doc["next"], 1)]
    return Group(pairs({"made": doc["made"]}, "init", width), *steps)


SCREENS = {"check": check, "init": init, "plan": plan, "simulate": simulate}
