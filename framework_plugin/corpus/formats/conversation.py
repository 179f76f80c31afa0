"""From the utterances of one conversation to the replies that can be learned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from framework_plugin.corpus.cleaning import (
    MAX_UTTERANCE_LENGTH,
    clean_utterance,
    problem_with,
)
from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.formats.record import DialogueRecord, Skipped

SIDES = ("A", "B")
"""Speakers of a conversation that does not name them: they speak in turns."""

_UNITS = re.compile(r"[A-Za-z0-9'’]+|\S")
_LATIN = re.compile(r"[A-Za-z0-9]+")
_STOPS = re.compile(r"[。！？!?，,；;…~～.]$")


@dataclass(frozen=True)
class Utterance:
    """What one speaker said in one go.

    Args:
        speaker: Whoever it is; only whether two are the same matters.
        text: The cleaned words.
        facts: What the speaker knew when saying it.
        line: Where it stands in the file, from 1.
        learn: Whether it may be learned as a reply.
    """

    speaker: str
    text: str
    facts: tuple[str, ...] = ()
    line: int = 0
    learn: bool = True


def problem_in(text: str) -> str | None:
    """Says why an utterance cannot be learned from, or None if it can.

    As `cleaning.problem_with`, but a Latin word counts as much as a Han character: 200
    letters are no long sentence.
    """
    units = _UNITS.findall(text)
    if len(units) > MAX_UTTERANCE_LENGTH:
        return f"the utterance is longer than {MAX_UTTERANCE_LENGTH} words"
    return problem_with("".join(unit[0] for unit in units))


def clean_spaced(text: str) -> str:
    """Cleans an utterance and keeps the blanks between its words as they are."""
    words = (clean_utterance(word) for word in text.split())
    return " ".join(word for word in words if word)


def close_blanks(text: str) -> str:
    """Joins an utterance whose characters are parted by blanks.

    A blank stays between Latin words, which are longer than one letter: `iphone plus`
    but `3 1 万` becomes `31万`.
    """
    joined, last = "", ""
    for token in clean_utterance(text).split():
        is_latin = _LATIN.fullmatch(token) and _LATIN.fullmatch(last)
        if is_latin and len(token) + len(last) > 2:
            joined += " "
        joined += token
        last = token
    return joined


def replies_in(
    dialogue: str,
    utterances: Iterable[Utterance],
    path: Path,
    skipped: Skipped,
    history: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[DialogueRecord]:
    """Every utterance that answers another, with all that was said before.

    Utterances of one speaker in a row are one turn. Whoever gives the reply is the
    bot and all others are the user, so that each reply sees the roles its own way. An
    utterance that cannot be used parts the conversation: nothing answers it, and what
    comes after does not look behind it.

    Args:
        dialogue: The name of the conversation.
        utterances: All of it, in order.
        path: Where it stands.
        skipped: Gathers the utterances that cannot be used.
        history: What each speaker said in earlier sessions.
    """
    for part in _usable_parts(utterances, path, skipped):
        turns = _in_turns(part)
        for index, said in enumerate(turns[1:], start=1):
            if not said.learn:
                continue
            yield DialogueRecord(
                tuple(_seen_by(said.speaker, turns[: index + 1])),
                said.facts,
                tuple((history or {}).get(said.speaker, ())),
                dialogue,
            )


def _usable_parts(
    utterances: Iterable[Utterance], path: Path, skipped: Skipped
) -> Iterator[list[Utterance]]:
    part: list[Utterance] = []
    for utterance in utterances:
        if problem := problem_in(utterance.text):
            skipped.add(path, utterance.line, problem)
            yield part
            part = []
        else:
            part.append(utterance)
    yield part


def _in_turns(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Utterances of one speaker in a row as one.

    Facts are joined, too; a turn may be learned if its first utterance may.
    """
    turns: list[Utterance] = []
    for _, group in groupby(utterances, key=lambda u: u.speaker):
        said = list(group)
        facts = dict.fromkeys(fact for u in said for fact in u.facts)
        text = _joined(u.text for u in said)
        first = said[0]
        turns.append(
            Utterance(first.speaker, text, tuple(facts), first.line, first.learn)
        )
    return turns


def _seen_by(speaker: str, turns: Sequence[Utterance]) -> Iterator[Turn]:
    for is_bot, group in groupby(turns, key=lambda u: u.speaker == speaker):
        yield Turn(
            Speaker.BOT if is_bot else Speaker.USER, _joined(u.text for u in group)
        )


def _joined(texts: Iterable[str]) -> str:
    whole = ""
    for text in texts:
        if whole and not _STOPS.search(whole):
            whole += "，"
        elif whole and whole[-1].isascii() and text[:1].isascii():
            whole += " "
        whole += text
    return whole
