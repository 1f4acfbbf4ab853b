"""A ledger of many and varied debtors, for the audit of reasons: the same seed makes the same debtors.

Owns the mix. Knows no rule: it puts in whatever an export, a person or a call may leave behind.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from collectord.core.contact.facts import Contact, DebtorFacts, Fact, FactKind, SourceState
from collectord.core.money import Money
from collectord.core.receivables.history import Fall, History, PaidItem, Touch
from collectord.core.receivables.holds import Grace, Holds, Objection
from collectord.core.receivables.ledger import FOREVER, Debtor, DebtorKey, DialNumber, OpenItem
from collectord.core.receivables.promises import Approval, Promise
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.rules import Rules
from collectord.core.simulation.account import Account

DAY = timedelta(days=1)
NUMBERS = ("+4930", "+4940", "+4989", "+49341")  # Berlin, Hamburg, Munich, Leipzig
REGIONS = ("BE", "HH", "BY", "SN", "")


def exceptions_file(count: int) -> str:
    """debtors.toml: some of the debtors below get something of their own."""
    kinds = (
        'not_on = "fri"',
        'media = ["letter"]',
        'gap = "21d"',
        'saturation = 3\nper = "30d"',
        'pause_until = 2026-12-01\napproved_by = "M. Muster"\nreason = "negotiations"',
        'potential_class = "IV"',
        'hours = "mon-fri 10:00-12:00"',
    )
    return "\n".join(f'[[debtor]]\ndebtor_no = "{no}"\n{kinds[no // 40 % len(kinds)]}\n' for no in range(0, count, 40))


def accounts(count: int, rules: Rules, now: datetime, today: date, seed: int) -> list[Account]:
    return [_account(no, rules, now, today, random.Random(f"{seed}/{no}")) for no in range(count)]


def _account(no: int, rules: Rules, now: datetime, today: date, chance: random.Random) -> Account:
    numbers = [f"{chance.choice(NUMBERS)}{2_000_000 + no // (2 if no % 50 < 2 else 1)}"] + (
        [f"+49151{2_000_000 + no}"] if no % 3 == 0 else []
    )
    debtor = Debtor(
        company="",
        debtor_no=str(no),
        debtor_name=f"Debtor {no}",
        person_type=chance.choices(["business", "private", ""], [7, 3, 1])[0],
        country="DE",
        region=chance.choice(REGIONS),
        potential_class=chance.choice(["I", "II", "III", "IV", ""]),
        credit_limit=Decimal(chance.randint(1, 40) * 250) if chance.random() < 0.3 else None,
        legal_state=chance.choices(["", "insolvency", "Anwalt eingeschaltet", "none"], [96, 1, 1, 2])[0],
        numbers=tuple(
            DialNumber(position=place, raw=number, e164=number, kind="fixed_line", zones=("Europe/Berlin",))
            for place, number in enumerate(numbers, start=1)
        ),
    )
    items = [_item(debtor, position, today, chance) for position in range(chance.choice([0, 1, 1, 1, 2, 2, 3, 5]))]
    contacts = _contacts(debtor, items, now, chance)
    held = _held(items, today, chance)
    policy = rules.policy
    account = Account(
        debtor=debtor,
        ladder=policy.ladder_for(debtor, rules.ladders),
        policy=policy,
        held=held,
        history=_history(items, contacts, today, chance),
        items={item.item_no: item for item in items},
        task=None,
    )
    account.promises = _promises(debtor, items, now, today, chance)
    if items and chance.random() < 0.02:
        account.agreed.append(_callback(debtor, items, now, chance))
    facts = tuple(_facts(debtor, numbers, held, now, chance))
    account.known = DebtorFacts(
        debtor=debtor,
        items=tuple(items),
        sources=(SourceState(source="canonical", fresh_as_of=today),),
        contacts=tuple(contacts),
        facts=facts,
        frame=rules.frames.of(debtor),
        touches=account.history.touches,
    )
    return account


def _item(debtor: Debtor, position: int, today: date, chance: random.Random) -> OpenItem:
    due = today + chance.randint(-70, 20) * DAY
    amount = Decimal(chance.choice([5, 20, 40, 90, 400, 1500, 6000, 12000])) + Decimal(chance.randint(0, 99)) / 100
    is_credit, method = chance.random() < 0.08, chance.choices(["transfer", "direct_debit"], [95, 5])[0]
    level = chance.choice([0, 0, 0, 2, 3, 5, 6]) if due < today - 4 * DAY else 0
    return OpenItem(
        company=debtor.company,
        debtor_no=debtor.debtor_no,
        item_no=f"R{debtor.debtor_no}-{position}",
        source="canonical",
        due_on=due,
        open_amount=-amount if is_credit else amount,
        currency=chance.choices(["EUR", "CHF"], [95, 5])[0],
        invoiced_on=due - 14 * DAY,
        payment_method=method,
        last_dunned_on=today - chance.randint(0, 20) * DAY if chance.random() < 0.06 else None,
        dunning_deadline=today + chance.randint(-3, 12) * DAY if chance.random() < 0.04 else None,
        dunning_block_until=chance.choice([FOREVER, today + chance.randint(-2, 15) * DAY]) if chance.random() < 0.05 else None,
        dispute=chance.random() < 0.04,
        returned_on=today - chance.randint(0, 9) * DAY if method == "direct_debit" and chance.random() < 0.5 else None,
        booking_lag=1 if int(debtor.debtor_no) % 25 == 0 else 0,
        opened_as_of=due - 13 * DAY,
        contact_level=level,
        contacted_on=max(due + DAY, today - chance.randint(1, 25) * DAY) if level else None,
    )


def _contacts(debtor: Debtor, items: list[OpenItem], now: datetime, chance: random.Random) -> list[Contact]:
    found = []
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        result = chance.choice(["no_answer", "no_answer", "busy", "answered", "rejected"])
        found.append(
            Contact(
                at=now - timedelta(hours=chance.randint(1, 24 * 12)),
                company=debtor.company,
                debtor_no=debtor.debtor_no,
                number=debtor.numbers[0].e164 or "",
                result=result,
                items=tuple(item.item_no for item in items[:1]),
                disposition=chance.choice(["refuses", "third_party", "left_message"]) if result == "answered" else "",
            )
        )
    return sorted(found, key=lambda contact: contact.at)


def _held(items: list[OpenItem], today: date, chance: random.Random) -> Holds:
    some = items[0].item_no if items else ""
    said = Objection(some, today + chance.randint(0, 9) * DAY, "in approval")
    return Holds(
        legal_state="deceased" if chance.random() < 0.01 else "",
        do_not_call=chance.random() < 0.03,
        covered_by="1" if chance.random() < 0.01 else "",
        disputed_items=frozenset({some}) if chance.random() < 0.02 else frozenset(),
        objections=(said,) if chance.random() < 0.04 else (),
        grace=Grace(today + chance.randint(0, 9) * DAY, "M. Muster", "agreed with sales") if chance.random() < 0.02 else None,
    )


def _history(items: list[OpenItem], contacts: list[Contact], today: date, chance: random.Random) -> History:
    touches = [
        Touch(on=contact.at.date(), medium="call", conversation=contact.is_conversation) for contact in contacts if contact.result != "busy"
    ]
    touches += [
        Touch(on=today - chance.randint(0, 20) * DAY, medium=chance.choice(["email", "letter"])) for _ in range(chance.choice([0, 0, 1]))
    ]
    late = chance.choice([0, 2, 12])
    paid = []
    for number in range(chance.choice([0, 0, 4, 9, 14])):
        due = today - (30 + 20 * number) * DAY
        cleared = min(today, due + chance.randint(0, 1 + late) * DAY)
        paid.append(PaidItem(item_no=f"P{number}", due_on=due, cleared_on=cleared, amount=Decimal(300), currency="EUR"))
    falls = [Fall(due_on=one.due_on, on=one.cleared_on, amount=one.amount, currency=one.currency) for one in paid[:3]]
    return History(
        paid=tuple(sorted(paid, key=lambda one: (one.cleared_on, one.due_on))),
        falls=tuple(sorted(falls, key=lambda one: one.on)),
        touches=tuple(sorted(touches, key=lambda one: one.on)),
        broken_on=tuple(sorted(today - chance.randint(0, 20) * DAY for _ in range(chance.choice([0, 0, 0, 0, 1, 2])))) if items else (),
    )


def _promises(debtor: Debtor, items: list[OpenItem], now: datetime, today: date, chance: random.Random) -> list[Promise]:
    owed = [item for item in items if item.open_amount > 0]
    if not owed or chance.random() > 0.08:
        return []
    on = today + chance.randint(-2, 6) * DAY
    pending = chance.random() < 0.5
    return [
        Promise(
            id=f"p{debtor.debtor_no}", company=debtor.company, debtor_no=debtor.debtor_no,
            amount=Money(owed[0].open_amount, owed[0].currency), promised_on=on, grace_until=on + 3 * DAY, made_at=now - 5 * DAY,
            items=(owed[0].item_no,),
            approval=Approval.PENDING if pending else Approval.NOT_NEEDED, decide_until=today + 3 * DAY if pending else None,
        )
    ]  # fmt: skip


def _callback(debtor: Debtor, items: list[OpenItem], now: datetime, chance: random.Random) -> Task:
    return Task(
        id=f"callback-{debtor.debtor_no}", company=debtor.company, debtor_no=debtor.debtor_no, medium="call", ladder="standard", level=2,
        items=(items[0].item_no,), open_amount={items[0].currency: abs(items[0].open_amount)},
        not_before=now + timedelta(hours=chance.randint(1, 60)), expires_at=None, state=TaskState.PLANNED, why="Agreed callback.",
        origin=Origin.CALLBACK, created_at=now - DAY,
    )  # fmt: skip


def _facts(debtor: Debtor, numbers: list[str], held: Holds, now: datetime, chance: random.Random) -> list[Fact]:
    key = DebtorKey(debtor.company, debtor.debtor_no)

    def fact(kind: str, value: str = "", until: date | None = None) -> Fact:
        return Fact(id=f"{kind}{debtor.debtor_no}", at=now - DAY, company=key.company, debtor_no=key.debtor_no, kind=kind, value=value,
                    actor="lead", reason="said so", until_on=until)  # fmt: skip

    found = [fact(FactKind.DO_NOT_CALL)] if held.do_not_call else []
    found += [fact(FactKind.LEGAL_STATE, held.legal_state)] if held.legal_state else []
    found += [fact(FactKind.DISPUTE, item) for item in held.disputed_items]
    if chance.random() < 0.04:
        found.append(fact(FactKind.WISH, "mon-thu 14:00-16:00"))
    if chance.random() < 0.03:
        found.append(fact(FactKind.NOT_ON, "mon"))
    if chance.random() < 0.03:
        found.append(fact(FactKind.NUMBER_BLOCKED, numbers[0], now.astimezone(UTC).date() + chance.randint(0, 9) * DAY))
    return found
