"""One run of `personal-chat compress`, from the generator to the printed table."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from framework_plugin.cli.subject import (
    chosen_generator,
    generator_folder,
    policy_options,
)
from framework_plugin.corpus.examples import Example, spread
from framework_plugin.corpus.reader import read_messages
from framework_plugin.errors import SettingsError
from framework_plugin.generation import artefact
from framework_plugin.generation.compression.original import (
    Material,
    Original,
    parameters,
)
from framework_plugin.generation.compression.place import RECORD, Place
from framework_plugin.generation.compression.table import Contender, Measuring, Row
from framework_plugin.generation.serving.generator import INT8_AGREEMENT
from framework_plugin.generation.settings import GeneratorSettings
from framework_plugin.generation.training.cache import CorpusPaths, generator_key
from framework_plugin.generation.training.progress import TerminalProgress
from framework_plugin.generation.training.sources import open_sources
from framework_plugin.settings import settings_from

_STOPPED_BY_CTRL_C = 130
_WIDTH = 120
"""Characters that the table needs."""


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; see `compress`."""

    model: Path | None
    method: Literal["prune", "int8", "distil", "all"]
    sparsity: float
    recovery_epochs: int
    student_units: int | None
    untaught: bool
    output: Path
    limit: int

    def wants(self, method: str) -> bool:
        """Whether a method is to be tried."""
        return self.method in (method, "all")


@dataclass(frozen=True)
class _Job:
    """A generator to make: its title in the table, its place, and how."""

    title: str
    place: Place
    make: Callable[[TerminalProgress], object]


def run(request: Request) -> int:
    """Makes the generators, measures them and prints the table.

    Returns:
        The exit code: 0, or 130 if Ctrl-C ended it.

    Raises:
        PersonalChatError: If something cannot be read, written or trained.
    """
    chosen = chosen_generator(request.model)
    _check_output(request.output, chosen)
    # TensorFlow would talk over the progress bars.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with generator_folder(chosen) as folder:
        original = Original.read(folder)
        material = _material(original)
        jobs = list(_jobs(request, original, material))
        # First what fails soon: nobody shall wait for an hour to be told of it.
        waiting = [job for job in jobs if not job.place.is_done()]
        try:
            for job in waiting:
                _make(job)
        except KeyboardInterrupt:
            _say("Stopped. The same command goes on where it was.", style="yellow")
            return _STOPPED_BY_CTRL_C
        measuring = Measuring(
            list(_contenders(original, jobs)), original, material.decoding
        )
        asked = spread(material.tried, request.limit)
        whole = _measure(measuring, asked)
        _show(measuring, len(asked))
    _tell(jobs)
    return 0 if whole else _STOPPED_BY_CTRL_C


def _check_output(output: Path, chosen: Path) -> None:
    """Finds out before the work, not after it, that the results have no place.

    Raises:
        SettingsError: If they have none.
    """
    above = next(p for p in [output, *output.absolute().parents] if p.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise SettingsError(
            f"The folder '{output}' cannot be made or written to, since of '{above}' "
            "it cannot. Expected a folder for the new generators; change --output."
        )
    if chosen.is_dir() and chosen.resolve() in (
        output.resolve(),
        *output.resolve().parents,
    ):
        raise SettingsError(
            f"'{output}' lies in the generator '{chosen}', which is to stay as it is. "
            "Change --output."
        )


def _material(original: Original) -> Material:
    """What the project's generator is trained on, as config.yml names it."""
    options = dict(policy_options())
    names = GeneratorSettings.names()
    settings = GeneratorSettings.read({k: v for k, v in options.items() if k in names})
    # The network is as it was trained, whatever config.yml says by now.
    settings = replace(settings, network=original.settings)
    own = {field.name for field in fields(CorpusPaths)}
    paths = settings_from(CorpusPaths, {k: v for k, v in options.items() if k in own})
    learned, held_out = open_sources(paths.corpus, paths.development_corpus, settings)
    named = paths.unanswerable
    messages = read_messages(Path(named)) if named else []
    key = generator_key(paths, settings)
    return Material.of(learned, held_out, messages, settings, key)


def _jobs(request: Request, original: Original, material: Material) -> Iterator[_Job]:
    # Only here, since these import TensorFlow.
    from framework_plugin.generation.compression import pruning, quantisation

    output = request.output
    if request.wants("int8"):
        place = quantisation.int8_place(output, original, material)
        yield _Job(
            "int8",
            place,
            partial(quantisation.to_int8, original, material, place),
        )
    if request.wants("prune"):
        pruned = pruning.PruningSettings(
            request.sparsity, recovery_epochs=request.recovery_epochs
        )
        place = pruning.pruning_place(output, original, material, pruned)
        yield _Job(
            f"pruned {request.sparsity:.0%}",
            place,
            partial(pruning.prune, original, material, pruned, place),
        )
    if request.wants("distil"):
        yield from _students(request, original, material)


def _students(
    request: Request, original: Original, material: Material
) -> Iterator[_Job]:
    from framework_plugin.generation.compression import distillation

    units = request.student_units or max(1, original.settings.decoder_units // 2)
    titles: Mapping[distillation.Level, str] = {
        "word": f"student {units}, by words",
        "sequence": f"student {units}, by replies",
        "none": f"student {units}, untaught",
    }
    for level, title in titles.items():
        if level == "none" and not request.untaught:
            continue
        settings = distillation.DistillationSettings(units, level)
        # What cannot be is refused now, not when its turn comes.
        distillation.student_settings(original.settings, units)
        place = distillation.student_place(request.output, original, material, settings)
        yield _Job(
            title,
            place,
            partial(
                distillation.distil,
                *(original, material, settings, place),
                watch=_watched,
            ),
        )


def _make(job: _Job) -> None:
    progress = TerminalProgress()
    try:
        job.make(progress)
    finally:
        progress.close()
    _say(f"Written: {job.place.folder}")


def _watched(groups: Sequence[Sequence[Example]]) -> Iterable[Sequence[Example]]:
    return tqdm(groups, "The teacher answers", mininterval=1.0, leave=False)


def _contenders(original: Original, jobs: Sequence[_Job]) -> Iterator[Contender]:
    counts = parameters(artefact.read_weights(original.folder))
    yield Contender("as trained", original.folder, "fp32", **counts)
    for job in jobs:
        folder = job.place.folder
        record = artefact.read_json(folder / RECORD)
        counts = {name: int(record[name]) for name in counts}
        for precision in ("int8",) if job.title == "int8" else ("fp32", "int8"):
            name = "as trained" if job.title == "int8" else job.title
            yield Contender(name, folder, precision, **counts)


def _measure(measuring: Measuring, examples: Sequence[Example]) -> bool:
    """Asks all messages; False if Ctrl-C came before the last."""
    try:
        for example in tqdm(examples, "Measuring", mininterval=0.5, leave=False):
            measuring.ask(example)
    except KeyboardInterrupt:
        return False
    return True


def _show(measuring: Measuring, wanted: int) -> None:
    rows = measuring.rows()
    if not rows:
        _say("Stopped before anything was measured.", style="yellow")
        return
    table = Table(
        title=f"{measuring.asked} held-out messages",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("generator", no_wrap=True)
    for title in (
        *("parameters", "zeros", "MB", "MB, gzip", "ms"),
        *("perplexity", "BLEU", "same reply", "right"),
    ):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    # A cell cut short would hide what was measured.
    Console(width=max(_WIDTH, Console().width)).print(table)
    if measuring.asked < wanted:
        _say(f"Stopped after {measuring.asked} of {wanted} messages.", style="yellow")


def _cells(row: Row) -> list[str]:
    own = row.contender
    perplexity = "-" if math.isnan(row.perplexity) else f"{row.perplexity:.2f}"
    return [
        f"{own.name}, {own.precision}",
        f"{own.parameters:,}",
        f"{1 - own.nonzero / own.parameters:.0%}",
        f"{row.size / 1e6:.2f}",
        f"{row.compressed / 1e6:.2f}",
        f"{row.milliseconds:.1f}",
        perplexity,
        f"{row.bleu:.1f}",
        f"{row.same:.0%}",
        f"{row.right:.0%}",
    ]


def _tell(jobs: Sequence[_Job]) -> None:
    """Says what else is to be known of the new generators."""
    for job in jobs:
        record: dict[str, Any] = artefact.read_json(job.place.folder / RECORD)
        if "sparsity" in record:
            table = Table("matrix", "zeros", title=job.title, box=SIMPLE_HEAD)
            for name, share in record["sparsity"].items():
                table.add_row(Text(name), f"{share:.1%}")
            Console().print(table)
        if record.get("int8_agreement", 1.0) < INT8_AGREEMENT:
            _say(
                f"int8 answers {record['int8_agreement']:.0%} of the messages as fp32 "
                f"does, fewer than the {INT8_AGREEMENT:.0%} that 'precision: auto' "
                f"asks for: '{job.place.folder}' serves with 'precision: int8' alone.",
                style="yellow",
            )


def _say(text: str, style: str = "") -> None:
    Console(stderr=True).print(Text(text, style=style), soft_wrap=True)
