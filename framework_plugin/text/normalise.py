"""One written form for text that means the same: the form all matching is done on.

In order: characters nobody sees are removed, NFKC folds width and compatibility
forms (`ＡＢＣ，１２３` → `abc,123`), traditional characters become simplified,
capitals become small, and each run of whitespace becomes one space. Every character
of the result knows where in the original it came from.

References:
    Unicode Standard Annex 15, Unicode Normalization Forms (NFKC).
    OpenCC, conversion `t2s`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from opencc import OpenCC

EMOJI = (
    "\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07"
    "\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\U0001f000-\U0001faff"
)
"""The inside of a regular expression's character class for pictographs."""

_INVISIBLE = re.compile(
    # Controls that are not whitespace, soft hyphen, zero-width signs, direction
    # marks, fillers, variation selectors, byte-order marks, lone surrogates, tags.
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
    # The joiner holds an emoji such as 👨‍👩‍👧 together; elsewhere it is nothing.
    f"|(?<![{EMOJI}\ufe0f])\u200d|\u200d(?![{EMOJI}])"
)
# Chinese characters and full-width signs: most of what is typed, told quickly.
_PLAIN = re.compile("[\u4e00-\u9fff\u3001\u3002\uff01-\uff5e]*")
_UNEVEN_SPACE = re.compile(r"\s\s|[^\S ]")
_SPACES = re.compile(r"\s+")
# İ is the only character whose small form is longer than itself.
_WIDE = re.compile("[\uff01-\uff5e\u3000İ]")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: ord(" "),
    ord("İ"): ord("i"),
}
_HANGUL_TAIL = re.compile("[\u1160-\u11ff]")


class Normalised(NamedTuple):
    """Normalised text that can be followed back to the original.

    Args:
        text: The normalised text. Not stripped.
        offsets: `len(text) + 1` indices into the original, never falling: where each
            character came from, and at the end the original's length.
    """

    text: str
    offsets: Sequence[int]


def normalise(text: str) -> str:
    """The normalised form of a text, without space at either end."""
    return normalise_with_offsets(text).text.strip()


def normalise_with_offsets(text: str) -> Normalised:
    """The normalised form of a text, with the origin of each character."""
    if _PLAIN.fullmatch(text):
        return Normalised(_simplify(_lower(text)), range(len(text) + 1))
    if not _INVISIBLE.search(text) and not _UNEVEN_SPACE.search(text):
        folded = _lower(text)
        if unicodedata.is_normalized("NFKC", folded) and "  " not in folded:
            return Normalised(_simplify(folded), range(len(text) + 1))
    return _normalise_uneven(text)


def is_invisible(character: str) -> bool:
    """Whether a character is one that normalisation takes out everywhere."""
    return _INVISIBLE.match(character) is not None


def _normalise_uneven(text: str) -> Normalised:
    """The general way, for text whose length may change."""
    characters: list[str] = []
    offsets: list[int] = []
    for cluster, origin in _clusters(text):
        folded = _fold(cluster)
        characters.append(folded)
        offsets.extend([origin] * len(folded))
    simple = _simplify("".join(characters))
    pieces: list[str] = []
    kept: list[int] = []
    end = 0
    for space in _SPACES.finditer(simple):
        pieces += (simple[end : space.start()], " ")
        kept += offsets[end : space.start() + 1]
        end = space.end()
    pieces.append(simple[end:])
    kept += offsets[end:]
    return Normalised("".join(pieces), (*kept, len(text)))


def _clusters(text: str) -> list[tuple[str, int]]:
    """Visible characters, each with the marks NFKC may melt into it, and its place."""
    gone = {i for match in _INVISIBLE.finditer(text) for i in range(*match.span())}
    clusters: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if index in gone:
            continue
        if clusters and _joins_previous(character):
            base, origin = clusters[-1]
            clusters[-1] = (base + character, origin)
        else:
            clusters.append((character, index))
    return clusters


def _joins_previous(character: str) -> bool:
    folded = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.combining(folded) > 0 or bool(_HANGUL_TAIL.match(folded))


def _fold(cluster: str) -> str:
    """NFKC and small letters; twice, since each may uncover work for the other."""
    for _ in range(2):
        cluster = _lower(unicodedata.normalize("NFKC", cluster))
    return unicodedata.normalize("NFKC", cluster)


def _lower(text: str) -> str:
    """Small letters of usual width. Keeps the length."""
    return (text.translate(_NARROW) if _WIDE.search(text) else text).lower()


def _simplify(text: str) -> str:
    """Traditional to simplified. Keeps the length: all of `t2s` maps one to one."""
    traditional, convert = _converter()
    return text if traditional.isdisjoint(text) else convert(text)


@lru_cache(maxsize=1)
def _converter() -> tuple[frozenset[str], Callable[[str], str]]:
    """The characters OpenCC may change, and its conversion (slow: 6 µs a character)."""
    table = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    lines = table.read_text(encoding="utf-8").splitlines()
    return frozenset(line[0] for line in lines if line), OpenCC("t2s").convert
