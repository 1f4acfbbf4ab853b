"""Texts for debtors: what a file must say, which text a contact uses, and what it becomes for a debtor."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import Money
from collectord.core.receivables.holds import NO_HOLD
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.script_set import (
    BY_ORIGIN,
    NO_SCRIPTS,
    PLAIN,
    Scripts,
    document_version,
    kind_for,
    language_for,
    script_doubts,
    script_of,
    script_of_level,
)
from collectord.core.receivables.script_text import DISCLOSING, LANGUAGES, PLACEHOLDERS, Kind, ScriptText, parse_script, script_kind
from collectord.core.receivables.script_words import LISTED, Occasion, fill, values_of
from collectord.core.receivables.steps import View
from collectord.core.receivables.strategies import NO_FRAMES, Frames, Strategies
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.receivables.triggers import Trigger
from collectord.core.wording import Language

FRONT = '+++\ntitle = "T"\nversion = 2\napproved_by = "Ms Klein"\napproved_on = 2026-11-22\n+++\n'
MAIL = FRONT.replace("+++\ntitle", '+++\nsubject = "News of {{company}}"\ntitle')
GOOD = FRONT + "## Identify\nHello {{contact_person}}?\n\n## Reason\nYour invoice: {{open_amount}}\n{{items}}\n"
TODAY = date(2026, 11, 23)


def problems(text: str, kind: Kind = Kind.SCRIPT, language: Language = "en", name: str = "x") -> list[tuple[int, str]]:
    script, found = parse_script(kind, name, language, text)
    assert (script is None) == bool(found)
    return [(one.line, f"{one.key}: {one.sentence}" if one.key else one.sentence) for one in found]


def test_a_text_keeps_its_version_and_who_approved_it() -> None:
    script, found = parse_script(Kind.SCRIPT, "friendly-reminder", "en", GOOD)
    assert script is not None
    assert found == ()
    assert (script.title, script.version, script.approved_by, script.approved_on) == ("T", 2, "Ms Klein", date(2026, 11, 22))
    assert (script.reference, script.file) == ("friendly-reminder 2", "scripts/en/friendly-reminder.md")
    assert script.body.startswith("## Identify\n")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("## Identify\n", 1, "must begin with a line +++"),
        ("\n" + GOOD, 1, "must begin with a line +++"),
        ("+++\ntitle = \n+++\nx", 2, "this is no TOML"),
        ('+++\ntitle = "a\n+++\nx', 2, "this is no TOML"),
        ("+++\ntitle = [\n+++\nx", 3, "this is no TOML"),
        (GOOD.replace('"Ms Klein"', '""'), 4, "approved_by: nobody approved this text"),
        (GOOD.replace('"Ms Klein"', "7"), 4, "approved_by: approved_by = 7 is not text in quotes"),
        (GOOD.replace('title = "T"', 'title = " "'), 2, "title: title must be one line of text"),
        (GOOD.replace('title = "T"', 'title = "a\\nb"'), 2, "title: title must be one line of text"),
        (GOOD.replace("version = 2", "version = 0"), 3, "version: version = 0 is below 1"),
        (GOOD.replace("version = 2\n", "version = 2\nsubject = 'x'\n"), 4, "subject: subject is not known here"),
        (GOOD.replace("2026-11-22", '"today"'), 5, "approved_on: approved_on = 'today' is not a date"),
        (FRONT + "\n\n", 7, "there is no text behind the second +++"),
        (FRONT + "Just talk\n", 7, "there is no section ## Identify; the script must begin with it"),
        (GOOD.replace("## Identify", "## Reason first"), 7, "the first section must be ## Identify"),
        (
            GOOD.replace("Hello", "{{open_amount}}"),
            8,
            "{{open_amount}} discloses the debt; the script before the section behind ## Identify",
        ),
        (GOOD.replace("Hello", "> note {{items}}"), 8, "{{items}} discloses"),
        (GOOD.replace("Hello", "About your overdue invoice"), 8, "'overdue' tells what it is about"),
        (FRONT + "Your invoice.\n" + GOOD[len(FRONT) :], 7, "'invoice' tells what it is about"),
        (GOOD.replace("{{open_amount}}", "{{ opne_amount }}"), 11, "{{opne_amount}} is not known here; known are agent, caller_id"),
        (GOOD.replace("{{open_amount}}", "{open_amount}}"), 11, "a placeholder is written {{name}}"),
        (GOOD.replace("{{items}}", "All: {{items}}"), 12, "{{items}} is a list and needs a line of its own"),
    ],
)
def test_each_mistake_in_a_script_is_a_sentence_with_its_line(text: str, line: int, words: str) -> None:
    found = problems(text)
    assert (line, words) in [
        (at, said[: len(words)]) if said.startswith(words) else (at, words if words in said else said) for at, said in found
    ], found


def test_what_an_agent_only_reads_may_name_the_debt_before_identification() -> None:
    assert problems(GOOD.replace("Hello", "> Not a word about the invoice.\nHello")) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("placeholder", sorted(DISCLOSING))
def test_a_voicemail_text_discloses_nothing(language: Language, placeholder: str) -> None:
    found = problems(FRONT + f"Hello.\n{{{{{placeholder}}}}}\n", Kind.VOICEMAIL, language, "voicemail")
    assert found == [(8, f"{{{{{placeholder}}}}} discloses the debt; a text for a machine or somebody else must not")]


@pytest.mark.parametrize(
    ("language", "spoken", "told"),
    [
        ("de", "Es geht um Ihre Rechnung.", "Rechnung"),
        ("de", "Es geht um eine Mahnung.", "Mahnung"),
        ("de", "> Die Zahlungserinnerung", "Zahlungserinnerung"),
        ("de", "Wegen Ihrer Schulden.", "Schulden"),
        ("de", "Das ist überfällig.", "überfällig"),
        ("de", "Wegen der offenen Posten.", "Posten"),
        ("de", "Wegen eines Betrages.", "Betrages"),
        ("en", "About your Invoice.", "Invoice"),
        ("en", "You owe us.", "owe"),
        ("en", "A payment is due.", "payment"),
    ],
)
def test_a_voicemail_text_says_no_word_of_it(language: Language, spoken: str, told: str) -> None:
    found = problems(FRONT + spoken + "\n", Kind.VOICEMAIL, language, "voicemail-second")
    assert any(said.startswith(f"{told!r} tells what it is about") for _, said in found), found


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("de", "Entschuldigung, ich hoffe, Sie hören das; eine Anzahl Minuten genügt. Bitte um Rückruf unter {{caller_id}}."),
        ("en", "Sorry to bother you; a duet of bells, a billion thanks. Please call {{agent}} of {{company}}."),
    ],
)
def test_words_that_only_look_like_it_are_fine(language: Language, spoken: str) -> None:
    assert problems(FRONT + spoken + "\n", Kind.VOICEMAIL, language, "voicemail") == []


def test_nobody_speaks_in_a_letter() -> None:
    ((line, said),) = problems(MAIL + "I am {{agent}}\n", Kind.LETTER)
    assert (line, said.startswith("{{agent}} is nobody here")) == (8, True)


def test_the_subject_of_a_mail_is_readable_by_whoever_sees_the_mailbox() -> None:
    assert problems(MAIL + "Dear {{contact_person}}, {{open_amount}}.\n", Kind.EMAIL) == []
    assert problems(FRONT + "Dear\n", Kind.EMAIL) == [(2, "subject: subject is missing; expected text in quotes")]
    for wrong, words in [
        ("{{open_amount}}", "{{open_amount}} must not stand in a subject"),
        ("{{nobody}}", "{{nobody}} is not known here"),
        ("{{company", "a placeholder is written {{name}}"),
    ]:
        ((line, said),) = problems(MAIL.replace("{{company}}", wrong) + "Dear\n", Kind.LETTER)
        assert line == 2
        assert said.startswith(f"subject: {words}")


def test_a_name_is_one_that_every_system_can_store() -> None:
    assert problems(GOOD, name="Mahnung 1") == [(1, "use small letters, digits and hyphens in the name of a file here")]


# ---------------------------------------------------------------- all texts together


def text_of(name: str, kind: Kind = Kind.SCRIPT, language: Language = "en") -> ScriptText:
    return ScriptText(kind=kind, name=name, language=language, title="T", version=4, approved_by="x", approved_on=TODAY, body="x")


def scripts(*names: str, letters: tuple[str, ...] = (), but: tuple[str, str] = ("", "")) -> Scripts:
    known = [(script_kind(name), name) for name in (*names, PLAIN, *BY_ORIGIN.values(), "voicemail")]
    known += [(Kind.LETTER, name) for name in letters]
    return Scripts({(k, n, one): text_of(n, k, one) for k, n in known for one in LANGUAGES if (n, one) != but})


def level(number: int, medium: str, script: str) -> Level:
    return Level(number=number, name=str(number), medium=medium, script=script, after_due=number)


def ladders(*levels: Level) -> tuple[Ladder, ...]:
    return (Ladder(name="l", levels=levels),)


def test_a_script_that_a_rule_names_is_there() -> None:
    steps = ladders(level(1, "call", "one"), level(2, "letter", "two"), level(3, "handover", "any"), level(4, "call", ""))
    triggers = (Trigger(name="a"), Trigger(name="b", script="three"))
    frames = Frames(Strategies((), {"firm": "four"}))
    found = [(doubt.file, doubt.path, doubt.is_error) for doubt in script_doubts(scripts(), steps, triggers, frames)]
    assert found == [
        ("ladders.toml", "ladder.l.level.0.script", True),
        ("ladders.toml", "ladder.l.level.1.script", True),
        ("triggers.toml", "trigger.1.script", True),
        ("strategies.toml", "script.firm", True),
    ]
    whole = scripts("one", "three", "four", letters=("two",))
    assert list(script_doubts(whole, steps, triggers, frames)) == []
    (doubt,) = script_doubts(scripts("one", letters=("one",)), ladders(level(1, "letter", "two")), (), NO_FRAMES)
    assert doubt.sentence == "script = 'two': there is no templates/de/two.letter.md; known are one"


@pytest.mark.parametrize("name", ["third-party", "minor", "minor-at-home"])
def test_whoever_is_not_the_debtor_is_told_nothing(name: str) -> None:
    assert script_kind(name) is Kind.VOICEMAIL
    assert problems(FRONT + "Goodbye.\n> Then key 7.\n", script_kind(name), "en", name) == []
    assert problems(FRONT + "It is about an invoice.\n", script_kind(name), "en", name) == [
        (7, "'invoice' tells what it is about; a text for a machine or somebody else must not")
    ]


def test_a_text_is_there_in_both_languages() -> None:
    (doubt,) = script_doubts(scripts("one", but=("one", "de")), (), (), NO_FRAMES)
    assert (doubt.file, doubt.sentence) == ("scripts/en/one.md", "the text is missing in the other language: scripts/de/one.md")


def test_texts_that_no_rule_names_are_needed_as_well() -> None:
    found = {
        doubt.file for doubt in script_doubts(Scripts({(Kind.SCRIPT, "a", one): text_of("a") for one in LANGUAGES}), (), (), NO_FRAMES)
    }
    assert found == {
        "scripts/de/voicemail.md", "scripts/de/friendly-reminder.md", "scripts/de/broken-promise.md", "scripts/de/callback.md",
    }  # fmt: skip


def test_a_directory_without_texts_is_as_before() -> None:
    assert list(script_doubts(NO_SCRIPTS, ladders(level(1, "call", "one")), (), NO_FRAMES)) == []


def task(**more: object) -> Task:
    usual = {
        "id": "t", "company": "", "debtor_no": "10", "medium": "call", "ladder": "", "level": 0, "items": (), "open_amount": {},
        "not_before": datetime(2026, 11, 23, tzinfo=UTC), "expires_at": None, "state": TaskState.READY, "why": "",
    }  # fmt: skip
    return Task(**{**usual, **more})  # type: ignore[arg-type]


def test_which_text_a_contact_uses() -> None:
    assert script_of(task(script="courtesy", origin=Origin.PROMISE)) == "courtesy"
    assert script_of(task(origin=Origin.PROMISE)) == "broken-promise"
    assert script_of(task(origin=Origin.CALLBACK)) == "callback"
    assert script_of(task(origin=Origin.MANUAL)) == "friendly-reminder"
    assert [kind_for(medium) for medium in ("call", "email", "letter", "visit")] == [Kind.SCRIPT, Kind.EMAIL, Kind.LETTER, Kind.SCRIPT]
    with_tones = Frames(Strategies((), {"friendly": "soft"}))
    by_tone = View(Debtor(company="", debtor_no="10", debtor_name="x"), ladders(level(1, "call", ""))[0], NO_HOLD, TODAY, None)
    assert script_of_level(by_tone, level(1, "call", "own"), with_tones) == "own"
    assert script_of_level(by_tone, level(1, "call", ""), with_tones) == "soft"
    assert script_of_level(by_tone, level(1, "call", ""), NO_FRAMES) == PLAIN
    known = scripts()
    assert (known.reference(PLAIN, "de"), known.reference("other", "de")) == ("friendly-reminder 4", "")
    shown = document_version({"script": "", "origin": "callback", "medium": "call"}, known, "de")
    assert (shown["script"], shown["script_version"]) == ("callback", 4)
    shown = document_version({"script": "other", "origin": "ladder", "medium": "call"}, known, "de")
    assert (shown["script"], shown["script_version"]) == ("other", None)
    assert [known.version(PLAIN, medium, "de") for medium in ("call", "letter", "handover")] == [4, None, None]
    assert [language_for(spoken, "de") for spoken in ("en-GB", "DE", "fr", "")] == ["en", "de", "de", "de"]


# ---------------------------------------------------------------- filled in


def item(no: str = "R-1", amount: str = "410.00", due: date = date(2026, 11, 10), currency: str = "EUR") -> OpenItem:
    kind = "invoice" if Decimal(amount) > 0 else "credit_note"
    return OpenItem(
        company="", debtor_no="10", item_no=no, source="s", due_on=due, open_amount=Decimal(amount), kind=kind, currency=currency
    )


def occasion(*items: OpenItem, name: str = "Müller & Söhne", agent: str = "Anna", promise: Promise | None = None) -> Occasion:
    debtor = Debtor(company="", debtor_no="10", debtor_name=name)
    return Occasion(debtor=debtor, items=items, company="Muster GmbH", caller_id="+493012345600", agent=agent, promise=promise, today=TODAY)


def promised(amount: str, on: date) -> Promise:
    return Promise(
        id="p", company="", debtor_no="10", amount=Money(Decimal(amount), "EUR"), promised_on=on, grace_until=on,
        made_at=datetime(2026, 11, 1, tzinfo=UTC), items=(),
    )  # fmt: skip


def test_each_placeholder_reads_in_the_debtors_language() -> None:
    about = occasion(item(), item("G-1", "-10.00"), item("R-2", "5.00", date(2026, 12, 1)), promise=promised("100.00", date(2026, 11, 20)))
    german, english = values_of(about, "de", "Europe/Berlin"), values_of(about, "en", "Europe/Berlin")
    assert german.keys() == PLACEHOLDERS
    assert german["open_amount"] == "405,00\xa0€"
    assert german["overdue_amount"] == "400,00\xa0€"
    assert german["contact_person"] == "Müller & Söhne"
    assert german["items"].splitlines() == [
        "- R-1, fällig am 10. November 2026: 410,00\xa0€",
        "- R-2, fällig am 1. Dezember 2026: 5,00\xa0€",
        "- G-1, Gutschrift: -10,00\xa0€",
    ]
    assert (english["oldest_due_on"], english["days_past_due"], english["item_count"]) == ("10 November 2026", "13", "2")
    assert english["promise"] == "€100.00 by 20 November 2026"


def test_what_nobody_knows_is_left_to_the_agent() -> None:
    values = values_of(occasion(name=" ", agent=""), "de", "Europe/Berlin")
    assert {name for name, value in values.items() if value == "…"} == {
        "agent", "contact_person", "debtor_name", "oldest_due_on", "open_amount", "overdue_amount",
    }  # fmt: skip
    assert (values["promise"], values["items"]) == ("keine", "")


def test_amounts_of_different_currencies_stand_beside_each_other() -> None:
    assert values_of(occasion(item(), item("R-2", "5.00", currency="CHF")), "en", "UTC")["open_amount"] == "CHF5.00 + €410.00"


def test_a_long_account_is_counted_in_the_end() -> None:
    lines = values_of(occasion(*(item(f"R-{n:03}") for n in range(LISTED + 3))), "en", "UTC")["items"].splitlines()
    assert (len(lines), lines[-1]) == (LISTED + 1, "- and 3 more")


@given(st.text(), st.text(max_size=30))
def test_for_all_names_nothing_opens_a_section_a_placeholder_or_a_header(name: str, number: str) -> None:
    text = ScriptText(
        kind=Kind.EMAIL, name="n", language="en", title="t", version=1, approved_by="x", approved_on=TODAY,
        subject="To {{debtor_name}}", body="Dear {{debtor_name}},\n{{items}}\nend {{agent}}",
    )  # fmt: skip
    filled = fill(text, values_of(occasion(item(number or "x"), name=f"{name}\n## {{{{agent}}}}\r\nBcc: x"), "en", "UTC"))
    assert "\n" not in filled.subject
    assert "\r" not in filled.subject
    assert filled.body.count("\n") == 2
    assert filled.body.endswith("\nend Anna")
    assert not any(line.startswith("## ") for line in filled.body.splitlines())
