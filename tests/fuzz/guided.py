"""Fuzzing guided by coverage: python -m tests.fuzz.guided TARGET SECONDS. Ends with 0 when nothing broke; what broke is kept in .fuzz/.

Owns the run of libFuzzer (atheris). Invariant: nothing is instrumented in the tests or the product unless this module runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["collectord"]):
    from tests.fuzz.targets import TARGETS, seeds

KEPT = Path(".fuzz")
LONGEST = {"ami": 4_096, "csv": 4_096, "rules": 8_192}  # bytes of one input


def main() -> None:
    name, seconds = sys.argv[1], int(sys.argv[2])
    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)  # what an earlier run found interesting is where this one begins
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST[name]}", "-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={KEPT}/{name}-", *limits], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
