"""Go-ahead: whether the debtor of a call that the agent has accepted is dialled, on the data of this moment; and whether that still holds.

Owns the question to the gate and the sentences of a refusal. Knows no PBX and no store; the rules are core/contact's.
Invariant: GoAhead only when dialling is on, the gate allows this very number now, and something of what the call is about may be spoken of;
a call by hand that is only recorded, as a house may wish, has no gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from collectord.core.contact.contact_rules import Refused, may_begin
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.guard import NOT_DIALLED_PAUSE
from collectord.core.contact.overtaking import still_meant
from collectord.core.contact.packs import Pack
from collectord.core.house import House
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.by_hand import BY_HAND
from collectord.core.telephony.call_seen import Barred, Go, GoAhead, Overtaken
from collectord.core.wording import Texts, phrase

TEXTS: Texts = {
    "shadow": ("Shadow mode was switched on meanwhile.", "Inzwischen wurde der Schattenmodus eingeschaltet."),
    "paused": ("Dialling was paused meanwhile.", "Inzwischen wurde das Wählen angehalten."),
    "stopping": ("collectord is being stopped.", "collectord wird gerade beendet."),
    "not-in-ledger": ("The debtor is not in the ledger any more.", "Der Debitor steht nicht mehr im Bestand."),
    "stopped": ("Hung up while it rang: {why}", "Aufgelegt, während es klingelte: {why}"),
    "nothing-left": ("Nothing of what the call is about is open any more.", "Nichts von dem, worum es geht, ist noch offen."),
}


def ask(
    attempt: Attempt, channel: str, off: str, found: DebtorFacts | None, packs: Mapping[str, Pack], house: House, now: datetime
) -> GoAhead | Barred:
    """`off`: the code of what keeps everybody from being dialled ("shadow", "paused", "stopping"), "" when nothing does.

    `found`: the debtor as known now, this attempt included.
    """

    def barred(code: str, answer: Go = Go.NO, not_before: datetime | None = None) -> Barred:
        return Barred(channel, phrase(TEXTS, code, house.language, house.time_zone), answer, not_before)

    if attempt.mode == BY_HAND and not house.gates_hand_calls:
        return GoAhead(channel)
    if off:
        return barred(off, Go.OFF, now + NOT_DIALLED_PAUSE)
    if found is None:
        return barred("not-in-ledger")
    verdict = may_begin(found.without(attempt.id), packs, house, now, now + house.times.until_rung, attempt.number)
    if isinstance(verdict, Refused):
        first = verdict.refusals[0]
        return Barred(channel, f"{first.reason} ({first.rule})", Go.NO, verdict.not_before, verdict.never)
    if not set(attempt.items) & set(verdict.items):
        return barred("nothing-left")
    return GoAhead(channel)


def look_again(attempt: Attempt, found: DebtorFacts | None, house: House, now: datetime) -> Overtaken | None:
    """A call that had its go-ahead, looked at again because something came in: None when nothing speaks against it."""

    def overtaken(why: str) -> Overtaken:
        return Overtaken(why, phrase(TEXTS, "stopped", house.language, house.time_zone, why=why))

    if found is None:
        return overtaken(phrase(TEXTS, "not-in-ledger", house.language, house.time_zone))
    answer = still_meant(found.without(attempt.id), house, now, attempt.number)
    if isinstance(answer, Refused):
        first = answer.refusals[0]
        return overtaken(f"{first.reason} ({first.rule})")
    if not set(attempt.items) & set(answer.items):
        return overtaken(phrase(TEXTS, "nothing-left", house.language, house.time_zone))
    return None
