"""The trained generator that a smaller one is made from, and what there is to learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.examples import Example, spread
from framework_plugin.errors import ArtefactError, CorpusError
from framework_plugin.generation import artefact, lineage
from framework_plugin.generation.encoding import (
    EncodedExample,
    codec_of,
    encode_example,
    input_names,
)
from framework_plugin.generation.serving.runtime import graph_name
from framework_plugin.generation.settings import (
    DecodingSettings,
    GeneratorSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.generation.training.sources import ExampleSource
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.network.seq2seq import Seq2Seq

_MOST_TRIED = 20_000
_MOST_MEASURED = 2_000


@dataclass(frozen=True)
class Original:
    """A trained generator; its folder is only read.

    Args:
        folder: The artefact.
        settings: What its network is made of.
        vocabulary: Its words.
        identity: A hash of its weights and words.
    """

    folder: Path
    settings: NetworkSettings
    vocabulary: Vocabulary
    identity: str

    @classmethod
    def read(cls, folder: Path) -> Original:
        """Opens a trained generator.

        Raises:
            ArtefactError: If it is incomplete or damaged, or has no weights of its own.
        """
        if lineage.has_adapter(folder):
            raise ArtefactError(
                f"The generator in '{folder}' is an adapter beside another generator, "
                "without weights of its own. Compress that other one, then train the "
                "adapter beside the outcome."
            )
        identity = "-".join(lineage.identity(folder))
        return cls(
            folder,
            artefact.read_settings(folder),
            Vocabulary.load(folder / artefact.VOCABULARY),
            identity,
        )

    @property
    def codec(self) -> UtteranceCodec:
        """Splits utterances as the network wants them."""
        return codec_of(self.settings)

    def network(self, training: TrainingSettings) -> Seq2Seq:
        """Its network with the trained weights.

        Args:
            training: Dropout and precision, should it be trained further.

        Raises:
            ArtefactError: If the weights are damaged or of another network.
        """
        # Only here, so that measuring never waits for TensorFlow.
        from framework_plugin.generation.network.seq2seq import build_network

        network = build_network(self.settings, training, self.vocabulary)
        try:
            network.set_weights(artefact.read_weights(self.folder))
        except ValueError as error:
            raise ArtefactError(
                f"The weights in '{self.folder}' do not fit the network that its "
                f"settings describe ({error}). Train again with `rasa train`."
            ) from error
        return network

    def encode(self, example: Example) -> EncodedExample:
        """An example as ids."""
        names, most = input_names(self.settings), self.settings.max_turn_tokens
        return encode_example(example, self.vocabulary, names, most)


@dataclass(frozen=True)
class Material:
    """What a smaller generator learns from, is calibrated with and is tried on.

    Args:
        learned: Examples to learn from.
        tried: Held-out examples; they tell when to stop.
        amid_talk: More of them, for the confidence; maybe none.
        unanswerable: Messages that no generated reply would suit.
        training: How networks are trained.
        decoding: How replies are searched for.
        key: A hash of all of these, by which finished work is known again.
    """

    learned: ExampleSource
    tried: Sequence[Example]
    amid_talk: Sequence[Example]
    unanswerable: Sequence[str]
    training: TrainingSettings
    decoding: DecodingSettings
    key: str

    @classmethod
    def of(
        cls,
        learned: ExampleSource,
        held_out: ExampleSource,
        unanswerable: Sequence[str],
        settings: GeneratorSettings,
        key: str,
    ) -> Material:
        """From what a generator is trained on.

        Raises:
            CorpusError: If there is nothing to try a generator on.
        """
        tried = spread(list(islice(held_out.plain(), _MOST_TRIED)), _MOST_MEASURED)
        if not tried:
            raise CorpusError(
                "The development split is empty, so what compression costs cannot be "
                "told. Give 'development_corpus' a dialogue with a reply."
            )
        return cls(
            learned,
            tried,
            list(islice(held_out.amid_talk(), _MOST_TRIED)),
            unanswerable,
            _alone(settings.training),
            settings.decoding,
            key,
        )


def _alone(training: TrainingSettings) -> TrainingSettings:
    """The same training in one process, without what another network began with."""
    return replace(
        training,
        workers=1,
        tensorboard=None,
        base_generator=None,
        adapter_rank=0,
        pretraining_text=None,
    )


def graphs(folder: Path, precision: str) -> list[Path]:
    """The graphs of one precision.

    Raises:
        ArtefactError: If there are none.
    """
    found = sorted(folder.glob(graph_name("*", precision)))
    if not found:
        raise ArtefactError(
            f"There are no graphs in {precision} in '{folder}'. Expected the generator "
            "as it was trained, with graphs in fp32 and int8; train again."
        )
    return found


def parameters(weights: Sequence[npt.NDArray[np.generic]]) -> dict[str, int]:
    """How many numbers a network has, and how many of them are not zero."""
    own = [w for w in weights if np.issubdtype(w.dtype, np.floating)]
    return {
        "parameters": sum(int(w.size) for w in own),
        "nonzero": sum(int(np.count_nonzero(w)) for w in own),
    }
