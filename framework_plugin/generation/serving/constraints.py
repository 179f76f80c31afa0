"""What may not be said: repetitions, a reply too short, words of a block list.

Constraints judge the few candidates of a step, not the whole vocabulary. Where they
leave too few, the search asks the network for more; see `frontier`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from framework_plugin.errors import SettingsError
from framework_plugin.generation.serving.stepping import BoolArray, IntArray
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import END_ID, SPECIALS

TokenSequence = tuple[int, ...]


class BlockList:
    """Token sequences that never occur in a reply.

    Args:
        sequences: Token ids, without the marks of begin and end; empty ones are left
            out.
    """

    def __init__(self, sequences: Iterable[Sequence[int]] = ()) -> None:
        endings: dict[TokenSequence, set[int]] = defaultdict(set)
        for sequence in sequences:
            if sequence:
                *beginning, last = map(int, sequence)
                endings[tuple(beginning)].add(last)
        self._alone = np.array(sorted(endings.pop((), ())), dtype=np.int64)
        self._endings = dict(endings)
        self._lengths = sorted({len(beginning) for beginning in endings})
        # By token; the last place stands for all that come after.
        self._is_alone = np.zeros(self._alone.max(initial=-1) + 2, dtype=bool)
        self._is_alone[self._alone] = True

    @classmethod
    def of(cls, phrases: Iterable[str], vocabulary: Sequence[str]) -> BlockList:
        """Blocks phrases in every way that a vocabulary can write them.

        A phrase is blocked however it is cut into tokens, and whatever the case of
        its letters. A longer word that contains it may still be said.

        Args:
            phrases: As they would be read; blanks in them do not matter.
            vocabulary: All tokens; the place of a token is its id.
        """
        ids: dict[str, list[int]] = defaultdict(list)
        for index, token in enumerate(vocabulary):
            if index >= len(SPECIALS):
                ids[token.casefold()].append(index)
        return cls(s for phrase in phrases for s in spellings(phrase, ids))

    def __bool__(self) -> bool:
        return bool(len(self._alone) or self._endings)

    @property
    def alone(self) -> IntArray:
        """The tokens that are blocked by themselves, which a network may ban too."""
        return self._alone

    def blocked(self, prefixes: IntArray, tokens: IntArray) -> BoolArray:
        """Which candidates would complete a blocked sequence.

        Args:
            prefixes: The replies so far, shape (replies, length).
            tokens: What may follow them, shape (replies, candidates).

        Returns:
            Shape (replies, candidates).
        """
        beyond = len(self._is_alone) - 1
        banned: BoolArray = self._is_alone[np.minimum(tokens, beyond)]
        for length in self._lengths:
            if length > prefixes.shape[1]:
                break
            ends = prefixes[:, prefixes.shape[1] - length :].tolist()
            for row, end in enumerate(ends):
                last = self._endings.get(tuple(end))
                if last is not None:
                    banned[row] |= [token in last for token in tokens[row].tolist()]
        return banned

    def completes(self, reply: Sequence[int], token: int) -> bool:
        """Whether a token would complete a blocked sequence; see `blocked`."""
        if token < len(self._is_alone) and self._is_alone[token]:
            return True
        return any(
            token in self._endings.get(tuple(reply[len(reply) - length :]), ())
            for length in self._lengths
            if length <= len(reply)
        )

    def occurs_in(self, tokens: Sequence[int]) -> bool:
        """Whether a whole reply holds a blocked sequence."""
        return bool(self) and any(
            self.completes(tokens[:length], token)
            for length, token in enumerate(tokens)
        )


def spellings(phrase: str, ids: Mapping[str, Sequence[int]]) -> list[TokenSequence]:
    """Every way to write a phrase.

    Args:
        phrase: As it would be read; blanks in it do not matter.
        ids: The ids of each token, its letters in lower case.

    Returns:
        Token sequences; none if the phrase cannot be written at all.
    """
    # Blanks part tokens and are in none: no token may reach across one.
    found: list[TokenSequence] = [()]
    for part in phrase.casefold().split():
        ways: list[list[TokenSequence]] = [[()]]
        for end in range(1, len(part) + 1):
            ways.append(
                [
                    (*way, token)
                    for begin in range(end)
                    for token in ids.get(part[begin:end], ())
                    for way in ways[begin]
                ]
            )
        found = [(*before, *way) for before in found for way in ways[-1]]
    return [way for way in found if way]


def read_block_list(path: Path) -> list[str]:
    """The phrases of a block list: one a line, `#` begins a remark.

    Raises:
        SettingsError: If the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The block list '{path}' cannot be read ({error}). 'block_list' must name "
            "a UTF-8 text file with one word or phrase a line."
        ) from error
    phrases = (line.partition("#")[0].strip() for line in lines)
    return [phrase for phrase in phrases if phrase]


def repeats(prefixes: IntArray, tokens: IntArray, size: int) -> BoolArray:
    """Which candidates would end a run of tokens that has occurred already.

    Args:
        prefixes: The replies so far, shape (replies, length).
        tokens: What may follow them, shape (replies, candidates).
        size: Length of the run, at least 1 (Paulus et al. 2018, §2.5).

    Returns:
        Shape (replies, candidates).
    """
    length = prefixes.shape[1]
    if length < size:
        return np.zeros(tokens.shape, dtype=bool)
    # A run at `start` counts if its tokens but the last are those the reply ends with.
    starts = length - size + 1
    same = np.ones((len(prefixes), starts), dtype=bool)
    for offset in range(size - 1):
        newest = prefixes[:, length - size + 1 + offset, None]
        same &= prefixes[:, offset : offset + starts] == newest
    last = np.where(same, prefixes[:, size - 1 :], -1)
    found: BoolArray = (tokens[:, :, None] == last[:, None, :]).any(axis=2)
    return found


def _repeats(reply: Sequence[int], size: int) -> bool:
    """Whether the last run of a reply, of `size` tokens, is in it before."""
    run = reply[-size:]
    starts = range(len(reply) - size)
    return any(reply[start : start + size] == run for start in starts)


class Constraints:
    """All that bounds what a reply may be.

    Args:
        settings: Which of them hold.
        block_list: What is never said.
    """

    def __init__(self, settings: DecodingSettings, block_list: BlockList) -> None:
        self._min_tokens = settings.min_reply_tokens
        self._ngram = settings.no_repeat_ngram
        self._block_list = block_list

    @property
    def spare(self) -> int:
        """How many more candidates to ask for than without constraints.

        A guess that is mostly enough. The end mark needs none, since the search
        always asks for one more than it follows.
        """
        return 4 if self.look_back else 0

    @property
    def look_back(self) -> bool:
        """Whether the tokens of a reply decide what may follow, not only its length."""
        return bool(self._ngram or self._block_list)

    def allow(self, token: int, reply: Sequence[int]) -> bool:
        """Whether one token may follow one reply; the same as `forbidden` says.

        Args:
            token: What may follow.
            reply: The tokens so far.
        """
        if token == END_ID and len(reply) < self._min_tokens:
            return False
        if self._ngram and _repeats([*reply, token], self._ngram):
            return False
        return not self._block_list.completes(reply, token)

    def forbidden(
        self, tokens: IntArray, length: int, prefixes: IntArray
    ) -> BoolArray | None:
        """Which candidates may not follow, shape (replies, candidates).

        Args:
            tokens: What may follow each reply, shape (replies, candidates).
            length: Of the replies so far.
            prefixes: Their tokens, shape (replies, length); of any shape unless
                `look_back`.

        Returns:
            None if all may.
        """
        found = None
        if length < self._min_tokens:
            found = tokens == END_ID
        if self._ngram and length >= self._ngram:
            repeated = repeats(prefixes, tokens, self._ngram)
            found = repeated if found is None else found | repeated
        if self._block_list:
            blocked = self._block_list.blocked(prefixes, tokens)
            found = blocked if found is None else found | blocked
        return found if found is not None and found.any() else None
