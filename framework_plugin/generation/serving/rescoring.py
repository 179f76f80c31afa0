"""Choosing against replies that suit everything: maximum mutual information.

A network that was trained to find the likeliest reply says "I don't know" to all. Li et
al. (2016, "A Diversity-Promoting Objective Function for Neural Conversation Models")
ask instead which reply and message belong together. Here the replies that a search
found are put in that order. (For MMI-antiLM the paper also searches by it; rescoring
needs one call of the language model instead of one per step.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from framework_plugin.errors import SettingsError
from framework_plugin.generation.serving.hypothesis import (
    Hypothesis,
    length_normaliser,
    ranked,
)
from framework_plugin.generation.settings import DecodingSettings

Replies = Sequence[Sequence[int]]


class LanguageModelScore(Protocol):
    """How likely replies are by themselves: log p(T)."""

    def __call__(self, replies: Replies) -> Sequence[Sequence[float]]:
        """Scores replies.

        Args:
            replies: Token ids, without the marks of begin and end.

        Returns:
            Natural log-probabilities of each reply's tokens and of its end.
        """
        ...


class BackwardScore(Protocol):
    """How well a source could be guessed from a reply: log p(S|T)."""

    def __call__(
        self, replies: Replies, sources: Sequence[int]
    ) -> Sequence[Sequence[float]]:
        """Scores the sources of replies.

        Args:
            replies: Token ids, without the marks of begin and end.
            sources: Which source each is for: its place in the batch, 0 if there is
                one only.

        Returns:
            Natural log-probabilities of the tokens of each reply's source, and of
            its end.
        """
        ...


@dataclass(frozen=True)
class Scorer:
    """The models that rescore.

    Args:
        lm_score: For `mmi: anti_lm`; None if no language model was trained.
        backward_score: For `mmi: bidirectional`; None if no such model was trained.
    """

    lm_score: LanguageModelScore | None = None
    backward_score: BackwardScore | None = None


NO_SCORER = Scorer()


def check_scorer(settings: DecodingSettings, scorer: Scorer) -> None:
    """Refuses settings for which a model is missing.

    Raises:
        SettingsError: If it is.
    """
    missing = {
        "none": False,
        "anti_lm": scorer.lm_score is None,
        "bidirectional": scorer.backward_score is None,
    }
    if missing[settings.mmi]:
        model = "language" if settings.mmi == "anti_lm" else "backward"
        raise SettingsError(
            f"'mmi: {settings.mmi}' needs a {model} model, and this generator was "
            f"trained without one. Train it with one, or set 'mmi' to 'none'."
        )


def rescored(
    found: Sequence[Sequence[Hypothesis]], settings: DecodingSettings, scorer: Scorer
) -> list[list[Hypothesis]]:
    """Puts the replies to each source in the order that `mmi` asks for.

    With λ for `mmi_weight` and γ for `mmi_tokens`, `anti_lm` ranks by
    log p(T|S) - λ · log p(first γ tokens of T), normalised by the length as before
    (§4.5.1); `bidirectional` by (1 - λ) · log p(T|S) + λ · log p(S|T), either part
    normalised by its own length, so that λ means the same for long messages as for
    short ones (§4.5.2). The coverage penalty stays as it was.

    Args:
        found: The replies to each source.
        settings: What to do, and the weights.
        scorer: The models; see `check_scorer`.

    Returns:
        The same replies with new scores, best first.
    """
    replies = [reply for group in found for reply in group]
    tokens = [reply.tokens for reply in replies]
    if settings.mmi == "anti_lm" and scorer.lm_score is not None:
        # What comes behind the first tokens need not be read.
        alone = scorer.lm_score([reply[: settings.mmi_tokens] for reply in tokens])
        scores = [
            _against(reply, log_probs, settings)
            for reply, log_probs in zip(replies, alone, strict=True)
        ]
    elif settings.mmi == "bidirectional" and scorer.backward_score is not None:
        sources = [source for source, group in enumerate(found) for _ in group]
        back = scorer.backward_score(tokens, sources)
        scores = [
            _both_ways(reply, log_probs, settings)
            for reply, log_probs in zip(replies, back, strict=True)
        ]
    else:
        return [list(group) for group in found]
    new = iter(scores)
    return [ranked([replace(r, score=next(new)) for r in group]) for group in found]


def _against(
    reply: Hypothesis, log_probs: Sequence[float], settings: DecodingSettings
) -> float:
    # A reply that was cut has no end whose probability could be compared.
    counted = log_probs[: min(settings.mmi_tokens, len(reply.log_probs))]
    changed = settings.mmi_weight * sum(counted)
    length = length_normaliser(len(reply.tokens), settings.length_penalty)
    return reply.score - changed / length


def _both_ways(
    reply: Hypothesis, log_probs: Sequence[float], settings: DecodingSettings
) -> float:
    length = length_normaliser(len(log_probs) - 1, settings.length_penalty)
    weight = settings.mmi_weight
    return (1 - weight) * reply.score + weight * sum(log_probs) / length
