"""Notices from beginning to end: what is worth telling, noted in a real store, sent to a real mail server and web server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from collectord.core.contact.facts import Fact, FactKind
from collectord.core.house import House
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import facts, notices, promises
from collectord.edge.store.connection import Database, open_store
from collectord.loops import worth_telling
from collectord.loops.intake import IntakeEdges, import_file, reject_batch, take_inbox
from collectord.loops.notices import BETWEEN, NoticeDesk, reach
from collectord.settings import NoticesSection
from tests.edge.post_office import PostOffice, mail_server, web

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
IDLE: dict[str, Any] = {"state": "idle", "why": "", "late": []}


def minute(count: float) -> datetime:
    return MONDAY + timedelta(minutes=count)


@dataclass
class Office:
    """A house whose notices go to a mail server on this machine."""

    edges: IntakeEdges
    folder: Path
    mails: PostOffice
    section: NoticesSection
    desk: NoticeDesk
    watch: worth_telling.Watch = field(default_factory=worth_telling.Watch)

    @property
    def db(self) -> Database:
        return self.edges.db

    async def turn(self, at: float, state: dict[str, Any] | None = None) -> None:
        """One turn of the loop, `at` minutes after eight."""
        now = minute(at)
        found = await self.watch.conditions(self.edges, state or IDLE, (self.folder,), now)
        await self.desk.note(found, "en", now)
        await self.desk.send(self.section, "en", now)

    async def take(self, text: str, name: str, at: float = 0) -> Any:
        path = self.folder / name
        path.write_text(text)
        return await import_file(self.edges, path, source=None, mode=None, as_of=None, now=minute(at))

    def texts(self) -> list[str]:
        return [message_from_bytes(bytes(mail.content or b""), policy=policy.SMTP).get_content() for mail in self.mails.mails]  # type: ignore[arg-type]

    def lines(self) -> list[str]:
        """The sentences of every mail, a mail after the other."""
        return [line.removeprefix("- ") for text in self.texts() for line in text.splitlines() if line.startswith("- ")]

    async def listed(self, state: str = "") -> list[dict[str, Any]]:
        return await self.db.read(partial(notices.listed, now=minute(100_000), state=state))

    def restarted(self) -> NoticeDesk:
        return NoticeDesk(db=self.db, new_id=self.desk.new_id)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    folders = ExchangeFolders(tmp_path / "exchange", quiet_for=timedelta(0))
    folders.create()
    ticks = count()
    mails = PostOffice()

    def an_id() -> str:
        return new_id(MONDAY + timedelta(milliseconds=next(ticks)))

    async with open_store(tmp_path / "state") as db, mail_server(mails) as port:
        edges = IntakeEdges(db=db, folders=folders, house=House(language="en"), new_id=an_id)
        section = NoticesSection(
            email_to=["clerk@example.com", "lead@example.com"], email_from="c@example.com", smtp_host="127.0.0.1", smtp_port=port,
            smtp_tls="none",
        )  # fmt: skip
        yield Office(edges, tmp_path, mails, section, NoticeDesk(db=db, new_id=an_id))


HEADER = "debtor_no;debtor_name;item_no;due_on;open_amount\n"


async def held(office: Office, at: float = 0, name: str = "op.csv") -> str:
    receipt = await office.take(HEADER, name, at)
    assert receipt.status == "held"
    return str(receipt.batch)


async def test_a_held_export_is_told_once_to_clerk_and_lead(office: Office) -> None:
    batch = await held(office)
    for at in (1, 2, 10, 100):
        await office.turn(at)
    [mail] = office.mails.mails
    assert mail.rcpt_tos == ["clerk@example.com", "lead@example.com"]
    [line] = office.lines()
    assert line.startswith("Export op.csv (canonical) is held back: there is no row below the header")
    assert f"collectord accept {batch}" in line


async def test_a_decision_is_told_as_an_all_clear(office: Office) -> None:
    batch = await held(office)
    await office.turn(1)
    await reject_batch(office.edges, batch, minute(2))
    await office.turn(3)
    assert len(office.mails.mails) == 1  # a while between two mails
    await office.turn(7)
    assert [line[:6] for line in office.lines()] == ["Export", "Over: "]
    assert await office.listed("open") == []
    await office.turn(20)
    assert len(office.mails.mails) == 2


async def test_what_is_over_before_anybody_could_be_told_is_not_told(office: Office) -> None:
    await held(office)
    await office.turn(1)
    second = await held(office, 2, "op_2026-11-23.csv")
    await office.turn(2)
    await reject_batch(office.edges, second, minute(3))
    await office.turn(3)
    await office.turn(10)
    assert len(office.lines()) == 1
    assert [notice["failure"] for notice in await office.listed("over")] == ["over before it was told"]
    assert await office.listed("unsent") == []


async def test_a_rejected_export_is_told_once_and_never_settled(office: Office) -> None:
    receipt = await office.take("no;header;known\n1;2;3\n", "op.csv")
    assert receipt.status == "rejected"
    for at in (1, 10, 20):
        await office.turn(at)
    [line] = office.lines()
    assert line.startswith("Export op.csv (canonical) was rejected: ")
    assert [notice["ended_at"] is not None for notice in await office.listed()] == [True]


async def test_rejections_of_long_ago_are_not_told_at_a_first_start(office: Office) -> None:
    await office.take("no;header;known\n1;2;3\n", "op.csv", -2 * 24 * 60)
    await office.turn(0)
    assert office.mails.mails == []


async def test_a_file_that_waits_too_long_is_told_and_settled_when_it_was_taken(office: Office) -> None:
    inbox = office.edges.folders.inbox
    (inbox / "op.csv").write_text(HEADER + "1;M;R1;2026-11-01;1.00\n")
    seal = inbox / "op.csv.sha256"
    seal.write_text("0" * 64)
    await take_inbox(office.edges, minute(0))
    await office.turn(9.9)
    assert office.lines() == []
    await office.turn(10)
    [line] = office.lines()
    assert line == "op.csv does not fit its checksum op.csv.sha256 since Mon 23 Nov 2026 09:00; have it exported or transferred again"
    (inbox / "op.csv").unlink()
    await take_inbox(office.edges, minute(11))
    await office.turn(16)
    assert office.lines()[1:] == [f"Over: {line}"]


async def test_many_waiting_files_are_one_mail_and_few_lines(office: Office) -> None:
    for number in range(100):
        os.mkfifo(office.edges.folders.inbox / f"{number:03d}.csv")
    await take_inbox(office.edges, minute(0))
    await office.turn(11)
    assert len(office.mails.mails) == 1
    lines = office.lines()
    assert len(lines) == worth_telling.FILES_TOLD + 1
    assert lines[-1].startswith("80 more files")


async def test_an_inbox_that_cannot_be_reached_is_told_when_it_lasts_and_when_it_is_back(office: Office) -> None:
    inbox = office.edges.folders.inbox
    inbox.rmdir()
    await take_inbox(office.edges, minute(0))
    for at in (0, 2.9):
        await office.turn(at)
    assert office.lines() == []
    await office.turn(3)
    assert office.lines() == ["The inbox cannot be reached: No such file or directory."]
    inbox.mkdir()
    await take_inbox(office.edges, minute(4))
    for at in (4, 7, 9):
        await office.turn(at)
    assert office.lines()[1:] == ["Over: The inbox cannot be reached: No such file or directory."]


async def test_blocked_dialling_late_exports_and_a_full_disk_are_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = {"state": "blocked", "why": "No PBX can be reached.", "late": [{"source": "sap", "why": "Export of sap is late."}]}
    monkeypatch.setattr(worth_telling, "LITTLE_DISK", 2**62)
    await office.turn(0, blocked)
    assert office.lines()[0] == "Export of sap is late."
    assert office.lines()[1].startswith("Only ")
    await office.turn(5, blocked)
    assert office.lines()[2:] == ["Nothing is dialled: No PBX can be reached."]


async def test_shadow_mode_is_nothing_to_tell(office: Office) -> None:
    await office.turn(0, {"state": "shadow", "why": "No export was accepted yet.", "late": []})
    await office.turn(60, {"state": "paused", "why": "Dialling is paused.", "late": []})
    assert await office.listed() == []


async def test_nothing_is_lost_while_the_mail_server_is_down_and_over_a_restart(office: Office) -> None:
    office.mails.answer = "451 try later"
    await held(office)
    for at in (0, 0.4, 0.6, 2, 4):
        await office.turn(at)
    [waits] = await office.listed("unsent")
    assert (waits["tries"], "451" in waits["failure"]) == (4, True)  # after 30 s, a minute, two …
    office.desk = office.restarted()
    await office.turn(5)
    assert (await office.listed("unsent"))[0]["tries"] == 5
    office.mails.answer = "250 OK"
    await office.turn(5.4)
    assert office.lines() == []  # not before its time
    await office.turn(5.5)
    assert len(office.lines()) == 1
    assert await office.listed("unsent") == []
    office.desk = office.restarted()
    await office.turn(60)
    assert len(office.mails.mails) == 1


async def test_the_rest_between_two_tries_grows_to_ten_minutes(office: Office) -> None:
    office.mails.answer = "451 try later"
    await held(office)
    for at in range(24 * 60):
        await office.turn(at)
    tries = (await office.listed("unsent"))[0]["tries"]
    assert 140 <= tries <= 155


async def test_what_was_noted_while_nothing_could_be_sent_is_told_with_its_end(office: Office) -> None:
    office.mails.answer = "451 try later"
    batch = await held(office)
    await office.turn(0)
    await reject_batch(office.edges, batch, minute(10))
    await office.turn(10)
    office.mails.answer = "250 OK"
    await office.turn(30)
    assert len(office.mails.mails) == 1
    assert [line[:6] for line in office.lines()] == ["Export", "Over: "]


async def test_a_storm_of_notices_is_a_few_mails(office: Office) -> None:
    for step in range(60):  # twice a minute, half an hour, something new each time
        await office.take("no;header;known\n1;2;3\n" + "x" * step, f"op{step}.csv", step / 2)
        await office.turn(step / 2)
    await office.turn(40)
    assert len(office.mails.mails) == 1 + 30 // (BETWEEN // timedelta(minutes=1))
    assert len(office.lines()) == 60


async def test_mail_and_webhook_each_get_everything_once_whatever_happens_to_the_other(office: Office) -> None:
    office.mails.answer = "554 no"
    with web() as hook:
        office.section = office.section.model_copy(update={"webhook_url": hook.url})
        await held(office)
        await office.turn(0)
        assert (len(hook.posts), len(office.mails.mails)) == (1, 0)
        assert len(await office.listed("unsent")) == 1
        office.mails.answer = "250 OK"
        await office.turn(1)
        await office.turn(10)
        assert (len(hook.posts), len(office.mails.mails)) == (1, 1)
    assert await office.listed("unsent") == []
    assert [one["kind"] for one in hook.posts[0]["notices"]] == ["held"]


async def test_without_any_way_notices_are_only_listed(office: Office) -> None:
    office.section = NoticesSection()
    await held(office)
    await office.turn(0)
    [notice] = await office.listed()
    assert notice["kind"] == "held"
    assert (await office.db.read(notices.unsent)).count == 0


async def test_a_password_that_cannot_be_read_stops_no_noting(office: Office) -> None:
    office.desk.log = log = CapturingLogger()
    update = {"smtp_user": "u", "smtp_secret_file": str(office.folder / "none")}
    office.section = office.section.model_copy(update=update)
    await held(office)
    await office.turn(0)
    assert len(await office.listed("unsent")) == 1
    assert "notices_not_sent" in [call.args[0] for call in log.calls]


async def test_no_name_and_no_amount_of_a_debtor_leaves_the_house(office: Office) -> None:
    rows = "".join(f"{n};Geheim {n};R{n};2026-11-01;1234.00\n" for n in range(40))
    await office.take(HEADER + rows, "op_2026-11-20.csv")
    receipt = await office.take(HEADER + rows[: len(rows) // 4].rpartition("\n")[0] + "\n", "op_2026-11-21.csv")
    assert receipt.status == "held"
    await office.take(HEADER + "1;Geheim 1;R1;2026-11-01;1234.00\nx;Geheim 2;R2;bad;1234.00\n" * 3, "op_2026-11-22.csv")
    with web() as hook:
        office.section = office.section.model_copy(update={"webhook_url": hook.url})
        await office.turn(0)
    told = "\n".join(office.texts()) + str(hook.posts)
    assert "op_2026-11-21.csv" in told
    assert "Geheim" not in told
    assert "1234" not in told
    assert "1,234.00" not in told


async def test_each_way_is_tried_without_sending_anything(office: Office) -> None:
    with web() as hook:
        section = office.section.model_copy(update={"webhook_url": hook.url})
        assert [(way, good) for way, good, _ in await reach(section)] == [("mail", True), ("hook", True)]
        assert (hook.posts, office.mails.mails) == ([], [])
    assert [(way, good) for way, good, _ in await reach(section)] == [("mail", True), ("hook", False)]
    secret = section.model_copy(update={"smtp_user": "u", "smtp_secret_file": str(office.folder / "none")})
    [(way, good, said)] = await reach(secret)
    assert (way, good, "smtp_secret_file" in said) == ("mail", False, True)
    assert await reach(NoticesSection()) == []


async def test_disputes_beyond_the_day_of_their_owner_are_told_once_for_each_owner_and_day(office: Office) -> None:
    async def said(number: int, owner: str, answer_by: str) -> None:
        fact = Fact(
            id=f"f{number}", company="", debtor_no=str(number), kind=FactKind.DISPUTE, value="A1", at=MONDAY, owner=owner,
            answer_by=date.fromisoformat(answer_by),
        )  # fmt: skip
        await office.db.write(lambda conn: facts.add_fact(conn, fact))

    await said(1, "sales", "2026-11-20")
    await said(2, "sales", "2026-11-20")
    await said(3, "", "2026-11-20")
    await said(4, "sales", "2026-11-23")  # today is in time
    await office.turn(0)
    await office.turn(600)
    nobody = "1 dispute should have been answered by Fri 20 Nov 2026 (nobody is named); `collectord disputes` lists it."
    two = "2 disputes should have been answered by Fri 20 Nov 2026 (sales); `collectord disputes` lists them."
    assert sorted(office.lines()) == [nobody, two]
    overdue = await office.db.read(lambda conn: promises.overdue_disputes(conn, minute(0), date(2026, 11, 24)))
    assert overdue == [("", date(2026, 11, 20), 1), ("sales", date(2026, 11, 20), 2), ("sales", date(2026, 11, 23), 1)]
    for number in (1, 2):
        await office.db.write(lambda conn, number=number: facts.revoke_fact(conn, f"f{number}", minute(601)))  # type: ignore[misc]
    await office.turn(700)
    assert office.lines()[-1] == f"Over: {two}"
