"""One step of training, compiled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from framework_plugin.errors import ArtefactError
from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.generation.training.averaging import RunningAverage
from framework_plugin.generation.training.batches import TARGET, Batch
from framework_plugin.generation.training.checkpoints import Arrays
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.optimizer import AdamW
from framework_plugin.text.vocabulary import PAD_ID


class Losses(Protocol):
    """Sums over the target tokens of a batch; scalars float32.

    Args:
        total: What is to be made small: cross-entropy, with label smoothing.
        nll: Cross-entropy alone, in nats.
        tokens: How many there are.
    """

    @property
    def total(self) -> tf.Tensor:
        """See the class."""

    @property
    def nll(self) -> tf.Tensor:
        """See the class."""

    @property
    def tokens(self) -> tf.Tensor:
        """See the class."""


class Random(Protocol):
    """What the dropout masks follow from."""

    step: tf.Variable


class Network(Protocol):
    """What can be trained; a Keras model with its weights made."""

    random: Random

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """All that is saved, in a fixed order."""
        ...

    @property
    def trainable_variables(self) -> Sequence[tf.Variable]:
        """All that is trained, in a fixed order."""
        ...

    def losses(self, inputs: dict[str, tf.Tensor], training: bool) -> Losses:
        """The losses of a batch, by input name as in `Batch`."""
        ...


class Learner:
    """A network with its optimiser and the running average of its weights.

    The compiled steps take batches of any size and length: nothing is compiled again.

    Args:
        network: Its weights are changed.
        settings: How to train.
        distribution: Who else takes part.
        names: The network's inputs.
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        distribution: Distribution,
        names: Iterable[str],
    ) -> None:
        self._network = network
        self._distribution = distribution
        variables = network.trainable_variables
        self._optimizer = AdamW(variables, settings.weight_decay, settings.clip_norm)
        self.average = RunningAverage(variables, settings.average_decay)
        inputs = {name: tf.TensorSpec((None, None), tf.int32) for name in names}
        number = tf.TensorSpec((), tf.int32)
        rate, stop = (tf.TensorSpec((), tf.float32) for _ in range(2))
        self._learn = tf.function(
            self._learn_together,
            autograph=False,
            input_signature=[inputs, number, rate, stop],
        )
        self._measure = tf.function(
            self._measure_together,
            autograph=False,
            input_signature=[inputs],
        )

    def learn(
        self, share: Batch, step: int, rate: float, stop: bool = False
    ) -> tf.Tensor:
        """Makes one step.

        Args:
            share: This worker's share of the batch.
            step: From 0.
            rate: The learning rate.
            stop: Whether this worker wants to stop.

        Returns:
            Sums over all workers, (4,): total loss, cross-entropy, target tokens, and
            how many want to stop. Not waited for: reading it is.
        """
        workers, rank = self._distribution.workers, self._distribution.rank
        # Workers must not leave out the same units.
        self._network.random.step.assign(step * workers + rank)
        return self._learn(dict(share.arrays), step, rate, float(stop))

    def loss(self, shares: Iterable[Batch]) -> float:
        """Mean cross-entropy per token in nats over all workers' shares."""
        nll = tokens = 0.0
        for share in shares:
            sums = self._measure(dict(share.arrays)).numpy().tolist()
            nll, tokens = nll + sums[0], tokens + sums[1]
        return nll / max(tokens, 1.0)

    def arrays(self) -> Arrays:
        """The values of all variables, to save."""
        return {name: v.numpy() for name, v in self._variables().items()}

    def network_arrays(self) -> Arrays:
        """The values of the network's variables alone, to save."""
        return {n: v.numpy() for n, v in _named(self._network.variables).items()}

    def restore(self, arrays: Arrays) -> None:
        """Takes over what `arrays` gave.

        Raises:
            ArtefactError: If a variable is missing or of another shape.
        """
        _assign_all(self._variables(), arrays)

    def adopt(self, arrays: Arrays) -> None:
        """Takes over the network's values that `network_arrays` gave.

        Raises:
            ArtefactError: If a variable is missing or of another shape.
        """
        _assign_all(_named(self._network.variables), arrays)

    def share(self) -> None:
        """Gives all workers the chief's values."""
        self._distribution.share(list(self._variables().values()))

    def _variables(self) -> dict[str, tf.Variable]:
        optimizer = self._optimizer
        return {
            **_named(self._network.variables),
            **_named(optimizer.first_moments, "first-moment"),
            **_named(optimizer.second_moments, "second-moment"),
            **_named(self.average.averages, "average"),
        }

    def _learn_together(self, *args: Any) -> tf.Tensor:
        return self._distribution.run(self._learn_share, *args)

    def _measure_together(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        return self._distribution.run(self._measure_share, inputs)

    def _learn_share(
        self,
        inputs: dict[str, tf.Tensor],
        step: tf.Tensor,
        rate: tf.Tensor,
        stop: tf.Tensor,
    ) -> tf.Tensor:
        variables = self._network.trainable_variables
        with tf.GradientTape() as tape:
            losses = self._network.losses(inputs, training=True)
        gradients = tape.gradient(
            losses.total, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        # A tied embedding has gradients of rows and of the whole; Adam needs the whole.
        dense = [tf.convert_to_tensor(g) for g in gradients]
        sums = tf.stack([losses.total, losses.nll, losses.tokens, stop])
        *dense, sums, replies = self._distribution.sum(
            [*dense, sums, _replies(inputs[TARGET])]
        )
        # Not per token: a batch has replies of one length, and a token of a long one
        # would count for less.
        share = 1.0 / tf.maximum(replies, 1.0)
        self._optimizer.apply([g * share for g in dense], rate, step)
        self.average.update(step)
        return sums

    def _measure_share(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        losses = self._network.losses(inputs, training=False)
        (sums,) = self._distribution.sum([tf.stack([losses.nll, losses.tokens])])
        return sums


def _replies(targets: tf.Tensor) -> tf.Tensor:
    """How many rows of (batch, length) are not all padding."""
    real = tf.reduce_any(tf.not_equal(targets, PAD_ID), axis=1)
    return tf.reduce_sum(tf.cast(real, tf.float32))


def _named(variables: Sequence[tf.Variable], kind: str = "weight") -> dict[str, Any]:
    return {f"{kind}-{index:03d}": v for index, v in enumerate(variables)}


def _assign_all(variables: dict[str, tf.Variable], arrays: Arrays) -> None:
    for name, variable in variables.items():
        found = arrays.get(name)
        if found is None or found.shape != tuple(variable.shape):
            shape = "missing" if found is None else f"of shape {found.shape}"
            raise ArtefactError(
                f"The checkpoint's '{name}' ({variable.name}) is {shape}; the "
                f"network's is of shape {tuple(variable.shape)}. Another network made "
                "it: delete the folder of checkpoints and train again."
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])
