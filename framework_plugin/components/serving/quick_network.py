"""The layers of Rasa's DIETClassifier for one message, in NumPy.

A message has some twenty tokens, and a layer some hundred units: TensorFlow spends
longer on starting the steps, and on passing them between its threads, than on doing
them. Shapes are (tokens, units), without the batch of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf

Array = npt.NDArray[np.float32]
_ROOT_HALF = np.float32(np.sqrt(0.5))


@dataclass(frozen=True)
class Dense:
    """A layer of weights; some of Rasa's are not connected and count as 0.

    Args:
        kernel: Shape (inputs, units).
        bias: Shape (units,), or 0.
    """

    kernel: Array
    bias: Array | float

    @classmethod
    def of(cls, layer: Any) -> Dense:
        """The weights of a Keras layer."""
        kernel = layer.kernel.numpy()
        mask = getattr(layer, "kernel_mask", None)
        if mask is not None:
            kernel = kernel * mask.numpy()
        bias = layer.bias.numpy() if layer.use_bias else 0.0
        return cls(np.ascontiguousarray(kernel), bias)

    def __call__(self, inputs: Array) -> Array:
        """Shape (tokens, units)."""
        return inputs @ self.kernel + self.bias


@dataclass(frozen=True)
class Norm:
    """Layer normalisation (Ba et al. 2016)."""

    gain: Array
    bias: Array
    epsilon: np.float32

    @classmethod
    def of(cls, layer: Any) -> Norm:
        """The weights of a Keras layer."""
        epsilon = np.float32(layer.epsilon)
        return cls(layer.gamma.numpy(), layer.beta.numpy(), epsilon)

    def __call__(self, inputs: Array) -> Array:
        """The same shape."""
        centred = inputs - inputs.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        even: Array = centred / np.sqrt(variance + self.epsilon)
        return even * self.gain + self.bias


@dataclass(frozen=True)
class SelfAttention:
    """Attention of the tokens to each other, by several heads.

    Args:
        query_key_value: The three layers side by side.
        output: What becomes of the heads together.
        heads: How many.
    """

    query_key_value: Dense
    output: Dense
    heads: int

    @classmethod
    def of(cls, layer: Any) -> SelfAttention:
        """The weights of Rasa's layer."""
        parts = [
            Dense.of(part).kernel
            for part in (
                layer._query_dense_layer,
                layer._key_dense_layer,
                layer._value_dense_layer,
            )
        ]
        together = np.ascontiguousarray(np.concatenate(parts, axis=1))
        output = Dense.of(layer._output_dense_layer)
        return cls(Dense(together, 0.0), output, layer.num_heads)

    def __call__(self, inputs: Array) -> Array:
        """Shape (tokens, units)."""
        tokens = len(inputs)
        split = self.query_key_value(inputs).reshape(tokens, 3, self.heads, -1)
        query, key, value = split.transpose(1, 2, 0, 3)
        depth = np.float32(query.shape[-1])
        weights = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(depth))
        seen = (weights @ value).transpose(1, 0, 2).reshape(tokens, -1)
        return self.output(seen)


@dataclass(frozen=True)
class EncoderLayer:
    """One layer of a transformer that normalises first (Vaswani et al. 2017)."""

    attention_norm: Norm
    attention: SelfAttention
    norm: Norm
    hidden: Dense
    output: Dense

    @classmethod
    def of(cls, layer: Any) -> EncoderLayer:
        """The weights of Rasa's layer."""
        norm, hidden, _, output, _ = layer._ffn_layers
        return cls(
            Norm.of(layer._layer_norm),
            SelfAttention.of(layer._mha),
            Norm.of(norm),
            Dense.of(hidden),
            Dense.of(output),
        )

    def __call__(self, inputs: Array) -> Array:
        """The same shape."""
        seen = inputs + self.attention(self.attention_norm(inputs))
        return seen + self.output(gelu(self.hidden(self.norm(seen))))


class Encoder:
    """A transformer over the tokens of a message.

    Args:
        layer: Rasa's `TransformerEncoder`, without relative positions.
    """

    def __init__(self, layer: Any) -> None:
        self._embedding = Dense.of(layer._embedding)
        self._scale = np.sqrt(np.float32(layer.units))
        self._angles = layer._angles.astype(np.float32)
        self._layers = [EncoderLayer.of(inner) for inner in layer._enc_layers]
        self._norm = Norm.of(layer._layer_norm)

    def __call__(self, inputs: Array) -> Array:
        """Shape (tokens, units)."""
        state = self._embedding(inputs) * self._scale + self._positions(len(inputs))
        for layer in self._layers:
            state = layer(state)
        return self._norm(state)

    def _positions(self, tokens: int) -> Array:
        angles: Array = np.arange(tokens, dtype=np.float32)[:, None] * self._angles
        angles[:, 0::2] = np.sin(angles[:, 0::2])
        angles[:, 1::2] = np.cos(angles[:, 1::2])
        return angles


@dataclass(frozen=True)
class TagDecoder:
    """The likeliest tags of a message (linear-chain CRF, Lafferty et al. 2001).

    Args:
        transitions: How well a tag follows another, shape (tags, tags).
    """

    transitions: Array

    def __call__(self, scores: Array) -> tuple[list[int], list[float]]:
        """The tags, and Rasa's confidence in each.

        Args:
            scores: Of each tag for each token, shape (tokens, tags).
        """
        state = scores[0]
        before, arrows = [], []
        for own in scores[1:]:
            ways = state[:, None] + self.transitions
            before.append(state)
            arrows.append(ways.argmax(axis=0))
            state = own + ways.max(axis=0)
        tag = int(state.argmax())
        tags, confidences = [tag], [float(softmax(state).max())]
        # Rasa looks the confidence up at the confidence before, taken for a tag.
        place = tag
        for earlier, arrow in zip(reversed(before), reversed(arrows), strict=True):
            tag = int(arrow[tag])
            tags.append(tag)
            ways = earlier + self.transitions[:, place]
            confidences.append(float(softmax(ways).max()))
            place = int(confidences[-1])
        return tags[::-1], confidences[::-1]


def gelu(inputs: Array) -> Array:
    """Gaussian error linear units (Hendrycks & Gimpel 2016), the exact ones."""
    half = np.float32(0.5)
    gated: Array = half * inputs * (1 + erf(inputs * _ROOT_HALF))
    return gated


def softmax(scores: Array) -> Array:
    """Over the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def gated(layers: Sequence[Dense], inputs: Array) -> Array:
    """Hidden layers one after the other."""
    for layer in layers:
        inputs = gelu(layer(inputs))
    return inputs
