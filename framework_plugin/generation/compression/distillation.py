"""A smaller network that learns what a trained one, its teacher, would say.

Word by word it learns the teacher's probabilities of each next word (Hinton et al.
2015, "Distilling the Knowledge in a Neural Network", §2; Kim & Rush 2016,
"Sequence-Level Knowledge Distillation", §3.1). Sequence by sequence it learns the
replies that the teacher finds with its beam, as if they stood in the corpus (Kim &
Rush, §3.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from framework_plugin.generation.compression.fitting import (
    fit,
    in_batches,
    stored,
    write_generator,
)
from framework_plugin.generation.compression.original import Material, Original
from framework_plugin.generation.compression.place import Place
from framework_plugin.generation.compression.student import Lesson, build_student
from framework_plugin.generation.compression.teacher import Teacher, Watch, unwatched
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.generation.training.results import Progress
from framework_plugin.generation.training.store import Examples, ExampleStore
from framework_plugin.settings import require_range

Level = Literal["word", "sequence", "none"]
NAMES: Mapping[Level, str] = {
    "word": "distilled-word",
    "sequence": "distilled-sequence",
    "none": "untaught",
}
_ANSWERED_EPOCHS = 3
"""So many epochs' examples does the teacher answer; they are then read again."""


@dataclass(frozen=True)
class DistillationSettings:
    """How a student is taught.

    Args:
        units: Of its decoder; see `student_settings`.
        level: What it learns: the teacher's probabilities of each `word`, its replies
            (`sequence`), or as if there were no teacher (`none`), to compare with.
        temperature: Of `word`: both networks' scores are divided by it, so that what
            the teacher holds unlikely teaches more (Hinton et al., §2).
        teacher_share: Of `word`: how much the teacher counts; the rest is the corpus
            (Kim & Rush, §3.1, α of eq. 6).
    """

    units: int
    level: Level = "word"
    temperature: float = 2.0
    teacher_share: float = 0.5

    def __post_init__(self) -> None:
        require_range("student units", self.units, 1)
        require_range("temperature", self.temperature, 0.1, 20.0)
        require_range("teacher_share", self.teacher_share, 0.0, 1.0)


def student_settings(teacher: NetworkSettings, units: int) -> NetworkSettings:
    """The teacher's network, narrower.

    Encoder, embeddings and all other widths shrink in proportion. What is read and
    written stays: a student has its teacher's vocabulary.

    Args:
        teacher: Its settings.
        units: Of the student's decoder.

    Raises:
        SettingsError: If such a network cannot be.
    """

    def shrunk(width: int) -> int:
        return max(1, round(width * units / teacher.decoder_units))

    return replace(
        teacher,
        decoder_units=units,
        encoder_units=shrunk(teacher.encoder_units),
        embedding_size=shrunk(teacher.embedding_size),
        feed_forward_units=shrunk(teacher.feed_forward_units),
        # Vectors of another length than the file's.
        embeddings_file=None,
        freeze_embeddings=False,
    )


def student_place(
    output: Path, original: Original, material: Material, settings: DistillationSettings
) -> Place:
    """Where the student's generator goes."""
    made_from = {"original": original.identity, "material": material.key}
    record = {"method": "distil", **made_from, **asdict(settings)}
    return Place(output, NAMES[settings.level], record)


def distil(
    original: Original,
    material: Material,
    settings: DistillationSettings,
    place: Place,
    progress: Progress,
    watch: Watch = unwatched,
) -> None:
    """Trains a student and writes its generator.

    Called again after Ctrl-C it goes on where it was.

    Args:
        original: The teacher.
        material: To train on.
        settings: How.
        place: See `student_place`.
        progress: See `results.Progress`.
        watch: Shows how many messages the teacher has answered.

    Raises:
        KeyboardInterrupt: If Ctrl-C ended it; nothing was written but checkpoints.
        SettingsError: If there can be no such student.
        TrainingError: If the training diverged, or the disk is full.
    """
    own = student_settings(original.settings, settings.units)
    training, work = material.training, place.work
    network = _student(own, training, original, settings)
    lessons: _Learned | _Answered = _Learned(original, material, work)
    tried = list(material.tried)
    if settings.level == "sequence":
        progress.stage("asking the teacher")
        teacher = Teacher(original, material.decoding)
        lessons = _Answered(teacher, material, work, watch)
        # It is to do as its teacher does, not as the corpus does: so is it stopped.
        tried = teacher.answered(tried, watch)
    progress.stage(f"teaching a student of {settings.units} units ({settings.level})")
    development = in_batches(map(original.encode, tried), training)
    outcome = fit(
        network, training, work / "checkpoints", lessons.of, development, progress
    )
    write_generator(network, original, material, place, outcome, progress)


def _student(
    own: NetworkSettings,
    training: TrainingSettings,
    original: Original,
    settings: DistillationSettings,
) -> Seq2Seq:
    if settings.level != "word":
        return build_network(own, training, original.vocabulary)
    teacher = original.network(training)
    lesson = Lesson(teacher, settings.temperature, settings.teacher_share)
    return build_student(own, training, original.vocabulary, lesson)


class _Learned:
    """The corpus, an epoch at a time."""

    def __init__(self, original: Original, material: Material, work: Path) -> None:
        self._original, self._material, self._work = original, material, work

    def of(self, epoch: int) -> Examples:
        examples = self._material.learned.epoch(epoch)
        return stored(self._work / "examples", [examples], self._original)


class _Answered:
    """The corpus' messages with the teacher's replies, found before training begins."""

    def __init__(
        self, teacher: Teacher, material: Material, work: Path, watch: Watch
    ) -> None:
        epochs = material.training.epochs if material.learned.varies else 1
        self._paths = [
            work / f"answered-{epoch}"
            for epoch in range(1, min(epochs, _ANSWERED_EPOCHS) + 1)
        ]
        for epoch, path in enumerate(self._paths, start=1):
            # What an earlier, interrupted run found is not searched for again.
            if not path.exists():
                examples = list(material.learned.epoch(epoch))
                found = teacher.answered(examples, watch)
                stored(path, [found], teacher.original)

    def of(self, epoch: int) -> Examples:
        return ExampleStore.open(self._paths[(epoch - 1) % len(self._paths)])
