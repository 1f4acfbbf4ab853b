"""Reminder fees: how many reminders a debtor was sent, as far as the items prove it.

Owns this one count. Knows no amount and no law.
Invariant: one letter counts once, however many items it names; never more letters than the items' levels and days prove.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from collectord.core.receivables.ledger import OpenItem

ItemId = tuple[str, str, str]  # company, debtor, item


def letters(reminded: Iterable[tuple[OpenItem, int]]) -> dict[ItemId, int]:
    """The letters that each item adds. `reminded`: items with the number of letters that named them and may be charged.

    Items of one debtor whose last letter is of one day stood in that letter; a later day is a later letter. Their earlier letters may have
    been the same ones. Where the day is unknown all may have been.
    """
    found: dict[ItemId, int] = {}
    ordered = sorted(reminded, key=lambda pair: (pair[0].company, pair[0].debtor_no, str(pair[0].last_dunned_on or "~")))
    for _, of_debtor in groupby(ordered, key=lambda pair: (pair[0].company, pair[0].debtor_no)):
        sent = 0
        for day, group in groupby(of_debtor, key=lambda pair: pair[0].last_dunned_on):
            item, count = max(group, key=lambda pair: pair[1])  # the first of equals
            now = max(sent + (1 if day is not None and count else 0), count)
            found[item.company, item.debtor_no, item.item_no] = now - sent
            sent = now
    return found
