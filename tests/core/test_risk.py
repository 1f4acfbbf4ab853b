"""Risk of paying late: from the debtor's own past, drawn towards the class, with reasons that can be checked."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.acting_early import NOT_EARLY, parse_early
from collectord.core.receivables.history import NO_HISTORY, REMEMBERED, History, PaidItem
from collectord.core.receivables.peers import EVERYBODY, FIRST_GUESS, NO_PEERS, Peer, Peers, Sums, peers_from, told_days
from collectord.core.receivables.risk import Risk, changes_on, estimate
from collectord.core.receivables.risk_rules import NO_RISKS, RiskRules, Risks, parse_risk
from collectord.core.receivables.risk_track import (
    Foretold,
    Past,
    brier,
    calibration,
    foretold,
    known_peers,
    rank,
    rank_of_yardstick,
    sentences,
    track_record,
    yardstick,
)
from collectord.core.rule_text import Problem, Table
from tests.core.early_cases import FIRM, TODAY, ago, habit, owed, paid

COMING = owed("N", -5, "100.00")
CALM = Peer(share=0.2, strength=5.0, mean=0.0, between=4.0, within=6.0)
PEERS = Peers({EVERYBODY: CALM, "IV": replace(CALM, share=0.7, mean=12.0)})


def risk(*late: int, **more: object) -> Risk:
    return estimate("II", more.pop("item", COMING), History(paid=habit(*late)), PEERS, TODAY, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- one estimate


@given(
    st.lists(st.tuples(st.integers(-5, 45), st.sampled_from(["100.00", "-20.00"])), max_size=3),
    st.lists(st.tuples(st.integers(700, 760), st.integers(-5, 40)), max_size=2),
    st.integers(0, 40),
)
def test_for_all_debtors_an_estimate_stays_the_same_until_the_day_that_is_named(
    open_now: list[tuple[int, str]], past: list[tuple[int, int]], late_after: int
) -> None:
    others = [owed(f"R{at}", days, amount) for at, (days, amount) in enumerate(open_now)]
    paid_then = [one for at, (due, late) in enumerate(past) if ago(730) < (one := paid(f"P{at}", due, late)).cleared_on]
    until = changes_on([COMING, *others], History(paid=tuple(paid_then)), TODAY, late_after)
    assert until is not None
    assert until > TODAY

    def on(day: date) -> float:
        known = History(paid=tuple(one for one in paid_then if one.cleared_on > day - REMEMBERED))
        return estimate("II", COMING, known, PEERS, day, others=others, late_after=late_after).probability

    assert {on(TODAY + timedelta(days=ahead)) for ahead in range((until - TODAY).days)} == {on(TODAY)}


def test_of_a_debtor_who_owes_nothing_and_paid_nothing_time_makes_no_other_estimate() -> None:
    assert changes_on([owed("C", 3, "-5.00")], NO_HISTORY, TODAY, 3) is None


def test_who_always_paid_late_is_likely_to_again_and_who_never_did_is_not() -> None:
    late, punctual = risk(12, 15, 9, 20, 14, 11, 13, 12), risk(0, -3, 1, 0, -2, 0, 0, 1)
    assert late.percent > 70
    assert punctual.percent < 15


def test_the_reasons_are_sentences_that_can_be_checked() -> None:
    told = risk(2, 9, 12, 1, 8, 20, 21, 22)
    assert told.why("en") == f"{told.percent} % risk of being paid late: paid 6 of 8 items late, 12 days on average, lately 21 days."
    assert told.why("de") == (
        f"{told.percent} % Risiko verspäteter Zahlung: 6 von 8 Posten verspätet gezahlt, im Mittel 12 Tage, zuletzt 21 Tage."
    )
    assert "lately only 0 days" in risk(20, 22, 20, 24, 0, 0, 0).why("en")
    assert risk(-3, -4, -2).why("en").endswith("paid 0 of 3 items late.")


def test_a_new_debtor_is_taken_for_one_of_its_class() -> None:
    of_class, worse = estimate("II", COMING, NO_HISTORY, PEERS, TODAY), estimate("IV", COMING, NO_HISTORY, PEERS, TODAY)
    assert of_class.percent < 35 < worse.percent
    assert worse.why("en").endswith("little is known of this debtor; of comparable ones 70 % of the items come late.")
    one_item = estimate("IV", COMING, History(paid=habit(0)), PEERS, TODAY)
    assert 50 < one_item.percent < worse.percent  # a single punctual item does not outweigh the class
    assert "paid 0 of 1 items late" in one_item.why("en")


def test_a_ledger_without_a_past_starts_from_a_first_guess() -> None:
    assert estimate("II", COMING, NO_HISTORY, NO_PEERS, TODAY).percent == pytest.approx(100 * FIRST_GUESS.share, abs=10)


def test_a_mean_of_twenty_days_says_more_than_one_of_four() -> None:
    assert risk(20, 22, 18, 25).probability > risk(4, 5, 4, 4).probability


def test_newer_items_weigh_more_and_a_turn_for_the_worse_is_told() -> None:
    better, worse = risk(20, 20, 20, 20, 0, 0, 0, 0), risk(0, 0, 0, 0, 20, 20, 20, 20)
    assert worse.probability > better.probability + 0.15
    assert ("worse", {"lately": 20}) in worse.reasons


def test_older_items_that_are_unpaid_by_now_count_as_late() -> None:
    calm = risk(0, 0, 1, 0, 0)
    behind = risk(0, 0, 1, 0, 0, others=[COMING, owed("U", 25), owed("V", 9), owed("W", 2), owed("G", 30, "-50.00")])
    assert behind.probability > calm.probability + 0.2
    assert ("unpaid", {"unpaid": 2}) in behind.reasons


def test_an_amount_above_the_usual_raises_the_risk_a_little() -> None:
    usual = risk(5, 0, 5, 0)
    large = risk(5, 0, 5, 0, item=owed("N", -5, "800.00"))
    huge = risk(5, 0, 5, 0, item=owed("N", -5, "8000.00"))
    assert usual.probability < large.probability == huge.probability  # bounded: a typing mistake does not decide
    assert ("amount", {"times": 8}) in large.reasons
    assert risk(5, 0, 5, 0, item=owed("N", -5, "800.00", currency="CHF")).probability == usual.probability


def test_what_was_cleared_after_the_day_of_asking_is_not_looked_at() -> None:
    history = History(paid=habit(0, 0, 0, 30, 40, 50))
    assert estimate("II", COMING, history, PEERS, ago(200)).reasons[0][0] == "class"


@given(
    st.lists(st.tuples(st.integers(-30, 200), st.sampled_from(["1.00", "100.00", "90000.00"])), max_size=12),
    st.lists(st.integers(-10, 300), max_size=4),
    st.sampled_from(["", "IV"]),
    st.randoms(use_true_random=False),
)
def test_for_all_it_is_a_probability_with_reasons_and_the_order_does_not_matter(
    late: list[tuple[int, str]], open_days: list[int], name: str, chance: random.Random
) -> None:
    items = [paid(f"P{at}", 250 + 3 * at, days, amount) for at, (days, amount) in enumerate(late)]
    others = [owed(f"O{at}", days) for at, days in enumerate(open_days)]
    first = estimate(name, COMING, History(paid=tuple(items)), PEERS, TODAY, others=others)
    assert 0 < first.probability < 1
    assert first.why("en")
    assert first.why("de")
    chance.shuffle(items)
    chance.shuffle(others)
    again = estimate(name, COMING, History(paid=tuple(items)), PEERS, TODAY, others=others)
    assert again.probability == pytest.approx(first.probability)
    assert again.reasons == first.reasons


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), st.integers(4, 60))
def test_for_all_one_more_late_item_never_lowers_the_share(late: list[int], worse: int) -> None:
    """Paid late on top of what was paid in time or late: the debtor is no better risk for it."""
    before = estimate("II", COMING, History(paid=tuple(paid(f"P{at}", 60, days) for at, days in enumerate(late))), PEERS, TODAY)
    items = (*(paid(f"P{at}", 60, days) for at, days in enumerate(late)), paid("X", 60, max([worse, *late])))
    assert estimate("II", COMING, History(paid=items), PEERS, TODAY).probability >= before.probability - 0.03


# ---------------------------------------------------------------- peers


def sums(*debtors: tuple[int, ...]) -> Sums:
    """Each debtor by its days late; late is more than 3."""
    found = Sums()
    for days in debtors:
        found.add(sum(one > 3 for one in days), [told_days(one) for one in days])
    return found


def test_a_class_is_known_by_share_mean_and_spread() -> None:
    peer = peers_from([("I", sums(*[(0, 0, 10, 10)] * 30))]).of("I")
    assert peer.share == pytest.approx(0.5, abs=0.01)
    assert peer.mean == pytest.approx(5.0)
    assert peer.within == pytest.approx(5.8, abs=0.1)


def test_debtors_who_differ_weigh_for_themselves_and_debtors_alike_by_their_class() -> None:
    differ = peers_from([("I", sums(*[(0, 0, 0, 0), (10, 10, 10, 10)] * 15))]).of("I")
    alike = peers_from([("I", sums(*[(0, 0, 10, 10)] * 30))]).of("I")
    assert differ.strength == 2.0
    assert alike.strength == 40.0
    assert differ.between > alike.between


def test_a_class_of_a_few_debtors_is_judged_by_all() -> None:
    peers = peers_from([("I", sums(*[(0, 0)] * 30)), ("IV", sums(*[(30, 30)] * 5)), ("I", sums((0, 0)))])
    assert peers.of("IV") == peers.of("II") == peers.by_class[EVERYBODY]
    assert peers.of("I").share < 0.05 < peers.of("IV").share
    assert peers_from([("I", sums((0, 0)))]).of("I") == FIRST_GUESS


def test_debtors_of_one_item_each_say_nothing_about_how_they_differ() -> None:
    peer = peers_from([("I", sums(*[(0,), (10,)] * 15, ()))]).of("I")
    assert (peer.strength, peer.within) == (FIRST_GUESS.strength, FIRST_GUESS.within)


@given(st.lists(st.lists(st.integers(-40, 200), max_size=5).map(tuple), min_size=20, max_size=40), st.integers(0, 40))
def test_for_all_a_class_in_several_parts_is_the_same_class(debtors: list[tuple[int, ...]], cut: int) -> None:
    whole = peers_from([("I", sums(*debtors))])
    parts = peers_from([("I", sums(*debtors[:cut])), ("I", sums(*debtors[cut:]))])
    for name, peer in whole.by_class.items():
        assert peer.share == pytest.approx(parts.by_class[name].share)
        assert peer.strength == pytest.approx(parts.by_class[name].strength)
        assert 2.0 <= peer.strength <= 40.0
        assert 0 < peer.share < 1
        assert peer.between > 0 < peer.within


# ---------------------------------------------------------------- for whom, and the file

PERSON = replace(FIRM, person_type="private")
ON = RiskRules(enabled=True)


def test_business_debtors_only_unless_private_persons_are_named_and_assessed() -> None:
    both = RiskRules(enabled=True, person_types=("business", "private"))
    assert ON.judges(FIRM, private_allowed=False)
    assert not ON.judges(PERSON, private_allowed=True)
    assert not both.judges(PERSON, private_allowed=False)
    assert both.judges(PERSON, private_allowed=True)
    assert not RiskRules().judges(FIRM, private_allowed=True)
    assert not replace(ON, potential_classes=("I",)).judges(FIRM, private_allowed=True)
    assert not ON.judges(replace(FIRM, person_type=""), private_allowed=True)  # a debtor of unknown kind may be a person


def test_who_may_not_be_judged_has_no_risk() -> None:
    assert NO_RISKS.of(FIRM, COMING, (), NO_HISTORY, TODAY) is None
    found = Risks(rules=replace(ON, late_after=0), peers=PEERS).of(FIRM, COMING, [COMING], History(paid=habit(2, 2, 2)), TODAY)
    assert found is not None
    assert found.why("en").endswith("paid 3 of 3 items late, 2 days on average.")


def written(text: str) -> tuple[RiskRules, list[Problem]]:
    problems: list[Problem] = []
    return parse_risk(Table(tomllib.loads(text), "", problems)), problems


def test_risk_reads_as_it_is_written() -> None:
    assert written("") == (RiskRules(), [])
    rules, problems = written('[risk]\nlate_after = "5d"\nperson_types = ["business", "private"]\npotential_classes = ["IV"]\n')
    assert problems == []
    assert rules == RiskRules(enabled=True, late_after=5, person_types=("business", "private"), potential_classes=("IV",))
    assert not written("[risk]\nenabled = false\n")[0].enabled


@pytest.mark.parametrize(
    ("line", "key", "sentence"),
    [
        ('late_after = "90d"', "late_after", "between 0d and 60d"),
        ('late_after = "-1d"', "late_after", "between 0d and 60d"),
        ("person_types = []", "person_types", "person_types is empty"),
        ('person_types = ["human"]', "person_types", "use only business, private"),
        ("treshold = 1", "treshold", "treshold is not known here"),
    ],
)
def test_a_mistake_is_named_with_its_key(line: str, key: str, sentence: str) -> None:
    _, problems = written(f"[risk]\n{line}\n")
    assert problems[0].path == f"risk.{key}"
    assert sentence in problems[0].sentence


def test_the_file_holds_triggers_and_risk_and_nothing_else() -> None:
    problems: list[Problem] = []
    early = parse_early(Table(tomllib.loads('[[trigger]]\nname = "x"\noverdue_items = 2\n[risk]\n[riks]\n'), "", problems))
    assert [trigger.name for trigger in early.triggers] == ["x"]
    assert [problem.path for problem in problems] == ["riks"]
    assert parse_early(Table({}, "", [])) == NOT_EARLY


# ---------------------------------------------------------------- the track record


def past(name: str, *items: PaidItem) -> Past:
    return Past(name, "II", items)


def test_an_item_is_foretold_from_what_was_known_before_it_was_due() -> None:
    one = past("A", paid("1", 100, 0), paid("2", 60, 20), paid("3", 50, 1))
    found = {item.item_no: item for item in foretold([one], 3, 5, ago(70))}
    assert set(found) == {"2", "3"}
    assert (found["2"].late, found["2"].mean_days) == (True, 0.0)
    assert (found["3"].late, found["3"].mean_days) == (False, 0.0)  # the second was not paid yet, five days before the third was due
    assert found["3"].probability > found["2"].probability  # but it was unpaid and overdue


def test_the_first_item_of_a_debtor_is_foretold_by_the_class_alone() -> None:
    found = list(foretold([past("A", paid("1", 60, 20))], 3, 5, ago(90)))
    assert [(item.mean_days, item.debtor, item.late) for item in found] == [(None, "A", True)]


def test_the_classes_figures_are_those_of_the_month() -> None:
    pasts = [past(f"D{at}", paid("1", 90, 20), paid("2", 10, 0)) for at in range(25)]
    assert known_peers(pasts, ago(30), 3).of("II").share > 0.9
    assert known_peers(pasts, TODAY, 3).of("II").share == pytest.approx(0.5)


def test_calibration_compares_tenths_of_the_items() -> None:
    found = [(at / 100, at >= 50) for at in range(100)]
    tenths = calibration(found)
    assert [tenth.items for tenth in tenths] == [10] * 10
    assert (tenths[0].foretold, tenths[0].late) == pytest.approx((0.045, 0.0))
    assert (tenths[9].foretold, tenths[9].late) == pytest.approx((0.945, 1.0))
    assert len(calibration(found[:4])) == 4


def test_the_squared_error_of_the_truth_is_nothing_and_of_a_coin_a_quarter() -> None:
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(0.5, True), (0.5, False)]) == 0.25


def test_rank_is_one_for_the_right_order_a_half_for_none_and_equals_share() -> None:
    assert rank([(0.9, True), (0.8, True), (0.1, False)]) == 1.0
    assert rank([(0.1, True), (0.9, False)]) == 0.0
    assert rank([(0.5, True), (0.5, False), (0.5, True)]) == 0.5
    assert rank([(0.3, True), (0.3, False), (0.1, False)]) == 0.75
    assert rank([(0.1, True)]) == 0.5


def test_the_yardstick_is_given_the_best_that_can_be_said_of_it_afterwards() -> None:
    found = [Foretold(0.5, mean, late) for mean, late in [(1.0, False)] * 10 + [(20.0, True)] * 10 + [(None, True), (None, False)]]
    told = yardstick(found)
    assert len(told) == len(found)
    assert sum((share - late) ** 2 for share, late in told) == 0.5  # only of the unknown two something is left to guess
    assert rank_of_yardstick(found[:20]) == 1.0
    assert yardstick(found[:3]) == [(0.0, False)] * 3


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1, max_size=60))
def test_for_all_calibration_keeps_every_item_and_rank_is_turned_by_turning_the_order(found: list[tuple[float, bool]]) -> None:
    tenths = calibration(found)
    assert sum(tenth.items for tenth in tenths) == len(found)
    assert sum(tenth.late * tenth.items for tenth in tenths) == pytest.approx(sum(late for _, late in found))
    assert rank([(-share, late) for share, late in found]) == pytest.approx(1 - rank(found))


def test_days_tell_something_within_bounds() -> None:
    assert [told_days(days) for days in (-400, -3, 0, 12, 400)] == [-15, -3, 0, 12, 30]


def test_a_month_is_long_enough_to_know_a_debtor_by() -> None:
    """The whole walk over a small ledger: better than a coin, by squared error and by rank."""
    chance = random.Random(3)
    pasts = []
    for at in range(60):
        usual = chance.choice([-2, 0, 3, 15])
        items = tuple(paid(f"{number}", 30 + number * 30, usual + chance.randint(-3, 3)) for number in range(20, 0, -1))
        pasts.append(Past(f"D{at}", "II", items))
    found = list(foretold(pasts, 3, 5, TODAY - timedelta(days=300)))
    ours = [(one.probability, one.late) for one in found]
    assert brier(ours) < 0.15
    assert rank(ours) > 0.85
    assert len(found) > 100


# ---------------------------------------------------------------- the report


def record_of(*found: tuple[float, float | None, bool], bounds: tuple[int, ...] = (60,)) -> dict[str, Any]:
    return track_record([Foretold(share, mean, late) for share, mean, late in found], bounds)


def test_the_report_says_how_right_the_estimate_was_and_what_a_bound_catches() -> None:
    record = record_of((0.9, 1.0, True), (0.7, 1.0, False), (0.6, 1.0, True), (0.2, 1.0, False), (0.1, 1.0, True), bounds=(60, 95))
    assert record["items"] == 5
    assert record["late"] == 0.6
    assert record["bounds"] == [
        {"percent": 60, "items": 3, "precision": 0.6667, "recall": 0.6667},
        {"percent": 95, "items": 0, "precision": None, "recall": 0.0},
    ]
    assert [tenth["items"] for tenth in record["tenths"]] == [1] * 5
    assert sentences(record, "en")[1:] == [
        "From 60 % on: 3 items, of which 67 % came late; these are 67 % of all late ones.",
        "From 95 % on there is no item.",
    ]
    assert sentences(record, "de")[1] == "Ab 60 %: 3 Posten, von denen 67 % verspätet kamen; das sind 67 % aller verspäteten."


def test_the_report_says_so_when_the_estimate_is_of_no_use() -> None:
    good = record_of(*[(0.9, 1.0, True), (0.1, 1.0, False)] * 20)
    assert sentences(good, "en")[0].startswith("The estimate is better than the debtor's mean days late so far: squared error 0.01")
    bad = record_of(*[(0.1, 9.0, True), (0.9, -9.0, False)] * 20)
    assert sentences(bad, "en")[0].endswith("Do not act on it.")
    assert record_of((0.7, None, False))["bounds"][0]["recall"] is None
    assert "0 % of all late ones" in sentences(record_of((0.7, None, False)), "en")[1]


def test_a_ledger_without_cleared_items_has_nothing_to_compare() -> None:
    empty = record_of()
    assert (empty["items"], empty["brier"], empty["tenths"], empty["bounds"]) == (0, None, [], [])
    (told,) = sentences(empty, "de")
    assert told.startswith("Kein Posten, der in diesen Tagen fällig war, ist ausgeglichen: noch gibt es nichts zu vergleichen. Es braucht")
