"""Families: a head office and its branches, whom one call covers.

Owns whose head office counts, what a branch's items are called in the head office's books, and whose items wait. Knows no store.
Invariant: every debtor belongs to exactly one family, whatever the order of the links; a head office that is unknown or goes round in
a circle covers nobody, so no branch is ever left without a call.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from collectord.core.receivables.frame import Frame
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem

Doubt = Literal["unknown", "circle"]
SEPARATOR = "/"  # between branch and item; owner() finds the item again by looking, never by cutting alone


@dataclass(frozen=True, slots=True)
class Family:
    """`root` is called; `branches` are covered by that call."""

    root: DebtorKey
    branches: tuple[DebtorKey, ...] = ()


def root_of(key: DebtorKey, links: Mapping[DebtorKey, str], known: Container[DebtorKey]) -> DebtorKey:
    """The head office at the top of the chain. `links`: debtor -> debtor_no of its head office; `known`: debtors that there are."""
    way = [key]
    while (parent := _parent(way[-1], links, known)) is not None:
        if parent in way:  # a circle: who is in it is called himself, who leads into it is covered by the first one met
            return key if key in way[way.index(parent) :] else parent
        way.append(parent)
    return way[-1]


def families(links: Mapping[DebtorKey, str], known: Container[DebtorKey]) -> dict[DebtorKey, Family]:
    """Every family of more than one, by the key of its root."""
    found: dict[DebtorKey, list[DebtorKey]] = {}
    for key in sorted(links):
        root = root_of(key, links, known)
        if root != key:
            found.setdefault(root, []).append(key)
    return {root: Family(root, tuple(branches)) for root, branches in found.items()}


def doubts(links: Mapping[DebtorKey, str], known: Container[DebtorKey]) -> dict[DebtorKey, Doubt]:
    """Debtors whose head office does not count: nobody knows it, or it goes round in a circle."""
    found: dict[DebtorKey, Doubt] = {}
    for key, head in links.items():
        if not head or head == key.debtor_no:
            continue
        if DebtorKey(key.company, head) not in known:
            found[key] = "unknown"
        elif root_of(key, links, known) == key:
            found[key] = "circle"
    return found


def _parent(key: DebtorKey, links: Mapping[DebtorKey, str], known: Container[DebtorKey]) -> DebtorKey | None:
    head = links.get(key, "")
    parent = DebtorKey(key.company, head)
    return parent if head and parent != key and parent in known else None


# ---------------------------------------------------------------- the branches' items in the head office's books


def reference(branch: DebtorKey, item_no: str) -> str:
    """What a branch's item is called in a call of its head office."""
    return f"{branch.debtor_no}{SEPARATOR}{item_no}"


def owners(root: DebtorKey, item_no: str) -> Iterable[tuple[DebtorKey, str]]:
    """Whose item a reference may be, the head office's own first; the first that exists is meant."""
    yield root, item_no
    for position, letter in enumerate(item_no):
        if letter == SEPARATOR:
            yield DebtorKey(root.company, item_no[:position]), item_no[position + 1 :]


def referred(branch: DebtorKey, items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    return tuple(replace(item, item_no=reference(branch, item.item_no)) for item in items)


Account = tuple[Debtor, Sequence[OpenItem], Holds]


def held_back(debtor: Debtor, held: Holds, frame: Frame, today: date) -> str:
    """What keeps all items of a branch out of its head office's contacts: legal-state, paused …; "" when nothing does."""
    waits = {
        "legal-state": bool(held.stops_all(debtor)),
        "paused": frame.pause is not None and today <= frame.pause.until,
        "grace": held.grace is not None,
        "promise": held.promise_until is not None,
        "ask-first": held.ask_first or frame.ask_first.casefold() not in {"", *held.asked},
        "media": bool(frame.only) and "call" not in frame.only,
    }
    return next((why for why, holds in waits.items() if holds), "")


def as_one_account(
    root: Account, branches: Iterable[Account], today: date, frame_of: Callable[[Debtor], Frame]
) -> tuple[tuple[OpenItem, ...], Holds]:
    """What planning sees of a family: all items, without those of branches that something holds back."""
    _, own, holds = root
    items, disputed, objections = list(own), set(holds.disputed_items), list(holds.objections)
    for debtor, theirs, held in branches:
        if held_back(debtor, held, frame_of(debtor), today):
            continue
        items += referred(debtor.key, theirs)
        disputed |= {reference(debtor.key, item.item_no) for item in theirs if held.disputes(item.item_no)}
        for item in theirs:
            if (objection := held.objection(item.item_no)) is not None:
                objections.append(replace(objection, item_no=reference(debtor.key, item.item_no)))
    return tuple(items), replace(holds, disputed_items=frozenset(disputed), objections=tuple(objections))
