"""What the network has to know of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.codec import SPEAKER_MARKS
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.text.vocabulary import PAD_ID, Vocabulary

MAX_CHARACTERS = 4


@dataclass(frozen=True)
class Lexicon:
    """The vocabulary as arrays.

    Args:
        size: How many tokens there are.
        written: How many of them, the first ones, may be said.
        spelling: Of each token its first `MAX_CHARACTERS` characters, as places in
            the table of characters, 0 for none; shape (size, `MAX_CHARACTERS`).
        characters: Size of that table.
        speakers: Ids of the marks of user and bot.
    """

    size: int
    written: int
    spelling: npt.NDArray[np.int32]
    characters: int
    speakers: tuple[int, int]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Lexicon:
        """Reads a vocabulary.

        Marks and placeholders, which are spelled in brackets, have no characters.
        """
        letters: dict[str, int] = {}
        spelling = np.full((len(vocabulary), MAX_CHARACTERS), PAD_ID, np.int32)
        for row, token in enumerate(vocabulary.tokens):
            if len(token) > 1 and token[0] in "<{" and token[-1] in ">}":
                continue
            for column, character in enumerate(token[:MAX_CHARACTERS]):
                spelling[row, column] = letters.setdefault(character, len(letters) + 1)
        speakers = [vocabulary.id(SPEAKER_MARKS[who]) for who in Speaker]
        return cls(
            len(vocabulary),
            vocabulary.written,
            spelling,
            len(letters) + 1,
            (speakers[0], speakers[1]),
        )
