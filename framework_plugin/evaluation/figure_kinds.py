"""What each figure is: its name, its unit, which way is better, where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["score", "share", "number", "milliseconds"]
Better = Literal["higher", "lower", ""]


@dataclass(frozen=True)
class FigureKind:
    """How to show and read a figure.

    Args:
        key: Its stable name in JSON.
        title: Its name on a page.
        unit: `score` runs from 0 to 100, `share` from 0 to 1 and is shown in percent.
        better: Which way is better; empty where neither is.
        meaning: One sentence on what it measures.
    """

    key: str
    title: str
    unit: Unit
    better: Better
    meaning: str


_RANKING = (
    "How often the network finds the true reply likeliest per token, among {n} "
    "candidates (Zhang et al. 2018)."
)
_RANKING_5 = "How often the true reply is among its first five of {n} candidates."
_MRR = "Mean of one over the true reply's rank among {n} candidates."
_BLEU = "Shared n-grams up to {n}, over the whole corpus (sacrebleu)."

FIGURE_KINDS = (
    FigureKind(
        "right",
        "right",
        "share",
        "higher",
        "Replies that say what a reference says, whether sure or not.",
    ),
    FigureKind(
        "perplexity_token",
        "perplexity per token",
        "number",
        "lower",
        "How unexpected the true replies are; only for models that cut text alike.",
    ),
    FigureKind(
        "perplexity_character",
        "perplexity per character",
        "number",
        "lower",
        "The same, comparable between all models.",
    ),
    FigureKind(
        "unsayable_references",
        "unsayable references",
        "share",
        "lower",
        "True replies with a token that the network cannot say; not in perplexity.",
    ),
    FigureKind(
        "hits_1_of_10", "hits@1 of 10", "share", "higher", _RANKING.format(n=10)
    ),
    FigureKind(
        "hits_5_of_10", "hits@5 of 10", "share", "higher", _RANKING_5.format(n=10)
    ),
    FigureKind("mrr_of_10", "MRR of 10", "share", "higher", _MRR.format(n=10)),
    FigureKind(
        "hits_1_of_20", "hits@1 of 20", "share", "higher", _RANKING.format(n=20)
    ),
    FigureKind(
        "hits_5_of_20", "hits@5 of 20", "share", "higher", _RANKING_5.format(n=20)
    ),
    FigureKind("mrr_of_20", "MRR of 20", "share", "higher", _MRR.format(n=20)),
    *(
        FigureKind(f"bleu_{n}", f"BLEU-{n}", "score", "higher", _BLEU.format(n=n))
        for n in (1, 2, 3, 4)
    ),
    FigureKind(
        "bleu_nltk_corpus_smoothing3",
        "BLEU-4, NLTK, corpus, smoothing 3",
        "score",
        "higher",
        "For papers that used it; not to be compared with BLEU-4 above.",
    ),
    FigureKind(
        "bleu_nltk_sentence_mean_smoothing7",
        "BLEU-4, NLTK, mean of sentences, smoothing 7",
        "score",
        "higher",
        "For papers that used it; more than 100 for a reply equal to its reference.",
    ),
    FigureKind(
        "chrf", "chrF2", "score", "higher", "Shared runs of characters (sacrebleu)."
    ),
    FigureKind(
        "distinct_1",
        "Distinct-1",
        "share",
        "higher",
        "Different tokens among all; only for equal numbers of replies.",
    ),
    FigureKind(
        "distinct_2", "Distinct-2", "share", "higher", "Different pairs among all."
    ),
    FigureKind(
        "repetition_1",
        "tokens said again",
        "share",
        "lower",
        "Within one reply (seq-rep-1, Welleck et al. 2020).",
    ),
    FigureKind(
        "repetition_2",
        "pairs said again",
        "share",
        "lower",
        "Within one reply (seq-rep-2).",
    ),
    FigureKind(
        "most_frequent_reply",
        "most frequent reply",
        "share",
        "lower",
        "How many replies are the one said most often.",
    ),
    FigureKind("length", "characters per reply", "number", "", "Mean length."),
    FigureKind(
        "reference_length",
        "characters per reference",
        "number",
        "",
        "Mean length of the true replies.",
    ),
    FigureKind(
        "sure",
        "coverage",
        "share",
        "higher",
        "Messages that get a reply it is sure of.",
    ),
    FigureKind(
        "right_when_sure",
        "precision",
        "share",
        "higher",
        "Of the replies it is sure of, those to unanswerable messages included, the "
        "right ones.",
    ),
    FigureKind(
        "unanswerable_said",
        "unanswerable, yet answered",
        "share",
        "lower",
        "Messages that no reply would suit, which got one all the same.",
    ),
    FigureKind(
        "calibration_error",
        "calibration error (ECE)",
        "share",
        "lower",
        "Mean gap between confidence and share of right replies, in ten bins.",
    ),
    FigureKind(
        "brier",
        "Brier score",
        "number",
        "lower",
        "Mean squared gap between confidence and outcome.",
    ),
    FigureKind(
        "risk_coverage",
        "area under risk and coverage",
        "number",
        "lower",
        "Mean share of wrong replies over all thresholds (AURC).",
    ),
    FigureKind(
        "milliseconds_median", "median time", "milliseconds", "lower", "Of one reply."
    ),
    FigureKind(
        "milliseconds_p95",
        "95th percentile of time",
        "milliseconds",
        "lower",
        "Of one reply.",
    ),
)
"""All figures, in the order in which they are shown."""


def shown(kind: FigureKind, value: float, beside: float | None = None) -> str:
    """A value as it is read by people.

    Args:
        kind: What it is.
        value: The value.
        beside: The value that it belongs to, such as a mean to a deviation; both get
            the same digits.

    Example:
        >>> shown(FIGURE_KINDS[0], 0.5)
        '50.0 %'
    """
    if kind.unit == "share":
        return f"{value:.1%}".replace("%", " %")
    if kind.unit == "milliseconds":
        return f"{value:.1f} ms"
    large = abs(value if beside is None else beside) >= 10
    return f"{value:.1f}" if kind.unit == "score" or large else f"{value:.3f}"
