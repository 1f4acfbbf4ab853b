"""A family before the gate: the facts of a head office and its branches as those of one debtor.

Owns what of a branch counts for the head office's call, and the sentences about what does not. Refuses nothing: the gate is asked with
what comes out.
Invariant: what stops a branch keeps only its own items out of the call; contacts count for everybody in the family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from collectord.core.contact.facts import Branch, Contact, DebtorFacts, Fact, FactKind
from collectord.core.contact.refusals import Notice, Question
from collectord.core.house import House
from collectord.core.receivables.families import held_back, reference, referred
from collectord.core.receivables.history import Touch
from collectord.core.receivables.holds import gather
from collectord.core.receivables.seen_payments import SeenPayment, blocking
from collectord.core.wording import Texts

SET_ASIDE: Mapping[str, str] = {"debtors/grace": FactKind.GRACE, "debtors/objection": FactKind.OBJECTION}
"""What a person may set aside of what people said, and the facts behind it."""

TEXTS: Texts = {
    "left-out": ("Not about branch {branch} ({name}): {why}.", "Nicht über die Filiale {branch} ({name}): {why}."),
    "legal-state": ("its legal state stops every contact", "ihr Rechtsstatus schließt jeden Kontakt aus"),
    "paused": ("all contacts with it are stopped", "alle Kontakte mit ihr ruhen"),
    "grace": ("it was given time", "ihr wurde Zeit gegeben"),
    "promise": ("it promised to pay", "sie hat Zahlung zugesagt"),
    "ask-first": ("somebody has to be asked first", "vorher ist jemand zu fragen"),
    "media": ("it is not called", "sie wird nicht angerufen"),
    "payment": (
        "it paid or says so, and it is not booked yet",
        "sie hat gezahlt oder sagt es; gebucht ist es noch nicht",
    ),
}


def left_out(question: Question) -> Iterator[Notice]:
    """Branches whose items are not spoken about, and why."""
    for one in question.facts.branches:
        if one.held_back:
            why = question.says(TEXTS, one.held_back)
            who = {"branch": one.debtor.debtor_no, "name": one.debtor.debtor_name}
            yield Notice("guard/head-office", question.says(TEXTS, "left-out", why=why, **who))


def as_one(root: DebtorFacts, branches: Sequence[DebtorFacts], house: House, today: date) -> DebtorFacts:
    """The head office with its branches' items; what holds a branch back keeps that branch's items out."""
    family = {root.key, *(branch.key for branch in branches)}
    branches = [_without_overridden(branch, today) for branch in branches]
    told = {branch.key: _held_back(branch, house, today) for branch in branches}
    covered = [branch for branch in branches if not told[branch.key]]
    contacts = [*root.contacts, *(_referred(contact) for branch in branches for contact in branch.contacts)]
    number_contacts = {contact for one in (root, *branches) for contact in one.number_contacts if contact.key not in family}
    return replace(
        root,
        items=(*root.items, *(item for branch in covered for item in referred(branch.key, branch.items))),
        doubtful=root.doubtful | {reference(branch.key, item) for branch in covered for item in branch.doubtful},
        sources=tuple({source.source: source for one in (root, *branches) for source in one.sources}.values()),
        rejected_rows=(*root.rejected_rows, *(row for branch in branches for row in branch.rejected_rows)),
        contacts=tuple(sorted(contacts, key=lambda contact: contact.at)),
        number_contacts=tuple(sorted(number_contacts, key=lambda contact: (contact.at, contact.attempt_id))),
        facts=(*root.facts, *(fact for branch in covered for fact in _about_items(branch))),
        payments=(*root.payments, *(_payment(payment, branch) for branch in covered for payment in branch.payments)),
        touches=_together((root, *branches)),
        branches=tuple(Branch(branch.debtor, branch.items, told[branch.key]) for branch in branches),
    )


def under(branch: DebtorFacts, root: DebtorFacts, others: Sequence[DebtorFacts]) -> DebtorFacts:
    """A branch as its head office's call covers it: not called itself, and every contact of the family is one with it."""
    contacts = [contact for one in (branch, root, *others) for contact in one.contacts]
    family = {contact.key for contact in contacts}
    return replace(
        branch,
        covered_by=root.debtor,
        contacts=tuple(sorted(contacts, key=lambda contact: contact.at)),
        touches=_together((branch, root, *others)),
        number_contacts=tuple(contact for contact in branch.number_contacts if contact.key not in family),
    )


def _together(members: Iterable[DebtorFacts]) -> tuple[Touch, ...]:
    return tuple(sorted((touch for one in members for touch in one.touches), key=lambda touch: touch.on))


def _held_back(branch: DebtorFacts, house: House, today: date) -> str:
    """What keeps the branch's items out of the call; "" when nothing does. Payments planning does not know, the rest as planning has it."""
    held = gather(branch.facts, [promise.holds_until for promise in branch.promises], (), today)
    if why := held_back(branch.debtor, held, branch.frame, today):
        return why
    said = [contact.at.date() for contact in branch.contacts if contact.disposition == "paid_already"]
    # Twice as many days as banking days: longer than any holidays stretch them.
    if blocking(branch.payments, branch.items) or any(day + timedelta(days=2 * house.paid_already_days) >= today for day in said):
        return "payment"
    return ""


def _without_overridden(branch: DebtorFacts, today: date) -> DebtorFacts:
    """What a person set aside for the branch does not keep its items out of the head office's call either."""
    aside = {fact.value for fact in branch.known(FactKind.OVERRIDE) if fact.until_on is None or fact.until_on >= today}
    gone = {kind for rule, kind in SET_ASIDE.items() if rule in aside}
    return replace(branch, facts=tuple(fact for fact in branch.facts if fact.kind not in gone)) if gone else branch


def _referred(contact: Contact) -> Contact:
    """A branch's contact in the head office's books. What a branch said about itself stops the branch, not the family."""
    key = contact.key
    return replace(
        contact,
        items=tuple(reference(key, item) for item in contact.items),
        conversation_about=tuple(reference(key, item) for item in contact.conversation_about),
        disposition="refuses" if contact.disposition in ("do_not_call", "paid_already") else contact.disposition,
    )


def _about_items(branch: DebtorFacts) -> Iterable[Fact]:
    """Disputes and objections."""
    for fact in (*branch.known(FactKind.DISPUTE), *branch.known(FactKind.OBJECTION)):
        for item_no in [fact.value] if fact.value else [item.item_no for item in branch.items]:
            yield replace(fact, value=reference(branch.key, item_no))


def _payment(payment: SeenPayment, branch: DebtorFacts) -> SeenPayment:
    paid = payment.items or tuple(item.item_no for item in branch.items)
    return replace(payment, items=tuple(reference(branch.key, item) for item in paid))
