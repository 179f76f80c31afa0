"""Trained generators kept by content: what is unchanged is not trained again."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import framework_plugin
from framework_plugin.corpus.reader import corpus_files, read_messages
from framework_plugin.errors import SettingsError
from framework_plugin.generation import artefact
from framework_plugin.generation.lineage import digest_of, identity
from framework_plugin.generation.settings import DecodingSettings, GeneratorSettings
from framework_plugin.generation.training.sources import open_sources

logger = logging.getLogger(__name__)

_CODE_ROOMS = ("text", "corpus", "generation")
_INTERRUPTED = (
    "The training was interrupted; the generator has the best weights so far. To go on "
    "where it stopped, run `rasa train --force`."
)


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
    paths: CorpusPaths, settings: GeneratorSettings, base: Path | None = None
) -> str:
    """What a trained generator depends on, as a hash: data, settings and code.

    Args:
        paths: Where the dialogues lie.
        settings: Of the generator.
        base: A trained generator that it goes on from.

    Raises:
        ArtefactError: If a generator to go on from is missing.
        CorpusError: If a corpus is missing.
        SettingsError: If `embeddings_file` is missing.
    """
    digest = hashlib.sha256()
    values = [asdict(settings), framework_plugin.__version__]
    digest.update(json.dumps(values, sort_keys=True).encode())
    for path in [*paths.files(), *_read_besides(settings), *_code_files()]:
        digest.update(path.name.encode())
        digest.update(digest_of(path).encode())
    named = settings.training.base_generator
    for other in (base, Path(named) if named else None):
        digest.update("".join(identity(other) if other else ()).encode())
    return digest.hexdigest()[:32]


def cached_generator(
    paths: CorpusPaths,
    settings: GeneratorSettings,
    directory: Path,
    base: Path | None = None,
) -> Path:
    """Finds the trained generator for these data and settings, or trains it.

    A training that was interrupted goes on from its last checkpoint.

    Args:
        paths: Where the dialogues lie.
        settings: Of the generator.
        directory: Where trained generators are kept.
        base: A trained generator to go on from.

    Returns:
        The artefact's folder.

    Raises:
        ArtefactError: If a generator to go on from is missing or damaged.
        CorpusError: If a corpus is missing, empty or too small.
        SettingsError: If the settings do not suit the generator to go on from.
    """
    folder = directory / generator_key(paths, settings, base)
    if (folder / "complete").exists():
        logger.info("The response generator is unchanged and not trained again.")
        return folder
    # Only here, so that serving never waits for TensorFlow.
    from framework_plugin.generation.training.pipeline import train_generator
    from framework_plugin.generation.training.progress import TerminalProgress

    learned, held_out = open_sources(paths.corpus, paths.development_corpus, settings)
    unanswerable = paths.unanswerable
    progress = TerminalProgress()
    try:
        metrics = train_generator(
            learned,
            held_out,
            read_messages(Path(unanswerable)) if unanswerable else [],
            settings,
            folder,
            progress,
            base,
        )
    finally:
        progress.close()
    if metrics["interrupted"]:
        logger.warning(_INTERRUPTED)
    else:
        (folder / "complete").touch()
    logger.info(_summary(metrics))
    return folder


def given_key(folder: Path, decoding: DecodingSettings) -> str:
    """What a trained generator in a folder is, as a hash.

    Raises:
        ArtefactError: If it is no generator.
    """
    artefact.read_settings(folder)
    digest = hashlib.sha256(json.dumps(asdict(decoding), sort_keys=True).encode())
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        digest.update(path.name.encode())
        digest.update(digest_of(path).encode())
    return digest.hexdigest()[:32]


def given_generator(folder: Path, base: Path | None = None) -> Path:
    """A trained generator that is served as it is.

    Raises:
        ArtefactError: If it is no generator.
        SettingsError: If it should be trained further.
    """
    if base is not None:
        raise SettingsError(
            f"'generator' names the finished generator '{folder}', which is served as "
            "it is. Leave 'generator' out to train with --finetune."
        )
    artefact.read_settings(folder)
    return folder


def _read_besides(settings: GeneratorSettings) -> Iterable[Path]:
    """What is learned from beside the dialogues."""
    if text := settings.training.pretraining_text:
        yield from corpus_files(Path(text))
    if synonyms := settings.training.synonyms:
        yield Path(synonyms)
    if vectors := settings.network.embeddings_file:
        if not Path(vectors).is_file():
            raise SettingsError(
                f"There are no word vectors at '{vectors}'. Correct 'embeddings_file', "
                "or leave it out."
            )
        yield Path(vectors)


def _code_files() -> Iterable[Path]:
    package = Path(framework_plugin.__file__).parent
    files = [f for room in _CODE_ROOMS for f in (package / room).rglob("*.py")]
    return sorted(file for file in files if file.parent.name != "compression")


def _summary(metrics: artefact.Metrics) -> str:
    return (
        f"Response generator trained on {metrics['exchanges']} exchanges in "
        f"{metrics['seconds']:.0f} s: development perplexity "
        f"{metrics['development_perplexity']:.1f}; of the held-out messages "
        f"{metrics['sure']:.0%} are answered with confidence, "
        f"{metrics['right_when_sure']:.0%} of those rightly."
    )
