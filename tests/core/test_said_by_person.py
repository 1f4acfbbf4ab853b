"""Outcomes that a person writes instead of keying them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from collectord.core.telephony.attempts import Disposition, Said
from collectord.core.telephony.said_by_person import OutcomeRefused, read_said

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def read(language: Any = "en", **args: str) -> Said:
    return read_said(args, NOW, date(2026, 11, 23), language, "Europe/Berlin")


def test_a_promise_has_an_amount_and_a_day() -> None:
    assert read(disposition="promise", promise="410.50:2026-11-30") == Said(
        disposition=Disposition.PROMISE, amount=Decimal("410.50"), on=date(2026, 11, 30)
    )
    assert read(disposition="promise", promise="full:2026-11-23").amount is None


def test_a_callback_has_an_instant_with_its_offset() -> None:
    assert read(disposition="callback", callback="2026-11-24T10:00:00+01:00").callback_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_note_is_one_safe_line() -> None:
    assert read(disposition="dispute", note="goods\r\nbroken").note == "goods  broken"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "--disposition"),
        ({"disposition": "maybe"}, "maybe is no disposition"),
        ({"disposition": "promise"}, "amount and day"),
        ({"disposition": "promise", "promise": "410.50"}, "amount and day"),
        ({"disposition": "promise", "promise": "1.000,00:2026-11-30"}, "amount and day"),
        ({"disposition": "promise", "promise": "0:2026-11-30"}, "above zero"),
        ({"disposition": "promise", "promise": "full:2026-11-22"}, "between today and a year"),
        ({"disposition": "promise", "promise": "full:2028-11-22"}, "between today and a year"),
        ({"disposition": "refuses", "promise": "full:2026-11-30"}, "--promise belongs to"),
        ({"disposition": "refuses", "callback": "2026-11-24T10:00:00+01:00"}, "--callback belongs to"),
        ({"disposition": "callback"}, "needs its instant"),
        ({"disposition": "callback", "callback": "tomorrow"}, "needs its instant"),
        ({"disposition": "callback", "callback": "2026-11-24T10:00:00"}, "needs its instant"),
        ({"disposition": "callback", "callback": "2026-11-23T09:00:00+00:00"}, "does not lie ahead"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(args: dict[str, str], words: str) -> None:
    with pytest.raises(OutcomeRefused, match=words):
        read(**args)


def test_the_sentence_is_german_in_a_german_house() -> None:
    with pytest.raises(OutcomeRefused, match="Was ergab das Gespräch"):
        read("de")


def test_a_callback_years_ahead_is_a_mistake_that_would_silence_the_ladder() -> None:
    assert read(disposition="callback", callback="2027-11-22T10:00:00+01:00").callback_at is not None
    with pytest.raises(OutcomeRefused, match="more than a year ahead"):
        read(disposition="callback", callback="2099-01-04T10:00:00+01:00")
