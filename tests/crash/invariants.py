"""What holds after every fault (FAULTS I1 to I8): checked against the store, the files, the log, and what the PBX's witnesses saw.

Owns the checks. Repairs nothing, knows nothing of how the fault was made.
Invariant: a check compares the product's word with a witness that the product cannot have influenced.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from collectord.core.telephony.attempts import COUNTS_AS_CONTACT
from tests.crash.happenings import Happenings
from tests.crash.plant import FOLDERS, Debtor, Plant
from tests.crash.witness import WitnessedPbx

TOLD = frozenset({"promise", "paid_already", "dispute", "callback", "refuses", "wrong_number", "do_not_call"})  # rules/dispositions.toml
NOTICED = frozenset({"10", "11", "12", "30", "44", "45"})  # lines at which the debtor notices the call: one a day
NO_EARLIER = timedelta(minutes=5)  # DESIGN 4.3: a new attempt after one that was not dialled
RETRY = timedelta(minutes=15)  # rules/packs/house.toml
SCALE = 10_000
ON_ITS_WAY = 1.0  # s that an order which was on disk may take to the wire of a busy machine


def all_hold(plant: Plant, seen: WitnessedPbx, around: Happenings) -> None:
    """The daemon has been stopped."""
    at_most_one_originate_an_attempt(plant, seen.originates())
    what_was_dialled_is_never_called_not_dialled(plant, seen.was_dialled())
    nobody_is_dialled_without_the_gates_yes(plant, seen.was_dialled())
    nobody_is_dialled_more_often_than_allowed(seen.dialled.at, plant, around.called_in)
    nobody_rings_after_the_house_knew(plant, seen, around)
    who_found_nobody_hears_who_called_and_rests(plant, seen)
    every_attempt_has_an_end_or_stands_in_a_list(plant)
    no_task_hangs(plant)
    the_journal_is_forgotten(plant, seen.pbx.journal)
    every_outcome_is_booked(plant, saved=seen.called_saved(), keyed=seen.keyed())
    every_outcome_is_told_once(plant)
    every_file_is_in_one_folder(plant)
    the_ledger_is_the_last_export(plant)
    the_store_is_whole(plant)
    the_log_keeps_secrets(plant, around.owing)
    every_start_is_quick(plant)


def at_most_one_originate_an_attempt(plant: Plant, originates: Counter[str]) -> None:
    assert {channel: n for channel, n in originates.items() if n > 1} == {}
    known = {row["id"] for row in plant.query("select id from attempt")}
    rung = {channel.removeprefix("coll-").rpartition("-w")[0] or channel.removeprefix("coll-") for channel in originates}
    assert rung <= known, f"rung without a row on disk: {rung - known}"


def what_was_dialled_is_never_called_not_dialled(plant: Plant, dialled: Iterable[str]) -> None:
    uncounted = {row["id"] for row in plant.query("select id from attempt where result = 'not_dialled'")}
    assert not uncounted & set(dialled), f"dialled, and uncounted: {uncounted & set(dialled)}"


def nobody_is_dialled_without_the_gates_yes(plant: Plant, dialled: Iterable[str]) -> None:
    """Said at the moment of dialling, and on disk before the PBX heard it."""
    cleared = {row["id"] for row in plant.query("select id from attempt where gate in ('go', 'stopped')")}
    assert set(dialled) <= cleared, f"dialled without a yes: {set(dialled) - cleared}"


def nobody_rings_after_the_house_knew(plant: Plant, seen: WitnessedPbx, around: Happenings) -> None:
    """Neither desk phone nor debtor: of a payment or a wish not to be called before the accept, of a pause, of a clock that jumped."""
    of = {f"coll-{row['id']}": row["debtor_no"] for row in plant.query("select id, debtor_no from attempt")}
    for at, channel in seen.rang_or_went():
        who = of.get(channel, "")
        assert at <= around.known.get(who, at) + ON_ITS_WAY, f"{channel} of {who}: known for {at - around.known[who]:.1f} s"
        assert not any(since + ON_ITS_WAY < at < until for since, until in around.still), f"{channel} of {who}: nobody was to be called"


def who_found_nobody_hears_who_called_and_rests(plant: Plant, seen: WitnessedPbx) -> None:
    """Dialled ahead of an agent, answered and given to nobody: the announcement, whatever was dead; then 72 hours without a call."""
    told: dict[str, list[str]] = defaultdict(list)
    for who, prompt in seen.pbx.machine.heard:
        if who.startswith("+"):
            told[who].append(prompt)
    assert all(prompts == ["lost", "name-muster", "lost-number", "+493012345600", "lost-end"] for prompts in told.values()), told
    rows = plant.query("select number, result, closed_at, task_id, agent from attempt where mode = 'predictive'")
    dropped = [row for row in rows if row["result"] == "dropped"]
    assert {row["number"] for row in dropped} == told.keys() - {row["number"] for row in rows if row["result"] == "unknown"}
    who_found_nobody_rests(plant)


def who_found_nobody_rests(plant: Plant) -> None:
    for row in plant.query("select number, closed_at, task_id, agent from attempt where mode = 'predictive' and result = 'dropped'"):
        assert row["agent"] == "", f"nobody took the call: {row}"
        rests = datetime.fromisoformat(row["closed_at"]) + timedelta(hours=72)
        [task] = plant.query("select state, not_before from task where id = ?", row["task_id"])
        assert task["state"] in ("done", "cancelled", "suppressed") or datetime.fromisoformat(task["not_before"]) >= rests, (row, task)


def nobody_is_dialled_more_often_than_allowed(
    dialled: list[tuple[str, datetime]], plant: Plant, called_in: Mapping[str, int] | None = None
) -> None:
    """Who called in may be called back, once for each time."""
    by_number: dict[str, list[datetime]] = defaultdict(list)
    for number, at in dialled:
        by_number[number].append(at)
    for number, times in by_number.items():
        most = (1 if number[-4:-2] in NOTICED and number[-2:] != "17" else 3) + (called_in or {}).get(number, 0)
        assert len(times) <= most, f"{number} was dialled {len(times)} times in one day"
        assert all(later - earlier >= RETRY - timedelta(seconds=5) for earlier, later in itertools.pairwise(times)), (number, times)
    rows = plant.query("select number, company, debtor_no, placed_at, closed_at, result, mode, gate from attempt order by placed_at")
    for who in ("number", "debtor_no"):
        last: dict[str, dict[str, str]] = {}
        for row in rows:
            before = last.get(row[who])
            if row["mode"] == "inbound":
                last.pop(row[who], None)
                continue
            if before is not None:
                assert before["result"] not in COUNTS_AS_CONTACT, f"{who} {row[who]} was called again after {before}"
                since = before["placed_at" if before["gate"] == "refused" else "closed_at"]  # a refusal is known when it is given
                rest = datetime.fromisoformat(row["placed_at"]) - datetime.fromisoformat(since)
                assert rest >= NO_EARLIER or who == "number", f"{who} {row[who]} was called again after {rest}"
            last[row[who]] = row
    accounted = Counter(row["number"] for row in rows if row["result"] != "not_dialled" and row["mode"] != "inbound")
    assert all(len(times) <= accounted[number] for number, times in by_number.items()), "a call that no attempt accounts for"


def every_attempt_has_an_end_or_stands_in_a_list(plant: Plant) -> None:
    rows = plant.query("select id, state, result, disposition, why, note, agent_result from attempt")
    assert {row["state"] for row in rows} <= {"closed", "unknown"}
    for row in rows:
        assert row["result"], row
        assert row["disposition"] or row["why"] or row["result"] not in ("unknown", "not_dialled"), f"no reason: {row}"
    unheard = [row for row in rows if not row["disposition"]]
    asked = {row["id"] for row in unheard if row["state"] == "unknown" or row["result"] in ("answered", "unknown")}
    if asked:
        answer = plant.command("unknown", "--json", "--now", plant.clock.now().isoformat())
        assert answer.returncode == 0, answer.stderr
        listed = json.loads(answer.stdout)
        assert {row["id"] for row in listed} == asked


def no_task_hangs(plant: Plant) -> None:
    hanging = plant.query(
        "select t.id, t.state from task t where t.state in ('in_call', 'leased')"
        " and not exists (select 1 from attempt a where a.task_id = t.id and a.state = 'unknown')"
    )
    assert hanging == []
    assert plant.query("select id from attempt where task_id not in (select id from task)") == []


def the_journal_is_forgotten(plant: Plant, journal: Iterable[str]) -> None:
    """Whatever the PBX's journal still holds belongs to an attempt that waits for evidence."""
    waiting = {row["id"] for row in plant.query("select id from attempt where state = 'unknown'")}
    assert set(journal) <= waiting, f"rows for ever: {set(journal) - waiting}"


def every_outcome_is_booked(plant: Plant, *, saved: Iterable[str], keyed: dict[str, str]) -> None:
    booked = {row["id"]: row["disposition"] for row in plant.query("select id, disposition from attempt")}
    assert [attempt for attempt in saved if not booked[attempt]] == [], "called saved, and lost"
    assert {attempt: said for attempt, said in keyed.items() if booked[attempt] != said} == {}, "keyed, and not booked"


def every_outcome_is_told_once(plant: Plant) -> None:
    rows = plant.query("select outcome_id, item_no, attempt_id, exported_in, note from outcome")
    assert [row for row in rows if not row["exported_in"]] == []
    told = Counter[tuple[str, str]]()
    for path in [*(plant.exchange / "outbox").glob("outcomes-*.csv"), *(plant.folder / "fetched").glob("outcomes-*.csv")]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file, delimiter=";"))
        assert lines, f"{path} is empty"
        told.update((line["outcome_id"], line["item_no"]) for line in lines)
    assert told == Counter({(row["outcome_id"], row["item_no"]): 1 for row in rows})
    said = {row["id"] for row in plant.query("select id, disposition from attempt") if row["disposition"] in TOLD}
    assert {row["attempt_id"] for row in rows if row["attempt_id"]} == said
    keyed = plant.query("select count(*) as calls from self_service where served <> ''")[0]["calls"]
    assert len([row for row in rows if not row["attempt_id"]]) == keyed  # one line each: it is about one invoice
    once = Counter((row["attempt_id"], row["item_no"]) for row in rows if "corrects" not in row["note"])
    assert all(n == 1 for n in once.values()), "one talk told twice"
    assert [p for p in (plant.exchange / "outbox").iterdir() if p.name.startswith(".")] == []


def every_file_is_in_one_folder(plant: Plant) -> None:
    places = Counter(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in (plant.exchange / folder).rglob("*")
        if path.is_file() and not path.name.endswith(".done")
    )
    assert places == Counter(dict.fromkeys(plant.dropped, 1)) + plant.dropped_beside
    assert list((plant.exchange / "processing").iterdir()) == []


def the_ledger_is_the_last_export(plant: Plant) -> None:
    [row] = plant.query("select coalesce(sum(open_amount), 0) as owed from item where state = 'open'")
    _, owed = list(plant.dropped.values())[-1]
    assert Decimal(row["owed"]) / SCALE == owed


def the_store_is_whole(plant: Plant) -> None:
    assert plant.query("pragma integrity_check") == [{"integrity_check": "ok"}]
    assert plant.query("pragma foreign_key_check") == []


def the_log_keeps_secrets(plant: Plant, owing: list[Debtor]) -> None:
    text = plant.log.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if "Traceback" in line or "loop_failed" in line] == [], f"see {plant.log}"
    for one in owing:
        amount = str(one.amount)
        euros = f"{int(one.amount):,}".replace(",", ".") + "," + amount[-2:]
        for secret in (one.name, one.name.split()[1] + " Söhne", one.number, one.number[3:], amount, amount.replace(".", ","), euros):
            assert secret not in text, f"{secret} stands in {plant.log}"


def every_start_is_quick(plant: Plant) -> None:
    """READY within five seconds of the daemon's own work, as a rule: what else this machine does meanwhile is not its fault."""
    assert statistics.median(plant.worked) < 5.0, f"processor seconds from start to READY: {plant.worked}"
