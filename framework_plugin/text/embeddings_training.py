"""Word vectors learned from tokenised text, with gensim.

Text is tokenised once, into a file; training reads that from disk in each epoch, so
the corpus may be larger than memory. One thread trains, since with several the order
of updates, and so the result, would change from run to run.

References:
    Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
    Compositionality", §2.2 (skip-gram with negative sampling).
    Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", §3.2.
    Řehůřek & Sojka 2010, "Software Framework for Topic Modelling with Large Corpora".
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from framework_plugin.errors import CorpusError
from framework_plugin.settings import require_range
from framework_plugin.text.embeddings import WordVectors
from framework_plugin.text.vocabulary import letters

_SHORTEST_GRAM, _LONGEST_GRAM = 1, 3
"""Characters: a Chinese word has one to four, and each of them means something."""
_BUCKETS = 100_000
"""Rows shared by all n-grams; gensim's two million take a gigabyte."""


@dataclass(frozen=True)
class VectorTraining:
    """How vectors are learned.

    Args:
        method: `word2vec` learns one vector a word; `fasttext` one for each n-gram of
            characters too, so that a word never seen has one as well.
        size: Numbers per word.
        window: How many words to either side are predicted.
        epochs: How often the corpus is read.
        min_count: Rarer words are spelled in characters, as the generator's
            vocabulary does; rarer characters are left out.
        seed: What all chance follows from.
    """

    method: Literal["word2vec", "fasttext"] = "word2vec"
    size: int = 128
    window: int = 5
    epochs: int = 10
    min_count: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("size", "window", "epochs", "min_count"):
            require_range(name, getattr(self, name), 1)
        require_range("seed", self.seed, 0)


class TokenFile:
    """Tokenised sentences on disk, one a line, and how often each token occurs.

    Args:
        path: Where to write them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.counts: Counter[str] = Counter()
        self.sentences = 0

    def write(self, sentences: Iterable[Sequence[str]]) -> None:
        """Writes sentences; tokens hold no whitespace, as segmenters make them."""
        with self._path.open("w", encoding="utf-8") as file:
            for tokens in sentences:
                self.counts.update(tokens)
                self.sentences += 1
                file.write(" ".join(tokens) + "\n")

    def __iter__(self) -> Iterator[list[str]]:
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                yield line.rstrip("\n").split(" ")


class TrainedVectors:
    """What was learned.

    Args:
        model: gensim's model.
        counts: How often each word occurs in the corpus.
        epochs: The epochs that were finished.
    """

    def __init__(self, model: Any, counts: Counter[str], epochs: int) -> None:
        self._model = model
        self.epochs = epochs
        self.counts = counts
        self.vectors = WordVectors(tuple(model.wv.index_to_key), model.wv.vectors)

    def save(self, path: Path) -> None:
        """Writes the vectors; a file that was there stays whole until then.

        Args:
            path: Its name tells the form: `.bin` is binary (of fastText with all
                n-grams), anything else text; `.gz` after it compresses.
        """
        binary = path.name.removesuffix(".gz").endswith(".bin")
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".vectors") as folder:
            # gensim compresses by the end of the name, so the name stays.
            part = Path(folder) / path.name
            if binary and hasattr(self._model.wv, "vectors_ngrams"):
                from gensim.models.fasttext import save_facebook_model

                save_facebook_model(self._model, str(part))
            else:
                self._model.wv.save_word2vec_format(str(part), binary=binary)
            os.replace(part, path)


def train_vectors(
    tokens: TokenFile,
    settings: VectorTraining,
    *,
    whole: Collection[str] = (),
    advance: Callable[[int], object] = lambda sentences: None,
    stopped: Callable[[], bool] = lambda: False,
) -> TrainedVectors | None:
    """Learns a vector for each word and character of a corpus.

    Args:
        tokens: The corpus.
        settings: How to learn.
        whole: Tokens never spelled in characters, such as placeholders.
        advance: Told how many sentences more were read.
        stopped: Asked before each sentence; once true, training ends with what was
            learned until then.

    Returns:
        The vectors; None if it was stopped before the end of the first epoch.

    Raises:
        CorpusError: If nothing in the corpus occurs often enough.
    """
    rare, counts = _spelling(tokens, settings.min_count, whole)
    model = _new_model(settings)
    model.build_vocab_from_freq(counts, corpus_count=tokens.sentences)
    sentences = _Epochs(tokens, rare, advance, stopped)
    with suppress(_StoppedError):
        model.train(
            sentences,
            total_examples=tokens.sentences,
            epochs=settings.epochs,
            callbacks=[_stop_between_epochs(stopped)],
        )
    if not sentences.finished:
        return None
    return TrainedVectors(model, counts, sentences.finished)


class _StoppedError(Exception):
    """Training was asked to end early."""


class _Epochs:
    """The sentences of each epoch, rare words spelled; reports and stops.

    gensim asks for them in a thread of its own, so nothing can be raised here: after
    `stopped` an epoch just ends, and `_stop_between_epochs` ends the training.
    """

    def __init__(
        self,
        tokens: TokenFile,
        rare: Collection[str],
        advance: Callable[[int], object],
        stopped: Callable[[], bool],
    ) -> None:
        self._tokens = tokens
        self._rare = rare
        self._advance = advance
        self._stopped = stopped
        self.finished = 0

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in self._tokens:
            if self._stopped():
                return
            yield _spelled(sentence, self._rare)
            self._advance(1)
        self.finished += 1


def _new_model(settings: VectorTraining) -> Any:
    # gensim takes two seconds to import, and `--help` shall not wait for it.
    from gensim.models import FastText, Word2Vec

    options: dict[str, Any] = {
        "vector_size": settings.size,
        "window": settings.window,
        "min_count": settings.min_count,
        "seed": settings.seed,
        "sg": 1,
        "workers": 1,
    }
    if settings.method == "word2vec":
        return Word2Vec(**options)
    options |= {"min_n": _SHORTEST_GRAM, "max_n": _LONGEST_GRAM, "bucket": _BUCKETS}
    return FastText(**options)


def _stop_between_epochs(stopped: Callable[[], bool]) -> Any:
    from gensim.models.callbacks import CallbackAny2Vec

    class Stop(CallbackAny2Vec):  # type: ignore[misc]
        def on_epoch_end(self, model: Any) -> None:
            if stopped():
                raise _StoppedError

    return Stop()


def _spelled(sentence: Iterable[str], rare: Collection[str]) -> list[str]:
    spelled: list[str] = []
    for token in sentence:
        spelled.extend(letters(token) if token in rare else (token,))
    return spelled


def _spelling(
    tokens: TokenFile, min_count: int, whole: Collection[str]
) -> tuple[set[str], Counter[str]]:
    """The tokens to spell, and how often each occurs when they are spelled.

    Raises:
        CorpusError: If none occurs often enough.
    """
    rare = {
        token
        for token, count in tokens.counts.items()
        if count < min_count and len(token) > 1 and token not in whole
    }
    spelled: Counter[str] = Counter()
    for token, count in tokens.counts.items():
        for part in _spelled((token,), rare):
            spelled[part] += count
    if max(spelled.values(), default=0) < min_count:
        raise CorpusError(
            f"Nothing in the corpus occurs {min_count} times ({tokens.sentences} "
            "sentences). Expected more text, one sentence a line; or lower --min-count."
        )
    return rare, spelled
