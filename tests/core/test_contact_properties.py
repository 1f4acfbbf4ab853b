"""For all debtors, places and histories: never outside hours, and the refusal's instant is the first allowed one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectord.core.contact.calendar import is_holiday
from collectord.core.contact.contact_rules import Allowed, Refused
from collectord.core.contact.facts import Callback, DebtorFacts, FactKind, OpenPromise
from collectord.core.contact.week import daily, day_start, next_inside, parse_week, spans
from tests.core.gate_cases import FIRST, PACKS, ask, call, debtor, fact, facts, item, number

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Cairo",
)
HOURS = {"de": {**dict.fromkeys(range(5), (8, 20)), 5: (9, 18)}, "us-regf": dict.fromkeys(range(7), (8, 21))}
CLOCK_CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC),
)  # fmt: skip

instants = st.one_of(
    st.builds(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), st.integers(0, 1_050_000)),
    st.builds(lambda at, minutes: at + timedelta(minutes=minutes), st.sampled_from(CLOCK_CHANGES), st.integers(-2000, 2000)),
)
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(instants, st.sampled_from(ZONES), st.sampled_from(ZONES), st.sampled_from(sorted(HOURS)))
def test_for_all_instants_and_places_nobody_is_called_outside_hours(at: datetime, home: str, line: str, pack: str) -> None:
    known = facts(debtor=debtor(number(zones=(line,)), time_zone=home))
    answer = ask(known, at, pack)
    for zone in (home, line):
        local = at.astimezone(ZoneInfo(zone))
        opens, closes = HOURS[pack].get(local.weekday(), (0, 0))
        inside = opens <= local.hour < closes and (pack != "de" or is_holiday(local.date(), "DE", "BE") is None)
        if not inside:
            assert isinstance(answer, Refused)


@st.composite
def histories(draw: st.DrawFn) -> tuple[DebtorFacts, datetime]:
    now = draw(instants)
    results = st.sampled_from(["answered", "no_answer", "busy", "voicemail", "failed", "rejected", "not_dialled"])
    calls = [
        call(now - timedelta(minutes=minutes), result, attempt_id=str(minutes), items=items)
        for minutes, result, items in draw(
            st.lists(st.tuples(st.integers(0, 14_000), results, st.sampled_from([(), ("A1",), ("A2",)])), max_size=8)
        )
    ]
    days = st.integers(-3, 12)
    today = now.date()
    optional_day = st.none() | st.builds(lambda ahead: today + timedelta(days=ahead), days)
    items = (
        item(dunning_block_until=draw(optional_day), dunning_deadline=draw(optional_day)),
        item("A2", dunning_block_until=draw(optional_day)),
    )
    wishes = draw(st.lists(st.sampled_from(["mon-fri 08:00-15:00,17:00-21:00", "sat,sun", "tue 09:30-10:00"]), max_size=1))
    not_on = draw(st.lists(st.sampled_from(["fri", "mon,tue"]), max_size=1))
    backs = draw(st.lists(st.integers(-600, 6000), max_size=1))
    grace = draw(optional_day)
    promise = OpenPromise(id="p", amount=items[0].open_amount, currency="EUR", promised_on=today, grace_until=grace or today, made_at=now)
    known = facts(
        debtor=debtor(number(FIRST, zones=(draw(st.sampled_from(ZONES)),)), time_zone=draw(st.sampled_from(ZONES))),
        items=items,
        contacts=tuple(sorted(calls, key=lambda contact: contact.at)),
        facts=(*(fact(FactKind.WISH, wish) for wish in wishes), *(fact(FactKind.NOT_ON, days) for days in not_on)),
        callbacks=tuple(Callback(task_id="t", at=now + timedelta(minutes=minutes), agreed_at=now - timedelta(days=1)) for minutes in backs),
        promises=(promise,) if grace else (),
    )
    return known, now


@RELAXED
@given(
    histories(), st.sampled_from([("us-regf", "house"), ("de", "house"), ("us-regf",), ("house",)]), st.lists(st.floats(0, 1), max_size=6)
)
def test_for_all_histories_the_refusals_instant_is_allowed_and_nothing_before_it(
    case: tuple[DebtorFacts, datetime], packs: tuple[str, ...], shares: list[float]
) -> None:
    known, now = case
    answer = ask(known, now, *packs)
    if isinstance(answer, Allowed) or answer.not_before is None:
        return
    first = answer.not_before
    assert first > now
    assert isinstance(ask(known, first, *packs), Allowed)
    before = [now + (first - now) * share for share in shares] + [first - timedelta(seconds=1), first - timedelta(microseconds=1)]
    for at in before:
        if now <= at < first:
            assert isinstance(ask(known, at, *packs), Refused), at
    for refusal in answer.refusals:
        assert refusal.not_before is not None
        assert now < refusal.not_before <= first or refusal.rule.startswith("guard/")


@RELAXED
@given(histories(), st.sampled_from([("us-regf", "house"), ("de", "house")]))
def test_for_all_histories_an_instant_exists_unless_wishes_exclude_every_hour(
    case: tuple[DebtorFacts, datetime], packs: tuple[str, ...]
) -> None:
    known, now = case
    undisturbed = replace(known, facts=(), debtor=debtor(number()))
    answer = ask(undisturbed, now, *packs)
    assert isinstance(answer, Allowed) or answer.not_before is not None


@RELAXED
@given(histories())
def test_for_all_histories_more_packs_never_allow_more(case: tuple[DebtorFacts, datetime]) -> None:
    known, now = case
    if isinstance(ask(known, now, "de", "us-regf", "house"), Allowed):
        for pack in ("de", "us-regf"):
            assert isinstance(ask(known, now, pack), Allowed)


@RELAXED
@given(instants, st.sampled_from(ZONES), st.sampled_from(["00:00-24:00", "02:15-02:45", "01:30-03:30", "23:00-24:00"]))
def test_for_all_instants_inside_means_what_the_wall_clock_shows(at: datetime, zone: str, hours: str) -> None:
    week = parse_week(f"mon-sun {hours}")
    start, end = week[0][0]
    local = at.astimezone(ZoneInfo(zone))
    shown = local.hour * 60 + local.minute
    inside = next_inside(at, zone, week, lambda day: False) == at
    assert inside == (start <= shown < end)


@RELAXED
@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.sampled_from(ZONES))
def test_for_all_days_a_whole_day_begins_where_the_day_before_ends(day: date, zone: str) -> None:
    today = list(spans(zone, day, [(0, 1440)]))
    tomorrow = day_start(day + timedelta(days=1), zone)
    assert today[0][0] == day_start(day, zone)
    assert today[-1][1] == tomorrow
    assert timedelta(hours=23) <= tomorrow - today[0][0] <= timedelta(hours=25)
    assert daily([(0, 1440)])[0] == ((0, 1440),)
    assert PACKS["de"].hours is not None
