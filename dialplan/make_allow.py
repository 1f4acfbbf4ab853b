#!/usr/bin/env python3
"""Generates collect-allow.conf: which numbers collectord's dialplan may dial at all.

Owns the turning of numbering data (library phonenumbers) into Asterisk patterns. Touches no PBX and no configuration.
Invariant: a number whose only type is premium rate, shared cost, personal, pager, voicemail, UAN, toll-free or VoIP never gets a pattern.

    python dialplan/make_allow.py > dialplan/collect-allow.conf
    python dialplan/make_allow.py --regions DE AT CH > /etc/asterisk/collectord/collect-allow.conf

Each pattern returns `min-max`, the total number of digits after the plus sign; `coll-check` compares. The way: the regular expressions
of a country's fixed and mobile numbers become one automaton, those of the refused kinds are subtracted, and the automaton is read out
as prefixes. It is followed exactly wherever a refused number could hide; elsewhere it stops after DEPTH digits of a prefix, so that the
list stays readable: behind a real area code a number may then be unassigned, never of another kind.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata

REGIONS = ("DE", "AT", "CH", "LI", "LU", "NL", "BE", "FR", "IT", "GB", "IE", "ES", "PL", "CZ", "DK", "SE", "NO", "FI", "US", "CA")
ALLOWED = ("fixed_line", "mobile")
REFUSED = ("premium_rate", "shared_cost", "personal_number", "pager", "voicemail", "uan", "toll_free", "voip")
DEPTH = 5  # digits of the national number after which a prefix without refused numbers is not followed further
LONGEST = 15  # digits of an E.164 number
SHORTEST = 7  # the daemon's own rule \A\+[1-9][0-9]{6,14}\Z: both ends must agree
DIGITS = "0123456789"


@dataclass
class Nfa:
    """Thompson automaton over digits: edges[node] = (digits, next); silent[node] = nodes reached for free."""

    edges: list[list[tuple[str, int]]] = field(default_factory=list)
    silent: list[list[int]] = field(default_factory=list)

    def node(self) -> int:
        self.edges.append([])
        self.silent.append([])
        return len(self.edges) - 1

    def add(self, parsed: Iterable[tuple[Any, Any]], at: int) -> int:
        """Appends a parsed expression behind node `at`, answers its last node."""
        for op, value in parsed:
            if op is sre.LITERAL:
                at = self._step(at, chr(value))
            elif op is sre.IN:
                at = self._step(at, "".join(_members(value)))
            elif op is sre.MAX_REPEAT:
                at = self._repeat(at, *value)
            elif op is sre.SUBPATTERN:
                at = self.add(value[-1], at)
            elif op is sre.BRANCH:
                end = self.node()
                for branch in value[1]:
                    self.silent[self.add(branch, at)].append(end)
                at = end
            else:
                raise ValueError(f"numbering data use {op}, which this generator does not know")
        return at

    def _step(self, at: int, digits: str) -> int:
        after = self.node()
        self.edges[at].append((digits, after))
        return after

    def _repeat(self, at: int, least: int, most: Any, inner: Any) -> int:
        if most is sre.MAXREPEAT:
            raise ValueError("numbering data hold a number without an upper length")
        for _ in range(least):
            at = self.add(inner, at)
        end = self.node()
        self.silent[at].append(end)
        for _ in range(most - least):
            at = self.add(inner, at)
            self.silent[at].append(end)
        return end

    def closure(self, nodes: Iterable[int]) -> frozenset[int]:
        seen = set(nodes)
        todo = list(seen)
        while todo:
            for after in self.silent[todo.pop()]:
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        return frozenset(seen)

    def after(self, state: frozenset[int], digit: str) -> frozenset[int]:
        return self.closure(after for node in state for digits, after in self.edges[node] if digit in digits)


def _members(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    for op, value in items:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.RANGE:
            yield from (chr(c) for c in range(value[0], value[1] + 1))
        elif op is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
            yield from DIGITS
        else:
            raise ValueError(f"numbering data use {op} {value} in a class")


@dataclass(frozen=True)
class Tree:
    """What may follow a prefix. Equal trees are one object, so they group by identity."""

    ends: bool  # the digits so far are an allowed number
    refused: bool  # a number of a refused kind lies at or below this point
    children: tuple[Tree | None, ...]
    lengths: frozenset[int]  # how many more digits complete an allowed number
    full: bool  # every string of each of these lengths is allowed


def tree_of(regions: Iterable[str]) -> Tree | None:
    """The allowed national numbers of all regions that share one country code."""
    nfa = Nfa()
    start, good, bad = nfa.node(), set[int](), set[int]()
    lengths = set[int]()
    for region in regions:
        data = PhoneMetadata.metadata_for_region(region)
        for kinds, ends in ((ALLOWED, good), (REFUSED, bad)):
            for kind in kinds:
                desc = getattr(data, kind)
                if desc is None or not desc.national_number_pattern or -1 in desc.possible_length:
                    continue
                ends.add(nfa.add(parser.parse(desc.national_number_pattern), start))
                lengths.update(desc.possible_length if kinds is ALLOWED else ())
    known: dict[tuple[Any, ...], Tree] = {}

    @cache
    def build(state: frozenset[int], depth: int) -> Tree | None:
        if not state:
            return None
        children = tuple(build(nfa.after(state, d), depth + 1) for d in DIGITS)
        refused_here = bool(state & bad)
        ends = bool(state & good) and not refused_here and depth in lengths
        below = {n + 1 for child in children if child for n in child.lengths}
        reach = frozenset(below | ({0} if ends else set()))
        refused = refused_here or any(child.refused for child in children if child)
        if not reach:
            return None if not refused else _one(known, ends, refused, (None,) * 10, reach, full=False)
        full = (
            not refused and all(child is not None and child.full and {n + 1 for n in child.lengths} == below for child in children)
            if below
            else not refused
        )
        return _one(known, ends, refused, children, reach, full=full)

    return build(nfa.closure([start]), 0)


def _one(
    known: dict[tuple[Any, ...], Tree], ends: bool, refused: bool, children: tuple[Tree | None, ...], lengths: frozenset[int], *, full: bool
) -> Tree:
    key = (ends, refused, tuple(map(id, children)), lengths)
    return known.setdefault(key, Tree(ends, refused, children, lengths, full))


def prefixes(tree: Tree, depth: int = 0) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(digit classes, shortest, longest national length), disjoint."""
    if not tree.lengths:
        return
    low, high = depth + min(tree.lengths), depth + max(tree.lengths)
    even = len(tree.lengths) == max(tree.lengths) - min(tree.lengths) + 1
    if depth and ((tree.full and even) or (depth >= DEPTH and not tree.refused)):
        yield (), low, high
        return
    if tree.ends:
        yield (), depth, depth
    groups: dict[int, list[str]] = {}
    for digit, child in zip(DIGITS, tree.children, strict=True):
        if child is not None:
            groups.setdefault(id(child), []).append(digit)
    for digits in groups.values():
        child = tree.children[int(digits[0])]
        assert child is not None
        for rest, low, high in prefixes(child, depth + 1):
            yield ("".join(digits), *rest), low, high


def classes(digits: str) -> str:
    """Asterisk's notation of one position: X, one digit, or a class with ranges like [02-9]."""
    if digits == DIGITS:
        return "X"
    if len(digits) == 1:
        return digits
    runs: list[str] = []
    for digit in digits:
        if runs and int(runs[-1][-1]) + 1 == int(digit):
            runs[-1] = runs[-1][0] + digit
        else:
            runs.append(digit)
    return "[" + "".join(f"{r[0]}-{r[1]}" if len(r) == 2 and int(r[1]) - int(r[0]) > 1 else r for r in runs) + "]"


def lines(code: int, regions: Iterable[str]) -> Iterator[str]:
    tree = tree_of(regions)
    if tree is None:
        raise ValueError(f"no numbering data for +{code}")
    for path, low, high in sorted(prefixes(tree)):
        low, high = max(low + len(str(code)), SHORTEST), min(high + len(str(code)), LONGEST)
        if low > high:
            continue
        rest = "" if low == high == len(str(code)) + len(path) else "!"  # "!": any further characters; coll-check allows digits only
        yield f"exten => _+{code}{''.join(map(classes, path))}{rest},1,Return({low}-{high})"


HEAD = """\
; collect-allow.conf: the numbers that collections may dial; whatever is not here never leaves the box.
; Enters: coll-check only, by Gosub.   In: the number (E.164) as extension   Returns: least-most digits after the plus sign
; Generated by make_allow.py from phonenumbers {version}; geographic and mobile numbers of {regions}.
; Do not edit: generate it anew, with --regions for other countries.
[coll-allow]"""


def main() -> int:
    args = argparse.ArgumentParser(description="writes collect-allow.conf to standard output")
    args.add_argument("--regions", nargs="+", default=list(REGIONS), metavar="CC", help="two-letter country codes")
    regions: list[str] = args.parse_args().regions
    by_code: dict[int, list[str]] = {}
    for region in regions:
        code = phonenumbers.country_code_for_region(region)
        if not code:
            args.error(f"unknown region {region}")
        by_code.setdefault(code, []).append(region)
    print(HEAD.format(version=phonenumbers.__version__, regions=" ".join(regions)))
    for code, members in by_code.items():
        print(f"; +{code} {' '.join(members)}")
        for line in lines(code, members):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
