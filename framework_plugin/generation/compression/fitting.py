"""Training a smaller network and making a generator of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from framework_plugin.corpus.examples import Example, spread
from framework_plugin.generation import artefact
from framework_plugin.generation.compression.original import (
    Material,
    Original,
    parameters,
)
from framework_plugin.generation.compression.place import Place
from framework_plugin.generation.encoding import EncodedExample
from framework_plugin.generation.network.export import export_network
from framework_plugin.generation.network.seq2seq import Seq2Seq
from framework_plugin.generation.serving.calibration import (
    agreement,
    calibrate,
)
from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.generation.training.batches import Batch, make_batches
from framework_plugin.generation.training.learner import Network
from framework_plugin.generation.training.results import Outcome, Progress
from framework_plugin.generation.training.store import Examples, ExampleStore
from framework_plugin.generation.training.trainer import Trainer

_MOST_COMPARED = 300


def fit(
    network: Network,
    training: TrainingSettings,
    checkpoints: Path,
    data_of: Callable[[int], Examples],
    development: Sequence[Batch],
    progress: Progress,
) -> Outcome:
    """Trains a network; called again after Ctrl-C it goes on where it was.

    Args:
        network: Holds its best weights afterwards.
        training: How.
        checkpoints: A folder that only this very training uses.
        data_of: The examples of each epoch.
        development: Batches that tell when to stop.
        progress: See `results.Progress`.

    Raises:
        KeyboardInterrupt: If Ctrl-C ended it; a checkpoint was saved.
        TrainingError: See `Trainer.train`.
    """
    # The folder's name is a hash of all that the training depends on.
    trainer = Trainer(network, training, checkpoints, signature={})
    outcome = trainer.train(data_of, development, progress)
    if outcome.interrupted or outcome.best is None:
        raise KeyboardInterrupt
    return outcome


def stored(
    path: Path, epochs: Iterable[Iterable[Example]], original: Original
) -> ExampleStore:
    """The examples of some epochs as one, encoded and kept on disk."""
    return ExampleStore.write(path, map(original.encode, chain.from_iterable(epochs)))


def in_batches(
    examples: Iterable[EncodedExample], training: TrainingSettings
) -> list[Batch]:
    """Held-out examples in batches."""
    return make_batches(list(examples), training.batch_size)


def write_generator(
    network: Seq2Seq,
    original: Original,
    material: Material,
    place: Place,
    outcome: Outcome,
    progress: Progress,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Writes a generator that serves like any other; words and exchanges stay.

    Its confidence is calibrated anew: another network is sure of other things.

    Args:
        network: With its trained weights.
        original: What it was made from.
        material: To calibrate with.
        place: Where it goes.
        outcome: Of its training.
        progress: See `results.Progress`.
        figures: More to be noted.

    Raises:
        TrainingError: If it cannot be written.
    """
    progress.stage("exporting the network")
    with place.new() as folder:
        copy_common(original, folder)
        artefact.write_settings(folder, network.settings)
        artefact.write_training(folder, material.training)
        artefact.write_weights(folder, network.get_weights())
        export_network(network, original.vocabulary, folder)
        progress.stage("comparing precisions and calibrating the confidence")
        calibrated = calibrate(
            folder,
            [*material.tried, *material.amid_talk],
            material.unanswerable,
            original.codec,
            material.decoding,
        )
        compared = spread(material.tried, _MOST_COMPARED)
        assert outcome.best is not None
        metrics = {
            "exchanges": len(artefact.read_experience(folder)),
            "vocabulary": len(original.vocabulary),
            "epochs": [vars(result) for result in outcome.epochs],
            "interrupted": False,
            "development_perplexity": outcome.best.perplexity,
            "int8_agreement": agreement(folder, compared, original.codec),
            **calibrated,
            **parameters(network.get_weights()),
        }
        artefact.write_json(folder / artefact.METRICS, metrics)
        place.write_record(
            folder, {**parameters(network.get_weights()), **(figures or {})}
        )


def copy_common(original: Original, folder: Path) -> None:
    """Copies what a smaller network does not change: vocabulary and experience."""
    for path in original.folder.iterdir():
        if path.is_dir() and path.name == artefact.BACKWARD:
            shutil.copytree(path, folder / path.name)
    shutil.copy2(original.folder / artefact.VOCABULARY, folder)
    artefact.write_experience(folder, artefact.read_experience(original.folder))
