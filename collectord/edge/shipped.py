"""Files that travel with the program: rules, dialplan, Asterisk configuration, service units.

Owns where they lie. Reads none of them.
Invariant: an installed wheel carries them inside the package; a checkout has them beside it.
"""

from __future__ import annotations

from pathlib import Path

import collectord

NAMES = ("rules", "dialplan", "asterisk-config", "systemd")


class ShippedMissing(FileNotFoundError):
    """The installation is incomplete; the message says what to do."""


def shipped_directory(name: str) -> Path:
    """`collectord/shipped/NAME` of a wheel, else `NAME` of the checkout. Raises ShippedMissing."""
    package = Path(collectord.__file__).resolve().parent
    for directory in (package / "shipped" / name, package.parent / name):
        if name in NAMES and directory.is_dir():
            return directory
    raise ShippedMissing(f"{name} did not come with this collectord ({package}); install it again")
