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
from framework_plugin.retrieval.hits import Hit
from framework_plugin.retrieval.index import PassageIndex
from framework_plugin.retrieval.judge import Judge
from framework_plugin.retrieval.judging import Candidates, coverage
from framework_plugin.retrieval.live import LiveIndex
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.terms import TermExtractor, TermWeights
from framework_plugin.retrieval.word_lists import load_synonyms

__all__ = [
    "Answer",
    "AnswerSettings",
    "Candidates",
    "Choices",
    "Decision",
    "Faq",
    "Hit",
    "Judge",
    "LiveIndex",
    "NoAnswer",
    "Passage",
    "PassageIndex",
    "TermExtractor",
    "TermWeights",
    "coverage",
    "decide",
    "load_faq",
    "load_synonyms",
]
