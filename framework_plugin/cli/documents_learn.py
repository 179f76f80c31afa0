"""`personal-chat documents learn`: a judge of answers that learns from questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from framework_plugin.cli.options import ENDPOINTS, Endpoints
from framework_plugin.cli.project import read_endpoints

if TYPE_CHECKING:
    from framework_plugin.retrieval import Passage, PassageIndex
    from framework_plugin.retrieval.cases import Question
    from framework_plugin.retrieval.labelled import Lessons
    from framework_plugin.retrieval.sentence_vectors import SentenceEncoder
    from framework_plugin.retrieval.validation import Figures, Validation

FAQ = Path("nlu_data/faq")
RANKER = Path("models/ranker.npz")
_WORSE = 1


def learn(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            exists=True,
            dir_okay=False,
            help="A .csv or .tsv file of questions, wordings, and 1 or 0 for whether "
            "the entry of the wording answers the question; an empty wording with 0: "
            "no entry does.",
        ),
    ],
    own: Annotated[
        bool,
        typer.Option(
            "--own",
            help="Learn from the entries' own wordings too, each by the others.",
        ),
    ] = False,
    wanted_precision: Annotated[
        float,
        typer.Option(
            min=0.5,
            max=0.999,
            help="Share of the answers given at once that are to be right.",
        ),
    ] = 0.95,
    vectors: Annotated[
        str | None,
        typer.Option(
            metavar="own|FILE|FOLDER",
            help="Weigh meanings too, by word vectors learned from the entries (own), "
            "a file of word vectors, or a folder with model.onnx and vocab.txt.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page with the curves (.html)."),
    ] = None,
    faq: Annotated[
        Path, typer.Option(envvar="PERSONAL_CHAT_FAQ", help="The entries.")
    ] = FAQ,
    ranker: Annotated[
        Path,
        typer.Option(
            envvar="PERSONAL_CHAT_RANKER", help="Where the judge is written to."
        ),
    ] = RANKER,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Learn from questions with known answers which entries answer which questions.

    Tries what it learned on questions that it did not learn from. Only if that is
    better than the formula is it written, and used when the action server is started
    again.
    """
    # It takes seconds to import scikit-learn, and `--help` shall not wait for it.
    from framework_plugin.retrieval.cases import cases
    from framework_plugin.retrieval.labelled import own_wordings
    from framework_plugin.retrieval.learning import learned
    from framework_plugin.retrieval.ranker_file import save_judge
    from framework_plugin.retrieval.validation import FOLDS, validated

    begun = time.perf_counter()
    lessons, index = _lessons(pairs, faq, endpoints)
    questions = lessons.questions
    extra = own_wordings(index) if own else []
    encoder = _encoder(vectors, index, questions)
    every = tqdm(
        cases(index, [*questions, *extra]),
        total=len(questions) + len(extra),
        desc="Looking up",
        disable=None,
    )
    looked_up = list(every)
    found = [case for case in looked_up[: len(questions)] if case]
    also = [case for case in looked_up[len(questions) :] if case]
    missed = [q for q, c in zip(questions, looked_up, strict=False) if c is None]
    with tqdm(total=FOLDS + 1, desc="Learning", disable=None) as bar:
        result = validated(
            found,
            missed,
            also=also,
            precision=wanted_precision,
            encoder=encoder,
            on_fold=lambda fold: bar.update(),
        )
        judge = learned([*found, *also], encoder)
        bar.update()
    _print(result, lessons.strangers, wanted_precision)
    if report:
        _write_page(report, result)
    took = f"{time.perf_counter() - begun:.0f} s"
    if not result.is_better:
        typer.echo(
            f"Nothing was written, after {took}: what was learned is no better than the"
            " formula. More pairs may help: some hundred, also wrong ones (0) that "
            "resemble right ones."
        )
        raise typer.Exit(_WORSE)
    save_judge(judge.calibrated(result.calibration), ranker)
    typer.echo(f"Wrote {ranker} after {took}. It is used from the next start on.")


def _lessons(file: Path, faq: Path, endpoints: Path) -> tuple[Lessons, PassageIndex]:
    from framework_plugin.retrieval import PassageIndex, load_faq
    from framework_plugin.retrieval.labelled import lessons, read_pairs
    from framework_plugin.retrieval.word_lists import extractor_beside

    entries = [*load_faq(faq).entries, *_stored(endpoints)]
    extract = extractor_beside(faq)
    given = lessons(read_pairs(file), entries, extract.plain)
    return given, PassageIndex([*entries, *given.strangers], extract)


def _stored(endpoints: Path) -> list[Passage]:
    """The entries of the database."""
    from framework_plugin.memory.database import database_url, open_engine
    from framework_plugin.memory.repository import MemoryRepository
    from framework_plugin.retrieval.store import DocumentRepository

    engine = open_engine(database_url(read_endpoints(endpoints)))
    MemoryRepository(engine).migrate()
    repository = DocumentRepository(engine, endpoints.resolve().parent)
    return [passage for passage in repository.passages() if passage.questions]


def _encoder(
    vectors: str | None, index: PassageIndex, questions: Sequence[Question]
) -> SentenceEncoder | None:
    from framework_plugin.retrieval.sentence_model import SentenceModel
    from framework_plugin.retrieval.sentence_vectors import Remembering, WordMeans

    if vectors is None:
        return None
    wordings = [text for passage in index for text in passage.questions]
    if vectors == "own":
        answers = [passage.text for passage in index]
        return Remembering(WordMeans.learned([*wordings, *answers]))
    path = Path(vectors)
    if path.is_dir():
        return Remembering(SentenceModel(path))
    texts = [*wordings, *(question.text for question in questions)]
    return Remembering(WordMeans.read(path, texts))


def _print(result: Validation, strangers: Sequence[Passage], precision: float) -> None:
    typer.echo(
        f"{result.questions} questions, {result.answerable} of them with a right entry;"
        " each was asked of what was learned from others."
    )
    if strangers:
        typer.echo(
            f"{len(strangers)} wordings stand in no entry, such as "
            f"'{strangers[0].questions[0]}'; they are learned from all the same."
        )
    table = Table("", "formula", "learned")
    for name, value in _rows(precision):
        table.add_row(name, value(result.formula), value(result.learned))
    Console().print(table)


def _rows(precision: float) -> list[tuple[str, Callable[[Figures], str]]]:
    return [
        ("right entry first", lambda figures: f"{figures.first:.1%}"),
        ("MRR@10", lambda figures: f"{figures.reciprocal_rank:.3f}"),
        ("AUC of pairs", _area),
        (
            f"answered at once, {precision:.0%} rightly",
            lambda figures: f"{figures.answered:.1%}",
        ),
    ]


def _area(figures: Figures) -> str:
    return "" if figures.area is None else f"{figures.area:.3f}"


def _write_page(file: Path, result: Validation) -> None:
    from framework_plugin.evaluation.calibration import (
        coverage_curve,
        expected_calibration_error,
        reliability,
        thinned,
    )
    from framework_plugin.evaluation.page_style import STYLE
    from framework_plugin.evaluation.report import write_text
    from framework_plugin.evaluation.svg import coverage_chart, reliability_chart

    bins = reliability(result.probabilities, result.right)
    points = thinned(coverage_curve(result.probabilities, result.right))
    write_text(
        file,
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<title>What the judge of answers learned</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>What the judge learned</h1>\n"
        f"<p>{len(result.right):,} questions, each asked of what was learned from "
        f"others. Expected calibration error "
        f"{expected_calibration_error(bins):.3f}; the dot is the threshold in use."
        f"</p>\n<h2>Precision over coverage</h2>\n"
        f"{coverage_chart(points, result.calibration.sure)}\n<h2>Reliability</h2>\n"
        f"{reliability_chart(bins)}\n</body>\n</html>\n",
    )
    typer.echo(f"Wrote {file}.")
