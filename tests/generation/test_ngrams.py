"""Bags of n-grams are those of scikit-learn, sooner."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from framework_plugin.generation.serving.ngrams import (
    FewVectors,
    NgramVectors,
    Postings,
)

TEXTS = [
    "我住在成都",
    "今天 好累 啊啊啊",
    "",
    "Hello  World hello",
    "好好好学习😀",
    "我",
]
OTHERS = ["我没见过的字", "", "累", "hello\t\n我我我"]


@pytest.mark.parametrize("size", [1, 2])
def test_the_numbers_are_those_of_scikit_learn(size: int) -> None:
    counts = HashingVectorizer(
        analyzer="char",
        ngram_range=(size, size),
        n_features=2**18,
        norm=None,
        alternate_sign=False,
    )
    weigh = TfidfTransformer(sublinear_tf=True).fit(counts.transform(TEXTS))
    vectors = NgramVectors(size, TEXTS)
    for texts in (TEXTS, OTHERS, OTHERS[:1]):
        expected = weigh.transform(counts.transform(texts)).toarray()
        assert np.allclose(vectors(texts).toarray(), expected, atol=1e-12)


def test_a_turn_needs_no_more_than_its_own_texts() -> None:
    assert NgramVectors(1, TEXTS)(["我", "你"]).nnz == 2


@pytest.mark.parametrize("size", [1, 2])
def test_cosines_are_products_of_the_vectors(size: int) -> None:
    vectors = NgramVectors(size, TEXTS)
    every = vectors(TEXTS)
    expected = (vectors(OTHERS) @ every.T).toarray()
    turned = Postings(every)
    others = [vectors.vector(text) for text in OTHERS]
    assert np.array_equal([turned.cosines(one) for one in others], expected)
    for rows in ([0, 3, 5], [2], [4, 1]):
        few = FewVectors(every, rows)
        assert np.array_equal(few.cosines(others), expected[:, rows])
