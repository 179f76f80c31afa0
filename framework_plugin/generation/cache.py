"""Trained generators kept by content: what is unchanged is not trained again."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import framework_plugin
from framework_plugin.corpus.reader import corpus_files, read_corpus, read_messages
from framework_plugin.corpus.script import Corpus
from framework_plugin.generation import artefact
from framework_plugin.generation.settings import DecodingSettings, TrainingSettings

logger = logging.getLogger(__name__)

_CODE_ROOMS = ("text", "corpus", "generation")
_SHOWN_BROKEN_LINES = 10


@dataclass(frozen=True)
class CorpusPaths:
    """Where the dialogues lie.

    Args:
        corpus: A dialogue file, or a folder of them, to learn from.
        development_corpus: The same, to try the result on. Without it every tenth
            dialogue of the corpus is kept aside.
        unanswerable: A file with one message a line that no generated reply would
            suit; lines that begin with `#` are comments.
    """

    corpus: str = "nlu_data/dialogues/train"
    development_corpus: str | None = None
    unanswerable: str | None = None

    def files(self) -> list[Path]:
        """All files that matter.

        Raises:
            CorpusError: If a folder or file is missing.
        """
        named = [self.corpus, self.development_corpus, self.unanswerable]
        return [f for name in named if name for f in corpus_files(Path(name))]


def generator_key(
    paths: CorpusPaths, training: TrainingSettings, decoding: DecodingSettings
) -> str:
    """What a trained generator depends on, as a hash: data, settings and code.

    Raises:
        CorpusError: If a corpus is missing.
    """
    digest = hashlib.sha256()
    settings = [asdict(training), asdict(decoding), framework_plugin.__version__]
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for path in [*paths.files(), *_code_files()]:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def cached_generator(
    paths: CorpusPaths,
    training: TrainingSettings,
    decoding: DecodingSettings,
    directory: Path,
) -> Path:
    """Finds the trained generator for these data and settings, or trains it.

    A training that was interrupted goes on from its last whole epoch.

    Args:
        paths: Where the dialogues lie.
        training: What shapes the model.
        decoding: How replies are searched for.
        directory: Where trained generators are kept.

    Returns:
        The artefact's folder.

    Raises:
        CorpusError: If a corpus is missing, empty or too small.
    """
    folder = directory / generator_key(paths, training, decoding)
    if (folder / "complete").exists():
        logger.info("The response generator is unchanged and not trained again.")
        return folder
    # Only here, so that serving never waits for TensorFlow.
    from framework_plugin.generation.progress import TerminalProgress
    from framework_plugin.generation.training import train_generator

    development, unanswerable = paths.development_corpus, paths.unanswerable
    progress = TerminalProgress()
    try:
        metrics = train_generator(
            _read(paths.corpus),
            _read(development) if development else None,
            read_messages(Path(unanswerable)) if unanswerable else [],
            training,
            decoding,
            folder,
            progress,
        )
    finally:
        progress.close()
    (folder / "complete").touch()
    logger.info(_summary(metrics))
    return folder


def _read(path: str) -> Corpus:
    corpus = read_corpus(Path(path))
    if corpus.broken:
        shown = "\n  ".join(map(str, corpus.broken[:_SHOWN_BROKEN_LINES]))
        logger.warning(
            "%d broken lines were skipped, each with the rest of its dialogue:\n  %s",
            len(corpus.broken),
            shown,
        )
    return corpus


def _code_files() -> Iterable[Path]:
    package = Path(framework_plugin.__file__).parent
    return sorted(f for room in _CODE_ROOMS for f in (package / room).rglob("*.py"))


def _summary(metrics: artefact.Metrics) -> str:
    return (
        f"Response generator trained on {metrics['exchanges']} exchanges in "
        f"{metrics['seconds']:.0f} s: development perplexity "
        f"{metrics['development_perplexity']:.1f}; of the held-out messages "
        f"{metrics['sure']:.0%} are answered with confidence, "
        f"{metrics['right_when_sure']:.0%} of those rightly."
    )
