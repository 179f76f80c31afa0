"""`personal-chat embeddings`: word vectors for the generator to start from."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from framework_plugin.errors import SettingsError

if TYPE_CHECKING:
    from framework_plugin.corpus.codec import UtteranceCodec
    from framework_plugin.text.embeddings_training import (
        TokenFile,
        TrainedVectors,
        VectorTraining,
    )

app = typer.Typer(no_args_is_help=True, help="Word vectors to start the training from.")

_HAN = re.compile("[\u3400-\u9fff]+")
_SHOWN_WORDS = 6
_SHOWN_NEIGHBOURS = 6
_STOPPED_BY_CTRL_C = 130

CorpusPath = Annotated[
    Path,
    typer.Option(
        help="A file or a folder of .txt files (one sentence a line, or dialogues) and "
        ".tsv files."
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        help="Where to write: .vec or .txt for text, .bin for binary; .gz compresses."
    ),
]
Method = Annotated[
    Literal["word2vec", "fasttext"],
    typer.Option(help="fasttext has vectors for unseen words too, and larger files."),
]
Units = Annotated[
    Literal["words", "characters"],
    typer.Option(help="What the network reads: 'source_units' in config.yml."),
]
Size = Annotated[
    int, typer.Option(min=1, max=100_000, help="Numbers per word: 'embedding_size'.")
]
Window = Annotated[int, typer.Option(min=1, help="Words to either side that count.")]
Epochs = Annotated[int, typer.Option(min=1, help="How often the corpus is read.")]
MinCount = Annotated[
    int, typer.Option(min=1, help="Rarer words are spelled in characters.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same vectors.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that is there.")
]


@app.callback()
def _group() -> None:
    # With a single command, Typer would take its name away.
    pass


@app.command()
def train(
    corpus: CorpusPath,
    output: Output,
    method: Method = "word2vec",
    units: Units = "words",
    size: Size = 128,
    window: Window = 5,
    epochs: Epochs = 10,
    min_count: MinCount = 2,
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """Learn word vectors from text, for 'embeddings_file' in config.yml."""
    from framework_plugin.text.embeddings_training import VectorTraining

    _check_output(output, overwrite=overwrite)
    settings = VectorTraining(method, size, window, epochs, min_count, seed)
    begun = time.perf_counter()
    with (
        _interruptible() as stopped,
        tempfile.TemporaryDirectory(prefix="personal-chat-") as folder,
    ):
        tokens = _tokens(corpus, units, Path(folder) / "tokens.txt", stopped)
        trained = None if stopped.is_set() else _trained(tokens, settings, stopped)
        if trained is None:
            typer.echo(
                "Stopped before the first epoch ended; nothing written.", err=True
            )
            raise typer.Exit(_STOPPED_BY_CTRL_C)
        trained.save(output)
    _report(trained, output, tokens, time.perf_counter() - begun)
    if stopped.is_set():
        typer.echo(
            f"Stopped after {trained.epochs} of {epochs} epochs; what was learned by "
            f"then is in {output}.",
            err=True,
        )
        raise typer.Exit(_STOPPED_BY_CTRL_C)


def _check_output(output: Path, *, overwrite: bool) -> None:
    """Finds out before the work, not after it, that the result has no place.

    Raises:
        SettingsError: If it has none.
    """
    folder = output.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or output.is_dir():
        raise SettingsError(
            f"'{output}' cannot be written. Expected the name of a file in a folder "
            "that is there and may be written to; change --output."
        )
    if output.exists() and not overwrite:
        raise SettingsError(
            f"There is a file '{output}' already. Choose another --output, or say "
            "--overwrite to replace it."
        )


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C sets an event, so that work can end in good order; twice, it kills."""
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)
        print("\nStopping; once more to give up at once …", file=sys.stderr)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _tokens(
    corpus: Path,
    units: Literal["words", "characters"],
    path: Path,
    stopped: threading.Event,
) -> TokenFile:
    """Tokenises the corpus into a file."""
    from framework_plugin.corpus.codec import UtteranceCodec
    from framework_plugin.corpus.reader import corpus_files
    from framework_plugin.text.embeddings_training import TokenFile
    from framework_plugin.text.segment import create_segmenter

    files = corpus_files(corpus)
    codec = UtteranceCodec(create_segmenter(), units, units)
    tokens = TokenFile(path)
    tokens.write(_sequences(files, codec, stopped))
    return tokens


def _sequences(
    files: Sequence[Path], codec: UtteranceCodec, stopped: threading.Event
) -> Iterator[tuple[str, ...]]:
    from framework_plugin.corpus.sentences import read_sentences, token_sequences

    with tqdm(desc="Cutting into words", unit=" sentences", mininterval=0.5) as bar:
        for number, file in enumerate(files, start=1):
            bar.set_postfix_str(f"file {number} of {len(files)}", refresh=False)
            for sentence in read_sentences(file):
                if stopped.is_set():
                    return
                yield from token_sequences(sentence, codec)
                bar.update()


def _trained(
    tokens: TokenFile, settings: VectorTraining, stopped: threading.Event
) -> TrainedVectors | None:
    # Imported here, its two seconds do not count as training.
    import gensim.models  # noqa: F401

    from framework_plugin.corpus.codec import RESERVED
    from framework_plugin.text.embeddings_training import train_vectors

    total = tokens.sentences * settings.epochs
    title = f"Training {settings.method}"
    with tqdm(total=total, desc=title, unit=" sentences", mininterval=0.5) as bar:
        return train_vectors(
            tokens,
            settings,
            whole=RESERVED,
            advance=bar.update,
            stopped=stopped.is_set,
        )


def _report(
    trained: TrainedVectors, output: Path, tokens: TokenFile, seconds: float
) -> None:
    """Prints what was made, how long it took, and whether it makes sense."""
    vectors = trained.vectors
    running = sum(trained.counts.values())
    known = sum(trained.counts[word] for word in vectors.words)
    typer.echo(
        f"{output}: {len(vectors.words):,} words of {vectors.size} numbers, "
        f"{output.stat().st_size / 1e6:.1f} MB, from {tokens.sentences:,} sentences "
        f"with {running:,} words ({known / running:.1%} known) in {seconds:.0f} s."
    )
    table = Table("word", "nearest")
    for word, near in vectors.neighbours(_frequent(trained), _SHOWN_NEIGHBOURS):
        shown = "  ".join(f"{other} {cosine:.2f}" for other, cosine in near)
        table.add_row(Text(word), Text(shown))
    if table.row_count:
        Console().print(table)
    typer.echo(
        f"In config.yml: embeddings_file: {output}, embedding_size: {vectors.size}"
    )


def _frequent(trained: TrainedVectors) -> list[str]:
    """A few frequent words that mean something, the longer ones if there are any."""
    from framework_plugin.text.stop_words import load_stop_words

    stop_words = load_stop_words()
    content = [
        word
        for word in trained.vectors.words
        if _HAN.fullmatch(word) and word not in stop_words
    ]
    longer = [word for word in content if len(word) > 1]
    return (longer or content)[:_SHOWN_WORDS]
