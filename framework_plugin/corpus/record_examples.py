"""Training examples from records of public corpora, as many as there may be."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from framework_plugin.corpus.augmentation import WordNoise
from framework_plugin.corpus.codec import (
    TokenizedTurn,
    UtteranceCodec,
    memory_tokens,
    source_tokens,
)
from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.formats.record import DialogueRecord

Records = Callable[[], Iterator[DialogueRecord]]
"""Reads a corpus from its beginning; called once for each pass over it."""

Substitution = Callable[[Sequence[str], random.Random], tuple[str, ...]]
"""Changes the texts of one example together; see `EntitySubstitution`."""


class RecordExamples:
    """Makes an example of each record as it is read: none is kept.

    Args:
        records: Opens the corpus.
        codec: Splits utterances into tokens.
        seed: What the noise follows from.
        context_turns: Turns that the encoder reads.
        max_turn_tokens: Tokens of each turn that it reads.
        max_memory_tokens: Tokens of profile and history that are read.
        noise: Changes the words that are read of the training split.
        substitution: Replaces names and places of the training split.
    """

    def __init__(
        self,
        records: Records,
        codec: UtteranceCodec,
        *,
        seed: int,
        context_turns: int,
        max_turn_tokens: int,
        max_memory_tokens: int,
        noise: WordNoise | None = None,
        substitution: Substitution | None = None,
    ) -> None:
        self._records = records
        self._codec = codec
        self._seed = seed
        self._context_turns = context_turns
        self._max_turn_tokens = max_turn_tokens
        self._max_memory_tokens = max_memory_tokens
        self._noise = noise
        self._substitution = substitution
        self.varies = noise is not None or substitution is not None

    def written(self) -> Iterator[tuple[str, ...]]:
        """The replies in tokens."""
        for record in self._records():
            yield self._codec.write(record.reply)

    def read(self) -> Iterator[tuple[str, ...]]:
        """All else in tokens, repeats included."""
        for record in self._records():
            yield self._codec.read(record.message)
            yield self._memory(record)

    def epoch(self, number: int) -> Iterator[Example]:
        """The examples of one epoch, in the order of the corpus."""
        rng = random.Random(f"{self._seed}/{number}")
        for record in self._records():
            yield self._example(record, rng)

    def plain(self) -> Iterator[Example]:
        """The examples as written, without noise: for evaluation."""
        for record in self._records():
            yield self._example(record, None)

    def amid_talk(self) -> Iterator[Example]:
        """None: a record stands in its own talk already."""
        return iter(())

    def _example(self, record: DialogueRecord, rng: random.Random | None) -> Example:
        if rng is not None and self._substitution is not None:
            record = _with_others(record, self._substitution, rng)
        turns: Sequence[TokenizedTurn] = [
            (turn.speaker, self._noisy(turn.text, rng))
            for turn in record.turns[-1 - self._context_turns : -1]
        ]
        source = source_tokens(
            turns,
            (),
            context_turns=self._context_turns,
            max_turn_tokens=self._max_turn_tokens,
        )
        return Example(
            tuple(turns),
            source,
            self._codec.write(record.reply),
            memory=self._memory(record),
            references=(record.reply,),
        )

    def _memory(self, record: DialogueRecord) -> tuple[str, ...]:
        most = self._max_memory_tokens
        return memory_tokens(record.profile, record.history, self._codec.read, most)

    def _noisy(self, text: str, rng: random.Random | None) -> Sequence[str]:
        if self._noise is None or rng is None:
            return self._codec.read(text)
        words = self._codec.words(text)
        return self._codec.in_source_units(self._noise(words, rng))


def _with_others(
    record: DialogueRecord, substitution: Substitution, rng: random.Random
) -> DialogueRecord:
    """The record with other names and places, the same in all its texts."""
    texts = [turn.text for turn in record.turns]
    changed = iter(substitution([*texts, *record.profile, *record.history], rng))
    turns = tuple(replace(turn, text=next(changed)) for turn in record.turns)
    profile = tuple(next(changed) for _ in record.profile)
    return replace(record, turns=turns, profile=profile, history=tuple(changed))
