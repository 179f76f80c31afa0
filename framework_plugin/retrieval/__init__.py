"""Answers found in documents, with their source."""

from framework_plugin.retrieval.answer import (
    Answer,
    AnswerSettings,
    Choices,
    Decision,
    NoAnswer,
    decide,
)
from framework_plugin.retrieval.faq import Faq, load_faq
from framework_plugin.retrieval.index import Hit, PassageIndex
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.terms import TermExtractor, TermWeights, load_synonyms

__all__ = [
    "Answer",
    "AnswerSettings",
    "Choices",
    "Decision",
    "Faq",
    "Hit",
    "NoAnswer",
    "Passage",
    "PassageIndex",
    "TermExtractor",
    "TermWeights",
    "decide",
    "load_faq",
    "load_synonyms",
]
