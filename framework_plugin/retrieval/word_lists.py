"""The lists of words that lie beside the files of a FAQ."""

from __future__ import annotations

from pathlib import Path

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.terms import TermExtractor
from framework_plugin.text.normalise import normalise

WORD_FILES = ("synonyms.txt", "kinds.txt")
"""Their names: words that mean the same, and words of a kind."""


def extractor_beside(path: Path) -> TermExtractor:
    """The extractor with the lists of words that lie beside the files of a FAQ.

    Raises:
        DocumentError: If `synonyms.txt` or `kinds.txt` is broken.
    """
    folder = path if path.is_dir() else path.parent
    synonyms, kinds = (
        load_synonyms(folder / name) if (folder / name).exists() else None
        for name in WORD_FILES
    )
    return TermExtractor.default(synonyms, kinds)


def load_synonyms(path: Path) -> dict[str, str]:
    """Reads groups of words that mean the same or are of a kind, one group a line.

    Args:
        path: A UTF-8 file; words are separated by spaces, a line that starts with `#`
            is a comment.

    Returns:
        For each word the first of its group, both normalised.

    Raises:
        DocumentError: The file cannot be read, or a word stands in two groups.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(
            f"The synonyms '{path}' cannot be read ({error}). Expected UTF-8 text with"
            " one group of words a line."
        ) from error
    synonyms: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        group = [] if line.startswith("#") else normalise(line).split()
        for word in group:
            if synonyms.setdefault(word, group[0]) != group[0]:
                raise DocumentError(
                    f"{path.name}, line {number}: '{word}' already stands in the group"
                    f" of '{synonyms[word]}'. A word can belong to one group only."
                )
    return synonyms
