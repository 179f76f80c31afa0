"""How a network computes: in which precision, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from framework_plugin.generation.network.products import precision_of
from framework_plugin.generation.settings import TrainingSettings


class Randomness(tf.Module):  # type: ignore[misc]
    """Where all masks of a network come from.

    Keras' own dropout draws from a state that no checkpoint holds: a training that
    was resumed would end elsewhere. Here a mask follows from the seed, its place in
    the network and `step`, and from nothing else.

    Args:
        seed: What all masks follow from.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(name="randomness")
        self.step = tf.Variable(0, dtype=tf.int32, trainable=False, name="step")
        self._seed = seed
        self._places = 0

    def begin(self) -> None:
        """Starts anew to count places; called before each pass through the network."""
        self._places = 0

    def dropout(self, inputs: tf.Tensor, rate: float, training: bool) -> tf.Tensor:
        """Leaves some activations out while training, and scales the rest up."""
        if not training or not rate:
            return inputs
        return tf.nn.experimental.stateless_dropout(inputs, rate, self._next())

    def mask(self, shape: tf.Tensor, rate: float) -> tf.Tensor:
        """A dropout mask of its own, such as one that all time steps share."""
        return tf.nn.experimental.stateless_dropout(tf.ones(shape), rate, self._next())

    def chosen(self, shape: tf.Tensor, rate: float) -> tf.Tensor:
        """True at a random share of places."""
        return tf.random.stateless_uniform(shape, self._next()) < rate

    def _next(self) -> tf.Tensor:
        self._places += 1
        return tf.stack([self._seed * 1000 + self._places, self.step])


@dataclass(frozen=True)
class Conditions:
    """What all parts of a network have in common.

    Args:
        precision: See `products.product`.
        dropout: Share of activations left out between parts.
        recurrent_dropout: See `RecurrentLayer`.
        random: Where the masks come from.
    """

    precision: str
    dropout: float
    recurrent_dropout: float
    random: Randomness

    @classmethod
    def of(cls, training: TrainingSettings) -> Conditions:
        """As the settings want it."""
        return cls(
            precision_of(training.training_precision),
            training.dropout,
            training.recurrent_dropout,
            Randomness(training.random_seed),
        )

    def drop(self, states: tf.Tensor, training: bool) -> tf.Tensor:
        """Leaves some activations out while training."""
        return self.random.dropout(states, self.dropout, training)
