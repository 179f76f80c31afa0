"""The way of training: from examples to an artefact that can be served."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framework_plugin.corpus.codec import (
    UtteranceCodec,
    context_of,
    message_of,
)
from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.generation import artefact
from framework_plugin.generation.encoding import (
    EncodedExample,
    codec_of,
    encode_example,
    input_names,
)
from framework_plugin.generation.serving.calibration import (
    agreement,
    patient,
    try_out,
    unanswerable_examples,
)
from framework_plugin.generation.serving.candidates import CandidateFinder
from framework_plugin.generation.serving.confidence import ConfidenceModel, Trial
from framework_plugin.generation.serving.experience import Exchange
from framework_plugin.generation.serving.runtime import ENCODER, SCORE
from framework_plugin.generation.serving.shortlist import Neighbours
from framework_plugin.generation.settings import (
    DecodingSettings,
    GeneratorSettings,
    NetworkSettings,
)
from framework_plugin.generation.training.backward import (
    BackwardExamples,
    backward_settings,
)
from framework_plugin.generation.training.batches import make_batches
from framework_plugin.generation.training.beginning import (
    Anew,
    Beginning,
    beginning_of,
)
from framework_plugin.generation.training.checkpoints import signature_of
from framework_plugin.generation.training.results import Outcome, Progress
from framework_plugin.generation.training.samples import SampleReplies
from framework_plugin.generation.training.sources import ExampleSource
from framework_plugin.generation.training.store import ExampleStore
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.network.seq2seq import Seq2Seq

Metrics = artefact.Metrics
_MOST_TRIED = 20_000
_MOST_MEASURED = 5_000
_MOST_RECALLED = 200_000
_SHOWN = 8
"""Sample replies on TensorBoard."""


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
    # Only here, so that serving never waits for TensorFlow.
    from framework_plugin.generation.network.export import export_network

    started = time.perf_counter()
    codec = codec_of(settings.network)
    beginning = beginning_of(settings, base)
    vocabulary = beginning.vocabulary(learned)
    tried = _some(list(islice(held_out.plain(), _MOST_TRIED)), _MOST_MEASURED)
    fit = fit_network(learned, tried, vocabulary, settings, folder, progress, beginning)
    progress.stage("exporting the network")
    exchanges = _exchanges(islice(learned.plain(), _MOST_RECALLED))
    begun = beginning.keep(fit.network, folder)
    vocabulary.save(folder / artefact.VOCABULARY)
    artefact.write_settings(folder, settings.network)
    artefact.write_training(folder, settings.training)
    artefact.write_experience(folder, exchanges)
    _count_neighbours(exchanges, vocabulary, codec).save(folder)
    export_network(fit.network, vocabulary, folder)
    backward = _fit_backward(learned, tried, settings, folder, progress)
    interrupted = any(f.outcome.interrupted for f in (fit, backward) if f)
    progress.stage("comparing precisions")
    metrics: Metrics = {
        "exchanges": len(exchanges),
        "vocabulary": len(vocabulary),
        "out_of_vocabulary_rate": vocabulary.out_of_vocabulary_rate(
            e.turns[-1][1] for e in tried
        ),
        "parameters": int(fit.network.count_params()),
        "epochs": [vars(result) for result in fit.outcome.epochs],
        "interrupted": interrupted,
        "development_perplexity": float(np.exp(fit.loss)),
        **begun,
        **({"backward_perplexity": float(np.exp(backward.loss))} if backward else {}),
        "int8_agreement": agreement(folder, _some(tried, 300), codec),
    }
    progress.stage("calibrating the confidence")
    metrics |= _calibrate(
        folder,
        _some([*tried, *islice(held_out.amid_talk(), _MOST_TRIED)], 800),
        unanswerable_examples(unanswerable, codec),
        codec,
        settings.decoding,
    )
    metrics["seconds"] = time.perf_counter() - started
    artefact.write_json(folder / artefact.METRICS, metrics)
    if not interrupted:
        for done in (folder, folder / artefact.BACKWARD):
            shutil.rmtree(done / artefact.WORK, ignore_errors=True)
    return metrics


@dataclass(frozen=True)
class Fit:
    """A trained network, how it came about, and its development loss per token."""

    network: Seq2Seq
    outcome: Outcome
    loss: float


def fit_network(
    learned: ExampleSource,
    tried: Sequence[Example],
    vocabulary: Vocabulary,
    settings: GeneratorSettings,
    folder: Path,
    progress: Progress,
    beginning: Beginning | None = None,
) -> Fit:
    """Trains a network; see `train_generator`.

    Args:
        learned: Examples to learn from.
        tried: Examples that tell when to stop.
        vocabulary: Of the network.
        settings: Of network and training.
        folder: For checkpoints, and for the examples as ids.
        progress: See `results.Progress`.
        beginning: How it begins; `beginning.Anew` if left out.

    Raises:
        KeyboardInterrupt: If Ctrl-C came before an epoch was over.
        TrainingError: See `Trainer.train`.
    """
    from framework_plugin.generation.network.seq2seq import build_network
    from framework_plugin.generation.training.distribution import Distribution
    from framework_plugin.generation.training.trainer import Trainer

    beginning = beginning or Anew(settings)
    training, work = beginning.training, folder / artefact.WORK
    distribution = Distribution.of(training.workers)
    network = build_network(settings.network, training, vocabulary)
    signature = signature_of(vocabulary, settings.network, training)
    trainer = Trainer(
        beginning.prepare(
            network, vocabulary, work, distribution=distribution, progress=progress
        ),
        training,
        work / "checkpoints",
        signature={**signature, **beginning.signature},
        distribution=distribution,
        samples=SampleReplies(network, vocabulary, _some(tried, _SHOWN)),
    )
    encode = _encoder(vocabulary, settings.network)
    batches = make_batches(list(map(encode, tried)), training.batch_size)

    def data_of(epoch: int) -> ExampleStore:
        # What does not vary is written once.
        path = work / ("varied" if learned.varies else "examples")
        if epoch == 1 or learned.varies or not path.exists():
            return ExampleStore.write(path, map(encode, learned.epoch(epoch)))
        return ExampleStore.open(path)

    outcome = trainer.train(data_of, batches, progress)
    if outcome.best is None:
        raise KeyboardInterrupt
    return Fit(network, outcome, trainer.loss(batches))


def _fit_backward(
    learned: ExampleSource,
    tried: Sequence[Example],
    settings: GeneratorSettings,
    folder: Path,
    progress: Progress,
) -> Fit | None:
    """Trains the network that guesses messages, if one is wanted, and writes it.

    Raises:
        KeyboardInterrupt: If Ctrl-C came before an epoch was over.
    """
    if not settings.training.backward_network:
        return None
    from framework_plugin.generation.network.export import export_network

    progress.stage("learning to guess the message from the reply")
    examples = BackwardExamples(learned, settings.network.max_turn_tokens)
    folder, settings = folder / artefact.BACKWARD, backward_settings(settings)
    vocabulary = Anew(settings).vocabulary(examples)
    turned = list(examples.turned(tried))
    fit = fit_network(examples, turned, vocabulary, settings, folder, progress)
    artefact.write_weights(folder, fit.network.get_weights())
    vocabulary.save(folder / artefact.VOCABULARY)
    artefact.write_settings(folder, settings.network)
    export_network(fit.network, vocabulary, folder, (ENCODER, SCORE))
    return fit


def _encoder(
    vocabulary: Vocabulary, settings: NetworkSettings
) -> Callable[[Example], EncodedExample]:
    names, most = input_names(settings), settings.max_turn_tokens
    return lambda example: encode_example(example, vocabulary, names, most)


def _exchanges(examples: Iterable[Example]) -> list[Exchange]:
    exchanges = (
        Exchange(
            context_of(e.turns),
            message_of(e.turns),
            reply,
            tuple(kind for kind in FactKind if kind in e.known),
            tuple(kind for kind in FactKind if kind in e.unknown),
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


def _calibrate(
    folder: Path,
    held_out: Sequence[Example],
    unanswerable: Sequence[Example],
    codec: UtteranceCodec,
    decoding: DecodingSettings,
) -> Metrics:
    """Fits the confidence, and says how well the generator does on held-out data."""
    finder = CandidateFinder(folder, "fp32", codec, patient(decoding))
    trials = try_out(finder, held_out)
    wrong = try_out(finder, unanswerable)
    model = ConfidenceModel.fit([*trials, *wrong], decoding.wanted_precision)
    model.save(folder / artefact.CONFIDENCE)

    def sure(trial: Trial) -> bool:
        return model.judge(trial.evidence).probability >= model.threshold

    def right(trial: Trial) -> bool:
        return trial.right[model.judge(trial.evidence).index]

    said = [t for t in trials if sure(t)]
    return {
        "searched_right": _share(trials, lambda t: t.right[0]),
        "candidate_right": _share(trials, lambda t: any(t.right)),
        "right": _share(trials, right),
        "sure": _share(trials, sure),
        "right_when_sure": _share(said, right),
        "unanswerable_said": _share(wrong, sure),
        "threshold": model.threshold,
    }


def _some(examples: Sequence[Example], count: int) -> list[Example]:
    """At most so many examples, spread evenly over all."""
    return list(examples)[:: max(1, len(examples) // count)][:count]


def _share(trials: Sequence[Trial], holds: Callable[[Trial], bool]) -> float:
    return sum(map(holds, trials)) / max(len(trials), 1)
