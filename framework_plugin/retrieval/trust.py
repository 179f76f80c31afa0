"""How far the passage that is nearest to a question may be trusted to answer it.

A question without an answer often resembles a wording by chance. What tells it apart is
seldom that wording alone, but whether the passage's other wordings resemble it as well,
and those of other passages do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from framework_plugin.retrieval.judging import Candidates
from framework_plugin.retrieval.rows import Floats

EVIDENCE = ("score", "agreed", "lead", "unknown", "terms")
"""The names of the evidence, in the order of its weights."""
_AGREEING = 8
"""Wordings of a passage that are asked whether they resemble the query too."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for a passage and against it.

    Args:
        score: Of its best wording, from 0 to 1.
        agreed: The mean score of its best eight wordings; of all, if it has fewer.
        lead: How far `score` is above that of the best other passage; below 0 if that
            is better.
        unknown: How much of the query stands nowhere in the documents, from 0 to 1.
        terms: The logarithm of how many terms the query has. The longer it is, the less
            of it can be found by chance.
        is_prose: Whether the best wording is a sentence of prose, not a question. The
            sentences of a passage do not say the same in other words, so that they
            need not agree.
    """

    score: float
    agreed: float
    lead: float
    unknown: float
    terms: float
    is_prose: bool

    @classmethod
    def of(
        cls,
        candidates: Candidates,
        scores: Floats,
        owner: int,
        score: float,
        rival: float,
    ) -> Evidence:
        """The evidence for one passage.

        Args:
            candidates: Query and wordings.
            scores: Of all wordings: (rows,).
            owner: The number of the passage.
            score: Of its best wording.
            rival: The score of the best other passage; 0 if there is none.
        """
        rows = np.flatnonzero(candidates.owners == owner)
        own = np.sort(scores[rows])[-_AGREEING:]
        known = float(candidates.weights[candidates.query].sum())
        count = len(candidates.query) + len(candidates.unknown)
        return cls(
            score,
            float(own.mean()),
            score - rival,
            candidates.missing / (known + candidates.missing),
            log(count),
            bool(candidates.prose[rows].any()),
        )
