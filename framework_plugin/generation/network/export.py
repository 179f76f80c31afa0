"""From trained weights to the ONNX graphs that serve them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import tensorflow as tf
import tf2onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from framework_plugin.generation.network.attention import Read
from framework_plugin.generation.network.decoder import RecurrentDecoder
from framework_plugin.generation.network.embedding import TokenEmbedding
from framework_plugin.generation.network.encoder import BidirectionalLayer
from framework_plugin.generation.network.output_rows import cut_out_output
from framework_plugin.generation.network.reader import Texts, Written
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.runtime import (
    ENCODER,
    ROWS,
    SCORE,
    SHORT,
    STEP,
    graph_name,
)
from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.text.vocabulary import PAD_ID, Vocabulary

_OPSET = 15
_IMPOSSIBLE = -1e9

Outputs = dict[str, tf.Tensor]
Function = Callable[..., Outputs]


def export_network(
    network: Seq2Seq,
    vocabulary: Vocabulary,
    folder: Path,
    parts: Collection[str] = (ENCODER, STEP, SCORE),
) -> None:
    """Writes the graphs of encoder, decoder step and scoring, in fp32 and int8.

    The encoder reads one dialogue, and the user's memory if there is one. A step reads
    the last token of each reply and returns its `candidates` likeliest followers, so
    that the softmax and the selection over the vocabulary run inside the graph; where
    copying is on, it also returns how likely each word that was read is. Scoring reads
    whole replies and returns the log-probability of each of their tokens. With the
    step come the two graphs of a shortlist; see `output_rows`.

    Args:
        network: With its trained weights.
        vocabulary: It was trained with.
        folder: Where two files for each graph go.
        parts: The graphs that are wanted.
    """
    serving = _serving_copy(network, vocabulary)
    graphs = _Graphs(serving)
    for part, function, inputs in (
        (ENCODER, graphs.encode, graphs.encoder_inputs()),
        (STEP, graphs.step, graphs.step_inputs()),
        (SCORE, graphs.score, graphs.score_inputs()),
    ):
        if part not in parts:
            continue
        _convert(function, inputs, folder / graph_name(part, "fp32"))
        quantise(folder, part)
    if STEP in parts:
        for precision in ("fp32", "int8"):
            step, short, rows = (
                folder / graph_name(part, precision) for part in (STEP, SHORT, ROWS)
            )
            cut_out_output(step, short, rows, serving.embedding.written)


def _serving_copy(network: Seq2Seq, vocabulary: Vocabulary) -> Seq2Seq:
    """The same weights in a network that multiplies in fp32 and exports well."""
    training = TrainingSettings(training_precision="fp32")
    copy = build_network(network.settings, training, vocabulary)
    copy.set_weights(network.get_weights())
    for layer in copy.submodules:
        if isinstance(layer, BidirectionalLayer | RecurrentDecoder):
            layer.serve_through_keras()
    _fold_characters(copy.embedding)
    return copy


def _fold_characters(embedding: TokenEmbedding) -> None:
    """Adds the characters' share to each word's vector, once for all steps."""
    if embedding.characters is None:
        return
    if embedding.outputs is None:
        embedding.outputs = tf.Variable(embedding.words[: embedding.written])
    whole = embedding(tf.range(embedding.words.shape[0]))
    embedding.words.assign(whole)
    embedding.characters = None


class _Graphs:
    """The functions to convert, and what they take."""

    def __init__(self, network: Seq2Seq) -> None:
        self._network = network
        self._settings = network.settings
        self._states = len(network.decoder.state_shapes())

    def encode(self, source: tf.Tensor, memory: tf.Tensor | None = None) -> Outputs:
        heard = self._network.hear(source, memory)
        outputs = {f"state_{i}": part for i, part in enumerate(heard.state)}
        if heard.texts.dialogue is not None:
            outputs["dialogue"] = heard.texts.dialogue.states
        if heard.texts.memory is not None:
            outputs["memory_states"] = heard.texts.memory.states
        return outputs

    def encoder_inputs(self) -> list[tf.TensorSpec]:
        names = ["source", "memory"] if self._settings.memory else ["source"]
        return [tf.TensorSpec((1, None), tf.int32, name=name) for name in names]

    def step(
        self,
        tokens: tf.Tensor,
        bias: tf.Tensor,
        candidates: tf.Tensor,
        *rest: tf.Tensor,
    ) -> Outputs:
        state, texts, copies = self._parted(rest)
        network = self._network
        written, after = network.step(tokens, state, texts)
        scores = network.embedding.scores(written.features) + bias
        log_probs = tf.nn.log_softmax(scores)
        if written.sources is not None:
            log_probs += written.sources[:, :1]
        best = tf.math.top_k(log_probs, candidates)
        outputs = {"next_tokens": best.indices, "next_log_probs": best.values}
        outputs |= {f"next_state_{i}": part for i, part in enumerate(after)}
        outputs |= _attention(written)
        if copies is not None:
            # Not the static size, which a shortlist changes.
            outputs["copied"] = _copied(written, copies, log_probs, tf.shape(bias)[0])
        return outputs

    def step_inputs(self) -> list[tf.TensorSpec]:
        return [
            tf.TensorSpec((None,), tf.int32, name="tokens"),
            # Of another length over a shortlist.
            tf.TensorSpec((None,), tf.float32, name="bias"),
            tf.TensorSpec((), tf.int32, name="candidates"),
            *self._shared_inputs(),
        ]

    def score(
        self,
        reply_in: tf.Tensor,
        reply_out: tf.Tensor,
        bias: tf.Tensor,
        *rest: tf.Tensor,
    ) -> Outputs:
        state, texts, copies = self._parted(rest)
        written, _ = self._network.write(reply_in, state, texts)
        width = self._settings.embedding_size
        every = tf.reshape(reply_out, (-1,))
        # The output layer is most of the work: for it replies are not filled up.
        real = tf.where(tf.not_equal(every, PAD_ID))
        features = tf.gather_nd(tf.reshape(written.features, (-1, width)), real)
        scores = self._network.embedding.scores(features) + bias
        wanted = tf.gather_nd(every, real)
        sayable = wanted < self._network.embedding.written
        own = tf.gather(scores, tf.where(sayable, wanted, 0), batch_dims=1)
        own -= tf.reduce_logsumexp(scores, axis=-1)
        own = tf.where(sayable, own, _IMPOSSIBLE)
        own = tf.scatter_nd(real, own, tf.shape(every, tf.int64))
        log_probs = tf.reshape(own, tf.shape(reply_out))
        if copies is not None and written.sources is not None:
            same = tf.equal(copies[:, None, :], reply_out[:, :, None])
            shares = tf.where(same, _copy_shares(written), 0.0)
            copied = tf.reduce_sum(shares, axis=-1)
            said = tf.exp(log_probs + written.sources[..., 0])
            log_probs = tf.math.log(said + copied + 1e-10)
        return {"log_probs": log_probs}

    def score_inputs(self) -> list[tf.TensorSpec]:
        return [
            tf.TensorSpec((None, None), tf.int32, name="reply_in"),
            tf.TensorSpec((None, None), tf.int32, name="reply_out"),
            tf.TensorSpec((self._network.embedding.written,), tf.float32, name="bias"),
            *self._shared_inputs(),
        ]

    def _shared_inputs(self) -> list[tf.TensorSpec]:
        """Of step and score: the state, the texts, and what may be copied."""
        network = self._network
        specs = [
            tf.TensorSpec(shape, tf.float32, name=f"state_{index}")
            for index, shape in enumerate(network.decoder.state_shapes())
        ]
        for name, width in (
            ("dialogue", self._dialogue_width()),
            ("memory_states", self._memory_width()),
        ):
            if width:
                specs.append(tf.TensorSpec((None, None, width), tf.float32, name=name))
                specs.append(
                    tf.TensorSpec((None, None), tf.float32, name=f"{name}_bias")
                )
        if self._settings.copy:
            specs.append(tf.TensorSpec((None, None), tf.int32, name="copies"))
        return specs

    def _parted(
        self, rest: Sequence[tf.Tensor]
    ) -> tuple[tuple[tf.Tensor, ...], Texts, tf.Tensor | None]:
        state, rest = tuple(rest[: self._states]), list(rest[self._states :])
        dialogue = Read(rest.pop(0), rest.pop(0)) if self._dialogue_width() else None
        memory = Read(rest.pop(0), rest.pop(0)) if self._memory_width() else None
        return state, Texts(dialogue, memory), rest[0] if rest else None

    def _dialogue_width(self) -> int:
        needed = self._settings.attention != "none"
        return self._network.encoder.width if needed else 0

    def _memory_width(self) -> int:
        encoder = self._network.memory_encoder
        return encoder.width if encoder else 0


def _attention(written: Written) -> Outputs:
    outputs = {}
    if written.dialogue is not None:
        outputs["attention"] = written.dialogue
    if written.memory is not None:
        outputs["memory_attention"] = written.memory
    if written.sources is not None:
        outputs["sources"] = written.sources
    return outputs


def _copied(
    written: Written, copies: tf.Tensor, log_probs: tf.Tensor, words: tf.Tensor
) -> tf.Tensor:
    """Log-probability of the token at each place read, however it is written."""
    shares = _copy_shares(written)
    same = tf.equal(copies[:, :, None], copies[:, None, :])
    rows, places = tf.shape(shares)[0], tf.shape(copies)[1]
    grouped = tf.reshape(shares, (tf.shape(copies)[0], -1, places))
    total = tf.matmul(grouped, tf.cast(same, tf.float32))
    copied = tf.reshape(total, (rows, places))
    sayable = copies < words
    ids = tf.where(sayable, copies, 0)
    ids = tf.repeat(ids, rows // tf.shape(ids)[0], axis=0)
    said = tf.exp(tf.gather(log_probs, ids, batch_dims=1))
    sayable = tf.repeat(sayable, rows // tf.shape(sayable)[0], axis=0)
    return tf.math.log(copied + tf.where(sayable, said, 0.0) + 1e-10)


def _copy_shares(written: Written) -> tf.Tensor:
    """Probability of copying from each place, (…, places)."""
    chances = tf.exp(written.sources)
    shares = [written.dialogue * chances[..., 1:2]]
    if written.memory is not None:
        shares.append(written.memory * chances[..., 2:3])
    return tf.concat(shares, -1)


def _convert(function: Function, inputs: Sequence[tf.TensorSpec], path: Path) -> None:
    traced = tf.function(function, input_signature=list(inputs), autograph=False)
    log = logging.getLogger("tf2onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        tf2onnx.convert.from_function(
            traced, input_signature=list(inputs), opset=_OPSET, output_path=str(path)
        )
    finally:
        log.setLevel(level)


def quantise(folder: Path, part: str) -> None:
    """Makes the int8 graph from the fp32 graph of the same part."""
    fp32, int8 = (folder / graph_name(part, p) for p in ("fp32", "int8"))
    prepared = folder / f"{part}.prepared.onnx"
    quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(
        str(prepared), str(int8), weight_type=QuantType.QInt8, per_channel=True
    )
    prepared.unlink()
