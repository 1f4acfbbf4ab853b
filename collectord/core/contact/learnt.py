"""What a human learnt about a debtor: from the words of `record` to facts, or one sentence why not.

Owns the reading of those words. Writes nothing, knows no attempt: outcomes of our own calls are core/telephony/follow_up's.
Invariant: all of a request is understood, or nothing of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.facts import NO_LEGAL_STATE, Contact, DebtorFacts, FactKind
from collectord.core.contact.holding_words import read_asked, read_dispute, read_grace, read_settled
from collectord.core.contact.packs import GUARD
from collectord.core.contact.put_right import put_right
from collectord.core.contact.record_words import NO_TERMS, NONE, DisputeTerms, Learnt, Reading, RecordRefused
from collectord.core.contact.week import parse_days, parse_week
from collectord.core.house import House
from collectord.core.telephony.attempts import HISTORY_RESULTS, Result
from collectord.core.wording import Texts

__all__ = ["CONTACT_RESULTS", "MEDIA", "Learnt", "RecordRefused", "learn"]

MEDIA = ("call", "email", "sms", "letter")
CONTACT_RESULTS = tuple(sorted({result.value for result in Result} - {Result.NOT_DIALLED.value} | HISTORY_RESULTS))

TEXTS: Texts = {
    "nothing": (
        "say what you learnt, like --wish, --dispute ITEM:REASON or --do-not-call; see collectord record --help",
        "bitte angeben, was zu erfassen ist, etwa --wish, --dispute POSTEN:GRUND oder --do-not-call; siehe collectord record --help",
    ),
    "word": ("{option} {value} is unknown; use one of {known}", "{option} {value} ist unbekannt; möglich sind {known}"),
    "result-missing": (
        "--contact call needs --result, one of {known}: it decides whether the call counts",
        "--contact call braucht --result, möglich sind {known}: davon hängt ab, ob der Anruf zählt",
    ),
    "contact-missing": (
        "--at, --result and --number belong to a contact; add --contact call, email, sms or letter",
        "--at, --result und --number gehören zu einem Kontakt; dazu --contact call, email, sms oder letter angeben",
    ),
    "future": ("--at {at} lies in the future", "--at {at} liegt in der Zukunft"),
    "legal-state": (
        "--legal-state needs a word like insolvency, lawyer, deceased, or none to take it back",
        "--legal-state braucht ein Wort wie Insolvenz, Anwalt, verstorben, oder none zum Zurücknehmen",
    ),
    "ask-first": (
        "--ask-first needs a role, like sales, or none to take it back",
        "--ask-first braucht eine Rolle, etwa Vertrieb, oder none",
    ),
    "override-rule": (
        "--override {value}: there is no such rule; the rules of a refusal stand in collectord explain",
        "--override {value}: diese Regel gibt es nicht; die Regeln einer Ablehnung zeigt collectord explain",
    ),
    "override-guard": (
        "--override {value}: nobody may set aside a rule of the guard; what it protects has to end first",
        "--override {value}: eine Regel von guard darf niemand aussetzen; was sie schützt, muss erst enden",
    ),
    "override-reason": ("--override needs --reason: it shows in every report", "--override braucht --reason: es steht in jedem Bericht"),
}


def learn(
    args: Mapping[str, Any],
    known: DebtorFacts,
    rule_ids: frozenset[str],
    house: House,
    now: datetime,
    actor: str,
    new_id: Callable[[], str],
    dispute: DisputeTerms = NO_TERMS,
) -> Learnt:
    """Reads the options of `record` (underscores for hyphens). Raises RecordRefused.

    `dispute`: what the rules say about a dispute of today.
    """
    reading = Reading(args=args, known=known, rule_ids=rule_ids, house=house, now=now, actor=actor, new_id=new_id, dispute=dispute)
    for read in _WORDS:
        read(reading)
    note = reading.text("note")
    if note and not reading.said:
        reading.said.append(("note", note))
    if not reading.said:
        raise reading.refused("nothing", TEXTS)
    return reading.learnt()


def _contact(reading: Reading) -> None:
    medium, result, at = reading.text("contact"), reading.text("result"), reading.args.get("at")
    number = reading.number("number")
    if medium is None:
        if result is not None or at is not None or number is not None:
            raise reading.refused("contact-missing", TEXTS)
        return
    if medium not in MEDIA:
        raise reading.refused("word", TEXTS, option="--contact", value=medium, known=list(MEDIA))
    if result is None and medium == "call":
        raise reading.refused("result-missing", TEXTS, known=list(CONTACT_RESULTS))
    if result is not None and result not in CONTACT_RESULTS:
        raise reading.refused("word", TEXTS, option="--result", value=result, known=list(CONTACT_RESULTS))
    moment = reading.now if at is None else at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    if moment > reading.now:
        raise reading.refused("future", TEXTS, at=moment)
    reading.contacts.append(
        Contact(
            **reading.who,
            at=moment,
            medium=medium,
            direction="inbound" if reading.args.get("direction") == "inbound" else "outbound",
            number=number or "",
            result=result or "",
            note=reading.text("note") or "",
        )
    )
    reading.said.append(("contact", f"{medium} {result or ''}".strip()))


def _wish(reading: Reading) -> None:
    if (wish := reading.text("wish")) is None:
        return
    if wish not in NONE:
        try:
            parse_week(wish)
        except ValueError as error:
            raise reading.refused("unreadable", option="--wish", value=wish, problem=str(error)) from error
    reading.take_back(FactKind.WISH)
    if wish in NONE:
        reading.said.append((FactKind.WISH, "none"))
    else:
        reading.add(FactKind.WISH, wish)


def _not_on(reading: Reading) -> None:
    if (days := reading.text("not_on")) is None:
        return
    if days in NONE:
        reading.take_back(FactKind.NOT_ON)
        reading.said.append((FactKind.NOT_ON, "none"))
        return
    try:
        parse_days(days)
    except ValueError as error:
        raise reading.refused("unreadable", option="--not-on", value=days, problem=str(error)) from error
    reading.add(FactKind.NOT_ON, days)


def _stops(reading: Reading) -> None:
    if reading.args.get("do_not_call"):
        reading.add(FactKind.DO_NOT_CALL)
    for kind in (FactKind.NUMBER_BLOCKED, FactKind.NUMBER_WRONG):
        number = reading.number(kind)
        if number is not None:
            reading.add(kind, number)


def _legal_state(reading: Reading) -> None:
    if (state := reading.text("legal_state")) is None:
        return
    if not state:
        raise reading.refused("legal-state", TEXTS)
    reading.take_back(FactKind.LEGAL_STATE)
    reading.add(FactKind.LEGAL_STATE, "none" if state.casefold() in NO_LEGAL_STATE else state)


def _objection_over(reading: Reading) -> None:
    """`--objection none`: the reason to wait is gone; another word is the outcome of a talk and is not read here."""
    if reading.text("objection") not in NONE:
        return
    items = reading.args.get("item") or ()
    for fact in reading.known.known(FactKind.OBJECTION):
        if not items or fact.value in items:
            reading.revoked.append(fact.id)
    reading.said.append((FactKind.OBJECTION, "none"))


def _ask_first(reading: Reading) -> None:
    if (role := reading.text("ask_first")) is None:
        return
    if not role:
        raise reading.refused("ask-first", TEXTS)
    reading.take_back(FactKind.ASK_FIRST)
    if role in NONE:
        reading.said.append((FactKind.ASK_FIRST, "none"))
    else:
        reading.add(FactKind.ASK_FIRST, role)


def _override(reading: Reading) -> None:
    rule, reason = reading.text("override"), reading.text("reason")
    if rule is None:
        return
    if rule.partition("/")[0] == GUARD:
        raise reading.refused("override-guard", TEXTS, value=rule)
    if rule not in reading.rule_ids:
        raise reading.refused("override-rule", TEXTS, value=rule)
    if not reason:
        raise reading.refused("override-reason", TEXTS)
    reading.add(FactKind.OVERRIDE, rule, reason=reason, until=reading.house.today(reading.now))


_WORDS = (
    _contact, _wish, _not_on, _stops, _legal_state, read_dispute, read_settled, read_grace, read_asked, _objection_over, _ask_first,
    _override, put_right,
)  # fmt: skip
