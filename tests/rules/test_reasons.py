"""Every task, refusal and non-task of many debtors over many days has a reason that is true, found out by deriving it again.

REASONS_DEBTORS=10000 audits that many (half an hour); without it a sample, for every day.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from collectord.core.contact.contact_rules import Allowed, may_contact
from collectord.core.house import Company, House
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.history import NO_HISTORY
from collectord.core.receivables.holds import NO_HOLD
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.tasks import Task
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.rules import Rules
from collectord.core.simulation.account import Account
from collectord.core.simulation.chance import Chance
from collectord.core.simulation.play import Play, days_of
from collectord.core.telephony.callbacks import Colleague
from collectord.core.wording import Told, phrase
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from tests.rules import gate_reasons, reasons
from tests.rules.many_debtors import accounts, exceptions_file

DEBTORS = int(os.environ.get("REASONS_DEBTORS", "240"))
DAYS = 10
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=ZoneInfo("Europe/Berlin"))
HOUSE = House(language="en", companies={"": Company(code="", name="Muster GmbH", caller_id="+493012345600", region="BE")})
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """As shipped, with exceptions for some."""
    home = tmp_path_factory.mktemp("rules") / "rules"
    shutil.copytree(shipped_directory("rules"), home)
    (home / "debtors.toml").write_text(exceptions_file(DEBTORS), encoding="utf-8")
    return load_rules(home)


def case_of(account: Account, today: date) -> reasons.Case:
    return reasons.Case(
        account.debtor, account.all_items, account.ladder, account.policy, account.holds(today), account.history, today
    )  # fmt: skip


def answer_on(case: reasons.Case, day: date) -> Wanted | NotWanted:
    return wanted(case.debtor, case.items, case.ladder, day, holds=case.holds, history=case.history, policy=case.policy)


def test_every_reason_of_many_debtors_over_many_days_is_true(rules: Rules) -> None:
    team = {f"2{number:02}": Colleague(id=f"2{number:02}") for number in range(max(2, DEBTORS // 250))}
    play = Play(rules=rules, house=HOUSE, team=team, now=NOW, chance=Chance(7), closed=lambda day: day.weekday() > 4)
    for account in accounts(DEBTORS, rules, NOW, play.start, seed=3):
        play.add(account)
    told: Counter[str] = Counter(reason(case_of(account, play.start)) for account in play.accounts.values())
    sentences: dict[str, str] = {}  # task -> what it said yesterday
    for day in days_of(play.start, DAYS):
        mornings = list(play.mornings(day))
        for account in play.accounts.values():
            told[audited(account, day, sentences)] += 1
        if play.works_on(day):
            for hour in (10, 13, 19):
                told.update(gated(play, rules, datetime.combine(day, datetime.min.time(), NOW.tzinfo) + timedelta(hours=hour)))
        play.shift(day, mornings)
    expected = set(reasons.CHECKS) - {"head-office", "too-heavy"} | {"task", "task-brought", "allowed"}
    assert expected <= set(told), f"not met: {sorted(expected - set(told))}"


def reason(case: reasons.Case) -> str:
    """The rule that the answer names, once it is found to be true."""
    answer = answer_on(case, case.today)
    reasons.check(case, answer)
    return answer.rule if isinstance(answer, NotWanted) else "task-brought" if answer.prompted_by else "task"


def audited(account: Account, today: date, sentences: dict[str, str]) -> str:
    """Planning's answer for one debtor on one day; what it is about, for the count. A task's sentence is looked at when it is written."""
    case = case_of(account, today)
    answer = answer_on(case, today)
    try:
        reasons.check(case, answer)
        if isinstance(answer, NotWanted):
            stays_refused(case, answer)
            assert account.task is None or account.held.covered_by or waits(account.task, answer), f"a task in spite of it: {account.task}"
            return answer.rule
        task = account.task
        if task is not None and sentences.get(task.id) != task.why and not after_a_call(task):
            told = answer.why("en", HOUSE.time_zone)
            assert task.why == told, f"the task says {task.why!r}, today's is {told!r}"
            sentences[task.id] = task.why
    except AssertionError as wrong:
        wrong.add_note(f"debtor {account.debtor.debtor_no} on {today}: {answer}")
        raise
    return "task-brought" if answer.prompted_by else "task"


def waits(task: Task, answer: NotWanted) -> bool:
    """The step has begun, and comes back no sooner than the reason ends."""
    same = answer.level is not None and answer.level.number == task.level and task.attempts_made > 0
    return same and answer.until is not None and task.not_before >= day_begins(answer.until, HOUSE.time_zone)


def after_a_call(task: Task) -> bool:
    """The sentence is what the last call yielded."""
    return task.attempts_made > 0 or "; again from" in task.why or "it rests until" in task.why


def stays_refused(case: reasons.Case, answer: NotWanted) -> None:
    """Before `until` nothing is wanted, as long as nothing happens; without one not for the next weeks, either."""
    ends = answer.until or case.today + 45 * DAY
    for day in {ends - DAY, case.today + (ends - case.today) // 2, case.today + DAY}:
        if case.today < day < ends:
            later = answer_on(case, day)
            assert isinstance(later, NotWanted), f"wanted on {day} already: {later}"


def gated(play: Play, rules: Rules, now: datetime) -> list[str]:
    """The gate's answer for every debtor with a call to make."""
    found = []
    for account in play.accounts.values():
        if account.known is None or not account.waiting_calls():
            continue
        facts = account.facts_at(now, (play.house.today(now) - play.start).days, play.on_numbers)
        verdict = may_contact(facts, rules.packs, play.house, now)
        try:
            found += gate_reasons.check(facts, rules.packs, play.house, now, verdict)
        except AssertionError as wrong:
            wrong.add_note(f"debtor {account.debtor.debtor_no} at {now}: {verdict}")
            raise
        found += ["allowed"] if isinstance(verdict, Allowed) else []
    return found


def owed(no: str, due_on: date, amount: str, level: int = 5) -> OpenItem:
    return OpenItem(
        company="", debtor_no="10", item_no=no, source="canonical", due_on=due_on, open_amount=Decimal(amount), contact_level=level,
        contacted_on=due_on + 25 * DAY,
    )  # fmt: skip


def test_a_handover_of_too_little_is_looked_at_again_when_a_younger_invoice_joins_it(rules: Rules) -> None:
    today = date(2026, 11, 23)
    debtor = Debtor(company="", debtor_no="10", debtor_name="Muster", person_type="business", potential_class="II")
    items = (owed("old", today - 60 * DAY, "20.00"), owed("young", today - 40 * DAY, "90.00"))
    case = reasons.Case(debtor, items, rules.policy.ladder_for(debtor, rules.ladders), rules.policy, NO_HOLD, NO_HISTORY, today)
    answer = answer_on(case, today)
    assert isinstance(answer, NotWanted)
    assert (answer.rule, answer.until) == ("below-minimum", date(2026, 11, 28)), "45 days after the younger one was due"
    later = answer_on(case, date(2026, 11, 28))
    assert isinstance(later, Wanted)
    assert later.open_amount == {"EUR": Decimal("110.00")}


def test_a_sentence_within_a_sentence_is_whole() -> None:
    many = ", ".join(["older items are still unpaid"] * 10)
    assert phrase({"told": ("Because {why}.", "Weil {why}.")}, "told", "en", why=Told(many)) == f"Because {many}."
    assert phrase({"told": ("Because {why}.", "Weil {why}.")}, "told", "en", why=many).endswith("….")
