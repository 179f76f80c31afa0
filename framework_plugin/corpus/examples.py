"""Training examples: what the generator reads and what it should say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from framework_plugin.corpus.codec import TokenizedTurn, UtteranceCodec, source_tokens
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.placeholders import placeholders_in
from framework_plugin.corpus.script import Script, ScriptedTurn
from framework_plugin.corpus.user_context import FactKind


@dataclass(frozen=True)
class Example:
    """One reply with all that it answers.

    Args:
        source: What the encoder reads; see `source_tokens`.
        target: The words of the reply.
        message: The user's message alone, in words as read.
        references: All replies that would have been right, as spelled.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    message: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Augmentation:
    """How much training examples vary from epoch to epoch (probabilities).

    Args:
        extra_fact: A fact that the dialogue does not speak of is known as well.
        earlier_talk: A dialogue that opens anew follows on an unrelated exchange.
        word_deletion: A word of what is read is left out (Xie et al. 2017, "Data
            Noising as Smoothing in Neural Network Language Models").
    """

    extra_fact: float = 0.25
    earlier_talk: float = 0.35
    word_deletion: float = 0.08


class ExampleSampler:
    """Draws the examples of each epoch, the same for the same seed.

    Args:
        scripts: The dialogues to learn from.
        codec: Splits utterances into tokens.
        seed: What all choices follow from.
        context_turns: Turns that the encoder reads.
        max_turn_tokens: Tokens of each turn that it reads.
        augmentation: How much examples vary.
    """

    def __init__(
        self,
        scripts: Sequence[Script],
        codec: UtteranceCodec,
        *,
        seed: int,
        context_turns: int,
        max_turn_tokens: int,
        augmentation: Augmentation,
    ) -> None:
        self._scripts = scripts
        self._codec = codec
        self._seed = seed
        self._context_turns = context_turns
        self._max_turn_tokens = max_turn_tokens
        self._augmentation = augmentation
        self._small_talk = [s for s in scripts if not _facts_named(s)]

    def epoch(self, number: int) -> list[Example]:
        """The examples of one epoch: each wording of each user turn once, shuffled."""
        rng = random.Random(f"{self._seed}/{number}")
        examples = [e for s in self._scripts for e in self._augmented(s, rng)]
        rng.shuffle(examples)
        return examples

    def plain(self) -> list[Example]:
        """The examples as written, without augmentation: for evaluation."""
        return [e for s in self._scripts for e in self._as_written(s)]

    def _augmented(self, script: Script, rng: random.Random) -> Iterator[Example]:
        for index in range(0, len(script.turns), 2):
            for wording in script.turns[index].alternatives:
                turns = [*self._earlier(script, index, rng), (Speaker.USER, wording)]
                known = set(_known_at(script, index))
                for kind in FactKind:
                    if rng.random() < self._augmentation.extra_fact:
                        known |= {kind} - script.unknown
                reply = script.turns[index + 1]
                yield self._example(turns, known, reply, rng)

    def _earlier(
        self, script: Script, index: int, rng: random.Random
    ) -> list[tuple[Speaker, str]]:
        turns: Sequence[ScriptedTurn] = script.turns[:index]
        if not turns and rng.random() < self._augmentation.earlier_talk:
            turns = rng.choice(self._small_talk or [script]).turns[-2:]
            if any(placeholders_in(w) for t in turns for w in t.alternatives):
                turns = ()
        return [(turn.speaker, rng.choice(turn.alternatives)) for turn in turns]

    def _as_written(self, script: Script) -> Iterator[Example]:
        for index in range(0, len(script.turns), 2):
            earlier = [(t.speaker, t.alternatives[0]) for t in script.turns[:index]]
            for wording in script.turns[index].alternatives:
                turns = [*earlier, (Speaker.USER, wording)]
                known = _known_at(script, index)
                yield self._example(turns, known, script.turns[index + 1], None)

    def _example(
        self,
        turns: Sequence[tuple[Speaker, str]],
        known: set[FactKind],
        reply: ScriptedTurn,
        rng: random.Random | None,
    ) -> Example:
        tokenized: list[TokenizedTurn] = [
            (speaker, self._thinned(self._codec.read(text), rng))
            for speaker, text in turns
        ]
        source = source_tokens(
            tokenized,
            known,
            context_turns=self._context_turns,
            max_turn_tokens=self._max_turn_tokens,
        )
        chosen = rng.choice(reply.alternatives) if rng else reply.alternatives[0]
        message = tuple(tokenized[-1][1])
        return Example(source, self._codec.write(chosen), message, reply.alternatives)

    def _thinned(
        self, words: Sequence[str], rng: random.Random | None
    ) -> Sequence[str]:
        if rng is None or len(words) < 3:
            return words
        kept = [w for w in words if rng.random() >= self._augmentation.word_deletion]
        return kept or words


def _facts_named(script: Script) -> set[FactKind]:
    named = set(script.known | script.unknown)
    for turn in script.turns:
        for wording in turn.alternatives:
            named |= placeholders_in(wording)
    return named


def _known_at(script: Script, index: int) -> set[FactKind]:
    """What is known when the turn at `index` is answered, that turn included."""
    known = set(script.known)
    for turn in script.turns[: index + 1]:
        for wording in turn.alternatives:
            known |= placeholders_in(wording)
    return known
