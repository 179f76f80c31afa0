"""Answers found in documents, with their source."""

from framework_plugin.retrieval.answer import (
    Answer,
    AnswerSettings,
    Choices,
    Decision,
    NoAnswer,
    decide,
)
from framework_plugin.retrieval.faq import Faq, FaqEntry, load_faq
from framework_plugin.retrieval.index import FaqIndex, Hit
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.terms import TermExtractor, TermWeights, load_synonyms

__all__ = [
    "Answer",
    "AnswerSettings",
    "Choices",
    "Decision",
    "Faq",
    "FaqEntry",
    "FaqIndex",
    "Hit",
    "NoAnswer",
    "Passage",
    "TermExtractor",
    "TermWeights",
    "decide",
    "load_faq",
    "load_synonyms",
]
