"""What training makes small."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Losses(NamedTuple):
    """The loss of a batch, summed over its target tokens.

    Attributes:
        total: What is made small: label smoothing included, in nats.
        nll: Negative log-likelihood of the targets alone, in nats.
        tokens: How many target tokens there are.
    """

    total: tf.Tensor
    nll: tf.Tensor
    tokens: tf.Tensor


def smoothed(log_probs: tf.Tensor, mean: tf.Tensor, smoothing: float) -> Losses:
    """Sums up the loss with label smoothing (Szegedy et al. 2016, §7).

    Args:
        log_probs: Of each target, (places,).
        mean: Log-probability of each place, averaged over the vocabulary, (places,).
        smoothing: Probability mass spread over the vocabulary.
    """
    nll = -tf.reduce_sum(log_probs)
    total = (1.0 - smoothing) * nll - smoothing * tf.reduce_sum(mean)
    return Losses(total, nll, tf.cast(tf.size(log_probs), tf.float32))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def token_log_probs(
    scores: tf.Tensor, targets: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], object]:
    """Log-probabilities, with a gradient that passes over the scores only twice.

    Args:
        scores: Before the softmax, (places, vocabulary).
        targets: Ids, (places,).

    Returns:
        Those of the targets, and those of each place averaged over the vocabulary,
        both (places,).
    """
    # The kernel gives the softmax less the target's one beside the loss.
    losses, excess = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
        features=scores, labels=targets
    )
    own = tf.gather(scores, targets, batch_dims=1)
    mean = tf.reduce_mean(scores, axis=-1) - own - losses

    def gradient(d_own: tf.Tensor, d_mean: tf.Tensor) -> tuple[tf.Tensor, None]:
        size = tf.cast(tf.shape(scores)[1], tf.float32)
        d_scores = excess * -(d_own + d_mean)[:, None] + (d_mean / size)[:, None]
        places = tf.stack([tf.range(tf.size(targets)), targets], axis=1)
        return tf.tensor_scatter_nd_sub(d_scores, places, d_mean), None

    return (-losses, mean), gradient
