"""What a reader answers survives its way through a pipe."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from collectord.core.exports.change_set import Before, Counts
from collectord.core.exports.readings import Summary


def test_an_answer_is_the_same_behind_the_pipe() -> None:
    summary = Summary(
        signature=(1, 2, 3), refused="", parsed=4, scope=("10", "20"), as_of=date(2026, 11, 21), booked_until=date(2026, 11, 20),
        counts=Counts({"opened": 3, "twin": 1}, 2, {"EUR": Decimal("50210.5500")}),
        before=Before(items=9, amount={"EUR": Decimal(5)}, gone={"EUR": Decimal("0.01")}, explained=2, explained_gone=1),
        columns=("debtor_no",), warnings=("telephone",), unmet=("was the export filtered?",), quality={"invalid_number": 2},
    )  # fmt: skip
    assert Summary.from_json(json.loads(json.dumps(summary.as_json()))) == summary
    assert Summary.from_json(json.loads(json.dumps(Summary().as_json()))) == Summary()
