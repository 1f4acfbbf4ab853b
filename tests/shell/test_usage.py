"""How commands are called and how they end: exit 0 done, 1 refused with a sentence, 2 wrong usage or configuration."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic

import pytest

from tests.shell.place import MONDAY, Place, collectord, process, row

COMMANDS = (
    "init", "check", "doctor", "run", "import", "accept", "reject", "plan", "call-list", "explain", "tasks", "attempts", "promises",
    "disputes", "debtors", "agents", "batches", "unknown", "record", "import-history", "call", "pause", "resume", "live", "shadow",
    "status", "quality", "export", "backup", "restore", "callers",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    answer = collectord(command, "--help")
    assert answer.status == 0
    assert f"collectord {command}" in answer.out


def test_help_names_every_command_and_loads_nothing_else() -> None:
    began = monotonic()
    answer = process("--help")
    assert monotonic() - began < 5.0  # 0.2 s on an idle machine; loading the whole program would take ten times as long
    assert answer.status == 0
    assert all(f"  {command} " in answer.out for command in COMMANDS)
    loaded = process_modules("--help")
    assert not loaded & {"collectord.app", "collectord.daemon", "pydantic", "holidays", "structlog", "rich", "panoramisk"}


def process_modules(*argv: str) -> set[str]:
    """Which modules a command loads."""
    import subprocess
    import sys

    code = f"import sys\nfrom collectord.cli import main\nmain({list(argv)!r})\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["explain"], "Missing argument"),
        (["explain", "1", "2"], "unexpected extra argument"),
        (["explain", "1", "--foo"], "No such option: --foo"),
        (["import"], "Missing argument 'FILE...'"),
        (["import", "x.csv", "--mode", "full"], "--mode 'full' is unknown; use snapshot or delta"),
        (["import", "x.csv", "--as-of", "2026-02-30"], "--as-of '2026-02-30' is no date; write it like 2026-11-23"),
        (["tasks", "--limit", "many"], "--limit"),
        (["status", "--now", "yesterday"], "--now 'yesterday' is no instant; write it like 2026-11-23T10:00:00+01:00"),
        (["status", "--now"], "--now needs a value"),
        (["status", "--config"], "--config needs a value"),
        (["call", "1"], "Missing option '--agent'"),
        (["record", "1", "--callback", "soon"], "--callback 'soon' is no instant"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(argv: list[str], sentence: str) -> None:
    answer = collectord(*argv)
    assert answer.status == 2
    assert len(answer.sentences) == 1
    assert sentence in answer.err
    assert not answer.out


def test_without_a_command_the_usage_is_shown() -> None:
    answer = collectord()
    assert answer.status == 2
    assert answer.err.startswith("Usage: collectord")


def test_the_version_is_told() -> None:
    assert collectord("--version").out.startswith("collectord ")


def test_global_options_may_stand_anywhere(place: Place) -> None:
    place.take(row(1))
    config = f"--config={place.config}"
    spellings = (
        ["--json", "--config", place.config, "--now", MONDAY, "explain", "1"],
        ["explain", "--json", "1", config, f"--now={MONDAY}"],
        ["explain", "1", f"--now={MONDAY}", "--config", place.config, "--json"],
    )
    answers = [collectord(*argv, env=place.env) for argv in spellings]
    assert [answer.status for answer in answers] == [0, 0, 0]
    assert len({answer.out for answer in answers}) == 1


def test_the_configuration_may_come_from_the_environment(place: Place) -> None:
    assert collectord("status", "--json", env={"COLLECTORD_CONFIG": str(place.config)}).doc["state"] == "shadow"


def test_a_missing_configuration_is_exit_2_and_says_how_to_make_one(tmp_path: Path) -> None:
    answer = collectord("--config", tmp_path / "nix.toml", "status")
    assert answer.status == 2
    assert answer.sentences == [
        f"{tmp_path}/nix.toml: there is no such file; write one with `collectord init DIR` or name it with --config"
    ]


def test_json_is_one_document_on_stdout_and_everything_else_on_stderr(place: Place) -> None:
    answer = place.run("import", place.export("op_2026-11-22.csv", [row(1)]), "nix.csv", "--json")
    assert answer.status == 1
    assert [receipt["status"] for receipt in json.loads(answer.out)] == ["accepted"]
    assert answer.sentences == [f"{Path.cwd()}/nix.csv: No such file or directory; nothing was read"]


def test_an_instant_without_offset_is_the_houses_time_of_day(place: Place) -> None:
    place.take(row(1))
    assert place.explain(1, at="2026-11-23T11:00")["at"] == "2026-11-23T11:00:00+01:00"
    assert place.ask("explain", 1, now="2026-11-23T11:00", env={"COLLECTORD_TIME_ZONE": "UTC"})["at"] == "2026-11-23T11:00:00+00:00"


def test_init_writes_a_complete_installation_and_never_overwrites_one(tmp_path: Path) -> None:
    place = Place(tmp_path / "house")
    made = {path.name for path in place.folder.iterdir()}
    assert made == {"collectord.toml", "rules", "exchange", "state", "ami.secret"}
    assert {path.name for path in (place.folder / "exchange").iterdir()} == {
        "inbox", "processing", "archive", "held", "rejected", "receipts", "outbox", "print",
    }  # fmt: skip
    assert (place.folder / "state").stat().st_mode & 0o777 == 0o700
    assert (place.folder / "ami.secret").stat().st_mode & 0o777 == 0o600
    assert place.run("check").status == 0
    again = collectord("init", place.folder)
    assert again.status == 1
    assert "exists already" in again.err


def test_check_publishes_the_rule_ids_and_names_every_error_at_once(place: Place) -> None:
    doc = place.ask("check", now=None)
    assert doc["ok"]
    assert {"guard/do-not-call", "guard/stale-source", "guard/held-source", "de/hours", "house/1-per-day", "us-regf/7-in-7"} <= set(
        doc["rules"]
    )
    place.rewrite("max_export_age = 1", 'max_export_age = "one"')
    place.rewrite("live = false", "livee = false")
    answer = place.run("check", now=None)
    assert answer.status == 2
    assert answer.sentences == [
        f"{place.config}: line 11: max_export_age: 'one' is wrong; expected a whole number",
        f"{place.config}: line 13: livee: this key is unknown; see the commented file that `collectord init` writes",
    ]
    assert place.run("check", "--json", now=None).doc["ok"] is False


def test_run_with_a_clock_of_its_own_needs_a_sandbox(place: Place) -> None:
    answer = place.run("run")
    assert answer.status == 2
    assert answer.sentences == ["run --now is allowed only with `sandbox = true` and loopback PBXes"]
