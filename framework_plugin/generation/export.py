"""From trained weights to the ONNX graphs that serve them."""

from __future__ import annotations

import logging
from pathlib import Path

import tensorflow as tf
import tf2onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from framework_plugin.generation.network import DecoderState, Seq2Seq
from framework_plugin.generation.runtime import (
    ENCODER,
    SCORE,
    STEP,
    graph_name,
)

logger = logging.getLogger(__name__)

_OPSET = 15


def export_network(network: Seq2Seq, folder: Path) -> None:
    """Writes the graphs of encoder, decoder step and scoring, in fp32 and int8.

    The encoder reads one source `(1, source length)`. A step reads the last token of
    each reply and returns its `candidates` likeliest followers, so that the softmax
    and the selection over the vocabulary run inside the graph. Scoring reads whole
    replies and returns the log-probability of each of their tokens.

    Args:
        network: With its trained weights.
        folder: Where the six files go.
    """
    for part, make in ((ENCODER, _encoder), (STEP, _step), (SCORE, _score)):
        _convert(make(network), folder / graph_name(part, "fp32"))
        _quantise(folder, part)


def _encoder(network: Seq2Seq) -> tf.types.experimental.GenericFunction:
    def encode(source: tf.Tensor) -> dict[str, tf.Tensor]:
        memory, state = network.encode(source)
        return {"memory": memory, "hidden": state.hidden, "cell": state.cell}

    return tf.function(encode, input_signature=_encoder_inputs())


def _encoder_inputs() -> list[tf.TensorSpec]:
    return [tf.TensorSpec((1, None), tf.int32, name="source")]


def _step(network: Seq2Seq) -> tf.types.experimental.GenericFunction:
    def step(
        tokens: tf.Tensor,
        hidden: tf.Tensor,
        cell: tf.Tensor,
        memory: tf.Tensor,
        bias: tf.Tensor,
        candidates: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        embedded = network.embedding(tokens)
        output, (hidden, cell) = network.decoder.cell(embedded, [hidden, cell])
        energy = tf.matmul(network.query(output), memory[0], transpose_b=True)
        attention = tf.nn.softmax(energy)
        context = tf.matmul(attention, memory[0])
        features = network.combine(tf.concat([output, context], -1))
        log_probs = tf.nn.log_softmax(network.embedding.scores(features) + bias)
        best = tf.math.top_k(log_probs, candidates)
        return {
            "next_tokens": best.indices,
            "next_log_probs": best.values,
            "attention": attention,
            "next_hidden": hidden,
            "next_cell": cell,
        }

    return tf.function(step, input_signature=_step_inputs(network))


def _step_inputs(network: Seq2Seq) -> list[tf.TensorSpec]:
    units = network.decoder.units
    vocabulary = network.embedding.words.shape[0]
    memory_size = network.query.units
    return [
        tf.TensorSpec((None,), tf.int32, name="tokens"),
        tf.TensorSpec((None, units), tf.float32, name="hidden"),
        tf.TensorSpec((None, units), tf.float32, name="cell"),
        tf.TensorSpec((1, None, memory_size), tf.float32, name="memory"),
        tf.TensorSpec((vocabulary,), tf.float32, name="bias"),
        tf.TensorSpec((), tf.int32, name="candidates"),
    ]


def _score(network: Seq2Seq) -> tf.types.experimental.GenericFunction:
    def score(
        reply_in: tf.Tensor,
        reply_out: tf.Tensor,
        hidden: tf.Tensor,
        cell: tf.Tensor,
        memory: tf.Tensor,
        bias: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        state = DecoderState(hidden, cell)
        features, _, _ = network.decode(reply_in, state, memory, None)
        flat = tf.reshape(features, (-1, network.combine.units))
        scores = network.embedding.scores(flat) + bias
        wanted = tf.gather(scores, tf.reshape(reply_out, (-1,)), batch_dims=1)
        log_probs = wanted - tf.reduce_logsumexp(scores, axis=-1)
        return {"log_probs": tf.reshape(log_probs, tf.shape(reply_out))}

    return tf.function(score, input_signature=_score_inputs(network))


def _score_inputs(network: Seq2Seq) -> list[tf.TensorSpec]:
    _, *state_and_memory, bias, _ = _step_inputs(network)
    return [
        tf.TensorSpec((None, None), tf.int32, name="reply_in"),
        tf.TensorSpec((None, None), tf.int32, name="reply_out"),
        *state_and_memory,
        bias,
    ]


def _convert(function: tf.types.experimental.GenericFunction, path: Path) -> None:
    level = logging.getLogger("tf2onnx").level
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    try:
        tf2onnx.convert.from_function(
            function,
            input_signature=function.input_signature,
            opset=_OPSET,
            output_path=str(path),
        )
    finally:
        logging.getLogger("tf2onnx").setLevel(level)


def _quantise(folder: Path, part: str) -> None:
    fp32, int8 = (folder / graph_name(part, p) for p in ("fp32", "int8"))
    prepared = folder / f"{part}.prepared.onnx"
    quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(
        str(prepared), str(int8), weight_type=QuantType.QInt8, per_channel=True
    )
    prepared.unlink()
