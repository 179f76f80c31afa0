"""Figures of merit for replies: likeness to references, variety, length.

BLEU and chrF come from sacrebleu, each with the signature that says how it was computed
(Post 2018, "A Call for Clarity in Reporting BLEU Scores"). Papers on dialogue often
used NLTK with some smoothing instead; those variants carry it in their names, since
their values cannot be compared with sacrebleu's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import sacrebleu

Tokenizer = Literal["zh", "char", "13a"]
"""Of sacrebleu: `zh` parts Han characters and keeps Latin words, `char` parts all
characters, `13a` parts at blanks and punctuation only."""

References = Sequence[Sequence[str]]
"""For each reply all texts that would have been right, at least one."""

Counts = npt.NDArray[np.int64]

MOST_GRAMS = 4
"""The longest n-grams that BLEU counts."""


def bleu(
    replies: Sequence[str],
    references: References,
    n: int = MOST_GRAMS,
    tokenizer: Tokenizer = "zh",
) -> float:
    """Corpus BLEU-n, 0 to 100 (Papineni et al. 2002), as sacrebleu computes it.

    Args:
        replies: What was said.
        references: All replies that would have been right, for each.
        n: The longest n-grams that count, 1 to 4.
        tokenizer: What the n-grams are made of.

    Returns:
        The score; 0 without replies.

    Raises:
        ValueError: If there is not one list of references for each reply, or an
            empty one.
    """
    return bleu_of(bleu_counts(replies, references, tokenizer).sum(axis=0), n)


def bleu_counts(
    replies: Sequence[str], references: References, tokenizer: Tokenizer = "zh"
) -> Counts:
    """What BLEU is computed from, so that it can be computed for any selection.

    Args:
        replies: What was said.
        references: All replies that would have been right, for each.
        tokenizer: What the n-grams are made of.

    Returns:
        Shape (replies, 10): length of the reply and of its closest reference, then
        n-grams shared and n-grams in all, n from 1 to 4 each.

    Raises:
        ValueError: See `bleu`.
    """
    _check(replies, references)
    # Effective order changes the score only, which is not looked at here.
    metric = sacrebleu.BLEU(tokenize=tokenizer, effective_order=True)
    rows = []
    for reply, right in zip(replies, references, strict=True):
        found = metric.sentence_score(reply, list(right))
        rows.append([found.sys_len, found.ref_len, *found.counts, *found.totals])
    return np.array(rows, dtype=np.int64).reshape(-1, 2 + 2 * MOST_GRAMS)


def bleu_of(counts: Sequence[float] | npt.NDArray[np.generic], n: int) -> float:
    """BLEU-n from summed rows of `bleu_counts`, with sacrebleu's `exp` smoothing."""
    values = [int(value) for value in counts]
    shared, total = values[2 : 2 + n], values[2 + MOST_GRAMS : 2 + MOST_GRAMS + n]
    found = sacrebleu.BLEU.compute_bleu(
        shared, total, values[0], values[1], smooth_method="exp", max_ngram_order=n
    )
    return float(found.score)


def bleu_signature(
    references: References, n: int = MOST_GRAMS, tokenizer: Tokenizer = "zh"
) -> str:
    """How sacrebleu describes `bleu`; sacrebleu itself does not name the order."""
    metric = sacrebleu.BLEU(tokenize=tokenizer, max_ngram_order=n)
    return f"BLEU-{n}|{_signature(metric, references)}"


def chrf(replies: Sequence[str], references: References) -> float:
    """Corpus chrF2, 0 to 100: F-score of character n-grams (Popović 2015).

    Raises:
        ValueError: See `bleu`.
    """
    _check(replies, references)
    if not replies:
        return 0.0
    metric = sacrebleu.CHRF()
    return float(metric.corpus_score(list(replies), _streams(references)).score)


def chrf_signature(references: References) -> str:
    """How sacrebleu describes `chrf`."""
    return f"chrF2|{_signature(sacrebleu.CHRF(), references)}"


def sentence_chrf(reply: str, references: Sequence[str]) -> float:
    """chrF2 of one reply, 0 to 100; to sort examples by."""
    return float(sacrebleu.CHRF().sentence_score(reply, list(references)).score)


def nltk_corpus_bleu_smoothing3(
    replies: Sequence[str], references: References, tokenizer: Tokenizer = "zh"
) -> float:
    """NLTK's corpus BLEU-4 with smoothing method 3 (Chen & Cherry 2014), 0 to 100.

    Raises:
        ValueError: See `bleu`.
    """
    from nltk.translate import bleu_score

    said, right = _parted(replies, references, tokenizer)
    if not said:
        return 0.0
    smoothing = bleu_score.SmoothingFunction().method3
    score = bleu_score.corpus_bleu(right, said, smoothing_function=smoothing)
    return 100 * float(score)


def nltk_mean_sentence_bleu_smoothing7(
    replies: Sequence[str], references: References, tokenizer: Tokenizer = "zh"
) -> float:
    """Mean of NLTK's sentence BLEU-4 with smoothing method 7, times 100.

    Chen & Cherry 2014, "A Systematic Comparison of Smoothing Techniques for
    Sentence-Level BLEU", §3. Of a reply that equals its reference NLTK's version of it
    makes more than 100, since it averages in what longer n-grams would have scored.

    Raises:
        ValueError: See `bleu`.
    """
    from nltk.translate import bleu_score

    said, right = _parted(replies, references, tokenizer)
    if not said:
        return 0.0
    smoothing = bleu_score.SmoothingFunction().method7
    scores = [
        bleu_score.sentence_bleu(refs, reply, smoothing_function=smoothing)
        for reply, refs in zip(said, right, strict=True)
    ]
    return 100 * float(np.mean(scores))


def tokens(text: str, tokenizer: Tokenizer = "zh") -> list[str]:
    """The tokens of a text, as BLEU counts them."""
    parted: str = _metric(tokenizer).tokenizer(text.rstrip())
    return parted.split()


def distinct(replies: Sequence[Sequence[str]], n: int) -> float:
    """Share of different n-grams among all, 0 to 1 (Li et al. 2016, §5.2).

    It falls as the number of replies grows; compare only equal numbers.

    Args:
        replies: Token sequences.
        n: Length of the n-grams.

    Returns:
        Distinct-n; 0 where there is no n-gram at all.
    """
    grams = [gram for reply in replies for gram in _grams(reply, n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def repetition(replies: Sequence[Sequence[str]], n: int) -> float:
    """Mean share of n-grams that a reply says again, 0 to 1.

    seq-rep-n of Welleck et al. 2020, "Neural Text Generation with Unlikelihood
    Training", §6.1. Replies too short for an n-gram count as without repetition.

    Args:
        replies: Token sequences.
        n: Length of the n-grams.
    """
    shares = []
    for reply in replies:
        grams = _grams(reply, n)
        shares.append(1 - len(set(grams)) / len(grams) if grams else 0.0)
    return float(np.mean(shares)) if shares else 0.0


def most_frequent_share(replies: Sequence[str]) -> float:
    """Share of replies, 0 to 1, that are the one reply said most often."""
    if not replies:
        return 0.0
    return Counter(replies).most_common(1)[0][1] / len(replies)


def _grams(reply: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(reply[i : i + n]) for i in range(len(reply) - n + 1)]


def _parted(
    replies: Sequence[str], references: References, tokenizer: Tokenizer
) -> tuple[list[list[str]], list[list[list[str]]]]:
    _check(replies, references)
    said = [tokens(reply, tokenizer) for reply in replies]
    return said, [[tokens(text, tokenizer) for text in refs] for refs in references]


@lru_cache(maxsize=8)
def _metric(tokenizer: Tokenizer) -> sacrebleu.BLEU:
    return sacrebleu.BLEU(tokenize=tokenizer)


def _signature(metric: sacrebleu.BLEU | sacrebleu.CHRF, references: References) -> str:
    # A signature knows the number of references only after something was scored.
    metric.corpus_score(["无"] * len(references), _streams(references))
    return str(metric.get_signature().format())


def _streams(references: References) -> list[list[str | None]]:
    """The references by place, as sacrebleu wants them: all first ones, and so on."""
    most = max(map(len, references), default=0)
    return [
        [refs[i] if i < len(refs) else None for refs in references] for i in range(most)
    ]


def _check(replies: Sequence[str], references: References) -> None:
    if len(replies) != len(references):
        raise ValueError(
            f"{len(replies)} replies need as many reference lists, not "
            f"{len(references)}."
        )
    if not all(references):
        raise ValueError(
            "A reply has no reference to be compared with. Give each at least one, or "
            "leave such replies out."
        )
