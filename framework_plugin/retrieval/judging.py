"""How well the wordings that were found cover a query, and it them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from framework_plugin.retrieval.rows import Floats, Ints, Mask, Places, Rows

# Both measured on the tuning half of tests/retrieval/paraphrases.tsv.
ANSWER_WEIGHT = 0.7
QUERY_SHARE = 0.4
# Measured on the tuning halves of tests/retrieval/prose.tsv and of those: higher finds
# more in prose, but then long sentences resemble questions that the FAQ answers.
PROSE_QUERY_SHARE = 0.65
# The more wordings an entry has, the sooner one of them resembles a query by chance.
# Measured on the tuning halves of those and tests/retrieval/unanswerable.txt.
CHANCE = 0.1


@dataclass(frozen=True, eq=False)
class Candidates:
    """Wordings that are to be judged against a query.

    Args:
        rows: Term numbers of each wording.
        support: Term numbers of the text and keywords behind each wording, row by row.
        query: Numbers of the query's known terms, in ascending order.
        weights: Weight (kind times rarity) of every term number: (terms + 1,); the
            last one is the rarity of unknown terms.
        missing: Weight of those terms of the query that stand nowhere.
        bm25: BM25 of each wording: (rows,).
        names: What each term number stands for.
        unknown: Weight, before its rarity, of each term of the query that stands
            nowhere.
        text: The query.
        wordings: The texts of the wordings.
        owners: The number of each wording's passage: (rows,).
        prose: Which wordings are sentences of prose, not questions or names: (rows,).
    """

    rows: Rows
    support: Rows
    query: Ints
    weights: Floats
    missing: float
    bm25: Floats
    names: Sequence[str]
    unknown: Mapping[str, float]
    text: str
    wordings: Sequence[str]
    owners: Places
    prose: Mask

    @cached_property
    def in_rows(self) -> Mask:
        """Which wordings hold which terms of the query: (rows, query)."""
        return self.rows.holding(self.query)

    @cached_property
    def in_support(self) -> Mask:
        """Which supports hold which terms of the query: (rows, query)."""
        return self.support.holding(self.query)

    @cached_property
    def in_passage(self) -> Mask:
        """Which passages hold which terms of the query: (rows, query).

        In their support, or in any of their wordings that are candidates.
        """
        order = np.argsort(self.owners, kind="stable")
        owners = self.owners[order]
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        held = np.zeros_like(self.in_rows)
        if len(firsts):
            of_each = np.logical_or.reduceat(self.in_rows[order], firsts)
            counts = np.diff(firsts, append=len(owners))
            held[order] = np.repeat(of_each, counts, axis=0)
        return held | self.in_support

    @cached_property
    def siblings(self) -> Places:
        """How many candidates are wordings of the passage of each: (rows,)."""
        _, which, counts = np.unique(
            self.owners, return_inverse=True, return_counts=True
        )
        found: Places = counts[which]
        return found

    def chosen(self, rows: Places) -> Candidates:
        """Some of the wordings, in the order given."""
        return replace(
            self,
            rows=self.rows.chosen(rows),
            support=self.support.chosen(rows),
            bm25=self.bm25[rows],
            wordings=[self.wordings[row] for row in rows.tolist()],
            owners=self.owners[rows],
            prose=self.prose[rows],
        )


def coverage(candidates: Candidates) -> Floats:
    """Judges by how much query and wording cover each other.

    The score is the geometric mean of two shares, both weighted by the rarity of the
    terms: how much of the query the wording covers, and how much of the wording the
    query covers. Terms of the query that stand only in the answer, the keywords or
    another wording of the entry count for less, terms that stand nowhere in the
    documents count as the rarest, so that nonsense scores near 0. A sentence of prose
    says more than is asked, so that how much of it the query covers counts for less.
    The best of many wordings must be better than the only one of an entry.
    """
    rows, query, weights = candidates.rows, candidates.query, candidates.weights
    in_row = candidates.in_rows
    shared = in_row @ weights[query]
    helped = (candidates.in_passage & ~in_row) @ weights[query]
    asked = weights[query].sum() + candidates.missing
    of_query = (shared + ANSWER_WEIGHT * helped) / asked
    of_row = shared / np.maximum(rows.sums(weights[rows.terms]), 1e-9)
    share = np.where(candidates.prose, PROSE_QUERY_SHARE, QUERY_SHARE)
    scores = np.sqrt(of_query * (share + (1 - share) * of_row))
    many = np.where(candidates.prose, 1, candidates.siblings)
    scores = np.power(np.minimum(scores, 1), 1 + CHANCE * np.log(many))
    # The same words in another order come to 1 but for rounding.
    return np.where(shared > 0, np.minimum(scores, 1), 0).astype(np.float32)
