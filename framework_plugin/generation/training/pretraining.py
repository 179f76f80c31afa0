"""Learning to write from raw text, before the dialogues are learned.

The decoder learns as a language model does (Ramachandran et al. 2017, "Unsupervised
Pretraining for Sequence to Sequence Learning", §2.1): each sentence is a reply to a
blank. The encoders read nothing that could teach them and are left as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.reader import corpus_files
from framework_plugin.corpus.sentences import read_sentences
from framework_plugin.errors import CorpusError
from framework_plugin.generation.encoding import (
    EncodedExample,
    codec_of,
    encode_example,
    input_names,
)
from framework_plugin.generation.settings import GeneratorSettings
from framework_plugin.generation.training.batches import make_batches
from framework_plugin.generation.training.checkpoints import signature_of
from framework_plugin.generation.training.results import EpochResult, Progress
from framework_plugin.generation.training.store import ExampleStore
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    import tensorflow as tf

    from framework_plugin.generation.network.losses import Losses
    from framework_plugin.generation.network.seq2seq import Seq2Seq
    from framework_plugin.generation.training.distribution import Distribution
    from framework_plugin.generation.training.learner import Random

_KEPT_ASIDE = 10
"""One sentence in so many is kept aside to tell when to stop."""
_MOST_MEASURED = 5_000


class RawText:
    """Sentences in tokens as they are written, read anew each time.

    Args:
        path: A file or folder that `read_sentences` reads.
        settings: Of the network; they say what a token is.
    """

    def __init__(self, path: Path, settings: GeneratorSettings) -> None:
        self._path = path
        self._codec = codec_of(settings.network)

    def sentences(self) -> Iterator[tuple[str, ...]]:
        """All sentences, repeats included.

        Raises:
            CorpusError: If there is no file, or one cannot be read.
        """
        for file in corpus_files(self._path):
            for sentence in read_sentences(file):
                if tokens := self._codec.write(sentence):
                    yield tokens

    def examples(self, *, aside: bool) -> Iterator[Example]:
        """Replies to a blank; those kept aside, or all others.

        Sentences are parted by a hash, so that one that is repeated is on one side.
        """
        for tokens in self.sentences():
            digest = hashlib.sha256("".join(tokens).encode()).digest()
            if (digest[0] % _KEPT_ASIDE == 0) is aside:
                yield Example((), (), tokens)


class Writer:
    """A network of which only the parts that write are trained.

    See `training.learner.Network`.

    Args:
        network: All of it is saved.
    """

    def __init__(self, network: Seq2Seq) -> None:
        self._network = network
        self.random: Random = network.random
        reading = (network.encoder, network.memory_encoder, network.summaries)
        parts = [part for part in (*reading, network.turns) if part is not None]
        self._left = {id(v) for part in parts for v in part.trainable_variables}

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """All of the network's."""
        variables: Sequence[tf.Variable] = self._network.variables
        return variables

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """Those of the embeddings and the decoder."""
        every = self._network.trainable_variables
        return [v for v in every if id(v) not in self._left]

    def losses(self, inputs: Mapping[str, tf.Tensor], training: bool) -> Losses:
        """Those of the network."""
        return self._network.losses(inputs, training=training)


def pretrain(
    network: Seq2Seq,
    text: RawText,
    vocabulary: Vocabulary,
    settings: GeneratorSettings,
    work: Path,
    *,
    distribution: Distribution,
    progress: Progress,
) -> EpochResult:
    """Trains the embeddings and the decoder on raw text.

    Interrupted and called again it goes on from the last checkpoint; once it is over it
    only takes the result from there.

    Args:
        network: Holds the best weights afterwards.
        text: Sentences to learn to write.
        vocabulary: Of the network.
        settings: `pretraining_epochs` in place of `epochs`, and all others.
        work: For checkpoints and encoded examples; whoever owns it deletes it.
        distribution: Who else takes part.
        progress: See `results.Progress`.

    Returns:
        The epoch whose weights the network holds.

    Raises:
        CorpusError: If there are too few sentences, or they cannot be read.
        KeyboardInterrupt: If Ctrl-C ended it early.
        TrainingError: See `Trainer.train`.
    """
    # Only here, so that serving never waits for TensorFlow.
    from framework_plugin.generation.training.trainer import Trainer

    names, most = input_names(settings.network), settings.network.max_turn_tokens

    def encoded(*, aside: bool) -> Iterator[EncodedExample]:
        for example in text.examples(aside=aside):
            yield encode_example(example, vocabulary, names, most)

    training = replace(settings.training, epochs=settings.training.pretraining_epochs)
    aside = list(islice(encoded(aside=True), _MOST_MEASURED))
    store = ExampleStore.write(work / "examples", encoded(aside=False))
    if not aside or not len(store):
        raise CorpusError(
            f"'pretraining_text' ({settings.training.pretraining_text}) holds "
            f"{len(aside) + len(store)} sentences, too few to keep some aside. Give it "
            "more text, one sentence a line, or leave it out."
        )
    trainer = Trainer(
        Writer(network),
        training,
        work / "checkpoints",
        signature=signature_of(vocabulary, settings.network, training),
        distribution=distribution,
    )
    batches = make_batches(aside, training.batch_size)
    outcome = trainer.train(lambda _: store, batches, progress)
    if outcome.interrupted or outcome.best is None:
        raise KeyboardInterrupt
    return outcome.best
