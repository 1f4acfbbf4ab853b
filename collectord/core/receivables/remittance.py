"""Remittance texts: which numbers a payer may have meant, and whether two names are one person's.

Owns the reading of words written by payers and banks. Knows no ledger: what a number belongs to is looked up elsewhere.
Invariant: a number is found as a whole only, never inside a longer one; `number_key` says the same here as edge/store/sql/payments.sql.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations, islice

RUN = 4  # words that may be one number torn apart by blanks: banks break lines anywhere
MOST_TOKENS = 120  # of one text; what follows is boilerplate
MOST_READ = 240  # words of one text: each is looked at in several ways, on the event loop
TELLING = 5  # characters from which a number says something by itself; shorter ones are years, days and counters too
FRONT = 7  # letters of a word by which a name is looked up
MOST_WORDS = 12  # of one name

# A to Z and 0 at the front say nothing: RE-00123, R 123 and 123 are one number as payers write it.
LEADING = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0"
DIGITS = frozenset("0123456789")
DROPPED = " -/._,:#"  # what payers and systems put into numbers; the SQL drops the same

_WORD = re.compile(r"[^\s,;:()\[\]{}<>\"'|+*#?!=&]+")
_LABEL = re.compile(
    r"\A(?:RE|RG|RN|RNR|RGNR|RENR|R|RECH|RECHN|RECHNG|RECHNUNG(?:EN|S)?|RECHNUNGSN(?:R|UMMER)|RECHNUNGNR|RECHNUNGSNR|BELEG(?:NR)?|"
    r"INV|INVOICE|INVOICES|INVNO|BILL|FACTURE|NR|NO|NUMMER|NUMBER)\Z",
    re.ASCII,
)
_CREDITOR = re.compile(r"\ARF([0-9]{2})([A-Z0-9]{1,21})\Z", re.ASCII)
_FIRM = frozenset(
    (
        "GMBH", "MBH", "AG", "KG", "KGAA", "OHG", "GBR", "UG", "EK", "EV", "EG", "SE", "CO", "COMPANY", "LTD", "LIMITED", "LLP", "LLC",
        "INC", "CORP", "PLC", "SARL", "SAS", "SA", "SRL", "SPA", "BV", "NV", "AB", "AS", "OY", "UND", "AND", "HERR", "FRAU", "HERRN",
        "FIRMA", "FA", "DR", "PROF", "MR", "MRS", "MS", "DIPL", "ING", "THE", "DER", "DIE", "DAS", "VON", "VAN", "DE",
    )
)  # fmt: skip
_FOLD = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS", "ẞ": "SS", "Æ": "AE", "Ø": "OE", "Å": "AA"})
_ASCII_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DROP = str.maketrans("", "", DROPPED)


class Found(IntEnum):
    """How a number stood in the text; the lower the clearer."""

    WHOLE = 0  # one word
    TORN = 1  # several words put together
    PART = 2  # a part of a word between slashes


@dataclass(frozen=True, slots=True)
class Token:
    """One number that may be meant."""

    key: str
    full: str  # with the letters in front of it
    found: Found
    labelled: bool  # the word before it says "invoice" or "number"

    @property
    def tells(self) -> bool:
        """Says something by itself."""
        return (len(self.key) >= TELLING and self.found is not Found.PART and not _is_day(self.key)) or self.labelled


def number_key(text: str) -> str:
    """A number without blanks, punctuation, leading letters and leading zeros."""
    return full_key(text).lstrip(LEADING)


def full_key(text: str) -> str:
    return text.translate(_ASCII_UPPER).translate(_DROP)


def tokens(text: str) -> tuple[Token, ...]:
    """Every number that the text may mean, the clearest reading of each."""
    best: dict[tuple[str, str], Token] = {}
    for token in _all(text):
        known = best.get((token.key, token.full))
        if known is None:
            if len(best) >= MOST_TOKENS:
                break
            best[token.key, token.full] = token
        elif (token.found, not token.labelled) < (known.found, not known.labelled):
            best[token.key, token.full] = token
    return tuple(best.values())


def _all(text: str) -> Iterator[Token]:
    words = [found[0] for found in islice(_WORD.finditer(text), MOST_READ)]
    for start, word in enumerate(words):
        labelled = _is_label(words, start)
        for count in range(1, RUN + 1):
            run = words[start : start + count]
            if len(run) < count:
                break
            # a run of words is one number only when the later ones have digits themselves
            if count > 1 and DIGITS.isdisjoint(run[-1]):
                break
            yield from _token("".join(run), Found.WHOLE if count == 1 else Found.TORN, labelled)
        if "/" in word:
            for part in word.split("/"):
                yield from _token(part, Found.PART, labelled)


def _is_label(words: list[str], start: int) -> bool:
    """The word before, or the letters at the front of the word itself."""
    before = full_key(words[start - 1]) if start else ""
    own = full_key(words[start])
    front = own[: len(own) - len(own.lstrip(LEADING[:-1]))]
    return bool(_LABEL.match(before) or _LABEL.match(front))


def _token(text: str, found: Found, labelled: bool) -> Iterator[Token]:
    full = full_key(text)
    creditor = _CREDITOR.match(full)
    if creditor and _checks(creditor[1], creditor[2]):
        yield Token(number_key(creditor[2]) or creditor[2], creditor[2], Found.WHOLE, True)
        return
    key = full.lstrip(LEADING)
    if not DIGITS.isdisjoint(key):
        yield Token(key, full, found, labelled)


def _checks(digits: str, reference: str) -> bool:
    """ISO 11649: the reference with its check digits behind it is 1 modulo 97."""
    return int("".join(str(int(character, 36)) for character in f"{reference}RF{digits}")) % 97 == 1


def _is_day(key: str) -> bool:
    """Reads like 20261123, 23112026, 231126: a date is no invoice number unless something says so."""
    if not key.isdigit():
        return False
    if len(key) == 8:
        return (key[:2] in ("19", "20") and key[4:6] <= "12" and key[6:] <= "31") or (
            key[4:6] in ("19", "20") and key[:2] <= "31" and key[2:4] <= "12"
        )
    return len(key) == 7 and key[3:5] in ("19", "20") and key[1:3] <= "12"


def name_words(name: str) -> frozenset[str]:
    """The words that make a name, whatever their order: no legal form, no title, umlauts and accents folded."""
    folded = unicodedata.normalize("NFKD", name.upper().translate(_FOLD)).encode("ascii", "ignore").decode()
    words = re.split(r"[^A-Z0-9]+", folded)
    return frozenset(word for word in words if len(word) > 1 and word not in _FIRM)


def alike(one: frozenset[str], other: frozenset[str]) -> int:
    """2: the same name; 1: alike (one name cut, or with a word more); 0: different."""
    if not one or not other:
        return 0
    if one == other:
        return 2
    shorter, longer = sorted((one, other), key=len)
    common = sum(any(word == theirs or _cut(word, theirs) for theirs in longer) for word in shorter)
    return 1 if common == len(shorter) and common >= 2 else 0


def _cut(one: str, other: str) -> bool:
    """A bank cut the longer word: at least five letters of it are left."""
    short, long = sorted((one, other), key=len)
    return len(short) >= TELLING and long.startswith(short)


class NameIndex:
    """Names by which others are asked whom they are like: looked up by two of their words, so that a common one costs nothing."""

    def __init__(self) -> None:
        self._words: dict[str, frozenset[str]] = {}
        self._by_pair: dict[tuple[str, ...], list[str]] = {}

    def add(self, known_as: str, name: str) -> None:
        words = name_words(name)
        self._words[known_as] = words
        for pair in _pairs(words):
            self._by_pair.setdefault(pair, []).append(known_as)

    def alike(self, name: str) -> set[str]:
        """What was added under a name like this one."""
        words = name_words(name)
        near = {known_as for pair in _pairs(words) for known_as in self._by_pair.get(pair, ())}
        return {known_as for known_as in near if alike(self._words[known_as], words)}


def _pairs(words: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Every two words, by the front that a cut word keeps; a name of one word stands for itself."""
    fronts = sorted({word[:FRONT] for word in words})
    return iter(combinations(fronts[:MOST_WORDS], 2)) if len(words) > 1 else iter([tuple(words)] if words else [])
