"""Figures of merit for replies."""

from __future__ import annotations

from collections.abc import Sequence

import sacrebleu


def bleu(replies: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Corpus BLEU over Chinese characters, 0 to 100 (Papineni et al. 2002).

    Computed by sacrebleu with its `zh` tokenizer (Post 2018).

    Args:
        replies: What was said.
        references: All replies that would have been right, for each.

    Returns:
        The score.

    Raises:
        ValueError: If there is not one list of references for each reply.
    """
    if len(replies) != len(references):
        raise ValueError(
            f"{len(replies)} replies need as many reference lists, not "
            f"{len(references)}."
        )
    if not replies:
        return 0.0
    most = max(map(len, references))
    streams = [
        [refs[i] if i < len(refs) else None for refs in references] for i in range(most)
    ]
    return float(sacrebleu.corpus_bleu(list(replies), streams, tokenize="zh").score)


def distinct(replies: Sequence[Sequence[str]], n: int) -> float:
    """Share of different n-grams among all, 0 to 1 (Li et al. 2016, §5.2).

    Args:
        replies: Token sequences.
        n: Length of the n-grams.

    Returns:
        Distinct-n; 0 where there is no n-gram at all.
    """
    grams = [
        tuple(reply[i : i + n]) for reply in replies for i in range(len(reply) - n + 1)
    ]
    return len(set(grams)) / len(grams) if grams else 0.0
