"""The agents' handbook against the stories: each key that it names is pressed by a phone in some story, on both PBXes.

Owns the list of witnesses. Plays nothing itself. Invariant: a key that comes into the handbook without a story fails here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HANDBOOK = HERE.parent.parent / "docs" / "AGENTS.md"
KEY = re.compile(r"`(\*[2348][0-9]*)`|\*\*(\\?[0-9*#])\*\*")

# chapter, key -> the story and the line of it that keys it (`number = "10 12"`: the phone keys by the last two digits)
WITNESSES = {
    ("Anfangen und aufhören", "*80"): ("agents_day", 'feature = "*80"'),
    ("Anfangen und aufhören", "*81"): ("agents_day", 'feature = "*81"'),
    ("Anfangen und aufhören", "*82"): ("agents_day", 'feature = "*82"'),
    ("Anfangen und aufhören", "*83"): ("agents_day", 'feature = "*83"'),
    ("Anfangen und aufhören", "*84"): ("agents_day", 'feature = "*84"'),
    ("Anfangen und aufhören", "*85"): ("agents_day", 'feature = "*85"'),
    ("Anfangen und aufhören", "*88"): ("auto_answer", 'feature = "*88"'),
    ("Anfangen und aufhören", "*86"): ("key_lamp", 'feature = "*86201"'),
    ("Anfangen und aufhören", "*86201"): ("key_lamp", 'feature = "*86201"'),
    ("Anfangen und aufhören", "*87"): ("predictive", 'opens = "201"'),
    **{("Anfangen und aufhören", f"*82{key}"): ("pause_reasons", f'feature = "*82{key}"') for key in "12345"},
    ("Ein Fall kommt", "1"): ("agents_day", 'press = "0 1"'),
    ("Ein Fall kommt", "0"): ("agents_day", 'press = "0 1"'),
    ("Ein Fall kommt", "2"): ("agents_side", 'number = "10 12"'),
    ("Ein Fall kommt", "3"): ("agents_side", 'number = "10 13"'),
    **{("Nach dem Gespräch", key): ("wrap_up_keys", f'number = "12 0{key}"') for key in "123456789"},
    ("Nach dem Gespräch", "0"): ("agents_day", 'press = "0 1 * 1 1 3# 1"'),
    ("Nach dem Gespräch", "*"): ("agents_day", 'press = "0 1 * 1 1 3# 1"'),
    ("Ein Gespräch aufnehmen", "*3"): ("recording", 'press = "*3"'),
    ("Ein Gespräch übergeben", "*2"): ("hand_over", 'press = "*2202#"'),
    ("Ein Gespräch übergeben", "*4"): ("ask_first", 'press = "*4202#"'),
}


def keys_of_handbook() -> list[tuple[str, str]]:
    """Chapter and key, of the first column of each table; `*821` … `*825` is all of them."""
    found: dict[tuple[str, str], None] = {}
    chapter = ""
    for line in HANDBOOK.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            chapter = line.removeprefix("## ")
        elif line.startswith("|"):
            column = line.split("|")[1]
            keys = [code or key.removeprefix("\\") for code, key in KEY.findall(column)]
            if "…" in column:
                keys = [str(number) for number in range(int(keys[0][1:]), int(keys[1][1:]) + 1)]
                keys = [f"*{number}" for number in keys]
            found |= dict.fromkeys((chapter, key) for key in keys)
    return list(found)


def test_the_handbook_names_the_keys_that_are_looked_for_here() -> None:
    assert set(keys_of_handbook()) == set(WITNESSES)


@pytest.mark.parametrize(("chapter", "key"), keys_of_handbook(), ids=lambda text: text.replace(" ", "-"))
def test_each_key_of_the_handbook_is_pressed_in_a_story(chapter: str, key: str) -> None:
    story, line = WITNESSES[chapter, key]
    assert line in (HERE / f"{story}.toml").read_text(encoding="utf-8")
