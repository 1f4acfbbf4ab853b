"""What `collectord init` writes: configuration, rules, folders.

Owns the first layout of an installation. Overwrites nothing.
Invariant: what it wrote passes `collectord check`.
"""

from __future__ import annotations

import os
import secrets
import shutil
from importlib import resources
from pathlib import Path


class AlreadyThere(Exception):
    """Something of that name exists; nothing was overwritten."""


def write_installation(directory: Path, shipped_rules: Path, folders: tuple[str, ...]) -> list[Path]:
    """Creates collectord.toml, ami.secret, rules/, exchange/…, state/; returns what was made. Raises AlreadyThere, OSError."""
    config = directory / "collectord.toml"
    if config.exists():
        raise AlreadyThere(f"{config} exists already; choose another directory or remove it first")
    directory.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    rules = directory / "rules"
    if not rules.exists():
        shutil.copytree(shipped_rules, rules, ignore=shutil.ignore_patterns(".keep", "__pycache__"))
        for path in [rules, *rules.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        made.append(rules)
    state = directory / "state"
    if not state.exists():
        state.mkdir(mode=0o700)
        made.append(state)
    exchange = directory / "exchange"
    for name in folders:
        folder = exchange / name
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o2775)
    made.append(exchange)
    secret = directory / "ami.secret"
    if not secret.exists():
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        made.append(secret)
    config.write_text(resources.files("collectord.edge").joinpath("starter.toml").read_text(encoding="utf-8"), encoding="utf-8")
    config.chmod(0o640)  # it holds the agents' PINs
    made.append(config)
    return made
