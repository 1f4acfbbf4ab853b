"""Fingerprint: whether two settings, rules or houses are the same, in a few letters.

Owns the text form that is compared. Knows the meaning of nothing in it.
Invariant: equal values have equal fingerprints in every process; sets and mappings have no order, and what no comparison looks at counts
for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from hashlib import sha256


def fingerprint(*values: object) -> str:
    return sha256(_text(values).encode()).hexdigest()


def _text(value: object) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({','.join(_text(getattr(value, field.name)) for field in fields(value) if field.compare)})"
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(f'{_text(key)}:{_text(entry)}' for key, entry in value.items()))}}}"
    if isinstance(value, Set):
        return f"<{','.join(sorted(map(_text, value)))}>"
    if isinstance(value, tuple | list):
        return f"[{','.join(map(_text, value))}]"
    return repr(value)
