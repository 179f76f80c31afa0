"""Rasa's CountVectorsFeaturizer, which counts the words of one message.

scikit-learn makes ready for thousands of texts whenever it is given one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from rasa.nlu.featurizers.sparse_featurizer import count_vectors_featurizer
from rasa.shared.nlu.constants import TEXT
from scipy.sparse import coo_matrix

Features = list[coo_matrix | None]


class CountVectorsFeaturizer(count_vectors_featurizer.CountVectorsFeaturizer):
    """A trained featurizer of the same name, whose features of texts are the same.

    Args:
        featurizer: Rasa's, loaded.
    """

    def __init__(
        self, featurizer: count_vectors_featurizer.CountVectorsFeaturizer
    ) -> None:
        self.__dict__.update(vars(featurizer))
        vectorizer = (self.vectorizers or {}).get(TEXT)
        self._count = _Counting(vectorizer) if vectorizer else None

    def _create_features(
        self, attribute: str, all_tokens: list[list[str]]
    ) -> tuple[Features, Features]:
        if attribute != TEXT or self._count is None:
            found: tuple[Features, Features] = super()._create_features(
                attribute, all_tokens
            )
            return found
        of_tokens = [self._count(tokens) for tokens in all_tokens]
        of_texts = [self._count([" ".join(t)] if t else ()) for t in all_tokens]
        return of_tokens, of_texts


class _Counting:
    """What a vectorizer of scikit-learn counts.

    Args:
        vectorizer: Trained.
    """

    def __init__(self, vectorizer: count_vectors_featurizer.CountVectorizer) -> None:
        self._analyse: Callable[[str], Iterable[str]] = vectorizer.build_analyzer()
        self._columns: dict[str, int] = vectorizer.vocabulary_
        self._kind = vectorizer.dtype

    def __call__(self, texts: Sequence[str]) -> coo_matrix | None:
        """Shape (texts, words); None of no texts."""
        if not texts:
            return None
        places: list[tuple[int, int]] = []
        counts: list[int] = []
        for row, text in enumerate(texts):
            known = map(self._columns.get, self._analyse(text))
            counted = Counter(column for column in known if column is not None)
            for column in sorted(counted):
                places.append((row, column))
                counts.append(counted[column])
        at = np.array(places, np.int32).reshape(-1, 2)
        return coo_matrix(
            (np.array(counts, self._kind), (at[:, 0], at[:, 1])),
            shape=(len(texts), len(self._columns)),
        )
