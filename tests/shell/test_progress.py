"""While a long file is imported, whoever waits at a terminal sees how far it is; nobody else sees anything."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from collectord import progress
from tests.shell.place import MONDAY, Place
from tests.shell.test_running_daemon import SANDBOX, daemon

ROWS = 60_000  # with as many telephone numbers: a reader needs longer than the half second between two words of it


def long_file(place: Place) -> Path:
    rows = (f"{no};Debtor {no};R{no};2026-11-09;1.00;+4930{no + 10_000_000}" for no in range(ROWS))
    path = place.folder / "op_2026-11-22.csv"
    path.write_text("\n".join(["debtor_no;debtor_name;item_no;due_on;open_amount;phone", *rows]) + "\n", encoding="utf-8")
    return path


def seen_on_a_terminal(place: Place, *argv: object) -> tuple[str, str]:
    """What goes to the terminal that is stderr, without its control sequences, and what to stdout."""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "collectord", "--config", str(place.config), *map(str, argv)]
    try:
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "COLLECTORD_LANGUAGE": "en"}
        running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment)
    finally:
        os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65_536):
            shown += part
    except OSError:  # how Linux says that nobody writes any more
        pass
    finally:
        os.close(ours)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="replace")), out


def test_a_long_import_shows_how_far_it_is(place: Place) -> None:
    shown, out = seen_on_a_terminal(place, "--now", MONDAY, "import", long_file(place))
    assert re.search(r"reading op_2026-11-22\.csv .* [0-9.]+/[0-9.]+ MB", shown)
    assert "comparing and booking op_2026-11-22.csv" in shown
    assert out.startswith("import: 1"), "the receipt is all there is on stdout"


def test_it_is_shown_too_when_the_daemon_reads(place: Place) -> None:
    place.config.write_text(SANDBOX, encoding="utf-8")
    with daemon(place):
        shown, _ = seen_on_a_terminal(place, "import", long_file(place))
        assert "reading op_2026-11-22.csv" in shown
        assert place.ask("batches", now=None)[0]["rows"] == ROWS


def test_nothing_is_shown_with_json(place: Place) -> None:
    shown, out = seen_on_a_terminal(place, "--now", MONDAY, "--json", "import", long_file(place))
    assert shown == ""
    assert out.startswith("[")


def test_nobody_is_told_where_nobody_looks() -> None:
    with progress.bar(Console(file=io.StringIO()), quiet=False) as watch:
        assert watch is None
    with progress.bar(Console(file=io.StringIO(), force_terminal=True), quiet=True) as watch:
        assert watch is None


def test_a_hostile_file_name_stays_on_its_line() -> None:
    written = io.StringIO()
    with progress.bar(Console(file=written, force_terminal=True, width=100), quiet=False) as watch:
        assert watch is not None
        watch("[red]a\x1b[2J\u202eb\n" + "c" * 100, 1, 10)
    assert "[red]a [2J b c" in written.getvalue()
    assert "\x1b[2J" not in written.getvalue()
    assert "c" * 40 not in written.getvalue()
