"""Entry point of `collectord` and `python -m collectord`."""

from __future__ import annotations

import sys

from collectord.cli import main as run_command


def main() -> None:
    sys.exit(run_command())


if __name__ == "__main__":
    main()
