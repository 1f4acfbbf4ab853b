"""Does the daemon place calls as fast as a bare script sends the same Originates?

Owns the offered rates. Both sides ring the same phones on the same Asterisk, one after the other.
Invariant: a rate counts written Originates of whole calls; how many of them ended as they should is said beside it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable

from bench.bare_ami import BareAmi, answering, replay
from bench.busy_desk import TAIL, BusyDesk, installation, phones
from bench.finding import Finding
from bench.installation import cpu

DUE = 10_000  # tasks that are due when the daemon starts, as after an outage
CALL_TAKES = 7  # s that a phone is away for one call, generously
STEADY = 2.0  # s after the first call that do not count: calendars and rules are loaded then, and all phones are free
STARTS_WITHIN = 120.0
CPU_A_CALL = 0.006  # s: aimed at


def rate(written: list[float], *, without: float = 0.0) -> float:
    steady = [at for at in written if at >= written[0] + without] if written else []
    return (len(steady) - 1) / (steady[-1] - steady[0]) if len(steady) > 2 else 0.0


def most_in_a_second(written: list[float]) -> int:
    return max((bisect_left(written, at + 1.0) - place for place, at in enumerate(written)), default=0)


def ask(desk: BusyDesk, rates: Iterable[int], seconds: float) -> list[Finding]:
    found = []
    for offered in rates:
        with installation() as made:
            made.configure(desk.link, phones=phones(min(offered * CALL_TAKES, 450)), calls_per_second=offered)
            made.load(DUE, TAIL)
            with made.daemon() as process:
                deadline = time.monotonic() + STARTS_WITHIN
                while process.poll() is None and made.log_count(b"attempt_placed") == 0 and time.monotonic() < deadline:
                    time.sleep(0.05)
                time.sleep(STEADY)
                before, used, began = made.log_count(b"attempt_placed"), cpu(process.pid), time.monotonic()
                while time.monotonic() < began + seconds and process.poll() is None:
                    time.sleep(0.1)
                used, calls = cpu(process.pid) - used, made.log_count(b"attempt_placed") - before
                of_a_core = used / (time.monotonic() - began)
            notes = made.what_was_seen()
        orders = [note for note in notes if note["what"] == "Originate"]
        ended = [note for note in notes if note["what"] == "Ended"]
        keyed = sum(note["what"] == "Keyed" for note in notes)
        written = sorted(note["at"] for note in orders)
        daemon = rate(written, without=STEADY)
        bare, bare_keyed, bare_ended = as_a_script(desk, [(order["id"], order["text"]) for order in orders], offered)
        ratio = daemon / bare if bare else 0.0
        a_call = used / calls if calls else float("inf")
        found += [
            Finding(
                question=f"Originates a second, {offered} offered, {DUE:,} tasks due",
                measured=f"{daemon:.1f}/s of {len(orders)}, at most {most_in_a_second(written)} within any second; "
                f"{keyed} of {len(ended)} calls that ended were keyed",
                yardstick=f"bare socket, the same Originates: {bare:.1f}/s; {bare_keyed} of {bare_ended} keyed",
                ratio=f"{ratio:.3f}",
                aim=">= 0.95",
                met=ratio >= 0.95,
            ),
            Finding(
                question=f"the daemon's processor time for one of these calls, {offered} offered",
                measured=f"{a_call * 1000:.1f} ms; {of_a_core * 100:.0f} % of a core",
                yardstick="none",
                aim=f"<= {CPU_A_CALL * 1000:.0f} ms",
                met=a_call <= CPU_A_CALL,
            ),
        ]
    return found


def as_a_script(desk: BusyDesk, orders: list[tuple[str, str]], offered: int) -> tuple[float, int, int]:
    """The rate of a bare socket that sends them, how many calls were keyed, how many ended. It says "go" and "saved" as the daemon does."""
    box: list[BareAmi] = []
    box.append(BareAmi(desk.link.host, desk.link.port, desk.link.username, desk.company.secret, answering(box)))
    texts = [text.replace(call, f"b{call[:-1]}{offered % 7}") for call, text in orders]
    time.sleep(0.5)
    bare = rate(replay(box[0], texts, offered))
    deadline = time.monotonic() + 15
    while box[0].count(b"CollEnd") < len(texts) and time.monotonic() < deadline:
        time.sleep(0.2)
    ended, keyed = box[0].count(b"CollEnd"), box[0].count(b"CollKeyed")
    box[0].close()
    return bare, keyed, ended
