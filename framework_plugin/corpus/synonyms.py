"""Words that may stand for one another: from a file, or from word vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from framework_plugin.corpus.augmentation import is_negation
from framework_plugin.corpus.reader import read_lines
from framework_plugin.errors import CorpusError
from framework_plugin.settings import require_range
from framework_plugin.text.embeddings import WordVectors

Synonyms = Mapping[str, tuple[str, ...]]
"""The words that may stand for each word, itself left out."""


def read_synonyms(path: Path) -> Synonyms:
    """Reads groups of synonyms: one group a line, words parted by blanks.

    A word in several groups has the synonyms of all. Lines that begin with `#` are
    comments.

    Raises:
        CorpusError: If the file cannot be read, or a line holds a single word.
    """
    synonyms: dict[str, dict[str, None]] = {}
    for number, raw in enumerate(read_lines(path), start=1):
        group = list(dict.fromkeys(raw.split()))
        if not group or group[0].startswith("#"):
            continue
        if len(group) < 2:
            raise CorpusError(
                f"{path}:{number}: '{group[0]}' stands alone. Expected at least two "
                "words that mean the same, parted by blanks; add one or remove the "
                "line."
            )
        for word in group:
            others = (other for other in group if other != word)
            synonyms.setdefault(word, {}).update(dict.fromkeys(others))
    return {word: tuple(others) for word, others in synonyms.items()}


def synonyms_from_vectors(
    vectors: WordVectors, *, cosine: float = 0.7, most: int = 5
) -> Synonyms:
    """Takes words for synonyms that are among each other's nearest neighbours.

    Vectors know which words stand in the same places, opposites included: `喜欢` and
    `讨厌` come out near. A file written by hand is better; look through what comes out.
    Negations are never synonyms of anything.

    Args:
        vectors: The words of the vocabulary; see `text.embeddings.read_vectors`.
        cosine: How near two words must be, 0 to 1.
        most: How many synonyms of a word at most.

    Returns:
        The synonyms of each word that has any, nearest first.

    Raises:
        SettingsError: If `cosine` or `most` is out of range.
    """
    require_range("cosine", cosine, 0.0, 1.0)
    require_range("most", most, 1)
    near = {
        word: [other for other, value in neighbours if value >= cosine]
        for word, neighbours in vectors.neighbours(vectors.words, most)
        if not is_negation(word)
    }
    mutual = {
        word: tuple(other for other in others if word in near.get(other, ()))
        for word, others in near.items()
    }
    return {word: others for word, others in mutual.items() if others}
