"""CrossWOZ, a travel desk for hotels, restaurants and sights (Zhu et al. 2020).

"CrossWOZ: A Large-Scale Chinese Cross-Domain Task-Oriented Dialogue Dataset", TACL
2020. A JSON object from the number of a dialogue to an object with `messages`, whose
`role` is `usr` or `sys`; distributed as `.zip`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.formats.conversation import Utterance, replies_in
from framework_plugin.corpus.formats.json_entries import JsonEntry, json_entries
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)

EXPECTED = (
    "a JSON object of dialogues with `messages`, each message an object with `content` "
    "and a `role` of `usr` or `sys`"
)
_ROLES = ("usr", "sys")
_TELLING = ("Inform", "Recommend")
_NO_VALUE = ("", "none")


def read_crosswoz(
    path: Path, skipped: Skipped | None = None
) -> Iterator[DialogueRecord]:
    """Reads CrossWOZ; only the desk's turns are replies to learn.

    The profile of a reply is what it tells out of the database, such as
    `餐馆·名称:讲礼驴肉馆`: it could not be known from the dialogue.

    Args:
        path: The `.json` file or the `.zip` it comes in.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read or holds nothing of the expected form.
    """
    return usable_records(_dialogues, path, skipped, EXPECTED)


def _dialogues(path: Path, skipped: Skipped) -> Iterator[DialogueRecord]:
    for entry in json_entries(path, "object", skipped, EXPECTED):
        try:
            utterances = [_utterance(entry, said) for said in entry.value["messages"]]
        except (KeyError, TypeError, ValueError, AttributeError):
            reason = "expected `messages`, each with a `content` and a `role`"
            skipped.add(path, entry.line, reason)
            continue
        yield from replies_in(f"{path.name}#{entry.key}", utterances, path, skipped)


def _utterance(entry: JsonEntry, message: dict[str, Any]) -> Utterance:
    role = message["role"]
    if role not in _ROLES:
        raise ValueError(role)
    is_desk = role == "sys"
    facts = _facts(message.get("dialog_act") or []) if is_desk else []
    text = clean_utterance(message["content"])
    return Utterance(role, text, tuple(facts), entry.line, learn=is_desk)


def _facts(acts: list[list[str]]) -> list[str]:
    facts = [
        f"{domain}·{slot}:{clean_utterance(value)}"
        for act, domain, slot, value in acts
        if act in _TELLING and value not in _NO_VALUE
    ]
    return list(dict.fromkeys(facts))
