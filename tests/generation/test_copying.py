"""Copied words join the candidates with their whole probability."""

import numpy as np

from framework_plugin.generation.serving.copying import with_copies
from framework_plugin.text.vocabulary import PAD_ID


def joined(tokens, log_probs, copied, places):  # type: ignore[no-untyped-def]
    found, values = with_copies(
        np.array(tokens, np.int32),
        np.array(log_probs, np.float32),
        np.array(copied, np.float32),
        np.array(places, np.int32),
    )
    return found.tolist(), values.tolist()


def test_a_stranger_may_come_first() -> None:
    found, _ = joined([[7, 8]], [[-1.0, -2.0]], [[-0.5]], [[99]])
    assert found == [[99, 7]]


def test_a_word_that_was_read_counts_once_with_all_it_has() -> None:
    found, values = joined([[7, 8]], [[-3.0, -3.5]], [[-0.5, -0.5]], [[7, 7]])
    assert found[0][0] == 7
    assert found[0].count(7) == 1
    assert values[0][0] == -0.5


def test_marks_and_padding_are_never_copied() -> None:
    found, _ = joined([[7, 8]], [[-1.0, -2.0]], [[-0.1]], [[PAD_ID]])
    assert found == [[7, 8]]


def test_replies_to_one_text_share_its_places() -> None:
    found, _ = joined(
        [[7, 8], [8, 7]],
        [[-1.0, -2.0], [-1.0, -2.0]],
        [[-0.5], [-9.0]],
        [[99]],
    )
    assert found == [[99, 7], [8, 7]]
