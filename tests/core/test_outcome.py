"""What the network did, row by row of TELEPHONY 2 and CONTRACT 7."""

from __future__ import annotations

import pytest

from collectord.core.telephony.attempts import COUNTS_AS_CONTACT, RIGHT_PARTY, WRAP_UP_KEYS, AgentResult, Disposition, Result
from collectord.core.telephony.outcome import agent_result, counts_as_contact, course, network_result
from collectord.core.telephony.pbx_events import EndState


@pytest.mark.parametrize(
    ("status", "cause", "tech", "result"),
    [
        ("ANSWER", 16, "SIP 200 OK", Result.ANSWERED),
        ("BUSY", 17, "SIP 486 Busy Here", Result.BUSY),
        ("BUSY", 17, "", Result.BUSY),
        ("BUSY", 0, "SIP 600 Busy Everywhere", Result.BUSY),
        ("NOANSWER", 0, "SIP 180 Ringing", Result.NO_ANSWER),
        ("NOANSWER", 0, "SIP 183 Session Progress", Result.NO_ANSWER),
        ("NOANSWER", 0, "SIP 100 Trying", Result.FAILED),
        ("NOANSWER", 0, "", Result.FAILED),
        ("NOANSWER", 19, "SIP 480 Temporarily Unavailable", Result.FAILED),
        ("CHANUNAVAIL", 1, "SIP 404 Not Found", Result.UNALLOCATED),
        ("CHANUNAVAIL", 28, "SIP 484 Address Incomplete", Result.UNALLOCATED),
        ("CHANUNAVAIL", None, "SIP 484 Address Incomplete", Result.UNALLOCATED),
        ("CHANUNAVAIL", 21, "SIP 403 Forbidden", Result.REJECTED),
        ("BUSY", 21, "SIP 603 Decline", Result.REJECTED),
        ("CHANUNAVAIL", 0, "SIP 603 Decline", Result.REJECTED),
        ("CONGESTION", 34, "SIP 503 Service Unavailable", Result.CONGESTION),
        ("CONGESTION", 0, "SIP 503 Service Unavailable", Result.CONGESTION),
        ("CHANUNAVAIL", 38, "SIP 500 Server Internal Error", Result.FAILED),
        ("BUSY", 0, "", Result.FAILED),  # a diversion to a premium number, not followed
        ("CHANUNAVAIL", 3, "", Result.FAILED),  # unknown trunk
        ("CANCEL", 0, "SIP 180 Ringing", Result.NO_ANSWER),  # the agent hung up while it rang
        ("CANCEL", 0, "SIP 487 Request Terminated", Result.NO_ANSWER),
        ("CANCEL", 0, "SIP 100 Trying", Result.FAILED),
        ("CANCEL", 0, "", Result.FAILED),
        ("NOANSWER", 19, "PRI HANGUP", Result.NO_ANSWER),  # ISDN: user alerted
        ("NOANSWER", 18, "PRI HANGUP", Result.FAILED),  # ISDN: nobody there
        ("NOANSWER", 0, "PRI ALERTING", Result.NO_ANSWER),
        ("CANCEL", 16, "SIP 200 OK", Result.DROPPED),  # answered in the moment in which it was taken back
        ("", None, "", Result.UNKNOWN),
    ],
)
def test_the_network_result_is_told_from_cause_and_last_word_of_the_line(status: str, cause: int | None, tech: str, result: Result) -> None:
    assert network_result(status, cause, tech) is result


@pytest.mark.parametrize(
    ("state", "agent", "result"),
    [
        (EndState.AGENT, AgentResult.LEFT, Result.NOT_DIALLED),
        (EndState.ACCEPT, AgentResult.LEFT, Result.NOT_DIALLED),
        (EndState.REFUSED, AgentResult.ACCEPTED, Result.NOT_DIALLED),
        (EndState.NOGO, AgentResult.ACCEPTED, Result.NOT_DIALLED),
        (EndState.SKIPPED, AgentResult.SKIPPED, Result.NOT_DIALLED),
        (EndState.LATER, AgentResult.LATER, Result.NOT_DIALLED),
        (EndState.NOACCEPT, AgentResult.NO_KEY, Result.NOT_DIALLED),
        (EndState.DENIED, None, Result.NOT_DIALLED),
        (EndState.DSTBUSY, None, Result.NOT_DIALLED),
    ],
)
def test_an_end_before_the_dialling_is_surely_not_dialled(state: EndState, agent: AgentResult | None, result: Result) -> None:
    told = course(state, "", None, "")
    assert (told.agent, told.network) == (agent, result)


@pytest.mark.parametrize("state", [EndState.DIAL, EndState.WRAP, EndState.OTHER])
def test_an_end_after_the_dialling_believes_the_dial_result(state: EndState) -> None:
    assert course(state, "BUSY", 17, "").network is Result.BUSY
    assert course(state, "", None, "").network is Result.UNKNOWN
    assert course(state, "BUSY", 17, "").agent is AgentResult.ACCEPTED


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        (17, AgentResult.BUSY),
        (21, AgentResult.BUSY),
        (23, AgentResult.BUSY),
        (19, AgentResult.NO_ANSWER),
        (18, AgentResult.NO_ANSWER),
        (20, AgentResult.UNREACHABLE),
        (None, AgentResult.UNREACHABLE),
    ],
)
def test_the_cause_of_the_hangup_tells_what_the_desk_phone_did(cause: int | None, result: AgentResult) -> None:
    assert agent_result(cause) is result


def test_only_these_results_count_as_a_contact() -> None:
    assert {result.value for result in Result if counts_as_contact(result)} == COUNTS_AS_CONTACT - {"voicemail"}


def test_every_wrap_up_key_is_a_disposition_and_every_disposition_but_a_card_has_a_key() -> None:
    assert list(WRAP_UP_KEYS) == list("123456789")
    assert set(WRAP_UP_KEYS.values()) == set(Disposition) - {Disposition.OBJECTION}
    assert set(Disposition) - RIGHT_PARTY == {Disposition.WRONG_NUMBER, Disposition.THIRD_PARTY, Disposition.LEFT_MESSAGE}
