"""Trunk rest: when the calls of a trunk fail one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectord.core.telephony.attempts import Result
from collectord.core.telephony.pacing import Trunk, Wait
from collectord.core.telephony.trunk_rest import CallEnd, is_trunks_failure, rest

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TRUNK = Trunk(
    name="carrier", pbx="main", channels=30, reserve=2, calls_per_second=2, number_format="e164", rest_after=3, rest_for=5 * MINUTE
)  # fmt: skip


def end(result: Result = Result.CONGESTION, tech: str = "SIP 503 Service Unavailable", cause: int | None = 34, ago: int = 1) -> CallEnd:
    return CallEnd(NOW - ago * MINUTE, result, cause, tech)


@pytest.mark.parametrize(
    ("result", "tech", "cause", "fails"),
    [
        (Result.CONGESTION, "SIP 503 Service Unavailable", 34, True),
        (Result.FAILED, "", 0, True),  # nothing ever answered
        (Result.FAILED, "", 3, True),  # the PBX has no such trunk
        (Result.FAILED, "SIP 100 Trying", 0, True),
        (Result.FAILED, "SIP 500 Server Internal Error", 38, True),
        (Result.FAILED, "SIP 408 Request Timeout", 102, True),
        (Result.FAILED, "SIP 401 Unauthorized", 0, True),
        (Result.REJECTED, "SIP 403 Forbidden", 21, True),  # a carrier that forbids our calls says so of each
        (Result.REJECTED, "SIP 603 Decline", 21, False),
        (Result.FAILED, "SIP 480 Temporarily Unavailable", 19, False),
        (Result.FAILED, "SIP 488 Not Acceptable Here", 88, False),
        (Result.FAILED, "", 19, False),  # rang in vain behind the PBX's own routes
        (Result.BUSY, "SIP 486 Busy Here", 17, False),
        (Result.NO_ANSWER, "SIP 180 Ringing", 0, False),
        (Result.UNALLOCATED, "SIP 404 Not Found", 1, False),
        (Result.ANSWERED, "SIP 200 OK", 16, False),
    ],
)
def test_a_failure_speaks_against_the_trunk_only_where_the_far_end_said_nothing(result: Result, tech: str, cause: int, fails: bool) -> None:
    assert is_trunks_failure(end(result, tech, cause)) is fails


def test_after_so_many_failures_in_a_row_the_trunk_rests_and_says_until_when() -> None:
    failed = [end(ago=minutes) for minutes in (1, 2, 3)]
    assert rest(TRUNK, failed[:2], 0, NOW) is None
    answer = rest(TRUNK, failed, 0, NOW)
    assert answer is not None
    assert answer.until == NOW + 4 * MINUTE
    assert answer.why.startswith("The last 3 calls over trunk carrier failed (SIP 503 Service Unavailable): it rests until ")
    german = rest(TRUNK, [replace(one, tech="") for one in failed], 0, NOW, "de")
    assert german is not None
    assert "(Q.850 34): sie ruht bis" in german.why
    bare = rest(TRUNK, [end(Result.FAILED, "", 0)] * 3, 0, NOW)
    assert bare is not None
    assert "(failed)" in bare.why


def test_one_call_that_got_through_among_them_is_enough() -> None:
    for place in range(3):
        ends = [end(ago=minutes) for minutes in (1, 2, 3)]
        ends[place] = end(Result.BUSY, "SIP 486 Busy Here", 17, ago=place + 1)
        assert rest(TRUNK, ends, 0, NOW) is None


def test_after_the_rest_one_call_at_a_time_tries_the_trunk() -> None:
    failed = [end(ago=minutes) for minutes in (5, 6, 7)]
    assert rest(TRUNK, failed, 0, NOW) is None
    match rest(TRUNK, failed, 1, NOW):
        case Wait(why, None):
            assert "one call at a time" in why
        case other:
            pytest.fail(f"{other}")
    again = [end(ago=0), *failed]
    assert rest(TRUNK, again, 0, NOW) is not None  # the trial failed: it rests again at once


def test_zero_never_rests_and_a_clock_set_back_holds_nothing_up() -> None:
    failed = [end(ago=1)] * 5
    assert rest(replace(TRUNK, rest_after=0), failed, 0, NOW) is None
    assert rest(TRUNK, [end(ago=-60)] * 3, 0, NOW) is None
