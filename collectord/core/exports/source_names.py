"""Source names: what is said when a file came under a name that no source profile has.

Owns which existing name was probably meant, and the sentences. Reads no file; any name may be a source (CONTRACT 4).
Invariant: a name is never corrected: it is told of, and the file is read in the canonical form or refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from collectord.core.exports.source_profiles import CANONICAL_NAME, Profile
from collectord.core.wording import Language, Texts, phrase, safe

MISSPELT = 0.8  # as like as that, and a person probably meant the other name
NEAREST = 0.4  # as like as that, and it helps to be shown the other name

TEXTS: Texts = {
    "close": (
        "there is no source profile {source}: the file was read in the canonical form, as a source of its own that no file of {nearest}"
        " clears or refreshes; was {nearest} meant?",
        "Es gibt kein Quellprofil {source}: die Datei wurde in der kanonischen Form gelesen, als eigene Quelle, die keine Datei von"
        " {nearest} ausgleicht oder auffrischt; war {nearest} gemeint?",
    ),
    "missing": (
        "there is no source profile {source}, so the file was read in the canonical form",
        "Es gibt kein Quellprofil {source}, deshalb wurde die Datei in der kanonischen Form gelesen",
    ),
    "nearest": ("; was {nearest} meant?", "; war {nearest} gemeint?"),
}  # fmt: skip


def is_known(source: str, profiles: Mapping[str, Profile]) -> bool:
    """Has a profile, or is named by one as a source that its lists cover."""
    return source in (CANONICAL_NAME, *profiles) or any(source in profile.covers for profile in profiles.values())


def misspelt(source: str, profiles: Mapping[str, Profile], language: Language) -> str:
    """The warning on a file that was readable under a name close to a profile's; "" where nothing is odd."""
    nearest = "" if is_known(source, profiles) else _nearest(source, profiles, MISSPELT)
    return phrase(TEXTS, "close", language, source=safe(source), nearest=nearest) if nearest else ""


def without_profile(source: str, profiles: Mapping[str, Profile], language: Language) -> str:
    """What is added when a file under that name was refused; "" where the name has a profile."""
    if is_known(source, profiles):
        return ""
    nearest = _nearest(source, profiles, NEAREST)
    asked = phrase(TEXTS, "nearest", language, nearest=nearest) if nearest else ""
    return phrase(TEXTS, "missing", language, source=safe(source)) + asked


def _nearest(source: str, profiles: Mapping[str, Profile], likeness: float) -> str:
    return next(iter(get_close_matches(source.casefold(), sorted({CANONICAL_NAME, *profiles}), n=1, cutoff=likeness)), "")
