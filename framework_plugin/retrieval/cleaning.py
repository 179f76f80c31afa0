"""A query without what hinders that it is found: courtesies and mistyped words."""

from __future__ import annotations

from framework_plugin.retrieval.courtesies import without_courtesies
from framework_plugin.retrieval.rows import Lexicon
from framework_plugin.retrieval.spelling import Speller
from framework_plugin.retrieval.terms import TermExtractor
from framework_plugin.text.normalise import normalise


class QueryCleaner:
    """Cleans queries to an index; both share what they know of words.

    Args:
        extract: Says what words a text has.
        lexicon: The terms of the index. It may grow; see `learn`.
    """

    def __init__(self, extract: TermExtractor, lexicon: Lexicon) -> None:
        self._extract = extract
        self._lexicon = lexicon
        self._speller = Speller(extract.is_weak)
        self._speller.add(extract.listed)
        self._learned = 0

    def learn(self) -> None:
        """Takes in what is new in the lexicon; one thread may do so at a time."""
        new = self._lexicon.names[self._learned :]
        self._learned += len(new)
        words = [name[5:] for name in new if name.startswith("word ")]
        self._speller.add(words, (n[5:] for n in new if n.startswith("pair ")))

    def __call__(self, query: str) -> str:
        """The query, normalised; untouched where cleaning would leave nothing."""
        plain = without_courtesies(normalise(query))
        words = map(self._extract.word, self._extract.words(plain))
        if not any(word.tells for word in words):
            return query
        return self._speller.corrected(plain)
