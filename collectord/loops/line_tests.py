"""Line tests: calls to a number of the house's own, before a company goes live.

Reads their reports. They have no row, no debtor, and the gate has nothing to say about them.
Invariant: a test that nobody waits for any more is not dialled.
"""

from __future__ import annotations

from collectord.core.telephony.call_seen import Go
from collectord.core.telephony.pbx_events import AgentAccepted, DialResult, Ended, EndState, OriginateFailed, PbxEvent

TEST_PREFIX = "test-"  # their ids


def is_test(event: PbxEvent) -> bool:
    attempt_id: str = getattr(event, "attempt_id", "")
    return attempt_id.startswith(TEST_PREFIX)


def take(tests: dict[str, str], event: PbxEvent) -> tuple[str, Go] | None:
    """Notes the result in `tests` (id -> result, "" so long); channel and answer when the dialplan waits for the go-ahead."""
    match event:
        case AgentAccepted(attempt_id=test, channel_uniqueid=channel) if test in tests:
            return channel, Go.YES
        case DialResult(attempt_id=test, status=status) if test in tests:
            tests[test] = status or "FAILED"
        case OriginateFailed(attempt_id=test) if test in tests:
            tests[test] = "AGENT"
        case Ended(attempt_id=test, state=EndState.NOGO | EndState.DENIED | EndState.DSTBUSY as state) if test in tests:
            tests[test] = state.value
    return None
