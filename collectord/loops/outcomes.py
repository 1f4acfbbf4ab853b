"""Outcomes: what a person says about a call after the fact, also for calls of which nobody knew the end.

Reads the request, asks core/telephony/said_by_person and core/telephony/call_flow, writes through loops/attempt_turn.
Invariant: whoever is told "recorded" finds it on disk; a second, different word is a correction and stays visible as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.what_holds import what_holds
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.call_seen import Ignored, OutcomeSaid
from collectord.core.telephony.said_by_person import of_the_talk, read_said, refuse
from collectord.edge.store import calls, promises
from collectord.edge.store.connection import Connection, Database
from collectord.loops.attempt_turn import see
from collectord.loops.record import exceeding, known_debtor, read_words, write_learnt

OF_A_CALL = frozenset({"debtor", "attempt", "disposition", "promise", "callback", "note", "objection", "item", "until"})


async def record_from_person(
    db: Database,
    rules: Rules,
    house: House,
    key: DebtorKey,
    args: Mapping[str, Any],
    now: datetime,
    actor: str,
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """`record DEBTOR --attempt ID --disposition D …`. Raises OutcomeRefused, RecordRefused."""
    language, zone = house.language, house.time_zone
    if not args.get("attempt"):
        raise refuse("no-attempt", language, zone)
    said = read_said(args, now, house.today(now), language, zone, rules.objections)
    attempt_id = str(args["attempt"])
    more = {name: value for name, value in args.items() if name not in OF_A_CALL}

    async def job(conn: Connection) -> dict[str, Any]:
        before = await _attempt_of(conn, attempt_id, key, house)
        known = await known_debtor(conn, key, now, house)
        of_the_talk(said, before.items, language, zone)
        turned = await see(conn, attempt_id, OutcomeSaid(said), rules, house, now, actor)
        if isinstance(turned, Ignored) and before.said != said.detail():
            raise refuse("too-early", language, zone, id=attempt_id, state=before.state.value)
        after = await calls.attempt(conn, attempt_id) or before
        made = await promises.last_promise(conn, key, now)
        mine = made if made and made.attempt_id == attempt_id else None
        if more:  # learnt in the same talk
            learnt = read_words(more, await known_debtor(conn, key, now, house), rules, house, now, actor, new_id)
            await write_learnt(conn, key, learnt, house, now, actor, new_id)
        return {
            "attempt": attempt_id,
            "disposition": said.disposition.value,
            "recorded": "unchanged" if isinstance(turned, Ignored) else "corrected" if before.disposition else "new",
            "says": what_holds(known, await known_debtor(conn, key, now, house), house),
            "state": after.state.value,
            "result": after.result.value if after.result else None,
            "promise": mine.id if mine else None,
            "approval": mine.approval.value or None if mine else None,
            "warning": await exceeding(conn, mine, house, now),
        }

    return await db.write(job)


async def _attempt_of(conn: Connection, attempt_id: str, key: DebtorKey, house: House) -> Attempt:
    found = await calls.attempt(conn, attempt_id)
    if found is None:
        raise refuse("not-found", house.language, house.time_zone, id=attempt_id)
    if found.key != key:
        raise refuse("other-debtor", house.language, house.time_zone, id=attempt_id, debtor=str(found.key))
    return found
