"""What to do with the entries found: answer, offer a choice, or say so honestly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from framework_plugin.errors import SettingsError
from framework_plugin.retrieval.hits import Hit

# The same words in another order score 1 but for rounding.
EXACT = 0.999
"""From this score on a wording is the very one asked."""
_AS_NEAR = 0.7
"""Share of the best score from which on another passage may be the one meant."""


@dataclass(frozen=True)
class AnswerSettings:
    """From which score on a hit is trusted, and from which it is worth a question.

    The defaults were measured on `tests/retrieval/paraphrases.tsv`, see
    `docs/retrieval.md`.

    Args:
        sure: Lowest score that is answered at once, from 0 to 1.
        maybe: Lowest score that is offered as a choice, from 0 to `sure`.
        lead: How far the best hit must be ahead of the next one to be answered at
            once, unless it is the very wording of a question.
        choices: How many choices are offered at most.
    """

    sure: float = 0.61
    maybe: float = 0.48
    lead: float = 0.05
    choices: int = 3

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            SettingsError: A value is impossible.
        """
        if not 0 < self.maybe <= self.sure <= 1:
            raise SettingsError(
                f"maybe={self.maybe} and sure={self.sure} are impossible together."
                " Expected 0 < maybe <= sure <= 1."
            )
        if not 0 <= self.lead <= 1:
            raise SettingsError(f"lead={self.lead} is impossible. Expected 0 to 1.")
        if self.choices < 1:
            raise SettingsError(
                f"choices={self.choices} is impossible. Expected 1 or more."
            )


@dataclass(frozen=True)
class Answer:
    """One hit is good enough to be given as the answer."""

    hit: Hit


@dataclass(frozen=True)
class Choices:
    """Hits, best first, of which the user may have meant one."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class NoAnswer:
    """Nothing found comes near the question."""


Decision = Answer | Choices | NoAnswer


def decide(hits: Sequence[Hit], settings: AnswerSettings | None = None) -> Decision:
    """Decides what to do with the hits of one question.

    Args:
        hits: What `PassageIndex.search` found, best first.
        settings: The thresholds; the measured ones when left out.
    """
    settings = settings or AnswerSettings()
    if not hits:
        return NoAnswer()
    best = hits[0]
    if best.score >= EXACT:
        return Answer(best)
    if best.trust >= settings.sure and _stands_out(hits, settings.lead):
        return Answer(best)
    if best.trust < settings.maybe:
        return NoAnswer()
    near = [hit for hit in hits if hit.score >= _AS_NEAR * best.score]
    return Choices(tuple(near[: settings.choices]))


def decide_by_words(
    hits: Sequence[Hit], settings: AnswerSettings | None = None
) -> Decision:
    """The same for a query that is no sentence, such as `运费` or `白茶 能放几年`.

    Trust was learned from what people write, so scores alone count.
    """
    return decide([replace(hit, trust=hit.score) for hit in hits], settings)


def _stands_out(hits: Sequence[Hit], lead: float) -> bool:
    """Whether the best hit is so far ahead of the next one."""
    best, *others = (hit.score for hit in hits[:2])
    return not others or best - others[0] >= lead
