"""What was learned of the words that only a query or only a wording has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework_plugin.retrieval.associations import Associations
from framework_plugin.retrieval.evidence import Shared
from framework_plugin.retrieval.rows import Floats, Mask, Places
from framework_plugin.retrieval.terms import KINDS

ALIGNED_KINDS = KINDS[:2]
ALIGNED = tuple(
    f"{kind}s, {name}"
    for kind in ALIGNED_KINDS
    for name in (
        *("against wording, sum", "against wording, least", "against wording, most"),
        *("against query, sum", "against query, least"),
        *("by themselves, sum", "by themselves, least"),
        *("explained, sum", "explained, least"),
    )
)
"""The evidence of `aligned`, in the order of its columns."""


def aligned(shared: Shared, associations: Sequence[Associations]) -> Floats:
    """Sets the words that one lacks against those that the other lacks.

    Each word stands for that of the other for which the evidence is best, or for
    nothing.

    Args:
        shared: Query and wordings.
        associations: Of words and of characters.

    Returns:
        (rows, evidence).
    """
    columns: list[Floats] = []
    for kind, known in enumerate(associations):
        columns += _columns(_alone(shared, kind), known)
    return np.column_stack(columns).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Alone:
    """What only the query has, and what only the wordings have.

    Args:
        query: Words of the query.
        lacking: Which rows lack them: (words, rows).
        names: Words of the wordings.
        table: Which of these only the row has, filled up with their number: (rows,
            most).
    """

    query: list[str]
    lacking: Mask
    names: list[str]
    table: Places


def _alone(shared: Shared, kind: int) -> _Alone:
    asked = [(name, lacking) for k, name, lacking, _ in shared.of_query if k == kind]
    lacking = np.zeros((len(asked), shared.count), bool)
    for place, (_, rows) in enumerate(asked):
        lacking[place] = rows
    names, column = shared.different
    here = np.flatnonzero((shared.kinds == kind) & ~shared.known)
    row, own = shared.row[here], column[here]
    counts = np.bincount(row, minlength=shared.count)
    different, numbers = np.unique(own, return_inverse=True)
    table = np.full((shared.count, counts.max(initial=0)), len(different), np.int64)
    firsts = np.cumsum(counts) - counts
    table[row, np.arange(len(row)) - firsts[row]] = numbers
    begin = len(KINDS[kind]) + 1
    return _Alone(
        [name[begin:] for name, _ in asked],
        lacking,
        [names[place][begin:] for place in different],
        table,
    )


def _columns(alone: _Alone, associations: Associations) -> list[Floats]:
    real = alone.table < len(alone.names)
    between = associations.between(alone.query, alone.names)
    # One column more, for the places that are filled up.
    filled = np.pad(between, ((0, 0), (0, 1)), constant_values=-np.inf)
    # words x rows x most
    each = np.where(alone.lacking[:, :, None], filled[:, alone.table], -np.inf)
    of_query = _best(each, axis=2)
    of_wording = _best(each, axis=0)
    itself = np.broadcast_to(
        associations.by_itself(alone.query)[:, None], alone.lacking.shape
    )
    other = np.append(associations.by_itself(alone.names), 0)[alone.table]
    return [
        *_summary(of_query, alone.lacking, 0),
        np.where(alone.lacking, of_query, 0).max(axis=0, initial=0),
        *_summary(of_wording, real, 1),
        *_both(_summary(itself, alone.lacking, 0), _summary(other, real, 1)),
        *_both(
            _summary(np.maximum(of_query, itself), alone.lacking, 0),
            _summary(np.maximum(of_wording, other), real, 1),
        ),
    ]


def _best(values: Floats, axis: int) -> Floats:
    """The largest value; 0 where there is none to stand against."""
    best = values.max(axis=axis, initial=-np.inf)
    return np.where(np.isfinite(best), best, 0)


def _summary(values: Floats, where: Mask, axis: int) -> list[Floats]:
    """Sum and least of some values, each (rows,)."""
    kept = np.where(where, values, 0)
    return [kept.sum(axis=axis), kept.min(axis=axis, initial=0)]


def _both(one: list[Floats], other: list[Floats]) -> list[Floats]:
    return [one[0] + other[0], np.minimum(one[1], other[1])]
