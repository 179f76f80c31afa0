"""The searchable index of questions: BM25 finds candidates, coverage judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.faq import load_faq
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.rows import Floats, Ints, Lexicon, Places, Rows, rarity
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
    """A passage that may answer a query.

    Args:
        passage: The passage.
        wording: Which of its wordings is nearest to the query.
        score: How well query and wording cover each other, from 0 to 1.
    """

    passage: Passage
    wording: str
    score: float


class PassageIndex:
    """Finds the passages that answer a question asked in other words.

    The score of a wording is the geometric mean of two shares, both weighted by the
    rarity of the terms: how much of the query the wording covers, and how much of the
    wording the query covers. Terms of the query that stand only in the answer or the
    keywords count for less, terms that stand nowhere in the documents count as the
    rarest, so that nonsense scores near 0.

    BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), in
    the variant of Lucene, from bm25s (Lù, 2024, arXiv:2407.03618).

    Args:
        passages: What can be found; at least one.
        extract: Turns a text into terms; the package's own when left out.

    Raises:
        DocumentError: There is no passage.
    """

    def __init__(
        self, passages: Sequence[Passage], extract: TermExtractor | None = None
    ) -> None:
        if not passages:
            raise DocumentError("Cannot search no passages; expected at least one.")
        self._passages = list(passages)
        self._by_id = {passage.id: passage for passage in passages}
        self._extract = extract or TermExtractor.default()
        self._lexicon = Lexicon()
        self._questions = [
            tuple(dict.fromkeys(passage.questions or (passage.name,)))
            for passage in passages
        ]
        counts = [len(wordings) for wordings in self._questions]
        self._owners = np.repeat(np.arange(len(passages)), counts)
        self._firsts = np.concatenate([[0], np.cumsum(counts)])
        wordings = [text for texts in self._questions for text in texts]
        self._wordings: dict[str, int] = {}
        for row, text in enumerate(wordings):
            self._wordings.setdefault(self._extract.plain(text), row)
        self._rows = Rows.of([self._numbered(text) for text in wordings])
        self._support = Rows.of(
            [self._numbered(" ".join((p.text, *p.keywords))) for p in passages]
        )
        self._weights = self._weighted()
        self._row_weights = self._rows.sums(self._weights[self._rows.terms])
        self._bm25 = self._ranker()

    @classmethod
    def open(cls, path: Path) -> PassageIndex:
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
        return len(self._passages)

    def passage(self, id_: str) -> Passage | None:
        """The passage of that id, or None."""
        return self._by_id.get(id_)

    def search(self, query: str, limit: int = 5) -> list[Hit]:
        """Finds passages, best first; each at most once.

        Args:
            query: A question in the user's words.
            limit: Highest number of hits.

        Returns:
            Hits with a score above 0. Equal scores keep the order of the passages.
        """
        hits = self._near(query, limit)
        # A wording may hold no more than words by which one asks.
        row = self._wordings.get(self._extract.plain(query))
        if row is not None:
            same = self._hit(row, 1.0)
            hits = [same, *(hit for hit in hits if hit.passage is not same.passage)]
        return hits[:limit]

    def _near(self, query: str, limit: int) -> list[Hit]:
        """The best passages that share something with the query."""
        terms = self._extract(query)
        known = np.array(sorted(self._lexicon.known(terms)), np.int32)
        if not len(known):
            return []
        unknown = sum(w for t, w in terms.items() if t not in self._lexicon.numbers)
        owners = self._candidates(known)
        rows = _ranges(self._firsts[owners], self._firsts[owners + 1])
        scores = self._judged(rows, known, unknown * float(self._weights[-1]))
        # Of each passage the best wording; of equal ones the first.
        order = np.lexsort((rows, -scores))
        hits: dict[int, Hit] = {}
        for place in order:
            row, score = int(rows[place]), float(scores[place])
            if score <= 0 or len(hits) == limit:
                break
            hits.setdefault(int(self._owners[row]), self._hit(row, score))
        return list(hits.values())

    def _hit(self, row: int, score: float) -> Hit:
        owner = int(self._owners[row])
        wording = self._questions[owner][row - int(self._firsts[owner])]
        return Hit(self._passages[owner], wording, score)

    def _judged(self, rows: Places, query: Ints, missing: float) -> Floats:
        """The score of each of some wordings, see the class.

        Args:
            rows: Which, in ascending order.
            query: Numbers of the query's terms, in ascending order.
            missing: Weight of those terms of the query that stand nowhere.
        """
        owners = self._owners[rows]
        asked, own = np.unique(owners, return_inverse=True)
        in_row = self._rows.chosen(rows).holding(query)
        in_support = self._support.chosen(asked).holding(query)[own]
        weights = self._weights[query]
        shared = in_row @ weights
        helped = (in_support & ~in_row) @ weights
        of_query = (shared + ANSWER_WEIGHT * helped) / (weights.sum() + missing)
        of_row = shared / np.maximum(self._row_weights[rows], 1e-9)
        scores = np.sqrt(of_query * (QUERY_SHARE + (1 - QUERY_SHARE) * of_row))
        # The same words in another order come to 1 but for rounding.
        return np.where(shared > 0, np.minimum(scores, 1), 0).astype(np.float32)

    def _numbered(self, text: str) -> list[int]:
        """The numbers of a text's terms; the lexicon takes in new ones."""
        return sorted(self._lexicon.add(self._extract(text)))

    def _weighted(self) -> Floats:
        """The weight of each term by kind and rarity; last, rarity of unknown ones."""
        every = np.concatenate([self._rows.terms, self._support.terms])
        owners = np.concatenate(
            [self._rows.owners(self._owners), self._support.owners()]
        )
        rare = rarity(every, owners, len(self._passages), len(self._lexicon))
        rare[:-1] *= self._lexicon.weights()
        return rare

    def _ranker(self) -> bm25s.BM25:
        """Ranks all wordings, and behind them all answers."""
        # Only here: it takes seconds to be imported, and commands need no index.
        import bm25s

        corpus = [
            rows[i].tolist()
            for rows in (self._rows, self._support)
            for i in range(len(rows))
        ]
        bm25 = bm25s.BM25()
        vocabulary = {str(number): number for number in range(len(self._lexicon))}
        bm25.index((corpus, vocabulary), create_empty_token=False, show_progress=False)
        return bm25

    def _candidates(self, known: Ints) -> Places:
        """Passages of the rows that BM25 ranks highest, in their own order."""
        scores = self._bm25.get_scores_from_ids(known.tolist())
        best = np.flatnonzero(scores)
        if len(best) > CANDIDATE_ROWS:
            best = best[np.argpartition(-scores[best], CANDIDATE_ROWS)[:CANDIDATE_ROWS]]
        count = len(self._rows)
        wordings, answers = best[best < count], best[best >= count] - count
        owners: Places = np.unique(np.concatenate([self._owners[wordings], answers]))
        return owners


def _ranges(firsts: Places, ends: Places) -> Places:
    """All whole numbers from each first one to before its end, behind one another."""
    return np.concatenate([np.arange(a, b) for a, b in zip(firsts, ends, strict=True)])
