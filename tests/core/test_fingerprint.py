"""Fingerprints: equal rules are equal tomorrow and in another process, and any other word in them is seen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from collectord.core.fingerprint import fingerprint
from collectord.edge.rules_files import load_rules

RULES = Path(__file__).parents[2] / "rules"
IN_ANOTHER = (
    "import sys; from pathlib import Path; from collectord.core.fingerprint import fingerprint;"
    " from collectord.edge.rules_files import load_rules; print(fingerprint(load_rules(Path(sys.argv[1]))))"
)


@dataclass(frozen=True)
class One:
    amount: Decimal
    names: frozenset[str] = frozenset()
    by_name: dict[str, int] = field(default_factory=dict)
    made: object = field(default=None, compare=False)


@dataclass(frozen=True)
class Other(One):
    pass


def test_what_is_equal_has_the_same_one_whatever_the_order_and_what_is_not_another() -> None:
    one = One(Decimal("1.0"), frozenset({"a", "b"}), {"x": 1, "y": 2}, object())
    assert fingerprint(one, [1, (2,)]) == fingerprint(One(Decimal("1.0"), frozenset({"b", "a"}), {"y": 2, "x": 1}, object()), [1, (2,)])
    others = [
        replace(one, amount=Decimal("1.1")), replace(one, names=frozenset({"a"})), replace(one, by_name={"x": 2, "y": 1}),
        Other(Decimal("1.0"), frozenset({"a", "b"}), {"x": 1, "y": 2}),
    ]  # fmt: skip
    assert len({fingerprint(value) for value in (one, *others)}) == 5
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_the_shipped_rules_have_the_same_one_in_every_process() -> None:
    done = subprocess.run([sys.executable, "-c", IN_ANOTHER, str(RULES)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint(load_rules(RULES))
