"""The models that `mmi` rescores replies with; see `rescoring`.

Both stand beside the network in its artefact. For `anti_lm` it is the network itself,
which learned to write without a source too; for `bidirectional` a second one, which
guesses the message from the reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple, Protocol

from framework_plugin.corpus.codec import PLACEHOLDERS, RESERVED
from framework_plugin.errors import ArtefactError
from framework_plugin.generation import artefact
from framework_plugin.generation.encoding import encode_texts
from framework_plugin.generation.serving.rescoring import NO_SCORER, Replies, Scorer
from framework_plugin.generation.serving.runtime import (
    OnnxRuntime,
    OnnxScorer,
    OnnxStepper,
    ban,
)
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import BEGIN_ID, PAD_ID, UNKNOWN_ID, Vocabulary

_NEVER_SAID = (PAD_ID, UNKNOWN_ID, BEGIN_ID)
_MARKS = tuple(mark for mark in RESERVED if mark not in PLACEHOLDERS.values())


class Asked(NamedTuple):
    """What replies are searched for.

    Attributes:
        message: The user's, in words as read.
        strangers: Tokens of no vocabulary that replies may hold; see `EncodedTexts`.
    """

    message: Sequence[str]
    strangers: Sequence[str]


class ScorerMaker(Protocol):
    """Opened models, for whatever is asked."""

    def __call__(self, asked: Sequence[Asked]) -> Scorer:
        """The scorer of replies to these sources, in their order."""
        ...


def open_scorer(
    folder: Path,
    precision: str,
    settings: DecodingSettings,
    runtime: OnnxRuntime,
    vocabulary: Vocabulary,
) -> ScorerMaker:
    """Opens the model that `mmi` needs, and no other.

    Args:
        folder: The artefact.
        precision: Of the graphs.
        settings: Of these, `mmi`.
        runtime: The network's graphs.
        vocabulary: The network's.

    Raises:
        ArtefactError: If the artefact lacks the model, or it is damaged.
    """
    if settings.mmi == "anti_lm":
        return LanguageModel(folder, runtime, vocabulary)
    if settings.mmi == "bidirectional":
        return BackwardModel(folder, precision, vocabulary)
    return lambda asked: NO_SCORER


class LanguageModel:
    """The network with nothing read: how likely replies are by themselves.

    Args:
        folder: The artefact.
        runtime: Its graphs.
        vocabulary: Its vocabulary.

    Raises:
        ArtefactError: If the network never learned to write without a source.
    """

    def __init__(
        self, folder: Path, runtime: OnnxRuntime, vocabulary: Vocabulary
    ) -> None:
        if not artefact.read_training(folder).blank_source:
            raise ArtefactError(
                f"The generator in '{folder}' never learned to write without a source, "
                "which 'mmi: anti_lm' compares with. Set 'blank_source' to 0.1 and "
                "train again with `rasa train`, or set 'mmi' to 'none'."
            )
        self._runtime = runtime
        self._vocabulary = vocabulary

    def __call__(self, asked: Sequence[Asked]) -> Scorer:
        """See `ScorerMaker`; whatever is asked, the model is the same."""
        return Scorer(lm_score=self.log_probs)

    def log_probs(self, replies: Replies) -> list[list[float]]:
        """See `rescoring.LanguageModelScore`.

        A word that can only be copied counts 0: without a source it could not be said
        at all, which says nothing about the reply.
        """
        if not replies:
            return []
        written = self._vocabulary.written
        return [
            [0.0 if i < len(reply) and reply[i] >= written else p for i, p in row]
            for reply, row in zip(
                replies, map(enumerate, self._blank.score(replies)), strict=True
            )
        ]

    @cached_property
    def _blank(self) -> OnnxStepper:
        marks = map(self._vocabulary.id, _MARKS)
        bias = ban([*_NEVER_SAID, *marks], self._vocabulary.written)
        return self._runtime.read(encode_texts((), (), self._vocabulary), bias)


class BackwardModel:
    """The network that guesses the message from the reply.

    Args:
        folder: The artefact.
        precision: Of the graphs.
        vocabulary: Of the network that writes the replies.

    Raises:
        ArtefactError: If there is no such network, or it is damaged.
    """

    def __init__(self, folder: Path, precision: str, vocabulary: Vocabulary) -> None:
        own = folder / artefact.BACKWARD
        if not own.is_dir():
            raise ArtefactError(
                f"The generator in '{folder}' has no network that guesses the message "
                "from the reply, which 'mmi: bidirectional' needs. Set "
                "'backward_network' to true and train again with `rasa train`, or set "
                "'mmi' to 'none'."
            )
        self._replies = vocabulary
        self._messages = Vocabulary.load(own / artefact.VOCABULARY)
        self._most = artefact.read_settings(own).max_turn_tokens
        self._scorer = OnnxScorer(own, precision)
        marks = map(self._messages.id, _MARKS)
        self._bias = ban([*_NEVER_SAID, *marks], self._messages.written)

    def __call__(self, asked: Sequence[Asked]) -> Scorer:
        """See `ScorerMaker`."""
        return Scorer(backward_score=partial(self.log_probs, asked))

    def log_probs(
        self, asked: Sequence[Asked], replies: Replies, sources: Sequence[int]
    ) -> list[tuple[float, ...]]:
        """See `rescoring.BackwardScore`.

        Words of a message that no message had in training are left out: they could
        not be guessed from any reply.

        Args:
            asked: What the sources are.
            replies: Token ids.
            sources: Which of them each is for.
        """
        messages = [self._known(one.message) for one in asked]
        texts = [
            encode_texts(
                self._replies.decode(reply, asked[source].strangers),
                (),
                self._messages,
            )
            for reply, source in zip(replies, sources, strict=True)
        ]
        wanted = [messages[source] for source in sources]
        return self._scorer.score_each(texts, wanted, self._bias)

    def _known(self, message: Sequence[str]) -> list[int]:
        ids = self._messages.encode(message)[-self._most :]
        return [i for i in ids if UNKNOWN_ID != i < self._messages.written]
