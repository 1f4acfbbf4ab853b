"""The header of a document that has no columns of its own: an e-invoice, a bank statement.

Owns which columns such a document shows to a profile. Knows no value.
Invariant: what a profile names is there when the document can have it; nothing is shown that nobody reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectord.core.exports.csv_records import Record
from collectord.core.exports.source_profiles import Profile


def names_for(profile: Profile, columns: Sequence[str], extras: Sequence[str]) -> tuple[str, ...]:
    """What the profile reads, in the document's order; the columns alone for a profile that takes them as they are called."""
    if not profile.columns:
        return tuple(columns)
    read = {name.casefold() for name in _named(profile)}
    return tuple(name for name in (*columns, *extras) if name in read)


def header_of(names: Sequence[str]) -> Record:
    return Record(1, list(names), ";".join(names))


def _named(profile: Profile) -> list[str]:
    names: list[str] = []
    for column in profile.columns.values():
        names += [*column.names, *column.instead, *column.for_credits, *column.less, *column.sign]
        names += [name for part in column.join for name in part]
    for rule in (*profile.left_out, *profile.cleared):
        names += [name for condition in rule.when for name in condition.column]
    for finding in (profile.as_of, profile.booked_until):
        names += finding.column if finding else ()
    return names
