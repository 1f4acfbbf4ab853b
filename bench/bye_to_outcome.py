"""How long after the debtor's BYE is the outcome on our disk?

Owns the reckoning: the world's journal says when the debtor hung up, the daemon when its transaction was on disk.
Invariant: both stamps are of the same machine's clock; the yardstick is a bare socket that only reads the same events.
"""

from __future__ import annotations

import time

from bench.bare_ami import BareAmi, header
from bench.bare_commit import commits
from bench.busy_desk import TAIL, BusyDesk, installation, phones
from bench.finding import Finding, percentile, spread


def ask(desk: BusyDesk, per_second: int, seconds: float) -> list[Finding]:
    before = time.time()
    with installation() as made:
        made.configure(desk.link, phones=phones(per_second * 7), calls_per_second=per_second)
        made.load(int(per_second * seconds) + 100, TAIL)
        bare = BareAmi(desk.link.host, desk.link.port, desk.link.username, desk.company.secret)
        with made.daemon():
            time.sleep(seconds + 4)
        notes, disk = made.what_was_seen(), commits(made.folder, 300)
        bare.close()
    numbers = {n["id"]: n["text"].partition("COLL_DST=")[2].partition("\r\n")[0] for n in notes if n["what"] == "Originate"}
    byes = {line.who: line.at for line in desk.events("debtor-end", since=before)}
    told = {header(block, b"CollID").decode(): at for at, block in bare.seen if b"UserEvent: CollResult" in block}
    results = [note for note in notes if note["what"] == "DialResult" and numbers.get(note["id"]) in byes]
    from_bye = [note["done"] - byes[numbers[note["id"]]] for note in results]
    bare_bye = [told[note["id"]] - byes[numbers[note["id"]]] for note in results if note["id"] in told]
    kept = [note["done"] - note["read"] for note in notes if note["what"] in ("DialResult", "Keyed", "Ended", "WrapEnded")]
    whole, alone, p99 = percentile(from_bye, 0.99), percentile(bare_bye, 0.99), percentile(kept, 0.99)
    return [
        Finding(
            question=f"debtor's BYE to committed result, {per_second} calls/s",
            measured=spread(from_bye),
            yardstick=f"BYE to a bare socket that reads the event: {spread(bare_bye)}",
            ratio=f"{whole / alone:.2f} (p99)",
            aim="p99 < 20 ms",
            met=whole < 0.020,
        ),
        Finding(
            question=f"result, key and end of a call: read to committed, {per_second} calls/s",
            measured=spread(kept),
            yardstick=f"one bare SQLite commit on the same disk: {spread(disk)}",
            ratio=f"{p99 / percentile(disk, 0.99):.1f} (p99)",
        ),
    ]
