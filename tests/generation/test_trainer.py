import logging
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from framework_plugin.errors import ArtefactError, CorpusError, TrainingError
from framework_plugin.generation.training.results import Unseen
from framework_plugin.generation.training.store import ExampleStore
from tests.generation.tiny_training import (
    DEVELOPMENT,
    SETTINGS,
    TinyNetwork,
    Watching,
    data_of,
    examples,
    train,
    trainer,
)

pytestmark = pytest.mark.slow

STEPS_OF_EPOCH = 10  # 37 examples in batches of 4


def weights(network: TinyNetwork) -> np.ndarray:
    return np.concatenate([v.numpy().ravel() for v in network.trainable_variables])


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_training_lowers_the_loss_and_reports_each_epoch(tmp_path: Path) -> None:
    progress = Watching()
    outcome, _ = train(tmp_path, replace(SETTINGS, epochs=8, patience=8), progress)
    losses = [r.development_loss for r in outcome.epochs]
    assert [r.epoch for r in outcome.epochs] == list(range(1, 9))
    assert losses[-1] < losses[0] - 0.2
    assert len(progress.losses) == 8 * STEPS_OF_EPOCH
    assert not outcome.interrupted
    assert not outcome.diverged


def test_the_network_ends_with_the_best_epochs_averaged_weights(
    tmp_path: Path,
) -> None:
    made, _ = trainer(tmp_path, replace(SETTINGS, epochs=6, learning_rate=0.3))
    outcome = made.train(data_of, DEVELOPMENT, Unseen())
    best = min(r.development_loss for r in outcome.epochs)
    assert outcome.best is not None
    assert outcome.best.development_loss == best
    assert made.loss(DEVELOPMENT) == pytest.approx(best, rel=1e-6)


def test_the_loss_is_the_mean_over_tokens_whatever_the_batches(tmp_path: Path) -> None:
    made, network = trainer(tmp_path)
    sums = [network.losses(dict(b.arrays), training=False) for b in DEVELOPMENT]
    nll, tokens = (sum(float(s[i]) for s in sums) for i in (1, 2))
    assert tokens == sum(b.target_tokens for b in DEVELOPMENT)
    assert made.loss(DEVELOPMENT) == pytest.approx(nll / tokens, rel=1e-6)


def test_training_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    settings = replace(
        SETTINGS, epochs=30, patience=2, learning_rate=1.0, schedule="constant"
    )
    outcome, _ = train(tmp_path, settings)
    assert outcome.best is not None
    assert len(outcome.epochs) == outcome.best.epoch + 2 < 30


def test_no_step_is_compiled_again_for_another_length(tmp_path: Path) -> None:
    made, network = trainer(tmp_path)
    traced = []
    own = network.losses

    def counted(inputs: dict, training: bool) -> object:
        traced.append(training)
        return own(inputs, training)

    network.losses = counted
    made.train(data_of, DEVELOPMENT, Unseen())
    assert traced.count(True) == 1
    assert traced.count(False) == 1


@pytest.mark.parametrize("at", [3, STEPS_OF_EPOCH, 17])
def test_interrupted_by_ctrl_c_and_resumed_it_ends_bit_for_bit_the_same(
    tmp_path: Path, at: int
) -> None:
    settings = replace(SETTINGS, checkpoint_every=1)
    whole, expected = train(tmp_path / "whole", settings)
    first, _ = train(tmp_path / "parts", settings, Watching(at, interrupt))
    assert first.interrupted
    assert len(first.epochs) == (at - 1) // STEPS_OF_EPOCH
    rest = Watching()
    second, network = train(tmp_path / "parts", settings, rest)

    assert not second.interrupted
    assert rest.started[0] == (
        (at - 1) // STEPS_OF_EPOCH + 1,
        (at - 1) % STEPS_OF_EPOCH + 1,
    )
    assert [r.development_loss for r in second.epochs] == [
        r.development_loss for r in whole.epochs
    ]
    assert [r.train_loss for r in second.epochs] == [r.train_loss for r in whole.epochs]
    assert (weights(network) == weights(expected)).all()


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from tests.generation.tiny_training import SETTINGS, Watching, train
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
settings = replace(SETTINGS, checkpoint_every=4)
train(Path(sys.argv[1]), settings, Watching(int(sys.argv[2]), kill))
"""


def test_killed_at_a_random_step_and_resumed_it_ends_the_same(tmp_path: Path) -> None:
    settings = replace(SETTINGS, checkpoint_every=4)
    whole, expected = train(tmp_path / "whole", settings)
    step = np.random.default_rng().integers(6, 38)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "parts"), str(step)], check=False
    )
    assert done.returncode == -signal.SIGKILL
    rest = Watching()
    resumed, network = train(tmp_path / "parts", settings, rest)
    assert 0 < len(rest.losses) < 40
    assert [r.development_loss for r in resumed.epochs] == pytest.approx(
        [r.development_loss for r in whole.epochs], rel=1e-6
    )
    assert weights(network) == pytest.approx(weights(expected), rel=1e-5)


def test_ctrl_c_leaves_the_network_with_the_best_so_far(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    made, _ = trainer(tmp_path)
    outcome = made.train(data_of, DEVELOPMENT, Watching(27, interrupt))
    assert signal.getsignal(signal.SIGINT) is before
    assert outcome.interrupted
    assert outcome.best is not None
    best = outcome.best.development_loss
    assert made.loss(DEVELOPMENT) == pytest.approx(best, rel=1e-6)


def test_ctrl_c_before_the_first_epoch_is_over_has_no_best(tmp_path: Path) -> None:
    outcome, _ = train(tmp_path, SETTINGS, Watching(2, interrupt))
    assert outcome.interrupted
    assert outcome.best is None
    assert list(tmp_path.glob("step-*.npz"))


def test_ctrl_c_twice_stops_at_once(tmp_path: Path) -> None:
    def twice() -> None:
        interrupt()
        interrupt()

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, SETTINGS, Watching(5, twice))


def test_a_training_that_was_over_is_not_done_again(tmp_path: Path) -> None:
    first, trained = train(tmp_path)
    again = Watching()
    second, network = train(tmp_path, progress=again)
    assert not again.losses
    assert second == first
    assert (weights(network) == weights(trained)).all()


def test_more_epochs_go_on_from_where_fewer_ended(tmp_path: Path) -> None:
    train(tmp_path, replace(SETTINGS, epochs=2))
    progress = Watching()
    outcome, _ = train(tmp_path, replace(SETTINGS, epochs=3), progress)
    assert [epoch for epoch, _ in progress.started] == [3]
    assert len(outcome.epochs) == 3


def test_an_empty_development_split_is_named(tmp_path: Path) -> None:
    made, _ = trainer(tmp_path)
    with pytest.raises(CorpusError, match="development split is empty"):
        made.train(data_of, [], Unseen())
    with pytest.raises(CorpusError, match="no examples"):
        made.loss([])


def test_an_empty_training_split_is_named(tmp_path: Path) -> None:
    made, _ = trainer(tmp_path)
    with pytest.raises(CorpusError, match="nothing to learn from in epoch 1"):
        made.train(lambda _: ExampleStore.of([]), DEVELOPMENT, Unseen())


def poison(network: TinyNetwork) -> None:
    network.bias.assign(tf.fill(network.bias.shape, math.nan))


def test_a_diverged_loss_stops_and_says_what_to_change(tmp_path: Path) -> None:
    made, network = trainer(tmp_path)
    poison(network)
    with pytest.raises(TrainingError, match=r"Lower 'learning_rate' \(0\.05\)"):
        made.train(data_of, DEVELOPMENT, Unseen())
    assert not list(tmp_path.glob("*.npz"))


def test_a_diverged_loss_keeps_the_best(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made, network = trainer(tmp_path)
    late = Watching(25, lambda: poison(network))
    with caplog.at_level(logging.WARNING):
        outcome = made.train(data_of, DEVELOPMENT, late)
    assert outcome.diverged
    assert outcome.best is not None
    assert np.isfinite(weights(network)).all()
    best = outcome.best.development_loss
    assert made.loss(DEVELOPMENT) == pytest.approx(best, rel=1e-6)
    assert "learning_rate" in caplog.text
    assert f"epoch {outcome.best.epoch}" in caplog.text


def test_a_checkpoint_of_another_vocabulary_is_refused(tmp_path: Path) -> None:
    train(tmp_path, replace(SETTINGS, epochs=1))
    made, network = trainer(tmp_path, signature={"vocabulary": "13 tokens (xyz)"})
    before = weights(network)
    with pytest.raises(ArtefactError, match=r"'vocabulary' was 12 .* and is 13"):
        made.train(data_of, DEVELOPMENT, Unseen())
    assert (weights(network) == before).all()


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    train(tmp_path, replace(SETTINGS, epochs=1))
    made, _ = trainer(tmp_path, replace(SETTINGS, epochs=2))
    made._network = TinyNetwork(0.0, size=9)
    with pytest.raises(ArtefactError, match="Another network made it"):
        made.train(data_of, DEVELOPMENT, Unseen())


def test_a_truncated_checkpoint_falls_back_and_ends_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(SETTINGS, checkpoint_every=4)
    _, expected = train(tmp_path / "whole", settings)
    train(tmp_path / "parts", settings, Watching(23, interrupt))
    last = max((tmp_path / "parts").glob("step-*.npz"))
    os.truncate(last, last.stat().st_size // 2)
    with caplog.at_level(logging.WARNING):
        _, network = train(tmp_path / "parts", settings)
    assert last.name in caplog.text
    assert (weights(network) == weights(expected)).all()


def test_logs_hold_losses_rates_and_sample_replies(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=2, tensorboard=str(tmp_path / "logs"))
    train(tmp_path / "c", settings, samples=lambda: [("你好", "早呀")])
    scalars: dict[str, list[float]] = {}
    texts = []
    for file in (tmp_path / "logs").iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                array = tf.make_ndarray(value.tensor)
                if array.dtype == object:
                    texts.append(bytes(array.item()).decode())
                else:
                    scalars.setdefault(value.tag, []).append(float(array))
    assert len(scalars["development/loss"]) == 2
    for split in ("train", "development"):
        losses, perplexities = scalars[f"{split}/loss"], scalars[f"{split}/perplexity"]
        assert perplexities == pytest.approx([math.exp(x) for x in losses], rel=1e-5)
    assert max(scalars["train/learning_rate"]) <= settings.learning_rate
    assert min(scalars["train/tokens_per_second"]) > 0
    assert len(texts) == 2
    assert "| 你好 | 早呀 |" in texts[0]


def test_weight_decay_shrinks_matrices_and_averaging_smooths(tmp_path: Path) -> None:
    _, loose = train(tmp_path / "a", replace(SETTINGS, weight_decay=0.0))
    _, tight = train(tmp_path / "b", replace(SETTINGS, weight_decay=1.0))
    norm = np.linalg.norm
    assert norm(tight.embedding.numpy()) < 0.9 * norm(loose.embedding.numpy())


def test_every_batch_of_an_epoch_is_learned_once(tmp_path: Path) -> None:
    made, _ = trainer(tmp_path, replace(SETTINGS, epochs=1))
    progress = Watching()
    made.train(lambda _: ExampleStore.of(examples(101)), DEVELOPMENT, progress)
    assert len(progress.losses) == 26
