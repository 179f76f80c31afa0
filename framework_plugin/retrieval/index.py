"""The searchable index of questions: BM25 finds candidates, coverage judges them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.faq import FaqEntry, load_faq
from framework_plugin.retrieval.terms import TermExtractor, load_synonyms

if TYPE_CHECKING:
    import bm25s

SYNONYMS_FILE = "synonyms.txt"
KINDS_FILE = "kinds.txt"
# Rows that BM25 hands on to be judged: far more than ever matter, few enough to be
# judged within a millisecond.
CANDIDATE_ROWS = 64
# Both measured on the tuning half of tests/retrieval/paraphrases.tsv.
ANSWER_WEIGHT = 0.7
QUERY_SHARE = 0.4


@dataclass(frozen=True)
class Hit:
    """An entry that may answer a query.

    Args:
        entry: The entry.
        matched_question: Which of its wordings is nearest to the query.
        score: How well query and wording cover each other, from 0 to 1.
    """

    entry: FaqEntry
    matched_question: str
    score: float


@dataclass(frozen=True)
class _Row:
    """One wording of an entry's question, as term numbers."""

    question: str
    terms: frozenset[int]


class FaqIndex:
    """Finds the entries that answer a question asked in other words.

    The score of a wording is the geometric mean of two shares, both weighted by the
    rarity of the terms: how much of the query the wording covers, and how much of the
    wording the query covers. Terms of the query that stand only in the answer or the
    keywords count for less, terms that stand nowhere in the documents count as the
    rarest, so that nonsense scores near 0.

    BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), in
    the variant of Lucene, from bm25s (Lù, 2024, arXiv:2407.03618).

    Args:
        entries: What can be found; at least one.
        extract: Turns a text into terms; the package's own when left out.

    Raises:
        DocumentError: There is no entry.
    """

    def __init__(
        self, entries: Sequence[FaqEntry], extract: TermExtractor | None = None
    ) -> None:
        if not entries:
            raise DocumentError("Cannot search no entries; expected at least one.")
        self._entries = {entry.id: entry for entry in entries}
        self._extract = extract or TermExtractor.default()
        self._numbers: dict[str, int] = {}
        self._weights: list[float] = []
        self._rows = [self._rows_of(entry) for entry in entries]
        self._support = [
            self._number(" ".join((entry.answer, *entry.keywords))) for entry in entries
        ]
        self._owners = list(entries)
        self._wordings: dict[str, Hit] = {}
        for entry, rows in zip(entries, self._rows, strict=True):
            for row in rows:
                same = Hit(entry, row.question, 1.0)
                self._wordings.setdefault(self._extract.plain(row.question), same)
        self._unknown = self._weigh_by_rarity()
        self._row_owners, self._bm25 = self._build_bm25()

    @classmethod
    def open(cls, path: Path) -> FaqIndex:
        """The index of a file or folder, with the lists of words beside the files.

        Raises:
            DocumentError: The path holds no usable entry, or `synonyms.txt` or
                `kinds.txt` is broken.
        """
        folder = path if path.is_dir() else path.parent
        synonyms, kinds = (
            load_synonyms(folder / name) if (folder / name).exists() else None
            for name in (SYNONYMS_FILE, KINDS_FILE)
        )
        return cls(load_faq(path).entries, TermExtractor.default(synonyms, kinds))

    def __len__(self) -> int:
        return len(self._owners)

    def entry(self, id_: str) -> FaqEntry | None:
        """The entry of that id, or None."""
        return self._entries.get(id_)

    def search(self, query: str, limit: int = 5) -> list[Hit]:
        """Finds entries, best first; each at most once.

        Args:
            query: A question in the user's words.
            limit: Highest number of hits.

        Returns:
            Hits with a score above 0. Equal scores keep the order of the entries.
        """
        hits = self._near(query)
        # A wording may hold no more than words by which one asks.
        same = self._wordings.get(self._extract.plain(query))
        if same:
            hits = [same, *(hit for hit in hits if hit.entry is not same.entry)]
        return hits[:limit]

    def _near(self, query: str) -> list[Hit]:
        """All candidates that share something with the query, best first."""
        terms = self._extract(query)
        known = frozenset(self._numbers[t] for t in terms if t in self._numbers)
        if not known:
            return []
        missing = self._unknown * math.fsum(
            weight for term, weight in terms.items() if term not in self._numbers
        )
        hits = (self._judge(owner, known, missing) for owner in self._candidates(known))
        return sorted((hit for hit in hits if hit.score > 0), key=lambda h: -h.score)

    def _rows_of(self, entry: FaqEntry) -> tuple[_Row, ...]:
        wordings = dict.fromkeys((entry.question, *entry.similar))
        return tuple(_Row(text, self._number(text)) for text in wordings)

    def _number(self, text: str) -> frozenset[int]:
        """The numbers of a text's terms; new terms get the next ones."""
        numbers = []
        for term, weight in self._extract(text).items():
            if term not in self._numbers:
                self._numbers[term] = len(self._weights)
                self._weights.append(weight)
            numbers.append(self._numbers[term])
        return frozenset(numbers)

    def _weigh_by_rarity(self) -> float:
        """Multiplies each term's weight by its idf; returns that of unknown terms."""
        frequencies: Counter[int] = Counter()
        for rows, support in zip(self._rows, self._support, strict=True):
            frequencies.update(support.union(*(row.terms for row in rows)))

        def idf(frequency: int) -> float:
            others = len(self._owners) - frequency
            return math.log(1 + (others + 0.5) / (frequency + 0.5))

        for number, frequency in frequencies.items():
            self._weights[number] *= idf(frequency)
        return idf(0)

    def _build_bm25(self) -> tuple[list[int], bm25s.BM25]:
        """The BM25 index, and which entry each of its rows belongs to."""
        # Only here: it takes seconds to be imported, and commands need no index.
        import bm25s

        owners: list[int] = []
        corpus: list[list[int]] = []
        for owner, rows in enumerate(self._rows):
            for terms in (*(row.terms for row in rows), self._support[owner]):
                owners.append(owner)
                corpus.append(sorted(terms))
        bm25 = bm25s.BM25()
        vocabulary = {str(number): number for number in range(len(self._weights))}
        bm25.index((corpus, vocabulary), create_empty_token=False, show_progress=False)
        return owners, bm25

    def _candidates(self, known: Iterable[int]) -> list[int]:
        """Entries of the rows that BM25 ranks highest, in their own order."""
        scores: npt.NDArray[np.float32] = self._bm25.get_scores_from_ids(sorted(known))
        best = np.flatnonzero(scores)
        if len(best) > CANDIDATE_ROWS:
            best = best[np.argpartition(-scores[best], CANDIDATE_ROWS)[:CANDIDATE_ROWS]]
        return sorted({self._row_owners[row] for row in best})

    def _judge(self, owner: int, query: frozenset[int], missing: float) -> Hit:
        """Scores the best wording of one entry."""
        asked = self._weight(query) + missing
        best, best_score = self._rows[owner][0], 0.0
        for row in self._rows[owner]:
            shared = self._weight(query & row.terms)
            helped = self._weight((query & self._support[owner]) - row.terms)
            of_query = (shared + ANSWER_WEIGHT * helped) / asked
            of_row = shared / (self._weight(row.terms) or 1.0)
            score = math.sqrt(of_query * (QUERY_SHARE + (1 - QUERY_SHARE) * of_row))
            if shared and score > best_score:
                best, best_score = row, score
        return Hit(self._owners[owner], best.question, best_score)

    def _weight(self, terms: Iterable[int]) -> float:
        return math.fsum(self._weights[term] for term in terms)
