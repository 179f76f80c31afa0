"""The way of training: from examples to an artefact that can be served."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framework_plugin.corpus.codec import (
    UtteranceCodec,
    context_of,
    message_of,
)
from framework_plugin.corpus.examples import Example, spread
from framework_plugin.corpus.user_context import SAYABLE_KINDS
from framework_plugin.generation import artefact
from framework_plugin.generation.encoding import (
    codec_of,
)
from framework_plugin.generation.serving.calibration import (
    agreement,
    calibrate,
)
from framework_plugin.generation.serving.experience import Exchange
from framework_plugin.generation.serving.shortlist import Neighbours
from framework_plugin.generation.settings import (
    GeneratorSettings,
)
from framework_plugin.generation.training.beginning import (
    beginning_of,
)
from framework_plugin.generation.training.fitting import (
    Fit,
    fit_backward,
    fit_network,
)
from framework_plugin.generation.training.results import Progress
from framework_plugin.generation.training.sources import ExampleSource
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.network.seq2seq import Seq2Seq

Metrics = artefact.Metrics
_MOST_TRIED = 20_000
_MOST_MEASURED = 5_000
_MOST_RECALLED = 200_000


def train_generator(
    learned: ExampleSource,
    held_out: ExampleSource,
    unanswerable: Sequence[str],
    settings: GeneratorSettings,
    folder: Path,
    progress: Progress,
    base: Path | None = None,
) -> Metrics:
    """Trains a generator and writes its artefact.

    Interrupted and called again with the same arguments, it goes on from the last
    checkpoint.

    Args:
        learned: Examples to learn from.
        held_out: Examples that are never learned from.
        unanswerable: Messages that no generated reply would suit.
        settings: Network, training, and how replies are searched for when the
            confidence is calibrated.
        folder: Where the artefact goes; checkpoints lie in it until it is whole.
        progress: See `results.Progress`.
        base: A trained generator to go on from, which is only read; None for what
            `base_generator` says.

    Returns:
        The figures of merit, also written to the artefact.

    Raises:
        ArtefactError: If the generator to go on from is damaged.
        CorpusError: If there is too little to learn from.
        KeyboardInterrupt: If Ctrl-C came before an epoch was over.
        TrainingError: See `Trainer.train`.
    """
    started = time.perf_counter()
    codec = codec_of(settings.network)
    beginning = beginning_of(settings, base)
    vocabulary = beginning.vocabulary(learned)
    tried = spread(list(islice(held_out.plain(), _MOST_TRIED)), _MOST_MEASURED)
    fit = fit_network(learned, tried, vocabulary, settings, folder, progress, beginning)
    progress.stage("exporting the network")
    metrics = _figures(fit, vocabulary, tried)
    metrics |= beginning.keep(fit.network, folder)
    exchanges = _exchanges(islice(learned.plain(), _MOST_RECALLED))
    metrics["exchanges"] = len(exchanges)
    _write(folder, fit.network, vocabulary, exchanges, settings)
    backward = fit_backward(learned, tried, settings, folder, progress)
    if backward:
        metrics["backward_perplexity"] = float(np.exp(backward.loss))
        metrics["interrupted"] |= backward.outcome.interrupted
    progress.stage("comparing precisions")
    metrics["int8_agreement"] = agreement(folder, spread(tried, 300), codec)
    progress.stage("calibrating the confidence")
    asked = [*tried, *islice(held_out.amid_talk(), _MOST_TRIED)]
    metrics |= calibrate(folder, asked, unanswerable, codec, settings.decoding)
    metrics["seconds"] = time.perf_counter() - started
    artefact.write_json(folder / artefact.METRICS, metrics)
    if not metrics["interrupted"]:
        for done in (folder, folder / artefact.BACKWARD):
            shutil.rmtree(done / artefact.WORK, ignore_errors=True)
    return metrics


def _figures(fit: Fit, vocabulary: Vocabulary, tried: Sequence[Example]) -> Metrics:
    """What training says of a network."""
    messages = (example.turns[-1][1] for example in tried)
    return {
        "vocabulary": len(vocabulary),
        "out_of_vocabulary_rate": vocabulary.out_of_vocabulary_rate(messages),
        "parameters": int(fit.network.count_params()),
        "epochs": [vars(result) for result in fit.outcome.epochs],
        "interrupted": fit.outcome.interrupted,
        "development_perplexity": float(np.exp(fit.loss)),
    }


def _write(
    folder: Path,
    network: Seq2Seq,
    vocabulary: Vocabulary,
    exchanges: Sequence[Exchange],
    settings: GeneratorSettings,
) -> None:
    """Writes all of an artefact that needs no further trying out."""
    # Only here, so that serving never waits for TensorFlow.
    from framework_plugin.generation.network.export import export_network

    vocabulary.save(folder / artefact.VOCABULARY)
    artefact.write_settings(folder, settings.network)
    artefact.write_training(folder, settings.training)
    artefact.write_experience(folder, exchanges)
    codec = codec_of(settings.network)
    _count_neighbours(exchanges, vocabulary, codec).save(folder)
    export_network(network, vocabulary, folder)


def _exchanges(examples: Iterable[Example]) -> list[Exchange]:
    exchanges = (
        Exchange(
            context_of(e.turns),
            message_of(e.turns),
            reply,
            tuple(kind for kind in SAYABLE_KINDS if kind in e.known),
            tuple(kind for kind in SAYABLE_KINDS if kind in e.unknown),
        )
        for e in examples
        for reply in e.references
    )
    return list(dict.fromkeys(exchanges))


def _count_neighbours(
    exchanges: Iterable[Exchange], vocabulary: Vocabulary, codec: UtteranceCodec
) -> Neighbours:
    """Which words replies have where a message has some word, for shortlists."""
    pairs = (
        (
            vocabulary.encode(codec.read(exchange.message)),
            vocabulary.encode(codec.write(exchange.reply)),
        )
        for exchange in exchanges
    )
    return Neighbours.count(pairs, len(vocabulary), vocabulary.written)
