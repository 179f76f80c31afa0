"""Every kind of network learns, and serves what TensorFlow computes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import tensorflow as tf

from framework_plugin.corpus.examples import Example
from framework_plugin.generation.encoding import (
    encode_example,
    encode_texts,
    input_names,
)
from framework_plugin.generation.network.attention import Read
from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.export import export_network
from framework_plugin.generation.network.reader import Reader, Texts
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.network.transformer import PlacedTokens
from framework_plugin.generation.serving.runtime import (
    SCORE,
    STEP,
    OnnxRuntime,
    ban,
    graph_name,
)
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.generation.training.optimizer import AdamW
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, Vocabulary

pytestmark = pytest.mark.slow

BASE = NetworkSettings(
    source_units="words",
    embedding_size=16,
    encoder_units=12,
    decoder_units=24,
    heads=2,
    feed_forward_units=32,
    encoder_layers=2,
    decoder_layers=2,
)
TRAINING = TrainingSettings(
    training_precision="fp32", dropout=0.0, word_dropout=0.0, label_smoothing=0.0
)
KINDS = {
    "lstm": BASE,
    "gru, bahdanau, untied": replace(
        BASE, cell="gru", attention="bahdanau", tied_embeddings=False
    ),
    "rnn without attention, by word alone": replace(
        BASE, cell="rnn", attention="none", character_embeddings=False
    ),
    "input feeding": replace(BASE, input_feeding=True),
    "convolutional, hierarchical": replace(
        BASE,
        encoder="convolutional",
        context="hierarchical",
        turn_embeddings=True,
        speaker_embeddings=True,
    ),
    "memory and copy": replace(BASE, memory=True, copy=True),
    "transformer with all": replace(
        BASE, encoder="transformer", decoder="transformer", memory=True, copy=True
    ),
}
EXAMPLES = [
    Example((), tuple(["<user>", "我", "叫", "欧阳"]), ("你好", "，", "欧阳")),
    Example(
        (),
        tuple(["<user>", "你好", "<bot>", "你好", "<user>", "我", "住", "哪儿"]),
        ("你", "住", "杭州"),
        memory=("城市", "杭州"),
    ),
    Example((), ("<user>", "再见"), ("再见", "。"), memory=("名字", "欧阳")),
]
VOCABULARY = Vocabulary.build(
    [e.target for e in EXAMPLES if "杭州" not in e.target] + [("你", "住")],
    [e.source + e.memory for e in EXAMPLES[2:]],
    reserved=("<user>", "<bot>"),
    min_count=1,
)


def batch(settings: NetworkSettings) -> dict[str, tf.Tensor]:
    names = input_names(settings)
    rows = [encode_example(e, VOCABULARY, names, 10) for e in EXAMPLES]
    return {
        name: tf.keras.utils.pad_sequences([r[name] for r in rows], padding="post")
        for name in names
    }


@pytest.fixture(params=KINDS, scope="module")
def settings(request: pytest.FixtureRequest) -> NetworkSettings:
    return KINDS[request.param]


def trained(settings: NetworkSettings, steps: int) -> tuple[Seq2Seq, list[float]]:
    network = build_network(settings, TRAINING, VOCABULARY)
    variables = network.trainable_variables
    optimizer = AdamW(variables, weight_decay=0.0, clip_norm=100.0)
    count = tf.Variable(0)
    inputs = {name: tf.constant(a) for name, a in batch(settings).items()}

    @tf.function(autograph=False)
    def learn() -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = network.losses(inputs, training=True)
        gradients = tape.gradient(losses.total, variables)
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        optimizer.apply(dense, tf.constant(0.02), count.assign_add(1) - 1)
        return losses.nll / losses.tokens

    return network, [float(learn()) for _ in range(steps)]


@pytest.fixture(scope="module")
def network(settings: NetworkSettings) -> Seq2Seq:
    return trained(settings, 25)[0]


@pytest.fixture(scope="module")
def exported(network: Seq2Seq, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graphs")
    export_network(network, VOCABULARY, folder)
    return folder


def test_every_kind_learns(settings: NetworkSettings) -> None:
    _, losses = trained(settings, 40)
    assert losses[-1] < 0.35 * losses[0]


def test_every_weight_is_learned(settings: NetworkSettings) -> None:
    network = build_network(settings, TRAINING, VOCABULARY)
    with tf.GradientTape() as tape:
        losses = network.losses(batch(settings), training=True)
    gradients = tape.gradient(losses.total, network.trainable_variables)
    unused = [
        variable.name
        for variable, gradient in zip(
            network.trainable_variables, gradients, strict=True
        )
        if gradient is None
    ]
    assert not unused


def test_onnx_scores_replies_as_tensorflow_does(
    settings: NetworkSettings, network: Seq2Seq, exported: Path
) -> None:
    runtime = OnnxRuntime(exported, "fp32")
    inputs = batch(settings)
    for row, example in enumerate(EXAMPLES):
        one = {name: array[row : row + 1] for name, array in inputs.items()}
        wanted = float(network.losses(one).nll)
        texts = encode_texts(example.source, example.memory, VOCABULARY)
        stepper = runtime.read(texts, ban((), VOCABULARY.written))
        reply = [t for t in inputs["reply_out"][row] if t not in (0, END_ID)]
        (found,) = stepper.score([reply])
        assert -sum(found) == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_steps_add_up_to_the_score(exported: Path) -> None:
    runtime = OnnxRuntime(exported, "fp32")
    texts = [encode_texts(e.source, e.memory, VOCABULARY) for e in EXAMPLES]
    bias = ban((), VOCABULARY.written)
    for one in texts:
        stepper = runtime.read(one, bias)
        state, last, reply, log_probs = stepper.start(), BEGIN_ID, [], []
        while last != END_ID and len(reply) < 6:
            out = stepper.step(state, np.array([last]), 1)
            last, state = int(out.tokens[0, 0]), out.state
            log_probs.append(float(out.log_probs[0, 0]))
            reply.append(last)
        if last == END_ID:
            (scored,) = stepper.score([reply[:-1]])
            assert list(scored) == pytest.approx(log_probs, abs=1e-3)


def test_replies_of_all_lengths_are_scored_as_each_alone(exported: Path) -> None:
    texts = encode_texts(EXAMPLES[1].source, EXAMPLES[1].memory, VOCABULARY)
    stepper = OnnxRuntime(exported, "fp32").read(texts, ban((), VOCABULARY.written))
    replies = [[5], [6, 5, 7, 8, 5], [], [7, 6]]
    together = stepper.score(replies)
    assert [len(scored) for scored in together] == [2, 6, 1, 3]
    for reply, scored in zip(replies, together, strict=True):
        assert scored == pytest.approx(stepper.score([reply])[0], abs=1e-4)


def test_gated_units_read_whole_replies_without_a_loop(
    exported: Path, settings: NetworkSettings
) -> None:
    # But where each step waits for what the one before has said.
    loops = settings.input_feeding or settings.cell == "rnn"
    graph = onnx.load(str(exported / graph_name(SCORE, "int8"))).graph
    assert any(node.op_type == "Loop" for node in graph.node) is loops


@pytest.mark.parametrize("settings", ["lstm", "input feeding"], indirect=True)
def test_a_step_computes_no_shapes(exported: Path) -> None:
    graph = onnx.load(str(exported / graph_name(STEP, "int8"))).graph
    assert not [node.name for node in graph.node if node.op_type == "Shape"]


def test_int8_of_every_kind_scores_about_the_same(exported: Path) -> None:
    bias = ban((), VOCABULARY.written)
    for one in [encode_texts(e.source, e.memory, VOCABULARY) for e in EXAMPLES]:
        scored = [
            sum(OnnxRuntime(exported, precision).read(one, bias).score([[5, 6]])[0])
            for precision in ("fp32", "int8")
        ]
        assert scored[0] == pytest.approx(scored[1], rel=0.15)


def test_side_by_side_is_as_alone(exported: Path) -> None:
    runtime = OnnxRuntime(exported, "fp32")
    texts = [encode_texts(e.source, e.memory, VOCABULARY) for e in EXAMPLES]
    bias = ban((), VOCABULARY.written)
    together = runtime.read_batch(texts, bias)
    rows = np.arange(len(texts))
    out = together.step(together.start(), np.full(len(texts), BEGIN_ID), rows, 3)
    for row, one in enumerate(texts):
        stepper = runtime.read(one, bias)
        alone = stepper.step(stepper.start(), np.array([BEGIN_ID]), 3)
        assert out.tokens[row].tolist() == alone.tokens[0].tolist()
        assert out.log_probs[row] == pytest.approx(alone.log_probs[0], abs=1e-4)


@pytest.mark.parametrize("deviation", [0.3, 1.0])
def test_tokens_begin_with_the_deviation_that_the_settings_name(deviation) -> None:
    settings = replace(BASE, embedding_size=128, embedding_deviation=deviation)
    network = build_network(settings, TRAINING, VOCABULARY)
    embedded = network.embedding(tf.range(4, len(VOCABULARY)))
    assert float(tf.math.reduce_std(embedded)) == pytest.approx(deviation, rel=0.1)


def test_tokens_enter_a_transformer_alike_however_small_they_begin() -> None:
    random = tf.random.stateless_normal((4, 25, 128), seed=(1, 2))
    for deviation in (0.06, 1.0):
        enter = PlacedTokens(128, 128, deviation, "fp32")
        placed = enter(random * deviation, 0) - enter(random * 0.0, 0)
        assert float(tf.math.reduce_std(placed)) == pytest.approx(1, rel=0.1)


def test_a_transformer_begins_by_looking_at_more_than_one_word() -> None:
    settings = replace(
        BASE, encoder="transformer", decoder="transformer", encoder_units=64
    )
    read = tf.random.stateless_normal((8, 10, 128), (7, 1))
    reader = Reader(settings, 128, 128, 128, Conditions.of(TRAINING))
    texts = Texts(Read(read, tf.zeros((8, 10))), None)

    shares = reader.rows(tf.random.stateless_normal((8, 128), (7, 2)), texts).dialogue

    # Of ten words, the one looked at most; 0.1 if all were alike.
    assert np.mean(np.max(shares, axis=1)) < 0.6


def test_a_word_of_no_vocabulary_is_copied() -> None:
    network, _ = trained(KINDS["memory and copy"], 150)
    stranger = len(VOCABULARY)
    inputs = batch(KINDS["memory and copy"])
    assert (inputs["reply_out"] >= stranger).any()
    losses = network.losses(inputs)
    assert float(losses.nll / losses.tokens) < 0.3
