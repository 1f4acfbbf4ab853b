"""One pass over all debtors, or over some, for whoever plans.

Reads ledger, live ladder tasks, holds and histories from one consistent picture. Writes nothing.
Invariant: every debtor that is asked for and has open items or a live ladder task is seen exactly once; a family is asked for as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from collectord.core.house import House
from collectord.core.receivables.families import Family, as_one_account
from collectord.core.receivables.first_contact import FirstContacts
from collectord.core.receivables.history import NO_HISTORY, History, joined
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.edge.store import families, histories, holds, ledger, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops.policies import policy_of

SMALL_PAGE = 40  # debtors that become values in one piece: a millisecond or two of the event loop


@dataclass(frozen=True, slots=True)
class Seen:
    """One debtor of one company as planning sees it; its telephone numbers are left out."""

    debtor: Debtor
    items: tuple[OpenItem, ...]
    task: Task | None
    ladder: Ladder | None
    holds: Holds
    history: History
    policy: Policy  # what besides the ladder decides
    root: str = ""  # of its family, "" = alone


@dataclass(frozen=True, slots=True)
class Whom:
    """Everybody from `after` (exclusive) to `upto`, or only `keys`; families and debtors whom no export names, or not."""

    after: DebtorKey = ledger.FIRST
    upto: DebtorKey = ledger.LAST
    keys: Sequence[DebtorKey] | None = None  # sorted
    families: bool = True


EVERYBODY = Whom()


@dataclass(frozen=True, slots=True)
class Picture:
    """What is read once, for all pages of a pass."""

    conn: Connection
    rules: Rules
    house: House
    now: datetime
    policy: Policy
    held: Mapping[DebtorKey, Holds]
    related: Mapping[DebtorKey, Family]
    members: frozenset[DebtorKey]
    lags: ledger.Lags = field(default_factory=dict)

    def seen(self, debtor: Debtor, items: Iterable[OpenItem], task: Task | None, holding: Holds, history: History, root: str = "") -> Seen:
        ladder = self.policy.ladder_for(debtor, self.rules.ladders)
        return Seen(debtor, tuple(items), task, ladder, holding, history, self.policy, root)

    async def histories(self, keys: Sequence[DebtorKey]) -> Mapping[DebtorKey, History]:
        today, zone = self.house.today(self.now), self.house.time_zone
        return await histories.histories_of(self.conn, keys, self.now, today, zone)

    async def with_items(self, debtors: Sequence[Debtor], *, scattered: bool, closely: ledger.Closely | None = None) -> list[ledger.Open]:
        today = self.house.today(self.now)
        return await ledger.with_items(self.conn, debtors, today, self.lags, scattered=scattered, closely=closely)


@dataclass(frozen=True, slots=True)
class Page:
    seen: list[Seen] = field(default_factory=list)
    later: Mapping[DebtorKey, date | None] = field(default_factory=dict)  # no task, and the first day on which anything may be wanted


async def scan(db: Database, rules: Rules, house: House, now: datetime, take: Callable[[Seen], None]) -> None:
    """Hands every debtor to `take`, on a connection of its own, so that nobody waits for it; other tasks run in between."""

    async def look(conn: Connection) -> None:
        picture = await picture_of(conn, rules, house, now)
        async for page in pages(picture, EVERYBODY, SMALL_PAGE):
            for seen in page.seen:
                take(seen)
            await asyncio.sleep(0)

    async with open_for_reading(db.path.parent) as own_connection:
        await own_connection.read(look)


async def picture_of(conn: Connection, rules: Rules, house: House, now: datetime) -> Picture:
    related = await families.every_family(conn)
    members = frozenset(member for family in related.values() for member in (family.root, *family.branches))
    held = await holds.all_holds(conn, now, house.today(now))
    return Picture(conn, rules, house, now, await policy_of(conn, rules, house, now), held, related, members)


async def pages(picture: Picture, whom: Whom, size: int, *, closely: bool = False) -> AsyncIterator[Page]:
    """So many debtors at once, in key order; then, family by family, a head office with its branches' items and these as covered by it.

    `closely`: of whom surely nothing is wanted today, and who has no task, that is all that is told.
    """
    first = FirstContacts(picture.rules.ladders, picture.policy) if closely else None
    if whom.keys is None:
        after = whom.after
        while debtors := await ledger.stretch(picture.conn, after, whom.upto, size):
            after = debtors[-1].key
            waiting = await tasks.live_between(picture.conn, debtors[0].key, after, picture.now)
            yield await _page(picture, debtors, waiting, first, scattered=False)
    else:
        alone = [key for key in whom.keys if key not in picture.members]
        for low in range(0, len(alone), size):
            some = alone[low : low + size]
            debtors = await ledger.those(picture.conn, some)
            named = {debtor.key for debtor in debtors}
            debtors += [_nobody(key) for key in some if key not in named]  # no export tells of it any more
            yield await _page(picture, debtors, await tasks.live_of(picture.conn, some, picture.now), first, scattered=True)
    if whom.families:
        wanted = None if whom.keys is None else frozenset(whom.keys)
        for family in picture.related.values():
            if wanted is None or family.root in wanted:
                yield Page(await _family(picture, family))
    if whom.families and whom.keys is None:
        unlisted = await tasks.live_unlisted(picture.conn, picture.now)
        yield await _page(picture, [_nobody(key) for key in unlisted], unlisted, first, scattered=True)


def _nobody(key: DebtorKey) -> Debtor:
    return Debtor(company=key.company, debtor_no=key.debtor_no, debtor_name="")


async def _page(
    picture: Picture, debtors: Sequence[Debtor], waiting: Mapping[DebtorKey, Task], first: FirstContacts | None, *, scattered: bool
) -> Page:
    """Those of them who belong to no family."""
    alone = [debtor for debtor in debtors if debtor.key not in picture.members]
    closely = None if first is None else ledger.Closely(first, picture.house.today(picture.now), waiting)
    found = await picture.with_items(alone, scattered=scattered, closely=closely)
    asked = [(debtor.key, debtor, items) for debtor, items in found if items or scattered or debtor.key in waiting]
    done = await picture.histories(sorted(key for key, _, _ in asked)) if asked else {}
    held = picture.held
    seen = [
        picture.seen(debtor, items, waiting.get(key), held.get(key, NO_HOLD), done.get(key, NO_HISTORY)) for key, debtor, items in asked
    ]
    return Page(seen, closely.later if closely else {})


async def _family(picture: Picture, family: Family) -> list[Seen]:
    keys = sorted((family.root, *family.branches))
    debtors = await ledger.those(picture.conn, keys)
    open_now = {debtor.key: (debtor, tuple(items)) for debtor, items in await picture.with_items(debtors, scattered=True)}
    waiting = await tasks.live_of(picture.conn, keys, picture.now)
    done = await _each(picture, keys)
    held = picture.held

    def of(key: DebtorKey) -> tuple[Debtor, tuple[OpenItem, ...]]:
        return open_now.get(key, (_nobody(key), ()))

    asked = [key for key in family.branches if of(key)[1] or key in waiting]
    branches = [(*of(key), held.get(key, NO_HOLD)) for key in family.branches if of(key)[1]]
    root, own = of(family.root)
    today = picture.house.today(picture.now)
    if not root.debtor_name:
        root = await ledger.debtor(picture.conn, family.root) or root  # known from master data alone
    found = []
    if own or branches or family.root in waiting:
        items, holding = as_one_account((root, own, held.get(family.root, NO_HOLD)), branches, today, picture.policy.frames.of)
        together = joined([done.get(key, NO_HISTORY) for key in (family.root, *(branch.key for branch, _, _ in branches))])
        found.append(picture.seen(root, items, waiting.get(family.root), holding, together, family.root.debtor_no))
    for key in asked:
        holding = replace(held.get(key, NO_HOLD), covered_by=family.root.debtor_no)
        found.append(picture.seen(*of(key), waiting.get(key), holding, NO_HISTORY, family.root.debtor_no))
    return found


async def _each(picture: Picture, keys: Collection[DebtorKey]) -> Mapping[DebtorKey, History]:
    """A family's members lie far apart."""
    found: dict[DebtorKey, History] = {}
    for key in keys:
        found |= await picture.histories([key])
    return found
