"""A throw-away installation and the command line on it, as a person or a script uses it.

Owns how tests call `collectord`: in this process for speed, as a process of its own where that is what counts.
Knows the contract's words, not the program's parts.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectord import cli

MONDAY = "2026-11-23T10:00:00+01:00"
COLUMNS = (
    "company", "debtor_no", "debtor_name", "item_no", "due_on", "open_amount", "currency", "phone", "country", "region", "payment_method",
    "dunning_deadline", "dunning_block", "dispute", "potential_class", "legal_state",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def doc(self) -> Any:
        """The one JSON document on stdout."""
        assert self.out, f"no document, exit {self.status}: {self.err}"
        return json.loads(self.out)

    @property
    def sentences(self) -> list[str]:
        return self.err.splitlines()


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({"COLUMNS": "200", **values})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def collectord(*argv: object, env: Mapping[str, str] | None = None) -> Answer:
    """One command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with environment(env or {}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([str(word) for word in argv])
    return Answer(status, out.getvalue(), err.getvalue())


def process(*argv: object, within: float = 30.0) -> Answer:
    """One command as a process of its own."""
    line = [sys.executable, "-m", "collectord", *map(str, argv)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=within)
    return Answer(done.returncode, done.stdout, done.stderr)


def row(no: object, **given: str) -> dict[str, str]:
    """One open item: overdue since two weeks, of a debtor in Berlin who can be called."""
    return {
        "debtor_no": str(no),
        "debtor_name": f"Debtor {no}",
        "item_no": f"R{no}",
        "due_on": "2026-11-09",
        "open_amount": "100.00",
        "phone": f"030 1234{int(str(no)) % 10_000:04d}",
        "region": "BE",
        **given,
    }


class Place:
    """One installation; its commands speak English."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "collectord.toml"
        self.env: dict[str, str] = {"COLLECTORD_LANGUAGE": "en"}
        assert collectord("init", folder).status == 0

    def run(self, *argv: object, now: str | None = MONDAY, env: Mapping[str, str] | None = None) -> Answer:
        """`now=None`: without --now."""
        said = ["--now", now] if now else []
        return collectord("--config", self.config, *said, *argv, env={**self.env, **(env or {})})

    def ask(self, *argv: object, now: str | None = MONDAY, env: Mapping[str, str] | None = None) -> Any:
        """The JSON document of a command that must succeed."""
        answer = self.run(*argv, "--json", now=now, env=env)
        assert answer.status == 0, answer.err
        return answer.doc

    def export(self, name: str, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
        lines = [";".join(columns), *(";".join(one.get(column, "") for column in columns) for one in rows)]
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def take(
        self, *rows: Mapping[str, str], name: str = "op_2026-11-22.csv", now: str = MONDAY, options: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The receipt of an import, whatever became of it; its sums always fit."""
        receipt: dict[str, Any] = self.run("import", self.export(name, rows), *options, "--json", now=now).doc[0]
        assert receipt["rows"] == receipt["accepted"] + len(receipt["rejected"])
        if receipt["status"] in ("accepted", "duplicate"):
            assert receipt["accepted"] == sum(receipt[kind] for kind in ("opened", "reopened", "changed", "unchanged"))
        return receipt

    def explain(self, debtor: object, *, at: str = MONDAY) -> dict[str, Any]:
        doc: dict[str, Any] = self.ask("explain", debtor, now=at)
        return doc

    def rules(self, debtor: object, *, at: str = MONDAY) -> set[str]:
        return {refusal["rule"] for refusal in self.explain(debtor, at=at)["refusals"]}

    def rewrite(self, old: str, new: str) -> None:
        """Changes the configuration file; `old` must be in it."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text, old
        self.config.write_text(text.replace(old, new, 1), encoding="utf-8")

    def files(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.folder / "exchange" / folder).iterdir())
