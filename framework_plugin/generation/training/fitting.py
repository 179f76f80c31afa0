"""Trains the networks that a generator is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framework_plugin.corpus.examples import Example, spread
from framework_plugin.generation import artefact
from framework_plugin.generation.encoding import (
    EncodedExample,
    encode_example,
    input_names,
)
from framework_plugin.generation.serving.runtime import ENCODER, SCORE
from framework_plugin.generation.settings import GeneratorSettings, NetworkSettings
from framework_plugin.generation.training.backward import (
    BackwardExamples,
    backward_settings,
)
from framework_plugin.generation.training.batches import make_batches
from framework_plugin.generation.training.beginning import Anew, Beginning
from framework_plugin.generation.training.checkpoints import signature_of
from framework_plugin.generation.training.results import Outcome, Progress
from framework_plugin.generation.training.samples import SampleReplies
from framework_plugin.generation.training.sources import ExampleSource
from framework_plugin.generation.training.store import ExampleStore
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.network.seq2seq import Seq2Seq

_SHOWN = 8
"""Sample replies on TensorBoard."""


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
    """Trains a network; see `pipeline.train_generator`.

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
        samples=SampleReplies(network, vocabulary, spread(tried, _SHOWN)),
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


def fit_backward(
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
