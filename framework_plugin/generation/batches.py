"""Examples as padded batches of about the same length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.examples import Example
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, PAD_ID, Vocabulary

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Batch:
    """Some examples side by side, padded with `PAD_ID`.

    Args:
        source: (batch, source length).
        reply_in: The reply behind the begin mark, (batch, reply length).
        reply_out: The reply with the end mark, (batch, reply length).
    """

    source: Ids
    reply_in: Ids
    reply_out: Ids

    @property
    def target_tokens(self) -> int:
        """Tokens to predict, end marks included."""
        return int((self.reply_out != PAD_ID).sum())


def make_batches(
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    *,
    batch_size: int,
    max_reply_tokens: int,
    rng: np.random.Generator | None = None,
) -> list[Batch]:
    """Sorts examples by length into batches.

    Args:
        examples: In any order; none is left out.
        vocabulary: Gives the ids.
        batch_size: Examples in each batch; the last may have fewer.
        max_reply_tokens: Longer replies are cut.
        rng: Shuffles the batches; without it they stay sorted by length.

    Returns:
        The batches.
    """
    pairs = [
        (vocabulary.encode(e.source), vocabulary.encode(e.target)[:max_reply_tokens])
        for e in examples
    ]
    pairs.sort(key=lambda pair: (len(pair[1]), len(pair[0])))
    batches = [
        _pad(pairs[start : start + batch_size])
        for start in range(0, len(pairs), batch_size)
    ]
    if rng is not None:
        order = rng.permutation(len(batches))
        batches = [batches[i] for i in order]
    return batches


def _pad(pairs: Sequence[tuple[list[int], list[int]]]) -> Batch:
    width = max(max(len(source) for source, _ in pairs), 1)
    length = max(len(target) for _, target in pairs) + 1
    source = np.full((len(pairs), width), PAD_ID, np.int32)
    reply_in = np.full((len(pairs), length), PAD_ID, np.int32)
    reply_out = np.full((len(pairs), length), PAD_ID, np.int32)
    for row, (read, said) in enumerate(pairs):
        source[row, : len(read)] = read
        reply_in[row, : len(said) + 1] = [BEGIN_ID, *said]
        reply_out[row, : len(said) + 1] = [*said, END_ID]
    return Batch(source, reply_in, reply_out)
