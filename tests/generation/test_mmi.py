"""The models of `mmi`, from training to the reply."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.script import Corpus
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.generation import artefact as stored
from framework_plugin.generation.encoding import (
    codec_of,
    encode_example,
    input_names,
)
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.candidates import Candidate, CandidateFinder
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.serving.hypothesis import length_normaliser
from framework_plugin.generation.serving.runtime import OnnxRuntime
from framework_plugin.generation.serving.scorers import (
    Asked,
    BackwardModel,
    LanguageModel,
)
from framework_plugin.generation.settings import (
    DecodingSettings,
    GeneratorSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.generation.training.pipeline import train_generator
from framework_plugin.generation.training.sources import script_source
from framework_plugin.text.vocabulary import Vocabulary
from tests.small_generator import OPTIONS, UNANSWERABLE, Silent

PATIENT = DecodingSettings(
    time_budget_ms=60_000, precision="fp32", recalled_candidates=0
)
PAIRS = {
    "下雨了": "记得带伞。",
    "我考试没过": "一次没过不算什么，下次再来。",
    "今天好累": "辛苦了，早点休息。",
    "睡不着": "泡个脚，听听雨声。",
    "叫我{name}": "{name}，很高兴认识你。",
}
STRANGER = UserContext("u")


def both_models(corpus: Corpus, folder: Path, progress: Silent, epochs: int) -> None:
    options = {
        **OPTIONS,
        "epochs": epochs,
        "blank_source": 0.2,
        "backward_network": True,
        "mmi": "bidirectional",
        "time_budget_ms": 60_000.0,
    }
    settings = GeneratorSettings.read(options)
    source = script_source(corpus.scripts, settings)
    train_generator(source, source, UNANSWERABLE, settings, folder, progress)


@pytest.fixture(scope="module")
def with_models(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mmi")
    both_models(corpus, folder, Silent(), epochs=30)
    return folder


def codec(folder: Path) -> UtteranceCodec:
    return codec_of(stored.read_settings(folder))


def searched(folder: Path, message: str, decoding: DecodingSettings) -> list[Candidate]:
    finder = CandidateFinder(folder, "fp32", codec(folder), decoding)
    turns = [(Speaker.USER, codec(folder).read(message))]
    return finder.find(turns, ()).candidates


def ids_of(folder: Path, replies: Sequence[str]) -> list[list[int]]:
    vocabulary = Vocabulary.load(folder / stored.VOCABULARY)
    return [vocabulary.encode(codec(folder).write(reply)) for reply in replies]


@pytest.mark.parametrize(
    ("mmi", "way_out"),
    [("anti_lm", "'blank_source' to 0.1"), ("bidirectional", "'backward_network' to")],
)
def test_a_model_that_is_not_trained_is_refused_with_the_way_out(
    mmi: str, way_out: str
) -> None:
    with pytest.raises(SettingsError, match=way_out):
        GeneratorSettings.read({"mmi": mmi})


def test_with_its_model_trained_either_is_accepted() -> None:
    for values in (
        {"mmi": "anti_lm", "blank_source": 0.1},
        {"mmi": "bidirectional", "backward_network": True},
    ):
        assert GeneratorSettings.read(values).decoding.mmi == values["mmi"]


EXAMPLE = Example(
    (), ("<user>", "我", "叫", "阿南"), ("你好", "阿南"), memory=("名字", "阿南")
)
WORDS = Vocabulary.build(
    [EXAMPLE.target],
    [EXAMPLE.source + EXAMPLE.memory],
    reserved=("<user>", "<bot>"),
    min_count=1,
)
ALL = NetworkSettings(
    source_units="words",
    embedding_size=8,
    encoder_units=8,
    decoder_units=8,
    memory=True,
    copy=True,
)
COUNT = 64


def network(blank_source: float) -> Seq2Seq:
    training = TrainingSettings(
        training_precision="fp32",
        dropout=0.0,
        word_dropout=0.0,
        label_smoothing=0.0,
        blank_source=blank_source,
    )
    return build_network(ALL, training, WORDS)


def inputs(example: Example, count: int) -> dict[str, tf.Tensor]:
    encoded = encode_example(example, WORDS, input_names(ALL), 10)
    return {name: tf.constant([ids] * count) for name, ids in encoded.items()}


@pytest.mark.slow
def test_a_share_of_examples_is_learned_with_nothing_read() -> None:
    made = network(0.4)
    # Far from nothing, so that what is read makes a difference.
    made.set_weights([4 * weight for weight in made.get_weights()])
    read = float(made.losses(inputs(EXAMPLE, 1)).nll)
    blank = float(made.losses(inputs(replace(EXAMPLE, source=(), memory=()), 1)).nll)
    assert abs(read - blank) > 0.02

    def blanked(step: int) -> float:
        made.random.step.assign(step)
        mixed = float(made.losses(inputs(EXAMPLE, COUNT), training=True).nll)
        return (mixed - COUNT * read) / (blank - read)

    shares = [blanked(step) for step in range(6)]
    assert shares[0] == blanked(0)
    assert len({round(share) for share in shares}) > 1
    # Whole examples, and about four of ten.
    assert shares == pytest.approx([round(share) for share in shares], abs=0.1)
    assert 0.25 < sum(shares) / len(shares) / COUNT < 0.55


@pytest.mark.slow
def test_what_is_measured_is_always_read() -> None:
    made, plain = network(0.9), network(0.0)
    plain.set_weights(made.get_weights())
    batch = inputs(EXAMPLE, COUNT)
    assert float(made.losses(batch).nll) == float(plain.losses(batch).nll)


@pytest.mark.slow
def test_without_a_source_replies_are_as_likely_as_they_are_frequent() -> None:
    often, seldom = ("你好",), ("阿南",)
    messages = ["我", "叫", "阿南", "名字"]
    learned = [
        Example((), ("<user>", *said), seldom if said[0] == "名字" else often)
        for said in itertools.product(messages, messages)
    ]
    made = network(0.4)
    encoded = [encode_example(e, WORDS, input_names(ALL), 10) for e in learned]
    batch = {name: tf.constant([e[name] for e in encoded]) for name in encoded[0]}
    optimizer = tf.keras.optimizers.legacy.Adam(0.02)

    @tf.function(autograph=False)
    def learn() -> None:
        with tf.GradientTape() as tape:
            total = made.losses(batch, training=True).total / len(learned)
        variables = made.trainable_variables
        gradients = tape.gradient(total, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        made.random.step.assign_add(1)

    for _ in range(250):
        learn()

    def likelihood(source: tuple[str, ...], target: tuple[str, ...]) -> float:
        return math.exp(-float(made.losses(inputs(Example((), source, target), 1)).nll))

    assert likelihood((), often) == pytest.approx(0.75, abs=0.15)
    assert likelihood((), seldom) == pytest.approx(0.25, abs=0.15)
    assert likelihood(("<user>", "我", "叫"), often) > 0.9
    assert likelihood(("<user>", "名字", "叫"), seldom) > 0.9


@pytest.mark.slow
def test_a_word_that_can_only_be_copied_is_neither_likely_nor_unlikely(
    with_models: Path,
) -> None:
    vocabulary = Vocabulary.load(with_models / stored.VOCABULARY)
    runtime = OnnxRuntime(with_models, "fp32")
    model = LanguageModel(with_models, runtime, vocabulary)
    (plain,) = ids_of(with_models, ["记得带伞。"])
    (row,) = model.log_probs([[*plain[:1], len(vocabulary) + 3, *plain[2:]]])
    assert row[1] == 0.0
    assert all(p < 0 for i, p in enumerate(row) if i != 1)
    assert len(row) == len(plain) + 1


@pytest.mark.slow
def test_a_message_is_guessed_best_from_its_own_reply(with_models: Path) -> None:
    vocabulary = Vocabulary.load(with_models / stored.VOCABULARY)
    model = BackwardModel(with_models, "fp32", vocabulary)
    asked = [Asked(codec(with_models).read(message), ()) for message in PAIRS]
    replies = ids_of(with_models, list(PAIRS.values()))
    for number in range(len(asked)):
        scores = model.log_probs(asked, replies, [number] * len(replies))
        sums = [sum(row) for row in scores]
        assert sums.index(max(sums)) == number


@pytest.mark.slow
def test_a_message_of_unknown_words_is_scored_by_what_is_left(
    with_models: Path,
) -> None:
    vocabulary = Vocabulary.load(with_models / stored.VOCABULARY)
    model = BackwardModel(with_models, "fp32", vocabulary)
    replies = ids_of(with_models, ["记得带伞。"])
    (scores,) = model.log_probs([Asked(("䶮䶮",), ())], replies, [0])
    assert len(scores) == 1
    assert scores[0] > -50


@pytest.mark.slow
@pytest.mark.parametrize("message", ["外面在下雨", "今天真累啊"])
def test_anti_lm_ranks_by_what_is_likely_here_but_not_anywhere(
    with_models: Path, message: str
) -> None:
    wanted = replace(PATIENT, mmi="anti_lm", mmi_weight=0.9, mmi_tokens=3)
    plain = searched(with_models, message, PATIENT)
    found = searched(with_models, message, wanted)
    assert {c.text for c in found} == {c.text for c in plain}
    assert {c.log_probs for c in found} == {c.log_probs for c in plain}

    vocabulary = Vocabulary.load(with_models / stored.VOCABULARY)
    runtime = OnnxRuntime(with_models, "fp32")
    model = LanguageModel(with_models, runtime, vocabulary)
    alone = model.log_probs([vocabulary.encode(c.tokens) for c in found])
    scores = [
        (sum(c.log_probs) - 0.9 * sum(row[:3]))
        / length_normaliser(len(c.tokens), wanted.length_penalty)
        for c, row in zip(found, alone, strict=True)
    ]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.slow
def test_bidirectional_puts_the_reply_first_that_tells_the_message(
    with_models: Path,
) -> None:
    wanted = replace(PATIENT, mmi="bidirectional", mmi_weight=1.0)
    found = searched(with_models, "外面在下雨", wanted)
    vocabulary = Vocabulary.load(with_models / stored.VOCABULARY)
    model = BackwardModel(with_models, "fp32", vocabulary)
    asked = [Asked(codec(with_models).read("外面在下雨"), ())]
    replies = [vocabulary.encode(c.tokens) for c in found]
    sums = [sum(row) for row in model.log_probs(asked, replies, [0] * len(replies))]
    assert sums == sorted(sums, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("mmi", ["anti_lm", "bidirectional"])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_it_serves_what_was_learned_with_its_own_confidence(
    with_models: Path, mmi: str, precision: str
) -> None:
    decoding = replace(
        PATIENT, mmi=mmi, precision=precision, recalled_candidates=8, min_confidence=0.2
    )
    generator = ResponseGenerator(with_models, decoding)
    reply = generator.reply(Dialogue((Turn(Speaker.USER, "下雨了"),)), STRANGER)
    assert reply.text == "记得带伞。"
    assert reply.sure
    assert all(0 <= p <= 1 for p in reply.probabilities)


@pytest.mark.slow
def test_the_order_that_mmi_made_decides_what_is_judged(with_models: Path) -> None:
    wanted = replace(PATIENT, mmi="bidirectional", recalled_candidates=8)
    finder = CandidateFinder(with_models, "fp32", codec(with_models), wanted)
    turns = [(Speaker.USER, codec(with_models).read("外面在下雨"))]
    found = finder.find(turns, ()).candidates
    offered = finder.offered(found)
    recalled = [c for c in found if c.origin == "recalled"]
    assert recalled
    assert len(found) > len(recalled) + 1
    assert offered == [found[0], *recalled]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mmi", "way_out"),
    [("anti_lm", "never learned to write"), ("bidirectional", "'backward_network'")],
)
def test_an_artefact_without_the_model_is_refused(
    artefact: Path, mmi: str, way_out: str
) -> None:
    with pytest.raises(ArtefactError, match=way_out):
        ResponseGenerator(artefact, replace(PATIENT, mmi=mmi))


class Stops(Silent):
    """Interrupts the training of the second network."""

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        super().epoch_started(epoch, epochs, steps, done)
        if self.epochs == [1, 2, 1, 2]:
            raise RuntimeError("the machine went away")


@pytest.mark.slow
def test_interrupted_at_the_second_network_it_goes_on_there(
    corpus: Corpus, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError):
        both_models(corpus, tmp_path, Stops(), epochs=2)
    rest = Silent()
    both_models(corpus, tmp_path, rest, epochs=2)
    assert rest.epochs == [2]
    assert not list(tmp_path.rglob("work"))
