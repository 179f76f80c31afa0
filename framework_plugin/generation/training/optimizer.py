"""AdamW in as few passes over the weights as can be."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

_BETA_1 = 0.9
_BETA_2 = 0.999
_EPSILON = 1e-7


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2).

    Each weight matrix loses `weight_decay` times the learning rate of itself at each
    step. Vectors (biases, scales of normalisations) do not: they hardly overfit, and a
    bias towards frequent words is meant to be large.

    On a processor a step is bound by memory: one fused operation for each variable
    reads and writes it once, where Keras' optimizer passes over it many times.

    After each step a variable's `constraint`, if it was made with one, has the last
    word.

    Args:
        variables: What is trained.
        weight_decay: See above.
        clip_norm: Gradients whose norm, taken over all variables, is larger are
            scaled down to it (Pascanu et al. 2013, §3.2).
    """

    def __init__(
        self, variables: Sequence[tf.Variable], weight_decay: float, clip_norm: float
    ) -> None:
        self._variables = list(variables)
        self._weight_decay = weight_decay
        self._clip_norm = clip_norm
        self.first_moments = [_zeros_like(v) for v in variables]
        self.second_moments = [_zeros_like(v) for v in variables]

    def apply(
        self, gradients: Sequence[tf.Tensor], rate: tf.Tensor, step: tf.Tensor
    ) -> None:
        """Makes one step.

        Args:
            gradients: One for each variable, dense.
            rate: The learning rate, a scalar float32.
            step: From 0, a scalar int32; corrects the moments' bias.
        """
        gradients, _ = tf.clip_by_global_norm(gradients, self._clip_norm)
        count = tf.cast(step + 1, tf.float32)
        powers = tf.pow(_BETA_1, count), tf.pow(_BETA_2, count)
        for variable, gradient, first, second in zip(
            self._variables,
            gradients,
            self.first_moments,
            self.second_moments,
            strict=True,
        ):
            if self._weight_decay and variable.shape.rank > 1:
                variable.assign_sub(variable * (rate * self._weight_decay))
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=rate,
                beta1=_BETA_1,
                beta2=_BETA_2,
                epsilon=_EPSILON,
                grad=gradient,
            )
            _constrain(variable)


def _constrain(variable: tf.Variable) -> None:
    constraint = getattr(variable, "constraint", None)
    if constraint is None:
        return
    allowed = constraint(variable)
    # One that has nothing to say gives the variable back.
    if allowed is not variable:
        variable.assign(allowed)


def _zeros_like(variable: tf.Variable) -> tf.Variable:
    return tf.Variable(tf.zeros(variable.shape), trainable=False)
