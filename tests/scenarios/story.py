"""A story: one `*.toml` file, read and checked; how what is told there is compared with what happened.

Owns the words of a story (README.md beside it) and the comparison. Knows no daemon and no PBX.
Invariant: a word that is not known is an error, so that a misspelt expectation cannot pass.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HOUSE_ZONE = ZoneInfo("Europe/Berlin")
TELLING = "2026-11-24T10:00:00+01:00"  # a Tuesday, no holiday anywhere in Germany
SLACK = timedelta(minutes=3)  # a story is over by then: "10:15" is what follows 15 minutes after some moment of it

EXPECTED = ("calls", "next", "task", "promise", "outcome", "outcomes", "explain", "invites")
COLUMNS = {
    "company": "", "debtor_no": "", "debtor_name": "", "item_no": "", "invoiced_on": "2026-10-20", "due_on": "2026-11-10",
    "amount": "", "open_amount": "100.00", "currency": "EUR", "kind": "invoice", "payment_method": "transfer", "dispute": "no",
    "person_type": "business", "phone": "", "phone2": "", "language": "en", "country": "DE", "region": "BE", "agent": "",
}  # fmt: skip
VERBS = {  # with the further keys of each
    "drop": {"changes", "only"}, "command": {"args", "says", "exit"}, "held": set(), "ask": {"args", "says"}, "until": {"debtor"},
    "feature": {"phone", "keys", "reply"}, "answers": set(), "press": {"phone"}, "hangs_up": set(), "beside": {"phone"},
    "invited": set(), "channels": set(), "orders": set(), "line": set(), "calls_back": {"talks"}, "caller": {"hears", "keys"},
    "dials": {"phone", "keys"}, "daemon": {"clock"}, "pbx": set(),
    "file": {"text", "encoding", "more", "done"}, "day": set(), "told": {"says"}, "waits": set(), "named": set(), "lamp": {"shows"},
    "opens": set(), "keyed": {"debtor"}, "may_record": set(), "tone": set(), "joined": {"with"}, "alone": {"times"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """A line of the export and what is told about it."""

    no: str
    number: str  # as the world sees it
    trunk: str
    row: dict[str, str]
    expected: dict[str, Any]

    def expects(self, what: str) -> Any:
        return self.expected.get(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    name: str
    title: str
    clock: datetime
    agents: tuple[str, ...]
    logged_in: tuple[str, ...]
    speed: float
    within: float
    settings: dict[str, Any] = field(default_factory=dict)
    debtors: tuple[Debtor, ...]
    export: str  # file dropped at the beginning; "" = none
    steps: tuple[dict[str, Any], ...]

    @property
    def trunks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(["trunk", *(debtor.trunk for debtor in self.debtors)]))


def read_story(path: Path) -> Story:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {"story", "clock", "agents", "logged_in", "speed", "within", "settings", "debtor", "export", "step"}
    assert not set(told) - known, f"{path.name}: unknown {set(told) - known}"
    for step in told.get("step", []):
        verbs = set(step) & set(VERBS)
        assert len(verbs) == 1, f"{path.name}: a step needs one verb of {sorted(VERBS)}: {step}"
        unknown = set(step) - verbs - VERBS[next(iter(verbs))]
        assert not unknown, f"{path.name}: unknown {unknown} in {step}"
    agents = tuple(told.get("agents", ["201"]))
    debtors: list[Debtor] = []
    for position, given in enumerate(told.get("debtor", [])):
        debtors.append(_debtor(path.name, position, given, debtors))
    return Story(
        name=path.stem,
        title=told["story"],
        clock=datetime.fromisoformat(told.get("clock", TELLING)),
        agents=agents,
        logged_in=tuple(told.get("logged_in", agents)),
        speed=float(told.get("speed", 5)),
        within=float(told.get("within", 60)),
        settings=told.get("settings", {}),
        debtors=tuple(debtors),
        export=told.get("export", "op_2026-11-23.csv"),
        steps=tuple(told.get("step", [])),
    )


def _debtor(story: str, position: int, given: dict[str, Any], before: list[Debtor]) -> Debtor:
    unknown = set(given) - set(EXPECTED) - set(COLUMNS) - {"no", "number", "trunk"}
    assert not unknown, f"{story}: unknown {unknown} of debtor {given.get('no')}"
    no, number, trunk = given["no"], given["number"], given.get("trunk", "trunk")
    if re.fullmatch(r"[0-9]{2} [0-9]{2}", number):  # what the line does, what the agent does: docs/INTERNALS.md 2
        number = f"+493055{position:02}{number.replace(' ', '')}"
    elif shared := next((debtor for debtor in before if debtor.no == number), None):
        number = shared.number
    row = COLUMNS | {key: str(text) for key, text in given.items() if key in COLUMNS}
    row |= {
        "debtor_no": no,
        "debtor_name": re.sub(r"\{([0-9]+) (.)\}", lambda times: times[2] * int(times[1]), given.get("debtor_name", f"Debtor {no}")),
        "item_no": given.get("item_no", f"RE-{no}"),
        "amount": row["amount"] or row["open_amount"],
        "phone": number,
        "company": "" if trunk == "trunk" else trunk,
    }
    return Debtor(no=no, number=number, trunk=trunk, row=row, expected={key: given[key] for key in EXPECTED if key in given})


# ---------------------------------------------------------------- comparing


def moment(text: str, clock: datetime) -> datetime | None:
    """ "10:15" on the story's day, "2026-11-25 10:00" at the house; None: no such text."""
    if re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
        text = f"{clock.astimezone(HOUSE_ZONE).date()} {text}"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", text):
        return None
    return datetime.fromisoformat(text).replace(tzinfo=HOUSE_ZONE)


def differs(expected: Any, got: Any, clock: datetime) -> str:
    """Where `got` says something else than what is expected of it; more may be there. "" when nowhere.

    Text: equal; "" is also None; "~part" is contained; a time of day is reached by then, at most SLACK later.
    """
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return f"{got!r} instead of {expected}"
        wrong = [f"{key}: {what}" for key, value in expected.items() if (what := differs(value, got.get(key), clock))]
        return "; ".join(wrong)
    if isinstance(expected, list):
        left = list(got or [])
        for one in expected:
            found = next((other for other in left if not differs(one, other, clock)), None)
            if found is None:
                return f"{one} is not among {left}"
            left.remove(found)
        return ""
    if isinstance(expected, str) and isinstance(got, str):
        if expected.startswith("~"):
            return "" if expected[1:] in got else f"{got!r} without {expected[1:]!r}"
        if (due := moment(expected, clock)) is not None:
            return "" if due <= datetime.fromisoformat(got) <= due + SLACK else f"{got} instead of {expected}"
    same = expected == got or (expected == "" and got is None)
    return "" if same else f"{got!r} instead of {expected!r}"
