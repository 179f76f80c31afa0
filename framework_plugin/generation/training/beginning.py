"""What a training begins with: random weights, or those of a trained generator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.codec import RESERVED
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.generation import artefact, lineage
from framework_plugin.generation.settings import (
    GeneratorSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.generation.training.pretraining import RawText, pretrain
from framework_plugin.generation.training.results import EpochResult, Progress
from framework_plugin.generation.training.sources import ExampleSource
from framework_plugin.text.embeddings import Matrix, vectors_for
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.network.adapters import Adapters
    from framework_plugin.generation.network.seq2seq import Seq2Seq
    from framework_plugin.generation.training.distribution import Distribution
    from framework_plugin.generation.training.learner import Network

_MAY_DIFFER = frozenset(
    {
        "min_word_count",
        "max_vocabulary",
        "embedding_deviation",
        "embeddings_file",
        "freeze_embeddings",
        "max_turn_tokens",
        "max_memory_tokens",
    }
)
"""Settings that shape the vocabulary and the first weights, which a base brings, and
how much is read, which no weight depends on."""


class Beginning(Protocol):
    """How a training begins, and what of it is kept.

    Attributes:
        training: How it is trained from there.
        signature: What checkpoints depend on beside the settings.
    """

    training: TrainingSettings
    signature: Mapping[str, str]

    def vocabulary(self, learned: ExampleSource) -> Vocabulary:
        """The network's words."""
        ...

    def prepare(
        self,
        network: Seq2Seq,
        vocabulary: Vocabulary,
        work: Path,
        *,
        distribution: Distribution,
        progress: Progress,
    ) -> Network:
        """Gives a network its first weights.

        Args:
            network: Just built.
            vocabulary: Of it.
            work: Where work in progress may be kept.
            distribution: Who else takes part.
            progress: See `results.Progress`.

        Returns:
            What is to be trained: the network, or what stands beside it.
        """
        ...

    def keep(self, network: Seq2Seq, folder: Path) -> artefact.Metrics:
        """Writes what was learned; the network is whole and serves afterwards.

        Returns:
            Figures of how it began.
        """
        ...


def vocabulary_of(
    learned: ExampleSource,
    settings: NetworkSettings,
    text: Iterable[Sequence[str]] = (),
) -> Vocabulary:
    """The vocabulary of what there is to learn.

    Args:
        learned: Examples.
        settings: Of the network.
        text: More sentences, in tokens, of the kind that is to be written.
    """
    return Vocabulary.build(
        chain(learned.written(), text),
        learned.read(),
        reserved=RESERVED,
        min_count=settings.min_word_count,
        max_size=settings.max_vocabulary,
    )


def beginning_of(settings: GeneratorSettings, loaded: Path | None = None) -> Beginning:
    """How a training with these settings begins.

    Args:
        settings: Of the generator.
        loaded: A generator trained with them that is to be trained further.

    Raises:
        ArtefactError: If a generator to go on from is damaged.
        SettingsError: If it is of another network, or cannot be gone on from.
    """
    named = settings.training.base_generator
    base = Path(named) if named else loaded
    if base is None:
        return Anew(settings)
    if settings.training.adapter_rank:
        return Adapted(settings, base, loaded)
    return Further(settings, loaded or base)


class Anew:
    """Random weights, word vectors from a file, and a language model of raw text.

    Args:
        settings: Say which of them.
    """

    signature: Mapping[str, str] = {}

    def __init__(self, settings: GeneratorSettings) -> None:
        self._settings = settings
        self.training = settings.training
        path = self.training.pretraining_text
        self._text = RawText(Path(path), settings) if path else None
        self._pretrained: EpochResult | None = None

    def vocabulary(self, learned: ExampleSource) -> Vocabulary:
        """Of the dialogues, and of the raw text as something to be written."""
        text = self._text.sentences() if self._text else ()
        return vocabulary_of(learned, self._settings.network, text)

    def prepare(
        self,
        network: Seq2Seq,
        vocabulary: Vocabulary,
        work: Path,
        *,
        distribution: Distribution,
        progress: Progress,
    ) -> Network:
        """See `Beginning`."""
        if self._settings.network.embeddings_file is not None:
            _place_vectors(network, vocabulary, self._settings)
        if self._text is not None:
            progress.stage("learning to write from raw text")
            self._pretrained = pretrain(
                network,
                self._text,
                vocabulary,
                self._settings,
                work / "pretraining",
                distribution=distribution,
                progress=progress,
            )
            progress.stage("learning the dialogues")
        return network

    def keep(self, network: Seq2Seq, folder: Path) -> artefact.Metrics:
        """See `Beginning`."""
        artefact.write_weights(folder, network.get_weights())
        done = self._pretrained
        return {"pretraining_perplexity": done.perplexity} if done else {}


class _OnBase:
    """Goes on from a trained generator, with its words."""

    _base: Path

    def vocabulary(self, learned: ExampleSource) -> Vocabulary:
        """That of the base; words new to it are spelled."""
        return Vocabulary.load(self._base / artefact.VOCABULARY)


class Further(_OnBase):
    """All weights of a trained generator, in small steps so that it forgets less.

    Args:
        settings: Of the new training.
        base: The trained generator; it is only read.

    Raises:
        ArtefactError: If it is damaged.
        SettingsError: If it is of another network.
    """

    def __init__(self, settings: GeneratorSettings, base: Path) -> None:
        check_base(base, settings.network)
        self._settings, self._base = settings, base
        rate = settings.training.learning_rate * settings.training.finetuning_rate
        self.training = replace(settings.training, learning_rate=rate)
        self.signature: Mapping[str, str] = lineage.identity(base)._asdict()

    def prepare(
        self,
        network: Seq2Seq,
        vocabulary: Vocabulary,
        work: Path,
        *,
        distribution: Distribution,
        progress: Progress,
    ) -> Network:
        """See `Beginning`."""
        network.set_weights(artefact.read_weights(self._base))
        if self._settings.network.freeze_embeddings:
            network.embedding.freeze(_vectors(vocabulary, self._settings)[1])
        return network

    def keep(self, network: Seq2Seq, folder: Path) -> artefact.Metrics:
        """See `Beginning`."""
        artefact.write_weights(folder, network.get_weights())
        return {"base": self.signature["weights"]}


class Adapted(_OnBase):
    """A trained generator as it is, with an adapter beside it.

    Args:
        settings: Of the new training.
        base: The trained generator; it is only read.
        loaded: The outcome of an earlier such training, whose adapter is gone on with;
            None for a new one.

    Raises:
        ArtefactError: If either is damaged, or the adapter is of another base.
        SettingsError: If the base is of another network.
    """

    def __init__(
        self, settings: GeneratorSettings, base: Path, loaded: Path | None = None
    ) -> None:
        check_base(base, settings.network)
        self.training = settings.training
        self._base, self._identity = base, lineage.identity(base)
        self._start = lineage.read_adapter(loaded, base) if loaded else None
        self._adapters: Adapters | None = None
        before = {"adapter": lineage.identity(loaded).weights} if loaded else {}
        self.signature: Mapping[str, str] = {**self._identity._asdict(), **before}

    def prepare(
        self,
        network: Seq2Seq,
        vocabulary: Vocabulary,
        work: Path,
        *,
        distribution: Distribution,
        progress: Progress,
    ) -> Network:
        """See `Beginning`."""
        # Only here, so that serving never waits for TensorFlow.
        from framework_plugin.generation.network.adapters import Adapters

        network.set_weights(artefact.read_weights(self._base))
        rank, alpha = self.training.adapter_rank, self.training.adapter_alpha
        self._adapters = Adapters(network, rank, alpha, self.training.random_seed)
        if self._start is not None:
            self._adapters.assign(self._start.arrays)
        return self._adapters

    def keep(self, network: Seq2Seq, folder: Path) -> artefact.Metrics:
        """See `Beginning`."""
        assert self._adapters is not None
        arrays = self._adapters.arrays()
        rank, alpha = self.training.adapter_rank, self.training.adapter_alpha
        kept = lineage.Adapter(arrays, rank, alpha, self._identity)
        lineage.write_adapter(folder, kept)
        self._adapters.merge()
        trained = sum(array.size for array in arrays)
        return {"base": self._identity.weights, "trained_parameters": trained}


def _place_vectors(
    network: Seq2Seq, vocabulary: Vocabulary, settings: GeneratorSettings
) -> None:
    """Gives the network the word vectors of `embeddings_file`.

    With `freeze_embeddings` those that the file has are held; the others are trained.
    """
    matrix, found = _vectors(vocabulary, settings)
    network.embedding.place(matrix)
    if settings.network.freeze_embeddings:
        network.embedding.freeze(found)


def _vectors(
    vocabulary: Vocabulary, settings: GeneratorSettings
) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """A vector for each word, and which of them the file has."""
    own = settings.network
    assert own.embeddings_file is not None
    rng = np.random.default_rng(settings.training.random_seed)
    matrix, coverage = vectors_for(
        vocabulary.tokens, Path(own.embeddings_file), own.embedding_size, rng
    )
    return matrix, coverage.found


def trained_network(folder: Path, base: Path | None = None) -> Seq2Seq:
    """The network of a trained generator, whole, with its adapter if it has one.

    Args:
        folder: Of the generator.
        base: That its adapter was trained beside, if it has one.

    Raises:
        ArtefactError: If either is damaged, or the adapter is of another base.
    """
    from framework_plugin.generation.network.adapters import Adapters
    from framework_plugin.generation.network.seq2seq import build_network

    whole = base or folder
    vocabulary = Vocabulary.load(whole / artefact.VOCABULARY)
    settings = artefact.read_settings(whole)
    training = TrainingSettings(training_precision="fp32")
    network = build_network(settings, training, vocabulary)
    network.set_weights(artefact.read_weights(whole))
    if base is not None:
        adapter = lineage.read_adapter(folder, base)
        adapters = Adapters(network, adapter.rank, adapter.alpha)
        adapters.assign(adapter.arrays)
        adapters.merge()
    return network


def check_base(base: Path, settings: NetworkSettings) -> None:
    """Refuses a base that cannot be gone on from.

    Raises:
        ArtefactError: If it is missing or damaged, or an adapter.
        SettingsError: If its network is another.
    """
    if lineage.has_adapter(base):
        raise ArtefactError(
            f"The generator in '{base}' is an adapter beside another generator. Name "
            "that one as 'base_generator', and the same 'adapter_rank'."
        )
    lineage.identity(base)
    theirs, own = asdict(artefact.read_settings(base)), asdict(settings)
    other = [
        f"'{name}: {theirs[name]}' in place of {own[name]}"
        for name in own
        if name not in _MAY_DIFFER and own[name] != theirs[name]
    ]
    if other:
        raise SettingsError(
            f"The generator in '{base}' has another network than the settings ask for. "
            f"To go on from it, set {', '.join(other)}; or leave 'base_generator' out."
        )
