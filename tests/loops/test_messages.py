"""Letters and e-mails from the ladder to a real mail server and a real folder: each once, whatever goes wrong."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from structlog.testing import CapturingLogger

from collectord.core.contact.facts import Doubt
from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.messages import AGAIN_AFTER, LOOK_AGAIN
from collectord.core.receivables.tasks import Task
from collectord.core.rule_text import Problem, Table
from collectord.core.rules import Rules
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import messages, meta, tasks
from collectord.loops import call_sheet, intake, planning, script_shown, worth_telling
from collectord.loops.explain import NotKnown
from collectord.loops.message_resolved import ResolveRefused, resolve
from collectord.loops.messages import MessageDesk
from collectord.loops.readying import Order, make_ready
from collectord.settings import LettersSection, MailSection, Settings
from tests.edge.post_office import PostOffice, letter_of, mail_server
from tests.edge.rough_mail import Rough, Silent, rough_server
from tests.loops.desk import RULES, Desk, open_desk, row
from tests.loops.shift import MONDAY, rows_of

LADDERS = """
[[ladder.standard.level]]
name = "reminder"
after_due = "3d"
medium = "MEDIUM"
script = "friendly-reminder"

[[ladder.standard.level]]
name = "second"
after_due = "20d"
medium = "MEDIUM"
script = "second-reminder"
needs_gap = "5d"
"""
DEBTOR = {"debtor_name": "Müller & Söhne", "email": "weber@example.com", "contact_person": "Frau Weber"}
COLUMNS = (
    "debtor_no",
    "debtor_name",
    "item_no",
    "due_on",
    "open_amount",
    "phone",
    "country",
    "region",
    "email",
    "contact_person",
    "dispute",
)


def rules_of(medium: str) -> Rules:
    """The shipped rules with a ladder that knows nothing but this medium."""
    problems: list[Problem] = []
    ladders = parse_ladders(Table(tomllib.loads(LADDERS.replace("MEDIUM", medium)), "", problems))
    assert problems == []
    return replace(RULES, ladders=ladders)


@dataclass
class Sending:
    desk: Desk
    order: Order
    post: MessageDesk

    @property
    def folder(self) -> Path:
        return self.order.folders.print

    async def take(self, as_of: str = "2026-11-23", name: str = "op.csv", **more: str) -> None:
        line = {"debtor_no": "10", "item_no": "R-1", "due_on": "2026-11-11", "open_amount": "410.00", "country": "DE", "region": "BE"}
        cells = {**line, **DEBTOR, **more}
        day = datetime.fromisoformat(f"{as_of}T07:00+00:00")
        with (self.desk.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows([COLUMNS, [cells.get(one, "") for one in COLUMNS]])
        receipt = await intake.import_file(
            intake.IntakeEdges(db=self.desk.db, folders=self.order.folders, house=self.desk.house, new_id=self.desk.new_id),
            self.desk.folder / name, source=None, mode=None, as_of=day.date(), now=day,
        )  # fmt: skip
        assert receipt.status in ("accepted", "duplicate"), receipt

    async def plan(self, at: datetime = MONDAY) -> list[Task]:
        await planning.work(self.desk.db, self.order.rules, self.desk.house, at, new_id=self.desk.new_id)
        return await self.live(at)

    async def live(self, at: datetime = MONDAY) -> list[Task]:
        return list(await self.desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), at)))

    async def turn(self, at: datetime = MONDAY) -> int:
        return await self.post.turn(self.order, at)

    async def listed(self) -> list[dict[str, Any]]:
        return await self.desk.db.read(lambda conn: messages.listed(conn, now=MONDAY + timedelta(days=400)))

    async def told(self) -> list[str]:
        """What people are told without asking."""
        edges = intake.IntakeEdges(db=self.desk.db, folders=self.order.folders, house=self.desk.house, new_id=self.desk.new_id)
        found = await worth_telling.Watch().conditions(edges, {}, (), MONDAY)
        return [one.kind for one in found if one.kind == "messages"]

    async def waits(self) -> list[str]:
        rows = await self.desk.db.read(lambda conn: tasks.listed(conn, now=MONDAY + timedelta(days=400)))
        return [one["waits"] for one in rows if one["state"] in ("planned", "ready")]


def sending(desk: Desk, medium: str, port: int = 0, live: bool = True) -> Sending:
    rules = rules_of(medium)
    desk.rules = rules
    settings = Settings(
        live=live,
        mail=MailSection(smtp_host="127.0.0.1" if port else "", smtp_port=port or 25, smtp_tls="none", email_from="post@muster.example"),
        letters=LettersSection(enabled=medium == "letter", sender=["Muster GmbH", "10115 Berlin"]),
    )
    folders = ExchangeFolders(desk.folder / "exchange")
    folders.create()
    order = Order(settings=settings, rules=rules, house=desk.house, folders=folders)
    return Sending(desk, order, MessageDesk(db=desk.db, new_id=desk.new_id, log=CapturingLogger()))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


# ---------------------------------------------------------------- e-mails


async def test_an_email_leaves_once_and_takes_the_step(desk: Desk) -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take()
        (task,) = await house.plan()
        assert (task.medium, task.level) == ("email", 1)
        assert await house.turn() == 1
        assert await house.turn() == 0
        assert await house.plan() == []
        assert await house.turn(MONDAY + timedelta(hours=1)) == 0
    (envelope,) = office.mails
    mail = letter_of(envelope)
    assert mail["Subject"] == "Message from Muster GmbH, customer number 10"
    assert "€410.00 are still open with us, the oldest since 11 November 2026" in mail.get_content()
    (sent,) = await house.listed()
    assert (sent["state"], sent["template"], sent["recipient"], sent["tries"]) == ("sent", "friendly-reminder 1", "weber@example.com", 1)
    assert (sent["items"], sent["task"]) == (["R-1"], task.id)
    shown = await desk.ask(MONDAY + timedelta(hours=1))
    assert shown["strategy"]["strength"] == 1  # an e-mail counts in what the debtor has to bear
    (later,) = await house.plan(MONDAY + timedelta(days=8))
    assert later.level == 2


@pytest.mark.parametrize("does", ["closes", "hangs"])
async def test_a_mail_whose_answer_nobody_heard_is_unknown_and_never_sent_again(desk: Desk, does: str) -> None:
    rough = Rough("end", does)
    async with rough_server(rough) as port:
        house = sending(desk, "email", port)
        house.post.within = 0.5
        await house.take()
        await house.plan()
        assert await house.turn() == 0
        for hours in (1, 30):
            assert await house.plan(MONDAY + timedelta(hours=hours)) == []
            assert await house.turn(MONDAY + timedelta(hours=hours)) == 0
    assert len(rough.had) == 1
    assert await house.told() == ["messages"]
    (one,) = await house.listed()
    assert one["state"] == "unknown"
    assert one["failure"].startswith("127.0.0.1:")


async def unknown_mail(desk: Desk) -> tuple[Sending, str]:
    async with rough_server(Rough("end", "closes")) as port:
        house = sending(desk, "email", port)
        await house.take()
        await house.plan()
        await house.turn()
    (one,) = await house.listed()
    assert one["state"] == "unknown"
    return house, one["id"]


async def said(desk: Desk, message_id: str, *, delivered: bool, reason: str = "log: 250 queued") -> dict[str, Any]:
    at = MONDAY + timedelta(hours=1)
    return await resolve(
        desk.db, desk.house, message_id, delivered=delivered, reason=reason, now=at, actor="M. Lead", new_id=desk.new_id
    )  # fmt: skip


async def test_an_unknown_mail_that_a_person_found_delivered_is_sent_and_its_step_taken(desk: Desk) -> None:
    house, message_id = await unknown_mail(desk)
    answer = await said(desk, message_id, delivered=True)
    assert (answer["state"], answer["debtor_no"]) == ("sent", "10")
    assert answer["why"] == "E-mail friendly-reminder 1 to weber@example.com was delivered, says M. Lead: log: 250 queued"
    (one,) = await house.listed()
    assert (one["state"], one["failure"]) == ("sent", "")
    assert await house.told() == []
    assert await house.plan(MONDAY + timedelta(hours=2)) == []
    kinds = await rows_of(desk, "select kind, actor from happening where kind like 'message%' order by at")
    assert [tuple(row.values()) for row in kinds] == [("message_unknown", "collectord"), ("message_delivered", "M. Lead")]


async def test_an_unknown_mail_that_was_not_delivered_is_no_contact_and_its_step_comes_again_as_a_new_mail(desk: Desk) -> None:
    house, message_id = await unknown_mail(desk)
    assert (await desk.ask(MONDAY + timedelta(hours=1)))["strategy"]["strength"] == 1
    assert (await said(desk, message_id, delivered=False, reason="the server never had it"))["state"] == "failed"
    (one,) = await house.listed()
    assert (one["state"], one["failure"]) == (
        "failed",
        "E-mail friendly-reminder 1 to weber@example.com was not delivered, says M. Lead: the server never had it",
    )
    assert await house.told() == []
    assert (await desk.ask(MONDAY + timedelta(hours=1)))["strategy"]["strength"] == 0
    (item,) = await rows_of(desk, "select contact_level, contacted_on from item")
    assert item == {"contact_level": 0, "contacted_on": None}
    (task,) = await house.plan(MONDAY + timedelta(hours=2))
    assert (task.medium, task.level) == ("email", 1)
    assert task.id != one["task"]


async def test_what_was_done_about_the_items_since_stays_when_a_mail_was_not_delivered(desk: Desk) -> None:
    _, message_id = await unknown_mail(desk)
    await desk.db.write(lambda conn: conn.execute("update item_version set contact_level = 2, contacted_on = '2026-11-24'"))
    await said(desk, message_id, delivered=False)
    (item,) = await rows_of(desk, "select contact_level, contacted_on from item")
    assert item == {"contact_level": 2, "contacted_on": "2026-11-24"}


async def test_only_an_unknown_mail_is_resolved_once_and_with_a_reason(desk: Desk) -> None:
    _, message_id = await unknown_mail(desk)
    for how, words in (((message_id, ""), "Say how you know"), (("nobody", "x"), "There is no message nobody")):
        with pytest.raises(ResolveRefused, match=words):
            await said(desk, how[0], delivered=True, reason=how[1])
    await said(desk, message_id, delivered=True)
    with pytest.raises(ResolveRefused, match="is not to be resolved: it is sent"):
        await said(desk, message_id, delivered=False)


async def test_a_refusal_that_passes_is_tried_again_later(desk: Desk) -> None:
    office = PostOffice(answer="451 busy")
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take()
        (task,) = await house.plan()
        assert await house.turn() == 0
        (one,) = await house.listed()
        assert (one["state"], one["failure"], one["tries"]) == ("due", "451 busy", 1)
        assert await house.waits() == ["451 busy"]
        office.answer = "250 OK"
        assert await house.turn(MONDAY + AGAIN_AFTER - timedelta(seconds=1)) == 0
        assert [one.id for one in await house.plan(MONDAY + timedelta(minutes=1))] == [task.id]
        assert await house.turn(MONDAY + AGAIN_AFTER) == 1
    (one,) = await house.listed()
    assert (one["state"], one["tries"], len(office.mails)) == ("sent", 2, 1)


async def test_a_refusal_for_good_waits_for_another_address(desk: Desk) -> None:
    office = PostOffice(refuses=frozenset({"weber@example.com"}))
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take()
        await house.plan()
        assert await house.turn() == 0
        (one,) = await house.listed()
        assert (one["state"], one["failure"]) == ("failed", "550 no such mailbox")
        assert await house.told() == ["messages"]
        tomorrow = MONDAY + LOOK_AGAIN
        await house.take("2026-11-24", "two.csv")
        assert await house.turn(tomorrow) == 0
        assert await house.waits() == ["Refused before, and neither address nor text is another: 550 no such mailbox"]
        assert (await house.listed())[0]["tries"] == 1  # the same address is not tried
        await desk.record(tomorrow, email="klein@example.com")
        await house.take("2026-11-25", "three.csv", open_amount="410.01")
        assert await house.turn(tomorrow + LOOK_AGAIN) == 1
    assert [mail.rcpt_tos for mail in office.mails] == [["klein@example.com"]]
    assert await house.told() == []
    (one,) = await house.listed()
    assert (one["state"], one["recipient"], one["tries"]) == ("sent", "klein@example.com", 2)


async def test_a_server_that_is_not_there_is_left_alone_for_a_while(desk: Desk) -> None:
    async with rough_server(Rough("", "")) as port:
        pass
    house = sending(desk, "email", port)
    await house.take()
    await house.plan()
    assert await house.turn() == 0
    assert house.post.again == MONDAY + timedelta(minutes=1)
    assert await house.turn(MONDAY + timedelta(seconds=59)) == 0
    assert (await house.listed())[0]["tries"] == 1
    await house.turn(MONDAY + AGAIN_AFTER)
    assert house.post.again == MONDAY + AGAIN_AFTER + timedelta(minutes=2)
    office = PostOffice()
    async with mail_server(office) as port:
        mail = house.order.settings.mail.model_copy(update={"smtp_port": port})
        house.order = replace(house.order, settings=house.order.settings.model_copy(update={"mail": mail}))
        assert await house.turn(MONDAY + timedelta(hours=1)) == 1
    assert (house.post.failures, len(office.mails)) == (0, 1)


async def test_a_mail_that_was_on_its_way_at_the_end_of_the_process_is_unknown(desk: Desk) -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take()
        (task,) = await house.plan()
        await desk.db.write(lambda conn: tasks.promote_due(conn, MONDAY))
        ready = await desk.db.write(lambda conn: make_ready(conn, house.order, task.id, desk.new_id, MONDAY))
        assert ready is not None
        again = MessageDesk(db=desk.db, new_id=desk.new_id, log=CapturingLogger())  # killed here, and started again
        await again.recover(house.order, MONDAY + timedelta(minutes=1))
        assert await again.turn(house.order, MONDAY + timedelta(hours=1)) == 0
        assert await house.plan(MONDAY + timedelta(hours=1)) == []
    (one,) = await house.listed()
    assert (one["state"], office.mails) == ("unknown", [])
    assert one["failure"] == "collectord was stopped while the e-mail was being sent; whether it left is not known."


async def test_a_mail_whose_turn_broke_off_is_unknown_with_the_next_turn_and_never_sent_again(desk: Desk) -> None:
    rough = Silent("end", "hangs")
    async with rough_server(rough) as port:
        house = sending(desk, "email", port)
        await house.take()
        await house.plan()
        turn = asyncio.create_task(house.turn())
        await rough.silent.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert await house.turn(MONDAY + timedelta(hours=1)) == 0
    (one,) = await house.listed()
    assert (one["state"], len(rough.had)) == ("unknown", 1)
    assert one["failure"].startswith("What the mail server said could not be written down")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"email": ""}, "The debtor has no e-mail address."),
        ({"email": "weber"}, "weber is no e-mail address that can be written to; put it right with `collectord record`."),
    ],
)
async def test_without_an_address_the_task_waits_and_says_so(desk: Desk, more: dict[str, str], words: str) -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take(**more)
        await house.plan()
        assert await house.turn() == 0
    assert await house.waits() == [words]
    assert (office.mails, await house.listed()) == ([], [])


async def test_the_gate_is_asked_at_the_moment_of_sending(desk: Desk) -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take()
        await house.plan()
        await desk.record(MONDAY, dispute="R-1:never ordered")
        assert await house.turn(MONDAY + timedelta(minutes=1)) == 0
        assert (await house.waits())[0].startswith("Disputed, and nothing else may be spoken about")
    assert office.mails == []


async def test_do_not_call_stops_no_mail_but_a_legal_state_does(desk: Desk) -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        house = sending(desk, "email", port)
        await house.take()
        await house.plan()
        await desk.record(MONDAY, legal_state="insolvency")
        assert await house.turn(MONDAY + timedelta(minutes=1)) == 0
        await desk.record(MONDAY + timedelta(minutes=2), legal_state="none")
        await desk.record(MONDAY + timedelta(minutes=2), do_not_call=True)
        assert len(await house.plan(MONDAY + timedelta(minutes=3))) == 1
        assert await house.turn(MONDAY + timedelta(hours=3)) == 1
    assert len(office.mails) == 1


@pytest.mark.parametrize("how", ["shadow", "paused", "doubt", "no server"])
async def test_nothing_leaves_in_shadow_mode_when_paused_in_doubt_or_without_a_server(desk: Desk, how: str) -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        house = sending(desk, "email", 0 if how == "no server" else port, live=how != "shadow")
        await house.take()
        await house.plan()
        if how == "paused":
            await desk.db.write(lambda conn: meta.put(conn, "paused", "yes"))
        if how == "doubt":
            house.order = replace(house.order, doubts=(Doubt(rule="guard/clock", reason="The clock jumped."),))
        assert await house.turn() == 0
    assert (office.mails, await house.listed()) == ([], [])


# ---------------------------------------------------------------- letters


def pdf_text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages)


async def test_a_letter_lies_in_the_print_folder_once_with_an_index(desk: Desk) -> None:
    house = sending(desk, "letter")
    await house.take()
    await house.plan()
    assert await house.turn() == 1
    assert await house.turn(MONDAY + timedelta(hours=1)) == 0
    (sent,) = await house.listed()
    name = sent["recipient"]
    assert sorted(os.listdir(house.folder)) == sorted([name, "index-2026-11-23.csv"])
    text = pdf_text(house.folder / name)
    assert "Müller & Söhne\nFrau Weber" in text
    assert "€410.00" in text
    lines = list(csv.DictReader(io.StringIO((house.folder / "index-2026-11-23.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [(one["recipient"], one["debtor_no"], one["debtor_name"], one["template"]) for one in lines] == [
        (name, "10", "Müller & Söhne", "friendly-reminder 1")
    ]
    (later,) = await house.plan(MONDAY + timedelta(days=8))
    assert later.level == 2


async def test_a_letter_that_was_fetched_before_it_was_noted_is_not_written_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    house = sending(desk, "letter")
    await house.take()
    await house.plan()

    def killed(point: str) -> None:
        if point == "letter-published":
            raise KeyboardInterrupt(point)

    with monkeypatch.context() as patched:
        patched.setattr("collectord.loops.messages.crash_point", killed)
        with pytest.raises(KeyboardInterrupt):
            await house.turn()
    (letter,) = house.folder.glob("*.pdf")
    letter.unlink()  # the printer took it
    again = MessageDesk(db=desk.db, new_id=desk.new_id, log=CapturingLogger())
    await again.recover(house.order, MONDAY + timedelta(minutes=1))
    assert await again.turn(house.order, MONDAY + timedelta(minutes=1)) == 1
    assert list(house.folder.glob("*.pdf")) == []
    assert [one["state"] for one in await house.listed()] == ["sent"]
    assert await house.plan(MONDAY + timedelta(hours=1)) == []


@pytest.mark.parametrize("point", ["message-committed", "letter-staged"])
async def test_a_letter_that_was_interrupted_is_finished(desk: Desk, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    house = sending(desk, "letter")
    await house.take()
    await house.plan()

    def killed(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt(name)

    with monkeypatch.context() as patched:
        patched.setattr("collectord.loops.messages.crash_point", killed)
        with pytest.raises(KeyboardInterrupt):
            await house.turn()
    again = MessageDesk(db=desk.db, new_id=desk.new_id, log=CapturingLogger())
    await again.recover(house.order, MONDAY + timedelta(minutes=1))
    assert await again.turn(house.order, MONDAY + timedelta(minutes=1)) == 1
    assert len(list(house.folder.glob("*.pdf"))) == 1
    assert len(list(house.folder.glob(".*"))) == 0
    assert [one["state"] for one in await house.listed()] == ["sent"]


async def test_a_letter_that_cannot_be_written_waits_and_says_why(desk: Desk) -> None:
    house = sending(desk, "letter")
    await house.take(debtor_name="株 GmbH")
    await house.plan()
    assert await house.turn() == 0
    (one,) = await house.listed()
    assert one["state"] == "failed"
    assert "has no sign for 株" in one["failure"]
    assert list(house.folder.iterdir()) == []


async def test_a_folder_that_is_gone_is_tried_again(desk: Desk) -> None:
    house = sending(desk, "letter")
    await house.take()
    await house.plan()
    house.folder.rmdir()
    assert await house.turn() == 0
    (one,) = await house.listed()
    assert one["state"] == "due"
    assert "check the exchange folder" in one["failure"]
    house.folder.mkdir()
    assert await house.turn(MONDAY + AGAIN_AFTER) == 1


async def test_an_index_that_could_not_be_written_is_written_later(desk: Desk) -> None:
    house = sending(desk, "letter")
    await house.take()
    await house.plan()
    blocked = house.folder / ".index-2026-11-23.csv.tmp"
    blocked.mkdir()
    assert await house.turn() == 1
    assert (await house.listed())[0]["state"] == "sent"
    assert not (house.folder / "index-2026-11-23.csv").exists()
    blocked.rmdir()
    assert await house.turn(MONDAY + timedelta(minutes=1)) == 0
    assert (house.folder / "index-2026-11-23.csv").exists()


async def test_letters_off_leave_the_task_to_a_person(desk: Desk) -> None:
    house = sending(desk, "letter")
    off = house.order.settings.model_copy(update={"letters": LettersSection()})
    house.order = replace(house.order, settings=off)
    await house.take()
    assert len(await house.plan()) == 1
    assert await house.turn() == 0
    assert [task.medium for task in await house.live()] == ["letter"]


async def test_a_hostile_name_stays_in_its_place(desk: Desk) -> None:
    house = sending(desk, "letter")
    await house.take(debtor_no="../10", debtor_name='Evil "{{items}}" ../../x\\')
    await planning.work(desk.db, house.order.rules, desk.house, MONDAY, new_id=desk.new_id)
    assert await house.turn() == 1
    (letter,) = house.folder.glob("*.pdf")
    assert letter.name.startswith("2026-11-23-_10-")
    assert 'Evil "{{items}}" ../../x' in pdf_text(letter)
    assert sorted(os.listdir(desk.folder / "exchange")) == sorted(one.name for one in house.order.folders.all())


# ---------------------------------------------------------------- what agents see


async def test_the_script_is_shown_with_the_values_of_today(desk: Desk) -> None:
    await desk.take(row(debtor_name="Müller"), as_of="2026-11-23")
    key = DebtorKey("", "10")

    async def shown(level: int | None = None) -> dict[str, Any]:
        return await script_shown.show_script(desk.db, desk.rules, desk.house, key, level, {"": "Anna"}, MONDAY)

    first = await shown()
    assert (first["script"], first["version"], first["language"], first["task"]) == ("friendly-reminder", 1, "en", None)
    assert "My name is Anna" in first["text"] or "my name is Anna" in first["text"]
    assert first["text"].index("## Identify") < first["text"].index("€410.00")
    assert "410" not in first["voicemail"]
    assert "key 7" in first["third_party"]
    assert "Muster" not in first["minor"]
    assert (await shown(1))["script"] == "courtesy"
    letter = await shown(4)
    assert (letter["script"], letter["medium"], letter["voicemail"]) == ("second-reminder", "letter", None)
    assert letter["subject"] == "Second message from Muster GmbH, customer number 10"
    with pytest.raises(NotKnown, match="no step 99"):
        await shown(99)
    with pytest.raises(NotKnown, match="The step is a handover: nobody calls or writes for it"):
        await shown(6)
    with pytest.raises(NotKnown, match="no debtor 11"):
        await script_shown.show_script(desk.db, desk.rules, desk.house, DebtorKey("", "11"), None, {}, MONDAY)
    desk.rules = replace(desk.rules, scripts=type(desk.rules.scripts)())
    with pytest.raises(NotKnown, match=r"There is no text scripts/en/friendly-reminder\.md"):
        await shown()


async def test_lists_name_the_script_and_its_version(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    shown = await desk.ask(MONDAY)
    assert (shown["script"], shown["script_version"]) == ("friendly-reminder", 1)
    assert "script_version" in call_sheet.COLUMNS
