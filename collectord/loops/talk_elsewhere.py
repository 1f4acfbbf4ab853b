"""A talk held elsewhere: the debtor rang the office, or an agent dialled by hand; a person records what it yielded.

Reads facts, items and the task that waits, asks core/telephony/follow_up what follows; writes contact and consequences in one transaction.
Invariant: such a talk counts like one of ours, and its promise, callback or dispute holds exactly like a keyed one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from collectord.core.contact.facts import Contact, DebtorFacts
from collectord.core.contact.what_holds import what_holds
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import RIGHT_PARTY, Attempt, AttemptState, Disposition, Result, Said
from collectord.core.telephony.said_by_person import of_the_talk, read_said, refuse
from collectord.edge.store import promises, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops.consequences import follow_talk
from collectord.loops.record import exceeding, known_debtor, read_words, write_learnt

OUTCOME = frozenset({"disposition", "promise", "callback", "objection", "item", "until"})


async def record_talk(
    db: Database,
    rules: Rules,
    house: House,
    key: DebtorKey,
    args: Mapping[str, Any],
    now: datetime,
    actor: str,
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """`record DEBTOR --disposition D …` without --attempt. Raises OutcomeRefused, RecordRefused, NotKnown."""
    said = read_said(args, now, house.today(now), house.language, house.time_zone, rules.objections)
    usual = {"contact": "call"} if "contact" not in args else {}
    if args.get("contact", "call") == "call" and "result" not in args:
        usual["result"] = "voicemail" if said.disposition is Disposition.LEFT_MESSAGE else Result.ANSWERED.value
    words = {name: value for name, value in {**args, **usual}.items() if name not in OUTCOME}

    async def job(conn: Connection) -> dict[str, Any]:
        known = await known_debtor(conn, key, now, house)
        of_the_talk(said, (item.item_no for item in known.debits), house.language, house.time_zone)
        learnt = read_words(words, known, rules, house, now, actor, new_id)
        contact = _completed(learnt.contacts[0], said, known, house)
        recorded = await write_learnt(conn, key, replace(learnt, contacts=(contact,)), house, now, actor, new_id)
        talk = _as_attempt(contact, said, known, await _waiting_task(conn, key, now), actor)
        await follow_talk(conn, talk, said, rules, house, now, actor)
        made = await promises.last_promise(conn, key, now)
        last = made if said.disposition is Disposition.PROMISE else None
        return {
            "company": key.company,
            "debtor_no": key.debtor_no,
            "recorded": [*recorded, {"kind": "disposition", "value": said.disposition.value}],
            "says": what_holds(known, await known_debtor(conn, key, now, house), house),
            "promise": last.id if last else None,
            "approval": last.approval.value or None if last else None,
            "warning": await exceeding(conn, last, house, now),
        }

    return await db.write(job)


def _completed(contact: Contact, said: Said, known: DebtorFacts, house: House) -> Contact:
    """With the number and the items that the talk was about."""
    items = tuple(item.item_no for item in known.debits)
    numbers = [number.e164 for number in known.debtor.numbers if number.e164]
    number = contact.number or (numbers[0] if contact.is_call and len(numbers) == 1 else "")
    if said.disposition is Disposition.WRONG_NUMBER and not number:
        raise refuse("number-missing", house.language, house.time_zone, known=numbers)
    return replace(
        contact,
        number=number,
        items=items,
        conversation_about=items if contact.is_call and said.disposition in RIGHT_PARTY else (),
        third_party=said.disposition in (Disposition.THIRD_PARTY, Disposition.WRONG_NUMBER),
        disposition=said.disposition.value,
    )


async def _waiting_task(conn: Connection, key: DebtorKey, now: datetime) -> Task | None:
    """The call that this talk makes unnecessary."""
    waiting = (TaskState.PLANNED, TaskState.READY)
    return next((t for t in await tasks.live_tasks_of(conn, key, now) if t.origin is Origin.LADDER and t.state in waiting), None)


def _as_attempt(contact: Contact, said: Said, known: DebtorFacts, task: Task | None, actor: str) -> Attempt:
    """The talk in the shape in which follow_up knows talks; never stored as an attempt."""
    return Attempt(
        id="",
        task_id=task.id if task else "",
        company=known.key.company,
        debtor_no=known.key.debtor_no,
        number=contact.number,
        agent=actor,
        endpoint="",
        pbx="",
        trunk="",
        mode="",
        items=contact.items,
        state=AttemptState.CLOSED,
        placed_at=contact.at,
        deadline_at=contact.at,
        pbx_started="",
        ended_at=contact.at,
        result=Result.ANSWERED,
        disposition=said.disposition,
        said=said.detail(),
        note=said.note,
    )
