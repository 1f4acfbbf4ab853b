"""Standstill: what stops a debtor's whole ladder, and what keeps a single item out of it.

Owns the order in which legal state, pause, grace, promise and arranged contact are told, and disputes, blocks, deadlines and direct debits
as planning sees them. Knows no step and no day of one.
Invariant: the most lasting reason is told first; each names its last day where it has one.
"""

from __future__ import annotations

from datetime import date

from collectord.core.receivables.claims import DAY
from collectord.core.receivables.frame import Frame
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import Ladder, reached
from collectord.core.receivables.ledger import FOREVER, Debtor, OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.wanted import NotWanted
from collectord.core.wording import Bilingual


def standstill(debtor: Debtor, holds: Holds, frame: Frame, policy: Policy, today: date) -> NotWanted | None:
    """Why nobody is contacted at all; None: nothing stops the ladder."""
    if holds.covered_by:
        return NotWanted(rule="head-office", until=None, values={"head": holds.covered_by})
    state = holds.stops_all(debtor)
    if state:
        return _legal_state(state, policy)
    pause, grace = frame.pause, holds.grace
    if pause is not None and today <= pause.until:
        return NotWanted(rule="pause", until=pause.until + DAY, values={"day": pause.until, "who": pause.who, "why": pause.why})
    if grace is not None and today <= grace.until:  # foresight asks about days after it
        return NotWanted(rule="grace", until=grace.until + DAY, values={"day": grace.until, "who": grace.by, "why": grace.why})
    promised = holds.promise_until
    if promised is not None:
        rule = "promise-unjudged" if promised < today else "promise-pending" if holds.promise_pending else "promise"
        return NotWanted(rule=rule, until=max(promised, today) + DAY, values={"day": promised})
    if holds.appointment is not None:
        return NotWanted(rule="appointment", until=None, values={"at": holds.appointment})
    return None


def _legal_state(text: str, policy: Policy) -> NotWanted:
    named = policy.legal_states.named(text)
    if named is None:
        return NotWanted(rule="legal-state", until=None, values={"state": text})
    values = {"state": text, "title": Bilingual(named.title), "instead": Bilingual(named.addressee)}
    return NotWanted(rule="legal-state", until=None, values=values, text="legal-state-named")


def handed_over(item: OpenItem, ladder: Ladder, person_type: str) -> bool:
    """Whether somebody else has the item: its last step handed it over, or one below it that is carried out for such a person."""
    done = ladder.levels[: reached(ladder, item)]
    return any(
        level.medium == "handover" and (level is done[-1] or (level.enabled and level.person_type in ("", person_type))) for level in done
    )


def obstacle(item: OpenItem, ladder: Ladder, holds: Holds, person_type: str, today: date) -> NotWanted | None:
    """Why this item is not spoken about today."""
    if item.dispute or (holds.disputed_items and holds.disputes(item.item_no)):
        return NotWanted(rule="disputed", until=None, values={"item": item.item_no})
    objection = holds.objection(item.item_no) if holds.objections else None
    if objection is not None and today <= objection.until:
        waits = {"item": item.item_no, "day": objection.until, "title": objection.title}
        return NotWanted(rule="objection", until=objection.until + DAY, values=waits)
    if item.is_direct_debit:
        return NotWanted(rule="direct-debit", until=None, values={"item": item.item_no})
    if item.contact_level and handed_over(item, ladder, person_type):
        return NotWanted(rule="handed-over", until=None, values={"item": item.item_no})
    block = item.dunning_block_until
    if block is not None and today <= block:
        if block == FOREVER:
            return NotWanted(rule="blocked-for-good", until=None, values={"item": item.item_no})
        return NotWanted(rule="blocked", until=block + DAY, values={"item": item.item_no, "day": block})
    deadline = item.dunning_deadline
    if deadline is not None and today < deadline:
        return NotWanted(rule="deadline", until=deadline, values={"item": item.item_no, "day": deadline})
    return None
