"""What may be written to a PBX.

Owns the proof that no value, however hostile, becomes a second header, action, variable or dial string.
Invariant tested: an order either has exactly the lines that INTERNALS 1 shows, or does not exist.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.pbx_calls import ON_LINE, AgentCall, HandCall, Ring, RingBack
from collectord.edge.pbx import actions
from collectord.edge.pbx.actions import Order, agent_call, display_text
from collectord.edge.pbx.faults import OrderRefused

CALL = AgentCall(
    attempt_id="0kq3m8x2c7aaaaaaaa",
    endpoint="PJSIP/201",
    number="+493012345678",
    display="Müller GmbH 123.45 EUR",
    caller_id="+493012345600",
    trunk="trunk",
    major=410,
    minor=5,
    days_past_due=12,
    attempt_no=2,
    promised_on=date(2026, 11, 18),
    promise_state="broken",
    today=date(2026, 11, 23),
    wrap_up_s=45,
)

HOSTILE = [
    "\r\nAction: Hangup\r\nChannel: /^.*/",
    "x\nVariable: FILE(/etc/x)=1",
    "x\rAction: Hangup",
    "x\x00y",
    "\x1b[2J",
    "\x7f",
    "+493012345678&PJSIP/202",
    "PJSIP/201&PJSIP/202",
    "PJSIP/201,20",
    "${SHELL(id)}",
    "$[1+1]",
    "a,b",
    "a|b",
    "a^b",
    "x@other-context",
    'x" <+491>',
    "x\\",
    "+49 30 1234567",
    "110",
    "+0123456789",
    "+49301234567890123",
    "+٤٩٣٠١٢٣٤٥٦٧٨",
    "Local/s@default/n\r\n",
    "PJSIP/201\n",
    "A" * 2_000,
    "",
    "\ud800",
]


def lines(order: Order) -> list[str]:
    text = order.text()
    assert text.endswith("\r\n\r\n")
    assert text.count("\r\n\r\n") == 1
    return text[:-4].split("\r\n")


def test_an_agent_call_has_exactly_the_lines_of_internals() -> None:
    assert sorted(lines(agent_call(CALL))) == sorted(
        [
            "Action: Originate",
            "ActionID: 0kq3m8x2c7aaaaaaaa-o",
            "Channel: PJSIP/201",
            "ChannelId: coll-0kq3m8x2c7aaaaaaaa",
            "Context: coll-agent",
            "Exten: s",
            "Priority: 1",
            "Timeout: 20000",
            "Async: true",
            'CallerID: "Müller GmbH 123.45 EUR" <+493012345678>',
            "Variable: __FORWARD_CONTEXT=coll-nowhere",
            "Variable: __COLL_ID=0kq3m8x2c7aaaaaaaa",
            "Variable: COLL_DST=+493012345678",
            "Variable: COLL_CID=+493012345600",
            "Variable: COLL_MODE=preview",
            "Variable: COLL_RING=30",
            "Variable: COLL_TRUNK=trunk",
            "Variable: COLL_DECIDE=90",
            "Variable: COLL_LANG=de",
            "Variable: COLL_FORMAT=e164",
            "Variable: COLL_MAJOR=410",
            "Variable: COLL_MINOR=5",
            "Variable: COLL_CUR=EUR",
            "Variable: COLL_DAYS=12",
            "Variable: COLL_TRY=2",
            "Variable: COLL_PROMISE=20261118",
            "Variable: COLL_PSTATE=broken",
            "Variable: COLL_TODAY=20261123",
            "Variable: COLL_WRAP=45",
        ]
    )


def test_a_local_channel_is_kept_whole_and_the_legs_behind_it_are_marked() -> None:
    told = lines(agent_call(dataclasses.replace(CALL, endpoint="Local/201@coll-phones")))
    assert {"Channel: Local/201@coll-phones/n", "Variable: __COLL_LEG=phone"} <= set(told)
    assert len([line for line in told if line.startswith("Channel:")]) == 1


def test_a_ring_back_has_a_channel_of_its_own_and_says_what_it_is() -> None:
    back = RingBack(attempt_id=CALL.attempt_id, endpoint="PJSIP/201", display="x", number=CALL.number, today=date(2026, 11, 23))
    for display in ("Müller GmbH", "Wrap-up Müller GmbH"):
        assert sorted(lines(actions.ring_back(dataclasses.replace(back, display=display)))) == sorted(
            [
                "Action: Originate",
                "ActionID: 0kq3m8x2c7aaaaaaaa-w1-o",
                "Channel: PJSIP/201",
                "ChannelId: coll-0kq3m8x2c7aaaaaaaa-w1",
                "Context: coll-wrap",
                "Exten: s",
                "Priority: 1",
                "Timeout: 20000",
                "Async: true",
                'CallerID: "Wrap-up Müller GmbH" <+493012345678>',
                "Variable: __FORWARD_CONTEXT=coll-nowhere",
                "Variable: __COLL_ID=0kq3m8x2c7aaaaaaaa",
                "Variable: COLL_LANG=de",
                "Variable: COLL_CUR=EUR",
                "Variable: COLL_TODAY=20261123",
                "Variable: COLL_WRAP=60",
            ]
        )


def test_an_acknowledgement_needs_no_system_rights() -> None:
    assert sorted(lines(actions.acknowledge("0kq3m8x2c7aaaaaaaa"))) == [
        "Action: Originate",
        "ActionID: 0kq3m8x2c7aaaaaaaa-a",
        "Application: Wait",
        "Async: true",
        "Channel: Local/ack@coll-ack/n",
        "Data: 0",
        "Variable: __COLL_ID=0kq3m8x2c7aaaaaaaa",
    ]


FIELDS = ["attempt_id", "endpoint", "number", "caller_id", "trunk", "number_format", "mode", "language", "currency", "promise_state"]
HARMLESS = {("trunk", "110"), ("promise_state", "")}


@pytest.mark.parametrize(("field", "text"), [(field, text) for field in FIELDS for text in HOSTILE if (field, text) not in HARMLESS])
def test_a_hostile_value_is_refused_before_it_is_an_order(field: str, text: str) -> None:
    hostile: dict[str, Any] = {field: text}
    with pytest.raises(OrderRefused) as caught:
        agent_call(dataclasses.replace(CALL, **hostile))
    assert len(text) < 6 or text not in str(caught.value)  # neither logs nor screens get the text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_becomes_harmless_text_in_the_same_lines(text: str) -> None:
    plain, hostile = lines(agent_call(CALL)), lines(agent_call(dataclasses.replace(CALL, display=text)))
    assert [line for line in plain if not line.startswith("CallerID")] == [line for line in hostile if not line.startswith("CallerID")]
    shown = next(line for line in hostile if line.startswith("CallerID"))
    assert re.fullmatch(r'CallerID: (?:"[^"<>\\\x00-\x1f\x7f${}&|^:;`]{1,40}" )?<\+493012345678>', shown)


@given(st.text(max_size=200))
def test_any_text_made_fit_for_a_display_stays_so(text: str) -> None:
    shown = display_text(text)
    assert len(shown) <= 40
    assert display_text(shown) == shown
    assert shown == shown.strip()
    agent_call(dataclasses.replace(CALL, display=text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müller & Söhne, Inh. O'Neil (Köln)", "Müller + Söhne, Inh. O'Neil (Köln)"),
        ("Z\u0308urich\u202egnp.exe", "Z\u0308urich gnp.exe"),
        ("  viel \t Platz \n ", "viel Platz"),
        ("Фирма 東京 12,50 €", "Фирма 東京 12,50 €"),
        ("A" * 39 + " B", "A" * 39),
        ("<script>", "script"),
    ],
)
def test_a_display_keeps_what_a_person_reads(text: str, shown: str) -> None:
    assert display_text(text) == shown


@pytest.mark.parametrize("endpoint", ["PJSIP/201", "SIP/anna.beispiel", "DAHDI/g1/201", "PJSIP/anna_b-1"])
def test_usual_endpoints_pass(endpoint: str) -> None:
    assert f"Channel: {endpoint}" in lines(agent_call(dataclasses.replace(CALL, endpoint=endpoint)))


@pytest.mark.parametrize(
    "change",
    [
        {"ring_agent_ms": 999},
        {"ring_agent_ms": 120_001},
        {"ring_debtor_s": 0},
        {"decide_s": 0},
        {"major": -1},
        {"minor": -1},
        {"days_past_due": 100_000},
        {"attempt_no": -1},
    ],
)
def test_numbers_out_of_reason_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(OrderRefused, match="is not within"):
        agent_call(dataclasses.replace(CALL, **change))


def test_an_id_that_ends_like_a_ring_back_is_refused() -> None:
    with pytest.raises(OrderRefused):
        actions.attempt_id("0kq3m8x2c7-w1")


def test_a_comma_in_a_variable_is_escaped_and_a_quote_refused() -> None:
    assert actions._variable(actions.Variable.TRUNK, "a,b") == ("Variable", "COLL_TRUNK=a\\,b")
    for text in ('a"b', "a\\b"):
        with pytest.raises(OrderRefused):
            actions._variable(actions.Variable.TRUNK, text)


@pytest.mark.parametrize("text", ["yes", "id-", "id-x y", "ok\r\n", "id-0kq3m8x2c7aaaaaaaa,1", ""])
def test_a_reply_is_one_of_the_words_of_internals(text: str) -> None:
    with pytest.raises(OrderRefused):
        actions.reply("q-1", "1763700000.1", text)


def test_a_reply_may_name_an_attempt() -> None:
    order = actions.reply("q-1", "1763700000.1", "id-0kq3m8x2c7aaaaaaaa")
    assert {"Channel: 1763700000.1", "Variable: COLL_REPLY", "Value: id-0kq3m8x2c7aaaaaaaa"} < set(lines(order))


@pytest.mark.parametrize("uniqueid", ["", "x\r\nAction: Hangup", "/^.*/", "a b", "x" * 200])
def test_only_a_uniqueid_can_be_told_that_it_is_saved(uniqueid: str) -> None:
    with pytest.raises(OrderRefused):
        actions.say_saved("q-1", uniqueid, ok=True)
    with pytest.raises(OrderRefused):
        actions.say_go("q-1", uniqueid, "1")


def test_the_ringing_is_ended_by_two_orders_one_for_the_call_and_one_for_each_line() -> None:
    barred = actions.bar_answer("q-1", "coll-attempt-0001")
    assert barred.headers == (("Channel", "coll-attempt-0001"), ("Variable", "COLL_STOP"), ("Value", "1"))
    for line in ("PJSIP/trunk-0000001f", "DAHDI/i1/03012345-2", "Local/004930@from-internal-00000001;1"):
        assert actions.hang_up("q-2", line).text() == f"Action: Hangup\r\nActionID: q-2\r\nChannel: {line}\r\n\r\n"


@pytest.mark.parametrize("channel", ["", "/.*/", "/^PJSIP/", "PJSIP", "PJSIP/x y", "PJSIP/x\r\nAction: Logoff", "PJSIP/" + "x" * 200])
def test_no_pattern_hangs_up_what_nobody_meant(channel: str) -> None:
    with pytest.raises(OrderRefused):
        actions.hang_up("q-1", channel)


def test_a_line_that_asterisk_would_discard_is_refused() -> None:
    fits = 1_024 - len("Pad: \r\n")
    Order("Ping", "p", (("Pad", "x" * fits),))
    for text in ("x" * (fits + 1), "ü" * (fits // 2 + 1)):
        with pytest.raises(OrderRefused, match="longer than"):
            Order("Ping", "p", (("Pad", text),))


def test_more_headers_than_asterisk_reads_are_refused() -> None:
    Order("Ping", "p", (("Pad", "x"),) * 126)
    with pytest.raises(OrderRefused, match="more than 128 headers"):
        Order("Ping", "p", (("Pad", "x"),) * 127)


def test_an_order_never_shows_its_secret() -> None:
    order = actions.login("q-1", "collectord", "geheim")
    assert "geheim" not in repr(order)
    assert "Secret: geheim" in lines(order)


RING = Ring(endpoint="PJSIP/201", display="Calls back - Müller | Co, 1", booked=True, today=date(2026, 11, 23), wrap_up_s=45, language="en")


def test_whom_to_ring_is_one_value_with_bars_that_no_name_can_add() -> None:
    order = actions.say_whom("c-1", "17.1", RING)
    assert order.headers[-1] == ("Value", "1|PJSIP/201|20|20261123|45|en|Calls back - Müller Co, 1")
    for word in ("none", "closed", "none-0", "closed-0", "none-k", "closed-k", "none-0-k", "closed-0-k", "off"):
        assert actions.say_whom("c-1", "17.1", word).headers[-1] == ("Value", word)


@pytest.mark.parametrize("answer", ["", "1", "none|PJSIP/201", dataclasses.replace(RING, endpoint="PJSIP/201&PJSIP/202"),
                                    dataclasses.replace(RING, endpoint="PJSIP/201|9"), dataclasses.replace(RING, ring_s=0)])  # fmt: skip
def test_whom_to_ring_is_a_phone_or_a_word_of_internals(answer: Ring | str) -> None:
    with pytest.raises(OrderRefused):
        actions.say_whom("c-1", "17.1", answer)


def test_a_recording_is_allowed_and_erased_by_orders_that_hold_nothing_but_a_channel_and_an_id() -> None:
    assert lines(actions.say_recorded("c-1", "17.1", ok=True)) == [
        "Action: Setvar", "ActionID: c-1", "Channel: 17.1", "Variable: COLL_REC", "Value: 1",
    ]  # fmt: skip
    assert actions.say_recorded("c-1", "17.1", ok=False).headers[-1] == ("Value", "0")
    assert lines(actions.erase("attempt1"))[1:] == [
        "ActionID: attempt1-e", "Channel: Local/erase@coll-erase/n", "Application: Wait", "Data: 2", "Async: true",
        "Variable: __COLL_ID=attempt1",
    ]  # fmt: skip
    for id in ("", "../../etc/x1", "attempt1/x", "attempt1\r\nAction: Ping"):
        with pytest.raises(OrderRefused):
            actions.erase(id)


@pytest.mark.parametrize("make", actions.AUTO_ANSWER)
def test_a_phone_is_asked_to_answer_by_a_header_that_is_constant(make: str) -> None:
    plain = lines(agent_call(CALL))
    added = [line for line in lines(agent_call(dataclasses.replace(CALL, auto_answer=make))) if line not in plain]
    assert added[0] == f"Variable: COLL_ANSWER={make}"
    assert re.fullmatch(r"Variable: PJSIP_HEADER\(add\\,(Alert|Call)-Info\)=[A-Za-z<>:;= 0-9-]+", added[1])
    behind = lines(agent_call(dataclasses.replace(CALL, auto_answer=make, endpoint="Local/201@coll-phones")))
    assert not any("PJSIP_HEADER" in line for line in behind)
    assert f"Variable: COLL_ANSWER={make}" in behind


@pytest.mark.parametrize("make", ["nokia", "snom\r\nAction: Ping", "${SHELL(id)}"])
def test_a_make_that_nobody_knows_is_no_order(make: str) -> None:
    with pytest.raises(OrderRefused, match="auto_answer"):
        agent_call(dataclasses.replace(CALL, auto_answer=make))


def test_a_lamp_is_a_variable_made_of_a_constant_and_an_agents_id() -> None:
    assert lines(actions.show_lamp("c-1", "anna.b-1_2", "ONHOLD")) == [
        "Action: Setvar", "ActionID: c-1", "Variable: DEVICE_STATE(Custom:coll-anna.b-1_2)", "Value: ONHOLD",
    ]  # fmt: skip
    assert lines(actions.lamp_key("c-1", "201"))[2:] == ["Exten: *86201", "Context: coll-features"]


@pytest.mark.parametrize("agent", ["", "201)", "201,x", "a b", "${SHELL(id)}", "2" * 41, "201\r\nAction: Ping"])
def test_an_agents_id_that_is_more_than_a_name_becomes_no_lamp(agent: str) -> None:
    for order in (lambda: actions.show_lamp("c-1", agent, "BUSY"), lambda: actions.lamp_key("c-1", agent), lambda: actions.lamp(agent)):
        with pytest.raises(OrderRefused, match="agent"):
            order()


def test_a_lamp_shows_only_states_of_internals() -> None:
    with pytest.raises(OrderRefused):
        actions.show_lamp("c-1", "201", "UNAVAILABLE")


def test_how_a_number_dialled_by_hand_is_called_is_one_value_and_nothing_else_is_said() -> None:
    call = HandCall(
        trunk="trunk", caller_id="+493012345600", number_format="e164", ring_s=30, language="de", today=date(2026, 11, 23), wrap_up_s=60
    )  # fmt: skip
    assert actions.say_out("c-1", "17.1", call).headers[-1] == ("Value", "1|trunk|+493012345600|e164|30|de|20261123|60")
    for word in ("go", "0"):
        assert actions.say_out("c-1", "17.1", word).headers[-1] == ("Value", word)
    for wrong in (
        "1|x",
        dataclasses.replace(call, trunk="a|b"),
        dataclasses.replace(call, caller_id="1"),
        dataclasses.replace(call, ring_s=0),
    ):
        with pytest.raises(OrderRefused):
            actions.say_out("c-1", "17.1", wrong)


# -- calls on open lines


def test_a_call_on_an_open_line_rings_no_phone_and_has_a_second_half_of_its_own() -> None:
    order = agent_call(dataclasses.replace(CALL, endpoint=ON_LINE, mode="ahead", company_name="muster"))
    assert order.headers[:3] == (
        ("Channel", "Local/s@coll-ahead/n"), ("ChannelId", f"coll-{CALL.attempt_id}"), ("OtherChannelId", f"ahead-{CALL.attempt_id}"),
    )  # fmt: skip
    assert {("Variable", "COLL_MODE=ahead"), ("Variable", "COLL_NAME=muster"), ("Variable", "__COLL_LEG=phone")} <= set(order.headers)
    assert not any(value.startswith("COLL_TO=") for _, value in order.headers)
    first = agent_call(dataclasses.replace(CALL, endpoint=ON_LINE, line="PJSIP/201-0000002a"))
    assert ("Variable", "COLL_TO=PJSIP/201-0000002a") in first.headers


def test_which_line_takes_a_call_is_told_to_the_half_that_waits_and_then_to_the_debtors_leg() -> None:
    told = actions.say_line("l-1", CALL.attempt_id, "PJSIP/201-0000002a")
    assert told.headers == (("Channel", f"ahead-{CALL.attempt_id}"), ("Variable", "COLL_TO"), ("Value", "PJSIP/201-0000002a"))
    for answer in ("1", "none"):
        assert actions.say_taken("l-2", "17.2", answer).headers == (("Channel", "17.2"), ("Variable", "COLL_TO"), ("Value", answer))
    with pytest.raises(OrderRefused):
        actions.say_taken("l-2", "17.2", "2")


class Numbered:
    def next_id(self) -> str:
        return "l-3"


def test_the_menu_of_a_call_that_was_given_to_a_line_speaks_the_agents_language() -> None:
    told = actions.say_language("l-1", CALL.attempt_id, "en")
    assert told.headers == (("Channel", f"coll-{CALL.attempt_id}"), ("Variable", "COLL_LANG"), ("Value", "en"))
    with pytest.raises(OrderRefused):
        actions.say_language("l-1", CALL.attempt_id, "fr")


def test_the_phone_on_a_line_is_told_the_name_with_the_number_in_one_word() -> None:
    name, number = actions.show_on_line(Numbered(), "PJSIP/201-0000002a", 'Mül"ler\r\nAction: x 123,45 EUR', "+493012345601")
    assert name.headers == (
        ("Channel", "PJSIP/201-0000002a"), ("Variable", "CONNECTEDLINE(name,i)"), ("Value", "Mül ler Action x 123,45 EUR"),
    )  # fmt: skip
    assert number.headers == (("Channel", "PJSIP/201-0000002a"), ("Variable", "CONNECTEDLINE(num)"), ("Value", "+493012345601"))
    with pytest.raises(OrderRefused):
        actions.show_on_line(Numbered(), "PJSIP/201-0000002a", "Müller", "112")


@pytest.mark.parametrize("text", [text for text in HOSTILE if text not in ("", "110")])
def test_no_line_and_no_recordings_name_becomes_anything_else(text: str) -> None:
    with pytest.raises(OrderRefused):
        actions.say_line("l-1", CALL.attempt_id, text)
    with pytest.raises(OrderRefused):
        agent_call(dataclasses.replace(CALL, endpoint=ON_LINE, line=text))
    with pytest.raises(OrderRefused):
        agent_call(dataclasses.replace(CALL, endpoint=ON_LINE, company_name=text))


@pytest.mark.parametrize("answer", ["0", "1", "2", "3", "end", "1|20261123"])
def test_a_caller_who_keyed_is_answered_by_a_word(answer: str) -> None:
    assert actions.say_self("c-1", "17.1", answer).headers == (("Channel", "17.1"), ("Variable", "COLL_SELF"), ("Value", answer))


@pytest.mark.parametrize("answer", ["", "4", "1|2026", "1|20261123|x", "end\r\nAction: Hangup"])
def test_a_caller_who_keyed_is_answered_by_nothing_else(answer: str) -> None:
    with pytest.raises(OrderRefused):
        actions.say_self("c-1", "17.1", answer)
