"""Ids: short, sortable by time, unique, safe in file names, AMI headers and channel ids.

Owns how ids are made. Knows nothing they name.
Invariant: `[a-z0-9]{18}`: 9 characters of milliseconds, 9 of chance (46 bits).
"""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(now: datetime) -> str:
    """A new id at this instant."""
    number = (int(now.timestamp() * 1000) & ((1 << 45) - 1)) << 45 | secrets.randbits(45)
    letters = []
    for _ in range(18):
        letters.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(letters))
