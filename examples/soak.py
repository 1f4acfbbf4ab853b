"""`make soak`: ten agents on a real Asterisk for an hour; nothing may leak.

Owns a throw-away installation in .demo/soak and the processes it starts. Touches nothing else.
Invariant: every round is a new export with new debtors, so that nobody is called twice; what is measured is the daemon's own process.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import sys
import time
from pathlib import Path

import demo
from rich.console import Console
from rich.table import Table
from sandbox import Sandbox

MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
ROUND = 60.0  # s between two exports
DEBTORS = 40  # a round; ten agents need about 15 s for each
ENDINGS = (
    "1001",
    "1002",
    "1003",
    "1005",
    "1006",
    "1007",
    "1008",
    "1009",
    "1010",
    "1116",
    "1201",
    "2000",
    "4200",
    "4500",
    "4600",
    "1012",
    "1015",
)
WARM_UP = 0.25  # of the time: caches fill, then memory has to stay where it is
GROWTH = 1.2  # memory at the end against memory after the warm-up

console = Console()


def export(inbox: Path, number: int, rng: random.Random) -> None:
    """One snapshot: the debtors of this round; those of the last one have paid."""
    path = inbox / f"soak-{number:04d}_2026-11-23.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("debtor_no", "debtor_name", "item_no", "due_on", "open_amount", "person_type", "phone", "country", "region"))
        for position in range(DEBTORS):
            serial = number * DEBTORS + position
            phone = f"+4930{5 + serial // 1000 % 3}{serial % 1000:03d}{rng.choice(ENDINGS)}"  # one of its own for an hour
            amount = f"{rng.randint(30, 3000)}.{rng.randint(0, 99):02d}"
            writer.writerow((f"S{serial}", f"Debitor {serial}", f"RE-{serial}", "2026-11-09", amount, "business", phone, "DE", "BE"))
    path.with_name(path.name + ".done").touch()


def measure(pid: int, sandbox: Sandbox) -> tuple[int, int, int]:
    """Resident memory in kB and open files of the daemon, channels on the PBX."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    memory = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    return memory, len(os.listdir(f"/proc/{pid}/fd")), len(sandbox.company.core_show_channels())


def main() -> int:
    folder = demo.CHECKOUT / ".demo" / "soak"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    demo.AGENTS = tuple((str(number), f"Agent {number}") for number in range(201, 211))  # type: ignore[assignment]
    rng = random.Random(1)
    samples: list[tuple[float, int, int, int]] = []
    with Sandbox() as sandbox:
        config = demo.configuration(folder, "asterisk", sandbox)
        text = config.read_text(encoding="utf-8").replace('poll_every = "1s"', 'poll_every = "1s"\nshrink_from = 1000000')
        config.write_text(text.replace("channels = 10", "channels = 30"), encoding="utf-8")
        with demo.daemon(config) as process:
            began = time.monotonic()
            number = 0
            while (elapsed := time.monotonic() - began) < MINUTES * 60 and process.poll() is None:
                export(folder / "exchange" / "inbox", number, rng)
                number += 1
                time.sleep(ROUND)
                samples.append((elapsed, *measure(process.pid, sandbox)))
            if process.poll() is not None:
                console.print("soak: the daemon ended early; its log is above", style="red")
                return 1
            time.sleep(30)  # the last calls end
            left = measure(process.pid, sandbox)
        invites = sandbox.sip_invites()
    table = Table(title=f"Soak: {MINUTES:.0f} minutes, {number} exports, {len(invites)} calls")
    for column in ("minute", "memory MB", "open files", "channels"):
        table.add_column(column, justify="right")
    for at, memory, files, channels in samples[:: max(1, len(samples) // 20)]:
        table.add_row(f"{at / 60:.0f}", f"{memory / 1024:.0f}", str(files), str(channels))
    console.print(table)
    warm = samples[int(len(samples) * WARM_UP)]
    leaks = [
        *([f"memory grew from {warm[1] // 1024} to {left[0] // 1024} MB"] if left[0] > warm[1] * GROWTH else []),
        *([f"open files grew from {warm[2]} to {left[1]}"] if left[1] > warm[2] + 5 else []),
        *([f"{left[2]} channels are left on the PBX"] if left[2] else []),
        *(["a number was dialled twice"] if len(set(invites)) < len(invites) else []),
    ]
    console.print("; ".join(leaks) or "nothing leaked, nobody was dialled twice", style="red" if leaks else "green")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
