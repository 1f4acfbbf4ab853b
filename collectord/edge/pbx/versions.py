"""Which releases of Asterisk turn a manager login with `originate` into more than that, and which dialplan this collectord speaks with.

Owns the table of fixed releases. Judges a version text, touches nothing.
Invariant: an unreadable or unsupported version is reported as such, never passed in silence.
"""

from __future__ import annotations

import re

DIALPLAN_VERSION = "2"  # docs/INTERNALS 1.7; 1 dialled without asking

# CVE-2024-42365 (August 2024): with write class originate, a variable named like a function writes files and dialplan.
# Branch -> first release with the fix. 22 and later were born fixed.
FIXED: dict[int, tuple[int, int]] = {18: (24, 2), 20: (9, 2), 21: (4, 2)}
BORN_FIXED = 22

_VERSION = re.compile(r"\A(?:Asterisk )?(?:certified[/-])?([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,3}))?(-cert[0-9]+)?", re.IGNORECASE)


def judge(version: str) -> str | None:
    """None when nothing is known against this release, else one sentence."""
    found = _VERSION.match(version)
    if found is None:
        return "the PBX does not tell its version: make sure that it has the fix for CVE-2024-42365"
    branch, release = int(found[1]), (int(found[2]), int(found[3] or 0))
    shown = found[0].removeprefix("Asterisk ")
    if branch >= BORN_FIXED:
        return None
    if found[4]:
        return f"Asterisk {shown}: certified releases have the fix for CVE-2024-42365 from 18.9-cert11 and 20.7-cert2 on, please check"
    fixed = FIXED.get(branch)
    if fixed is None:
        return f"Asterisk {shown} is not maintained and open to CVE-2024-42365 (a stolen manager login can write files): update to 20 or 22"
    if release < fixed:
        good = f"{branch}.{fixed[0]}.{fixed[1]}"
        return f"Asterisk {shown} is open to CVE-2024-42365 (a stolen manager login can write files): update to {good} or later"
    return None
