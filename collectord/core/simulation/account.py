"""One debtor in a simulation: what is owed, agreed and known at this moment of the play, and how payments and talks change it.

Owns the debtor's changing state. Decides nothing: planning, the gate, follow-up and the judgement of promises are the real ones.
Invariant: nothing of it ever reaches the store; an item is paid no more than it is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from collectord.core.contact.facts import Callback, Contact, DebtorFacts, Fact, OpenPromise
from collectord.core.money import Money
from collectord.core.receivables.history import Fall, History, PaidItem
from collectord.core.receivables.holds import Holds, gather
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.promises import Approval, Clearing, Promise
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.simulation.behaviour import settles_on
from collectord.core.simulation.chance import Chance

DAY = timedelta(days=1)


@dataclass(slots=True)
class Account:
    debtor: Debtor
    ladder: Ladder | None
    policy: Policy
    held: Holds  # as the play began
    history: History
    items: dict[str, OpenItem]
    task: Task | None  # the ladder's
    agreed: list[Task] = field(default_factory=list)  # callbacks and talks about broken promises
    promises: list[Promise] = field(default_factory=list)  # open ones
    settles: dict[str, date] = field(default_factory=dict)  # item -> the day on which it is paid by itself
    comes: list[tuple[date, str, Decimal]] = field(default_factory=list)  # what talks brought: day, item, amount
    cleared: list[Clearing] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)  # learnt in the play
    contacts: list[Contact] = field(default_factory=list)
    known: DebtorFacts | None = None  # what the gate looks at, as the play began
    look: date | None = date.min  # planning looks again on this day; None: when something happens
    moved: bool = False  # something happened since planning looked

    def begin(self, chance: Chance, today: date) -> None:
        self.settles = {no: settles_on(item, chance, today) for no, item in self.items.items() if item.open_amount > 0}

    # ------------------------------------------------------------ money

    def take_payments(self, until: date) -> list[tuple[OpenItem, Decimal, bool]]:
        """What came in up to and with this day: item, amount, and whether a talk brought it."""
        due = [(day, no, amount, True) for day, no, amount in self.comes if day <= until]
        due += [(day, no, item.open_amount, False) for no, item in self.items.items() if (day := self.settles.get(no, date.max)) <= until]
        self.comes = [one for one in self.comes if one[0] > until]
        taken = []
        for day, no, amount, by_talk in sorted(due, key=lambda one: (one[0], one[1], not one[3])):
            item = self.items.get(no)
            if item is not None:
                self._pay(item, min(amount, item.open_amount), day)
                taken.append((item, min(amount, item.open_amount), by_talk))
        return taken

    def _pay(self, item: OpenItem, amount: Decimal, on: date) -> None:
        known_at = datetime.combine(on + DAY, datetime.min.time(), UTC) + timedelta(hours=6)
        self.cleared.append(Clearing(item_no=item.item_no, as_of=on, known_at=known_at, amount=Money(amount, item.currency)))
        fall = Fall(due_on=item.due_on, on=on, amount=amount, currency=item.currency)
        self.history = replace(self.history, falls=(*self.history.falls, fall))
        self.moved = True
        if amount < item.open_amount:
            self.items[item.item_no] = replace(item, open_amount=item.open_amount - amount)
            return
        del self.items[item.item_no]
        paid = PaidItem(item_no=item.item_no, due_on=item.due_on, cleared_on=on, amount=amount, currency=item.currency)
        self.history = replace(self.history, paid=(*self.history.paid, paid))

    def will_pay(self, items: Mapping[str, Decimal], on: date) -> None:
        """A talk brought this: it comes on that day, unless it comes by itself before."""
        self.comes += [(on, no, amount) for no, amount in items.items()]

    def will_not_pay_before(self, items: tuple[str, ...], day: date) -> None:
        """Who promised and does not keep it does not pay of his own accord before that, either."""
        for no in items:
            self.settles[no] = max(self.settles.get(no, day), day)

    # ------------------------------------------------------------ what planning and the gate see

    @property
    def all_items(self) -> tuple[OpenItem, ...]:
        return tuple(self.items.values())

    def holds(self, today: date) -> Holds:
        """What was held as the play began, as long as that lasts, and what the play added."""
        pending = any(promise.approval is Approval.PENDING for promise in self.promises)
        own = gather(
            self.facts, [one.holds_until for one in self.promises], [task.not_before for task in self.agreed], today, pending=pending
        )
        before = self.held
        return replace(
            own,
            covered_by=before.covered_by,
            legal_state=own.legal_state or before.legal_state,
            do_not_call=own.do_not_call or before.do_not_call,
            disputed_items=own.disputed_items | before.disputed_items,
            objections=(*own.objections, *(one for one in before.objections if one.until >= today)),
            grace=before.grace if before.grace is not None and before.grace.until >= today else None,
        )

    def facts_at(self, now: datetime, days_played: int, on_numbers: Mapping[str, list[Contact]]) -> DebtorFacts:
        """For the gate; exports are taken to arrive as they did. `on_numbers`: calls of the play by number."""
        known = self.known
        assert known is not None  # whoever has a call to make was read before the shift
        ahead = days_played * DAY
        others = [
            contact
            for number in known.debtor.numbers
            for contact in on_numbers.get(number.e164 or "", ())
            if contact.key != self.debtor.key
        ]
        return replace(
            known,
            items=tuple(self.items.get(item.item_no, item) for item in known.items if item.item_no in self.items),
            sources=tuple(replace(one, fresh_as_of=one.fresh_as_of + ahead) if one.fresh_as_of else one for one in known.sources),
            contacts=(*known.contacts, *self.contacts),
            number_contacts=tuple(sorted((*known.number_contacts, *others), key=lambda contact: contact.at)),
            facts=(*known.facts, *self.facts),
            promises=tuple(_for_the_gate(promise) for promise in self.promises),
            callbacks=tuple(
                Callback(task_id=task.id, at=task.not_before, agreed_at=task.created_at or now, agent=task.agent)
                for task in self.agreed
                if task.origin is Origin.CALLBACK
            ),
            touches=self.history.touches,
        )

    def waiting_calls(self) -> list[Task]:
        own = [self.task] if self.task is not None and self.task.medium == "call" else []
        return [*self.agreed, *own]


def _for_the_gate(promise: Promise) -> OpenPromise:
    return OpenPromise(
        id=promise.id,
        amount=promise.amount.amount,
        currency=promise.amount.currency,
        promised_on=promise.promised_on,
        grace_until=promise.grace_until,
        made_at=promise.made_at,
        decide_until=promise.decide_until,
    )
