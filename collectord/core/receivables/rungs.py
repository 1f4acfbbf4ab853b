"""Rungs: a ladder's steps as they were when somebody stood on one, and where the same step stands in the ladder of today.

Owns what is remembered of a ladder and the way from a step's number then to its number now. Reads no file, knows no item.
Invariant: whoever had a step is never placed before it, whatever became of the ladder; where a step that is gone may be one that came, it
is taken for that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from collectord.core.fingerprint import fingerprint


@dataclass(frozen=True, slots=True)
class Rung:
    name: str
    medium: str
    first: int  # days past due on which it comes at the earliest, every step before it on its own day
    last: int  # … at the latest

    @property
    def kind(self) -> tuple[str, bool]:
        """Only a step of the same kind can be the same step under another name."""
        return self.medium, self.last <= 0


@dataclass(frozen=True, slots=True, eq=False)
class Rungs:
    """Compared, and found again, by `id` alone: equal steps have equal ids, everywhere and for ever."""

    id: str
    levels: tuple[Rung, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rungs) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)


NO_RUNGS = Rungs("")  # of a number that was written when nobody remembered names: it counts as it is


def rungs_of(levels: Sequence[Rung]) -> Rungs:
    return Rungs(fingerprint(tuple(levels))[:12], tuple(levels))


def placed(then: Rungs, now: Rungs, number: int) -> int:
    """The number in `now` of the last step that somebody had who stood at `number` of `then`; 0: none of them is left."""
    if not number or not then.levels or then.id == now.id:
        return number
    return _moves(then, now)[min(number, len(then.levels))]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A step is gone, and which of those that came in its place it is, nobody can tell."""

    gone: str
    came: tuple[str, ...]


def doubts(then: Rungs, now: Rungs) -> tuple[Doubt, ...]:
    """What a person should say clearer: by keeping the name, or by doing one thing at a time."""
    return tuple(
        Doubt(rung.name, tuple(other.name for _, other in came))
        for gone, came in _unclear(then, now)
        for _, rung in gone
        if came and (len(gone), len(came)) != (1, 1)
    )


@lru_cache(maxsize=4096)
def _moves(then: Rungs, now: Rungs) -> tuple[int, ...]:
    """For each number of `then`, 0 included."""
    numbers = {rung.name: number for number, rung in enumerate(now.levels, start=1)}
    target = [numbers.get(rung.name, 0) for rung in then.levels]
    for one, other in _same(then, now):
        target[one] = other + 1
    for gone, came in _unclear(then, now):
        for position, (one, rung) in enumerate(gone if came else ()):
            least = came[min(position, len(came) - 1)][0]
            target[one] = 1 + max([least, *(other for other, new in came if new.first <= rung.last)])
    moves = [0]
    for number in target:
        moves.append(max(moves[-1], number))
    return tuple(moves)


_Numbered = tuple[int, Rung]
_Place = tuple[tuple[_Numbered, ...], tuple[_Numbered, ...]]  # what is gone, and what came, of one kind between the same two steps


def _places(then: Rungs, now: Rungs) -> Iterator[_Place]:
    before, after = {rung.name for rung in then.levels}, {rung.name for rung in now.levels}
    kept = [[rung.name for rung in one.levels if rung.name in before & after] for one in (then, now)]
    moved = kept[0] != kept[1]  # the steps that stay stand in another order: then there is no telling between which two
    gone, came = _between(then, after, moved=moved), _between(now, before, moved=moved)
    for place, some in gone.items():
        yield tuple(some), tuple(came.get(place, ()))


def _between(rungs: Rungs, others: set[str], *, moved: bool) -> dict[tuple[int, tuple[str, bool]], list[_Numbered]]:
    """The steps that the other ladder does not have, by kind and by how many before them it has."""
    found: dict[tuple[int, tuple[str, bool]], list[_Numbered]] = {}
    stays = 0
    for position, rung in enumerate(rungs.levels):
        if rung.name in others:
            stays += 0 if moved else 1
        else:
            found.setdefault((stays, rung.kind), []).append((position, rung))
    return found


def _same(then: Rungs, now: Rungs) -> Iterator[tuple[int, int]]:
    """Steps that have another name and are otherwise what they were: each the only one of its day there."""
    for gone, came in _places(then, now):
        for one, rung in gone:
            fits = [other for other, new in came if _days(new) == _days(rung)]
            if len(fits) == 1 and sum(_days(another) == _days(rung) for _, another in gone) == 1:
                yield one, fits[0]


def _unclear(then: Rungs, now: Rungs) -> Iterator[_Place]:
    """What is left when those are taken out."""
    same = list(_same(then, now))
    known, found = {one for one, _ in same}, {other for _, other in same}
    for gone, came in _places(then, now):
        left = tuple(one for one in gone if one[0] not in known), tuple(other for other in came if other[0] not in found)
        if left[0]:
            yield left


def _days(rung: Rung) -> tuple[int, int]:
    return rung.first, rung.last
