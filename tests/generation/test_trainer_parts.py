import math
import os
import signal

import numpy as np
import pytest
import tensorflow as tf

from framework_plugin.errors import SettingsError
from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.generation.training.averaging import RunningAverage
from framework_plugin.generation.training.interrupts import Interrupts
from framework_plugin.generation.training.optimizer import AdamW
from framework_plugin.generation.training.progress import TerminalProgress
from framework_plugin.generation.training.results import EpochResult
from framework_plugin.generation.training.schedule import Schedule, step_size

pytestmark = pytest.mark.slow  # TensorFlow takes its time to be imported.


def sizes(schedule: Schedule, warmup: float = 0.1, total: int = 100) -> list[float]:
    return [
        step_size(i, total, largest=2.0, warmup=warmup, schedule=schedule)
        for i in range(total)
    ]


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_the_step_size_rises_to_its_largest_and_never_rises_again(
    schedule: Schedule,
) -> None:
    made = sizes(schedule)
    assert made[0] == pytest.approx(0.2)
    assert made[9] == made[10] == max(made) == 2.0
    assert made[:10] == sorted(made[:10])
    assert made[10:] == sorted(made[10:], reverse=True)
    assert min(made) > 0


def test_the_step_size_falls_as_its_schedule_says() -> None:
    assert sizes("linear", warmup=0.0)[25] == pytest.approx(1.5)
    assert sizes("cosine", warmup=0.0)[25] == pytest.approx(1.0 + math.cos(math.pi / 4))
    assert sizes("constant", warmup=0.0) == [2.0] * 100
    for schedule in ("linear", "cosine"):
        beyond = step_size(150, 100, largest=2.0, warmup=0.1, schedule=schedule)
        assert beyond == pytest.approx(0.0)


def test_one_step_in_all_is_a_step_of_the_largest_size() -> None:
    for warmup in (0.0, 0.9):
        size = step_size(0, 1, largest=2.0, warmup=warmup, schedule="cosine")
        assert size == 2.0


def test_the_optimiser_steps_as_keras_adamw_does() -> None:
    rng = np.random.default_rng(3)
    start = [rng.normal(size=shape) for shape in ((6, 5), (5,))]
    own = [tf.Variable(value, dtype=tf.float32) for value in start]
    other = [tf.Variable(value, dtype=tf.float32) for value in start]
    optimizer = AdamW(own, weight_decay=0.1, clip_norm=1.0)
    keras = tf.keras.optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=1.0)
    keras.exclude_from_weight_decay([other[1]])
    keras.build(other)
    for step in range(30):
        gradients = [
            tf.constant(rng.normal(size=v.shape), tf.float32) * step for v in own
        ]
        optimizer.apply(gradients, tf.constant(0.01), tf.constant(step))
        keras.apply_gradients(zip(gradients, other, strict=True))
    for one, two in zip(own, other, strict=True):
        assert one.numpy() == pytest.approx(two.numpy(), rel=1e-4, abs=1e-6)


def test_only_matrices_decay() -> None:
    variables = [tf.Variable(tf.ones((2, 2))), tf.Variable(tf.ones(2))]
    optimizer = AdamW(variables, weight_decay=0.5, clip_norm=1.0)
    zeros = [tf.zeros_like(v) for v in variables]
    optimizer.apply(zeros, tf.constant(0.1), tf.constant(0))
    assert variables[0].numpy() == pytest.approx(0.95)
    assert variables[1].numpy() == pytest.approx(1.0)


def test_the_average_follows_soon_at_first_and_slowly_later() -> None:
    weights = tf.Variable([0.0])
    average = RunningAverage([weights], decay=0.9)
    expected = 0.0
    for step in range(200):
        weights.assign([float(step)])
        average.update(tf.constant(step))
        keep = min(0.9, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * step
    assert average.averages[0].numpy() == pytest.approx([expected], rel=1e-5)
    # A decay of 0.9 looks back about nine steps.
    assert 185 < expected < 195


def test_the_average_is_in_place_only_for_a_while() -> None:
    weights = tf.Variable([1.0 / 3])
    average = RunningAverage([weights], decay=0.5)
    weights.assign([2.0 / 3])
    own = weights.numpy().copy()
    with average.applied():
        assert weights.numpy() == pytest.approx([1.0 / 3])
    assert (weights.numpy() == own).all()


def test_without_averaging_the_weights_are_their_own_average() -> None:
    weights = tf.Variable([5.0])
    average = RunningAverage([weights], decay=0.0)
    average.update(tf.constant(3))
    with average.applied():
        assert weights.numpy() == [5.0]
    assert not average.averages


def test_the_first_ctrl_c_is_noted_and_the_handler_given_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts() as interrupts:
        assert not interrupts.wanted
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.wanted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_bar_shows_loss_speed_and_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = TerminalProgress()
    progress.epoch_started(2, 5, 10, 4)
    for _ in range(6):
        progress.step_done(1.234, 5678.0)
    progress.epoch_done(EpochResult(2, 1.0, math.log(8), 3.0, best=True))
    progress.stage("exporting")
    shown = capsys.readouterr().err
    assert "epoch 2/5" in shown
    assert "20/50" in shown
    assert "loss=1.23, tokens/s=5,678" in shown
    assert "<" in shown
    assert "development perplexity 8.00 *" in shown
    assert "exporting …" in shown


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"workers": 0},
        {"kept_checkpoints": 0},
        {"checkpoint_every": -1},
        {"warmup": 0.95},
        {"average_decay": 1.0},
        {"workers": 5, "batch_size": 4},
    ],
)
def test_impossible_settings_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(values))):
        TrainingSettings(**values)
