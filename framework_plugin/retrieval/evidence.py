"""What speaks for a wording and against it, as numbers."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from framework_plugin.retrieval.judging import Candidates
from framework_plugin.retrieval.rows import Floats, Mask, Places
from framework_plugin.retrieval.terms import KINDS

_OF_A_KIND = ("of query", "of wording", "of both", "query alone", "wording alone")
LEXICAL = (
    *(f"{kind}s, {name}" for kind in KINDS for name in _OF_A_KIND),
    "weightiest word, query alone",
    "weightiest word, wording alone",
    "answer helps",
    "bm25",
    "bm25, of query",
    "length of query",
    "length of wording",
    "difference of lengths",
    "same terms",
)
"""The lexical evidence, in the order of its columns."""

_LEAST = 1e-6


class Shared:
    """Which terms of some wordings a query has, and which it lacks.

    Args:
        candidates: Query and wordings.
    """

    def __init__(self, candidates: Candidates) -> None:
        self.candidates = candidates
        self.count = len(candidates.rows)
        self.row = candidates.rows.owners()
        """The row of each place in `candidates.rows.terms`."""

    @cached_property
    def different(self) -> tuple[list[str], Places]:
        """The names of all terms of the wordings, and which stands at each place."""
        terms, column = np.unique(self.candidates.rows.terms, return_inverse=True)
        return [self.candidates.names[term] for term in terms], column

    @cached_property
    def kinds(self) -> Places:
        """The kind of the term at each place."""
        names, column = self.different
        kinds = np.array([_kind_of(name) for name in names], np.int64)
        found: Places = kinds[column]
        return found

    @cached_property
    def known(self) -> Mask:
        """Whether the query has the term at each place."""
        found: Mask = np.zeros(len(self.candidates.weights), bool)
        found[self.candidates.query] = True
        known: Mask = found[self.candidates.rows.terms]
        return known

    @cached_property
    def of_query(self) -> list[tuple[int, str, Mask, float]]:
        """Each term of the query: kind, name, which rows lack it, and weight."""
        given = self.candidates
        rare = float(given.weights[-1])
        everywhere = np.ones(self.count, bool)
        return [
            *(
                (
                    _kind_of(given.names[term]),
                    given.names[term],
                    ~given.in_rows[:, place],
                    float(given.weights[term]),
                )
                for place, term in enumerate(given.query)
            ),
            *(
                (_kind_of(name), name, everywhere, weight * rare)
                for name, weight in given.unknown.items()
            ),
        ]


def lexical(shared: Shared) -> Floats:
    """The evidence that needs nothing learned: (rows, evidence)."""
    given, count = shared.candidates, shared.count
    values = given.weights[given.rows.terms]
    asked = np.zeros(len(KINDS))
    alone = np.zeros((len(KINDS), count))
    weightiest = np.zeros(count)
    characters = 0
    for kind, _, lacking, weight in shared.of_query:
        asked[kind] += weight
        alone[kind] += lacking * weight
        if kind == 0:
            weightiest = np.maximum(weightiest, lacking * weight)
        characters += kind == 1
    columns = []
    for kind in range(len(KINDS)):
        here = shared.kinds == kind
        whole = _sums(shared, here, values)
        both = _sums(shared, here & shared.known, values)
        of_query = both / max(asked[kind], _LEAST)
        of_wording = both / np.maximum(whole, _LEAST)
        columns += [of_query, of_wording, np.sqrt(of_query * of_wording)]
        columns += [alone[kind], whole - both]
    missing = np.zeros(count)
    where = ~shared.known & (shared.kinds == 0)
    np.maximum.at(missing, shared.row[where], values[where])
    weights = given.weights[given.query]
    total = max(float(asked.sum()), _LEAST)
    helped = (given.in_support & ~given.in_rows) @ weights / total
    length = _sums(shared, shared.kinds == 1, np.ones(len(values), np.float32))
    same = (np.diff(given.rows.starts) == len(given.query)) & given.in_rows.all(axis=1)
    columns += [weightiest, missing, helped, given.bm25 / 10, given.bm25 / total]
    columns += [np.full(count, characters), length, np.abs(length - characters)]
    columns += [same & (not given.unknown)]
    return np.column_stack(columns).astype(np.float32)


def _sums(shared: Shared, where: Mask, values: Floats) -> Floats:
    """For each row the sum of the values at some of its places."""
    found = np.bincount(shared.row[where], values[where], shared.count)
    return found.astype(np.float32)


def _kind_of(name: str) -> int:
    """The place of a term's kind in `KINDS`."""
    return "wcp".index(name[0])
