"""What compression costs: the same messages asked of several generators in turn."""

from __future__ import annotations

import math
import statistics
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sacrebleu

from framework_plugin.corpus.examples import Example
from framework_plugin.generation import artefact
from framework_plugin.generation.compression.original import Original, graphs
from framework_plugin.generation.serving.calibration import is_right, patient
from framework_plugin.generation.serving.candidates import CandidateFinder
from framework_plugin.generation.serving.confidence import ConfidenceModel
from framework_plugin.generation.serving.stepping import IMPOSSIBLE
from framework_plugin.generation.settings import DecodingSettings

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Contender:
    """One generator in one precision.

    Args:
        name: What the table calls it.
        folder: The artefact.
        precision: `fp32` or `int8`.
        parameters: Numbers of its network.
        nonzero: How many of them are not zero.
    """

    name: str
    folder: Path
    precision: str
    parameters: int
    nonzero: int


@dataclass(frozen=True)
class Row:
    """What was measured of one contender.

    Args:
        contender: Of which.
        size: Bytes of the graphs that are served.
        compressed: The same after gzip, as they are in a model of Rasa's.
        milliseconds: Median time of finding and judging what can be said.
        perplexity: Of the first references per token; NaN if none can be said.
        bleu: Of what the search alone finds, 0 to 100, by sacrebleu.
        same: Share of messages to which the search finds the first contender's words.
        right: Share answered rightly as served: recalled replies are judged too.
    """

    contender: Contender
    size: int
    compressed: int
    milliseconds: float
    perplexity: float
    bleu: float
    same: float
    right: float


@dataclass(frozen=True)
class _Answer:
    searched: str
    right: bool
    milliseconds: float
    log_probs: tuple[float, ...]


@dataclass
class _Subject:
    contender: Contender
    finder: CandidateFinder
    confidence: ConfidenceModel
    answers: list[_Answer] = field(default_factory=list)

    def answer(self, example: Example) -> _Answer:
        started = time.perf_counter()
        found = self.finder.find(example.turns, example.known, example.memory)
        offered = self.finder.offered(found.candidates)
        verdict = self.confidence.judge([c.evidence for c in offered])
        milliseconds = (time.perf_counter() - started) * 1000
        (log_probs,) = self.finder.score(
            example.turns, example.known, example.references[:1], example.memory
        )
        right = is_right(offered[verdict.index].text, example.references)
        return _Answer(found.candidates[0].text, right, milliseconds, log_probs)


class Measuring:
    """Asks all contenders each message, one after the other.

    A machine that is busy for a while slows all of them: their times can be compared.

    Args:
        contenders: The one that others are compared with first.
        original: What all were made from; all contenders cut texts as it does.
        decoding: How replies are searched for; without a time limit here.

    Raises:
        ArtefactError: If a generator is incomplete or damaged.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        original: Original,
        decoding: DecodingSettings,
    ) -> None:
        codec = original.codec
        self._examples: list[Example] = []
        self._subjects = [
            _Subject(
                each,
                CandidateFinder(each.folder, each.precision, codec, patient(decoding)),
                ConfidenceModel.load(each.folder / artefact.CONFIDENCE),
            )
            for each in contenders
        ]

    @property
    def asked(self) -> int:
        """How many messages all contenders have answered."""
        return len(self._examples)

    def ask(self, example: Example) -> None:
        """Asks all contenders one message; interrupted, it was not asked at all.

        Args:
            example: With at least one reference.
        """
        if not self._examples:
            # The first reply of a process takes longer than any later one.
            for subject in self._subjects:
                subject.answer(example)
        # Nobody always comes first, when caches are cold.
        shift = len(self._examples) % len(self._subjects)
        order = [*self._subjects[shift:], *self._subjects[:shift]]
        answers = [(subject, subject.answer(example)) for subject in order]
        for subject, answer in answers:
            subject.answers.append(answer)
        self._examples.append(example)

    def rows(self) -> list[Row]:
        """What came of it; nothing if nothing was asked."""
        return list(self._rows()) if self._examples else []

    def _rows(self) -> Iterator[Row]:
        first = [answer.searched for answer in self._subjects[0].answers]
        references = [example.references for example in self._examples]
        for subject in self._subjects:
            answers = subject.answers[: self.asked]
            said = [answer.searched for answer in answers]
            paths = graphs(subject.contender.folder, subject.contender.precision)
            yield Row(
                subject.contender,
                sum(path.stat().st_size for path in paths),
                sum(map(compressed_size, paths)),
                statistics.median(answer.milliseconds for answer in answers),
                _perplexity([answer.log_probs for answer in answers]),
                _bleu(said, references),
                statistics.mean(a == b for a, b in zip(said, first, strict=True)),
                statistics.mean(answer.right for answer in answers),
            )


def compressed_size(path: Path) -> int:
    """Bytes of a file after gzip, without its header (a few bytes)."""
    packer, size = zlib.compressobj(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            size += len(packer.compress(block))
    return size + len(packer.flush())


def _perplexity(replies: Sequence[Sequence[float]]) -> float:
    # A reply with a word that cannot be said has no likelihood: it is left out of all
    # rows alike, since all have the same vocabulary.
    said = [log_probs for log_probs in replies if min(log_probs) > IMPOSSIBLE]
    tokens = sum(map(len, said))
    return math.exp(-math.fsum(map(math.fsum, said)) / tokens) if tokens else math.nan


def _bleu(said: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    most = max(map(len, references))
    streams = [
        [some[i] if i < len(some) else None for some in references] for i in range(most)
    ]
    metric = sacrebleu.BLEU(tokenize="zh")
    return float(metric.corpus_score(list(said), streams).score)
