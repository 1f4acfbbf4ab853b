"""The words of `record` that hold a ladder or let it go on: disputes with owner and deadline, time given, who was asked.

Owns the reading of --dispute, --dispute-settled, --grace and --asked with what belongs to them. Writes nothing.
Invariant: a dispute is about one open item and says why; grace has a last day, a name that approved it, and a reason.
"""

from __future__ import annotations

from datetime import date, timedelta

from collectord.core.contact.facts import FactKind
from collectord.core.contact.record_words import NONE, Reading, option_of
from collectord.core.receivables.told import Outcome
from collectord.core.telephony.attempts import LONGEST_WAIT, Disposition
from collectord.core.wording import Texts

ASKED_FOR = timedelta(days=14)

TEXTS: Texts = {
    "dispute": (
        "--dispute {value}: write ITEM:REASON with one of the debtor's open items ({items})",
        "--dispute {value}: als POSTEN:GRUND mit einem offenen Posten des Debitors schreiben ({items})",
    ),
    "dispute-missing": (
        "{option} belongs to a dispute; add --dispute ITEM:REASON",
        "{option} gehört zu einer Reklamation; dazu --dispute POSTEN:GRUND angeben",
    ),
    "settled": (
        "--dispute-settled {value}: a person recorded no dispute about this item; those recorded: {items}."
        " One that the export names ends with the export",
        "--dispute-settled {value}: zu diesem Posten hat niemand eine Reklamation erfasst; erfasst sind: {items}."
        " Was der Export als strittig meldet, endet mit dem Export",
    ),
    "past": ("{option} {day} lies in the past", "{option} {day} liegt in der Vergangenheit"),
    "far": ("{option} {day} lies more than a year ahead", "{option} {day} liegt mehr als ein Jahr voraus"),
    "unreadable": ("{option} {value} is no day; write it like 2026-12-24", "{option} {value} ist kein Tag; bitte wie 2026-12-24 schreiben"),
    "grace": (
        "--grace needs --approved-by and --reason: everybody who asks why nobody calls reads both",
        "--grace braucht --approved-by und --reason: wer fragt, warum niemand anruft, liest beides",
    ),
    "asked": (
        "--asked needs a role, like sales, and --reason: who was asked and what was said",
        "--asked braucht eine Rolle, etwa Vertrieb, und --reason: wer gefragt wurde und was gesagt wurde",
    ),
    "approved-by": ("--approved-by belongs to --grace", "--approved-by gehört zu --grace"),
}  # fmt: skip


def read_dispute(reading: Reading) -> None:
    owner, answer_by = reading.text("owner"), _day(reading, "answer_by")
    if (value := reading.text("dispute")) is None:
        for name, given in (("owner", owner), ("answer_by", answer_by)):
            if given is not None:
                raise reading.refused("dispute-missing", TEXTS, option=option_of(name))
        return
    items = {item.item_no for item in reading.known.debits}
    found = max((item for item in items if value.startswith(f"{item}:")), key=len, default=None)
    reason = value[len(found) + 1 :].strip() if found is not None else ""
    if found is None or not reason:
        raise reading.refused("dispute", TEXTS, value=value, items=sorted(items)[:10])
    terms = reading.dispute
    reading.add(FactKind.DISPUTE, found, reason=reason, owner=owner or terms.owner, answer_by=answer_by or terms.answer_by)
    reading.outcomes.append(
        Outcome(
            **reading.who,
            outcome_id=reading.new_id(),
            item_no=found,
            at=reading.now,
            disposition=Disposition.DISPUTE,
            dunning_block_until=terms.block_until,
            dispute_reason=reason,
            note=reading.text("note") or "",
        )
    )


def read_settled(reading: Reading) -> None:
    """The dispute about an item is over: it goes on in the ladder where it stood."""
    if (item := reading.text("dispute_settled")) is None:
        return
    recorded = list(reading.known.known(FactKind.DISPUTE))
    over = [fact for fact in recorded if fact.value in (item, "")]
    if not over:
        raise reading.refused("settled", TEXTS, value=item, items=sorted(fact.value for fact in recorded)[:10] or "-")
    reading.revoked += [fact.id for fact in over]
    reading.said.append(("dispute_settled", item))


def read_grace(reading: Reading) -> None:
    """Time until a day, from somebody with a name; `none` takes it back."""
    who, value = reading.text("approved_by"), reading.text("grace")
    if value is None:
        if who is not None:
            raise reading.refused("approved-by", TEXTS)
        return
    reading.take_back(FactKind.GRACE)
    if value in NONE:
        reading.said.append((FactKind.GRACE, "none"))
        return
    until, reason = _day(reading, "grace"), reading.text("reason")
    if not who or not reason:
        raise reading.refused("grace", TEXTS)
    reading.add(FactKind.GRACE, who, reason=reason, until=until)


def read_asked(reading: Reading) -> None:
    """Somebody whom a rule wants asked first agrees to calls, for ASKED_FOR."""
    if (role := reading.text("asked")) is None:
        return
    reason = reading.text("reason")
    if not role or not reason:
        raise reading.refused("asked", TEXTS)
    reading.add(FactKind.ASKED, role, reason=reason, until=reading.house.today(reading.now) + ASKED_FOR)


def _day(reading: Reading, name: str) -> date | None:
    """The option's day, today or later, within a year."""
    text = reading.text(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise reading.refused("unreadable", TEXTS, option=option_of(name), value=text) from error
    today = reading.house.today(reading.now)
    if day < today:
        raise reading.refused("past", TEXTS, option=option_of(name), day=day)
    if day > today + LONGEST_WAIT:
        raise reading.refused("far", TEXTS, option=option_of(name), day=day)
    return day
