"""The trainer with the network that it is for."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from framework_plugin.generation.encoding import input_names
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.generation.training.batches import Encoded, make_batches
from framework_plugin.generation.training.checkpoints import signature_of
from framework_plugin.generation.training.results import Outcome
from framework_plugin.generation.training.store import ExampleStore
from framework_plugin.generation.training.trainer import Trainer
from framework_plugin.text.vocabulary import SPECIALS, Vocabulary
from tests.generation.tiny_training import Watching

pytestmark = pytest.mark.slow

VOCABULARY = Vocabulary([*SPECIALS, *"春夏秋冬梅兰竹菊山水云雨"])
NETWORK = NetworkSettings(
    embedding_size=12,
    encoder_units=8,
    decoder_units=16,
    encoder_layers=1,
    decoder_layers=1,
    source_units="words",
    memory=True,
    copy=True,
)
TRAINING = TrainingSettings(
    epochs=3,
    batch_size=4,
    learning_rate=0.02,
    recurrent_dropout=0.2,
    word_dropout=0.2,
    checkpoint_every=2,
    training_precision="fp32",
)


def examples(count: int, seed: int) -> list[Encoded]:
    """Ids of ordinary tokens in all that is read; replies repeat what was read."""
    rng = np.random.default_rng(seed)
    made: list[Encoded] = []
    for _ in range(count):
        read = rng.integers(4, len(VOCABULARY), rng.integers(2, 7)).tolist()
        said = read[: rng.integers(1, 4)]
        replies = {"reply_in": [2, *said], "reply_out": [*said, 3]}
        made.append({name: replies.get(name, read) for name in input_names(NETWORK)})
    return made


def train(folder: Path, progress: Watching) -> tuple[Outcome, Seq2Seq]:
    network = build_network(NETWORK, TRAINING, VOCABULARY)
    signature = signature_of(VOCABULARY, NETWORK, TRAINING)
    trainer = Trainer(network, TRAINING, folder, signature=signature)
    development = make_batches(examples(12, seed=99), 4)
    outcome = trainer.train(
        lambda epoch: ExampleStore.of(examples(34, seed=epoch)), development, progress
    )
    return outcome, network


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_interrupted_and_resumed_the_network_ends_the_same(tmp_path: Path) -> None:
    whole, expected = train(tmp_path / "whole", Watching())
    first, _ = train(tmp_path / "parts", Watching(14, interrupt))
    rest = Watching()
    second, network = train(tmp_path / "parts", rest)

    assert first.interrupted
    assert len(whole.epochs) == 3
    assert 0 < len(rest.losses) < 27
    assert [r.development_loss for r in second.epochs] == pytest.approx(
        [r.development_loss for r in whole.epochs], rel=1e-5
    )
    for own, other in zip(network.weights, expected.weights, strict=True):
        assert own.numpy() == pytest.approx(other.numpy(), rel=1e-4, abs=1e-6)


def test_the_losses_and_gradients_of_all_shares_add_up_to_those_of_the_batch() -> None:
    network = build_network(NETWORK, TRAINING, VOCABULARY)
    (batch,) = make_batches(examples(3, seed=1), 3)
    # A fourth worker has nothing to learn.
    shares = [batch.shard(rank, 4) for rank in range(4)]
    variables = network.trainable_variables

    def measured(arrays: dict[str, np.ndarray]) -> tuple[list[float], list[np.ndarray]]:
        inputs = {name: tf.constant(array) for name, array in arrays.items()}
        with tf.GradientTape() as tape:
            losses = network.losses(inputs, training=False)
        gradients = tape.gradient(
            losses.total, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return [float(x) for x in losses], [
            tf.convert_to_tensor(g).numpy() for g in gradients
        ]

    whole, parts = (
        measured(dict(batch.arrays)),
        [measured(dict(share.arrays)) for share in shares],
    )
    assert parts[3][0] == [0.0, 0.0, 0.0]
    assert np.sum([p[0] for p in parts], axis=0) == pytest.approx(whole[0], rel=1e-4)
    for index, gradient in enumerate(whole[1]):
        summed = sum(p[1][index] for p in parts)
        assert summed == pytest.approx(gradient, rel=1e-3, abs=1e-5)
