"""What the network answers while it is trained, for TensorBoard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from framework_plugin.corpus.codec import join
from framework_plugin.corpus.examples import Example
from framework_plugin.generation.encoding import encode_texts
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, UNKNOWN_ID, Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.network.seq2seq import Seq2Seq

LONGEST = 30
"""Tokens of a sample reply at most."""


class SampleReplies:
    """Greedy replies to a few examples, with the weights of the moment.

    Words are taken from the vocabulary only: what would be copied is not shown.

    Args:
        network: While it is trained.
        vocabulary: Of the network.
        examples: To answer.
    """

    def __init__(
        self, network: Seq2Seq, vocabulary: Vocabulary, examples: Sequence[Example]
    ) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._examples = list(examples)

    def __call__(self) -> list[tuple[str, str]]:
        """Each message with its reply."""
        return [("".join(e.source), self._reply(e)) for e in self._examples]

    def _reply(self, example: Example) -> str:
        texts = encode_texts(example.source, example.memory, self._vocabulary)
        memory = np.array([texts.memory], np.int32)
        heard = self._network.hear(
            np.array([texts.source], np.int32),
            memory if self._network.settings.memory else None,
        )
        state, last = heard.state, BEGIN_ID
        reply: list[int] = []
        while len(reply) < LONGEST:
            tokens = np.array([last], np.int32)
            written, state = self._network.step(tokens, state, heard.texts)
            scores = self._network.embedding.scores(written.features).numpy()
            scores[0, UNKNOWN_ID] = -np.inf
            last = int(scores.argmax())
            if last == END_ID:
                break
            reply.append(last)
        return join(self._vocabulary.decode(reply))
