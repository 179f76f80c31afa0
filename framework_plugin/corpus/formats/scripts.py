"""From records of public corpora to the written dialogues that training reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.formats.record import DialogueRecord
from framework_plugin.corpus.script import Script, ScriptedTurn


def scripts_of(records: Iterable[DialogueRecord], topic: str) -> Iterator[Script]:
    """Joins the records of each dialogue into as few scripts as teach all replies.

    A record that a later one goes on from is part of that one, so a dialogue of two
    people becomes two scripts: each hears one of them as the bot. A script begins with
    the user; a bot's turn before that is left out, and so are profile and history,
    for which a script has no place.

    Args:
        records: Those of one dialogue behind one another.
        topic: What the scripts are called, mostly the stem of the file.
    """
    for _, dialogue in groupby(records, key=lambda record: record.dialogue):
        for turns in _longest(dialogue):
            opening = 0 if turns[0].speaker is Speaker.USER else 1
            kept = turns[opening:]
            if len(kept) >= 2:
                yield Script(tuple(map(_written, kept)), topic=topic)


def _longest(records: Iterable[DialogueRecord]) -> list[tuple[Turn, ...]]:
    found: list[tuple[Turn, ...]] = []
    for record in records:
        for index, shorter in enumerate(found):
            if record.turns[: len(shorter)] == shorter:
                found[index] = record.turns
                break
        else:
            found.append(record.turns)
    return found


def _written(turn: Turn) -> ScriptedTurn:
    # Braces would be read as placeholders, which no public corpus has.
    text = turn.text.replace("{", "（").replace("}", "）")
    return ScriptedTurn(turn.speaker, (text,))
