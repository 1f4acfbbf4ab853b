"""The sum at the end of a run: how often what was killed, over all workers.

Owns that line. Kills nothing. Invariant: only kills that were carried out are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.crash.budget import TALLY


@pytest.fixture(autouse=True)
def kills(record_property: Any) -> Iterator[None]:
    before = Counter(TALLY)
    yield
    for what, times in (TALLY - before).items():
        record_property(f"killed: {what}", times)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    total = Counter[str]()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                total.update({what.removeprefix("killed: "): n for what, n in report.user_properties if what.startswith("killed: ")})
    if total:
        told = ", ".join(f"{what} {times}" for what, times in sorted(total.items()))
        terminalreporter.write_line(f"killed {total.total()} times: {told}")
