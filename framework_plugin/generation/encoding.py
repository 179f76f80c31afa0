"""From tokens to the ids that the network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from framework_plugin.corpus.codec import RESERVED, UtteranceCodec
from framework_plugin.corpus.examples import Example
from framework_plugin.generation.settings import NetworkSettings
from framework_plugin.text.segment import create_segmenter
from framework_plugin.text.vocabulary import (
    BEGIN_ID,
    END_ID,
    PAD_ID,
    SPECIALS,
    UNKNOWN,
    UNKNOWN_ID,
    Vocabulary,
)

_NEVER_COPIED = frozenset((*SPECIALS, *RESERVED))
"""Marks stand for no word."""

EncodedExample = dict[str, list[int]]
"""Ids by the names of the network's inputs."""


def codec_of(settings: NetworkSettings) -> UtteranceCodec:
    """The codec that a network's tokens come from."""
    return UtteranceCodec(
        create_segmenter(), settings.source_units, settings.target_units
    )


def input_names(settings: NetworkSettings) -> tuple[str, ...]:
    """The arrays that a batch consists of."""
    names = ["source", "reply_in", "reply_out"]
    if settings.memory:
        names.append("memory")
    if settings.copy:
        names.append("source_copy")
    if settings.copy and settings.memory:
        names.append("memory_copy")
    return tuple(names)


@dataclass(frozen=True)
class EncodedTexts:
    """What a reply is written from, as ids.

    Args:
        source: The dialogue.
        memory: Facts and earlier turns; never empty.
        source_copy: The dialogue again; tokens of no vocabulary have ids of their
            own, from the vocabulary's size on, and marks have none (`PAD_ID`).
        memory_copy: The same of the memory.
        strangers: The tokens behind those ids, in their order.
    """

    source: list[int]
    memory: list[int]
    source_copy: list[int]
    memory_copy: list[int]
    strangers: tuple[str, ...]


def encode_texts(
    source: Sequence[str], memory: Sequence[str], vocabulary: Vocabulary
) -> EncodedTexts:
    """Encodes what a reply is written from.

    Args:
        source: Tokens of the dialogue.
        memory: Tokens of facts and earlier turns.
        vocabulary: Gives the ids; unknown words are spelled.
    """
    strangers: dict[str, int] = {}

    def ids(tokens: Sequence[str]) -> tuple[list[int], list[int]]:
        known, copied = [], []
        for token in vocabulary.spell(tokens) or [UNKNOWN]:
            identity = vocabulary.id(token)
            known.append(identity)
            if identity == UNKNOWN_ID:
                identity = strangers.setdefault(token, len(vocabulary) + len(strangers))
            copied.append(PAD_ID if token in _NEVER_COPIED else identity)
        return known, copied

    heard, heard_copy = ids(source)
    kept, kept_copy = ids(memory)
    return EncodedTexts(heard, kept, heard_copy, kept_copy, tuple(strangers))


def encode_reply(
    reply: Sequence[str], texts: EncodedTexts, vocabulary: Vocabulary
) -> list[int]:
    """Encodes a reply to some texts, strangers by the ids that they have there."""
    strangers = {
        token: len(vocabulary) + index for index, token in enumerate(texts.strangers)
    }
    tokens = vocabulary.spell(reply)
    return [strangers.get(token, vocabulary.id(token)) for token in tokens]


def encode_example(
    example: Example, vocabulary: Vocabulary, names: Sequence[str], max_tokens: int
) -> EncodedExample:
    """Encodes an example for training.

    Args:
        example: With source, memory and target.
        vocabulary: Gives the ids.
        names: The inputs wanted; see `network.seq2seq.input_names`.
        max_tokens: Longer replies are cut.
    """
    texts = encode_texts(example.source, example.memory, vocabulary)
    read = vocabulary.encode(example.target)[:max_tokens]
    wanted = read
    if "source_copy" in names:
        wanted = encode_reply(example.target, texts, vocabulary)[:max_tokens]
    encoded = {
        "source": texts.source,
        "source_copy": texts.source_copy,
        "memory": texts.memory,
        "memory_copy": texts.memory_copy,
        "reply_in": [BEGIN_ID, *read],
        "reply_out": [*wanted, END_ID],
    }
    return {name: encoded[name] for name in names}
