"""A network that learns from a teacher's probabilities as well as from the corpus."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from framework_plugin.generation.encoding import input_names
from framework_plugin.generation.network.decoder import State, Texts, Written
from framework_plugin.generation.network.lexicon import Lexicon
from framework_plugin.generation.network.losses import Losses
from framework_plugin.generation.network.seq2seq import Heard, Inputs, Seq2Seq
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.text.vocabulary import PAD_ID, Vocabulary


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a student is taught by.

    Args:
        teacher: A trained network of the same vocabulary; it learns nothing.
        temperature: See `soft_loss`.
        share: How much the teacher counts, 0 to 1; the rest is the corpus.
    """

    teacher: Seq2Seq
    temperature: float
    share: float


@dataclass(eq=False)
class _Notes:
    """What a student read and wrote in its last pass."""

    source: tf.Tensor = None
    memory: tf.Tensor | None = None
    reply_in: tf.Tensor = None
    written: Written | None = None


class Student(Seq2Seq):
    """A network with a teacher.

    The teacher reads just what the student reads, words left out included (Beyer et al.
    2022, "Knowledge Distillation: A Good Teacher Is Patient and Consistent"). Where
    copying is on, it also shows where its words come from; where in a text to look is
    learned from the corpus alone.

    Args:
        settings: What it is made of.
        training: Dropout and precision.
        lexicon: Of its vocabulary.
        lesson: Not part of the network: its weights are not saved with it.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        training: TrainingSettings,
        lexicon: Lexicon,
        lesson: Lesson,
    ) -> None:
        super().__init__(settings, training, lexicon)
        self._lesson = lesson
        self._notes = _Notes()

    def hear(
        self, source: tf.Tensor, memory: tf.Tensor | None, training: bool = False
    ) -> Heard:
        """See `Seq2Seq.hear`; what was read is noted."""
        self._notes.source, self._notes.memory = source, memory
        return super().hear(source, memory, training)

    def write(
        self, tokens: tf.Tensor, state: State, texts: Texts, training: bool = False
    ) -> tuple[Written, State]:
        """See `Seq2Seq.write`; what was read and written is noted."""
        written, after = super().write(tokens, state, texts, training)
        self._notes.reply_in, self._notes.written = tokens, written
        return written, after

    def losses(self, inputs: Inputs, training: bool = False) -> Losses:
        """The loss of a batch.

        Args:
            inputs: See `Seq2Seq.losses`.
            training: Whether to learn from the teacher too; without it, the loss is
                that of any network.

        Returns:
            As `Seq2Seq.losses`; while training the total is (1 - α) of the corpus' loss
            and α of the teacher's (Kim & Rush 2016, §3.1), α being the lesson's share.
        """
        hard = super().losses(inputs, training=training)
        if not training:
            return hard
        share = self._lesson.share
        soft = self._soft(tf.not_equal(inputs["reply_out"], PAD_ID))
        return hard._replace(total=(1.0 - share) * hard.total + share * soft)

    def _soft(self, real: tf.Tensor) -> tf.Tensor:
        """The teacher's loss for what was just read, summed over the real places."""
        notes, self._notes = self._notes, _Notes()
        teacher, temperature = self._lesson.teacher, self._lesson.temperature
        heard = teacher.hear(notes.source, notes.memory)
        shown, _ = teacher.write(notes.reply_in, heard.state, heard.texts)
        assert notes.written is not None
        scores, wanted = (
            network.embedding.scores(tf.boolean_mask(written.features, real))
            for network, written in ((self, notes.written), (teacher, shown))
        )
        soft = soft_loss(scores, wanted, temperature)
        if shown.sources is not None:
            own = tf.boolean_mask(notes.written.sources, real)
            sources = tf.stop_gradient(tf.boolean_mask(shown.sources, real))
            # A word counts for as much as the teacher would write and not copy it.
            soft = tf.exp(sources[:, 0]) * soft + soft_loss(own, sources, temperature)
        return tf.reduce_sum(soft)


def build_student(
    settings: NetworkSettings,
    training: TrainingSettings,
    vocabulary: Vocabulary,
    lesson: Lesson,
) -> Student:
    """A student with all its weights made, random from the seed.

    Args:
        settings: What it is made of.
        training: Dropout and precision.
        vocabulary: Its own and its teacher's.
        lesson: What it is taught by.
    """
    tf.keras.utils.set_random_seed(training.random_seed)
    student = Student(settings, training, Lexicon.of(vocabulary), lesson)
    student({name: tf.ones((2, 2), tf.int32) for name in input_names(settings)})
    return student


def soft_loss(
    scores: tf.Tensor, teacher_scores: tf.Tensor, temperature: float
) -> tf.Tensor:
    """How far a student is from its teacher (Hinton et al. 2015, §2).

    Args:
        scores: The student's, before the softmax, (places, choices).
        teacher_scores: The teacher's, same shape; nothing is learned through them.
        temperature: Divides both; above 1, unlikely choices count for more.

    Returns:
        Cross-entropy in nats, (places,). It is multiplied by the temperature's square,
        since gradients shrink as much: its weight beside another loss stays.
    """
    probabilities = tf.nn.softmax(tf.stop_gradient(teacher_scores) / temperature)
    return temperature**2 * tf.nn.softmax_cross_entropy_with_logits(
        labels=probabilities, logits=scores / temperature
    )
