"""Pictures that a person asked for by name.

Owns the way of a drawn picture onto the disk. Draws nothing.
Invariant: a file appears complete under its name, or stays as it was.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Raises OSError with the path that cannot be written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)  # mkstemp makes it for its owner alone
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
