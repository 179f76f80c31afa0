"""KdConv, talk about films, music and travel led by facts (Zhou et al. 2020).

"KdConv: A Chinese Multi-domain Dialogue Dataset Towards Multi-turn Knowledge-driven
Conversation", ACL 2020. A JSON list of objects with `messages`; a message may carry
`attrs`, the facts that its speaker used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.formats.conversation import (
    SIDES,
    Utterance,
    replies_in,
)
from framework_plugin.corpus.formats.json_entries import JsonEntry, json_entries
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)

EXPECTED = (
    "a JSON list of objects with `messages`, each message an object with `message` and "
    "maybe `attrs`"
)
SUBJECT = "entity"
"""The kind of fact that tells what the other facts are about."""

_EXPLANATION = re.compile(r"（[^（）]*）$")


def read_kdconv(path: Path, skipped: Skipped | None = None) -> Iterator[DialogueRecord]:
    """Reads KdConv; the facts of a reply are its profile.

    They read `导演:尼克·卡索维茨`; what they are about comes before them as
    `entity:恋恋笔记本`, without the explanation in brackets at its end.

    Args:
        path: The `.json` file of one domain and split.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read or holds nothing of the expected form.
    """
    return usable_records(_dialogues, path, skipped, EXPECTED)


def _dialogues(path: Path, skipped: Skipped) -> Iterator[DialogueRecord]:
    for entry in json_entries(path, "list", skipped, EXPECTED):
        try:
            utterances = _utterances(entry)
        except (KeyError, TypeError, AttributeError):
            reason = "expected an object with `messages`, each with a `message`"
            skipped.add(path, entry.line, reason)
            continue
        name = f"{path.parent.name}/{path.name}#{entry.key}"
        yield from replies_in(name, utterances, path, skipped)


def _utterances(entry: JsonEntry) -> list[Utterance]:
    return [
        Utterance(
            side,
            clean_utterance(message["message"]),
            tuple(_facts(message.get("attrs") or [])),
            entry.line,
        )
        for side, message in zip(cycle(SIDES), entry.value["messages"], strict=False)
    ]


def _facts(attributes: list[dict[str, Any]]) -> list[str]:
    facts: list[str] = []
    for attribute in attributes:
        subject = _EXPLANATION.sub("", clean_utterance(attribute["name"]))
        value = clean_utterance(attribute["attrvalue"])
        facts += [f"{SUBJECT}:{subject}", f"{attribute['attrname']}:{value}"]
    return list(dict.fromkeys(facts))
