"""Examples side by side, padded to about the same length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from framework_plugin.generation.training.ragged import Ids, Indices, Ragged
from framework_plugin.text.vocabulary import PAD_ID

Encoded = Mapping[str, Sequence[int]]
"""An example as ids under the names of the network's inputs, not padded.

Names that begin with `reply` belong to what is to be learned; `reply_out` is it.
"""

TARGET = "reply_out"
_REPLY = "reply"
_ALIKE = 1.2
"""Replies are about as long if none has so many times the tokens of another."""


@dataclass(frozen=True)
class Batch:
    """Some examples side by side.

    Args:
        arrays: By the network's input names; each (batch, length), padded with
            `PAD_ID`. Lengths differ between names, the batch size does not.
    """

    arrays: Mapping[str, Ids]

    def __len__(self) -> int:
        return len(self.arrays[TARGET])

    @property
    def target_tokens(self) -> int:
        """Tokens to predict, end marks included."""
        return int(np.count_nonzero(self.arrays[TARGET] != PAD_ID))

    def shard(self, rank: int, workers: int) -> Batch:
        """Every `workers`-th example, from the `rank`-th on.

        All workers take part in every step. Where a batch has too few examples for
        them, one gets the first example with its reply blanked, which adds nothing to
        any sum.
        """
        if rank < len(self):
            return Batch({n: a[rank::workers] for n, a in self.arrays.items()})
        return Batch(
            {
                n: np.full_like(a[:1], PAD_ID) if n.startswith(_REPLY) else a[:1]
                for n, a in self.arrays.items()
            }
        )


Fields = Mapping[str, Ragged]
"""Examples by input name; all of the same number of rows."""


def by_length(fields: Fields, chosen: Indices) -> Indices:
    """Orders examples so that those of about the same length are side by side.

    What is read is often much longer than what is said, so it must fit well too.

    Args:
        fields: Where the examples are.
        chosen: Indices of some of them.

    Returns:
        The same indices; replies that are about as long form a class, the shortest
        first, and in a class those that read least come first. Equal ones stay in the
        order given.
    """
    read = np.zeros(len(chosen), np.int64)
    for name, rows in fields.items():
        if not name.startswith(_REPLY):
            read += rows.lengths(chosen)
    said = fields[TARGET].lengths(chosen)
    alike = np.floor(np.log(said + 1) / np.log(_ALIKE))
    return np.asarray(chosen[np.lexsort((said, read, alike))])


def batch_of(fields: Fields, chosen: Indices) -> Batch:
    """Some examples, by their indices, as a batch."""
    return Batch({name: rows.padded(chosen) for name, rows in fields.items()})


def make_batches(examples: Sequence[Encoded], batch_size: int) -> list[Batch]:
    """All examples in batches, short ones first; for splits that are only measured.

    Args:
        examples: In any order; none is left out.
        batch_size: Examples in each batch; the last may have fewer.

    Returns:
        The batches; none for no examples.
    """
    if not examples:
        return []
    fields = {name: Ragged.of(e[name] for e in examples) for name in examples[0]}
    order = by_length(fields, np.arange(len(examples), dtype=np.int64))
    return [
        batch_of(fields, order[start : start + batch_size])
        for start in range(0, len(order), batch_size)
    ]
