"""Matrix products in fp32 or bf16, and the layer made of one."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from framework_plugin.generation.network.adapters import AdaptableLayer

_BF16_FLAGS = ("amx_bf16", "avx512_bf16")


def precision_of(setting: str) -> str:
    """`fp32` or `bf16`; `auto` is what this processor multiplies faster."""
    if setting != "auto":
        return setting
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "fp32"
    return "bf16" if any(flag in flags for flag in _BF16_FLAGS) else "fp32"


def product(
    left: tf.Tensor,
    right: tf.Tensor,
    precision: str,
    *,
    transpose_left: bool = False,
    transpose_right: bool = False,
) -> tf.Tensor:
    """Multiplies two fp32 matrices.

    Args:
        left: Any shape of rank two or more.
        right: The same.
        precision: `bf16` rounds both to half the digits first, which processors with
            bf16 instructions multiply about twice as fast; the sums are fp32.
        transpose_left: Turns `left` over.
        transpose_right: Turns `right` over.

    Returns:
        The product in fp32.
    """
    if precision == "bf16":
        left, right = tf.cast(left, tf.bfloat16), tf.cast(right, tf.bfloat16)
    result = tf.matmul(
        left, right, transpose_a=transpose_left, transpose_b=transpose_right
    )
    return tf.cast(result, tf.float32)


def projection(inputs: tf.Tensor, weights: tf.Tensor, precision: str) -> tf.Tensor:
    """Multiplies the last axis of `inputs` (..., n) by `weights` (n, m)."""
    if inputs.shape.rank == 2:
        return product(inputs, weights, precision)
    flat = tf.reshape(inputs, (-1, weights.shape[0]))
    shape = tf.concat([tf.shape(inputs)[:-1], [weights.shape[1]]], 0)
    result = tf.reshape(product(flat, weights, precision), shape)
    result.set_shape((*inputs.shape[:-1], weights.shape[1]))
    return result


class Linear(AdaptableLayer):
    """A linear map of the last axis.

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
        precision: See `product`.
        name: Of the layer.
        bias: Whether something is added.
    """

    def __init__(
        self, inputs: int, outputs: int, precision: str, name: str, bias: bool = True
    ) -> None:
        super().__init__(name=name)
        self._precision = precision
        self.kernel = self.add_weight(
            "kernel", (inputs, outputs), initializer="glorot_uniform"
        )
        self.bias = (
            self.add_weight("bias", (outputs,), initializer="zeros") if bias else None
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps (..., inputs) to (..., outputs)."""
        outputs = projection(inputs, self.weights_of("kernel"), self._precision)
        return outputs if self.bias is None else outputs + self.bias
