"""One run of `personal-chat evaluate`, from the dialogues to the written report."""

from __future__ import annotations

import random
import re
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from framework_plugin.cli.subject import (
    GeneratorSubject,
    chosen_generator,
    decoding_from,
    generator_folder,
    policy_options,
)
from framework_plugin.corpus.examples import spread
from framework_plugin.corpus.reader import read_corpus, read_messages
from framework_plugin.corpus.script import Corpus
from framework_plugin.evaluation.cases import (
    Case,
    cases_from,
    reply_pool,
    unanswerable_cases,
)
from framework_plugin.evaluation.comparison import compare
from framework_plugin.evaluation.figure_kinds import FIGURE_KINDS, shown
from framework_plugin.evaluation.figures import Figures
from framework_plugin.evaluation.measuring import Measurer, Outcome
from framework_plugin.evaluation.metrics import Tokenizer
from framework_plugin.evaluation.page import page
from framework_plugin.evaluation.rasa_reports import find_rasa_reports
from framework_plugin.evaluation.report import (
    About,
    Report,
    read_figures,
    report_on,
    write_report,
    write_text,
)
from framework_plugin.generation.serving.calibration import is_right, patient

RESULTS = Path("results")
"""Where `rasa test` leaves its reports."""

_DEVELOPMENT = "nlu_data/dialogues/dev"
_SHOWN = (
    *("right", "sure", "right_when_sure", "calibration_error"),
    *("perplexity_character", "hits_1_of_20", "bleu_4", "distinct_2"),
)
_CALIBRATED_HERE = (
    "Training was stopped, and the confidence calibrated, on these very dialogues: on "
    "others perplexity, coverage and calibration would be somewhat worse."
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; see `evaluate`."""

    model: Path | None
    corpus: Path | None
    limit: int | None
    output: Path
    seed: int
    name: str | None
    compare: tuple[Path, ...]
    tokenizer: Tokenizer


@dataclass
class _Stop:
    """Whether, and by which signal, the run was told to stop."""

    signal: int | None = None


def run(request: Request) -> int:
    """Measures, writes the report and says where it is.

    Returns:
        The exit code: 0, or 128 and the signal by which it was interrupted.

    Raises:
        PersonalChatError: If something cannot be read or written, or nothing was
            measured.
    """
    # First what fails soon: nobody shall wait for an hour to be told of a typing error.
    others = [read_figures(path) for path in request.compare]
    options = policy_options()
    decoding = patient(decoding_from(options))
    chosen = chosen_generator(request.model)
    path = request.corpus or _development(options)
    corpus = read_corpus(path)
    cases = _cases(corpus, options, request)
    created = datetime.now().astimezone()
    with generator_folder(chosen) as folder, _stoppable() as stop:
        subject = GeneratorSubject(folder, decoding)
        pool = reply_pool(corpus.scripts)
        measurer = Measurer(subject, is_right, pool, request.seed)
        outcomes = _measured(measurer, cases, stop)
    about = About(
        name=request.name or chosen.name.removesuffix(".tar.gz"),
        created=created.isoformat(timespec="seconds"),
        model=f"{chosen.name} ({subject.precision})",
        corpus=str(path),
        seed=request.seed,
        asked=len(cases),
        measured=len(outcomes),
        tokenizer=request.tokenizer,
        settings=dict(vars(decoding)),
        notes=tuple(_notes(path, options, corpus)),
    )
    report = report_on(outcomes, about)
    _show(report, _write(report, others, request.output, created))
    return 0 if stop.signal is None else 128 + stop.signal


def _development(options: Mapping[str, Any]) -> Path:
    return Path(options.get("development_corpus") or _DEVELOPMENT)


def _cases(corpus: Corpus, options: Mapping[str, Any], request: Request) -> list[Case]:
    """The cases in random order, so that a run cut short is a fair sample."""
    named = options.get("unanswerable")
    messages = read_messages(Path(named)) if named else []
    cases = [*cases_from(corpus.scripts, request.seed), *unanswerable_cases(messages)]
    chosen = spread(cases, request.limit)
    random.Random(request.seed).shuffle(chosen)
    return chosen


def _measured(measurer: Measurer, cases: Sequence[Case], stop: _Stop) -> list[Outcome]:
    outcomes: list[Outcome] = []
    progress = Progress(
        TextColumn("Measuring"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=len(cases))
        for outcome in measurer.measure(cases):
            outcomes.append(outcome)
            progress.advance(task)
            if stop.signal is not None:
                break
    return outcomes


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    """Lets the first Ctrl-C or SIGTERM end the run after the message it is at.

    A second one ends the process at once.
    """
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def told(number: int, _: Any) -> None:
        stop.signal = number
        restore()

    for number in _SIGNALS:
        signal.signal(number, told)
    try:
        yield stop
    finally:
        restore()


def _notes(path: Path, options: Mapping[str, Any], corpus: Corpus) -> Iterator[str]:
    if path.resolve() == _development(options).resolve():
        yield _CALIBRATED_HERE
    if corpus.broken:
        yield (
            f"{len(corpus.broken)} broken lines were skipped, each with the rest of "
            f"its dialogue. The first: {corpus.broken[0]}"
        )


def _write(
    report: Report,
    others: Sequence[tuple[About, dict[str, Figures]]],
    folder: Path,
    created: datetime,
) -> Path:
    """Writes both forms of the report, over no earlier one.

    Returns:
        The page; the JSON lies beside it.
    """
    name = re.sub(r"[^\w.-]+", "-", report.about.name).strip("-.") or "model"
    stem, count = f"{created:%Y%m%d-%H%M%S}-{name}", 1
    while (folder / f"{stem}.json").exists():
        count += 1
        stem = f"{created:%Y%m%d-%H%M%S}-{name}-{count}"
    write_report(report, folder / f"{stem}.json")
    own = (report.about, dict(report.figures))
    comparison = compare([own, *others]) if others else None
    html = page(report, comparison, find_rasa_reports(RESULTS), folder)
    write_text(folder / f"{stem}.html", html)
    return folder / f"{stem}.html"


def _show(report: Report, written: Path) -> None:
    about, figures = report.about, report.figures["all"]
    table = Table(
        "figure", "value", "95 % interval", title=f"{about.name}, {about.corpus}"
    )
    for kind in FIGURE_KINDS:
        if kind.key in _SHOWN and kind.key in figures:
            found = figures[kind.key]
            ends = ""
            if found.low is not None and found.high is not None:
                ends = f"{shown(kind, found.low)} … {shown(kind, found.high)}"
            table.add_row(Text(kind.title), shown(kind, found.value), ends)
    Console().print(table)
    messages = Console(stderr=True)
    if not about.complete:
        messages.print(
            f"Interrupted: {about.measured} of {about.asked} messages were measured, "
            "drawn at random; the report says so.",
            style="yellow",
        )
    messages.print(Text(f"Report: {written} and .json"), soft_wrap=True)
