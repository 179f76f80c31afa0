from __future__ import annotations

import hashlib
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.generation import artefact as artefacts
from framework_plugin.generation.compression.place import RECORD
from framework_plugin.generation.compression.pruning import (
    PrunedNetwork,
    PruningSettings,
    matrices,
    prune,
    pruning_place,
)
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.training.trainer import Trainer
from tests.generation.compression.conftest import SPARSITY
from tests.generation.tiny_training import (
    DEVELOPMENT,
    SETTINGS,
    TinyNetwork,
    data_of,
)
from tests.small_generator import Silent

BATCH = {name: tf.constant(ids) for name, ids in DEVELOPMENT[0].arrays.items()}


def zeros(network: TinyNetwork) -> list[float]:
    return [float(tf.math.zero_fraction(v).numpy()) for v in matrices(network)]


def test_the_share_of_zeros_rises_along_a_cubic_to_what_was_asked_for() -> None:
    network = TinyNetwork(0.0)
    pruned = PrunedNetwork(network)
    steps, seen = 41, []
    pruned.climb(0.75, steps)
    for step in range(steps):
        network.random.step.assign(step)
        pruned.losses(BATCH, training=True)
        seen.append(zeros(network)[0])
    wanted = [0.75 * (1 - (1 - step / 40) ** 3) for step in range(0, steps, 2)]
    assert seen[::2] == pytest.approx(wanted, abs=1 / 96)
    assert seen[1::2] == seen[:-1:2]
    assert zeros(network) == pytest.approx([0.75, 0.75], abs=1 / 96)


@pytest.mark.parametrize("steps", [1, 2, 3, 21, 22, 100])
def test_all_zeros_are_in_place_after_the_last_step(steps) -> None:
    network = TinyNetwork(0.0)
    pruned = PrunedNetwork(network)
    pruned.climb(0.5, steps)
    for step in range(steps):
        network.random.step.assign(step)
        pruned.losses(BATCH, training=True)
    # A single step is the first of a climb; the masks that are held come after it.
    assert zeros(network) == pytest.approx([0.5 if steps > 1 else 0.0] * 2, abs=0.02)
    pruned.hold(0.5)
    assert zeros(network) == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_smallest_weights_go_and_vectors_stay() -> None:
    network = TinyNetwork(0.0)
    network.bias.assign(tf.fill(network.bias.shape, 1e-6))
    before = [v.numpy() for v in matrices(network)]
    PrunedNetwork(network).hold(0.5)
    for old, new in zip(before, matrices(network), strict=True):
        gone = new.numpy() == 0.0
        assert abs(old[gone]).max() <= abs(old[~gone]).min()
        assert (new.numpy()[~gone] == old[~gone]).all()
    assert (network.bias.numpy() > 0).all()


def test_masked_weights_stay_zero_through_training_and_the_others_learn(
    tmp_path: Path,
) -> None:
    network = TinyNetwork(0.0)
    pruned = PrunedNetwork(network)
    pruned.hold(0.5)
    before = [v.numpy() for v in matrices(network)]
    trainer = Trainer(pruned, SETTINGS, tmp_path, signature={})
    outcome = trainer.train(data_of, DEVELOPMENT, Silent())
    assert outcome.epochs[-1].development_loss < outcome.epochs[0].development_loss
    for old, new in zip(before, matrices(network), strict=True):
        assert (new.numpy()[old == 0] == 0).all()
        assert (new.numpy()[old != 0] != old[old != 0]).any()


@pytest.mark.parametrize("sparsity", [0.0, 1.0, -0.5])
def test_a_share_that_cannot_be_is_refused(sparsity) -> None:
    with pytest.raises(SettingsError, match="sparsity"):
        PruningSettings(sparsity)


@pytest.mark.slow
def test_each_matrix_has_its_zeros_and_the_generator_still_answers(
    pruned, original
) -> None:
    record = artefacts.read_json(pruned.folder / RECORD)
    assert record["sparsity"].values()
    assert list(record["sparsity"].values()) == pytest.approx(
        [SPARSITY] * len(record["sparsity"]), abs=0.01
    )
    weights = artefacts.read_weights(pruned.folder)
    for old, new in zip(artefacts.read_weights(original.folder), weights, strict=True):
        assert old.shape == new.shape
        if new.ndim > 1:
            assert np.mean(new == 0) == pytest.approx(SPARSITY, abs=0.01)
    generator = ResponseGenerator(pruned.folder)
    said = generator.reply(
        Dialogue((Turn(Speaker.USER, "今天好累"),)), UserContext(user_id="")
    )
    assert said.text == "辛苦了，早点休息。"


@pytest.mark.slow
def test_finished_work_is_known_again_and_other_work_never_written_over(
    pruned, original, material
) -> None:
    assert pruned.is_done()
    assert not pruned.work.exists()
    other = pruning_place(pruned.output, original, material, PruningSettings(0.5))
    before = digests(pruned.folder)
    with pytest.raises(ArtefactError, match="Nothing is written over"):
        other.is_done()
    assert digests(pruned.folder) == before


class Interrupting(Silent):
    """Presses Ctrl-C in an epoch of a stage."""

    def __init__(self, stage: str, epoch: int) -> None:
        super().__init__()
        self._at = (stage, epoch)
        self._now = ""

    def stage(self, name: str) -> None:
        self._now = name

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        if self._now.startswith(self._at[0]) and epoch == self._at[1]:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.slow
def test_stopped_in_any_stage_it_goes_on_and_ends_as_if_nothing_had_been(
    pruned, original, material, tmp_path
) -> None:
    settings = PruningSettings(SPARSITY, climb_epochs=10, recovery_epochs=10)
    place = pruning_place(tmp_path, original, material, settings)
    before = digests(original.folder)
    for stage, epoch in (("pruning", 1), ("recovering", 3)):
        with pytest.raises(KeyboardInterrupt):
            prune(original, material, settings, place, Interrupting(stage, epoch))
        assert not place.folder.exists()
    prune(original, material, settings, place, Silent())
    assert digests(original.folder) == before
    for one, other in zip(
        artefacts.read_weights(pruned.folder),
        artefacts.read_weights(place.folder),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["pruned"]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
