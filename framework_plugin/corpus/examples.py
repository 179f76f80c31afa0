"""Training examples: what the generator reads and what it should say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from framework_plugin.corpus.augmentation import WordNoise
from framework_plugin.corpus.codec import TokenizedTurn, UtteranceCodec, source_tokens
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.placeholders import placeholders_in
from framework_plugin.corpus.script import Script, ScriptedTurn
from framework_plugin.corpus.user_context import SAYABLE_KINDS, FactKind

Item = TypeVar("Item")


@dataclass(frozen=True)
class Example:
    """One reply with all that it answers.

    Args:
        turns: The dialogue in words as read, the user's message last.
        source: What the encoder reads; see `source_tokens`.
        target: The words of the reply.
        known: Facts that are known when it is answered.
        unknown: Facts that must not be known.
        memory: Tokens of the facts and earlier turns that the memory encoder reads.
        references: All replies that would be right, as spelled; none if no reply is.
    """

    turns: tuple[TokenizedTurn, ...]
    source: tuple[str, ...]
    target: tuple[str, ...] = ()
    known: frozenset[FactKind] = frozenset()
    unknown: frozenset[FactKind] = frozenset()
    memory: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


def spread(items: Sequence[Item], count: int | None) -> list[Item]:
    """At most so many, spread evenly over all, so that no topic is left out."""
    if count is None or len(items) <= count:
        return list(items)
    return [items[i * len(items) // count] for i in range(count)]


@dataclass(frozen=True)
class Augmentation:
    """How much training examples vary from epoch to epoch (probabilities).

    Args:
        extra_fact: A fact that the dialogue does not speak of is known as well.
        earlier_talk: A dialogue that opens anew follows on an unrelated exchange.
        wordings: At most so many wordings of a turn are drawn each epoch (no
            probability, a count).
    """

    extra_fact: float = 0.25
    earlier_talk: float = 0.35
    wordings: int = 2


class ExampleSampler:
    """Draws the examples of each epoch, the same for the same seed.

    Args:
        scripts: The dialogues to learn from.
        codec: Splits utterances into tokens.
        seed: What all choices follow from.
        context_turns: Turns that the encoder reads.
        max_turn_tokens: Tokens of each turn that it reads.
        augmentation: How much examples vary.
        noise: Changes the words that are read.
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
        noise: WordNoise | None = None,
    ) -> None:
        self._scripts = scripts
        self._codec = codec
        self._seed = seed
        self._context_turns = context_turns
        self._max_turn_tokens = max_turn_tokens
        self._augmentation = augmentation
        self._noise = noise
        self._small_talk = [s for s in scripts if not _facts_named(s)]

    varies = True
    """Whether the examples of one epoch differ from those of the next."""

    def epoch(self, number: int) -> list[Example]:
        """The examples of one epoch, shuffled: some wordings of each user turn."""
        rng = random.Random(f"{self._seed}/{number}")
        examples = [e for s in self._scripts for e in self._augmented(s, rng)]
        rng.shuffle(examples)
        return examples

    def written(self) -> Iterator[tuple[str, ...]]:
        """All wordings of the replies in tokens, repeats included."""
        return map(self._codec.write, self._said_by(Speaker.BOT))

    def read(self) -> Iterator[tuple[str, ...]]:
        """All wordings of the user's turns in tokens, repeats included."""
        return map(self._codec.read, self._said_by(Speaker.USER))

    def _said_by(self, speaker: Speaker) -> Iterator[str]:
        for script in self._scripts:
            for turn in script.turns:
                if turn.speaker is speaker:
                    yield from turn.alternatives

    def plain(self) -> list[Example]:
        """The examples as written, without augmentation: for evaluation."""
        return [e for s in self._scripts for e in self._as_written(s, None)]

    def amid_talk(self) -> list[Example]:
        """The same, but dialogues that open anew follow on an unrelated exchange."""
        rng = random.Random(self._seed)
        return [e for s in self._scripts for e in self._as_written(s, rng)]

    def _augmented(self, script: Script, rng: random.Random) -> Iterator[Example]:
        for index in range(0, len(script.turns), 2):
            wordings = script.turns[index].alternatives
            count = min(len(wordings), self._augmentation.wordings)
            for wording in rng.sample(wordings, count):
                turns = [*self._earlier(script, index, rng), (Speaker.USER, wording)]
                known = set(script.known_at(index))
                for kind in SAYABLE_KINDS:
                    if rng.random() < self._augmentation.extra_fact:
                        known |= {kind} - script.unknown
                reply = rng.choice(script.turns[index + 1].alternatives)
                words = [(who, self._noisy(said, rng)) for who, said in turns]
                yield self._example(script, index, words, known, reply)

    def _earlier(
        self, script: Script, index: int, rng: random.Random
    ) -> list[tuple[Speaker, str]]:
        turns: Sequence[ScriptedTurn] = script.turns[:index]
        if not turns and rng.random() < self._augmentation.earlier_talk:
            turns = self._unrelated(rng)
        return [(turn.speaker, rng.choice(turn.alternatives)) for turn in turns]

    def _unrelated(self, rng: random.Random) -> Sequence[ScriptedTurn]:
        return rng.choice(self._small_talk).turns[-2:] if self._small_talk else ()

    def _as_written(
        self, script: Script, amid_talk: random.Random | None
    ) -> Iterator[Example]:
        for index in range(0, len(script.turns), 2):
            before: Sequence[ScriptedTurn] = script.turns[:index]
            if not before and amid_talk is not None:
                before = self._unrelated(amid_talk)
            earlier = [(turn.speaker, turn.alternatives[0]) for turn in before]
            known = script.known_at(index)
            reply = script.turns[index + 1].alternatives[0]
            for wording in script.turns[index].alternatives:
                words = self._tokenized([*earlier, (Speaker.USER, wording)])
                yield self._example(script, index, words, known, reply)

    def _tokenized(self, turns: Sequence[tuple[Speaker, str]]) -> list[TokenizedTurn]:
        return [(speaker, self._codec.read(text)) for speaker, text in turns]

    def _example(
        self,
        script: Script,
        index: int,
        turns: Sequence[TokenizedTurn],
        known: set[FactKind],
        reply: str,
    ) -> Example:
        source = source_tokens(
            turns,
            known,
            context_turns=self._context_turns,
            max_turn_tokens=self._max_turn_tokens,
        )
        return Example(
            tuple(turns),
            source,
            self._codec.write(reply),
            frozenset(known),
            script.unknown - known,
            references=script.turns[index + 1].alternatives,
        )

    def _noisy(self, text: str, rng: random.Random) -> Sequence[str]:
        if self._noise is None:
            return self._codec.read(text)
        words = self._codec.words(text)
        return self._codec.in_source_units(self._noise(words, rng))


def _facts_named(script: Script) -> set[FactKind]:
    named = set(script.known | script.unknown)
    for turn in script.turns:
        for wording in turn.alternatives:
            named |= placeholders_in(wording)
    return named
