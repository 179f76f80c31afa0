"""From records to figures: every number that a report shows, under a stable key."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from framework_plugin.evaluation import bootstrap, calibration, metrics, perplexity
from framework_plugin.evaluation.bootstrap import Statistic, ratio
from framework_plugin.evaluation.measuring import CANDIDATE_SETS, Record
from framework_plugin.evaluation.metrics import Tokenizer
from framework_plugin.evaluation.perplexity import Likelihood

HITS_AT = (1, 5)


@dataclass(frozen=True)
class Figure:
    """One number.

    Args:
        value: The number.
        low: Lower end of its 95 % interval, where there is one.
        high: Upper end.
    """

    value: float
    low: float | None = None
    high: float | None = None


Figures = dict[str, Figure]


def figures_of(
    records: Sequence[Record],
    *,
    tokenizer: Tokenizer = "zh",
    seed: int = 0,
    resamples: int = bootstrap.RESAMPLES,
) -> Figures:
    """All figures of some records.

    Args:
        records: What was measured. Those without a reference count for what concerns
            confidence, and for nothing else.
        tokenizer: What n-grams are made of.
        seed: Of the confidence intervals.
        resamples: How often they draw; 0 for no intervals.

    Returns:
        The figures that could be computed; one that could not be is left out.
    """
    table = _Table(seed, resamples)
    answerable = [record for record in records if record.case.references]
    if answerable:
        _add_likeness(table, answerable, tokenizer)
        _add_variety(table, answerable, tokenizer)
        _add_likelihood(table, answerable)
        _add_ranking(table, answerable)
    if records:
        _add_confidence(table, records, answerable)
        times = [record.answer.milliseconds for record in records]
        table.put("milliseconds_median", float(np.median(times)))
        table.put("milliseconds_p95", float(np.quantile(times, 0.95)))
    return table.figures


class _Table:
    """Figures as they are added."""

    def __init__(self, seed: int, resamples: int) -> None:
        self.figures: Figures = {}
        self._seed = seed
        self._resamples = resamples

    def put(self, key: str, value: float) -> None:
        """A figure without an interval."""
        self.figures[key] = Figure(value)

    def add(self, key: str, columns: npt.ArrayLike, statistic: Statistic) -> None:
        """A figure computed from the sums of columns, one row for each record."""
        rows = np.asarray(columns, dtype=float)
        value = statistic(rows.sum(axis=0))
        if not math.isfinite(value):
            return
        ends = None
        if self._resamples:
            ends = bootstrap.interval(
                rows, statistic, seed=self._seed, resamples=self._resamples
            )
        self.figures[key] = Figure(value, *(ends or ()))

    def share(self, key: str, outcomes: Sequence[bool]) -> None:
        """The share of yeses, with Wilson's interval; nothing without outcomes.

        Resampling would take a share of none or all for certain.
        """
        if outcomes:
            hits, count = sum(outcomes), len(outcomes)
            ends = calibration.wilson(hits, count)
            self.figures[key] = Figure(hits / count, *ends)

    def mean(self, key: str, values: Sequence[float]) -> None:
        """The mean of some values; nothing without values."""
        rows = np.array([[float(value), 1.0] for value in values]).reshape(-1, 2)
        self.add(key, rows, ratio)


def _add_likeness(
    table: _Table, records: Sequence[Record], tokenizer: Tokenizer
) -> None:
    replies = [record.answer.text for record in records]
    references = [record.case.references for record in records]
    counts = metrics.bleu_counts(replies, references, tokenizer)
    for n in range(1, metrics.MOST_GRAMS + 1):
        table.add(f"bleu_{n}", counts, partial(metrics.bleu_of, n=n))
    table.put("chrf", metrics.chrf(replies, references))
    corpus = metrics.nltk_corpus_bleu_smoothing3(replies, references, tokenizer)
    table.put("bleu_nltk_corpus_smoothing3", corpus)
    mean = metrics.nltk_mean_sentence_bleu_smoothing7(replies, references, tokenizer)
    table.put("bleu_nltk_sentence_mean_smoothing7", mean)
    table.share("right", [record.right for record in records])


def _add_variety(
    table: _Table, records: Sequence[Record], tokenizer: Tokenizer
) -> None:
    said = [record.answer.text for record in records if record.answer.text]
    cut = [metrics.tokens(text, tokenizer) for text in said]
    for n in (1, 2):
        table.put(f"distinct_{n}", metrics.distinct(cut, n))
        table.put(f"repetition_{n}", metrics.repetition(cut, n))
    table.put("most_frequent_reply", metrics.most_frequent_share(said))
    table.mean("length", [len(text) for text in said])
    table.mean("reference_length", [len(r.case.references[0]) for r in records])


def _add_likelihood(table: _Table, records: Sequence[Record]) -> None:
    each = list(_likelihoods(records))
    sayable = [found for found in each if found is not None]
    table.share("unsayable_references", [found is None for found in each])
    columns = [[found.log_prob, found.tokens, found.characters] for found in sayable]
    if columns:
        table.add(
            "perplexity_token", columns, lambda s: perplexity.perplexity(s[0], s[1])
        )
        table.add(
            "perplexity_character", columns, lambda s: perplexity.perplexity(s[0], s[2])
        )


def _likelihoods(records: Sequence[Record]) -> Iterator[Likelihood | None]:
    for record in records:
        if record.log_probs:
            text = record.case.references[0]
            yield perplexity.likelihood(text, record.log_probs)


def _add_ranking(table: _Table, records: Sequence[Record]) -> None:
    for size in CANDIDATE_SETS:
        ranks = [record.ranks[size] for record in records if size in record.ranks]
        for k in HITS_AT:
            table.share(f"hits_{k}_of_{size}", [rank <= k for rank in ranks])
        table.mean(f"mrr_of_{size}", [1 / rank for rank in ranks])


def _add_confidence(
    table: _Table, records: Sequence[Record], answerable: Sequence[Record]
) -> None:
    table.share("sure", [record.answer.sure for record in answerable])
    table.share("right_when_sure", [r.right for r in records if r.answer.sure])
    wrong = [record for record in records if not record.case.references]
    table.share("unanswerable_said", [record.answer.sure for record in wrong])
    confidences = [record.answer.confidence for record in records]
    right = [record.right for record in records]
    squares = [(c - r) ** 2 for c, r in zip(confidences, right, strict=True)]
    table.mean("brier", squares)
    bins = calibration.reliability(confidences, right)
    error = calibration.expected_calibration_error(bins)
    table.put("calibration_error", error)
    curve = calibration.coverage_curve(confidences, right)
    table.put("risk_coverage", calibration.area_under_risk_coverage(curve))
