"""Who says which wording fits a query, and whether that is the answer."""

from __future__ import annotations

from typing import Protocol

from framework_plugin.retrieval.judging import Candidates
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.trust import Evidence


class Judge(Protocol):
    """Says how well each of some wordings fits a query; see `Formula`."""

    def __call__(self, candidates: Candidates) -> Floats:
        """The score of each wording, from 0 to 1: (rows,)."""
        ...

    def trust(self, evidence: Evidence) -> float:
        """How surely a passage is the answer, on the scale of `AnswerSettings`."""
        ...
