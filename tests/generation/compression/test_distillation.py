from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from framework_plugin.corpus.codec import RESERVED
from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.errors import SettingsError
from framework_plugin.generation import artefact as artefacts
from framework_plugin.generation.compression.distillation import (
    DistillationSettings,
    distil,
    student_place,
    student_settings,
)
from framework_plugin.generation.compression.student import (
    Lesson,
    build_student,
    soft_loss,
)
from framework_plugin.generation.compression.teacher import Teacher
from framework_plugin.generation.encoding import input_names
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.calibration import patient
from framework_plugin.generation.serving.candidates import CandidateFinder
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.text.vocabulary import Vocabulary
from tests.small_generator import Silent

VOCABULARY = Vocabulary.build(
    [tuple("今天好累早点休息")], reserved=RESERVED, min_count=1
)
PLAIN = NetworkSettings(
    embedding_size=8,
    encoder_units=6,
    decoder_units=12,
    encoder_layers=1,
    decoder_layers=1,
)
EVERYTHING = replace(PLAIN, source_units="words", memory=True, copy=True)
NO_DROPOUT = TrainingSettings(
    dropout=0.0, word_dropout=0.0, label_smoothing=0.0, training_precision="fp32"
)


def batch(settings: NetworkSettings) -> dict[str, tf.Tensor]:
    rng = np.random.default_rng(3)
    size = len(VOCABULARY)

    def ids(rows: int, columns: int) -> np.ndarray:
        drawn = rng.integers(size - 8, size, (rows, columns))
        drawn[0, columns // 2 :] = 0
        return drawn.astype(np.int32)

    arrays = {name: ids(5, 6) for name in input_names(settings)}
    arrays["reply_in"][:, 0] = 2
    if settings.copy:
        # A word of no vocabulary, which can be copied alone.
        arrays["source_copy"][1, 1] = arrays["reply_out"][1, 1] = size
    return {name: tf.constant(value) for name, value in arrays.items()}


def test_the_soft_loss_is_the_cross_entropy_of_tempered_probabilities() -> None:
    scores, wanted = np.random.default_rng(1).normal(size=(2, 4, 7)).astype("f")
    for temperature in (1.0, 3.0):
        own, true = (np.exp(s / temperature) for s in (scores, wanted))
        own, true = (p / p.sum(1, keepdims=True) for p in (own, true))
        expected = -(temperature**2) * (true * np.log(own)).sum(1)
        found = soft_loss(tf.constant(scores), tf.constant(wanted), temperature)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_nothing_is_learned_through_the_teacher_nor_where_both_agree() -> None:
    scores = tf.Variable([[1.0, -2.0, 0.5]])
    wanted = tf.Variable([[1.0, -2.0, 0.5]])
    with tf.GradientTape() as tape:
        loss = soft_loss(scores, wanted, 2.0)
    own, other = tape.gradient(loss, [scores, wanted])
    np.testing.assert_allclose(own, np.zeros((1, 3)), atol=1e-6)
    assert other is None


@pytest.mark.slow
@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING])
def test_a_student_whose_teacher_does_not_count_learns_as_any_network(settings) -> None:
    training = replace(
        NO_DROPOUT,
        dropout=0.2,
        word_dropout=0.3,
        blank_source=0.3,
        label_smoothing=0.1,
    )
    teacher = build_network(settings, replace(training, random_seed=1), VOCABULARY)
    lesson = Lesson(teacher, 2.0, 0.0)
    student = build_student(settings, training, VOCABULARY, lesson)
    alone = build_network(settings, training, VOCABULARY)
    alone.set_weights(student.get_weights())
    for training_now in (True, False):
        found = student.losses(batch(settings), training=training_now)
        expected = alone.losses(batch(settings), training=training_now)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert len(student.variables) == len(alone.variables)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING])
def test_a_student_that_equals_its_teacher_has_nothing_more_to_learn(settings) -> None:
    teacher = build_network(settings, NO_DROPOUT, VOCABULARY)
    student = build_student(settings, NO_DROPOUT, VOCABULARY, Lesson(teacher, 1.0, 1.0))
    other = replace(NO_DROPOUT, random_seed=99)
    stranger = build_student(settings, other, VOCABULARY, Lesson(teacher, 1.0, 1.0))
    student.set_weights(teacher.get_weights())
    assert slope(student, settings) < 1e-4
    assert slope(stranger, settings) > 1e-2


def slope(network: Seq2Seq, settings: NetworkSettings) -> float:
    with tf.GradientTape() as tape:
        total = network.losses(batch(settings), training=True).total
    gradients = tape.gradient(
        total,
        network.trainable_variables,
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return float(tf.linalg.global_norm(list(gradients)).numpy())


def test_a_student_is_narrower_all_over_and_reads_the_same() -> None:
    teacher = replace(
        NetworkSettings(), embeddings_file="words.vec", freeze_embeddings=True
    )
    own = student_settings(teacher, 128)
    assert (own.decoder_units, own.encoder_units, own.embedding_size) == (128, 64, 64)
    assert own.embeddings_file is None
    assert own.source_units == teacher.source_units
    assert own.max_turn_tokens == teacher.max_turn_tokens


def test_a_student_that_cannot_be_built_is_refused() -> None:
    with pytest.raises(SettingsError, match="heads"):
        student_settings(replace(PLAIN, encoder="transformer"), 6)
    with pytest.raises(SettingsError, match="temperature"):
        DistillationSettings(8, temperature=0.0)


@pytest.mark.slow
def test_the_teacher_answers_each_message_once_with_what_its_search_finds(
    original, material
) -> None:
    asked = material.learned.epoch(1)
    answered = Teacher(original, material.decoding).answered(asked)
    assert Counter(e.source for e in answered) == Counter(e.source for e in asked)
    alone = replace(patient(material.decoding), recalled_candidates=0)
    finder = CandidateFinder(original.folder, "fp32", original.codec, alone)
    for example in answered[:10]:
        found = finder.find(example.turns, example.known, example.memory)
        assert example.target == found.candidates[0].tokens


@pytest.mark.slow
@pytest.mark.parametrize("level", ["word", "sequence"])
def test_a_student_is_smaller_and_answers_as_its_teacher_does(
    level, original, material, tmp_path
) -> None:
    settings = DistillationSettings(units=32, level=level)
    place = student_place(tmp_path, original, material, settings)
    distil(original, material, settings, place, Silent())
    assert place.is_done()
    own = artefacts.read_settings(place.folder)
    assert (own.decoder_units, own.encoder_units) == (32, 16)
    small, large = (
        artefacts.read_json(folder / artefacts.METRICS)["parameters"]
        for folder in (place.folder, original.folder)
    )
    assert small < large / 1.8
    student, teacher = map(ResponseGenerator, (place.folder, original.folder))
    nobody = UserContext(user_id="")
    for message in ("早上好", "今天好累", "外面在下雨", "考砸了"):
        dialogue = Dialogue((Turn(Speaker.USER, message),))
        assert student.reply(dialogue, nobody).text == (
            teacher.reply(dialogue, nobody).text
        )


@pytest.mark.slow
def test_stopped_while_the_teacher_answers_it_does_not_ask_again_what_it_knows(
    original, material, tmp_path
) -> None:
    settings = DistillationSettings(units=16, level="sequence")
    place = student_place(tmp_path, original, material, settings)
    asked: list[int] = []

    def watch(groups):
        asked.append(len(groups))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return groups

    with pytest.raises(KeyboardInterrupt):
        distil(original, material, settings, place, Silent(), watch)
    assert not place.folder.exists()
    again: list[int] = []

    def watch_again(groups):
        again.append(len(groups))
        if len(again) == 2:
            raise KeyboardInterrupt
        return groups

    with pytest.raises(KeyboardInterrupt):
        distil(original, material, settings, place, Silent(), watch_again)
    # Two of three epochs were answered before; the third is, then the held-out ones.
    assert len(again) == 2
    assert sorted(p.name for p in place.work.iterdir()) == [
        "answered-1",
        "answered-2",
        "answered-3",
    ]
