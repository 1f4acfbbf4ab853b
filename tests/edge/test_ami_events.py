"""What a PBX reports, read into values.

Owns the proof that every event of INTERNALS 1.2 is read, and that what is malformed, foreign or forged is None or harmless.
Invariant tested: reading never raises, and no text from the wire is unbounded.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.pbx_calls import CallerRow, HandedRow, JournalPhase, JournalRow, RecordedRow, UnreadableRow
from collectord.core.telephony.pbx_events import (
    Acked,
    AgentAccepted,
    AgentUp,
    CallerArrived,
    CallerMissed,
    CallEvent,
    ChannelHungUp,
    DebtorUp,
    DeviceState,
    Dialling,
    DialResult,
    Duplicate,
    Ended,
    EndState,
    FeatureAction,
    FeatureDialled,
    HandedOver,
    HandOverAsked,
    Keyed,
    LineGiven,
    LineTold,
    NobodyThere,
    NumberDialled,
    OriginateAnswered,
    OriginateFailed,
    PairKeyed,
    PbxEvent,
    WishKeyed,
    WrapEnded,
)
from collectord.core.telephony.recording import ConsentTold, RecordingState, RecordingTold
from collectord.edge.pbx.events import Reader, read_caller, read_handed, read_line, read_live, read_recorded, read_row
from collectord.edge.pbx.wire import AmiMessage, parse

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ID = "0kq3m8x2c7aaaaaaaa"
SNAPSHOT = ("Privilege: user,all", "Channel: PJSIP/201-00000001", f"Uniqueid: coll-{ID}", f"Linkedid: coll-{ID}", "CallerIDName: x")


def message(*lines: str) -> AmiMessage:
    found = parse("\r\n".join(lines).encode())
    assert found is not None
    return found


def read(*lines: str) -> PbxEvent | None:
    return Reader().read(message(*lines), AT)


def coll(name: str, *lines: str) -> PbxEvent | None:
    return read("Event: UserEvent", *SNAPSHOT, f"UserEvent: {name}", f"CollID: {ID}", *lines)


def test_every_event_of_a_good_call_is_read() -> None:
    dial = ("Status: ANSWER", "Cause: 16", "Tech: SIP 200 OK", "Rang: 1204", "Talk: 30125")
    keys = ("Disp: 1", "Amount: 250", "On: 20261205", "At: ")
    assert [
        coll("CollAgent", "Seq: 1"),
        coll("CollAccept", "Seq: 2"),
        coll("CollDial", "Seq: 3"),
        coll("CollUp", "Seq: 4", "CustChannel: PJSIP/trunk-00000002"),
        coll("CollFreed", "Seq: 4"),
        coll("CollResult", "Seq: 5", *dial),
        coll("CollKeyed", "Seq: 6", *keys),
        coll("CollEnd", "Seq: 9", "State: WRAP", *dial, *keys),
    ] == [
        AgentUp(seen_at=AT, attempt_id=ID, channel_uniqueid=f"coll-{ID}"),
        AgentAccepted(seen_at=AT, attempt_id=ID, channel_uniqueid=f"coll-{ID}"),
        Dialling(seen_at=AT, attempt_id=ID),
        DebtorUp(seen_at=AT, attempt_id=ID, debtor_channel="PJSIP/trunk-00000002", channel_uniqueid=f"coll-{ID}"),
        LineGiven(seen_at=AT, attempt_id=ID),
        DialResult(seen_at=AT, attempt_id=ID, status="ANSWER", cause=16, tech="SIP 200 OK", rang_ms=1204, talk_ms=30125),
        Keyed(seen_at=AT, attempt_id=ID, disp="1", amount=250, on=date(2026, 12, 5), at=None, channel_uniqueid=f"coll-{ID}"),
        Ended(
            seen_at=AT,
            attempt_id=ID,
            state=EndState.WRAP,
            status="ANSWER",
            cause=16,
            tech="SIP 200 OK",
            rang_ms=1204,
            talk_ms=30125,
            disp="1",
            amount=250,
            on=date(2026, 12, 5),
            at=None,
        ),
    ]


def test_what_comes_beside_a_call_is_read() -> None:
    feature = ("Action: outcome", "Endpoint: PJSIP/201", "Pin: 4711", "Arg: 3")
    assert [
        coll("CollDup", "Old: DIAL"),
        coll("CollAcked", "Old: END|WRAP"),
        coll("CollWrapEnd", "Seq: 8", "Disp: 4", "Amount: ", "On: 20261123", "At: 10", "Keyed: yes"),
        coll("CollWrapEnd", "Seq: 8", "Disp: ", "Amount: ", "On: ", "At: ", "Keyed: no"),
        coll("CollFeature", *feature),
        read("Event: DeviceStateChange", "Device: PJSIP/201", "State: NOT_INUSE"),
        read("Event: Hangup", "Channel: PJSIP/201-1", f"Uniqueid: coll-{ID}", "Cause: 17", "Cause-txt: User busy"),
        read("Event: Hangup", f"Uniqueid: coll-{ID}-w2", "Cause: 19"),
    ] == [
        Duplicate(seen_at=AT, attempt_id=ID, old="DIAL"),
        Acked(seen_at=AT, attempt_id=ID, old="END|WRAP"),
        WrapEnded(seen_at=AT, attempt_id=ID, keyed=True, disp="4", amount=None, on=date(2026, 11, 23), at=10),
        WrapEnded(seen_at=AT, attempt_id=ID, keyed=False, disp="", amount=None, on=None, at=None),
        FeatureDialled(
            seen_at=AT,
            action=FeatureAction.OUTCOME,
            endpoint="PJSIP/201",
            pin="4711",
            arg="3",
            uniqueid=f"coll-{ID}",
            channel="PJSIP/201-00000001",
        ),
        DeviceState(seen_at=AT, device="PJSIP/201", state="NOT_INUSE"),
        ChannelHungUp(seen_at=AT, attempt_id=ID, uniqueid=f"coll-{ID}", cause=17),
        ChannelHungUp(seen_at=AT, attempt_id=ID, uniqueid=f"coll-{ID}-w2", cause=19, ring_back=2),
    ]


def test_a_failed_originate_response_is_a_failure_and_an_answered_one_is_not() -> None:
    lines = ("Event: OriginateResponse", f"ActionID: {ID}-o", f"Uniqueid: coll-{ID}")
    assert read(*lines, "Response: Failure", "Reason: 0") == OriginateFailed(
        seen_at=AT, attempt_id=ID, action_id=f"{ID}-o", reason=0, uniqueid=f"coll-{ID}"
    )
    assert read(*lines, "Response: Success", "Reason: 4") == OriginateAnswered(
        seen_at=AT, attempt_id=ID, action_id=f"{ID}-o", reason=4, uniqueid=f"coll-{ID}"
    )
    failed = read("Event: OriginateResponse", f"ActionID: {ID}-w1-o", "Response: Failure", "Reason: 3", "Uniqueid: <unknown>")
    assert failed == OriginateFailed(seen_at=AT, attempt_id=ID, action_id=f"{ID}-w1-o", reason=3, uniqueid="", ring_back=1)


@pytest.mark.parametrize("action_id", ["somebody-else", f"{ID}-a", f"{ID}", "", f"{ID}-o\n", f"X{ID}-o", "q-17"])
def test_a_foreign_originate_response_with_the_uniqueid_of_our_live_call_says_nothing(action_id: str) -> None:
    reader = Reader()
    foreign = message("Event: OriginateResponse", f"ActionID: {action_id}", "Response: Failure", "Reason: 0", f"Uniqueid: coll-{ID}")
    assert reader.read(foreign, AT) is None
    assert reader.unread == {"foreign": 1}


def test_unknown_and_malformed_reports_are_counted_and_dropped() -> None:
    reader = Reader()
    for lines in (
        ("Event: FullyBooted",),
        ("Event: UserEvent", "UserEvent: SomethingElse", f"CollID: {ID}"),
        ("Event: UserEvent",),
        ("Event: CollEnd", "CollID: short"),
        ("Event: UserEvent", "UserEvent: CollEnd", "CollID: ../../etc/passwd"),
        ("Event: UserEvent", "UserEvent: CollEnd", f"CollID: {ID}\n"),
        ("Event: UserEvent", "UserEvent: CollKeyed", f"CollID: {ID}", "Disp: 12"),
        ("Event: UserEvent", "Uniqueid: 1.1", "UserEvent: CollFeature", "Action: dance", "Endpoint: PJSIP/201"),
        ("Event: UserEvent", "Uniqueid: 1.1", "UserEvent: CollFeature", "Action: login", "Endpoint: $(id)"),
        ("Event: UserEvent", "Uniqueid: 1.1", "UserEvent: CollFeature", "Action: login", "Endpoint: PJSIP/201", "Pin: 12x"),
        ("Event: UserEvent", "Uniqueid: a b", "UserEvent: CollFeature", "Action: login", "Endpoint: PJSIP/201"),
        ("Event: DeviceStateChange", "State: INUSE"),
        ("Event: Hangup", "Uniqueid: 1763700000.17"),
    ):
        assert reader.read(message(*lines), AT) is None, lines
    assert reader.unread == {"unknown": 3, "malformed": 9, "foreign": 1}


def test_an_end_with_nonsense_in_it_is_an_end_all_the_same() -> None:
    nonsense = ("Cause: 99999999999", "Rang: -1", "Talk: 1e3", "Disp: x", "Amount: lots", "On: 20260231", "At: 24")
    end = coll("CollEnd", "State: DANCING", *nonsense)
    assert end == Ended(
        seen_at=AT,
        attempt_id=ID,
        state=EndState.OTHER,
        status="",
        cause=None,
        tech="",
        rang_ms=None,
        talk_ms=None,
        disp="",
        amount=None,
        on=None,
        at=None,
    )


def test_a_peer_cannot_forge_an_outcome_by_its_reason_phrase() -> None:
    """`Tech: SIP 486 x,Disp: 1,...` arrives as further headers, because UserEvent splits at commas."""
    forged = ("Disp: 1", "Amount: full", "On: 20300101", "State: WRAP", "CollID: other-attempt", "Cause: 16", "Status: ANSWER")
    true = ("Rang: 5", "Talk: 0", "Disp: ", "Amount: ", "On: ", "At: ")
    end = coll("CollEnd", "State: DIAL", "Status: BUSY", "Cause: 17", "Tech: SIP 486 x", *forged, *true)
    assert isinstance(end, Ended)
    assert (end.attempt_id, end.state, end.status, end.cause) == (ID, EndState.DIAL, "BUSY", 17)
    assert (end.disp, end.amount, end.on) == ("", None, None)


def test_a_pin_is_not_shown() -> None:
    feature = read("Event: UserEvent", "UserEvent: CollFeature", "Action: login", "Endpoint: PJSIP/201", "Pin: 4711", "Uniqueid: 1763.1")
    assert "4711" not in repr(feature)


CALLS = ("Event: UserEvent", "Privilege: user,all", "Channel: PJSIP/trunk-00000001", "CallerIDNum: 1")
REST = (
    "CallerIDName: x",
    "Uniqueid: 17.1",
    "Linkedid: 17.1",
    "UserEvent: CollIn",
    "CollID: in-17-1234",
    "Called: +493012345600",
    "Caller: ",
)


@pytest.mark.parametrize(
    "forged",
    [
        ("UserEvent: CollFeature", "Action: logout", "Endpoint: PJSIP/201"),
        ("Uniqueid: 17.9", "UserEvent: CollFeature", "Action: logout", "Endpoint: PJSIP/201"),
        ("CollID: in-17-9999",),
        ("Caller: +493012345601",),
        ("Uniqueid: 17.9",),
    ],
)
def test_a_callers_number_with_line_ends_forges_no_report(forged: tuple[str, ...]) -> None:
    assert isinstance(read(*CALLS, *REST), CallerArrived)
    reader = Reader()
    assert reader.read(message(*CALLS, *forged, *REST), AT) is None
    assert reader.unread == {"forged": 1}


@pytest.mark.parametrize(
    "forged",
    [
        ("Event: UserEvent", "UserEvent: CollFeature", "Action: logout", "Endpoint: PJSIP/201"),
        ("Event: UserEvent", f"CollID: {ID}", "UserEvent: CollEnd", "State: AGENT"),
        ("Event: DeviceStateChange", "Device: PJSIP/201", "State: INUSE"),
    ],
)
def test_a_message_that_a_callers_number_began_in_a_list_of_channels_is_none_of_ours(forged: tuple[str, ...]) -> None:
    rest_of_the_row = ("CallerIDName: x", "Context: elsewhere", "Uniqueid: 17.1", "Linkedid: 17.1", "Seconds: 3", "ActionID: q-17")
    assert read(*forged, *rest_of_the_row) is None


HEADERS = ["Status", "Tech", "Disp", "On", "At", "Amount", "Rang", "State", "Old", "Endpoint"]


@given(st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=400)))
def test_no_header_whatever_raises_or_comes_through_unbounded(headers: dict[str, str]) -> None:
    for name in ("CollEnd", "CollResult", "CollKeyed", "CollDup", "CollFeature", "CollWrapEnd"):
        lines = [f"{header}: {value}" for header, value in headers.items()]
        found = parse("\r\n".join(["Event: UserEvent", f"UserEvent: {name}", f"CollID: {ID}", *lines]).encode("utf-8", "replace"))
        assert found is not None
        event = Reader().read(found, AT)
        for value in dataclasses.asdict(event).values() if event else ():
            assert not isinstance(value, str) or (len(value) <= 150 and not any(ord(sign) < 32 for sign in value))
        assert event is None or not isinstance(event, CallEvent) or event.attempt_id == ID


# -- journal ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("AGENT", JournalRow(attempt_id=ID, phase=JournalPhase.AGENT)),
        ("DIAL", JournalRow(attempt_id=ID, phase=JournalPhase.DIAL)),
        (
            "RES|BUSY|17|SIP 486 Busy Here|1200|0",
            JournalRow(attempt_id=ID, phase=JournalPhase.RES, status="BUSY", cause=17, tech="SIP 486 Busy Here", rang_ms=1200, talk_ms=0),
        ),
        (
            "KEY|ANSWER|16|SIP 200 OK|900|5000|4||20261124|10",
            JournalRow(
                attempt_id=ID,
                phase=JournalPhase.KEY,
                status="ANSWER",
                cause=16,
                tech="SIP 200 OK",
                rang_ms=900,
                talk_ms=5000,
                disp="4",
                on=date(2026, 11, 24),
                at=10,
            ),
        ),
        ("END|SKIPPED||||||||", UnreadableRow(attempt_id=ID, text="END|SKIPPED||||||||")),
        ("END|SKIPPED|||||||||", JournalRow(attempt_id=ID, phase=JournalPhase.END, state=EndState.SKIPPED)),
        (
            "END|||||||2|||",
            JournalRow(attempt_id=ID, phase=JournalPhase.END, state=None, disp="2"),  # keyed after the row was acknowledged
        ),
        ("END|DIAL", UnreadableRow(attempt_id=ID, text="END|DIAL")),
        ("DIAL|x", UnreadableRow(attempt_id=ID, text="DIAL|x")),
        ("", UnreadableRow(attempt_id=ID, text="")),
        ("\x1b]0;x", UnreadableRow(attempt_id=ID, text="?]0;x")),
    ],
)
def test_a_journal_row_is_read_or_said_to_be_unreadable(text: str, row: JournalRow | UnreadableRow) -> None:
    assert read_row(ID, text) == row


def test_a_bar_in_a_reason_phrase_moves_no_field_of_the_journal() -> None:
    row = read_row(ID, "END|WRAP|BUSY|17|SIP 486 |1|full|20300101||900|0||||")
    assert isinstance(row, JournalRow)
    assert (row.state, row.cause, row.tech) == (EndState.WRAP, 17, "SIP 486 |1|full|20300101|")
    assert (row.rang_ms, row.talk_ms, row.disp, row.amount, row.on) == (900, 0, "", None, None)


# -- live channels ----------------------------------------------------------------------------------------------------


def test_both_legs_of_a_call_are_found_and_strangers_are_not() -> None:
    variables = (f"Variable: COLL_ID={ID}", "Variable: COLL_STATE=DIAL")
    agent = read_live(message("Event: Status", f"Uniqueid: coll-{ID}", *variables, "ChannelStateDesc: Up", "Seconds: 9"))
    debtor = read_live(message("Event: Status", "Uniqueid: 1763700000.7", f"Linkedid: coll-{ID}", "Variable: COLL_STATE=(null)"))
    wrap = read_live(message("Event: Status", f"Uniqueid: coll-{ID}-w1", f"Variable: COLL_ID={ID}", "ChannelStateDesc: Ringing"))
    assert agent is not None
    assert debtor is not None
    assert wrap is not None
    assert (agent.attempt_id, agent.agent_leg, agent.coll_state, agent.up, agent.seconds) == (ID, True, "DIAL", True, 9)
    assert (debtor.attempt_id, debtor.agent_leg, debtor.coll_state, debtor.seconds) == (ID, False, "", None)
    assert (wrap.attempt_id, wrap.agent_leg, wrap.ring_back, wrap.up) == (ID, False, 1, False)
    assert read_live(message("Event: Status", "Uniqueid: 1763700000.8", "Linkedid: 1763700000.8", "Variable: COLL_ID=")) is None


def test_the_legs_behind_an_agents_local_channel_are_no_debtor_and_the_agents_own_is_told_even_while_it_is_marked() -> None:
    marked = "Variable: COLL_LEG=phone"
    for uniqueid in (f"coll-{ID};2", "1763700000.9"):
        assert (
            read_live(message("Event: Status", f"Uniqueid: {uniqueid}", f"Linkedid: coll-{ID}", f"Variable: COLL_ID={ID}", marked)) is None
        )
    agent = read_live(message("Event: Status", f"Uniqueid: coll-{ID}", f"Linkedid: coll-{ID}", f"Variable: COLL_ID={ID}", marked))
    assert agent is not None
    assert agent.agent_leg


def arrived(*lines: str) -> PbxEvent | None:
    return read("Event: UserEvent", "Uniqueid: 17.1", "UserEvent: CollIn", *lines)


def test_a_caller_is_read_with_both_numbers_and_the_phones_that_were_rung() -> None:
    assert arrived("CollID: in-17-1234", "Called: +493012345600", "Caller: +493012345601", "Tried: PJSIP/201&PJSIP/202") == CallerArrived(
        seen_at=AT, attempt_id="in-17-1234", called="+493012345600", caller="+493012345601", tried=("PJSIP/201", "PJSIP/202"),
        uniqueid="17.1",
    )  # fmt: skip


@pytest.mark.parametrize("caller", ["", "anonymous", "030123", "+49301234560100000000", "+4930 1234"])
def test_a_caller_without_a_whole_number_is_withheld(caller: str) -> None:
    found = arrived("CollID: in-17-1234", "Called: +493012345600", f"Caller: {caller}", "Tried: ;rm&PJSIP/201")
    assert isinstance(found, CallerArrived)
    assert (found.caller, found.tried) == ("", ("PJSIP/201",))


@pytest.mark.parametrize("lines", [("CollID: in-17-1234", "Called: 100"), ("CollID: X", "Called: +493012345600")])
def test_a_call_to_no_number_or_without_an_id_is_not_read(lines: tuple[str, ...]) -> None:
    assert arrived(*lines, "Caller: +493012345601") is None


def test_a_caller_who_was_missed_is_read_with_both_numbers_or_not_at_all() -> None:
    def told(*lines: str) -> PbxEvent | None:
        return read("Event: UserEvent", "Uniqueid: 17.1", "UserEvent: CollMissed", "CollID: in-17-1234", *lines)

    assert told("Called: +493012345600", "Caller: +493012345601") == CallerMissed(
        seen_at=AT, attempt_id="in-17-1234", called="+493012345600", caller="+493012345601"
    )
    assert told("Called: +493012345600", "Caller: anonymous") is None
    assert told("Called: 100", "Caller: +493012345601") is None


def test_a_number_dialled_by_hand_is_read_with_its_phone_or_not_at_all() -> None:
    def told(*lines: str) -> PbxEvent | None:
        return read("Event: UserEvent", "Uniqueid: 17.1", "UserEvent: CollOut", "CollID: out-17-1234", *lines)

    assert told("Number: +493012345601", "Endpoint: PJSIP/201") == NumberDialled(
        seen_at=AT, attempt_id="out-17-1234", number="+493012345601", endpoint="PJSIP/201", uniqueid="17.1"
    )
    assert told("Number: 110", "Endpoint: PJSIP/201") is None
    assert told("Number: +493012345601", "Endpoint: ;rm") is None


def test_the_phone_that_dialled_by_hand_is_the_agents_leg_and_the_debtors_is_not() -> None:
    phone = read_live(message("Event: Status", "Uniqueid: 17.1", "Variable: COLL_ID=out-17-1", "Variable: COLL_STATE=DIAL"))
    line = read_live(message("Event: Status", "Uniqueid: 17.2", "Variable: COLL_ID=out-17-1", "Variable: COLL_STATE=(null)"))
    assert phone is not None
    assert line is not None
    assert (phone.agent_leg, line.agent_leg) == (True, False)


def test_a_row_of_a_caller_is_read() -> None:
    def row(text: str, key: str = "/collin/in-17-1234") -> CallerRow | None:
        return read_caller(message("Event: DBGetTreeResponse", f"Key: {key}", f"Val: {text}"))

    assert row("+493012345600|+493012345601|PJSIP/201") == CallerRow(
        attempt_id="in-17-1234", called="+493012345600", caller="+493012345601", endpoint="PJSIP/201"
    )
    assert row("+493012345600|+493012345601|") == CallerRow(
        attempt_id="in-17-1234", called="+493012345600", caller="+493012345601", endpoint=""
    )
    assert row("+493012345600|+493012345601|", "/collin/x") is row("") is row("+493012345600|x|") is None


def test_a_wish_to_hand_over_is_read_with_digits_alone() -> None:
    def asked(uniqueid: str, to: str) -> PbxEvent | None:
        return read("Event: UserEvent", uniqueid, "UserEvent: CollHand", f"CollID: {ID}", to)

    assert asked("Uniqueid: 17.1", "To: 202") == HandOverAsked(seen_at=AT, attempt_id=ID, to="202", uniqueid="17.1")
    first = read("Event: UserEvent", "Uniqueid: 17.1", "UserEvent: CollHand", f"CollID: {ID}", "To: 202", "Ask: 1")
    assert first == HandOverAsked(seen_at=AT, attempt_id=ID, to="202", uniqueid="17.1", first_asked=True)
    assert asked("Uniqueid: 17.1", "To: ") is asked("Uniqueid: 17.1", "To: 20a") is asked("Uniqueid: ;", "To: 202") is None


def test_who_took_a_talk_is_read_from_event_and_journal() -> None:
    def took(endpoint: str) -> PbxEvent | None:
        return read("Event: UserEvent", "UserEvent: CollHanded", f"CollID: {ID}", f"Endpoint: {endpoint}")

    def row(text: str, key: str = f"/collhand/{ID}") -> HandedRow | None:
        return read_handed(message("Event: DBGetTreeResponse", f"Key: {key}", f"Val: {text}"))

    assert took("PJSIP/202") == HandedOver(seen_at=AT, attempt_id=ID, endpoint="PJSIP/202")
    assert took("") is took("a b") is None
    assert row("PJSIP/202|PJSIP/201|x") == HandedRow(attempt_id=ID, endpoint="PJSIP/202")
    assert row("") is row("PJSIP/202|x", "/collhand/x") is None


# -- recordings


def test_a_yes_to_a_recording_is_read_with_the_channel_that_waits_for_the_word() -> None:
    def asked(*lines: str) -> PbxEvent | None:
        return read("Event: UserEvent", *lines)

    assert asked("Uniqueid: 17.1", "UserEvent: CollConsent", f"CollID: {ID}") == ConsentTold(seen_at=AT, attempt_id=ID, uniqueid="17.1")
    assert asked("Uniqueid: ;", "UserEvent: CollConsent", f"CollID: {ID}") is None
    assert asked("Uniqueid: 17.1", "UserEvent: CollConsent", "CollID: x") is None


def test_what_became_of_a_recording_is_read_from_event_and_journal() -> None:
    def told(name: str, *lines: str, id: str = ID) -> PbxEvent | None:
        return read("Event: UserEvent", "Uniqueid: 17.1", f"UserEvent: {name}", f"CollID: {id}", *lines)

    def row(text: str, key: str = f"/collrec/{ID}") -> RecordedRow | None:
        return read_recorded(message("Event: DBGetTreeResponse", f"Key: {key}", f"Val: {text}"))

    for name, lines, state in (
        ("CollRecording", ["RecState: on"], RecordingState.ON),
        ("CollRecording", ["RecState: failed"], RecordingState.FAILED),
        ("CollWithdrawn", [], RecordingState.WITHDRAWN),
        ("CollErased", [], RecordingState.ERASED),
    ):
        assert told(name, *lines) == RecordingTold(seen_at=AT, attempt_id=ID, state=state)
        assert told(name, *lines, id="x") is None
    assert told("CollRecording", "RecState: erased") is told("CollRecording") is None
    assert row("on") == RecordedRow(attempt_id=ID, withdrawn=False)
    assert row("withdrawn") == RecordedRow(attempt_id=ID, withdrawn=True)
    assert row("on", "/collrec/x") is None


# -- open lines


def test_a_line_is_read_when_it_opens_and_when_it_is_left_and_a_call_that_found_nobody() -> None:
    def told(*lines: str) -> PbxEvent | None:
        return read("Event: UserEvent", "UserEvent: CollLine", *lines)

    of: dict[str, Any] = {"seen_at": AT, "endpoint": "PJSIP/201", "channel": "PJSIP/201-0000002a"}
    assert told("Endpoint: PJSIP/201", "LineChannel: PJSIP/201-0000002a", "LineState: ready") == LineTold(**of, ready=True)
    assert told("Endpoint: PJSIP/201", "LineChannel: PJSIP/201-0000002a", "LineState: gone") == LineTold(**of, ready=False)
    assert told("Endpoint: PJSIP/201", "LineChannel: PJSIP/202-0000002a", "LineState: ready") is None
    assert told("Endpoint: a b", "LineChannel: a b-1", "LineState: ready") is None
    assert coll("CollLost", "Seq: 5") == NobodyThere(seen_at=AT, attempt_id=ID)
    assert read("Event: UserEvent", "UserEvent: CollLost", "CollID: X Y") is None


def test_open_lines_are_found_among_the_channels_and_nothing_else_is_taken_for_one() -> None:
    def row(channel: str, line: str) -> tuple[str, str] | None:
        return read_line(message("Event: Status", f"Channel: {channel}", "Uniqueid: 17.1", f"Variable: COLL_LINE={line}"))

    assert row("PJSIP/201-0000002a", "PJSIP/201") == ("PJSIP/201", "PJSIP/201-0000002a")
    assert row("PJSIP/201-0000002a", "(null)") is None
    assert row("PJSIP/201-0000002a", "") is None
    assert row("PJSIP/202-0000002a", "PJSIP/201") is None
    assert read_line(message("Event: Status", "Channel: PJSIP/201-0000002a")) is None


def test_the_half_that_stands_for_an_open_line_is_no_leg_of_the_call() -> None:
    lines = ("Event: Status", "Channel: Local/s@coll-ahead-00000001;2", f"Uniqueid: ahead-{ID}", f"Linkedid: coll-{ID}")
    assert read_live(message(*lines, f"Variable: COLL_ID={ID}", "Variable: COLL_LEG=phone")) is None


def keyed_pair(*lines: str) -> PbxEvent | None:
    head = ("Event: UserEvent", "Uniqueid: 17.1", "UserEvent: CollPair", "CollID: in-17-1234", "Seq: 2", "Called: +493012345600")
    return read(*head, "Caller: +493012345601", *lines)


def test_a_keyed_pair_is_read_and_not_shown() -> None:
    pair = keyed_pair("Turn: 2", "Debtor: 4711", "Invoice: 10815")
    assert pair == PairKeyed(
        seen_at=AT, attempt_id="in-17-1234", called="+493012345600", caller="+493012345601", turn=2, debtor="4711", invoice="10815",
        uniqueid="17.1",
    )  # fmt: skip
    assert "4711" not in repr(pair)
    assert "10815" not in repr(pair)


@pytest.mark.parametrize(
    "lines",
    [
        ("Turn: 2", "Debtor: 4711"),
        ("Turn: x", "Debtor: 4711", "Invoice: 1"),
        ("Turn: 2", "Debtor: 47*11", "Invoice: 1"),
        ("Turn: 2", "Debtor: 4711", "Invoice: 123456789012345678901"),
    ],
)
def test_a_pair_that_is_no_two_numbers_is_not_read(lines: tuple[str, ...]) -> None:
    assert keyed_pair(*lines) is None


def test_a_wish_is_one_of_four_words() -> None:
    def told(*lines: str) -> PbxEvent | None:
        return read("Event: UserEvent", "Uniqueid: 17.1", "UserEvent: CollWish", *lines)

    wish = WishKeyed(seen_at=AT, attempt_id="in-17-1234", wish="promise", on=date(2026, 12, 4), uniqueid="17.1")
    assert told("CollID: in-17-1234", "Wish: promise", "On: 20261204") == wish
    assert told("CollID: in-17-1234", "Wish: soon", "On: ") == replace(wish, wish="soon", on=None)
    assert told("CollID: in-17-1234", "Wish: never", "On: 20261204") is None
    assert told("CollID: X", "Wish: soon") is None
