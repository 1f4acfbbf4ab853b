"""Plays one story on one stage: the real daemon as a process of its own, its line to the PBX tapped.

Owns the throw-away installation, the daemon's process and the questions put to it. Which PBX it is, it does not know.
Invariant: whatever the story, no attempt was ordered twice, no number was live twice, nothing but our own actions crossed the line,
the daemon met no internal fault and ended with exit status 0.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from collectord.edge import control
from tests.scenarios.stages import Backstage, Stage, lamp, together, until
from tests.scenarios.story import Debtor, Story, differs
from tests.scenarios.wiretap import Cut, Wiretap, value

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTORD = [sys.executable, "-m", "collectord"]
OURS = {
    "Login", "Logoff", "Ping", "CoreStatus", "CoreSettings", "DeviceStateList", "Status", "DBGetTree", "Getvar", "Setvar", "ListCommands",
    "Originate", "Events", "Hangup", "ExtensionState",
}  # fmt: skip
TURNED_AWAY = ("busy", "unreachable")
SHOWN = re.compile(r"""\A(("[^"<>\\$&{}]{1,40}" )?<\+[1-9][0-9]{6,14}>)?\Z""")  # a CallerID, where there is one
HEADER = r"PJSIP_HEADER\(add\\,(Alert|Call)-Info\)=[a-zA-Z<>:;= 0-9-]+"
VARIABLE = re.compile(rf"\A((__FORWARD_CONTEXT|(__)?COLL_[A-Z]+)=[^$&{{}}\"\\/]*|COLL_TO=PJSIP/[0-9]+-[0-9a-f]+|{HEADER})\Z")
LIVE = ("planned", "ready", "leased", "in_call")
KEYS = {"NOT_INUSE": "Idle", "RINGING": "Ringing", "INUSE": "InUse", "ONHOLD": "Hold", "BUSY": "Busy"}
TURNS = 3.5  # s; a file that waits is looked at three times meanwhile


class Installation:
    """One `collectord init` with a story's configuration, its daemon and its folders."""

    def __init__(self, folder: Path, template: Path, story: Story, port: int, stage: Stage) -> None:
        shutil.copytree(template, folder)
        self.folder, self.exchange = folder, folder / "exchange"
        self.config, self.log = folder / "collectord.toml", folder / "daemon.log"
        secret = folder / "ami.secret"
        secret.touch(mode=0o600)
        secret.write_text(stage.secret, encoding="utf-8")
        self.config.write_text(toml(configuration(story, port, stage)), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self._story_time, self._since = story.clock, time.monotonic()

    def now(self) -> datetime:
        """The daemon's clock, also while there is none."""
        return self._story_time + timedelta(seconds=time.monotonic() - self._since)

    def set_clock(self, now: datetime) -> None:
        self._story_time, self._since = now, time.monotonic()

    def start(self) -> None:
        command = [*COLLECTORD, "--config", str(self.config), "run", "--now", self.now().isoformat()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=CHECKOUT, stdout=log, stderr=log, env=environment())
        until(self._answers, "the daemon answers on its socket", 60.0)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the daemon ended: {self.said()[-2000:]}"
        try:
            return bool(self.ask("ping")["exit"] == 0)
        except control.NoDaemon:
            return False

    def kill(self) -> None:
        """kill -9, and gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(40)
        self._process = None
        return status

    def ask(self, command: str, **args: Any) -> dict[str, Any]:
        """What the daemon answers on its control socket: {"doc", "exit", "error"}."""
        return asyncio.run(control.ask(self.folder / "state", {"command": command, "args": args}, 30))

    def drop(self, name: str, rows: list[dict[str, str]]) -> None:
        """An export, as accounting drops it: complete first, then its marker."""
        path = self.exchange / "inbox" / name
        with path.with_name(f".{name}.part").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), delimiter=";")
            table.writeheader()
            table.writerows(rows)
        path.with_name(f".{name}.part").rename(path)
        path.with_name(f"{name}.done").touch()

    def write(self, name: str, content: bytes, *, more: bool, done: bool) -> None:
        """A file below the inbox as some program writes it: in place, perhaps in two goes, perhaps with a marker at the end."""
        path = self.exchange / "inbox" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("ab" if more else "wb") as file:
            file.write(content)
        if done:
            path.with_name(f"{path.name}.done").touch()

    def outcomes(self) -> list[dict[str, str]]:
        """Every line that accounting was told, files in order."""
        return self.told("outcomes")

    def told(self, kind: str) -> list[dict[str, str]]:
        """Every line of the outbox's KIND-*.csv, files in order."""
        told: list[dict[str, str]] = []
        for path in sorted((self.exchange / "outbox").glob(f"{kind}-*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as file:
                told += csv.DictReader(file, delimiter=";")
        return told

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("COLLECTORD_")}


def configuration(story: Story, port: int, stage: Stage) -> dict[str, Any]:
    """Short times, one company a trunk; what the story sets comes on top."""
    wanted: dict[str, Any] = {
        "language": "en",
        "live": True,
        "sandbox": True,
        "pbx": [{"name": "main", "host": "127.0.0.1", "port": port, "username": stage.username, "secret_file": "ami.secret"}],
        "trunk": [{"name": name, "pbx": "main", "channels": 40, "calls_per_second": 50} for name in story.trunks],
        "company": [
            {"code": "" if name == "trunk" else name, "name": "Muster GmbH", "caller_id": "+493012345600", "region": "BE", "trunk": name}
            for name in story.trunks
        ],
        "agent": [
            {"id": agent, "name": f"Agent {agent}", "pin": "4711", "endpoint": f"PJSIP/{agent}", "languages": ["en"],
             "logged_in": agent in story.logged_in}
            for agent in story.agents
        ],
        "dialling": {"ring_agent_for": "5s", "ring_debtor_for": "15s", "decide_within": "6s", "wrap_up_for": "10s"},
        "intake": {"poll_every": "1s", "quiet_for": "1s"},
        "outbox": {"outcomes_every": "1s"},
    }  # fmt: skip
    for key, setting in story.settings.items():
        section, _, name = key.rpartition(".")
        (wanted.setdefault(section, {}) if section else wanted)[name] = setting
    return wanted


def toml(document: dict[str, Any]) -> str:
    """A configuration as text: values, tables, arrays of tables."""
    head, tail = "", ""
    for key, entry in document.items():
        if isinstance(entry, dict):
            tail += f"[{key}]\n{toml(entry)}"
        elif isinstance(entry, list) and entry and isinstance(entry[0], dict):
            tail += "".join(f"[[{key}]]\n{toml(one)}" for one in entry)
        else:
            head += f"{key} = {json.dumps(entry)}\n"
    return head + tail


class Player:
    """One story, step by step, then what is expected of its debtors."""

    def __init__(self, story: Story, stage: Stage, backstage: Backstage, folder: Path, template: Path) -> None:
        self.story, self.stage, self._backstage = story, stage, backstage
        self.tap = Wiretap()
        self._folder, self._template = folder, template
        self._answered: Counter[str] = Counter()  # pick-ups of each phone that the story has told so far

    def play(self) -> list[Any]:
        """The digest of what happened, equal on every stage."""
        self.stage.open()
        try:
            port = self._backstage.run(self.tap.start(self.stage.host, self.stage.port))
            self.house = Installation(self._folder, self._template, self.story, port, self.stage)
            try:
                return self._play()
            finally:
                self.house.kill()
                self._backstage.run(self.tap.stop())
        finally:
            self.stage.close()

    def _play(self) -> list[Any]:
        self.house.start()
        if self.story.export:
            self.house.drop(self.story.export, [debtor.row for debtor in self.story.debtors])
        for step in self.story.steps:
            verb = next(key for key in step if key in STEPS)
            try:
                STEPS[verb](self, step)
            except AssertionError as error:
                raise AssertionError(f"{step}: {error}\n{self.house.said()[-3000:]}") from error
        self._settle()
        digest = self._digest()
        self._always()
        return digest

    # ------------------------------------------------------------ what is expected

    def _settle(self) -> None:
        """Waits until everything told about the debtors is so."""
        deadline = time.monotonic() + self.story.within
        while wrong := self._wrong():
            assert time.monotonic() < deadline, "\n".join([self.story.title, *wrong, self.house.said()[-6000:]])
            time.sleep(0.3)

    def _wrong(self) -> list[str]:
        attempts, tasks, promises = (self.house.ask(name)["doc"] for name in ("attempts", "tasks", "promises"))
        outcomes, invites = self.house.outcomes(), Counter(self.stage.invites())
        wrong = [f"{call['debtor_no']} is still {call['state']}" for call in attempts if call["state"] not in ("closed", "unknown")]
        for debtor in self.story.debtors:
            found = {
                "calls": _of(debtor, attempts),
                "next": [task for task in _of(debtor, tasks) if task["state"] in LIVE],
                "task": _of(debtor, tasks),
                "promise": _of(debtor, promises),
                "outcomes": _of(debtor, outcomes),
                "invites": invites[debtor.number],
            }
            wrong += [f"{debtor.no}, {what}: {why}" for what, why in self._compare(debtor, found) if why]
        return wrong

    def _compare(self, debtor: Debtor, found: dict[str, Any]) -> list[tuple[str, str]]:
        clock, calls = self.story.clock, debtor.expected.get("calls", [])
        said = [("calls", differs(calls, found["calls"], clock) or _count(len(calls), found["calls"]))]
        reached = sum(call.get("result") != "not_dialled" for call in calls) if debtor.trunk == "trunk" else 0
        shared = [other for other in self.story.debtors if other.number == debtor.number]
        if len(shared) == 1:
            said.append(("invites", differs(debtor.expected.get("invites", reached), found["invites"], clock)))
        for what in ("next", "promise"):
            expected = debtor.expects(what)
            if expected is not None:
                wanted = [] if expected == "none" else [expected]
                said.append((what, differs(wanted, found[what], clock) or _count(len(wanted), found[what])))
        if (task := debtor.expects("task")) is not None:
            said.append(("task", differs([task], found["task"], clock)))
        told = debtor.expected.get("outcomes", [debtor.expected["outcome"]] if "outcome" in debtor.expected else None)
        if told is not None:
            said.append(("outcomes", differs(told, found["outcomes"], clock) or _count(len(told), found["outcomes"])))
        if (explained := debtor.expects("explain")) is not None:
            said.append(("explain", differs(explained, self._explain(debtor), clock)))
        return said

    def _explain(self, debtor: Debtor) -> dict[str, Any]:
        answer = self.house.ask("explain", debtor=f"{debtor.row['company']}/{debtor.no}" if debtor.row["company"] else debtor.no)
        if answer["exit"]:  # the export is not read yet
            return {"why": answer["error"]}
        return {**answer["doc"], "rules": [refusal["rule"] for refusal in answer["doc"]["refusals"]]}

    def _digest(self) -> list[Any]:
        """How each call went, in words that must be the same on every PBX."""
        attempts = self.house.ask("attempts")["doc"]
        return [[debtor.no, [_course(attempt) for attempt in _of(debtor, attempts)]] for debtor in self.story.debtors]

    def _always(self) -> None:
        """What holds at the end of every story."""
        attempts = self.house.ask("attempts")["doc"]
        orders = Counter(self.tap.originates())
        assert set(orders.values()) <= {1}, f"ordered twice: {orders}"
        calls = {channel for channel in orders if not re.search(r"-w[1-9]\Z|\Acoll-test-", channel)}  # neither ring-backs nor test calls
        assert calls <= {attempt["channel"] for attempt in attempts}, "an order without its row"
        dialled = {attempt["number"] for attempt in attempts}
        assert dialled <= {number for debtor in self.story.debtors for number in (debtor.number, debtor.row["phone2"])}, dialled
        for message in self.tap.sent:
            actions = [text for name, text in message if name.lower() == "action"]
            assert len(actions) == 1, message
            assert actions[0] in OURS, message
            assert SHOWN.match(value(message, "CallerID")), message
            assert all(VARIABLE.match(text) for name, text in message if name == "Variable" and actions[0] == "Originate"), message
        _never_twice_at_a_time(attempts)
        if not self.house.ask("status")["doc"]["calls"]:  # else they would be waited for
            assert self.house.stop() == 0, self.house.said()[-3000:]
        for word in ("loop_failed", "Traceback", "store_failed"):
            assert word not in self.house.said(), self.house.said()[-6000:]

    # ------------------------------------------------------------ steps

    def _drop(self, step: dict[str, Any]) -> None:
        changes, only = step.get("changes", {}), step.get("only")
        rows = [debtor.row | changes.get(debtor.no, {}) for debtor in self.story.debtors if only is None or debtor.no in only]
        self.house.drop(step["drop"], rows)

    def _file(self, step: dict[str, Any]) -> None:
        content = step.get("text", "").encode(step.get("encoding", "utf-8"))
        self.house.write(step["file"], content, more=step.get("more", False), done=step.get("done", False))

    def _waits(self, step: dict[str, Any]) -> None:
        """A file stays in the inbox for several turns."""
        path = self.house.exchange / "inbox" / step["waits"]
        deadline = time.monotonic() + TURNS
        while time.monotonic() < deadline:
            assert path.exists(), f"{path.name} was taken"
            time.sleep(0.1)

    def _day(self, step: dict[str, Any]) -> None:
        """The service is restarted at another time: what happened in between, happened without it."""
        assert self.house.stop() == 0, self.house.said()[-3000:]
        self.house.set_clock(datetime.fromisoformat(step["day"]))
        self.house.start()

    def _told(self, step: dict[str, Any]) -> None:
        """The outbox says so, in some file of this kind."""
        until(
            lambda: not differs(step["says"], self.house.told(step["told"]), self.story.clock),
            f"{step['told']} in the outbox: {step['says']}",
        )

    def _command(self, step: dict[str, Any]) -> None:
        args = {key: self._attempt(text) if key == "attempt" else text for key, text in step.get("args", {}).items()}
        answer = self.house.ask(step["command"], **args)
        assert answer["exit"] == step.get("exit", 0), answer
        assert not (wrong := differs(step.get("says", {}), answer["doc"] or {"error": answer["error"]}, self.story.clock)), wrong

    def _held(self, step: dict[str, Any]) -> None:
        """A person accepts or rejects the batch that is held."""
        held = next(batch for batch in self.house.ask("batches")["doc"] if batch["status"] == "held")
        self._command({"command": step["held"], "args": {"batch": held["batch"]}})

    def _attempt(self, no: str) -> str:
        """The newest attempt of this debtor."""
        newest: str = self.house.ask("attempts", debtor=no)["doc"][-1]["id"]
        return newest

    def _ask(self, step: dict[str, Any]) -> None:
        seen: dict[str, Any] = {}

        def told() -> bool:
            seen["doc"] = self.house.ask(step["ask"], **step.get("args", {}))["doc"]
            seen["wrong"] = differs(step["says"], seen["doc"], self.story.clock)
            return not seen["wrong"]

        try:
            until(told, "", self.story.within)
        except AssertionError:
            raise AssertionError(f"{seen['wrong']} in {seen['doc']}") from None

    def _feature(self, step: dict[str, Any]) -> None:
        before = len(self._replies())
        self.stage.dial_feature(step["feature"], step["phone"], step.get("keys", ""))
        if "reply" in step:
            until(lambda: self._replies()[before:] != [], f"an answer to {step['feature']}")
            assert not (wrong := differs(step["reply"], self._replies()[-1], self.story.clock)), wrong

    def _replies(self) -> list[str]:
        return [value(m, "Value") for m in self.tap.sent if value(m, "Action") == "Setvar" and value(m, "Variable") == "COLL_REPLY"]

    def _named(self, step: dict[str, Any]) -> None:
        """The PBX is told whom to ring."""

        def told() -> bool:
            words = [value(m, "Value") for m in self.tap.sent if value(m, "Action") == "Setvar" and value(m, "Variable") == "COLL_TO"]
            return bool(words) and not differs(step["named"], words[-1], self.story.clock)

        until(told, f"the PBX is told {step['named']}")

    def _may_record(self, step: dict[str, Any]) -> None:
        """The PBX is told whether it may record."""

        def told() -> bool:
            words = [value(m, "Value") for m in self.tap.sent if value(m, "Action") == "Setvar" and value(m, "Variable") == "COLL_REC"]
            return words[-1:] == [step["may_record"]]

        until(told, f"the PBX is told {step['may_record']}")

    def _tone(self, step: dict[str, Any]) -> None:
        debtor = self._debtor(step["tone"])
        until(lambda: self.stage.heard_tone(debtor.number), f"{debtor.no} hears the tone")

    def _alone(self, step: dict[str, Any]) -> None:
        """So often this phone has answered by itself."""
        assert self.stage.answered_alone(step["alone"]) == step["times"]

    def _answers(self, step: dict[str, Any]) -> None:
        phone = step["answers"]
        self._answered[phone] += 1
        until(lambda: self._pick_ups(phone) >= self._answered[phone], f"phone {phone} is answered")

    def _pick_ups(self, phone: str) -> int:
        return sum(
            value(m, "Event") == "OriginateResponse"
            and value(m, "Response") == "Success"
            and value(m, "Channel").startswith(f"PJSIP/{phone}-")
            for m in self.tap.heard
        )

    def _press(self, step: dict[str, Any]) -> None:
        self.stage.press(step["phone"], step["press"])

    def _hangs_up(self, step: dict[str, Any]) -> None:
        self.stage.hang_up(step["hangs_up"])

    def _until(self, step: dict[str, Any]) -> None:
        debtor = self._debtor(step["debtor"])
        self._ask({"ask": "attempts", "args": {"debtor": debtor.no}, "says": [step["until"]]})

    def _channels(self, step: dict[str, Any]) -> None:
        until(lambda: self.stage.channels() == step["channels"], f"the PBX has {step['channels']} channels", self.story.within)

    def _invited(self, step: dict[str, Any]) -> None:
        debtor = self._debtor(step["invited"])
        until(lambda: debtor.number in self.stage.invites(), f"{debtor.no} is dialled")

    def _line(self, step: dict[str, Any]) -> None:
        match step["line"]:
            case "down":
                self._backstage.run(self.tap.take_down())
            case "up":
                self._backstage.do(self.tap.put_up)
            case moment:
                cut = Cut(moment.removeprefix("breaks "))
                self._backstage.do(lambda: setattr(self.tap, "cut", cut))

    def _daemon(self, step: dict[str, Any]) -> None:
        if "clock" in step:
            self.house.set_clock(datetime.fromisoformat(step["clock"]))
        match step["daemon"]:
            case "start":
                self.house.start()
            case "kill -9":
                self.house.kill()
            case "stop":
                assert self.house.stop() == 0
            case other:
                raise AssertionError(f"the daemon cannot {other}")

    def _pbx(self, step: dict[str, Any]) -> None:
        {"kill -9": self.stage.kill, "stop": self.stage.shut_down, "start": self.stage.start}[step["pbx"]]()

    def _beside(self, step: dict[str, Any]) -> None:
        self.stage.call_beside(self._debtor(step["beside"]).number, step["phone"])

    def _calls_back(self, step: dict[str, Any]) -> None:
        who = step["calls_back"]
        self.stage.call_back(who if who.startswith("+") else self._debtor(who).number, float(step.get("talks", 4)))

    def _caller(self, step: dict[str, Any]) -> None:
        """Hears this, then presses; the next question is another one."""
        who = step["caller"]
        number = who if who.startswith("+") else self._debtor(who).number
        until(lambda: self.stage.caller_hears(number) == step["hears"], f"{who} hears {step['hears']}", within=60)
        if "keys" in step:
            self.stage.press_caller(number, step["keys"])

    def _dials(self, step: dict[str, Any]) -> None:
        who = step["dials"]
        self.stage.dial_by_hand(who if who.startswith("+") else self._debtor(who).number, step["phone"], step.get("keys", ""))

    def _orders(self, step: dict[str, Any]) -> None:
        assert len(self.tap.originates()) == step["orders"], self.tap.originates()

    def _lamp(self, step: dict[str, Any]) -> None:
        """The device's state as INTERNALS 1.10 names them, and the phones' word for it."""
        shows = (step["shows"], KEYS[step["shows"]])
        of = (self.stage.host, self.stage.port, self.stage.username, self.stage.secret, step["lamp"])
        until(lambda: lamp(*of) == shows, f"the lamp of {step['lamp']} shows {shows}")

    def _joined(self, step: dict[str, Any]) -> None:
        """The two devices are in one bridge."""
        two = (step["joined"], step["with"])
        of = (self.stage.host, self.stage.port, self.stage.username, self.stage.secret)
        until(lambda: together(*of, *two), f"{two[0]} and {two[1]} hear each other")

    def _opens(self, step: dict[str, Any]) -> None:
        """The phone dials *87 and stays."""
        before = len(self.tap.heard)
        self.stage.open_line(step["opens"])
        ready = {"UserEvent": "CollLine", "Endpoint": f"PJSIP/{step['opens']}", "LineState": "ready"}
        until(lambda: any(ready.items() <= dict(message).items() for message in self.tap.heard[before:]), "the line is open")

    def _keyed(self, step: dict[str, Any]) -> None:
        """Whoever has this debtor's call keys, until that is taken."""
        known = self.house.ask("attempts", debtor=step["debtor"])["doc"][-1]

        def taken() -> bool:
            self.stage.press(known["agent"], step["keyed"])
            return bool(self.house.ask("attempts", debtor=step["debtor"])["doc"][-1]["disposition"])

        until(taken, f"{step['keyed']} is taken")

    def _debtor(self, no: str) -> Debtor:
        return next(debtor for debtor in self.story.debtors if debtor.no == no)


STEPS: dict[str, Callable[[Player, dict[str, Any]], None]] = {
    "may_record": Player._may_record, "tone": Player._tone, "alone": Player._alone,
    "calls_back": Player._calls_back, "caller": Player._caller, "dials": Player._dials, "named": Player._named,
    "drop": Player._drop, "command": Player._command, "ask": Player._ask, "feature": Player._feature, "answers": Player._answers,
    "press": Player._press, "hangs_up": Player._hangs_up, "until": Player._until, "channels": Player._channels, "invited": Player._invited,
    "line": Player._line, "daemon": Player._daemon, "pbx": Player._pbx, "beside": Player._beside, "orders": Player._orders,
    "held": Player._held, "file": Player._file, "waits": Player._waits, "day": Player._day, "told": Player._told,
    "lamp": Player._lamp, "joined": Player._joined, "opens": Player._opens, "keyed": Player._keyed,
}  # fmt: skip


def _of(debtor: Debtor, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if (row["company"], row["debtor_no"]) == (debtor.row["company"], debtor.no)]


def _course(attempt: dict[str, Any]) -> list[Any]:
    """What depends on a race inside Asterisk is left out: the cause where nobody answered or refused, what a journal had lost.

    A phone that diverts (302) hangs up with cause 23 or 0, as it comes: busy or unreachable.
    """
    keys = {"agent_result", "result", "disposition", "state", "hangup_cause", "why"}
    keys -= {"not_dialled": {"hangup_cause"}, "unknown": {"why"}}.get(attempt["result"], set())
    if attempt["result"] == "no_answer" and attempt["why"] == "the agent hung up first":
        keys -= {"hangup_cause"}
    told = attempt | {"agent_result": "turned away"} if attempt["agent_result"] in TURNED_AWAY else attempt
    return [told[key] for key in sorted(keys)]


def _count(wanted: int, found: list[Any]) -> str:
    return "" if wanted == len(found) else f"{len(found)} instead of {wanted}: {found}"


def _never_twice_at_a_time(attempts: list[dict[str, Any]]) -> None:
    for position, one in enumerate(attempts):
        for other in attempts[position + 1 :]:
            if one["number"] == other["number"]:
                assert one["ended_at"] is not None, f"{one['number']} was dialled while it was live"
                assert one["ended_at"] <= other["placed_at"], f"{one['number']} was dialled while it was live"
