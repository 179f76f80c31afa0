"""`personal-chat documents`: what is kept of the company's documents."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from framework_plugin.cli import documents_gaps
from framework_plugin.cli.documents_learn import learn
from framework_plugin.cli.options import ENDPOINTS, Endpoints
from framework_plugin.cli.project import read_endpoints
from framework_plugin.errors import DocumentError

if TYPE_CHECKING:
    from framework_plugin.memory.answer_feedback import Verdicts
    from framework_plugin.retrieval.document import Added, Document, Outcome
    from framework_plugin.retrieval.store import DocumentRepository, OnFile

app = typer.Typer(
    no_args_is_help=True,
    help="Add, list or remove documents, kept as passages in the database.",
)

app.command()(learn)
app.add_typer(documents_gaps.app, name="gaps")

_STOPPED_BY_CTRL_C = 130
_SHOWN_PROBLEMS = 50

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]


@app.command()
def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            exists=True,
            help="Files or folders: .csv .tsv .jsonl .xlsx .yml .md .html .pdf .docx",
        ),
    ],
    valid_from: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="From when on they hold."),
    ] = None,
    valid_until: Annotated[
        str | None,
        typer.Option("--until", metavar="DAY", help="The last day on which they hold."),
    ] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option("--audience", metavar="GROUP", help="Only for this group."),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where they are published.")
    ] = None,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Add documents, or take up what changed in them; what did not is passed over.

    Days are such as 2025-11-01 or '2025-11-01 08:00', in the time of China. What is
    not said stays as it was said before.
    """
    begin, end = _limits(valid_from, valid_until)
    repository = _repository(endpoints)

    def work(on_file: OnFile) -> list[Added]:
        return [
            repository.add(
                path,
                at=time.time(),
                valid_from=begin,
                valid_until=end,
                audience=tuple(audience or ()),
                url=url,
                on_file=on_file,
            )
            for path in paths
        ]

    _fail_if_unusable(_run("Reading", work))


@app.command()
def remove(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="As `list` shows them.")
    ],
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Remove documents and their passages."""
    repository = _repository(endpoints)
    for id_ in ids:
        passages = repository.remove(id_)
        typer.echo(f"Removed {id_} with {passages} passages.")


@app.command("list")
def list_(json: Json = False, endpoints: Endpoints = ENDPOINTS) -> None:
    """List the documents, their passages, when they hold, and whether they helped."""
    known = _repository(endpoints).documents()
    verdicts = _verdicts(endpoints)
    if json:
        _print_json(known, verdicts)
    elif known:
        _print_table(known, verdicts)
    else:
        typer.echo("There are no documents; 'personal-chat documents add' adds some.")


@app.command()
def reindex(endpoints: Endpoints = ENDPOINTS) -> None:
    """Read all documents anew from their files, changed or not."""
    repository = _repository(endpoints)
    _run(
        "Reading anew",
        lambda on_file: [repository.reindex(at=time.time(), on_file=on_file)],
    )


def _repository(endpoints: Path) -> DocumentRepository:
    # SQLAlchemy takes its time, and `--help` shall not wait for it.
    from framework_plugin.memory.database import database_url, open_engine
    from framework_plugin.memory.repository import MemoryRepository
    from framework_plugin.retrieval.store import DocumentRepository

    engine = open_engine(database_url(read_endpoints(endpoints)))
    MemoryRepository(engine).migrate()
    return DocumentRepository(engine, endpoints.resolve().parent)


def _verdicts(endpoints: Path) -> Mapping[str, Verdicts]:
    """How often the passages of each document helped, by its id."""
    from framework_plugin.memory.answer_feedback import Verdicts, count_feedback
    from framework_plugin.memory.database import database_url, open_engine
    from framework_plugin.memory.repository import MemoryRepository

    engine = open_engine(database_url(read_endpoints(endpoints)))
    with MemoryRepository(engine).reading() as connection:
        counts = count_feedback(connection)
    documents: dict[str, Verdicts] = {}
    for passage, said in counts.items():
        document, mark, _ = passage.rpartition("#")
        if mark:
            documents[document] = documents.get(document, Verdicts()) + said
    return documents


def _limits(begin: str | None, end: str | None) -> tuple[float | None, float | None]:
    from framework_plugin.retrieval.dates import begins, checked_validity, ends

    try:
        limits = begins(begin), ends(end)
        checked_validity(*limits)
    except DocumentError as error:
        raise typer.BadParameter(str(error)) from error
    return limits


def _run(title: str, work: Callable[[OnFile], Sequence[Added]]) -> Sequence[Added]:
    """Does the work with a progress bar and says what became of it.

    Ctrl-C ends it behind the last whole file.
    """
    begun = time.perf_counter()
    outcomes: list[Outcome] = []
    results: Sequence[Added] = ()
    stopped = False
    with tqdm(desc=title, unit=" files", disable=None, leave=False) as bar:

        def on_file(outcome: Outcome, total: int) -> None:
            outcomes.append(outcome)
            bar.total = total
            bar.set_postfix_str(outcome.document[-40:], refresh=False)
            bar.update()

        try:
            results = work(on_file)
        except KeyboardInterrupt:
            stopped = True
    _report(outcomes, results, time.perf_counter() - begun)
    if stopped:
        typer.echo("Stopped; what was added so far stays.", err=True)
        raise typer.Exit(_STOPPED_BY_CTRL_C)
    return results


def _fail_if_unusable(results: Sequence[Added]) -> None:
    """Ends with an error if nothing of one of the paths could be used."""
    for result in results:
        if all(one.status.value == "skipped" for one in result.outcomes):
            raise typer.Exit(1)


def _report(
    outcomes: Sequence[Outcome], results: Sequence[Added], seconds: float
) -> None:
    """Says what was done, and on the error stream what was not."""
    counts = {
        status: [one.passages for one in outcomes if one.status.value == status]
        for status in ("added", "changed", "unchanged", "skipped")
    }
    parts = [
        f"{len(found)} {status}" + (f" ({sum(found)} passages)" if sum(found) else "")
        for status, found in counts.items()
        if found
    ]
    typer.echo(f"Documents: {', '.join(parts) or 'none found'}, in {seconds:.1f} s.")
    problems = [problem for one in outcomes for problem in one.problems]
    for result in results:
        problems += (
            f"{id_}: its file is gone; what was read of it stays. Remove it: "
            f"personal-chat documents remove '{id_}'"
            for id_ in result.missing
        )
        problems += (
            f"{count} files '{ending or 'without ending'}': of no known kind."
            for ending, count in result.others.items()
        )
    for problem in problems[:_SHOWN_PROBLEMS]:
        typer.echo(f"- {problem}", err=True)
    if len(problems) > _SHOWN_PROBLEMS:
        typer.echo(f"- … and {len(problems) - _SHOWN_PROBLEMS} more.", err=True)


def _print_json(known: Sequence[Document], verdicts: Mapping[str, Verdicts]) -> None:
    content = [
        {
            "id": document.id,
            "kind": document.kind,
            "title": document.title,
            "passages": document.passages,
            "valid_from": document.holds_from,
            "valid_until": document.holds_until,
            "audience": document.terms.audience,
            "url": document.terms.url,
            "added_at": document.added_at,
            **_counts(verdicts.get(document.id)),
        }
        for document in known
    ]
    typer.echo(json.dumps({"documents": content}, ensure_ascii=False))


def _print_table(known: Sequence[Document], verdicts: Mapping[str, Verdicts]) -> None:
    table = Table("id", "kind", "title", "passages", "holds", "helped")
    for document in known:
        table.add_row(
            Text(document.id, overflow="fold"),
            document.kind,
            Text(document.title),
            str(document.passages),
            _validity(document),
            _helped(verdicts.get(document.id)),
        )
    Console().print(table)


def _counts(said: Verdicts | None) -> dict[str, int]:
    return {
        "helpful": said.helpful if said else 0,
        "unhelpful": said.unhelpful if said else 0,
    }


def _helped(said: Verdicts | None) -> str:
    """`3 of 5`: how often users said so, of how many who said anything."""
    return f"{said.helpful} of {said.helpful + said.unhelpful}" if said else ""


def _validity(document: Document) -> str:
    """When a document holds: `from 2025-11-01 until 2025-11-11`, days included."""
    from framework_plugin.retrieval.dates import CHINA

    parts = []
    if document.holds_from is not None:
        begin = datetime.fromtimestamp(document.holds_from, CHINA)
        parts.append(f"from {_moment(begin)}")
    if document.holds_until is not None:
        end = datetime.fromtimestamp(document.holds_until, CHINA)
        is_midnight = end.time() == datetime.min.time()
        parts.append(f"until {_moment(end - timedelta(days=is_midnight))}")
        if document.holds_until <= time.time():
            parts.append("(over)")
    return " ".join(parts) or "always"


def _moment(moment: datetime) -> str:
    is_midnight = moment.time() == datetime.min.time()
    return f"{moment:%Y-%m-%d}" if is_midnight else f"{moment:%Y-%m-%d %H:%M}"
