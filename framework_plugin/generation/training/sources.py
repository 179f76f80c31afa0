"""Where the examples come from: written dialogues, or records of public corpora."""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from framework_plugin.corpus.augmentation import EntitySubstitution, WordNoise
from framework_plugin.corpus.examples import Augmentation, Example, ExampleSampler
from framework_plugin.corpus.formats import DialogueRecord, find_format, open_records
from framework_plugin.corpus.reader import read_corpus
from framework_plugin.corpus.record_examples import (
    RecordExamples,
    Records,
    Substitution,
)
from framework_plugin.corpus.script import Corpus, Script
from framework_plugin.corpus.synonyms import read_synonyms
from framework_plugin.corpus.values import all_values
from framework_plugin.errors import CorpusError, SettingsError
from framework_plugin.generation.encoding import codec_of
from framework_plugin.generation.settings import GeneratorSettings, TrainingSettings
from framework_plugin.text.segment import create_segmenter

logger = logging.getLogger(__name__)

_SHOWN_BROKEN_LINES = 10
_KEPT_ASIDE = 10
"""One dialogue in so many is kept aside where there is no development corpus."""


class ExampleSource(Protocol):
    """Gives examples, as often as asked.

    Attributes:
        varies: Whether the examples of one epoch differ from those of the next.
    """

    varies: bool

    def written(self) -> Iterable[Sequence[str]]:
        """The replies in tokens, repeats included."""
        ...

    def read(self) -> Iterable[Sequence[str]]:
        """What is read in tokens, repeats included."""
        ...

    def epoch(self, number: int) -> Iterable[Example]:
        """The examples of one epoch, the same for the same number."""
        ...

    def plain(self) -> Iterable[Example]:
        """The examples as written."""
        ...

    def amid_talk(self) -> Iterable[Example]:
        """More examples to try, in the midst of other talk; maybe none."""
        ...


def open_sources(
    corpus: str, development: str | None, settings: GeneratorSettings
) -> tuple[ExampleSource, ExampleSource]:
    """Opens what there is to learn from, and what to try the result on.

    Args:
        corpus: A file or folder.
        development: Another one; None keeps some dialogues of `corpus` aside.
        settings: Of the generator.

    Raises:
        CorpusError: If either is missing, empty or too small.
        SettingsError: If the network has a memory and the corpus nothing for it.
    """
    if _is_public(Path(corpus)):
        return _public_sources(Path(corpus), development, settings)
    if settings.network.memory:
        raise SettingsError(
            "'memory' is learned from what is known of a user, and the dialogues in "
            f"'{corpus}' say only which kinds of fact are. Leave 'memory' out, or name "
            "the file of a public corpus with profiles in 'corpus'; see docs/corpus.md."
        )
    learned = _read(corpus)
    if development is None:
        return split_scripts(learned, settings)
    return (
        script_source(learned.scripts, settings),
        script_source(_read(development).scripts, settings),
    )


def script_source(
    scripts: Sequence[Script], settings: GeneratorSettings
) -> ExampleSampler:
    """Examples from written dialogues."""
    return ExampleSampler(
        scripts,
        codec_of(settings.network),
        seed=settings.training.random_seed,
        context_turns=settings.network.context_turns,
        max_turn_tokens=settings.network.max_turn_tokens,
        augmentation=Augmentation(),
        noise=_noise(settings.training),
    )


def record_source(records: Records, settings: GeneratorSettings) -> RecordExamples:
    """Examples from records."""
    return RecordExamples(
        records,
        codec_of(settings.network),
        seed=settings.training.random_seed,
        context_turns=settings.network.context_turns,
        max_turn_tokens=settings.network.max_turn_tokens,
        max_memory_tokens=settings.network.max_memory_tokens,
        noise=_noise(settings.training),
        substitution=_substitution(settings.training),
    )


def _noise(settings: TrainingSettings) -> WordNoise | None:
    shares = (settings.word_deletion, settings.word_swap, settings.synonym_replacement)
    if not any(shares):
        return None
    synonyms = read_synonyms(Path(settings.synonyms)) if settings.synonyms else {}
    return WordNoise(*shares, synonyms)


def _substitution(settings: TrainingSettings) -> Substitution | None:
    if not settings.entity_substitution:
        return None
    values = all_values(random.Random(settings.random_seed))
    substitute = EntitySubstitution(values, segmenter=create_segmenter())

    def sometimes(texts: Sequence[str], rng: random.Random) -> tuple[str, ...]:
        chosen = rng.random() < settings.entity_substitution
        return substitute(texts, rng) if chosen else tuple(texts)

    return sometimes


def split_scripts(
    corpus: Corpus, settings: GeneratorSettings
) -> tuple[ExampleSampler, ExampleSampler]:
    """Keeps every tenth dialogue aside.

    Raises:
        CorpusError: If there are fewer than two.
    """
    scripts = corpus.scripts
    if len(scripts) < 2:
        raise CorpusError(
            f"The corpus holds {len(scripts)} dialogue; at least 2 are needed, one to "
            "learn from and one to try the result on. Write more dialogues."
        )
    seed = settings.training.random_seed
    order = np.random.default_rng(seed).permutation(len(scripts))
    aside = set(order[: max(1, len(order) // _KEPT_ASIDE)].tolist())
    return (
        script_source([s for i, s in enumerate(scripts) if i not in aside], settings),
        script_source([s for i, s in enumerate(scripts) if i in aside], settings),
    )


def _public_sources(
    path: Path, development: str | None, settings: GeneratorSettings
) -> tuple[ExampleSource, ExampleSource]:
    def everything() -> Iterator[DialogueRecord]:
        return open_records(path)

    if development is not None:
        if not _is_public(Path(development)):
            return (
                record_source(everything, settings),
                script_source(_read(development).scripts, settings),
            )
        aside = Path(development)
        return (
            record_source(everything, settings),
            record_source(lambda: open_records(aside), settings),
        )

    def part(wanted: Callable[[DialogueRecord], bool]) -> Records:
        return lambda: filter(wanted, everything())

    return (
        record_source(part(lambda record: not _is_aside(record)), settings),
        record_source(part(_is_aside), settings),
    )


def _is_aside(record: DialogueRecord) -> bool:
    # By a hash, so that a corpus of any size is split without being read before.
    name = record.dialogue or record.message
    return hashlib.sha256(name.encode()).digest()[0] % _KEPT_ASIDE == 0


def _is_public(path: Path) -> bool:
    return path.is_file() and path.suffix != ".tsv" and find_format(path) is not None


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
