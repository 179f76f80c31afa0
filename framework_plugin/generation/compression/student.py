"""A network that learns from a teacher's probabilities as well as from the corpus."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from framework_plugin.generation.encoding import input_names
from framework_plugin.generation.network.lexicon import Lexicon
from framework_plugin.generation.network.losses import Losses
from framework_plugin.generation.network.seq2seq import Attempt, Inputs, Seq2Seq
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.text.vocabulary import Vocabulary


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
        attempt = self.attempt(inputs, training)
        hard = self.loss_of(attempt, training)
        if not training:
            return hard
        share = self._lesson.share
        total = (1.0 - share) * hard.total + share * self._soft(attempt)
        return hard._replace(total=total)

    def _soft(self, attempt: Attempt) -> tf.Tensor:
        """The teacher's loss for an attempt, summed over the real places."""
        teacher, temperature = self._lesson.teacher, self._lesson.temperature
        read, real = attempt.read, attempt.real
        heard = teacher.hear(read["source"], read.get("memory"))
        shown, _ = teacher.write(read["reply_in"], heard.state, heard.texts)
        wanted = teacher.embedding.scores(tf.boolean_mask(shown.features, real))
        soft = soft_loss(attempt.scores, wanted, temperature)
        if shown.sources is not None:
            own = tf.boolean_mask(attempt.written.sources, real)
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
