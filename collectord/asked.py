"""Asked and answered: the shape of a command's request and of its reply.

Owns these two values and nothing else, so that everybody may know them without loading the program.
Invariant: values only; what travels through the control socket is what they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectord.core.wording import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command with its arguments as JSON values. `now` is --now; without an offset it is the house's clock."""

    command: str
    args: Mapping[str, Any] = field(default_factory=dict)
    now: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to print and how to exit. `error` is one sentence a line; `zone` and `language` are the house's, for screens."""

    doc: Any = None
    exit: int = 0
    error: str = ""
    zone: str = "UTC"
    language: Language = "en"


def refusal(sentence: str) -> Reply:
    return Reply(exit=1, error=sentence)
