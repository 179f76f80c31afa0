"""BM25 over a segment: finds the texts that are worth being judged.

Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), in the variant
of Lucene. A term counts once in a text, however often it stands there, so the score is
that of the text's length times the rarities of the terms that it shares with the query.
Nothing but the numbers of texts need be kept for a term, and rarities may change while
segments stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework_plugin.retrieval.rows import Floats, Ints, Mask, Places
from framework_plugin.retrieval.segment import Segment

# The values of bm25s and of Lucene.
K1 = 1.5
B = 0.75
POSTINGS = 30_000
"""Places of the index that are read for a query at least: a millisecond."""
POSTINGS_SHARE = 1 / 8
"""The same as a share of the texts: among more, less of the query finds the best."""
_REFINED = 500
"""Texts that are still ranked by the terms for which there is no room in that."""


@dataclass(frozen=True, eq=False)
class Query:
    """What is looked for.

    Args:
        terms: Numbers of terms, the rarest first: (terms,).
        rarities: Of each: (terms,).
        leading: With how many of these texts are looked for; the others only rank
            what was found.
        average: How many terms a text has on average.
    """

    terms: Ints
    rarities: Floats
    leading: int
    average: float

    @classmethod
    def of(
        cls, terms: Ints, rarities: Floats, postings: Places, texts: int, average: float
    ) -> Query:
        """The query of some terms.

        Args:
            terms: Their numbers, at least one.
            rarities: Of each.
            postings: In how many texts each stands.
            texts: How many there are.
            average: See the class.
        """
        order = np.argsort(postings, kind="stable")
        room = max(POSTINGS, POSTINGS_SHARE * texts)
        leading = int((np.cumsum(postings[order]) <= room).sum())
        return cls(terms[order], rarities[order], max(leading, 1), average)


def length_factor(lengths: Ints | Places, average: float) -> Floats:
    """By what the rarities are multiplied in a text of so many terms: (texts,)."""
    norm = 1 + K1 * (1 - B + B * lengths / max(average, 1e-9))
    return (1 / norm).astype(np.float32)


def nearest(segment: Segment, query: Query, hidden: Mask | None, limit: int) -> Places:
    """The texts of a segment with the highest scores, in no order.

    A quarter of them are supports: these help where a wording shares a term with the
    query as well, and do not alone.

    Args:
        segment: Where to look.
        query: What for.
        hidden: Which passages may not be found, if any: (passages,).
        limit: How many texts.
    """
    texts, sums = _touched(segment, query)
    if hidden is not None:
        shown = ~hidden[segment.owners[texts]]
        texts, sums = texts[shown], sums[shown]
    factors = length_factor(segment.lengths[texts], query.average)
    if query.leading < len(query.terms):
        best = _best(segment, texts, sums * factors, _REFINED)
        texts, factors = texts[best], factors[best]
        sums = segment.texts.chosen(texts).summed(query.terms, query.rarities)
    found: Places = texts[_best(segment, texts, sums * factors, limit)]
    return found


def _touched(segment: Segment, query: Query) -> tuple[Ints, Floats]:
    """All texts with a leading term, each once, and the sum of its rarities."""
    sums = np.zeros(len(segment.owners), np.float32)
    found = []
    for place in range(query.leading):
        texts = _texts(segment, query.terms[place])
        before = sums[texts]
        found.append(texts[before == 0])
        sums[texts] = before + query.rarities[place]
    touched = np.concatenate(found)
    return touched, sums[touched]


def _texts(segment: Segment, term: int) -> Ints:
    """The texts that hold a term, ascending; it may be younger than the segment."""
    if term >= len(segment.postings):
        return np.zeros(0, np.int32)
    return segment.postings[term]


def _best(segment: Segment, texts: Ints, scores: Floats, limit: int) -> Places:
    """Where the highest scores stand, three quarters of them of wordings."""
    asked = texts < segment.firsts[-1]
    places = (
        (np.flatnonzero(asked), limit * 3 // 4),
        (np.flatnonzero(~asked), limit // 4),
    )
    return np.concatenate([_highest(scores, some, count) for some, count in places])


def _highest(scores: Floats, places: Places, limit: int) -> Places:
    """Those of some places where the highest scores stand."""
    if len(places) <= limit:
        return places
    highest: Places = places[np.argpartition(scores[places], -limit)[-limit:]]
    return highest
