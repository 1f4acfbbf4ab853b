"""Payment matching: which debtor paid which open items, judged from what a bank's line says.

Owns the evidence (item numbers, debtor number, amount, account, name), how much each weighs, and when it is enough. Knows no store:
candidates come in, found by whoever looks numbers, accounts and names up.
Invariant: a match never clears anything, it only keeps a debtor from being called (or tells of a debit that came back); where two debtors
fit equally well, neither is taken for sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise
from typing import TypeAlias

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.payment_lines import PaymentLine
from collectord.core.receivables.remittance import Found, Token, alike, full_key, name_words, number_key, tokens
from collectord.core.wording import Language, Texts, phrase

MOST_CANDIDATES = 5  # debtors that one payment may keep from being called; more is a guess
SURE, LIKELY = 50, 25  # points from which a match is taken for sure, and from which it is likely enough to wait
PLAIN = 62  # points that a number and an amount that fits make; nobody else is looked for
LEAD = 10  # points by which one debtor must lead
COMBINED = 12  # items that are tried in pairs and threes
DISCOUNT = Decimal("0.05")  # the most that cash discounts take off
DISCOUNT_LATE = timedelta(days=5)  # a transfer sent on the last day of the discount is booked some days later
CHARGES = Decimal("20.00")  # what banks between payer and payee keep of a transfer, or charge for a return; any currency's units
LABELS_OF_DEBTORS = frozenset(
    ("KD", "KDNR", "KUNDE", "KUNDENNR", "KUNDENNUMMER", "KUNDNR", "DEBITOR", "DEB", "DEBNR", "KTO", "KONTO", "CUSTOMER", "CUST", "ACCOUNT",
     "ACCT")
)  # fmt: skip

TEXTS: Texts = {
    "stated": ("the statement names the debtor", "der Auszug nennt den Debitor"),
    "item": ("item {items} is named", "Posten {items} ist genannt"),
    "number": ("the debtor number is named", "die Debitorennummer ist genannt"),
    "account": ("paid before from this account", "früher von diesem Konto bezahlt"),
    "name": ("the payer's name is the debtor's", "der Zahler heißt wie der Debitor"),
    "name-like": ("the payer's name is like the debtor's", "der Zahler heißt ähnlich wie der Debitor"),
    "exact": ("the amount is that of {items}", "der Betrag ist der von {items}"),
    "discount": ("the amount is that of {items} less cash discount", "der Betrag ist der von {items} abzüglich Skonto"),
    "charges": ("the amount is that of {items} but for charges", "der Betrag ist bis auf Spesen der von {items}"),
    "part": ("the amount is a part of {items}", "der Betrag ist ein Teil von {items}"),
}

EVIDENCE = {"stated": 100, "number": 50, "account": 40, "name": 30, "name-like": 15, "exact": 20, "discount": 15, "charges": 12, "part": 5}
NAMED_SURELY, NAMED_FULLY, NAMED_PERHAPS = 50, 30, 15  # an item number that tells by itself; one with its letters; a short one


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An item that a line may be about. For a return also one that was cleared: `amount` is then what was cleared of it."""

    item_no: str
    amount: Decimal
    currency: str
    due_on: date
    is_open: bool = True
    discount_until: date | None = None
    direct_debit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A debtor whom a line may be about."""

    key: DebtorKey
    name: str
    owed: tuple[Owed, ...]
    account_known: bool = False  # a confirmed payment of this debtor came from the same account


@dataclass(frozen=True, slots=True)
class Share:
    """So much of the line's amount is for this item; `item_no` "" = for the debtor, no item in particular."""

    key: DebtorKey
    item_no: str
    amount: Decimal
    how: str


@dataclass(frozen=True, slots=True)
class Matched:
    """`plain`: the numbers and the amount both say so, whatever else there may be."""

    shares: tuple[Share, ...]
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Likely one of these."""

    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    pass


Match: TypeAlias = Matched | Ambiguous | Unmatched


@dataclass(frozen=True, slots=True)
class _Fit:
    code: str  # exact | discount | charges | part
    items: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    points: int
    named: tuple[Owed, ...]
    fit: _Fit | None
    why: tuple[tuple[str, tuple[str, ...]], ...]


def tokens_of(line: PaymentLine) -> tuple[Token, ...]:
    return tokens(f"{line.reference} {line.end_to_end}")


def match(line: PaymentLine, candidates: Iterable[Candidate], language: Language) -> Match:
    """Which debtor and items the line is about. For a return the items are those whose collection came back."""
    found = tokens_of(line)
    eligible = [one for one in candidates if not line.company or one.key.company == line.company]
    judged = sorted((_judge(line, found, one) for one in eligible), key=lambda one: (-one.points, one.candidate.key))
    likely = [one for one in judged if one.points >= LIKELY]
    if not likely:
        return _by_amount_alone(line, judged, language)
    together = _together(line, likely, language)
    if together is not None:
        return together
    top = [one for one in likely if one.points > likely[0].points - LEAD]
    if len(top) > MOST_CANDIDATES:
        return Unmatched()
    shares = tuple(share for one in top for share in _shares(line, one, language))
    if len(top) > 1 or top[0].points < SURE or (line.kind == "return" and not _is_whole(top[0].fit)):
        return Ambiguous(shares)
    return Matched(shares, plain=top[0].points >= PLAIN and _is_whole(top[0].fit))


def _is_whole(fit: _Fit | None) -> bool:
    """The amount is that of the items; a collection comes back whole or not at all."""
    return fit is not None and fit.code != "part"


def _judge(line: PaymentLine, found: Sequence[Token], candidate: Candidate) -> _Judged:
    owed = [one for one in candidate.owed if one.currency == line.amount.currency]
    named, points = _named(line, found, owed)
    why: list[tuple[str, tuple[str, ...]]] = [("item", tuple(one.item_no for one in named))] if named else []
    amount = abs(line.amount.amount)
    stated = bool(line.debtor_no) and full_key(line.debtor_no) == full_key(candidate.key.debtor_no)
    names = alike(name_words(line.payer), name_words(candidate.name))
    facts = {
        "stated": stated,
        "number": not stated and _debtor_named(line, found, candidate.key.debtor_no),
        "account": candidate.account_known,
        "name": names == 2,
        "name-like": names == 1,
    }
    certain = [code for code, holds in facts.items() if holds]
    points += sum(EVIDENCE[code] for code in certain)
    fit = _fit(amount, named, line.booked_on, loose=True) if named else _search(line, owed)
    if fit is not None:
        points += EVIDENCE[fit.code]
    why += [(code, ()) for code in certain]
    why += [(fit.code, tuple(one.item_no for one in fit.items))] if fit is not None else []
    return _Judged(candidate, points, named, fit, tuple(why))


def _named(line: PaymentLine, found: Sequence[Token], owed: Sequence[Owed]) -> tuple[tuple[Owed, ...], int]:
    """The items whose numbers stand in the text, and what the clearest of them weighs."""
    by_key: dict[str, list[Token]] = {}
    for token in found:
        by_key.setdefault(token.key, []).append(token)
    weights: dict[str, int] = {}
    heaviest: dict[str, int] = {}  # number without its letters -> the most it weighed: "R1" means R1, not A1
    for one in owed:
        full, key = full_key(one.item_no), number_key(one.item_no)
        weight = EVIDENCE["stated"] if line.item_no and full_key(line.item_no) == full else 0
        weight = max([weight, *(_weight(token, full) for token in by_key.get(key, ()))])
        if weight:
            weights[one.item_no] = weight
            heaviest[key] = max(heaviest.get(key, 0), weight)
    named = tuple(one for one in owed if one.item_no in weights and weights[one.item_no] == heaviest[number_key(one.item_no)])
    return named, max(weights.values(), default=0)


def _weight(token: Token, full: str) -> int:
    """`full`: the item's number with its letters, whose equality says more."""
    if token.tells:
        return NAMED_SURELY
    return NAMED_FULLY if token.full == full and full[:1].isalpha() and token.found is not Found.PART else NAMED_PERHAPS


def _debtor_named(line: PaymentLine, found: Sequence[Token], debtor_no: str) -> bool:
    """The debtor's number stands in the text: long enough to tell, or behind a word for it."""
    key, full = number_key(debtor_no), full_key(debtor_no)
    if any(token.key == key and token.tells and not token.labelled for token in found):
        return True
    words = [full_key(word) for word in line.reference.replace(":", " ").split()]
    return any(before in LABELS_OF_DEBTORS and word == full for before, word in pairwise(words))


def _fit(amount: Decimal, items: Sequence[Owed], booked_on: date, *, loose: bool) -> _Fit | None:
    """How the amount fits these items together; `loose`: the items are known by other means, so a difference may be explained."""
    total = sum((one.amount for one in items), Decimal(0))
    whole = tuple(items)
    if total <= 0:
        return None
    if amount == total:
        return _Fit("exact", whole)
    discounted = sum((one.amount for one in items if one.discount_until and booked_on <= one.discount_until + DISCOUNT_LATE), Decimal(0))
    if discounted and total - discounted * DISCOUNT <= amount < total:
        return _Fit("discount", whole)
    if not loose:
        return None
    if abs(total - amount) <= CHARGES and total > CHARGES:
        return _Fit("charges", whole)
    return _Fit("part", whole) if amount < total else None


def _search(line: PaymentLine, owed: Sequence[Owed]) -> _Fit | None:
    """Items that the amount pays when no number is named: everything, what is due, the oldest ones, one, two or three of them.

    The first that is paid to the cent wins; only then one less cash discount.
    """
    pool = [one for one in owed if (one.direct_debit if line.kind == "return" else one.is_open)]
    debits = sorted((one for one in pool if one.amount > 0), key=lambda one: (one.due_on, one.item_no))
    due = [one for one in debits if one.due_on <= line.booked_on]
    groups: list[Sequence[Owed]] = [[one] for one in debits]
    groups += [pool, due, *(debits[:count] for count in range(2, len(debits)))]
    if len(debits) <= COMBINED:
        groups += [some for count in (2, 3) for some in combinations(debits, count)]
    amount = abs(line.amount.amount)
    fits = [fit for group in groups if (fit := _fit(amount, group, line.booked_on, loose=False)) is not None]
    if line.kind == "return":  # the debtor's bank charges for it, and the bank books both as one
        fits += [_Fit("charges", (one,)) for one in debits if one.amount < amount <= one.amount + CHARGES]
    return next((fit for fit in fits if fit.code == "exact"), fits[0] if fits else None)


def _together(line: PaymentLine, likely: Sequence[_Judged], language: Language) -> Matched | None:
    """One payment for items of several debtors, all named: a head office pays for its branches."""
    named = [one for one in likely if one.named and one.points >= NAMED_SURELY]
    if not 2 <= len(named) <= MOST_CANDIDATES:
        return None
    everything = [item for one in named for item in one.named]
    numbers = {number_key(item.item_no) for item in everything}
    if len(numbers) < len(everything):  # the same number twice: one debtor is meant, not both
        return None
    fit = _fit(abs(line.amount.amount), everything, line.booked_on, loose=True)
    if not _is_whole(fit):
        return None
    shares = (Share(one.candidate.key, item.item_no, item.amount, _how(one, language)) for one in named for item in one.named)
    return Matched(tuple(shares), plain=True)


def _by_amount_alone(line: PaymentLine, judged: Sequence[_Judged], language: Language) -> Match:
    """Nothing but the amount fits: likely enough to wait when it is nobody else's and no round sum."""
    exact = [one for one in judged if one.fit is not None and one.fit.code == "exact"]
    if len(exact) != 1 or line.amount.amount % 1 == 0:
        return Unmatched()
    return Ambiguous(_shares(line, exact[0], language))


def _shares(line: PaymentLine, one: _Judged, language: Language) -> tuple[Share, ...]:
    """How the amount spreads: the items that fit or are named, the oldest first; what is left is the debtor's."""
    rest, how, key = abs(line.amount.amount), _how(one, language), one.candidate.key
    items = one.fit.items if one.fit is not None else tuple(item for item in one.named if item.amount > 0)
    shares: list[Share] = []
    for item in sorted(items, key=lambda item: (item.due_on, item.item_no)):
        used = min(rest, item.amount) if item.amount > 0 else item.amount
        if used:
            shares.append(Share(key, item.item_no, used, how))
            rest -= used
    if not shares or (rest > 0 and not _is_whole(one.fit)):
        shares.append(Share(key, "", rest, how))
    return tuple(shares)


def _how(one: _Judged, language: Language) -> str:
    return "; ".join(phrase(TEXTS, code, language, items=list(items[:10])) for code, items in one.why)
