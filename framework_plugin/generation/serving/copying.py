"""Copied words: among the candidates of a step, and in a reply that was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.codec import EARLIER_MARK, FACT_MARK
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.serving.hypothesis import Hypothesis
from framework_plugin.generation.serving.stepping import FloatArray
from framework_plugin.text.vocabulary import PAD_ID

Ids = npt.NDArray[np.int32]

_MOSTLY = 0.5
_LEAST = 1e-12


def with_copies(
    tokens: Ids, log_probs: FloatArray, copied: FloatArray, places: Ids
) -> tuple[Ids, FloatArray]:
    """Joins the likeliest tokens of the vocabulary with those that were read.

    Args:
        tokens: The likeliest of the vocabulary, (replies, candidates), best first.
        log_probs: Of them, without what copying adds; same shape.
        copied: Log-probability of the token at each place read, however it is
            written, (replies, places).
        places: The token at each place, (texts, places), `PAD_ID` where nothing may
            be copied; all replies are to one text, or each to its own.

    Returns:
        As many candidates and their log-probabilities, each token once.
    """
    count = tokens.shape[1]
    places = np.broadcast_to(places, copied.shape)
    # A token that was read has its whole probability there.
    again = (tokens[:, :, None] == places[:, None, :]).any(axis=2)
    log_probs = np.where(again, -np.inf, log_probs)
    width = places.shape[1]
    earlier = np.tri(width, k=-1, dtype=bool)
    repeated = ((places[:, :, None] == places[:, None, :]) & earlier).any(axis=2)
    copied = np.where(repeated | (places == PAD_ID), -np.inf, copied)
    all_tokens = np.concatenate([tokens, places], axis=1)
    all_log_probs = np.concatenate([log_probs, copied], axis=1)
    order = np.argsort(-all_log_probs, axis=1, kind="stable")[:, :count]
    return (
        np.take_along_axis(all_tokens, order, axis=1),
        np.take_along_axis(all_log_probs, order, axis=1).astype(np.float32),
    )


@dataclass(frozen=True)
class Copied:
    """Where a word of a reply was copied from.

    Args:
        text: The `dialogue`, the user's `profile` or their `history` (turns of earlier
            sessions).
        place: The token there that got most attention, counted over all that was
            read: the dialogue and, behind it, the memory.
        share: Of the word's probability, how much came from copying, 0.5 to 1.
    """

    text: Literal["dialogue", "profile", "history"]
    place: int
    share: float


def copied_words(
    reply: Hypothesis, texts: EncodedTexts, source: Sequence[str]
) -> tuple[Copied | None, ...]:
    """For each token of a reply where it was copied from.

    A word that was read and is in the vocabulary may be written in either way; it
    counts as copied if that had the larger share of its probability (the two terms of
    See et al. 2017, §2.2, eq. 9).

    Args:
        reply: As the search found it.
        texts: What it was written from.
        source: The same as tokens, the memory behind the dialogue.

    Returns:
        One for each token, None if it was written; nothing at all of a network that
        cannot copy.
    """
    if reply.ways is None or reply.attention is None:
        return ()
    chances = np.exp(reply.ways)
    parts = [reply.attention[:, : len(texts.source)] * chances[:, 1:2]]
    places = texts.source_copy
    if reply.memory_attention is not None:
        known = reply.memory_attention[:, : len(texts.memory)]
        parts.append(known * chances[:, 2:3])
        places = places + texts.memory_copy
    same = np.array(reply.tokens)[:, None] == np.array(places)[None, :]
    shares = np.where(same, np.concatenate(parts, axis=1), 0.0)
    whole = np.exp(reply.log_probs[: len(reply.tokens)])
    copied = np.minimum(shares.sum(axis=1) / np.maximum(whole, _LEAST), 1.0)
    best = shares.argmax(axis=1).tolist()
    return tuple(
        Copied(_text_at(place, len(texts.source), source), place, share)
        if share > _MOSTLY
        else None
        for place, share in zip(best, copied.tolist(), strict=True)
    )


def _text_at(
    place: int, dialogue: int, source: Sequence[str]
) -> Literal["dialogue", "profile", "history"]:
    if place < dialogue:
        return "dialogue"
    marks = [t for t in source[dialogue : place + 1] if t in (FACT_MARK, EARLIER_MARK)]
    return "history" if marks and marks[-1] == EARLIER_MARK else "profile"
