"""The searchable index of passages: BM25 finds candidates, a judge scores them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from framework_plugin.retrieval.batches import BatchExtractor
from framework_plugin.retrieval.bm25 import Query, length_factor
from framework_plugin.retrieval.cleaning import QueryCleaner
from framework_plugin.retrieval.faq import load_faq
from framework_plugin.retrieval.formula import Formula
from framework_plugin.retrieval.hits import Found, Hit, distinct
from framework_plugin.retrieval.judge import Judge
from framework_plugin.retrieval.judging import Candidates
from framework_plugin.retrieval.parts import Hidden, Part, Parts
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.rows import Floats, Lexicon, Places, rarity
from framework_plugin.retrieval.segment import read_segment
from framework_plugin.retrieval.terms import TermExtractor
from framework_plugin.retrieval.trust import Evidence
from framework_plugin.retrieval.word_lists import extractor_beside

# Texts that BM25 hands on to be judged: far more than ever matter, few enough to be
# judged within a millisecond.
CANDIDATE_TEXTS = 64
# Up to twice as many where passages have more texts than this: fewer passages are
# among the best texts then.
_FEW_TEXTS = 6


class PassageIndex:
    """Finds the passages that answer a question asked in other words.

    An index is never changed, so any number of threads may search it; `changed` and
    `merged` give another one that shares what stays the same.

    Args:
        passages: What can be found.
        extract: Turns a text into terms; the package's own when left out.
        judge: Scores the wordings that BM25 found; `Formula` when left out.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        extract: TermExtractor | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._extract = extract or TermExtractor.default()
        self._judge = judge or Formula()
        self._lexicon = Lexicon()
        self._read = BatchExtractor(self._extract, self._lexicon)
        self._clean = QueryCleaner(self._extract, self._lexicon)
        self._take([Part.of(read_segment(list(passages), self._read))])

    @classmethod
    def open(cls, path: Path, judge: Judge | None = None) -> PassageIndex:
        """The index of a file or folder, with the lists of words beside the files.

        Args:
            path: Of the file or folder.
            judge: See the class.

        Raises:
            DocumentError: The path holds no usable entry, or `synonyms.txt` or
                `kinds.txt` is broken.
        """
        return cls(load_faq(path).entries, extractor_beside(path), judge)

    def __len__(self) -> int:
        return self._parts.count

    def __iter__(self) -> Iterator[Passage]:
        return iter(self._parts)

    def passage(self, id_: str) -> Passage | None:
        """The passage of that id, or None."""
        return self._parts.passage(id_)

    def plain(self, text: str) -> str:
        """Equal for texts of the same wording; see `TermExtractor.plain`."""
        return self._extract.plain(text)

    def search(
        self,
        query: str,
        limit: int = 5,
        *,
        at: float | None = None,
        audience: Collection[str] = (),
    ) -> list[Hit]:
        """Finds passages, best first; each at most once.

        Of the prose of a section, and of passages with the same questions and text,
        only the best is given: the others are no other answers to choose from.

        Args:
            query: A question in the user's words.
            limit: Highest number of hits.
            at: The time at which they must hold, in seconds since the epoch; any if
                left out.
            audience: Groups to which the user belongs. What is for an audience is
                found only for users of it.

        Returns:
            Hits with a score above 0. Equal scores keep the order of the passages.
        """
        hidden = self._parts.hidden(at, audience)
        judged = _Judged.of(self.candidates(query, hidden), self._judge)
        found = chain(self._worded(query, hidden), self._ranked(judged))
        # One more, since what is nearly as near makes the others less sure.
        best = distinct(found, max(limit, 1) + 1)
        return [self._hit(judged, best, place) for place in range(len(best))][:limit]

    def candidates(
        self, query: str, hidden: Hidden | None = None
    ) -> tuple[Places, Candidates] | None:
        """The wordings that are judged for a query, and their numbers, ascending.

        Courtesies and mistyped words are taken out of the query first; see
        `QueryCleaner`. None where it holds nothing that the index knows.

        Args:
            query: A question in the user's words.
            hidden: What may not be found; nothing when left out.
        """
        query = self._clean(query)
        terms = self._extract(query)
        numbers = {t: n for t in terms if (n := self._number(t)) is not None}
        if not numbers:
            return None
        known = np.array(sorted(numbers.values()), np.int32)
        unknown = {t: w for t, w in terms.items() if t not in numbers}
        rarities, parts = self._rarity[known], self._parts
        asked = Query.of(
            known, rarities, parts.holding[known], parts.texts, parts.average
        )
        hidden = [None] * len(parts.each) if hidden is None else hidden
        crowd = parts.texts / max(parts.count, 1) / _FEW_TEXTS
        limit = int(CANDIDATE_TEXTS * min(max(crowd, 1), 2))
        found = parts.nearest(asked, hidden, limit)
        bm25 = found.rows.summed(known, rarities)
        bm25 *= length_factor(found.lengths, parts.average)
        return found.numbers, Candidates(
            found.rows,
            found.support,
            known,
            self._weights,
            sum(unknown.values()) * float(self._weights[-1]),
            bm25,
            self._lexicon.names,
            unknown,
            query,
            _Wordings(parts, found.numbers),
            found.owners,
            found.prose,
        )

    def changed(
        self, put: Sequence[Passage] = (), removed: Collection[str] = ()
    ) -> PassageIndex:
        """This index with other passages; no two threads may call it at once.

        Args:
            put: New passages, and those that take the place of others of their id.
            removed: Ids of passages that are gone; unknown ones do not matter.
        """
        ids = {passage.id for passage in put}.union(removed)
        first, *small = (part.without(ids) for part in self._parts.each)
        if put:
            # All but the first part become one: few are fast, and they are small.
            small = [Part.merged([*small, Part.of(read_segment(put, self._read))])]
        return self._with([first, *small])

    def merged(self) -> PassageIndex:
        """The same index in one part, without what is gone."""
        return self._with([Part.merged(self._parts.each)])

    def reread(
        self, passages: Sequence[Passage], extract: TermExtractor
    ) -> PassageIndex:
        """An index by other words or synonyms, with the judge of this one.

        Args:
            passages: What can be found.
            extract: Turns a text into terms.
        """
        return PassageIndex(passages, extract, self._judge)

    @property
    def scattered(self) -> float:
        """The share of passages that are gone or stand outside the first part."""
        first, *small = self._parts.each
        other = int(first.gone.sum()) + sum(len(part.segment) for part in small)
        return other / max(len(first.segment) + other, 1)

    def _with(self, parts: Sequence[Part]) -> PassageIndex:
        other = copy.copy(self)
        other._take(parts)
        return other

    def _take(self, parts: Sequence[Part]) -> None:
        """Takes segments, and weighs their terms by how rare they are in all."""
        self._clean.learn()
        kinds = self._lexicon.weights()
        self._parts = Parts(parts, len(kinds))
        self._rarity = rarity(self._parts.frequency, self._parts.count)
        self._weights = self._rarity.copy()
        self._weights[:-1] *= kinds

    def _worded(self, query: str, hidden: Hidden) -> Iterator[Found]:
        """The passages of which the query is a wording."""
        # A wording may hold no more than words by which one asks.
        plain = self._extract.plain(query)
        for number in self._parts.worded(hash(plain), hidden):
            passage, wording = self._parts.found(number)
            # Other words could have the same number.
            if self._extract.plain(wording) == plain:
                yield Found(passage, wording, 1.0, None)

    def _ranked(self, judged: _Judged | None) -> Iterator[Found]:
        """What was judged, best first; a passage may come again."""
        if judged is None:
            return
        for place in np.argsort(-judged.scores, kind="stable").tolist():
            score = float(judged.scores[place])
            if score <= 0:
                return
            owner = int(judged.candidates.owners[place])
            yield Found(*self._parts.found(int(judged.numbers[place])), score, owner)

    def _hit(self, judged: _Judged | None, found: Sequence[Found], place: int) -> Hit:
        """One of those found, with how far it is to be trusted."""
        passage, wording, score, owner = found[place]
        if owner is None or judged is None:
            return Hit(passage, wording, score, 1.0)
        rival = max((f.score for n, f in enumerate(found) if n != place), default=0.0)
        given = judged.candidates, judged.scores
        evidence = Evidence.of(*given, owner, score, rival)
        return Hit(passage, wording, score, self._judge.trust(evidence))

    def _number(self, term: str) -> int | None:
        """The number of a term that stands in some passage of this very index."""
        number = self._lexicon.numbers.get(term)
        # The lexicon may have grown for a later index.
        if number is None or number >= len(self._rarity) - 1:
            return None
        return number if self._parts.frequency[number] else None


class _Judged(NamedTuple):
    """What was found for a query, and how near each wording is.

    Args:
        numbers: Of the wordings: (rows,).
        candidates: The wordings.
        scores: Of each: (rows,).
    """

    numbers: Places
    candidates: Candidates
    scores: Floats

    @classmethod
    def of(
        cls, found: tuple[Places, Candidates] | None, judge: Judge
    ) -> _Judged | None:
        """What a judge says of what was found, if anything was."""
        return found and cls(*found, judge(found[1]))


class _Wordings(Sequence[str]):
    """The texts of wordings, looked up only if asked for."""

    def __init__(self, parts: Parts, numbers: Places) -> None:
        self._parts = parts
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._parts.found(int(n))[1] for n in self._numbers[place]]
        return self._parts.found(int(self._numbers[place]))[1]
