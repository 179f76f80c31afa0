"""Low-rank adapters: small matrices trained beside those of a network left as it is.

Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models", §4: a matrix W
counts as W + (α / r) A B, where A and B have rank r. B is zero at first, so that the
network begins as it was. Merged into W the pair costs nothing when it serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from framework_plugin.errors import ArtefactError
from framework_plugin.generation.network.losses import Losses

Arrays = list[npt.NDArray[np.float32]]


class LowRankPair:
    """A correction of one matrix (§4.1).

    Args:
        shape: Of the matrix, (inputs, outputs).
        rank: Columns of A and rows of B.
        alpha: The product counts `alpha / rank` times.
        seed: What A, which is normal, is drawn from; B is zero.
    """

    def __init__(
        self, shape: tuple[int, int], rank: int, alpha: float, seed: Sequence[int]
    ) -> None:
        inputs, outputs = shape
        start = tf.random.stateless_normal((inputs, rank), seed, stddev=inputs**-0.5)
        self.down = tf.Variable(start, name="down")
        self.up = tf.Variable(tf.zeros((rank, outputs)), name="up")
        self._scale = alpha / rank

    def beside(self, weights: tf.Tensor) -> tf.Tensor:
        """The matrix with its correction, (inputs, outputs)."""
        return weights + self._scale * tf.matmul(self.down, self.up)


_NONE: Mapping[str, LowRankPair] = MappingProxyType({})


class AdaptableLayer(tf.keras.layers.Layer):  # type: ignore[misc]
    """A layer whose matrices can have low-rank pairs beside them.

    Attributes:
        matrices: Names of the attributes that hold them.
    """

    matrices: ClassVar[tuple[str, ...]] = ("kernel",)
    # A proxy, since Keras would take variables in a plain dict for the layer's own.
    _pairs: Mapping[str, LowRankPair] = _NONE

    def weights_of(self, name: str) -> tf.Tensor:
        """A matrix as it counts: with its pair, if it has one."""
        weights, pair = getattr(self, name), self._pairs.get(name)
        return weights if pair is None else pair.beside(weights)

    def adapt(self, rank: int, alpha: float, seed: Sequence[int]) -> list[LowRankPair]:
        """Puts a pair beside each matrix; see `LowRankPair`."""
        pairs = {
            name: LowRankPair(
                tuple(getattr(self, name).shape), rank, alpha, (seed[0], seed[1] + i)
            )
            for i, name in enumerate(self.matrices)
        }
        self._pairs = MappingProxyType(pairs)
        return list(pairs.values())

    def merge(self) -> None:
        """Adds the pairs to the matrices for good."""
        for name in self._pairs:
            getattr(self, name).assign(self.weights_of(name))
        self._pairs = _NONE


class _Random(Protocol):
    step: tf.Variable


class _Network(Protocol):
    """What can be adapted; see `training.learner.Network`."""

    random: _Random

    @property
    def submodules(self) -> Sequence[tf.Module]: ...

    def losses(self, inputs: dict[str, tf.Tensor], training: bool) -> Losses: ...


class Adapters:
    """The pairs beside all matrices of a network, trained in its place.

    Of what `training.learner.Network` asks for, the losses are the network's, and all
    that is trained and saved are the pairs: the network's own weights stay as they
    are, bit for bit, and need no moments of an optimiser.

    Args:
        network: With its trained weights.
        rank: Of the pairs.
        alpha: See `LowRankPair`.
        seed: What the pairs are drawn from.
    """

    def __init__(
        self, network: _Network, rank: int, alpha: float, seed: int = 0
    ) -> None:
        self._network = network
        self.random = network.random
        self._layers = [
            layer for layer in network.submodules if isinstance(layer, AdaptableLayer)
        ]
        self.variables: list[tf.Variable] = []
        for place, layer in enumerate(self._layers):
            for pair in layer.adapt(rank, alpha, (seed, 16 * place)):
                self.variables += [pair.down, pair.up]

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """The pairs."""
        return self.variables

    def losses(self, inputs: dict[str, tf.Tensor], training: bool) -> Losses:
        """Those of the adapted network."""
        return self._network.losses(inputs, training=training)

    def arrays(self) -> Arrays:
        """The values of the pairs, A and B in turn."""
        return [variable.numpy() for variable in self.variables]

    def assign(self, arrays: Sequence[npt.NDArray[np.float32]]) -> None:
        """Takes over what `arrays` gave.

        Raises:
            ArtefactError: If they are of another network or another rank.
        """
        own = [tuple(variable.shape) for variable in self.variables]
        given = [array.shape for array in arrays]
        if own != given:
            raise ArtefactError(
                f"The adapter has {len(given)} matrices, the first of shape "
                f"{next(iter(given), None)}; this network with 'adapter_rank' "
                f"{own[0][1]} needs {len(own)}, the first of shape {own[0]}. Set "
                "'adapter_rank' and 'base_generator' to what they were when it was "
                "trained, or train it anew."
            )
        for variable, array in zip(self.variables, arrays, strict=True):
            variable.assign(array)

    def merge(self) -> None:
        """Adds the pairs to the network's weights for good; it serves as any other."""
        for layer in self._layers:
            layer.merge()
