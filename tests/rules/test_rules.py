"""The stories of this folder: each is told in `*.toml` and must come out as told, over the real store, imports and commands."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord import app
from collectord.asked import Reply, Request
from collectord.core.contact.verdict import LONGEST
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.pbx_events import EndState
from collectord.core.wording import safe
from collectord.edge import starter
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from collectord.edge.store import tasks
from collectord.edge.store.connection import open_store
from collectord.settings import Settings
from collectord.settings import load as load_settings
from tests.loops import bank, desk, shift
from tests.rules.rule_story import COLUMNS, OF_DEBTOR, Day, Story, moment, read_story, row, same

STORIES = sorted(Path(__file__).parent.glob("*.toml"))
NETWORK = {  # what the PBX says: DIALSTATUS, cause, last word of the debtor's line
    "no_answer": ("NOANSWER", 0, "SIP 180 Ringing"), "busy": ("BUSY", 17, "SIP 486 Busy Here"), "rejected": ("BUSY", 21, "SIP 603 Decline"),
    "unallocated": ("CHANUNAVAIL", 1, "SIP 404 Not Found"), "congestion": ("CONGESTION", 34, "SIP 503 Service Unavailable"),
    "failed": ("CHANUNAVAIL", 38, ""),
}  # fmt: skip


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
async def test_story(path: Path, tmp_path: Path) -> None:
    story = read_story(path)
    async with _opened(story, tmp_path) as house:
        for day in story.days:
            try:
                await house.live(day)
            except AssertionError as wrong:
                wrong.add_note(f"{path.name}, {day.told['on']}")
                raise


@asynccontextmanager
async def _opened(story: Story, folder: Path) -> AsyncIterator[Telling]:
    """An installation as `collectord init` writes it, in English, with the story's settings and rules."""
    home = folder / "house"
    starter.write_installation(home, shipped_directory("rules"), ())
    ExchangeFolders(home / "exchange").create()
    for name, text in story.rules.items():
        (home / "rules" / name).write_text(text, encoding="utf-8")
    for edit in story.edits:
        _edit(home / "rules", edit)
    config = home / "collectord.toml"
    settings = load_settings(config)
    if story.settings:
        settings = _with(config, story.settings)
    settings = settings.model_copy(update={"language": story.settings.get("language", "en")})
    async with open_store(settings.state_dir) as db:
        rules = load_rules(settings.rules_dir)
        at_desk = desk.Desk(db, folder, settings.house(), rules)
        yield Telling(story, settings, at_desk, dict(story.rows))


def _edit(rules: Path, edit: dict[str, str]) -> None:
    path = rules / edit["file"]
    before = path.read_text(encoding="utf-8")
    assert before.count(edit["old"]) == 1, f"{edit['file']} holds {edit['old']!r} {before.count(edit['old'])} times, not once"
    path.write_text(before.replace(edit["old"], edit["new"]), encoding="utf-8")


def _with(config: Path, changes: dict[str, Any]) -> Settings:
    """The settings with the story's keys, read as if they stood in the file."""
    data = tomllib.loads(config.read_text(encoding="utf-8"))
    for dotted, value in changes.items():
        *above, name = dotted.split(".")
        table = data
        for key in above:
            table = table.setdefault(key, {})
        table[name] = value
    return Settings(**{**data, **{key: config.parent / data.get(key, key[:-4]) for key in ("state_dir", "exchange_dir", "rules_dir")}})


@dataclass
class Telling:
    story: Story
    settings: Settings
    desk: desk.Desk
    rows: dict[str, dict[str, str]]  # what is open, by item number
    exports: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def live(self, day: Day) -> None:
        for edit in day.of("edit"):
            _edit(self.settings.rules_dir, edit)
            self.desk.rules = load_rules(self.settings.rules_dir)
        for item in day.of("paid"):
            del self.rows[item]
        for new in day.of("new"):
            of_debtor = next((line for line in self.rows.values() if line["debtor_no"] == new["debtor_no"]), {})
            line = row({**{name: of_debtor[name] for name in OF_DEBTOR & of_debtor.keys()}, **new}, self.story.name)
            self.rows[line["item_no"]] = line
        for change in day.of("changed"):
            which = {name: change[name] for name in ("item_no", "debtor_no") if name in change}
            touched = [line for line in self.rows.values() if all(line[name] == value for name, value in which.items())]
            assert which, f"a change names item_no or debtor_no: {change}"
            assert touched, f"nothing open is changed by {change}"
            for line in touched:
                line.update(row({**line, **change}, self.story.name))
        if day.told.get("export", True):
            await self._export(day)
        if day.of("bank"):
            await bank.statement(self.desk, day.at, *(bank.line(booked_on=day.at.date().isoformat(), **one) for one in day.of("bank")))
        for contact in day.of("history"):
            answer = await self.desk.history(day.at, contact)
            assert not answer["rejected"], answer
        for words in day.of("record"):
            refused = words.get("refused")
            reply = await self.ask("record", {key: value for key, value in words.items() if key != "refused"}, day.at)
            assert (reply.exit == 0) == (refused is None), f"record {words}: {reply.error}"
            assert refused is None or refused in reply.error, f"record {words}: {reply.error}"
        for decision in day.of("lead"):
            await self._decided(decision, day.at)
        for away in day.of("absent"):
            words = {{"from": "from_on", "until": "until_on"}.get(name, name): value for name, value in away.items()}
            reply = await self.ask("absence", words, day.at)
            assert reply.exit == 0, f"absent {away}: {reply.error}"
        await self._planned(day.at)
        for call in day.of("called"):
            await self._called(call, day.at)
        now = day.at if not day.of("called") else day.at + timedelta(minutes=5)
        await self._planned(now)
        for expected in day.of("expect"):
            await self._compare(expected, now)
        for question in day.of("ask"):
            reply = await self.ask(question["command"], question.get("args", {}), now)
            assert reply.exit == 0, reply.error
            assert same(question["says"], reply.doc), f"{question['command']} says {reply.doc}, told was {question['says']}"

    async def ask(self, command: str, args: dict[str, Any], now: datetime) -> Reply:
        """One command, as the command line would ask it."""
        context = app.context(self.settings, self.desk.rules, self.desk.db, now, "lead")
        return await app.answer_with(context, Request(command=command, args=args, now=now))

    async def _export(self, day: Day) -> None:
        number = next(self.exports)
        path = self.desk.folder / f"op_{number}.csv"
        lines = [";".join(COLUMNS), *(";".join(line[column] for column in COLUMNS) for line in self.rows.values())]
        path.write_text("\n".join(lines) + "\n" * number, encoding="utf-8")  # no two exports are the same file
        early = day.at - timedelta(hours=1)
        reply = await self.ask("import", {"files": [str(path)], "as_of": day.at.date().isoformat()}, early)
        if reply.doc and reply.doc[0]["status"] == "held":
            reply = await self.ask("accept", {"batch": reply.doc[0]["batch"]}, early)
        assert reply.exit == 0, f"the export of {day.told['on']}: {reply.error}"

    async def _planned(self, now: datetime) -> None:
        """Plans, and sees that planning once more changes nothing."""
        await self.ask("plan", {}, now)
        await self.desk.db.write(lambda conn: tasks.promote_due(conn, now))
        again = (await self.ask("plan", {}, now)).doc
        assert [again[kind] for kind in ("created", "changed", "cancelled")] == [[], [], []], "planning again changes something"

    async def _task(self, debtor: str, now: datetime) -> Task | None:
        live = await self.desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", debtor), now))
        return min(live, key=lambda task: (task.not_before, -task.priority, task.id), default=None)

    async def _decided(self, decision: dict[str, str], now: datetime) -> None:
        """The lead approves or refuses what waits for approval."""
        waiting = (await self.ask("promises", {"debtor": decision["debtor"], "pending": True}, now)).doc
        assert waiting, f"no promise of {decision['debtor']} waits for a lead"
        words = {name: value for name, value in decision.items() if name in ("note", "reason")}
        reply = await self.ask(decision["says"], {"promise": waiting[0]["id"], **words}, now)
        assert reply.exit == 0, f"lead {decision}: {reply.error}"

    async def _called(self, call: dict[str, str], now: datetime) -> None:
        """An agent called for the debtor's task: placed, rung, talked, keyed."""
        task = await self._task(call["debtor"], now)
        assert task is not None, f"there is no task of {call['debtor']} to call for"
        assert task.medium == "call", f"the task of {call['debtor']} is no call: {task}"
        result = call.get("result", "answered")
        placed = await shift.place(self.desk, task, now, agent=call.get("agent", "201"))
        if result == "answered":
            await shift.tell(self.desk, now, *shift.talk(placed), shift.ended(placed))
        else:
            await shift.tell(self.desk, now, *shift.talk(placed)[:2], shift.ended(placed, EndState.WRAP, *NETWORK[result]))
        said = {name: value for name, value in call.items() if name not in ("debtor", "result", "agent")}
        if "callback" in said:
            said["callback"] = moment(said["callback"]).isoformat()
        if said:
            await shift.say(self.desk, placed, now + timedelta(minutes=4), **said)

    async def _compare(self, expected: dict[str, Any], now: datetime) -> None:
        debtor = expected["debtor"]
        shown = (await self.ask("explain", {"debtor": debtor}, now)).doc
        listed = (await self.ask("tasks", {"debtor": debtor}, now)).doc
        live = await self._task(debtor, now)
        found = next((task for task in listed if live and task["id"] == live.id), None)
        planned = shown["planned"]
        assert planned["why"] == safe(planned["why"], LONGEST), planned
        assert planned["why"].endswith("."), planned
        if "rule" in expected or "until" in expected or expected.get("none"):
            assert found is None, f"{debtor} has a task: {found}"
            told: dict[str, Any] = {name: expected[name] for name in ("rule", "until", "why") if name in expected}
            if "why" in told:
                told["why"] = f"~{told['why']}"
            assert same(told, planned), f"{debtor}: planning says {planned}, told was {told}"
        else:
            told = {name: value for name, value in expected.items() if name not in ("debtor", "explain", "none")}
            if "why" in told:
                told["why"] = f"~{told['why']}"
            assert found is not None or not told, f"{debtor} has no task: {planned}"
            assert same(told, found or {}), f"{debtor}: the task is {found}, told was {told}"
        assert same(expected.get("explain", {}), shown), f"{debtor}: explain says {shown}, told was {expected['explain']}"
