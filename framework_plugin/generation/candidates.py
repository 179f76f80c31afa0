"""What could be said: replies that the search finds, and such as experience recalls.

Either kind is scored by the network and compared with experience, so that they can be
judged by the same evidence; see `confidence`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from framework_plugin.corpus.codec import (
    PLACEHOLDERS,
    RESERVED,
    TokenizedTurn,
    UtteranceCodec,
    context_of,
    join,
    message_of,
    source_tokens,
)
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.generation import artefact
from framework_plugin.generation.confidence import Evidence
from framework_plugin.generation.experience import Experience, Recollection
from framework_plugin.generation.runtime import OnnxRuntime, OnnxStepper, ban
from framework_plugin.generation.search import FloatArray, search
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import BEGIN_ID, PAD_ID, UNKNOWN_ID, Vocabulary

Origin = Literal["searched", "recalled"]


@dataclass(frozen=True)
class Candidate:
    """A reply that could be said.

    Args:
        text: As written, placeholders unfilled.
        tokens: Its tokens.
        log_probs: Natural log-probabilities of the tokens, and of the end.
        origin: Whether the search found it or experience recalled it.
        evidence: What speaks for it.
        attention: Of a searched one, weights over the source (tokens, source length).
    """

    text: str
    tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    origin: Origin
    evidence: Evidence
    attention: FloatArray | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Findings:
    """What could be said in one turn.

    Args:
        source: What the encoder read.
        candidates: At least one; the best that the search found comes first.
    """

    source: tuple[str, ...]
    candidates: list[Candidate]


@dataclass(frozen=True)
class _Draft:
    ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    origin: Origin
    attention: FloatArray | None = None


class CandidateFinder:
    """Finds candidates with a trained network and its experience.

    Args:
        folder: The artefact.
        precision: Of the graphs, `fp32` or `int8`.
        codec: Splits utterances into tokens.
        settings: How replies are searched for.

    Raises:
        ArtefactError: If the artefact is incomplete or damaged.
    """

    def __init__(
        self,
        folder: Path,
        precision: str,
        codec: UtteranceCodec,
        settings: DecodingSettings,
    ) -> None:
        self._trained = artefact.read_settings(folder)
        self._vocabulary = Vocabulary.load(folder / artefact.VOCABULARY)
        self._runtime = OnnxRuntime(folder, precision)
        self._experience = Experience(artefact.read_experience(folder))
        self._codec = codec
        self._settings = settings
        self._bias = lru_cache(maxsize=128)(self._make_bias)

    @property
    def context_turns(self) -> int:
        """How many turns the network reads, the message included."""
        return self._trained.context_turns

    def _source(
        self, turns: Sequence[TokenizedTurn], known: Collection[FactKind]
    ) -> tuple[str, ...]:
        """What the encoder reads of a dialogue, unknown words spelled."""
        tokens = source_tokens(
            turns,
            known,
            context_turns=self._trained.context_turns,
            max_turn_tokens=self._trained.max_turn_tokens,
        )
        return tuple(self._vocabulary.spell(tokens))

    def find(
        self, turns: Sequence[TokenizedTurn], known: Collection[FactKind]
    ) -> Findings:
        """What could be said.

        Args:
            turns: The dialogue in words as read, the user's message last.
            known: The kinds of fact that may be filled in.
        """
        source = self._source(turns, known)
        ids = self._vocabulary.encode(source)
        reader = self._runtime.read(ids, self._bias(frozenset(known)))
        recollection = self._experience.recall(
            context_of(turns), message_of(turns), known
        )
        drafts = self._searched(reader)
        found = {draft.ids for draft in drafts}
        recalled = self._recalled(reader, recollection)
        drafts.extend(draft for draft in recalled if draft.ids not in found)
        return Findings(source, self._with_evidence(drafts, recollection))

    def _searched(self, reader: OnnxStepper) -> list[_Draft]:
        hypotheses = search(reader, self._settings)
        return [
            _Draft(h.tokens, h.log_probs, "searched", np.array(h.attention))
            for h in hypotheses
        ]

    def _recalled(
        self, reader: OnnxStepper, recollection: Recollection
    ) -> list[_Draft]:
        proposals = recollection.proposals(self._settings.recalled_candidates)
        if not proposals:
            return []
        replies = [
            tuple(self._vocabulary.encode(self._codec.write(text)))
            for text in proposals
        ]
        scores = reader.score(replies)
        return [
            _Draft(ids, log_probs, "recalled")
            for ids, log_probs in zip(replies, scores, strict=True)
        ]

    def _with_evidence(
        self, drafts: Sequence[_Draft], recollection: Recollection
    ) -> list[Candidate]:
        tokens = [tuple(self._vocabulary.decode(draft.ids)) for draft in drafts]
        texts = [join(words) for words in tokens]
        likeness = recollection.likeness(texts)
        return [
            Candidate(
                text,
                words,
                draft.log_probs,
                draft.origin,
                Evidence(
                    sum(draft.log_probs) / len(draft.log_probs),
                    min(draft.log_probs),
                    like,
                ),
                draft.attention,
            )
            for text, words, draft, like in zip(
                texts, tokens, drafts, likeness, strict=True
            )
        ]

    def _make_bias(self, known: frozenset[FactKind]) -> FloatArray:
        sayable = {PLACEHOLDERS[kind] for kind in known}
        banned = [self._vocabulary.id(mark) for mark in RESERVED if mark not in sayable]
        return ban([PAD_ID, UNKNOWN_ID, BEGIN_ID, *banned], len(self._vocabulary))
