"""Why an attempt ended: each sentence that is decided in English has its German."""

from __future__ import annotations

import ast
from pathlib import Path

from collectord.core.telephony import attempt_words, call_stages, recovery
from collectord.core.telephony.pbx_events import EndState


def decided(module: object) -> set[str]:
    """The sentences that recovery gives its answers."""
    tree = ast.parse(Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    told = [call.args for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("LostTrack", "NotDialled")]
    return {str(one.value) for arguments in told for one in arguments if isinstance(one, ast.Constant)}


def test_every_ending_and_every_answer_of_recovery_reads_in_both_languages() -> None:
    sentences = decided(recovery) | {call_stages.ending(state) for state in EndState}
    assert len(sentences) > 18
    assert {sentence for sentence in sentences if sentence not in attempt_words.GERMAN} == set()
    for sentence, german in attempt_words.GERMAN.items():
        assert attempt_words.told(sentence, "de") == german != sentence
        assert attempt_words.told(sentence, "en") == sentence


def test_what_is_not_ours_is_told_as_it_is() -> None:
    assert attempt_words.told("486 Busy Here", "de") == "486 Busy Here"
