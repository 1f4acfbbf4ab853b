"""Loading: the only reader of the configuration file and the environment.

Owns where a wrong value stands (file and line, or variable) and the sentence about it. Takes no decision.
Invariant: a configuration that loads is complete and consistent; one that does not names every wrong key at once.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from collectord.core.toml_faults import toml_fault
from collectord.core.toml_lines import KeyLines
from collectord.core.toml_reading import read_toml
from collectord.core.wording import Language
from collectord.settings.invalid import ConfigInvalid
from collectord.settings.whole import Settings

DEFAULT_CONFIG = Path("/etc/collectord/collectord.toml")
_EXPECTED = {
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
    "is_instance_of": "a path in quotes",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "string_pattern_mismatch": "two capital letters, like DE",
}
_LISTS = (
    "pbx",
    "trunk",
    "company",
    "agent",
    "contact.packs",
    "notices.email_to",
    "letters.sender",
    "dialling.pause_reasons",
)  # in the environment: JSON
_NEARLY = 0.72  # how alike a name must be to a key to be taken for a misspelt one: LIFE for LIVE, not SANDBOX_CACHE for SANDBOX


def load(path: Path | None = None) -> Settings:
    """Reads the file (or COLLECTORD_CONFIG, or the default) and the environment. Raises ConfigInvalid with every problem."""
    path = path or Path(os.environ.get("COLLECTORD_CONFIG") or DEFAULT_CONFIG)
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        data = read_toml(text)
    except FileNotFoundError:
        raise ConfigInvalid([f"{path}: there is no such file; write one with `collectord init DIR` or name it with --config"]) from None
    except OSError as error:
        raise ConfigInvalid([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigInvalid([f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        line, why = toml_fault(text, error)
        raise ConfigInvalid([f"{path}: line {line}: {why}"], _language(text)) from None
    home = path.absolute().parent
    for key in ("state_dir", "exchange_dir", "rules_dir"):
        if isinstance(data.get(key, ""), str):
            data[key] = Path(data.get(key) or key.removesuffix("_dir"))
    if problems := _environment():
        raise ConfigInvalid(problems, _language(text))
    try:
        settings = Settings(**data)
    except ValidationError as error:
        problems, lines = [], KeyLines(text)
        for found in error.errors():
            origin = _origin(path, found)
            in_file = origin == str(path)
            for sentence in _sentence(found, data if in_file else {}).split("\n"):
                key = _key(found["loc"], sentence) if in_file else ""
                problems.append(f"{origin}: line {lines.line(key)}: {sentence}" if key else f"{origin}: {sentence}")
        raise ConfigInvalid(problems, _language(text)) from None
    except SettingsError as error:
        raise ConfigInvalid([f"environment: {error}; lists and tables are written as JSON"], _language(text)) from None
    absolute = {key: home / getattr(settings, key) for key in ("state_dir", "exchange_dir", "rules_dir")}
    first_pbx = settings.pbx[0].name if settings.pbx else ""
    return settings.model_copy(
        update={
            **absolute,
            "pbx": [p.model_copy(update={"secret_file": str(home / p.secret_file)}) for p in settings.pbx],
            "agent": [
                a.model_copy(update={"pbx": a.pbx or first_pbx, "languages": a.languages or [settings.language]}) for a in settings.agent
            ],
            "notices": settings.notices.model_copy(
                update={"smtp_secret_file": str(home / settings.notices.smtp_secret_file) if settings.notices.smtp_secret_file else ""}
            ),
            "mail": settings.mail.model_copy(
                update={"smtp_secret_file": str(home / settings.mail.smtp_secret_file) if settings.mail.smtp_secret_file else ""}
            ),
            "trunk": [t.model_copy(update={"pbx": t.pbx or first_pbx}) for t in settings.trunk],
        }
    )


def _language(text: str) -> Language:
    """Of the people of the house, also when the file is wrong: it is said somewhere, or left out and German."""
    found = re.search(r"(?m)^language\s*=\s*[\"'](\w*)[\"']", text)
    named = os.environ.get("COLLECTORD_LANGUAGE") or (found[1] if found else "de")
    return "de" if named == "de" else "en"


def _environment() -> list[str]:
    """What is wrong with the COLLECTORD_… variables as such: names that are no key, lists that are no JSON."""
    problems = []
    for name, value in sorted(os.environ.items()):
        if not name.startswith("COLLECTORD_"):
            continue
        key = name.removeprefix("COLLECTORD_").lower().replace("__", ".")
        section = key.partition(".")[0]
        if section not in Settings.model_fields:  # somebody else's variable, unless it looks like one of ours misspelt
            if "." in key or difflib.get_close_matches(section, Settings.model_fields, 1, _NEARLY):
                problems.append(f"environment: {name}: there is no such key; see the commented file that `collectord init` writes")
        elif key in _LISTS or (key in Settings.model_fields and value[:1] in ("{", "[")):
            try:
                json.loads(value)
            except ValueError:
                problems.append(f'environment: {name} = {value[:80]!r} is wrong; expected JSON, like ["auto", "house"]')
    return problems


def _origin(path: Path, error: Any) -> str:
    """Where the wrong value stands: the environment overrides the file."""
    names = [str(part).upper() for part in error["loc"] if not isinstance(part, int)]
    for depth in range(len(names), 0, -1):
        if (name := "COLLECTORD_" + "__".join(names[:depth])) in os.environ:
            return f"environment: {name}"
    return str(path)


def _sentence(error: Any, data: dict[str, Any]) -> str:
    where = ""
    node: Any = data
    for part in error["loc"]:
        if isinstance(part, int):
            where += f"[{part + 1}]"
            name = (
                node[part].get("name") or node[part].get("id")
                if isinstance(node, list) and part < len(node) and isinstance(node[part], dict)
                else None
            )
            where += f" ({name})" if name else ""
            node = node[part] if isinstance(node, list) and part < len(node) else None
        else:
            where += f".{part}" if where else str(part)
            node = node.get(part) if isinstance(node, dict) else None
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"{where}: this key is unknown; see the commented file that `collectord init` writes"
    if kind == "missing":
        return f"{where}: this key is missing"
    if kind in _EXPECTED:
        return f"{where}: {error['input']!r} is wrong; expected {_EXPECTED[kind].format(**error.get('ctx', {}))}"
    return f"{where}: {message}" if where else message


def _key(loc: tuple[str | int, ...], sentence: str) -> str:
    """The key that a sentence speaks of; "" when it speaks of several places."""
    if not loc:
        found = re.match(r"[a-z_]+\.[a-z_]+(?= = )", sentence)
        return found[0] if found else ""
    found = re.search(r": ([a-z_]+)(?: = .*)?: ", sentence) or re.search(r": ([a-z_]+) = ", sentence)
    return ".".join([*map(str, loc), *([found[1]] if found else [])])
