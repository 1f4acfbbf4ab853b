"""Does the daemon place calls as fast as a bare script sends the same Originates?

Owns the offered rates. Both sides ring the same phones on the same Asterisk, one after the other.
Invariant: a rate counts written Originates of whole calls; how many of them ended as they should is said beside it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from bench.bare_ami import BareAmi, answering, replay
from bench.busy_desk import TAIL, BusyDesk, installation, phones
from bench.finding import Finding
from bench.installation import cpu

CALL_TAKES = 7  # s that a phone is away for one call, generously
AIMED_UP_TO = 20
STEADY = 2.0  # s at the beginning of the daemon's work that do not count: calendars and rules are loaded at the first call


def rate(written: list[float], *, without: float = 0.0) -> float:
    steady = [at for at in written if at >= written[0] + without] if written else []
    return (len(steady) - 1) / (steady[-1] - steady[0]) if len(steady) > 2 else 0.0


def ask(desk: BusyDesk, rates: Iterable[int], seconds: float) -> list[Finding]:
    found = []
    for offered in rates:
        count = int(offered * seconds)
        with installation() as made:
            made.configure(desk.link, phones=phones(min(offered * CALL_TAKES, 450)), calls_per_second=offered)
            made.load(count + 100, TAIL)
            with made.daemon() as process:
                used = cpu(process.pid)
                began = time.monotonic()
                while time.monotonic() < began + seconds + 4 and process.poll() is None:
                    time.sleep(0.1)
                used = (cpu(process.pid) - used) / (time.monotonic() - began)
            notes = made.what_was_seen()
        orders = [note for note in notes if note["what"] == "Originate"]
        ended = [note for note in notes if note["what"] == "Ended"]
        keyed = sum(note["what"] == "Keyed" for note in notes)
        daemon = rate([note["at"] for note in orders], without=STEADY)
        box: list[BareAmi] = []
        box.append(BareAmi(desk.link.host, desk.link.port, desk.link.username, desk.company.secret, answering(box)))
        texts = [order["text"].replace(order["id"], f"b{order['id'][:-1]}{offered % 7}") for order in orders]
        time.sleep(0.5)
        bare = rate(replay(box[0], texts, offered))
        deadline = time.monotonic() + 15
        while box[0].count(b"CollEnd") < len(texts) and time.monotonic() < deadline:
            time.sleep(0.2)
        bare_ended, bare_keyed = box[0].count(b"CollEnd"), box[0].count(b"CollKeyed")
        box[0].close()
        ratio = daemon / bare if bare else 0.0
        found.append(
            Finding(
                question=f"Originates a second, {offered} offered",
                measured=f"{daemon:.1f}/s; {keyed} of {len(ended)} calls that ended were keyed; {used * 100:.0f} % of a core",
                yardstick=f"bare socket, the same Originates: {bare:.1f}/s; {bare_keyed} of {bare_ended} keyed",
                ratio=f"{ratio:.3f}",
                aim=">= 0.95" if offered <= AIMED_UP_TO else "tried",
                met=ratio >= 0.95 if offered <= AIMED_UP_TO else None,
            )
        )
    return found
