"""What could be said: replies that the search finds, and such as experience recalls.

Either kind is scored by the network and compared with experience, so that they can be
judged by the same evidence; see `confidence`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
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
from framework_plugin.generation.encoding import (
    EncodedTexts,
    encode_reply,
    encode_texts,
)
from framework_plugin.generation.serving.confidence import Evidence
from framework_plugin.generation.serving.constraints import BlockList, read_block_list
from framework_plugin.generation.serving.copying import Copied, copied_words
from framework_plugin.generation.serving.experience import Experience, Recollection
from framework_plugin.generation.serving.hypothesis import Hypothesis, TextOf
from framework_plugin.generation.serving.runtime import OnnxRuntime, OnnxStepper, ban
from framework_plugin.generation.serving.scorers import Asked, open_scorer
from framework_plugin.generation.serving.search import (
    FloatArray,
    search,
    search_batch,
)
from framework_plugin.generation.serving.shortlist import Neighbours, Shortlister
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import (
    BEGIN_ID,
    PAD_ID,
    UNKNOWN,
    UNKNOWN_ID,
    Vocabulary,
)

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
        copied: Of a searched one, where each token was copied from, None if it was
            written; empty of a network that cannot copy.
    """

    text: str
    tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    origin: Origin
    evidence: Evidence
    attention: FloatArray | None = field(default=None, compare=False, repr=False)
    copied: tuple[Copied | None, ...] = ()


@dataclass(frozen=True)
class Query:
    """A message to find replies to.

    Args:
        turns: The dialogue in words as read, the user's message last.
        known: The kinds of fact that may be filled in.
        memory: Facts and earlier turns of the user; see `codec.memory_tokens`.
    """

    turns: Sequence[TokenizedTurn]
    known: Collection[FactKind] = ()
    memory: Sequence[str] = ()


@dataclass(frozen=True)
class Findings:
    """What could be said in one turn.

    Args:
        source: What was read: the dialogue and, of a network that reads it, the
            user's memory behind it.
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
    copied: tuple[Copied | None, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """A query as the network and experience took it in."""

    query: Query
    texts: EncodedTexts
    source: tuple[str, ...]
    stepper: OnnxStepper
    recollection: Recollection

    @property
    def asked(self) -> Asked:
        message = self.query.turns[-1][1] if self.query.turns else ()
        return Asked(message, self.texts.strangers)


class CandidateFinder:
    """Finds candidates with a trained network and its experience.

    Args:
        folder: The artefact.
        precision: Of the graphs, `fp32` or `int8`.
        codec: Splits utterances into tokens.
        settings: How replies are searched for.

    Raises:
        ArtefactError: If the artefact is incomplete or damaged, or lacks the model
            that `mmi` needs.
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
        self._runtime = OnnxRuntime(folder, precision, _shortlister(folder, settings))
        self._scorer = open_scorer(
            folder, precision, settings, self._runtime, self._vocabulary
        )
        self._experience = Experience(artefact.read_experience(folder))
        self._codec = codec
        self._settings = settings
        self._blocked = _block_list(settings, self._vocabulary)
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
        self,
        turns: Sequence[TokenizedTurn],
        known: Collection[FactKind],
        memory: Sequence[str] = (),
    ) -> Findings:
        """What could be said.

        Args:
            turns: The dialogue in words as read, the user's message last.
            known: The kinds of fact that may be filled in.
            memory: Facts and earlier turns of the user; see `codec.memory_tokens`.
        """
        reading = self._read(Query(turns, known, memory))
        found = search(
            reading.stepper,
            self._settings,
            block_list=self._blocked,
            scorer=self._scorer([reading.asked]),
            text_of=self._text_of(reading),
        )
        return self._findings(reading, found)

    def find_together(self, queries: Sequence[Query]) -> list[Findings]:
        """What could be said to several messages, searched for side by side.

        Args:
            queries: All with the same facts known.

        Returns:
            For each what `find` would return.
        """
        if not queries:
            return []
        readings = [self._read(query) for query in queries]
        found = search_batch(
            self._runtime.together([reading.stepper for reading in readings]),
            self._settings,
            block_list=self._blocked,
            scorer=self._scorer([reading.asked for reading in readings]),
            text_of=[self._text_of(reading) for reading in readings],
        )
        return list(map(self._findings, readings, found))

    def offered(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates to choose from by their evidence.

        With `mmi` only the first that the search found is among them: evidence knows
        nothing of the order that `mmi` made.
        """
        if self._settings.mmi == "none":
            return list(candidates)
        searched = [c for c in candidates if c.origin == "searched"]
        return searched[:1] + [c for c in candidates if c.origin == "recalled"]

    def score(
        self,
        turns: Sequence[TokenizedTurn],
        known: Collection[FactKind],
        replies: Sequence[str],
        memory: Sequence[str] = (),
    ) -> list[tuple[float, ...]]:
        """How likely the network holds given replies.

        Args:
            turns: See `find`.
            known: See `find`.
            replies: As spelled.
            memory: See `find`.

        Returns:
            Natural log-probabilities of each reply's tokens and of its end.
        """
        texts = encode_texts(self._source(turns, known), memory, self._vocabulary)
        reader = self._runtime.read(texts, self._bias(frozenset(known)))
        written = [self._codec.write(reply) for reply in replies]
        return reader.score(
            [encode_reply(words, texts, self._vocabulary) for words in written]
        )

    def _read(self, query: Query) -> _Reading:
        dialogue = self._source(query.turns, query.known)
        texts = encode_texts(dialogue, query.memory, self._vocabulary)
        memory = self._vocabulary.spell(query.memory) or [UNKNOWN]
        return _Reading(
            query,
            texts,
            dialogue + tuple(memory if self._trained.memory else ()),
            self._runtime.read(texts, self._bias(frozenset(query.known))),
            self._experience.recall(
                context_of(query.turns), message_of(query.turns), query.known
            ),
        )

    def _text_of(self, reading: _Reading) -> TextOf:
        strangers = reading.texts.strangers
        return lambda ids: join(self._vocabulary.decode(ids, strangers))

    def _findings(self, reading: _Reading, found: Sequence[Hypothesis]) -> Findings:
        drafts = [_searched(reading, hypothesis) for hypothesis in found]
        if self._settings.shortlist:
            drafts = _scored_anew(drafts, reading.stepper)
        drafts += self._recalled(reading, {draft.ids for draft in drafts})
        strangers = reading.texts.strangers
        words = [self._vocabulary.decode(draft.ids, strangers) for draft in drafts]
        candidates = _with_evidence(drafts, words, reading.recollection)
        return Findings(reading.source, candidates)

    def _recalled(
        self, reading: _Reading, found: Collection[tuple[int, ...]]
    ) -> list[_Draft]:
        """What experience proposes and the search has not found."""
        most = self._settings.recalled_candidates
        written = map(self._codec.write, reading.recollection.proposals(most))
        encoded = [
            tuple(encode_reply(words, reading.texts, self._vocabulary))
            for words in written
        ]
        replies = [
            ids
            for ids in encoded
            if ids not in found and not self._blocked.occurs_in(ids)
        ]
        if not replies:
            return []
        scores = reading.stepper.score(replies)
        return [
            _Draft(ids, log_probs, "recalled")
            for ids, log_probs in zip(replies, scores, strict=True)
        ]

    def _make_bias(self, known: frozenset[FactKind]) -> FloatArray:
        sayable = {PLACEHOLDERS[kind] for kind in known}
        banned = [self._vocabulary.id(mark) for mark in RESERVED if mark not in sayable]
        return ban([PAD_ID, UNKNOWN_ID, BEGIN_ID, *banned], self._vocabulary.written)


def _block_list(settings: DecodingSettings, vocabulary: Vocabulary) -> BlockList:
    if settings.block_list is None:
        return BlockList()
    return BlockList.of(read_block_list(Path(settings.block_list)), vocabulary.tokens)


def _shortlister(folder: Path, settings: DecodingSettings) -> Shortlister | None:
    if not settings.shortlist:
        return None
    return Shortlister(Neighbours.load(folder), settings.shortlist)


def _scored_anew(drafts: Sequence[_Draft], stepper: OnnxStepper) -> list[_Draft]:
    """With the probabilities among all words, as those of recalled replies are."""
    scores = stepper.score([draft.ids for draft in drafts])
    return [replace(d, log_probs=s) for d, s in zip(drafts, scores, strict=True)]


def _searched(reading: _Reading, found: Hypothesis) -> _Draft:
    parts = []
    # Where searched for side by side, a shorter text was padded.
    if found.attention is not None:
        parts.append(found.attention[:, : len(reading.texts.source)])
    if found.memory_attention is not None:
        parts.append(found.memory_attention[:, : len(reading.texts.memory)])
    return _Draft(
        found.tokens,
        found.log_probs,
        "searched",
        np.concatenate(parts, axis=1) if parts else None,
        copied_words(found, reading.texts, reading.source),
    )


def _with_evidence(
    drafts: Sequence[_Draft], words: Sequence[list[str]], recollection: Recollection
) -> list[Candidate]:
    texts = [join(tokens) for tokens in words]
    likeness = recollection.likeness(texts)
    return [
        Candidate(
            text,
            tuple(tokens),
            draft.log_probs,
            draft.origin,
            Evidence(
                sum(draft.log_probs) / len(draft.log_probs), min(draft.log_probs), like
            ),
            draft.attention,
            draft.copied,
        )
        for text, tokens, draft, like in zip(
            texts, words, drafts, likeness, strict=True
        )
    ]
