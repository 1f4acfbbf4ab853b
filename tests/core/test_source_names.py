"""Names that no source profile has: told of, never corrected."""

from __future__ import annotations

from collectord.core.exports.source_names import misspelt, without_profile
from collectord.core.exports.source_profiles import CANONICAL, Profile

PROFILES = {
    "canonical": CANONICAL,
    "datev-opos": Profile(name="datev-opos", covers=("webshop",)),
    "sap-fbl5n": Profile(name="sap-fbl5n"),
}


def test_a_name_close_to_a_profiles_is_warned_of() -> None:
    said = misspelt("Datev-Opo", PROFILES, "en")
    assert "Datev-Opo" in said
    assert "datev-opos" in said
    assert "canonical" in misspelt("cannonical", PROFILES, "de")


def test_an_own_name_in_canonical_form_is_no_mistake() -> None:
    assert misspelt("branch-north", PROFILES, "en") == ""
    assert misspelt("datev-opos", PROFILES, "en") == ""
    assert misspelt("webshop", PROFILES, "en") == ""  # a list covers it by this name


def test_a_refused_file_is_told_which_profile_is_missing_and_which_is_nearest() -> None:
    assert without_profile("sap-fbl", PROFILES, "en") == (
        "there is no source profile sap-fbl, so the file was read in the canonical form; was sap-fbl5n meant?"
    )
    assert without_profile("zzzzz", PROFILES, "en") == "there is no source profile zzzzz, so the file was read in the canonical form"
    assert without_profile("sap-fbl5n", PROFILES, "en") == ""
