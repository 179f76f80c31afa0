"""Low-rank pairs beside the matrices of a network that stays as it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from framework_plugin.errors import ArtefactError
from framework_plugin.generation.encoding import encode_texts
from framework_plugin.generation.network.adapters import Adapters, LowRankPair
from framework_plugin.generation.network.export import export_network
from framework_plugin.generation.network.products import Linear
from framework_plugin.generation.network.recurrent import RecurrentLayer
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.runtime import OnnxRuntime, ban
from framework_plugin.generation.settings import NetworkSettings
from framework_plugin.generation.training.batches import Batch
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.learner import Learner
from framework_plugin.text.vocabulary import END_ID
from tests.generation.test_network import (
    BASE,
    EXAMPLES,
    KINDS,
    TRAINING,
    VOCABULARY,
    batch,
    trained,
)

pytestmark = pytest.mark.slow

RANK, ALPHA = 3, 6.0
CHOSEN = ("memory and copy", "transformer with all")


@pytest.fixture(params=CHOSEN, scope="module")
def settings(request: pytest.FixtureRequest) -> NetworkSettings:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def base(settings: NetworkSettings) -> list[np.ndarray]:
    return trained(settings, 4)[0].get_weights()


@pytest.fixture
def network(settings: NetworkSettings, base: list[np.ndarray]) -> Seq2Seq:
    network = build_network(settings, TRAINING, VOCABULARY)
    network.set_weights(base)
    return network


def loss_of(network: Seq2Seq | Adapters, settings: NetworkSettings) -> float:
    losses = network.losses(dict(batch(settings)), training=False)
    return float(losses.nll / losses.tokens)


def learn(adapters: Adapters, settings: NetworkSettings, steps: int) -> None:
    arrays = batch(settings)
    training = replace(TRAINING, weight_decay=0.1)
    learner = Learner(adapters, training, Distribution(), arrays)
    for step in range(steps):
        learner.learn(Batch(arrays), step, 0.03)


def test_a_pair_adds_its_scaled_product() -> None:
    pair = LowRankPair((4, 5), rank=2, alpha=6.0, seed=(1, 2))
    weights = tf.ones((4, 5))
    assert np.array_equal(pair.beside(weights), weights)
    pair.up.assign(np.arange(10.0).reshape(2, 5))
    expected = 1.0 + 3.0 * pair.down.numpy() @ pair.up.numpy()
    assert np.allclose(pair.beside(weights), expected, atol=1e-5)


def test_an_adapted_network_begins_as_its_base(
    network: Seq2Seq, settings: NetworkSettings
) -> None:
    before = loss_of(network, settings)
    adapters = Adapters(network, RANK, ALPHA)
    assert loss_of(adapters, settings) == pytest.approx(before, rel=1e-6)


def test_it_learns_and_its_base_stays_bit_for_bit(
    network: Seq2Seq, base: list[np.ndarray], settings: NetworkSettings
) -> None:
    before = loss_of(network, settings)
    adapters = Adapters(network, RANK, ALPHA)
    learn(adapters, settings, 40)
    assert loss_of(adapters, settings) < 0.7 * before
    for own, then in zip(network.weights, base, strict=True):
        if "step" not in own.name:
            assert np.array_equal(own.numpy(), then), own.name


def test_there_are_rank_times_inputs_and_outputs_numbers_for_each_matrix(
    network: Seq2Seq,
) -> None:
    expected = 0
    for layer in network.submodules:
        if isinstance(layer, Linear | RecurrentLayer):
            expected += RANK * sum(layer.kernel.shape)
        if isinstance(layer, RecurrentLayer):
            expected += RANK * sum(layer.recurrent.shape)
    adapters = Adapters(network, RANK, ALPHA)
    assert sum(array.size for array in adapters.arrays()) == expected
    assert len(adapters.trainable_variables) == len(adapters.variables)


def test_merged_and_served_it_scores_as_beside_its_base(
    network: Seq2Seq, settings: NetworkSettings, tmp_path: Path
) -> None:
    adapters = Adapters(network, RANK, ALPHA)
    learn(adapters, settings, 10)
    rows = [{n: a[i : i + 1] for n, a in batch(settings).items()} for i in range(3)]
    beside = [float(adapters.losses(row, training=False).nll) for row in rows]
    untouched = [w.copy() for w in network.get_weights()]

    adapters.merge()
    merged = network.get_weights()
    assert any(not np.array_equal(m, u) for m, u in zip(merged, untouched, strict=True))
    export_network(network, VOCABULARY, tmp_path)
    runtime = OnnxRuntime(tmp_path, "fp32")
    for row, example, wanted in zip(rows, EXAMPLES, beside, strict=True):
        texts = encode_texts(example.source, example.memory, VOCABULARY)
        stepper = runtime.read(texts, ban((), VOCABULARY.written))
        reply = [t for t in row["reply_out"][0] if t not in (0, END_ID)]
        (found,) = stepper.score([reply])
        assert -sum(found) == pytest.approx(wanted, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda arrays: arrays[:-1], "matrices"),
        (lambda arrays: [np.zeros((2, 2)), *arrays[1:]], "shape"),
    ],
    ids=["too few", "of another shape"],
)
def test_pairs_of_another_network_are_refused(
    change: Callable[[list[np.ndarray]], list[np.ndarray]], named: str
) -> None:
    adapters = Adapters(build_network(BASE, TRAINING, VOCABULARY), RANK, ALPHA)
    with pytest.raises(ArtefactError, match=named):
        adapters.assign(change(adapters.arrays()))
