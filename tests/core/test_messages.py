"""Letters and e-mails: what becomes of one after each try, which addresses can be written to, what a letter's file is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.messages import (
    AGAIN_AT_LATEST,
    LOOK_AGAIN,
    Answer,
    Message,
    MessageState,
    Never,
    NotNow,
    Taken,
    Unclear,
    Unreachable,
    has_left,
    is_address,
    judged,
    letter_file,
    may_try,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SENDING = Message(
    id="m", task_id="t", company="", debtor_no="10", medium="email", template="friendly-reminder 1", language="de", items=("A",),
    recipient="a@b.example", digest="d", state=MessageState.SENDING, made_at=NOW, not_before=NOW, tries=1,
)  # fmt: skip


def test_what_the_other_side_took_is_sent() -> None:
    after = judged(replace(SENDING, failure="busy"), Taken(), NOW)
    assert (after.state, after.sent_at, after.failure, has_left(after)) == (MessageState.SENT, NOW, "", True)
    assert after.key == DebtorKey("", "10")


def test_what_it_may_have_taken_counts_as_gone() -> None:
    after = judged(SENDING, Unclear("link lost"), NOW)
    assert (after.state, after.sent_at, after.failure, has_left(after)) == (MessageState.UNKNOWN, NOW, "link lost", True)


def test_what_it_refused_for_good_waits_for_another_address_or_text() -> None:
    after = judged(SENDING, Never("550 no such mailbox"), NOW)
    assert (after.state, after.not_before, has_left(after)) == (MessageState.FAILED, NOW + LOOK_AGAIN, False)
    assert not may_try(after, "a@b.example", "friendly-reminder 1", NOW + LOOK_AGAIN)
    assert may_try(after, "c@b.example", "friendly-reminder 1", NOW)
    assert may_try(after, "a@b.example", "friendly-reminder 2", NOW)
    assert may_try(replace(after, medium="letter"), "a@b.example", "friendly-reminder 1", NOW)


@pytest.mark.parametrize("answer", [NotNow("450 later"), Unreachable("refused")])
def test_what_fails_for_now_is_tried_ever_later(answer: Answer) -> None:
    waits = [judged(replace(SENDING, tries=tries), answer, NOW).not_before - NOW for tries in (1, 2, 3, 50)]
    assert waits == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20), AGAIN_AT_LATEST]
    after = judged(SENDING, answer, NOW)
    assert (after.state, has_left(after)) == (MessageState.DUE, False)
    assert not may_try(after, "other@b.example", "x 1", after.not_before - timedelta(seconds=1))
    assert may_try(after, after.recipient, after.template, after.not_before)


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN])
def test_what_left_or_may_have_never_leaves_again(state: MessageState) -> None:
    assert not may_try(replace(SENDING, state=state), "other@b.example", "other 9", NOW + timedelta(days=900))


@pytest.mark.parametrize("good", ["a@b", "buchhaltung@example.com", "o'neil+x@mail.example-two.de", "a.b_c@1.2.3"])
def test_an_address(good: str) -> None:
    assert is_address(good)


@pytest.mark.parametrize(
    "bad",
    [
        "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b,c@d", "a@b\n", "a@b\r\nBcc: x@y", "<a@b>", "a@b>", '"a"@b', ".a@b", "a.@b", "a..b@c",
        "a@-b", "a@b-", "a@b..c", "ä@b", "a@bücher.de", "a\x00@b", "a" * 65 + "@b", "a@" + "b." * 130 + "c",
        "=?utf-8?b?DQpCY2M6IHhAeS56?=@b",
    ],
)  # fmt: skip
def test_what_is_no_single_plain_address_is_never_written_to(bad: str) -> None:
    assert not is_address(bad)


@given(st.text(), st.text())
def test_for_all_numbers_a_letter_lies_in_its_folder(company: str, debtor_no: str) -> None:
    name = letter_file(company, debtor_no, "2026-11-23", "01m")
    assert name.isascii()
    assert name.replace("-", "").replace("_", "").removesuffix(".pdf").isalnum()
    assert name.startswith("2026-11-23-")
    assert name.endswith("-01m.pdf")
    assert len(name) < 120


def test_a_letters_name_tells_day_and_debtor() -> None:
    assert letter_file("1000", "10/23", "2026-11-23", "01m") == "2026-11-23-1000-10_23-01m.pdf"
    assert letter_file("", "../../etc/passwd", "2026-11-23", "01m") == "2026-11-23-_etc_passwd-01m.pdf"
