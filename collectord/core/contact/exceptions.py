"""Exceptions the debtor gave: consent to be called, an agreed callback.

Owns the spans of time in which a frequency rule is lifted. Lifts nothing itself: a rule names what it is "unless".
Invariant: a consent lasts at most seven days, the day it was given being the first, and ends with a conversation about the same item.
A call that nobody took is no consent, and excepts one call of ours in seven days: the number that is shown may be forged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectord.core.contact.facts import CONTACT_RESULTS, Callback
from collectord.core.contact.refusals import ONE_DAY, Question
from collectord.core.contact.week import day_start

CONSENT_DAYS = 7  # 12 CFR 1006.14(b)(3)(i): no longer than seven days after receiving it, the day of receipt being the first
CALLED_BACK_EVERY = timedelta(days=7)  # beyond the limits, for calls from the debtor's number that reached nobody

Window = tuple[datetime, datetime | None]


def consent_windows(question: Question, item: str | None) -> list[Window]:
    """When calls about the item are allowed and uncounted because the person said so."""
    return [window for window in _consents(question, item) if window[1] is None or window[0] < window[1]]


def _consents(question: Question, item: str | None) -> Iterator[Window]:
    home = question.place.home
    for contact in question.facts.contacts:
        if contact.third_party or (contact.consent_on is None and contact.consent_until is None):
            continue
        if item is not None and not contact.was_about(item):
            continue
        received = question.place.local_day(contact.at)
        last = received + (CONSENT_DAYS - 1) * ONE_DAY
        if contact.consent_on is not None:
            if received <= contact.consent_on <= last:
                start = max(contact.at, day_start(contact.consent_on, home))
                yield start, _cut(question, item, contact.at, day_start(contact.consent_on + ONE_DAY, home))
        else:
            end = day_start(min(last, contact.consent_until or last) + ONE_DAY, home)
            yield contact.at, _cut(question, item, contact.at, end)
    for callback in question.facts.callbacks:
        day = question.place.local_day(callback.at)
        if not callback.missed and day - question.place.local_day(callback.agreed_at) < timedelta(days=CONSENT_DAYS):
            yield callback.at, _cut(question, item, callback.agreed_at, day_start(day + ONE_DAY, home))


def _cut(question: Question, item: str | None, given: datetime, end: datetime) -> datetime:
    """A conversation about the item after the consent ends it."""
    talks = (c.at for c in question.facts.contacts if c.at > given and c.is_conversation and (item is None or c.was_about(item)))
    return min([end, *talks])


def callback_windows(question: Question, *, since_used: bool) -> list[Window]:
    """From the agreed instant on, as long as the callback is open; with `since_used` only up to the first call that counted."""
    windows: list[Window] = []
    for callback in question.facts.callbacks:
        if callback.missed and is_called_back(question, callback):
            continue
        used = [c.at for c in question.facts.contacts if c.at >= callback.at and c.is_call and c.result in CONTACT_RESULTS]
        end = min(used, default=None) if since_used else None
        windows.append((callback.at, end))
    return [window for window in windows if window[1] is None or window[0] < window[1]]


def is_called_back(question: Question, callback: Callback) -> bool:
    """Whether one of our calls, of a family to whichever of them, has followed a call that reached nobody already, this one or one of the
    days before it."""
    since = callback.agreed_at - CALLED_BACK_EVERY
    calls = [contact for contact in question.facts.contacts if contact.is_call and contact.at >= since]
    missed = [c.at for c in calls if c.direction == "inbound" and c.result == "not_dialled"]
    ours = [c.at for c in calls if c.direction == "outbound" and c.result in CONTACT_RESULTS]
    return any(at > min(missed) for at in ours) if missed else False
